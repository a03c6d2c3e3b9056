//! Extension of a loan's term: who may have how much of it.

use crate::contract::Terms;
use serde::Deserialize;
use units::Date;

/// How long a loan may be extended in all (展期期限上限), by its original term. Of the limits given the
/// first whose term is not exceeded applies. 贷款通则 article 12: up to one year the whole term, up to
/// five years half of it, beyond that three years.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    pub limits: Vec<ExtensionLimit>,
}

/// One line of the limits (展期限额); a limit that names no term holds for every term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionLimit {
    pub term_up_to_months: Option<i32>,
    pub at_most: AtMost,
}

/// The most a term may be extended by (最长展期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtMost {
    /// A share of the original term in parts per million.
    ShareOfTermPpm(i64),
    Months(i32),
}

/// What is asked for (展期申请).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionRequest {
    pub applied_on: Date,
    pub matures_on: Date,
    /// The maturity before any extension; the limits count from it.
    pub first_matured_on: Date,
    pub consent: Consent,
}

/// Whether those who stand for the loan agree in writing (担保人同意). Without it their period is not
/// moved (民法典 695).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    NotNeeded,
    Given,
    Missing,
}

/// Why an extension is refused, in order of precedence (拒绝展期原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionRefused {
    MustBeLaterThanMaturity { matures_on: Date },
    AppliedAfterMaturity { matures_on: Date },
    ConsentMissing,
    NoLimitForTerm,
    BeyondLimit { latest: Date },
}

impl ExtensionRefused {
    pub const fn code(self) -> &'static str {
        match self {
            ExtensionRefused::MustBeLaterThanMaturity { .. } => "E-EX-01",
            ExtensionRefused::AppliedAfterMaturity { .. } => "E-EX-02",
            ExtensionRefused::ConsentMissing => "E-EX-03",
            ExtensionRefused::NoLimitForTerm => "E-EX-04",
            ExtensionRefused::BeyondLimit { .. } => "E-EX-05",
        }
    }
}

impl ExtensionRule {
    /// The latest maturity the limits allow a loan; `None` where they say nothing of its term.
    pub fn latest(&self, disbursed_on: Date, first_matured_on: Date) -> Option<Date> {
        let months = (0..).take_while(|&months| disbursed_on.add_months(months + 1) <= first_matured_on).count() as i32;
        let odd_days = first_matured_on - disbursed_on.add_months(months);
        let within = |limit: &&ExtensionLimit| {
            limit.term_up_to_months.is_none_or(|most| disbursed_on.add_months(most) >= first_matured_on)
        };
        let latest = match self.limits.iter().find(within)?.at_most {
            AtMost::Months(months) => first_matured_on.add_months(months),
            AtMost::ShareOfTermPpm(share) => {
                // A part of a month is that part of 30 days.
                let share_of_months = i64::from(months) * share;
                let days = (share_of_months % 1_000_000 * 30 + i64::from(odd_days) * share) / 1_000_000;
                first_matured_on.add_months((share_of_months / 1_000_000) as i32) + days as i32
            }
        };
        Some(latest)
    }

    /// The terms after the extension, or why it is refused.
    pub fn extend(&self, terms: &Terms, request: &ExtensionRequest) -> Result<Terms, ExtensionRefused> {
        let matures_on = terms.matures_on;
        if request.matures_on <= matures_on {
            return Err(ExtensionRefused::MustBeLaterThanMaturity { matures_on });
        }
        if request.applied_on > matures_on {
            return Err(ExtensionRefused::AppliedAfterMaturity { matures_on });
        }
        if request.consent == Consent::Missing {
            return Err(ExtensionRefused::ConsentMissing);
        }
        let latest =
            self.latest(terms.disbursed_on, request.first_matured_on).ok_or(ExtensionRefused::NoLimitForTerm)?;
        if request.matures_on > latest {
            return Err(ExtensionRefused::BeyondLimit { latest });
        }
        Ok(Terms { matures_on: request.matures_on, ..*terms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DayCount, Frequency, RepaymentMethod};
    use units::{Money, RatePpm};

    fn general() -> ExtensionRule {
        let limit = |term_up_to_months, at_most| ExtensionLimit { term_up_to_months, at_most };
        let limits = vec![
            limit(Some(12), AtMost::ShareOfTermPpm(1_000_000)),
            limit(Some(60), AtMost::ShareOfTermPpm(500_000)),
            limit(None, AtMost::Months(36)),
        ];
        ExtensionRule { limits }
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn the_limit_follows_the_original_term() {
        let check = |disbursed_on, matured_on, expect: &str| {
            assert_eq!(
                general().latest(day(disbursed_on), day(matured_on)),
                Some(day(expect)),
                "{disbursed_on} {matured_on}"
            );
        };
        check("2023-01-15", "2024-01-15", "2025-01-15");
        check("2025-01-31", "2025-07-31", "2026-01-31");
        check("2025-01-15", "2025-01-25", "2025-02-04");
        check("2023-01-15", "2026-01-15", "2027-07-15");
        check("2023-01-15", "2025-02-15", "2026-03-02");
        check("2016-01-15", "2026-01-15", "2029-01-15");
    }

    #[test]
    fn the_first_reason_refuses() {
        let terms = Terms {
            principal: Money::from_yuan(100_000),
            disbursed_on: day("2025-01-15"),
            matures_on: day("2026-06-15"),
            annual_rate: RatePpm::new(60_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::Bullet,
            instalment_count: 1,
            frequency: Frequency::Monthly,
        };
        let check = |applied_on, matures_on, consent, expect: Result<&str, &str>| {
            let first_matured_on = day("2026-01-15");
            let request = ExtensionRequest {
                applied_on: day(applied_on),
                matures_on: day(matures_on),
                first_matured_on,
                consent,
            };
            let found = general().extend(&terms, &request).map(|terms| terms.matures_on.to_string());
            assert_eq!(found.as_deref().map_err(|refused| refused.code()), expect, "{request:?}");
        };
        check("2026-06-15", "2027-01-15", Consent::Given, Ok("2027-01-15"));
        check("2026-06-16", "2026-06-15", Consent::Missing, Err("E-EX-01"));
        check("2026-06-16", "2028-01-15", Consent::Missing, Err("E-EX-02"));
        check("2026-06-15", "2028-01-15", Consent::Missing, Err("E-EX-03"));
        check("2026-06-15", "2027-01-16", Consent::NotNeeded, Err("E-EX-05"));
    }
}
