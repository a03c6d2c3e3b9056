//! Which loans belong to which customer.

use crate::input::{Loan, NightInput};
use loan::LoanStatus;

/// The loans of every customer that are still claims of the bank (客户借据分组).
pub struct Portfolio {
    starts: Vec<u32>,
    loans: Vec<u32>,
}

impl Portfolio {
    /// Loan numbers of one customer, ascending.
    pub fn of(&self, customer: usize) -> &[u32] {
        &self.loans[self.starts[customer] as usize..self.starts[customer + 1] as usize]
    }
}

/// Active loans count; written-off claims are kept on file but are no exposure any more.
pub fn is_exposure(loan: &Loan) -> bool {
    loan.status == LoanStatus::Active
}

pub fn gather(input: &NightInput) -> Portfolio {
    let mut starts = vec![0u32; input.customers.len() + 1];
    for loan in input.loans.iter().filter(|loan| is_exposure(loan)) {
        starts[loan.customer as usize + 1] += 1;
    }
    for index in 1..starts.len() {
        starts[index] += starts[index - 1];
    }
    let mut next = starts.clone();
    let mut loans = vec![0u32; starts.last().map_or(0, |&end| end as usize)];
    for (number, loan) in input.loans.iter().enumerate().filter(|(_, loan)| is_exposure(loan)) {
        let place = &mut next[loan.customer as usize];
        loans[*place as usize] = number as u32;
        *place += 1;
    }
    Portfolio { starts, loans }
}
