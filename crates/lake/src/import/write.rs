//! A table's accepted rows on disk, sorted by identity so that batches merge as streams.

use super::known_from::Knowledge;
use super::table::StagedTable;
use crate::dossier::properties;
use crate::fault::{Context, Fault};
use crate::kept::{FileDigest, Writing};
use crate::personal;
use crate::schema::Table;
use arrow::array::{ArrayRef, Date32Array, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::row::{RowConverter, Rows, SortField};
use parquet::arrow::ArrowWriter;
use std::path::Path;
use std::sync::Arc;
use vault::Keys;

const WRITE_ROWS: usize = 65_536;

/// Turns the identity columns of a table into bytes that sort as the identities do.
pub fn identity_rows(table: &Table, converter: &RowConverter, batch: &RecordBatch) -> Result<Rows, Fault> {
    let columns: Vec<ArrayRef> = table.identity().into_iter().map(|column| batch.column(column).clone()).collect();
    Ok(converter.convert_columns(&columns)?)
}

pub fn identity_converter(table: &Table) -> Result<RowConverter, Fault> {
    let fields = table.identity().into_iter().map(|column| SortField::new(table.columns[column].data_type()));
    Ok(RowConverter::new(fields.collect())?)
}

pub fn write(folder: &Path, staged: &StagedTable, knowledge: Knowledge, keys: Option<&Keys>) -> Result<FileDigest, Fault> {
    let table = staged.table;
    let path = folder.join(format!("{}.parquet", table.name));
    let schema = table.arrow_schema();
    let converter = identity_converter(table)?;
    let (mut batches, mut order, mut first) = (Vec::new(), Vec::new(), 0);
    for batch in &staged.batches {
        let days = knowledge.days(table, batch, |row| staged.corrections[first + row]);
        first += batch.num_rows();
        order.push(identity_rows(table, &converter, batch)?);
        let mut columns = batch.columns().to_vec();
        personal::sealed(table, &mut columns, keys);
        columns.push(Arc::new(Date32Array::from(days)));
        batches.push(RecordBatch::try_new(schema.clone(), columns)?);
    }
    let rows = batches.iter().enumerate().flat_map(|(at, batch)| (0..batch.num_rows()).map(move |row| (at, row)));
    let mut rows: Vec<(usize, usize)> = rows.collect();
    rows.sort_by(|&(a, x), &(b, y)| order[a].row(x).cmp(&order[b].row(y)));
    let count = rows.len() as u64;
    let mut writing = Writing::create(&path)?;
    let mut writer = ArrowWriter::try_new(&mut writing, schema, Some(properties()))?;
    let sources: Vec<&RecordBatch> = batches.iter().collect();
    for rows in rows.chunks(WRITE_ROWS) {
        writer.write(&interleave_record_batch(&sources, rows)?)?;
    }
    writer.close().with_context(|| format!("writing {}", path.display()))?;
    writing.finish(folder, count)
}
