//! From a population to a book in memory, its daily files, and what happens to its customers.

use super::Options;
use crate::faults::DayFile;
use crate::population::account;
use crate::population::lending::Loan as Lent;
use crate::population::{Population, Scale};
use crate::random::Random;
use crate::world::intake::Row;
use crate::world::{Customer, Due, Event, Judgement, Loan, OtherBankDebt, Receipt, World};
use grading::{CustomerKind, CustomerScale, EventKind, Grade};
use loan::{LoanStatus, Pause};
use std::collections::{BTreeMap, BTreeSet};
use units::{Date, Money};

/// The world on the evening before the first night, and the honest files of the days to come.
pub struct Setting {
    pub world: World,
    /// Rows booked before the first night, known as they happened.
    pub history: Vec<Row>,
    pub files: Vec<DayFile>,
    /// Loans whose pauses, dues or grade people changed, by the day it became known.
    pub approved: BTreeMap<Date, BTreeSet<String>>,
}

/// Draws the setting of a simulation whose first night is that of `from`.
pub fn setting(options: &Options, from: Date, through: Date) -> Setting {
    let population = Population::draw(&Scale::small(options.loans), options.seed, through);
    let mut world = World::default();
    for customer in &population.customers {
        world.customers.put(customer.id.as_str(), Date::MIN, customer_fact(customer));
    }
    let (mut history, mut by_day) = (Vec::new(), BTreeMap::<Date, Vec<Row>>::new());
    for loan in &population.loans {
        let outlet = &population.outlets[population.customers[loan.customer].outlet];
        put_loan(&mut world, loan, population.customers[loan.customer].id.as_str(), outlet.id.as_str(), through);
        for row in rows(loan) {
            match row.receipt.entered_on {
                entered_on if entered_on < from => history.push(row),
                entered_on => by_day.entry(entered_on.min(through)).or_default().push(row),
            }
        }
    }
    history.sort_by_key(|row| row.receipt.entered_on);
    happenings(&mut world, &population, options.seed, from, through);
    let approved = approvals(&mut world, &population, options.seed, from, through);
    let files = by_day.into_iter().map(|(day, rows)| DayFile { day, rows }).collect();
    Setting { world, history, files, approved }
}

fn customer_fact(customer: &crate::population::people::Customer) -> Customer {
    Customer {
        kind: CustomerKind::from_code(&customer.product.kind).expect("the demo's kinds are known"),
        scale: CustomerScale::from_code(&customer.product.scale),
        region: None,
        industry: None,
        group: None,
        payment_confirmation_needed: false,
    }
}

fn put_loan(world: &mut World, lent: &Lent, customer: &str, branch: &str, through: Date) {
    let id = lent.id.as_str();
    let disbursed_on = lent.terms.disbursed_on;
    let mut loan = Loan {
        customer: customer.to_owned(),
        branch: branch.to_owned(),
        officer: None,
        product: lent.product.code.clone(),
        terms: lent.terms,
        protection: lent.protection,
        low_risk: false,
        approved_with_doubt: lent.approved_with_doubt,
        extension_count: lent.extension_count,
        restructured_on: None,
        status: LoanStatus::Active,
    };
    world.loans.put(id, disbursed_on, loan.clone());
    if let Some(restructured_on) = lent.restructured_on {
        loan.restructured_on = Some(restructured_on);
        world.loans.put(id, restructured_on, loan.clone());
    }
    let last_money = lent.receipts.last().map_or(through, |receipt| receipt.entered_on);
    if lent.status == LoanStatus::Settled {
        loan.status = LoanStatus::Settled;
        world.loans.put(id, last_money, loan);
    }
    let due = |due: &account::Due| Due { due_on: due.on, principal: due.principal, interest: due.interest, fee: Money::ZERO };
    world.dues.put(id, disbursed_on, lent.dues.iter().map(due).collect());
}

fn rows(lent: &Lent) -> impl Iterator<Item = Row> + '_ {
    let number = |place: usize| format!("{}-{place:03}", lent.id);
    lent.receipts.iter().enumerate().map(move |(place, receipt)| Row {
        id: number(place),
        receipt: Receipt {
            loan: lent.id.as_str().to_owned(),
            paid_on: receipt.paid_on,
            amount: receipt.amount,
            entered_on: receipt.entered_on,
            reverses: receipt.reverses.map(number),
        },
    })
}

/// Events and debts elsewhere that bear on grades: to few customers, on any day of the year.
fn happenings(world: &mut World, population: &Population, seed: u64, from: Date, through: Date) {
    for (place, customer) in population.customers.iter().enumerate() {
        let mut random = Random::stream(seed, "happening", place as u64);
        let id = customer.id.as_str();
        let mut day = || from - 30 + random.below((through - from + 30) as u64) as i32;
        let (happened_on, as_of) = (day(), day());
        let known_from = happened_on + random.between(0, 20) as i32;
        if random.chance(60) {
            let kind = random.pick(EventKind::ALL).code().to_owned();
            let event = Event { customer: id.to_owned(), kind, happened_on, amount: Money::ZERO };
            world.events.put(&format!("{id}-event"), known_from, event);
        }
        if random.chance(60) {
            let debt = OtherBankDebt {
                customer: id.to_owned(),
                lender: "another bank".to_owned(),
                as_of,
                balance: Money::from_yuan(random.between(10_000, 5_000_000)),
                past_due_days: *random.pick(&[0, 0, 20, 91, 200]),
                grade: *random.pick(&[None, Some(Grade::Pass), Some(Grade::Substandard)]),
            };
            world.other_bank_debts.put(&format!("{id}-debt"), as_of + 5, debt);
        }
    }
}

/// What people approve: pauses (some after they began), dues put off, grades judged.
fn approvals(
    world: &mut World,
    population: &Population,
    seed: u64,
    from: Date,
    through: Date,
) -> BTreeMap<Date, BTreeSet<String>> {
    let mut approved: BTreeMap<Date, BTreeSet<String>> = BTreeMap::new();
    for (place, lent) in population.loans.iter().enumerate() {
        let mut random = Random::stream(seed, "approval", place as u64);
        let (id, day) = (lent.id.as_str(), from + random.below((through - from) as u64) as i32);
        if day <= lent.terms.disbursed_on {
            continue;
        }
        let mut approve = |known_from: Date| approved.entry(known_from).or_default().insert(id.to_owned());
        if random.chance(40) {
            let pause = Pause { from: day, until: day + random.between(3, 60) as i32 };
            let known_from = day + random.between(0, 10) as i32;
            world.pauses.put(id, known_from, vec![pause]);
            approve(known_from);
        }
        if random.chance(30) {
            let put_off = random.between(1, 20) as i32;
            let mut dues = world.dues.get(id, day).cloned().unwrap_or_default();
            dues.iter_mut().filter(|due| due.due_on >= day - 40).for_each(|due| due.due_on = due.due_on + put_off);
            world.dues.put(id, day, dues);
            approve(day);
        }
        if random.chance(50) {
            let grade = *random.pick(Grade::ALL);
            let approved_by = "credit committee".to_owned();
            world.judgements.put(id, day, Judgement { loan: id.to_owned(), grade, decided_on: day, approved_by });
            approve(day);
        }
    }
    approved
}
