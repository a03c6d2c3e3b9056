//! A stretch of rows on its way in: typed columns, and what was wrong with which row.

use crate::refused::{Rejection, RowRefused};
use crate::schema::{Kind, Table};
use crate::source::cell::{self, DateFormat, MoneyUnit};
use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int32Builder, Int64Builder, StringBuilder, TimestampSecondBuilder,
};
use std::sync::Arc;

/// Rows per chunk.
pub const CHUNK_ROWS: usize = 65_536;

/// Rows read from one file (行块): the table's columns, a null where a cell was empty or bad.
pub struct Chunk {
    /// The number of the first row within its file.
    pub first_row: usize,
    pub columns: Vec<ArrayRef>,
    /// At most one per row, in row order; rows are numbered within the file.
    pub rejections: Vec<Rejection>,
}

impl Chunk {
    pub fn len(&self) -> usize {
        self.columns[0].len()
    }
}

/// How the cells of one file are written.
#[derive(Clone, Debug, Default)]
pub struct Notation {
    pub date: Option<DateFormat>,
    pub money: MoneyUnit,
}

/// Collects cells into a chunk.
pub struct ChunkBuilder {
    table: &'static Table,
    columns: Vec<Cells>,
    first_row: usize,
    rows: usize,
    rejections: Vec<Rejection>,
}

enum Values {
    Text(StringBuilder),
    Day(Date32Builder),
    Seconds(TimestampSecondBuilder),
    Long(Int64Builder),
    Int(Int32Builder),
    Bool(BooleanBuilder),
}

/// One column under construction.
pub struct Cells {
    kind: Kind,
    required: bool,
    notation: Notation,
    values: Values,
}

impl Cells {
    pub fn new(kind: Kind, required: bool, notation: &Notation) -> Cells {
        let values = match kind {
            Kind::Text | Kind::Code(_) => Values::Text(StringBuilder::new()),
            Kind::Date => Values::Day(Date32Builder::new()),
            Kind::DateTime => Values::Seconds(TimestampSecondBuilder::new()),
            Kind::Money(_) | Kind::Rate => Values::Long(Int64Builder::new()),
            Kind::Int => Values::Int(Int32Builder::new()),
            Kind::Bool => Values::Bool(BooleanBuilder::new()),
        };
        Cells { kind, required, notation: notation.clone(), values }
    }

    /// Adds a cell; a bad one adds a null and says why.
    pub fn push(&mut self, raw: &[u8]) -> Result<(), RowRefused> {
        let raw = raw.trim_ascii();
        if raw.is_empty() {
            self.push_null();
            return if self.required { Err(RowRefused::FieldMissing) } else { Ok(()) };
        }
        let result = self.push_value(raw);
        if result.is_err() {
            self.push_null();
        }
        result
    }

    fn push_value(&mut self, raw: &[u8]) -> Result<(), RowRefused> {
        let date = self.notation.date.as_ref();
        match (&mut self.values, self.kind) {
            (Values::Text(to), Kind::Code(codes)) => {
                let text = std::str::from_utf8(raw).map_err(|_| RowRefused::NotInEncoding)?;
                to.append_value(code_allowed(text, codes)?);
            }
            (Values::Text(to), _) => to.append_value(text_allowed(raw)?),
            (Values::Day(to), _) => to.append_value(cell::day(raw, date)?),
            (Values::Seconds(to), _) => to.append_value(cell::seconds(raw, date)?),
            (Values::Long(to), Kind::Money(sign)) => to.append_value(cell::fen(raw, self.notation.money, sign)?),
            (Values::Long(to), _) => to.append_value(cell::ppm(raw)?),
            (Values::Int(to), _) => to.append_value(cell::whole(raw)?),
            (Values::Bool(to), _) => to.append_value(cell::yes_no(raw)?),
        }
        Ok(())
    }

    pub fn push_null(&mut self) {
        match &mut self.values {
            Values::Text(to) => to.append_null(),
            Values::Day(to) => to.append_null(),
            Values::Seconds(to) => to.append_null(),
            Values::Long(to) => to.append_null(),
            Values::Int(to) => to.append_null(),
            Values::Bool(to) => to.append_null(),
        }
    }

    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::Text(from) => Arc::new(from.finish()),
            Values::Day(from) => Arc::new(from.finish()),
            Values::Seconds(from) => Arc::new(from.finish()),
            Values::Long(from) => Arc::new(from.finish()),
            Values::Int(from) => Arc::new(from.finish()),
            Values::Bool(from) => Arc::new(from.finish()),
        }
    }
}

/// The text of a field: UTF-8, not endless.
pub fn text_allowed(raw: &[u8]) -> Result<&str, RowRefused> {
    let text = std::str::from_utf8(raw).map_err(|_| RowRefused::NotInEncoding)?;
    if text.len() > cell::LONGEST_TEXT {
        Err(RowRefused::TooLong)
    } else if !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER) {
        Err(RowRefused::NotInEncoding)
    } else {
        Ok(text)
    }
}

pub fn code_allowed<'a>(text: &'a str, codes: &[&str]) -> Result<&'a str, RowRefused> {
    if codes.contains(&text) { Ok(text) } else { Err(RowRefused::UnknownCode) }
}

impl ChunkBuilder {
    pub fn new(table: &'static Table, notation: &Notation) -> ChunkBuilder {
        let columns = table.columns.iter().map(|column| Cells::new(column.kind, column.required, notation)).collect();
        ChunkBuilder { table, columns, first_row: 0, rows: 0, rejections: Vec::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row whose cell for each column of the table is given by `cell`.
    pub fn push<'a>(&mut self, cell: impl Fn(usize) -> Result<&'a [u8], RowRefused>) {
        let row = self.first_row + self.rows;
        let mut worst: Option<Rejection> = None;
        for (index, column) in self.columns.iter_mut().enumerate() {
            let result = match cell(index) {
                Ok(raw) => column.push(raw),
                Err(why) => {
                    column.push_null();
                    Err(why)
                }
            };
            if let Err(why) = result {
                let found = Rejection::new(row, index, why);
                worst = Some(worst.map_or(found, |worst| worst.graver(found)));
            }
        }
        self.rows += 1;
        self.rejections.extend(worst);
    }

    /// Adds a row that cannot be read at all.
    pub fn push_unreadable(&mut self, why: RowRefused) {
        self.rejections.push(Rejection::new(self.first_row + self.rows, 0, why));
        self.columns.iter_mut().for_each(Cells::push_null);
        self.rows += 1;
    }

    /// The rows so far; the builder goes on with the next.
    pub fn finish(&mut self) -> Chunk {
        let chunk = Chunk {
            first_row: self.first_row,
            columns: self.columns.iter_mut().map(Cells::finish).collect(),
            rejections: std::mem::take(&mut self.rejections),
        };
        self.first_row += self.rows;
        self.rows = 0;
        debug_assert_eq!(chunk.columns.len(), self.table.columns.len());
        chunk
    }
}
