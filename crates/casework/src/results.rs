//! What came of the work: counts for a person, a team or a strategy arm, and a balanced score.
//!
//! Card measures article 66 (KPI-1): nobody who collects is paid by recovered amounts alone. A pack whose
//! score does so is a problem. Whose work a payment is, [`attribution`] says, what work costs, [`cost`], what is
//! to be reached in a month, [`target`], and which of two strategies is better, [`comparison`].

mod attribution;
mod comparison;
mod cost;
mod target;

pub use attribution::{LoanReceipt, Recovered};
pub use comparison::{ArmComparison, ArmVerdict, Comparison, RateInterval, Trials};
pub use cost::WorkRules;
pub use target::{TargetProgress, TargetRules, TargetStanding, gone_ppm, target_by};

use crate::case::Owner;
use crate::contact::{Contact, Direction};
use crate::promise::{Promise, PromiseStatus};
use policy::{PackOnDate, PackProblem, RuleKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use units::{Money, Rounding, coded, div_round};

/// Whose result something is (业绩归属).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker<'a> {
    Staff(&'a str),
    /// An agency answers as a whole.
    Agency(&'a str),
}

impl<'a> From<&'a Owner> for Worker<'a> {
    fn from(owner: &'a Owner) -> Worker<'a> {
        match owner {
            Owner::Staff(staff_id) => Worker::Staff(staff_id),
            Owner::Agency(agency_id) => Worker::Agency(agency_id),
        }
    }
}

/// One thing that happened in the period measured.
#[derive(Clone, Copy, Debug)]
pub enum WorkFact<'a> {
    Contact(&'a Contact),
    PromiseMade(&'a Promise),
    PromiseDecided(&'a Promise),
    /// Money that came in, as [`crate::case::Case::recovered`] attributes it.
    Recovered {
        by: Worker<'a>,
        case_id: &'a str,
        amount: Money,
    },
    /// As [`WorkRules`] reckons it.
    Cost {
        by: Worker<'a>,
        case_id: &'a str,
        amount: Money,
    },
    /// A contact that the gate refused.
    ContactRefused {
        staff_id: &'a str,
        case_id: &'a str,
    },
    Complaint {
        by: Worker<'a>,
        case_id: &'a str,
    },
}

/// What came of the work (作业结果); every field adds up over people, teams and days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Made by the lender's side (外呼).
    pub contacts: u64,
    /// Of these, with the person meant (有效联系).
    pub right_party: u64,
    pub promises: u64,
    pub promises_decided: u64,
    pub promises_kept: u64,
    pub recovered: Money,
    pub cost: Money,
    pub contacts_refused: u64,
    pub complaints: u64,
}

/// Counts facts under the key each is given, from who worked and the case: the person, the team, the arm. Facts
/// without a key are left out.
pub fn count<'a>(
    facts: impl IntoIterator<Item = WorkFact<'a>>,
    key: impl Fn(Worker, &str) -> Option<String>,
) -> BTreeMap<String, Results> {
    let mut all: BTreeMap<String, Results> = BTreeMap::new();
    for fact in facts {
        let (by, case_id) = fact.whose();
        if let Some(key) = key(by, case_id) {
            all.entry(key).or_default().count(&fact);
        }
    }
    all
}

impl<'a> WorkFact<'a> {
    fn whose(&self) -> (Worker<'a>, &'a str) {
        match *self {
            WorkFact::Contact(contact) => (Worker::Staff(&contact.staff_id), &contact.case_id),
            WorkFact::PromiseMade(promise) | WorkFact::PromiseDecided(promise) => {
                (Worker::Staff(&promise.staff_id), &promise.case_id)
            }
            WorkFact::ContactRefused { staff_id, case_id } => (Worker::Staff(staff_id), case_id),
            WorkFact::Recovered { by, case_id, .. }
            | WorkFact::Cost { by, case_id, .. }
            | WorkFact::Complaint { by, case_id } => (by, case_id),
        }
    }
}

impl AddAssign for Results {
    fn add_assign(&mut self, more: Results) {
        self.contacts += more.contacts;
        self.right_party += more.right_party;
        self.promises += more.promises;
        self.promises_decided += more.promises_decided;
        self.promises_kept += more.promises_kept;
        self.recovered += more.recovered;
        self.cost += more.cost;
        self.contacts_refused += more.contacts_refused;
        self.complaints += more.complaints;
    }
}

impl Results {
    fn count(&mut self, fact: &WorkFact) {
        match fact {
            WorkFact::Contact(contact) if contact.direction == Direction::Outbound => {
                self.contacts += 1;
                self.right_party += u64::from(contact.result.is_right_party());
            }
            WorkFact::Contact(_) => {}
            WorkFact::PromiseMade(_) => self.promises += 1,
            WorkFact::PromiseDecided(promise) => {
                self.promises_decided += 1;
                self.promises_kept += u64::from(promise.status == PromiseStatus::Kept);
            }
            WorkFact::Recovered { amount, .. } => self.recovered += *amount,
            WorkFact::Cost { amount, .. } => self.cost += *amount,
            WorkFact::ContactRefused { .. } => self.contacts_refused += 1,
            WorkFact::Complaint { .. } => self.complaints += 1,
        }
    }

    /// A measure in parts per million; `None` where there is nothing to divide by.
    pub fn measure(&self, measure: ScoreMeasure, target: Money) -> Option<i64> {
        let (part, whole) = self.basis(measure, target);
        let ppm = || div_round(part * 1_000_000, whole, Rounding::HalfUp);
        (whole > 0).then(|| i64::try_from(ppm()).unwrap_or(i64::MAX))
    }

    /// What a measure divides by what: counts, or amounts in fen.
    pub fn basis(&self, measure: ScoreMeasure, target: Money) -> (i128, i128) {
        let fen = |money: Money| i128::from(money.fen());
        match measure {
            ScoreMeasure::RightPartyRate => (self.right_party.into(), self.contacts.into()),
            ScoreMeasure::KeptRate => (self.promises_kept.into(), self.promises_decided.into()),
            ScoreMeasure::RecoveryRate => (fen(self.recovered), fen(target)),
            ScoreMeasure::CostRate => (fen(self.cost), fen(self.recovered)),
            ScoreMeasure::RefusedRate => {
                (self.contacts_refused.into(), i128::from(self.contacts) + i128::from(self.contacts_refused))
            }
            ScoreMeasure::ComplaintRate => (self.complaints.into(), self.contacts.into()),
        }
    }
}

coded! {
    /// What a score is made of (考核指标).
    ScoreMeasure {
        /// Right-party contacts of all contacts (有效联系率).
        RightPartyRate = "right_party_rate",
        /// Promises kept of those decided (承诺兑现率).
        KeptRate = "kept_rate",
        /// Recovered of the target (回收达成率).
        RecoveryRate = "recovery_rate",
        /// Cost of what was recovered (成本率).
        CostRate = "cost_rate",
        /// Contacts the gate had to refuse, of all tried (违规拦截率).
        RefusedRate = "refused_rate",
        /// Complaints of contacts (投诉率).
        ComplaintRate = "complaint_rate",
    }
}

units::serde_by_code!(ScoreMeasure);

/// One part of the score: linear from no points to all of its weight, whichever end is higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    measure: ScoreMeasure,
    weight_ppm: i64,
    nothing_at_ppm: i64,
    all_at_ppm: i64,
}

/// How results are weighed (均衡考核).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreRules {
    parts: Vec<Part>,
}

/// A score and what it is made of (考核得分), in parts per million of full marks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub total_ppm: i64,
    /// Measure, its value, and the points it brought.
    pub parts: Vec<(ScoreMeasure, i64, i64)>,
}

impl ScoreRules {
    pub fn compile(pack: &PackOnDate) -> Result<ScoreRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::BalancedScore)?;
        let rules: ScoreRules = text.params()?;
        let parts = &rules.parts;
        let weight = |wanted: &[ScoreMeasure]| -> i128 {
            parts.iter().filter(|part| wanted.contains(&part.measure)).map(|part| i128::from(part.weight_ppm)).sum()
        };
        let what = if parts.iter().any(|part| part.weight_ppm == 0) || weight(ScoreMeasure::ALL) != 1_000_000 {
            "weights are positive and add up to 1,000,000"
        } else if parts.iter().any(|part| part.nothing_at_ppm == part.all_at_ppm) {
            "nothing_at_ppm and all_at_ppm differ"
        } else if (1..parts.len()).any(|place| parts[..place].iter().any(|part| part.measure == parts[place].measure)) {
            "a measure stands twice"
        } else if weight(&[ScoreMeasure::RefusedRate, ScoreMeasure::ComplaintRate]) == 0 {
            "nobody is scored by recovered amounts alone: conduct has no weight"
        } else {
            return Ok(rules);
        };
        Err(text.problem(what, "correct the params of this rule"))
    }

    /// The score of results against a target; measures without a basis are left out and the rest carry
    /// their weight. `None` when nothing can be measured.
    pub fn score(&self, results: &Results, target: Money) -> Option<Score> {
        let measured = |part: &Part| Some((*part, results.measure(part.measure, target)?));
        let measured: Vec<(Part, i64)> = self.parts.iter().filter_map(measured).collect();
        let basis: i64 = measured.iter().map(|(part, _)| part.weight_ppm).sum();
        let points = |part: &Part, value: i64| {
            let (nothing, all) = (i128::from(part.nothing_at_ppm), i128::from(part.all_at_ppm));
            let (way, whole) = (i128::from(value) - nothing, all - nothing);
            let (way, whole) = if whole < 0 { (-way, -whole) } else { (way, whole) };
            let points = div_round(
                i128::from(part.weight_ppm) * way.clamp(0, whole) * 1_000_000,
                whole * i128::from(basis),
                Rounding::Down,
            );
            i64::try_from(points).expect("no more than a million")
        };
        let parts: Vec<(ScoreMeasure, i64, i64)> =
            measured.iter().map(|(part, value)| (part.measure, *value, points(part, *value))).collect();
        (!parts.is_empty()).then(|| Score { total_ppm: parts.iter().map(|(.., points)| points).sum(), parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{Channel, ContactResult, Purpose, Relation};
    use crate::desk::{money, problems_of, rules};
    use units::Moment;

    fn contact(staff_id: &str, direction: Direction, result: ContactResult) -> Contact {
        Contact {
            contact_id: "K1".to_owned(),
            customer_id: "U1".to_owned(),
            case_id: "C1".to_owned(),
            person_id: "U1".to_owned(),
            relation: Relation::Debtor,
            channel: Channel::Call,
            direction,
            purpose: Purpose::Collect,
            contact_point: "p".to_owned(),
            at: Moment::parse("2026-11-20 10:00").unwrap(),
            staff_id: staff_id.to_owned(),
            agency_id: None,
            people: 1,
            result,
            seconds: 30,
        }
    }

    #[test]
    fn every_fact_is_counted_once_under_its_key() {
        let calls = [
            contact("S1", Direction::Outbound, ContactResult::Promised),
            contact("S1", Direction::Outbound, ContactResult::NoAnswer),
            contact("S1", Direction::Inbound, ContactResult::Reached),
            contact("S2", Direction::Outbound, ContactResult::WrongPerson),
            contact("S9", Direction::Outbound, ContactResult::Reached),
        ];
        let facts = calls.iter().map(WorkFact::Contact).chain([
            WorkFact::Recovered { by: Worker::Staff("S1"), case_id: "C1", amount: money("100") },
            WorkFact::Recovered { by: Worker::Staff("S2"), case_id: "C2", amount: money("-30") },
            WorkFact::Cost { by: Worker::Staff("S2"), case_id: "C2", amount: money("5") },
            WorkFact::ContactRefused { staff_id: "S2", case_id: "C2" },
            WorkFact::Complaint { by: Worker::Staff("S1"), case_id: "C1" },
            WorkFact::Recovered { by: Worker::Agency("S1"), case_id: "C2", amount: money("7") },
        ]);
        let by_person = count(facts.clone(), |by, _| match by {
            Worker::Staff(staff_id) => (staff_id != "S9").then(|| staff_id.to_owned()),
            Worker::Agency(_) => None,
        });
        let one = Results { contacts: 2, right_party: 1, recovered: money("100"), complaints: 1, ..Results::default() };
        let two = Results {
            contacts: 1,
            recovered: money("-30"),
            cost: money("5"),
            contacts_refused: 1,
            ..Results::default()
        };
        assert_eq!(by_person, BTreeMap::from([("S1".to_owned(), one), ("S2".to_owned(), two)]));
        let by_arm = count(facts, |_, case_id| (case_id == "C2").then(|| "challenger".to_owned()));
        assert_eq!(by_arm["challenger"], Results { contacts: 0, recovered: money("-23"), ..two });
    }

    #[test]
    fn conduct_counts_and_money_alone_never_makes_full_marks() {
        let score = |results: &Results| rules().score.score(results, money("1,000")).map(|score| score.total_ppm);
        let good = Results {
            contacts: 100,
            right_party: 60,
            promises: 10,
            promises_decided: 10,
            promises_kept: 8,
            recovered: money("1,000"),
            cost: money("10"),
            ..Results::default()
        };
        assert_eq!(score(&good), Some(1_000_000));
        assert_eq!(score(&Results { recovered: money("5,000"), ..good }), Some(1_000_000));
        assert_eq!(score(&Results { recovered: money("500"), ..good }), Some(850_000));
        // One complaint in a hundred contacts takes the whole weight of complaints.
        assert_eq!(score(&Results { complaints: 1, ..good }), Some(800_000));
        assert_eq!(score(&Results { complaints: 9, ..good }), Some(800_000));
        // Without a contact nothing of contacts is measured; what is measured carries the weight.
        let money_only = Results { recovered: money("1,000"), ..Results::default() };
        assert_eq!(rules().score.score(&money_only, money("1,000")).unwrap().parts.len(), 2);
        assert_eq!(rules().score.score(&Results::default(), Money::ZERO), None);
    }

    #[test]
    fn a_score_by_recovered_amounts_alone_is_a_problem() {
        let check = |parts: &str, expect: &str| {
            let draft = format!("id=\"score.balanced\"\nkind=\"balanced_score\"\nparams={{ parts=[{parts}] }}");
            let problems = problems_of(&draft, |pack| ScoreRules::compile(pack).err().map(|problem| vec![problem]));
            assert!(problems.contains(expect), "{parts}: {problems}");
        };
        let part = |measure: &str, weight: i64| {
            format!("{{ measure=\"{measure}\", weight_ppm={weight}, nothing_at_ppm=0, all_at_ppm=9 }}")
        };
        let both = |a: &str, x, b: &str, y| format!("{}, {}", part(a, x), part(b, y));
        check(&part("recovery_rate", 1_000_000), "recovered amounts alone");
        check(&both("recovery_rate", 500_000, "kept_rate", 500_000), "recovered amounts alone");
        check(&both("recovery_rate", 500_000, "complaint_rate", 400_000), "add up to 1,000,000");
        check(&both("complaint_rate", 500_000, "complaint_rate", 500_000), "stands twice");
        check(&part("complaint_rate", 1_000_000).replace("=9", "=0"), "differ");
        check(&both("recovery_rate", 500_000, "complaint_rate", 500_000), "");
    }
}
