//! Banks to measure in: a folder of our own, its forks, and the programs that work on them.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of our own, gone when the bench ends, however it ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(purpose: &str) -> Result<Scratch> {
        let folder = std::env::temp_dir().join(format!("postloan-bench-{purpose}-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Scratch(folder))
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it; the system clears its temporary folder too.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program built beside this one.
pub fn built(name: &str) -> Result<Command> {
    let beside = std::env::current_exe()?.with_file_name(name);
    if !beside.exists() {
        bail!("{} is not built: cargo build --workspace --bins", beside.display());
    }
    Ok(Command::new(beside))
}

/// `postloan` with words and the workspace it works on.
pub fn postloan(command: &str, bank: &Path, words: &[&str]) -> Result<Command> {
    let mut postloan = built("postloan")?;
    postloan.arg(command).arg(bank).args(words);
    Ok(postloan)
}

/// Makes `to` the same bank as `from`, whatever stood there. Files are linked, not copied: a workspace
/// puts finished files in place and never writes into them again.
pub fn fork(from: &Path, to: &Path) -> Result<()> {
    clear(to)?;
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fork(&entry.path(), &place)?;
        } else {
            fs::hard_link(entry.path(), &place).with_context(|| format!("linking {}", place.display()))?;
        }
    }
    Ok(())
}

pub fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// The bytes of some files together.
pub fn bytes_of(paths: &[PathBuf]) -> Result<u64> {
    paths.iter().map(|path| Ok(fs::metadata(path).with_context(|| format!("{}", path.display()))?.len())).sum()
}
