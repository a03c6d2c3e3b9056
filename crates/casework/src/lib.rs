//! People working a case (催收作业): cases, contacts and their gate, promises, plans, language.
//!
//! Invariants: pure, no clock, no IO; a contact that the gate refuses is never recorded as made; an
//! open case has an owner and a next action.
//!
//! ```text
//! let rules = CaseRules::compile(&pack.on(business_date))?;
//! contact_gate::ask(&rules, &question, &history)      -> Allowed or Refused with the next lawful slot
//! night::plan(&Night { .. })                          -> CasePlan      what tonight opens, changes, closes
//! case::apply(&case, &Command::Return, &Desk { .. })  -> (Case, Vec<CaseEvent>) or CaseRefused
//! queue::of(&cases, &owner), queue::next_case(..), queue::rebalance(..)
//! promise::make(&draft, &desk, &rules.promise)        -> Promise or PromiseRefused
//! rules.hardship.check(&plan, &desk), rules.agency.place(..), household_plan.check(..)
//! language::check(&rules, text, &confirmed)            -> findings: category, words, rule
//! results::count(facts, key), rules.score.score(&results, target)
//! ```
//!
//! Reading order: [`contact`], [`contact_gate`], [`strategy`], [`case`], [`night`], [`assignment`], [`queue`], [`promise`],
//! [`hardship`], [`plan`], [`agency`], [`results`], [`rules`], [`language`], [`script`], [`tactic`].

pub mod agency;
pub mod assignment;
pub mod case;
pub mod contact;
pub mod contact_gate;
pub mod hardship;
pub mod night;
pub mod plan;
pub mod promise;
pub mod queue;
pub mod results;
pub mod rules;
pub mod strategy;
pub mod language;
pub mod script;
pub mod tactic;

mod by_code;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod refusal_tests;

pub use case::{Case, CaseEvent};
pub use contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
pub use contact_gate::{ContactRules, GateAnswer, History, Question, ask};
pub use rules::CaseRules;
