//! A second opinion (审计): every balance, day count, grade and class again, the slow and obvious way.
//!
//! Reading order: [`rules`], [`journal`], [`ledger`] (money and days), [`grades`] (grades and classes),
//! [`examiner`] (a whole night).

pub mod examiner;
pub mod grades;
pub mod journal;
pub mod ledger;
pub mod rules;

pub use examiner::{Examiner, Finding};
pub use journal::{Journal, MoneyIn};
pub use ledger::{Facts, Ledger};
pub use rules::AuditRules;
