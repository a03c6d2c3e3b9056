//! What one night decides: an immutable value, complete before anything is written.

use crate::control::Controls;
use crate::input::Exception;
use grading::{Bucket, CustomerClass, ExposureTier, Grade, GradeDecision, Recoverability, Stage};
use report::MetricTable;
use units::{Date, Money};

/// The plan of one night (日终计划). Loans and customers stand in the order of the input.
///
/// The same input and rules give equal plans; applying one leaves no choices open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NightPlan {
    pub business_date: Date,
    pub known_on: Date,
    pub pack: PackName,
    pub loan_states: Vec<LoanState>,
    pub customer_states: Vec<CustomerState>,
    pub bucket_moves: Vec<Move<Bucket>>,
    pub grade_moves: Vec<Move<Grade>>,
    /// One table per cut that every night keeps.
    pub metrics: Vec<MetricTable>,
    /// Sorted by code, then loan.
    pub exceptions: Vec<Exception>,
    pub steps: Vec<StepReport>,
    pub controls: Controls,
}

/// Which rules a plan was made with (政策包版本).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackName {
    pub id: String,
    pub version: String,
    /// FNV-1a over the pack's content, so that a draft cannot pass for what it was drawn from.
    pub digest: String,
    /// The identity of every rule, by its place in the pack.
    pub rule_ids: Vec<String>,
}

/// What a night leaves of one loan beside the position the input already holds (借据日终状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanState {
    pub bucket: Bucket,
    pub decision: GradeDecision,
    pub stage: Stage,
    pub allowance: Money,
    /// How likely recovery is; only asked of what is past due or non-performing.
    pub recoverability: Option<Recoverability>,
}

/// What a night leaves of one customer (客户日终状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerState {
    /// Principal outstanding of all active loans.
    pub exposure: Money,
    pub loans: u32,
    pub worst_days_past_due: i32,
    /// The worst of the customer's active loans; `None` without one.
    pub class: Option<CustomerClass>,
    /// The worst grade in force among the customer's active loans.
    pub grade: Grade,
    pub tier: Option<ExposureTier>,
    /// Another member of the group is non-performing: this one must be evaluated.
    pub group_member_defaulted: bool,
}

/// One loan's change since the night before (变动).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<T> {
    pub loan: u32,
    /// `None`: the loan was not there that night.
    pub from: Option<T>,
    pub to: T,
    pub principal_outstanding: Money,
    pub why: MoveReason,
}

/// Why a loan moved, in order of precedence (变动原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveReason {
    NewLoan,
    /// An approved judgement since the last night.
    Judgement,
    /// Money came in, or was taken back.
    Money,
    /// An instalment fell due or days went by unpaid.
    DaysPassed,
    /// A rule other than days: an event, contagion, restructuring.
    Rule,
}

impl MoveReason {
    pub const fn code(self) -> &'static str {
        match self {
            MoveReason::NewLoan => "new_loan",
            MoveReason::Judgement => "judgement",
            MoveReason::Money => "money",
            MoveReason::DaysPassed => "days_passed",
            MoveReason::Rule => "rule",
        }
    }
}

/// What a step of the plan did (步骤报告): rows and money in and out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    pub step: &'static str,
    pub rows_in: u64,
    pub rows_out: u64,
    pub amount: Money,
}
