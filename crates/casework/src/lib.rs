//! People working a case (催收作业): cases, contacts and their gate, promises, plans, language.
//!
//! Invariants: pure, no clock, no IO; a contact that the gate refuses is never recorded as made.
//!
//! Reading order: [`contact`], [`language`], [`script`], [`tactic`].

pub mod contact;
pub mod language;
pub mod script;
pub mod tactic;

pub use contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
