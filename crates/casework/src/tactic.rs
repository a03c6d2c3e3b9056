//! The eighteen tactics (十八式), what is left of them, and what is kept as a warning.
//!
//! Regulation §12.5 and §12.7. What is forbidden is no [`Tactic`]: it cannot be offered by mistake,
//! only shown as a [`CounterExample`] with its reason.

use crate::strategy::DebtorType;
use grading::Bucket;
use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::Deserialize;
use std::collections::BTreeSet;
use units::coded;

coded! {
    /// What today's law makes of a tactic (招式状态).
    TacticStatus {
        Lawful = "lawful",
        /// Lawful in its modern form only (附条件).
        Conditional = "conditional",
        /// Open only once evidence is there (须过闸口).
        Gate = "gate",
        /// Never (禁止).
        Forbid = "forbid",
    }
}

coded! {
    /// A fact of the case that opens a tactic (招式前提).
    Circumstance {
        CompanyDebtor = "company_debtor",
        LargeAmount = "large_amount",
        Guaranteed = "guaranteed",
        GuaranteePeriodRunning = "guarantee_period_running",
        /// A plan rests on figures that were checked (还款能力已核实).
        AbilityVerified = "ability_verified",
        LegalStaffJoined = "legal_staff_joined",
        TeamLeadJoined = "team_lead_joined",
        /// Guarantor, joint debtor or authorised person (已联系到责任人).
        LiablePersonReached = "liable_person_reached",
        /// The debtor agreed to a mediator, on record (同意调解).
        MediationConsented = "mediation_consented",
        EnforcementApplied = "enforcement_applied",
        /// What is known came from a lawful source (信息来源合法).
        LawfulSource = "lawful_source",
    }
}

units::serde_by_code!(TacticStatus, Circumstance);

/// How far a claim has come (清收阶段).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    PastDue(Bucket),
    /// Before a court or in enforcement (诉讼执行).
    Suit,
}

/// A tactic that may be offered (招式).
#[derive(Clone, Debug)]
pub struct Tactic {
    /// Its number among the eighteen.
    pub number: u32,
    pub rule_id: String,
    pub title_zh: String,
    pub title_en: String,
    pub article: String,
    pub status: TacticStatus,
    /// Its condition or modern version.
    pub condition_zh: String,
    pub condition_en: String,
    /// All of these must hold.
    pub needs: BTreeSet<Circumstance>,
    debtor_types: Vec<DebtorType>,
    from_bucket: Bucket,
    to_bucket: Bucket,
    in_suit: bool,
}

/// What is not done, and why (反例).
#[derive(Clone, Debug)]
pub struct CounterExample {
    /// Its number, if it is one of the eighteen.
    pub number: Option<u32>,
    pub rule_id: String,
    pub title_zh: String,
    pub title_en: String,
    pub article: String,
    /// [`TacticStatus::Forbid`], or [`TacticStatus::Gate`] for what is risky unless its conditions hold.
    pub status: TacticStatus,
    pub reason_zh: String,
    pub reason_en: String,
}

/// The tactics and counter-examples of a pack on a day (招式库).
#[derive(Clone, Debug, Default)]
pub struct Tactics {
    tactics: Vec<Tactic>,
    counter_examples: Vec<CounterExample>,
}

#[derive(Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
enum Part {
    Tactic(TacticText),
    CounterExample(CounterExampleText),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TacticText {
    number: u32,
    #[serde(deserialize_with = "read::code")]
    status: TacticStatus,
    #[serde(deserialize_with = "read::code")]
    from_bucket: Bucket,
    #[serde(deserialize_with = "read::code")]
    to_bucket: Bucket,
    in_suit: bool,
    #[serde(deserialize_with = "read::codes")]
    debtor_types: Vec<DebtorType>,
    needs: BTreeSet<Circumstance>,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CounterExampleText {
    number: Option<u32>,
    #[serde(deserialize_with = "read::code")]
    status: TacticStatus,
    reason_zh: String,
    reason_en: String,
}

impl Tactics {
    /// Reads every tactic in force; one that is forbidden, or gated without a condition, does not compile.
    pub fn compile(pack: &PackOnDate) -> Result<Tactics, Vec<PackProblem>> {
        let (mut read, mut problems) = (Tactics::default(), Vec::new());
        for (_, rule) in pack.all(RuleKind::Tactic) {
            let (rule_id, article) = (rule.id.clone(), rule.provenance.article.clone());
            let (title_zh, title_en) = (rule.title_zh.clone(), rule.title_en.clone());
            match rule.params::<Part>() {
                Ok(Part::Tactic(text)) if text.status == TacticStatus::Forbid => {
                    problems.push(rule.problem("offers what is forbidden", "make it a counter-example"));
                }
                Ok(Part::Tactic(text)) if text.status == TacticStatus::Gate && text.needs.is_empty() => {
                    problems.push(rule.problem("a gate that nothing closes", "name what it needs"));
                }
                Ok(Part::Tactic(text)) => read.tactics.push(Tactic {
                    number: text.number,
                    rule_id,
                    title_zh,
                    title_en,
                    article,
                    status: text.status,
                    condition_zh: text.zh,
                    condition_en: text.en,
                    needs: text.needs,
                    debtor_types: text.debtor_types,
                    from_bucket: text.from_bucket,
                    to_bucket: text.to_bucket,
                    in_suit: text.in_suit,
                }),
                Ok(Part::CounterExample(text)) => read.counter_examples.push(CounterExample {
                    number: text.number,
                    rule_id,
                    title_zh,
                    title_en,
                    article,
                    status: text.status,
                    reason_zh: text.reason_zh,
                    reason_en: text.reason_en,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// What may be done now, in order of number (可用招式).
    pub fn offered(&self, debtor_type: DebtorType, phase: Phase, facts: &BTreeSet<Circumstance>) -> Vec<&Tactic> {
        self.fitting(debtor_type, phase).filter(|tactic| tactic.needs.is_subset(facts)).collect()
    }

    /// What would fit, and which facts are missing (尚缺前提).
    pub fn waiting(
        &self,
        debtor_type: DebtorType,
        phase: Phase,
        facts: &BTreeSet<Circumstance>,
    ) -> Vec<(&Tactic, Vec<Circumstance>)> {
        let missing = |tactic: &Tactic| tactic.needs.difference(facts).copied().collect::<Vec<_>>();
        self.fitting(debtor_type, phase)
            .map(|tactic| (tactic, missing(tactic)))
            .filter(|(_, missing)| !missing.is_empty())
            .collect()
    }

    /// What is shown as never or hardly lawful, in the pack's order (反例).
    pub fn counter_examples(&self) -> &[CounterExample] {
        &self.counter_examples
    }

    fn fitting(&self, debtor_type: DebtorType, phase: Phase) -> impl Iterator<Item = &Tactic> {
        self.tactics.iter().filter(move |tactic| {
            let in_phase = match phase {
                Phase::PastDue(bucket) => (tactic.from_bucket..=tactic.to_bucket).contains(&bucket),
                Phase::Suit => tactic.in_suit,
            };
            in_phase && tactic.debtor_types.contains(&debtor_type)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Pack;
    use units::Date;

    fn tactics() -> Tactics {
        let pack = Pack::embedded("cn-collections").expect("the pack reads");
        Tactics::compile(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).expect("its tactics compile")
    }

    fn asked(text: &str) -> (DebtorType, Phase, BTreeSet<Circumstance>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let phase = Bucket::from_code(words[1]).map_or(Phase::Suit, Phase::PastDue);
        let facts = words[2..].iter().map(|code| Circumstance::from_code(code).unwrap()).collect();
        (DebtorType::from_code(words[0]).unwrap(), phase, facts)
    }

    #[test]
    fn tactics_fit_debtor_phase_and_facts() {
        let tactics = tactics();
        let check = |text: &str, offered: &[u32], waiting: &str| {
            let (debtor_type, phase, facts) = asked(text);
            let numbers: Vec<u32> =
                tactics.offered(debtor_type, phase, &facts).iter().map(|tactic| tactic.number).collect();
            assert_eq!(numbers, offered, "{text}");
            let missing = tactics.waiting(debtor_type, phase, &facts);
            let codes = |missing: &[Circumstance]| missing.iter().map(|one| one.code()).collect::<Vec<_>>().join("+");
            let missing: Vec<String> =
                missing.iter().map(|(tactic, missing)| format!("{} {}", tactic.number, codes(missing))).collect();
            assert_eq!(missing.join(", "), waiting, "{text}");
        };
        check("unknown M0", &[1, 13], "15 guaranteed+guarantee_period_running");
        check("accidental M1", &[1, 2, 8, 13, 14], "4 ability_verified, 15 guaranteed+guarantee_period_running");
        check(
            "hardship M2 company_debtor legal_staff_joined ability_verified guaranteed",
            &[2, 3, 4, 8, 13, 14],
            "5 liable_person_reached, 10 large_amount, 15 guarantee_period_running",
        );
        check(
            "malicious M4 guaranteed guarantee_period_running legal_staff_joined",
            &[8, 13, 15, 18],
            "11 enforcement_applied, 12 lawful_source",
        );
        check(
            "irresponsible suit enforcement_applied lawful_source",
            &[8, 11, 12, 13],
            "5 liable_person_reached, 6 mediation_consented, 9 team_lead_joined, 10 large_amount, \
             15 guaranteed+guarantee_period_running, 18 legal_staff_joined",
        );
    }

    #[test]
    fn all_eighteen_are_there_and_the_forbidden_only_as_warnings() {
        let tactics = tactics();
        let warned = tactics.counter_examples().iter().filter_map(|example| example.number);
        let mut numbers: Vec<u32> = tactics.tactics.iter().map(|tactic| tactic.number).chain(warned.clone()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=18).collect::<Vec<u32>>());
        assert_eq!(warned.collect::<Vec<u32>>(), [7, 16, 17]);
        let old = tactics.counter_examples().iter().filter(|example| example.number.is_none()).count();
        assert_eq!(old, 20, "the practices of regulation 12.7");
        for example in tactics.counter_examples() {
            assert!(!example.reason_zh.is_empty() && !example.reason_en.is_empty(), "{}", example.rule_id);
            assert!(matches!(example.status, TacticStatus::Forbid | TacticStatus::Gate), "{}", example.rule_id);
        }
    }

    #[test]
    fn no_facts_open_what_is_forbidden() {
        let tactics = tactics();
        let everything: BTreeSet<Circumstance> = Circumstance::ALL.iter().copied().collect();
        let phases = Bucket::ALL.iter().map(|&bucket| Phase::PastDue(bucket)).chain([Phase::Suit]);
        for phase in phases {
            for &debtor_type in DebtorType::ALL {
                let offered = tactics.offered(debtor_type, phase, &everything);
                assert!(offered.iter().all(|tactic| ![7, 16, 17].contains(&tactic.number)));
                // A tactic whose facts are missing is never offered.
                let nothing = tactics.offered(debtor_type, phase, &BTreeSet::new());
                assert!(nothing.iter().all(|tactic| tactic.needs.is_empty()));
            }
        }
    }

    #[test]
    fn a_draft_cannot_offer_what_is_forbidden() {
        let check = |status: &str, expect: &str| {
            let text = format!(
                "[pack]\nid = 'draft'\nversion = '1'\ntitle_zh = 'a'\ntitle_en = 'a'\n[[rule]]\nid = 'tactic.a'\n\
                 kind = 'tactic'\ntitle_zh = 'a'\ntitle_en = 'a'\narticle = 'a'\nsource = 'a'\ncertainty = 'D'\n\
                 effective_from = 2000-01-01\n[rule.params]\npart = 'tactic'\nnumber = 7\nstatus = '{status}'\n\
                 from_bucket = 'M0'\nto_bucket = 'M7'\nin_suit = true\ndebtor_types = ['unknown']\nneeds = []\nzh = 'a'\nen = 'a'"
            );
            let pack = Pack::parse(&[("a.toml", text)]).expect("the draft reads");
            let problems = Tactics::compile(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).unwrap_err();
            assert_eq!(problems[0].what, expect);
        };
        check("forbid", "offers what is forbidden");
        check("gate", "a gate that nothing closes");
    }
}
