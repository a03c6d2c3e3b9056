//! Replays published schedules of textbooks, regulators and calculators: terms as `*.toml.gz`, the
//! figures beside them as `*.csv.gz`.

use super::schedule::decimal;
use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use loan::schedule::cadence::{Cadence, MonthEnd, Step};
use loan::schedule::plan::{
    Grid, InterestOn, Level, Levelling, Period, Plan, Residual, Row, Settings, Solve, TrancheInterest,
};
use loan::schedule::share::YearShare;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use units::{Date, Rounding};

/// The columns of a file of figures after the payment's number.
const COLUMNS: [&str; 4] = ["payment_amount", "principal", "interest", "balance"];

/// One oracle as a case: its terms, what is expected of them, and the published lines.
pub fn read(path: &Path) -> Result<Value> {
    let name = path.to_string_lossy();
    let stem = name.strip_suffix(".toml.gz").unwrap_or(&name);
    let terms: Value = toml::from_str(&unzipped(path)?).with_context(|| format!("{name} is not TOML"))?;
    let lines = unzipped(Path::new(&format!("{stem}.csv.gz")))?;
    let id = Path::new(stem).file_name().map(|name| name.to_string_lossy().into_owned());
    let lines: Vec<Vec<&str>> = lines.lines().skip(1).map(|line| line.split(',').collect()).collect();
    Ok(json!({"id": id, "input": terms["loan"], "expected": terms["expected"], "lines": lines}))
}

fn unzipped(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    GzDecoder::new(file).read_to_string(&mut text).with_context(|| format!("cannot unzip {}", path.display()))?;
    Ok(text)
}

pub fn replay(case: &Value) -> Result<(), String> {
    let input = &case["input"];
    let unit = if input["currency_unit"].as_str() == Some("1") { 0 } else { 2 };
    let plan = plan(input, unit)?;
    let rows = plan.rows();
    let expected = &case["expected"];
    for key in ["periodic_payment", "monthly_payment"] {
        same(key, &expected[key], plan.level(0))?;
    }
    let shown = |amount: Decimal| Grid { places: Some(unit), rounding: Rounding::HalfUp }.round(amount);
    for line in case["lines"].as_array().into_iter().flatten() {
        let number =
            line[0].as_str().and_then(|number| number.parse::<usize>().ok()).ok_or("a line without a number")?;
        let row =
            number.checked_sub(1).and_then(|index| rows.get(index)).ok_or_else(|| format!("no payment {number}"))?;
        let (total, interest) = (shown(row.principal + row.interest), shown(row.interest));
        // Where the balance keeps every digit, the principal shown is what the interest shown leaves.
        let figures = [total, total - interest, interest, shown(row.balance)];
        for ((column, figure), wanted) in COLUMNS.iter().zip(figures).zip(1..) {
            same(&format!("payment {number}: {column}"), &line[wanted], figure)?;
        }
    }
    for range in expected["amortization_ranges"].as_array().into_iter().flatten() {
        let bound = |key: &str| range[key].as_u64().unwrap_or(1) as usize;
        let part = rows.get(bound("start_payment").saturating_sub(1)..bound("end_payment"));
        let part = part.filter(|part| !part.is_empty()).ok_or("a range outside the plan")?;
        let sum = |figure: fn(&Row) -> Decimal| part.iter().map(figure).sum::<Decimal>();
        same("principal of a range", &range["principal"], sum(|row| row.principal))?;
        same("interest of a range", &range["interest"], sum(|row| row.interest))?;
        same("balance after a range", &range["balance"], part[part.len() - 1].balance)?;
    }
    let at_term = payments(input, "term_months")?;
    same("balloon", &expected["balloon_at_term"], rows.get(at_term - 1).map_or(Decimal::ZERO, |row| row.balance))
}

fn same(what: &str, wanted: &Value, got: Decimal) -> Result<(), String> {
    if wanted.is_null() || decimal(wanted)? == got {
        return Ok(());
    }
    Err(format!("{what}: expected {wanted}, got {got}"))
}

fn months_between_payments(input: &Value) -> Result<i32, String> {
    Ok(match input["payment_frequency"].as_str() {
        None | Some("monthly") => 1,
        Some("quarterly") => 3,
        Some("semi_annual") => 6,
        Some("annual") => 12,
        Some(other) => return Err(format!("unknown payment frequency {other:?}")),
    })
}

fn payments(input: &Value, key: &str) -> Result<usize, String> {
    let months = input[key].as_u64().ok_or_else(|| format!("no {key}"))? as usize;
    Ok((months / months_between_payments(input)? as usize).max(1))
}

fn plan(input: &Value, places: u32) -> Result<Plan, String> {
    let amortised =
        if input["amortization_period_months"].is_null() { "term_months" } else { "amortization_period_months" };
    let step = Step::Months(months_between_payments(input)?);
    let anchor = Date::from_ymd(2001, 1, 1).map_err(|error| format!("{error:?}"))?;
    let cadence = Cadence { anchor, step, month_end: MonthEnd::Clamp };
    let count = payments(input, amortised)? as i32;
    let periods = (0..count).map(|number| Period::new(cadence.nth(number), cadence.nth(number + 1), true)).collect();
    let rate = |value: &Value| annual_rate(input, decimal(value)? / Decimal::ONE_HUNDRED);
    let mut plan = Plan::new(settings(input, places)?, cadence, periods, rate(&input["annual_rate"])?);
    let refused = |refused| format!("refused: {refused:?}");
    plan.lend(anchor, decimal(&input["principal"])?).map_err(refused)?;
    for change in input["rate_schedule"].as_array().into_iter().flatten() {
        if change["recast"].as_bool() != Some(true) || !change["payment_cap_factor"].is_null() {
            return Err("a rate change that keeps or caps the payment is not one of our settings".to_owned());
        }
        let number = change["effective_payment_number"].as_i64().unwrap_or(1) as i32;
        plan.change_rate(cadence.nth(number - 1), rate(&change["new_annual_rate"])?).map_err(refused)?;
    }
    Ok(plan)
}

fn settings(input: &Value, places: u32) -> Result<Settings, String> {
    let grid = |key: &str| {
        let rounding = match input[key].as_str() {
            None | Some("ROUND_HALF_UP") => Rounding::HalfUp,
            Some("ROUND_HALF_EVEN") => Rounding::HalfEven,
            Some("ROUND_DOWN") => Rounding::Down,
            Some("ROUND_UP") => Rounding::Up,
            Some(other) => return Err(format!("unknown rounding {other:?}")),
        };
        Ok(Grid { places: Some(places), rounding })
    };
    let carries = input["balance_tracking"].as_str() == Some("carry_precision");
    Ok(Settings {
        level: Level::Instalment,
        interest_on: InterestOn::Balance,
        year_share: YearShare::PeriodsOfYear,
        tranche_interest: TrancheInterest::FromItsDay,
        solve: match input["payment_override"].is_null() {
            true => Solve::ByPeriod,
            false => Solve::Fixed(decimal(&input["payment_override"])?),
        },
        levelling: Levelling::Off,
        residual: Residual::Last,
        interest_grid: if carries { Grid::EXACT } else { grid("interest_rounding")? },
        instalment_grid: grid("payment_rounding")?,
        multiple: None,
        balloon: Decimal::ZERO,
        down_payment: Decimal::ZERO,
    })
}

/// The nominal rate of the payment period, where a quoted rate compounds by another period.
fn annual_rate(input: &Value, quoted: Decimal) -> Result<Decimal, String> {
    let months = months_between_payments(input)?;
    let per_year = match input["compounding"].as_str() {
        None => return Ok(quoted),
        Some("monthly") => 12,
        Some("quarterly") => 4,
        Some("semi_annual") => 2,
        Some("annual") => 1,
        Some(other) => return Err(format!("unknown compounding {other:?}")),
    };
    if per_year * months == 12 {
        return Ok(quoted);
    }
    // The growth of a period is the twelfth root of what `per_year × months` compoundings make.
    let once = Decimal::ONE + quoted / Decimal::from(per_year);
    let power = |base: Decimal, times: i32| (0..times).fold(Decimal::ONE, |product, _| product * base);
    let grown = power(once, per_year * months);
    let mut root = Decimal::ONE;
    for _ in 0..50 {
        root -= (power(root, 12) - grown) / (Decimal::from(12) * power(root, 11));
    }
    Ok((root - Decimal::ONE) * Decimal::from(12) / Decimal::from(months))
}
