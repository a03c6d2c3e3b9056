//! One customer's case tonight: opened, brought up to date, or closed.

use super::{CaseInput, File, LoanInput, Night};
use crate::case::{
    Case, CaseEvent, CaseFacts, ClosedBecause, Closing, Course, HandOverReason, LoanSpan, NextAction, OpenedBecause,
    Owner, Standing, Work,
};
use crate::hardship::HardshipStatus;
use crate::promise::{Promise, PromiseStatus};
use crate::queue::PriorityReason;
use crate::strategy::{CaseAction, Skill, Step};
use grading::{Bucket, CustomerClass, Recoverability};
use loan::LoanStatus;
use units::{Date, Money, Roll};

/// A case on its way through the night.
pub(super) struct Draft<'a> {
    /// As it was; `None` for one that is opened.
    pub before: Option<&'a Case>,
    pub case: Case,
    pub events: Vec<CaseEvent>,
    /// Why it must be given to somebody; its owner until then is the lead of the desk.
    pub needs_owner: Option<HandOverReason>,
    pub former_owner: Option<String>,
}

/// The customer's case, if there is one or must be.
pub(super) fn draft<'a>(night: &Night, input: &CaseInput, file: &File<'a>, promises: &[Promise]) -> Option<Draft<'a>> {
    let mut draft = match file.open {
        Some(case) => {
            Draft { before: Some(case), case: case.clone(), events: Vec::new(), needs_owner: None, former_owner: None }
        }
        None => open(night, input, file)?,
    };
    draft.update_facts(night, input);
    draft.update_spans(night, input);
    draft.update_write_off(input);
    if draft.may_close(input) {
        draft.close(night, input);
        return Some(draft);
    }
    draft.bring_home(night, input);
    draft.update_hardship(night, input);
    draft.follow_strategy(night, input, promises);
    draft.keep(night, input, promises);
    draft.rank(night, input, promises);
    Some(draft)
}

/// How far the planned action has come (进展).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The strategy asks for another step, or the case has come back from an agency.
    Begins,
    /// The planned contact was made.
    Done,
    Waits,
}

/// Whether what is planned is the strategy's own step.
fn follows(planned: &NextAction, step: &Step) -> bool {
    planned.set_by.is_none() && planned.action == step.row.action
}

impl LoanInput {
    /// Whether a case is about this loan.
    fn is_worked(&self) -> bool {
        match self.status {
            LoanStatus::Active => self.days_past_due > 0 || self.grade.is_non_performing(),
            LoanStatus::WrittenOff => self.outstanding.is_positive(),
            _ => false,
        }
    }
}

fn worked(input: &CaseInput) -> impl Iterator<Item = &LoanInput> {
    input.loans.iter().filter(|loan| loan.is_worked())
}

/// Why a case must be opened tonight; `None` when it need not.
fn reason_to_open(night: &Night, input: &CaseInput) -> Option<OpenedBecause> {
    let times = night.rules.strategy.times;
    let is_late = |loan: &&LoanInput| loan.days_past_due >= times.open_from_days;
    let amount: Money = worked(input).filter(is_late).map(|loan| loan.amount_past_due).sum();
    let is_late_enough = amount >= times.open_from_amount && amount.is_positive();
    if worked(input).any(|loan| loan.status == LoanStatus::WrittenOff) {
        Some(OpenedBecause::ClaimRetained)
    } else if worked(input).any(|loan| loan.grade.is_non_performing()) {
        Some(OpenedBecause::NonPerforming)
    } else if is_late_enough && worked(input).filter(is_late).any(|loan| loan.instalments_met == 0) {
        Some(OpenedBecause::FirstInstalment)
    } else {
        is_late_enough.then_some(OpenedBecause::PastDue)
    }
}

/// Whether people have closed a case about all these loans for good: the night does not open it again.
fn is_given_up(input: &CaseInput, closed: &[&Case]) -> bool {
    use ClosedBecause::*;
    let for_good = |case: &&&Case| match &case.standing {
        Standing::Closed(closing) => matches!(closing.because, GivenUp | Mistaken | Transferred),
        Standing::Open(_) => false,
    };
    worked(input).all(|loan| closed.iter().filter(for_good).any(|case| case.loans.contains(&loan.loan_id)))
}

fn open<'a>(night: &Night, input: &CaseInput, file: &File<'a>) -> Option<Draft<'a>> {
    let because = reason_to_open(night, input)?;
    if is_given_up(input, &file.closed) {
        return None;
    }
    let strategy = &night.rules.strategy;
    let no_action = NextAction {
        action: CaseAction::Contact,
        channel: None,
        script: None,
        approach: strategy.approach(1),
        due_on: night.business_date,
        set_on: night.business_date,
        set_by: None,
    };
    let owner = Owner::Staff(night.lead_id.to_owned());
    let last_owner = file.closed.last().and_then(|case| case.hand_overs.last()).map(|hand_over| &hand_over.to);
    let case = Case {
        // Cases of a customer are counted: the identity is the same however often the night is planned.
        case_id: format!("C-{}-{}", input.customer_id, file.closed.len() + 1),
        customer_id: input.customer_id.clone(),
        place: input.place.clone(),
        loans: Vec::new(),
        opened_on: night.business_date,
        opened_because: because,
        standing: Standing::Open(Work { owner, borrowed: None, next_action: no_action }),
        hand: 1,
        // Another step than any of the pack: the first follows at once.
        course: Course {
            rule_id: String::new(),
            arm: strategy.arm(&input.customer_id),
            skill: Skill::Reminder,
            rung: 0,
        },
        facts: CaseFacts {
            bucket: worst_bucket(input),
            class: CustomerClass::A,
            debtor_type: input.debtor_type,
            recoverability: Recoverability::Likely,
            days_past_due: 0,
            amount_past_due: Money::ZERO,
            outstanding: Money::ZERO,
            worsened_on: None,
        },
        priority: Default::default(),
        kept_until: None,
        hardship_plan: None,
        objection: None,
        write_off: None,
        spans: Vec::new(),
        complaints: Vec::new(),
        hand_overs: Vec::new(),
        version: 0,
    };
    Some(Draft {
        before: None,
        case,
        events: vec![CaseEvent::Opened { because }],
        needs_owner: Some(HandOverReason::Opened),
        former_owner: match last_owner {
            Some(Owner::Staff(staff_id)) => Some(staff_id.clone()),
            _ => None,
        },
    })
}

/// The day of the last change of hands, if it was a recall.
fn recalled_on(case: &Case) -> Option<Date> {
    case.hand_overs.last().filter(|last| last.because == HandOverReason::Recalled).map(|last| last.on)
}

fn worst_bucket(input: &CaseInput) -> Bucket {
    worked(input).map(|loan| loan.bucket).max().unwrap_or(Bucket::M0)
}

impl Draft<'_> {
    fn update_facts(&mut self, night: &Night, input: &CaseInput) {
        let bucket = worst_bucket(input);
        let is_worse = bucket > self.case.facts.bucket;
        let worsened_on = if is_worse { Some(night.business_date) } else { self.case.facts.worsened_on };
        self.case.facts = CaseFacts {
            bucket,
            class: input.class,
            debtor_type: input.debtor_type,
            recoverability: input.recoverability,
            days_past_due: worked(input).map(|loan| loan.days_past_due).max().unwrap_or(0),
            amount_past_due: worked(input).map(|loan| loan.amount_past_due).sum(),
            outstanding: worked(input).map(|loan| loan.outstanding).sum(),
            worsened_on,
        };
        self.case.place = input.place.clone();
        let mut loans: Vec<String> = worked(input).map(|loan| loan.loan_id.clone()).collect();
        loans.sort_unstable();
        if !loans.is_empty() {
            // A case that ends still says what it was about.
            self.case.loans = loans;
        }
    }

    /// Loans that fell past due begin to be worked tonight, those that are no longer end tonight.
    fn update_spans(&mut self, night: &Night, input: &CaseInput) {
        let date = night.business_date;
        let spans = &mut self.case.spans;
        if let Some(before) = self.before.filter(|before| before.spans.is_empty()) {
            // Opened before spans were kept: its loans are taken to have been worked from the beginning.
            let since = |loan: &String| LoanSpan { loan_id: loan.clone(), from: before.opened_on, until: None };
            spans.extend(before.loans.iter().map(since));
        }
        for span in spans.iter_mut().filter(|span| span.until.is_none()) {
            if !worked(input).any(|loan| loan.loan_id == span.loan_id) {
                span.until = Some(date);
            }
        }
        let mut new: Vec<&str> = worked(input).map(|loan| loan.loan_id.as_str()).collect();
        new.retain(|loan| !spans.iter().any(|span| span.loan_id == *loan && span.until.is_none()));
        new.sort_unstable();
        spans.extend(new.into_iter().map(|loan| LoanSpan { loan_id: loan.to_owned(), from: date, until: None }));
    }

    /// An approved write-off is over when the book has it: written off, or settled after all.
    fn update_write_off(&mut self, input: &CaseInput) {
        let is_active = |loan: &LoanInput| loan.status == LoanStatus::Active && loan.outstanding.is_positive();
        let is_booked = |loans: &[String]| !input.loans.iter().any(|loan| loans.contains(&loan.loan_id) && is_active(loan));
        if self.case.write_off_to_book().is_some_and(|write_off| is_booked(&write_off.loans))
            && let Some(booked) = self.case.write_off.take()
        {
            self.events.push(CaseEvent::WriteOffBooked { approval_id: booked.approval_id });
        }
    }

    /// Nothing is left to work, and nobody waits for an answer.
    fn may_close(&self, input: &CaseInput) -> bool {
        self.before.is_some() && self.case.objection.is_none() && worked(input).next().is_none()
    }

    fn close(&mut self, night: &Night, input: &CaseInput) {
        let any = |status: LoanStatus| {
            input.loans.iter().any(|loan| loan.status == status && self.case.loans.contains(&loan.loan_id))
        };
        let because = if any(LoanStatus::Active) {
            ClosedBecause::Cured
        } else if any(LoanStatus::Transferred) {
            ClosedBecause::Transferred
        } else {
            ClosedBecause::Settled
        };
        let closing = Closing { on: night.business_date, because };
        self.events.push(CaseEvent::Closed(closing.clone()));
        self.case.standing = Standing::Closed(closing);
    }

    /// What was lent goes back after its last day, what an agency may not keep comes home to the next hand.
    fn bring_home(&mut self, night: &Night, input: &CaseInput) {
        let Standing::Open(work) = &self.case.standing else { return };
        let lender = work.borrowed.as_ref().filter(|borrowed| borrowed.until <= night.business_date);
        if let Some(lender) = lender.map(|borrowed| Owner::Staff(borrowed.from.clone())) {
            self.pass_to(lender, HandOverReason::Returned, night.business_date);
        } else if matches!(work.owner, Owner::Agency(_)) && input.recall.is_some() {
            self.needs_owner = Some(HandOverReason::Recalled);
            self.escalate(night);
        }
    }

    fn update_hardship(&mut self, night: &Night, input: &CaseInput) {
        let Some(plan) = &input.hardship else { return };
        let is_kept = night.rules.hardship.status(plan, &input.receipts, night.business_date) == HardshipStatus::Kept;
        let plan_id = plan.plan_id.clone();
        if is_kept && self.case.hardship_plan.is_none() {
            self.events.push(CaseEvent::HardshipPlanAgreed { plan_id: plan_id.clone() });
            self.case.hardship_plan = Some(plan_id);
        } else if !is_kept && self.case.hardship_plan.as_ref() == Some(&plan_id) {
            self.case.hardship_plan = None;
            self.events.push(CaseEvent::HardshipPlanEnded { plan_id });
        }
    }

    /// One hand more; the last stays the last and its ladder is not begun again.
    fn escalate(&mut self, night: &Night) {
        let hand = night.rules.strategy.next_hand(self.case.hand);
        if hand > self.case.hand {
            self.case.hand = hand;
            self.case.course.rung = 0;
            self.events.push(CaseEvent::Escalated { hand });
        }
    }

    /// The strategy's step, the rung on it, and what is done next.
    fn follow_strategy(&mut self, night: &Night, input: &CaseInput, promises: &[Promise]) {
        let Some(planned) = self.case.work().map(|work| work.next_action.clone()) else { return };
        let step = night.rules.strategy.step(&self.case.situation());
        let progress = self.progress(&planned, input, step);
        // A contact that brought a promise has not failed: the ladder is climbed only when nothing was agreed.
        let is_promised = promises.iter().any(|promise| promise.status == PromiseStatus::Open);
        let climbs = follows(&planned, step) && !is_promised;
        match progress {
            Progress::Begins => {
                self.case.course =
                    Course { rule_id: step.rule_id.clone(), skill: step.row.skill, rung: 0, arm: self.case.course.arm };
                if step.row.hand > self.case.hand {
                    self.case.hand = step.row.hand;
                    self.events.push(CaseEvent::Escalated { hand: step.row.hand });
                }
            }
            Progress::Done if climbs && step.is_exhausted(self.case.course.rung) => self.escalate(night),
            Progress::Done if climbs => self.case.course.rung += 1,
            _ => {}
        }
        let next = self.next_action(night, input, promises, &planned, step, progress);
        if let Standing::Open(work) = &mut self.case.standing
            && planned != next
        {
            work.next_action = next.clone();
            self.events.push(CaseEvent::NextActionSet(next));
        }
    }

    fn progress(&self, planned: &NextAction, input: &CaseInput, step: &Step) -> Progress {
        // What was planned on the day of a contact follows from that contact.
        let contacted_since = input.last_contact_on.is_some_and(|day| day > planned.set_on);
        if step.rule_id != self.case.course.rule_id || self.needs_owner == Some(HandOverReason::Recalled) {
            Progress::Begins
        } else if planned.action.is_contact() && contacted_since {
            Progress::Done
        } else {
            Progress::Waits
        }
    }

    /// In order: an objection is reviewed, a plan is watched, an approved write-off is booked, what a person planned
    /// is respected, a promise is awaited; else the strategy's step.
    fn next_action(
        &self,
        night: &Night,
        input: &CaseInput,
        promises: &[Promise],
        planned: &NextAction,
        step: &Step,
        progress: Progress,
    ) -> NextAction {
        let (today, strategy) = (night.business_date, &night.rules.strategy);
        let approach = strategy.approach(self.case.hand);
        // What is planned already stays as it is, with who planned it and when.
        let watch = |action: CaseAction, due_on: Date| match planned {
            planned if planned.action == action && planned.due_on == due_on => planned.clone(),
            _ => NextAction { action, channel: None, script: None, approach, due_on, set_on: today, set_by: None },
        };
        if let Some(objection) = &self.case.objection {
            return watch(CaseAction::ReviewObjection, objection.raised_on + strategy.times.objection_review_days);
        }
        if self.case.hardship_plan.is_some() {
            let plan = input.hardship.as_ref();
            let due_on = plan.and_then(|plan| night.rules.hardship.next_due_on(plan, today)).unwrap_or(planned.due_on);
            return watch(CaseAction::WatchHardshipPlan, due_on);
        }
        if let Some(write_off) = self.case.write_off_to_book() {
            return watch(CaseAction::BookWriteOff, write_off.since + strategy.times.write_off_booking_days);
        }
        let promise = promises.iter().find(|promise| promise.status == PromiseStatus::Open);
        let has_ground = match planned.action {
            CaseAction::ReviewObjection | CaseAction::WatchHardshipPlan | CaseAction::BookWriteOff => false,
            CaseAction::WatchPromise => promise.is_some(),
            _ => true,
        };
        let is_waited_for = planned.due_on + strategy.times.patience_days >= today;
        if planned.set_by.is_some() && has_ground && is_waited_for && progress != Progress::Done {
            return planned.clone();
        }
        if let Some(promise) = promise {
            return watch(CaseAction::WatchPromise, promise.pay_on);
        }
        let rung = self.case.course.rung;
        let in_days = |days: i32| night.calendar.roll(today + days, Roll::Following);
        match progress {
            Progress::Waits if follows(planned, step) => {
                // Still to be done: the tone may have changed with the hand, the day has not.
                step.action(rung, approach, planned.due_on, planned.set_on)
            }
            Progress::Done if follows(planned, step) => {
                step.action(rung, approach, in_days(step.row.again_after_days), today)
            }
            _ => step.action(rung, approach, in_days(step.row.within_days), today),
        }
    }

    /// Through the last day of an open promise, and for a while after the debtor was reached.
    fn keep(&mut self, night: &Night, input: &CaseInput, promises: &[Promise]) {
        let open = promises.iter().filter(|promise| promise.status == PromiseStatus::Open);
        let promised = open.map(|promise| night.rules.promise.last_day(promise));
        let reached = input.last_right_party_on.map(|day| day + night.rules.assignment.keep_after_contact_days);
        self.case.kept_until = promised.chain(reached).max();
    }

    /// How early the case is worked on the next day, and why.
    fn rank(&mut self, night: &Night, input: &CaseInput, promises: &[Promise]) {
        use PriorityReason::*;
        let (today, tomorrow) = (night.business_date, night.business_date.next());
        let Some(work) = self.case.work() else { return };
        let due_on = work.next_action.due_on;
        let last = promises.iter().rfind(|promise| promise.status != PromiseStatus::Open);
        let is_open = |promise: &&Promise| promise.status == PromiseStatus::Open;
        let near = today + night.rules.queue.deadline_within_days;
        let facts = &self.case.facts;
        let reasons = [
            (NewCase, self.case.opened_on == today),
            (
                PromiseBroken,
                last.is_some_and(|promise| promise.status == PromiseStatus::Broken)
                    && !promises.iter().any(|one| is_open(&one)),
            ),
            (PromiseDue, promises.iter().filter(is_open).any(|promise| promise.pay_on <= tomorrow)),
            (ActionDue, today < due_on && due_on <= tomorrow),
            (ActionPastDue, due_on <= today),
            (WorseBucket, facts.worsened_on == Some(today)),
            (DeadlineNear, input.nearest_deadline_on.is_some_and(|ends_on| ends_on <= near)),
            (Likely, facts.recoverability == Recoverability::Likely),
            (Habitual, facts.class == CustomerClass::C),
            (Complaint, self.case.complaints.iter().any(|complaint| complaint.answered_on.is_none())),
            (Objection, self.case.objection.is_some()),
            (WriteOffApproved, self.case.write_off_to_book().is_some()),
            (Recalled, self.needs_owner == Some(HandOverReason::Recalled) || recalled_on(&self.case) == Some(today)),
        ];
        let holding = reasons.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason);
        self.case.priority = night.rules.queue.priority(holding, facts.amount_past_due);
    }
}
