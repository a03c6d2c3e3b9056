//! What is owed and how it changes (借据): terms, schedules, accrual, allocation, position.
//!
//! One loan at a time, pure and synchronous: no clock, no IO, no floating point. Rules work on
//! slices (a loan's instalments and receipts as columns), so the night calls for millions what the
//! page calls for one.
//!
//! Two engines stand on the same orders of allocation: the kernel behind [`positions`] and [`trace`]
//! (dues and receipts, millions a night) and the general [`ledger`] (every kind of entry, one loan).
//!
//! Reading order: [`contract`], [`daycount`], [`schedule`], [`accrual`], [`waterfall`], [`position`],
//! [`trace`](mod@trace), [`repayment`], [`pause`], [`ledger`], [`change`], [`extension`].

pub mod contract;
pub mod daycount;
pub mod accrual;
pub mod change;
pub mod extension;
pub mod ledger;
pub mod pause;
pub mod position;
pub mod repayment;
pub mod schedule;
mod spell;
pub mod trace;
mod walk;
pub mod waterfall;

pub use accrual::{PenaltyBase, PenaltyRule, PenaltyStart};
pub use contract::{DayCount, Frequency, LoanStatus, Protection, RepaymentMethod, Terms};
pub use position::{
    AfterGrace, DayRule, Glimpse, History, LoanRules, LoanView, NotOldestFirst, Pause, Position, observe, positions,
};
pub use schedule::{ScheduleRefused, ScheduleRules, ScheduledInstalment};
pub use trace::{Receipt, Step, trace};
pub use walk::Source;
pub use waterfall::{Advance, Allocation, Component, Split, Strategy, Switch};
