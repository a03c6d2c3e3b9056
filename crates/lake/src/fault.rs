//! Faults: the machine said no.

/// A fault (故障): the disk, a damaged file, a lock held by somebody else. Opaque, with context;
/// its chain of causes is printed once, at the rim. What the data itself did wrong is a refusal.
pub type Fault = anyhow::Error;

pub use anyhow::{Context, bail};
