//! Contract changes: what is still owed, agreed anew.

use crate::ledger::{Instalment, Ledger, Origin};
use crate::waterfall::{Component, Split};
use units::{Date, Money, Rounding};

/// All unpaid principal in new instalments of equal size (重组：重新分期).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reage {
    pub first_due_on: Date,
    pub every: Step,
    pub count: u32,
    /// Instalments are multiples of this amount; the last takes the rest.
    pub multiple: Money,
}

/// The distance between two due dates (期限间隔).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Days(i32),
    Months(i32),
}

/// Past-due principal moved in equal parts onto the later instalments (重组：逾期本金摊入后期).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reamortisation {
    pub multiple: Money,
}

impl Step {
    /// The due date `steps` after `first`.
    pub fn after(self, first: Date, steps: u32) -> Date {
        match self {
            Step::Days(days) => first + days * steps as i32,
            Step::Months(months) => first.add_months(months * steps as i32),
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
                        running.join(&one);
                        continue;
                    }
                    _ => one.due_on = day,
                }
            }
            kept.push(one);
        }
        let mut from = day;
        for (place, principal) in equal_parts(moved, self.count as usize, self.multiple).into_iter().enumerate() {
            let due_on = self.every.after(self.first_due_on, place as u32);
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
        let later: Vec<usize> = (0..ledger.instalments.len()).filter(|&index| is_later(&ledger.instalments[index])).collect();
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
