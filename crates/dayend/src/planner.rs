//! The steps of a night, in order.

use crate::control::Controls;
use crate::hands::{Hands, OneHand};
use crate::input::NightInput;
use crate::plan::{NightPlan, PackName, StepReport};
use crate::rules::Rules;
use crate::step;
use units::Money;

/// Decides one night. Pure: the same input and rules give an equal plan.
///
/// Panics when the columns of the input are of unequal length: a caller's mistake.
pub fn plan(input: &NightInput, rules: &Rules) -> NightPlan {
    plan_by(&OneHand, input, rules)
}

/// The same plan, made by several hands.
pub fn plan_by(hands: &impl Hands, input: &NightInput, rules: &Rules) -> NightPlan {
    assert_eq!(input.loans.len(), input.folded.len(), "every loan was folded");
    assert!(input.carried.is_empty() || input.carried.len() == input.loans.len(), "carried stands beside the loans");
    let mut steps = Vec::new();
    let mut report = |step, rows_in: usize, rows_out: usize, amount| {
        steps.push(StepReport { step, rows_in: rows_in as u64, rows_out: rows_out as u64, amount });
    };
    let loans = input.loans.len();
    let outstanding = || input.folded.iter().map(|folded| folded.position.principal_outstanding).sum::<Money>();

    // Which loans belong to which customer: contagion, classes and exposure are asked per customer.
    let portfolio = step::portfolio::gather(input);

    // Bucket and grade of each loan by its own facts.
    let mut decided = step::grade::decide(hands, input, rules);
    report("grade", loans, decided.len(), outstanding());

    // What a debtor's claims say about each other; only ever worse.
    let raised = step::contagion::spread(input, rules, &portfolio, &mut decided);
    report("contagion", loans, raised.count, raised.amount);

    // Stage, allowance and recoverability follow the grade in force.
    let loan_states = step::allowance::measure(hands, input, rules, &decided);
    drop(decided);
    report("allowance", loans, loan_states.len(), loan_states.iter().map(|state| state.allowance).sum());

    let customer_states = step::customer::classify(hands, input, rules, &portfolio, &loan_states);
    report("customers", input.customers.len(), customer_states.len(), customer_states.iter().map(|c| c.exposure).sum());

    // None of these reads what another writes.
    let (metrics, ((bucket_moves, grade_moves), exceptions)) = hands.both(
        || step::metrics::metrics(hands, input, &loan_states, &customer_states),
        || (step::moves::since_last_night(input, &loan_states), step::exceptions::collect(input, &customer_states)),
    );
    report("moves", loans, bucket_moves.len() + grade_moves.len(), Money::ZERO);
    report("metrics", loans, metrics.iter().map(|table| table.groups.len()).sum(), Money::ZERO);
    report("exceptions", loans, exceptions.len(), exceptions.iter().map(|exception| exception.amount).sum());

    let pack = rules.pack.pack;
    NightPlan {
        business_date: input.business_date,
        known_on: input.known_on,
        pack: PackName {
            id: pack.header().id.clone(),
            version: pack.header().version.clone(),
            digest: format!("{:016x}", pack.digest()),
            rule_ids: pack.rules().iter().map(|rule| rule.id.clone()).collect(),
        },
        controls: Controls::of(input),
        loan_states,
        customer_states,
        bucket_moves,
        grade_moves,
        metrics,
        exceptions,
        steps,
    }
}
