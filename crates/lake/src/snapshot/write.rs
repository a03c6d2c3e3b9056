//! Writing a snapshot: built aside, flushed, then renamed into place.

use crate::fault::{Context, Fault};
use crate::snapshot::run::{FileDigest, RUN_FILE, Run};
use crate::snapshot::table::{SnapshotTable, frame, rows, schema};
use crate::workspace::{Workspace, WriteLock};
use dayend::{NightInput, NightPlan};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use units::Date;

/// Where a snapshot goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The night of its business date, one of the series that later nights carry from.
    Series,
    /// The same date as known later: kept beside the series, carried by nobody.
    Restated,
}

/// Rows turned into Arrow at a time.
const CHUNK: usize = 65_536;

/// The folder of a snapshot.
pub fn folder(workspace: &Workspace, place: Place, business_date: Date, known_on: Date) -> PathBuf {
    match place {
        Place::Series => workspace.root().join("snapshots").join(format!("as_of={business_date}")),
        Place::Restated => {
            workspace.root().join("restated").join(format!("as_of={business_date}")).join(format!("known_on={known_on}"))
        }
    }
}

/// A snapshot built aside, complete and flushed, without a place yet (待落盘快照).
#[derive(Debug)]
pub struct Staged {
    pub run: Run,
    folder: PathBuf,
}

impl Staged {
    /// Writes every table and the record of the run into `.staging`.
    pub fn build(
        workspace: &Workspace,
        _lock: &WriteLock,
        input: &NightInput,
        plan: &NightPlan,
    ) -> Result<Staged, Fault> {
        let folder = workspace.staging().join(format!("night-{}", plan.business_date));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut files = Vec::new();
        for &table in SnapshotTable::ALL {
            files.push(write_table(&folder, table, input, plan).with_context(|| format!("writing {}", table.code()))?);
        }
        let run = Run::of(input, plan, files);
        let mut file = File::create(folder.join(RUN_FILE))?;
        file.write_all(serde_json::to_string_pretty(&run)?.as_bytes())?;
        file.sync_all()?;
        Ok(Staged { run, folder })
    }

    /// One atomic rename: what has a name is complete.
    pub fn put(self, target: &Path) -> Result<(), Fault> {
        into_place(&self.folder, target)
    }

    /// Leaves nothing behind; what was built is known already, or not wanted.
    pub fn discard(self) -> Result<(), Fault> {
        fs::remove_dir_all(&self.folder).with_context(|| format!("removing {}", self.folder.display()))
    }

    /// Takes the place of an earlier restatement.
    pub fn replace(self, target: &Path) -> Result<(), Fault> {
        let aside = self.folder.with_extension("replaced");
        fs::rename(target, &aside).with_context(|| format!("setting {} aside", target.display()))?;
        into_place(&self.folder, target)?;
        fs::remove_dir_all(&aside).with_context(|| format!("removing {}", aside.display()))
    }
}

/// The folder above is flushed so that the name survives a power cut.
fn into_place(staged: &Path, target: &Path) -> Result<(), Fault> {
    let parent = target.parent().expect("a snapshot lies in a folder");
    fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    File::open(staged)?.sync_all()?;
    fs::rename(staged, target).with_context(|| format!("moving the snapshot to {}", target.display()))?;
    File::open(parent)?.sync_all()?;
    Ok(())
}

fn write_table(
    folder: &Path,
    table: SnapshotTable,
    input: &NightInput,
    plan: &NightPlan,
) -> Result<FileDigest, Fault> {
    let name = format!("{}.parquet", table.code());
    let path = folder.join(&name);
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(CHUNK * 4))
        .set_created_by("postloan".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(Digesting::new(file), schema(table), Some(properties))?;
    let count = rows(table, plan);
    for start in (0..count).step_by(CHUNK) {
        writer.write(&frame(table, input, plan, start..count.min(start + CHUNK)))?;
    }
    let digesting = writer.into_inner()?;
    digesting.file.sync_all()?;
    let sha256 = digesting.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileDigest { name, rows: count as u64, bytes: digesting.bytes, sha256 })
}

/// A file that knows the digest of what went into it.
struct Digesting {
    file: File,
    digest: Sha256,
    bytes: u64,
}

impl Digesting {
    fn new(file: File) -> Digesting {
        Digesting { file, digest: Sha256::new(), bytes: 0 }
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
