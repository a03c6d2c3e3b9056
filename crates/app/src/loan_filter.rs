//! Which loans of a book are asked for, and which those are.

use crate::book::Book;
use crate::desk::{Desk, People};
use crate::failure::Outcome;
use crate::loan_scope::Seen;
use authority::BranchPath;
use grading::{Bucket, CustomerKind, Grade};
use loan::{LoanStatus, Protection, RepaymentMethod};
use report::{Dimension, Ladder, Metric, Origins};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Coded, Date, Money};

/// What is asked of a book (借据筛选); everything left out lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoanFilter {
    /// A label of each dimension; a branch with what is below it.
    pub cuts: BTreeMap<Dimension, String>,
    pub status: Option<LoanStatus>,
    pub days_from: Option<i32>,
    pub days_to: Option<i32>,
    /// A loan's or customer's identity, or how a loan's begins.
    pub find: Option<String>,
    /// Only what adds to a ratio's numerator.
    pub metric: Option<&'static Metric>,
    pub moved: Option<Moved>,
}

/// How a loan moved since an earlier night (变动筛选).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub ladder: Ladder,
    /// `None`: since the night pages usually compare with.
    pub since: Option<Date>,
    pub way: Way,
}

/// Which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Any,
    Better,
    Worse,
    /// By the codes of a migration matrix; `None` lets every row or column through.
    Cell(Option<String>, Option<String>),
}

/// The loans that were asked for (筛选结果), with what they come to.
#[derive(Debug, Default)]
pub struct Answer {
    /// One entry per loan of the book.
    pub picked: Vec<bool>,
    pub loans: usize,
    pub outstanding: Money,
    pub amount_past_due: Money,
}

type Test<'a> = Box<dyn Fn(usize) -> bool + 'a>;

/// The loans of a book that are seen and asked for.
pub fn answer(desk: &Desk, people: &People, book: &Book, seen: &Seen, filter: &LoanFilter) -> Outcome<Arc<Answer>> {
    let key = format!("{} {} {filter:?}", book.key(), seen.key());
    // The next page of a list asks the same again.
    desk.books.answers.get_or(key, || answered(desk, people, book, seen, filter))
}

fn answered(desk: &Desk, people: &People, book: &Book, seen: &Seen, filter: &LoanFilter) -> Outcome<Answer> {
    let origins = match &filter.moved {
        Some(moved) => Some(desk.books.origins(&desk.open, book, moved.since)?),
        None => None,
    };
    let tests = tests(people, book, seen, filter, origins.as_deref());
    let mut answer = Answer { picked: vec![false; book.len()], ..Answer::default() };
    for (row, figures) in book.state.figures.iter().enumerate() {
        if tests.iter().all(|test| test(row)) {
            answer.picked[row] = true;
            answer.loans += 1;
            if figures.on_book() {
                answer.outstanding += figures.principal_outstanding;
                answer.amount_past_due += figures.amount_past_due;
            }
        }
    }
    Ok(answer)
}

fn tests<'a>(people: &People, book: &'a Book, seen: &'a Seen, filter: &'a LoanFilter, origins: Option<&'a Origins>) -> Vec<Test<'a>> {
    let figures = &book.state.figures;
    let mut tests: Vec<Test> = Vec::new();
    if let Some(status) = filter.status {
        tests.push(Box::new(move |row| figures[row].status == status));
    }
    if let Some(least) = filter.days_from {
        tests.push(Box::new(move |row| figures[row].days_past_due >= least));
    }
    if let Some(most) = filter.days_to {
        tests.push(Box::new(move |row| figures[row].days_past_due <= most));
    }
    tests.extend(filter.cuts.iter().map(|(&dimension, label)| cut(people, book, dimension, label)));
    if let Some(wanted) = &filter.find {
        let customer = book.customer(wanted);
        tests.push(Box::new(move |row| book.state.loan_ids.get(row).starts_with(wanted.as_str()) || Some(book.state.customers[row]) == customer));
    }
    if let Some(metric) = filter.metric {
        let behind = book.behind(metric);
        tests.push(Box::new(move |row| behind[row]));
    }
    if let (Some(moved), Some(origins)) = (&filter.moved, origins) {
        tests.push(way(book, moved, origins));
    }
    if let Seen::Part(_) = seen {
        tests.push(Box::new(move |row| seen.covers(book, row)));
    }
    tests
}

fn cut<'a>(people: &People, book: &'a Book, dimension: Dimension, label: &str) -> Test<'a> {
    fn by_code<'a, T: Coded + PartialEq>(label: &str, of: impl Fn(usize) -> T + 'a) -> Test<'a> {
        match T::from_code(label) {
            Some(wanted) => Box::new(move |row| of(row) == wanted),
            None => Box::new(|_| false),
        }
    }
    let figures = &book.state.figures;
    match dimension {
        Dimension::All => Box::new(|_| true),
        Dimension::Bucket => by_code::<Bucket>(label, |row| figures[row].bucket),
        Dimension::Grade => by_code::<Grade>(label, |row| figures[row].grade),
        Dimension::CustomerKind => by_code::<CustomerKind>(label, |row| figures[row].kind),
        Dimension::Protection => by_code::<Protection>(label, |row| figures[row].protection),
        Dimension::Method => by_code::<RepaymentMethod>(label, |row| figures[row].method),
        Dimension::Vintage => {
            let wanted = label.to_owned();
            Box::new(move |row| figures[row].disbursed_on.to_string().starts_with(&wanted))
        }
        column => {
            let Some(column) = book.state.dimensions.iter().find(|known| known.dimension == column) else { return Box::new(|_| false) };
            let path = people.path(label);
            let is_wanted = |one: &str| one == label || (dimension == Dimension::Branch && is_below(people, one, &path));
            let wanted: Vec<bool> = column.labels.iter().map(is_wanted).collect();
            Box::new(move |row| wanted[column.codes[row] as usize])
        }
    }
}

/// A branch nobody knows has nothing below it.
fn is_below(people: &People, branch: &str, path: &BranchPath) -> bool {
    !path.is_institution() && people.path(branch).is_at_or_below(path)
}

fn way<'a>(book: &'a Book, moved: &'a Moved, origins: &'a Origins) -> Test<'a> {
    let ladder = moved.ladder;
    let states = ladder.states();
    let went = move |row: usize| origins.way(ladder, row, &book.state.figures[row]);
    match &moved.way {
        Way::Cell(from, to) => {
            let rows: Vec<&str> = ladder.row_codes();
            let columns: Vec<&str> = ladder.column_codes();
            let (from, to) = (from.clone(), to.clone());
            Box::new(move |row| {
                went(row).is_some_and(|(was, is)| {
                    from.as_deref().is_none_or(|from| rows[was] == from) && to.as_deref().is_none_or(|to| columns[is] == to)
                })
            })
        }
        direction => {
            let direction = direction.clone();
            Box::new(move |row| {
                went(row).is_some_and(|(was, is)| match direction {
                    _ if was >= states.len() || is >= states.len() => false,
                    Way::Better => is < was,
                    Way::Worse => is > was,
                    _ => is != was,
                })
            })
        }
    }
}
