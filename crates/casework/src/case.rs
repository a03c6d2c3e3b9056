//! A case: one customer's past due loans in somebody's hands, with what is done next.
//!
//! What happens by day is a [`Command`], decided by [`apply`]; what the night decides is in
//! [`crate::night`]. Both return the new state and the events that led to it, and write nothing.

mod command;
#[cfg(test)]
mod command_tests;

pub use command::{CaseRefused, Command, Desk, apply};

use crate::contact::Channel;
use crate::queue::Priority;
use crate::strategy::{Approach, CaseAction, DebtorType, Situation, Skill, StrategyArm};
use grading::{Bucket, CustomerClass, Recoverability};
use serde::{Deserialize, Serialize};
use units::{Date, Money, coded};

coded! {
    /// Why a case was opened (立案原因), the gravest first.
    OpenedBecause {
        /// Written off, the claim is kept (账销案存).
        ClaimRetained = "claim_retained",
        NonPerforming = "non_performing",
        /// The very first instalment was not paid (首期逾期).
        FirstInstalment = "first_instalment",
        PastDue = "past_due",
    }
}

coded! {
    /// Why a case was closed (结案原因).
    ClosedBecause {
        /// Nothing is past due any more (逾期已清).
        Cured = "cured",
        /// The loans are settled (已结清).
        Settled = "settled",
        /// The claim was sold (债权已转让).
        Transferred = "transferred",
        /// Written off and given up (核销且放弃追索).
        GivenUp = "given_up",
        /// Opened by mistake (误立).
        Mistaken = "mistaken",
    }
}

coded! {
    /// Why a case changed hands (转手原因).
    HandOverReason {
        Opened = "opened",
        /// The work so far brought nothing: the next hand (升级手数).
        Escalated = "escalated",
        OwnerLeft = "owner_left",
        SkillNeeded = "skill_needed",
        LoadBalanced = "load_balanced",
        Requested = "requested",
        Borrowed = "borrowed",
        Returned = "returned",
        Placed = "placed",
        Recalled = "recalled",
    }
}

coded! {
    /// How a review of an objection ended (异议处理结果).
    ObjectionOutcome {
        /// The debtor was right (异议成立).
        Upheld = "upheld",
        PartlyUpheld = "partly_upheld",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
    }
}

coded! {
    /// How far a write-off of the case's loans has come (核销进度); the ledger itself is the core system's.
    WriteOffStage {
        /// Waits for approval (已申报).
        Proposed = "proposed",
        /// Waits to be booked (已批准).
        Approved = "approved",
    }
}

units::serde_by_code!(OpenedBecause, ClosedBecause, HandOverReason, ObjectionOutcome, WriteOffStage);

/// One case (案件): at most one open for a customer.
///
/// Made by the night when loans fall past due; changed by [`apply`] and by the night; never deleted. An
/// open case has an owner and a next action by its type: [`Standing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub case_id: String,
    pub customer_id: String,
    pub place: DebtorPlace,
    /// The customer's loans that are worked, sorted.
    pub loans: Vec<String>,
    pub opened_on: Date,
    pub opened_because: OpenedBecause,
    pub standing: Standing,
    /// Which hand works it (手数), from 1; rises when the hands before brought nothing.
    pub hand: u32,
    pub course: Course,
    pub facts: CaseFacts,
    pub priority: Priority,
    /// Stays with its owner through this day (保留期).
    pub kept_until: Option<Date>,
    /// The hardship plan in force; collection rests while it is kept (HRD-1).
    pub hardship_plan: Option<String>,
    /// The objection under review; collection rests until it is resolved (OBJ-1).
    pub objection: Option<Objection>,
    /// The write-off under way; until it is booked or dropped the case stays with its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_off: Option<WriteOff>,
    /// Which loan was worked from when until when, in the order the nights found it; the newest are [`Case::loans`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<LoanSpan>,
    /// Complaints about the work on this case, in the order they came.
    pub complaints: Vec<Complaint>,
    /// Every change of hands, the oldest first.
    pub hand_overs: Vec<HandOver>,
    /// Counts changes: who changes a case says which version was seen.
    pub version: u64,
}

/// Where the debtor is and how to speak to the debtor (债务人所在).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebtorPlace {
    pub branch_id: String,
    pub region: String,
    pub language: String,
}

/// Whether a case is worked (案件状态).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open(Work),
    Closed(Closing),
}

/// Who works an open case and what is next (在办).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub owner: Owner,
    /// Set while a colleague has the case for a time (借调).
    pub borrowed: Option<Borrowed>,
    pub next_action: NextAction,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub on: Date,
    pub because: ClosedBecause,
}

/// Who answers for a case (承办人).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A member of the lender's staff.
    Staff(String),
    /// An outside agency (委外机构).
    Agency(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borrowed {
    /// To whom the case goes back.
    pub from: String,
    /// The last day of the loan.
    pub until: Date,
}

/// What is done next (下一步).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    pub action: CaseAction,
    /// None for work that contacts nobody.
    pub channel: Option<Channel>,
    /// The situation under which a script is found.
    pub script: Option<String>,
    pub approach: Approach,
    pub due_on: Date,
    pub set_on: Date,
    /// Who planned it; `None` for the night.
    pub set_by: Option<String>,
}

/// Which strategy a case follows and how far it has come (策略进程).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The step of the pack's table.
    pub rule_id: String,
    /// Drawn when the case is opened and kept.
    pub arm: StrategyArm,
    pub skill: Skill,
    /// The rung of the ladder of channels, from 0.
    pub rung: u32,
}

/// What last night knew of the debtor (案件要素).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The worst bucket of the loans.
    #[serde(with = "crate::by_code")]
    pub bucket: Bucket,
    #[serde(with = "crate::by_code")]
    pub class: CustomerClass,
    pub debtor_type: DebtorType,
    #[serde(with = "crate::by_code")]
    pub recoverability: Recoverability,
    /// The most days past due of the loans.
    pub days_past_due: i32,
    pub amount_past_due: Money,
    pub outstanding: Money,
    /// The last night on which the bucket became worse.
    pub worsened_on: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    pub objection_id: String,
    pub raised_on: Date,
}

/// Loans proposed or approved for write-off (拟核销借据).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOff {
    pub approval_id: String,
    pub stage: WriteOffStage,
    /// When this stage was reached.
    pub since: Date,
    /// The loans of the case when it was proposed.
    pub loans: Vec<String>,
}

/// How long a loan was worked in a case (借据在案期间).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanSpan {
    pub loan_id: String,
    /// The night that took it in.
    pub from: Date,
    /// The night that let go of it; `None` while it is worked.
    pub until: Option<Date>,
}

/// A complaint about the work on a case (投诉).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    pub complaint_id: String,
    pub raised_on: Date,
    /// None while it waits for an answer.
    pub answered_on: Option<Date>,
}

/// One change of hands (转手记录): a fact, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    pub on: Date,
    /// None at the opening.
    pub from: Option<Owner>,
    pub to: Owner,
    pub because: HandOverReason,
    /// Who decided it; `None` for the night.
    pub by: Option<String>,
}

/// What happened to a case (案件事件), for the record and for whoever listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseEvent {
    Opened { because: OpenedBecause },
    HandedOver(HandOver),
    Escalated { hand: u32 },
    NextActionSet(NextAction),
    HardshipPlanAgreed { plan_id: String },
    HardshipPlanEnded { plan_id: String },
    ObjectionRaised { objection_id: String },
    ObjectionResolved { objection_id: String, outcome: ObjectionOutcome },
    ComplaintLinked { complaint_id: String },
    ComplaintAnswered { complaint_id: String },
    WriteOffProposed { approval_id: String },
    WriteOffApproved { approval_id: String },
    /// Rejected, withdrawn or over.
    WriteOffDropped { approval_id: String },
    /// Every loan is written off or settled in the book.
    WriteOffBooked { approval_id: String },
    Closed(Closing),
}

impl Case {
    pub fn work(&self) -> Option<&Work> {
        match &self.standing {
            Standing::Open(work) => Some(work),
            Standing::Closed(_) => None,
        }
    }

    pub fn owner(&self) -> Option<&Owner> {
        self.work().map(|work| &work.owner)
    }

    /// Whether nobody may press for payment now (停催).
    pub fn is_stopped(&self) -> bool {
        self.hardship_plan.is_some() || self.objection.is_some()
    }

    /// Whether the case stays where it is on a day.
    pub fn is_kept(&self, on: Date) -> bool {
        self.hardship_plan.is_some() || self.write_off.is_some() || self.kept_until.is_some_and(|until| on <= until)
    }

    /// The approved write-off that is not booked yet.
    pub fn write_off_to_book(&self) -> Option<&WriteOff> {
        self.write_off.as_ref().filter(|write_off| write_off.stage == WriteOffStage::Approved)
    }

    /// What the strategy is asked about this case.
    pub fn situation(&self) -> Situation {
        let CaseFacts { bucket, class, debtor_type, recoverability, .. } = self.facts;
        Situation { bucket, class, debtor_type, recoverability, arm: self.course.arm }
    }
}
