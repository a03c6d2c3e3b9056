//! Who changed bucket or grade since the last night, and why.

use crate::input::{Carried, NightInput};
use crate::plan::{LoanState, Move, MoveReason};
use grading::{Because, Bucket, Grade};

/// The moves in the order of the loans. The first night of a book has none: there is nothing to
/// have moved from.
pub fn since_last_night(input: &NightInput, states: &[LoanState]) -> (Vec<Move<Bucket>>, Vec<Move<Grade>>) {
    let (mut buckets, mut grades) = (Vec::new(), Vec::new());
    if input.carried_from.is_none() {
        return (buckets, grades);
    }
    for (number, state) in states.iter().enumerate() {
        let carried = input.carried[number];
        let why = reason(input, number, carried, state);
        let principal_outstanding = input.folded[number].position.principal_outstanding;
        let loan = number as u32;
        let from = carried.map(|carried| carried.bucket);
        if from != Some(state.bucket) {
            buckets.push(Move { loan, from, to: state.bucket, principal_outstanding, why });
        }
        let from = carried.map(|carried| carried.grade);
        if from != Some(state.decision.in_force) {
            grades.push(Move { loan, from, to: state.decision.in_force, principal_outstanding, why });
        }
    }
    (buckets, grades)
}

fn reason(input: &NightInput, number: usize, carried: Option<Carried>, state: &LoanState) -> MoveReason {
    let Some(carried) = carried else { return MoveReason::NewLoan };
    let position = &input.folded[number].position;
    if state.decision.because == Because::Judgement && state.decision.in_force != carried.grade {
        MoveReason::Judgement
    } else if position.paid_total() != carried.paid_total {
        MoveReason::Money
    } else if position.days_past_due != carried.days_past_due {
        MoveReason::DaysPassed
    } else {
        MoveReason::Rule
    }
}
