//! A chunk's columns as the fold needs them.

use crate::dossier::DossierChunk;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use loan::{DayCount, Frequency, LoanStatus, Protection, RepaymentMethod, Terms};
use std::ops::Range;
use units::{Date, Labels, Money, RatePpm};

/// The loan columns of a chunk, by name once; texts of few values looked up once per value.
pub struct LoanColumns<'a> {
    pub loan_id: &'a StringArray,
    pub known_from: &'a Date32Array,
    pub customer_id: &'a StringArray,
    pub contract_id: &'a StringArray,
    pub disbursed_on: &'a Date32Array,
    branch: Coded<u32>,
    officer: Coded<u32>,
    product: Coded<u32>,
    principal: &'a Int64Array,
    matures_on: &'a Date32Array,
    annual_rate: &'a Int64Array,
    penalty_rate: &'a Int64Array,
    day_count: Coded<DayCount>,
    method: Coded<RepaymentMethod>,
    instalment_count: &'a Int32Array,
    frequency: Coded<Frequency>,
    protection: Coded<Protection>,
    low_risk: &'a BooleanArray,
    extension_count: &'a Int32Array,
    restructured_on: &'a Date32Array,
    approved_with_doubt: &'a BooleanArray,
    status: Coded<LoanStatus>,
}

/// A column of texts of few values, as what they stand for: a number per row into `values`.
struct Coded<T> {
    /// Negative where there is none.
    keys: Vec<i32>,
    values: Vec<Option<T>>,
}

impl<T: Copy> Coded<T> {
    /// `value` is asked once per distinct text of a dictionary, once per row of plain texts.
    fn of(column: &ArrayRef, mut value: impl FnMut(&str) -> Option<T>) -> Coded<T> {
        if let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() {
            let keys = dictionary.keys().iter().map(|key| key.unwrap_or(-1)).collect();
            let texts = dictionary.values().as_string::<i32>();
            return Coded { keys, values: texts.iter().map(|text| value(text.unwrap_or_default())).collect() };
        }
        let texts = column.as_string::<i32>();
        let keys = (0..).zip(texts.iter()).map(|(row, text)| if text.is_some() { row } else { -1 });
        Coded { keys: keys.collect(), values: texts.iter().map(|text| value(text?)).collect() }
    }

    fn get(&self, row: usize) -> Option<T> {
        usize::try_from(self.keys[row]).ok().and_then(|key| self.values[key])
    }
}

impl<'a> LoanColumns<'a> {
    pub fn of(
        loans: &'a RecordBatch,
        branches: &mut Labels,
        officers: &mut Labels,
        products: &mut Labels,
    ) -> LoanColumns<'a> {
        let text = |name: &str| loans[name].as_string::<i32>();
        let day = |name: &str| loans[name].as_primitive::<Date32Type>();
        let long = |name: &str| loans[name].as_primitive::<Int64Type>();
        let int = |name: &str| loans[name].as_primitive::<Int32Type>();
        LoanColumns {
            loan_id: text("loan_id"),
            known_from: day("known_from"),
            customer_id: text("customer_id"),
            contract_id: text("contract_id"),
            disbursed_on: day("disbursed_on"),
            branch: Coded::of(&loans["branch_id"], |text| Some(branches.code(text))),
            officer: Coded::of(&loans["officer_id"], |text| Some(officers.code(text))),
            product: Coded::of(&loans["product"], |text| Some(products.code(text))),
            principal: long("principal"),
            matures_on: day("matures_on"),
            annual_rate: long("annual_rate"),
            penalty_rate: long("penalty_rate"),
            day_count: Coded::of(&loans["day_count"], DayCount::from_code),
            method: Coded::of(&loans["method"], RepaymentMethod::from_code),
            instalment_count: int("instalment_count"),
            frequency: Coded::of(&loans["frequency"], Frequency::from_code),
            protection: Coded::of(&loans["protection"], Protection::from_code),
            low_risk: loans["low_risk"].as_boolean(),
            extension_count: int("extension_count"),
            restructured_on: day("restructured_on"),
            approved_with_doubt: loans["approved_with_doubt"].as_boolean(),
            status: Coded::of(&loans["status"], LoanStatus::from_code),
        }
    }

    /// The terms; what the book leaves open is read as a plain Chinese retail loan would be.
    pub fn terms(&self, row: usize) -> Terms {
        let penalty = self.penalty_rate;
        Terms {
            principal: Money::from_fen(self.principal.value(row)),
            disbursed_on: Date::new(self.disbursed_on.value(row)),
            matures_on: Date::new(self.matures_on.value(row)),
            annual_rate: RatePpm::new(self.annual_rate.value(row)),
            penalty_rate: penalty.is_valid(row).then(|| RatePpm::new(penalty.value(row))),
            day_count: self.day_count.get(row).unwrap_or(DayCount::Act360),
            method: self.method.get(row).unwrap_or(RepaymentMethod::Irregular),
            instalment_count: number(self.instalment_count, row),
            frequency: self.frequency.get(row).unwrap_or(Frequency::Monthly),
        }
    }

    pub fn branch(&self, row: usize) -> u32 {
        self.branch.get(row).expect("a loan has a branch")
    }

    pub fn officer(&self, row: usize) -> Option<u32> {
        self.officer.get(row)
    }

    pub fn product(&self, row: usize) -> u32 {
        self.product.get(row).expect("a loan has a product")
    }

    pub fn protection(&self, row: usize) -> Protection {
        self.protection.get(row).unwrap_or(Protection::Credit)
    }

    pub fn status(&self, row: usize) -> LoanStatus {
        self.status.get(row).unwrap_or(LoanStatus::Active)
    }

    pub fn low_risk(&self, row: usize) -> bool {
        flag(self.low_risk, row)
    }

    pub fn approved_with_doubt(&self, row: usize) -> bool {
        flag(self.approved_with_doubt, row)
    }

    pub fn extension_count(&self, row: usize) -> u32 {
        number(self.extension_count, row)
    }

    pub fn restructured_on(&self, row: usize) -> Option<Date> {
        self.restructured_on.is_valid(row).then(|| Date::new(self.restructured_on.value(row)))
    }
}

fn number(column: &Int32Array, row: usize) -> u32 {
    if column.is_valid(row) { column.value(row).max(0) as u32 } else { 0 }
}

fn flag(column: &BooleanArray, row: usize) -> bool {
    column.is_valid(row) && column.value(row)
}

/// Dues and receipts of a whole chunk as days and money; reused from chunk to chunk.
#[derive(Default)]
pub struct Children {
    due_ends: Vec<i32>,
    pub due_on: Vec<Date>,
    pub principal_due: Vec<Money>,
    pub interest_due: Vec<Money>,
    pub fee_due: Vec<Money>,
    paid_ends: Vec<i32>,
    pub paid_on: Vec<Date>,
    pub paid: Vec<Money>,
    /// Identity of each receipt and of the one it takes back; only of chunks where one does.
    reversals: Option<(StringArray, StringArray)>,
}

impl Children {
    pub fn fill(&mut self, chunk: &DossierChunk) {
        let (dues, receipts) = (&chunk.instalments, &chunk.repayments);
        let due = rebase(&dues.offsets, &mut self.due_ends);
        refill(&mut self.due_on, &dues.due_on.values()[due.clone()], Date::new);
        refill(&mut self.principal_due, &dues.principal_due.values()[due.clone()], Money::from_fen);
        refill(&mut self.interest_due, &dues.interest_due.values()[due.clone()], Money::from_fen);
        let fees = dues.fee_due.slice(due.start, due.len());
        if fees.null_count() == fees.len() {
            self.fee_due.clear();
            self.fee_due.resize(fees.len(), Money::ZERO);
        } else {
            self.fee_due.clear();
            self.fee_due.extend(fees.iter().map(|fee| Money::from_fen(fee.unwrap_or(0))));
        }
        let paid = rebase(&receipts.offsets, &mut self.paid_ends);
        refill(&mut self.paid_on, &receipts.paid_on.values()[paid.clone()], Date::new);
        refill(&mut self.paid, &receipts.amount.values()[paid.clone()], Money::from_fen);
        let reverses = receipts.reverses.slice(paid.start, paid.len());
        let any = reverses.null_count() < reverses.len();
        self.reversals = any.then(|| (receipts.repayment_id.slice(paid.start, paid.len()), reverses));
    }

    pub fn dues_of(&self, row: usize) -> Range<usize> {
        self.due_ends[row] as usize..self.due_ends[row + 1] as usize
    }

    pub fn receipts_of(&self, row: usize) -> Range<usize> {
        self.paid_ends[row] as usize..self.paid_ends[row + 1] as usize
    }

    /// Which receipts of the range are taken back by one of its first `by_now`, or take one back
    /// themselves; `None` when none is.
    pub fn taken_back(&self, range: Range<usize>, by_now: usize) -> Option<Vec<bool>> {
        let (ids, reverses) = self.reversals.as_ref()?;
        let now = range.start..range.start + by_now;
        let targets: Vec<&str> = now.filter(|&at| reverses.is_valid(at)).map(|at| reverses.value(at)).collect();
        let is_out = |at: usize| reverses.is_valid(at) || targets.contains(&ids.value(at));
        let out: Vec<bool> = range.map(is_out).collect();
        out.contains(&true).then_some(out)
    }
}

/// The range of items the offsets span, which are kept counted from its start.
fn rebase(offsets: &[i32], ends: &mut Vec<i32>) -> Range<usize> {
    let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
    ends.clear();
    ends.extend(offsets.iter().map(|end| end - first));
    first as usize..last as usize
}

fn refill<A: Copy, B>(column: &mut Vec<B>, values: &[A], make: impl Fn(A) -> B) {
    column.clear();
    column.extend(values.iter().map(|&value| make(value)));
}
