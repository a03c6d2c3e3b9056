//! From which day on a row was known (DECISIONS 4).

use crate::identity::View;
use crate::schema::Table;
use arrow::array::RecordBatch;

/// How knowledge is dated in one batch (知晓日规则).
#[derive(Clone, Copy, Debug)]
pub struct Knowledge {
    /// The workspace's first batch brings history that was known as it happened.
    pub first_batch: bool,
    /// The batch's business date as a day number; the earliest day when nothing is dated.
    pub as_of: i32,
}

impl Knowledge {
    /// From the day the row says it was known, and its own day.
    pub fn day(self, correction: bool, known: Option<i32>, own: Option<i32>) -> i32 {
        if correction {
            self.as_of
        } else if self.first_batch {
            known.or(own).unwrap_or(i32::MIN)
        } else {
            known.unwrap_or(self.as_of)
        }
    }

    /// For every row of a stretch of `table`, whose columns come first in `batch`.
    pub fn days(self, table: &Table, batch: &RecordBatch, correction: impl Fn(usize) -> bool) -> Vec<i32> {
        let views = |names: &[&str]| -> Vec<View> {
            names.iter().map(|name| View::new(batch.column(table.position(name)))).collect()
        };
        let (known_by, dated_by) = (views(table.known_by), views(table.dated_by));
        let first = |views: &[View], row| views.iter().find_map(|view| view.day(row));
        (0..batch.num_rows())
            .map(|row| self.day(correction(row), first(&known_by, row), first(&dated_by, row)))
            .collect()
    }
}
