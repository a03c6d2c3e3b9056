//! The auditor of casework: reads what is kept and counts it again, naively, without the gate.

use crate::people::Day;
use app::clock::ClockFile;
use app::contact::ContactRecord;
use app::desk::Desk;
use casework::case::{Case, Owner};
use casework::contact_gate::GateDecision;
use casework::promise::{Promise, PromiseStatus};
use casework::{Channel, ContactResult, Direction, Purpose, Relation};
use std::collections::{BTreeMap, BTreeSet};
use store::audit::{Chain, verify};
use store::{CaseRow, ClockRow, ContactRow, PromiseRow};
use units::{Date, Moment};

const EIGHT: u32 = 8 * 3600;
const TEN_AT_NIGHT: u32 = 22 * 3600;

/// After every night: an owner who works here and a next action for every open case, no promise forgotten,
/// no clock run out untold.
pub async fn after_night(desk: &Desk, date: Date) -> Result<(), String> {
    let people = desk.people(Moment::new(date, 86_399)).await.map_err(|failure| format!("{failure:?}"))?;
    let at_work: BTreeSet<&str> = people.staff.iter().filter(|staff| staff.is_employed()).map(|staff| staff.staff_id.as_str()).collect();
    let mut open = BTreeSet::new();
    for kept in desk.store.all::<CaseRow, Case>().await.map_err(|fault| fault.to_string())? {
        let case = kept.body;
        let Some(work) = case.work() else { continue };
        if !open.insert(case.customer_id.clone()) {
            return Err(format!("{} has two open cases", case.customer_id));
        }
        match &work.owner {
            Owner::Staff(staff_id) if at_work.contains(staff_id.as_str()) => {}
            owner => return Err(format!("{} belongs to {owner:?}, who does not work here", case.case_id)),
        }
        if kept.row.next_on != Some(work.next_action.due_on) || kept.row.rank != -case.priority.points {
            return Err(format!("{} is listed otherwise than it is", case.case_id));
        }
    }
    for kept in desk.store.all::<PromiseRow, Promise>().await.map_err(|fault| fault.to_string())? {
        let last_day = desk.rules.cases.promise.last_day(&kept.body);
        if kept.body.status == PromiseStatus::Open && last_day < date {
            return Err(format!("{} should have been decided by {last_day}", kept.body.promise_id));
        }
    }
    for kept in desk.store.all::<ClockRow, ClockFile>().await.map_err(|fault| fault.to_string())? {
        let lapsed = kept.body.state.days_left.is_some_and(|days| days < 0);
        if lapsed && (kept.body.told.is_empty() || kept.row.owner_id.is_empty()) {
            return Err(format!("{} ran out and nobody was told", kept.row.clock_id));
        }
    }
    Ok(())
}

/// At the end: every contact lawful, everything counted twice alike, the audit chain whole.
pub async fn whole(desk: &Desk, total: &Day, through: Date) -> Result<(), String> {
    let contacts = desk.store.all::<ContactRow, ContactRecord>().await.map_err(|fault| fault.to_string())?;
    if contacts.len() as u64 != total.made {
        return Err(format!("{} contacts are kept, {} were made", contacts.len(), total.made));
    }
    let mut records: Vec<&ContactRecord> = contacts.iter().map(|kept| &kept.body).collect();
    records.sort_by_key(|record| record.contact.at);
    lawful(&records)?;
    let events = verify(&desk.store).await.map_err(|fault| fault.to_string())?;
    let Chain::Whole { .. } = events else { return Err(format!("the audit chain is broken: {events:?}")) };
    let (from, until) = (Moment::new(through.add_months(-12), 0), Moment::new(through.next(), 0));
    let (mut after, mut recorded, mut refused) = (None, 0, 0);
    loop {
        let page = desk.store.audit_between(from, until, after.as_ref(), 500).await.map_err(|fault| fault.to_string())?;
        recorded += page.rows.iter().filter(|record| record.event.action == "contact_record").count() as u64;
        refused += page.rows.iter().filter(|record| record.event.action == "contact_refused").count() as u64;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if recorded != total.made || refused < total.refused / 2 {
        return Err(format!("the trail tells of {recorded} contacts and {refused} refusals, people of {} and {}", total.made, total.refused));
    }
    Ok(())
}

/// Hours, counts, persons: the limits of regulation 3.2, counted without a rule room.
fn lawful(records: &[&ContactRecord]) -> Result<(), String> {
    let mut voices: BTreeMap<(String, Date), u32> = BTreeMap::new();
    let mut notices: BTreeMap<(String, Date), u32> = BTreeMap::new();
    let mut unanswered: BTreeMap<(String, Date), u32> = BTreeMap::new();
    let mut stopped: BTreeSet<String> = BTreeSet::new();
    for record in records.iter().filter(|record| record.contact.direction == Direction::Outbound) {
        let contact = &record.contact;
        let wrong = |what: &str| Err(format!("{}: {what}: {contact:?}", contact.contact_id));
        if record.answer.as_ref().is_none_or(|answer| answer.decision != GateDecision::Allowed) {
            return wrong("was made without leave");
        }
        // Nobody hears a letter being posted.
        let is_heard = !matches!(contact.channel, Channel::Letter | Channel::Email);
        if is_heard && !(EIGHT..TEN_AT_NIGHT).contains(&contact.at.second_of_day()) {
            return wrong("was made at night");
        }
        if contact.relation == Relation::ThirdPerson && contact.purpose == Purpose::Collect {
            return wrong("pressed somebody who owes nothing");
        }
        if contact.relation == Relation::ContactPerson && contact.purpose == Purpose::Collect {
            return wrong("pressed a contact person");
        }
        if stopped.contains(&contact.person_id) {
            return wrong("reached somebody who had asked not to be contacted");
        }
        if contact.channel == Channel::Visit && !(2..=3).contains(&contact.people) {
            return wrong("was a visit by one or by a crowd");
        }
        let (debtor, point) = ((contact.customer_id.clone(), contact.at.day()), (contact.contact_point.clone(), contact.at.day()));
        let spoke = contact.result.is_right_party();
        if spoke && matches!(contact.channel, Channel::AiVoice | Channel::Call) {
            *voices.entry(debtor.clone()).or_default() += 1;
        }
        if spoke && contact.channel == Channel::NoticeVoice {
            *notices.entry(debtor.clone()).or_default() += 1;
        }
        if contact.channel.is_voice() && contact.result.is_unanswered() {
            *unanswered.entry(point.clone()).or_default() += 1;
        }
        if voices.get(&debtor).is_some_and(|&count| count > 3) || notices.get(&debtor).is_some_and(|&count| count > 3) {
            return wrong("was the fourth of the day");
        }
        if unanswered.get(&point).is_some_and(|&count| count > 6) {
            return wrong("rang for the seventh time");
        }
        if contact.result == ContactResult::RefusedContact && !contact.relation.is_liable() {
            stopped.insert(contact.person_id.clone());
        }
    }
    Ok(())
}
