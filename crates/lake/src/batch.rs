//! Batches: what one import brought, unchangeable, with its own account of itself.

use crate::dossier::DOSSIERS;
use crate::fault::{Context, Fault};
use crate::kept::{self, Damaged, FileDigest};
use crate::snapshot::below;
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The file in every batch that makes it one.
pub const MANIFEST: &str = "manifest.json";

/// A batch on disk (批次).
#[derive(Clone, Debug)]
pub struct Batch {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

/// A batch's account of itself (批次清单).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub number: u32,
    /// Business date, `YYYY-MM-DD`; absent when nothing in the files has a date.
    pub as_of: Option<String>,
    /// SHA-256 over the files.
    pub digest: String,
    /// When it was imported, as the caller's clock said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_at: Option<String>,
    /// The batch whose rejects this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixes: Option<u32>,
    /// The mapping file as it was used.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mapping: String,
    pub tables: Vec<TableSummary>,
    /// Every file of the batch but this one; none in a batch of before they were listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDigest>,
}

/// What became of one table's file (导入汇总).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSummary {
    pub table: String,
    pub file: String,
    pub bytes: u64,
    pub read: Count,
    pub accepted: Count,
    pub rejected: Count,
    pub already_known: Count,
    /// How many of the accepted rows correct a row of an earlier batch.
    pub corrections: u64,
    /// Rejected rows by reason code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
}

/// Rows and the fen of the table's control columns; amounts that could not be read count nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub rows: u64,
    pub fen: i128,
}

impl Count {
    pub fn add(&mut self, rows: u64, fen: i128) {
        self.rows += rows;
        self.fen += fen;
    }
}

impl TableSummary {
    /// Rows and money read are rows and money accounted for.
    pub fn balances(&self) -> bool {
        let parts = [self.accepted, self.rejected, self.already_known];
        self.read.rows == parts.iter().map(|part| part.rows).sum::<u64>()
            && self.read.fen == parts.iter().map(|part| part.fen).sum::<i128>()
    }
}

impl Manifest {
    pub fn table(&self, name: &str) -> Option<&TableSummary> {
        self.tables.iter().find(|summary| summary.table == name)
    }

    pub fn rejected_rows(&self) -> u64 {
        self.tables.iter().map(|summary| summary.rejected.rows).sum()
    }
}

impl Batch {
    /// The batch of a number; damaged when its manifest is not what was written.
    pub fn read(workspace: &Workspace, number: u32) -> Result<Batch, Damaged> {
        let folder = workspace.batches().join(format!("{number:06}"));
        let manifest = kept::read_record(&folder.join(MANIFEST))?;
        Ok(Batch { folder, manifest })
    }

    /// Its files but for the manifest. A batch of before they were listed has those that lie there.
    pub fn files(&self) -> Result<Vec<FileDigest>, Fault> {
        if !self.manifest.files.is_empty() {
            return Ok(self.manifest.files.clone());
        }
        let mut files = Vec::new();
        for folder in ["", "identities", "rejects"] {
            for path in below(&self.folder.join(folder))?.into_iter().filter(|path| path.is_file()) {
                let name = path.strip_prefix(&self.folder).expect("below its folder").to_string_lossy().into_owned();
                if name != MANIFEST {
                    files.push(FileDigest::of(&self.folder, &name, 0)?);
                }
            }
        }
        Ok(files)
    }

    /// Whether the files asked for are still what was written. Reads all of them.
    pub fn check(&self, wanted: impl Fn(&str) -> bool) -> Result<(), Damaged> {
        self.manifest.files.iter().filter(|file| wanted(&file.name)).try_for_each(|file| file.check(&self.folder))
    }

    pub fn dossiers(&self) -> PathBuf {
        self.folder.join(DOSSIERS)
    }

    pub fn table(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.parquet"))
    }

    pub fn identities(&self, name: &str) -> PathBuf {
        self.folder.join("identities").join(format!("{name}.idx"))
    }

    pub fn rejects(&self, table: &str) -> PathBuf {
        self.folder.join("rejects").join(format!("{table}.csv"))
    }
}

/// Every batch, oldest first. They are numbered from 1 without a gap: one that is gone is missed.
pub fn list(workspace: &Workspace) -> Result<Vec<Batch>, Fault> {
    (1..=newest(workspace)?).map(|number| Ok(Batch::read(workspace, number)?)).collect()
}

/// The number of the newest batch; 0 when there is none.
pub fn newest(workspace: &Workspace) -> Result<u32, Fault> {
    let folder = workspace.batches();
    let mut newest = 0;
    if !folder.exists() {
        return Ok(newest);
    }
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        // Whatever else lies there (a file manager's notes, say) is no batch.
        let number = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        newest = newest.max(number.unwrap_or(0));
    }
    Ok(newest.min(workspace.newest_batch()))
}

/// Makes a finished folder permanent: every file to the disk, then one rename.
pub fn put_in_place(staged: &Path, place: &Path) -> Result<(), Fault> {
    sync(staged)?;
    let parent = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    fs::rename(staged, place).with_context(|| format!("putting {} in place", place.display()))?;
    File::open(parent)?.sync_all()?;
    Ok(())
}

fn sync(folder: &Path) -> Result<(), Fault> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path)?.sync_all().with_context(|| format!("writing {}", path.display()))?;
        }
    }
    File::open(folder)?.sync_all()?;
    Ok(())
}
