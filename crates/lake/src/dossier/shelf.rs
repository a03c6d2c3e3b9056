//! The dossier files of all batches, their footers read once, and what to read of them.

use super::{LOAN_KNOWN_FROM, schema};
use crate::batch;
use crate::fault::{Context, Fault};
use crate::pick;
use crate::workspace::Workspace;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use units::Date;

/// Loans per chunk on the way in.
const CHUNK_LOANS: usize = 16_384;

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
}

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
    ["facility_id", "currency", "purpose", "entrusted_payment", "instalments.list.item.seq", "repayments.list.item.payer"];
/// What only matters where a repayment is taken back or corrected.
const FOR_REVERSALS: [&str; 3] =
    ["repayments.list.item.repayment_id", "repayments.list.item.entered_at", "repayments.list.item.reverses"];
/// Texts of few values.
const LABELS: [&str; 8] =
    ["branch_id", "officer_id", "product", "day_count", "method", "frequency", "protection", "status"];

impl Shard {
    /// Whether a loan lies in the shard.
    pub fn holds(&self, loan: &str) -> bool {
        self.from.as_deref().is_none_or(|from| from <= loan) && self.until.as_deref().is_none_or(|until| loan < until)
    }
}

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
            for (first, loans) in largest.pages(group) {
                if let (Some(first), true) = (first, since_cut >= least) {
                    shards.last_mut().expect("never empty").until = Some(first.clone());
                    shards.push(Shard { from: Some(first), until: None });
                    since_cut = 0;
                }
                since_cut += loans;
            }
        }
        shards
    }

    /// Opens what the reading asks for, oldest file first.
    pub(super) fn sources(&self, reading: &Reading) -> Result<Vec<ParquetRecordBatchReader>, Fault> {
        let chosen: Vec<(&DossierFile, Vec<usize>)> = self.files.iter().map(|file| (file, file.groups(reading))).collect();
        let reversed = chosen.iter().any(|(file, groups)| groups.iter().any(|&group| file.has_reversals(group)));
        let identities = self.corrects_repayments || reversed;
        let filled = chosen.into_iter().filter(|(_, groups)| !groups.is_empty());
        filled
            .map(|(file, groups)| match reading.only {
                Some(only) => pick::rows(&file.path, "loan_id", only, None),
                None => file.rows(groups, reading, identities),
            })
            .collect()
    }
}

impl DossierFile {
    fn open(path: PathBuf) -> Result<DossierFile, Fault> {
        let reading = || format!("reading {}", path.display());
        let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        let indexed = ArrowReaderOptions::default().with_page_index_policy(PageIndexPolicy::Optional);
        let plain = ArrowReaderMetadata::load(&file, indexed).with_context(reading)?;
        let options = ArrowReaderOptions::default().with_schema(Arc::new(labelled(plain.schema())));
        let labelled = ArrowReaderMetadata::try_new(plain.metadata().clone(), options).with_context(reading)?;
        Ok(DossierFile { path, plain, labelled })
    }

    /// The row groups that may hold something asked for.
    fn groups(&self, reading: &Reading) -> Vec<usize> {
        let asked = |group: &RowGroupMetaData| {
            let told = group.column(0).statistics().and_then(|told| Some((told.min_bytes_opt()?, told.max_bytes_opt()?)));
            let Some((least, most)) = told else { return true };
            let Shard { from, until } = &reading.shard;
            from.as_ref().is_none_or(|from| from.as_bytes() <= most)
                && until.as_ref().is_none_or(|until| least < until.as_bytes())
                && reading.only.is_none_or(|only| pick::may_hold(group, 0, only))
        };
        let groups = self.plain.metadata().row_groups().iter().enumerate();
        groups.filter(|(_, group)| asked(group)).map(|(at, _)| at).collect()
    }

    /// Whether a repayment of the group takes another one back, as far as its statistics tell.
    fn has_reversals(&self, group: usize) -> bool {
        let group = self.plain.metadata().row_group(group);
        let column = group.columns().iter().find(|column| column.column_path().string() == FOR_REVERSALS[2]);
        column.is_none_or(|column| {
            let nulls = column.statistics().and_then(Statistics::null_count_opt);
            nulls.is_none_or(|nulls| nulls < column.num_values() as u64)
        })
    }

    fn rows(&self, groups: Vec<usize>, reading: &Reading, identities: bool) -> Result<ParquetRecordBatchReader, Fault> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let columns = reading.columns;
        let metadata = if columns == Columns::All { &self.plain } else { &self.labelled };
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
        if columns == Columns::Night {
            let left_out = |path: &str| {
                NOT_FOR_THE_NIGHT.contains(&path) || (!identities && FOR_REVERSALS.contains(&path))
            };
            let leaves = builder.parquet_schema().columns().iter().enumerate();
            let read: Vec<usize> = leaves.filter(|(_, leaf)| !left_out(&leaf.path().string())).map(|(at, _)| at).collect();
            let mask = ProjectionMask::leaves(builder.parquet_schema(), read);
            builder = builder.with_projection(mask);
        }
        let (mut before, mut stretches) = (0, Vec::new());
        for &group in &groups {
            let rows = self.stretch(group, &reading.shard);
            stretches.push(before + rows.start..before + rows.end);
            before += self.plain.metadata().row_group(group).num_rows() as usize;
        }
        let pages = RowSelection::from_consecutive_ranges(stretches.into_iter(), before);
        Ok(builder.with_row_groups(groups).with_row_selection(pages).with_batch_size(CHUNK_LOANS).build()?)
    }

    /// The smallest identity of each page of the group, where it is told, and its number of loans.
    fn pages(&self, group: usize) -> Vec<(Option<String>, usize)> {
        let metadata = self.plain.metadata();
        let rows = metadata.row_group(group).num_rows() as usize;
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
        let pages = metadata.offset_index().map(|index| index[group][0].page_locations());
        let told = metadata.column_index().map(|index| &index[group][0]);
        let (Some(pages), Some(ColumnIndexMetaData::BYTE_ARRAY(told))) = (pages, told) else {
            let least = metadata.row_group(group).column(0).statistics().and_then(Statistics::min_bytes_opt);
            return vec![(least.and_then(text), rows)];
        };
        let ends = pages.iter().skip(1).map(|page| page.first_row_index as usize).chain([rows]);
        let counted = pages.iter().zip(ends).enumerate();
        counted
            .map(|(at, (page, end))| (told.min_value(at).and_then(text), end - page.first_row_index as usize))
            .collect()
    }

    /// The rows of the group on pages that may hold a loan of the shard: a day's small file lies across
    /// many shards, and each decodes only its own pages.
    fn stretch(&self, group: usize, shard: &Shard) -> Range<usize> {
        let metadata = self.plain.metadata();
        let rows = metadata.row_group(group).num_rows() as usize;
        let pages = metadata.offset_index().map(|index| index[group][0].page_locations());
        let told = metadata.column_index().map(|index| &index[group][0]);
        let (Some(pages), Some(ColumnIndexMetaData::BYTE_ARRAY(told))) = (pages, told) else { return 0..rows };
        let ends_before = |page: usize| {
            let most = told.max_value(page);
            shard.from.as_ref().zip(most).is_some_and(|(from, most)| most < from.as_bytes())
        };
        let begins_after = |page: usize| {
            let least = told.min_value(page);
            shard.until.as_ref().zip(least).is_some_and(|(until, least)| least >= until.as_bytes())
        };
        let first_row = |page: usize| pages.get(page).map_or(rows, |page| page.first_row_index as usize);
        let start = (0..pages.len()).take_while(|&page| ends_before(page)).count();
        let end = (start..pages.len()).take_while(|&page| !begins_after(page)).last().map_or(start, |last| last + 1);
        first_row(start)..first_row(end)
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

/// The batch with every column of the dossier in its place; nulls where a column was not read.
pub(super) fn complete(read: &RecordBatch) -> Result<RecordBatch, Fault> {
    if read.num_columns() == schema().fields().len() && read.schema().contains(&schema()) {
        return Ok(read.clone());
    }
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

/// Whether the loan's own row is in the batch, or only something that belongs to it.
pub(super) fn has_loan_rows(batch: &RecordBatch) -> bool {
    batch.column(LOAN_KNOWN_FROM).null_count() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_holds_from_its_first_loan_to_the_next_ones() {
        let shard = |from: &str, until: &str| {
            let end = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Shard { from: end(from), until: end(until) }
        };
        let check = |shard: Shard, expect: [bool; 3]| assert_eq!(["L1", "L2", "L3"].map(|loan| shard.holds(loan)), expect);
        check(shard("", ""), [true, true, true]);
        check(shard("", "L2"), [true, false, false]);
        check(shard("L2", "L3"), [false, true, false]);
        check(shard("L2", ""), [false, true, true]);
    }
}
