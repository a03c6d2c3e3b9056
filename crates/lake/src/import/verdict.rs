//! What became of each row of a file, and the totals that must balance.

use crate::batch::TableSummary;
use crate::refused::Rejection;
use std::collections::BTreeMap;

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

    pub fn is_rejected(&self, row: usize) -> bool {
        self.states[row] == State::Rejected
    }

    /// The balance of the table, given each row's control amount in fen.
    pub fn summary(&self, table: &str, fen: impl Fn(usize) -> i64) -> TableSummary {
        let mut summary = TableSummary { table: table.to_owned(), ..TableSummary::default() };
        for (row, state) in self.states.iter().enumerate() {
            let fen = fen(row);
            summary.read.add(fen);
            match state {
                State::New => summary.accepted.add(fen),
                State::Correction => {
                    summary.accepted.add(fen);
                    summary.corrections += 1;
                }
                State::Rejected => summary.rejected.add(fen),
                State::Known => summary.already_known.add(fen),
            }
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
