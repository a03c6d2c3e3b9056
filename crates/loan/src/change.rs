//! Contract changes: what is still owed, agreed anew.

use crate::ledger::{Instalment, Ledger, Origin};
use crate::schedule::cadence::{Cadence, MonthEnd, Step};
use crate::waterfall::{Component, Split};
use units::{Date, Money, Rounding};

/// All unpaid principal in new instalments of equal size (重组：重新分期).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reage {
    pub first_due_on: Date,
    pub step: Step,
    pub count: u32,
    /// Instalments are multiples of this amount; the last takes the rest.
    pub multiple: Money,
}

/// Past-due principal moved in equal parts onto the later instalments (重组：逾期本金摊入后期).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reamortisation {
    pub multiple: Money,
}

/// Principal and interest of the instalments agreed anew (重新测算还款计划), one pair for each, as a
/// [`Plan`](crate::schedule::plan::Plan) gives them after a change of rate or an interest pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replan {
    pub lines: Vec<(Money, Money)>,
}

/// Everything falls due at once (提前到期): all principal, and the interest of the running period
/// up to the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceleration {
    pub interest_to_date: Money,
}

/// Interest, fees or penalties given up, oldest first (减免). Principal is written off, never waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub component: Component,
    pub amount: Money,
}

/// Why a waiver is refused, in order of precedence (拒绝减免原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverRefused {
    AmountMustBePositive,
    PrincipalIsNeverWaived,
    MoreThanOwed { owed: Money },
}

impl WaiverRefused {
    pub const fn code(self) -> &'static str {
        match self {
            WaiverRefused::AmountMustBePositive => "E-WV-01",
            WaiverRefused::PrincipalIsNeverWaived => "E-WV-02",
            WaiverRefused::MoreThanOwed { .. } => "E-WV-03",
        }
    }
}

/// `total` in `count` equal multiples of `multiple`, half to even; the last takes what is left.
fn equal_parts(total: Money, count: usize, multiple: Money) -> Vec<Money> {
    let multiple = i128::from(multiple.fen());
    let multiples = total.mul_div(1, count as i128 * multiple, Rounding::HalfEven);
    let part = multiples.mul_div(multiple, 1, Rounding::Down);
    let mut parts = vec![part.min(total); count];
    let before_last: Money = parts[1..].iter().copied().sum();
    parts[count - 1] = total - before_last;
    parts
}

impl Reage {
    /// Effective on `day`: the running instalment ends then and keeps what was paid on it, later
    /// ones are replaced. Charges due later follow the new run. Nothing unpaid: nothing changes.
    pub(crate) fn apply(&self, ledger: &mut Ledger, day: Date) -> Split {
        let moved = ledger.outstanding_by_component()[Component::Principal];
        if moved.is_zero() || self.count == 0 {
            return Split::default();
        }
        let mut charges = Vec::new();
        let mut kept: Vec<Instalment> = Vec::new();
        for mut one in std::mem::take(&mut ledger.instalments) {
            one.release(Component::Principal, day);
            if one.due_on > day {
                charges.extend(one.take_charges_after(day));
                match kept.last_mut() {
                    Some(running) if one.from >= day => {
                        one.release(Component::Interest, day); // no day of it has run
                        running.join(&one);
                        continue;
                    }
                    _ => one.due_on = day,
                }
            }
            kept.push(one);
        }
        let cadence = Cadence { anchor: self.first_due_on, step: self.step, month_end: MonthEnd::Clamp };
        let mut from = day;
        for (place, principal) in equal_parts(moved, self.count as usize, self.multiple).into_iter().enumerate() {
            let due_on = cadence.nth(place as i32);
            kept.push(Instalment::new(from, due_on, Split::of(Component::Principal, principal), Origin::Agreed));
            from = due_on;
        }
        ledger.instalments = kept;
        for (due_on, component, amount) in charges {
            ledger.charge(component, due_on, amount);
        }
        Split::of(Component::Principal, moved)
    }
}

impl Reamortisation {
    /// Moves the unpaid principal of what is due by `day`; interest, fees and penalties stay.
    pub(crate) fn apply(&self, ledger: &mut Ledger, day: Date) -> Split {
        let is_later = |one: &Instalment| one.origin == Origin::Agreed && one.due_on > day;
        let later: Vec<usize> =
            (0..ledger.instalments.len()).filter(|&index| is_later(&ledger.instalments[index])).collect();
        if later.is_empty() {
            return Split::default();
        }
        let mut moved = Money::ZERO;
        for one in ledger.instalments.iter_mut().filter(|one| one.due_on <= day) {
            moved += one.release(Component::Principal, day);
        }
        for (part, &index) in equal_parts(moved, later.len(), self.multiple).into_iter().zip(&later) {
            ledger.instalments[index].owe(Component::Principal, part);
        }
        Split::of(Component::Principal, moved)
    }
}

impl Waiver {
    /// Whether the ledger owes what is to be waived.
    pub fn check(&self, ledger: &Ledger) -> Result<(), WaiverRefused> {
        let owed = ledger.outstanding_by_component()[self.component];
        match self.component {
            _ if !self.amount.is_positive() => Err(WaiverRefused::AmountMustBePositive),
            Component::Principal => Err(WaiverRefused::PrincipalIsNeverWaived),
            _ if self.amount > owed => Err(WaiverRefused::MoreThanOwed { owed }),
            _ => Ok(()),
        }
    }

    /// What of a waiver the replay still finds owed: money entered late may have come before it.
    pub(crate) fn apply(&self, ledger: &mut Ledger, day: Date) -> Split {
        let mut left = self.amount;
        for one in &mut ledger.instalments {
            left -= one.waive(self.component, left, day);
        }
        Split::of(self.component, self.amount - left)
    }
}

impl Replan {
    /// Instalments already met stay as they were; the last takes up what that leaves over.
    pub(crate) fn apply(&self, ledger: &mut Ledger) {
        let principal =
            |ledger: &Ledger| ledger.instalments.iter().map(|one| one.owed[Component::Principal]).sum::<Money>();
        let before = principal(ledger);
        let agreed = |one: &&mut Instalment| one.origin == Origin::Agreed;
        for (one, &(principal, interest)) in ledger.instalments.iter_mut().filter(agreed).zip(&self.lines) {
            if one.outstanding().is_positive() {
                one.owed[Component::Principal] = principal.max(one.paid[Component::Principal]);
                one.owed[Component::Interest] = interest.max(one.paid[Component::Interest]);
            }
        }
        let over = before - principal(ledger);
        if let Some(last) = ledger.instalments.iter_mut().rfind(agreed) {
            last.owe(Component::Principal, over);
        }
    }
}

impl Acceleration {
    pub(crate) fn apply(&self, ledger: &mut Ledger, day: Date) {
        let Some(running) = ledger.instalments.iter().position(|one| one.due_on >= day) else { return };
        let later = ledger.instalments.split_off(running + 1);
        let running = &mut ledger.instalments[running];
        running.due_on = day;
        running.owed[Component::Interest] = self.interest_to_date.max(running.paid[Component::Interest]);
        for mut one in later {
            running.owe(Component::Principal, one.release(Component::Principal, day));
            one.release(Component::Interest, day);
            running.join(&one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ChargePosting, Entry, Event};
    use crate::waterfall::Strategy;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// Four instalments of 250 and 10 interest from 2026-02-12, the entries in the order given; then
    /// `due principal interest outstanding` of each.
    fn check(entries: &[(&str, Event)], expect: &str) {
        let months = |n| day("2026-01-12").add_months(n);
        let agreed: Vec<Instalment> = (0..4)
            .map(|n| Instalment::agreed(months(n), months(n + 1), Money::from_yuan(250), Money::from_yuan(10)))
            .collect();
        let entries: Vec<Entry> = entries
            .iter()
            .map(|(on, event)| Entry { value_date: day(on), entered_on: day(on), event: event.clone() })
            .collect();
        let order = vec![Component::Penalty, Component::Fee, Component::Interest, Component::Principal];
        let (ledger, _) = Ledger::replay(&agreed, &entries, &Strategy::ByInstalment { order }, ChargePosting::First);
        let lines: Vec<String> = ledger
            .instalments
            .iter()
            .map(|one| {
                let (principal, interest) = (one.owed[Component::Principal], one.owed[Component::Interest]);
                format!("{} {principal} {interest} {}", one.due_on, one.outstanding())
            })
            .collect();
        let expect: Vec<&str> = expect.lines().map(str::trim).collect();
        assert_eq!(lines, expect);
    }

    fn paid(yuan: i64) -> Event {
        Event::Payment { kind: "repayment".to_owned(), amount: Money::from_yuan(yuan) }
    }

    #[test]
    fn unpaid_principal_moves_to_a_new_run_or_onto_later_instalments() {
        let multiple = Money::from_fen(1);
        let reage = Reage { first_due_on: day("2026-05-01"), step: Step::Months(1), count: 3, multiple };
        check(
            &[("2026-02-12", paid(260)), ("2026-03-20", Event::Reage(reage))],
            "2026-02-12 250.00 10.00 0.00
             2026-03-12 0.00 10.00 10.00
             2026-03-20 0.00 10.00 10.00
             2026-05-01 250.00 0.00 250.00
             2026-06-01 250.00 0.00 250.00
             2026-07-01 250.00 0.00 250.00",
        );
        check(
            &[("2026-02-12", paid(160)), ("2026-03-20", Event::Reamortisation(Reamortisation { multiple }))],
            "2026-02-12 150.00 10.00 0.00
             2026-03-12 0.00 10.00 10.00
             2026-04-12 425.00 10.00 435.00
             2026-05-12 425.00 10.00 435.00",
        );
    }

    #[test]
    fn a_waiver_takes_the_oldest_first_and_never_principal() {
        let waiver = |component, yuan| Waiver { component, amount: Money::from_yuan(yuan) };
        let interest = waiver(Component::Interest, 15);
        check(
            &[("2026-03-20", Event::Waiver(interest))],
            "2026-02-12 250.00 0.00 250.00
             2026-03-12 250.00 5.00 255.00
             2026-04-12 250.00 10.00 260.00
             2026-05-12 250.00 10.00 260.00",
        );
        let one = Instalment::agreed(day("2026-01-12"), day("2026-02-12"), Money::from_yuan(250), Money::from_yuan(10));
        let order = Strategy::ByInstalment { order: vec![Component::Interest] };
        let (ledger, _) = Ledger::replay(&[one], &[], &order, ChargePosting::First);
        let refused = |waiver: Waiver| waiver.check(&ledger).map_err(WaiverRefused::code);
        assert_eq!(refused(waiver(Component::Interest, 10)), Ok(()));
        assert_eq!(refused(waiver(Component::Principal, 0)), Err("E-WV-01"));
        assert_eq!(refused(waiver(Component::Principal, 10)), Err("E-WV-02"));
        assert_eq!(refused(waiver(Component::Interest, 11)), Err("E-WV-03"));
    }
}
