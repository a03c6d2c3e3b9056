//! How a use case says no.

use lake::kept::Damaged;
use std::fmt;

/// Why a use case did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The world said no: expected, coded, with a remedy in the glossary.
    Refused(Refusal),
    /// The machine said no: one opaque chain of causes, printed once at the rim.
    Fault(anyhow::Error),
}

/// A refusal on its way to a person (拒绝): the code, and the facts that fill its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: &'static str,
    pub facts: Vec<(&'static str, String)>,
    /// What else is wrong, so that it can be put right in one go.
    pub also: Vec<Refusal>,
}

impl Refusal {
    /// A refusal that its code says all of.
    pub fn of(code: &'static str) -> Refusal {
        Refusal { code, facts: Vec::new(), also: Vec::new() }
    }
}

/// What every use case returns.
pub type Outcome<T> = Result<T, Failure>;

/// A refusal with its facts, ready for `Err(…)`.
pub fn refused<T>(code: &'static str, facts: &[(&'static str, &dyn fmt::Display)]) -> Outcome<T> {
    let facts = facts.iter().map(|(name, value)| (*name, value.to_string())).collect();
    Err(Failure::Refused(Refusal { facts, ..Refusal::of(code) }))
}

/// A fault that a person can do something about is told as a refusal.
impl From<anyhow::Error> for Failure {
    fn from(fault: anyhow::Error) -> Failure {
        match lake::fault::refusal_in(&fault) {
            Some((code, facts)) => Failure::Refused(Refusal { facts, ..Refusal::of(code) }),
            None => Failure::Fault(fault),
        }
    }
}

impl From<Damaged> for Failure {
    fn from(damaged: Damaged) -> Failure {
        anyhow::Error::new(damaged).into()
    }
}
