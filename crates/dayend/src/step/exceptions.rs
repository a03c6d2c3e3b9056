//! What needs somebody's attention before the next night.

use crate::input::{Exception, ExceptionCode, NightInput};
use crate::plan::CustomerState;
use loan::LoanStatus;
use units::Money;

/// Those found while reading and those the figures show, sorted by code, then loan.
pub fn collect(input: &NightInput, customers: &[CustomerState]) -> Vec<Exception> {
    let read = input.found.iter();
    let mut exceptions: Vec<Exception> = read
        .map(|&(number, code, amount)| exception(input, number as usize, code, amount, String::new()))
        .collect();
    for number in 0..input.loans.len() {
        let mut found = |code, amount, detail| exceptions.push(exception(input, number, code, amount, detail));
        let (loan, position) = (&input.loans[number], &input.folded[number].position);
        let owed = position.principal_outstanding + position.interest_past_due + position.fee_past_due;
        match loan.status {
            LoanStatus::Settled if owed.is_positive() => found(ExceptionCode::SettledButOwed, owed, String::new()),
            LoanStatus::Active if owed.is_zero() && position.next_due_on.is_none() => {
                found(ExceptionCode::ActiveButPaid, Money::ZERO, String::new());
            }
            _ => {}
        }
        if position.surplus.is_positive() {
            found(ExceptionCode::Surplus, position.surplus, String::new());
        }
        if let Some(detail) = fell_unexplained(input, number) {
            found(ExceptionCode::DaysFellUnexplained, position.amount_past_due(), detail);
        }
        if loan.status == LoanStatus::Active && customers[loan.customer as usize].group_member_defaulted {
            found(ExceptionCode::GroupMemberDefaulted, position.principal_outstanding, String::new());
        }
    }
    exceptions.sort();
    exceptions
}

/// The exception for a loan; its owner is the loan's officer, else its branch.
fn exception(input: &NightInput, number: usize, code: ExceptionCode, amount: Money, detail: String) -> Exception {
    let loan = &input.loans[number];
    let owner = match loan.officer {
        Some(officer) => input.names.officers.get(officer),
        None => input.names.branches.get(loan.branch),
    };
    Exception { code, loan_id: input.loan_ids.get(number).to_owned(), owner: owner.to_owned(), amount, detail }
}

/// Days past due fall only by money, reversal, waiver or an approved change. A fall that no money
/// and no changed schedule explains is somebody's to look at.
fn fell_unexplained(input: &NightInput, number: usize) -> Option<String> {
    let carried = input.carried.get(number).copied().flatten()?;
    let folded = &input.folded[number];
    let (before, now) = (carried.days_past_due, folded.position.days_past_due);
    let explained = folded.position.paid_total() != carried.paid_total
        || folded.position.principal_outstanding != carried.principal_outstanding
        || folded.terms_changed
        || input.loans[number].status != LoanStatus::Active;
    (now < before && !explained).then(|| format!("{before} -> {now}"))
}
