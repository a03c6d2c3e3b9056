//! The portfolio (资产全貌) today: ratios with their formula, distributions, what moved, cuts along any dimension, concentration.
//! Every figure opens the loans behind it.

use crate::extract::Asked;
use crate::page::ask::{Ask, FilterView, addressed, said, short, state_word};
use crate::page::frame::{Frame, Shown, show};
use crate::page::visitor::Visitor;
use crate::server::Server;
use app::book::Book;
use app::portfolio::{self as book_wide, CUT_METRICS, HeldRow};
use app::table::{Cell, percent};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::routing::get;
use report::{Dimension, Metric, Ratio, Reference, Unit};
use units::{Date, Money};

pub fn router() -> Router<Server> {
    Router::new()
        .route("/portfolio", get(overview))
        .route("/portfolio/cut", get(cut))
        .route("/portfolio/concentration", get(concentration))
}

pub type Query = Asked<Vec<(String, String)>>;

/// One page of the portfolio among the others.
pub struct Tab {
    pub href: String,
    pub title: String,
    pub is_here: bool,
}

/// What stands above every page of the portfolio.
pub struct Head {
    pub tabs: Vec<Tab>,
    pub filters: FilterView,
    pub date: Date,
    pub path: &'static str,
}

/// Addresses and names, `page.<name>` of the glossary.
const TABS: [(&str, &str); 6] = [
    ("/portfolio", "portfolio_today"),
    ("/portfolio/cut", "portfolio_cut"),
    ("/portfolio/time", "portfolio_time"),
    ("/portfolio/migration", "portfolio_migration"),
    ("/portfolio/vintages", "portfolio_vintages"),
    ("/portfolio/concentration", "portfolio_concentration"),
];

impl Head {
    pub fn of(frame: &Frame, book: &Book, ask: &Ask, path: &'static str) -> Head {
        let tab = |&(to, name): &(&str, &str)| Tab { href: ask.filters().at(to), title: frame.named("page", name), is_here: to == path };
        Head { tabs: TABS.iter().map(tab).collect(), filters: FilterView::of(frame, book, ask, path), date: book.date, path }
    }
}

/// There is nothing to show yet.
#[derive(Template)]
#[template(path = "portfolio_empty.html")]
struct EmptyPage {
    frame: Frame,
    /// Nights gathered, and of how many; `None` where no night has run.
    working: Option<(usize, usize)>,
}

pub fn before_the_first_night(frame: Frame) -> Shown {
    show(&EmptyPage { frame, working: None })
}

/// Long work that goes on without us: the browser looks again by itself.
pub fn still_working(frame: Frame, done: usize, of: usize) -> Shown {
    let mut response = show(&EmptyPage { frame, working: Some((done, of)) })?;
    response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
    Ok(response)
}

#[derive(Template)]
#[template(path = "portfolio.html")]
struct PortfolioPage {
    frame: Frame,
    head: Head,
    loans: i64,
    balance: String,
    allowance: String,
    cards: Vec<RatioView>,
    ratios: Vec<RatioView>,
    has_before: bool,
    distributions: Vec<Distribution>,
    moves: Vec<MoveView>,
    since: String,
    chart: String,
}

struct RatioView {
    title: String,
    value: String,
    numerator: String,
    denominator: String,
    unit: String,
    numerator_words: String,
    denominator_words: String,
    note: &'static str,
    source: &'static str,
    /// The level it is held against, and whether it is kept; empty where there is none.
    level: String,
    standing: &'static str,
    before: String,
    change: String,
    href: String,
}

struct Distribution {
    title: String,
    rows: Vec<HeldView>,
}

struct HeldView {
    title: String,
    /// All of a label that is shown short.
    note: String,
    loans: i64,
    balance: String,
    allowance: String,
    share: String,
    meter: i64,
    href: String,
}

struct MoveView {
    what: String,
    from: String,
    to: String,
    why: String,
    loans: String,
    balance: String,
    href: String,
}

/// The ratios a head of branch asks for first.
const CARDS: [&str; 4] = ["npl_ratio", "past_due_ratio", "special_mention_ratio", "coverage_ratio"];

async fn overview(State(server): State<Server>, visitor: Visitor, Asked(asked): Query) -> Shown {
    let ask = Ask::of(asked);
    let told = book_wide::portfolio(&server.desk, &visitor.call, ask.filter(None)?).await?;
    let frame = visitor.frame("portfolio");
    let Some(told) = told else { return before_the_first_night(frame) };
    let links = Links { ask: &ask };
    let view = |row: &book_wide::RatioRow| ratio_view(&frame, row, &links);
    let held = |rows: &[HeldRow], dimension: Dimension| Distribution {
        title: frame.named("dimension", dimension.code()),
        rows: rows.iter().map(|row| held_view(&frame, &told.book, dimension, row, &links)).collect(),
    };
    let since = told.since.map_or_else(String::new, |since| since.to_string());
    let page = PortfolioPage {
        head: Head::of(&frame, &told.book, &ask, "/portfolio"),
        loans: told.whole.loans,
        balance: told.whole.balance.to_string(),
        allowance: told.allowance.to_string(),
        cards: told.ratios.iter().filter(|row| CARDS.contains(&row.metric.code)).map(view).collect(),
        ratios: told.ratios.iter().map(view).collect(),
        has_before: told.ratios.iter().any(|row| row.before.is_some()),
        distributions: vec![held(&told.buckets, Dimension::Bucket), held(&told.grades, Dimension::Grade), held(&told.classes, Dimension::Class)],
        moves: told.moves.rows.iter().map(|row| move_view(&frame, row, &since, &links)).collect(),
        since,
        chart: if told.ratios.iter().any(|row| row.before.is_some()) { ask.filters().at("/portfolio/charts/grades.svg") } else { String::new() },
        frame,
    };
    show(&page)
}

/// Addresses of the loans behind a figure.
pub struct Links<'a> {
    pub ask: &'a Ask,
}

impl Links<'_> {
    pub fn loans(&self, more: &[(&str, &str)]) -> String {
        self.ask.filters().with(more).at("/loans")
    }
}

fn amount(value: i64, unit: Unit) -> String {
    match unit {
        Unit::Fen => Money::from_fen(value).to_string(),
        Unit::Loans => value.to_string(),
    }
}

pub fn share(ratio: Ratio) -> String {
    ratio.ppm().map_or_else(|| "—".to_owned(), percent)
}

fn ratio_view(frame: &Frame, row: &book_wide::RatioRow, links: &Links) -> RatioView {
    let metric = row.metric;
    let unit = metric.numerator.unit();
    let now = row.ratio.ppm();
    let (level, standing) = match (metric.reference, now) {
        (Reference::Trend, _) => (String::new(), ""),
        (Reference::AtMost(most), now) => (format!("≤ {}", percent(most)), kept(now.map(|now| now <= most))),
        (Reference::AtLeast(least), now) => (format!("≥ {}", percent(least)), kept(now.map(|now| now >= least))),
    };
    let change = row.before.and_then(|before| Some(now? - before.ppm()?));
    RatioView {
        title: frame.named("metric", metric.code),
        value: share(row.ratio),
        numerator: amount(row.ratio.numerator, unit),
        denominator: amount(row.ratio.denominator, metric.denominator.unit()),
        unit: match unit {
            Unit::Fen => frame.word("figure.yuan").to_owned(),
            Unit::Loans => frame.word("figure.loans").to_owned(),
        },
        numerator_words: frame.named("measure", metric.numerator.code()),
        denominator_words: frame.named("measure", metric.denominator.code()),
        note: metric_note(metric),
        source: metric.source,
        level,
        standing,
        before: row.before.map_or_else(String::new, share),
        change: change.map_or_else(String::new, signed),
        href: links.loans(&[("metric", metric.code), ("status", "all")]),
    }
}

fn metric_note(metric: &Metric) -> &'static str {
    glossary::lookup(&format!("metric.{}", metric.code)).map_or("", |term| term.note.as_str())
}

fn kept(is_kept: Option<bool>) -> &'static str {
    match is_kept {
        None => "",
        Some(true) => "good",
        Some(false) => "bad",
    }
}

fn signed(change_ppm: i64) -> String {
    let sign = if change_ppm > 0 { "+" } else { "" };
    format!("{sign}{}", percent(change_ppm))
}

fn held_view(frame: &Frame, book: &Book, dimension: Dimension, row: &HeldRow, links: &Links) -> HeldView {
    HeldView {
        title: match dimension {
            Dimension::Class => short(&said(frame, book, dimension, &row.label)).to_owned(),
            other => said(frame, book, other, &row.label),
        },
        note: said(frame, book, dimension, &row.label),
        loans: row.held.loans,
        balance: row.held.balance.to_string(),
        allowance: row.allowance.to_string(),
        share: share(row.share),
        meter: row.share.ppm().unwrap_or_default(),
        href: links.loans(&[(dimension.code(), addressed(&row.label))]),
    }
}

fn move_view(frame: &Frame, row: &[Cell], since: &str, links: &Links) -> MoveView {
    let word = |place: usize| match &row[place] {
        Cell::Text(text) => text.as_str(),
        _ => "",
    };
    let (ladder, from, to) = (word(0), word(1), word(2));
    MoveView {
        what: frame.named("ladder", ladder),
        from: state_word(frame, ladder, from),
        to: state_word(frame, ladder, to),
        why: frame.named("move_reason", word(3)),
        loans: row[4].for_people(),
        balance: row[5].for_people(),
        href: links.loans(&[("of", ladder), ("since", since), ("from", from), ("to", to), ("status", "all")]),
    }
}

#[derive(Template)]
#[template(path = "portfolio_cut.html")]
struct CutPage {
    frame: Frame,
    head: Head,
    dimensions: Vec<Tab>,
    by: String,
    metrics: Vec<(String, &'static str)>,
    rows: Vec<CutView>,
}

struct CutView {
    held: HeldView,
    ratios: Vec<String>,
    /// One step deeper: this label held, cut along the next dimension.
    deeper: String,
}

/// Along what the book may be cut, and along what each cut is cut next.
const CUTS: [(Dimension, Dimension); 13] = [
    (Dimension::Branch, Dimension::Officer),
    (Dimension::Officer, Dimension::Product),
    (Dimension::Product, Dimension::Branch),
    (Dimension::Industry, Dimension::Branch),
    (Dimension::Region, Dimension::Branch),
    (Dimension::CustomerKind, Dimension::Product),
    (Dimension::Scale, Dimension::Industry),
    (Dimension::Class, Dimension::Branch),
    (Dimension::Protection, Dimension::Product),
    (Dimension::Method, Dimension::Product),
    (Dimension::Grade, Dimension::Branch),
    (Dimension::Bucket, Dimension::Branch),
    (Dimension::Vintage, Dimension::Product),
];

async fn cut(State(server): State<Server>, visitor: Visitor, Asked(asked): Query) -> Shown {
    let ask = Ask::of(asked);
    let by = ask.read_as("cut", Dimension::from_code)?.filter(|&by| by != Dimension::All).unwrap_or(Dimension::Branch);
    let told = book_wide::portfolio_cut(&server.desk, &visitor.call, ask.filter(None)?, by).await?;
    let frame = visitor.frame("portfolio_cut");
    let Some(told) = told else { return before_the_first_night(frame) };
    let links = Links { ask: &ask };
    let next = CUTS.iter().find(|(one, _)| *one == by).map_or(Dimension::Branch, |(_, next)| *next);
    let row = |row: &book_wide::CutRow| CutView {
        held: held_view(&frame, &told.book, by, &row.held, &links),
        ratios: row.ratios.iter().map(|&ratio| share(ratio)).collect(),
        deeper: ask.filters().with(&[(by.code(), addressed(&row.held.label)), ("cut", next.code())]).at("/portfolio/cut"),
    };
    let dimension = |&(one, _): &(Dimension, Dimension)| Tab {
        href: ask.with(&[("cut", one.code())]).at("/portfolio/cut"),
        title: frame.named("dimension", one.code()),
        is_here: one == by,
    };
    let page = CutPage {
        head: Head::of(&frame, &told.book, &ask, "/portfolio/cut"),
        dimensions: CUTS.iter().map(dimension).collect(),
        by: frame.named("dimension", by.code()),
        metrics: CUT_METRICS.iter().map(|code| (frame.named("metric", code), Metric::find(code).map_or("", metric_note))).collect(),
        rows: told.rows.iter().map(row).collect(),
        frame,
    };
    show(&page)
}

#[derive(Template)]
#[template(path = "portfolio_concentration.html")]
struct ConcentrationPage {
    frame: Frame,
    head: Head,
    total: String,
    top: Vec<TopView>,
    top_share: String,
    index: i64,
    by: Vec<ConcentrationView>,
}

struct TopView {
    title: String,
    balance: String,
    share: String,
    href: String,
}

struct ConcentrationView {
    title: String,
    index: i64,
    top_share: String,
    rows: Vec<TopView>,
}

async fn concentration(State(server): State<Server>, visitor: Visitor, Asked(asked): Query) -> Shown {
    let ask = Ask::of(asked);
    let told = book_wide::portfolio_concentration(&server.desk, &visitor.call, ask.filter(None)?).await?;
    let frame = visitor.frame("portfolio_concentration");
    let Some(told) = told else { return before_the_first_night(frame) };
    let links = Links { ask: &ask };
    let top = |of: &report::Concentration, title: &dyn Fn(&str) -> String, word: &str| -> Vec<TopView> {
        let view = |(label, balance): &(String, Money)| TopView {
            title: title(label),
            balance: balance.to_string(),
            share: share(Ratio::new(balance.fen(), of.total.fen())),
            href: links.loans(&[(word, addressed(label))]),
        };
        of.top.iter().map(view).collect()
    };
    let by = told.by.iter().map(|(dimension, of)| ConcentrationView {
        title: frame.named("dimension", dimension.code()),
        index: of.index,
        top_share: share(of.top_share),
        rows: top(of, &|label| said(&frame, &told.book, *dimension, label), dimension.code()),
    });
    let page = ConcentrationPage {
        total: told.customers.total.to_string(),
        top: top(&told.customers, &str::to_owned, "q"),
        top_share: share(told.customers.top_share),
        index: told.customers.index,
        by: by.collect(),
        head: Head::of(&frame, &told.book, &ask, "/portfolio/concentration"),
        frame,
    };
    show(&page)
}
