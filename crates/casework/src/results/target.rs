//! What a post is to reach in a month, and how far somebody has come: money against the time gone, rates against
//! their bounds.
//!
//! A target of money alone is a problem of the pack, as a score is: conduct stands beside it.

use crate::results::{Results, ScoreMeasure};
use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::Deserialize;
use std::collections::BTreeMap;
use units::{Date, Money, Rounding, coded, div_round};

/// Targets of a month (月度目标), a rule of kind `work_target`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetRules {
    /// What one person is to recover, by the code of the post.
    #[serde(deserialize_with = "read::moneys_by_name")]
    recovered: BTreeMap<String, Money>,
    rates: Vec<RateTarget>,
}

/// A rate and the bound it is to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateTarget {
    measure: ScoreMeasure,
    target_ppm: i64,
}

coded! {
    /// How somebody stands against a target (目标进度).
    TargetStanding {
        /// Reached or kept (已达成).
        Met = "met",
        /// The money keeps pace with the month (达到序时进度).
        OnCourse = "on_course",
        /// Behind the month, or beyond the bound (未达标).
        Behind = "behind",
        /// There is nothing to measure yet (尚无数据).
        NotMeasured = "not_measured",
    }
}

/// A target, and what was reached of it (达成情况).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetProgress {
    pub measure: ScoreMeasure,
    /// In parts per million; of recovery, the share of the target, where there is one.
    pub reached_ppm: Option<i64>,
    /// What it is to be by now; of recovery, the share of the month gone.
    pub target_ppm: i64,
    pub standing: TargetStanding,
}

impl TargetRules {
    pub fn compile(pack: &PackOnDate) -> Result<TargetRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::WorkTarget)?;
        let rules: TargetRules = text.params()?;
        let rates = &rules.rates;
        let is_conduct = |rate: &RateTarget| matches!(rate.measure, ScoreMeasure::RefusedRate | ScoreMeasure::ComplaintRate);
        let what = if rules.recovered.is_empty() || rules.recovered.values().any(|target| !target.is_positive()) {
            "recovered names posts, each with a positive amount"
        } else if rates.iter().any(|rate| rate.measure == ScoreMeasure::RecoveryRate) {
            "recovery has its target in recovered"
        } else if rates.iter().any(|rate| !(0..=1_000_000).contains(&rate.target_ppm)) {
            "a rate lies between 0 and 1,000,000"
        } else if (1..rates.len()).any(|place| rates[..place].iter().any(|rate| rate.measure == rates[place].measure)) {
            "a measure stands twice"
        } else if !rates.iter().any(is_conduct) {
            "nobody is held to recovered amounts alone: conduct has no target"
        } else {
            return Ok(rules);
        };
        Err(text.problem(what, CORRECT))
    }

    /// The posts must be posts of the institution: what `is_post` does not know is a problem.
    pub fn known_posts(&self, pack: &PackOnDate, is_post: impl Fn(&str) -> bool) -> Result<(), PackProblem> {
        let (_, text) = pack.only(RuleKind::WorkTarget)?;
        match self.recovered.keys().find(|post| !is_post(post)) {
            Some(post) => Err(text.problem(format!("recovered names an unknown post {post:?}"), CORRECT)),
            None => Ok(()),
        }
    }

    /// What somebody of this post is to recover in a month; nothing of a post without a target.
    pub fn recovered(&self, post: &str) -> Option<Money> {
        self.recovered.get(post).copied()
    }

    /// How far results have come against the target of a whole month, on its day `through`.
    pub fn progress(&self, results: &Results, target: Money, through: Date) -> Vec<TargetProgress> {
        let gone_ppm = gone_ppm(through);
        let reached_ppm = results.measure(ScoreMeasure::RecoveryRate, target);
        let standing = match reached_ppm {
            None => TargetStanding::NotMeasured,
            Some(1_000_000..) => TargetStanding::Met,
            Some(reached) if reached >= gone_ppm => TargetStanding::OnCourse,
            Some(_) => TargetStanding::Behind,
        };
        let recovery = TargetProgress { measure: ScoreMeasure::RecoveryRate, reached_ppm, target_ppm: gone_ppm, standing };
        let rate = |rate: &RateTarget| {
            let RateTarget { measure, target_ppm } = *rate;
            let reached_ppm = results.measure(measure, target);
            let standing = match reached_ppm {
                None => TargetStanding::NotMeasured,
                Some(reached) if measure.is_kept(reached, target_ppm) => TargetStanding::Met,
                Some(_) => TargetStanding::Behind,
            };
            TargetProgress { measure, reached_ppm, target_ppm, standing }
        };
        std::iter::once(recovery).chain(self.rates.iter().map(rate)).collect()
    }
}

const CORRECT: &str = "correct the params of this rule";

/// Of the month of a day, the share that is gone when the day ends (序时进度).
pub fn gone_ppm(day: Date) -> i64 {
    let gone = div_round(i128::from(day.day()) * 1_000_000, i128::from(day.month_end().day()), Rounding::HalfUp);
    i64::try_from(gone).expect("no more than a million")
}

/// What of a month's target is due by the end of a day (序时目标).
pub fn target_by(target: Money, day: Date) -> Money {
    target.mul_div(i128::from(day.day()), i128::from(day.month_end().day()), Rounding::HalfUp)
}

impl ScoreMeasure {
    /// Whether more is better; of the others, less.
    pub const fn is_floor(self) -> bool {
        matches!(self, ScoreMeasure::RightPartyRate | ScoreMeasure::KeptRate | ScoreMeasure::RecoveryRate)
    }

    fn is_kept(self, reached_ppm: i64, target_ppm: i64) -> bool {
        if self.is_floor() { reached_ppm >= target_ppm } else { reached_ppm <= target_ppm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{date, money, problems_of, rules};

    #[test]
    fn money_is_held_against_the_month_gone_and_rates_against_their_bounds() {
        // `recovered right/contacts kept/decided refused` on a day, against 1,000.00.
        let check = |text: &str, day: &str, expect: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            let pair = |word: &str| word.split_once('/').map(|(part, whole)| (part.parse().unwrap(), whole.parse().unwrap())).unwrap();
            let ((right_party, contacts), (promises_kept, promises_decided)) = (pair(words[1]), pair(words[2]));
            let contacts_refused = words[3].parse().unwrap();
            let results = Results { recovered: money(words[0]), contacts, right_party, promises_kept, promises_decided, contacts_refused, ..Results::default() };
            let told = rules().targets.progress(&results, money("1,000"), date(day));
            let standings: Vec<&str> = told.iter().map(|one| one.standing.code()).collect();
            assert_eq!(standings.join(" "), expect, "{text} on {day}");
        };
        // recovery, promises kept, right party, refused, complaints
        check("500 30/100 6/10 0", "2026-11-15", "on_course met met met met");
        check("499 30/100 6/10 0", "2026-11-15", "behind met met met met");
        check("500 30/100 6/10 0", "2026-11-16", "behind met met met met");
        check("1,000 30/100 6/10 0", "2026-11-30", "met met met met met");
        check("-10 24/100 5/10 3", "2026-11-01", "behind behind behind behind met");
        check("34 0/0 0/0 0", "2026-11-01", "on_course not_measured not_measured not_measured not_measured");
        check("34 0/0 0/0 1", "2026-11-01", "on_course not_measured not_measured behind not_measured");
    }

    #[test]
    fn by_the_middle_of_a_month_half_of_it_is_due() {
        let check = |day: &str, ppm: i64, due: &str| {
            assert_eq!((gone_ppm(date(day)), target_by(money("1,000"), date(day))), (ppm, money(due)), "{day}");
        };
        check("2026-11-15", 500_000, "500");
        check("2026-11-30", 1_000_000, "1,000");
        check("2026-02-01", 35_714, "35.71");
    }

    #[test]
    fn targets_of_money_alone_are_a_problem() {
        let check = |recovered: &str, rates: &str, expect: &str| {
            let rates: Vec<String> = rates
                .split_whitespace()
                .map(|rate| rate.split_once('=').unwrap())
                .map(|(measure, ppm)| format!("{{ measure=\"{measure}\", target_ppm={ppm} }}"))
                .collect();
            let draft = format!("id=\"target.month\"\nkind=\"work_target\"\nparams={{ recovered={{ {recovered} }}, rates=[{}] }}", rates.join(", "));
            let compile = |pack: &PackOnDate| TargetRules::compile(pack).and_then(|rules| rules.known_posts(pack, |post| post == "collector"));
            let problems = problems_of(&draft, |pack| compile(pack).err().map(|problem| vec![problem]));
            assert!(problems.contains(expect) && problems.is_empty() == expect.is_empty(), "{recovered} {rates:?}: {problems}");
        };
        let one = "collector=\"100.00\"";
        check(one, "complaint_rate=5000", "");
        check(one, "", "recovered amounts alone");
        check(one, "kept_rate=500000", "recovered amounts alone");
        check(one, "recovery_rate=500000 complaint_rate=0", "has its target in recovered");
        check(one, "complaint_rate=0 complaint_rate=1", "stands twice");
        check(one, "complaint_rate=1000001", "between 0 and 1,000,000");
        check("", "complaint_rate=0", "a positive amount");
        check("collector=\"-1.00\"", "complaint_rate=0", "a positive amount");
        check("collector=\"much\"", "complaint_rate=0", "much");
        check("sailor=\"1.00\"", "complaint_rate=0", "unknown post \"sailor\"");
    }
}
