//! People working a case (催收作业): cases, contacts and their gate, promises, plans, language.
//!
//! Invariants: pure, no clock, no IO; a contact that the gate refuses is never recorded as made.
//!
//! Reading order: [`contact`], [`contact_gate`].

pub mod contact;
pub mod contact_gate;

pub use contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
pub use contact_gate::{ContactRules, GateAnswer, History, Question, ask};
