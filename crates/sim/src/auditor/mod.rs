//! A second opinion (审计): every balance and day count again, the slow and obvious way.
//!
//! Reading order: [`rules`], [`ledger`], [`journal`].

pub mod journal;
pub mod ledger;
pub mod rules;

pub use journal::Journal;
pub use ledger::Ledger;
pub use rules::AuditRules;
