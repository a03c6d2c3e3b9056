//! A use case's table as a page shows it: headings in words, amounts to the right, cells that lead on.

use crate::extract::bad_request;
use crate::page::frame::Frame;
use crate::problem::Reply;
use app::table::{Align, Cell, Table};
use glossary::lookup;
use store::Cursor;
use units::{Coded, Date};

/// A table of a page (页面表格). Templates draw it with `{% call table(view) %}` of `table.html`.
pub struct TableView {
    pub headings: Vec<Heading>,
    pub rows: Vec<Vec<CellView>>,
}

pub struct Heading {
    pub title: String,
    pub is_number: bool,
}

pub struct CellView {
    pub text: String,
    pub is_number: bool,
    /// Where a click leads; empty where it leads nowhere.
    pub href: String,
}

impl TableView {
    /// `link` says where the cell of a row and column leads.
    pub fn of(table: &Table, frame: &Frame, link: impl Fn(&[Cell], usize) -> Option<String>) -> TableView {
        let heading = |column: &app::table::Column| Heading {
            title: heading(frame, &column.name),
            is_number: column.align == Align::Right,
        };
        let cell = |row: &[Cell], place: usize| {
            let name = &table.columns[place].name;
            CellView {
                text: text(frame, name, &row[place]),
                is_number: table.columns[place].align == Align::Right,
                href: link(row, place).unwrap_or_default(),
            }
        };
        let row = |row: &Vec<Cell>| (0..row.len()).map(|place| cell(row, place)).collect();
        TableView { headings: table.columns.iter().map(heading).collect(), rows: table.rows.iter().map(row).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The word for a column, from wherever the glossary has it.
pub fn heading(frame: &Frame, name: &str) -> String {
    let known = ["column", "term", "metric"].into_iter().map(|set| format!("{set}.{name}")).find(|code| lookup(code).is_some());
    known.map_or_else(|| name.replace('_', " "), |code| frame.word(&code).to_owned())
}

/// A cell in words: codes by their column's set, amounts with separators.
fn text(frame: &Frame, column: &str, cell: &Cell) -> String {
    match cell {
        Cell::Text(code) => frame.named(column, code),
        other => other.for_people(),
    }
}

/// How near a day is (期限): a colour for the eye, words for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub on: Date,
    left: i32,
}

impl Deadline {
    pub fn of(on: Date, today: Date) -> Deadline {
        Deadline { on, left: on - today }
    }

    pub fn is_late(&self) -> bool {
        self.left < 0
    }

    pub fn is_today(&self) -> bool {
        self.left == 0
    }

    /// Days to or since.
    pub fn days(&self) -> u32 {
        self.left.unsigned_abs()
    }

    pub fn class(&self) -> &'static str {
        match self.left {
            ..0 => "bad",
            0..=2 => "warn",
            _ => "",
        }
    }
}

/// One of the values a field may have (选项).
pub struct Choice {
    pub code: String,
    pub label: String,
    pub chosen: bool,
}

/// Every value of a coded set, as a select shows it.
pub fn choices<T: Coded + PartialEq>(frame: &Frame, set: &str, chosen: Option<T>) -> Vec<Choice> {
    choices_of(frame, set, T::ALL, chosen)
}

/// Some of them.
pub fn choices_of<T: Coded + PartialEq>(frame: &Frame, set: &str, of: &[T], chosen: Option<T>) -> Vec<Choice> {
    let choice = |value: &T| Choice {
        code: value.code().to_owned(),
        label: frame.coded(set, value).to_owned(),
        chosen: chosen.as_ref() == Some(value),
    };
    of.iter().map(choice).collect()
}

/// Where a page of a list begins, as the address says it; nothing is the beginning.
pub fn cursor(text: &str) -> Reply<Option<Cursor>> {
    if text.is_empty() { Ok(None) } else { Cursor::parse(text).map(Some).ok_or_else(|| bad_request("after")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_red_once_missed_and_amber_for_three_days() {
        let today = Date::parse("2026-11-20").unwrap();
        let check = |on: &str, expect: (&str, bool, u32)| {
            let due = Deadline::of(Date::parse(on).unwrap(), today);
            assert_eq!((due.class(), due.is_late(), due.days()), expect, "{on}");
        };
        check("2026-11-18", ("bad", true, 2));
        check("2026-11-20", ("warn", false, 0));
        check("2026-11-22", ("warn", false, 2));
        check("2026-11-23", ("", false, 3));
    }
}
