//! Builds everything optimised, as one set of features, and hands over to the bench built there.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn run(root: &Path, args: &[String]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "--release", "--workspace", "--bins"]).current_dir(root).status()?;
    if !built.success() {
        bail!("the optimised build failed: {built}");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let bench = target.join("release/bench");
    let status = Command::new(&bench).args(args).status().with_context(|| format!("starting {}", bench.display()))?;
    if !status.success() {
        bail!("the bench stopped: {status}");
    }
    Ok(())
}
