//! Files as the lender hands them over: found, opened, and read as chunks of typed columns.

pub(crate) mod ahead;
mod blocks;
pub mod cell;
mod columnar;
mod delimited;
pub mod preview;
mod sheet;
mod unpacked;

use crate::chunk::{CHUNK_ROWS, Chunk, Fields, Notation};
use crate::fault::{Context, Fault, bail};
use crate::mapping::{Binding, Encoding, LayoutRefused, Mapping, TableMapping};
use crate::personal::RejectedCells;
use crate::schema::{self, Kind, TABLES, Table};
use crate::source::cell::MoneyUnit;
use blocks::Blocks;
use columnar::{Columnar, Columns};
use delimited::{Delimited, FromGb18030};
use flate2::read::MultiGzDecoder;
use sheet::Sheet;
use std::fs::{self, File};
use std::fmt::Display;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use unpacked::Unpacked;
use vault::Keys;

/// The longest line of delimited text: ten times the longest row of the widest table, 25 fields of
/// four kilobytes. A file without line ends is not read into memory whole.
pub const LONGEST_LINE: usize = 1 << 20;
/// So many rows that cannot be read mean the wrong file or the wrong mapping; each is kept in memory.
pub const MOST_BAD_ROWS: usize = 1_000_000;

/// A cursor over the records of a file (记录), each field as the bytes it was written in.
pub trait Records {
    fn header(&self) -> &[String];
    /// Goes to the next record; false at the end.
    fn advance(&mut self) -> Result<bool, Fault>;
    /// Where the record stands in its file, as a person counts.
    fn line(&self) -> u64;
    fn width(&self) -> usize;
    fn field(&self, at: usize) -> &[u8];
}

/// One table's file (数据文件).
#[derive(Clone, Debug)]
pub struct TableFile {
    pub table: &'static Table,
    pub path: PathBuf,
    format: Format,
    mapping: Option<TableMapping>,
    /// Set for rows that were rejected before: their sealed cells are opened.
    rejected: Option<RejectedCells>,
}

#[derive(Clone, Debug)]
enum Format {
    Delimited,
    Sheet(String),
    Parquet,
}

/// Reads one table's file chunk by chunk.
pub struct TableReader {
    rows: Rows,
    table: &'static Table,
    read: usize,
    bad_rows: usize,
}

enum Rows {
    Delimited(Blocks),
    Sheet(Sheet, &'static Table, Binding, Notation, Option<RejectedCells>),
    Parquet(Columns),
}

const EXTENSIONS: [&str; 4] = [".csv.gz", ".csv", ".parquet", ".xlsx"];

/// The tables in a folder, or in one file, in the order of [`TABLES`].
pub fn find(from: &Path, mapping: &Mapping) -> Result<Result<Vec<TableFile>, Vec<LayoutRefused>>, Fault> {
    let mut paths = Vec::new();
    if from.is_dir() {
        for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() && EXTENSIONS.iter().any(|extension| name.ends_with(extension)) {
                paths.push(path);
            }
        }
        paths.sort();
    } else if from.is_file() {
        paths.push(from.to_owned());
    } else {
        bail!("there is no file or folder {}", from.display());
    }
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for path in &paths {
        files_of(path, mapping, &mut files, &mut refused)?;
    }
    files.sort_by_key(|file| TABLES.iter().position(|table| table.name == file.table.name));
    for pair in files.windows(2).filter(|pair| pair[0].table.name == pair[1].table.name) {
        refused.push(LayoutRefused::TableTwice {
            table: pair[0].table.name.to_owned(),
            files: format!("{}, {}", pair[0].path.display(), pair[1].path.display()),
        });
    }
    if files.is_empty() && refused.is_empty() {
        refused.push(LayoutRefused::NothingToImport { place: from.display().to_string() });
    }
    Ok(if refused.is_empty() { Ok(files) } else { Err(refused) })
}

/// The tables in one file: its name says which, or its sheets do.
fn files_of(path: &Path, mapping: &Mapping, files: &mut Vec<TableFile>, refused: &mut Vec<LayoutRefused>) -> Result<(), Fault> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = EXTENSIONS.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(&name);
    let table = mapping.table_of_file(&name).or(Some(stem)).and_then(schema::table);
    let of = |table: &'static Table, format| TableFile {
        table,
        path: path.to_owned(),
        format,
        mapping: mapping.table(table.name).cloned(),
        rejected: None,
    };
    if name.ends_with(".xlsx") {
        let sheets = sheet::sheet_names(path, &name)?;
        if let Some(table) = table {
            let wanted = mapping.table(table.name).and_then(|mapping| mapping.sheet.clone());
            let sheet = wanted.or_else(|| sheets.iter().find(|sheet| *sheet == table.name).or(sheets.first()).cloned());
            files.push(of(table, Format::Sheet(sheet.unwrap_or_default())));
            return Ok(());
        }
        let before = files.len();
        files.extend(sheets.into_iter().filter_map(|sheet| Some(of(schema::table(&sheet)?, Format::Sheet(sheet)))));
        if files.len() == before {
            refused.push(LayoutRefused::UnknownTable { name });
        }
        return Ok(());
    }
    match table {
        Some(table) if name.ends_with(".parquet") => files.push(of(table, Format::Parquet)),
        Some(table) => files.push(of(table, Format::Delimited)),
        None => refused.push(LayoutRefused::UnknownTable { name }),
    }
    Ok(())
}

impl TableFile {
    /// The same file as corrected rejects of a batch: its columns are the original ones, its text is UTF-8, and cells
    /// that were left sealed are opened.
    pub fn corrected(self, mapping: &Mapping, keys: Option<&Keys>) -> TableFile {
        let mapping = mapping.table(self.table.name).map(|mapping| TableMapping {
            delimiter: None,
            encoding: Encoding::Utf8,
            ..mapping.clone()
        });
        TableFile { mapping, rejected: RejectedCells::of(self.table, keys), ..self }
    }

    /// The file's name for people.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub fn encoding(&self) -> &'static str {
        match self.mapping.as_ref().map(|mapping| mapping.encoding) {
            Some(Encoding::Gb18030) => "GB18030",
            _ => "UTF-8",
        }
    }

    /// A reader, or what is wrong with the header.
    pub fn open(&self) -> Result<Result<TableReader, Vec<LayoutRefused>>, Fault> {
        let mapping = self.mapping.as_ref();
        let notation = Notation {
            date: mapping.and_then(TableMapping::date),
            money: mapping.and_then(|mapping| mapping.money_unit).unwrap_or_default(),
        };
        let bind = |header: &[String]| Binding::new(self.table, header, mapping);
        let rows = match &self.format {
            Format::Delimited => {
                let text = self.delimited()?;
                bind(text.header()).map(|binding| Ok(Rows::Delimited(Blocks::new(text, self.table, binding, notation, self.rejected.clone()))))
            }
            Format::Sheet(sheet) => {
                let sheet = Sheet::open(&self.path, &self.name(), sheet)?;
                bind(sheet.header()).map(|binding| Ok(Rows::Sheet(sheet, self.table, binding, notation, self.rejected.clone())))
            }
            Format::Parquet => {
                let columnar = Columnar::open(&self.path, &self.name())?;
                bind(columnar.header())
                    .map(|binding| Columns::open(&self.path, &self.name(), self.table, &binding, &notation).map(Rows::Parquet))
            }
        };
        Ok(match rows {
            Ok(rows) => Ok(TableReader { rows: rows?, table: self.table, read: 0, bad_rows: 0 }),
            Err(refused) => Err(refused),
        })
    }

    /// The records as they stand, for the rejects file.
    pub fn records(&self) -> Result<Box<dyn Records>, Fault> {
        Ok(match &self.format {
            Format::Delimited => Box::new(self.delimited()?),
            Format::Sheet(sheet) => Box::new(Sheet::open(&self.path, &self.name(), sheet)?),
            Format::Parquet => {
                let records = Columnar::open(&self.path, &self.name())?;
                let sources = self.sources(records.header());
                let yuan = self.mapping.as_ref().and_then(|mapping| mapping.money_unit).unwrap_or_default() == MoneyUnit::Yuan;
                let meanings = sources.iter().zip(self.table.columns).filter_map(|(source, column)| Some(((*source)?, column.kind)));
                let meanings = meanings.filter(|(_, kind)| yuan || !matches!(kind, Kind::Money(_))).collect();
                Box::new(records.with_meanings(meanings))
            }
        })
    }

    /// For each column of the table, the place in the header it is read from. Call only after `open` succeeded.
    pub fn sources(&self, header: &[String]) -> Vec<Option<usize>> {
        match Binding::new(self.table, header, self.mapping.as_ref()) {
            Ok(binding) => (0..self.table.columns.len()).map(|index| binding.source(index)).collect(),
            Err(_) => vec![None; self.table.columns.len()],
        }
    }

    fn delimited(&self) -> Result<Delimited<Box<dyn Read>>, Fault> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let zipped = self.path.extension().is_some_and(|extension| extension == "gz");
        let packed = file.metadata()?.len();
        let raw: Box<dyn Read> = if zipped { Box::new(Unpacked::new(MultiGzDecoder::new(file), packed)) } else { Box::new(file) };
        let mapping = self.mapping.as_ref();
        let text: Box<dyn Read> = match mapping.map(|mapping| mapping.encoding) {
            Some(Encoding::Gb18030) => Box::new(FromGb18030::new(raw)),
            _ => raw,
        };
        let delimiter = mapping.and_then(|mapping| mapping.delimiter.as_ref()).map_or(b',', |text| text.as_bytes()[0]);
        Delimited::new(&self.name(), text, delimiter)
    }
}

impl TableReader {
    /// The next rows; `None` at the end of the file.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk>, Fault> {
        let chunk = match &mut self.rows {
            Rows::Delimited(blocks) => blocks.next_chunk()?,
            Rows::Sheet(sheet, table, binding, notation, rejected) => read_sheet(sheet)?.map(|mut fields| {
                if let Some(rejected) = rejected {
                    fields.open_rejected(rejected);
                }
                fields.read(table, binding, notation)
            }),
            Rows::Parquet(columns) => columns.next_chunk()?,
        };
        self.bad_rows += chunk.as_ref().map_or(0, |chunk| chunk.rejections.len());
        if self.bad_rows > MOST_BAD_ROWS {
            return Err(LayoutRefused::TooManyBadRows { table: self.table.name }.into());
        }
        let first = self.read;
        self.read += chunk.as_ref().map_or(0, Chunk::len);
        Ok(chunk.map(|chunk| chunk.from_row(first)))
    }
}

fn read_sheet(sheet: &mut Sheet) -> Result<Option<Fields>, Fault> {
    let mut fields = Fields::new(sheet.header().len());
    let mut places = Vec::new();
    while fields.rows() < CHUNK_ROWS && sheet.advance()? {
        places.clear();
        for at in 0..sheet.width() {
            let from = fields.bytes.len();
            fields.bytes.extend_from_slice(sheet.field(at));
            places.push((from as u32, fields.bytes.len() as u32));
        }
        fields.push(&places);
    }
    Ok((fields.rows() > 0).then_some(fields))
}

/// The refusal of a file its reader cannot make sense of.
fn unreadable(file: &str, problem: impl Display) -> Fault {
    LayoutRefused::Unreadable { file: file.to_owned(), problem: problem.to_string() }.into()
}

/// Lets a library read a file made by anybody. Its libraries promise errors and not more: where a file
/// is made to break one, that is the file's fault, and nothing of the reader is used again.
fn hostile<T, E: Display>(file: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(problem)) => Err(unreadable(file, problem)),
        Err(_) => Err(unreadable(file, "it breaks the program that reads it")),
    }
}
