//! The bucket and the grade of every loan by its own facts.

use crate::hands::{Hands, in_parts};
use crate::input::{Folded, NightInput};
use crate::rules::Rules;
use grading::{Bucket, EventSet, GradeDecision, GradeInput};
use loan::LoanStatus;

/// What a loan's own facts decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub bucket: Bucket,
    pub days_past_due: i32,
    pub events: EventSet,
    pub decision: GradeDecision,
}

pub fn decide(hands: &impl Hands, input: &NightInput, rules: &Rules) -> Vec<Decided> {
    let events = events_by_customer(input, rules);
    in_parts(hands, 0..input.loans.len(), &|loan| decide_one(input, rules, &events, loan))
}

pub fn decide_one(input: &NightInput, rules: &Rules, events: &[EventSet], loan: usize) -> Decided {
    let grade_input = grade_input(input, events, loan);
    let unpaid = input.folded[loan].position.unpaid_instalments;
    Decided {
        bucket: rules.grading.bucket(grade_input.days_past_due, unpaid),
        days_past_due: grade_input.days_past_due,
        events: grade_input.events,
        decision: rules.grading.grade(&grade_input),
    }
}

/// Settled and transferred loans are no claims of the bank: nothing of them is past due to it.
pub fn days_past_due(status: LoanStatus, folded: &Folded) -> i32 {
    match status {
        LoanStatus::Active | LoanStatus::WrittenOff => folded.position.days_past_due,
        LoanStatus::Settled | LoanStatus::Transferred => 0,
    }
}

/// One loan's facts as the grading room asks for them.
pub fn grade_input<'a>(input: &'a NightInput, events: &[EventSet], number: usize) -> GradeInput<'a> {
    let (loan, folded) = (&input.loans[number], &input.folded[number]);
    let carried = input.carried.get(number).copied().flatten();
    let judged = input.judgements.binary_search_by_key(&(number as u32), |judgement| judgement.loan);
    let judgement = judged.ok().map(|index| (input.judgements[index].grade, input.judgements[index].decided_on));
    let owed = matches!(loan.status, LoanStatus::Active | LoanStatus::WrittenOff);
    GradeInput {
        business_date: input.business_date,
        profile: input.bindings[usize::from(loan.binding)].profile,
        days_past_due: days_past_due(loan.status, folded),
        amount_past_due: if owed { folded.position.amount_past_due() } else { units::Money::ZERO },
        history: &folded.history,
        events: events[loan.customer as usize],
        // Nobody models the expected loss of a single loan yet; the standard coefficients follow the
        // grade and may not drive it.
        ecl_share_ppm: 0,
        restructured: folded.restructured.as_deref().copied(),
        carried: carried.map(|carried| carried.grade).zip(input.carried_from),
        judgement,
    }
}

/// The events in force for each customer tonight.
pub fn events_by_customer(input: &NightInput, rules: &Rules) -> Vec<EventSet> {
    let mut sets = vec![EventSet::default(); input.customers.len()];
    for events in input.events.chunk_by(|a, b| a.customer == b.customer) {
        let dated = events.iter().map(|event| (event.kind, event.happened_on));
        sets[events[0].customer as usize] = rules.grading.events_in_force(dated, input.business_date);
    }
    sets
}
