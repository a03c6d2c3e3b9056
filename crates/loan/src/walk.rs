//! The forward pass behind every position: dues fall, money settles, penalty interest runs.
//!
//! How it works. A walk reads the loan's dues and receipts once, in order of days, and stops on the
//! days it is asked about ([`Walk::run_to`]). What happens:
//!
//! 0. [`Walk::pass_level`], before the first stop: how far the loan was punctual from the start; the stops on the
//!    way are told without stopping.
//! 1. [`Walk::pass_punctual`]: while nothing is owed from before and nothing is held, an instalment
//!    met to the fen on its due date moves two counters and three sums. Most of a book is that.
//! 2. [`Walk::advance_to`]: dues fall, and what is past due bears penalty interest, as fen × days.
//! 3. [`Walk::settle_day`]: the money of a day goes through the stages of the order.
//!
//! Every order the night may use settles each component oldest instalment first, so one cursor per
//! component is the whole memory of what is covered, however many instalments there are. Penalty
//! interest is the loan's, not an instalment's; it takes its place in the order with the instalment
//! that was the oldest unpaid when it began to run. Nothing is allocated, nothing is read twice.
//!
//! Who wants to see the steps hands in a [`Watch`] that listens: then step 1 is left out, because a
//! listener wants every coin. The night hands in `()` and pays nothing for it. Both ways lead to the
//! same figures; a law in the tests says so over random loans.

use crate::accrual::{FenDays, PenaltyStart};
use crate::position::{Glimpse, History, LoanRules, LoanView, Position, UnpaidPenalty};
use crate::spell::Spells;
use crate::waterfall::{Component, Order, Reach, Split, Stage};
use units::{Date, Money, RatePpm};

/// What a listener hears of a walk, in order of days.
pub(crate) trait Watch {
    /// Whether anybody listens; if not, a walk may take steps together.
    const LISTENS: bool = true;
    fn fell_due(&mut self, _index: usize) {}
    /// What `base` bore on the days after `from`, to `until`.
    fn accrued(&mut self, _from: Date, _until: Date, _base: Money) {}
    fn received(&mut self, _on: Date, _source: Source, _amount: Money) {}
    fn settled(&mut self, _index: usize, _component: Component, _amount: Money) {}
    fn left_over(&mut self, _surplus: Money) {}
}

/// Where money comes from (资金来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Receipt,
    /// Money held since an earlier day.
    Held,
}

impl Watch for () {
    const LISTENS: bool = false;
}

/// The first instalment whose component is not fully covered, and what of it is left.
#[derive(Clone, Copy, Default)]
struct Cursor {
    at: usize,
    left: Money,
}

/// The instalments due up to some day: how many, and their sums.
#[derive(Clone, Copy, Default)]
struct Fallen {
    count: usize,
    due: Split,
}

impl Fallen {
    fn take(&mut self, view: &LoanView) {
        self.due[Component::Fee] += view.fee_due[self.count];
        self.due[Component::Interest] += view.interest_due[self.count];
        self.due[Component::Principal] += view.principal_due[self.count];
        self.count += 1;
    }

    fn give_back(&mut self, view: &LoanView) {
        self.count -= 1;
        self.due[Component::Fee] -= view.fee_due[self.count];
        self.due[Component::Interest] -= view.interest_due[self.count];
        self.due[Component::Principal] -= view.principal_due[self.count];
    }

    /// What of these dues is not covered by what was paid in all, oldest first.
    fn less(&self, paid: Split) -> Split {
        let mut rest = Split::default();
        for component in DUE_COMPONENTS {
            rest[component] = self.due[component].minus_floor_zero(paid[component]);
        }
        rest
    }
}

/// The components an instalment consists of.
const DUE_COMPONENTS: [Component; 3] = [Component::Fee, Component::Interest, Component::Principal];

pub(crate) struct Walk<'a, W> {
    view: &'a LoanView<'a>,
    rules: &'a LoanRules,
    rate: RatePpm,
    /// Days from a due date until it bears penalty interest.
    penalty_lag: i32,
    today: Date,
    accrued_to: Date,
    received: usize,
    cursors: [Cursor; 4],
    fallen: Fallen,
    bearing: Fallen,
    fen_days: FenDays,
    paid: Split,
    surplus: Money,
    spells: Spells,
    pub(crate) watch: W,
}

impl<'a, W: Watch> Walk<'a, W> {
    pub(crate) fn new(view: &'a LoanView<'a>, rules: &'a LoanRules, last: Date, watch: W) -> Walk<'a, W> {
        let rate = rules.penalty.rate(view.terms);
        let penalty_lag = match rules.penalty.start {
            PenaltyStart::NextDay => 0,
            PenaltyStart::AfterGrace => rules.days.grace_days,
        };
        let mut walk = Walk {
            view,
            rules,
            rate,
            penalty_lag,
            today: Date::MIN,
            accrued_to: Date::MIN,
            received: 0,
            cursors: [Cursor::default(); 4],
            fallen: Fallen::default(),
            bearing: Fallen::default(),
            fen_days: FenDays::default(),
            paid: Split::default(),
            surplus: Money::ZERO,
            spells: Spells::new(last.add_months(-rules.window_months)),
            watch,
        };
        DUE_COMPONENTS.into_iter().for_each(|component| walk.seek(component, 0));
        walk.seek(Component::Penalty, view.due_on.len());
        walk.spells.first_instalment = walk.oldest();
        walk
    }

    /// Everything up to the end of `day`.
    pub(crate) fn run_to(&mut self, day: Date) {
        loop {
            self.pass_punctual(day);
            let Some(stop) = self.next_stop().filter(|&stop| stop <= day) else { break };
            self.note_days_to(stop.previous());
            self.advance_to(stop);
            self.settle_day(stop);
            self.spells.begin(stop, self.fallen.count);
        }
        self.advance_to(day);
    }

    /// Takes the instalments that one receipt each meets to the fen on its due date, to the end of
    /// `day`. Stops before the first that is otherwise, which then goes the long way.
    fn pass_punctual(&mut self, day: Date) {
        if W::LISTENS || !self.rules.dues_first || !self.is_level() {
            return;
        }
        let (view, before) = (self.view, self.fallen.count);
        while let (Some(&due_on), Some(&paid_on)) = (view.due_on.get(self.fallen.count), view.paid_on.get(self.received)) {
            let (at, receipt) = (self.fallen.count, self.received);
            let due = view.fee_due[at] + view.interest_due[at] + view.principal_due[at];
            let is_alone = view.due_on.get(at + 1) != Some(&due_on) && view.paid_on.get(receipt + 1) != Some(&due_on);
            if due_on != paid_on || due_on > day || due != view.paid[receipt] || !is_alone {
                break;
            }
            self.fallen.take(view);
            self.received += 1;
        }
        if self.fallen.count == before {
            return;
        }
        self.today = view.due_on[self.fallen.count - 1];
        if self.penalty_lag == 0 {
            (self.bearing, self.accrued_to) = (self.fallen, self.today);
        }
        for component in DUE_COMPONENTS {
            self.paid[component] = self.fallen.due[component];
            if self.cursors[component as usize].at < self.fallen.count {
                self.seek(component, self.fallen.count);
            }
        }
        self.spells.begin(self.today, self.fallen.count);
    }

    /// From a level start: passes all punctual instalments to `last` at once and shows the first of `days`, on which
    /// the loan was level all along; how many those are. On such a day nothing is past due, and what is outstanding
    /// is what has not yet fallen due.
    pub(crate) fn pass_level(&mut self, last: Date, days: &[Date], see: &mut impl FnMut(usize, Glimpse)) -> usize {
        if W::LISTENS || !self.rules.dues_first || !self.is_level() {
            return 0;
        }
        self.pass_punctual(last);
        let view = self.view;
        let next_due = view.due_on.get(self.fallen.count).copied().unwrap_or(Date::MAX);
        let next_receipt = view.paid_on.get(self.received).copied().unwrap_or(Date::MAX);
        let (mut fallen, mut repaid) = (0, Money::ZERO);
        for (place, &day) in days.iter().enumerate() {
            if day >= next_due || day >= next_receipt {
                return place;
            }
            while fallen < self.fallen.count && view.due_on[fallen] <= day {
                repaid += view.principal_due[fallen];
                fallen += 1;
            }
            let lent = if day < view.terms.disbursed_on { Money::ZERO } else { view.terms.principal };
            see(place, Glimpse { days_past_due: 0, principal_outstanding: lent - repaid });
        }
        days.len()
    }

    /// All that fell due is covered, nothing is held or paid ahead, no penalty interest ever ran,
    /// and the nights have seen it.
    fn is_level(&self) -> bool {
        let covered = |&component: &Component| self.paid[component] == self.fallen.due[component];
        self.surplus.is_zero()
            && self.fen_days.is_zero()
            && DUE_COMPONENTS.iter().all(covered)
            && !self.spells.is_under_way()
    }

    /// The next day on which money moves: a receipt, or a due date that held money will meet.
    fn next_stop(&self) -> Option<Date> {
        let receipt = self.view.paid_on.get(self.received).copied();
        let held = if self.surplus.is_zero() { None } else { self.view.due_on.get(self.fallen.count).copied() };
        match (receipt, held) {
            (Some(receipt), Some(held)) => Some(receipt.min(held)),
            (receipt, held) => receipt.or(held),
        }
    }

    fn settle_day(&mut self, day: Date) {
        let rules = self.rules;
        let order = match &rules.long_past_due {
            Some((days, order)) if self.days_past_due() > *days => order,
            _ => &rules.usual,
        };
        if !self.surplus.is_zero() {
            let held = std::mem::take(&mut self.surplus);
            self.watch.received(day, Source::Held, held);
            self.surplus = self.settle(order, held);
            self.watch.left_over(self.surplus);
        }
        while self.view.paid_on.get(self.received) == Some(&day) {
            let amount = self.view.paid[self.received];
            self.received += 1;
            self.watch.received(day, Source::Receipt, amount);
            let left = self.settle(order, amount);
            self.watch.left_over(left);
            self.surplus += left;
        }
    }

    /// Lets dues fall and penalty interest run to the end of `day`.
    fn advance_to(&mut self, day: Date) {
        let due_on = self.view.due_on;
        while due_on.get(self.bearing.count).is_some_and(|&due| due + self.penalty_lag <= day) {
            self.accrue_to(due_on[self.bearing.count] + self.penalty_lag);
            self.bearing.take(self.view);
        }
        self.accrue_to(day);
        while due_on.get(self.fallen.count).is_some_and(|&due| due <= day) {
            self.watch.fell_due(self.fallen.count);
            self.fallen.take(self.view);
        }
        self.today = day;
        if !self.fen_days.is_zero() {
            let accrued = self.fen_days.interest(self.rate, self.view.terms.day_count);
            let oldest = self.oldest_of(&DUE_COMPONENTS);
            let penalty = &mut self.cursors[Component::Penalty as usize];
            penalty.left = accrued - self.paid[Component::Penalty];
            if penalty.left.is_positive() {
                penalty.at = penalty.at.min(oldest);
            }
        }
    }

    /// What was past due at the end of `accrued_to` bears interest on each day after, to `day`.
    fn accrue_to(&mut self, day: Date) {
        if self.rate != RatePpm::ZERO && self.bearing.count > 0 {
            let base = self.rules.penalty.bearing(self.bearing.less(self.paid));
            if base.is_positive() && day > self.accrued_to {
                self.fen_days.add(base, day - self.accrued_to);
                self.watch.accrued(self.accrued_to, day, base);
            }
        }
        self.accrued_to = day;
    }

    /// Settles what `cash` reaches and returns the rest.
    fn settle(&mut self, order: &Order, mut cash: Money) -> Money {
        for stage in &order.stages {
            if cash.is_zero() {
                break;
            }
            cash = self.settle_stage(stage, cash);
        }
        cash
    }

    fn settle_stage(&mut self, stage: &Stage, mut cash: Money) -> Money {
        let reach = match stage.reach {
            Reach::PastDue => self.past_due().count,
            Reach::Due | Reach::Owed => self.fallen.count,
            Reach::ChargesDue | Reach::InAdvance => self.view.due_on.len(),
        };
        loop {
            let at = self.oldest_of(&stage.components);
            if at >= reach {
                return cash;
            }
            for &component in &stage.components {
                let cursor = self.cursors[component as usize];
                if cursor.at == at && cash.is_positive() {
                    let amount = cursor.left.min(cash);
                    cash -= amount;
                    self.watch.settled(at, component, amount);
                    self.cover(component, amount);
                }
            }
            if cash.is_zero() {
                return cash;
            }
        }
    }

    fn cover(&mut self, component: Component, amount: Money) {
        self.paid[component] += amount;
        let cursor = &mut self.cursors[component as usize];
        cursor.left -= amount;
        if cursor.left.is_zero() {
            let next = cursor.at + 1;
            self.seek(component, next);
        }
    }

    /// Puts the component's cursor on the first instalment at or after `from` that has some of it,
    /// or behind the last.
    fn seek(&mut self, component: Component, from: usize) {
        let dues = self.dues(component);
        let at = (from..dues.len()).find(|&index| !dues[index].is_zero());
        self.cursors[component as usize] = match at {
            Some(at) => Cursor { at, left: dues[at] },
            None => Cursor { at: self.view.due_on.len(), left: Money::ZERO },
        };
    }

    fn dues(&self, component: Component) -> &'a [Money] {
        match component {
            Component::Fee => self.view.fee_due,
            Component::Interest => self.view.interest_due,
            Component::Principal => self.view.principal_due,
            Component::Penalty => &[],
        }
    }

    /// The first instalment not fully covered, as days are counted.
    fn oldest(&self) -> usize {
        match self.rules.days.unpaid_penalty {
            UnpaidPenalty::Ignored => self.oldest_of(&DUE_COMPONENTS),
            UnpaidPenalty::Counts => self.oldest_of(Component::ALL),
        }
    }

    /// The first instalment with some of these components left.
    fn oldest_of(&self, components: &[Component]) -> usize {
        components.iter().map(|&one| self.cursors[one as usize].at).min().unwrap_or(self.view.due_on.len())
    }

    fn past_due(&self) -> Fallen {
        let mut past_due = self.fallen;
        while past_due.count > 0 && self.view.due_on[past_due.count - 1] == self.today {
            past_due.give_back(self.view);
        }
        past_due
    }

    pub(crate) fn days_past_due(&self) -> i32 {
        match self.view.due_on.get(self.oldest()) {
            Some(&due) if due < self.today => self.rules.days.days_past_due(due, self.today, self.view.pauses),
            _ => 0,
        }
    }

    fn note_days_to(&mut self, until: Date) {
        let oldest = self.oldest();
        let due_on = self.view.due_on.get(oldest).copied();
        self.spells.note(oldest, due_on, until, &self.rules.days, self.view.pauses);
    }

    /// What of one instalment is not covered.
    fn left_of(&self, index: usize) -> Money {
        let left = |component: Component| {
            let cursor = self.cursors[component as usize];
            match index.cmp(&cursor.at) {
                std::cmp::Ordering::Less => Money::ZERO,
                std::cmp::Ordering::Equal => cursor.left,
                std::cmp::Ordering::Greater => self.dues(component)[index],
            }
        };
        DUE_COMPONENTS.into_iter().map(left).sum()
    }

    pub(crate) fn position(&self) -> Position {
        let (view, oldest) = (self.view, self.oldest());
        let past_due = self.past_due().less(self.paid);
        let is_unpaid = |&index: &usize| self.left_of(index).is_positive();
        let next = (self.fallen.count.max(oldest)..view.due_on.len()).find(is_unpaid);
        Position {
            principal_outstanding: self.principal_outstanding(),
            principal_past_due: past_due[Component::Principal],
            interest_past_due: past_due[Component::Interest],
            fee_past_due: past_due[Component::Fee],
            penalty_accrued: self.cursors[Component::Penalty as usize].left,
            days_past_due: self.days_past_due(),
            oldest_unpaid_due_on: view.due_on.get(oldest).copied().filter(|_| oldest < self.fallen.count),
            unpaid_instalments: (oldest..self.fallen.count).filter(is_unpaid).count() as u32,
            next_due_on: next.map(|index| view.due_on[index]),
            next_due_amount: next.map_or(Money::ZERO, |index| self.left_of(index)),
            last_paid_on: self.received.checked_sub(1).map(|index| view.paid_on[index]),
            paid_principal: self.paid[Component::Principal],
            paid_interest: self.paid[Component::Interest],
            paid_fee: self.paid[Component::Fee],
            paid_penalty: self.paid[Component::Penalty],
            surplus: self.surplus,
        }
    }

    pub(crate) fn principal_outstanding(&self) -> Money {
        let terms = self.view.terms;
        let lent = if self.today < terms.disbursed_on { Money::ZERO } else { terms.principal };
        lent - self.paid[Component::Principal]
    }

    /// The history up to today.
    pub(crate) fn history(&mut self) -> History {
        self.note_days_to(self.today);
        self.spells.history(self.oldest().min(self.fallen.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DayCount, Frequency, RepaymentMethod, Terms};
    use crate::position::{AfterGrace, DayRule, observe};
    use crate::{Advance, Allocation, PenaltyBase, PenaltyRule, Strategy as Order};
    use proptest::prelude::*;

    /// Listens to nothing, yet makes the walk take every step one by one.
    struct Ear;
    impl Watch for Ear {}

    /// One due and how it was paid: days since the due before, principal, interest, fee, conduct.
    type Due = (i32, i64, i64, i64, Conduct);

    #[derive(Clone, Copy, Debug)]
    enum Conduct {
        Punctual,
        Late(i32),
        Early(i32),
        InTwo,
        Short,
        Double,
        Never,
    }

    fn dues() -> impl Strategy<Value = Vec<Due>> {
        let conduct = prop_oneof![
            12 => Just(Conduct::Punctual),
            2 => (1..70i32).prop_map(Conduct::Late),
            1 => (1..20i32).prop_map(Conduct::Early),
            1 => Just(Conduct::InTwo),
            1 => Just(Conduct::Short),
            1 => Just(Conduct::Double),
            1 => Just(Conduct::Never),
        ];
        let fee = prop_oneof![3 => Just(0), 1 => 1..500i64];
        prop::collection::vec((0..35i32, 0..90_000i64, 0..4_000i64, fee, conduct), 1..14)
    }

    fn receipts_of(due_on: Date, amount: i64, conduct: Conduct) -> Vec<(Date, i64)> {
        match conduct {
            Conduct::Punctual => vec![(due_on, amount)],
            Conduct::Late(days) => vec![(due_on + days, amount)],
            Conduct::Early(days) => vec![(due_on - days, amount)],
            Conduct::InTwo => vec![(due_on, amount / 2), (due_on, amount - amount / 2)],
            Conduct::Short => vec![(due_on, amount * 6 / 10)],
            Conduct::Double => vec![(due_on, amount * 2)],
            Conduct::Never => Vec::new(),
        }
    }

    fn seen(view: &LoanView, rules: &LoanRules, days: &[Date], watch: impl Watch) -> (Vec<Position>, History) {
        let mut walk = Walk::new(view, rules, days[days.len() - 1], watch);
        let at = |&day: &Date| {
            walk.run_to(day);
            walk.position()
        };
        (days.iter().map(at).collect(), walk.history())
    }

    fn check(dues: &[Due], rules: &LoanRules) {
        let money = |fen: i64| Money::from_fen(fen);
        let start = Date::new(20_000);
        let mut day = start + 30;
        let (mut due_on, mut receipts) = (Vec::new(), Vec::new());
        for &(gap, principal, interest, fee, conduct) in dues {
            day = day + gap;
            due_on.push(day);
            receipts.extend(receipts_of(day, principal + interest + fee, conduct));
        }
        receipts.sort_by_key(|receipt| receipt.0);
        receipts.retain(|receipt| receipt.1 > 0);
        let principal_due: Vec<Money> = dues.iter().map(|due| money(due.1)).collect();
        let terms = Terms {
            principal: principal_due.iter().copied().sum(),
            disbursed_on: start,
            matures_on: day,
            annual_rate: RatePpm::new(120_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::Irregular,
            instalment_count: dues.len() as u32,
            frequency: Frequency::Monthly,
        };
        let view = LoanView {
            terms: &terms,
            due_on: &due_on,
            principal_due: &principal_due,
            interest_due: &dues.iter().map(|due| money(due.2)).collect::<Vec<_>>(),
            fee_due: &dues.iter().map(|due| money(due.3)).collect::<Vec<_>>(),
            paid_on: &receipts.iter().map(|receipt| receipt.0).collect::<Vec<_>>(),
            paid: &receipts.iter().map(|receipt| money(receipt.1)).collect::<Vec<_>>(),
            pauses: &[],
        };
        for step in [1, 31, 400] {
            let days: Vec<Date> = (0..700).step_by(step).map(|past| start + past).collect();
            let (positions, history) = seen(&view, rules, &days, Ear);
            assert_eq!(seen(&view, rules, &days, ()), (positions.clone(), history), "every {step} days");
            let glimpse = |position: &Position| (position.days_past_due, position.principal_outstanding);
            let (last, before) = days.split_last().expect("a day");
            let mut glimpses = Vec::new();
            let noted = observe(&view, rules, before, *last, |_, seen| {
                glimpses.push((seen.days_past_due, seen.principal_outstanding));
            });
            assert_eq!(glimpses, positions[..before.len()].iter().map(glimpse).collect::<Vec<_>>(), "every {step} days");
            assert_eq!(noted, (positions[before.len()], history), "every {step} days");
        }
    }

    proptest! {
        #[test]
        fn steps_taken_together_lead_to_where_single_steps_lead(
            dues in dues(),
            by_component in any::<bool>(),
            advance in prop::sample::select(Advance::ALL),
            start in prop::sample::select(PenaltyStart::ALL),
            grace_days in 0..4i32,
            penalised in any::<bool>(),
        ) {
            let order = vec![Component::Fee, Component::Penalty, Component::Interest, Component::Principal];
            let usual = if by_component { Order::ByComponent { order } } else { Order::ByInstalment { order } };
            let allocation = Allocation { usual, advance, when_days_past_due_over: None };
            let margin_ppm = penalised.then_some(500_000);
            let penalty = PenaltyRule { margin_ppm, base: PenaltyBase::All, start };
            let days = DayRule { grace_days, after_grace: AfterGrace::AllDays, ..DayRule::default() };
            check(&dues, &LoanRules::new(&allocation, penalty, days).expect("oldest first"));
        }
    }
}
