//! A few rows of a large file, found by one column: nothing else is decoded.

use crate::fault::{Context, Fault};
use arrow::array::AsArray;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// Rows per page of the files that are asked about single rows: a page is the least one can decode.
pub const PAGE_ROWS: usize = 4_096;

/// Rows that lie together in a row group, and between which texts of a column, as far as the file tells (数据页).
pub struct Page<'a> {
    pub least: Option<&'a [u8]>,
    pub most: Option<&'a [u8]>,
    pub rows: Range<usize>,
}

impl<'a> Page<'a> {
    /// A whole row group.
    pub fn of_group(group: &'a RowGroupMetaData, column: usize) -> Page<'a> {
        let told = group.column(column).statistics();
        let (least, most) = (told.and_then(Statistics::min_bytes_opt), told.and_then(Statistics::max_bytes_opt));
        Page { least, most, rows: 0..group.num_rows() as usize }
    }

    pub fn may_hold_one(&self, wanted: &HashSet<String>) -> bool {
        let between = |(least, most)| wanted.iter().any(|text| (least..=most).contains(&text.as_bytes()));
        self.least.zip(self.most).is_none_or(between)
    }
}

/// The pages of a group along a column of texts; the group itself where its pages are not told apart.
pub fn pages(metadata: &ParquetMetaData, group: usize, column: usize) -> Vec<Page<'_>> {
    let rows = metadata.row_group(group).num_rows() as usize;
    let starts = metadata.offset_index().map(|index| index[group][column].page_locations());
    let told = metadata.column_index().map(|index| &index[group][column]);
    let (Some(starts), Some(ColumnIndexMetaData::BYTE_ARRAY(told))) = (starts, told) else {
        return vec![Page::of_group(metadata.row_group(group), column)];
    };
    let first_row = |page: usize| starts.get(page).map_or(rows, |start| start.first_row_index as usize);
    let page = |at: usize| Page {
        least: told.min_value(at),
        most: told.max_value(at),
        rows: first_row(at)..first_row(at + 1),
    };
    (0..starts.len()).map(page).collect()
}

/// Where in a group the texts of a column are among `wanted`; only pages that may hold one are decoded.
pub fn places(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    column: usize,
    wanted: &HashSet<String>,
) -> Result<Vec<Range<usize>>, Fault> {
    let pages = pages(metadata.metadata(), group, column).into_iter().filter(|page| page.may_hold_one(wanted));
    let pages: Vec<Range<usize>> = pages.map(|page| page.rows).collect();
    let count = metadata.metadata().row_group(group).num_rows() as usize;
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_projection(ProjectionMask::leaves(metadata.parquet_schema(), [column]))
        .with_row_groups(vec![group])
        .with_row_selection(RowSelection::from_consecutive_ranges(pages.clone().into_iter(), count))
        .build()?;
    let (mut rows, mut places) = (pages.into_iter().flatten(), Vec::new());
    for batch in reader {
        let batch = batch?;
        let texts = batch.column(0).as_string::<i32>().iter().zip(rows.by_ref());
        let found = texts.filter(|(text, _)| text.is_some_and(|text| wanted.contains(text)));
        places.extend(found.map(|(_, row)| row..row + 1));
    }
    Ok(places)
}

/// The footer of a Parquet file with what it tells of its pages.
pub fn footer(path: &Path) -> Result<ArrowReaderMetadata, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let indexed = ArrowReaderOptions::default().with_page_index_policy(PageIndexPolicy::Optional);
    ArrowReaderMetadata::load(&file, indexed).with_context(|| format!("reading {}", path.display()))
}

/// The rows whose `key`, a column of texts, is one of `wanted`. With `columns`, only those.
pub fn rows(
    path: &Path,
    key: &str,
    wanted: &HashSet<String>,
    columns: Option<&[&str]>,
) -> Result<ParquetRecordBatchReader, Fault> {
    let metadata = footer(path)?;
    let leaves = metadata.parquet_schema().columns();
    let key = leaves.iter().position(|leaf| leaf.path().string() == key).context("the file has no such column")?;
    let all = metadata.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> = all.filter(|(_, group)| Page::of_group(group, key).may_hold_one(wanted)).map(|(at, _)| at).collect();
    let (mut before, mut picked) = (0, Vec::new());
    for &group in &groups {
        let places = places(path, &metadata, group, key, wanted)?;
        picked.extend(places.into_iter().map(|place| before + place.start..before + place.end));
        before += metadata.metadata().row_group(group).num_rows() as usize;
    }
    let mask = match columns {
        Some(columns) => ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied()),
        None => ProjectionMask::all(),
    };
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let selection = RowSelection::from_consecutive_ranges(picked.into_iter(), before);
    Ok(builder.with_row_groups(groups).with_projection(mask).with_row_selection(selection).build()?)
}
