//! Penalty interest on what is past due, exact to the last day.

use crate::contract::{DayCount, Terms};
use crate::waterfall::{Component, Split};
use serde::Deserialize;
use units::{Money, RatePpm, Rounding, coded, div_round};

coded! {
    /// What penalty interest runs on (罚息基数).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    PenaltyBase {
        /// Past-due principal alone.
        #[default]
        Principal = "principal",
        /// Past-due interest as well: interest on interest (复利).
        PrincipalAndInterest = "principal_and_interest",
        /// Everything past due but penalty interest itself, which never bears any.
        All = "all",
    }
}

coded! {
    /// From when penalty interest runs (罚息起算).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    PenaltyStart {
        /// From the day after the due date.
        #[default]
        NextDay = "next_day",
        /// From the day after the last day of grace.
        AfterGrace = "after_grace",
    }
}

/// The pack's rule on penalty interest (罚息规则).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PenaltyRule {
    /// Share of the contract rate added to it where the loan agrees no penalty rate: +50 % is
    /// 500,000; `None` charges no penalty interest unless the loan itself agrees a rate.
    pub margin_ppm: Option<i64>,
    pub base: PenaltyBase,
    pub start: PenaltyStart,
}

impl Default for PenaltyRule {
    /// Contract rate and half again on past-due principal (银发〔2003〕251号: +30 % to +50 %).
    fn default() -> PenaltyRule {
        PenaltyRule { margin_ppm: Some(500_000), base: PenaltyBase::Principal, start: PenaltyStart::NextDay }
    }
}

impl PenaltyRule {
    /// No penalty interest but what a loan itself agrees.
    pub const NONE: PenaltyRule =
        PenaltyRule { margin_ppm: None, base: PenaltyBase::Principal, start: PenaltyStart::NextDay };

    /// The yearly rate a loan pays on what is past due.
    pub fn rate(&self, terms: &Terms) -> RatePpm {
        let by_margin = || self.margin_ppm.map(|share| terms.annual_rate.raised_by(share));
        terms.penalty_rate.or_else(by_margin).unwrap_or(RatePpm::ZERO)
    }

    /// What bears penalty interest of these past-due amounts.
    #[inline]
    pub fn bearing(&self, past_due: Split) -> Money {
        match self.base {
            PenaltyBase::Principal => past_due[Component::Principal],
            PenaltyBase::PrincipalAndInterest => past_due[Component::Principal] + past_due[Component::Interest],
            PenaltyBase::All => {
                past_due[Component::Principal] + past_due[Component::Interest] + past_due[Component::Fee]
            }
        }
    }
}

/// A sum of amounts times days (积数): interest before any rounding.
///
/// Amounts change from day to day, the rate does not; so fen × days are added exactly and turned
/// into money once, when somebody reads or settles it. Nothing drifts with the number of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FenDays(i128);

impl FenDays {
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub fn add(&mut self, amount: Money, days: i32) {
        self.0 += i128::from(amount.fen()) * i128::from(days);
    }

    /// The interest so far, rounded half up. Days are calendar days whatever the loan's day count:
    /// a past-due day is a day; the count gives the year, 360 or 365.
    pub fn interest(self, rate: RatePpm, day_count: DayCount) -> Money {
        let year = match day_count {
            DayCount::Act360 | DayCount::Thirty360 => 360,
            DayCount::Act365 => 365,
        };
        let fen = div_round(self.0 * i128::from(rate.ppm()), year * 1_000_000, Rounding::HalfUp);
        Money::from_fen(i64::try_from(fen).expect("interest overflows i64 fen"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_on_a_hundred_thousand() {
        let check = |rate, day_count, expect: &str| {
            let mut sum = FenDays::default();
            (0..30).for_each(|_| sum.add(Money::from_yuan(100_000), 1));
            assert_eq!(sum.interest(RatePpm::new(rate), day_count).to_string(), expect);
        };
        check(90_000, DayCount::Act360, "750.00");
        check(78_000, DayCount::Act360, "650.00");
        check(90_000, DayCount::Act365, "739.73");
    }

    #[test]
    fn a_small_debt_loses_nothing_to_daily_rounding() {
        let mut sum = FenDays::default();
        (0..360).for_each(|_| sum.add(Money::from_fen(1_000), 1)); // 0.0025 a day would round away
        assert_eq!(sum.interest(RatePpm::new(90_000), DayCount::Act360), Money::from_fen(90));
    }
}
