//! Lists of loans: filtered, sorted, page by page, each column once.

use crate::book::Book;
use crate::desk::{Call, Desk};
use crate::failure::{Failure, Outcome, refused};
use crate::loan_filter::{Answer, LoanFilter, answer};
use crate::loan_scope::seen;
use crate::table::{Cell, Table};
use authority::UseCase;
use report::Dimension;
use std::sync::Arc;
use units::{Date, Money};

/// A column of the loan list (借据列表列); `column.<name>` of the glossary is its heading.
pub struct LoanColumn {
    pub name: &'static str,
    pub is_number: bool,
    /// Shown unless others are chosen.
    pub usual: bool,
    key: fn(&Book, usize) -> i64,
    cell: fn(&Book, usize) -> Cell,
}

const fn number(name: &'static str, usual: bool, key: fn(&Book, usize) -> i64, cell: fn(&Book, usize) -> Cell) -> LoanColumn {
    LoanColumn { name, is_number: true, usual, key, cell }
}

const fn text(name: &'static str, usual: bool, key: fn(&Book, usize) -> i64, cell: fn(&Book, usize) -> Cell) -> LoanColumn {
    LoanColumn { name, is_number: false, usual, key, cell }
}

macro_rules! money {
    ($name:literal, $usual:literal, $field:ident) => {
        number($name, $usual, |book, row| book.state.figures[row].$field.fen(), |book, row| Cell::Amount(book.state.figures[row].$field))
    };
}

macro_rules! by_code {
    ($name:literal, $usual:literal, $field:ident) => {
        text($name, $usual, |book, row| book.state.figures[row].$field as i64, |book, row| Cell::text(book.state.figures[row].$field.code()))
    };
}

macro_rules! named {
    ($name:literal, $usual:literal, $dimension:ident) => {
        text($name, $usual, |book, row| rank(book, Dimension::$dimension, row), |book, row| Cell::text(book.label(Dimension::$dimension, row)))
    };
}

macro_rules! day {
    ($name:literal, $usual:literal, $of:expr) => {
        text($name, $usual, |book, row| day_key($of(book, row)), |book, row| Cell::day($of(book, row)))
    };
}

/// Every column, in the order they are shown.
pub const COLUMNS: &[LoanColumn] = &[
    text("loan_id", true, |_, row| row as i64, |book, row| Cell::text(book.state.loan_ids.get(row))),
    text("customer_id", true, |book, row| i64::from(book.state.customers[row]), |book, row| Cell::text(customer(book, row))),
    by_code!("customer_kind", false, kind),
    named!("branch_id", true, Branch),
    named!("officer_id", true, Officer),
    named!("product", true, Product),
    named!("industry", false, Industry),
    named!("region", false, Region),
    named!("scale", false, Scale),
    by_code!("method", false, method),
    by_code!("protection", false, protection),
    by_code!("status", false, status),
    money!("principal", false, principal),
    money!("principal_outstanding", true, principal_outstanding),
    money!("amount_past_due", true, amount_past_due),
    money!("principal_past_due", false, principal_past_due),
    money!("interest_past_due", false, interest_past_due),
    number("days_past_due", true, |book, row| book.state.figures[row].days_past_due.into(), |book, row| Cell::Number(book.state.figures[row].days_past_due.into())),
    by_code!("bucket", true, bucket),
    by_code!("grade", true, grade),
    named!("class", true, Class),
    number("stage", false, |book, row| book.state.figures[row].stage.into(), |book, row| Cell::Number(book.state.figures[row].stage.into())),
    money!("allowance", false, allowance),
    money!("collateral_value", false, collateral_value),
    day!("disbursed_on", false, |book: &Book, row: usize| Some(book.state.figures[row].disbursed_on)),
    day!("matures_on", false, |book: &Book, row: usize| book.days.matures_on[row]),
    day!("next_due_on", false, |book: &Book, row: usize| book.days.next_due_on[row]),
    day!("last_paid_on", false, |book: &Book, row: usize| book.days.last_paid_on[row]),
    number("extension_count", false, |book, row| book.state.figures[row].extension_count.into(), |book, row| Cell::Number(book.state.figures[row].extension_count.into())),
    day!("restructured_on", false, |book: &Book, row: usize| book.state.figures[row].restructured_on),
];

fn customer(book: &Book, row: usize) -> &str {
    book.state.customer_ids.get(book.state.customers[row] as usize)
}

/// A label's place among the labels of its column, by their texts.
fn rank(book: &Book, dimension: Dimension, row: usize) -> i64 {
    let text = book.label(dimension, row).as_bytes();
    // The first eight letters decide; codes of branches, officers and products are no longer where it matters.
    let mut first = [0; 8];
    let length = text.len().min(8);
    first[..length].copy_from_slice(&text[..length]);
    (u64::from_be_bytes(first) >> 1) as i64
}

/// Loans without the day come last.
fn day_key(day: Option<Date>) -> i64 {
    day.map_or(i64::MAX, |day| day.day_number().into())
}

/// What a list is to show (列表要求).
#[derive(Clone, Debug)]
pub struct LoanWanted {
    pub filter: LoanFilter,
    /// Places in [`COLUMNS`].
    pub columns: Vec<usize>,
    pub sort: usize,
    pub descending: bool,
    /// From 1.
    pub page: usize,
    pub rows: usize,
}

/// A page of loans (借据分页).
pub struct LoanPage {
    pub date: Date,
    pub table: Table,
    /// Row by row, whether the caller may open the customer.
    pub customers_open: Vec<bool>,
    pub loans: usize,
    pub outstanding: Money,
    pub amount_past_due: Money,
    pub page: usize,
    pub pages: usize,
    /// What filters may choose from: labels of the loans seen.
    pub book: Arc<Book>,
}

/// The most loans one sheet holds; a longer one opens on few office computers.
pub const SHEET_LOANS: usize = 100_000;

/// A page of the loans asked for that the caller may see; `None` before the first night.
pub async fn loan_list(desk: &Arc<Desk>, call: &Call, wanted: LoanWanted) -> Outcome<Option<LoanPage>> {
    let Some(book) = book_of(desk).await? else { return Ok(None) };
    let part = seen(desk, call, &book, UseCase::LoanView).await?;
    let of_customers = match seen(desk, call, &book, UseCase::CustomerView).await {
        Err(Failure::Refused(_)) => None,
        part => Some(part?),
    };
    let people = desk.people(call.at).await?;
    let desk = desk.clone();
    apart(move || {
        let found = answer(&desk, &people, &book, &part, &wanted.filter)?;
        let pages = found.loans.div_ceil(wanted.rows).max(1);
        let page = wanted.page.clamp(1, pages);
        let rows = rows(&book, &found, wanted.sort, wanted.descending, (page - 1) * wanted.rows, wanted.rows);
        let is_open = |&row: &usize| of_customers.as_ref().is_some_and(|part| part.covers(&book, row));
        Ok(Some(LoanPage {
            customers_open: rows.iter().map(is_open).collect(),
            date: book.date,
            table: table(&book, &wanted.columns, rows),
            loans: found.loans,
            outstanding: found.outstanding,
            amount_past_due: found.amount_past_due,
            page,
            pages,
            book,
        }))
    })
    .await
}

/// Every loan asked for that the caller may see, for a sheet; refused when there are too many for one.
pub async fn loan_sheet(desk: &Arc<Desk>, call: &Call, wanted: LoanWanted) -> Outcome<(Table, Arc<Book>)> {
    let Some(book) = book_of(desk).await? else { return refused("E-QY-18", &[]) };
    let seen = seen(desk, call, &book, UseCase::LoanView).await?;
    let people = desk.people(call.at).await?;
    let desk = desk.clone();
    apart(move || {
        let found = answer(&desk, &people, &book, &seen, &wanted.filter)?;
        if found.loans > SHEET_LOANS {
            return refused("E-QY-17", &[("loans", &found.loans), ("most", &SHEET_LOANS)]);
        }
        let rows = rows(&book, &found, wanted.sort, wanted.descending, 0, found.loans);
        Ok((table(&book, &wanted.columns, rows), book))
    })
    .await
}

/// The book of the last night, read where waiting is allowed.
pub async fn book_of(desk: &Arc<Desk>) -> Outcome<Option<Arc<Book>>> {
    let desk = desk.clone();
    apart(move || desk.books.last(&desk.open)).await
}

/// Runs long work beside the requests.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

fn rows(book: &Book, found: &Answer, sort: usize, descending: bool, skip: usize, take: usize) -> Vec<usize> {
    let column = &COLUMNS[sort];
    let order = book.order(sort, |row| (column.key)(book, row));
    let picked = |row: &u32| found.picked[*row as usize];
    let rows: Vec<u32> = match descending {
        false => order.iter().copied().filter(picked).skip(skip).take(take).collect(),
        true => order.iter().rev().copied().filter(picked).skip(skip).take(take).collect(),
    };
    rows.into_iter().map(|row| row as usize).collect()
}

fn table(book: &Book, columns: &[usize], rows: Vec<usize>) -> Table {
    let name = |&place: &usize| if COLUMNS[place].is_number { format!(">{}", COLUMNS[place].name) } else { COLUMNS[place].name.to_owned() };
    let names: Vec<String> = columns.iter().map(name).collect();
    let mut table = Table::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        table.push(columns.iter().map(|&place| (COLUMNS[place].cell)(book, row)).collect());
    }
    table
}
