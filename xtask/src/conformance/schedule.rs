//! Replays one case of `schedule.json`: settings and events, against whole schedules or single figures.

use super::daycount::{date, named};
use loan::schedule::cadence::{Cadence, MonthEnd, Step};
use loan::schedule::plan::{
    Grid, InterestOn, Keep, Level, Levelling, Period, PeriodInterest, Plan, PlanRefused, Residual, Row, RowKind,
    Settings, Solve, TrancheInterest,
};
use loan::schedule::share::YearShare;
use rust_decimal::Decimal;
use serde_json::Value;
use units::{Date, Rounding};

pub fn replay(case: &Value) -> Result<(), String> {
    compare(&agreed(&case["input"])?.rows(), &case["expected"])
}

/// The plan of a case's terms and events.
pub(super) fn agreed(input: &Value) -> Result<Plan, String> {
    let mut plan = plan(input)?;
    for event in in_order(input) {
        apply(&mut plan, event)?.map_err(|refused| format!("{} refused: {refused:?}", event["type"]))?;
    }
    Ok(plan)
}

/// The events as they happened. Prepayments are told by instalment, and pauses change no instalment:
/// both are entered last.
fn in_order(input: &Value) -> Vec<&Value> {
    let mut events: Vec<&Value> = input["events"].as_array().into_iter().flatten().collect();
    let day = |event: &Value| event["date"].as_str().or(event["old"].as_str()).unwrap_or_default().to_owned();
    let undated = |event: &Value| matches!(event["type"].as_str(), Some("prepay" | "interest_pause"));
    events.sort_by_key(|event| (undated(event), day(event)));
    events
}

/// A decimal written as text or as a number.
pub(super) fn decimal(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let parsed = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text));
    parsed.map_err(|_| format!("{value} is not a number"))
}

fn decimal_or_zero(value: &Value) -> Result<Decimal, String> {
    if value.is_null() { Ok(Decimal::ZERO) } else { decimal(value) }
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap_or(0) as usize
}

fn per_cent(value: &Value) -> Result<Decimal, String> {
    Ok(decimal_or_zero(value)? / Decimal::ONE_HUNDRED)
}

pub(super) fn step(every: &Value, unit: &Value) -> Result<Step, String> {
    let every = every.as_i64().unwrap_or(1) as i32;
    Ok(match unit.as_str() {
        Some("month") => Step::Months(every),
        Some("year") => Step::Months(12 * every),
        Some("week") => Step::Weeks(every),
        Some("day") => Step::Days(every),
        _ => return Err(format!("unknown unit {unit}")),
    })
}

fn plan(input: &Value) -> Result<Plan, String> {
    let cadence = Cadence {
        anchor: date(&input["start"])?,
        step: step(&input["every"], &input["unit"])?,
        month_end: match input["month_end"].as_str() {
            Some("roll") => MonthEnd::NextMonth,
            Some("clamp") | None => MonthEnd::Clamp,
            Some(other) => return Err(format!("unknown month end {other:?}")),
        },
    };
    let rate = match input["daily_rate_pct"].is_null() {
        true => per_cent(&input["annual_rate_pct"])?,
        // A daily rate is that of a year of 365 days.
        false => per_cent(&input["daily_rate_pct"])? * Decimal::from(365),
    };
    Ok(Plan::new(settings(input)?, cadence, periods(input, &cadence)?, rate))
}

fn settings(input: &Value) -> Result<Settings, String> {
    let text = |key: &str| input[key].as_str();
    let periodic = text("engine") == Some("period");
    let daily = text("engine") == Some("daily_level");
    let rounding = match text("rounding") {
        None | Some("half_even") => Rounding::HalfEven,
        Some("half_up") => Rounding::HalfUp,
        Some(_) if daily => Rounding::Down,
        Some(other) => return Err(format!("unknown rounding {other:?}")),
    };
    let places = Some(input["digits"].as_u64().unwrap_or(2) as u32);
    let year_share = year_share(text("day_count").unwrap_or_default())?;
    let part_periods = input["partial_period"].as_bool() == Some(true) || year_share != YearShare::PeriodsOfYear;
    let multiple = decimal_or_zero(&input["instalment_multiple"])?;
    Ok(Settings {
        level: match (text("amortization"), text("flat_split")) {
            (Some("equal_principal"), _) | (_, Some("equal_principal")) => Level::Principal,
            (Some("equal_instalment"), _) => Level::Instalment,
            other => return Err(format!("unknown amortization {other:?}")),
        },
        interest_on: match (text("interest_method"), text("flat_split")) {
            (Some("declining_balance"), _) => InterestOn::Balance,
            (Some("flat"), Some("equal_principal")) => InterestOn::LentSpreadEvenly,
            (Some("flat"), _) => InterestOn::Lent,
            other => return Err(format!("unknown interest method {other:?}")),
        },
        year_share,
        tranche_interest: match part_periods && !periodic {
            true => TrancheInterest::FromItsDay,
            false => TrancheInterest::FromPeriodStart,
        },
        solve: match (periodic, daily) {
            (true, _) => Solve::Nominal,
            (_, true) => Solve::Smallest,
            _ => Solve::ByPeriod,
        },
        levelling: if input["level"].as_bool() == Some(true) { Levelling::On } else { Levelling::Off },
        residual: Residual::Last,
        interest_grid: Grid { places, rounding },
        instalment_grid: Grid { places, rounding },
        multiple: Some(multiple).filter(|multiple| !multiple.is_zero()),
        balloon: Decimal::ZERO,
        down_payment: per_cent(&input["down_payment_pct"])?,
    })
}

fn year_share(name: &str) -> Result<YearShare, String> {
    Ok(match name {
        "30/360-period" => YearShare::PeriodsOver360,
        "period/year" => YearShare::PeriodsOfYear,
        "act/act-year" => YearShare::ActualByEndDay,
        "act/act-year-jan1" => YearShare::ByConvention(loan::daycount::Convention::ActualActualIsda),
        "act/act-year-feb29period" => YearShare::ActualByLeapPeriod,
        "act/act-start-year" => YearShare::ActualByStartYear,
        "daily-simple" => YearShare::ByConvention(loan::daycount::Convention::Actual365Fixed),
        other => YearShare::ByConvention(named(other).ok_or_else(|| format!("unknown day count {other:?}"))?),
    })
}

fn periods(input: &Value, cadence: &Cadence) -> Result<Vec<Period>, String> {
    let given = input["due_dates"].as_array().map(|days| days.iter().map(date).collect::<Result<Vec<_>, _>>());
    let given = given.transpose()?;
    let instalments = given.as_ref().map_or(count(&input["instalments"]), Vec::len);
    if instalments == 0 {
        return Err("no instalments".to_owned());
    }
    let longest = input["fixed_length"].as_i64().map(|length| fixed_end(cadence, length as i32));
    let mut from = cadence.anchor;
    let mut periods = Vec::with_capacity(instalments);
    for index in 0..instalments {
        let whole = (cadence.nth(index as i32), cadence.nth(index as i32 + 1));
        let mut until = given.as_ref().map_or(whole.1, |days| days[index]);
        if let Some(end) = longest.filter(|_| index + 1 == instalments) {
            until = end;
        }
        if until <= from {
            return Err(format!("the due date {until} does not follow {from}"));
        }
        let mut period = Period::new(from, until, (from, until) == whole);
        period.repays = index >= count(&input["grace_principal"]);
        period.interest = match index {
            _ if index < count(&input["interest_free"]) => PeriodInterest::Free,
            _ if index < count(&input["grace_interest"]) => PeriodInterest::Deferred,
            _ => PeriodInterest::Paid,
        };
        periods.push(period);
        from = until;
    }
    Ok(periods)
}

/// A fixed length is counted in the unit of the instalments.
fn fixed_end(cadence: &Cadence, length: i32) -> Date {
    let step = match cadence.step {
        Step::Months(_) => Step::Months(1),
        Step::Weeks(_) => Step::Weeks(1),
        Step::Days(_) => Step::Days(1),
    };
    Cadence { step, ..*cadence }.nth(length)
}

/// The outer error is a case that cannot be read, the inner one an event the plan refuses.
fn apply(plan: &mut Plan, event: &Value) -> Result<Result<(), PlanRefused>, String> {
    let day = |key: &str| date(&event[key]);
    Ok(match event["type"].as_str() {
        Some("disburse") => plan.lend(day("date")?, decimal(&event["amount"])?),
        // The first accrual day at the new rate ends on the date, so it begins the day before.
        Some("rate_change") => plan.change_rate(day("date")?.previous(), per_cent(&event["annual_rate_pct"])?),
        Some("interest_pause") => {
            plan.pause_interest(day("from")?.previous(), day("to")?);
            Ok(())
        }
        Some("change_due_date") => plan.move_due(day("old")?, day("new")?),
        Some("extra_periods") => plan.extend(day("date")?.previous(), count(&event["count"])),
        Some("prepay") => {
            let keep = match event["keep"].as_str() {
                Some("instalment") => Keep::Instalment,
                Some("term") => Keep::Term,
                other => return Err(format!("unknown keep {other:?}")),
            };
            plan.prepay(count(&event["after_instalment"]), decimal(&event["amount"])?, keep)
        }
        other => return Err(format!("unknown event {other:?}")),
    })
}

fn compare(rows: &[Row], expected: &Value) -> Result<(), String> {
    if let Some(periods) = expected["periods"].as_array() {
        if periods.len() != rows.len() {
            return Err(format!("expected {} lines, got {}", periods.len(), rows.len()));
        }
        for (row, wanted) in rows.iter().zip(periods) {
            compare_line(row, wanted)?;
        }
    }
    for wanted in expected["partial"].as_array().into_iter().flatten() {
        let row = count(&wanted["seq"]).checked_sub(1).and_then(|index| rows.get(index));
        compare_line(row.ok_or_else(|| format!("no line {}", wanted["seq"]))?, wanted)?;
    }
    Ok(())
}

fn compare_line(row: &Row, wanted: &Value) -> Result<(), String> {
    let differs = |what: &str, got: &dyn std::fmt::Display| {
        Err(format!("line {}: expected {what} {}, got {got}", wanted["seq"], wanted[what]))
    };
    let figures = [
        ("principal", row.principal),
        ("interest", row.interest),
        ("total", row.principal + row.interest),
        ("balance", row.balance),
    ];
    for (what, got) in [("from", row.from), ("due", row.due_on)] {
        if wanted[what].as_str().is_some_and(|text| text != got.to_string()) {
            return differs(what, &got);
        }
    }
    for (what, got) in figures {
        if !wanted[what].is_null() && decimal(&wanted[what])? != got {
            return differs(what, &got);
        }
    }
    if (wanted["down_payment"].as_bool() == Some(true)) != (row.kind == RowKind::DownPayment) {
        return differs("down_payment", &(row.kind == RowKind::DownPayment));
    }
    Ok(())
}
