//! The examiner: walks through a whole night and notes everything he finds otherwise.

use super::grades::{Claim, Elsewhere, debtor_floor};
use super::journal::{Journal, MoneyIn};
use super::ledger::{Facts, Ledger};
use super::rules::AuditRules;
use crate::world::intake::Row;
use crate::world::{Due, Loan, World};
use dayend::{NightInput, NightPlan};
use grading::{Bucket, CustomerClass, EventKind, Grade};
use loan::{LoanStatus, Pause};
use std::collections::BTreeMap;
use std::fmt;
use units::{Date, Money};

/// Where the night and the examiner differ (审计发现).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The loan or customer.
    pub at: String,
    /// The smallest thing that differs: `days_past_due: night 3, auditor 4`.
    pub what: String,
}

/// The examiner's own files (审计师): journals, pages, and the grades of the night before.
#[derive(Debug)]
pub struct Examiner {
    rules: AuditRules,
    files: BTreeMap<String, File>,
    grades: BTreeMap<String, Grade>,
}

#[derive(Debug, Default)]
struct File {
    journal: Journal,
    page: Option<Page>,
}

/// A ledger with the facts it was kept from; other facts, and it is begun anew.
#[derive(Debug)]
struct Page {
    loan: Loan,
    dues: Vec<Due>,
    pauses: Vec<Pause>,
    money: MoneyIn,
    ledger: Ledger,
}

impl Examiner {
    pub fn new(rules: AuditRules) -> Examiner {
        Examiner { rules, files: BTreeMap::new(), grades: BTreeMap::new() }
    }

    /// Files a row of money as it came in.
    pub fn write(&mut self, known_from: Date, row: Row) {
        self.files.entry(row.receipt.loan.clone()).or_default().journal.write(known_from, row);
    }

    /// Everything of this night that the examiner finds otherwise.
    pub fn examine(&mut self, world: &World, input: &NightInput, plan: &NightPlan) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut of_customer: BTreeMap<u32, Vec<(usize, Claim)>> = BTreeMap::new();
        for number in 0..input.loans.len() {
            let claim = self.examine_balances(world, input, number, &mut findings);
            of_customer.entry(input.loans[number].customer).or_default().push((number, claim));
        }
        for (customer, claims) in of_customer {
            self.examine_customer(world, input, plan, customer as usize, claims, &mut findings);
        }
        findings
    }

    fn examine_balances(&mut self, world: &World, input: &NightInput, number: usize, findings: &mut Vec<Finding>) -> Claim {
        let id = input.loan_ids.get(number);
        let page = self.files.entry(id.to_owned()).or_default().open(world, id, input);
        let Page { loan, dues, pauses, money, ledger } = page;
        let (facts, rules) = (Facts { terms: &loan.terms, dues, money, pauses }, &self.rules);
        ledger.close_through(&facts, rules, input.business_date);
        let (position, history) = (ledger.position(&facts, rules), ledger.history(&facts, rules));
        let restructured = loan.restructured_on.map(|on| ledger.since_restructuring(on));
        let folded = &input.folded[number];
        let differences = [
            difference(&folded.position, &position),
            difference(&folded.history, &history),
            difference(&folded.restructured.as_deref().copied(), &restructured),
        ];
        findings.extend(differences.into_iter().flatten().map(|what| Finding { at: id.to_owned(), what }));
        let customer = world.customers.get(&loan.customer, input.known_on).expect("a loan has a customer");
        let is_owed = matches!(loan.status, LoanStatus::Active | LoanStatus::WrittenOff);
        Claim {
            kind: customer.kind,
            scale: customer.scale,
            protection: loan.protection,
            outstanding: position.principal_outstanding,
            amount_past_due: if is_owed { position.amount_past_due() } else { Money::ZERO },
            days_past_due: if is_owed { position.days_past_due } else { 0 },
            history,
            restructured,
            events: events(world, &loan.customer, input),
            grade_before: self.grades.get(id).copied(),
            judged: judged(world, id, input),
        }
    }

    fn examine_customer(
        &mut self,
        world: &World,
        input: &NightInput,
        plan: &NightPlan,
        customer: usize,
        claims: Vec<(usize, Claim)>,
        findings: &mut Vec<Finding>,
    ) {
        let today = input.business_date;
        let is_active = |number: usize| input.loans[number].status == LoanStatus::Active;
        let graded = claims.into_iter().map(|(number, claim)| {
            let grade = claim.grade(today);
            (number, claim, grade)
        });
        let mut graded: Vec<(usize, Claim, Grade)> = graded.collect();
        let active: Vec<(Claim, Grade)> =
            graded.iter().filter(|(number, ..)| is_active(*number)).map(|(_, claim, grade)| (claim.clone(), *grade)).collect();
        let customer_id = input.customer_ids.get(customer);
        let floor = debtor_floor(&active, &elsewhere(world, customer_id, input));
        for (number, claim, grade) in &mut graded {
            if is_active(*number) && !claim.is_retail() {
                *grade = (*grade).max(floor);
            }
        }
        let mut differs = |at: &str, what: &str, night: String, auditor: String| {
            if night != auditor {
                findings.push(Finding { at: at.to_owned(), what: format!("{what}: night {night}, auditor {auditor}") });
            }
        };
        for (number, claim, grade) in &graded {
            let (id, state) = (input.loan_ids.get(*number), &plan.loan_states[*number]);
            differs(id, "grade", format!("{:?}", state.decision.in_force), format!("{grade:?}"));
            differs(id, "bucket", state.bucket.code().to_owned(), bucket(claim.days_past_due).code().to_owned());
            self.grades.insert(id.to_owned(), *grade);
        }
        let needs_confirmation = input.customers[customer].payment_confirmation_needed;
        let counting = || graded.iter().filter(|(number, ..)| is_active(*number));
        let class: Option<CustomerClass> = counting().map(|(_, claim, grade)| claim.class(*grade, needs_confirmation)).max();
        let exposure: Money = counting().map(|(_, claim, _)| claim.outstanding).sum();
        let state = &plan.customer_states[customer];
        differs(customer_id, "class", format!("{:?}", state.class), format!("{class:?}"));
        differs(customer_id, "exposure", state.exposure.to_string(), exposure.to_string());
    }
}

/// M1 is 1 to 30 days, M2 to 60, and so on; M7 is everything over 180.
fn bucket(days_past_due: i32) -> Bucket {
    let months = (days_past_due + 29) / 30;
    Bucket::ALL[months.clamp(0, 7) as usize]
}

fn events(world: &World, customer: &str, input: &NightInput) -> Vec<(EventKind, Date)> {
    let known = world.events.known(input.known_on).map(|(_, event)| event);
    let of_customer = known.filter(|event| event.customer == customer && event.happened_on <= input.business_date);
    of_customer.filter_map(|event| Some((EventKind::from_code(&event.kind)?, event.happened_on))).collect()
}

/// The latest judgement on a loan, and whether the last night had not seen it.
fn judged(world: &World, loan: &str, input: &NightInput) -> Option<(Grade, bool)> {
    let known = world.judgements.known(input.known_on).map(|(_, judgement)| judgement);
    let of_loan = known.filter(|one| one.loan == loan && one.decided_on <= input.business_date);
    let latest = of_loan.max_by_key(|judgement| judgement.decided_on)?;
    Some((latest.grade, input.carried_from.is_none_or(|last_night| latest.decided_on > last_night)))
}

/// The newest figures of every other lender.
fn elsewhere(world: &World, customer: &str, input: &NightInput) -> Vec<Elsewhere> {
    let known: Vec<_> = world.other_bank_debts.known(input.known_on).map(|(_, debt)| debt).collect();
    let of_customer = || known.iter().filter(|debt| debt.customer == customer && debt.as_of <= input.business_date);
    let is_newest = |as_of: Date, lender: &str| of_customer().all(|other| other.lender != lender || other.as_of <= as_of);
    let newest = of_customer().filter(|debt| is_newest(debt.as_of, &debt.lender));
    newest.map(|debt| Elsewhere { balance: debt.balance, days_past_due: debt.past_due_days, grade: debt.grade }).collect()
}

impl File {
    /// The page of the loan, continued if it was kept from the same facts.
    fn open(&mut self, world: &World, id: &str, input: &NightInput) -> &mut Page {
        let known_on = input.known_on;
        let loan = world.loans.get(id, known_on).expect("the night has this loan").clone();
        let dues = world.dues.get(id, known_on).cloned().unwrap_or_default();
        let pauses = world.pauses.get(id, known_on).cloned().unwrap_or_default();
        let money = self.journal.money_in(known_on, input.business_date);
        let kept = self.page.take().filter(|page| {
            let closed_on = page.ledger.today();
            let same_money = page.money.through(closed_on) == money.through(closed_on);
            same_money && page.dues == dues && page.pauses == pauses && page.loan.terms == loan.terms
        });
        let new = || Ledger::new(&Facts { terms: &loan.terms, dues: &dues, money: &money, pauses: &pauses });
        let ledger = kept.map_or_else(new, |page| page.ledger);
        self.page.insert(Page { loan, dues, pauses, money, ledger })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// The first field in which two values, printed, differ.
fn difference<T: PartialEq + fmt::Debug>(night: &T, auditor: &T) -> Option<String> {
    if night == auditor {
        return None;
    }
    let (night, auditor) = (format!("{night:?}"), format!("{auditor:?}"));
    let first = night.split(", ").zip(auditor.split(", ")).find(|(night, auditor)| night != auditor);
    let (night, auditor) = first.unwrap_or((&night, &auditor));
    Some(format!("night {night}, auditor {auditor}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use loan::Position;

    #[test]
    fn a_finding_names_the_field_and_both_figures() {
        let night = Position { days_past_due: 3, ..Position::default() };
        let auditor = Position { days_past_due: 4, ..Position::default() };
        assert_eq!(difference(&night, &auditor).as_deref(), Some("night days_past_due: 3, auditor days_past_due: 4"));
        assert_eq!(difference(&night, &night), None);
    }

    #[test]
    fn buckets_are_months_of_thirty_days() {
        let check = |days, expect: &str| assert_eq!(bucket(days).code(), expect, "{days} days");
        check(0, "M0");
        check(1, "M1");
        check(30, "M1");
        check(31, "M2");
        check(180, "M6");
        check(181, "M7");
        check(4_000, "M7");
    }
}
