//! Batches: what one import brought, unchangeable, with its own account of itself.

use crate::fault::{Context, Fault};
use crate::workspace::Workspace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

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
    pub fn dossiers(&self) -> PathBuf {
        self.folder.join("dossier.parquet")
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

/// Every batch, oldest first.
pub fn list(workspace: &Workspace) -> Result<Vec<Batch>, Fault> {
    let folder = workspace.batches();
    let mut batches = Vec::new();
    if !folder.exists() {
        return Ok(batches);
    }
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let folder = entry?.path();
        // Whatever else lies there (a file manager's notes, say) is no batch.
        if folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()).is_none() {
            continue;
        }
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let manifest = serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
        batches.push(Batch { folder, manifest });
    }
    batches.sort_by_key(|batch| batch.manifest.number);
    Ok(batches)
}

/// Makes a finished folder permanent: every file to the disk, then one rename.
pub fn put_in_place(staged: &Path, place: &Path) -> Result<(), Fault> {
    sync(staged)?;
    fs::rename(staged, place).with_context(|| format!("putting {} in place", place.display()))?;
    if let Some(parent) = place.parent() {
        File::open(parent)?.sync_all()?;
    }
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
