//! An answer as text or as a file.

use crate::refused::QueryRefused;
use crate::session::Rows;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::arrow::{csv, json};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use std::io::Write;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;
use units::{Money, coded};

coded! {
    /// How an answer is written (输出格式).
    OutputFormat {
        Table = "table",
        Csv = "csv",
        Json = "json",
        Parquet = "parquet",
    }
}

/// Writes all rows and says how many there were.
///
/// A refusal that comes while rows are computed is the error's source: see [`refusal_in`]. Text
/// and Parquet are written batch by batch; a table for people is held until its widths are known.
pub fn write(rows: Rows<'_>, format: OutputFormat, out: impl Write + Send) -> anyhow::Result<usize> {
    match format {
        OutputFormat::Table => write_table(rows, out),
        OutputFormat::Csv => write_csv(rows, out),
        OutputFormat::Json => write_json(rows, out),
        OutputFormat::Parquet => write_parquet(rows, out),
    }
}

/// The refusal that stopped the writing, if that is what did.
pub fn refusal_in(error: &anyhow::Error) -> Option<&QueryRefused> {
    error.downcast_ref()
}

fn write_csv(rows: Rows<'_>, mut out: impl Write) -> anyhow::Result<usize> {
    let names = RecordBatch::new_empty(rows.schema().clone());
    csv::WriterBuilder::new().with_header(true).build(&mut out).write(&names)?;
    let mut writer = csv::WriterBuilder::new().with_header(false).build(&mut out);
    let mut count = 0;
    for batch in rows {
        let batch = batch?;
        count += batch.num_rows();
        writer.write(&batch)?;
    }
    Ok(count)
}

fn write_json(rows: Rows<'_>, mut out: impl Write) -> anyhow::Result<usize> {
    let mut writer = json::WriterBuilder::new().with_explicit_nulls(true).build::<_, json::writer::JsonArray>(&mut out);
    let mut count = 0;
    for batch in rows {
        let batch = decimals_as_text(&batch?)?;
        count += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.finish()?;
    drop(writer);
    writeln!(out)?;
    Ok(count)
}

/// Amounts stay text in JSON: a reader's floating point would lose fen.
fn decimals_as_text(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields: Vec<Arc<Field>> = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if field.data_type().is_decimal() {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(cast(column, &DataType::Utf8)?);
        } else {
            fields.push(field.clone());
            columns.push(column.clone());
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn write_parquet(rows: Rows<'_>, out: impl Write + Send) -> anyhow::Result<usize> {
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = ArrowWriter::try_new(out, rows.schema().clone(), Some(properties))?;
    let mut count = 0;
    for batch in rows {
        let batch = batch?;
        count += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.close()?;
    Ok(count)
}

fn write_table(rows: Rows<'_>, mut out: impl Write) -> anyhow::Result<usize> {
    let schema = rows.schema().clone();
    let mut lines: Vec<Vec<String>> = vec![schema.fields().iter().map(|field| field.name().clone()).collect()];
    lines.push(Vec::new()); // the rule under the headings, drawn when the widths are known
    for batch in rows {
        push_cells(&mut lines, &batch?)?;
    }
    let mut widths = vec![0; schema.fields().len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.width().max(*width);
        }
    }
    lines[1] = widths.iter().map(|&width| "-".repeat(width)).collect();
    for line in &lines {
        writeln!(out, "{}", aligned(line, &widths, &schema))?;
    }
    Ok(lines.len() - 2)
}

fn push_cells(lines: &mut Vec<Vec<String>>, batch: &RecordBatch) -> Result<(), ArrowError> {
    let options = FormatOptions::default();
    let first = lines.len();
    lines.resize_with(first + batch.num_rows(), Vec::new);
    for column in batch.columns() {
        let plain = ArrayFormatter::try_new(column, &options)?;
        for (row, line) in lines[first..].iter_mut().enumerate() {
            line.push(yuan(column, row).unwrap_or_else(|| plain.value(row).to_string()));
        }
    }
    Ok(())
}

/// People read amounts with separators.
fn yuan(column: &ArrayRef, row: usize) -> Option<String> {
    if !matches!(column.data_type(), DataType::Decimal128(_, 2)) || column.is_null(row) {
        return None;
    }
    let fen = i64::try_from(column.as_primitive::<Decimal128Type>().value(row)).ok()?;
    Some(Money::from_fen(fen).to_string())
}

/// Numbers to the right, the rest to the left; a Chinese character fills two columns.
fn aligned(cells: &[String], widths: &[usize], schema: &SchemaRef) -> String {
    let mut line = String::new();
    for ((cell, &width), field) in cells.iter().zip(widths).zip(schema.fields()) {
        let gap = " ".repeat(width - cell.width());
        let (before, after) = if field.data_type().is_numeric() { (gap.as_str(), "") } else { ("", gap.as_str()) };
        line.extend([before, cell, after, "  "]);
    }
    line.truncate(line.trim_end().len());
    line
}
