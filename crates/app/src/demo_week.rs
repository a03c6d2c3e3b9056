//! The demo's people at work: collection centres, and a week of calls, promises, proposals and objections, so that
//! a visitor finds a bank that is alive.
//!
//! Everything goes through the use cases everybody goes through: what the gate refuses is not done here either.

use crate::approval::{Concession, Terms, approval_propose};
use crate::case::{CaseAct, CaseView, case_act, case_next};
use crate::contact::{ContactOutcome, ContactWanted, contact_begin, contact_record};
use crate::desk::{Call, Desk};
use crate::failure::{Failure, Outcome};
use crate::person::{PersonFile, PointKind};
use crate::promise::{PromiseSaid, promise_record};
use crate::staff::{Employee, save};
use authority::Role;
use casework::promise::PaymentWay;
use casework::{Channel, ContactResult, Purpose};
use sim::population::words::INSTITUTION;
use sim::random::Random;
use std::collections::HashMap;
use store::{Kept, StaffRow};
use units::{Date, Moment, Money};

/// Money that will come in, by loan: whoever promises it keeps the promise.
pub type Coming<'a> = HashMap<&'a str, Vec<(Date, Money)>>;

/// How many cases somebody works in a day, a few of many: the rest is the visitor's.
const CASES_A_DAY: u64 = 7;

/// One sub-branch of each city takes the cases of the whole city, so that a collector's queue is a full one.
pub async fn centres(desk: &Desk, at: Moment) -> Outcome<()> {
    let people = desk.people(at).await?;
    let city = |employee: &Employee| city_of(employee.staff.posts.first().map_or("", |post| post.branch.as_str()));
    let mut centre: HashMap<String, &str> = HashMap::new();
    for employee in people.employees.iter().filter(|employee| employee.work.is_some()) {
        let branch = employee.staff.posts.first().map_or("", |post| post.branch.branch_id());
        centre.entry(city(employee)).and_modify(|known| *known = branch.min(known)).or_insert(branch);
    }
    let founder = Call { staff_id: "founder".to_owned(), only: None, at, key: None };
    let mut tx = desk.store.begin().await?;
    for employee in &people.employees {
        let Some(post) = employee.staff.posts.first() else { continue };
        let city = city(employee);
        let takes = matches!(post.role, Role::Collector | Role::AssetPreservationOfficer) && centre.get(&city).is_some_and(|branch| *branch == post.branch.branch_id());
        let leads = post.role == Role::TeamLead;
        if employee.work.is_none() && !leads {
            continue;
        }
        let mut settled = employee.clone();
        settled.work = settled.work.filter(|_| takes);
        if takes || leads {
            settled.staff.posts[0].team_id = Some(format!("T-{city}"));
        }
        let kept: Kept<StaffRow, Employee> = desk.load(&tx, "staff", &employee.staff.staff_id).await?;
        save(&mut tx, &founder, &settled, kept.version, "staff_manage").await?;
    }
    tx.commit().await?;
    desk.forget_people();
    Ok(())
}

/// The city a branch lies in: the second step of its line.
fn city_of(path: &str) -> String {
    path.split('/').filter(|step| !step.is_empty()).nth(1).unwrap_or_default().to_owned()
}

/// Everybody who takes cases works some of them, in office hours.
pub async fn work(desk: &Desk, date: Date, coming: &Coming<'_>, random: &mut Random) -> Outcome<()> {
    let people = desk.people(Moment::new(date, 0)).await?;
    for worker in people.employees.iter().filter(|one| one.work.is_some() && one.staff.is_employed()) {
        let me = worker.staff.staff_id.as_str();
        let mut done: Vec<String> = Vec::new();
        for turn in 0..CASES_A_DAY {
            let at = Moment::new(date, (9 * 3600 + turn * 2_900) as u32 + random.below(1_200) as u32);
            let call = Call { staff_id: me.to_owned(), only: None, at, key: None };
            let Some(case) = case_next(desk, &call, &done).await? else { break };
            done.push(case.case.case_id.clone());
            said_no(speak(desk, &call, &case, coming, random).await)?;
        }
    }
    Ok(())
}

/// A refusal is an answer: whoever is refused goes on to the next case.
fn said_no(outcome: Outcome<()>) -> Outcome<()> {
    match outcome {
        Err(Failure::Refused(_)) => Ok(()),
        other => other,
    }
}

/// One call about a case, and what follows from it.
async fn speak(desk: &Desk, call: &Call, case: &CaseView, coming: &Coming<'_>, random: &mut Random) -> Outcome<()> {
    let (case_id, customer) = (&case.case.case_id, &case.case.customer_id);
    let persons = desk.store.person_of_customer::<PersonFile>(customer, None, 20).await?.rows;
    let debtor = persons.iter().find(|kept| kept.row.person_id == *customer);
    let point = debtor.and_then(|debtor| debtor.body.points_in_use().find(|point| point.kind == PointKind::Phone));
    let Some(point) = point else { return Ok(()) };
    let wanted = ContactWanted {
        person_id: customer.clone(),
        channel: Channel::Call,
        purpose: Purpose::Collect,
        point: point.key.clone(),
        at: None,
        people: 1,
        manners: Vec::new(),
    };
    let begun = contact_begin(desk, call, case_id, &wanted).await?;
    let contact_id = begun.contact.contact_id;
    let result = result_of(random);
    let after = Call { at: call.at.plus_seconds(random.between(40, 400)), ..call.clone() };
    let came_of_it = ContactOutcome { result, seconds: after.at.seconds_since(call.at) as u32, note: String::new() };
    contact_record(desk, &after, case_id, &contact_id, &came_of_it).await?;
    match result {
        ContactResult::Promised => {
            let said = promised(case, coming, call.at.day(), contact_id, random);
            promise_record(desk, &after, case_id, &said).await?;
        }
        ContactResult::Objected => {
            let objection_id = format!("O-{case_id}-1");
            case_act_now(desk, &after, case_id, &CaseAct::Object { objection_id, what: note("objection") }).await?;
        }
        ContactResult::Complained => {
            let complaint_id = format!("M-{case_id}-1");
            case_act_now(desk, &after, case_id, &CaseAct::Complain { complaint_id, what: note("complaint") }).await?;
        }
        ContactResult::Hardship => {
            let amount = Money::from_fen(random.between(50, 400) * 1_000);
            let waiver = Concession::Waiver(Terms { amount, what: note("waiver") });
            approval_propose(desk, &after, case_id, &waiver).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn case_act_now(desk: &Desk, call: &Call, case_id: &str, act: &CaseAct) -> Outcome<()> {
    let version = crate::case::case_view(desk, call, case_id).await?.case.version;
    case_act(desk, call, case_id, version, act).await.map(drop)
}

/// What somebody would write down; the words are the demo's.
fn note(kind: &str) -> String {
    INSTITUTION.notes.get(kind).cloned().unwrap_or_default()
}

/// As calls go: half of them are not answered, a quarter end in a promise.
fn result_of(random: &mut Random) -> ContactResult {
    use ContactResult::*;
    const OF_A_HUNDRED: &[(ContactResult, u64)] = &[
        (NoAnswer, 38), (Unreachable, 8), (Promised, 26), (Reached, 10), (SaysPaid, 5), (RefusedToPay, 6), (Hardship, 3), (Objected, 2), (Complained, 1), (Invalid, 1),
    ];
    OF_A_HUNDRED[random.weighted(OF_A_HUNDRED.iter().map(|(_, weight)| *weight))].0
}

/// What is on its way anyhow, else a part of what is past due within the next days.
fn promised(case: &CaseView, coming: &Coming<'_>, today: Date, contact_id: String, random: &mut Random) -> PromiseSaid {
    let next = case.case.loans.iter().flat_map(|loan| coming.get(loan.as_str()).into_iter().flatten());
    let next = next.filter(|(day, _)| (1..=9).contains(&(*day - today))).min_by_key(|(day, _)| *day);
    let past_due = case.case.facts.amount_past_due.fen().max(10_000);
    let (pay_on, amount) = match next {
        Some((day, amount)) => (*day, *amount),
        None => (today + random.between(1, 5) as i32, Money::from_fen(past_due * random.between(3, 10) / 10 / 100 * 100)),
    };
    PromiseSaid { contact_id: Some(contact_id), pay_on: Some(pay_on), way: Some(PaymentWay::BankTransfer), amount: Some(amount) }
}
