//! The night's plan for casework: what is opened, changed and closed, for whom, in what order.
//!
//! Read everything, decide, write everything: [`plan`] is pure. The same night planned twice is the same
//! plan; the order of its inputs does not matter; planned again over what it has left behind, it changes
//! nothing more.

mod renew;
#[cfg(test)]
mod tests;

use crate::agency::RecallReason;
use crate::assignment::{Found, Presence, Roster, StaffMember, Wanted};
use crate::case::{Case, CaseEvent, DebtorPlace, HandOver, HandOverReason, Owner, Standing};
use crate::hardship::HardshipPlan;
use crate::promise::{Promise, Receipt};
use crate::rules::CaseRules;
use crate::strategy::{DebtorType, Skill};
use grading::{Bucket, CustomerClass, Grade, Recoverability};
use loan::LoanStatus;
use renew::Draft;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use units::{Calendar, Date, Money};

/// One customer tonight (客户当晚状态).
#[derive(Clone, Debug)]
pub struct CaseInput {
    pub customer_id: String,
    pub place: DebtorPlace,
    pub class: CustomerClass,
    pub debtor_type: DebtorType,
    /// The worst of the loans.
    pub recoverability: Recoverability,
    pub loans: Vec<LoanInput>,
    /// Money since the oldest promise or plan that is in force.
    pub receipts: Vec<Receipt>,
    /// The last contact the lender's side made, whoever made it.
    pub last_contact_on: Option<Date>,
    /// The last time the debtor was spoken to.
    pub last_right_party_on: Option<Date>,
    /// When the next period of law ends: limitation, guarantee, enforcement (最近时限).
    pub nearest_deadline_on: Option<Date>,
    /// The hardship plan that was signed last.
    pub hardship: Option<HardshipPlan>,
    /// Why the case must come back from its agency, as [`crate::agency::AgencyRules::recall`] says.
    pub recall: Option<RecallReason>,
}

/// One loan tonight (借据当晚状态).
#[derive(Clone, Debug)]
pub struct LoanInput {
    pub loan_id: String,
    pub bucket: Bucket,
    pub grade: Grade,
    pub status: LoanStatus,
    pub days_past_due: i32,
    pub amount_past_due: Money,
    pub outstanding: Money,
    /// Instalments met so far: none on a loan past due is a first instalment missed.
    pub instalments_met: u32,
}

/// Everything a night is planned from.
#[derive(Clone, Copy, Debug)]
pub struct Night<'a> {
    pub business_date: Date,
    /// Every customer with a loan that is past due or non-performing, an open case or an open promise; each once.
    pub inputs: &'a [CaseInput],
    /// Every case of these customers, closed ones too.
    pub cases: &'a [Case],
    /// Every open promise, and the decided ones of open cases.
    pub promises: &'a [Promise],
    pub staff: &'a [StaffMember],
    /// Who gets what nobody else can work: the lead of the desk.
    pub lead_id: &'a str,
    pub calendar: &'a Calendar,
    pub rules: &'a CaseRules,
}

/// What a night does to cases (案件计划); cases are whole and new, sorted by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePlan {
    pub opened: Vec<Case>,
    pub updated: Vec<Case>,
    pub closed: Vec<Case>,
    /// By case, in the order they happened.
    pub events: Vec<(String, CaseEvent)>,
    /// Promises decided tonight, as they are now.
    pub promises: Vec<Promise>,
    pub exceptions: Vec<CaseException>,
}

/// What the night could not do as it should (案件异常): the lead of the desk looks at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseException {
    /// An open case whose customer the night knows nothing of: left as it was.
    CustomerMissing { case_id: String },
    /// A second open case of a customer: left as it was.
    SecondOpenCase { case_id: String },
    /// The case went to the lead of the desk.
    NobodyWithSkill { case_id: String, skill: Skill },
    /// The case went to somebody who has as many as one can work.
    OverCapacity { case_id: String, staff_id: String },
}

/// Plans a night.
///
/// # Panics
/// When a customer stands twice among the inputs: two states of one debtor on one night are our mistake.
pub fn plan(night: &Night) -> CasePlan {
    let inputs: BTreeMap<&str, &CaseInput> =
        night.inputs.iter().map(|input| (input.customer_id.as_str(), input)).collect();
    assert_eq!(inputs.len(), night.inputs.len(), "a customer stands once among a night's inputs");
    let mut plan = CasePlan::default();
    let mut files: BTreeMap<&str, File> = inputs.keys().map(|&customer| (customer, File::default())).collect();
    for promise in night.promises {
        if let Some(file) = files.get_mut(promise.customer_id.as_str()) {
            file.promises.push(promise);
        }
    }
    let mut cases: Vec<&Case> = night.cases.iter().collect();
    cases.sort_unstable_by_key(|case| (case.opened_on, &case.case_id));
    let mut roster = Roster::new(night.staff, &night.rules.assignment);
    for case in cases {
        let Some(file) = files.get_mut(case.customer_id.as_str()) else {
            if let Some(owner) = case.owner() {
                plan.exceptions.push(CaseException::CustomerMissing { case_id: case.case_id.clone() });
                roster.take(owner);
            }
            continue;
        };
        match (case.owner(), file.open) {
            (Some(owner), Some(_)) => {
                plan.exceptions.push(CaseException::SecondOpenCase { case_id: case.case_id.clone() });
                roster.take(owner);
            }
            (Some(_), None) => file.open = Some(case),
            (None, _) => file.closed.push(case),
        }
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for (customer, file) in &files {
        let decided = night.rules.promise.decide(&file.promises, &inputs[customer].receipts, night.business_date);
        let known = current_promises(&file.promises, &decided);
        plan.promises.extend(decided);
        drafts.extend(renew::draft(night, inputs[customer], file, &known));
    }
    assign(night, &mut roster, &mut drafts, &mut plan.exceptions);
    for draft in drafts {
        draft.enter(&mut plan);
    }
    plan.opened.sort_unstable_by(|a, b| a.case_id.cmp(&b.case_id));
    plan.updated.sort_unstable_by(|a, b| a.case_id.cmp(&b.case_id));
    plan.closed.sort_unstable_by(|a, b| a.case_id.cmp(&b.case_id));
    plan.events.sort_by(|a, b| a.0.cmp(&b.0));
    plan.promises.sort_unstable_by(|a, b| a.promise_id.cmp(&b.promise_id));
    plan.exceptions.sort_unstable();
    plan
}

/// What is kept of a customer.
#[derive(Default)]
struct File<'a> {
    open: Option<&'a Case>,
    /// In the order they were opened.
    closed: Vec<&'a Case>,
    promises: Vec<&'a Promise>,
}

/// The promises with tonight's decisions, by their days.
fn current_promises(promises: &[&Promise], decided: &[Promise]) -> Vec<Promise> {
    let now = |promise: &&Promise| {
        let decision = decided.iter().find(|decision| decision.promise_id == promise.promise_id);
        decision.unwrap_or(promise).clone()
    };
    let mut promises: Vec<Promise> = promises.iter().map(now).collect();
    promises.sort_unstable_by(|a, b| (a.pay_on, &a.promise_id).cmp(&(b.pay_on, &b.promise_id)));
    promises
}

/// Gives every case without an owner to somebody, the most urgent first.
fn assign(night: &Night, roster: &mut Roster, drafts: &mut [Draft], exceptions: &mut Vec<CaseException>) {
    let mut waiting: Vec<&mut Draft> = Vec::new();
    for draft in drafts {
        let Standing::Open(work) = &draft.case.standing else { continue };
        draft.needs_owner = draft.needs_owner.or_else(|| owner_is_lost(night, roster, &draft.case, &work.owner));
        if draft.needs_owner.is_some() || is_given_out(&draft.case, night.business_date) {
            waiting.push(draft);
        } else {
            roster.take(&work.owner);
        }
    }
    waiting.sort_unstable_by(|a, b| {
        (Reverse(a.case.priority.points), &a.case.case_id).cmp(&(Reverse(b.case.priority.points), &b.case.case_id))
    });
    for draft in waiting {
        let case = &draft.case;
        let Some(because) = draft.needs_owner else {
            case.owner().into_iter().for_each(|owner| roster.take(owner));
            continue;
        };
        let former_owner = draft.former_owner.as_deref();
        let wanted = Wanted { skill: case.course.skill, place: &case.place, former_owner };
        let to = match roster.find(&wanted) {
            Found::Fits(staff_id) => staff_id,
            Found::OverCapacity(staff_id) => {
                exceptions
                    .push(CaseException::OverCapacity { case_id: case.case_id.clone(), staff_id: staff_id.to_owned() });
                staff_id
            }
            Found::NobodyWithSkill => {
                exceptions.push(CaseException::NobodyWithSkill { case_id: case.case_id.clone(), skill: wanted.skill });
                night.lead_id
            }
        };
        let to = Owner::Staff(to.to_owned());
        roster.take(&to);
        draft.pass_to(to, because, night.business_date);
    }
}

/// Whether an apply that was cut short has given the case out tonight. It counts again in its turn, so that whoever
/// comes after it goes where the whole night would have sent them.
fn is_given_out(case: &Case, business_date: Date) -> bool {
    use HandOverReason::{Opened, OwnerLeft, Recalled, SkillNeeded};
    let by_night = |last: &&HandOver| last.on == business_date && last.by.is_none();
    let last = case.hand_overs.last().filter(by_night);
    last.is_some_and(|last| matches!(last.because, Opened | OwnerLeft | Recalled | SkillNeeded))
}

/// Why a case cannot stay with its owner: gone, or without the skill the strategy asks for now — unless
/// the case is kept. The lead of the desk keeps what nobody else could work.
fn owner_is_lost(night: &Night, roster: &Roster, case: &Case, owner: &Owner) -> Option<HandOverReason> {
    let Owner::Staff(staff_id) = owner else { return None };
    let member = roster.member(staff_id);
    let is_gone = member.is_none_or(|member| member.presence == Presence::Left) && staff_id != night.lead_id;
    let is_able = member.is_some_and(|member| member.has(case.course.skill));
    if is_gone {
        Some(HandOverReason::OwnerLeft)
    } else if !is_able && !case.is_kept(night.business_date) {
        Some(HandOverReason::SkillNeeded)
    } else {
        None
    }
}

impl Draft<'_> {
    /// Into other hands, unless they are the same.
    fn pass_to(&mut self, to: Owner, because: HandOverReason, on: Date) {
        let Standing::Open(work) = &mut self.case.standing else { return };
        let from = (because != HandOverReason::Opened).then(|| work.owner.clone());
        if from.as_ref() == Some(&to) {
            return;
        }
        work.owner = to.clone();
        work.borrowed = None;
        let hand_over = HandOver { on, from, to, because, by: None };
        self.case.hand_overs.push(hand_over.clone());
        self.events.push(CaseEvent::HandedOver(hand_over));
    }

    /// Into the plan, if anything is new.
    fn enter(self, plan: &mut CasePlan) {
        let Draft { before, mut case, events, .. } = self;
        if before == Some(&case) {
            return;
        }
        case.version += 1;
        plan.events.extend(events.into_iter().map(|event| (case.case_id.clone(), event)));
        match (before, &case.standing) {
            (None, _) => plan.opened.push(case),
            (_, Standing::Open(_)) => plan.updated.push(case),
            (_, Standing::Closed(_)) => plan.closed.push(case),
        }
    }
}
