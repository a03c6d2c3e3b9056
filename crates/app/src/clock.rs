//! The clocks of every claim, guarantor and security: told each night, seen by day, moved by acts with evidence.
//!
//! What the book says (dues, guarantees, collateral, money received) and what people have recorded (acts, court papers,
//! preservations) make the facts of a claim; the rule room reckons. Only clocks that somebody must be told
//! of are kept; every other one is reckoned when it is asked for.

use crate::case_night::{NIGHT, SHARDS, shard_of};
use crate::dayend_run::NightRun;
use crate::desk::{Begun, Call, Desk, PAGE, People, stored, told};
use crate::failure::Outcome;
use crate::person::target_of;
use crate::workspace::Open;
use authority::{Target, UseCase};
use dayend::NightInput;
use disposal::clock::{
    Act, ActKind, ClaimFacts, ClockSignal, ClockState, Collateral, CollateralRight, EnforceableDocument, EvidenceKind,
    EvidenceStrength, Guarantee, GuaranteeForm, GuaranteeTerm, Obstacle, Preservation, SignalKey, act_check, clocks,
};
use lake::securities::{Secures, collateral, guarantees};
use loan::{LoanStatus, Protection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Chunk, ChunkKey, ClockFactRow, ClockRow, Kept, Saved, Stamp};
use units::{Date, Moment};

/// Something recorded about a claim (时限事实): appended, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockFact {
    Act(Act),
    Preservation(Preservation),
    Document(EnforceableDocument),
    Obstacle(Obstacle),
}

/// A clock somebody was told of (时限记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFile {
    pub state: ClockState,
    /// Every rung told so far.
    pub told: Vec<SignalKey>,
}

/// What a night found of the clocks.
#[derive(Clone, Debug, Default)]
pub struct ClockNight {
    pub signals: u64,
    pub chunks_before: u64,
    /// The nearest last day of each customer's clocks that are running out.
    pub nearest: HashMap<String, Date>,
}

/// Reckons every claim and tells each rung reached to its owner.
pub(crate) async fn night(
    desk: &Desk,
    run: &NightRun,
    people: &People,
    owners: &HashMap<String, String>,
    at: Moment,
) -> Outcome<ClockNight> {
    let date = run.plan.business_date;
    let claims = claims(desk, run, people, owners).await?;
    let customers: HashMap<&str, &str> = claims.iter().map(|facts| (facts.claim_id.as_str(), facts.debtors[0].as_str())).collect();
    let mut kept: BTreeMap<String, Kept<ClockRow, ClockFile>> = BTreeMap::new();
    let mut signalled: BTreeSet<SignalKey> = BTreeSet::new();
    for row in desk.store.all::<ClockRow, ClockFile>().await? {
        signalled.extend(row.body.told.iter().cloned());
        kept.insert(row.row.clock_id.clone(), row);
    }
    let rules = &desk.rules;
    let signals = disposal::clock::night(&claims, &signalled, &rules.clocks, &rules.calendar, date);
    let mut told: BTreeMap<String, Vec<&ClockSignal>> = BTreeMap::new();
    for signal in &signals {
        told.entry(id_of(&signal.key)).or_default().push(signal);
    }
    let states = watched_states(desk, &claims, &told, &kept, date);
    let mut done = ClockNight { signals: signals.len() as u64, nearest: nearest(&states), ..ClockNight::default() };
    for shard in 0..SHARDS {
        let key = ChunkKey { business_date: date, step: "clocks".to_owned(), shard: shard as i64 };
        let mut tx = match desk.store.chunk_begin(&key, at).await? {
            Chunk::AlreadyApplied => {
                done.chunks_before += 1;
                continue;
            }
            Chunk::Open(tx) => tx,
        };
        let stamp = Stamp { by: NIGHT, at };
        let call = Call { staff_id: NIGHT.to_owned(), only: None, at, key: None };
        for (clock_id, (state, facts)) in &states {
            let customer = facts.debtors[0].as_str();
            let before = kept.get(clock_id);
            let news = told.get(clock_id);
            if shard_of(customer) != shard || (before.is_none() && news.is_none()) {
                continue;
            }
            let mut file = ClockFile { state: state.clone(), told: before.map(|kept| kept.body.told.clone()).unwrap_or_default() };
            for signal in news.into_iter().flatten() {
                file.told.push(signal.key.clone());
                tx.publish(call.event("clock.signal", format!("claim/{}", signal.key.claim_id), serde_json::json!(signal)));
                tx.audit(call.audit("clock_signal", format!("claim/{}", signal.key.claim_id), format!("{} {} {}", state.kind.code(), signal.level.code(), signal.owner)));
            }
            let row = ClockRow {
                clock_id: clock_id.clone(),
                claim_id: state.claim_id.clone(),
                customer_id: customers.get(state.claim_id.as_str()).copied().unwrap_or_default().to_owned(),
                case_id: None,
                owner_id: facts.signal_owner().to_owned(),
                kind: state.kind.code().to_owned(),
                state: state.status.code().to_owned(),
                last_day: state.last_day.or(before.map(|kept| kept.row.last_day)).unwrap_or(date),
            };
            if before.is_none_or(|kept| kept.body != file || kept.row != row) {
                stored(tx.save(&row, &file, before.map_or(0, |kept| kept.version), stamp).await?)?;
            }
        }
        tx.commit().await?;
    }
    Ok(done)
}

/// The state of every clock of a claim in which somebody was told of one: it is shown as it stands tonight, also
/// when an act has moved it.
fn watched_states<'a>(
    desk: &Desk,
    claims: &'a [ClaimFacts],
    told: &BTreeMap<String, Vec<&ClockSignal>>,
    kept: &BTreeMap<String, Kept<ClockRow, ClockFile>>,
    date: Date,
) -> BTreeMap<String, (ClockState, &'a ClaimFacts)> {
    let told = told.values().map(|signals| signals[0].key.claim_id.as_str());
    let watched: BTreeSet<&str> = told.chain(kept.values().map(|kept| kept.row.claim_id.as_str())).collect();
    let mut states = BTreeMap::new();
    for facts in claims.iter().filter(|facts| watched.contains(facts.claim_id.as_str())) {
        for state in clocks(facts, &desk.rules.clocks, &desk.rules.calendar, date) {
            states.insert(format!("{}/{}/{}", state.claim_id, state.kind.code(), state.subject), (state, facts));
        }
    }
    states
}

/// The nearest last day of each customer's clocks that are running out.
fn nearest(states: &BTreeMap<String, (ClockState, &ClaimFacts)>) -> HashMap<String, Date> {
    let mut nearest: HashMap<String, Date> = HashMap::new();
    for (state, facts) in states.values() {
        if let (Some(last_day), Some(_)) = (state.last_day, state.level) {
            let so_far = nearest.entry(facts.debtors[0].clone()).or_insert(last_day);
            *so_far = last_day.min(*so_far);
        }
    }
    nearest
}

fn id_of(key: &SignalKey) -> String {
    format!("{}/{}/{}", key.claim_id, key.kind.code(), key.subject)
}

/// The facts of every claim that is not settled.
async fn claims(desk: &Desk, run: &NightRun, people: &People, owners: &HashMap<String, String>) -> Outcome<Vec<ClaimFacts>> {
    let (input, date) = (&run.input, run.plan.business_date);
    let mut recorded: HashMap<String, Vec<ClockFact>> = HashMap::new();
    for kept in desk.store.all::<ClockFactRow, ClockFact>().await? {
        recorded.entry(kept.row.claim_id).or_default().push(kept.body);
    }
    let behind = Behind::read(&desk.open, date)?;
    let mut claims = Vec::new();
    for number in 0..input.loans.len() {
        let Some(mut facts) = claim_of(input, number, date, people, owners, &behind) else { continue };
        recorded.remove(&facts.claim_id).into_iter().flatten().for_each(|fact| add(&mut facts, fact));
        claims.push(facts);
    }
    Ok(claims)
}

/// What stands behind loans and contracts on a day (担保情况).
pub(crate) struct Behind {
    contracts: HashMap<String, String>,
    protection: BTreeMap<Secures, (Vec<Guarantee>, Vec<Collateral>)>,
}

impl Behind {
    pub(crate) fn read(open: &Open, date: Date) -> Outcome<Behind> {
        Ok(Behind { contracts: lake::securities::contracts(&open.lake, date)?, protection: protection_on(open, date)? })
    }
}

/// What the book says of a claim; `None` when nothing is owed on it.
pub(crate) fn claim_of(
    input: &NightInput,
    number: usize,
    date: Date,
    people: &People,
    owners: &HashMap<String, String>,
    behind: &Behind,
) -> Option<ClaimFacts> {
    let (loan, position) = (&input.loans[number], &input.folded[number].position);
    let is_open = matches!(loan.status, LoanStatus::Active | LoanStatus::WrittenOff) && position.principal_outstanding.is_positive();
    if !is_open {
        return None;
    }
    let claim_id = input.loan_ids.get(number).to_owned();
    let customer = input.customer_ids.get(loan.customer as usize).to_owned();
    let branch = input.names.branches.get(loan.branch);
    let officer = loan.officer.map(|officer| input.names.officers.get(officer).to_owned());
    let owner = owners.get(&customer).cloned().or(officer.filter(|officer| people.person(officer).is_some_and(|staff| staff.is_employed())));
    let mut facts = ClaimFacts {
        debtors: vec![customer],
        due_on: input.folded[number].first_due_on.into_iter().filter(|&first| first < loan.matures_on).chain([loan.matures_on]).collect(),
        owner,
        branch_head: head_of(people, branch, date),
        guarantees: Vec::new(),
        collateral: Vec::new(),
        preservations: Vec::new(),
        documents: Vec::new(),
        obstacles: Vec::new(),
        acts: Vec::new(),
        claim_id: claim_id.clone(),
    };
    let contract = behind.contracts.get(&claim_id).map(|contract| Secures::Contract(contract.clone()));
    for secures in [Some(Secures::Loan(claim_id.clone())), contract].into_iter().flatten() {
        if let Some((guarantees, collateral)) = behind.protection.get(&secures) {
            facts.guarantees.extend(guarantees.iter().cloned());
            let right = if loan.protection == Protection::Pledge { CollateralRight::RegisteredPledge } else { CollateralRight::Mortgage };
            facts.collateral.extend(collateral.iter().map(|one| Collateral { right, ..one.clone() }));
        }
    }
    // Paying in part restarts the limitation period; the core system's entry is the proof.
    if let Some(paid_on) = position.last_paid_on.filter(|&paid_on| paid_on > loan.matures_on) {
        facts.acts.push(Act {
            act_id: format!("{claim_id}/last_paid"),
            kind: ActKind::PartialPayment,
            on: paid_on,
            against: facts.debtors.clone(),
            until: None,
            evidence: vec![EvidenceKind::CoreEntry],
        });
    }
    Some(facts)
}

/// What stands behind each loan or contract on a day.
fn protection_on(open: &Open, date: Date) -> Outcome<BTreeMap<Secures, (Vec<Guarantee>, Vec<Collateral>)>> {
    let mut behind: BTreeMap<Secures, (Vec<Guarantee>, Vec<Collateral>)> = BTreeMap::new();
    for one in guarantees(&open.lake, date)? {
        let term = one.period_ends_on.map_or(GuaranteeTerm::Silent, GuaranteeTerm::Until);
        let form = one.form.as_deref().and_then(GuaranteeForm::from_code);
        let guarantee = Guarantee { guarantor_id: one.guarantor_id, form, term, maximum_amount: None };
        behind.entry(one.secures).or_default().0.push(guarantee);
    }
    for one in collateral(&open.lake, date)? {
        let security = Collateral {
            collateral_id: one.collateral_id,
            right: CollateralRight::Mortgage,
            insured_until: one.insurance_expires_on,
            registered_until: one.registration_expires_on,
            valued_on: Some(one.valued_on),
        };
        behind.entry(one.secures).or_default().1.push(security);
    }
    Ok(behind)
}

pub(crate) fn add(facts: &mut ClaimFacts, fact: ClockFact) {
    match fact {
        ClockFact::Act(act) => facts.acts.push(act),
        ClockFact::Preservation(preservation) => facts.preservations.push(preservation),
        ClockFact::Document(document) => facts.documents.push(document),
        ClockFact::Obstacle(obstacle) => facts.obstacles.push(obstacle),
    }
}

/// Who is told while nobody owns a claim: the head of its branch, else of the nearest above.
fn head_of(people: &People, branch_id: &str, date: Date) -> String {
    let branch = people.path(branch_id);
    let heads = people.staff.iter().flat_map(|staff| staff.posts_on(date).map(move |post| (staff, post)));
    let heads = heads.filter(|(_, post)| matches!(post.role, authority::Role::BranchHead | authority::Role::TeamLead));
    let nearest = heads.min_by_key(|(staff, post)| (post.branch.steps_to(&branch), &staff.staff_id));
    nearest.map_or_else(String::new, |(staff, _)| staff.staff_id.clone())
}

/// The clocks somebody answers for, those with the fewest days left first.
pub async fn clock_list(desk: &Desk, call: &Call, owner: Option<&str>, state: &str) -> Outcome<Vec<ClockFile>> {
    let people = desk.people(call.at).await?;
    let owner = owner.unwrap_or(&call.staff_id);
    desk.may(&people, call, UseCase::ClockView, &crate::case::person_target(&people, owner))?;
    let page = desk.store.clock_of_owner::<ClockFile>(owner, state, None, PAGE).await?;
    Ok(page.rows.into_iter().map(|kept| kept.body).collect())
}

/// Every clock of a claim that somebody was told of.
pub async fn claim_clocks(desk: &Desk, call: &Call, claim_id: &str) -> Outcome<Vec<ClockFile>> {
    let people = desk.people(call.at).await?;
    let page = desk.store.clock_of_claim::<ClockFile>(claim_id, None, PAGE).await?;
    let target = match page.rows.first() {
        Some(kept) => target_of(desk, &kept.row.customer_id).await?,
        None => Target::default(),
    };
    desk.may(&people, call, UseCase::ClockView, &target)?;
    Ok(page.rows.into_iter().map(|kept| kept.body).collect())
}

/// What became of recording an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActRecorded {
    pub act_id: String,
    pub strength: EvidenceStrength,
}

/// Records something done about a claim, with its evidence; weak evidence is recorded and moves no clock.
/// The clocks follow with the next night.
pub async fn act_record(desk: &Desk, call: &Call, claim_id: &str, customer_id: &str, act: &Act) -> Outcome<ActRecorded> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ClockActRecord, &target_of(desk, customer_id).await?)?;
    let mut tx = match desk.begin(call, "act_record", &(claim_id, act)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let mut facts = book_facts(desk, claim_id, customer_id, call.at.day())?;
    for kept in tx.clock_fact_of_claim::<ClockFact>(claim_id, None, PAGE).await?.rows {
        add(&mut facts, kept.body);
    }
    let strength = act_check(&facts, act, &desk.rules.clocks, call.at.day()).map_err(|no| told(no.code(), &no))?;
    let row = ClockFactRow { clock_fact_id: act.act_id.clone(), claim_id: claim_id.to_owned(), happened_on: act.on };
    match tx.save(&row, &ClockFact::Act(act.clone()), 0, call.stamp()).await? {
        Saved::Stored { .. } => {}
        conflict => drop(stored(conflict)?),
    }
    tx.audit(call.audit("clock_act_record", format!("claim/{claim_id}"), format!("{} {}", act.kind.code(), strength.code())));
    desk.commit(tx, call, ActRecorded { act_id: act.act_id.clone(), strength }).await
}

/// Who may be named in an act, as the book says it.
fn book_facts(desk: &Desk, claim_id: &str, customer_id: &str, on: Date) -> Outcome<ClaimFacts> {
    let contracts = lake::securities::contracts(&desk.open.lake, on)?;
    let contract = contracts.get(claim_id).map(|contract| Secures::Contract(contract.clone()));
    let is_behind = |secures: &Secures| *secures == Secures::Loan(claim_id.to_owned()) || Some(secures) == contract.as_ref();
    let mut facts = ClaimFacts {
        claim_id: claim_id.to_owned(),
        debtors: vec![customer_id.to_owned()],
        due_on: Vec::new(),
        owner: None,
        branch_head: String::new(),
        guarantees: Vec::new(),
        collateral: Vec::new(),
        preservations: Vec::new(),
        documents: Vec::new(),
        obstacles: Vec::new(),
        acts: Vec::new(),
    };
    for one in guarantees(&desk.open.lake, on)?.into_iter().filter(|one| is_behind(&one.secures)) {
        facts.guarantees.push(Guarantee { guarantor_id: one.guarantor_id, form: None, term: GuaranteeTerm::Silent, maximum_amount: None });
    }
    for one in collateral(&desk.open.lake, on)?.into_iter().filter(|one| is_behind(&one.secures)) {
        facts.collateral.push(Collateral {
            collateral_id: one.collateral_id,
            right: CollateralRight::Mortgage,
            insured_until: None,
            registered_until: None,
            valued_on: None,
        });
    }
    Ok(facts)
}
