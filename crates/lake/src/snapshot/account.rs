//! What a night tells of itself: its steps, and what needs somebody's attention.

use crate::fault::Fault;
use crate::snapshot::read::{Night, columns_of, longs};
use crate::snapshot::table::SnapshotTable;
use arrow::array::AsArray;
use units::Money;

/// One step of a night with its control totals (日终步骤).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub step: String,
    pub rows_in: i64,
    pub rows_out: i64,
    pub amount: Money,
}

/// A loan that needs somebody's attention, and whose (日终异常).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    pub code: String,
    pub loan_id: String,
    pub owner: String,
    pub amount: Money,
    pub detail: String,
}

/// The steps of a night, in the order they ran.
pub fn steps(night: &Night) -> Result<Vec<StepRow>, Fault> {
    let mut steps = Vec::new();
    for batch in columns_of(&night.folder, SnapshotTable::Run.code(), &["step", "rows_in", "rows_out", "amount"])? {
        let batch = batch?;
        let names = batch["step"].as_string::<i32>();
        let (rows_in, rows_out, amounts) = (longs(&batch, "rows_in"), longs(&batch, "rows_out"), longs(&batch, "amount"));
        steps.extend((0..batch.num_rows()).map(|row| StepRow {
            step: names.value(row).to_owned(),
            rows_in: rows_in[row],
            rows_out: rows_out[row],
            amount: Money::from_fen(amounts[row]),
        }));
    }
    Ok(steps)
}

/// The exceptions of a night, by code, then loan: at most so many.
pub fn exceptions(night: &Night, most: usize) -> Result<Vec<ExceptionRow>, Fault> {
    let mut exceptions = Vec::new();
    for batch in columns_of(&night.folder, SnapshotTable::Exceptions.code(), &["code", "loan_id", "owner", "amount", "detail"])? {
        let batch = batch?;
        let text = |name: &str| batch[name].as_string::<i32>().clone();
        let (codes, loans, owners, details) = (text("code"), text("loan_id"), text("owner"), text("detail"));
        let amounts = longs(&batch, "amount");
        let row = |row: usize| ExceptionRow {
            code: codes.value(row).to_owned(),
            loan_id: loans.value(row).to_owned(),
            owner: owners.value(row).to_owned(),
            amount: Money::from_fen(amounts[row]),
            detail: details.value(row).to_owned(),
        };
        exceptions.extend((0..batch.num_rows().min(most - exceptions.len())).map(row));
        if exceptions.len() == most {
            break;
        }
    }
    Ok(exceptions)
}
