//! The list of loans (借据列表): filters in the address, columns and order as chosen, views kept under a name, a sheet of what is shown.

use crate::extract::{Asked, Named};
use crate::page::ask::{self, Ask};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::portfolio::{Head, before_the_first_night};
use crate::page::sheet;
use crate::page::view::heading;
use crate::page::visitor::{Posted, Visitor};
use crate::problem::Told;
use crate::server::Server;
use app::Failure;
use app::loan_list::{self, COLUMNS, LoanWanted};
use app::saved_view::{self, SavedView};
use app::table::Cell;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use loan::LoanStatus;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/loans", get(loans))
        .route("/loans.xlsx", get(loans_sheet))
        .route("/loans/views", post(view_save))
        .route("/loans/views/{name}/drop", post(view_drop))
}

const PATH: &str = "/loans";

/// Rows of a page where nobody asked for another number.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "loans.html")]
struct LoansPage {
    frame: Frame,
    head: Head,
    headings: Vec<SortHeading>,
    rows: Vec<Vec<LoanCell>>,
    loans: usize,
    outstanding: String,
    amount_past_due: String,
    page: usize,
    pages: usize,
    before: String,
    after: String,
    columns: Vec<ColumnChoice>,
    kept: Vec<(String, String)>,
    views: Vec<SavedView>,
    query: String,
    sheet: String,
    sizes: Vec<(usize, String, bool)>,
}

struct SortHeading {
    title: String,
    is_number: bool,
    href: String,
    /// `ascending` or `descending` where the list is in this order.
    sorted: &'static str,
}

struct LoanCell {
    text: String,
    is_number: bool,
    href: String,
    /// All of a label that is shown short.
    note: String,
}

struct ColumnChoice {
    name: &'static str,
    title: String,
    chosen: bool,
}

async fn loans(State(server): State<Server>, visitor: Visitor, Asked(asked): Asked<Vec<(String, String)>>) -> Shown {
    let ask = Ask::of(asked);
    let wanted = wanted(&ask)?;
    let (columns, sort, descending) = (wanted.columns.clone(), wanted.sort, wanted.descending);
    let size = wanted.rows;
    let listed = loan_list::loan_list(&server.desk, &visitor.call, wanted).await?;
    let views = saved_view::views(&server.desk, &visitor.call, PATH).await?;
    let frame = visitor.frame("loans");
    let Some(listed) = listed else { return before_the_first_night(frame) };
    let book = &listed.book;
    let cell = |row: usize, place: usize, cell: &Cell| {
        let column = &COLUMNS[columns[place]];
        let all = ask::cell(&frame, book, column.name, cell);
        let is_long = matches!(column.name, "bucket" | "class");
        let text = if is_long { ask::short(&all).to_owned() } else { all.clone() };
        let href = match column.name {
            "loan_id" => format!("/loans/{}", encoded(&text)),
            "customer_id" if listed.customers_open[row] => format!("/customers/{}", encoded(&text)),
            _ => String::new(),
        };
        LoanCell { text, is_number: column.is_number, href, note: if is_long { all } else { String::new() } }
    };
    let cells = |(row, cells): (usize, &Vec<Cell>)| cells.iter().enumerate().map(|(place, one)| cell(row, place, one)).collect();
    let rows = listed.table.rows.iter().enumerate().map(cells).collect();
    let turned = |page: usize| ask.with(&[("page", &page.to_string())]).at(PATH);
    let chosen_columns = (0..COLUMNS.len()).map(|place| ColumnChoice {
        name: COLUMNS[place].name,
        title: heading(&frame, COLUMNS[place].name),
        chosen: columns.contains(&place),
    });
    let page = LoansPage {
        head: Head { tabs: Vec::new(), ..Head::of(&frame, book, &ask, PATH) },
        headings: columns.iter().map(|&place| sort_heading(&frame, &ask, place, sort, descending)).collect(),
        rows,
        loans: listed.loans,
        outstanding: listed.outstanding.to_string(),
        amount_past_due: listed.amount_past_due.to_string(),
        page: listed.page,
        pages: listed.pages,
        before: if listed.page > 1 { turned(listed.page - 1) } else { String::new() },
        after: if listed.page < listed.pages { turned(listed.page + 1) } else { String::new() },
        columns: chosen_columns.collect(),
        kept: ask.pairs().filter(|(name, _)| !["col", "page"].contains(&name.as_str())).cloned().collect(),
        views,
        query: ask.with(&[("page", "")]).query(),
        sheet: ask.with(&[("page", ""), ("size", "")]).at("/loans.xlsx"),
        sizes: [50, 200, 500].into_iter().map(|rows| (rows, ask.with(&[("size", &rows.to_string()), ("page", "")]).at(PATH), rows == size)).collect(),
        frame,
    };
    show(&page)
}

fn wanted(ask: &Ask) -> Result<LoanWanted, Told> {
    let place = |name: &str| COLUMNS.iter().position(|column| column.name == name);
    let (descending, sort) = match ask.get("sort") {
        "" => (true, "days_past_due"),
        sort => (sort.starts_with('-'), sort.trim_start_matches('-')),
    };
    let sort = place(sort).ok_or_else(|| crate::extract::refusal("E-WB-09", &[("field", "sort"), ("value", sort)]))?;
    let mut columns: Vec<usize> = ask.all("col").filter_map(place).collect();
    if columns.is_empty() {
        columns = (0..COLUMNS.len()).filter(|&place| COLUMNS[place].usual).collect();
    }
    columns.sort_unstable();
    columns.dedup();
    // A loan is known by its number: the first column always says it.
    if !columns.contains(&0) {
        columns.insert(0, 0);
    }
    let count = |text: &str| text.parse::<usize>().ok();
    Ok(LoanWanted {
        filter: ask.filter(Some(LoanStatus::Active))?,
        columns,
        sort,
        descending,
        page: ask.read_as("page", count)?.unwrap_or(1),
        rows: ask.read_as("size", count)?.unwrap_or(ROWS).clamp(10, 500),
    })
}

fn sort_heading(frame: &Frame, ask: &Ask, place: usize, sort: usize, descending: bool) -> SortHeading {
    let column = &COLUMNS[place];
    let sorted = match (place == sort, descending) {
        (false, _) => "",
        (true, true) => "descending",
        (true, false) => "ascending",
    };
    // Numbers are asked for from the largest down, words from the first on; a second click turns round.
    let down = if place == sort { !descending } else { column.is_number };
    let next = format!("{}{}", if down { "-" } else { "" }, column.name);
    SortHeading {
        title: titled(frame, column.name, column.is_number),
        is_number: column.is_number,
        href: ask.with(&[("sort", &next), ("page", "")]).at(PATH),
        sorted,
    }
}

/// A column's heading, with its unit where it holds money.
fn titled(frame: &Frame, name: &str, is_number: bool) -> String {
    let title = heading(frame, name);
    let is_count = matches!(name, "days_past_due" | "stage" | "extension_count");
    if is_number && !is_count { title + frame.word("figure.in_yuan") } else { title }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn loans_sheet(State(server): State<Server>, visitor: Visitor, Asked(asked): Asked<Vec<(String, String)>>) -> Shown {
    let ask = Ask::of(asked);
    let wanted = wanted(&ask)?;
    let names: Vec<usize> = wanted.columns.clone();
    let (table, book) = loan_list::loan_sheet(&server.desk, &visitor.call, wanted).await?;
    let frame = visitor.frame("loans");
    let headings: Vec<String> = names.iter().map(|&place| titled(&frame, COLUMNS[place].name, COLUMNS[place].is_number)).collect();
    let above = format!("{} · {} · {} · {} · {}", frame.institution, frame.title, book.date, frame.who, frame.word("figure.secrecy"));
    let name = format!("loans-{}.xlsx", book.date);
    let bytes = tokio::task::spawn_blocking(move || sheet::workbook(&above, &headings, &table, |column, one| ask::cell(&frame, &book, column, one)));
    match bytes.await {
        Ok(written) => Ok(sheet::download(&name, written.map_err(|problem| Told(Failure::Fault(problem)))?)),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

async fn view_save(State(server): State<Server>, Posted { visitor, fields }: Posted) -> Shown {
    let name = fields.required("name")?;
    // Only words of an address of this page: the rest is not kept.
    let query = Ask::of(url::form_urlencoded::parse(fields.get("query").as_bytes()).into_owned().collect());
    wanted(&query)?;
    saved_view::view_save(&server.desk, &visitor.call, PATH, name, &query.query()).await?;
    done(&query.at(PATH), "view_saved")
}

async fn view_drop(State(server): State<Server>, Named(name): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    saved_view::view_drop(&server.desk, &visitor.call, PATH, &name).await?;
    let query = Ask::of(url::form_urlencoded::parse(fields.get("query").as_bytes()).into_owned().collect());
    done(&query.at(PATH), "view_dropped")
}
