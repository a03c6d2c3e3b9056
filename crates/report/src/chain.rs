//! What a matrix of transitions says about several periods ahead.

use crate::matrix::Transitions;
use crate::ratio::Ratio;
use units::{Rounding, div_round};

/// Transition shares as a Markov chain (马尔可夫链): the next period depends on today's state alone.
///
/// Shares are whole parts of 10¹²; every product is rounded once per cell, half up, so a row may
/// miss 1 by some parts in 10¹² and no more. States without a row of their own absorb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    states: usize,
    shares: Vec<i64>,
}

const ONE: i128 = 1_000_000_000_000;

/// What a share is of (权重).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Loans,
    Amount,
}

impl Chain {
    /// The shares among the first `live` states of `moved`; its further columns absorb, its further
    /// rows (new loans) are left out. A state nothing was in is taken to keep what comes to it.
    pub fn of(moved: &Transitions, live: usize, weight: Weight) -> Chain {
        let share = |from: usize, to: usize| {
            let share = match weight {
                _ if from >= live => Ratio::default(),
                Weight::Loans => moved.count_share(from, to),
                Weight::Amount => moved.amount_share(from, to),
            };
            if share.denominator <= 0 {
                return if from == to { ONE as i64 } else { 0 };
            }
            div_round(i128::from(share.numerator) * ONE, share.denominator.into(), Rounding::HalfUp) as i64
        };
        let states = moved.columns();
        let cells = (0..states * states).map(|cell| share(cell / states, cell % states));
        Chain { states, shares: cells.collect() }
    }

    /// A published chain, square, in parts of 10¹². Panics when it is not square.
    pub fn from_shares(rows: &[Vec<i64>]) -> Chain {
        assert!(rows.iter().all(|row| row.len() == rows.len()), "a chain is square");
        Chain { states: rows.len(), shares: rows.concat() }
    }

    /// The shares `periods` ahead, each period like the one observed; 0 is today.
    pub fn ahead(&self, periods: u32) -> Chain {
        let stays = |cell: usize| if cell / self.states == cell % self.states { ONE as i64 } else { 0 };
        let today = (0..self.shares.len()).map(stays).collect();
        let (mut result, mut square) = (Chain { states: self.states, shares: today }, self.clone());
        let mut left = periods;
        while left > 0 {
            if left % 2 == 1 {
                result = result.then(&square);
            }
            left /= 2;
            if left > 0 {
                square = square.then(&square);
            }
        }
        result
    }

    fn then(&self, next: &Chain) -> Chain {
        let cell = |cell: usize| {
            let (from, to) = (cell / self.states, cell % self.states);
            let by_way_of = |state| i128::from(self.part(from, state)) * i128::from(next.part(state, to));
            div_round((0..self.states).map(by_way_of).sum(), ONE, Rounding::HalfUp) as i64
        };
        Chain { states: self.states, shares: (0..self.shares.len()).map(cell).collect() }
    }

    fn part(&self, from: usize, to: usize) -> i64 {
        self.shares[from * self.states + to]
    }

    /// The share of `from` found in `to`, in ppm.
    pub fn share_ppm(&self, from: usize, to: usize) -> i64 {
        div_round(self.part(from, to).into(), ONE / 1_000_000, Rounding::HalfUp) as i64
    }
}
