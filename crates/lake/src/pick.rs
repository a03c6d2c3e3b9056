//! A few rows of a large file, found by one column: nothing else is decoded.

use crate::fault::{Context, Fault};
use arrow::array::AsArray;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

/// Rows per page of the files that are asked about single rows: a page is the least one can decode.
pub const PAGE_ROWS: usize = 4_096;

/// Whether one of the texts may stand in a column of the group, as far as its smallest and largest value
/// tell.
pub fn may_hold(group: &RowGroupMetaData, column: usize, wanted: &HashSet<String>) -> bool {
    let statistics = group.column(column).statistics();
    match statistics.and_then(|told| Some((told.min_bytes_opt()?, told.max_bytes_opt()?))) {
        Some((least, most)) => wanted.iter().any(|text| (least..=most).contains(&text.as_bytes())),
        None => true,
    }
}

/// The rows whose `key`, a column of texts, is one of `wanted`. With `columns`, only those.
pub fn rows(
    path: &Path,
    key: &str,
    wanted: &HashSet<String>,
    columns: Option<&[&str]>,
) -> Result<ParquetRecordBatchReader, Fault> {
    let opened = || File::open(path).with_context(|| format!("opening {}", path.display()));
    let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
    let metadata =
        ArrowReaderMetadata::load(&opened()?, options).with_context(|| format!("reading {}", path.display()))?;
    let leaves = metadata.parquet_schema().columns();
    let key = leaves.iter().position(|leaf| leaf.path().string() == key).context("the file has no such column")?;
    let groups = metadata.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> = groups.filter(|(_, group)| may_hold(group, key, wanted)).map(|(at, _)| at).collect();
    let builder = || -> Result<ParquetRecordBatchReaderBuilder<File>, Fault> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(opened()?, metadata.clone());
        Ok(builder.with_row_groups(groups.clone()))
    };
    let keys = ProjectionMask::leaves(metadata.parquet_schema(), [key]);
    let mut selectors = Vec::new();
    for batch in builder()?.with_projection(keys).build()? {
        let batch = batch?;
        let keys = batch.column(0).as_string::<i32>().iter();
        selectors.extend(keys.map(|key| match key.is_some_and(|key| wanted.contains(key)) {
            true => RowSelector::select(1),
            false => RowSelector::skip(1),
        }));
    }
    let mask = match columns {
        Some(columns) => ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied()),
        None => ProjectionMask::all(),
    };
    Ok(builder()?.with_projection(mask).with_row_selection(RowSelection::from(selectors)).build()?)
}
