//! Workbooks (XLSX): a sheet per table, its cells as text.
//!
//! The library behind this believes what a workbook says of itself, so a workbook is unpacked once
//! before, to see that it may be believed, and cells are taken as they come instead of as a rectangle:
//! two cells in opposite corners are two cells.

use super::unpacked::check_workbook;
use super::{Records, hostile, unreadable};
use crate::fault::{Context, Fault, bail};
use crate::mapping::{LayoutRefused, MOST_COLUMNS};
use calamine::{Data, ExcelDateTime, Reader, Xlsx};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use units::Texts;

/// The records of one sheet (工作表).
pub struct Sheet {
    cells: Cells,
    header: Vec<String>,
    /// The rows below the header still to come, as places in the cells.
    at: usize,
    line: u64,
    /// For each column of the row under the cursor, the place of its text.
    fields: Vec<Option<usize>>,
}

/// Cells that hold something, row by row.
#[derive(Default)]
struct Cells {
    rows: Vec<u32>,
    columns: Vec<u32>,
    texts: Texts,
}

/// A sheet has no more rows, in any program.
const MOST_ROWS: u32 = 1 << 20;
/// One text can stand in a million cells: what all cells hold together.
const MOST_TEXT: usize = 1 << 28;

fn workbook(path: &Path, name: &str) -> Result<Xlsx<BufReader<File>>, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    hostile(name, || Xlsx::new(BufReader::new(file)))
}

/// The names of a workbook's sheets. Whoever opens one asks here first, so the workbook is checked here.
pub fn sheet_names(path: &Path, name: &str) -> Result<Vec<String>, Fault> {
    check_workbook(path, name)?;
    Ok(workbook(path, name)?.sheet_names())
}

impl Sheet {
    pub fn open(path: &Path, name: &str, sheet: &str) -> Result<Sheet, Fault> {
        let mut workbook = workbook(path, name)?;
        if !workbook.sheet_names().iter().any(|name| name == sheet) {
            bail!("{} has no sheet {sheet}", path.display());
        }
        let cells = Cells::read(&mut workbook, name, sheet)?;
        let left = cells.columns.iter().min().copied().unwrap_or(0);
        let width = cells.columns.iter().max().map_or(0, |right| right - left + 1);
        let mut sheet = Sheet { cells, header: Vec::new(), at: 0, line: 1, fields: vec![None; width as usize] };
        sheet.cells.columns.iter_mut().for_each(|column| *column -= left);
        if sheet.advance()? {
            let text = |at: &Option<usize>| at.map_or("", |at| sheet.cells.texts.get(at)).trim().to_owned();
            sheet.header = sheet.fields.iter().map(text).collect();
        }
        Ok(sheet)
    }
}

impl Cells {
    fn read(workbook: &mut Xlsx<BufReader<File>>, name: &str, sheet: &str) -> Result<Cells, Fault> {
        let mut cells = Cells::default();
        let mut length = 0;
        let mut reader = hostile(name, || workbook.worksheet_cells_reader(sheet))?;
        while let Some(cell) = hostile(name, || reader.next_cell())? {
            let (row, column) = cell.get_position();
            let text = text(&Data::from(cell.get_value().clone()));
            if text.is_empty() {
                continue;
            }
            if row >= MOST_ROWS || column as usize >= MOST_COLUMNS || cells.rows.last().is_some_and(|&last| row < last) {
                return Err(unreadable(name, format!("a cell of sheet {sheet} stands where no cell can")));
            }
            length += text.len();
            if length > MOST_TEXT {
                return Err(LayoutRefused::UnpacksTooFar { file: name.to_owned() }.into());
            }
            cells.rows.push(row);
            cells.columns.push(column);
            cells.texts.push(&text);
        }
        Ok(cells)
    }
}

impl Records for Sheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        let Some(&row) = self.cells.rows.get(self.at) else { return Ok(false) };
        self.line = u64::from(row) + 1;
        self.fields.fill(None);
        while self.cells.rows.get(self.at) == Some(&row) {
            self.fields[self.cells.columns[self.at] as usize] = Some(self.at);
            self.at += 1;
        }
        Ok(true)
    }

    fn line(&self) -> u64 {
        self.line
    }

    fn width(&self) -> usize {
        self.fields.len()
    }

    fn field(&self, at: usize) -> &[u8] {
        self.fields[at].map_or(b"", |at| self.cells.texts.get(at).as_bytes())
    }
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::DateTime(at) => date_text(at),
        Data::Error(error) => error.to_string(),
    }
}

/// `YYYY-MM-DD`, with the time of day only when there is one.
fn date_text(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}
