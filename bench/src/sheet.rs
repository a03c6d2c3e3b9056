//! One file of a table, written row by row as Parquet or as CSV with the lake's own columns.

use anyhow::{Context, Result};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, TimestampSecondType};
use lake::schema::{Kind, Table, table};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use units::Date;

/// How a book is delivered (文件格式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Parquet,
    /// Amounts in yuan, rates as decimals, ISO dates.
    Csv,
}

/// One file being written (表文件).
pub struct Sheet {
    table: &'static Table,
    out: Out,
    pub rows: usize,
}

enum Out {
    Parquet(ArrowWriter<File>),
    Csv(BufWriter<File>),
}

impl Sheet {
    pub fn create(folder: &Path, name: &str, format: Format) -> Result<Sheet> {
        let table = table(name).expect("a table of the book");
        let ending = if format == Format::Csv { "csv" } else { "parquet" };
        let path = folder.join(format!("{name}.{ending}"));
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        let out = match format {
            Format::Parquet => {
                let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
                Out::Parquet(ArrowWriter::try_new(file, table.staged_schema(), Some(properties))?)
            }
            Format::Csv => {
                let mut file = BufWriter::new(file);
                let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
                writeln!(file, "{}", names.join(","))?;
                Out::Csv(file)
            }
        };
        Ok(Sheet { table, out, rows: 0 })
    }

    /// Columns that are not given are empty.
    pub fn write(&mut self, given: &[(&str, ArrayRef)]) -> Result<()> {
        let rows = given[0].1.len();
        let columns = self.table.columns.iter().map(|column| {
            let found = given.iter().find(|(name, _)| *name == column.name);
            found.map_or_else(|| new_null_array(&column.data_type(), rows), |(_, values)| values.clone())
        });
        let batch = RecordBatch::try_new(self.table.staged_schema(), columns.collect())?;
        match &mut self.out {
            Out::Parquet(writer) => writer.write(&batch)?,
            Out::Csv(file) => write_rows(file, self.table, &batch)?,
        }
        self.rows += rows;
        Ok(())
    }

    pub fn close(self) -> Result<()> {
        let closed = match self.out {
            Out::Parquet(writer) => writer.close().map(drop).map_err(anyhow::Error::from),
            Out::Csv(mut file) => file.flush().map_err(anyhow::Error::from),
        };
        closed.with_context(|| format!("writing {}", self.table.name))
    }
}

/// No text of the bench holds a comma or a quote, so nothing is quoted.
fn write_rows(out: &mut impl Write, table: &Table, batch: &RecordBatch) -> Result<()> {
    for row in 0..batch.num_rows() {
        for (at, column) in table.columns.iter().enumerate() {
            if at > 0 {
                out.write_all(b",")?;
            }
            if batch.column(at).is_valid(row) {
                write_cell(out, column.kind, batch.column(at), row)?;
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_cell(out: &mut impl Write, kind: Kind, column: &ArrayRef, row: usize) -> Result<()> {
    let long = || column.as_primitive::<Int64Type>().value(row);
    match kind {
        Kind::Text | Kind::Code(_) => out.write_all(column.as_string::<i32>().value(row).as_bytes())?,
        Kind::Date => write!(out, "{}", Date::new(column.as_primitive::<Date32Type>().value(row)))?,
        Kind::DateTime => {
            let seconds = column.as_primitive::<TimestampSecondType>().value(row);
            let (day, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
            let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
            write!(out, "{} {hour:02}:{minute:02}:{second:02}", Date::new(i32::try_from(day)?))?;
        }
        Kind::Money(_) => write!(out, "{}.{:02}", long() / 100, long() % 100)?,
        Kind::Rate => write!(out, "{}.{:06}", long() / 1_000_000, long() % 1_000_000)?,
        Kind::Int => write!(out, "{}", column.as_primitive::<Int32Type>().value(row))?,
        Kind::Bool => write!(out, "{}", column.as_boolean().value(row))?,
    }
    Ok(())
}
