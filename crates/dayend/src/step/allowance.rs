//! What follows from the grade in force: stage, allowance, recoverability.

use crate::hands::{Hands, in_parts};
use crate::input::NightInput;
use crate::plan::LoanState;
use crate::rules::Rules;
use crate::step::grade::Decided;
use crate::step::portfolio::is_exposure;
use grading::Facts;
use units::Money;

pub fn measure(hands: &impl Hands, input: &NightInput, rules: &Rules, decided: &[Decided]) -> Vec<LoanState> {
    in_parts(hands, 0..decided.len(), &|number| measure_one(input, rules, number, &decided[number]))
}

fn measure_one(input: &NightInput, rules: &Rules, number: usize, decided: &Decided) -> LoanState {
    let loan = &input.loans[number];
    let profile = &input.bindings[usize::from(loan.binding)].profile;
    let grade = decided.decision.in_force;
    let facts = facts(decided);
    // A written-off claim has used its allowance up; a settled one needs none.
    let balance = if is_exposure(loan) { input.folded[number].position.principal_outstanding } else { Money::ZERO };
    let asked = decided.days_past_due > 0 || grade.is_non_performing();
    LoanState {
        bucket: decided.bucket,
        decision: decided.decision,
        stage: rules.grading.stage(profile, &facts).0,
        allowance: rules.grading.allowance(balance, grade).map_or(Money::ZERO, |(allowance, _)| allowance),
        recoverability: asked.then(|| rules.grading.recoverability(profile, &facts).0),
    }
}

/// A loan's facts once its grade is decided.
pub fn facts(decided: &Decided) -> Facts {
    Facts {
        days_past_due: decided.days_past_due,
        events: decided.events,
        ecl_share_ppm: 0,
        grade: decided.decision.in_force,
    }
}
