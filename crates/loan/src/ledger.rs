//! The general ledger of one loan: every kind of entry, replayed onto instalments.
//!
//! The night's kernel knows receipts and dues. This ledger knows the rest as well (charges,
//! refunds, money taken back, contract changes, any order of allocation) and keeps what each
//! instalment was owed and paid, so back-dated entries and reversals are simply replayed. It serves
//! one loan on a page; the two agree on every balance where both apply.

use crate::change::{Acceleration, Reage, Reamortisation, Replan, Waiver};
use crate::waterfall::{Component, Future, Order, Reach, Split, Stage, Strategy};
use units::{Date, Money, Rounding};

/// One instalment with what happened to it (期次).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// The period runs from this day (not included) to the due date.
    pub from: Date,
    pub due_on: Date,
    pub owed: Split,
    pub paid: Split,
    /// What was paid before and after the due date.
    pub in_advance: Money,
    pub late: Money,
    /// The day the last fen arrived.
    pub met_on: Option<Date>,
    /// Charges in `owed`, each with its own due date.
    pub charges: Vec<(Date, Component, Money)>,
    /// Principal in `owed` that had been paid and went out again, due since that day; what is paid
    /// covers it first.
    pub owed_again: Vec<(Date, Money)>,
    pub origin: Origin,
}

/// Where an instalment comes from (期次来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Agreed,
    /// Added after the last agreed one for what is owed later.
    Extra,
}

/// An entry in the ledger (账务事件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Money received; its kind selects the order.
    Payment {
        kind: String,
        amount: Money,
    },
    /// A fee or a penalty falling due on a day.
    Charge {
        component: Component,
        due_on: Date,
        amount: Money,
    },
    /// Money taken back by the payer's bank: owed again (退单).
    Chargeback {
        amount: Money,
    },
    /// Surplus paid out to the borrower; beyond the surplus it is owed again.
    SurplusRefund {
        amount: Money,
    },
    Reage(Reage),
    Reamortisation(Reamortisation),
    Replan(Replan),
    Acceleration(Acceleration),
    Waiver(Waiver),
    /// The claim is taken off the books; what is owed stays owed (核销).
    WriteOff,
}

/// An event with its days (账务分录).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The day it counts from.
    pub value_date: Date,
    /// The day it was booked.
    pub entered_on: Date,
    pub event: Event,
}

/// When charges meet money (费用入账时点).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargePosting {
    /// Before any money, whenever they were entered.
    First,
    /// On the earlier of their due date and their entry; held surplus meets them at once.
    OnItsDay,
}

/// What one entry did (分录结果).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub split: Split,
    /// Money of this entry that found nothing to settle, or was taken from the surplus.
    pub surplus: Money,
}

/// One loan's instalments and the money that found nothing to settle (借据台账).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub instalments: Vec<Instalment>,
    held: Vec<Held>,
}

/// What is left of one payment; should a charge come to meet it, it counts as of its own day.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    entry: usize,
    day: Date,
    amount: Money,
}

impl Instalment {
    pub fn agreed(from: Date, due_on: Date, principal: Money, interest: Money) -> Instalment {
        let mut owed = Split::of(Component::Principal, principal);
        owed[Component::Interest] = interest;
        Instalment::new(from, due_on, owed, Origin::Agreed)
    }

    pub(crate) fn new(from: Date, due_on: Date, owed: Split, origin: Origin) -> Instalment {
        let (paid, zero) = (Split::default(), Money::ZERO);
        Instalment {
            from,
            due_on,
            owed,
            paid,
            in_advance: zero,
            late: zero,
            met_on: None,
            charges: Vec::new(),
            owed_again: Vec::new(),
            origin,
        }
    }

    pub fn outstanding(&self) -> Money {
        self.owed.total() - self.paid.total()
    }

    pub fn outstanding_of(&self, component: Component) -> Money {
        self.owed[component] - self.paid[component]
    }

    /// Since when something of the instalment is past due at the end of `day`, and how much.
    pub fn past_due(&self, day: Date) -> Option<(Date, Money)> {
        let mut again = Money::ZERO;
        let mut since = None;
        for &(date, amount) in self.owed_again.iter().filter(|again| again.0 < day) {
            again += amount;
            if since.is_none() && again > self.paid.total() {
                since = Some(date);
            }
        }
        match since {
            _ if self.due_on < day && self.outstanding().is_positive() => {
                Some((since.unwrap_or(self.due_on), self.outstanding()))
            }
            Some(since) => Some((since, again - self.paid.total())),
            None => None,
        }
    }

    /// More is owed; what was met is so no longer.
    pub(crate) fn owe(&mut self, component: Component, amount: Money) {
        self.owed[component] += amount;
        if amount.is_positive() {
            self.met_on = None;
        }
    }

    /// Takes what is unpaid of a component off the instalment, which may be met thereby.
    pub(crate) fn release(&mut self, component: Component, day: Date) -> Money {
        self.waive(component, Money::MAX, day)
    }

    /// The same with no more than `most`.
    pub(crate) fn waive(&mut self, component: Component, most: Money, day: Date) -> Money {
        let amount = self.outstanding_of(component).min(most);
        self.owed[component] -= amount;
        if amount.is_positive() && self.outstanding().is_zero() && !self.owed.total().is_zero() {
            self.met_on = Some(day);
        }
        amount
    }

    fn pay(&mut self, day: Date, component: Component, amount: Money) {
        self.paid[component] += amount;
        match day.cmp(&self.due_on) {
            std::cmp::Ordering::Less => self.in_advance += amount,
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => self.late += amount,
        }
        if self.outstanding().is_zero() {
            self.met_on = Some(day);
        }
    }

    /// Takes off the charges due after `day`, as far as they are unpaid.
    pub(crate) fn take_charges_after(&mut self, day: Date) -> Vec<(Date, Component, Money)> {
        let mut taken = Vec::new();
        for charge in self.charges.extract_if(.., |charge| charge.0 > day).collect::<Vec<_>>() {
            let unpaid = charge.2.min(self.outstanding_of(charge.1));
            self.owed[charge.1] -= unpaid;
            taken.push((charge.0, charge.1, unpaid));
        }
        taken
    }

    /// Takes over what was owed and paid on a later instalment that is no more.
    pub(crate) fn join(&mut self, later: &Instalment) {
        self.owed += later.owed;
        self.paid += later.paid;
        self.in_advance += later.in_advance;
        self.late += later.late;
        self.met_on = self.met_on.max(later.met_on);
        self.charges.extend(&later.charges);
        self.owed_again.extend(&later.owed_again);
    }

    /// What of the component's charges has fallen due by `day` and is not paid.
    fn charges_due(&self, component: Component, day: Date) -> Money {
        let later = self.charges.iter().filter(|charge| charge.1 == component && charge.0 > day).map(|charge| charge.2);
        self.outstanding_of(component).minus_floor_zero(later.sum())
    }
}

impl Ledger {
    /// Replays the entries in order of value date, entry and sequence. Reversed entries are left
    /// out by the caller. The outcomes stand in the order of `entries`.
    pub fn replay(
        agreed: &[Instalment],
        entries: &[Entry],
        strategy: &Strategy,
        posting: ChargePosting,
    ) -> (Ledger, Vec<Outcome>) {
        let mut ledger = Ledger { instalments: agreed.to_vec(), held: Vec::new() };
        let mut outcomes = vec![Outcome::default(); entries.len()];
        let mut sequence: Vec<usize> = (0..entries.len()).collect();
        sequence.sort_by_key(|&index| {
            let entry = &entries[index];
            let charged_first = posting == ChargePosting::First && matches!(entry.event, Event::Charge { .. });
            (!charged_first, entry.posted_on(), entry.entered_on)
        });
        for index in sequence {
            outcomes[index] = ledger.post(index, &entries[index], strategy);
            if matches!(entries[index].event, Event::Charge { .. }) {
                for (payer, split) in ledger.settle_held(entries, strategy) {
                    outcomes[payer].split += split;
                    outcomes[payer].surplus -= split.total();
                }
            }
        }
        (ledger, outcomes)
    }

    /// Money received and not yet used.
    pub fn surplus(&self) -> Money {
        self.held.iter().map(|held| held.amount).sum()
    }

    pub fn outstanding(&self) -> Money {
        self.instalments.iter().map(Instalment::outstanding).sum()
    }

    pub fn outstanding_by_component(&self) -> Split {
        let mut split = Split::default();
        for instalment in &self.instalments {
            Component::ALL.iter().for_each(|&component| split[component] += instalment.outstanding_of(component));
        }
        split
    }

    pub fn paid(&self) -> Money {
        self.instalments.iter().map(|instalment| instalment.paid.total()).sum()
    }

    fn post(&mut self, index: usize, entry: &Entry, strategy: &Strategy) -> Outcome {
        let day = entry.value_date;
        let changed = |split| Outcome { split, surplus: Money::ZERO };
        match &entry.event {
            Event::Payment { kind, amount } => {
                let (split, rest) = self.settle(&strategy.order_for(kind), day, *amount);
                if rest.is_positive() {
                    self.held.push(Held { entry: index, day, amount: rest });
                }
                Outcome { split, surplus: rest }
            }
            Event::Charge { component, due_on, amount } => {
                self.charge(*component, *due_on, *amount);
                changed(Split::of(*component, *amount))
            }
            Event::Chargeback { amount } | Event::SurplusRefund { amount } => self.owe_again(day, *amount),
            Event::Reage(reage) => changed(reage.apply(self, entry.posted_on())),
            Event::Reamortisation(change) => changed(change.apply(self, day)),
            Event::Waiver(waiver) => changed(waiver.apply(self, day)),
            Event::Replan(replan) => {
                replan.apply(self);
                Outcome::default()
            }
            Event::Acceleration(acceleration) => {
                acceleration.apply(self, day);
                Outcome::default()
            }
            Event::WriteOff => changed(self.outstanding_by_component()),
        }
    }

    /// Lets held money meet what has come to be owed; says which entry settled what.
    fn settle_held(&mut self, entries: &[Entry], strategy: &Strategy) -> Vec<(usize, Split)> {
        let held = std::mem::take(&mut self.held);
        let settle = |held: Held| {
            let Event::Payment { kind, .. } = &entries[held.entry].event else { return None };
            let (split, rest) = self.settle(&strategy.order_for(kind), held.day, held.amount);
            if rest.is_positive() {
                self.held.push(Held { amount: rest, ..held });
            }
            Some((held.entry, split))
        };
        held.into_iter().filter_map(settle).collect()
    }

    /// A charge belongs to the instalment whose period holds its day, else to an extra one at the end.
    pub(crate) fn charge(&mut self, component: Component, due_on: Date, amount: Money) {
        let opens_on = self.instalments.first().map(|first| first.from);
        let holds = |one: &Instalment| {
            let opens = opens_on == Some(due_on) && one.from == due_on;
            one.origin == Origin::Agreed
                && one.from < one.due_on
                && due_on <= one.due_on
                && (due_on > one.from || opens)
        };
        let index = self.instalments.iter().position(holds).unwrap_or_else(|| self.extra_instalment(due_on));
        self.instalments[index].owe(component, amount);
        self.instalments[index].charges.push((due_on, component, amount));
    }

    /// Money that went out again: from the surplus if that covers it; else it is principal owed
    /// with the next instalment not past due, or an extra one, the surplus paying its part at once.
    fn owe_again(&mut self, day: Date, amount: Money) -> Outcome {
        let from_surplus = self.take_held(amount);
        let again = amount - from_surplus;
        if again.is_positive() {
            let coming = |one: &Instalment| one.origin == Origin::Agreed && one.due_on >= day;
            let index = self.instalments.iter().position(coming).unwrap_or_else(|| self.extra_instalment(day));
            let instalment = &mut self.instalments[index];
            instalment.owe(Component::Principal, amount);
            instalment.owed_again.push((day, amount));
            instalment.pay(day, Component::Principal, from_surplus);
        }
        Outcome { split: Split::of(Component::Principal, again), surplus: from_surplus }
    }

    fn take_held(&mut self, amount: Money) -> Money {
        let mut wanted = amount;
        for held in &mut self.held {
            let part = held.amount.min(wanted);
            held.amount -= part;
            wanted -= part;
        }
        self.held.retain(|held| held.amount.is_positive());
        amount - wanted
    }

    /// The instalment after the last agreed one, due no earlier than `due_on`.
    pub(crate) fn extra_instalment(&mut self, due_on: Date) -> usize {
        if self.instalments.last().is_none_or(|last| last.origin == Origin::Agreed) {
            let from = self.instalments.last().map_or(due_on, |last| last.due_on);
            self.instalments.push(Instalment::new(from, due_on, Split::default(), Origin::Extra));
        }
        let index = self.instalments.len() - 1;
        let extra = &mut self.instalments[index];
        extra.due_on = extra.due_on.max(due_on);
        index
    }

    /// Settles what the order reaches with money of `day`; what is left comes back.
    pub fn settle(&mut self, order: &Order, day: Date, mut cash: Money) -> (Split, Money) {
        let mut split = Split::default();
        for stage in &order.stages {
            let indices = self.instalments_of(stage, day);
            if stage.future == Future::Spread && stage.reach == Reach::InAdvance {
                cash = self.spread(stage, &indices, day, cash, &mut split);
                continue;
            }
            for &index in &indices {
                cash = self.settle_instalment(index, stage, day, cash, &mut split);
            }
        }
        (split, cash)
    }

    fn settle_instalment(
        &mut self,
        index: usize,
        stage: &Stage,
        day: Date,
        mut cash: Money,
        split: &mut Split,
    ) -> Money {
        let instalment = &mut self.instalments[index];
        for &component in &stage.components {
            let owed = match stage.reach {
                Reach::ChargesDue => instalment.charges_due(component, day),
                _ => instalment.outstanding_of(component),
            };
            let amount = owed.min(cash);
            if amount.is_positive() {
                instalment.pay(day, component, amount);
                split[component] += amount;
                cash -= amount;
            }
        }
        cash
    }

    /// Component by component, even shares to all that owe it, the remainder to the last; again
    /// until money or debt is used up.
    fn spread(&mut self, stage: &Stage, indices: &[usize], day: Date, mut cash: Money, split: &mut Split) -> Money {
        loop {
            let before = cash;
            for &component in &stage.components {
                let owes = |&&index: &&usize| self.instalments[index].outstanding_of(component).is_positive();
                let open: Vec<usize> = indices.iter().filter(owes).copied().collect();
                let Some(&last) = open.last() else { continue };
                let share = cash.mul_div(1, open.len() as i128, Rounding::HalfEven);
                let remainder = cash - share.mul_div(open.len() as i128, 1, Rounding::Down);
                for &index in &open {
                    let part = if index == last { share + remainder } else { share };
                    let part = part.min(cash).min(self.instalments[index].outstanding_of(component));
                    if part.is_positive() {
                        self.instalments[index].pay(day, component, part);
                        split[component] += part;
                        cash -= part;
                    }
                }
            }
            if cash.is_zero() || cash == before {
                return cash;
            }
        }
    }

    fn instalments_of(&self, stage: &Stage, day: Date) -> Vec<usize> {
        let belongs = |one: &Instalment| match stage.reach {
            Reach::PastDue => one.due_on < day,
            Reach::Due => one.due_on == day,
            Reach::Owed => one.due_on <= day,
            Reach::ChargesDue | Reach::InAdvance => one.due_on > day,
        };
        let mut indices: Vec<usize> =
            (0..self.instalments.len()).filter(|&index| belongs(&self.instalments[index])).collect();
        if stage.reach == Reach::InAdvance {
            match stage.future {
                Future::Next | Future::Spread => {}
                Future::Last => indices.reverse(),
                Future::NextLast => {
                    indices.reverse();
                    let is_running = |&index: &usize| self.instalments[index].from <= day;
                    if let Some(place) = indices.iter().position(is_running) {
                        let running = indices.remove(place);
                        indices.insert(0, running);
                    }
                }
            }
        }
        indices
    }
}

impl Entry {
    /// The day it meets the other entries.
    pub fn posted_on(&self) -> Date {
        match &self.event {
            Event::Charge { due_on, .. } => self.entered_on.min(*due_on),
            Event::Reage(reage) => self.entered_on.min(reage.first_due_on),
            _ => self.value_date,
        }
    }
}
