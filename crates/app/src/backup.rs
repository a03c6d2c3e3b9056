//! A copy of the workspace elsewhere, and a workspace made of it again.

use crate::failure::Outcome;
use crate::workspace::{Open, pack_files, pack_path};
use anyhow::Context;
use lake::backup;
pub use lake::backup::Backup;
use std::fs;
use std::path::{Path, PathBuf};

/// What a backup came to (备份结果).
#[derive(Clone, Debug)]
pub struct BackedUp {
    pub backup: Backup,
    /// Files that the backup did not hold yet.
    pub copied: u64,
    /// The lender's own pack, when it lies outside the workspace and therefore outside the backup.
    pub pack_outside: Option<PathBuf>,
}

/// Brings the backup in `to` up to date; may run while a night or an import does.
pub fn backup(open: &Open, to: &Path) -> Outcome<BackedUp> {
    let mut texts = vec!["postloan.toml".to_owned()];
    let mut pack_outside = None;
    let root = open.lake.root();
    let whole = |path: &Path| fs::canonicalize(path).with_context(|| format!("looking for {}", path.display()));
    if let Some(pack) = pack_path(&open.config.pack, root) {
        for file in pack_files(&pack)? {
            match whole(&file)?.strip_prefix(whole(root)?) {
                Ok(below) => texts.push(below.display().to_string()),
                Err(_) => pack_outside = Some(pack.clone()),
            }
        }
    }
    let (backup, copied) = backup::back_up(&open.lake, &texts, to)?;
    Ok(BackedUp { backup, copied, pack_outside })
}

/// Makes the workspace of a backup in `dir`, which must be empty or absent.
pub fn restore(from: &Path, dir: &Path) -> Outcome<Backup> {
    Ok(backup::restore(from, dir)?)
}
