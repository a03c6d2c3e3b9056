//! A stretch of rows on its way in: typed columns, and what was wrong with which row.

use crate::mapping::Binding;
use crate::personal::RejectedCells;
use crate::refused::{Rejection, RowRefused};
use crate::schema::{Column, Kind, Table};
use crate::source::cell::{self, DateFormat, MoneyUnit};
use arrow::array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray, new_null_array};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, TimestampSecondType};
use std::sync::Arc;

/// Rows per chunk: a column of them fits the processor's cache.
pub const CHUNK_ROWS: usize = 16_384;

/// Rows read from one file (行块): the table's columns, a null where a cell was empty or bad.
pub struct Chunk {
    /// The number of the first row within its file.
    pub first_row: usize,
    pub columns: Vec<ArrayRef>,
    /// At most one per row, in row order; rows are numbered within the file.
    pub rejections: Vec<Rejection>,
}

/// One column of a chunk, and the rows it is bad in, counted from the chunk's first.
pub type Filled = (ArrayRef, Vec<(usize, RowRefused)>);

impl Chunk {
    /// From the columns of the table, in their order.
    pub fn new(filled: Vec<Filled>) -> Chunk {
        let mut columns = Vec::with_capacity(filled.len());
        let mut rejections: Vec<Rejection> = Vec::new();
        for (index, (column, bad)) in filled.into_iter().enumerate() {
            columns.push(column);
            rejections.extend(bad.into_iter().map(|(row, why)| Rejection::new(row, index, why)));
        }
        // One reason per row: the gravest.
        rejections.sort_by_key(|rejection| (rejection.row, rejection.why, rejection.column));
        rejections.dedup_by_key(|rejection| rejection.row);
        Chunk { first_row: 0, columns, rejections }
    }

    pub fn len(&self) -> usize {
        self.columns[0].len()
    }

    /// The same rows, the first of them numbered `row`.
    pub fn from_row(mut self, row: usize) -> Chunk {
        self.first_row += row;
        self.rejections.iter_mut().for_each(|rejection| rejection.row += row as u32);
        self
    }
}

/// How the cells of one file are written.
#[derive(Clone, Debug, Default)]
pub struct Notation {
    pub date: Option<DateFormat>,
    pub money: MoneyUnit,
}

/// Records as they were written (单元格块): one buffer, and where in it each field lies.
pub struct Fields {
    pub bytes: Vec<u8>,
    places: Vec<(u32, u32)>,
    width: usize,
    /// Records with more or fewer fields than the header has; their fields are as good as empty.
    misfits: Vec<usize>,
}

impl Fields {
    pub fn new(width: usize) -> Fields {
        Fields { bytes: Vec::new(), places: Vec::new(), width: width.max(1), misfits: Vec::new() }
    }

    pub fn rows(&self) -> usize {
        self.places.len() / self.width
    }

    /// Adds a record whose fields lie at these places.
    pub fn push(&mut self, fields: &[(u32, u32)]) {
        if fields.len() == self.width {
            self.places.extend_from_slice(fields);
        } else {
            self.misfits.push(self.rows());
            self.places.resize(self.places.len() + self.width, (0, 0));
        }
    }

    fn field(&self, row: usize, at: usize) -> &[u8] {
        let (from, to) = self.places[row * self.width + at];
        &self.bytes[from as usize..to as usize]
    }

    /// Opens what was sealed when these records were rejected.
    pub fn open_rejected(&mut self, cells: &RejectedCells) {
        for at in 0..self.places.len() {
            let (from, to) = self.places[at];
            if let Some(text) = cells.open(&self.bytes[from as usize..to as usize]) {
                let from = self.bytes.len();
                self.bytes.extend(text);
                self.places[at] = (from as u32, self.bytes.len() as u32);
            }
        }
    }

    /// The records as columns of `table`.
    pub fn read(&self, table: &Table, binding: &Binding, notation: &Notation) -> Chunk {
        let rows = self.rows();
        let column = |(index, column): (usize, &Column)| {
            if binding.is_empty_column(index) {
                return (new_null_array(&column.data_type(), rows), Vec::new());
            }
            match binding.plain_source(index) {
                Some(at) => read_cells(column, notation, rows, |row| Ok(self.field(row, at))),
                None => read_cells(column, notation, rows, |row| binding.cell(index, |at| self.field(row, at))),
            }
        };
        let mut filled: Vec<Filled> = table.columns.iter().enumerate().map(column).collect();
        filled[0].1.extend(self.misfits.iter().map(|&row| (row, RowRefused::WrongFieldCount)));
        Chunk::new(filled)
    }
}

/// One column out of its cells: a bad one becomes a null.
pub fn read_cells<'a>(
    column: &Column,
    notation: &Notation,
    rows: usize,
    cell: impl Fn(usize) -> Result<&'a [u8], RowRefused>,
) -> Filled {
    let date = notation.date.as_ref();
    let mut bad = Vec::new();
    let cells = Cells { required: column.required, rows, cell, bad: &mut bad };
    let values: ArrayRef = match column.kind {
        Kind::Text => Arc::new(StringArray::from_iter(cells.parse(text_allowed))),
        Kind::Code(codes) => Arc::new(StringArray::from_iter(cells.parse(|raw| code_allowed(raw, codes)))),
        Kind::Date => cells.numbers::<Date32Type>(|raw| cell::day(raw, date)),
        Kind::DateTime => cells.numbers::<TimestampSecondType>(|raw| cell::seconds(raw, date)),
        Kind::Money(sign) => cells.numbers::<Int64Type>(|raw| cell::fen(raw, notation.money, sign)),
        Kind::Rate => cells.numbers::<Int64Type>(cell::ppm),
        Kind::Int => cells.numbers::<Int32Type>(cell::whole),
        Kind::Bool => Arc::new(BooleanArray::from_iter(cells.parse(cell::yes_no))),
    };
    (values, bad)
}

/// The cells of one column, top to bottom.
struct Cells<'b, C> {
    required: bool,
    rows: usize,
    cell: C,
    bad: &'b mut Vec<(usize, RowRefused)>,
}

impl<'a, 'b, C: Fn(usize) -> Result<&'a [u8], RowRefused> + 'b> Cells<'b, C> {
    fn parse<T>(self, parse: impl Fn(&'a [u8]) -> Result<T, RowRefused> + 'b) -> impl Iterator<Item = Option<T>> + 'b
    where
        'a: 'b,
    {
        (0..self.rows).map(move |row| {
            let found = (self.cell)(row).and_then(|raw| match raw.trim_ascii() {
                b"" if self.required => Err(RowRefused::FieldMissing),
                b"" => Ok(None),
                raw => parse(raw).map(Some),
            });
            found.unwrap_or_else(|why| {
                self.bad.push((row, why));
                None
            })
        })
    }

    fn numbers<T: ArrowPrimitiveType>(self, parse: impl Fn(&'a [u8]) -> Result<T::Native, RowRefused> + 'b) -> ArrayRef
    where
        'a: 'b,
    {
        Arc::new(PrimitiveArray::<T>::from_iter(self.parse(parse)))
    }
}

/// The text of a field: UTF-8, not endless.
fn text_allowed(raw: &[u8]) -> Result<&str, RowRefused> {
    let text = std::str::from_utf8(raw).map_err(|_| RowRefused::NotInEncoding)?;
    if text.len() > cell::LONGEST_TEXT {
        Err(RowRefused::TooLong)
    } else if !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER) {
        Err(RowRefused::NotInEncoding)
    } else {
        Ok(text)
    }
}

fn code_allowed<'a>(raw: &'a [u8], codes: &[&str]) -> Result<&'a str, RowRefused> {
    let text = std::str::from_utf8(raw).map_err(|_| RowRefused::NotInEncoding)?;
    if codes.contains(&text) { Ok(text) } else { Err(RowRefused::UnknownCode) }
}
