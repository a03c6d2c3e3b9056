//! The auditor's own pile of receipts: every row as it came, and what of it counts on a day.

use crate::world::Receipt;
use crate::world::intake::Row;
use units::{Date, Money};

/// Every accepted row of one loan, in the order it came (流水底稿).
#[derive(Clone, Debug, Default)]
pub struct Journal {
    rows: Vec<(Date, Row)>,
}

/// Money that counts, as a ledger wants it: by value date, then entry, then number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoneyIn {
    pub paid_on: Vec<Date>,
    pub paid: Vec<Money>,
}

impl MoneyIn {
    /// What came by value date up to a day.
    pub fn through(&self, day: Date) -> MoneyIn {
        let count = self.paid_on.iter().filter(|&&on| on <= day).count();
        MoneyIn { paid_on: self.paid_on[..count].to_vec(), paid: self.paid[..count].to_vec() }
    }
}

impl Journal {
    pub fn write(&mut self, known_from: Date, row: Row) {
        self.rows.push((known_from, row));
    }

    /// Of every number the last row known; of these, none that is taken back or takes back.
    pub fn money_in(&self, known_on: Date, through: Date) -> MoneyIn {
        let known: Vec<&Row> = self.rows.iter().filter(|(from, _)| *from <= known_on).map(|(_, row)| row).collect();
        let is_last = |at: usize| known[at + 1..].iter().all(|later| later.id != known[at].id);
        let last: Vec<&Row> = (0..known.len()).filter(|&at| is_last(at)).map(|at| known[at]).collect();
        let is_taken_back = |row: &Row| last.iter().any(|other| other.receipt.reverses.as_ref() == Some(&row.id));
        let counts = |row: &&&Row| row.receipt.reverses.is_none() && !is_taken_back(row) && row.receipt.paid_on <= through;
        let mut counting: Vec<(&Receipt, &str)> = last.iter().filter(counts).map(|row| (&row.receipt, row.id.as_str())).collect();
        counting.sort_by_key(|(receipt, id)| (receipt.paid_on, receipt.entered_on, *id));
        MoneyIn {
            paid_on: counting.iter().map(|(receipt, _)| receipt.paid_on).collect(),
            paid: counting.iter().map(|(receipt, _)| receipt.amount).collect(),
        }
    }
}
