//! How bad it is (风险分类): buckets, grades, contagion, customer classes, allowance.
//!
//! A policy pack is compiled once into [`GradingRules`]; then every question is a pure function of
//! plain values, asked by the night for millions of loans and by the page for one. A decision names
//! the rule that made it as a [`policy::RuleRef`]; `explain_*` lists every rule that spoke, from the
//! same code. Invariants: the worst rule wins; the night never betters a grade that people must
//! approve; no clock, no IO, no floating point, no allocation per loan outside `explain_*`.
//!
//! ```text
//! let rules = GradingRules::compile(&pack.on(business_date))?;
//! let profile = rules.profile(kind, scale, product, protection);   // once per combination
//! rules.bucket(days_past_due, unpaid_instalments)                   -> Bucket
//! rules.events_in_force(events, business_date)                      -> EventSet
//! rules.grade(&GradeInput { .. })                                   -> GradeDecision
//! rules.debtor_floor(&claims, &elsewhere)                           -> DebtorFloor   (non-retail)
//! decision.with_debtor_floor(floor)                                 -> GradeDecision
//! rules.group_evaluation(worst_member)                              -> Option<RuleRef>
//! rules.stage / recoverability(&profile, &Facts { .. })             -> (tier, Option<RuleRef>)
//! rules.customer_class(&ClassInput { .. })                          -> Option<(CustomerClass, RuleRef)>
//! rules.exposure_tier(exposure), allowance(balance, grade), allowance_need(..)
//! ```
//!
//! Reading order: [`customer`], [`bucket`], [`grade`], [`condition`], [`rules`], [`contagion`],
//! [`customer_class`], [`exposure`], [`allowance`].

pub mod allowance;
pub mod bucket;
pub mod condition;
pub mod contagion;
pub mod customer;
pub mod customer_class;
pub mod exposure;
pub mod grade;
pub mod rules;

mod decide;
#[cfg(test)]
mod decide_tests;
mod matrix;
#[cfg(test)]
mod table;

pub use allowance::{AllowanceNeed, AllowanceStandard, Stage};
pub use bucket::Bucket;
pub use condition::{EventKind, EventSet, Fact, Facts};
pub use contagion::{Claim, DebtorFloor, OtherBankDebt};
pub use customer::{CustomerKind, CustomerScale};
pub use customer_class::{ClassInput, Confirmation, CustomerClass, Recoverability};
pub use exposure::ExposureTier;
pub use grade::{Because, Grade, GradeDecision, GradeInput, Reason, Restructured, Upgrade, UpgradeBlock};
pub use rules::{GradingRules, Profile, Segment};
