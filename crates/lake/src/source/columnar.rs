//! Parquet: columns of the right type pass through untouched after one look at their values.

use super::Records;
use super::ahead::{Ahead, hands};
use crate::chunk::{CHUNK_ROWS, Chunk, Filled, Notation, read_cells};
use crate::fault::{Context, Fault};
use crate::mapping::Binding;
use crate::refused::RowRefused;
use crate::schema::{Column, Kind, Table};
use crate::source::cell::{self, LONGEST_TEXT, MoneyUnit};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, Int64Array, PrimitiveArray, StringArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimeUnit, TimestampSecondType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::ProjectionMask;
use parquet::file::metadata::ParquetMetaData;
use std::cmp::Reverse;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The records of a Parquet file (列式文件), as its rejects show them.
pub struct Columnar {
    batches: ParquetRecordBatchReader,
    header: Vec<String>,
    first_row: usize,
    /// The batch under the record cursor, every column as text.
    texts: Vec<StringArray>,
    at: usize,
    /// Columns whose numbers mean fen, parts per million or days, and are written as such.
    meanings: Vec<(usize, Kind)>,
}

fn builder(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| format!("reading {}", path.display()))
}

impl Columnar {
    pub fn open(path: &Path) -> Result<Columnar, Fault> {
        let builder = builder(path)?;
        let header = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let batches = builder.with_batch_size(CHUNK_ROWS).build()?;
        Ok(Columnar { batches, header, first_row: 0, texts: Vec::new(), at: 0, meanings: Vec::new() })
    }

    /// Lets the record cursor write amounts, rates and dates as delimited text has them.
    pub fn with_meanings(self, meanings: Vec<(usize, Kind)>) -> Columnar {
        Columnar { meanings, ..self }
    }
}

/// Reads a file's columns, shared out among threads by weight (按列分工).
pub struct Columns {
    shares: Vec<Ahead<Vec<(usize, Filled)>>>,
}

/// What one thread reads: places in the file, ascending, and the table's columns filled from them.
struct Share {
    sources: Vec<usize>,
    columns: Vec<usize>,
    weight: i64,
}

impl Columns {
    pub fn open(path: &Path, table: &'static Table, binding: &Binding, notation: &Notation) -> Result<Columns, Fault> {
        let shares = shares(builder(path)?.metadata(), table, binding).into_iter().map(|share| {
            let builder = builder(path)?;
            let mask = ProjectionMask::roots(builder.parquet_schema(), share.sources.iter().copied());
            let mut batches = builder.with_projection(mask).with_batch_size(CHUNK_ROWS).build()?;
            let (binding, notation) = (binding.clone(), notation.clone());
            Ok(Ahead::new(move || {
                let Some(batch) = batches.next().transpose()? else { return Ok(None) };
                let source = |at: usize| batch.column(share.sources.binary_search(&at).expect("a share has its sources"));
                let columns = share.columns.iter().map(|&index| {
                    let column = &table.columns[index];
                    let from = binding.source(index).map(source);
                    Ok((index, fill(column, index, from, batch.num_rows(), &binding, &notation)?))
                });
                columns.collect::<Result<_, Fault>>().map(Some)
            }))
        });
        Ok(Columns { shares: shares.collect::<Result<_, Fault>>()? })
    }

    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, Fault> {
        let mut columns = Vec::new();
        for share in &mut self.shares {
            columns.extend(share.next()?.unwrap_or_default());
        }
        if columns.is_empty() {
            return Ok(None);
        }
        columns.sort_by_key(|column| column.0);
        Ok(Some(Chunk::new(columns.into_iter().map(|column| column.1).collect())))
    }
}

/// Every column goes to the share that has least to read, heavy ones first.
fn shares(metadata: &ParquetMetaData, table: &Table, binding: &Binding) -> Vec<Share> {
    let schema = metadata.file_metadata().schema_descr();
    let mut weights = vec![0; schema.root_schema().get_fields().len()];
    for group in metadata.row_groups() {
        for (leaf, column) in group.columns().iter().enumerate() {
            weights[schema.get_column_root_idx(leaf)] += column.uncompressed_size();
        }
    }
    let mut columns: Vec<usize> = (0..table.columns.len()).collect();
    columns.sort_by_key(|&index| Reverse(binding.source(index).map(|at| weights[at])));
    let mut shares: Vec<Share> =
        (0..hands()).map(|_| Share { sources: Vec::new(), columns: Vec::new(), weight: 0 }).collect();
    for index in columns {
        let source = binding.source(index);
        let same = shares.iter().position(|share| source.is_some_and(|at| share.sources.contains(&at)));
        let lightest = (0..shares.len()).min_by_key(|&at| shares[at].weight).expect("there is a thread");
        let share = &mut shares[same.unwrap_or(lightest)];
        share.columns.push(index);
        if let (None, Some(at)) = (same, source) {
            share.sources.push(at);
            share.weight += weights[at];
        }
    }
    shares.retain(|share| !share.columns.is_empty());
    for share in &mut shares {
        // A share of constants reads a column all the same: it says how many rows there are.
        if share.sources.is_empty() {
            share.sources.push(0);
        }
        share.sources.sort_unstable();
    }
    shares
}

fn fill(
    column: &Column,
    index: usize,
    from: Option<&ArrayRef>,
    rows: usize,
    binding: &Binding,
    notation: &Notation,
) -> Result<Filled, Fault> {
    if binding.is_empty_column(index) {
        return Ok((new_null_array(&column.data_type(), rows), Vec::new()));
    }
    if let (Some(_), Some(from)) = (binding.plain_source(index), from)
        && let Some(filled) = typed(column, from, notation)?
    {
        return Ok(filled);
    }
    let texts = from.map(|from| cast(from, &DataType::Utf8)).transpose()?;
    let texts: Option<&StringArray> = texts.as_ref().map(|texts| texts.as_string());
    let cell = |row: usize| texts.filter(|texts| texts.is_valid(row)).map_or(&b""[..], |texts| texts.value(row).as_bytes());
    Ok(read_cells(column, notation, rows, |row| binding.cell(index, |_| cell(row))))
}

/// The column as it stands, when its type says what it means; `None` sends it through its text.
fn typed(column: &Column, values: &ArrayRef, notation: &Notation) -> Result<Option<Filled>, Fault> {
    let required = column.required;
    Ok(match (column.kind, values.data_type()) {
        (_, DataType::Dictionary(_, inner)) => {
            let plain = cast(values, inner)?;
            typed(column, &plain, notation)?
        }
        (_, DataType::LargeUtf8 | DataType::Utf8View) => typed(column, &cast(values, &DataType::Utf8)?, notation)?,
        (Kind::Text, DataType::Utf8) if clean(values.as_string(), required) => Some((values.clone(), Vec::new())),
        (Kind::Code(codes), DataType::Utf8) if coded(values.as_string(), codes, required) => Some((values.clone(), Vec::new())),
        (Kind::Date, DataType::Date32) => Some(checked::<Date32Type>(values, required, cell::day_in_range)),
        (Kind::Date, DataType::Timestamp(..)) => {
            let days = cast(values, &DataType::Date32)?;
            Some(checked::<Date32Type>(&days, required, cell::day_in_range))
        }
        (Kind::DateTime, DataType::Timestamp(..) | DataType::Date32) => {
            let seconds = cast(values, &DataType::Timestamp(TimeUnit::Second, None))?;
            Some(checked::<TimestampSecondType>(&seconds, required, cell::seconds_in_range))
        }
        (Kind::Money(sign), DataType::Int64) => {
            let fen_a_unit = match notation.money {
                MoneyUnit::Wan => 1_000_000,
                _ => 1,
            };
            Some(checked::<Int64Type>(values, required, |amount| {
                cell::fen_allowed(amount.checked_mul(fen_a_unit).ok_or(RowRefused::AmountTooLarge)?, sign)
            }))
        }
        (Kind::Money(sign), DataType::Decimal128(_, scale @ 0..=2)) if notation.money == MoneyUnit::Yuan => {
            let fen: ArrayRef = Arc::new(scaled(values.as_primitive(), 2 - scale.unsigned_abs()));
            Some(checked::<Int64Type>(&fen, required, |fen| cell::fen_allowed(fen, sign)))
        }
        (Kind::Rate, DataType::Int64) => Some(checked::<Int64Type>(values, required, cell::ppm_allowed)),
        (Kind::Rate, DataType::Decimal128(_, scale @ 0..=6)) => {
            let ppm: ArrayRef = Arc::new(scaled(values.as_primitive(), 6 - scale.unsigned_abs()));
            Some(checked::<Int64Type>(&ppm, required, cell::ppm_allowed))
        }
        (Kind::Int, DataType::Int32) => {
            Some(checked::<Int32Type>(values, required, |number| cell::whole_allowed(i64::from(number))))
        }
        (Kind::Int, kind) if kind.is_integer() => {
            let long = cast(values, &DataType::Int64)?;
            let long: &Int64Array = long.as_primitive();
            if long.iter().flatten().any(|number| cell::whole_allowed(number).is_err()) {
                return Ok(None);
            }
            let int: ArrayRef = Arc::new(long.unary::<_, Int32Type>(|number| number as i32));
            Some(checked::<Int32Type>(&int, required, Ok))
        }
        (Kind::Bool, DataType::Boolean) if !required || values.null_count() == 0 => Some((values.clone(), Vec::new())),
        _ => None,
    })
}

/// Whether every text is a code as it stands.
fn coded(texts: &StringArray, codes: &[&str], required: bool) -> bool {
    let mut last = None;
    (texts.null_count() == 0 || !required)
        && texts.iter().flatten().all(|text| {
            let known = last == Some(text) || codes.contains(&text);
            last = Some(text);
            known
        })
}

/// Whether every text can stay as it is: nothing empty, nothing to trim, nothing endless.
fn clean(texts: &StringArray, required: bool) -> bool {
    let bytes = texts.value_data();
    let fine = |from: usize, to: usize| {
        from < to
            && to - from <= LONGEST_TEXT
            && !bytes[from].is_ascii_whitespace()
            && !bytes[to - 1].is_ascii_whitespace()
    };
    (texts.null_count() == 0 || !required)
        && texts
            .value_offsets()
            .windows(2)
            .enumerate()
            .all(|(row, ends)| texts.is_null(row) || fine(ends[0] as usize, ends[1] as usize))
}

fn checked<T: ArrowPrimitiveType>(
    values: &ArrayRef,
    required: bool,
    check: impl Fn(T::Native) -> Result<T::Native, RowRefused>,
) -> Filled {
    let values: &PrimitiveArray<T> = values.as_primitive();
    let same = |value: T::Native| check(value).is_ok_and(|checked| checked == value);
    if values.null_count() == 0 && values.values().iter().all(|&value| same(value)) {
        return (Arc::new(values.clone()), Vec::new());
    }
    let mut bad = Vec::new();
    let checked = PrimitiveArray::<T>::from_iter(values.iter().enumerate().map(|(row, value)| match value.map(&check) {
        Some(Ok(value)) => Some(value),
        Some(Err(why)) => {
            bad.push((row, why));
            None
        }
        None => {
            if required {
                bad.push((row, RowRefused::FieldMissing));
            }
            None
        }
    }));
    (Arc::new(checked), bad)
}

/// The decimals as whole numbers of their last place moved by `places`; out of range becomes the largest.
fn scaled(values: &Decimal128Array, places: u8) -> Int64Array {
    let factor = 10i128.pow(u32::from(places));
    values.unary(|value| {
        let value = value.checked_mul(factor).unwrap_or(i128::MAX);
        i64::try_from(value).unwrap_or(i64::MAX)
    })
}

/// A column as delimited text would have it.
fn as_text(values: &ArrayRef, meaning: Option<Kind>) -> Result<StringArray, Fault> {
    let places = match meaning {
        Some(Kind::Money(_)) => 2,
        Some(Kind::Rate) => 6,
        _ => 0,
    };
    let values: ArrayRef = match (meaning, values.data_type()) {
        (Some(Kind::Date), DataType::Timestamp(..)) => cast(values, &DataType::Date32)?,
        (_, DataType::Int64) if places > 0 => {
            let wide = values.as_primitive::<Int64Type>().unary::<_, Decimal128Type>(i128::from);
            Arc::new(wide.with_precision_and_scale(38, places)?)
        }
        _ => values.clone(),
    };
    Ok(cast(&values, &DataType::Utf8)?.as_string::<i32>().clone())
}

impl Records for Columnar {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        while self.texts.first().is_none_or(|texts| self.at >= texts.len()) {
            let Some(batch) = self.batches.next().transpose()? else { return Ok(false) };
            self.texts = (0..batch.num_columns())
                .map(|at| {
                    let meaning = self.meanings.iter().find(|meaning| meaning.0 == at).map(|meaning| meaning.1);
                    as_text(batch.column(at), meaning)
                })
                .collect::<Result<_, Fault>>()?;
            self.at = 0;
        }
        self.first_row += 1;
        Ok(true)
    }

    /// A Parquet file has no lines: its records are counted from 1.
    fn line(&self) -> u64 {
        self.first_row as u64
    }

    fn width(&self) -> usize {
        self.header.len()
    }

    fn field(&self, at: usize) -> &[u8] {
        let texts = &self.texts[at];
        if texts.is_null(self.at) { b"" } else { texts.value(self.at).as_bytes() }
    }
}
