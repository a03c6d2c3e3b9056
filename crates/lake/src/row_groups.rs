//! Parquet's row groups encoded by several threads and laid down in their order: the bytes do not depend
//! on how many threads there are.

use crate::fault::Fault;
use crate::hands;
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use std::io::Write;

/// Writes `count` row groups, each encoded by `encode` from its number and its column writers, and the footer.
pub fn write<W: Write + Send>(
    writer: ArrowWriter<W>,
    count: usize,
    encode: impl Fn(usize, Vec<ArrowColumnWriter>) -> Result<Vec<ArrowColumnChunk>, Fault> + Sync,
) -> Result<(), Fault> {
    let (mut writer, columns) = writer.into_serialized_writer()?;
    let encode = |number: usize| encode(number, columns.create_column_writers(number)?);
    hands::in_order(count, encode, |chunks| {
        let mut group = writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    })?;
    writer.close()?;
    Ok(())
}

/// One row group from one batch, column by column.
pub fn encode(batch: &RecordBatch, mut writers: Vec<ArrowColumnWriter>) -> Result<Vec<ArrowColumnChunk>, Fault> {
    let schema = batch.schema();
    let mut leaf = writers.iter_mut();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        for levels in compute_leaves(field, column)? {
            leaf.next().expect("a writer for every leaf").write(&levels)?;
        }
    }
    Ok(writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?)
}
