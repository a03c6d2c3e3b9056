//! One dossier folded into what the night needs of it.
//!
//! The lake streams dossiers past this function; the story runner and the page call it with one.

use crate::input::{Folded, MONTH_ENDS, WrittenOff};
use grading::Restructured;
use loan::{LoanRules, LoanView, Position, observe, positions};
use units::{Date, Money};

/// The days a night looks at: the twelve month-ends before the business date, then the date itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightDays {
    days: [Date; MONTH_ENDS + 1],
    /// Where the last day of the year before stands among them.
    year_end: usize,
}

impl NightDays {
    pub fn new(business_date: Date) -> NightDays {
        let mut days = [business_date; MONTH_ENDS + 1];
        for (index, day) in days[..MONTH_ENDS].iter_mut().enumerate() {
            *day = business_date.add_months_on(index as i32 - MONTH_ENDS as i32, 31);
        }
        let year_end = MONTH_ENDS - business_date.month() as usize;
        NightDays { days, year_end }
    }

    pub fn business_date(&self) -> Date {
        self.days[MONTH_ENDS]
    }

    pub fn month_ends(&self) -> &[Date] {
        &self.days[..MONTH_ENDS]
    }
}

/// Turning points of a loan that the night looks back to (借据节点), none after the business date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    pub restructured_on: Option<Date>,
    pub written_off_on: Option<Date>,
}

/// Folds one loan: its position tonight, its history, and the month-ends behind it.
pub fn fold(view: &LoanView, milestones: Milestones, days: &NightDays, rules: &LoanRules) -> Folded {
    // Before the loan was there, there is nothing to look at.
    let month_ends = days.month_ends();
    let lent = month_ends.partition_point(|&day| day < view.terms.disbursed_on);
    let mut month_end_days = [-1i16; MONTH_ENDS];
    let mut opening_outstanding = Money::ZERO;
    let (position, history) = observe(view, rules, &month_ends[lent..], days.business_date(), |place, seen| {
        month_end_days[lent + place] = seen.days_past_due.min(i32::from(i16::MAX)) as i16;
        if lent + place == days.year_end {
            opening_outstanding = seen.principal_outstanding;
        }
    });
    Folded {
        position,
        history,
        month_end_days,
        opening_outstanding,
        restructured: milestones.restructured_on.map(|on| Box::new(observed(view, on, days.business_date(), rules))),
        written_off: milestones.written_off_on.map(|on| Box::new(written_off(view, on, &position, rules))),
        first_due_on: view.due_on.first().copied(),
        terms_changed: !view.pauses.is_empty(),
    }
}

/// What was owed when the claim was written off. As rare as a restructuring.
fn written_off(view: &LoanView, on: Date, tonight: &Position, rules: &LoanRules) -> WrittenOff {
    let mut then = [Position::default()];
    positions(view, rules, &[on], &mut then);
    let recovered = tonight.paid_total() - then[0].paid_total();
    WrittenOff { on, amount: then[0].principal_outstanding, recovered }
}

/// How the dues after a restructuring were kept. Few loans are restructured, so a second pass over
/// one of them, asking on the day after each due, costs nothing that counts.
fn observed(view: &LoanView, changed_on: Date, business_date: Date, rules: &LoanRules) -> Restructured {
    let after = view.due_on.partition_point(|&due_on| due_on <= changed_on);
    let dues: Vec<Date> = view.due_on[after..].iter().copied().take_while(|&due_on| due_on < business_date).collect();
    let morrows: Vec<Date> = dues.iter().map(|due_on| due_on.next()).collect();
    let mut at = vec![Position::default(); morrows.len()];
    positions(view, rules, &morrows, &mut at);
    let missed = at.iter().rposition(|position| position.oldest_unpaid_due_on.is_some());
    Restructured {
        first_due_on: view.due_on.get(after).copied().filter(|&due_on| due_on <= business_date),
        missed_on: missed.map(|index| dues[index]),
        dues_met: (dues.len() - missed.map_or(0, |index| index + 1)) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_looks_back_on_twelve_month_ends() {
        let check = |day: &str, first: &str, last: &str, year_end: &str| {
            let days = NightDays::new(Date::parse(day).unwrap());
            assert_eq!(days.month_ends()[0].to_string(), first);
            assert_eq!(days.month_ends()[MONTH_ENDS - 1].to_string(), last);
            assert_eq!(days.days[days.year_end].to_string(), year_end);
        };
        check("2026-11-20", "2025-11-30", "2026-10-31", "2025-12-31");
        check("2026-12-31", "2025-12-31", "2026-11-30", "2025-12-31");
        check("2026-01-31", "2025-01-31", "2025-12-31", "2025-12-31");
        check("2024-03-15", "2023-03-31", "2024-02-29", "2023-12-31");
    }
}
