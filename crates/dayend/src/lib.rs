//! The plan for one business date (日终): read → plan → check → apply, in that order, once.
//!
//! The lake reads a [`NightInput`] (folding each dossier with [`fold`] as it streams by), [`plan`]
//! decides everything, [`check`] proves the plan against its input, and only then is it written.
//! Invariants: pure; the same input and rules give an equal plan; a loan nobody understands becomes
//! an exception with an owner and stops nobody else's loan; no step reads what a later one writes.
//!
//! Reading order: [`input`], [`fold`], [`rules`], [`plan`], `step/*` in the order [`planner`] calls
//! them, [`control`], [`explain`].

pub mod control;
pub mod explain;
pub mod fold;
pub mod hands;
pub mod input;
pub mod plan;
pub mod planner;
pub mod rules;
mod step;

pub use control::{Controls, Violation, check};
pub use fold::{Milestones, NightDays, fold};
pub use input::{Carried, Customer, Event, Exception, Folded, Judgement, Loan, MONTH_ENDS, NightInput, ReadTotals};
pub use plan::{CustomerState, LoanState, Move, MoveReason, NightPlan, PackName, StepReport};
pub use hands::{Hands, OneHand};
pub use planner::{plan, plan_by};
pub use rules::{Binding, Bindings, ClaimKind, Rules};
pub use step::metrics::year_to_date;
