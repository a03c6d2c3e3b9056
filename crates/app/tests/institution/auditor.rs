//! The auditor of casework: reads what is kept and counts it again, naively, without the gate.

use crate::bank::Institution;
use crate::people::Day;
use app::clock::ClockFile;
use app::contact::ContactRecord;
use app::dayend_run::NightRun;
use app::desk::Desk;
use casework::agency::Placement;
use casework::case::{Case, Owner};
use casework::contact_gate::GateDecision;
use casework::promise::{Promise, PromiseStatus};
use casework::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
use disposal::clock::{ClockKind, ClockStatus};
use loan::LoanStatus;
use std::collections::{BTreeMap, BTreeSet};
use store::audit::{Chain, verify};
use store::{CaseRow, ClockRow, ContactRow, PlacementRow, PromiseRow};
use units::{Date, Moment};

const EIGHT: u32 = 8 * 3600;
const TEN_AT_NIGHT: u32 = 22 * 3600;

/// After every night: an owner who works here and a next action for every open case, no promise forgotten,
/// no clock run out untold, every placement with its agency. How many cases are open.
pub async fn after_night(institution: &Institution, run: &NightRun, first: Date) -> Result<u64, String> {
    let (desk, date) = (&institution.desk, run.plan.business_date);
    let people = desk.people(Moment::new(date, 86_399)).await.map_err(|failure| format!("{failure:?}"))?;
    let at_work: BTreeSet<&str> = people.staff.iter().filter(|staff| staff.is_employed()).map(|staff| staff.staff_id.as_str()).collect();
    let placed = desk.store.all::<PlacementRow, Placement>().await.map_err(|fault| fault.to_string())?;
    let mut placed: BTreeMap<String, String> =
        placed.into_iter().filter(|kept| kept.row.recalled_on.is_none()).map(|kept| (kept.row.case_id, kept.row.agency_id)).collect();
    let mut open = BTreeSet::new();
    for kept in desk.store.all::<CaseRow, Case>().await.map_err(|fault| fault.to_string())? {
        let case = kept.body;
        let Some(work) = case.work() else { continue };
        if !open.insert(case.customer_id.clone()) {
            return Err(format!("{} has two open cases", case.customer_id));
        }
        let held_by = placed.remove(&case.case_id);
        match &work.owner {
            Owner::Staff(staff_id) if at_work.contains(staff_id.as_str()) && held_by.is_none() => {}
            Owner::Agency(agency_id) if held_by.as_ref() == Some(agency_id) => {}
            owner => return Err(format!("{} belongs to {owner:?}, and is placed with {held_by:?}", case.case_id)),
        }
        if kept.row.next_on != Some(work.next_action.due_on) || kept.row.rank != -case.priority.points {
            return Err(format!("{} is listed otherwise than it is", case.case_id));
        }
    }
    if !placed.is_empty() {
        return Err(format!("agencies hold what is closed: {placed:?}"));
    }
    for kept in desk.store.all::<PromiseRow, Promise>().await.map_err(|fault| fault.to_string())? {
        let last_day = desk.rules.cases.promise.last_day(&kept.body);
        if kept.body.status == PromiseStatus::Open && last_day < date {
            return Err(format!("{} should have been decided by {last_day}", kept.body.promise_id));
        }
    }
    no_clock_passed(institution, run, first).await?;
    Ok(open.len() as u64)
}

/// What ran out was told before, to somebody; no clock goes on for a loan that is paid; and the insurance of every security
/// behind a loan that is owed, read from the delivered file, was told of by its last day.
async fn no_clock_passed(institution: &Institution, run: &NightRun, first: Date) -> Result<(), String> {
    let date = run.plan.business_date;
    let is_held = |number: usize| matches!(run.input.loans[number].status, LoanStatus::Active | LoanStatus::WrittenOff);
    let owed = |number: usize| is_held(number) && run.input.folded[number].position.principal_outstanding.is_positive();
    let owed: BTreeSet<&str> = (0..run.input.loans.len()).filter(|&number| owed(number)).map(|number| run.input.loan_ids.get(number)).collect();
    let mut told = BTreeSet::new();
    for kept in institution.desk.store.all::<ClockRow, ClockFile>().await.map_err(|fault| fault.to_string())? {
        let lapsed = kept.body.state.days_left.is_some_and(|days| days < 0);
        if lapsed && (kept.body.told.is_empty() || kept.row.owner_id.is_empty()) {
            return Err(format!("{} ran out and nobody was told", kept.row.clock_id));
        }
        if kept.body.state.status != ClockStatus::Ended && !owed.contains(kept.row.claim_id.as_str()) {
            return Err(format!("{} goes on and its loan is paid", kept.row.clock_id));
        }
        if kept.body.state.kind == ClockKind::Insurance && !kept.body.told.is_empty() {
            told.insert(kept.body.state.subject);
        }
    }
    let ended = institution.insured.iter().filter(|one| (first..=date).contains(&one.until) && owed.contains(one.loan_id.as_str()));
    match ended.into_iter().find(|one| !told.contains(&one.collateral_id)) {
        Some(one) => Err(format!("the insurance of {} behind {} ended on {} and nobody was told", one.collateral_id, one.loan_id, one.until)),
        None => Ok(()),
    }
}

/// At the end: every contact lawful, everything counted twice alike, the audit chain whole.
pub async fn whole(desk: &Desk, total: &Day, through: Date) -> Result<(), String> {
    let contacts = desk.store.all::<ContactRow, ContactRecord>().await.map_err(|fault| fault.to_string())?;
    if contacts.len() as u64 != total.made {
        return Err(format!("{} contacts are kept, {} were made", contacts.len(), total.made));
    }
    let chain = verify(&desk.store).await.map_err(|fault| fault.to_string())?;
    let Chain::Whole { .. } = chain else { return Err(format!("the audit chain is broken: {chain:?}")) };
    // What was begun a minute before midnight is recorded on the next day.
    let (from, until) = (Moment::new(through.add_months(-12), 0), Moment::new(through + 2, 0));
    let (mut after, mut begun, mut recorded, mut refused) = (None, BTreeMap::new(), 0, 0);
    loop {
        let page = desk.store.audit_between(from, until, after.as_ref(), 500).await.map_err(|fault| fault.to_string())?;
        for record in page.rows {
            match record.event.action.as_str() {
                "contact_begin" => drop(begun.insert(record.event.why, record.sequence)),
                "contact_record" => recorded += 1,
                "contact_refused" => refused += 1,
                _ => {}
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if recorded != total.made || refused < total.refused / 2 {
        return Err(format!("the trail tells of {recorded} contacts and {refused} refusals, people of {} and {}", total.made, total.refused));
    }
    // The clock was set back now and then: what came first, the trail knows.
    let mut records: Vec<&ContactRecord> = contacts.iter().map(|kept| &kept.body).collect();
    records.sort_by_key(|record| begun.get(&record.contact.contact_id));
    lawful(&records)?;
    by_who_held_the_case(desk, &records).await
}

/// An agency called about what it held that day, and about nothing else.
async fn by_who_held_the_case(desk: &Desk, records: &[&ContactRecord]) -> Result<(), String> {
    let placed = desk.store.all::<PlacementRow, Placement>().await.map_err(|fault| fault.to_string())?;
    let held = |contact: &Contact| {
        placed.iter().map(|kept| &kept.row).any(|row| {
            let days = row.placed_on..=row.recalled_on.unwrap_or(Date::MAX);
            Some(&row.agency_id) == contact.agency_id.as_ref() && row.case_id == contact.case_id && days.contains(&contact.at.day())
        })
    };
    match records.iter().map(|record| &record.contact).find(|contact| contact.agency_id.is_some() && !held(contact)) {
        Some(contact) => Err(format!("{contact:?} was about a case the agency did not hold")),
        None => Ok(()),
    }
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
