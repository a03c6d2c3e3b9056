//! Folding the dossiers of a shard, chunk by chunk.
//!
//! A chunk's children (dues, receipts) are turned into columns of days and money at once; a loan then
//! is a few ranges into them, and most loans reach the kernel without a copy of their own.

use crate::dossier::DossierChunk;
use crate::fault::{Context, Fault};
use crate::night::columns::{Children, LoanColumns};
use crate::night::ground::Ground;
use crate::night::shard::FoldedShard;
use crate::night::{Dossier, NightRequest, Trace};
use arrow::array::Array;
use dayend::input::ExceptionCode;
use dayend::{Bindings, ClaimKind, Folded, Judgement, Loan, Milestones, NightDays, ReadTotals, Rules, fold};
use grading::{CustomerKind, CustomerScale};
use loan::{LoanStatus, LoanView, Pause, Protection, Terms};
use units::{Calendar, Date, Labels, Money, Texts};

/// Everything that stays the same from loan to loan, and what the loans come to.
pub struct Folding<'a> {
    ground: &'a Ground,
    traced: Option<&'a str>,
    business_date: Date,
    carried_from: Option<Date>,
    days: NightDays,
    bindings: Bindings<'a>,
    /// Bindings by product, kind, scale and protection: a loan need not spell its kind out.
    bound: Vec<Option<u16>>,
    children: Children,
    made: MadeDues,
    picked: PickedReceipts,
    loan_ids: Texts,
    loans: Vec<Loan>,
    folded: Vec<Folded>,
    branches: Labels,
    officers: Labels,
    products: Labels,
    found: Vec<(u32, ExceptionCode, Money)>,
    judgements: Vec<Judgement>,
    contracts: Vec<(String, u32)>,
    totals: ReadTotals,
    trace: Trace,
}

/// Dues made from the terms of a loan that came without; reused from loan to loan.
#[derive(Default)]
struct MadeDues {
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
}

/// Receipts less those taken back; reused from loan to loan.
#[derive(Default)]
struct PickedReceipts {
    paid_on: Vec<Date>,
    paid: Vec<Money>,
}

/// A loan's dues (期供).
#[derive(Clone, Copy)]
struct Dues<'a> {
    due_on: &'a [Date],
    principal_due: &'a [Money],
    interest_due: &'a [Money],
    fee_due: &'a [Money],
}

impl<'a> Folding<'a> {
    pub fn new(ground: &'a Ground, rules: &'a Rules<'a>, request: &NightRequest<'a>) -> Folding<'a> {
        Folding {
            ground,
            traced: request.traced,
            business_date: request.business_date,
            carried_from: request.carried_from.map(|night| night.business_date),
            days: NightDays::new(request.business_date),
            bindings: Bindings::new(rules),
            bound: Vec::new(),
            children: Children::default(),
            made: MadeDues::default(),
            picked: PickedReceipts::default(),
            loan_ids: Texts::new(),
            loans: Vec::new(),
            folded: Vec::new(),
            branches: Labels::new(),
            officers: Labels::new(),
            products: Labels::new(),
            found: Vec::new(),
            judgements: Vec::new(),
            contracts: Vec::new(),
            totals: ReadTotals::default(),
            trace: Trace::default(),
        }
    }

    /// Adds the chunk's loans that were paid out by the business date.
    pub fn take(&mut self, chunk: &DossierChunk) -> Result<(), Fault> {
        let columns =
            LoanColumns::of(&chunk.loans, &mut self.branches, &mut self.officers, &mut self.products);
        let mut children = std::mem::take(&mut self.children);
        children.fill(chunk);
        for row in 0..chunk.loans.num_rows() {
            if columns.disbursed_on.value(row) <= self.business_date.day_number() {
                self.take_loan(&columns, &children, chunk, row)?;
            }
        }
        self.children = children;
        Ok(())
    }

    fn take_loan(
        &mut self,
        columns: &LoanColumns,
        children: &Children,
        chunk: &DossierChunk,
        row: usize,
    ) -> Result<(), Fault> {
        let (loan_id, terms) = (columns.loan_id.value(row), columns.terms(row));
        let mut loan = self.loan(columns, row, &terms)?;
        let number = self.loans.len() as u32;
        let (mut made, mut picked) = (std::mem::take(&mut self.made), std::mem::take(&mut self.picked));
        let dues = match children.dues_of(row) {
            stored if !stored.is_empty() => children.dues(stored),
            _ => {
                if !made.fill(&terms, &self.bindings, loan.binding) {
                    self.found.push((number, ExceptionCode::NoSchedule, terms.principal));
                }
                made.dues()
            }
        };
        let (paid_on, paid) = receipts(children, row, self.business_date, &mut self.totals, &mut picked);
        let before = paid_on.partition_point(|&day| day < terms.disbursed_on);
        let paid_before: Money = paid[..before].iter().copied().sum();
        if paid_before.is_positive() {
            self.found.push((number, ExceptionCode::PaidBeforeDisbursed, paid_before));
        }
        let Dues { due_on, principal_due, interest_due, fee_due } = dues;
        let pauses = self.ground.pauses.get(loan_id).map_or(&[] as &[Pause], Vec::as_slice);
        let view = LoanView { terms: &terms, due_on, principal_due, interest_due, fee_due, paid_on, paid, pauses };
        let rules = &self.bindings.get(loan.binding).loan;
        let written_off_on = self.written_off_on(columns, row, &loan);
        let milestones = Milestones { restructured_on: loan.restructured_on, written_off_on };
        let mut folded = fold(&view, milestones, &self.days, rules);
        if self.traced == Some(loan_id) {
            self.trace = Trace { steps: loan::trace(&view, rules, self.business_date), dossier: Some(Dossier::of(&view)) };
        }
        folded.terms_changed |= schedule_changed(chunk, row, self.carried_from);
        self.totals.instalments += due_on.len() as u64;
        (self.made, self.picked) = (made, picked);
        if self.before_the_book() && paid_off(&folded) {
            loan.status = LoanStatus::Settled;
        }
        self.refer(columns, row, number);
        self.totals.loans += 1;
        self.totals.principal_lent += terms.principal;
        self.loan_ids.push(loan_id);
        self.loans.push(loan);
        self.folded.push(folded);
        Ok(())
    }

    /// What refers to the loan: a judgement, its contract's collateral.
    fn refer(&mut self, columns: &LoanColumns, row: usize, number: u32) {
        if let Some(&(grade, decided_on)) = self.ground.judgements.get(columns.loan_id.value(row)) {
            self.judgements.push(Judgement { loan: number, grade, decided_on });
        }
        let contract = columns.contract_id;
        if contract.is_valid(row) && self.ground.collateral_of_contract.contains_key(contract.value(row)) {
            self.contracts.push((contract.value(row).to_owned(), number));
        }
    }

    fn loan(&mut self, columns: &LoanColumns, row: usize, terms: &Terms) -> Result<Loan, Fault> {
        let customer_id = columns.customer_id.value(row);
        let customer = self.ground.customer(customer_id);
        let (customer, owes) = customer.with_context(|| format!("the book has no customer {customer_id}"))?;
        let (product, protection) = (columns.product(row), columns.protection(row));
        let kind = ClaimKind { customer_kind: owes.kind, scale: owes.scale, product: String::new(), protection };
        let place = place_of(product, &kind);
        if self.bound.len() <= place {
            self.bound.resize(place + 1, None);
        }
        let binding = match self.bound[place] {
            Some(binding) => binding,
            None => {
                let product = self.products.get(product).to_owned();
                let binding = self.bindings.bind(&ClaimKind { product, ..kind })?;
                self.bound[place] = Some(binding);
                binding
            }
        };
        let collateral = self.ground.collateral_of_loan.get(columns.loan_id.value(row)).copied();
        Ok(Loan {
            customer: customer as u32,
            branch: columns.branch(row),
            officer: columns.officer(row),
            product,
            binding,
            principal: terms.principal,
            disbursed_on: terms.disbursed_on,
            matures_on: terms.matures_on,
            method: terms.method,
            protection,
            low_risk: columns.low_risk(row),
            approved_with_doubt: columns.approved_with_doubt(row),
            extension_count: columns.extension_count(row),
            restructured_on: columns.restructured_on(row).filter(|&day| day <= self.business_date),
            status: self.status(columns, row),
            collateral_value: collateral.unwrap_or_default(),
        })
    }

    /// What the core system says of the loan. It speaks of the day its first files were made: before
    /// that day nobody knows when a loan was settled or written off, so it was active until paid.
    fn status(&self, columns: &LoanColumns, row: usize) -> LoanStatus {
        if self.before_the_book() { LoanStatus::Active } else { columns.status(row) }
    }

    /// The day a later batch first called the loan written off; of a first load nobody knows it.
    fn written_off_on(&self, columns: &LoanColumns, row: usize, loan: &Loan) -> Option<Date> {
        let known_from = Date::new(columns.known_from.value(row));
        let told_later = self.ground.book_begins.is_some_and(|begins| known_from > begins);
        (loan.status == LoanStatus::WrittenOff && told_later).then_some(known_from)
    }

    fn before_the_book(&self) -> bool {
        self.ground.book_begins.is_some_and(|begins| self.business_date < begins)
    }

    pub fn finish(self) -> FoldedShard {
        FoldedShard {
            loan_ids: self.loan_ids,
            loans: self.loans,
            folded: self.folded,
            branches: self.branches.into_texts(),
            officers: self.officers.into_texts(),
            products: self.products.into_texts(),
            kinds: self.bindings.kinds().to_vec(),
            found: self.found,
            judgements: self.judgements,
            contracts: self.contracts,
            totals: self.totals,
            trace: self.trace,
        }
    }
}

/// A place of its own for every product and kind of claim.
fn place_of(product: u32, kind: &ClaimKind) -> usize {
    let scale = kind.scale.map_or(0, |scale| scale as usize + 1);
    let of_kind = kind.customer_kind as usize * (CustomerScale::ALL.len() + 1) + scale;
    let kinds = CustomerKind::ALL.len() * (CustomerScale::ALL.len() + 1);
    (product as usize * kinds + of_kind) * Protection::ALL.len() + kind.protection as usize
}

/// What counts as received by the business date: not taken back, not dated later. A range of the
/// chunk's where nothing was taken back; else picked one by one.
fn receipts<'c>(
    children: &'c Children,
    row: usize,
    business_date: Date,
    totals: &mut ReadTotals,
    picked: &'c mut PickedReceipts,
) -> (&'c [Date], &'c [Money]) {
    let range = children.receipts_of(row);
    let (days, amounts) = (&children.paid_on[range.clone()], &children.paid[range.clone()]);
    let by_now = days.partition_point(|&day| day <= business_date);
    totals.repayments += days.len() as u64;
    let (taken, aside) = match children.taken_back(range, by_now) {
        None => {
            let aside: Money = amounts[by_now..].iter().copied().sum();
            totals.repayments_left_aside += (days.len() - by_now) as u64;
            ((&days[..by_now], &amounts[..by_now]), aside)
        }
        Some(taken_back) => {
            picked.paid_on.clear();
            picked.paid.clear();
            let mut aside = Money::ZERO;
            for (at, (&day, &amount)) in days.iter().zip(amounts).enumerate() {
                if at < by_now && !taken_back[at] {
                    picked.paid_on.push(day);
                    picked.paid.push(amount);
                } else {
                    totals.repayments_left_aside += 1;
                    aside += amount;
                }
            }
            ((&picked.paid_on[..], &picked.paid[..]), aside)
        }
    };
    totals.money_left_aside += aside;
    totals.money_received += taken.1.iter().copied().sum();
    taken
}

impl MadeDues {
    /// A loan without rows gets its schedule from its terms; where none can be made, all of the
    /// principal is due at maturity and `false` says so.
    fn fill(&mut self, terms: &Terms, bindings: &Bindings, binding: u16) -> bool {
        for column in [&mut self.principal_due, &mut self.interest_due, &mut self.fee_due] {
            column.clear();
        }
        self.due_on.clear();
        let rules = &bindings.get(binding).schedule;
        let Ok(schedule) = loan::schedule::generate(terms, rules, &Calendar::default()) else {
            self.push(terms.matures_on, terms.principal, Money::ZERO);
            return false;
        };
        schedule.iter().for_each(|due| self.push(due.due_on, due.principal, due.interest));
        true
    }

    fn push(&mut self, due_on: Date, principal: Money, interest: Money) {
        self.due_on.push(due_on);
        self.principal_due.push(principal);
        self.interest_due.push(interest);
        self.fee_due.push(Money::ZERO);
    }

    fn dues(&self) -> Dues<'_> {
        Dues {
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
        }
    }
}

impl Children {
    fn dues(&self, range: std::ops::Range<usize>) -> Dues<'_> {
        Dues {
            due_on: &self.due_on[range.clone()],
            principal_due: &self.principal_due[range.clone()],
            interest_due: &self.interest_due[range.clone()],
            fee_due: &self.fee_due[range],
        }
    }
}

/// Nothing owed and nothing to come.
fn paid_off(folded: &Folded) -> bool {
    folded.position.principal_outstanding.is_zero() && folded.position.next_due_on.is_none()
}

/// A schedule first known after the night carried from may lower days past due by itself.
fn schedule_changed(chunk: &DossierChunk, row: usize, carried_from: Option<Date>) -> bool {
    let known_from = &chunk.instalments.known_from;
    let since = carried_from.map_or(i32::MAX, Date::day_number);
    known_from.is_valid(row) && known_from.value(row) > since
}
