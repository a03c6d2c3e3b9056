//! What a debtor's claims say about each other.

use crate::input::NightInput;
use crate::rules::Rules;
use crate::step::grade::Decided;
use crate::step::portfolio::Portfolio;
use grading::{Claim, OtherBankDebt, Segment};
use units::Money;

/// How many loans were raised, and their balance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raised {
    pub count: usize,
    pub amount: Money,
}

/// Raises the floor of non-retail claims to their debtor's. Grades before contagion are what is
/// counted, so the order of the customers and of their loans plays no part.
pub fn spread(input: &NightInput, rules: &Rules, portfolio: &Portfolio, decided: &mut [Decided]) -> Raised {
    let mut raised = Raised::default();
    let (mut claims, mut elsewhere) = (Vec::new(), Vec::new());
    for customer in 0..input.customers.len() {
        let loans = portfolio.of(customer);
        if loans.is_empty() {
            continue;
        }
        debtor(input, &|loan| decided[loan as usize], loans, customer, &mut claims, &mut elsewhere);
        let floor = rules.grading.debtor_floor(&claims, &elsewhere);
        if floor.rule.is_none() {
            continue;
        }
        for (claim, &loan) in claims.iter().zip(loans).filter(|(claim, _)| claim.segment == Segment::NonRetail) {
            let decision = &mut decided[loan as usize].decision;
            let after = decision.with_debtor_floor(floor);
            if after.in_force > decision.in_force {
                raised.count += 1;
                raised.amount += claim.exposure;
            }
            *decision = after;
        }
    }
    raised
}

/// A debtor's claims here and debts elsewhere, as the grading room asks for them.
pub fn debtor(
    input: &NightInput,
    decided: &dyn Fn(u32) -> Decided,
    loans: &[u32],
    customer: usize,
    claims: &mut Vec<Claim>,
    elsewhere: &mut Vec<OtherBankDebt>,
) {
    claims.clear();
    claims.extend(loans.iter().map(|&loan| {
        let decided = decided(loan);
        Claim {
            exposure: input.folded[loan as usize].position.principal_outstanding,
            grade: decided.decision.in_force,
            if_approved: decided.decision.if_approved(),
            days_past_due: decided.days_past_due,
            segment: input.bindings[usize::from(input.loans[loan as usize].binding)].profile.segment,
        }
    }));
    elsewhere.clear();
    let first = input.other_bank_debts.partition_point(|(other, _)| (*other as usize) < customer);
    let debts = input.other_bank_debts[first..].iter().take_while(|(other, _)| *other as usize == customer);
    elsewhere.extend(debts.map(|(_, debt)| *debt));
}
