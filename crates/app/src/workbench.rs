//! The workbench: what somebody has to do today, why, and by when; what came of the work; how the team stands.
//!
//! Every list is bounded: a person's own queue, clocks, approvals and contacts, never the institution's.

use crate::case::{CaseFilter, CaseView, case_list, person_target};
use crate::clock::ClockFile;
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::Outcome;
use crate::month::{MonthSoFar, month_of_team, month_own};
use crate::person::{Begun, PersonFile};
use crate::queue::name_of;
use authority::{Target, UseCase};
use casework::case::{Case, Owner};
use casework::promise::{Promise, PromiseStatus};
use casework::queue::PriorityReason;
use casework::strategy::CaseAction;
use disposal::clock::ClockStatus;
use std::collections::{BTreeMap, BTreeSet};
use store::{CaseRow, ComplaintRow, Kept, PersonRow};
use units::{Date, Money, coded};

coded! {
    /// What there is to do (待办种类), the most urgent sort first.
    TodoKind {
        /// Begun and not recorded yet (联系未登记).
        ContactOpen = "contact_open",
        PromiseBroken = "promise_broken",
        PromiseDue = "promise_due",
        /// A period of law runs out (时限将届).
        ClockNear = "clock_near",
        ApprovalWaiting = "approval_waiting",
        /// An objection to review (异议待核查).
        ObjectionDue = "objection_due",
        ComplaintDue = "complaint_due",
        ActionDue = "action_due",
    }
}

/// One thing to do (待办), with the reason it stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub kind: TodoKind,
    pub due_on: Date,
    /// The case, the claim or the approval.
    pub about: String,
    pub customer_id: String,
    pub name: Option<String>,
    /// Words of the glossary, the weightiest first.
    pub why: Vec<String>,
    pub amount: Option<Money>,
}

/// The things of one kind: how many, and the nearest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodoGroup {
    pub kind: TodoKind,
    pub count: usize,
    pub nearest: Vec<Todo>,
}

/// How many of a kind a page shows.
const NEAREST: usize = 6;

/// How many clocks of an owner are looked at.
const CLOCKS: u32 = 60;

/// The day of one person (工作台).
#[derive(Clone, Debug)]
pub struct Workbench {
    pub groups: Vec<TodoGroup>,
    /// Open cases in the person's own queue, and of these with an action due; `None` for who has no queue.
    pub queue: Option<(usize, usize)>,
    pub month: Option<MonthSoFar>,
}

pub async fn workbench(desk: &Desk, call: &Call) -> Outcome<Workbench> {
    let people = desk.people(call.at).await?;
    let mine = CaseFilter { owner: Some(call.staff_id.clone()), ..CaseFilter::default() };
    let queue: Option<Vec<CaseView>> = match desk.may(&people, call, UseCase::CaseList, &person_target(&people, &call.staff_id)) {
        Ok(_) => Some(case_list(desk, call, &mine, None, PAGE).await?.0),
        Err(_) => None,
    };
    let mut todos = Vec::new();
    for view in queue.iter().flatten() {
        of_case(desk, &view.case, call.at.day(), &mut todos).await?;
    }
    todos.extend(begun(desk, call).await?);
    todos.extend(clocks(desk, &people, call).await?);
    todos.extend(approvals(desk, &people, call).await?);
    todos.extend(complaints(desk, &people, call).await?);
    let mut groups = grouped(todos);
    for todo in groups.iter_mut().flat_map(|group| &mut group.nearest) {
        let case = queue.iter().flatten().find(|view| view.case.customer_id == todo.customer_id);
        let target = match case {
            Some(_) => person_target(&people, &call.staff_id),
            None => crate::person::target_of(desk, &todo.customer_id).await?,
        };
        todo.name = name_of(desk, &people, call, &target, &todo.customer_id).await?;
    }
    let due = |view: &&CaseView| view.case.work().is_some_and(|work| work.next_action.due_on <= call.at.day());
    let queue = queue.filter(|queue| !queue.is_empty()).map(|queue| (queue.len(), queue.iter().filter(due).count()));
    Ok(Workbench { groups, queue, month: month_own(desk, call).await? })
}

/// By kind; the kind with the nearest deadline first.
fn grouped(todos: Vec<Todo>) -> Vec<TodoGroup> {
    let mut kinds: BTreeMap<TodoKind, Vec<Todo>> = BTreeMap::new();
    for todo in todos {
        kinds.entry(todo.kind).or_default().push(todo);
    }
    let group = |(kind, mut nearest): (TodoKind, Vec<Todo>)| {
        // Of one day's, the order they came in is the queue's.
        nearest.sort_by_key(|todo| todo.due_on);
        let count = nearest.len();
        nearest.truncate(NEAREST);
        TodoGroup { kind, count, nearest }
    };
    kinds.into_iter().map(group).collect()
}

/// A case is told of once, by what weighs most: a promise, an objection, a complaint, else its next action.
async fn of_case(desk: &Desk, case: &Case, today: Date, todos: &mut Vec<Todo>) -> Outcome<()> {
    let Some(work) = case.work() else { return Ok(()) };
    let has = |reason| case.priority.reasons.iter().any(|(known, _)| *known == reason);
    let todo = |kind, due_on, why: Vec<String>, amount| Todo {
        kind,
        due_on,
        about: case.case_id.clone(),
        customer_id: case.customer_id.clone(),
        name: None,
        why,
        amount,
    };
    let before = todos.len();
    if has(PriorityReason::PromiseBroken) || has(PriorityReason::PromiseDue) || work.next_action.action == CaseAction::WatchPromise {
        let promises = desk.store.promise_of_case::<Promise>(&case.case_id, None, PAGE).await?.rows;
        let latest = promises.iter().map(|kept| &kept.body);
        let broken = latest.clone().find(|promise| promise.status == PromiseStatus::Broken && has(PriorityReason::PromiseBroken));
        let due = latest.clone().find(|promise| promise.status == PromiseStatus::Open && promise.pay_on <= today);
        let said = |promise: &Promise| vec![format!("payment_way.{}", promise.way.code())];
        if let Some(promise) = broken {
            todos.push(todo(TodoKind::PromiseBroken, promise.pay_on, said(promise), Some(promise.amount)));
        } else if let Some(promise) = due {
            todos.push(todo(TodoKind::PromiseDue, promise.pay_on, said(promise), Some(promise.amount)));
        }
    }
    if let Some(objection) = &case.objection {
        let due_on = objection.raised_on + desk.rules.cases.strategy.times.objection_review_days;
        todos.push(todo(TodoKind::ObjectionDue, due_on, vec!["circumstance_kind.objection_under_review".to_owned()], None));
    }
    let waiting = case.complaints.iter().find(|complaint| complaint.answered_on.is_none());
    if let Some(complaint) = waiting {
        let due_on = complaint.raised_on + desk.rules.cases.strategy.times.objection_review_days;
        todos.push(todo(TodoKind::ComplaintDue, due_on, vec!["circumstance_kind.complaint_open".to_owned()], None));
    }
    if todos.len() == before && work.next_action.due_on <= today {
        let action = format!("case_action.{}", work.next_action.action.code());
        let reasons = case.priority.reasons.iter().filter(|(reason, _)| !matches!(reason, PriorityReason::ActionDue | PriorityReason::ActionPastDue));
        let why = std::iter::once(action).chain(reasons.take(3).map(|(reason, _)| format!("priority_reason.{}", reason.code()))).collect();
        todos.push(todo(TodoKind::ActionDue, work.next_action.due_on, why, Some(case.facts.amount_past_due)));
    }
    Ok(())
}

/// Contacts the caller began in the last hours and has not recorded: the audit trail says which, the file whether still.
async fn begun(desk: &Desk, call: &Call) -> Outcome<Vec<Todo>> {
    let recent = desk.store.audit_of_actor(&call.staff_id, None, 100).await?.rows.into_iter().map(|record| record.event);
    let begun = recent.filter(|event| event.action == "contact_begin" && call.at.seconds_since(event.happened_at) <= 86_400);
    let cases: BTreeSet<String> = begun.filter_map(|event| Some(event.subject.strip_prefix("case/")?.to_owned())).collect();
    let mut todos = Vec::new();
    for case_id in cases {
        let Some(case): Option<Kept<CaseRow, serde_json::Value>> = desk.store.load(&case_id).await? else { continue };
        let Some(debtor): Option<Kept<PersonRow, PersonFile>> = desk.store.load(&case.row.customer_id).await? else { continue };
        let open = |begun: &&Begun| begun.until > call.at && begun.contact.staff_id == call.staff_id && begun.contact.case_id == case_id;
        todos.extend(debtor.body.under_way.iter().filter(open).map(|begun| Todo {
            kind: TodoKind::ContactOpen,
            due_on: begun.contact.at.day(),
            about: case_id.clone(),
            customer_id: case.row.customer_id.clone(),
            name: None,
            why: vec![format!("channel.{}", begun.contact.channel.code()), format!("relation.{}", begun.contact.relation.code())],
            amount: None,
        }));
    }
    Ok(todos)
}

async fn clocks(desk: &Desk, people: &People, call: &Call) -> Outcome<Vec<Todo>> {
    if !desk.allows(people, call, UseCase::ClockView, &person_target(people, &call.staff_id)) {
        return Ok(Vec::new());
    }
    let page = desk.store.clock_of_owner::<ClockFile>(&call.staff_id, ClockStatus::Expiring.code(), None, CLOCKS).await?;
    let todo = |kept: Kept<store::ClockRow, ClockFile>| Todo {
        kind: TodoKind::ClockNear,
        due_on: kept.body.state.act_by.or(kept.body.state.last_day).unwrap_or(kept.row.last_day),
        about: kept.row.claim_id,
        customer_id: kept.row.customer_id,
        name: None,
        why: vec![format!("clock_kind.{}", kept.body.state.kind.code())],
        amount: None,
    };
    Ok(page.rows.into_iter().map(todo).collect())
}

async fn approvals(desk: &Desk, people: &People, call: &Call) -> Outcome<Vec<Todo>> {
    if !desk.allows(people, call, UseCase::ApprovalDecide, &person_target(people, &call.staff_id)) {
        return Ok(Vec::new());
    }
    let (waiting, _) = crate::approval::approval_waiting(desk, call, &crate::approval::ApprovalFilter::default(), None, PAGE).await?;
    let mut todos = Vec::new();
    for view in waiting {
        let proposal = &view.file.approval.proposal;
        let case_id = proposal.subject.strip_prefix("case/").unwrap_or_default();
        let case: Option<Kept<CaseRow, serde_json::Value>> = desk.store.load(case_id).await?;
        todos.push(Todo {
            kind: TodoKind::ApprovalWaiting,
            due_on: view.file.approval.expires_at.day(),
            about: proposal.approval_id.clone(),
            customer_id: case.map_or_else(String::new, |kept| kept.row.customer_id),
            name: None,
            why: vec![format!("decision_kind.{}", proposal.decision.code())],
            amount: Some(proposal.amount),
        });
    }
    Ok(todos)
}

/// What is to be answered by whoever answers for the institution, whoever works the case.
async fn complaints(desk: &Desk, people: &People, call: &Call) -> Outcome<Vec<Todo>> {
    let answers = |kind: &str| match kind {
        "objection" => (UseCase::ObjectionResolve, TodoKind::ObjectionDue, "circumstance_kind.objection_under_review"),
        _ => (UseCase::ComplaintResolve, TodoKind::ComplaintDue, "circumstance_kind.complaint_open"),
    };
    if ["objection", "complaint"].iter().all(|kind| !desk.allows(people, call, answers(kind).0, &Target::default())) {
        return Ok(Vec::new());
    }
    let page = desk.store.complaint_open::<serde_json::Value>(call.at.day() + 60, None, CLOCKS).await?;
    let todo = |row: ComplaintRow| {
        let (_, kind, why) = answers(&row.kind);
        let about = row.case_id?;
        Some(Todo { kind, due_on: row.answer_due_on, about, customer_id: row.customer_id, name: None, why: vec![why.to_owned()], amount: None })
    };
    Ok(page.rows.into_iter().filter_map(|kept| todo(kept.row)).collect())
}

/// How one member of a team stands (组内看板).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    pub staff_id: String,
    pub name: String,
    pub capacity: u32,
    pub open: u32,
    /// With an action due today or before.
    pub due: u32,
    /// With an action that was due before today.
    pub late: u32,
    pub promises_broken: u32,
    pub amount_past_due: Money,
}

/// A lead's team; without rows for who leads none yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamBoard {
    pub team: String,
    pub rows: Vec<BoardRow>,
    pub month: Option<MonthSoFar>,
}

/// The team of somebody who evens out its work.
pub async fn team_board(desk: &Desk, call: &Call) -> Outcome<TeamBoard> {
    let people = desk.people(call.at).await?;
    desk.reaches(&people, call, UseCase::CaseRebalance)?;
    let Some(team) = person_target(&people, &call.staff_id).team else { return Ok(TeamBoard::default()) };
    desk.may(&people, call, UseCase::CaseRebalance, &Target { team: Some(team.clone()), ..Target::default() })?;
    let today = call.at.day();
    let members = people.employees.iter().filter_map(|employee| Some((employee, employee.member(today)?)));
    let members = members.filter(|(_, member)| member.team_id == team);
    let mut rows: BTreeMap<String, BoardRow> = members
        .map(|(employee, member)| {
            let name = employee.staff.name.clone();
            let (staff_id, capacity) = (member.staff_id.clone(), member.capacity);
            (member.staff_id, BoardRow { staff_id, name, capacity, open: 0, due: 0, late: 0, promises_broken: 0, amount_past_due: Money::ZERO })
        })
        .collect();
    for kept in desk.store.case_of_team::<Case>(&team, None, 10 * PAGE).await?.rows {
        let Some(work) = kept.body.work() else { continue };
        let Owner::Staff(owner) = &work.owner else { continue };
        let Some(row) = rows.get_mut(owner) else { continue };
        row.open += 1;
        row.due += u32::from(work.next_action.due_on <= today);
        row.late += u32::from(work.next_action.due_on < today);
        row.promises_broken += u32::from(kept.body.priority.reasons.iter().any(|(reason, _)| *reason == PriorityReason::PromiseBroken));
        row.amount_past_due += kept.body.facts.amount_past_due;
    }
    let month = month_of_team(desk, call, &team).await?;
    Ok(TeamBoard { team, rows: rows.into_values().collect(), month })
}

/// The last night and how much of it somebody must look at; `None` for who has no business with nights.
pub async fn night_exceptions(desk: &Desk, call: &Call) -> Outcome<Option<(Date, u64)>> {
    let people = desk.people(call.at).await?;
    if !desk.allows(&people, call, UseCase::NightView, &Target::default()) {
        return Ok(None);
    }
    let lake = desk.open.lake.clone();
    let last = tokio::task::spawn_blocking(move || -> Outcome<_> {
        let nights = lake::snapshot::nights(&lake)?;
        Ok(match nights.last() {
            Some(night) => Some((night.business_date, night.run()?.exceptions)),
            None => None,
        })
    });
    last.await.map_err(anyhow::Error::from)?
}
