//! The book of the last night in memory, for pages that are turned by many: read once per night, bounded.
//!
//! [`Books::last`] is the night itself, [`Books::origins`] where its loans stood on an earlier night, [`Books::history`]
//! the series of nights, gathered aside while pages are shown. All of it is derived and is thrown away with the night.

use crate::failure::{Failure, Outcome};
use crate::figures::{earlier_night, night_of};
use crate::loan_filter::Answer;
use crate::loan_scope::Parts;
use crate::portfolio::{Concentrated, Cut, Portfolio};
use crate::workspace::Open;
use anyhow::anyhow;
use grading::{Bucket, CustomerKind, Grade};
use lake::snapshot::{self, KeptMove, LoanDays, read::Night};
use loan::{Protection, RepaymentMethod};
use report::{Dimension, History, Metric, Origins, StateTable};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::Duration;
use units::{Coded, Date, TextIndex};

/// A night's book (台账): every loan with its figures and days, and whose it is.
pub struct Book {
    pub date: Date,
    /// The night the moves are since.
    pub since: Option<Date>,
    pub state: StateTable,
    pub days: LoanDays,
    pub bucket_moves: Vec<KeptMove<Bucket>>,
    pub grade_moves: Vec<KeptMove<Grade>>,
    /// Names by identity.
    pub branches: BTreeMap<String, String>,
    pub officers: BTreeMap<String, String>,
    customers: TextIndex,
    /// What tells this night from any other.
    key: String,
    /// Rows in the order of each column, made when first asked for.
    orders: Vec<OnceLock<Vec<u32>>>,
    behind: Mutex<BTreeMap<&'static str, Arc<Vec<bool>>>>,
}

/// The series of nights, or how far it has been gathered (历史进度).
pub enum Gathered {
    Whole(Arc<History>),
    Working { done: usize, of: usize },
}

/// The books kept in memory (内存台账).
#[derive(Default)]
pub struct Books {
    last: Mutex<Option<Arc<Book>>>,
    origins: Mutex<Vec<(String, Date, Arc<Origins>)>>,
    history: Arc<(Mutex<Series>, Condvar)>,
    pub(crate) parts: Parts,
    pub(crate) answers: Shown<Answer>,
    pub(crate) portfolios: Shown<Portfolio>,
    pub(crate) cuts: Shown<Cut>,
    pub(crate) concentrations: Shown<Concentrated>,
}

/// What was worked out for pages (已算结果), by what was asked; the newest few.
pub(crate) struct Shown<T>(Mutex<VecDeque<(String, Arc<Mutex<Option<Arc<T>>>>)>>);

/// A few kilobytes each, an [`Answer`] over a million loans a megabyte.
const SHOWN: usize = 64;

#[derive(Default)]
struct Series {
    key: String,
    whole: Option<Arc<History>>,
    failed: Option<String>,
    done: usize,
    of: usize,
}

/// Earlier nights held beside the last: yesterday, the last month-end, and two that somebody asked for.
const ORIGINS: usize = 4;

/// Month-ends of the series: two years and the one they are compared with.
const MONTH_ENDS: usize = 25;

/// How long a page waits for a series it shows, and one it only mentions: a small book's is there by then.
pub const PATIENCE: Duration = Duration::from_millis(1_500);
pub const GLANCE: Duration = Duration::from_millis(300);

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl<T> Default for Shown<T> {
    fn default() -> Shown<T> {
        Shown(Mutex::default())
    }
}

impl<T> Shown<T> {
    /// What was worked out for `key`, or else what `work` says now. Whoever comes while it is worked out waits for it: of two
    /// hundred people in the morning each would else reckon the same page.
    pub fn get_or(&self, key: String, work: impl FnOnce() -> Outcome<T>) -> Outcome<Arc<T>> {
        let place = {
            let mut kept = held(&self.0);
            match kept.iter().find(|(known, _)| *known == key) {
                Some((_, place)) => place.clone(),
                None => {
                    let place = Arc::default();
                    kept.truncate(SHOWN - 1);
                    kept.push_front((key, Arc::clone(&place)));
                    place
                }
            }
        };
        let mut shown = held(&place);
        match &*shown {
            Some(shown) => Ok(shown.clone()),
            None => Ok(shown.insert(Arc::new(work()?)).clone()),
        }
    }

    fn forget(&self) {
        held(&self.0).clear();
    }
}

impl Books {
    /// The book of the last night; `None` before the first one.
    pub fn last(&self, open: &Open) -> Outcome<Option<Arc<Book>>> {
        let Some(night) = snapshot::nights(&open.lake)?.pop() else { return Ok(None) };
        let run = night.run()?;
        let digest = run.files.iter().map(|file| file.xxh3.as_str()).collect::<String>();
        let key = format!("{} {digest}", night.business_date);
        // Whoever comes while it is read waits for it: it is not read twice.
        let mut last = held(&self.last);
        if let Some(book) = last.as_ref().filter(|book| book.key == key) {
            return Ok(Some(book.clone()));
        }
        let since = run.carried_from.as_deref().and_then(|date| Date::parse(date).ok());
        let known_on = Date::parse(&run.known_on).unwrap_or(night.business_date);
        *last = None;
        self.answers.forget();
        self.portfolios.forget();
        self.cuts.forget();
        self.concentrations.forget();
        let book = Arc::new(Book::read(open, &night, since, known_on, key)?);
        *last = Some(book.clone());
        Ok(Some(book))
    }

    /// Where the loans of a book stood on an earlier night: the one named, else the last month-end, else the last.
    pub fn origins(&self, open: &Open, book: &Book, since: Option<Date>) -> Outcome<Arc<Origins>> {
        let earlier = earlier_night(open, book.date, since)?;
        let mut kept = held(&self.origins);
        kept.retain(|(key, ..)| *key == book.key);
        if let Some((.., origins)) = kept.iter().find(|(_, date, _)| *date == earlier.business_date) {
            return Ok(origins.clone());
        }
        let before = snapshot::state_table(&earlier)?;
        let origins = Arc::new(Origins::between(&before, &book.state));
        kept.truncate(ORIGINS - 1);
        kept.insert(0, (book.key.clone(), earlier.business_date, origins.clone()));
        Ok(origins)
    }

    /// The series of month-ends up to a book's night. Gathered by a thread of its own; nobody waits long for it.
    pub fn history(&self, open: &Open, book: &Arc<Book>, patience: Duration) -> Outcome<Gathered> {
        let (series, told) = &*self.history;
        let mut now = held(series);
        if now.key != book.key {
            *now = Series { key: book.key.clone(), ..Series::default() };
            let (open, book, place) = (open.clone(), book.clone(), self.history.clone());
            std::thread::spawn(move || gather(&open, &book, &place));
        }
        let waiting = |series: &mut Series| series.key == book.key && series.whole.is_none() && series.failed.is_none();
        let (mut now, _) = told.wait_timeout_while(now, patience, waiting).unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(why) = now.failed.take() {
            *now = Series::default();
            return Err(Failure::Fault(anyhow!("gathering the nights: {why}")));
        }
        match &now.whole {
            Some(whole) => Ok(Gathered::Whole(whole.clone())),
            None => Ok(Gathered::Working { done: now.done, of: now.of }),
        }
    }
}

/// Reads the nights of the series one after another, two in memory at a time.
fn gather(open: &Open, book: &Book, place: &(Mutex<Series>, Condvar)) {
    let (series, told) = place;
    let tell = |change: &dyn Fn(&mut Series)| {
        let mut now = held(series);
        if now.key == book.key {
            change(&mut now);
            told.notify_all();
        }
    };
    let gathered = || -> Outcome<History> {
        let nights = snapshot::nights(&open.lake)?;
        let counts = |night: &&Night| night.business_date < book.date && night.business_date.is_month_end();
        let mut nights: Vec<&Night> = nights.iter().filter(counts).collect();
        nights.drain(..nights.len().saturating_sub(MONTH_ENDS));
        let of = nights.len() + 1;
        let (mut history, mut before) = (History::default(), None);
        for (done, night) in nights.into_iter().enumerate() {
            tell(&|series| (series.done, series.of) = (done, of));
            let table = snapshot::state_table(night)?;
            history.add(before.as_ref(), &table);
            before = Some(table);
        }
        history.add(before.as_ref(), &book.state);
        Ok(history)
    };
    match gathered() {
        Ok(history) => {
            let history = Arc::new(history);
            tell(&|series| series.whole = Some(history.clone()));
        }
        Err(why) => tell(&|series| series.failed = Some(format!("{why:?}"))),
    }
}

impl Book {
    fn read(open: &Open, night: &Night, since: Option<Date>, known_on: Date, key: String) -> Outcome<Book> {
        let branches = lake::branches::branches(&open.lake, known_on)?;
        let officers = lake::branches::officers(&open.lake, known_on)?;
        let state = snapshot::state_table(night)?;
        Ok(Book {
            date: night.business_date,
            since,
            customers: TextIndex::new(&state.customer_ids),
            state,
            days: snapshot::loan_days(night)?,
            bucket_moves: snapshot::moves(night, "bucket_moves")?,
            grade_moves: snapshot::moves(night, "grade_moves")?,
            branches: branches.into_iter().map(|branch| (branch.branch_id, branch.name)).collect(),
            officers: officers.into_iter().map(|officer| (officer.officer_id, officer.name)).collect(),
            key,
            orders: (0..crate::loan_list::COLUMNS.len()).map(|_| OnceLock::new()).collect(),
            behind: Mutex::default(),
        })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// A customer's number in the book.
    pub fn customer(&self, customer_id: &str) -> Option<u32> {
        self.customers.find(&self.state.customer_ids, customer_id).map(|number| number as u32)
    }

    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// A loan's label along a dimension the book carries as a column.
    pub fn label(&self, dimension: Dimension, row: usize) -> &str {
        match self.state.dimensions.iter().find(|column| column.dimension == dimension) {
            Some(column) => column.labels.get(column.codes[row] as usize),
            None => "",
        }
    }

    /// The labels of a dimension the book carries as a column or knows by codes.
    pub fn labels(&self, dimension: Dimension) -> Vec<&str> {
        fn codes<'a, T: Coded>() -> Vec<&'a str> {
            T::ALL.iter().map(|value| value.code()).collect()
        }
        match dimension {
            Dimension::Bucket => codes::<Bucket>(),
            Dimension::Grade => codes::<Grade>(),
            Dimension::CustomerKind => codes::<CustomerKind>(),
            Dimension::Protection => codes::<Protection>(),
            Dimension::Method => codes::<RepaymentMethod>(),
            other => {
                let column = self.state.dimensions.iter().find(|column| column.dimension == other);
                column.map_or_else(Vec::new, |column| column.labels.iter().collect())
            }
        }
    }

    /// The rows in the order of a column, smallest first; equals in the order of the loans.
    pub fn order(&self, column: usize, key: impl Fn(usize) -> i64) -> &[u32] {
        self.orders[column].get_or_init(|| {
            let mut rows: Vec<u32> = (0..self.len() as u32).collect();
            rows.sort_by_cached_key(|&row| key(row as usize));
            rows
        })
    }

    /// The loans that add to a ratio's numerator.
    pub fn behind(&self, metric: &'static Metric) -> Arc<Vec<bool>> {
        let mut known = held(&self.behind);
        known.entry(metric.code).or_insert_with(|| Arc::new(report::numerator_loans(&self.state, metric))).clone()
    }
}

/// The night a page compares with, if there is one.
pub fn compared_with(open: &Open, book: &Book, since: Option<Date>) -> Outcome<Option<Date>> {
    match since {
        Some(since) => Ok(Some(night_of(open, since)?.business_date)),
        None => Ok(earlier_night(open, book.date, None).ok().map(|night| night.business_date)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn what_many_ask_for_at_one_moment_is_worked_out_once() {
        let (shown, worked, together) = (Shown::default(), AtomicU32::new(0), Barrier::new(8));
        let ask = || {
            together.wait();
            let work = || {
                std::thread::sleep(Duration::from_millis(50));
                Ok(worked.fetch_add(1, Ordering::SeqCst))
            };
            shown.get_or("overview".to_owned(), work).map_or(99, |shown| *shown)
        };
        let said = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!((said, worked.into_inner()), (vec![0; 8], 1));
        assert!(shown.get_or("failed".to_owned(), || Err(anyhow!("not now").into())).is_err());
        assert_eq!(*shown.get_or("failed".to_owned(), || Ok(7)).unwrap(), 7, "what failed is tried again");
    }
}
