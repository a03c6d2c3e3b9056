//! Court, settlement, write-off: what becomes of a claim when talking has not helped.
//!
//! So far it holds the clocks: periods that end a right when they run out. Invariants: every clock is
//! derived from appended facts and a policy pack, and can be reckoned again for any past day; an act
//! whose evidence is weak moves no clock; no clock, no IO, no floating point.
//!
//! ```text
//! let rules = ClockRules::compile(&pack.on(business_date))?;
//! act_check(&claim, &act, &rules, business_date)?                       -> EvidenceStrength, or a refusal
//! clocks(&claim, &rules, &calendar, business_date)                      -> Vec<ClockState>
//! night(&claims, &signalled, &rules, &calendar, business_date)          -> Vec<ClockSignal>
//! ```

pub mod clock;
