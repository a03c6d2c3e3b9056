//! The dossier files of all batches, their footers read once, and what to read of them.

use super::counted::{CHUNK_LOANS, Counted, Items, Wanted};
use super::schema;
use crate::batch;
use crate::fault::{Context, Fault};
use crate::pick::{self, Page, footer};
use crate::workspace::Workspace;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use units::Date;

/// The dossier files of all batches, oldest first (档案架).
pub struct Shelf {
    files: Vec<DossierFile>,
    /// Some batch corrects a repayment of an earlier one: identities must be compared.
    corrects_repayments: bool,
}

struct DossierFile {
    path: PathBuf,
    plain: ArrowReaderMetadata,
    /// The same, texts of few values read as numbers into a dictionary.
    labelled: ArrowReaderMetadata,
    /// Instalments and repayments; `None` of a batch written when dossiers held them as lists.
    items: Option<[Items; 2]>,
}

/// Dossiers as they come from a file, batch by batch (档案流).
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, Fault>> + Send>;

/// A stretch of loan identities (分片): from `from` on and before `until`, bytewise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    pub from: Option<String>,
    pub until: Option<String>,
}

/// What to read of the dossiers (读取范围).
#[derive(Clone, Debug, Default)]
pub struct Reading<'a> {
    /// Facts known after this day are left out; `None` leaves out nothing.
    pub known_on: Option<Date>,
    /// These loans alone, with every column.
    pub only: Option<&'a HashSet<String>>,
    pub shard: Shard,
    pub columns: Columns,
}

/// Which columns to read; those left out come as nulls (读取列).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    #[default]
    All,
    /// What a position hangs on. Identities of repayments are read only where a reversal or a
    /// correction makes them matter; texts of few values come as dictionaries.
    Night,
}

/// What no night asks for.
const NOT_FOR_THE_NIGHT: [&str; 6] =
    ["facility_id", "currency", "purpose", "entrusted_payment", "instalments.seq", "repayments.payer"];
/// What only matters where a repayment is taken back or corrected.
const FOR_REVERSALS: [&str; 3] = ["repayments.repayment_id", "repayments.entered_at", "repayments.reverses"];
/// Texts of few values.
const LABELS: [&str; 8] =
    ["branch_id", "officer_id", "product", "day_count", "method", "frequency", "protection", "status"];

impl Shelf {
    pub fn open(workspace: &Workspace) -> Result<Shelf, Fault> {
        let mut shelf = Shelf { files: Vec::new(), corrects_repayments: false };
        for batch in batch::list(workspace)? {
            let corrections = batch.manifest.table("repayments").map_or(0, |summary| summary.corrections);
            shelf.corrects_repayments |= corrections > 0;
            let path = batch.dossiers();
            if path.exists() {
                shelf.files.push(DossierFile::open(path)?);
            }
        }
        Ok(shelf)
    }

    /// Cuts the book where pages of the largest file end, no shard but the last smaller than `least` loans.
    pub fn shards(&self, least: usize) -> Vec<Shard> {
        let rows = |file: &&DossierFile| file.plain.metadata().file_metadata().num_rows();
        let Some(largest) = self.files.iter().max_by_key(rows) else { return Vec::new() };
        let mut shards = vec![Shard::default()];
        let mut since_cut = 0;
        for group in 0..largest.plain.metadata().num_row_groups() {
            for page in largest.pages(group) {
                let first = page.least.and_then(|first| std::str::from_utf8(first).ok());
                if let (Some(first), true) = (first, since_cut >= least) {
                    shards.last_mut().expect("never empty").until = Some(first.to_owned());
                    shards.push(Shard { from: Some(first.to_owned()), until: None });
                    since_cut = 0;
                }
                since_cut += page.rows.len();
            }
        }
        shards
    }

    /// Opens what the reading asks for, oldest file first.
    pub(super) fn sources(&self, reading: &Reading) -> Result<Vec<Batches>, Fault> {
        let chosen: Vec<(&DossierFile, Vec<usize>)> = self.files.iter().map(|file| (file, file.groups(reading))).collect();
        let reversed = chosen.iter().any(|(file, groups)| groups.iter().any(|&group| file.has_reversals(group)));
        let identities = self.corrects_repayments || reversed;
        let wanted: Wanted = match reading.columns {
            Columns::All => Arc::new(|_| true),
            Columns::Night => Arc::new(move |path| {
                !NOT_FOR_THE_NIGHT.contains(&path) && (identities || !FOR_REVERSALS.contains(&path))
            }),
        };
        let filled = chosen.into_iter().filter(|(_, groups)| !groups.is_empty());
        filled.map(|(file, groups)| file.batches(groups, reading, &wanted)).collect()
    }
}

/// The dossiers of one batch, one after the other, of each only some columns (all, where none is named); a
/// batch without dossiers has none.
pub(crate) fn each(
    path: &Path,
    columns: &[&str],
    mut take: impl FnMut(RecordBatch) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if !path.exists() {
        return Ok(());
    }
    let file = DossierFile::open(path.to_owned())?;
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    let root = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    let wanted: Wanted = Arc::new(move |path| columns.is_empty() || columns.contains(&root(path)));
    let groups = (0..file.plain.metadata().num_row_groups()).collect();
    for batch in file.batches(groups, &Reading::default(), &wanted)? {
        take(complete(&batch?)?)?;
    }
    Ok(())
}

impl DossierFile {
    fn open(path: PathBuf) -> Result<DossierFile, Fault> {
        let plain = footer(&path)?;
        let options = ArrowReaderOptions::default().with_schema(Arc::new(labelled(plain.schema())));
        let labelled = ArrowReaderMetadata::try_new(plain.metadata().clone(), options)
            .with_context(|| format!("reading {}", path.display()))?;
        let holds_lists = plain.schema().field_with_name("instalments").is_ok_and(|field| matches!(field.data_type(), DataType::List(_)));
        let items = if holds_lists { None } else { Some(Items::beside(&path)?) };
        Ok(DossierFile { path, plain, labelled, items })
    }

    /// The row groups that may hold something asked for.
    fn groups(&self, reading: &Reading) -> Vec<usize> {
        let asked = |group: &RowGroupMetaData| {
            let whole = Page::of_group(group, 0);
            whole.may_hold(&reading.shard) && reading.only.is_none_or(|only| whole.may_hold_one(only))
        };
        let groups = self.plain.metadata().row_groups().iter().enumerate();
        groups.filter(|(_, group)| asked(group)).map(|(at, _)| at).collect()
    }

    /// Whether a repayment of the group takes another one back, as far as its statistics tell.
    fn has_reversals(&self, group: usize) -> bool {
        let (metadata, path) = match &self.items {
            Some([_, repayments]) => (repayments.metadata(), "reverses"),
            None => (&self.plain, "repayments.list.item.reverses"),
        };
        let group = metadata.metadata().row_group(group);
        let column = group.columns().iter().find(|column| column.column_path().string() == path);
        column.is_none_or(|column| {
            let nulls = column.statistics().and_then(Statistics::null_count_opt);
            column.num_values() > 0 && nulls.is_none_or(|nulls| nulls < column.num_values() as u64)
        })
    }

    /// The rows of these groups that the reading asks for.
    fn batches(&self, groups: Vec<usize>, reading: &Reading, wanted: &Wanted) -> Result<Batches, Fault> {
        let metadata = if reading.columns == Columns::All { &self.plain } else { &self.labelled };
        let Some(items) = &self.items else { return self.lists(&groups, reading, metadata, wanted) };
        let mut stretches = Vec::new();
        for group in groups {
            let rows = match reading.only {
                Some(only) => pick::places(&self.path, &self.plain, group, 0, only)?,
                None => vec![self.stretch(group, &reading.shard)],
            };
            stretches.push((group, rows));
        }
        let (path, metadata, items, wanted) = (self.path.clone(), metadata.clone(), items.clone(), wanted.clone());
        let counted = stretches.into_iter().map(move |(group, rows)| Counted::open(&path, &metadata, group, rows, &items, &wanted));
        Ok(Box::new(counted.flat_map(|counted| -> Batches {
            match counted {
                Ok(counted) => Box::new(counted),
                Err(fault) => Box::new(std::iter::once(Err(fault))),
            }
        })))
    }

    /// The same of a file that holds lists.
    fn lists(
        &self,
        groups: &[usize],
        reading: &Reading,
        metadata: &ArrowReaderMetadata,
        wanted: &Wanted,
    ) -> Result<Batches, Fault> {
        if let Some(only) = reading.only {
            return Ok(Box::new(pick::rows(&self.path, "loan_id", only, None)?.map(|batch| Ok(batch?))));
        }
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        let leaves = builder.parquet_schema().columns().iter().enumerate();
        let read = leaves.filter(|(_, leaf)| wanted(&leaf.path().string().replace(".list.item", "")));
        let mask = ProjectionMask::leaves(builder.parquet_schema(), read.map(|(at, _)| at).collect::<Vec<_>>());
        let (mut before, mut stretches) = (0, Vec::new());
        for &group in groups {
            let rows = self.stretch(group, &reading.shard);
            stretches.push(before + rows.start..before + rows.end);
            before += self.plain.metadata().row_group(group).num_rows() as usize;
        }
        let rows = RowSelection::from_consecutive_ranges(stretches.into_iter(), before);
        let builder = builder.with_projection(mask).with_row_groups(groups.to_vec());
        let reader = builder.with_row_selection(rows).with_batch_size(CHUNK_LOANS).build()?;
        Ok(Box::new(reader.map(|batch| Ok(batch?))))
    }

    /// The pages of the group's identities.
    fn pages(&self, group: usize) -> Vec<Page<'_>> {
        pick::pages(self.plain.metadata(), group, 0)
    }

    /// The rows of the group on pages that may hold a loan of the shard: a day's small file lies across
    /// many shards, and each decodes only its own pages.
    fn stretch(&self, group: usize, shard: &Shard) -> Range<usize> {
        let asked = self.pages(group).into_iter().filter(|page| page.may_hold(shard)).map(|page| page.rows);
        asked.reduce(|first, last| first.start..last.end).unwrap_or(0..0)
    }
}

impl Page<'_> {
    fn may_hold(&self, shard: &Shard) -> bool {
        let ends_before = shard.from.as_ref().zip(self.most).is_some_and(|(from, most)| most < from.as_bytes());
        let begins_after = shard.until.as_ref().zip(self.least).is_some_and(|(until, least)| least >= until.as_bytes());
        !ends_before && !begins_after
    }
}

/// The file's schema with texts of few values as dictionaries.
fn labelled(stored: &Schema) -> Schema {
    let label = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &FieldRef| match LABELS.contains(&field.name().as_str()) {
        true => Arc::new(Field::new(field.name(), label.clone(), field.is_nullable())),
        false => field.clone(),
    };
    Schema::new(stored.fields().iter().map(field).collect::<Vec<_>>())
}

/// The batch with every column of the dossier in its place; nulls where a column was not read. Files of every age
/// come out with the same types.
pub(super) fn complete(read: &RecordBatch) -> Result<RecordBatch, Fault> {
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for wanted in schema().fields() {
        let column = match read.column_by_name(wanted.name()) {
            Some(column) => complete_list(wanted, column)?,
            None => new_null_array(wanted.data_type(), read.num_rows()),
        };
        let nullable = wanted.is_nullable() || column.null_count() > 0;
        fields.push(Field::new(wanted.name(), column.data_type().clone(), nullable));
        columns.push(column);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// A list of structs with every field of `wanted`; any other column as it is.
fn complete_list(wanted: &Field, column: &ArrayRef) -> Result<ArrayRef, Fault> {
    let DataType::List(item) = wanted.data_type() else { return Ok(column.clone()) };
    let DataType::Struct(fields) = item.data_type() else { return Ok(column.clone()) };
    let list = column.as_list::<i32>();
    let items = list.values().as_struct();
    let found = |field: &FieldRef| match items.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), items.len()),
    };
    let nullable: Vec<Field> = fields.iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    let items = StructArray::try_new(nullable.clone().into(), fields.iter().map(found).collect(), items.nulls().cloned())?;
    let item = Arc::new(Field::new(item.name(), DataType::Struct(nullable.into()), true));
    Ok(Arc::new(ListArray::try_new(item, list.offsets().clone(), Arc::new(items), list.nulls().cloned())?))
}
