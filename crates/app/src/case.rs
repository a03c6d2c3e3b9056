//! Cases: the queue, one case with everything about it, and what people do with it.

use crate::case_night::{event_of, owed, save_case};
use crate::desk::{Begun, Call, Desk, PAGE, People, path_of, required, told};
use crate::failure::{Outcome, refused};
use crate::filled::Filled;
use crate::promise::PromiseView;
use authority::{Target, UseCase};
use casework::agency::CaseField;
use casework::assignment::StaffMember;
use casework::case::{Case, CaseEvent, ClosedBecause, Command, HandOverReason, NextAction, ObjectionOutcome, apply};
use casework::queue;
use serde::{Deserialize, Serialize};
use store::{CaseRow, ComplaintRow, Cursor, Kept, Page, Tx};
use units::Date;

/// A case in a list (案件), as far as whoever asks may see it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// Whoever changes the case says which version was seen.
    pub version: u64,
    pub branch: String,
    pub case: Case,
    /// What people of an agency see of it; `None` for the lender's own.
    pub only: Option<Vec<CaseField>>,
}

impl Serialize for CaseView {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut shown = serde_json::to_value(&self.case).map_err(serde::ser::Error::custom)?;
        if let Some(fields) = &self.only {
            shown = crate::agency::shown(shown, fields);
        }
        shown["branch"] = self.branch.clone().into();
        shown["version"] = self.version.into();
        shown.serialize(to)
    }
}

/// Which cases to list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CaseFilter {
    /// A person's queue; the caller's own unless a team, branch or agency is named.
    pub owner: Option<String>,
    pub team: Option<String>,
    pub branch: Option<String>,
    pub agency: Option<String>,
    /// Every case a customer has had, closed ones too.
    pub customer: Option<String>,
    /// Those whose next action is due on this day or earlier.
    pub due_by: Option<Date>,
}

/// Whose a case is, for rights.
pub fn target(row: &CaseRow) -> Target {
    Target {
        owner: Some(row.owner_id.clone()).filter(|owner| !owner.is_empty()),
        team: row.team_id.clone(),
        branch: path_of(&row.branch_path),
        agency: row.agency_id.clone(),
    }
}

/// A page of cases in the order they are to be worked; nobody sees more than the caller's rights reach.
pub async fn case_list(desk: &Desk, call: &Call, filter: &CaseFilter, after: Option<&Cursor>, limit: u32) -> Outcome<(Vec<CaseView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CaseList, &listed_target(desk, &people, call, filter).await?)?;
    let only = crate::agency::limit_of(desk, &people, call);
    let is_due = |kept: &Kept<CaseRow, Case>| filter.due_by.is_none_or(|by| kept.row.next_on.is_some_and(|next| next <= by));
    // A customer's earlier cases may have been others' than the open one.
    let is_seen = |kept: &Kept<CaseRow, Case>| {
        filter.customer.is_none() || desk.allows(&people, call, UseCase::CaseList, &target(&kept.row))
    };
    let mut filled = Filled::new(after, limit);
    while let Some(ask) = filled.ask() {
        let page = listed(desk, &people, call, filter, filled.after(), ask).await?;
        filled.take(page.map(|kept| (is_due(&kept) && is_seen(&kept)).then(|| view(kept, only.clone()))));
    }
    Ok(filled.end())
}

/// Whose the cases of a list are.
async fn listed_target(desk: &Desk, people: &People, call: &Call, filter: &CaseFilter) -> Outcome<Target> {
    Ok(match filter {
        CaseFilter { customer: Some(customer), .. } => crate::person::target_of(desk, customer).await?,
        CaseFilter { agency: Some(agency), .. } => Target { agency: Some(agency.clone()), ..Target::default() },
        CaseFilter { branch: Some(branch), .. } => Target { branch: people.path(branch), ..Target::default() },
        CaseFilter { team: Some(team), .. } => Target { team: Some(team.clone()), ..Target::default() },
        CaseFilter { owner, .. } => person_target(people, owner.as_deref().unwrap_or(&call.staff_id)),
    })
}

async fn listed(
    desk: &Desk,
    people: &People,
    call: &Call,
    filter: &CaseFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<Page<Kept<CaseRow, Case>>> {
    let store = &desk.store;
    Ok(match filter {
        CaseFilter { customer: Some(customer), .. } => store.case_of_customer(customer, after, limit).await?,
        CaseFilter { agency: Some(agency), .. } => store.case_of_agency(agency, after, limit).await?,
        CaseFilter { branch: Some(branch), .. } => {
            store.case_subtree(&crate::desk::stored_path(&people.path(branch)), after, limit).await?
        }
        CaseFilter { team: Some(team), .. } => store.case_of_team(team, after, limit).await?,
        CaseFilter { owner, .. } => store.case_queue(owner.as_deref().unwrap_or(&call.staff_id), after, limit).await?,
    })
}

/// What somebody owns, seen from where the person stands.
pub fn person_target(people: &People, staff_id: &str) -> Target {
    let post = people.person(staff_id).and_then(|staff| staff.posts.first());
    Target {
        owner: Some(staff_id.to_owned()),
        team: post.and_then(|post| post.team_id.clone()),
        branch: post.map(|post| post.branch.clone()).unwrap_or_default(),
        agency: None,
    }
}

fn view(kept: Kept<CaseRow, Case>, only: Option<Vec<CaseField>>) -> CaseView {
    CaseView { version: kept.body.version, branch: path_of(&kept.row.branch_path).as_str().to_owned(), case: kept.body, only }
}

/// The next case of the caller's queue that is due, leaving out those done.
pub async fn case_next(desk: &Desk, call: &Call, done: &[String]) -> Outcome<Option<CaseView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CaseList, &person_target(&people, &call.staff_id))?;
    let page: Page<Kept<CaseRow, Case>> = desk.store.case_queue(&call.staff_id, None, PAGE).await?;
    let cases: Vec<&Case> = page.rows.iter().map(|kept| &kept.body).collect();
    let done: Vec<&str> = done.iter().map(String::as_str).collect();
    let next = queue::next_case(&cases, call.at.day(), &done).map(|case| case.case_id.clone());
    let limit = crate::agency::limit_of(desk, &people, call);
    Ok(page.rows.into_iter().find(|kept| Some(&kept.body.case_id) == next.as_ref()).map(|kept| view(kept, limit)))
}

/// One case with its promises (案件详情).
#[derive(Clone, Debug, Serialize)]
pub struct CaseFile {
    #[serde(flatten)]
    pub case: CaseView,
    pub promises: Vec<PromiseView>,
    pub contacts: Vec<crate::contact::ContactRecord>,
}

pub async fn case_view(desk: &Desk, call: &Call, case_id: &str) -> Outcome<CaseFile> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::CaseView, &target(&kept.row))?;
    let limit = crate::agency::limit_of(desk, &people, call);
    let agency = people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone());
    let sees_promises = limit.as_ref().is_none_or(|fields| fields.contains(&CaseField::PromisesToPay));
    let promises = desk.store.promise_of_case::<casework::promise::Promise>(case_id, None, PAGE).await?.rows;
    let promises = promises.into_iter().filter(|_| sees_promises);
    let mut contacts = Vec::new();
    for kept in desk.store.contact_of_case::<crate::contact::ContactRecord>(case_id, None, PAGE).await?.rows {
        // What others said and heard is no business of an agency; their contacts count all the same.
        if agency.is_none() || kept.row.agency_id == agency {
            contacts.push(kept.body.opened(&desk.store).await?);
        }
    }
    Ok(CaseFile {
        case: view(kept, limit),
        promises: promises.map(|kept| PromiseView { version: kept.version, promise: kept.body }).collect(),
        contacts,
    })
}

/// What somebody does with a case (案件操作). Objections and complaints get identities of their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CaseAct {
    HandOver { to: String, because: HandOverReason },
    Borrow { to: String, until: Date },
    Return,
    Recall { to: String },
    SetNextAction { next_action: NextAction },
    Object { objection_id: String, what: String },
    ResolveObjection { objection_id: String, outcome: ObjectionOutcome },
    Complain { complaint_id: String, what: String },
    AnswerComplaint { complaint_id: String, answer: String },
    /// Where nothing is owed any more; else closing is proposed: [`crate::approval::case_close_propose`].
    Close { because: ClosedBecause },
}

impl CaseAct {
    fn use_case(&self) -> UseCase {
        match self {
            CaseAct::HandOver { .. } => UseCase::CaseHandOver,
            CaseAct::Borrow { .. } => UseCase::CaseBorrow,
            CaseAct::Return => UseCase::CaseReturn,
            CaseAct::Recall { .. } => UseCase::CaseRecall,
            CaseAct::SetNextAction { .. } => UseCase::CaseUpdate,
            CaseAct::Object { .. } => UseCase::ObjectionRecord,
            CaseAct::ResolveObjection { .. } => UseCase::ObjectionResolve,
            CaseAct::Complain { .. } => UseCase::ComplaintRecord,
            CaseAct::AnswerComplaint { .. } => UseCase::ComplaintResolve,
            CaseAct::Close { .. } => UseCase::CaseClose,
        }
    }

    fn command(&self) -> Command {
        match self.clone() {
            CaseAct::HandOver { to, because } => Command::HandOver { to, because },
            CaseAct::Borrow { to, until } => Command::Borrow { to, until },
            CaseAct::Return => Command::Return,
            CaseAct::Recall { to } => Command::Recall { to },
            CaseAct::SetNextAction { next_action } => Command::SetNextAction(next_action),
            CaseAct::Object { objection_id, .. } => Command::Object { objection_id },
            CaseAct::ResolveObjection { objection_id, outcome } => Command::ResolveObjection { objection_id, outcome },
            CaseAct::Complain { complaint_id, .. } => Command::LinkComplaint { complaint_id },
            CaseAct::AnswerComplaint { complaint_id, .. } => Command::AnswerComplaint { complaint_id },
            CaseAct::Close { because } => Command::Close { because },
        }
    }
}

/// Does one thing with a case, over the version the caller saw.
pub async fn case_act(desk: &Desk, call: &Call, case_id: &str, version: u64, act: &CaseAct) -> Outcome<u64> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    // Heard again it is answered before rights are asked: it may be what took the case out of the caller's hands.
    let mut tx = match desk.begin(call, "case_act", &(case_id, version, act)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    desk.may(&people, call, act.use_case(), &target(&kept.row))?;
    let amount = owed(&kept.body);
    if matches!(act, CaseAct::Close { .. }) && amount.is_positive() {
        return refused("E-CW-08", &[("amount", &amount)]);
    }
    let after = change(desk, &people, call, &mut tx, case_id, Some(version), &act.command()).await?;
    note(desk, &tx, call, &after, act).await?;
    desk.commit(tx, call, after.version).await
}

/// Applies a command inside a transaction; `version` is the one seen, or whatever stands.
pub(crate) async fn change(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    case_id: &str,
    version: Option<u64>,
    command: &Command,
) -> Outcome<Case> {
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    let (after, events) = decided(desk, people, call, &kept.body, version, command)?;
    save_case(tx, &after, kept.version, people, call.stamp()).await?;
    if matches!(command, Command::Recall { .. }) {
        crate::agency::placement_end(tx, call, case_id).await?;
    }
    for event in &events {
        let (topic, payload) = event_of(event);
        tx.publish(call.event(topic, format!("case/{case_id}"), payload));
        tx.audit(changed(call, topic, case_id, &kept.body, &after, event)?);
    }
    Ok(after)
}

/// What a command would come to; nothing is written.
pub(crate) fn decided(
    desk: &Desk,
    people: &People,
    call: &Call,
    case: &Case,
    version: Option<u64>,
    command: &Command,
) -> Outcome<(Case, Vec<CaseEvent>)> {
    let today = call.at.day();
    let staff: Vec<StaffMember> = people.employees.iter().filter_map(|employee| employee.member(today)).collect();
    let version = version.unwrap_or(case.version);
    let at = casework::case::Desk { business_date: today, by: &call.staff_id, version, staff: &staff, rules: &desk.rules.cases };
    apply(case, command, &at).map_err(|no| told(no.code(), &no))
}

fn changed(call: &Call, topic: &str, case_id: &str, before: &Case, after: &Case, event: &CaseEvent) -> Outcome<store::AuditEvent> {
    let why = serde_json::to_string(event).unwrap_or_default();
    Ok(store::AuditEvent {
        before_digest: Some(store::audit::state_digest(before)?),
        after_digest: Some(store::audit::state_digest(after)?),
        ..call.audit(topic, format!("case/{case_id}"), why)
    })
}

/// Objections and complaints are kept beside the case, with the day an answer is due.
async fn note(desk: &Desk, tx: &Tx, call: &Call, case: &Case, act: &CaseAct) -> Outcome<()> {
    let (kind, id, what) = match act {
        CaseAct::Object { objection_id, what } => ("objection", objection_id, what),
        CaseAct::Complain { complaint_id, what } => ("complaint", complaint_id, what),
        CaseAct::ResolveObjection { objection_id: id, .. } | CaseAct::AnswerComplaint { complaint_id: id, .. } => {
            let kept: Option<Kept<ComplaintRow, Complaint>> = tx.load(id).await?;
            if let Some(kept) = kept {
                let row = ComplaintRow { resolved_on: Some(call.at.day()), ..kept.row };
                crate::desk::stored(tx.save(&row, &kept.body, kept.version, call.stamp()).await?)?;
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    required("what", what)?;
    let row = ComplaintRow {
        complaint_id: id.clone(),
        customer_id: case.customer_id.clone(),
        case_id: Some(case.case_id.clone()),
        kind: kind.to_owned(),
        made_at: call.at,
        answer_due_on: call.at.day() + desk.rules.cases.strategy.times.objection_review_days,
        resolved_on: None,
    };
    crate::desk::stored(tx.save(&row, &Complaint { what: what.clone(), by: call.staff_id.clone() }, 0, call.stamp()).await?)?;
    Ok(())
}

/// What somebody objects to or complains of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    pub what: String,
    /// Who took it down.
    pub by: String,
}

/// Which moves would even out a team's work; carried out one by one with [`CaseAct::HandOver`].
pub async fn team_balance(desk: &Desk, call: &Call, team: &str) -> Outcome<Vec<queue::Move>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CaseRebalance, &Target { team: Some(team.to_owned()), ..Target::default() })?;
    let page: Page<Kept<CaseRow, Case>> = desk.store.case_of_team(team, None, 10 * PAGE).await?;
    let cases: Vec<Case> = page.rows.into_iter().map(|kept| kept.body).collect();
    let today = call.at.day();
    let members = people.employees.iter().filter_map(|employee| employee.member(today));
    let members: Vec<StaffMember> = members.filter(|member| member.team_id == team).collect();
    Ok(queue::rebalance(&cases, &members, &desk.rules.cases, today))
}

/// A case that must be open.
pub(crate) fn open_case(kept: &Kept<CaseRow, Case>) -> Outcome<&Case> {
    match kept.row.closed_on {
        None => Ok(&kept.body),
        Some(closed_on) => refused("E-CS-02", &[("closed_on", &closed_on)]),
    }
}
