//! A draft pack over the whole book: who would move, before it goes live.

use crate::dayend_run::{FoldedBy, night_plan_by, rules_of};
use crate::failure::Outcome;
use crate::figures::night_of;
use crate::table::{Cell, Table};
use crate::workspace::Open;
use anyhow::Context;
use policy::Pack;
use std::collections::BTreeMap;
use units::{Date, Money};

/// Who would move under a draft (试算结果).
#[derive(Clone, Debug)]
pub struct WhatIf {
    pub date: Date,
    /// The day whose rules were taken, of the pack in force and of the draft.
    pub rules_on: Date,
    pub in_force: String,
    pub draft: String,
    /// From, to, count, amount, for buckets and grades.
    pub moves: Table,
    /// Every loan that would move, with both values.
    pub loans: Table,
    pub allowance_before: Money,
    pub allowance_after: Money,
}

/// The day on which everything a draft changes has begun, and `at_least` this day.
pub fn all_begun(in_force: &Pack, draft: &Pack, at_least: Date) -> Date {
    let changed = draft.rules().iter().filter(|rule| !in_force.rules().contains(rule));
    changed.map(|rule| rule.effective_from).fold(at_least, Date::max)
}

/// Plans the night of `date` twice, under the pack in force and under the draft, and compares. What begins later is
/// tried as if it had begun: that is what a draft is for. Nothing is written.
pub fn what_if(open: &Open, date: Date, draft: &Pack, progress: &mut dyn FnMut(u64)) -> Outcome<WhatIf> {
    let night = night_of(open, date)?;
    let known_on = Date::parse(&night.run()?.known_on).ok().context("the record of the run is damaged")?;
    let in_force = open.pack(None)?;
    let rules_on = all_begun(&in_force, draft, date);
    let mut planned = |pack: &Pack| night_plan_by(open, &rules_of(pack, rules_on)?, date, known_on, FoldedBy::ThisMachine, progress);
    let (input, now) = planned(&in_force)?;
    let (_, then) = planned(draft)?;
    let mut groups: BTreeMap<(&str, &str, &str), (i64, Money)> = BTreeMap::new();
    let mut loans = Table::new(&["loan_id", "what", "from", "to", ">principal_outstanding"]);
    for (number, (before, after)) in now.loan_states.iter().zip(&then.loan_states).enumerate() {
        let amount = input.folded[number].position.principal_outstanding;
        let grades = (before.decision.in_force.code(), after.decision.in_force.code());
        for (what, (from, to)) in [("bucket", (before.bucket.code(), after.bucket.code())), ("grade", grades)] {
            if from != to {
                let group = groups.entry((what, from, to)).or_default();
                group.0 += 1;
                group.1 += amount;
                let id = Cell::text(input.loan_ids.get(number));
                loans.push(vec![id, Cell::text(what), Cell::text(from), Cell::text(to), Cell::Amount(amount)]);
            }
        }
    }
    let mut moves = Table::new(&["what", "from", "to", ">loans", ">principal_outstanding"]);
    for ((what, from, to), (count, amount)) in groups {
        moves.push(vec![Cell::text(what), Cell::text(from), Cell::text(to), Cell::Number(count), Cell::Amount(amount)]);
    }
    let allowance = |plan: &dayend::NightPlan| plan.loan_states.iter().map(|state| state.allowance).sum();
    Ok(WhatIf {
        date,
        rules_on,
        in_force: in_force.name(),
        draft: draft.name(),
        moves,
        loans,
        allowance_before: allowance(&now),
        allowance_after: allowance(&then),
    })
}
