//! The clocks (时限): every period that must not run out unseen, and what would stop it.
//!
//! Reading order: [`word`] (what there is), [`fact`] (what is known of a claim), [`rule`] (lengths,
//! evidence and signals from the pack), [`act`] (what may be recorded), `docket` (acts judged), `walk`
//! (a period that acts restart), `guarantee` and `collateral` (periods that they do not), [`state`]
//! (every clock of a claim), [`night`] (who must be told).

pub mod act;
pub mod fact;
pub mod night;
pub mod rule;
pub mod state;
pub mod word;

mod collateral;
mod docket;
mod guarantee;
mod walk;

#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod table;

pub use act::{ActRefused, act_check, document_check, obstacle_check, obstacle_end_check, preservation_check};
pub use fact::{
    Act, ClaimFacts, Collateral, EnforceableDocument, Guarantee, GuaranteeTerm, MaximumAmount, Obstacle, Preservation,
};
pub use night::{ClockSignal, Rung, SignalKey, night};
pub use rule::ClockRules;
pub use state::{Because, ClockState, JudgedAct, NextAct, clocks};
pub use word::{
    ActEffect, ActKind, ClockGround, ClockKind, ClockStatus, CollateralRight, EnforceableKind, EvidenceKind,
    EvidenceStrength, FactKind, GuaranteeForm, ObstacleKind, PreservationStage, PreservedAsset, SignalLevel,
};
