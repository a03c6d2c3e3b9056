//! The rules as data (政策包): every threshold with its article, its dates, its certainty, its reviewer.
//!
//! A [`Pack`] is a set of [`Rule`]s. This room knows who may be bound by a rule and since when; what
//! the rule *says* (`params`) belongs to the room that applies it and is read with
//! [`Rule::params`], which refuses fields nobody knows. Invariants: no IO — embedded packs are
//! compiled in, a draft's text is handed over by the caller; a pack that parses holds no two rules
//! that contradict each other about the same days; unknown kinds, fields and codes are problems
//! with a line and a remedy, never silence.
//!
//! ```text
//! Pack::embedded("cn-bank")?              the packs that ship with the program
//! Pack::parse(&[("draft.toml", text)])?   a draft, complete or `extends = "cn-bank"`
//! pack.on(date).all(RuleKind::GradeFloor) the rules in force on a day: (RuleRef, &Rule)
//! pack.on(date).only(RuleKind::Penalty)?  the one rule of a kind that must be there
//! pack.rule(rule_ref)                     article, source, reviewer for `explain`
//! ```
//!
//! Reading order: [`provenance`], [`rule`], [`pack`], [`effective`], [`compare`], [`working_days`], [`read`].

pub mod compare;
pub mod effective;
pub mod pack;
pub mod provenance;
pub mod read;
pub mod rule;
pub mod working_days;

mod text;

pub use compare::{Change, Compared, compare};
pub use effective::PackOnDate;
pub use pack::{Pack, PackHeader, PackProblem, embedded_packs};
pub use provenance::{Certainty, Provenance};
pub use rule::{AppliesTo, Bearer, Rule, RuleKind, RuleRef};
pub use working_days::working_calendar;
