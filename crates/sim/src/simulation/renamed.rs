//! The same book under other names: every identity reversed, so that everything stands in another order.

use crate::world::night::Carry;
use crate::world::{Shelf, World};
use dayend::{Controls, NightPlan};
use grading::{Bucket, Grade};
use units::{Date, Money};

fn reversed_name(name: &str) -> String {
    name.chars().rev().collect()
}

/// The world as known on a day, with every identity read backwards.
pub fn reversed(world: &World, known_on: Date) -> World {
    let mut other = World::default();
    copy(&world.customers, &mut other.customers, known_on, |_| {});
    copy(&world.loans, &mut other.loans, known_on, |loan| loan.customer = reversed_name(&loan.customer));
    copy(&world.dues, &mut other.dues, known_on, |_| {});
    copy(&world.pauses, &mut other.pauses, known_on, |_| {});
    copy(&world.receipts, &mut other.receipts, known_on, |receipt| {
        receipt.loan = reversed_name(&receipt.loan);
        receipt.reverses = receipt.reverses.as_deref().map(reversed_name);
    });
    copy(&world.events, &mut other.events, known_on, |event| event.customer = reversed_name(&event.customer));
    copy(&world.other_bank_debts, &mut other.other_bank_debts, known_on, |debt| {
        debt.customer = reversed_name(&debt.customer);
    });
    copy(&world.judgements, &mut other.judgements, known_on, |judgement| judgement.loan = reversed_name(&judgement.loan));
    copy(&world.collateral, &mut other.collateral, known_on, |one| one.loan = reversed_name(&one.loan));
    other
}

fn copy<T: Clone>(from: &Shelf<T>, to: &mut Shelf<T>, known_on: Date, rename: impl Fn(&mut T)) {
    for (id, fact) in from.known(known_on) {
        let mut fact = fact.clone();
        rename(&mut fact);
        to.put(&reversed_name(id), known_on, fact);
    }
}

pub fn carry_reversed(carry: &Carry) -> Carry {
    let loans = carry.loans.iter().map(|(id, carried)| (reversed_name(id), *carried)).collect();
    Carry { from: carry.from, loans }
}

/// What names may not change: control totals, and how much stands in each bucket and grade.
pub fn totals(plan: &NightPlan) -> (Controls, Vec<(Bucket, Grade, Money)>, Money) {
    let mut states: Vec<(Bucket, Grade, Money)> = plan
        .loan_states
        .iter()
        .map(|state| (state.bucket, state.decision.in_force, state.allowance))
        .collect();
    states.sort_unstable();
    (plan.controls, states, plan.customer_states.iter().map(|state| state.exposure).sum())
}
