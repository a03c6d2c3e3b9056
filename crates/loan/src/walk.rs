//! The forward pass behind every position: dues fall, money settles, penalty interest runs.
//!
//! Every order the night may use settles each component oldest instalment first, so one cursor per
//! component is the whole memory of what is covered, however many instalments there are. Penalty
//! interest is the loan's, not an instalment's; it takes its place in the order with the instalment
//! that was the oldest unpaid when it began to run. Who wants to see the steps hands in a
//! [`Watch`]; the night hands in `()` and pays nothing for it.

use crate::accrual::{FenDays, PenaltyStart};
use crate::position::{History, LoanRules, LoanView, Position, UnpaidPenalty};
use crate::spell::Spells;
use crate::waterfall::{Component, Order, Reach, Split, Stage};
use units::{Date, Money, RatePpm};

/// What a listener hears of a walk, in order of days.
pub(crate) trait Watch {
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

impl Watch for () {}

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
        while let Some(stop) = self.next_stop().filter(|&stop| stop <= day) {
            self.note_days_to(stop.previous());
            self.advance_to(stop);
            self.settle_day(stop);
            self.spells.begin(stop, self.fallen.count);
        }
        self.advance_to(day);
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

    fn days_past_due(&self) -> i32 {
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
        let lent = if self.today < view.terms.disbursed_on { Money::ZERO } else { view.terms.principal };
        Position {
            principal_outstanding: lent - self.paid[Component::Principal],
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

    /// The history up to today.
    pub(crate) fn history(&mut self) -> History {
        self.note_days_to(self.today);
        self.spells.history(self.oldest().min(self.fallen.count))
    }
}
