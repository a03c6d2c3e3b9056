//! Replays one case of `schedule_exact.json`: unrounded schedules with separate cycles of interest
//! and redemption, within the file's tolerance.

use super::daycount::{date, named};
use super::schedule::{decimal, step};
use loan::daycount::Convention;
use loan::schedule::cadence::{Cadence, MonthEnd, Step};
use loan::schedule::plan::{
    Grid, InterestOn, Level, Levelling, Period, PeriodInterest, Plan, Residual, Row, Settings, Solve, TrancheInterest,
};
use loan::schedule::share::YearShare;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;
use units::{Calendar, Date, Roll};

/// The tolerance the published figures are compared within.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 5);

pub fn replay(case: &Value) -> Result<(), String> {
    let input = &case["input"];
    let rows = plan(input)?.rows();
    let start = date(&input["start"])?;
    // A cycle that begins on the first day pays nothing then, unless it redeems.
    let rows = rows.iter().filter(|row| row.due_on > start || !row.principal.is_zero());
    compare(&rows.collect::<Vec<_>>(), &case["expected"])
}

fn plan(input: &Value) -> Result<Plan, String> {
    let end = date(&input["end"])?;
    let solve = match (input["kind"].as_str(), input["payment"].is_null()) {
        (Some("fixed_payment"), _) | (Some("linear"), false) => Solve::Fixed(decimal(&input["payment"])?),
        (Some("annuity"), false) => Solve::Given(decimal(&input["payment"])?),
        (Some("annuity"), true) if !input["annuity_end"].is_null() => {
            // Solved as if it ran longer, and cut short.
            let whole = build(input, date(&input["annuity_end"])?, Solve::ByPeriod)?;
            Solve::Given(whole.level(0))
        }
        (Some("annuity" | "linear" | "bullet"), _) => Solve::ByPeriod,
        (other, _) => return Err(format!("unknown kind {other:?}")),
    };
    build(input, end, solve)
}

fn build(input: &Value, end: Date, solve: Solve) -> Result<Plan, String> {
    let start = date(&input["start"])?;
    let kind = input["kind"].as_str();
    let interest = dates(input, &input["interest"], end)?;
    let redemption = dates(input, &input["redemption"], end)?;
    let mut from = start;
    let mut periods = Vec::new();
    for &agreed in interest.union(&redemption) {
        let (until, due_on) = rolled(input, agreed)?;
        let mut period = Period { due_on, ..Period::new(from, until, false) };
        period.repays = redemption.contains(&agreed);
        if !interest.contains(&agreed) {
            period.interest = PeriodInterest::Deferred;
        }
        periods.push(period);
        from = until;
    }
    // Every share is counted by days here, so the cadence of the plan has no say.
    let cadence = Cadence { anchor: start, step: Step::Months(1), month_end: MonthEnd::Clamp };
    let mut plan = Plan::new(settings(input, kind, end, solve)?, cadence, periods, decimal(&input["rate"])?);
    let refused = |refused| format!("refused: {refused:?}");
    plan.lend(start, decimal(&input["amount"])?).map_err(refused)?;
    for reset in input["rate_resets"].as_array().into_iter().flatten() {
        plan.change_rate(date(&reset["date"])?, decimal(&reset["rate"])?).map_err(refused)?;
    }
    Ok(plan)
}

fn settings(input: &Value, kind: Option<&str>, end: Date, solve: Solve) -> Result<Settings, String> {
    let convention = match input["day_count"].as_str() {
        Some("30E/360 ISDA") => Convention::Thirty360Isda { termination: Some(end) },
        name => name.and_then(named).ok_or_else(|| format!("unknown day count {name:?}"))?,
    };
    Ok(Settings {
        level: match kind {
            Some("annuity" | "fixed_payment") => Level::Instalment,
            _ => Level::Principal,
        },
        interest_on: InterestOn::Balance,
        year_share: YearShare::ByConvention(convention),
        tranche_interest: TrancheInterest::FromItsDay,
        solve,
        levelling: Levelling::Off,
        residual: Residual::Last,
        interest_grid: Grid::EXACT,
        instalment_grid: Grid::EXACT,
        multiple: None,
        balloon: Decimal::ZERO,
        down_payment: Decimal::ZERO,
    })
}

fn cadence(input: &Value, cycle: &Value) -> Result<Cadence, String> {
    let end_of_month = input["end_of_month"].as_bool() == Some(true);
    Ok(Cadence {
        anchor: date(&cycle["first"])?,
        step: step(&cycle["every"], &cycle["unit"])?,
        month_end: if end_of_month { MonthEnd::Stick } else { MonthEnd::Clamp },
    })
}

/// The dates of a cycle up to the end, or the end alone without one; a long last stub swallows the
/// date before it.
fn dates(input: &Value, cycle: &Value, end: Date) -> Result<BTreeSet<Date>, String> {
    if cycle.is_null() {
        return Ok(BTreeSet::from([end]));
    }
    let cadence = cadence(input, cycle)?;
    let mut dates: BTreeSet<Date> = (0..).map(|number| cadence.nth(number)).take_while(|&day| day <= end).collect();
    let long = cycle["last_stub"].as_str() == Some("long");
    if long && !dates.contains(&end) && dates.len() > 1 {
        dates.pop_last();
    }
    dates.insert(end);
    Ok(dates)
}

/// To where interest runs, and when it is due.
fn rolled(input: &Value, agreed: Date) -> Result<(Date, Date), String> {
    let rule = &input["business_days"];
    if rule.is_null() {
        return Ok((agreed, agreed));
    }
    let roll = match rule["roll"].as_str() {
        Some("none") | None => Roll::None,
        Some("following") => Roll::Following,
        Some("modified_following") => Roll::ModifiedFollowing,
        Some("preceding") => Roll::Preceding,
        Some("modified_preceding") => Roll::ModifiedPreceding,
        Some(other) => return Err(format!("unknown roll {other:?}")),
    };
    let due_on = Calendar::default().roll(agreed, roll);
    Ok(if rule["accrue_to_rolled"].as_bool() == Some(true) { (due_on, due_on) } else { (agreed, due_on) })
}

fn compare(rows: &[&Row], expected: &Value) -> Result<(), String> {
    let wanted = expected["rows"].as_array().ok_or("no expected rows")?;
    let complete = expected["complete"].as_bool() != Some(false);
    if rows.len() < wanted.len() || (complete && rows.len() > wanted.len()) {
        return Err(format!("expected {} rows, got {}", wanted.len(), rows.len()));
    }
    for (row, wanted) in rows.iter().zip(wanted) {
        if date(&wanted["date"])? != row.due_on {
            return Err(format!("expected {}, got {}", wanted["date"], row.due_on));
        }
        for (what, got) in [("principal", row.principal), ("interest", row.interest), ("balance", row.balance)] {
            let figure = decimal(&wanted[what])?;
            if (figure - got).abs() > TOLERANCE {
                return Err(format!("{}: expected {what} {figure}, got {got}", row.due_on));
            }
        }
    }
    Ok(())
}
