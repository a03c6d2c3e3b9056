//! What people do on the screen, from the door to the result, in a real browser over a real demo.

use crate::browser::Browser;
use crate::browser::served::{Served, demo, program};
use anyhow::{Context, Result, bail};
use std::path::Path;

type Journey = fn(&Path, &Path) -> Result<()>;

const JOURNEYS: &[(&str, Journey)] = &[];

/// Runs every journey over one demo, in order; each begins at the door.
pub fn run(root: &Path) -> Result<()> {
    let program = program(root)?;
    let folder = std::env::temp_dir().join(format!("postloan-journeys-{}", std::process::id()));
    demo(&program, &folder)?;
    let walked = JOURNEYS.iter().try_for_each(|(name, walk)| {
        println!("journey: {name}");
        walk(&program, &folder).with_context(|| format!("the journey {name}"))
    });
    std::fs::remove_dir_all(&folder).ok();
    walked
}
