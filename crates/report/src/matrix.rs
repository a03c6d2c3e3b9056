//! Where loans went between two nights, or from month to month.

use crate::ratio::Ratio;
use crate::state::{Figures, StateTable};
use grading::{Bucket, Grade};
use loan::LoanStatus;
use units::{Date, Money, coded};

coded! {
    /// The ladder loans move along (迁徙口径).
    Ladder {
        Bucket = "bucket",
        Grade = "grade",
    }
}

coded! {
    /// How a loan left the books (退出方式).
    Exit {
        Settled = "settled",
        WrittenOff = "written_off",
        Transferred = "transferred",
        /// The later night does not know the loan.
        Missing = "missing",
    }
}

/// Counts and amounts that went from state to state (状态转移).
///
/// States are numbers; who fills the table says what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transitions {
    columns: usize,
    counts: Vec<i64>,
    amounts: Vec<Money>,
}

/// The movement of a whole book between two nights (迁徙矩阵).
///
/// Rows: the states of the earlier night, then `new` for loans not on its books. Columns: the
/// states of the later night, then the [`Exit`]s. A loan counts with its balance of the earlier
/// night, a new one with that of the later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    pub ladder: Ladder,
    pub transitions: Transitions,
}

impl Transitions {
    pub fn new(rows: usize, columns: usize) -> Transitions {
        Transitions { columns, counts: vec![0; rows * columns], amounts: vec![Money::ZERO; rows * columns] }
    }

    pub fn add(&mut self, from: usize, to: usize, amount: Money) {
        assert!(to < self.columns, "no such state");
        self.counts[from * self.columns + to] += 1;
        self.amounts[from * self.columns + to] += amount;
    }

    /// Adds one loan's way through its months: each state with the balance it was left with. The
    /// way ends at the first state that has no row of its own, an absorbing one (吸收态).
    pub fn follow(&mut self, way: impl IntoIterator<Item = (usize, Money)>) {
        let mut before: Option<(usize, Money)> = None;
        for (state, balance) in way {
            if let Some((from, amount)) = before {
                self.add(from, state, amount);
            }
            if state >= self.rows() {
                return;
            }
            before = Some((state, balance));
        }
    }

    pub fn rows(&self) -> usize {
        self.counts.len() / self.columns
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn count(&self, from: usize, to: usize) -> i64 {
        self.counts[from * self.columns + to]
    }

    pub fn amount(&self, from: usize, to: usize) -> Money {
        self.amounts[from * self.columns + to]
    }

    /// How many of those in `from` went to `to`; its interval is [`Ratio::interval_95`].
    pub fn count_share(&self, from: usize, to: usize) -> Ratio {
        Ratio::new(self.count(from, to), self.row_count(from))
    }

    /// All that was in `from`.
    pub fn row_count(&self, from: usize) -> i64 {
        self.counts[self.row(from)].iter().sum()
    }

    pub fn row_amount(&self, from: usize) -> Money {
        self.amounts[self.row(from)].iter().copied().sum()
    }

    pub fn amount_share(&self, from: usize, to: usize) -> Ratio {
        Ratio::new(self.amount(from, to).fen(), self.row_amount(from).fen())
    }

    fn row(&self, from: usize) -> std::ops::Range<usize> {
        from * self.columns..(from + 1) * self.columns
    }
}

impl Ladder {
    pub fn states(self) -> Vec<&'static str> {
        match self {
            Ladder::Bucket => Bucket::ALL.iter().map(|bucket| bucket.code()).collect(),
            Ladder::Grade => Grade::ALL.iter().map(|grade| grade.code()).collect(),
        }
    }

    /// Codes of a matrix's rows: the states, then `new`.
    pub fn row_codes(self) -> Vec<&'static str> {
        self.states().into_iter().chain(["new"]).collect()
    }

    /// Codes of a matrix's columns: the states, then the exits.
    pub fn column_codes(self) -> Vec<&'static str> {
        self.states().into_iter().chain(Exit::ALL.iter().map(|exit| exit.code())).collect()
    }

    fn state(self, figures: &Figures) -> usize {
        match self {
            Ladder::Bucket => figures.bucket as usize,
            Ladder::Grade => figures.grade as usize,
        }
    }
}

/// Where the loans of one night stood on an earlier one (期初状态), by the rows of the later night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    pub as_of: Date,
    loans: Vec<Option<Origin>>,
    /// On the earlier night's books, and unknown to the later one.
    missing: Vec<Origin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    bucket: Bucket,
    grade: Grade,
    balance: Money,
}

impl Origins {
    pub fn between(before: &StateTable, after: &StateTable) -> Origins {
        let mut origins = Origins { as_of: before.as_of, loans: Vec::with_capacity(after.len()), missing: Vec::new() };
        for (old, new) in pairs(before, after) {
            let origin = old.filter(|old| old.on_book());
            let origin = origin.map(|old| Origin { bucket: old.bucket, grade: old.grade, balance: old.principal_outstanding });
            match new {
                Some(_) => origins.loans.push(origin),
                None => origins.missing.extend(origin),
            }
        }
        origins
    }

    /// From where to where a loan of the later night went, as rows and columns of its [`Matrix`]; `None` for one that was on
    /// neither night's books.
    pub fn way(&self, ladder: Ladder, row: usize, later: &Figures) -> Option<(usize, usize)> {
        let states = ladder.states().len();
        let to = match later.status {
            LoanStatus::Active => ladder.state(later),
            LoanStatus::Settled => states + Exit::Settled as usize,
            LoanStatus::WrittenOff => states + Exit::WrittenOff as usize,
            LoanStatus::Transferred => states + Exit::Transferred as usize,
        };
        match self.loans[row] {
            Some(origin) => Some((origin.state(ladder), to)),
            None => later.on_book().then_some((states, to)),
        }
    }

    /// The movement of the loans of `after` that `counts`.
    pub fn matrix(&self, after: &StateTable, ladder: Ladder, counts: impl Fn(usize) -> bool) -> Matrix {
        let states = ladder.states().len();
        let mut transitions = Transitions::new(states + 1, states + Exit::ALL.len());
        for (row, figures) in after.figures.iter().enumerate().filter(|(row, _)| counts(*row)) {
            if let Some((from, to)) = self.way(ladder, row, figures) {
                let amount = self.loans[row].map_or(figures.principal_outstanding, |origin| origin.balance);
                transitions.add(from, to, amount);
            }
        }
        Matrix { ladder, transitions }
    }
}

impl Origin {
    fn state(&self, ladder: Ladder) -> usize {
        match ladder {
            Ladder::Bucket => self.bucket as usize,
            Ladder::Grade => self.grade as usize,
        }
    }
}

impl Matrix {
    pub fn between(before: &StateTable, after: &StateTable, ladder: Ladder) -> Matrix {
        let origins = Origins::between(before, after);
        let mut matrix = origins.matrix(after, ladder, |_| true);
        let gone = ladder.states().len() + Exit::Missing as usize;
        origins.missing.iter().for_each(|origin| matrix.transitions.add(origin.state(ladder), gone, origin.balance));
        matrix
    }

    /// Codes of the rows: the states, then `new`.
    pub fn row_codes(&self) -> Vec<&'static str> {
        self.ladder.row_codes()
    }

    /// Codes of the columns: the states, then the exits.
    pub fn column_codes(&self) -> Vec<&'static str> {
        self.ladder.column_codes()
    }
}

/// The loans of two nights side by side: both ascend by identity, so one walk matches them.
pub(crate) fn pairs<'a>(
    before: &'a StateTable,
    after: &'a StateTable,
) -> impl Iterator<Item = (Option<&'a Figures>, Option<&'a Figures>)> {
    let (mut old, mut new) = (0, 0);
    std::iter::from_fn(move || {
        use std::cmp::Ordering::{Greater, Less};
        let order = match (old < before.len(), new < after.len()) {
            (false, false) => return None,
            (true, false) => Less,
            (false, true) => Greater,
            (true, true) => before.loan_ids.get(old).cmp(after.loan_ids.get(new)),
        };
        let left = (order != Greater).then(|| &before.figures[old]);
        let right = (order != Less).then(|| &after.figures[new]);
        old += usize::from(order != Greater);
        new += usize::from(order != Less);
        Some((left, right))
    })
}
