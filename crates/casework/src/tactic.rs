//! Tactics.
