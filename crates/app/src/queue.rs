//! The queue as a page shows it: filtered, named, one page at a time; the case to work next; many cases handed over at once.

use crate::case::{CaseAct, CaseFilter, CaseView, case_act, case_list, case_next, person_target, target};
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::{Failure, Outcome, Refusal, refused};
use authority::{PersonalField, Target, UseCase};
use casework::agency::CaseField;
use casework::case::Case;
use grading::Bucket;
use std::collections::BTreeSet;
use store::{CaseRow, ContactRow, Cursor, FieldKind, Kept};
use units::{Date, coded};

coded! {
    /// Which part of a queue is shown (队列状态).
    QueueState {
        /// The next action is due today or was before.
        Due = "due",
        /// The next action was due before today.
        Late = "late",
        Later = "later",
        /// Nobody may press for payment now.
        Stopped = "stopped",
        Borrowed = "borrowed",
    }
}

/// Whose cases, and which of them (队列筛选).
#[derive(Clone, Debug, Default)]
pub struct QueueWanted {
    pub whose: CaseFilter,
    pub bucket: Option<Bucket>,
    pub state: Option<QueueState>,
    pub after: Option<Cursor>,
}

/// A case in the queue, with the debtor's name as far as the caller may see it.
#[derive(Clone, Debug)]
pub struct QueueRow {
    pub view: CaseView,
    pub name: Option<String>,
    /// Whether the caller may open the case.
    pub is_open: bool,
}

/// Rows on a page.
const SHOWN: usize = 50;

/// Rows read for one page at most, when a filter leaves few.
const READ: usize = 2_000;

fn is_wanted(case: &Case, wanted: &QueueWanted, today: Date) -> bool {
    let due_on = case.work().map(|work| work.next_action.due_on);
    let in_state = match wanted.state {
        None => true,
        Some(QueueState::Due) => due_on.is_some_and(|day| day <= today),
        Some(QueueState::Late) => due_on.is_some_and(|day| day < today),
        Some(QueueState::Later) => due_on.is_some_and(|day| day > today),
        Some(QueueState::Stopped) => case.is_stopped(),
        Some(QueueState::Borrowed) => case.work().is_some_and(|work| work.borrowed.is_some()),
    };
    in_state && wanted.bucket.is_none_or(|bucket| case.facts.bucket == bucket)
}

/// A page of the queue in the order it is to be worked, and where the next page begins.
pub async fn queue_view(desk: &Desk, call: &Call, wanted: &QueueWanted) -> Outcome<(Vec<QueueRow>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    let (mut rows, mut after, mut read) = (Vec::new(), wanted.after.clone(), 0);
    loop {
        let (views, next) = case_list(desk, call, &wanted.whose, after.as_ref(), SHOWN as u32).await?;
        read += views.len();
        for view in views.into_iter().filter(|view| is_wanted(&view.case, wanted, call.at.day())) {
            let target = whose(&people, &view);
            let name = name_of(desk, &people, call, &target, &view.case.customer_id).await?;
            let is_open = desk.allows(&people, call, UseCase::CaseView, &target);
            rows.push(QueueRow { view, name, is_open });
        }
        after = next;
        if after.is_none() || rows.len() >= SHOWN || read >= READ {
            return Ok((rows, after));
        }
    }
}

/// Whose a listed case is, for rights.
fn whose(people: &People, view: &CaseView) -> Target {
    let branch = authority::BranchPath::from_stored(view.branch.clone());
    match view.case.owner() {
        Some(casework::case::Owner::Staff(owner)) => Target { branch, ..person_target(people, owner) },
        Some(casework::case::Owner::Agency(agency)) => Target { agency: Some(agency.clone()), branch, ..Target::default() },
        None => Target { branch, ..Target::default() },
    }
}

/// A customer's name as the caller may see it; `None` where the caller may not.
pub(crate) async fn name_of(desk: &Desk, people: &People, call: &Call, target: &Target, customer_id: &str) -> Outcome<Option<String>> {
    let Ok(grant) = desk.may(people, call, UseCase::PersonView, target) else { return Ok(None) };
    let limit = crate::agency::limit_of(desk, people, call);
    if limit.is_some_and(|fields| !fields.contains(&CaseField::Name)) {
        return Ok(None);
    }
    let views = &desk.rules.authority.views;
    let view = views.view([grant.role], PersonalField::Name);
    let fields = desk.store.personal(customer_id).await?;
    let name = fields.into_iter().find(|field| field.kind == FieldKind::Name);
    Ok(name.map(|name| views.show(PersonalField::Name, &name.value, view)))
}

/// The next case of the caller's queue that is due; not one the caller has spoken about today, nor one of `skipped`.
pub async fn queue_next(desk: &Desk, call: &Call, skipped: &[String]) -> Outcome<Option<String>> {
    let today = call.at.day();
    let page = desk.store.contact_of_staff::<serde_json::Value>(&call.staff_id, None, PAGE).await?;
    let spoken = page.rows.into_iter().map(|kept: Kept<ContactRow, _>| kept.row).filter(|row| row.contact_at.day() == today);
    let done: BTreeSet<String> = spoken.map(|row| row.case_id).chain(skipped.iter().cloned()).collect();
    let next = case_next(desk, call, &Vec::from_iter(done)).await?;
    Ok(next.map(|view| view.case.case_id))
}

/// Who may be given cases of the caller's team or branch, by name.
pub async fn colleagues(desk: &Desk, call: &Call) -> Outcome<Vec<(String, String)>> {
    let people = desk.people(call.at).await?;
    let today = call.at.day();
    // Asked once: an institution has thousands, and this stands on every case's page.
    let reaches = match desk.reaches(&people, call, UseCase::StaffView) {
        Err(Failure::Refused(_)) => return Ok(Vec::new()),
        reaches => reaches?,
    };
    let working = people.employees.iter().filter(|employee| employee.member(today).is_some());
    let seen = working.filter(|employee| {
        let target = person_target(&people, &employee.staff.staff_id);
        reaches.iter().any(|reach| reach.covers(&target))
    });
    Ok(seen.map(|employee| (employee.staff.staff_id.clone(), employee.staff.name.clone())).collect())
}

/// What became of one case of many.
#[derive(Clone, Debug)]
pub struct OneOfMany {
    pub case_id: String,
    pub refused: Option<Refusal>,
}

/// The most cases of one go: as many as a page shows, twice.
const MANY: usize = 100;

/// Does the same with several cases, each over the version that was seen; what is refused stays as it was.
pub async fn case_act_many(desk: &Desk, call: &Call, cases: &[(String, u64)], act: &CaseAct) -> Outcome<Vec<OneOfMany>> {
    if cases.is_empty() {
        return refused("E-AP-04", &[("field", &"case")]);
    }
    let mut done = Vec::new();
    for (case_id, version) in cases.iter().take(MANY) {
        let key = call.key.as_ref().map(|key| format!("{key}/{case_id}"));
        let one = Call { key, ..call.clone() };
        let refused = match case_act(desk, &one, case_id, *version, act).await {
            Ok(_) => None,
            Err(Failure::Refused(refusal)) => Some(refusal),
            Err(fault) => return Err(fault),
        };
        done.push(OneOfMany { case_id: case_id.clone(), refused });
    }
    Ok(done)
}

/// What of a case the caller may do now, so that a page offers nothing it would refuse.
pub async fn case_rights(desk: &Desk, call: &Call, case_id: &str) -> Outcome<BTreeSet<&'static str>> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, serde_json::Value> = desk.load(&desk.store, "case", case_id).await?;
    let target = target(&kept.row);
    let may = |use_case: &UseCase| desk.allows(&people, call, *use_case, &target);
    Ok(UseCase::ALL.iter().copied().filter(may).map(UseCase::code).collect())
}
