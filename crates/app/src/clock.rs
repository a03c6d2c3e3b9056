//! The clocks of every claim, guarantor and security: told each night, seen by day, moved by acts with evidence.
//!
//! What the book says (dues, guarantees, collateral, money received) and what people have recorded (acts, court papers,
//! preservations) make the facts of a claim; the rule room reckons. Only clocks that somebody must be told
//! of are kept; every other one is reckoned when it is asked for.

use crate::case_night::{NIGHT, SHARDS, shard_of};
use crate::dayend_run::NightRun;
use crate::desk::{Call, Desk, People, stored, stored_all};
use crate::failure::Outcome;
use crate::loan_list::apart;
use dayend::NightInput;
use disposal::clock::{
    Act, ActKind, ClaimFacts, ClockSignal, ClockState, ClockStatus, Collateral, CollateralRight, EnforceableDocument, EvidenceKind,
    Guarantee, GuaranteeForm, GuaranteeTerm, Obstacle, Preservation, SignalKey, clocks,
};
use lake::securities::{Secures, collateral, guarantees};
use lake::workspace::Workspace;
use loan::{LoanStatus, Protection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{Change, Chunk, ChunkKey, ClockFactRow, ClockRow, Kept, Stamp, Tx};
use units::{Date, Moment};

/// Something recorded about a claim (时限事实): appended, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockFact {
    Act(Act),
    Preservation(Preservation),
    Document(EnforceableDocument),
    Obstacle(Obstacle),
    /// An obstacle recorded earlier is gone since that day.
    ObstacleEnded { obstacle_id: String, removed_on: Date },
}

/// A fact as it is kept, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFact {
    #[serde(flatten)]
    pub fact: ClockFact,
    /// An act carries its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceKind>,
}

/// What was recorded of a claim, by identity, in the order it happened.
pub(crate) type Recorded = Vec<(String, RecordedFact)>;

/// A clock somebody was told of (时限记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFile {
    pub state: ClockState,
    /// Every rung told so far.
    pub told: Vec<SignalKey>,
}

impl ClockFile {
    /// The rungs that need not be told again; of a clock that had ended and runs anew, every one is.
    pub(crate) fn told_so_far(&self) -> &[SignalKey] {
        if self.state.status == ClockStatus::Ended { &[] } else { &self.told }
    }
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
    let mut recorded: HashMap<String, Recorded> = HashMap::new();
    for kept in desk.store.all::<ClockFactRow, RecordedFact>().await? {
        recorded.entry(kept.row.claim_id).or_default().push((kept.row.clock_fact_id, kept.body));
    }
    let lake = desk.open.lake.clone();
    let behind = apart(move || Behind::on(&lake, date)).await?;
    let claims = claims(&run.input, &behind, date, people, owners, recorded);
    let mut kept: BTreeMap<String, Kept<ClockRow, ClockFile>> = BTreeMap::new();
    let mut signalled: BTreeSet<SignalKey> = BTreeSet::new();
    for row in desk.store.all::<ClockRow, ClockFile>().await? {
        signalled.extend(row.body.told_so_far().iter().cloned());
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
    let found = Found { states, told, kept };
    for shard in 0..SHARDS {
        let key = ChunkKey { business_date: date, step: "clocks".to_owned(), shard: shard as i64 };
        match desk.store.chunk_begin(&key, at).await? {
            Chunk::AlreadyApplied => done.chunks_before += 1,
            Chunk::Open(tx) => apply(tx, &found, shard, at).await?,
        }
    }
    Ok(done)
}

/// What is to be kept of a night: every clock of a claim somebody was told of, what is news, and what stood before.
struct Found<'a> {
    states: BTreeMap<String, (ClockState, &'a ClaimFacts)>,
    told: BTreeMap<String, Vec<&'a ClockSignal>>,
    kept: BTreeMap<String, Kept<ClockRow, ClockFile>>,
}

async fn apply(mut tx: Tx, found: &Found<'_>, shard: u64, at: Moment) -> Outcome<()> {
    let stamp = Stamp { by: NIGHT, at };
    let call = Call { staff_id: NIGHT.to_owned(), only: None, at, key: None };
    let mut files: Vec<(ClockRow, ClockFile, i64)> = Vec::new();
    for (clock_id, (state, facts)) in &found.states {
        let customer = facts.debtors[0].as_str();
        let (before, news) = (found.kept.get(clock_id), found.told.get(clock_id));
        if shard_of(customer) != shard || (before.is_none() && news.is_none()) {
            continue;
        }
        let mut file = ClockFile { state: state.clone(), told: before.map(|kept| kept.body.told_so_far().to_vec()).unwrap_or_default() };
        for signal in news.into_iter().flatten() {
            file.told.push(signal.key.clone());
            tx.publish(call.event("clock.signal", format!("claim/{}", signal.key.claim_id), serde_json::json!(signal)));
            tx.audit(call.audit("clock_signal", format!("claim/{}", signal.key.claim_id), format!("{} {} {}", state.kind.code(), signal.level.code(), signal.owner)));
        }
        let row = ClockRow {
            clock_id: clock_id.clone(),
            claim_id: state.claim_id.clone(),
            customer_id: customer.to_owned(),
            case_id: None,
            owner_id: facts.signal_owner().to_owned(),
            kind: state.kind.code().to_owned(),
            state: state.status.code().to_owned(),
            last_day: state.last_day.or(before.map(|kept| kept.row.last_day)).unwrap_or(at.day()),
        };
        if before.is_none_or(|kept| kept.body != file || kept.row != row) {
            files.push((row, file, before.map_or(0, |kept| kept.version)));
        }
    }
    let changes: Vec<Change<ClockRow, ClockFile>> = files.iter().map(|(row, body, over)| Change { row: row.clone(), body, over: *over }).collect();
    stored_all(tx.save_all(&changes, stamp).await?)?;
    let gone = found.kept.values().filter(|kept| shard_of(&kept.row.customer_id) == shard && !found.states.contains_key(&kept.row.clock_id));
    for kept in gone {
        end(&mut tx, &call, kept).await?;
    }
    Ok(tx.commit().await?)
}

/// A clock that is reckoned no more has ended: its claim was paid or is nobody's of ours any more, its measure was lifted.
pub(crate) async fn end(tx: &mut Tx, call: &Call, kept: &Kept<ClockRow, ClockFile>) -> Outcome<()> {
    if kept.body.state.status == ClockStatus::Ended {
        return Ok(());
    }
    let file = ClockFile { state: kept.body.state.ended(), told: kept.body.told.clone() };
    let row = ClockRow { state: file.state.status.code().to_owned(), ..kept.row.clone() };
    stored(tx.save(&row, &file, kept.version, call.stamp()).await?)?;
    tx.audit(call.audit("clock_ended", format!("claim/{}", row.claim_id), &row.clock_id));
    Ok(())
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
            states.insert(clock_id(&state), (state, facts));
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

/// Under what a clock is kept.
pub(crate) fn clock_id(state: &ClockState) -> String {
    format!("{}/{}/{}", state.claim_id, state.kind.code(), state.subject)
}

/// The facts of every claim that is not settled, as known on a day.
pub(crate) fn claims(
    input: &NightInput,
    stands: &Behind,
    date: Date,
    people: &People,
    owners: &HashMap<String, String>,
    mut recorded: HashMap<String, Recorded>,
) -> Vec<ClaimFacts> {
    let employed: HashSet<&str> = people.staff.iter().filter(|staff| staff.is_employed()).map(|staff| staff.staff_id.as_str()).collect();
    let mut heads: HashMap<&str, String> = HashMap::new();
    let mut claims = Vec::new();
    for (number, loan) in input.loans.iter().enumerate() {
        let position = &input.folded[number].position;
        let is_open = matches!(loan.status, LoanStatus::Active | LoanStatus::WrittenOff) && position.principal_outstanding.is_positive();
        if !is_open {
            continue;
        }
        let claim_id = input.loan_ids.get(number).to_owned();
        let customer = input.customer_ids.get(loan.customer as usize).to_owned();
        let branch = input.names.branches.get(loan.branch);
        let officer = loan.officer.map(|officer| input.names.officers.get(officer).to_owned());
        let owner = owners.get(&customer).cloned().or(officer.filter(|officer| employed.contains(officer.as_str())));
        let mut facts = ClaimFacts {
            debtors: vec![customer],
            due_on: input.folded[number].first_due_on.into_iter().filter(|&first| first < loan.matures_on).chain([loan.matures_on]).collect(),
            owner,
            branch_head: heads.entry(branch).or_insert_with(|| head_of(people, branch, date)).clone(),
            guarantees: Vec::new(),
            collateral: Vec::new(),
            preservations: Vec::new(),
            documents: Vec::new(),
            obstacles: Vec::new(),
            acts: Vec::new(),
            claim_id: claim_id.clone(),
        };
        let contract = stands.contracts.get(&claim_id).map(|contract| Secures::Contract(contract.clone()));
        for secures in [Some(Secures::Loan(claim_id.clone())), contract].into_iter().flatten() {
            if let Some((guarantees, collateral)) = stands.behind.get(&secures) {
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
        add(&mut facts, recorded.remove(&claim_id).unwrap_or_default());
        claims.push(facts);
    }
    claims
}

/// What stands behind each loan or contract on a day (担保), read from the lake.
pub(crate) struct Behind {
    /// The contract of each loan.
    contracts: HashMap<String, String>,
    behind: BTreeMap<Secures, (Vec<Guarantee>, Vec<Collateral>)>,
}

impl Behind {
    pub fn on(lake: &Workspace, date: Date) -> Outcome<Behind> {
        let mut behind: BTreeMap<Secures, (Vec<Guarantee>, Vec<Collateral>)> = BTreeMap::new();
        for one in guarantees(lake, date)? {
            let term = one.period_ends_on.map_or(GuaranteeTerm::Silent, GuaranteeTerm::Until);
            let form = one.form.as_deref().and_then(GuaranteeForm::from_code);
            let guarantee = Guarantee { guarantor_id: one.guarantor_id, form, term, maximum_amount: None };
            behind.entry(one.secures).or_default().0.push(guarantee);
        }
        for one in collateral(lake, date)? {
            let security = Collateral {
                collateral_id: one.collateral_id,
                right: CollateralRight::Mortgage,
                insured_until: one.insurance_expires_on,
                registered_until: one.registration_expires_on,
                valued_on: Some(one.valued_on),
            };
            behind.entry(one.secures).or_default().1.push(security);
        }
        Ok(Behind { contracts: lake::securities::contracts(lake, date)?, behind })
    }
}

fn add(facts: &mut ClaimFacts, recorded: Recorded) {
    facts.obstacles.extend(obstacles(&recorded).into_values());
    for (_, RecordedFact { fact, .. }) in recorded {
        match fact {
            ClockFact::Act(act) => facts.acts.push(act),
            ClockFact::Preservation(preservation) => facts.preservations.push(preservation),
            ClockFact::Document(document) => facts.documents.push(document),
            ClockFact::Obstacle(_) | ClockFact::ObstacleEnded { .. } => {}
        }
    }
}

/// Every obstacle by its identity, those that are gone with the day they went.
pub(crate) fn obstacles(recorded: &Recorded) -> BTreeMap<String, Obstacle> {
    let begun = recorded.iter().filter_map(|(id, recorded)| match &recorded.fact {
        ClockFact::Obstacle(obstacle) => Some((id.clone(), obstacle.clone())),
        _ => None,
    });
    let mut obstacles: BTreeMap<String, Obstacle> = begun.collect();
    for (_, recorded) in recorded {
        if let ClockFact::ObstacleEnded { obstacle_id, removed_on } = &recorded.fact
            && let Some(obstacle) = obstacles.get_mut(obstacle_id)
        {
            obstacle.removed_on = Some(*removed_on);
        }
    }
    obstacles
}

/// Who is told while nobody owns a claim: the head of its branch, else of the nearest above.
fn head_of(people: &People, branch_id: &str, date: Date) -> String {
    let branch = people.path(branch_id);
    let heads = people.staff.iter().flat_map(|staff| staff.posts_on(date).map(move |post| (staff, post)));
    let heads = heads.filter(|(_, post)| matches!(post.role, authority::Role::BranchHead | authority::Role::TeamLead));
    let nearest = heads.min_by_key(|(staff, post)| (post.branch.steps_to(&branch), &staff.staff_id));
    nearest.map_or_else(String::new, |(staff, _)| staff.staff_id.clone())
}

