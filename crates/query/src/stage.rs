//! Foreign files into canonical ones: one SELECT over delimited text (导入前整形).
//!
//! Where a column mapping is not enough (a balance to be differenced, a code to be joined), a
//! mapping is a SELECT whose result has the canonical columns.

use crate::exact::Stored;
use crate::session::{Limits, Session};
use crate::write::{OutputFormat, write};
use anyhow::Context;
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::csv::reader::Format;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A delimited text file that SQL sees as a table; every column is text, empty fields are null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSource {
    /// The table's name in SQL.
    pub name: String,
    /// UTF-8, plain or gzipped (`.gz`).
    pub path: PathBuf,
    pub delimiter: u8,
    pub header: Header,
    pub short_rows: ShortRows,
}

/// Whether the first line names the columns (表头).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    #[default]
    Named,
    /// No names in the file: the columns are `column_1`, `column_2` …
    Unnamed,
}

/// What becomes of a record with fewer fields than there are columns (字段不足的记录).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShortRows {
    /// The file is damaged and nothing is written.
    #[default]
    Refused,
    /// The fields it lacks are null.
    Filled,
}

/// Runs one SELECT over the sources and writes its rows to `out`, as Parquet or CSV by its ending.
///
/// Says how many rows were written. The file is complete or, on an error, removed.
pub fn run(sql: &str, sources: &[TextSource], out: &Path) -> anyhow::Result<usize> {
    let format = match out.extension().and_then(|ending| ending.to_str()) {
        Some("parquet") => OutputFormat::Parquet,
        Some("csv") => OutputFormat::Csv,
        _ => anyhow::bail!("{} ends neither in .parquet nor in .csv", out.display()),
    };
    let mut session = Session::new(Limits::default())?;
    for source in sources {
        add(&mut session, source).with_context(|| format!("reading {}", source.path.display()))?;
    }
    let rows = session.query(sql)?;
    let written = (|| {
        let mut file = BufWriter::new(File::create(out)?);
        let count = write(rows, format, &mut file)?;
        file.flush()?;
        Ok(count)
    })();
    if written.is_err() {
        // Nobody may take half an answer for a whole one; the error itself is worth more than a
        // failed removal of a file that may not exist.
        let _ = std::fs::remove_file(out);
    }
    written
}

fn add(session: &mut Session, source: &TextSource) -> anyhow::Result<()> {
    let named = source.header == Header::Named;
    let format = Format::default()
        .with_header(named)
        .with_delimiter(source.delimiter)
        .with_truncated_rows(source.short_rows == ShortRows::Filled);
    let (found, _) = format.infer_schema(open(&source.path)?, Some(usize::from(!named)))?;
    let texts = found.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    let schema: SchemaRef = Arc::new(Schema::new(texts.collect::<Vec<_>>()));
    let (path, wanted) = (source.path.clone(), schema.clone());
    let no_units = |_: &Field| -> Option<Stored> { None };
    session.add_stream(
        &source.name,
        schema,
        &no_units,
        Arc::new(move || {
            let reader = ReaderBuilder::new(wanted.clone()).with_format(format.clone()).build_buffered(open(&path)?)?;
            let path = path.clone();
            Ok(Box::new(reader.map(move |batch| batch.with_context(|| format!("reading {}", path.display())))))
        }),
    )
}

fn open(path: &Path) -> anyhow::Result<BufReader<Box<dyn Read + Send>>> {
    let file = File::open(path)?;
    let gzipped = path.extension().is_some_and(|ending| ending == "gz");
    let bytes: Box<dyn Read + Send> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::with_capacity(1 << 16, bytes))
}
