//! Yearly rates in parts per million.

use crate::money::{Money, Rounding};
use std::fmt;

/// A yearly rate (年利率) in parts per million: 4.35 % is 43,500.
///
/// Construction: [`RatePpm::new`], [`RatePpm::parse`] (a decimal fraction such as `0.0435`).
/// Digits past the sixth decimal place are refused, never rounded. Comparison is by value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RatePpm(i64);

/// Why a text is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateError {
    NotANumber,
    MoreThanSixPlaces,
    TooLarge,
}

impl RatePpm {
    pub const ZERO: RatePpm = RatePpm(0);

    pub const fn new(ppm: i64) -> RatePpm {
        RatePpm(ppm)
    }

    pub const fn ppm(self) -> i64 {
        self.0
    }

    /// Reads a yearly decimal fraction: `0.0435`.
    pub fn parse(text: &str) -> Result<RatePpm, RateError> {
        let text = text.trim();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return Err(RateError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 6 {
            return Err(RateError::MoreThanSixPlaces);
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| RateError::TooLarge)? };
        let part: i64 = format!("{fraction:0<6}").parse().map_err(|_| RateError::NotANumber)?;
        let ppm = whole.checked_mul(1_000_000).and_then(|ppm| ppm.checked_add(part)).ok_or(RateError::TooLarge)?;
        Ok(RatePpm(if negative { -ppm } else { ppm }))
    }

    /// This rate raised by a share of itself, as penalty rates are agreed: +50 % is 500,000 ppm.
    pub fn raised_by(self, share_ppm: i64) -> RatePpm {
        RatePpm(Money::from_fen(self.0).mul_div(i128::from(1_000_000 + share_ppm), 1_000_000, Rounding::HalfUp).fen())
    }
}

/// As a percentage: `4.35%`.
impl fmt::Display for RatePpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ppm = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!("{:04}", ppm % 10_000);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        f.pad(&format!("{sign}{}{point}{fraction}%", ppm / 10_000))
    }
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RateError::NotANumber => "not a rate",
            RateError::MoreThanSixPlaces => "more than six decimal places",
            RateError::TooLarge => "rate too large",
        })
    }
}

impl std::error::Error for RateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_fraction_becomes_parts_per_million() {
        let check = |text, expect| assert_eq!(RatePpm::parse(text).map(RatePpm::ppm), expect, "{text:?}");
        check("0.0435", Ok(43_500));
        check(".06", Ok(60_000));
        check("1", Ok(1_000_000));
        check("0.12345600", Ok(123_456));
        check("0.1234567", Err(RateError::MoreThanSixPlaces));
        check("4.35%", Err(RateError::NotANumber));
        check("", Err(RateError::NotANumber));
    }

    #[test]
    fn a_penalty_rate_is_the_contract_rate_and_half_again() {
        assert_eq!(RatePpm::new(60_000).raised_by(500_000), RatePpm::new(90_000));
        assert_eq!(RatePpm::new(43_500).to_string(), "4.35%");
    }
}
