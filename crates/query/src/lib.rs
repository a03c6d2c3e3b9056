//! Asking (查询): SQL over the book and over the nights, read-only and bounded.
//!
//! The only room with DataFusion. It joins, groups and reports; it holds no rule: ratios and
//! roll rates are functions of the report room. Invariants: a question changes nothing, reads
//! nothing but the tables of its session, and ends with an answer or a coded refusal.
//!
//! Reading order: [`session`], [`book`], [`exact`], [`stream`], [`refused`], [`write`], [`stage`].

pub mod book;
pub mod exact;
pub mod refused;
pub mod session;
pub mod stage;
pub mod stream;
pub mod write;

pub use book::open;
pub use exact::Stored;
pub use refused::QueryRefused;
pub use session::{Limits, Rows, Session};
pub use write::{OutputFormat, refusal_in, write};
