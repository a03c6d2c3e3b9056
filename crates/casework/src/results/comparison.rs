//! Champion and challenger (策略对照): how often each arm recovers something, how sure that is, and which is better.
//!
//! A case counts as recovered when anything came in for it in the period. The interval of a rate is Wilson's score
//! interval, that of the difference Newcombe's (1998, method 10), at the pack's confidence; whole numbers throughout.
//! No winner is named from too few cases, nor while the interval of the difference holds zero.

use serde::{Deserialize, Serialize};
use units::coded;

coded! {
    /// Which arm is better (对照结论).
    ArmVerdict {
        /// Not enough cases in an arm to say anything (样本不足).
        TooFew = "too_few",
        /// The difference may be chance (差异不显著).
        NoDifference = "no_difference",
        ChampionBetter = "champion_better",
        ChallengerBetter = "challenger_better",
    }
}

units::serde_by_code!(ArmVerdict);

/// How arms are compared (对照口径).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// In each arm, before a winner is named.
    pub least_cases: u64,
    /// The quantile of the normal distribution: 1.96 for 95 in a hundred.
    z_ppm: u64,
}

/// Cases of an arm, and those of them that brought something (分组样本).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trials {
    pub cases: u64,
    pub recovered: u64,
}

/// A rate with its interval, in parts per million (比率及置信区间).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateInterval {
    pub cases: u64,
    pub recovered: u64,
    pub rate_ppm: i64,
    pub low_ppm: i64,
    pub high_ppm: i64,
}

/// Two arms beside each other (对照结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmComparison {
    pub champion: RateInterval,
    pub challenger: RateInterval,
    /// Challenger less champion, with its interval.
    pub difference_ppm: i64,
    pub difference_low_ppm: i64,
    pub difference_high_ppm: i64,
    pub verdict: ArmVerdict,
    /// How many cases each arm needs before a winner is named.
    pub least_cases: u64,
}

const PPM: i128 = 1_000_000;

impl Comparison {
    /// A quantile beyond ten says nothing and would not fit the arithmetic.
    pub(crate) fn is_sound(&self) -> bool {
        self.least_cases > 0 && (1..=10_000_000).contains(&self.z_ppm)
    }

    /// # Panics
    /// When more was recovered from than there are cases.
    pub fn compare(&self, champion: Trials, challenger: Trials) -> ArmComparison {
        let (a, b) = (self.rate(champion), self.rate(challenger));
        let difference_ppm = b.rate_ppm - a.rate_ppm;
        let difference_low_ppm = difference_ppm - apart(b.rate_ppm - b.low_ppm, a.high_ppm - a.rate_ppm);
        let difference_high_ppm = difference_ppm + apart(b.high_ppm - b.rate_ppm, a.rate_ppm - a.low_ppm);
        let verdict = match () {
            () if champion.cases.min(challenger.cases) < self.least_cases => ArmVerdict::TooFew,
            () if difference_low_ppm > 0 => ArmVerdict::ChallengerBetter,
            () if difference_high_ppm < 0 => ArmVerdict::ChampionBetter,
            () => ArmVerdict::NoDifference,
        };
        let least_cases = self.least_cases;
        ArmComparison { champion: a, challenger: b, difference_ppm, difference_low_ppm, difference_high_ppm, verdict, least_cases }
    }

    fn rate(&self, Trials { cases, recovered }: Trials) -> RateInterval {
        assert!(recovered <= cases, "{recovered} of {cases} cases");
        if cases == 0 {
            return RateInterval { cases, recovered, rate_ppm: 0, low_ppm: 0, high_ppm: 1_000_000 };
        }
        // With n cases, x of them recovered: (x + z²/2 ± z·√(x(n−x)/n + z²/4)) / (n + z²); z² is held in parts per
        // million twice over, as n and x are then.
        let (n, x, z) = (i128::from(cases), i128::from(recovered), i128::from(self.z_ppm));
        let square = z * z;
        let whole = n * PPM * PPM + square;
        let centre = (2 * x * PPM * PPM + square) * PPM / (2 * whole);
        let root = (4 * x * (n - x) * PPM * PPM / n + square).isqrt();
        let half = z * root * PPM / (2 * whole);
        let ppm = |value: i128| i64::try_from(value.clamp(0, PPM)).expect("no more than a million");
        RateInterval { cases, recovered, rate_ppm: ppm(x * PPM / n), low_ppm: ppm(centre - half), high_ppm: ppm(centre + half) }
    }
}

/// The length of two distances at a right angle.
fn apart(one: i64, other: i64) -> i64 {
    (one * one + other * other).isqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::rules;
    use proptest::prelude::*;

    const COMPARISON: Comparison = Comparison { least_cases: 50, z_ppm: 1_959_964 };

    #[test]
    fn a_rate_has_the_published_interval() {
        let check = |recovered: u64, cases: u64, expect: (i64, i64)| {
            let rate = COMPARISON.rate(Trials { cases, recovered });
            // Newcombe 1998, table I, to four places.
            let places = |ppm: i64| (ppm + 50) / 100;
            assert_eq!((places(rate.low_ppm), places(rate.high_ppm)), expect, "{recovered}/{cases}");
        };
        check(81, 263, (2_553, 3_662));
        check(15, 148, (624, 1_605));
        check(0, 20, (0, 1_611));
        check(1, 29, (61, 1_718));
    }

    #[test]
    fn a_winner_is_named_when_chance_is_ruled_out() {
        let check = |champion: (u64, u64), challenger: (u64, u64), expect: ArmVerdict| {
            let trials = |(recovered, cases)| Trials { cases, recovered };
            let told = COMPARISON.compare(trials(champion), trials(challenger));
            assert_eq!(told.verdict, expect, "{told:?}");
            told
        };
        // Newcombe 1998, table II, 56/70 and 48/80: 0.0524 to 0.3339.
        let told = check((48, 80), (56, 70), ArmVerdict::ChallengerBetter);
        assert_eq!((told.difference_low_ppm / 100, told.difference_high_ppm / 100), (524, 3_338));
        check((56, 70), (48, 80), ArmVerdict::ChampionBetter);
        check((48, 80), (49, 80), ArmVerdict::NoDifference);
        // Three in three against none in forty is still not enough to say so.
        check((0, 49), (49, 49), ArmVerdict::TooFew);
        check((0, 0), (0, 0), ArmVerdict::TooFew);
        assert_eq!(rules().work.comparison.compare(Trials { cases: 199, recovered: 0 }, Trials { cases: 900, recovered: 900 }).verdict, ArmVerdict::TooFew);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_rate_and_a_swap_turns_the_verdict(a in 0u64..2_000, b in 0u64..2_000, of in 2_000u64..100_000) {
            let (one, two) = (Trials { cases: of, recovered: a }, Trials { cases: of, recovered: b });
            let told = COMPARISON.compare(one, two);
            for rate in [told.champion, told.challenger] {
                prop_assert!(0 <= rate.low_ppm && rate.low_ppm <= rate.rate_ppm + 1 && rate.rate_ppm <= rate.high_ppm + 1 && rate.high_ppm <= 1_000_000);
            }
            let turned = match COMPARISON.compare(two, one).verdict {
                ArmVerdict::ChampionBetter => ArmVerdict::ChallengerBetter,
                ArmVerdict::ChallengerBetter => ArmVerdict::ChampionBetter,
                other => other,
            };
            prop_assert_eq!(told.verdict, turned);
        }
    }
}
