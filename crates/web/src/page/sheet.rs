//! A table as a workbook for the office (电子表格): headings in words, amounts as numbers with two places.

use anyhow::Context;
use app::table::{Cell, Table};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::Number;

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The table under its headings, with what it is and of when above; `text` says codes in words.
pub fn workbook(above: &str, headings: &[String], table: &Table, text: impl Fn(&str, &Cell) -> String) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    // Decimal digits as the workbook counts.
    let number = |digits: &str| serde_json::from_str(digits).ok().and_then(|number: Number| number.as_f64()).context("a number");
    sheet.write_string(0, 0, above)?;
    for (place, heading) in (0..).zip(headings) {
        sheet.write_string_with_format(1, place, heading, &bold)?;
        sheet.set_column_width(place, 16)?;
    }
    for (row, cells) in (2..).zip(&table.rows) {
        for (place, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Amount(amount) => sheet.write_number_with_format(row, place, number(&amount.plain())?, &money).map(|_| ())?,
                Cell::Number(count) => sheet.write_number(row, place, number(&count.to_string())?).map(|_| ())?,
                _ => sheet.write_string(row, place, text(&table.columns[usize::from(place)].name, cell)).map(|_| ())?,
            }
        }
    }
    sheet.set_freeze_panes(2, 0)?;
    // A4 on its side, as wide as the page.
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(1, 1)?;
    Ok(workbook.save_to_buffer()?)
}

/// The workbook as something to keep.
pub fn download(name: &str, bytes: Vec<u8>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, WORKBOOK)], bytes).into_response();
    if let Ok(kept) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, kept);
    }
    response
}
