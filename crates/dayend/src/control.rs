//! The proof of a plan: control totals and invariants, before anything is written.

use crate::input::NightInput;
use crate::plan::NightPlan;
use crate::step::portfolio::is_exposure;
use std::fmt;
use units::Money;

/// Rows and money in and out of a night (控制总数).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    pub loans: u64,
    pub customers: u64,
    pub instalments: u64,
    pub repayments: u64,
    pub repayments_left_aside: u64,
    pub principal_lent: Money,
    pub money_received: Money,
    pub settled_principal: Money,
    pub settled_interest: Money,
    pub settled_fee: Money,
    pub settled_penalty: Money,
    pub surplus: Money,
    pub principal_outstanding: Money,
}

/// A broken invariant (不变量被破坏): a bug of ours, never the lender's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    /// The loan or customer that shows it; empty for a total.
    pub at: String,
    pub found: String,
}

impl Controls {
    pub fn of(input: &NightInput) -> Controls {
        let mut controls = Controls {
            loans: input.totals.loans,
            customers: input.customers.len() as u64,
            instalments: input.totals.instalments,
            repayments: input.totals.repayments,
            repayments_left_aside: input.totals.repayments_left_aside,
            principal_lent: input.totals.principal_lent,
            money_received: input.totals.money_received,
            ..Controls::default()
        };
        for folded in &input.folded {
            let position = &folded.position;
            controls.settled_principal += position.paid_principal;
            controls.settled_interest += position.paid_interest;
            controls.settled_fee += position.paid_fee;
            controls.settled_penalty += position.paid_penalty;
            controls.surplus += position.surplus;
            controls.principal_outstanding += position.principal_outstanding;
        }
        controls
    }

    /// Everything the money received went to.
    pub fn accounted_for(&self) -> Money {
        self.settled_principal + self.settled_interest + self.settled_fee + self.settled_penalty + self.surplus
    }
}

/// Every broken invariant; empty when the plan may be applied.
pub fn check(input: &NightInput, plan: &NightPlan) -> Vec<Violation> {
    let mut violations = Vec::new();
    check_totals(input, plan, &mut violations);
    check_loans(input, plan, &mut violations);
    violations
}

fn check_totals(input: &NightInput, plan: &NightPlan, violations: &mut Vec<Violation>) {
    let mut expect = |invariant, left: &dyn fmt::Display, right: &dyn fmt::Display, holds: bool| {
        if !holds {
            violations.push(Violation { invariant, at: String::new(), found: format!("{left} against {right}") });
        }
    };
    let controls = Controls::of(input);
    let (read, states) = (input.totals.loans, plan.loan_states.len() as u64);
    let unusable = read.saturating_sub(input.loans.len() as u64);
    expect("every loan has a state or an exception", &read, &(states + unusable), read == states + unusable);
    let (received, settled) = (controls.money_received, controls.accounted_for());
    expect("money received = settled + surplus", &received, &settled, received == settled);
    let (lent, owed) = (controls.principal_lent, controls.principal_outstanding + controls.settled_principal);
    expect("principal lent = outstanding + settled", &lent, &owed, lent == owed);
    let of_loans: Money = (input.loans.iter().zip(&input.folded))
        .filter(|(loan, _)| is_exposure(loan))
        .map(|(_, folded)| folded.position.principal_outstanding)
        .sum();
    let of_customers: Money = plan.customer_states.iter().map(|state| state.exposure).sum();
    expect("exposure of customers = of their loans", &of_customers, &of_loans, of_customers == of_loans);
    for table in &plan.metrics {
        let sum: i64 = table.groups.iter().map(|group| group.sum(report::Measure::Outstanding)).sum();
        expect("every cut of the book sums to the book", &sum, &of_loans.fen(), sum == of_loans.fen());
    }
}

fn check_loans(input: &NightInput, plan: &NightPlan, violations: &mut Vec<Violation>) {
    for (number, state) in plan.loan_states.iter().enumerate() {
        let (loan, position) = (&input.loans[number], &input.folded[number].position);
        let mut expect = |invariant, holds: bool| {
            if !holds {
                let found = format!("{position:?} {state:?}");
                violations.push(Violation { invariant, at: input.loan_ids.get(number).to_owned(), found });
            }
        };
        let outstanding = position.principal_outstanding;
        expect("principal = outstanding + repaid", loan.principal == outstanding + position.paid_principal);
        expect("nothing owed is negative", !outstanding.is_negative() && !position.principal_past_due.is_negative());
        expect("past due is part of outstanding", position.principal_past_due <= outstanding);
        expect("the grade in force is no better than its floor", state.decision.in_force >= state.decision.floor);
        expect("no allowance above the balance", state.allowance <= outstanding);
        let days = position.days_past_due;
        expect("days past due have an oldest due", days == 0 || position.oldest_unpaid_due_on.is_some());
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}{}", self.invariant, self.at, if self.at.is_empty() { "" } else { ": " }, self.found)
    }
}
