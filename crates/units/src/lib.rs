//! Values with units (计量单位): whole fen, parts per million, calendar days, identities.
//!
//! Everything above this room speaks in these types; a bare `i64` never stands for money and a
//! bare `i32` never stands for a day. Invariants: no clock, no IO, no floating point; arithmetic
//! that would overflow stops the program instead of wrapping.
//!
//! Reading order: [`money`], [`rate`], [`date`], [`moment`], [`calendar`], [`ids`], [`texts`].

pub mod calendar;
pub mod coded;
pub mod date;
pub mod ids;
pub mod moment;
pub mod money;
pub mod rate;
pub mod texts;

mod written;

pub use calendar::{Calendar, Roll};
pub use coded::Coded;
pub use date::{Date, DateError, YearMonth};
pub use ids::{BranchId, CustomerId, LoanId, OfficerId, RepaymentId};
pub use moment::Moment;
pub use money::{Money, MoneyError, Rounding, div_round};
pub use rate::{RateError, RatePpm};
pub use texts::{Labels, TextIndex, Texts};
