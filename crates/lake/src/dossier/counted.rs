//! Reading dossiers back: loans with counts, and their items beside them, become loans with lists.
//!
//! Row group `n` of the items holds what the loans of row group `n` have, in their order. The counts of a row
//! group are read first; added up they tell where each loan's items are, so that some loans' items are read
//! without those of the others.

use super::{INSTALMENTS, REPAYMENTS, instalment_fields, item, repayment_fields};
use crate::fault::{Context, Fault};
use crate::pick::footer;
use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray, new_empty_array, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Fields, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loans per chunk on the way in.
pub const CHUNK_LOANS: usize = 8_192;

/// A file of items beside the loans (明细文件): instalments or repayments.
#[derive(Clone)]
pub struct Items {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The column of their count, and of their list, in a dossier.
    name: &'static str,
    fields: &'static Fields,
}

impl Items {
    /// Instalments and repayments beside `dossier.parquet` at `path`.
    pub fn beside(path: &Path) -> Result<[Items; 2], Fault> {
        let open = |file: &str, name: &'static str, fields: &'static Fields| -> Result<Items, Fault> {
            let path = path.with_file_name(file);
            Ok(Items { metadata: footer(&path)?, path, name, fields })
        };
        Ok([open(INSTALMENTS, "instalments", instalment_fields())?, open(REPAYMENTS, "repayments", repayment_fields())?])
    }

    pub fn metadata(&self) -> &ArrowReaderMetadata {
        &self.metadata
    }

    /// The row group's items at these places, nulls for the columns that are not `wanted`.
    fn read(&self, group: usize, places: &[Range<usize>], wanted: &dyn Fn(&str) -> bool) -> Result<StructArray, Fault> {
        let count = places.iter().map(Range::len).sum();
        let nullable: Fields = self.fields.iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
        if count == 0 {
            let empty = nullable.iter().map(|field| new_empty_array(field.data_type())).collect();
            return Ok(StructArray::try_new(nullable, empty, None)?);
        }
        let damaged = || format!("{} is damaged", self.path.display());
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let rows = self.metadata.metadata().row_group(group).num_rows() as usize;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let read = self.fields.iter().map(|field| field.name().as_str()).filter(|name| wanted(name));
        let mask = ProjectionMask::columns(builder.parquet_schema(), read);
        let batch = builder
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_row_selection(RowSelection::from_consecutive_ranges(places.iter().cloned(), rows))
            .with_batch_size(count)
            .build()?
            .next()
            .with_context(damaged)?
            .with_context(damaged)?;
        (batch.num_rows() == count).then_some(()).with_context(damaged)?;
        let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
            Some(column) => column.clone(),
            None => new_null_array(field.data_type(), count),
        };
        Ok(StructArray::try_new(nullable.clone(), nullable.iter().map(column).collect(), None)?)
    }
}

/// Some loans of one row group, chunk by chunk, with their items.
pub struct Counted {
    loans: ParquetRecordBatchReader,
    group: usize,
    /// The rows that are still to come.
    rows: std::iter::Flatten<std::vec::IntoIter<Range<usize>>>,
    items: [Items; 2],
    /// For each kind of items: where those of each loan of the group end.
    ends: [Vec<usize>; 2],
    wanted: Wanted,
}

/// Which columns of a dossier to read, by their path: `product`, `repayments`, `repayments.amount`.
pub type Wanted = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Counted {
    /// `rows` ascend.
    pub fn open(
        path: &Path,
        metadata: &ArrowReaderMetadata,
        group: usize,
        rows: Vec<Range<usize>>,
        items: &[Items; 2],
        wanted: &Wanted,
    ) -> Result<Counted, Fault> {
        let opened = || -> Result<_, Fault> {
            let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
            Ok(builder.with_row_groups(vec![group]))
        };
        let leaves = metadata.parquet_schema();
        let is_count = |name: &str| items.iter().any(|items| items.name == name);
        let read = leaves.columns().iter().map(|leaf| leaf.name()).filter(|name| is_count(name) || wanted(name));
        let count = metadata.metadata().row_group(group).num_rows() as usize;
        let counts = ProjectionMask::columns(leaves, items.iter().map(|items| items.name));
        let mut ends = [vec![0], vec![0]];
        for batch in opened()?.with_projection(counts).with_batch_size(count).build()? {
            let batch = batch?;
            for (ends, items) in ends.iter_mut().zip(items) {
                let mut end = 0;
                for &count in batch[items.name].as_primitive::<Int32Type>().values() {
                    end += usize::try_from(count).with_context(|| format!("{} is damaged", path.display()))?;
                    ends.push(end);
                }
            }
        }
        let loans = opened()?
            .with_projection(ProjectionMask::columns(leaves, read))
            .with_row_selection(RowSelection::from_consecutive_ranges(rows.iter().cloned(), count))
            .with_batch_size(CHUNK_LOANS)
            .build()?;
        let rows = rows.into_iter().flatten();
        Ok(Counted { loans, group, rows, items: items.clone(), ends, wanted: wanted.clone() })
    }

    /// The loans with their lists in place of the counts.
    fn listed(&mut self, batch: RecordBatch) -> Result<RecordBatch, Fault> {
        let rows: Vec<usize> = self.rows.by_ref().take(batch.num_rows()).collect();
        let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = batch.columns().to_vec();
        for (items, ends) in self.items.iter().zip(&self.ends) {
            let name = items.name;
            let at = fields.iter().position(|field| field.name() == name).context("the counts were read")?;
            if !(self.wanted)(name) {
                fields.remove(at);
                columns.remove(at);
                continue;
            }
            let mut places: Vec<Range<usize>> = Vec::new();
            for &row in &rows {
                let own = ends[row]..ends[row + 1];
                match places.last_mut() {
                    Some(last) if last.end == own.start => last.end = own.end,
                    _ if own.is_empty() => {}
                    _ => places.push(own),
                }
            }
            let values = items.read(self.group, &places, &|field| (self.wanted)(&format!("{name}.{field}")))?;
            let lengths = || rows.iter().map(|&row| ends[row + 1] - ends[row]);
            let nulls = NullBuffer::from_iter(lengths().map(|length| length > 0));
            let inner = item(values.fields());
            let list = ListArray::try_new(inner, OffsetBuffer::from_lengths(lengths()), Arc::new(values), Some(nulls))?;
            fields[at] = Field::new(name, list.data_type().clone(), true);
            columns[at] = Arc::new(list) as ArrayRef;
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

impl Iterator for Counted {
    type Item = Result<RecordBatch, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.loans.next()?;
        Some(batch.map_err(Fault::from).and_then(|batch| self.listed(batch)))
    }
}
