//! The practice world (演练): stories, a population, an auditor, and months of nights under faults.
//!
//! Everything here runs the real rules over made-up facts. Pure: texts and seeds go in, texts and
//! plans come out; chance comes from a seed alone, time from the story.
//!
//! Reading order: [`world`] (the facts), [`script`] (stories), [`auditor`] (a second opinion),
//! [`random`], [`population`], [`faults`], [`simulation`].

pub mod auditor;
pub mod faults;
pub mod population;
pub mod random;
pub mod script;
pub mod simulation;
pub mod world;
