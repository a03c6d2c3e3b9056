//! The columns a story can watch: one word, one figure.

use super::night::Night;
use crate::world::World;
use grading::{Because, Upgrade};
use units::{Coded, Date, Money};

/// A loan on a night, as a column looks at it (观察对象).
pub struct Seen<'a> {
    pub world: &'a World,
    pub night: &'a Night,
    pub loan: usize,
}

type Column = (&'static str, fn(&Seen) -> String);

/// Every column, by the word a story uses for it.
const COLUMNS: &[Column] = &[
    ("unpaid", |seen| seen.position().unpaid_instalments.to_string()),
    ("amount_past_due", |seen| seen.to_pay().to_string()),
    ("dpd", |seen| seen.position().days_past_due.to_string()),
    ("bucket", |seen| code(seen.state().bucket)),
    ("grade", |seen| code(seen.state().decision.in_force)),
    ("because", |seen| seen.because()),
    ("floor", |seen| code(seen.state().decision.floor)),
    ("upgrade", |seen| seen.upgrade()),
    ("stage", |seen| code(seen.state().stage)),
    ("allowance", |seen| seen.state().allowance.to_string()),
    ("recoverability", |seen| optional(seen.state().recoverability)),
    ("outstanding", |seen| seen.position().principal_outstanding.to_string()),
    ("principal_past_due", |seen| seen.position().principal_past_due.to_string()),
    ("interest_past_due", |seen| seen.position().interest_past_due.to_string()),
    ("fee_past_due", |seen| seen.position().fee_past_due.to_string()),
    ("penalty", |seen| seen.position().penalty_accrued.to_string()),
    ("surplus", |seen| seen.position().surplus.to_string()),
    ("oldest_unpaid", |seen| day(seen.position().oldest_unpaid_due_on)),
    ("next_due_on", |seen| day(seen.position().next_due_on)),
    ("next_due", |seen| seen.position().next_due_amount.to_string()),
    ("last_paid_on", |seen| day(seen.position().last_paid_on)),
    ("worst_dpd", |seen| seen.folded().history.worst_days_past_due.to_string()),
    ("times_past_due", |seen| seen.folded().history.times_past_due_in_window.to_string()),
    ("first_instalment_dpd", |seen| seen.folded().history.first_instalment_worst_days.to_string()),
    ("cured_on", |seen| day(seen.folded().history.cured_on)),
    ("dues_met", |seen| seen.folded().history.dues_met_since_cure.to_string()),
    ("class", |seen| optional(seen.customer().class)),
    ("exposure", |seen| seen.customer().exposure.to_string()),
    ("tier", |seen| optional(seen.customer().tier)),
    ("evaluate_group", |seen| if seen.customer().group_member_defaulted { "yes" } else { "no" }.to_owned()),
];

/// What is watched when nothing else is asked for.
pub const USUAL: &str = "unpaid,amount_past_due,dpd,bucket";

pub fn find(word: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|(name, _)| *name == word)
}

/// Every word, for the one who misspelt one.
pub fn words() -> String {
    COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

fn code(value: impl Coded) -> String {
    value.code().to_owned()
}

fn optional(value: Option<impl Coded>) -> String {
    value.map_or_else(|| "-".to_owned(), code)
}

fn day(value: Option<Date>) -> String {
    value.map_or_else(|| "-".to_owned(), |day| day.to_string())
}

impl Seen<'_> {
    fn folded(&self) -> &dayend::Folded {
        &self.night.input.folded[self.loan]
    }

    fn position(&self) -> &loan::Position {
        &self.folded().position
    }

    fn state(&self) -> &dayend::LoanState {
        &self.night.plan.loan_states[self.loan]
    }

    fn customer(&self) -> &dayend::CustomerState {
        &self.night.plan.customer_states[self.night.input.loans[self.loan].customer as usize]
    }

    /// What must come in today for nothing to be past due tomorrow: dues of this day and before, less
    /// what was paid on them, and penalty interest.
    fn to_pay(&self) -> Money {
        let (position, input) = (self.position(), &self.night.input);
        let id = input.loan_ids.get(self.loan);
        let Some(dossier) = self.world.dossier(id, input.known_on, input.business_date) else { return Money::ZERO };
        let view = dossier.view();
        let fallen = view.due_on.partition_point(|&due_on| due_on <= input.business_date);
        let parts = [
            (view.principal_due, position.paid_principal),
            (view.interest_due, position.paid_interest),
            (view.fee_due, position.paid_fee),
        ];
        let unpaid = parts.into_iter().map(|(due, paid)| due[..fallen].iter().copied().sum::<Money>().minus_floor_zero(paid));
        unpaid.sum::<Money>() + position.penalty_accrued
    }

    fn because(&self) -> String {
        match self.state().decision.because {
            Because::NoFinding => "-".to_owned(),
            Because::Rule(rule) => self.night.plan.pack.rule_ids[usize::from(rule.0)].clone(),
            Because::Carried => "carried".to_owned(),
            Because::Judgement => "judgement".to_owned(),
        }
    }

    fn upgrade(&self) -> String {
        match self.state().decision.upgrade {
            Upgrade::Nothing => "-".to_owned(),
            Upgrade::Proposed(grade) => grade.code().to_owned(),
            Upgrade::Blocked(block) => block.code().to_owned(),
        }
    }
}
