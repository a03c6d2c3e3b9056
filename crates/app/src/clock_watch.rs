//! Clocks as people look at them: lists and months within reach, one claim reckoned in full, an act tried before it is recorded.
//!
//! Pages and API ask alike. A list shows what the last night told; of one claim every clock is reckoned anew, with the book as
//! of the last night and everything recorded since.

use crate::clock::{ClockFile, clock_id};
use crate::clock_fact::claim_facts;
use crate::desk::{Call, Desk, PAGE, People, told};
use crate::failure::Outcome;
use crate::filled::Filled;
use crate::person::target_of;
use authority::{Reach, Scope, Target, UseCase};
use disposal::clock::{Act, ClaimFacts, ClockKind, ClockState, ClockStatus, EvidenceStrength, SignalKey, act_check, clocks};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use store::{ClockRow, Cursor, Kept, Page};
use units::Date;

/// Which clocks to list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClocksWanted {
    /// Whose; everybody's within reach when absent.
    pub owner: Option<String>,
    pub kind: Option<ClockKind>,
    /// Those running out when absent.
    pub state: Option<ClockStatus>,
    /// Those whose last day is this one or earlier.
    pub by: Option<Date>,
}

/// A clock in a list (时限列表行).
#[derive(Clone, Debug, Serialize)]
pub struct ClockSeen {
    pub owner_id: String,
    #[serde(skip)]
    pub owner: String,
    pub customer_id: String,
    #[serde(skip)]
    pub last_day: Date,
    /// From today; negative once the day has passed.
    #[serde(skip)]
    pub days_left: i32,
    pub state: ClockState,
    /// Every rung told so far.
    pub told: Vec<SignalKey>,
}

/// The days of a month with their clocks, at most [`MONTH_ROWS`] in all (时限日历).
#[derive(Clone, Debug, Default)]
pub struct ClockMonth {
    pub days: BTreeMap<Date, Vec<ClockSeen>>,
    pub is_cut: bool,
}

/// Rows read of a month before it is said to be cut short.
const MONTH_ROWS: usize = 5_000;

fn seen(people: &People, today: Date, kept: Kept<ClockRow, ClockFile>) -> ClockSeen {
    let ClockRow { owner_id, customer_id, last_day, .. } = kept.row;
    ClockSeen {
        owner: people.person(&owner_id).map_or_else(|| owner_id.clone(), |staff| staff.name.clone()),
        owner_id,
        customer_id,
        last_day,
        days_left: last_day - today,
        state: kept.body.state,
        told: kept.body.told,
    }
}

/// A page of the clocks in a state within the caller's reach, those with the fewest days left first.
pub async fn clock_list(
    desk: &Desk,
    call: &Call,
    wanted: &ClocksWanted,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<ClockSeen>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    let reaches = desk.reaches(&people, call, UseCase::ClockView)?;
    let state = wanted.state.unwrap_or(ClockStatus::Expiring).code();
    // Whose reach is what one owns, the others' clocks are not looked through.
    let own = match reaches.as_slice() {
        [Reach { scope: Scope::Own, staff_id, .. }] => Some(staff_id),
        _ => None,
    };
    let mut filled = Filled::new(after, limit);
    while let Some(ask) = filled.ask() {
        let page: Page<Kept<ClockRow, ClockFile>> = match wanted.owner.as_ref().or(own) {
            Some(owner) => desk.store.clock_of_owner(owner, state, filled.after(), ask).await?,
            None => desk.store.clock_by_last_day(state, filled.after(), ask).await?,
        };
        let is_beyond = |kept: &Kept<ClockRow, ClockFile>| wanted.by.is_some_and(|by| kept.row.last_day > by);
        let is_over = page.rows.last().is_some_and(is_beyond);
        filled.take(page.map(|kept| {
            let is_seen = !is_beyond(&kept) && is_seen(&people, &reaches, wanted, &kept);
            is_seen.then(|| seen(&people, call.at.day(), kept))
        }));
        if is_over {
            filled.close();
        }
    }
    Ok(filled.end())
}

fn is_seen(people: &People, reaches: &[Reach], wanted: &ClocksWanted, kept: &Kept<ClockRow, ClockFile>) -> bool {
    let target = crate::case::person_target(people, &kept.row.owner_id);
    wanted.kind.is_none_or(|kind| kind == kept.body.state.kind) && reaches.iter().any(|reach| reach.covers(&target))
}

/// The clocks whose last day lies in a month, day by day.
pub async fn clock_month(desk: &Desk, call: &Call, wanted: &ClocksWanted, first: Date) -> Outcome<ClockMonth> {
    let people = desk.people(call.at).await?;
    let reaches = desk.reaches(&people, call, UseCase::ClockView)?;
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

/// Whose a claim is: whose the debtor's case is, else whose the signals are.
pub(crate) async fn claim_target(desk: &Desk, people: &People, facts: &ClaimFacts) -> Outcome<Target> {
    let target = target_of(desk, &facts.debtors[0]).await?;
    Ok(if target == Target::default() { crate::case::person_target(people, facts.signal_owner()) } else { target })
}

/// Every clock of a claim today, told or not.
pub async fn claim_view(desk: &Desk, call: &Call, claim_id: &str) -> Outcome<ClaimView> {
    let people = desk.people(call.at).await?;
    desk.reaches(&people, call, UseCase::ClockView)?;
    let (night, facts) = claim_facts(desk, &people, call, claim_id).await?;
    let customer_id = facts.debtors[0].clone();
    let target = claim_target(desk, &people, &facts).await?;
    desk.may(&people, call, UseCase::ClockView, &target)?;
    let may_record = desk.allows(&people, call, UseCase::ClockActRecord, &target);
    let clocks = clocks(&facts, &desk.rules.clocks, &desk.rules.calendar, call.at.day());
    Ok(ClaimView { customer_id, night, clocks, facts, may_record })
}

/// Every clock of a claim today, with the rungs somebody was told of.
pub async fn claim_clocks(desk: &Desk, call: &Call, claim_id: &str) -> Outcome<Vec<ClockFile>> {
    let claim = claim_view(desk, call, claim_id).await?;
    let page = desk.store.clock_of_claim::<ClockFile>(claim_id, None, PAGE).await?;
    let mut told: HashMap<String, ClockFile> = page.rows.into_iter().map(|kept| (kept.row.clock_id, kept.body)).collect();
    let file = |state: ClockState| ClockFile { told: told.remove(&clock_id(&state)).map(|file| file.told).unwrap_or_default(), state };
    Ok(claim.clocks.into_iter().map(file).collect())
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
