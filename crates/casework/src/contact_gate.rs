//! The contact gate (联系合规闸): may this person be contacted, now, in this way, for this?
//!
//! One pure function, [`ask`], over what the pack says, what is intended and what has happened. It is asked
//! before the act: by the queue for thousands of debtors, by the page for one, by the planner of tomorrow
//! with a moment of tomorrow. Its answer is stored with the contact ([`ContactRules::record`]).
//!
//! Invariants: no threshold stands in the code; counters run per debtor, person or contact point and know
//! neither staff nor agency nor software, so changing those resets nothing; a debtor's contacts of all
//! agencies are one history. The next lawful slot is exact: asked again then, with nothing else having
//! happened, the answer is yes, and a second earlier it is no.
//!
//! A limit of a day or of seven is counted in whole days of the debtor's place, the running one included.
//! Contacts dated after the moment asked about count as well: a clock set back opens nothing.
//!
//! ```text
//! let rules = ContactRules::compile(&pack.on(day))?;           // once per pack and day
//! let answer = ask(&rules, &question, &history);               // Result<Allowed, Refused>
//! rules.record(&question, &answer)                             // GateAnswer, to be stored
//! ```
//!
//! Reading order: [`question`], [`refusal`], [`rules`], [`check`], [`unreachable`], [`answer`]; what comes on file, and how, [`entry`].

pub mod answer;
pub mod entry;
pub mod question;
pub mod refusal;
pub mod rules;

mod check;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
pub(crate) mod table;
mod unreachable;

pub use answer::{Allowed, CounterLeft, CounterRecord, Finding, FindingRecord, GateAnswer, GateDecision, Refused};
pub use question::{
    Circumstance, CircumstanceKind, ContactPoint, Document, DocumentKind, History, Hours, Manner, PointSource, Question,
    TimeOfDay,
};
pub use refusal::ContactRefusal;
pub use rules::{ContactRules, ScriptLimit};

use check::Asked;

/// Whether the contact may be made, under which limits; or which rules refuse it, and when they all cease to.
///
/// `rules` are those of the day asked about; the next slot is sought under the same rules. Walks the history
/// once per rule that counts; nothing is kept between questions.
pub fn ask(rules: &ContactRules, question: &Question, history: &History) -> Result<Allowed, Refused> {
    let asked = Asked::new(rules, question, history);
    let found = asked.findings(question.at);
    let lifts_at = check::all_lifted_at(&found);
    let mut findings = found.into_iter().map(|found| found.finding);
    match findings.next() {
        None => Ok(asked.allowed()),
        Some(first) => Err(Refused { first, also: findings.collect(), next_slot: asked.next_slot(lifts_at) }),
    }
}
