//! Parquet: columns of the right type pass through untouched after one look at their values.

use super::ahead::Ahead;
use super::{Records, hostile, unreadable};
use crate::chunk::{CHUNK_ROWS, Chunk, Filled, Notation, read_cells};
use crate::fault::{Context, Fault};
use crate::hands;
use crate::mapping::{Binding, MOST_COLUMNS};
use crate::refused::RowRefused;
use crate::schema::{Column, Kind, Table};
use crate::source::cell::{self, LONGEST_TEXT, MoneyUnit};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, SchemaRef, TimeUnit, TimestampSecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};
use std::cmp::Reverse;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The records of a Parquet file (列式文件), as its rejects show them.
pub struct Columnar {
    /// The file's name, for refusals.
    name: String,
    schema: SchemaRef,
    columns: Vec<OneColumn>,
    header: Vec<String>,
    first_row: usize,
    /// The batch under the record cursor, every column as text.
    texts: Vec<StringArray>,
    at: usize,
    /// Columns whose numbers mean fen, parts per million or days, and are written as such.
    meanings: Vec<(usize, Kind)>,
}

/// What one column of a chunk may take: twice the longest texts there may be. A page of a few bytes can say
/// one long text over and over.
const LARGEST_COLUMN: usize = 2 * CHUNK_ROWS * LONGEST_TEXT;
/// A page that unpacks to more is no page: writers make them of a megabyte or two.
const LARGEST_PAGE: u64 = 1 << 28;
/// More rows than one import takes; a file can claim any number.
const MOST_ROWS: i64 = 1 << 32;

/// A file whose reader is told no more than there is (受查文件): no bytes beyond its end, no page that
/// says it unpacks to gigabytes.
#[derive(Clone)]
struct Sober {
    /// Columns are read by several threads; a file has one place it stands at.
    file: Arc<Mutex<File>>,
    length: u64,
}

/// A place in a file of one's own, however many others read it (独立读位).
struct At {
    file: Arc<Mutex<File>>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().map_err(|_| io::Error::other("another reader of the file failed"))?;
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(to)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Sober {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Sober {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> ParquetResult<BufReader<At>> {
        let mut from = BufReader::new(At { file: self.file.clone(), at: start });
        let is_footer = start + 8 == self.length;
        let page = if is_footer { Some(0) } else { unpacked_page(from.fill_buf()?) };
        match page {
            Some(..=LARGEST_PAGE) => Ok(from),
            _ => Err(ParquetError::General(format!("the page at byte {start} has no header that can be believed"))),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<bytes::Bytes> {
        match start.checked_add(length as u64) {
            Some(end) if end <= self.length => {
                let mut bytes = vec![0; length];
                At { file: self.file.clone(), at: start }.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
            _ => Err(ParquetError::EOF(format!("{length} bytes at byte {start} lie beyond the end"))),
        }
    }
}

/// What a page header says its page unpacks to: the second of the two numbers it begins with.
fn unpacked_page(header: &[u8]) -> Option<u64> {
    let (_kind, rest) = number(header)?;
    Some(number(rest)?.0)
}

/// A field of Thrift's compact protocol that holds a 32-bit number and has the next number of its struct.
fn number(from: &[u8]) -> Option<(u64, &[u8])> {
    const NEXT_NUMBER: u8 = 0x15;
    let digits = from.strip_prefix(&[NEXT_NUMBER])?;
    let last = digits.iter().take(5).position(|digit| digit & 0x80 == 0)?;
    let number = digits[..=last].iter().rev().fold(0, |number, digit| number << 7 | u64::from(digit & 0x7F));
    // Zigzag: an even number is half of it, an odd one is negative.
    (number % 2 == 0).then_some((number / 2, &digits[last + 1..]))
}

/// A file whose footer has been read and believed (已核文件).
struct Footed {
    name: String,
    file: Sober,
    metadata: ArrowReaderMetadata,
}

impl Footed {
    fn open(path: &Path, name: &str) -> Result<Footed, Fault> {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let length = file.metadata()?.len();
        let file = Sober { file: Arc::new(Mutex::new(file)), length };
        let metadata = hostile(name, || ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()))?;
        if let Some(nested) = metadata.schema().fields().iter().find(|field| field.data_type().is_nested()) {
            return Err(unreadable(name, format!("column {} holds lists or records instead of values", nested.name())));
        }
        let rows = metadata.metadata().row_groups().iter().map(|group| group.num_rows());
        if rows.fold(0i64, i64::saturating_add) >= MOST_ROWS {
            return Err(unreadable(name, "it claims more rows than one import takes"));
        }
        Ok(Footed { name: name.to_owned(), file, metadata })
    }

    fn header(&self) -> Vec<String> {
        self.metadata.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// One column by its place in the header: a column that swells is seen before the next is read.
    fn column(&self, at: usize) -> Result<OneColumn, Fault> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone());
        let only = ProjectionMask::roots(self.metadata.parquet_schema(), [at]);
        let reader = hostile(&self.name, || builder.with_projection(only).with_batch_size(CHUNK_ROWS).build())?;
        let column = self.metadata.schema().field(at).name().clone();
        Ok(OneColumn { name: self.name.clone(), column, reader })
    }
}

/// One column of a file, read a chunk at a time (单列).
struct OneColumn {
    name: String,
    column: String,
    reader: ParquetRecordBatchReader,
}

impl OneColumn {
    fn next(&mut self) -> Result<Option<ArrayRef>, Fault> {
        let Some(batch) = hostile(&self.name, || self.reader.next().transpose())? else { return Ok(None) };
        let values = batch.column(0);
        if values.get_buffer_memory_size() > LARGEST_COLUMN {
            let problem = format!("column {} holds texts much longer than {LONGEST_TEXT} bytes", self.column);
            return Err(unreadable(&self.name, problem));
        }
        Ok(Some(values.clone()))
    }
}

impl Columnar {
    pub fn open(path: &Path, name: &str) -> Result<Columnar, Fault> {
        let file = Footed::open(path, name)?;
        let header = file.header();
        // A header too wide is refused by whoever binds it, before a row is asked for.
        let columns = (0..header.len().min(MOST_COLUMNS)).map(|at| file.column(at)).collect::<Result<_, Fault>>()?;
        let (name, schema) = (name.to_owned(), file.metadata.schema().clone());
        Ok(Columnar { name, schema, columns, header, first_row: 0, texts: Vec::new(), at: 0, meanings: Vec::new() })
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let Some(values) = column.next()? else { break };
            columns.push(values);
        }
        if columns.is_empty() {
            return Ok(None);
        }
        hostile(&self.name, || RecordBatch::try_new(self.schema.clone(), columns)).map(Some)
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
    pub fn open(
        path: &Path,
        name: &str,
        table: &'static Table,
        binding: &Binding,
        notation: &Notation,
    ) -> Result<Columns, Fault> {
        let file = Footed::open(path, name)?;
        let shares = shares(file.metadata.metadata(), table, binding).into_iter().map(|share| {
            let mut readers: Vec<OneColumn> =
                share.sources.iter().map(|&at| file.column(at)).collect::<Result<_, Fault>>()?;
            let (binding, notation, name) = (binding.clone(), notation.clone(), name.to_owned());
            Ok(Ahead::new(move || {
                let read: Vec<ArrayRef> =
                    readers.iter_mut().filter_map(|reader| reader.next().transpose()).collect::<Result<_, Fault>>()?;
                let Some(rows) = read.first().map(Array::len) else { return Ok(None) };
                if read.len() < readers.len() || read.iter().any(|column| column.len() != rows) {
                    return Err(unreadable(&name, "its columns are of different lengths"));
                }
                let source = |at: usize| &read[share.sources.binary_search(&at).expect("a share has its sources")];
                let columns = share.columns.iter().map(|&index| {
                    let column = &table.columns[index];
                    let from = binding.source(index).map(source);
                    Ok((index, fill(column, index, from, rows, &binding, &notation)?))
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
        (0..hands::offered()).map(|_| Share { sources: Vec::new(), columns: Vec::new(), weight: 0 }).collect();
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
            let Some(batch) = self.next_batch()? else { return Ok(false) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_header_says_what_its_page_unpacks_to() {
        let check = |header: &[u8], expect| assert_eq!(unpacked_page(header), expect, "{header:02X?}");
        check(&[0x15, 0x00, 0x15, 0x20, 0x15, 0x20], Some(16));
        check(&[0x15, 0x04, 0x15, 0x80, 0x80, 0x80, 0x80, 0x04, 0x15, 0x02], Some(1 << 29));
        check(&[0x15, 0x00, 0x15, 0x01], None);
        check(&[0x15, 0x00, 0x05, 0x04, 0x20], None);
        check(&[0x15, 0x00, 0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], None);
        check(b"", None);
    }
}
