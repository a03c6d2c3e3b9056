//! What one night reads of the practice world.

use super::{Customer, Dossier, Loan, Receipt, World};
use super::facts::Schedule;
use dayend::input::{self, Carried, ExceptionCode, Names, NightInput, ReadTotals};
use dayend::{Bindings, ClaimKind, Milestones, NightDays, NightPlan, Rules, fold};
use grading::{EventKind, OtherBankDebt};
use policy::PackProblem;
use std::collections::BTreeMap;
use units::{Date, Labels, Money};

/// What an earlier night left (上日结转): its business date, and per loan what the next one needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carry {
    pub from: Option<Date>,
    pub loans: BTreeMap<String, Carried>,
}

impl Carry {
    /// What the night of `plan` leaves for the next.
    pub fn of(input: &NightInput, plan: &NightPlan) -> Carry {
        let carried = |loan: usize| {
            let (position, state) = (&input.folded[loan].position, &plan.loan_states[loan]);
            Carried {
                grade: state.decision.in_force,
                bucket: state.bucket,
                days_past_due: position.days_past_due,
                principal_outstanding: position.principal_outstanding,
                paid_total: position.paid_total(),
            }
        };
        let loans = (0..input.loans.len()).map(|loan| (input.loan_ids.get(loan).to_owned(), carried(loan))).collect();
        Carry { from: Some(input.business_date), loans }
    }
}

impl World {
    /// Everything the night of `business_date` reads, as known on `known_on`.
    pub fn night_input(
        &self,
        business_date: Date,
        known_on: Date,
        carry: &Carry,
        rules: &Rules,
    ) -> Result<NightInput, PackProblem> {
        let days = NightDays::new(business_date);
        let mut input = NightInput { business_date, known_on, carried_from: carry.from, ..NightInput::default() };
        for (id, customer) in self.customers.known(known_on) {
            input.customer_ids.push(id);
            input.customers.push(customer_row(customer, &mut input.names));
        }
        let mut bindings = Bindings::new(rules);
        let files = Files::of(self, known_on);
        for (id, loan) in self.loans.known(known_on).filter(|(_, loan)| loan.terms.disbursed_on <= business_date) {
            let Some(customer) = input.customer_ids.find_sorted(&loan.customer) else { continue };
            let Some(dossier) = files.open(self, id, known_on, business_date) else { continue };
            let owed_by = input.customers[customer];
            let binding = bindings.bind(&ClaimKind {
                customer_kind: owed_by.kind,
                scale: owed_by.scale,
                product: loan.product.clone(),
                protection: loan.protection,
            })?;
            let restructured_on = loan.restructured_on.filter(|&day| day <= business_date);
            let mut folded = fold(&dossier.view(), Milestones { restructured_on, written_off_on: None }, &days, &bindings.get(binding).loan);
            let dues_from = self.dues.known_from(id, known_on);
            folded.terms_changed |= dues_from.zip(carry.from).is_some_and(|(dues_from, last_night)| dues_from > last_night);
            input.loan_ids.push(id);
            let collateral_value = files.collateral.get(id).copied().unwrap_or_default();
            if dossier.schedule == Schedule::NoneCanBeMade {
                input.found.push((input.loans.len() as u32, ExceptionCode::NoSchedule, loan.terms.principal));
            }
            let mut loan = loan_row(loan, customer as u32, binding, collateral_value, &mut input.names);
            loan.restructured_on = restructured_on;
            input.loans.push(loan);
            input.folded.push(folded);
            input.carried.push(carry.loans.get(id).copied());
            count(&mut input.totals, &dossier);
        }
        if carry.from.is_none() {
            input.carried.clear();
        }
        input.bindings = bindings.into_list();
        self.add_references(&mut input);
        Ok(input)
    }

    /// What refers to customers and loans: events, debts elsewhere, judgements.
    fn add_references(&self, input: &mut NightInput) {
        let known_on = input.known_on;
        let customer = |id: &str| input.customer_ids.find_sorted(id).map(|index| index as u32);
        let loan = |id: &str| input.loan_ids.find_sorted(id).map(|index| index as u32);
        let events = self.events.known(known_on).filter(|(_, event)| event.happened_on <= input.business_date);
        input.events = events
            .filter_map(|(_, event)| {
                let kind = EventKind::from_code(&event.kind)?;
                Some(input::Event { customer: customer(&event.customer)?, kind, happened_on: event.happened_on })
            })
            .collect();
        input.events.sort_by_key(|event| (event.customer, event.happened_on));
        let mut debts = BTreeMap::new();
        for (_, debt) in self.other_bank_debts.known(known_on).filter(|(_, debt)| debt.as_of <= input.business_date) {
            let newest = debts.entry((&debt.customer, &debt.lender)).or_insert(debt);
            if newest.as_of < debt.as_of {
                *newest = debt;
            }
        }
        input.other_bank_debts = debts
            .into_values()
            .filter_map(|debt| {
                let customer = customer(&debt.customer)?;
                let (balance, days_past_due, grade) = (debt.balance, debt.past_due_days, debt.grade);
                Some((customer, OtherBankDebt { balance, days_past_due, grade }))
            })
            .collect();
        let mut judgements = BTreeMap::new();
        for (_, judgement) in self.judgements.known(known_on).filter(|(_, one)| one.decided_on <= input.business_date) {
            let Some(loan) = loan(&judgement.loan) else { continue };
            let row = input::Judgement { loan, grade: judgement.grade, decided_on: judgement.decided_on };
            let newest = judgements.entry(loan).or_insert(row);
            if newest.decided_on <= row.decided_on {
                *newest = row;
            }
        }
        input.judgements = judgements.into_values().collect();
    }
}

/// Facts that belong to loans, sorted into their files (归档).
#[derive(Default)]
struct Files<'w> {
    receipts: BTreeMap<&'w str, Vec<(&'w str, &'w Receipt)>>,
    collateral: BTreeMap<&'w str, Money>,
}

impl<'w> Files<'w> {
    fn of(world: &'w World, known_on: Date) -> Files<'w> {
        let mut files = Files::default();
        for (id, receipt) in world.receipts.known(known_on) {
            files.receipts.entry(&receipt.loan).or_default().push((id, receipt));
        }
        for (_, collateral) in world.collateral.known(known_on) {
            *files.collateral.entry(&collateral.loan).or_default() += collateral.value;
        }
        files
    }

    fn open(&self, world: &World, id: &str, known_on: Date, business_date: Date) -> Option<Dossier> {
        let receipts = self.receipts.get(id).cloned().unwrap_or_default();
        world.open(id, known_on, business_date, receipts)
    }
}

fn customer_row(customer: &Customer, names: &mut Names) -> input::Customer {
    let code = |labels: &mut Labels, text: &Option<String>| text.as_ref().map(|text| labels.code(text));
    input::Customer {
        kind: customer.kind,
        scale: customer.scale,
        region: code(&mut names.regions, &customer.region),
        industry: code(&mut names.industries, &customer.industry),
        group: code(&mut names.groups, &customer.group),
        payment_confirmation_needed: customer.payment_confirmation_needed,
        balance_sheet: Default::default(),
    }
}

fn loan_row(loan: &Loan, customer: u32, binding: u16, collateral_value: Money, names: &mut Names) -> input::Loan {
    input::Loan {
        customer,
        branch: names.branches.code(&loan.branch),
        officer: loan.officer.as_ref().map(|officer| names.officers.code(officer)),
        product: names.products.code(&loan.product),
        binding,
        principal: loan.terms.principal,
        disbursed_on: loan.terms.disbursed_on,
        matures_on: loan.terms.matures_on,
        method: loan.terms.method,
        protection: loan.protection,
        low_risk: loan.low_risk,
        approved_with_doubt: loan.approved_with_doubt,
        extension_count: loan.extension_count,
        restructured_on: loan.restructured_on,
        status: loan.status,
        collateral_value,
    }
}

/// Control totals over what was read.
fn count(totals: &mut ReadTotals, dossier: &Dossier) {
    let view = dossier.view();
    let aside: Money = dossier.left_aside.iter().copied().sum();
    totals.loans += 1;
    totals.instalments += view.due_on.len() as u64;
    totals.repayments += view.paid_on.len() as u64;
    totals.principal_lent += view.terms.principal;
    totals.money_received += view.paid.iter().copied().sum::<Money>();
    totals.repayments_left_aside += dossier.left_aside.len() as u64;
    totals.money_left_aside += aside;
}
