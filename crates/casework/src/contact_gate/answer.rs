//! What the gate answers, and what is kept of the answer.

use super::question::Question;
use super::refusal::ContactRefusal;
use super::rules::{ContactRules, ScriptLimit};
use policy::RuleRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Date, Moment, coded};

coded! {
    /// What the gate decided (合规闸结论).
    GateDecision {
        Allowed = "allowed",
        Refused = "refused",
    }
}

units::serde_by_code!(GateDecision);

/// The contact may be made (准予联系).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The rule by which the person may be contacted for the purpose.
    pub rule: RuleRef,
    pub limits: Vec<ScriptLimit>,
    /// Every counter that limits contacts of this sort, before this one is made.
    pub counters: Vec<CounterLeft>,
}

/// How much of a limit is used (频次余量).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CounterLeft {
    pub rule: RuleRef,
    pub used: u32,
    pub at_most: u32,
}

/// The contact may not be made (拒绝联系).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The gravest reason.
    pub first: Finding,
    /// Every other rule that refuses too, in order of precedence.
    pub also: Vec<Finding>,
    /// The first moment after the one asked about at which nothing refuses any more, if nothing else happens;
    /// `None` when no waiting helps.
    pub next_slot: Option<Moment>,
}

/// One rule that refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    pub refusal: ContactRefusal,
    pub rule: RuleRef,
}

/// The gate's answer as it is stored with the contact (合规闸记录): readable without the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateAnswer {
    pub decision: GateDecision,
    /// The moment asked about.
    pub at: Moment,
    /// `id@version` of the pack, and the digest of its text as sixteen hexadecimal digits.
    pub pack: String,
    pub pack_digest: String,
    /// The rule that decided: the gravest that refuses, or the one that lets the person be contacted.
    pub rule_id: String,
    pub article: String,
    /// Every rule that refuses, the gravest first; empty when allowed.
    pub findings: Vec<FindingRecord>,
    pub next_slot: Option<Moment>,
    pub limits: Vec<ScriptLimit>,
    pub counters: Vec<CounterRecord>,
    /// The documents the question rested on.
    pub document_ids: Vec<String>,
    /// The record of the contact is kept at least until this day.
    pub keep_until: Date,
}

/// One rule that refused, by names that outlive the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// `E-CG-nn`.
    pub code: String,
    pub facts: BTreeMap<String, String>,
    pub rule_id: String,
    pub article: String,
}

/// One counter as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterRecord {
    pub rule_id: String,
    pub used: u32,
    pub at_most: u32,
}

impl CounterLeft {
    /// How many more may be made, this one included.
    pub const fn left(self) -> u32 {
        self.at_most.saturating_sub(self.used)
    }
}

impl Refused {
    /// Every rule that refuses, the gravest first.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.first).chain(&self.also)
    }
}

impl ContactRules {
    /// The answer in the form it is stored in. The references must be of these rules.
    pub fn record(&self, question: &Question, answer: &Result<Allowed, Refused>) -> GateAnswer {
        let decided_by = match answer {
            Ok(allowed) => allowed.rule,
            Err(refused) => refused.first.rule,
        };
        let cite = |rule| {
            let (rule_id, article) = self.citation(rule);
            (rule_id.to_owned(), article.to_owned())
        };
        let finding = |finding: &Finding| {
            let (rule_id, article) = cite(finding.rule);
            let facts = finding.refusal.facts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            FindingRecord { code: finding.refusal.code().to_owned(), facts, rule_id, article }
        };
        let counter = |counter: &CounterLeft| CounterRecord {
            rule_id: cite(counter.rule).0,
            used: counter.used,
            at_most: counter.at_most,
        };
        let (allowed, refused) = (answer.as_ref().ok(), answer.as_ref().err());
        let (rule_id, article) = cite(decided_by);
        GateAnswer {
            decision: if allowed.is_some() { GateDecision::Allowed } else { GateDecision::Refused },
            at: question.at,
            pack: self.pack.clone(),
            pack_digest: format!("{:016x}", self.digest),
            rule_id,
            article,
            findings: refused.into_iter().flat_map(Refused::findings).map(finding).collect(),
            next_slot: refused.and_then(|refused| refused.next_slot),
            limits: allowed.map_or_else(Vec::new, |allowed| allowed.limits.clone()),
            counters: allowed.into_iter().flat_map(|allowed| &allowed.counters).map(counter).collect(),
            document_ids: question.documents.iter().map(|document| document.document_id.clone()).collect(),
            keep_until: question.at.day().add_months(12 * self.retention_years as i32),
        }
    }
}
