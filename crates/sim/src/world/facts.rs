//! What the practice world holds of each thing: the tables of the book, as values.

use grading::{CustomerKind, CustomerScale, Grade};
use loan::{LoanStatus, LoanView, Pause, Protection, Terms};
use units::{Date, Money};

/// A customer (客户), without the personal data no rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub kind: CustomerKind,
    pub scale: Option<CustomerScale>,
    pub region: Option<String>,
    pub industry: Option<String>,
    pub group: Option<String>,
    pub payment_confirmation_needed: bool,
}

/// A loan as the core system states it (借据).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loan {
    pub customer: String,
    pub branch: String,
    pub officer: Option<String>,
    pub product: String,
    pub terms: Terms,
    pub protection: Protection,
    pub low_risk: bool,
    pub approved_with_doubt: bool,
    pub extension_count: u32,
    pub restructured_on: Option<Date>,
    pub status: LoanStatus,
}

/// One agreed instalment (应还计划).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub due_on: Date,
    pub principal: Money,
    pub interest: Money,
    pub fee: Money,
}

/// Money received, or the taking back of it (还款流水).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub loan: String,
    /// The value date (起息日).
    pub paid_on: Date,
    pub amount: Money,
    pub entered_on: Date,
    /// The receipt taken back (冲正).
    pub reverses: Option<String>,
}

/// Something that happened to a customer (外部事件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub customer: String,
    pub kind: String,
    pub happened_on: Date,
    pub amount: Money,
}

/// A customer's debt at another lender (他行负债).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherBankDebt {
    pub customer: String,
    pub lender: String,
    pub as_of: Date,
    pub balance: Money,
    pub past_due_days: i32,
    pub grade: Option<Grade>,
}

/// A grade people approved (经批准的分类认定).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub loan: String,
    pub grade: Grade,
    pub decided_on: Date,
    pub approved_by: String,
}

/// What stands behind a loan (押品).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collateral {
    pub loan: String,
    pub value: Money,
    pub valued_on: Date,
}

/// Where a loan's instalments are from (还款计划来源).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    Stated,
    FromTerms,
    NoneCanBeMade,
}

/// One loan's facts as known on a day, in the columns the rules read (卷宗).
#[derive(Clone, Debug)]
pub struct Dossier {
    pub terms: Terms,
    pub schedule: Schedule,
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
    paid_on: Vec<Date>,
    paid: Vec<Money>,
    /// Beside `paid_on` and `paid`.
    pub receipt_ids: Vec<String>,
    pauses: Vec<Pause>,
    /// Receipts known but taken back, or taking back, and their money: in the file, not in the count.
    pub left_aside: Vec<Money>,
}

impl Dossier {
    pub(super) fn new(
        terms: Terms,
        (dues, schedule): (&[Due], Schedule),
        counted: &[(&str, &Receipt)],
        left_aside: Vec<Money>,
        pauses: Vec<Pause>,
    ) -> Dossier {
        Dossier {
            terms,
            schedule,
            due_on: dues.iter().map(|due| due.due_on).collect(),
            principal_due: dues.iter().map(|due| due.principal).collect(),
            interest_due: dues.iter().map(|due| due.interest).collect(),
            fee_due: dues.iter().map(|due| due.fee).collect(),
            paid_on: counted.iter().map(|(_, receipt)| receipt.paid_on).collect(),
            paid: counted.iter().map(|(_, receipt)| receipt.amount).collect(),
            receipt_ids: counted.iter().map(|(id, _)| (*id).to_owned()).collect(),
            pauses,
            left_aside,
        }
    }

    pub fn view(&self) -> LoanView<'_> {
        LoanView {
            terms: &self.terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &self.pauses,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use loan::{DayCount, Frequency, RepaymentMethod};
    use units::RatePpm;

    /// A loan nobody looks at closely.
    pub(crate) fn loan() -> Loan {
        let disbursed_on = Date::from_ymd(2026, 1, 1).unwrap();
        let terms = Terms {
            principal: Money::from_yuan(10_000),
            disbursed_on,
            matures_on: disbursed_on.add_months(12),
            annual_rate: RatePpm::new(60_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::Bullet,
            instalment_count: 1,
            frequency: Frequency::Monthly,
        };
        Loan {
            customer: "C1".to_owned(),
            branch: "B1".to_owned(),
            officer: None,
            product: "loan".to_owned(),
            terms,
            protection: Protection::Credit,
            low_risk: false,
            approved_with_doubt: false,
            extension_count: 0,
            restructured_on: None,
            status: LoanStatus::Active,
        }
    }
}
