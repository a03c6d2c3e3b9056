//! Tiers of debtors by what they owe.

use crate::rules::GradingRules;
use policy::{RuleRef, read};
use serde::Deserialize;
use units::{Money, coded};

coded! {
    /// How closely a debtor is looked after, by exposure (大客户分层), from largest to smallest.
    ExposureTier {
        First = "tier_1",
        Second = "tier_2",
        Third = "tier_3",
        Fourth = "tier_4",
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct TierTable([Money; 3]);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierText {
    /// The least exposure of tiers 1, 2 and 3.
    #[serde(deserialize_with = "read::moneys")]
    exposure_at_least: Vec<Money>,
}

impl TierText {
    pub fn checked(self) -> Option<TierTable> {
        let table = <[Money; 3]>::try_from(self.exposure_at_least).ok()?;
        table.is_sorted_by(|a, b| a > b).then_some(TierTable(table))
    }
}

impl GradingRules {
    /// The tier of a debtor by the sum of the debtor's exposures.
    pub fn exposure_tier(&self, exposure: Money) -> Option<(ExposureTier, RuleRef)> {
        let (rule, TierTable(at_least)) = self.tiers.as_ref()?;
        let index = at_least.iter().position(|&least| exposure >= least).unwrap_or(at_least.len());
        Some((ExposureTier::ALL[index], *rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Desk, check};

    #[test]
    fn a_debtor_belongs_to_the_highest_tier_reached() {
        let desk = Desk::of("cn-bank");
        check(
            "50,000,000.00 -> tier_1
             49,999,999.99 -> tier_2
             10,000,000.00 -> tier_2
             1,000,000.00  -> tier_3
             999,999.99    -> tier_4
             0             -> tier_4",
            |amount| desk.rules.exposure_tier(Money::parse(amount).unwrap()).unwrap().0.code().to_owned(),
        );
    }
}
