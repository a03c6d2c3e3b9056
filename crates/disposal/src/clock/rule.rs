//! What the pack says of clocks: lengths and signal ladders, acts and the evidence they need.

use crate::clock::word::{ActKind, ClockKind, EvidenceKind, EvidenceStrength, PreservedAsset, SignalLevel};
use policy::{PackOnDate, PackProblem, Rule, RuleKind, RuleRef};
use serde::Deserialize;
use units::{Calendar, Date, Roll};

/// A pack's clock rules, compiled once and asked for every claim (时限规则).
#[derive(Clone, Debug)]
pub struct ClockRules {
    /// In the order of [`ClockKind::ALL`].
    periods: Vec<(RuleRef, Period)>,
    /// In the order of [`ActKind::ALL`].
    acts: Vec<(RuleRef, ActRule)>,
    /// Id and article of each rule, for explanations.
    texts: Vec<(RuleRef, String, String)>,
}

/// One kind of clock. A length of 0 means that the rule has none of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    clock: ClockKind,
    #[serde(default)]
    pub months: i32,
    /// Days, of a period that is counted in days.
    #[serde(default)]
    pub days: i32,
    /// Whatever restarts it, it ends this long after the debt first fell due.
    #[serde(default)]
    pub long_stop_months: i32,
    /// An obstacle counts within the last months …
    #[serde(default)]
    pub suspension_window_months: i32,
    /// … and leaves this many from its removal.
    #[serde(default)]
    pub suspension_rest_months: i32,
    /// A general guarantor may refuse no longer than this after enforcement was applied for.
    #[serde(default)]
    pub refusal_months: i32,
    #[serde(default)]
    deposit_months: i32,
    #[serde(default)]
    movable_months: i32,
    #[serde(default)]
    immovable_months: i32,
    /// The act must be filed so many days before the last day.
    #[serde(default)]
    pub file_days_before: i32,
    /// Most days first.
    pub ladder: Vec<LadderRung>,
    pub lapsed: SignalLevel,
}

/// So many days before the last day, a signal of this level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LadderRung {
    pub days_left: i32,
    pub level: SignalLevel,
}

/// One kind of act: which clocks it works on, and what proves it. Alternatives of evidence, each complete.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActRule {
    act: ActKind,
    pub works_on: Vec<ClockKind>,
    pub strong: Vec<Vec<EvidenceKind>>,
    #[serde(default)]
    pub medium: Vec<Vec<EvidenceKind>>,
    /// What must be proved for it to bring back a lapsed claim.
    #[serde(default)]
    pub revives: Vec<Vec<EvidenceKind>>,
}

impl ClockRules {
    /// Every kind of clock and of act must have exactly one rule in force.
    pub fn compile(pack: &PackOnDate) -> Result<ClockRules, PackProblem> {
        let periods = one_each(pack, RuleKind::Clock, ClockKind::ALL, |period: &Period| period.clock)?;
        let acts = one_each(pack, RuleKind::ClockAct, ActKind::ALL, |act: &ActRule| act.act)?;
        for (reference, period) in &periods {
            period.check(pack.pack.rule(*reference))?;
        }
        for (reference, act) in &acts {
            if [&act.strong, &act.medium, &act.revives].into_iter().flatten().any(Vec::is_empty) {
                let rule = pack.pack.rule(*reference);
                return Err(rule.problem("an alternative without evidence", "name what proves the act, or leave it out"));
            }
        }
        let texts = periods.iter().map(|one| one.0).chain(acts.iter().map(|one| one.0)).map(|reference| {
            let rule = pack.pack.rule(reference);
            (reference, rule.id.clone(), rule.provenance.article.clone())
        });
        Ok(ClockRules { texts: texts.collect(), periods, acts })
    }

    pub(super) fn period(&self, kind: ClockKind) -> (RuleRef, &Period) {
        let (reference, period) = &self.periods[kind as usize];
        (*reference, period)
    }

    pub(super) fn act(&self, kind: ActKind) -> (RuleRef, &ActRule) {
        let (reference, act) = &self.acts[kind as usize];
        (*reference, act)
    }

    /// Id and article of a rule of these.
    pub(super) fn text(&self, reference: RuleRef) -> (&str, &str) {
        let text = self.texts.iter().find(|text| text.0 == reference);
        text.map_or(("", ""), |(_, id, article)| (id, article))
    }
}

/// The rules of a kind by what they are about, one for each in the order of `all`.
fn one_each<K, T>(
    pack: &PackOnDate,
    kind: RuleKind,
    all: &[K],
    about: impl Fn(&T) -> K,
) -> Result<Vec<(RuleRef, T)>, PackProblem>
where
    K: units::Coded + PartialEq,
    T: serde::de::DeserializeOwned,
{
    let mut found: Vec<(K, RuleRef, T)> = Vec::new();
    for (reference, rule) in pack.all(kind) {
        let params: T = rule.params()?;
        let key = about(&params);
        if found.iter().any(|other| other.0 == key) {
            let what = format!("a second rule for {} is in force on {}", key.code(), pack.date);
            return Err(rule.problem(what, "give the two the same id, or end one before the other begins"));
        }
        found.push((key, reference, params));
    }
    all.iter()
        .map(|&key| {
            let at = found.iter().position(|one| one.0 == key).ok_or_else(|| {
                let what = format!("no {} rule for {} is in force on {}", kind.code(), key.code(), pack.date);
                pack.pack.problem(what, "add one, or correct its effective_from")
            })?;
            let (_, reference, params) = found.swap_remove(at);
            Ok((reference, params))
        })
        .collect()
}

impl Period {
    fn check(&self, rule: &Rule) -> Result<(), PackProblem> {
        let lengths: &[(&str, i32)] = match self.clock {
            ClockKind::MortgageExercise | ClockKind::Insurance | ClockKind::Registration => &[],
            ClockKind::PreservationSuit => &[("days", self.days)],
            ClockKind::Preservation => &[
                ("deposit_months", self.deposit_months),
                ("movable_months", self.movable_months),
                ("immovable_months", self.immovable_months),
            ],
            ClockKind::GuaranteeLimitation => &[("months", self.months), ("refusal_months", self.refusal_months)],
            _ => &[("months", self.months)],
        };
        if let Some((name, _)) = lengths.iter().find(|(_, length)| *length == 0) {
            return Err(rule.problem(format!("{name} is missing"), "say how long the period is"));
        }
        if (self.suspension_window_months == 0) != (self.suspension_rest_months == 0) {
            return Err(rule.problem("half a suspension", "give both of its lengths, or neither"));
        }
        let climbs = |pair: &[LadderRung]| pair[0].days_left > pair[1].days_left && pair[0].level <= pair[1].level;
        if self.ladder.is_empty() || !self.ladder.windows(2).all(climbs) {
            return Err(rule.problem("the ladder does not climb", "most days first, levels from mild to grave"));
        }
        Ok(())
    }

    pub(super) fn months_of(&self, asset: PreservedAsset) -> i32 {
        match asset {
            PreservedAsset::Deposit => self.deposit_months,
            PreservedAsset::Movable => self.movable_months,
            PreservedAsset::Immovable => self.immovable_months,
        }
    }
}

impl ActRule {
    pub(super) fn strength(&self, evidence: &[EvidenceKind]) -> EvidenceStrength {
        if holds(&self.strong, evidence) {
            EvidenceStrength::Strong
        } else if holds(&self.medium, evidence) {
            EvidenceStrength::Medium
        } else {
            EvidenceStrength::Weak
        }
    }

    pub(super) fn is_revival(&self, evidence: &[EvidenceKind]) -> bool {
        holds(&self.revives, evidence)
    }
}

/// Whether the evidence holds all of one alternative.
fn holds(alternatives: &[Vec<EvidenceKind>], evidence: &[EvidenceKind]) -> bool {
    alternatives.iter().any(|needed| needed.iter().all(|kind| evidence.contains(kind)))
}

/// The last day of a period of law (民法典 201–203): the first day does not count, the corresponding
/// day or the month's last ends it, and a day off moves it to the next working day.
pub(super) fn last_day(from: Date, months: i32, calendar: &Calendar) -> Date {
    calendar.roll(from.add_months(months), Roll::Following)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Pack;

    /// The real pack with one rule replaced, or retired when `params` is empty.
    fn with(id: &str, kind: &str, params: &str) -> String {
        let header = "[pack]\nid = \"t\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\nextends = \"cn-collections\"\n";
        let says = "title_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\nsource = \"s\"\ncertainty = \"D\"";
        let rule = match params {
            "" => format!("[[rule]]\nid = \"{id}\"\nretired = true\n"),
            _ => format!("[[rule]]\nid = \"{id}\"\nkind = \"{kind}\"\n{says}\neffective_from = 2010-01-01\n[rule.params]\n{params}\n"),
        };
        let pack = Pack::parse(&[("t.toml", format!("{header}{rule}"))]).unwrap();
        let day = Date::parse("2026-11-22").unwrap();
        ClockRules::compile(&pack.on(day)).map_or_else(|problem| problem.what, |_| "compiles".to_owned())
    }

    #[test]
    fn a_pack_that_leaves_a_clock_or_an_act_without_its_rule_is_refused() {
        let period = |params: &str, expect: &str| assert_eq!(with("clock.limitation", "clock", params), expect);
        let ladder = "ladder = [{ days_left = 180, level = \"orange\" }, { days_left = 60, level = \"red\" }]\nlapsed = \"red\"";
        period(&format!("clock = \"limitation\"\nmonths = 36\n{ladder}"), "compiles");
        period("", "no clock rule for limitation is in force on 2026-11-22");
        period(&format!("clock = \"limitation\"\n{ladder}"), "months is missing");
        period(&format!("clock = \"enforcement\"\nmonths = 24\n{ladder}"), "a second rule for enforcement is in force on 2026-11-22");
        period(&format!("clock = \"limitation\"\nmonths = 36\nsuspension_rest_months = 6\n{ladder}"), "half a suspension");
        period("clock = \"limitation\"\nmonths = 36\nladder = []\nlapsed = \"red\"", "the ladder does not climb");
        let falling = "ladder = [{ days_left = 60, level = \"red\" }, { days_left = 180, level = \"orange\" }]\nlapsed = \"red\"";
        period(&format!("clock = \"limitation\"\nmonths = 36\n{falling}"), "the ladder does not climb");
        let terms = format!("clock = \"preservation\"\ndeposit_months = 12\nmovable_months = 24\n{ladder}");
        assert_eq!(with("clock.preservation", "clock", &terms), "immovable_months is missing");
        let act = |params: &str, expect: &str| assert_eq!(with("clock.act.suit", "clock_act", params), expect);
        act("act = \"suit\"\nworks_on = [\"limitation\"]\nstrong = [[\"court_receipt\"]]", "compiles");
        act("", "no clock_act rule for suit is in force on 2026-11-22");
        act("act = \"suit\"\nworks_on = [\"limitation\"]\nstrong = [[]]", "an alternative without evidence");
    }
}
