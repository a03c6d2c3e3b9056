//! Writing a snapshot: built aside, flushed, then renamed into place.

use crate::batch;
use crate::fault::{Context, Fault};
use crate::kept::{self, FileDigest, Writing};
use crate::pick::PAGE_ROWS;
use crate::row_groups;
use crate::snapshot::run::{RUN_FILE, Run};
use crate::snapshot::table::{SnapshotTable, frame, rows, schema};
use crate::workspace::{Workspace, WriteLock};
use dayend::{NightInput, NightPlan};
use arrow::datatypes::{DataType, FieldRef, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fs::{self, File};
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

/// Rows turned into Arrow at a time, and rows of a row group.
const CHUNK: usize = 65_536;

/// Columns that are plain and yet hold few values.
const REPEATING: [&str; 8] =
    ["as_of", "dimension", "label", "metric", "unit", "why", "code", "month_end_days_past_due"];

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
        let staged = Staged::write(&folder, workspace, input, plan);
        if staged.is_err() {
            // Room may be what is missing. The reason matters more than a failure to tidy up.
            let _ = fs::remove_dir_all(&folder);
        }
        staged
    }

    fn write(folder: &Path, workspace: &Workspace, input: &NightInput, plan: &NightPlan) -> Result<Staged, Fault> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let mut files = Vec::new();
        for &table in SnapshotTable::ALL {
            files.push(write_table(folder, table, input, plan).with_context(|| format!("writing {}", table.code()))?);
        }
        let run = Run::of(input, plan, batch::newest(workspace)?, files);
        kept::write_record(&folder.join(RUN_FILE), &run)?;
        Ok(Staged { run, folder: folder.to_owned() })
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
    let mut writing = Writing::create(&folder.join(format!("{}.parquet", table.code())))?;
    let schema = schema(table);
    let writer = ArrowWriter::try_new(&mut writing, schema.clone(), Some(properties(&schema)?))?;
    let count = rows(table, plan);
    row_groups::write(writer, count.div_ceil(CHUNK), |group, columns| {
        let rows = group * CHUNK..count.min((group + 1) * CHUNK);
        row_groups::encode(&frame(table, input, plan, rows), columns)
    })?;
    writing.finish(folder, count as u64)
}

/// Numbers and days as differences, which are quick and small, most of them being zero; texts lightly compressed,
/// with dictionaries only where values repeat by their nature.
fn properties(schema: &Schema) -> Result<WriterProperties, Fault> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // One loan or one customer is looked for by page.
        .set_column_statistics_enabled("loan_id".into(), EnabledStatistics::Page)
        .set_column_statistics_enabled("customer_id".into(), EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(CHUNK))
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_created_by("postloan".to_owned());
    let repeats = |field: &&FieldRef| {
        matches!(field.data_type(), DataType::Dictionary(..)) || REPEATING.contains(&field.name().as_str())
    };
    for field in schema.fields().iter().filter(repeats) {
        properties = properties.set_column_dictionary_enabled(field.name().as_str().into(), true);
    }
    for field in schema.fields().iter().filter(|field| field.data_type().is_integer() || *field.data_type() == DataType::Date32) {
        let column = ColumnPath::from(field.name().as_str());
        properties = properties.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    // Whose loans are these? Most row groups can say "not here" without being read.
    if schema.index_of("loan_id").is_ok() && schema.index_of("customer_id").is_ok() {
        properties = properties.set_column_bloom_filter_max_ndv("customer_id".into(), CHUNK as u64);
    }
    Ok(properties.build())
}
