//! Everything one night needs to know, read before anything is decided.
//!
//! Loans and customers are sorted by identity; every other reference is an index or a label code,
//! so that steps run over plain slices.

use crate::rules::Binding;
use grading::{Bucket, CustomerKind, CustomerScale, EventKind, Grade, OtherBankDebt, Restructured};
use loan::{History, LoanStatus, Position, Protection, RepaymentMethod};
use report::BalanceSheet;
use serde::{Deserialize, Serialize};
use units::{Date, Labels, Money, Texts, coded};

/// The whole input of one night (日终输入), as known on `known_on`.
#[derive(Clone, Debug, Default)]
pub struct NightInput {
    pub business_date: Date,
    pub known_on: Date,
    pub names: Names,
    pub customer_ids: Texts,
    pub customers: Vec<Customer>,
    pub loan_ids: Texts,
    pub loans: Vec<Loan>,
    /// One entry per loan, filled while the dossiers stream by.
    pub folded: Vec<Folded>,
    /// What binds each kind of claim; a loan refers to its own by number.
    pub bindings: Vec<Binding>,
    /// Sorted by customer, then by day; those of the business date and before.
    pub events: Vec<Event>,
    /// The newest figures per lender and customer index, sorted by customer.
    pub other_bank_debts: Vec<(u32, OtherBankDebt)>,
    /// The latest approved judgement per loan index, sorted by loan.
    pub judgements: Vec<Judgement>,
    /// What the latest earlier night left, one entry per loan; empty when there was none.
    pub carried: Vec<Option<Carried>>,
    /// The business date of that earlier night.
    pub carried_from: Option<Date>,
    /// What could not be used, found while reading: the loan, why, and the money it is about.
    pub found: Vec<(u32, ExceptionCode, Money)>,
    pub totals: ReadTotals,
}

/// The labels behind the codes.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub branches: Labels,
    pub officers: Labels,
    pub products: Labels,
    pub regions: Labels,
    pub industries: Labels,
    pub groups: Labels,
}

/// A customer as a night sees it (客户).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Customer {
    pub kind: CustomerKind,
    pub scale: Option<CustomerScale>,
    pub region: Option<u32>,
    pub industry: Option<u32>,
    pub group: Option<u32>,
    pub payment_confirmation_needed: bool,
    /// Of the newest statement; zero where there is none.
    pub balance_sheet: BalanceSheet,
}

/// A loan's facts beside its schedule and money (借据).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    pub customer: u32,
    pub branch: u32,
    pub officer: Option<u32>,
    pub product: u32,
    /// Its place in [`NightInput::bindings`].
    pub binding: u16,
    pub principal: Money,
    pub disbursed_on: Date,
    pub matures_on: Date,
    pub method: RepaymentMethod,
    pub protection: Protection,
    pub low_risk: bool,
    pub approved_with_doubt: bool,
    pub extension_count: u32,
    pub restructured_on: Option<Date>,
    pub status: LoanStatus,
    pub collateral_value: Money,
}

/// What the kernel made of one dossier: the position tonight and the road to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    pub position: Position,
    pub history: History,
    /// Days past due on the twelve month-ends before the business date, oldest first;
    /// -1 where the loan was not yet paid out.
    pub month_end_days: [i16; MONTH_ENDS],
    /// Principal outstanding when the year opened.
    pub opening_outstanding: Money,
    /// What happened since the terms were changed, where they were. Boxed, as what follows: few loans have it.
    pub restructured: Option<Box<Restructured>>,
    /// What was written off, and what came in after all.
    pub written_off: Option<Box<WrittenOff>>,
    pub first_due_on: Option<Date>,
    /// A pause, or a schedule or terms corrected by a later batch: days past due may fall by it.
    pub terms_changed: bool,
}

/// A claim written off and kept on file (账销案存).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenOff {
    pub on: Date,
    /// Principal owed on that day.
    pub amount: Money,
    /// Money received since.
    pub recovered: Money,
}

/// How many month-ends before the business date a night looks back on.
pub const MONTH_ENDS: usize = 12;

/// Something that happened to a customer and bears on the grade (外部事件).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub customer: u32,
    pub kind: EventKind,
    pub happened_on: Date,
}

/// A grade that people approved (经批准的分类认定).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub loan: u32,
    pub grade: Grade,
    pub decided_on: Date,
}

/// What an earlier night left of a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    pub grade: Grade,
    pub bucket: Bucket,
    pub days_past_due: i32,
    pub principal_outstanding: Money,
    pub paid_total: Money,
}

/// Something the night could not use or does not understand (日终异常); it has an owner and stops
/// nobody else's loan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exception {
    pub code: ExceptionCode,
    pub loan_id: String,
    /// The officer of the loan, else its branch.
    pub owner: String,
    pub amount: Money,
    pub detail: String,
}

coded! {
    /// Why a loan needs somebody's attention (日终异常代码), explained in the glossary.
    #[derive(Serialize, Deserialize)]
    ExceptionCode {
        /// No instalments in the book and none can be made from the terms.
        NoSchedule = "E-NI-01",
        /// The core system says settled, the book says something is owed.
        SettledButOwed = "E-NI-02",
        /// The core system says active, nothing is owed any more.
        ActiveButPaid = "E-NI-03",
        /// More was received than was ever owed.
        Surplus = "E-NI-04",
        /// Money is dated before the loan was paid out.
        PaidBeforeDisbursed = "E-NI-05",
        /// Days past due fell since the last night, and no money, pause or judgement says why.
        DaysFellUnexplained = "E-NI-06",
        /// A member of the group is non-performing: the others must be evaluated.
        GroupMemberDefaulted = "E-NI-07",
    }
}

/// What was read, for the control totals (控制总数).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTotals {
    pub loans: u64,
    pub instalments: u64,
    pub repayments: u64,
    pub principal_lent: Money,
    pub money_received: Money,
    /// Repayments known but dated after the business date, or taken back by a reversal.
    pub repayments_left_aside: u64,
    pub money_left_aside: Money,
}

impl std::ops::AddAssign for ReadTotals {
    fn add_assign(&mut self, other: ReadTotals) {
        self.loans += other.loans;
        self.instalments += other.instalments;
        self.repayments += other.repayments;
        self.principal_lent += other.principal_lent;
        self.money_received += other.money_received;
        self.repayments_left_aside += other.repayments_left_aside;
        self.money_left_aside += other.money_left_aside;
    }
}
