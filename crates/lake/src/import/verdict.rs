//! What became of each row of a file, and the totals that must balance.

use crate::batch::TableSummary;
use crate::refused::Rejection;
use std::collections::BTreeMap;

/// Rows whose amounts are summed as 64 bits: so many of the largest do not overflow.
const SUMMED_AT_ONCE: usize = 1024;

/// What became of a row (行处理结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    New,
    /// Accepted in place of an earlier batch's row with the same identity.
    Correction,
    Rejected,
    /// Already in the book, or earlier in the file, with the same content.
    Known,
}

/// The states of a file's rows, in order, and the reasons of the rejected.
#[derive(Debug, Default)]
pub struct Verdicts {
    pub states: Vec<State>,
    pub rejections: Vec<Rejection>,
}

impl Verdicts {
    /// The first reason given stands: callers judge in order of precedence.
    pub fn reject(&mut self, rejection: Rejection) {
        let state = &mut self.states[rejection.row as usize];
        if *state != State::Rejected {
            *state = State::Rejected;
            self.rejections.push(rejection);
        }
    }

    /// Whether the row enters the book.
    pub fn is_accepted(&self, row: usize) -> bool {
        matches!(self.states[row], State::New | State::Correction)
    }

    pub fn is_rejected(&self, row: usize) -> bool {
        self.states[row] == State::Rejected
    }

    /// The balance of the table, given each row's control amount in fen.
    pub fn summary(&self, table: &str, fen: impl Fn(usize) -> i64) -> TableSummary {
        let mut summary = TableSummary { table: table.to_owned(), ..TableSummary::default() };
        for (stretch, states) in self.states.chunks(SUMMED_AT_ONCE).enumerate() {
            let mut sums = [(0, 0); 4];
            for (row, &state) in states.iter().enumerate() {
                let (rows, sum) = &mut sums[state as usize];
                *rows += 1;
                *sum += fen(stretch * SUMMED_AT_ONCE + row);
            }
            let of = |state: State| (sums[state as usize].0, i128::from(sums[state as usize].1));
            for (count, states) in [
                (&mut summary.read, &[State::New, State::Correction, State::Rejected, State::Known][..]),
                (&mut summary.accepted, &[State::New, State::Correction]),
                (&mut summary.rejected, &[State::Rejected]),
                (&mut summary.already_known, &[State::Known]),
            ] {
                states.iter().map(|&state| of(state)).for_each(|(rows, fen)| count.add(rows, fen));
            }
            summary.corrections += of(State::Correction).0;
        }
        summary.reasons = self.reasons();
        assert!(summary.balances(), "rows of {table} went missing");
        summary
    }

    fn reasons(&self) -> BTreeMap<String, u64> {
        let mut reasons = BTreeMap::new();
        for rejection in &self.rejections {
            *reasons.entry(rejection.why.code().to_owned()).or_insert(0) += 1;
        }
        reasons
    }
}
