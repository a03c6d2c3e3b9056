//! What people do with a case by day.

use super::{
    Borrowed, Case, CaseEvent, ClosedBecause, Closing, Complaint, HandOver, HandOverReason, NextAction, Objection,
    ObjectionOutcome, Owner, Standing, Work, WriteOff, WriteOffStage,
};
use crate::assignment::{Presence, StaffMember};
use crate::rules::CaseRules;
use crate::strategy::{Approach, CaseAction, Skill};
use units::{Date, Money};

/// What somebody wants done (案件指令). Whether the person may want it, `authority` decides before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// To a colleague for good; `Escalated` counts the hand up (移交).
    HandOver {
        to: String,
        because: HandOverReason,
    },
    /// To a colleague until a day; the night gives it back (借调).
    Borrow {
        to: String,
        until: Date,
    },
    /// Back to who lent it (归还).
    Return,
    /// To an agency, as [`crate::agency::place`] has allowed (委外).
    Place {
        agency_id: String,
    },
    /// Back from an agency or a borrower (收回).
    Recall {
        to: String,
    },
    SetNextAction(NextAction),
    /// A hardship plan was signed: collection stops; the plan is watched from its first day (停催).
    AgreeHardshipPlan {
        plan_id: String,
        first_due_on: Date,
    },
    /// The debtor objects: the account is annotated and reviewed (异议).
    Object {
        objection_id: String,
    },
    ResolveObjection {
        objection_id: String,
        outcome: ObjectionOutcome,
    },
    LinkComplaint {
        complaint_id: String,
    },
    AnswerComplaint {
        complaint_id: String,
    },
    /// Every loan of the case is put before whoever may approve its write-off (申报核销).
    ProposeWriteOff {
        approval_id: String,
    },
    /// To be booked by the core system (批准核销).
    ApproveWriteOff {
        approval_id: String,
    },
    /// Rejected, withdrawn or over (撤销申报).
    DropWriteOff {
        approval_id: String,
    },
    Close {
        because: ClosedBecause,
    },
}

/// Who decides, when, over which version, among whom (指令环境).
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub business_date: Date,
    pub by: &'a str,
    /// The version of the case the person saw.
    pub version: u64,
    pub staff: &'a [StaffMember],
    pub rules: &'a CaseRules,
}

/// Why a command is refused, in order of precedence (拒绝指令原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseRefused {
    /// Somebody was faster.
    VersionDiffers {
        version: u64,
    },
    CaseClosed {
        closed_on: Date,
    },
    /// Not on the staff, away or gone.
    NotAtWork {
        staff_id: String,
    },
    AlreadyOwner {
        staff_id: String,
    },
    SkillMissing {
        staff_id: String,
        skill: Skill,
    },
    AlreadyBorrowed {
        until: Date,
    },
    AtAgency {
        agency_id: String,
    },
    NotBorrowed,
    NothingToRecall,
    DayInPast {
        day: Date,
    },
    DayTooLate {
        latest: Date,
    },
    CollectionStopped,
    ChannelMissing,
    PlanInForce {
        plan_id: String,
    },
    ObjectionUnderReview {
        objection_id: String,
    },
    NoSuchObjection,
    ComplaintAlreadyLinked,
    NoSuchComplaint,
    StillOwed {
        amount: Money,
    },
    WriteOffUnderWay {
        approval_id: String,
    },
    NoSuchWriteOff,
}

impl CaseRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            CaseRefused::VersionDiffers { .. } => "E-CS-01",
            CaseRefused::CaseClosed { .. } => "E-CS-02",
            CaseRefused::NotAtWork { .. } => "E-CS-03",
            CaseRefused::AlreadyOwner { .. } => "E-CS-04",
            CaseRefused::SkillMissing { .. } => "E-CS-05",
            CaseRefused::AlreadyBorrowed { .. } => "E-CS-06",
            CaseRefused::AtAgency { .. } => "E-CS-07",
            CaseRefused::NotBorrowed => "E-CS-08",
            CaseRefused::NothingToRecall => "E-CS-09",
            CaseRefused::DayInPast { .. } => "E-CS-10",
            CaseRefused::DayTooLate { .. } => "E-CS-11",
            CaseRefused::CollectionStopped => "E-CS-12",
            CaseRefused::ChannelMissing => "E-CS-13",
            CaseRefused::PlanInForce { .. } => "E-CS-14",
            CaseRefused::ObjectionUnderReview { .. } => "E-CS-15",
            CaseRefused::NoSuchObjection => "E-CS-16",
            CaseRefused::ComplaintAlreadyLinked => "E-CS-17",
            CaseRefused::NoSuchComplaint => "E-CS-18",
            CaseRefused::StillOwed { .. } => "E-CS-19",
            CaseRefused::WriteOffUnderWay { .. } => "E-CS-20",
            CaseRefused::NoSuchWriteOff => "E-CS-21",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            CaseRefused::VersionDiffers { version } => vec![("version", version.to_string())],
            CaseRefused::CaseClosed { closed_on } => vec![("closed_on", closed_on.to_string())],
            CaseRefused::NotAtWork { staff_id } | CaseRefused::AlreadyOwner { staff_id } => {
                vec![("staff_id", staff_id.clone())]
            }
            CaseRefused::SkillMissing { staff_id, skill } => {
                vec![("staff_id", staff_id.clone()), ("skill", format!("skill.{}", skill.code()))]
            }
            CaseRefused::AlreadyBorrowed { until } => vec![("until", until.to_string())],
            CaseRefused::AtAgency { agency_id } => vec![("agency_id", agency_id.clone())],
            CaseRefused::DayInPast { day } => vec![("day", day.to_string())],
            CaseRefused::DayTooLate { latest } => vec![("latest", latest.to_string())],
            CaseRefused::PlanInForce { plan_id } => vec![("plan_id", plan_id.clone())],
            CaseRefused::ObjectionUnderReview { objection_id } => vec![("objection_id", objection_id.clone())],
            CaseRefused::StillOwed { amount } => vec![("amount", amount.to_string())],
            CaseRefused::WriteOffUnderWay { approval_id } => vec![("approval_id", approval_id.clone())],
            CaseRefused::NotBorrowed
            | CaseRefused::NothingToRecall
            | CaseRefused::CollectionStopped
            | CaseRefused::ChannelMissing
            | CaseRefused::NoSuchObjection
            | CaseRefused::NoSuchWriteOff
            | CaseRefused::ComplaintAlreadyLinked
            | CaseRefused::NoSuchComplaint => vec![],
        }
    }
}

/// The case after a command, and what happened; or why nothing did.
pub fn apply(case: &Case, command: &Command, desk: &Desk) -> Result<(Case, Vec<CaseEvent>), CaseRefused> {
    if desk.version != case.version {
        return Err(CaseRefused::VersionDiffers { version: case.version });
    }
    let work = match &case.standing {
        Standing::Open(work) => work.clone(),
        Standing::Closed(closing) => return Err(CaseRefused::CaseClosed { closed_on: closing.on }),
    };
    let mut after = case.clone();
    after.version += 1;
    let mut change = Change { case: after, work, desk, events: Vec::new() };
    match command {
        Command::HandOver { to, because } => change.hand_over(to, *because)?,
        Command::Borrow { to, until } => change.borrow(to, *until)?,
        Command::Return => change.give_back()?,
        Command::Place { agency_id } => change.place(agency_id)?,
        Command::Recall { to } => change.recall(to)?,
        Command::SetNextAction(action) => change.set_next_action(action)?,
        Command::AgreeHardshipPlan { plan_id, first_due_on } => change.agree_hardship_plan(plan_id, *first_due_on)?,
        Command::Object { objection_id } => change.object(objection_id)?,
        Command::ResolveObjection { objection_id, outcome } => change.resolve_objection(objection_id, *outcome)?,
        Command::LinkComplaint { complaint_id } => change.link_complaint(complaint_id)?,
        Command::AnswerComplaint { complaint_id } => change.answer_complaint(complaint_id)?,
        Command::ProposeWriteOff { approval_id } => change.propose_write_off(approval_id)?,
        Command::ApproveWriteOff { approval_id } => change.approve_write_off(approval_id)?,
        Command::DropWriteOff { approval_id } => change.drop_write_off(approval_id)?,
        Command::Close { because } => return change.close(*because),
    }
    let Change { mut case, work, events, .. } = change;
    case.standing = Standing::Open(work);
    Ok((case, events))
}

/// A case on its way from one state to the next.
struct Change<'a> {
    case: Case,
    work: Work,
    desk: &'a Desk<'a>,
    events: Vec<CaseEvent>,
}

impl Change<'_> {
    fn hand_over(&mut self, to: &str, because: HandOverReason) -> Result<(), CaseRefused> {
        self.check_taker(to)?;
        self.check_not_borrowed()?;
        self.check_in_house()?;
        self.pass_to(Owner::Staff(to.to_owned()), because);
        if because == HandOverReason::Escalated {
            self.case.hand = self.desk.rules.strategy.next_hand(self.case.hand);
            self.case.course.rung = 0;
            self.events.push(CaseEvent::Escalated { hand: self.case.hand });
        }
        Ok(())
    }

    fn borrow(&mut self, to: &str, until: Date) -> Result<(), CaseRefused> {
        self.check_taker(to)?;
        self.check_not_borrowed()?;
        self.check_in_house()?;
        self.check_day(until)?;
        if let Owner::Staff(from) = &self.work.owner {
            self.work.borrowed = Some(Borrowed { from: from.clone(), until });
        }
        self.pass_to(Owner::Staff(to.to_owned()), HandOverReason::Borrowed);
        Ok(())
    }

    fn give_back(&mut self) -> Result<(), CaseRefused> {
        let borrowed = self.work.borrowed.take().ok_or(CaseRefused::NotBorrowed)?;
        self.pass_to(Owner::Staff(borrowed.from), HandOverReason::Returned);
        Ok(())
    }

    fn place(&mut self, agency_id: &str) -> Result<(), CaseRefused> {
        self.check_not_borrowed()?;
        self.check_in_house()?;
        if self.case.is_stopped() {
            return Err(CaseRefused::CollectionStopped);
        }
        self.pass_to(Owner::Agency(agency_id.to_owned()), HandOverReason::Placed);
        Ok(())
    }

    fn recall(&mut self, to: &str) -> Result<(), CaseRefused> {
        self.check_taker(to)?;
        let is_out = self.work.borrowed.take().is_some() || matches!(self.work.owner, Owner::Agency(_));
        if !is_out {
            return Err(CaseRefused::NothingToRecall);
        }
        self.pass_to(Owner::Staff(to.to_owned()), HandOverReason::Recalled);
        Ok(())
    }

    fn set_next_action(&mut self, action: &NextAction) -> Result<(), CaseRefused> {
        self.check_day(action.due_on)?;
        if self.case.is_stopped() && action.action.collects() {
            return Err(CaseRefused::CollectionStopped);
        }
        if action.action.is_contact() && action.channel.is_none() {
            return Err(CaseRefused::ChannelMissing);
        }
        self.next_is(action.clone());
        Ok(())
    }

    fn agree_hardship_plan(&mut self, plan_id: &str, first_due_on: Date) -> Result<(), CaseRefused> {
        if first_due_on < self.desk.business_date {
            return Err(CaseRefused::DayInPast { day: first_due_on });
        }
        if let Some(plan_id) = &self.case.hardship_plan {
            return Err(CaseRefused::PlanInForce { plan_id: plan_id.clone() });
        }
        self.case.hardship_plan = Some(plan_id.to_owned());
        self.events.push(CaseEvent::HardshipPlanAgreed { plan_id: plan_id.to_owned() });
        self.next_is(self.own_work(CaseAction::WatchHardshipPlan, first_due_on));
        Ok(())
    }

    fn object(&mut self, objection_id: &str) -> Result<(), CaseRefused> {
        if let Some(Objection { objection_id, .. }) = &self.case.objection {
            return Err(CaseRefused::ObjectionUnderReview { objection_id: objection_id.clone() });
        }
        let raised_on = self.desk.business_date;
        self.case.objection = Some(Objection { objection_id: objection_id.to_owned(), raised_on });
        self.events.push(CaseEvent::ObjectionRaised { objection_id: objection_id.to_owned() });
        let due_on = raised_on + self.desk.rules.strategy.times.objection_review_days;
        self.next_is(self.own_work(CaseAction::ReviewObjection, due_on));
        Ok(())
    }

    fn resolve_objection(&mut self, objection_id: &str, outcome: ObjectionOutcome) -> Result<(), CaseRefused> {
        let resolved = self.case.objection.take().filter(|objection| objection.objection_id == objection_id);
        let objection_id = resolved.ok_or(CaseRefused::NoSuchObjection)?.objection_id;
        self.events.push(CaseEvent::ObjectionResolved { objection_id, outcome });
        if self.work.next_action.action == CaseAction::ReviewObjection {
            let today = self.desk.business_date;
            let next = match self.case.hardship_plan {
                Some(_) => self.own_work(CaseAction::WatchHardshipPlan, today),
                None => {
                    let strategy = &self.desk.rules.strategy;
                    let step = strategy.step(&self.case.situation());
                    step.action(self.case.course.rung, strategy.approach(self.case.hand), today, today)
                }
            };
            self.next_is(next);
        }
        Ok(())
    }

    fn link_complaint(&mut self, complaint_id: &str) -> Result<(), CaseRefused> {
        if self.case.complaints.iter().any(|linked| linked.complaint_id == complaint_id) {
            return Err(CaseRefused::ComplaintAlreadyLinked);
        }
        let (complaint_id, raised_on) = (complaint_id.to_owned(), self.desk.business_date);
        self.case.complaints.push(Complaint { complaint_id: complaint_id.clone(), raised_on, answered_on: None });
        self.events.push(CaseEvent::ComplaintLinked { complaint_id });
        Ok(())
    }

    fn answer_complaint(&mut self, complaint_id: &str) -> Result<(), CaseRefused> {
        let mut waiting = self.case.complaints.iter_mut().filter(|complaint| complaint.answered_on.is_none());
        let complaint = waiting.find(|complaint| complaint.complaint_id == complaint_id);
        complaint.ok_or(CaseRefused::NoSuchComplaint)?.answered_on = Some(self.desk.business_date);
        self.events.push(CaseEvent::ComplaintAnswered { complaint_id: complaint_id.to_owned() });
        Ok(())
    }

    fn propose_write_off(&mut self, approval_id: &str) -> Result<(), CaseRefused> {
        if let Some(WriteOff { approval_id, .. }) = &self.case.write_off {
            return Err(CaseRefused::WriteOffUnderWay { approval_id: approval_id.clone() });
        }
        self.case.write_off = Some(WriteOff {
            approval_id: approval_id.to_owned(),
            stage: WriteOffStage::Proposed,
            since: self.desk.business_date,
            loans: self.case.loans.clone(),
        });
        self.events.push(CaseEvent::WriteOffProposed { approval_id: approval_id.to_owned() });
        Ok(())
    }

    fn approve_write_off(&mut self, approval_id: &str) -> Result<(), CaseRefused> {
        let today = self.desk.business_date;
        let proposed = self.case.write_off.as_mut().filter(|write_off| write_off.approval_id == approval_id);
        let write_off = proposed.ok_or(CaseRefused::NoSuchWriteOff)?;
        (write_off.stage, write_off.since) = (WriteOffStage::Approved, today);
        self.events.push(CaseEvent::WriteOffApproved { approval_id: approval_id.to_owned() });
        if !self.case.is_stopped() {
            let due_on = today + self.desk.rules.strategy.times.write_off_booking_days;
            self.next_is(self.own_work(CaseAction::BookWriteOff, due_on));
        }
        Ok(())
    }

    fn drop_write_off(&mut self, approval_id: &str) -> Result<(), CaseRefused> {
        let dropped = self.case.write_off.take_if(|write_off| write_off.approval_id == approval_id);
        let approval_id = dropped.ok_or(CaseRefused::NoSuchWriteOff)?.approval_id;
        self.events.push(CaseEvent::WriteOffDropped { approval_id });
        Ok(())
    }

    fn close(mut self, because: ClosedBecause) -> Result<(Case, Vec<CaseEvent>), CaseRefused> {
        if let Some(Objection { objection_id, .. }) = &self.case.objection {
            return Err(CaseRefused::ObjectionUnderReview { objection_id: objection_id.clone() });
        }
        let amount = match because {
            ClosedBecause::Cured => self.case.facts.amount_past_due,
            ClosedBecause::Settled => self.case.facts.outstanding,
            _ => Money::ZERO,
        };
        if amount.is_positive() {
            return Err(CaseRefused::StillOwed { amount });
        }
        let closing = Closing { on: self.desk.business_date, because };
        self.events.push(CaseEvent::Closed(closing.clone()));
        self.case.standing = Standing::Closed(closing);
        Ok((self.case, self.events))
    }

    /// Whoever takes a case is at work, does not have it, and can do what it needs.
    fn check_taker(&self, to: &str) -> Result<(), CaseRefused> {
        let member =
            self.desk.staff.iter().find(|member| member.staff_id == to && member.presence == Presence::Working);
        let member = member.ok_or_else(|| CaseRefused::NotAtWork { staff_id: to.to_owned() })?;
        if self.work.owner == Owner::Staff(to.to_owned()) {
            return Err(CaseRefused::AlreadyOwner { staff_id: to.to_owned() });
        }
        let skill = self.case.course.skill;
        if member.has(skill) { Ok(()) } else { Err(CaseRefused::SkillMissing { staff_id: to.to_owned(), skill }) }
    }

    fn check_not_borrowed(&self) -> Result<(), CaseRefused> {
        self.work
            .borrowed
            .as_ref()
            .map_or(Ok(()), |borrowed| Err(CaseRefused::AlreadyBorrowed { until: borrowed.until }))
    }

    fn check_in_house(&self) -> Result<(), CaseRefused> {
        match &self.work.owner {
            Owner::Staff(_) => Ok(()),
            Owner::Agency(agency_id) => Err(CaseRefused::AtAgency { agency_id: agency_id.clone() }),
        }
    }

    /// Today or later, and not beyond what a case may wait.
    fn check_day(&self, day: Date) -> Result<(), CaseRefused> {
        let latest = self.desk.business_date + self.desk.rules.strategy.times.next_action_within_days;
        match day {
            day if day < self.desk.business_date => Err(CaseRefused::DayInPast { day }),
            day if day > latest => Err(CaseRefused::DayTooLate { latest }),
            _ => Ok(()),
        }
    }

    fn pass_to(&mut self, to: Owner, because: HandOverReason) {
        let from = std::mem::replace(&mut self.work.owner, to.clone());
        let by = Some(self.desk.by.to_owned());
        let hand_over = HandOver { on: self.desk.business_date, from: Some(from), to, because, by };
        self.case.hand_overs.push(hand_over.clone());
        self.events.push(CaseEvent::HandedOver(hand_over));
    }

    /// An action of one's own, that contacts nobody.
    fn own_work(&self, action: CaseAction, due_on: Date) -> NextAction {
        let approach: Approach = self.desk.rules.strategy.approach(self.case.hand);
        let set_by = Some(self.desk.by.to_owned());
        NextAction { action, channel: None, script: None, approach, due_on, set_on: self.desk.business_date, set_by }
    }

    fn next_is(&mut self, action: NextAction) {
        self.work.next_action = action.clone();
        self.events.push(CaseEvent::NextActionSet(action));
    }
}
