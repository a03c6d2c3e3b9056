//! What lawyers enter about a claim: acts, court orders, papers, obstacles, each with its evidence. The clocks follow at
//! once, as they are reckoned from what the last night knew of the claim and everything entered since.

use crate::clock::{Behind, ClockFact, ClockFile, Recorded, RecordedFact, claims, clock_id, obstacles};
use crate::clock_watch::claim_target;
use crate::dayend_run::rules_of;
use crate::desk::{Begun, Call, Desk, PAGE, People, stored, told};
use crate::failure::{Outcome, refused};
use crate::loan_list::apart;
use crate::workspace::Open;
use authority::UseCase;
use disposal::clock::{
    Act, ActRefused, ClaimFacts, ClockState, EnforceableDocument, EvidenceKind, EvidenceStrength, Obstacle, Preservation, act_check,
    clocks, document_check, obstacle_check, obstacle_end_check, preservation_check,
};
use lake::night::NightRequest;
use lake::snapshot;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use store::{ClockFactRow, ClockRow, Cursor, Kept, Page, Reads, Tx};
use units::Date;

/// What somebody enters (登记内容).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactSaid {
    /// Of the claim's own numbering.
    pub fact_id: String,
    #[serde(flatten)]
    pub fact: RecordedFact,
}

/// What became of entering a fact, and where the claim's clocks stand now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactRecorded {
    pub fact_id: String,
    /// How well an act is proved; a weak one moves no clock.
    pub strength: Option<EvidenceStrength>,
    pub clocks: Vec<ClockState>,
}

/// A fact in a list, with who entered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactView {
    pub fact_id: String,
    pub happened_on: Date,
    pub entered_by: String,
    pub entered_at: units::Moment,
    #[serde(flatten)]
    pub fact: RecordedFact,
}

/// A claim as the last night knew it and as people have entered since.
struct Claim {
    facts: ClaimFacts,
    /// Obstacles by the identity they were entered under.
    obstacles: BTreeMap<String, Obstacle>,
}

/// Enters a fact of a claim.
pub async fn fact_record(desk: &Desk, call: &Call, claim_id: &str, said: &FactSaid) -> Outcome<FactRecorded> {
    let people = desk.people(call.at).await?;
    let book = book_of(desk, call, claim_id).await?;
    let mut tx = match desk.begin(call, "fact_record", &(claim_id, said)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    tx.debtor_hold(&book.customer).await?;
    let before = claim(&people, call, &tx, &book, claim_id).await?;
    desk.may(&people, call, UseCase::ClockActRecord, &claim_target(desk, &people, &before.facts).await?)?;
    let row = ClockFactRow {
        clock_fact_id: fact_id(claim_id, &said.fact_id),
        claim_id: claim_id.to_owned(),
        happened_on: happened_on(&said.fact.fact),
    };
    let strength = check(desk, call, &tx, &before, &row, said).await?;
    stored(tx.save(&row, &said.fact, 0, call.stamp()).await?)?;
    let after = claim(&people, call, &tx, &book, claim_id).await?;
    let states = clocks(&after.facts, &desk.rules.clocks, &desk.rules.calendar, call.at.day());
    follow(&mut tx, call, claim_id, &states).await?;
    let why = format!("{} {}", said.fact_id, strength.map_or("", |strength| strength.code()));
    let event = call.audit("clock_fact_record", format!("claim/{claim_id}"), why.trim_end());
    tx.audit(store::AuditEvent { after_digest: Some(store::audit::state_digest(&said.fact)?), ..event });
    desk.commit(tx, call, FactRecorded { fact_id: said.fact_id.clone(), strength, clocks: states }).await
}

/// Two claims may number their facts alike.
fn fact_id(claim_id: &str, own: &str) -> String {
    format!("{claim_id}/{own}")
}

fn happened_on(fact: &ClockFact) -> Date {
    match fact {
        ClockFact::Act(act) => act.on,
        ClockFact::Preservation(order) => order.ordered_on,
        ClockFact::Document(document) => document.effective_on,
        ClockFact::Obstacle(obstacle) => obstacle.from,
        ClockFact::ObstacleEnded { removed_on, .. } => *removed_on,
    }
}

async fn check(desk: &Desk, call: &Call, tx: &Tx, claim: &Claim, row: &ClockFactRow, said: &FactSaid) -> Outcome<Option<EvidenceStrength>> {
    crate::desk::required("fact_id", &said.fact_id)?;
    let known: Option<Kept<ClockFactRow, RecordedFact>> = tx.load(&row.clock_fact_id).await?;
    if known.is_some() {
        let no = ActRefused::AlreadyRecorded { act_id: said.fact_id.clone() };
        return Err(told(no.code(), &no));
    }
    let (facts, today, evidence) = (&claim.facts, call.at.day(), &said.fact.evidence);
    let checked = match &said.fact.fact {
        ClockFact::Act(act) => act_check(facts, act, &desk.rules.clocks, today).map(Some),
        ClockFact::Preservation(order) => preservation_check(facts, order, evidence, today).map(|()| None),
        ClockFact::Document(document) => document_check(facts, document, evidence, today).map(|()| None),
        ClockFact::Obstacle(obstacle) => obstacle_check(facts, obstacle, evidence, today).map(|()| None),
        ClockFact::ObstacleEnded { obstacle_id, removed_on } => {
            let own = obstacle_id.rsplit('/').next().unwrap_or_default();
            obstacle_end_check(claim.obstacles.get(obstacle_id), own, *removed_on, evidence, today).map(|()| None)
        }
    };
    checked.map_err(|no| told(no.code(), &no))
}

impl FactSaid {
    pub fn act(act: Act) -> FactSaid {
        FactSaid { fact_id: act.act_id.clone(), fact: RecordedFact { fact: ClockFact::Act(act), evidence: Vec::new() } }
    }

    pub fn preservation(order: Preservation, evidence: Vec<EvidenceKind>) -> FactSaid {
        FactSaid { fact_id: order.preservation_id.clone(), fact: RecordedFact { fact: ClockFact::Preservation(order), evidence } }
    }

    pub fn document(document: EnforceableDocument, evidence: Vec<EvidenceKind>) -> FactSaid {
        FactSaid { fact_id: document.document_id.clone(), fact: RecordedFact { fact: ClockFact::Document(document), evidence } }
    }

    pub fn obstacle(obstacle_id: String, obstacle: Obstacle, evidence: Vec<EvidenceKind>) -> FactSaid {
        FactSaid { fact_id: obstacle_id, fact: RecordedFact { fact: ClockFact::Obstacle(obstacle), evidence } }
    }

    /// An obstacle ends once; the end is a fact of its own.
    pub fn obstacle_end(claim_id: &str, obstacle_id: &str, removed_on: Date, evidence: Vec<EvidenceKind>) -> FactSaid {
        let fact = ClockFact::ObstacleEnded { obstacle_id: fact_id(claim_id, obstacle_id), removed_on };
        FactSaid { fact_id: format!("{obstacle_id}-end"), fact: RecordedFact { fact, evidence } }
    }
}

/// The clocks that somebody was told of are shown as they stand now; what nobody needs to be told of, the night finds.
async fn follow(tx: &mut Tx, call: &Call, claim_id: &str, states: &[ClockState]) -> Outcome<()> {
    for kept in tx.clock_of_claim::<ClockFile>(claim_id, None, PAGE).await?.rows {
        let Some(state) = states.iter().find(|state| clock_id(state) == kept.row.clock_id) else {
            crate::clock::end(tx, call, &kept).await?;
            continue;
        };
        let row = ClockRow { state: state.status.code().to_owned(), last_day: state.last_day.unwrap_or(kept.row.last_day), ..kept.row.clone() };
        let file = ClockFile { state: state.clone(), told: kept.body.told_so_far().to_vec() };
        if row != kept.row || file != kept.body {
            stored(tx.save(&row, &file, kept.version, call.stamp()).await?)?;
        }
    }
    Ok(())
}

/// What the book says of the claim's customer, as of the last night.
struct Book {
    night: Date,
    customer: String,
    input: dayend::NightInput,
    /// As known today.
    behind: Behind,
}

fn unknown<T>(claim_id: &str) -> Outcome<T> {
    refused("E-AP-01", &[("what", &"claim"), ("id", &claim_id)])
}

/// Reads files, so beside the requests.
async fn book_of(desk: &Desk, call: &Call, claim_id: &str) -> Outcome<Book> {
    let (open, today, claim_id) = (desk.open.clone(), call.at.day(), claim_id.to_owned());
    apart(move || book_read(&open, today, &claim_id)).await
}

fn book_read(open: &Open, today: Date, claim_id: &str) -> Outcome<Book> {
    let nights = snapshot::nights(&open.lake)?;
    let Some(at) = nights.iter().rposition(|night| night.business_date <= today) else { return unknown(claim_id) };
    let (night, before) = (&nights[at], at.checked_sub(1).map(|before| &nights[before]));
    let Some(theirs) = snapshot::loans_of(night, Some(claim_id), None)? else { return unknown(claim_id) };
    let pack = open.pack(None)?;
    let rules = rules_of(&pack, night.business_date)?;
    let request = NightRequest {
        business_date: night.business_date,
        known_on: night.business_date,
        carried_from: before,
        only: Some(&theirs),
        traced: None,
    };
    let (input, _) = lake::night::read(&open.lake, &request, &rules, &mut |_| {})?;
    Ok(Book { night: night.business_date, customer: theirs.customer_id, input, behind: Behind::on(&open.lake, today)? })
}

/// What is known of a claim today, and the night whose book it rests on.
pub(crate) async fn claim_facts(desk: &Desk, people: &People, call: &Call, claim_id: &str) -> Outcome<(Date, ClaimFacts)> {
    let book = book_of(desk, call, claim_id).await?;
    let claim = claim(people, call, &desk.store, &book, claim_id).await?;
    Ok((book.night, claim.facts))
}

/// A claim of which nothing is owed any more is none.
async fn claim(people: &People, call: &Call, reads: &Reads, book: &Book, claim_id: &str) -> Outcome<Claim> {
    let case: Option<Kept<store::CaseRow, serde_json::Value>> = reads.case_open(&book.customer).await?;
    let owner = case.map(|kept| kept.row.owner_id).filter(|owner| !owner.is_empty());
    let owners: HashMap<String, String> = owner.map(|owner| (book.customer.clone(), owner)).into_iter().collect();
    let recorded = recorded(reads, claim_id).await?;
    let obstacles = obstacles(&recorded);
    let of_claim = HashMap::from([(claim_id.to_owned(), recorded)]);
    let all = claims(&book.input, &book.behind, call.at.day(), people, &owners, of_claim);
    match all.into_iter().find(|facts| facts.claim_id == claim_id) {
        Some(facts) => Ok(Claim { facts, obstacles }),
        None => unknown(claim_id),
    }
}

async fn recorded(reads: &Reads, claim_id: &str) -> Outcome<Recorded> {
    let mut all = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page: Page<Kept<ClockFactRow, RecordedFact>> = reads.clock_fact_of_claim(claim_id, after.as_ref(), PAGE).await?;
        all.extend(page.rows.into_iter().map(|kept| (kept.row.clock_fact_id, kept.body)));
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// What was entered of a claim, in the order it happened.
pub async fn fact_list(
    desk: &Desk,
    call: &Call,
    claim_id: &str,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<FactView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    let (_, facts) = claim_facts(desk, &people, call, claim_id).await?;
    desk.may(&people, call, UseCase::ClockView, &claim_target(desk, &people, &facts).await?)?;
    let page: Page<Kept<ClockFactRow, RecordedFact>> = desk.store.clock_fact_of_claim(claim_id, after, limit.clamp(1, PAGE)).await?;
    let view = |kept: Kept<ClockFactRow, RecordedFact>| FactView {
        fact_id: kept.row.clock_fact_id.strip_prefix(&format!("{claim_id}/")).unwrap_or(&kept.row.clock_fact_id).to_owned(),
        happened_on: kept.row.happened_on,
        entered_by: kept.changed_by,
        entered_at: kept.changed_at,
        fact: kept.body,
    };
    Ok((page.rows.into_iter().map(view).collect(), page.next))
}
