//! Workbooks (XLSX): a sheet per table, its cells as text.

use super::Records;
use crate::fault::{Context, Fault, bail};
use calamine::{Data, ExcelDateTime, Range, Reader, Xlsx, open_workbook};
use std::path::Path;

/// The records of one sheet (工作表).
pub struct Sheet {
    range: Range<Data>,
    header: Vec<String>,
    row: usize,
    first_line: u64,
    cells: Vec<String>,
}

/// The names of a workbook's sheets.
pub fn sheet_names(path: &Path) -> Result<Vec<String>, Fault> {
    let workbook: Xlsx<_> = open_workbook(path).with_context(|| format!("opening {}", path.display()))?;
    Ok(workbook.sheet_names())
}

impl Sheet {
    pub fn open(path: &Path, sheet: &str) -> Result<Sheet, Fault> {
        let mut workbook: Xlsx<_> = open_workbook(path).with_context(|| format!("opening {}", path.display()))?;
        if !workbook.sheet_names().iter().any(|name| name == sheet) {
            bail!("{} has no sheet {sheet}", path.display());
        }
        let range = workbook.worksheet_range(sheet).with_context(|| format!("reading sheet {sheet}"))?;
        let header = range.rows().next().map(|row| row.iter().map(|cell| text(cell).trim().to_owned()).collect());
        let first_line = range.start().map_or(1, |(row, _)| u64::from(row) + 1);
        Ok(Sheet { range, header: header.unwrap_or_default(), row: 0, first_line, cells: Vec::new() })
    }
}

impl Records for Sheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        let (height, width) = self.range.get_size();
        loop {
            self.row += 1;
            if self.row >= height {
                return Ok(false);
            }
            self.cells.clear();
            self.cells.extend((0..width).map(|column| self.range.get((self.row, column)).map_or(String::new(), text)));
            if self.cells.iter().any(|cell| !cell.is_empty()) {
                return Ok(true);
            }
        }
    }

    fn line(&self) -> u64 {
        self.first_line + self.row as u64
    }

    fn width(&self) -> usize {
        self.cells.len()
    }

    fn field(&self, at: usize) -> &[u8] {
        self.cells[at].as_bytes()
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
