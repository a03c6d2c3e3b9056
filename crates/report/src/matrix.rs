//! Where loans went between two nights, or from month to month.

use crate::ratio::Ratio;
use crate::state::{Figures, StateTable};
use grading::{Bucket, Grade};
use loan::LoanStatus;
use units::{Money, coded};

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
        Ratio::new(self.count(from, to), self.counts[self.row(from)].iter().sum())
    }

    pub fn amount_share(&self, from: usize, to: usize) -> Ratio {
        let whole: Money = self.amounts[self.row(from)].iter().copied().sum();
        Ratio::new(self.amount(from, to).fen(), whole.fen())
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

    fn state(self, figures: &Figures) -> usize {
        match self {
            Ladder::Bucket => figures.bucket as usize,
            Ladder::Grade => figures.grade as usize,
        }
    }
}

impl Matrix {
    pub fn between(before: &StateTable, after: &StateTable, ladder: Ladder) -> Matrix {
        let states = ladder.states().len();
        let mut transitions = Transitions::new(states + 1, states + Exit::ALL.len());
        for (old, new) in pairs(before, after) {
            let old = old.filter(|old| old.on_book());
            let to = match new.map(|new| (new.status, new)) {
                Some((LoanStatus::Active, new)) => ladder.state(new),
                Some((LoanStatus::Settled, _)) => states + Exit::Settled as usize,
                Some((LoanStatus::WrittenOff, _)) => states + Exit::WrittenOff as usize,
                Some((LoanStatus::Transferred, _)) => states + Exit::Transferred as usize,
                None => states + Exit::Missing as usize,
            };
            match (old, new) {
                (Some(old), _) => transitions.add(ladder.state(old), to, old.principal_outstanding),
                (None, Some(new)) if new.on_book() => transitions.add(states, to, new.principal_outstanding),
                _ => {} // on neither night's books
            }
        }
        Matrix { ladder, transitions }
    }

    /// Codes of the rows: the states, then `new`.
    pub fn row_codes(&self) -> Vec<&'static str> {
        self.ladder.states().into_iter().chain(["new"]).collect()
    }

    /// Codes of the columns: the states, then the exits.
    pub fn column_codes(&self) -> Vec<&'static str> {
        self.ladder.states().into_iter().chain(Exit::ALL.iter().map(|exit| exit.code())).collect()
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
