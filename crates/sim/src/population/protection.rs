//! Writes what stands behind the loans: collateral and guarantees.

use super::Population;
use super::ledger::{contract_id, optional};
use super::lending::Loan;
use super::people::Customer;
use super::table::Book;
use crate::random::Random;
use loan::Protection;
use units::{Date, Money, Rounding};

pub fn write(population: &Population, book: &mut Book) {
    let guarantors = Guarantors::of(population);
    for (place, customer, loans) in population.loans_by_customer() {
        for loan in loans {
            let number = loan.id.as_str()[1..].parse().expect("loan numbers are digits");
            let mut random = Random::stream(population.seed, "protection", number);
            match loan.protection {
                Protection::Credit => {}
                Protection::Guarantee => guarantee(population, book, &mut random, place, loan, &guarantors),
                Protection::Mortgage | Protection::Pledge => {
                    collateral(book, &mut random, customer, loan, population.through);
                }
            }
        }
    }
}

/// Who may stand surety: incorporated companies for businesses, people for people.
struct Guarantors {
    companies: Vec<usize>,
    people: Vec<usize>,
}

impl Guarantors {
    fn of(population: &Population) -> Guarantors {
        let places = |kinds: &[&str]| {
            let kind_of = |place: usize| population.customers[place].product.kind.as_str();
            (0..population.customers.len()).filter(|&place| kinds.contains(&kind_of(place))).collect()
        };
        Guarantors { companies: places(&["corporate"]), people: places(&["individual", "farmer"]) }
    }

    fn pick(&self, random: &mut Random, customer: &Customer, own_place: usize) -> Option<usize> {
        let candidates = if customer.is_company() { &self.companies } else { &self.people };
        // Nobody guarantees for himself: his own place in the sorted list is stepped over.
        let own = candidates.binary_search(&own_place).ok();
        let others = candidates.len() - usize::from(own.is_some());
        if others == 0 {
            return None;
        }
        let nth = random.below(others as u64) as usize;
        Some(candidates[nth + usize::from(own.is_some_and(|own| nth >= own))])
    }
}

fn guarantee(
    population: &Population,
    book: &mut Book,
    random: &mut Random,
    place: usize,
    loan: &Loan,
    guarantors: &Guarantors,
) {
    let customer = &population.customers[place];
    let Some(guarantor) = customer.guaranteed_by.or_else(|| guarantors.pick(random, customer, place)) else { return };
    let guarantor = &population.customers[guarantor];
    let id = format!("S{}", &loan.id.as_str()[1..]);
    let form = if random.chance(900) { "joint" } else { "general" };
    // Three years from maturity is what contracts say; some say nothing, which is six months by law.
    let period_ends_on = loan.terms.matures_on.add_months(if random.chance(850) { 36 } else { 6 });
    book.push(
        "guarantees",
        &[
            &id,
            &loan.id,
            &contract_id(loan),
            &guarantor.id,
            &guarantor.name,
            &form,
            &loan.terms.principal.plain(),
            &period_ends_on,
        ],
    );
}

fn collateral(book: &mut Book, random: &mut Random, customer: &Customer, loan: &Loan, through: Date) {
    let kind = kind(random, customer, loan);
    // Loan to value at disbursement by kind, permille; falling prices have eaten into some since.
    let lent_permille = match kind {
        "deposit" => random.between(850, 950),
        "residential" => random.between(450, 700),
        "vehicle" => random.between(600, 800),
        "equipment" | "inventory" | "receivable" => random.between(300, 500),
        _ => random.between(400, 600),
    };
    let valued_on = loan.terms.disbursed_on.max(through - random.between(20, 700) as i32);
    let kept_permille =
        if kind == "deposit" || valued_on == loan.terms.disbursed_on { 1000 } else { random.between(680, 1030) };
    let value = loan.terms.principal.mul_div(i128::from(kept_permille), i128::from(lent_permille), Rounding::Down);
    let value = Money::from_yuan(value.fen() / 1_000_000 * 10_000).max(Money::from_yuan(1000));
    let rank = if kind != "deposit" && random.chance(40) { 2 } else { 1 };
    let registered_on = loan.terms.disbursed_on - random.between(0, 6) as i32;
    let movable = matches!(kind, "equipment" | "inventory" | "receivable");
    let registration_expires_on = movable.then(|| registered_on.add_months(*random.pick(&[12, 24, 36])));
    let insured = matches!(kind, "vehicle" | "equipment" | "inventory" | "factory");
    let insurance_expires_on = insured.then(|| through + random.between(-60, 365) as i32);
    book.push(
        "collateral",
        &[
            &format!("Y{}", &loan.id.as_str()[1..]),
            &loan.id,
            &contract_id(loan),
            &kind,
            &customer.name,
            &customer.place.region,
            &value.plain(),
            &valued_on,
            &rank,
            &registered_on,
            &optional(registration_expires_on),
            &optional(insurance_expires_on),
        ],
    );
}

fn kind(random: &mut Random, customer: &Customer, loan: &Loan) -> &'static str {
    match (loan.product.code.as_str(), customer.product.kind.as_str()) {
        ("home_loan", _) => "residential",
        ("car_loan", _) => "vehicle",
        ("deposit_pledged_loan", _) => "deposit",
        (_, "corporate") => random.pick::<&str>(&[
            "factory",
            "factory",
            "commercial_property",
            "land",
            "equipment",
            "inventory",
            "receivable",
        ]),
        _ => random.pick::<&str>(&["residential", "residential", "commercial_property", "equipment"]),
    }
}
