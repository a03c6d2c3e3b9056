//! A second opinion (审计): every balance and day count again, the slow and obvious way.
//!
//! Reading order: [`rules`], [`ledger`].

pub mod ledger;
pub mod rules;

pub use ledger::Ledger;
pub use rules::AuditRules;
