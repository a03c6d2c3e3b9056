//! The rejects file: every refused row as it came, with the reason and what to do.
//!
//! Where the workspace has keys, only cells of columns that say nothing of a person can be read; the others are
//! sealed one by one. Who corrects a row leaves them as they are, or writes over them: the import opens what is sealed.

use crate::batch::Batch;
use crate::fault::{Context, Fault};
use crate::kept::{FileDigest, Writing};
use crate::personal::{RejectedCells, is_sealed};
use crate::refused::{Rejection, RowRefused};
use crate::source::cell::LONGEST_TEXT;
use crate::source::{Records, TableFile};
use glossary::{Lang, message, remedy};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use vault::Keys;

/// The columns added to the original ones.
const NOTES: [&str; 6] = ["_line", "_column", "_value", "_code", "_reason", "_remedy"];

/// Writes `rejects/<table>.csv` of a batch: the rejected rows of one file, in file order, by reading it a second time: rows that
/// are good never cost anything for the bad ones.
pub fn write(folder: &Path, file: &TableFile, rejections: &[Rejection], keys: Option<&Keys>) -> Result<FileDigest, Fault> {
    let mut rejections = rejections.to_vec();
    rejections.sort_unstable_by_key(|rejection| rejection.row);
    let lines = lines_of_others(file, &rejections)?;
    let mut records = file.records()?;
    let sources = file.sources(records.header());
    let kept: Vec<usize> = (0..records.header().len()).filter(|&at| !records.header()[at].starts_with('_')).collect();
    let shown = Shown { cells: RejectedCells::of(file.table, keys), readable: readable(file, &sources) };
    let path = folder.join("rejects").join(format!("{}.csv", file.table.name));
    let mut writer = csv::Writer::from_writer(Writing::create(&path)?);
    let header = kept.iter().map(|&at| records.header()[at].as_bytes().to_vec());
    writer.write_record(header.chain(NOTES.iter().map(|note| note.as_bytes().to_vec())))?;
    let mut row = 0;
    for rejection in &rejections {
        while row <= rejection.row {
            assert!(records.advance()?, "{} changed while it was imported", file.path.display());
            row += 1;
        }
        let fields = kept.iter().map(|&at| if at < records.width() { shown.cell(&*records, rejection, at) } else { Vec::new() });
        let other = rejection.other.map(|other| lines[&other]);
        let notes = notes(file, &*records, &sources, &shown, rejection, other);
        writer.write_record(fields.chain(notes.into_iter().map(String::into_bytes)))?;
    }
    writer.flush().with_context(|| format!("writing {}", path.display()))?;
    writer.into_inner().expect("it has been flushed").finish(folder, rejections.len() as u64)
}

/// Rejected rows of one table (拒收记录), with the columns of the file they came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejects {
    pub header: Vec<String>,
    pub rows: Vec<RejectedRow>,
}

/// A row as it came, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    pub line: u64,
    pub fields: Vec<String>,
    /// The table's column at fault.
    pub column: String,
    pub value: String,
    pub code: String,
    /// In both languages.
    pub reason: String,
    pub remedy: String,
}

/// Some rejected rows of a batch, in file order: at most `most` after the first `skip`.
pub fn read(batch: &Batch, table: &str, skip: usize, most: usize) -> Result<Rejects, Fault> {
    let path = batch.rejects(table);
    if !path.exists() {
        return Ok(Rejects::default());
    }
    let mut reader = csv::Reader::from_path(&path).with_context(|| format!("opening {}", path.display()))?;
    let own = reader.headers()?.len().saturating_sub(NOTES.len());
    let header = reader.headers()?.iter().take(own).map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records().skip(skip).take(most) {
        let record = record?;
        let note = |at: usize| record.get(own + at).unwrap_or_default().to_owned();
        rows.push(RejectedRow {
            line: note(0).parse().unwrap_or(0),
            fields: record.iter().take(own).map(str::to_owned).collect(),
            column: note(1),
            value: note(2),
            code: note(3),
            reason: note(4),
            remedy: note(5),
        });
    }
    Ok(Rejects { header, rows })
}

/// Corrected rows as a file that can be imported to fix their batch.
pub fn write_corrected(path: &Path, header: &[String], rows: &[Vec<String>]) -> Result<(), Fault> {
    let mut writer = csv::Writer::from_path(path).with_context(|| format!("writing {}", path.display()))?;
    writer.write_record(header)?;
    rows.iter().try_for_each(|row| writer.write_record(row))?;
    writer.flush().with_context(|| format!("writing {}", path.display()))
}

/// Line numbers of the rows that reasons refer to.
fn lines_of_others(file: &TableFile, rejections: &[Rejection]) -> Result<HashMap<u32, u64>, Fault> {
    let mut wanted: Vec<u32> = rejections.iter().filter_map(|rejection| rejection.other).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut lines = HashMap::new();
    if wanted.is_empty() {
        return Ok(lines);
    }
    let mut records = file.records()?;
    let mut row = 0;
    for other in wanted {
        while row <= other && records.advance()? {
            row += 1;
        }
        lines.insert(other, records.line());
    }
    Ok(lines)
}

/// How a rejected row is shown (拒收行展示).
struct Shown {
    /// `None`: as it came.
    cells: Option<RejectedCells>,
    /// Places in the header that feed columns which say nothing of a person.
    readable: HashSet<usize>,
}

impl Shown {
    fn cell(&self, records: &dyn Records, rejection: &Rejection, at: usize) -> Vec<u8> {
        // In a row that has slipped, or is in another encoding, no cell is what its header says.
        let is_sound = records.width() == records.header().len() && rejection.why != RowRefused::NotInEncoding;
        let cell = records.field(at);
        match &self.cells {
            Some(cells) if !is_sound || !self.readable.contains(&at) => cells.seal(cell),
            _ => cell.to_vec(),
        }
    }
}

fn readable(file: &TableFile, sources: &[Option<usize>]) -> HashSet<usize> {
    let of = |is_personal: bool| {
        let columns = sources.iter().zip(file.table.columns).filter(move |(_, column)| column.personal == is_personal);
        columns.filter_map(|(source, _)| *source).collect::<HashSet<usize>>()
    };
    of(false).difference(&of(true)).copied().collect()
}

fn notes(
    file: &TableFile,
    records: &dyn Records,
    sources: &[Option<usize>],
    shown: &Shown,
    rejection: &Rejection,
    other: Option<u64>,
) -> [String; 6] {
    let code = rejection.why.code();
    let column = &file.table.columns[rejection.column as usize];
    let cell = |column: usize| {
        let field = sources[column].filter(|&at| at < records.width()).map(|at| shown.cell(records, rejection, at));
        field.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()).unwrap_or_default()
    };
    let value = cell(rejection.column as usize);
    // What is wrong with a whole schedule is said of its loan.
    let subject = match rejection.why {
        RowRefused::InstalmentsDoNotAddUp | RowRefused::ScheduleHasBadRow => cell(0),
        _ => value.clone(),
    };
    let line = other.map(|line| line.to_string()).unwrap_or_default();
    let found = records.width().to_string();
    let expected = match rejection.why {
        RowRefused::TooLong => LONGEST_TEXT.to_string(),
        _ => records.header().len().to_string(),
    };
    let values = [
        ("column", column.name),
        ("value", if is_sealed(subject.as_bytes()) { "***" } else { &subject }),
        ("line", line.as_str()),
        ("found", found.as_str()),
        ("expected", expected.as_str()),
        ("encoding", file.encoding()),
    ];
    let both = |say: fn(&str, Lang, &[(&str, &str)]) -> String| {
        format!("{} {}", say(code, Lang::Zh, &values), say(code, Lang::En, &values))
    };
    [records.line().to_string(), column.name.to_owned(), value, code.to_owned(), both(message), both(remedy)]
}
