//! The portfolio over the nights (走势与迁徙): grades and buckets as stacked bars, ratios and roll rates as lines, the migration
//! matrix as a heat map, vintages. Every chart stands beside its table, every cell of the matrix opens its loans.

use crate::extract::{Named, refusal};
use crate::page::ask::{Ask, short, state_word};
use crate::page::chart::{self, Drawn, Layer};
use crate::page::frame::{Frame, Shown, show};
use crate::page::portfolio::{Head, Links, Query, Tab, before_the_first_night, share, still_working};
use crate::page::visitor::Visitor;
use crate::problem::{Reply, Told};
use crate::server::Server;
use app::Failure;
use app::portfolio::{self as book_wide, Curves, Nights};
use app::table::percent;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use glossary::Lang;
use report::history::VINTAGE_DAYS;
use report::{CATALOGUE, Held, HistoryNight, Ladder, Transitions, VintagePoint};
use std::collections::{BTreeMap, BTreeSet};
use units::Date;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/portfolio/time", get(time))
        .route("/portfolio/migration", get(migration))
        .route("/portfolio/vintages", get(vintages))
        .route("/portfolio/charts/{name}", get(drawn))
}

/// A chart and its table (图与表).
struct Series {
    title: String,
    /// What the amounts or rates count in.
    unit: String,
    chart: String,
    headings: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "portfolio_time.html")]
struct TimePage {
    frame: Frame,
    head: Head,
    series: Vec<Series>,
}

/// The ratios drawn over time.
const LINES: [&str; 5] = ["npl_ratio", "special_mention_ratio", "past_due_ratio", "past_due_90_ratio", "npl_deviation"];

async fn time(State(server): State<Server>, visitor: Visitor, asked: Query) -> Shown {
    let ask = Ask::of(asked.0);
    let told = book_wide::portfolio_nights(&server.desk, &visitor.call, ask.filter(None)?).await?;
    let frame = visitor.frame("portfolio_time");
    let (nights, book) = match told {
        None => return before_the_first_night(frame),
        Some(Nights::Working { done, of }) => return still_working(frame, done, of),
        Some(Nights::Whole { nights, book }) => (nights, book),
    };
    let of = |name: &str| series(&frame, name, &nights, &ask);
    let page = TimePage {
        head: Head::of(&frame, &book, &ask, "/portfolio/time"),
        series: ["grades", "buckets", "ratios", "rolls"].into_iter().filter_map(of).collect(),
        frame,
    };
    show(&page)
}

/// A series of the page by the name of its chart.
fn series(frame: &Frame, name: &str, nights: &[HistoryNight], ask: &Ask) -> Option<Series> {
    let yuan = frame.word("figure.in_yuan").to_owned();
    let percentage = " (%)".to_owned();
    let row = |night: &HistoryNight, cells: Vec<String>| (night.as_of.to_string(), cells);
    let words = |ladder: Ladder| ladder.states().into_iter().map(|code| frame.named(ladder.code(), code)).collect::<Vec<_>>();
    let balances = |held: &[Held]| held.iter().map(|held| held.balance.to_string()).collect::<Vec<_>>();
    let (title, unit, headings, rows) = match name {
        "grades" => {
            let rows = nights.iter().map(|night| row(night, balances(&night.grades))).collect();
            (frame.word("figure.grades_over_time"), yuan, words(Ladder::Grade), rows)
        }
        "buckets" => {
            let mut headings = words(Ladder::Bucket);
            headings.remove(0);
            let rows = nights.iter().map(|night| row(night, balances(&night.buckets[1..]))).collect();
            (frame.word("figure.buckets_over_time"), yuan, headings, rows)
        }
        "ratios" => {
            let places: Vec<usize> = LINES.iter().filter_map(|code| CATALOGUE.iter().position(|metric| metric.code == *code)).collect();
            let headings = places.iter().map(|&place| frame.named("metric", CATALOGUE[place].code)).collect();
            let rows = nights.iter().map(|night| row(night, places.iter().map(|&place| share(night.ratios[place])).collect())).collect();
            (frame.word("figure.main_ratios"), percentage, headings, rows)
        }
        "rolls" => {
            let buckets = words(Ladder::Bucket);
            let next = |place: usize| buckets.get(place + 1).map_or_else(|| frame.named("exit", "written_off"), |bucket| short(bucket).to_owned());
            let headings = (0..buckets.len()).map(|place| format!("{}→{}", short(&buckets[place]), next(place))).collect();
            let flows = |night: &HistoryNight| night.roll.iter().map(|roll| share(roll.flow)).collect();
            let rows = nights.iter().filter(|night| !night.roll.is_empty()).map(|night| row(night, flows(night))).collect();
            (frame.word("figure.roll_rates"), percentage, headings, rows)
        }
        _ => return None,
    };
    Some(Series { title: title.to_owned(), unit, chart: ask.filters().at(&format!("/portfolio/charts/{name}.svg")), headings, rows })
}

/// The chart of a series or of the vintages, as an image.
async fn drawn(State(server): State<Server>, visitor: Visitor, Named(name): Named<String>, asked: Query) -> Shown {
    let ask = Ask::of(asked.0);
    let unknown = || refusal("E-WB-03", &[("path", name.as_str())]);
    let name = name.strip_suffix(".svg").ok_or_else(unknown)?;
    let frame = visitor.frame("portfolio_time");
    let filter = ask.filter(None)?;
    let svg = if name == "vintages" {
        let days = days(&ask)?;
        let Some(Curves::Whole(points)) = book_wide::portfolio_vintages(&server.desk, &visitor.call, filter, days).await? else { return Err(unknown()) };
        let (places, layers) = curves(&points);
        chart::svg(&places, &layers, "%", Drawn::Lines)
    } else {
        let told = book_wide::portfolio_nights(&server.desk, &visitor.call, filter).await?;
        let Some(Nights::Whole { nights, .. }) = told else { return Err(unknown()) };
        let series = series(&frame, name, &nights, &ask).ok_or_else(unknown)?;
        let is_money = matches!(name, "grades" | "buckets");
        let places: Vec<String> = series.rows.iter().map(|(night, _)| night.chars().take(7).collect()).collect();
        let layer = |(place, heading): (usize, &String)| Layer {
            name: short(heading).to_owned(),
            values: series.rows.iter().map(|(_, cells)| if is_money { shifted(&cells[place], places_of(&frame)) } else { digits(&cells[place]) }).collect(),
        };
        let layers: Vec<Layer> = series.headings.iter().enumerate().map(layer).collect();
        let (how, unit) = match is_money {
            true => (Drawn::Stacked, frame.word("figure.chart_unit")),
            false => (Drawn::Lines, "%"),
        };
        chart::svg(&places, &layers, unit, how)
    };
    Ok(chart::image(svg.map_err(|problem| Told(Failure::Fault(problem)))?))
}

/// A figure of the table as a chart takes it: `12,345.60` or `3.21%` without what is for people.
fn digits(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_digit() || matches!(letter, '.' | '-')).collect()
}

/// Whole yuan without their last digits: ten thousands in Chinese, millions in English.
fn shifted(text: &str, places: usize) -> String {
    let digits = digits(text);
    let whole = digits.split('.').next().unwrap_or_default();
    whole[..whole.len().saturating_sub(places)].to_owned()
}

fn places_of(frame: &Frame) -> usize {
    if frame.lang == Lang::Zh { 4 } else { 6 }
}

#[derive(Template)]
#[template(path = "portfolio_migration.html")]
struct MigrationPage {
    frame: Frame,
    head: Head,
    ladders: Vec<Tab>,
    shown: Vec<Tab>,
    of: &'static str,
    since: Date,
    nights: Vec<(Date, bool)>,
    columns: Vec<String>,
    by_count: bool,
    rows: Vec<HeatRow>,
}

struct HeatRow {
    title: String,
    href: String,
    total: String,
    cells: Vec<HeatCell>,
}

struct HeatCell {
    figure: String,
    share: String,
    /// By amount how many loans they are, by count the range the share may well have.
    beside: String,
    heat: usize,
    stays: bool,
    href: String,
}

async fn migration(State(server): State<Server>, visitor: Visitor, asked: Query) -> Shown {
    let ask = Ask::of(asked.0);
    let ladder = ask.read_as("ladder", Ladder::from_code)?.unwrap_or(Ladder::Bucket);
    let since = ask.read_as("before", |text| Date::parse(text).ok())?;
    let by_count = ask.get("show") == "count";
    let told = book_wide::portfolio_migration(&server.desk, &visitor.call, ask.filter(None)?, ladder, since).await?;
    let frame = visitor.frame("portfolio_migration");
    let Some(told) = told else { return before_the_first_night(frame) };
    let tab = |name: &str, value: &str, title: String, is_here: bool| Tab { href: ask.with(&[(name, value)]).at("/portfolio/migration"), title, is_here };
    let (rows, columns) = (ladder.row_codes(), ladder.column_codes());
    let links = Links { ask: &ask };
    let before = told.since.to_string();
    let to = |from: &str, to: &str| links.loans(&[("of", ladder.code()), ("since", &before), ("from", from), ("to", to), ("status", "all")]);
    let moved = &told.matrix.transitions;
    let heat_row = |(from, code): (usize, &&str)| HeatRow {
        title: state_word(&frame, ladder.code(), code),
        href: to(code, ""),
        total: total(moved, from, by_count),
        cells: (0..columns.len()).map(|at| heat_cell(moved, from, at, by_count, || to(code, columns[at]))).collect(),
    };
    let page = MigrationPage {
        ladders: Ladder::ALL.iter().map(|&one| tab("ladder", one.code(), frame.named("ladder", one.code()), one == ladder)).collect(),
        shown: vec![
            tab("show", "amount", frame.word("figure.by_amount").to_owned(), !by_count),
            tab("show", "count", frame.word("figure.by_count").to_owned(), by_count),
        ],
        of: ladder.code(),
        since: told.since,
        nights: told.nights.iter().map(|&night| (night, night == told.since)).collect(),
        columns: columns.iter().map(|code| short(&state_word(&frame, ladder.code(), code)).to_owned()).collect(),
        by_count,
        rows: rows.iter().enumerate().map(heat_row).collect(),
        head: Head::of(&frame, &told.book, &ask, "/portfolio/migration"),
        frame,
    };
    show(&page)
}

fn total(moved: &Transitions, from: usize, by_count: bool) -> String {
    if by_count { moved.row_count(from).to_string() } else { moved.row_amount(from).to_string() }
}

/// From which share of its row on a cell takes the next step of heat, in ppm.
const HEAT: [i64; 9] = [1, 2_000, 5_000, 10_000, 30_000, 80_000, 200_000, 400_000, 700_000];

fn heat_cell(moved: &Transitions, from: usize, to: usize, by_count: bool, href: impl Fn() -> String) -> HeatCell {
    let count = moved.count_share(from, to);
    let ratio = if by_count { count } else { moved.amount_share(from, to) };
    let ppm = ratio.ppm().unwrap_or_default();
    let range = count.interval_95().filter(|_| count.numerator > 0);
    let is_empty = moved.count(from, to) == 0;
    HeatCell {
        figure: match (is_empty, by_count) {
            (true, _) => String::new(),
            (false, true) => moved.count(from, to).to_string(),
            (false, false) => moved.amount(from, to).to_string(),
        },
        share: if is_empty { String::new() } else { percent(ppm) },
        beside: match (is_empty, by_count) {
            (true, _) => String::new(),
            (false, true) => range.map_or_else(String::new, |range| format!("{}–{}", percent(range.low_ppm), percent(range.high_ppm))),
            (false, false) => format!("({})", moved.count(from, to)),
        },
        heat: if is_empty { 0 } else { HEAT.iter().filter(|&&least| ppm >= least).count() },
        stays: from == to,
        href: if is_empty { String::new() } else { href() },
    }
}

#[derive(Template)]
#[template(path = "portfolio_vintages.html")]
struct VintagesPage {
    frame: Frame,
    head: Head,
    days: Vec<Tab>,
    chart: String,
    ages: Vec<i32>,
    rows: Vec<CohortRow>,
}

struct CohortRow {
    cohort: String,
    href: String,
    disbursed: String,
    /// One per age; empty where the cohort was not seen at that age.
    cells: Vec<(String, usize)>,
}

fn days(ask: &Ask) -> Reply<i32> {
    let known = |text: &str| text.parse().ok().filter(|days| VINTAGE_DAYS.contains(days));
    Ok(ask.read_as("days", known)?.unwrap_or(VINTAGE_DAYS[0]))
}

async fn vintages(State(server): State<Server>, visitor: Visitor, asked: Query) -> Shown {
    let ask = Ask::of(asked.0);
    let chosen = days(&ask)?;
    let told = book_wide::portfolio_vintages(&server.desk, &visitor.call, ask.filter(None)?, chosen).await?;
    let frame = visitor.frame("portfolio_vintages");
    let points = match told {
        None => return before_the_first_night(frame),
        Some(Curves::Working { done, of }) => return still_working(frame, done, of),
        Some(Curves::Whole(points)) => points,
    };
    let Some(book) = app::loan_list::book_of(&server.desk).await? else { return before_the_first_night(frame) };
    let links = Links { ask: &ask };
    let mut cohorts: BTreeMap<&str, BTreeMap<i32, &VintagePoint>> = BTreeMap::new();
    for point in &points {
        cohorts.entry(&point.cohort).or_default().insert(point.month_on_book, point);
    }
    let ages: BTreeSet<i32> = points.iter().map(|point| point.month_on_book).filter(|age| AGES.contains(age)).collect();
    let row = |(cohort, points): (&&str, &BTreeMap<i32, &VintagePoint>)| CohortRow {
        cohort: (*cohort).to_owned(),
        href: links.loans(&[("vintage", cohort)]),
        disbursed: points.values().next_back().map_or_else(String::new, |point| units::Money::from_fen(point.balance.denominator).to_string()),
        cells: ages.iter().map(|age| points.get(age).map_or_else(Default::default, |point| vintage_cell(point))).collect(),
    };
    // The newest cohorts first: the oldest have run their course.
    let mut rows: Vec<CohortRow> = cohorts.iter().map(row).collect();
    rows.reverse();
    rows.truncate(COHORTS);
    let day = |&days: &i32| Tab { href: ask.with(&[("days", &days.to_string())]).at("/portfolio/vintages"), title: format!("{days}+"), is_here: days == chosen };
    let page = VintagesPage {
        head: Head::of(&frame, &book, &ask, "/portfolio/vintages"),
        days: VINTAGE_DAYS.iter().map(day).collect(),
        chart: ask.at("/portfolio/charts/vintages.svg"),
        ages: ages.into_iter().collect(),
        rows,
        frame,
    };
    show(&page)
}

/// Ages of the table and the chart: two years on the book.
const AGES: std::ops::RangeInclusive<i32> = 0..=24;

/// Cohorts of the table.
const COHORTS: usize = 36;

/// Curves of the chart; more are not told apart.
const CURVES: usize = 8;

fn vintage_cell(point: &VintagePoint) -> (String, usize) {
    let ppm = point.balance.ppm().unwrap_or_default();
    (share(point.balance), HEAT.iter().filter(|&&least| ppm >= least).count())
}

/// Every third of the newest cohorts that have a past: a line each, by age.
fn curves(points: &[VintagePoint]) -> (Vec<String>, Vec<Layer>) {
    let mut cohorts: BTreeMap<&str, BTreeMap<i32, String>> = BTreeMap::new();
    for point in points.iter().filter(|point| AGES.contains(&point.month_on_book)) {
        cohorts.entry(&point.cohort).or_default().insert(point.month_on_book, digits(&share(point.balance)));
    }
    let grown = cohorts.into_iter().rev().filter(|(_, points)| points.len() >= 3).step_by(3).take(CURVES);
    let layer = |(cohort, points): (&str, BTreeMap<i32, String>)| Layer {
        name: cohort.to_owned(),
        values: AGES.map(|age| points.get(&age).cloned().unwrap_or_default()).collect(),
    };
    (AGES.map(|age| age.to_string()).collect(), grown.map(layer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Money;

    #[test]
    fn a_cell_grows_warm_with_its_share_of_the_row() {
        let mut moved = Transitions::new(1, 3);
        (0..90).for_each(|_| moved.add(0, 0, Money::from_yuan(10)));
        (0..10).for_each(|_| moved.add(0, 1, Money::from_yuan(1)));
        let check = |to: usize, by_count: bool, expect: &str| {
            let cell = heat_cell(&moved, 0, to, by_count, || "/x".to_owned());
            assert_eq!(format!("{}|{}|{}|{}|{}", cell.figure, cell.share, cell.beside, cell.heat, cell.href), expect);
        };
        check(0, true, "90|90.00%|82.56%–94.48%|9|/x");
        check(1, true, "10|10.00%|5.52%–17.44%|6|/x");
        check(1, false, "10.00|1.10%|(10)|4|/x");
        check(2, false, "|||0|");
    }

    #[test]
    fn a_figure_for_people_is_read_by_a_chart() {
        assert_eq!(["12,345.60", "3.21%", "-0.05%", "\u{2014}"].map(digits), ["12345.60", "3.21", "-0.05", ""]);
        assert_eq!([("12,345,678.90", 4), ("9,999.00", 4), ("", 4)].map(|(text, places)| shifted(text, places)), ["1234", "", ""]);
    }
}
