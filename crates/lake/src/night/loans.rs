//! Folding a chunk of dossiers into the night's input.

use crate::dossier::{DossierChunk, InstalmentSlices, RepaymentSlices};
use crate::fault::{Context, Fault};
use crate::night::side::Side;
use crate::night::{NightRequest, Trace};
use arrow::array::{Array, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use dayend::input::ExceptionCode;
use dayend::{Bindings, Exception, Loan, Milestones, NightDays, NightInput, fold};
use loan::{DayCount, Frequency, LoanStatus, LoanView, Pause, Protection, RepaymentMethod, Terms};
use std::collections::{HashMap, HashSet};
use units::{Calendar, Date, Money, RatePpm};

/// Everything that stays the same from loan to loan, and the columns one loan at a time fills.
pub struct Folding<'a> {
    days: NightDays,
    bindings: Bindings<'a>,
    side: &'a Side,
    only: Option<&'a HashSet<String>>,
    traced: Option<&'a str>,
    trace: Trace,
    file: LoanFile,
    /// Principal lent under each contract that has collateral of its own, and its loans.
    contracts: HashMap<String, (Money, Vec<u32>)>,
}

/// One loan's schedule and receipts as columns; reused, so a loan allocates nothing.
#[derive(Default)]
struct LoanFile {
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
    paid_on: Vec<Date>,
    paid: Vec<Money>,
}

/// The loan columns of a chunk, by name once.
struct LoanColumns<'a> {
    loan_id: &'a StringArray,
    known_from: &'a Date32Array,
    customer_id: &'a StringArray,
    branch_id: &'a StringArray,
    officer_id: &'a StringArray,
    product: &'a StringArray,
    contract_id: &'a StringArray,
    principal: &'a Int64Array,
    disbursed_on: &'a Date32Array,
    matures_on: &'a Date32Array,
    annual_rate: &'a Int64Array,
    penalty_rate: &'a Int64Array,
    day_count: &'a StringArray,
    method: &'a StringArray,
    instalment_count: &'a Int32Array,
    frequency: &'a StringArray,
    protection: &'a StringArray,
    low_risk: &'a BooleanArray,
    extension_count: &'a Int32Array,
    restructured_on: &'a Date32Array,
    approved_with_doubt: &'a BooleanArray,
    status: &'a StringArray,
}

impl<'a> LoanColumns<'a> {
    fn of(loans: &'a RecordBatch) -> LoanColumns<'a> {
        let text = |name: &str| loans[name].as_string::<i32>();
        let day = |name: &str| loans[name].as_primitive::<Date32Type>();
        let long = |name: &str| loans[name].as_primitive::<Int64Type>();
        let int = |name: &str| loans[name].as_primitive::<Int32Type>();
        LoanColumns {
            loan_id: text("loan_id"),
            known_from: day("known_from"),
            customer_id: text("customer_id"),
            branch_id: text("branch_id"),
            officer_id: text("officer_id"),
            product: text("product"),
            contract_id: text("contract_id"),
            principal: long("principal"),
            disbursed_on: day("disbursed_on"),
            matures_on: day("matures_on"),
            annual_rate: long("annual_rate"),
            penalty_rate: long("penalty_rate"),
            day_count: text("day_count"),
            method: text("method"),
            instalment_count: int("instalment_count"),
            frequency: text("frequency"),
            protection: text("protection"),
            low_risk: loans["low_risk"].as_boolean(),
            extension_count: int("extension_count"),
            restructured_on: day("restructured_on"),
            approved_with_doubt: loans["approved_with_doubt"].as_boolean(),
            status: text("status"),
        }
    }

    /// The terms; what the book leaves open is read as a plain Chinese retail loan would be.
    fn terms(&self, row: usize) -> Terms {
        let penalty = self.penalty_rate;
        Terms {
            principal: Money::from_fen(self.principal.value(row)),
            disbursed_on: Date::new(self.disbursed_on.value(row)),
            matures_on: Date::new(self.matures_on.value(row)),
            annual_rate: RatePpm::new(self.annual_rate.value(row)),
            penalty_rate: penalty.is_valid(row).then(|| RatePpm::new(penalty.value(row))),
            day_count: coded(self.day_count, row, DayCount::from_code).unwrap_or(DayCount::Act360),
            method: coded(self.method, row, RepaymentMethod::from_code).unwrap_or(RepaymentMethod::Irregular),
            instalment_count: number(self.instalment_count, row),
            frequency: coded(self.frequency, row, Frequency::from_code).unwrap_or(Frequency::Monthly),
        }
    }
}

fn coded<T>(column: &StringArray, row: usize, from_code: impl Fn(&str) -> Option<T>) -> Option<T> {
    if column.is_valid(row) { from_code(column.value(row)) } else { None }
}

fn number(column: &Int32Array, row: usize) -> u32 {
    if column.is_valid(row) { column.value(row).max(0) as u32 } else { 0 }
}

fn flag(column: &BooleanArray, row: usize) -> bool {
    column.is_valid(row) && column.value(row)
}

impl<'a> Folding<'a> {
    pub fn new(
        days: NightDays,
        bindings: Bindings<'a>,
        side: &'a Side,
        request: &NightRequest<'a>,
    ) -> Folding<'a> {
        Folding {
            days,
            bindings,
            side,
            only: request.only,
            traced: request.traced,
            trace: Trace::new(),
            file: LoanFile::default(),
            contracts: HashMap::new(),
        }
    }

    /// Adds the chunk's loans that were paid out by the business date.
    pub fn take(&mut self, chunk: &DossierChunk, input: &mut NightInput) -> Result<(), Fault> {
        let columns = LoanColumns::of(&chunk.loans);
        for row in 0..chunk.loans.num_rows() {
            let wanted = self.only.is_none_or(|only| only.contains(columns.loan_id.value(row)));
            if wanted && columns.disbursed_on.value(row) <= input.business_date.day_number() {
                self.take_loan(&columns, chunk, row, input)?;
            }
        }
        Ok(())
    }

    fn take_loan(
        &mut self,
        columns: &LoanColumns,
        chunk: &DossierChunk,
        row: usize,
        input: &mut NightInput,
    ) -> Result<(), Fault> {
        let (loan_id, terms) = (columns.loan_id.value(row), columns.terms(row));
        let mut loan = self.loan(columns, row, &terms, input)?;
        self.file.clear();
        self.file.take_schedule(&chunk.instalments, row);
        if self.file.due_on.is_empty() && !self.file.make_schedule(&terms, &self.bindings, loan.binding) {
            input.exceptions.push(exception(ExceptionCode::NoSchedule, loan_id, &loan, terms.principal, input));
        }
        self.file.take_receipts(&chunk.repayments, row, input);
        let paid_before: Money = self.file.paid_before(terms.disbursed_on);
        if paid_before.is_positive() {
            input.exceptions.push(exception(ExceptionCode::PaidBeforeDisbursed, loan_id, &loan, paid_before, input));
        }
        let pauses = self.side.pauses.get(loan_id).map_or(&[] as &[Pause], Vec::as_slice);
        let view = self.file.view(&terms, pauses);
        let rules = &self.bindings.get(loan.binding).loan;
        let milestones =
            Milestones { restructured_on: loan.restructured_on, written_off_on: self.written_off_on(columns, row, &loan) };
        let mut folded = fold(&view, milestones, &self.days, rules);
        if self.traced == Some(loan_id) {
            self.trace = loan::trace(&view, rules, input.business_date);
        }
        folded.terms_changed |= columns_changed(chunk, row, input.carried_from);
        let number = input.loans.len() as u32;
        if self.before_the_book(input.business_date) && paid_off(&folded) {
            loan.status = LoanStatus::Settled;
        }
        if let Some(&(grade, decided_on)) = self.side.judgements.get(loan_id) {
            input.judgements.push(dayend::Judgement { loan: number, grade, decided_on });
        }
        if columns.contract_id.is_valid(row) {
            let contract = columns.contract_id.value(row);
            if self.side.collateral_of_contract.contains_key(contract) {
                let entry = self.contracts.entry(contract.to_owned()).or_default();
                entry.0 += loan.principal;
                entry.1.push(number);
            }
        }
        input.totals.loans += 1;
        input.totals.instalments += self.file.due_on.len() as u64;
        input.totals.principal_lent += terms.principal;
        input.loan_ids.push(loan_id);
        input.loans.push(loan);
        input.folded.push(folded);
        Ok(())
    }

    fn loan(
        &mut self,
        columns: &LoanColumns,
        row: usize,
        terms: &Terms,
        input: &mut NightInput,
    ) -> Result<Loan, Fault> {
        let customer_id = columns.customer_id.value(row);
        let customer = input.customer_ids.find_sorted(customer_id);
        let customer = customer.with_context(|| format!("the book has no customer {customer_id}"))?;
        let product = columns.product.value(row);
        let protection = coded(columns.protection, row, Protection::from_code).unwrap_or(Protection::Credit);
        let (kind, scale) = (input.customers[customer].kind, input.customers[customer].scale);
        let binding = self.bindings.bind(kind, scale, product, protection)?;
        let officer = columns.officer_id;
        let collateral = self.side.collateral_of_loan.get(columns.loan_id.value(row)).copied();
        let restructured = columns.restructured_on;
        let restructured_on = restructured.is_valid(row).then(|| Date::new(restructured.value(row)));
        Ok(Loan {
            customer: customer as u32,
            branch: input.names.branches.code(columns.branch_id.value(row)),
            officer: officer.is_valid(row).then(|| input.names.officers.code(officer.value(row))),
            product: input.names.products.code(product),
            binding,
            principal: terms.principal,
            disbursed_on: terms.disbursed_on,
            matures_on: terms.matures_on,
            method: terms.method,
            protection,
            low_risk: flag(columns.low_risk, row),
            approved_with_doubt: flag(columns.approved_with_doubt, row),
            extension_count: number(columns.extension_count, row),
            restructured_on: restructured_on.filter(|&day| day <= input.business_date),
            status: self.status(columns, row, input.business_date),
            collateral_value: collateral.unwrap_or_default(),
        })
    }

    /// What the core system says of the loan. It speaks of the day its first files were made: before
    /// that day nobody knows when a loan was settled or written off, so it was active until paid.
    fn status(&self, columns: &LoanColumns, row: usize, business_date: Date) -> LoanStatus {
        let said = coded(columns.status, row, LoanStatus::from_code).unwrap_or(LoanStatus::Active);
        if self.before_the_book(business_date) { LoanStatus::Active } else { said }
    }

    /// The day a later batch first called the loan written off; of a first load nobody knows it.
    fn written_off_on(&self, columns: &LoanColumns, row: usize, loan: &Loan) -> Option<Date> {
        let known_from = Date::new(columns.known_from.value(row));
        let told_later = self.side.book_begins.is_some_and(|begins| known_from > begins);
        (loan.status == LoanStatus::WrittenOff && told_later).then_some(known_from)
    }

    fn before_the_book(&self, business_date: Date) -> bool {
        self.side.book_begins.is_some_and(|begins| business_date < begins)
    }

    /// Shares contract-wide collateral out by principal and hands over the bindings and the trace.
    pub fn finish(self, input: &mut NightInput) -> Trace {
        for (contract, (lent, loans)) in &self.contracts {
            let value = self.side.collateral_of_contract[contract];
            for &number in loans {
                let loan = &mut input.loans[number as usize];
                let share = value.mul_div(loan.principal.fen().into(), lent.fen().into(), units::Rounding::Down);
                loan.collateral_value += share;
            }
        }
        input.bindings = self.bindings.into_list();
        self.trace
    }
}

/// Nothing owed and nothing to come.
fn paid_off(folded: &dayend::Folded) -> bool {
    folded.position.principal_outstanding.is_zero() && folded.position.next_due_on.is_none()
}

/// A schedule first known after the night carried from may lower days past due by itself.
fn columns_changed(chunk: &DossierChunk, row: usize, carried_from: Option<Date>) -> bool {
    let known_from = &chunk.instalments.known_from;
    let since = carried_from.map_or(i32::MAX, Date::day_number);
    known_from.is_valid(row) && known_from.value(row) > since
}

fn exception(code: ExceptionCode, loan_id: &str, loan: &Loan, amount: Money, input: &NightInput) -> Exception {
    let owner = match loan.officer {
        Some(officer) => input.names.officers.get(officer),
        None => input.names.branches.get(loan.branch),
    };
    Exception { code, loan_id: loan_id.to_owned(), owner: owner.to_owned(), amount, detail: String::new() }
}

impl LoanFile {
    fn clear(&mut self) {
        self.due_on.clear();
        self.principal_due.clear();
        self.interest_due.clear();
        self.fee_due.clear();
        self.paid_on.clear();
        self.paid.clear();
    }

    fn view<'v>(&'v self, terms: &'v Terms, pauses: &'v [Pause]) -> LoanView<'v> {
        LoanView {
            terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses,
        }
    }

    fn take_schedule(&mut self, slices: &InstalmentSlices, row: usize) {
        for at in slices.offsets[row] as usize..slices.offsets[row + 1] as usize {
            self.due_on.push(Date::new(slices.due_on.value(at)));
            self.principal_due.push(Money::from_fen(slices.principal_due.value(at)));
            self.interest_due.push(Money::from_fen(slices.interest_due.value(at)));
            let fee = if slices.fee_due.is_valid(at) { slices.fee_due.value(at) } else { 0 };
            self.fee_due.push(Money::from_fen(fee));
        }
    }

    /// A loan without rows gets its schedule from its terms; where none can be made, all of the
    /// principal is due at maturity and `false` says so.
    fn make_schedule(&mut self, terms: &Terms, bindings: &Bindings, binding: u16) -> bool {
        let rules = &bindings.get(binding).schedule;
        let Ok(schedule) = loan::schedule::generate(terms, rules, &Calendar::default()) else {
            self.due_on.push(terms.matures_on);
            self.principal_due.push(terms.principal);
            self.interest_due.push(Money::ZERO);
            self.fee_due.push(Money::ZERO);
            return false;
        };
        for instalment in schedule {
            self.due_on.push(instalment.due_on);
            self.principal_due.push(instalment.principal);
            self.interest_due.push(instalment.interest);
            self.fee_due.push(Money::ZERO);
        }
        true
    }

    fn paid_before(&self, day: Date) -> Money {
        self.paid_on.iter().zip(&self.paid).filter(|(paid_on, _)| **paid_on < day).map(|(_, paid)| *paid).sum()
    }

    /// What counts as received by the business date: not taken back, not dated later.
    fn take_receipts(&mut self, slices: &RepaymentSlices, row: usize, input: &mut NightInput) {
        let range = slices.offsets[row] as usize..slices.offsets[row + 1] as usize;
        let today = input.business_date.day_number();
        let by_now = |at: usize| slices.paid_on.value(at) <= today;
        let taken_back: Vec<&str> = range
            .clone()
            .filter(|&at| slices.reverses.is_valid(at) && by_now(at))
            .map(|at| slices.reverses.value(at))
            .collect();
        for at in range {
            let amount = Money::from_fen(slices.amount.value(at));
            input.totals.repayments += 1;
            let reversed = !taken_back.is_empty() && taken_back.contains(&slices.repayment_id.value(at));
            if slices.reverses.is_valid(at) || reversed || !by_now(at) {
                input.totals.repayments_left_aside += 1;
                input.totals.money_left_aside += amount;
            } else {
                input.totals.money_received += amount;
                self.paid_on.push(Date::new(slices.paid_on.value(at)));
                self.paid.push(amount);
            }
        }
    }
}
