//! A table of text, the shape in which every figure leaves the use cases.
//!
//! Formatting only: aligned text for people, CSV and JSON for scripts.

use std::fmt::Write as _;
use units::{Date, Money};

/// A printed table (表): machine names for columns, cells already formatted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Stable name for scripts.
    pub name: String,
    pub align: Align,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// One cell. Amounts print with separators for people and without for scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(i64),
    Amount(Money),
    /// A share in parts per million; a percentage for people, a decimal fraction for scripts.
    Share(i64),
    Day(Date),
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Table,
    Csv,
    Json,
}

impl Table {
    /// Columns named `name` (left) or `>name` (right).
    pub fn new(columns: &[&str]) -> Table {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => Column { name: name.to_owned(), align: Align::Right },
            None => Column { name: (*name).to_owned(), align: Align::Left },
        };
        Table { columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Panics when the row does not have one cell per column.
    pub fn push(&mut self, row: Vec<Cell>) {
        assert_eq!(row.len(), self.columns.len(), "a row has one cell per column");
        self.rows.push(row);
    }

    /// Writes the table; `heading` gives the words people read above a column.
    pub fn write(&self, format: Format, heading: &dyn Fn(&str) -> String) -> String {
        match format {
            Format::Table => self.aligned(heading),
            Format::Csv => self.csv(),
            Format::Json => self.json(),
        }
    }

    fn aligned(&self, heading: &dyn Fn(&str) -> String) -> String {
        let headings: Vec<String> = self.columns.iter().map(|column| heading(&column.name)).collect();
        let cells: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(Cell::for_people).collect()).collect();
        let width = |index: usize| {
            let column = cells.iter().map(|row| width_of(&row[index]));
            column.chain([width_of(&headings[index])]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = String::new();
        let mut line = |cells: &[String]| {
            let mut text = String::new();
            for (index, cell) in cells.iter().enumerate() {
                let gap = " ".repeat(widths[index] - width_of(cell));
                let space = if index == 0 { "" } else { "  " };
                match self.columns[index].align {
                    Align::Left => write!(text, "{space}{cell}{gap}"),
                    Align::Right => write!(text, "{space}{gap}{cell}"),
                }
                .expect("text takes text");
            }
            out.push_str(text.trim_end());
            out.push('\n');
        };
        line(&headings);
        line(&widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>());
        cells.iter().for_each(|row| line(row));
        out
    }

    fn csv(&self) -> String {
        let names = self.columns.iter().map(|column| quoted(&column.name));
        let mut out = names.collect::<Vec<_>>().join(",") + "\n";
        for row in &self.rows {
            let cells = row.iter().map(|cell| quoted(&cell.for_scripts()));
            out.push_str(&cells.collect::<Vec<_>>().join(","));
            out.push('\n');
        }
        out
    }

    fn json(&self) -> String {
        let object = |row: &Vec<Cell>| {
            let fields = self.columns.iter().zip(row).map(|(column, cell)| (column.name.clone(), cell.json()));
            serde_json::Value::Object(fields.collect())
        };
        let rows: Vec<serde_json::Value> = self.rows.iter().map(object).collect();
        serde_json::to_string_pretty(&rows).expect("a table is plain data") + "\n"
    }
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    pub fn day(day: Option<Date>) -> Cell {
        day.map_or(Cell::Empty, Cell::Day)
    }

    /// With separators, as people read it.
    pub fn for_people(&self) -> String {
        match self {
            Cell::Amount(amount) => amount.to_string(),
            Cell::Share(ppm) => percent(*ppm),
            other => other.for_scripts(),
        }
    }

    fn for_scripts(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Amount(amount) => amount.plain(),
            Cell::Share(ppm) => fraction(*ppm),
            Cell::Day(day) => day.to_string(),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Cell::Empty => serde_json::Value::Null,
            Cell::Number(number) => (*number).into(),
            // Amounts and shares stay text: a reader's float would lose fen.
            other => other.for_scripts().into(),
        }
    }
}

/// `12.35%`: two places, as risk reports print ratios.
pub fn percent(ppm: i64) -> String {
    let hundredths = units::div_round(i128::from(ppm), 100, units::Rounding::HalfUp);
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn fraction(ppm: i64) -> String {
    let sign = if ppm < 0 { "-" } else { "" };
    let ppm = ppm.unsigned_abs();
    format!("{sign}{}.{:06}", ppm / 1_000_000, ppm % 1_000_000)
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Columns of a terminal that `text` fills: Chinese characters fill two.
pub fn width_of(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&["branch", ">npl", ">ratio"]);
        table.push(vec![Cell::text("B1, main"), Cell::Amount(Money::from_fen(123_456)), Cell::Share(12_346)]);
        table.push(vec![Cell::text("B2"), Cell::Empty, Cell::Share(-5)]);
        table
    }

    #[test]
    fn people_read_aligned_columns() {
        let text = sample().write(Format::Table, &|name| name.to_uppercase());
        assert_eq!(text, "BRANCH         NPL  RATIO\n--------  --------  -----\nB1, main  1,234.56  1.23%\nB2                  0.00%\n");
    }

    #[test]
    fn scripts_read_csv_and_json() {
        let names = |name: &str| name.to_owned();
        assert_eq!(sample().write(Format::Csv, &names), "branch,npl,ratio\n\"B1, main\",1234.56,0.012346\nB2,,-0.000005\n");
        let json: serde_json::Value = serde_json::from_str(&sample().write(Format::Json, &names)).unwrap();
        assert_eq!(json[0]["npl"], "1234.56");
        assert_eq!(json[1]["npl"], serde_json::Value::Null);
    }

    #[test]
    fn a_chinese_character_fills_two_columns() {
        assert_eq!(width_of("\u{8d37}a"), 3);
    }
}
