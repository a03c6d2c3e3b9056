//! Clocks as people look at them: lists and months within reach, one claim reckoned in full, an act tried before it is recorded.
//!
//! A list shows what the last night told; a claim's page reckons every clock of it anew, with the book as of the last night
//! and everything recorded since.

use crate::clock::{Behind, ClockFact, ClockFile, add, claim_of};
use crate::desk::{Call, Desk, PAGE, People, told};
use crate::dayend_run::{night_before, rules_of};
use crate::failure::{Outcome, refused};
use crate::figures::{last_night, night_of};
use crate::person::target_of;
use crate::workspace::Open;
use anyhow::{Context, anyhow};
use authority::{Reach, Target, UseCase};
use casework::case::{Case, Owner, Standing, Work};
use dayend::NightInput;
use disposal::clock::{Act, ClaimFacts, ClockKind, ClockState, ClockStatus, EvidenceStrength, act_check, clocks};
use lake::night::NightRequest;
use lake::snapshot;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use store::{CaseRow, ClockRow, Cursor, Kept, Page};
use units::Date;

/// Which clocks to list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClocksWanted {
    /// Whose; everybody's within reach when absent.
    pub owner: Option<String>,
    pub kind: Option<ClockKind>,
    pub state: Option<ClockStatus>,
}

/// A clock in a list (时限列表行).
#[derive(Clone, Debug)]
pub struct ClockSeen {
    pub owner_id: String,
    pub owner: String,
    pub customer_id: String,
    pub last_day: Date,
    /// From today; negative once the day has passed.
    pub days_left: i32,
    pub state: ClockState,
}

/// The days of a month with their clocks, at most [`MONTH_ROWS`] in all (时限日历).
#[derive(Clone, Debug, Default)]
pub struct ClockMonth {
    pub days: BTreeMap<Date, Vec<ClockSeen>>,
    pub is_cut: bool,
}

/// Rows read of a month before it is said to be cut short.
const MONTH_ROWS: usize = 5_000;

/// How many pages of the store are read to fill one page of a person's reach.
const PAGES_READ: usize = 20;

/// Where somebody may do something; refused when nowhere.
pub(crate) fn reaches(desk: &Desk, people: &People, call: &Call, use_case: UseCase) -> Outcome<Vec<Reach>> {
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let reaches = institution.reaches(&people.actor(&institution, call)?, use_case);
    if reaches.is_empty() {
        desk.may(people, call, use_case, &Target::default())?;
    }
    Ok(reaches)
}

fn seen(people: &People, today: Date, kept: Kept<ClockRow, ClockFile>) -> ClockSeen {
    let ClockRow { owner_id, customer_id, last_day, .. } = kept.row;
    ClockSeen {
        owner: people.person(&owner_id).map_or_else(|| owner_id.clone(), |staff| staff.name.clone()),
        owner_id,
        customer_id,
        last_day,
        days_left: last_day - today,
        state: kept.body.state,
    }
}

/// A page of the clocks in a state, those with the fewest days left first.
pub async fn clocks_seen(
    desk: &Desk,
    call: &Call,
    wanted: &ClocksWanted,
    after: Option<&Cursor>,
    limit: usize,
) -> Outcome<(Vec<ClockSeen>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    let reaches = reaches(desk, &people, call, UseCase::ClockView)?;
    let state = wanted.state.unwrap_or(ClockStatus::Expiring);
    let (mut rows, mut after) = (Vec::new(), after.cloned());
    for _ in 0..PAGES_READ {
        // As many as are wanted, so that the cursor never leaves rows behind.
        let ask = (limit - rows.len()) as u32;
        let page: Page<Kept<ClockRow, ClockFile>> = match &wanted.owner {
            Some(owner) => desk.store.clock_of_owner(owner, state.code(), after.as_ref(), ask).await?,
            None => desk.store.clock_by_last_day(state.code(), after.as_ref(), ask).await?,
        };
        rows.extend(page.rows.into_iter().filter(|kept| is_seen(&people, &reaches, wanted, kept)));
        after = page.next;
        if after.is_none() || rows.len() >= limit {
            break;
        }
    }
    Ok((rows.into_iter().map(|kept| seen(&people, call.at.day(), kept)).collect(), after))
}

fn is_seen(people: &People, reaches: &[Reach], wanted: &ClocksWanted, kept: &Kept<ClockRow, ClockFile>) -> bool {
    let target = crate::case::person_target(people, &kept.row.owner_id);
    wanted.kind.is_none_or(|kind| kind == kept.body.state.kind) && reaches.iter().any(|reach| reach.covers(&target))
}

/// The clocks whose last day lies in a month, day by day.
pub async fn clock_month(desk: &Desk, call: &Call, wanted: &ClocksWanted, first: Date) -> Outcome<ClockMonth> {
    let people = desk.people(call.at).await?;
    let reaches = reaches(desk, &people, call, UseCase::ClockView)?;
    let (after_it, mut month) = (first.add_months_on(1, 1), ClockMonth::default());
    let states = wanted.state.map_or_else(|| vec![ClockStatus::Expiring, ClockStatus::Lapsed, ClockStatus::Running], |state| vec![state]);
    for state in states {
        let (mut after, mut read) = (None, 0);
        loop {
            let page: Page<Kept<ClockRow, ClockFile>> = desk.store.clock_from(first, state.code(), after.as_ref(), PAGE).await?;
            read += page.rows.len();
            let is_over = page.rows.last().is_none_or(|last| last.row.last_day >= after_it);
            let rows = page.rows.into_iter().filter(|kept| kept.row.last_day < after_it);
            let rows = rows.filter(|kept| wanted.owner.as_ref().is_none_or(|owner| *owner == kept.row.owner_id));
            for kept in rows.filter(|kept| is_seen(&people, &reaches, wanted, kept)) {
                month.days.entry(kept.row.last_day).or_default().push(seen(&people, call.at.day(), kept));
            }
            after = page.next;
            month.is_cut |= read >= MONTH_ROWS && !is_over && after.is_some();
            if is_over || after.is_none() || read >= MONTH_ROWS {
                break;
            }
        }
    }
    Ok(month)
}

/// One claim with every clock of it, reckoned today (债权时限全貌).
#[derive(Clone, Debug)]
pub struct ClaimView {
    pub customer_id: String,
    /// The night whose book it rests on.
    pub night: Date,
    pub facts: ClaimFacts,
    pub clocks: Vec<ClockState>,
    /// Whether the caller may record an act.
    pub may_record: bool,
}

/// Every clock of a claim today, told or not.
pub async fn claim_view(desk: &Desk, call: &Call, claim_id: &str) -> Outcome<ClaimView> {
    let people = desk.people(call.at).await?;
    reaches(desk, &people, call, UseCase::ClockView)?;
    let (open, wanted, known) = (desk.open.clone(), claim_id.to_owned(), people.clone());
    let read = tokio::task::spawn_blocking(move || from_book(&open, &wanted, &known)).await.map_err(|problem| anyhow!(problem))?;
    let Some((night, mut facts)) = read? else { return refused("E-AP-01", &[("what", &"claim"), ("id", &claim_id)]) };
    let customer_id = facts.debtors[0].clone();
    let target = target_of(desk, &customer_id).await?;
    let target = if target == Target::default() { crate::case::person_target(&people, facts.signal_owner()) } else { target };
    desk.may(&people, call, UseCase::ClockView, &target)?;
    let case: Option<Kept<CaseRow, Case>> = desk.store.case_open(&customer_id).await?;
    if let Some(Standing::Open(Work { owner: Owner::Staff(owner), .. })) = case.map(|kept| kept.body.standing) {
        facts.owner = Some(owner);
    }
    for kept in desk.store.clock_fact_of_claim::<ClockFact>(claim_id, None, PAGE).await?.rows {
        add(&mut facts, kept.body);
    }
    let may_record = desk.may(&people, call, UseCase::ClockActRecord, &target_of(desk, &customer_id).await?).is_ok();
    let clocks = clocks(&facts, &desk.rules.clocks, &desk.rules.calendar, call.at.day());
    Ok(ClaimView { customer_id, night, clocks, facts, may_record })
}

/// What the book says of one claim, reading its customer's loans alone.
fn from_book(open: &Open, claim_id: &str, people: &People) -> Outcome<Option<(Date, ClaimFacts)>> {
    let Some(date) = last_night(open)? else { return Ok(None) };
    let night = night_of(open, date)?;
    let Some(theirs) = snapshot::loans_of(&night, Some(claim_id), None)? else { return Ok(None) };
    let known_on = Date::parse(&night.run()?.known_on).ok().context("the record of the run is damaged")?;
    let (pack, before) = (open.pack(None)?, night_before(open, date)?);
    let rules = rules_of(&pack, date)?;
    let request = NightRequest { business_date: date, known_on, carried_from: before.as_ref(), only: Some(&theirs), traced: None };
    let (input, _): (NightInput, _) = lake::night::read(&open.lake, &request, &rules, &mut |_| {})?;
    let Some(number) = input.loan_ids.find_sorted(claim_id) else { return Ok(None) };
    let facts = claim_of(&input, number, date, people, &HashMap::new(), &Behind::read(open, date)?);
    Ok(facts.map(|facts| (date, facts)))
}

/// What an act would do (试算结果): how well it is proved, and every clock before and after.
#[derive(Clone, Debug)]
pub struct ActTried {
    pub strength: EvidenceStrength,
    pub moved: Vec<(ClockState, Option<ClockState>)>,
}

/// Tries an act on a claim; nothing is written.
pub fn act_try(desk: &Desk, call: &Call, claim: &ClaimView, act: &Act) -> Outcome<ActTried> {
    let (rules, today) = (&desk.rules.clocks, call.at.day());
    let strength = act_check(&claim.facts, act, rules, today).map_err(|no| told(no.code(), &no))?;
    let mut facts = claim.facts.clone();
    facts.acts.push(act.clone());
    facts.acts.sort_by_key(|act| act.on);
    let after = clocks(&facts, rules, &desk.rules.calendar, today);
    let same = |one: &ClockState, two: &ClockState| one.kind == two.kind && one.subject == two.subject;
    let before = claim.clocks.iter().map(|clock| (clock.clone(), after.iter().find(|other| same(clock, other)).cloned()));
    let mut moved: Vec<(ClockState, Option<ClockState>)> = before.collect();
    let new = after.iter().filter(|clock| !claim.clocks.iter().any(|other| same(clock, other)));
    moved.extend(new.map(|clock| (clock.clone(), Some(clock.clone()))));
    Ok(ActTried { strength, moved })
}
