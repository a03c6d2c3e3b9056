//! The words (术语): every term, column, code, message and refusal once, in Chinese and in English.
//!
//! The texts stand in `glossary/*.toml` and are part of the program; nothing is read at run time.
//! A code is dotted, set first: `grade.pass`, `column.days_past_due`, `cmd.import`. The set of a
//! coded enum is its name in snake case, so `grading::Grade::Pass` speaks as `grade.pass`.
//!
//! Invariants: no code twice, both languages everywhere, the same `{placeholders}` in both, no
//! words inside rule rooms: they carry codes, and the edge looks the label up.
//!
//! Reading order: [`term`], [`label`], [`lookup`], [`article`].

pub mod article;
pub mod label;
pub mod lookup;
pub mod term;

pub use article::article_in_english;
pub use label::{label, label_in, message, refusal_entry, region, remedy, told, worded};
pub use lookup::{lookup, placeholders, refusal, refusals, terms};
pub use term::{Lang, Refusal, Term, Text};
