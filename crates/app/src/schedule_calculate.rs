//! The repayment calculator.

use crate::failure::{Failure, Outcome, Refusal, refused};
use crate::table::{Cell, Table};
use loan::schedule::{InterestRule, Residual, generate};
use loan::{DayCount, Frequency, RepaymentMethod, ScheduleRules, Terms};
use policy::{Pack, working_calendar};
use units::{Coded, Date, Money, RatePpm, Roll, Rounding};

/// What was asked, in the codes of the book.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    pub principal: Money,
    pub annual_rate: RatePpm,
    pub instalment_count: u32,
    pub disbursed_on: Date,
    pub method: &'a str,
    pub frequency: &'a str,
    pub day_count: &'a str,
    pub interest: &'a str,
    pub balloon: Money,
    pub rounding: &'a str,
    pub residual: &'a str,
    pub roll: &'a str,
}

/// A schedule and its sums.
#[derive(Clone, Debug)]
pub struct Calculated {
    pub table: Table,
    pub interest: Money,
    pub total: Money,
}

const ROUNDINGS: [(&str, Rounding); 4] = [
    ("half_up", Rounding::HalfUp),
    ("half_even", Rounding::HalfEven),
    ("down", Rounding::Down),
    ("up", Rounding::Up),
];
const RESIDUALS: [(&str, Residual); 2] = [("last", Residual::Last), ("first", Residual::First)];
const INTERESTS: [(&str, InterestRule); 2] = [("nominal", InterestRule::Nominal), ("actual", InterestRule::ByDayCount)];
const ROLLS: [(&str, Roll); 4] = [
    ("none", Roll::None),
    ("following", Roll::Following),
    ("modified_following", Roll::ModifiedFollowing),
    ("preceding", Roll::Preceding),
];

/// Draws up the schedule of a loan that is disbursed on a day and repaid in so many instalments.
pub fn schedule_calculate(wanted: &Wanted) -> Outcome<Calculated> {
    let frequency: Frequency = coded("--frequency", wanted.frequency)?;
    let count = i32::try_from(wanted.instalment_count).unwrap_or(i32::MAX);
    let matures_on = match frequency {
        Frequency::Monthly => wanted.disbursed_on.add_months(count),
        Frequency::Quarterly => wanted.disbursed_on.add_months(3 * count),
        Frequency::Biweekly => wanted.disbursed_on + 14 * count,
        Frequency::Weekly => wanted.disbursed_on + 7 * count,
    };
    let terms = Terms {
        principal: wanted.principal,
        disbursed_on: wanted.disbursed_on,
        matures_on,
        annual_rate: wanted.annual_rate,
        penalty_rate: None,
        day_count: coded::<DayCount>("--day-count", wanted.day_count)?,
        method: coded::<RepaymentMethod>("--method", wanted.method)?,
        instalment_count: wanted.instalment_count,
        frequency,
    };
    let rules = ScheduleRules {
        interest: choice("--interest", wanted.interest, &INTERESTS)?,
        rounding: choice("--rounding", wanted.rounding, &ROUNDINGS)?,
        residual: choice("--residual", wanted.residual, &RESIDUALS)?,
        roll: choice("--roll", wanted.roll, &ROLLS)?,
        balloon: wanted.balloon.is_positive().then_some(wanted.balloon),
        ..ScheduleRules::default()
    };
    let calendar = Pack::embedded("calendar-cn").and_then(|pack| working_calendar(&pack));
    let calendar = calendar.map_err(|problems| anyhow::anyhow!("calendar-cn: {problems:?}"))?;
    let schedule = generate(&terms, &rules, &calendar)
        .map_err(|why| Failure::Refused(Refusal::of(why.code())))?;
    let mut table = Table::new(&[">seq", "due_on", ">principal_due", ">interest_due", ">total_due", ">balance"]);
    let (mut interest, mut total) = (Money::ZERO, Money::ZERO);
    for line in &schedule {
        let due = line.principal + line.interest;
        interest += line.interest;
        total += due;
        table.push(vec![
            Cell::Number(line.seq.into()),
            Cell::Day(line.due_on),
            Cell::Amount(line.principal),
            Cell::Amount(line.interest),
            Cell::Amount(due),
            Cell::Amount(line.balance),
        ]);
    }
    Ok(Calculated { table, interest, total })
}

fn coded<T: Coded>(option: &str, value: &str) -> Outcome<T> {
    match T::from_code(value) {
        Some(value) => Ok(value),
        None => {
            let known = T::ALL.iter().map(|value| value.code()).collect::<Vec<_>>().join(", ");
            refused("E-US-04", &[("option", &option), ("value", &value), ("known", &known)])
        }
    }
}

fn choice<T: Copy>(option: &str, value: &str, choices: &[(&str, T)]) -> Outcome<T> {
    match choices.iter().find(|(code, _)| *code == value) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let known = choices.iter().map(|(code, _)| *code).collect::<Vec<_>>().join(", ");
            refused("E-US-04", &[("option", &option), ("value", &value), ("known", &known)])
        }
    }
}
