//! Every customer: exposure, worst loan, class, tier.

use crate::hands::{Hands, in_parts};
use crate::input::{Customer, NightInput};
use crate::plan::{CustomerState, LoanState};
use crate::rules::Rules;
use crate::step::grade::days_past_due;
use crate::step::portfolio::Portfolio;
use grading::{ClassInput, Confirmation, CustomerClass, Grade};
use units::Money;

pub fn classify(
    hands: &impl Hands,
    input: &NightInput,
    rules: &Rules,
    portfolio: &Portfolio,
    loan_states: &[LoanState],
) -> Vec<CustomerState> {
    let mut states = in_parts(hands, 0..input.customers.len(), &|customer| {
        classify_one(input, rules, portfolio.of(customer), loan_states, &input.customers[customer])
    });
    let worst_of_group = worst_of_groups(input, &states);
    for (state, customer) in states.iter_mut().zip(&input.customers) {
        let Some(group) = customer.group else { continue };
        let others_asked = rules.grading.group_evaluation(worst_of_group[group as usize]).is_some();
        state.group_member_defaulted = others_asked && !state.grade.is_non_performing();
    }
    states
}

fn classify_one(
    input: &NightInput,
    rules: &Rules,
    loans: &[u32],
    loan_states: &[LoanState],
    customer: &Customer,
) -> CustomerState {
    let exposure = loans.iter().map(|&loan| input.folded[loan as usize].position.principal_outstanding).sum();
    let mut state = CustomerState {
        exposure,
        loans: loans.len() as u32,
        worst_days_past_due: 0,
        class: None,
        grade: Grade::Pass,
        tier: if exposure > Money::ZERO { rules.grading.exposure_tier(exposure).map(|(tier, _)| tier) } else { None },
        group_member_defaulted: false,
    };
    for &loan in loans {
        let (folded, loan_state) = (&input.folded[loan as usize], &loan_states[loan as usize]);
        let status = input.loans[loan as usize].status;
        state.worst_days_past_due = state.worst_days_past_due.max(days_past_due(status, folded));
        state.grade = state.grade.max(loan_state.decision.in_force);
        state.class = state.class.max(class_by(rules, folded, loan_state, customer));
    }
    state
}

fn class_by(
    rules: &Rules,
    folded: &crate::input::Folded,
    loan_state: &LoanState,
    customer: &Customer,
) -> Option<CustomerClass> {
    let needed = customer.payment_confirmation_needed;
    let class_input = ClassInput {
        bucket: loan_state.bucket,
        grade: loan_state.decision.in_force,
        history: &folded.history,
        confirmation: if needed { Confirmation::Needed } else { Confirmation::NotNeeded },
    };
    rules.grading.customer_class(&class_input).map(|(class, _)| class)
}

fn worst_of_groups(input: &NightInput, states: &[CustomerState]) -> Vec<Grade> {
    let mut worst = vec![Grade::Pass; input.names.groups.len()];
    for (customer, state) in input.customers.iter().zip(states) {
        if let Some(group) = customer.group {
            worst[group as usize] = worst[group as usize].max(state.grade);
        }
    }
    worst
}
