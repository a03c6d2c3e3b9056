//! Backups: every kept file once, under its digest, and one record of which workspace they make.
//!
//! ```text
//! TO/backup.json      the workspace, file by file; replaced whole at the end of every backup
//! TO/files/<digest>   the bytes, verified while they are copied; never changed again
//! ```
//!
//! What has a name in a workspace is complete and does not change, so a backup needs no lock and can
//! run beside a night; it lists the nights before the batches, and thereby holds every batch that a
//! night of it was built on. A backup that is killed leaves the record of the former one as it was.

use crate::batch::{self, MANIFEST};
use crate::fault::{Context, Fault};
use crate::kept::{self, Damage, Damaged, FileDigest, Writing};
use crate::snapshot::{self, RUN_FILE, Run, below};
use crate::workspace::{Workspace, lock_folder};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

const RECORD: &str = "backup.json";
const FILES: &str = "files";

/// What a backup holds (备份清单): the files of the workspace by their path in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    pub batches: u32,
    pub nights: u32,
    pub files: Vec<FileDigest>,
}

/// Why nothing is backed up or restored (备份拒绝).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupRefused {
    NotABackup { dir: PathBuf },
    /// There are files that would be mixed with ours.
    NotEmpty { dir: PathBuf },
    /// The backup there holds a batch that this workspace does not have so.
    OfAnother { dir: PathBuf, batch: String },
}

impl BackupRefused {
    pub fn code(&self) -> &'static str {
        match self {
            BackupRefused::NotABackup { .. } => "E-BK-01",
            BackupRefused::NotEmpty { .. } => "E-BK-02",
            BackupRefused::OfAnother { .. } => "E-BK-03",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            BackupRefused::NotABackup { dir } | BackupRefused::NotEmpty { dir } => vec![("dir", dir.display().to_string())],
            BackupRefused::OfAnother { dir, batch } => vec![("dir", dir.display().to_string()), ("batch", batch.clone())],
        }
    }
}

/// A diagnosis for logs and tests; people read the glossary's sentence.
impl fmt::Display for BackupRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for BackupRefused {}

/// How often a listing may change under our hands: a restatement takes the place of an earlier one.
const TRIES: u32 = 5;

/// Copies what the backup in `to` does not hold yet: the configuration and the batches and nights that
/// are there now, and the files named in `texts`. Says what the backup holds, and how many files were copied.
pub fn back_up(workspace: &Workspace, texts: &[String], to: &Path) -> Result<(Backup, u64), Fault> {
    // A folder of others is refused before anything is put there.
    former(to)?;
    fs::create_dir_all(to.join(FILES)).with_context(|| format!("making {}", to.display()))?;
    let _lock = lock_folder(to, "backup")?;
    let former = former(to)?;
    for _ in 1..TRIES {
        let backup = Backup::list(workspace, texts)?;
        match copy(workspace, &backup, former.as_ref(), to) {
            Err(fault) if fault.is::<Damaged>() && Backup::list(workspace, texts)? != backup => {}
            copied => return Ok((backup, copied?)),
        }
    }
    let backup = Backup::list(workspace, texts)?;
    let copied = copy(workspace, &backup, former.as_ref(), to)?;
    Ok((backup, copied))
}

/// The backup that is there, if one is; files of others are not mixed with ours.
fn former(to: &Path) -> Result<Option<Backup>, Fault> {
    if to.join(RECORD).exists() {
        return Ok(Some(kept::read_record(&to.join(RECORD))?));
    }
    let ours = [FILES, ".lock", ".new"].map(|name| to.join(name));
    match below(to)?.iter().all(|path| ours.contains(path)) {
        true => Ok(None),
        false => Err(BackupRefused::NotEmpty { dir: to.to_owned() }.into()),
    }
}

fn copy(workspace: &Workspace, backup: &Backup, former: Option<&Backup>, to: &Path) -> Result<u64, Fault> {
    let manifests = former.iter().flat_map(|former| &former.files).filter(|file| file.name.ends_with(MANIFEST));
    for manifest in manifests {
        if !backup.files.contains(manifest) {
            let batch = Path::new(&manifest.name).parent().map(|folder| folder.display().to_string());
            return Err(BackupRefused::OfAnother { dir: to.to_owned(), batch: batch.unwrap_or_default() }.into());
        }
    }
    let mut copied = 0;
    for file in &backup.files {
        let place = to.join(FILES).join(&file.xxh3);
        if place.metadata().is_ok_and(|there| there.len() == file.bytes) {
            continue;
        }
        let new = to.join(".new");
        copy_file(&workspace.root().join(&file.name), &new, file)?;
        fs::rename(&new, &place).with_context(|| format!("putting {} in place", place.display()))?;
        copied += 1;
    }
    File::open(to.join(FILES))?.sync_all()?;
    let new = to.join(".new");
    kept::write_record(&new, backup)?;
    fs::rename(&new, to.join(RECORD)).with_context(|| format!("writing {RECORD}"))?;
    File::open(to)?.sync_all()?;
    Ok(copied)
}

/// Copies one file; what arrives is what its digest says, or the source is damaged.
fn copy_file(from: &Path, to: &Path, file: &FileDigest) -> Result<(), Fault> {
    let mut source = File::open(from).map_err(|error| Damaged::unread(from, &error))?;
    let mut writing = Writing::create(to)?;
    io::copy(&mut source, &mut writing).with_context(|| format!("copying {}", from.display()))?;
    let copied = writing.finish(Path::new(""), file.rows)?;
    if copied.bytes != file.bytes {
        let damage = Damage::WrongSize { written: file.bytes, found: copied.bytes };
        return Err(Damaged { path: from.to_owned(), damage }.into());
    }
    if copied.xxh3 != file.xxh3 {
        return Err(Damaged { path: from.to_owned(), damage: Damage::WrongContent }.into());
    }
    Ok(())
}

impl Backup {
    /// Everything of a workspace that cannot be done without, as it is now.
    fn list(workspace: &Workspace, texts: &[String]) -> Result<Backup, Fault> {
        let nights = snapshot::folders(workspace)?;
        let batches = batch::list(workspace)?;
        let mut backup = Backup { batches: batches.len() as u32, nights: nights.len() as u32, files: Vec::new() };
        for text in texts {
            backup.files.push(FileDigest::of(workspace.root(), text, 0)?);
        }
        for batch in batches {
            backup.take(workspace, &batch.folder, MANIFEST, batch.files()?)?;
        }
        for folder in nights {
            backup.take(workspace, &folder, RUN_FILE, Run::read(&folder)?.files)?;
        }
        Ok(backup)
    }

    fn take(&mut self, workspace: &Workspace, folder: &Path, record: &str, files: Vec<FileDigest>) -> Result<(), Fault> {
        let below = folder.strip_prefix(workspace.root()).expect("a folder of the workspace");
        let below: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        for file in files.into_iter().chain([FileDigest::of(folder, record, 1)?]) {
            // A night of before digests were kept is taken as it lies there.
            let file = if file.xxh3.is_empty() { FileDigest::of(folder, &file.name, file.rows)? } else { file };
            self.files.push(FileDigest { name: format!("{}/{}", below.join("/"), file.name), ..file });
        }
        Ok(())
    }
}

/// Makes the workspace of a backup in `to`, which must be empty or absent: all of it, or nothing is there.
pub fn restore(from: &Path, to: &Path) -> Result<Backup, Fault> {
    if !from.join(RECORD).exists() {
        return Err(BackupRefused::NotABackup { dir: from.to_owned() }.into());
    }
    let backup: Backup = kept::read_record(&from.join(RECORD))?;
    if to.exists() && !below(to)?.is_empty() {
        return Err(BackupRefused::NotEmpty { dir: to.to_owned() }.into());
    }
    let staged = to.with_added_extension("restoring");
    if staged.exists() {
        fs::remove_dir_all(&staged).with_context(|| format!("sweeping {}", staged.display()))?;
    }
    fs::create_dir_all(staged.join("batches")).with_context(|| format!("making {}", staged.display()))?;
    for file in &backup.files {
        let name = Path::new(&file.name);
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Damaged { path: from.join(RECORD), damage: Damage::WrongContent }.into());
        }
        let place = staged.join(name);
        let folder = place.parent().expect("below the workspace");
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        copy_file(&from.join(FILES).join(&file.xxh3), &place, file)?;
    }
    batch::put_in_place(&staged, to)?;
    Ok(backup)
}
