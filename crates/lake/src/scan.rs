//! Tables as queries see them: the current version of every row, in flat canonical columns.

use crate::batch::{self, Batch};
use crate::dossier::{DossierChunk, Merge, Reading, Shelf};
use crate::fault::{Context, Fault};
use crate::import::{identity_converter, identity_rows};
use crate::pick;
use crate::schema::{self, KNOWN_FROM, Table};
use crate::workspace::Workspace;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, StringArray, StringBuilder, UInt32Array};
use arrow::compute::{filter_record_batch, interleave_record_batch, take};
use arrow::datatypes::{Date32Type, Int64Type, Schema, SchemaRef};
use arrow::row::{RowConverter, Rows};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use units::{Date, Money};

/// Rows per batch read from each file.
const READ_ROWS: usize = 8_192;

/// A table read in constant memory (表扫描): batches in the order of the table's identity.
pub struct TableScan {
    rows: ScanRows,
}

enum ScanRows {
    Dossiers(&'static Table, Merge),
    Files(MergedFiles),
}

/// The columns of a scan: the table's own, then `known_from`, null where a row was known ever since. `None` when
/// there is no such table.
pub fn schema(table: &str) -> Option<SchemaRef> {
    let mut fields = schema::table(table)?.arrow_schema().fields().to_vec();
    let known_from = fields.pop()?;
    fields.push(Arc::new(known_from.as_ref().clone().with_nullable(true)));
    Some(Arc::new(Schema::new(fields)))
}

/// The rows of `table` known on `known_on` (`None`: known at all), each in its newest version.
///
/// Panics when there is no such table: [`schema()`] tells.
pub fn table(workspace: &Workspace, table: &str, known_on: Option<Date>) -> Result<TableScan, Fault> {
    let table = schema::table(table).unwrap_or_else(|| panic!("there is no table {table}"));
    let rows = if table.in_dossier() {
        let reading = Reading { known_on, ..Reading::default() };
        ScanRows::Dossiers(table, Shelf::open(workspace)?.merge(&reading)?)
    } else {
        ScanRows::Files(MergedFiles::open(table, &batch::list(workspace)?, known_on, None)?)
    };
    Ok(TableScan { rows })
}

/// The rows of a table outside the dossiers whose identity is `id`: what else lies in its files is not
/// decoded.
///
/// Panics like [`table()`], and when the table's first column is not its identity.
pub fn rows_of(workspace: &Workspace, table: &str, known_on: Option<Date>, id: &str) -> Result<TableScan, Fault> {
    let table = schema::table(table).unwrap_or_else(|| panic!("there is no table {table}"));
    assert!(!table.in_dossier(), "{} lies in dossiers", table.name);
    let only = HashSet::from([id.to_owned()]);
    Ok(TableScan { rows: ScanRows::Files(MergedFiles::open(table, &batch::list(workspace)?, known_on, Some(&only))?) })
}

impl Iterator for TableScan {
    type Item = Result<RecordBatch, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = match &mut self.rows {
            ScanRows::Dossiers(table, merge) => merge.next()?.and_then(|chunk| flat(table, &chunk)),
            ScanRows::Files(files) => files.next_batch().transpose()?,
        };
        Some(rows.and_then(|rows| ever_since(&rows)))
    }
}

/// Rows of a first load that no day dates are known from the earliest day there is, which no reader can show.
fn ever_since(rows: &RecordBatch) -> Result<RecordBatch, Fault> {
    let (at, field) = rows.schema_ref().column_with_name(KNOWN_FROM).expect("every stored row says since when it is known");
    let (mut fields, mut columns) = (rows.schema().fields().to_vec(), rows.columns().to_vec());
    let days = rows.column(at).as_primitive::<Date32Type>().iter();
    fields[at] = Arc::new(field.clone().with_nullable(true));
    columns[at] = Arc::new(Date32Array::from_iter(days.map(|day| day.filter(|&day| day != i32::MIN))));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// One of the tables a dossier holds, row by row.
fn flat(table: &'static Table, chunk: &DossierChunk) -> Result<RecordBatch, Fault> {
    match table.name {
        "loans" => Ok(chunk.loans.clone()),
        "instalments" => flat_instalments(table, chunk),
        _ => flat_repayments(table, chunk),
    }
}

fn flat_instalments(table: &Table, chunk: &DossierChunk) -> Result<RecordBatch, Fault> {
    let items = &chunk.instalments;
    let (from, length) = span(&items.offsets);
    let loans = loan_of_item(&items.offsets);
    let known_from = take(&items.known_from, &loans, None)?;
    let columns: Vec<ArrayRef> = vec![
        loan_ids(chunk, &loans),
        Arc::new(items.seq.slice(from, length)),
        Arc::new(items.due_on.slice(from, length)),
        Arc::new(items.principal_due.slice(from, length)),
        Arc::new(items.interest_due.slice(from, length)),
        Arc::new(items.fee_due.slice(from, length)),
        known_from,
    ];
    Ok(RecordBatch::try_new(table.arrow_schema(), columns)?)
}

fn flat_repayments(table: &Table, chunk: &DossierChunk) -> Result<RecordBatch, Fault> {
    let items = &chunk.repayments;
    let (from, length) = span(&items.offsets);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(items.repayment_id.slice(from, length)),
        loan_ids(chunk, &loan_of_item(&items.offsets)),
        Arc::new(items.paid_on.slice(from, length)),
        Arc::new(items.amount.slice(from, length)),
        Arc::new(items.entered_at.slice(from, length)),
        Arc::new(items.reverses.slice(from, length)),
        Arc::new(items.payer.slice(from, length)),
        Arc::new(items.known_from.slice(from, length)),
    ];
    Ok(RecordBatch::try_new(table.arrow_schema(), columns)?)
}

/// First item and number of items.
fn span(offsets: &[i32]) -> (usize, usize) {
    let (first, last) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
    (first, last - first)
}

/// For each item, the place of its loan in the chunk.
fn loan_of_item(offsets: &[i32]) -> UInt32Array {
    let loans = offsets.windows(2).enumerate();
    UInt32Array::from_iter_values(loans.flat_map(|(loan, ends)| (ends[0]..ends[1]).map(move |_| loan as u32)))
}

fn loan_ids(chunk: &DossierChunk, loans: &UInt32Array) -> ArrayRef {
    let ids: &StringArray = chunk.loans.column(0).as_string();
    let mut repeated = StringBuilder::with_capacity(loans.len(), loans.len() * 16);
    loans.values().iter().for_each(|&loan| repeated.append_value(ids.value(loan as usize)));
    Arc::new(repeated.finish())
}

/// The files of one table over all batches, each sorted by identity, merged.
struct MergedFiles {
    table: &'static Table,
    converter: RowConverter,
    /// Oldest batch first.
    sources: Vec<FileSource>,
    known_on: i32,
}

struct FileSource {
    batches: ParquetRecordBatchReader,
    /// The current batch with its identities, and how far it has been read.
    current: Option<(RecordBatch, Rows)>,
    at: usize,
}

impl MergedFiles {
    fn open(
        table: &'static Table,
        batches: &[Batch],
        known_on: Option<Date>,
        only: Option<&HashSet<String>>,
    ) -> Result<MergedFiles, Fault> {
        let known_on = known_on.map_or(i32::MAX, Date::day_number);
        let mut files = MergedFiles { table, converter: identity_converter(table)?, sources: Vec::new(), known_on };
        for path in batches.iter().map(|batch| batch.table(table.name)).filter(|path| path.exists()) {
            let batches = match only {
                Some(only) => pick::rows(&path, table.columns[0].name, only, None)?,
                None => whole(&path)?,
            };
            files.sources.push(FileSource { batches, current: None, at: 0 });
        }
        for source in 0..files.sources.len() {
            files.advance(source)?;
        }
        Ok(files)
    }

    /// Loads the next batch of a source whose current one is used up.
    fn advance(&mut self, source: usize) -> Result<(), Fault> {
        let alone = self.sources.len() == 1;
        let source = &mut self.sources[source];
        while source.current.as_ref().is_none_or(|(batch, _)| source.at >= batch.num_rows()) {
            source.at = 0;
            let Some(batch) = source.batches.next().transpose()? else {
                source.current = None;
                break;
            };
            // Who is alone is compared with nobody.
            let compared = if alone { batch.slice(0, 0) } else { batch.clone() };
            let rows = identity_rows(self.table, &self.converter, &compared)?;
            source.current = Some((batch, rows));
        }
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Fault> {
        loop {
            let live: Vec<usize> = (0..self.sources.len()).filter(|&at| self.sources[at].current.is_some()).collect();
            let batch = match live[..] {
                [] => return Ok(None),
                [only] => self.rest_of(only)?,
                _ => self.merge_stretch(&live)?,
            };
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }

    /// Nobody else has rows left: the source's current batch is passed on, less what was not yet known.
    fn rest_of(&mut self, only: usize) -> Result<RecordBatch, Fault> {
        let source = &mut self.sources[only];
        let (batch, _) = source.current.as_ref().expect("the source is live");
        let rest = batch.slice(source.at, batch.num_rows() - source.at);
        source.at = batch.num_rows();
        self.advance(only)?;
        let days = known_from(&rest);
        if days.iter().flatten().all(|day| day <= self.known_on) {
            return Ok(rest);
        }
        let known: BooleanArray = days.iter().map(|day| day.map(|day| day <= self.known_on)).collect();
        Ok(filter_record_batch(&rest, &known)?)
    }

    /// Merges up to the nearest end of a current batch: nobody can add rows before it later.
    fn merge_stretch(&mut self, live: &[usize]) -> Result<RecordBatch, Fault> {
        let current = |at: usize| self.sources[at].current.as_ref().expect("the source is live");
        let last = live.iter().map(|&at| { let (batch, rows) = current(at); rows.row(batch.num_rows() - 1) }).min();
        let last = last.expect("some source is live").owned();
        let mut rows: Vec<(usize, usize)> = Vec::new();
        let mut ends = Vec::new();
        for (place, &at) in live.iter().enumerate() {
            let (batch, keys) = current(at);
            let start = self.sources[at].at;
            let end = (start..batch.num_rows()).find(|&row| keys.row(row) > last.row()).unwrap_or(batch.num_rows());
            rows.extend((start..end).map(|row| (place, row)));
            ends.push(end);
        }
        let key = |&(place, row): &(usize, usize)| current(live[place]).1.row(row);
        rows.sort_by(|a, b| key(a).cmp(&key(b)));
        let picked: Vec<(usize, usize)> = rows
            .chunk_by(|a, b| key(a) == key(b))
            .filter_map(|versions| {
                let known = |&&(place, row): &&(usize, usize)| known_from(&current(live[place]).0).value(row) <= self.known_on;
                versions.iter().rev().find(known).copied()
            })
            .collect();
        let batches: Vec<&RecordBatch> = live.iter().map(|&at| &current(at).0).collect();
        let merged = interleave_record_batch(&batches, &picked)?;
        for (&at, end) in live.iter().zip(ends) {
            self.sources[at].at = end;
            self.advance(at)?;
        }
        Ok(merged)
    }
}

fn whole(path: &Path) -> Result<ParquetRecordBatchReader, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| format!("reading {}", path.display()))?;
    Ok(builder.with_batch_size(READ_ROWS).build()?)
}

/// A row of a batch, its columns by name.
pub(crate) struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Row<'_> {
    pub fn each(batch: &RecordBatch, take: &mut impl FnMut(&Row)) {
        (0..batch.num_rows()).for_each(|row| take(&Row { batch, row }));
    }

    pub fn text(&self, column: &str) -> Option<String> {
        let texts = self.batch[column].as_string::<i32>();
        texts.is_valid(self.row).then(|| texts.value(self.row).to_owned())
    }

    pub fn day(&self, column: &str) -> Option<Date> {
        let days = self.batch[column].as_primitive::<Date32Type>();
        days.is_valid(self.row).then(|| Date::new(days.value(self.row)))
    }

    pub fn money(&self, column: &str) -> Option<Money> {
        let amounts = self.batch[column].as_primitive::<Int64Type>();
        amounts.is_valid(self.row).then(|| Money::from_fen(amounts.value(self.row)))
    }
}

fn known_from(batch: &RecordBatch) -> &Date32Array {
    let column = batch.column_by_name(KNOWN_FROM).expect("every stored row says since when it is known");
    column.as_primitive::<Date32Type>()
}
