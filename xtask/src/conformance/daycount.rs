//! Replays one case of `daycount.json`: a convention and two dates, against a share of a year.

use loan::daycount::Convention;
use rust_decimal::Decimal;
use serde_json::Value;
use units::Date;

pub fn replay(case: &Value) -> Result<(), String> {
    let (start, end) = (date(&case["start"])?, date(&case["end"])?);
    let convention = convention(case)?;
    let share = convention.year_fraction(start, end);
    let expected = &case["expected"];
    if let Some(days) = expected["day_count"].as_i64() {
        let counted = i64::from(convention.days(start, end));
        if counted != days {
            return Err(format!("expected {days} days, got {counted}"));
        }
    }
    let (numerator, denominator) = (share.numerator(), share.denominator());
    if let Some(exact) = expected["year_fraction_exact"].as_str() {
        let wanted = exact.split_once('/').and_then(|(a, b)| Some((a.parse::<i128>().ok()?, b.parse::<i128>().ok()?)));
        let (a, b) = wanted.ok_or_else(|| format!("{exact:?} is not a fraction"))?;
        return match a * denominator == numerator * b {
            true => Ok(()),
            false => Err(format!("expected {exact}, got {numerator}/{denominator}")),
        };
    }
    let number = |value: &Value| value.as_str().and_then(|text| Decimal::from_scientific(text).or(text.parse()).ok());
    let wanted = number(&expected["year_fraction"]).ok_or("no expected share of a year")?;
    let tolerance = number(&case["tolerance"]).unwrap_or_default();
    let got = Decimal::from_i128_with_scale(numerator, 0) / Decimal::from_i128_with_scale(denominator, 0);
    match (got - wanted).abs() <= tolerance {
        true => Ok(()),
        false => Err(format!("expected {wanted}, got {got}")),
    }
}

/// The convention of a case, with the dates some conventions need.
fn convention(case: &Value) -> Result<Convention, String> {
    let name = case["convention"].as_str().unwrap_or_default();
    Ok(match name {
        "30E/360 ISDA" => Convention::Thirty360Isda { termination: date(&case["termination"]).ok() },
        "act/act ICMA" => {
            let period = &case["reference_period"];
            Convention::ActualActualIcma { from: date(&period[0])?, until: date(&period[1])? }
        }
        name => named(name).ok_or_else(|| format!("unknown convention {name:?}"))?,
    })
}

/// A convention that needs nothing but its name.
pub(super) fn named(name: &str) -> Option<Convention> {
    Some(match name.to_ascii_lowercase().as_str() {
        "30/360 bond" | "30/360" | "30u/360 no-eom" => Convention::Thirty360Bond,
        "30e/360" => Convention::Thirty360European,
        "30e/360 isda" => Convention::Thirty360Isda { termination: None },
        "30u/360" => Convention::Thirty360Us,
        "30/360 psa" => Convention::Thirty360Psa,
        "30e+/360" => Convention::Thirty360EuropeanPlus,
        "30/365" => Convention::Thirty365,
        "act/360" => Convention::Actual360,
        "act/364" => Convention::Actual364,
        "act/365f" => Convention::Actual365Fixed,
        "act/365.25" => Convention::Actual365Quarter,
        "act/366" => Convention::Actual366,
        "act/365a" => Convention::Actual365Actual,
        "nl/365" => Convention::NoLeap365,
        "act/act isda" => Convention::ActualActualIsda,
        "act/act afb" => Convention::ActualActualAfb,
        _ => return None,
    })
}

pub(super) fn date(value: &Value) -> Result<Date, String> {
    let text = value.as_str().ok_or_else(|| format!("{value} is not a date"))?;
    Date::parse(text).map_err(|error| format!("{text:?} is not a date: {error:?}"))
}
