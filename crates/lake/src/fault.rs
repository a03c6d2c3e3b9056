//! Faults: the machine said no.

use crate::backup::BackupRefused;
use crate::kept::{Damaged, NoRoom};
use crate::workspace::Busy;
use std::io;

/// A fault (故障): the disk, a damaged file, a lock held by somebody else. Opaque, with context;
/// its chain of causes is printed once, at the rim. What the data itself did wrong is a refusal.
pub type Fault = anyhow::Error;

pub use anyhow::{Context, bail};

/// The faults a person can do something about, as the code of a refusal and its facts: a damaged
/// file, no room to write, somebody else writing, a folder that takes no backup.
pub fn refusal_in(fault: &Fault) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    fault.chain().find_map(|cause| {
        if let Some(damaged) = cause.downcast_ref::<Damaged>() {
            return Some((damaged.code(), damaged.facts()));
        }
        if let Some(busy) = cause.downcast_ref::<Busy>() {
            return Some((busy.code(), busy.facts()));
        }
        if let Some(refused) = cause.downcast_ref::<BackupRefused>() {
            return Some((refused.code(), refused.facts()));
        }
        let no_room = cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<NoRoom>()?;
        Some((no_room.code(), no_room.facts()))
    })
}
