//! What was received for some loans, receipt by receipt.

use crate::dossier::{Reading, Shelf};
use crate::fault::Fault;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray};
use std::collections::HashSet;
use units::{Date, Money};

/// Money that came in for a loan and was not taken back (到账).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanReceipt {
    pub loan_id: String,
    pub paid_on: Date,
    pub amount: Money,
}

/// The receipts of these loans as known on a day, loan by loan in the order of their days.
pub fn receipts(workspace: &Workspace, known_on: Date, loans: &HashSet<String>) -> Result<Vec<LoanReceipt>, Fault> {
    let reading = Reading { known_on: Some(known_on), only: Some(loans), ..Reading::default() };
    let mut receipts = Vec::new();
    for chunk in Shelf::open(workspace)?.merge(&reading)? {
        let chunk = chunk?;
        let ids = chunk.loans.column(0).as_string::<i32>();
        let items = &chunk.repayments;
        let reversed: HashSet<&str> = items.reverses.iter().flatten().collect();
        for (loan, ends) in items.offsets.windows(2).enumerate() {
            let own = ends[0] as usize..ends[1] as usize;
            let stands = |at: &usize| items.reverses.is_null(*at) && !reversed.contains(items.repayment_id.value(*at));
            receipts.extend(own.filter(stands).map(|at| LoanReceipt {
                loan_id: ids.value(loan).to_owned(),
                paid_on: Date::new(items.paid_on.value(at)),
                amount: Money::from_fen(items.amount.value(at)),
            }));
        }
    }
    Ok(receipts)
}
