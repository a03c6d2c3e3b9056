//! The book as a whole, cut and compared: what the pages of the portfolio show, for the part somebody may see.

use crate::book::{Book, GLANCE, Gathered, PATIENCE, compared_with};
use crate::desk::{Call, Desk, People};
use crate::failure::Outcome;
use crate::loan_filter::{Answer, LoanFilter, answer};
use crate::loan_list::{apart, book_of};
use crate::loan_scope::{Seen, seen};
use crate::table::{Cell, Table};
use crate::workspace::Open;
use authority::UseCase;
use grading::{Bucket, CustomerClass, Grade};
use lake::snapshot::KeptMove;
use report::{
    CATALOGUE, Concentration, Dimension, Held, HistoryNight, Ladder, Matrix, Measure, Metric, MetricTable, Ratio, StateTable, VintagePoint, metrics,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Coded, Date, Money};

/// The book today (资产全貌).
pub struct Portfolio {
    pub date: Date,
    pub whole: Held,
    pub allowance: Money,
    pub ratios: Vec<RatioRow>,
    pub buckets: Vec<HeldRow>,
    pub grades: Vec<HeldRow>,
    pub classes: Vec<HeldRow>,
    /// The night the moves are since, and the moves by from, to and reason.
    pub since: Option<Date>,
    pub moves: Table,
    pub book: Arc<Book>,
}

/// A ratio with its sides, and as it was at the last month-end (比率).
pub struct RatioRow {
    pub metric: &'static Metric,
    pub ratio: Ratio,
    pub before: Option<Ratio>,
}

/// What one label holds (分布).
#[derive(Clone, Debug)]
pub struct HeldRow {
    pub label: String,
    pub held: Held,
    pub allowance: Money,
    /// Of the balance of the whole.
    pub share: Ratio,
}

/// The book cut along a dimension (分组).
pub struct Cut {
    pub date: Date,
    pub rows: Vec<CutRow>,
    pub book: Arc<Book>,
}

pub struct CutRow {
    pub held: HeldRow,
    /// In the order of [`CUT_METRICS`].
    pub ratios: Vec<Ratio>,
}

/// The ratios a cut shows beside balances.
pub const CUT_METRICS: [&str; 5] = ["npl_ratio", "special_mention_ratio", "past_due_ratio", "past_due_90_ratio", "coverage_ratio"];

/// The series of nights (历史走势), or how far it has been gathered.
pub enum Nights {
    Working { done: usize, of: usize },
    Whole { nights: Vec<HistoryNight>, book: Arc<Book> },
}

/// Vintage curves, or how far the nights have been gathered.
pub enum Curves {
    Working { done: usize, of: usize },
    Whole(Vec<VintagePoint>),
}

/// Where loans went since an earlier night (迁徙).
pub struct Migrated {
    pub since: Date,
    pub date: Date,
    pub matrix: Matrix,
    /// The nights it may be compared with, the newest first.
    pub nights: Vec<Date>,
    pub book: Arc<Book>,
}

/// How much hangs on few (集中度), by customers and by labels.
pub struct Concentrated {
    pub date: Date,
    pub customers: Concentration,
    pub by: Vec<(Dimension, Concentration)>,
    pub book: Arc<Book>,
}

/// How many of the largest are named.
pub const TOP: usize = 10;

/// What every page of the portfolio begins with: the book, what of it is seen, what of that is asked for.
struct Ground {
    desk: Arc<Desk>,
    people: Arc<People>,
    book: Arc<Book>,
    seen: Seen,
    filter: LoanFilter,
}

impl Ground {
    async fn of(desk: &Arc<Desk>, call: &Call, filter: LoanFilter) -> Outcome<Option<Ground>> {
        let Some(book) = book_of(desk).await? else { return Ok(None) };
        let seen = seen(desk, call, &book, UseCase::MetricsView).await?;
        Ok(Some(Ground { desk: desk.clone(), people: desk.people(call.at).await?, book, seen, filter }))
    }

    /// What tells this question from any other.
    fn key(&self, what: &str) -> String {
        format!("{} {} {what} {:?}", self.book.key(), self.seen.key(), self.filter)
    }

    fn answer(&self) -> Outcome<Arc<Answer>> {
        answer(&self.desk, &self.people, &self.book, &self.seen, &self.filter)
    }

    /// The loans asked for as a book of their own.
    fn part(&self) -> Outcome<(Arc<Answer>, Cow<'_, StateTable>)> {
        let answer = self.answer()?;
        let state = &self.book.state;
        if answer.loans == state.len() {
            return Ok((answer, Cow::Borrowed(state)));
        }
        let rows: Vec<u32> = answer.picked.iter().zip(0..).filter(|(picked, _)| **picked).map(|(_, row)| row).collect();
        let part = state.only(&rows);
        Ok((answer, Cow::Owned(part)))
    }

    /// Whether a branch counts in a series: all of it is seen, and it is the one asked for or below it.
    fn counts(&self, branch: &str) -> bool {
        let asked = self.filter.cuts.get(&Dimension::Branch);
        let below = |asked: &String| {
            let path = self.people.path(asked);
            asked == branch || (!path.is_institution() && self.people.path(branch).is_at_or_below(&path))
        };
        asked.is_none_or(below) && self.seen.covers_branch(&self.book, branch)
    }

    /// Series are kept by branch: filters of another kind they do not know.
    fn is_by_branch(&self) -> bool {
        let LoanFilter { cuts, status, days_from, days_to, find, metric, moved } = &self.filter;
        let others = status.is_some() || days_from.is_some() || days_to.is_some() || find.is_some() || metric.is_some() || moved.is_some();
        !others && cuts.keys().all(|&dimension| dimension == Dimension::Branch)
    }
}

/// Ratios, distributions and what moved; `None` before the first night.
pub async fn portfolio(desk: &Arc<Desk>, call: &Call, filter: LoanFilter) -> Outcome<Option<Arc<Portfolio>>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || {
        let before = before(&ground)?;
        // Worked out once without the series, and once more when it is there.
        let key = ground.key(if before.is_some() { "compared" } else { "alone" });
        ground.desk.books.portfolios.get_or(key, || portfolio_of(&ground, before)).map(Some)
    })
    .await
}

fn portfolio_of(ground: &Ground, before: Option<HistoryNight>) -> Outcome<Portfolio> {
    let (answer, part) = ground.part()?;
    let all = metrics(&part, &[]);
    let sums = all.groups.first();
    let sum = |measure| sums.map_or(0, |sums| sums.sum(measure));
    let ratio = |(place, metric): (usize, &'static Metric)| RatioRow {
        metric,
        ratio: sums.map_or(Ratio::default(), |sums| sums.ratio(metric)),
        before: before.as_ref().map(|night| night.ratios[place]),
    };
    Ok(Portfolio {
        date: ground.book.date,
        whole: Held { loans: sum(Measure::LoanCount), balance: Money::from_fen(sum(Measure::Outstanding)) },
        allowance: Money::from_fen(sum(Measure::Allowance)),
        ratios: CATALOGUE.iter().enumerate().map(ratio).collect(),
        buckets: distribution::<Bucket>(&part, Dimension::Bucket),
        grades: distribution::<Grade>(&part, Dimension::Grade),
        classes: distribution::<CustomerClass>(&part, Dimension::Class),
        since: ground.book.since,
        moves: moves(&ground.book, &answer),
        book: ground.book.clone(),
    })
}

/// The last month-end's figures where the series has them already.
fn before(ground: &Ground) -> Outcome<Option<HistoryNight>> {
    if !ground.is_by_branch() {
        return Ok(None);
    }
    match ground.desk.books.history(&ground.desk.open, &ground.book, GLANCE)? {
        Gathered::Working { .. } => Ok(None),
        Gathered::Whole(history) => Ok(history.nights(|branch| ground.counts(branch)).into_iter().rfind(|night| night.as_of < ground.book.date)),
    }
}

fn distribution<T: Coded>(part: &StateTable, dimension: Dimension) -> Vec<HeldRow> {
    let cut = metrics(part, &[dimension]);
    let rows = held(&cut);
    let whole: Money = rows.iter().map(|row| row.held.balance).sum();
    let row = |value: &T| rows.iter().find(|row| row.label == value.code()).cloned().unwrap_or_else(|| HeldRow {
        label: value.code().to_owned(),
        held: Held::default(),
        allowance: Money::ZERO,
        share: Ratio::new(0, whole.fen()),
    });
    T::ALL.iter().map(row).collect()
}

fn held(cut: &MetricTable) -> Vec<HeldRow> {
    let whole: i64 = cut.groups.iter().map(|group| group.sum(Measure::Outstanding)).sum();
    let row = |group: &report::GroupTotals| HeldRow {
        label: group.labels[0].clone(),
        held: Held { loans: group.sum(Measure::LoanCount), balance: Money::from_fen(group.sum(Measure::Outstanding)) },
        allowance: Money::from_fen(group.sum(Measure::Allowance)),
        share: Ratio::new(group.sum(Measure::Outstanding), whole),
    };
    cut.groups.iter().map(row).collect()
}

/// Moves of the night by from, to and reason, of the loans that were picked.
fn moves(book: &Book, answer: &Answer) -> Table {
    let mut table = Table::new(&["what", "from", "to", "why", ">loans", ">principal_outstanding"]);
    gather(book, answer, Ladder::Bucket, &book.bucket_moves, &mut table);
    gather(book, answer, Ladder::Grade, &book.grade_moves, &mut table);
    table
}

fn gather<T: Coded + Ord>(book: &Book, answer: &Answer, ladder: Ladder, moves: &[KeptMove<T>], table: &mut Table) {
    let mut groups: BTreeMap<(Option<T>, T, &str), (i64, Money)> = BTreeMap::new();
    for moved in moves {
        let row = book.state.loan_ids.find_sorted(&moved.loan_id).filter(|&row| answer.picked[row]);
        if let Some(row) = row {
            let group = groups.entry((moved.from, moved.to, &moved.why)).or_default();
            group.0 += 1;
            group.1 += book.state.figures[row].principal_outstanding;
        }
    }
    for ((from, to, why), (count, amount)) in groups {
        let from = from.map_or("new", |from| from.code());
        let cells = [Cell::text(ladder.code()), Cell::text(from), Cell::text(to.code()), Cell::text(why), Cell::Number(count), Cell::Amount(amount)];
        table.push(cells.to_vec());
    }
}

/// The book along one dimension: the largest first, codes of a scale in their order.
pub async fn portfolio_cut(desk: &Arc<Desk>, call: &Call, filter: LoanFilter, dimension: Dimension) -> Outcome<Option<Arc<Cut>>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || ground.desk.books.cuts.get_or(ground.key(dimension.code()), || cut_of(&ground, dimension)).map(Some)).await
}

fn cut_of(ground: &Ground, dimension: Dimension) -> Outcome<Cut> {
    let (_, part) = ground.part()?;
    let cut = metrics(&part, &[dimension]);
    let shown: Vec<&Metric> = CUT_METRICS.iter().filter_map(|code| Metric::find(code)).collect();
    let ratios = cut.groups.iter().map(|group| shown.iter().map(|metric| group.ratio(metric)).collect());
    let mut rows: Vec<CutRow> = held(&cut).into_iter().zip(ratios).map(|(held, ratios)| CutRow { held, ratios }).collect();
    rows.retain(|row| row.held.held.loans > 0);
    match dimension {
        Dimension::Bucket | Dimension::Grade => {}
        Dimension::Class | Dimension::Vintage => rows.sort_by(|a, b| a.held.label.cmp(&b.held.label)),
        _ => rows.sort_by(|a, b| b.held.held.balance.cmp(&a.held.held.balance).then_with(|| a.held.label.cmp(&b.held.label))),
    }
    Ok(Cut { date: ground.book.date, rows, book: ground.book.clone() })
}

/// The nights at month-ends and the last, of the branches asked for.
pub async fn portfolio_nights(desk: &Arc<Desk>, call: &Call, filter: LoanFilter) -> Outcome<Option<Nights>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || {
        Ok(Some(match ground.desk.books.history(&ground.desk.open, &ground.book, PATIENCE)? {
            Gathered::Working { done, of } => Nights::Working { done, of },
            Gathered::Whole(history) => Nights::Whole { nights: history.nights(|branch| ground.counts(branch)), book: ground.book.clone() },
        }))
    })
    .await
}

/// Vintage curves of the branches asked for, at so many days past due.
pub async fn portfolio_vintages(desk: &Arc<Desk>, call: &Call, filter: LoanFilter, days: i32) -> Outcome<Option<Curves>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || {
        Ok(Some(match ground.desk.books.history(&ground.desk.open, &ground.book, PATIENCE)? {
            Gathered::Working { done, of } => Curves::Working { done, of },
            Gathered::Whole(history) => Curves::Whole(history.vintages(days, |branch| ground.counts(branch)).points().collect()),
        }))
    })
    .await
}

/// The matrix since an earlier night; `None` where there is no earlier one.
pub async fn portfolio_migration(desk: &Arc<Desk>, call: &Call, filter: LoanFilter, ladder: Ladder, since: Option<Date>) -> Outcome<Option<Migrated>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || {
        let book = &ground.book;
        let Some(since) = compared_with(&ground.desk.open, book, since)? else { return Ok(None) };
        let origins = ground.desk.books.origins(&ground.desk.open, book, Some(since))?;
        let answer = ground.answer()?;
        let matrix = origins.matrix(&book.state, ladder, |row| answer.picked[row]);
        let nights = earlier_nights(&ground.desk.open, book)?;
        Ok(Some(Migrated { since, date: book.date, matrix, nights, book: book.clone() }))
    })
    .await
}

/// The nights of the last ten days and every month-end, the newest first.
fn earlier_nights(open: &Open, book: &Book) -> Outcome<Vec<Date>> {
    let nights = lake::snapshot::nights(&open.lake)?.into_iter().map(|night| night.business_date);
    let mut nights: Vec<Date> = nights.filter(|&night| night < book.date && (night.is_month_end() || book.date - night <= 10)).collect();
    nights.reverse();
    Ok(nights)
}

/// The largest customers, industries, regions, branches and products.
pub async fn portfolio_concentration(desk: &Arc<Desk>, call: &Call, filter: LoanFilter) -> Outcome<Option<Arc<Concentrated>>> {
    let Some(ground) = Ground::of(desk, call, filter).await? else { return Ok(None) };
    apart(move || ground.desk.books.concentrations.get_or(ground.key(""), || concentrated(&ground)).map(Some)).await
}

fn concentrated(ground: &Ground) -> Outcome<Concentrated> {
    let (_, part) = ground.part()?;
    let by = [Dimension::Industry, Dimension::Region, Dimension::Branch, Dimension::Product];
    Ok(Concentrated {
        date: ground.book.date,
        customers: report::customer_concentration(&part, TOP),
        by: by.into_iter().map(|dimension| (dimension, report::dimension_concentration(&part, dimension, TOP))).collect(),
        book: ground.book.clone(),
    })
}
