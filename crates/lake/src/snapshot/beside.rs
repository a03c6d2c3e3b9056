//! What pages show beside the figures of a night: the days of every loan, and who moved.

use crate::fault::Fault;
use crate::snapshot::read::{Night, codes, columns_of, days};
use arrow::array::AsArray;
use units::{Coded, Date};

/// The days of every loan of a night (借据日期), in the order of the loans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoanDays {
    pub matures_on: Vec<Option<Date>>,
    pub next_due_on: Vec<Option<Date>>,
    pub last_paid_on: Vec<Option<Date>>,
}

/// A loan that moved on a night, as it was kept (变动记录).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMove<T> {
    pub loan_id: String,
    /// `None`: the loan was not there the night before.
    pub from: Option<T>,
    pub to: T,
    /// The code of the reason.
    pub why: String,
}

pub fn loan_days(night: &Night) -> Result<LoanDays, Fault> {
    let mut all = LoanDays::default();
    for batch in columns_of(&night.folder, "loan_states", &["matures_on", "next_due_on", "last_paid_on"])? {
        let batch = batch?;
        all.matures_on.extend(days(&batch, "matures_on"));
        all.next_due_on.extend(days(&batch, "next_due_on"));
        all.last_paid_on.extend(days(&batch, "last_paid_on"));
    }
    Ok(all)
}

/// The moves of `bucket_moves` or `grade_moves`, in the order of the loans.
pub fn moves<T: Coded>(night: &Night, table: &str) -> Result<Vec<KeptMove<T>>, Fault> {
    let mut moves = Vec::new();
    for batch in columns_of(&night.folder, table, &["loan_id", "from", "to", "why"])? {
        let batch = batch?;
        let (loans, reasons) = (batch["loan_id"].as_string::<i32>(), batch["why"].as_string::<i32>());
        let (from, to) = (codes::<T>(&batch, "from"), codes::<T>(&batch, "to"));
        moves.extend((0..batch.num_rows()).map(|row| KeptMove {
            loan_id: loans.value(row).to_owned(),
            from: from[row],
            to: to[row].expect("a snapshot holds only known codes"),
            why: reasons.value(row).to_owned(),
        }));
    }
    Ok(moves)
}
