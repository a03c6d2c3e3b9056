//! After a night: cases are opened, given out, ranked and closed; promises decided; clocks watched.
//!
//! Read everything, plan in the rule rooms, apply in chunks. A chunk is a shard of customers under the
//! key (business date, step, shard): it stands whole or not at all, so a killed apply goes on where it was, and a
//! night that ran before changes nothing.

use crate::contact::ContactRecord;
use crate::dayend_run::NightRun;
use crate::desk::{Call, Desk, People, stored, stored_all, stored_path};
use crate::failure::{Outcome, refused};
use crate::person::{PersonFile, people_of};
use anyhow::anyhow;
use authority::Role;
use casework::agency::{Agency, Placement};
use casework::assignment::StaffMember;
use casework::case::{Case, CaseEvent, DebtorPlace, Owner};
use casework::hardship::HardshipPlan;
use casework::night::{CaseException, CaseInput, CasePlan, LoanInput, Night, plan};
use casework::promise::{Promise, PromiseStatus, Receipt};
use casework::strategy::DebtorType;
use casework::Direction;
use grading::{CustomerClass, Recoverability};
use loan::LoanStatus;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{AgencyRow, CaseRow, Change, Chunk, ChunkKey, HardshipRow, Kept, PlacementRow, PromiseRow, Stamp, Tx};
use units::{Date, Moment, Money};

/// What a night did to the desk (清收夜间结果).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseNight {
    pub opened: u64,
    pub updated: u64,
    pub closed: u64,
    pub promises_decided: u64,
    pub clock_signals: u64,
    pub exceptions: Vec<CaseException>,
    /// Chunks an earlier run had applied.
    pub chunks_before: u64,
}

/// Customers are applied in so many transactions, and so are their clocks.
pub const SHARDS: u64 = 32;

/// Customers taken in by one transaction: nobody else writes meanwhile, and whoever is there is left as is.
const PEOPLE_AT_ONCE: usize = 200;

/// Who acts at night.
pub const NIGHT: &str = "night";

/// What became of a night at the desk (清收落账结果).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    Done(CaseNight),
    /// Nobody who takes cases works here yet: no case would have an owner.
    NobodyWorks,
    /// A later night was applied: what this one knows of the cases is older than what they know themselves.
    LaterNight { date: Date },
}

/// Applies a night to the desk.
pub async fn case_night(desk: &Desk, run: &NightRun) -> Outcome<Applied> {
    let date = run.plan.business_date;
    if let Some(later) = desk.store.night_last().await?.filter(|&later| later > date) {
        return Ok(Applied::LaterNight { date: later });
    }
    let at = Moment::new(date, 86_399);
    desk.forget_people();
    let people = desk.people(at).await?;
    let staff: Vec<StaffMember> = people.employees.iter().filter_map(|employee| employee.member(date)).collect();
    if staff.is_empty() {
        return Ok(Applied::NobodyWorks);
    }
    let Some(lead) = lead(&people, date) else { return refused("E-CW-01", &[]) };
    crate::approval::night(desk, &people, at).await?;
    let known = Known::read(desk).await?;
    let clocks = crate::clock::night(desk, run, &people, &known.owners(), at).await?;
    let worked = worked(run, &known);
    let customers: Vec<&str> = worked.keys().map(|&customer| run.input.customer_ids.get(customer as usize)).collect();
    let inputs = inputs(desk, run, &known, &worked, &clocks.nearest).await?;
    let cases = cases(desk, &known, &customers).await?;
    let promises: Vec<Promise> = known.promises.values().map(|kept| kept.body.clone()).collect();
    let rules = &desk.rules.cases;
    let night = Night {
        business_date: date,
        inputs: &inputs,
        cases: &cases,
        promises: &promises,
        staff: &staff,
        lead_id: &lead,
        calendar: &desk.rules.calendar,
        rules,
    };
    let plan = plan(&night);
    let mut done = CaseNight {
        opened: plan.opened.len() as u64,
        updated: plan.updated.len() as u64,
        closed: plan.closed.len() as u64,
        promises_decided: plan.promises.len() as u64,
        clock_signals: clocks.signals,
        exceptions: plan.exceptions.clone(),
        chunks_before: clocks.chunks_before,
    };
    take_in_people(desk, &plan, date, at).await?;
    for (shard, changes) in (0i64..).zip(Changes::of(&plan)) {
        let key = ChunkKey { business_date: date, step: "cases".to_owned(), shard };
        match desk.store.chunk_begin(&key, at).await? {
            Chunk::AlreadyApplied => done.chunks_before += 1,
            Chunk::Open(tx) => apply(tx, &changes, &known, &people, at).await?,
        }
    }
    crate::month::month_night(desk, &people, at).await?;
    Ok(Applied::Done(done))
}

/// The lead of the desk: the first by branch level, then identity, among branch heads and team leads.
fn lead(people: &People, date: Date) -> Option<String> {
    let leads = people.staff.iter().flat_map(|staff| staff.posts_on(date).map(move |post| (staff, post)));
    let leads = leads.filter(|(_, post)| matches!(post.role, Role::BranchHead | Role::TeamLead));
    leads.max_by_key(|(staff, post)| (post.level, std::cmp::Reverse(&staff.staff_id))).map(|(staff, _)| staff.staff_id.clone())
}

/// Stable for ever: a customer's chunk is the same in every run of a night.
pub fn shard_of(customer_id: &str) -> u64 {
    customer_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) % SHARDS
}

/// What the store holds of open cases and their business before the night.
struct Known {
    /// The open ones, by identity.
    cases: BTreeMap<String, Kept<CaseRow, Case>>,
    promises: BTreeMap<String, Kept<PromiseRow, Promise>>,
    hardship: HashMap<String, HardshipPlan>,
    agencies: HashMap<String, Agency>,
    placements: HashMap<String, Placement>,
}

impl Known {
    async fn read(desk: &Desk) -> Outcome<Known> {
        let store = &desk.store;
        let cases = store.case_all_open::<Case>().await?.into_iter().map(|kept| (kept.row.case_id.clone(), kept)).collect();
        let promises = store.all::<PromiseRow, Promise>().await?;
        let mut hardship: HashMap<String, HardshipPlan> = HashMap::new();
        for kept in store.all::<HardshipRow, HardshipPlan>().await? {
            let last = hardship.entry(kept.body.customer_id.clone()).or_insert_with(|| kept.body.clone());
            if last.signed_on < kept.body.signed_on {
                *last = kept.body;
            }
        }
        let placements = store.all::<PlacementRow, Placement>().await?.into_iter().filter(|kept| kept.row.recalled_on.is_none());
        Ok(Known {
            cases,
            promises: promises.into_iter().map(|kept| (kept.row.promise_id.clone(), kept)).collect(),
            hardship,
            agencies: store.all::<AgencyRow, Agency>().await?.into_iter().map(|kept| (kept.row.agency_id, kept.body)).collect(),
            placements: placements.map(|kept| (kept.row.case_id.clone(), kept.body)).collect(),
        })
    }

    fn open(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().map(|kept| &kept.body)
    }

    /// Who works each customer's open case.
    fn owners(&self) -> HashMap<String, String> {
        let owner = |case: &Case| match case.owner() {
            Some(Owner::Staff(staff_id)) => Some((case.customer_id.clone(), staff_id.clone())),
            _ => None,
        };
        self.open().filter_map(owner).collect()
    }

    fn open_promises(&self) -> impl Iterator<Item = &Promise> {
        self.promises.values().map(|kept| &kept.body).filter(|promise| promise.status == PromiseStatus::Open)
    }
}

/// Everybody with something past due or non-performing, an open case or an open promise, with their loans.
fn worked(run: &NightRun, known: &Known) -> BTreeMap<u32, Vec<usize>> {
    let (input, plan) = (&run.input, &run.plan);
    let mut worked: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (number, loan) in input.loans.iter().enumerate() {
        let (position, state) = (&input.folded[number].position, &plan.loan_states[number]);
        let is_worked = match loan.status {
            LoanStatus::Active => position.days_past_due > 0 || state.decision.in_force.is_non_performing(),
            LoanStatus::WrittenOff => position.principal_outstanding.is_positive(),
            _ => false,
        };
        if is_worked {
            worked.entry(loan.customer).or_default();
        }
    }
    let numbers: HashMap<&str, u32> = (0u32..).zip(input.customer_ids.iter()).map(|(number, id)| (id, number)).collect();
    let kept = known.open().map(|case| &case.customer_id).chain(known.open_promises().map(|promise| &promise.customer_id));
    worked.extend(kept.filter_map(|customer| numbers.get(customer.as_str())).map(|&customer| (customer, Vec::new())));
    for (number, loan) in input.loans.iter().enumerate() {
        if let Some(loans) = worked.get_mut(&loan.customer) {
            loans.push(number);
        }
    }
    worked
}

/// The cases of these customers: the open ones, and of who has none, the closed ones.
async fn cases(desk: &Desk, known: &Known, customers: &[&str]) -> Outcome<Vec<Case>> {
    let wanted: HashSet<&str> = customers.iter().copied().collect();
    let open: Vec<&Case> = known.open().filter(|case| wanted.contains(case.customer_id.as_str())).collect();
    let has_open: HashSet<&str> = open.iter().map(|case| case.customer_id.as_str()).collect();
    let without: Vec<&str> = customers.iter().copied().filter(|customer| !has_open.contains(customer)).collect();
    let closed = desk.store.case_closed_of::<Case>(&without).await?;
    Ok(open.into_iter().cloned().chain(closed.into_iter().map(|kept| kept.body)).collect())
}

/// What a night plans from, of each of these customers.
async fn inputs(
    desk: &Desk,
    run: &NightRun,
    known: &Known,
    worked: &BTreeMap<u32, Vec<usize>>,
    deadlines: &HashMap<String, Date>,
) -> Outcome<Vec<CaseInput>> {
    let (input, plan) = (&run.input, &run.plan);
    let date = plan.business_date;
    let receipts = receipts(desk, run, known, worked, date)?;
    let customers: Vec<&str> = worked.keys().map(|&customer| input.customer_ids.get(customer as usize)).collect();
    let contacted = contacted(desk, &customers, date).await?;
    let persons = desk.store.person_debtors::<PersonFile>(&customers).await?;
    let persons: HashMap<String, PersonFile> = persons.into_iter().map(|kept| (kept.row.person_id, kept.body)).collect();
    let cases: HashMap<&str, &Case> = known.open().map(|case| (case.customer_id.as_str(), case)).collect();
    let mut inputs = Vec::with_capacity(worked.len());
    for (&customer, loans) in worked {
        let id = input.customer_ids.get(customer as usize);
        let contacted = contacted.get(id).copied().unwrap_or_default();
        let case = cases.get(id).copied();
        let placement = case.and_then(|case| known.placements.get(&case.case_id));
        let recall = case.zip(placement).and_then(|(case, placement)| {
            let agency = known.agencies.get(&placement.agency_id)?;
            desk.rules.cases.agency.recall(placement, agency, case, contacted.outbound_on, date)
        });
        let person = persons.get(id);
        let states = loans.iter().map(|&loan| &plan.loan_states[loan]);
        inputs.push(CaseInput {
            customer_id: id.to_owned(),
            place: place(run, customer, loans, person),
            class: plan.customer_states[customer as usize].class.unwrap_or(CustomerClass::D),
            debtor_type: person.map_or(DebtorType::Unknown, |person| person.debtor_type),
            recoverability: states.filter_map(|state| state.recoverability).max().unwrap_or(Recoverability::Likely),
            loans: loans.iter().map(|&loan| loan_input(run, loan)).collect(),
            receipts: receipts.get(id).cloned().unwrap_or_default(),
            last_contact_on: contacted.outbound_on,
            last_right_party_on: contacted.right_party_on,
            nearest_deadline_on: deadlines.get(id).copied(),
            hardship: known.hardship.get(id).cloned(),
            recall,
        });
    }
    Ok(inputs)
}

fn place(run: &NightRun, customer: u32, loans: &[usize], person: Option<&PersonFile>) -> DebtorPlace {
    let names = &run.input.names;
    let branch = loans.first().map(|&loan| names.branches.get(run.input.loans[loan].branch));
    let region = run.input.customers[customer as usize].region.map(|region| names.regions.get(region));
    DebtorPlace {
        branch_id: branch.unwrap_or_default().to_owned(),
        region: region.unwrap_or_default().to_owned(),
        language: person.map_or_else(|| "zh".to_owned(), |person| person.language.clone()),
    }
}

fn loan_input(run: &NightRun, number: usize) -> LoanInput {
    let (loan, folded, state) = (&run.input.loans[number], &run.input.folded[number], &run.plan.loan_states[number]);
    let position = &folded.position;
    // Only whether the first instalment was met is asked.
    let first_is_unpaid = position.oldest_unpaid_due_on.is_some() && position.oldest_unpaid_due_on == folded.first_due_on;
    LoanInput {
        loan_id: run.input.loan_ids.get(number).to_owned(),
        bucket: state.bucket,
        grade: state.decision.in_force,
        status: loan.status,
        days_past_due: position.days_past_due,
        amount_past_due: position.amount_past_due(),
        outstanding: position.principal_outstanding,
        instalments_met: u32::from(!first_is_unpaid),
    }
}

/// Money of the customers who promised something or have a plan, since it began.
fn receipts(
    desk: &Desk,
    run: &NightRun,
    known: &Known,
    loans: &BTreeMap<u32, Vec<usize>>,
    date: Date,
) -> Outcome<HashMap<String, Vec<Receipt>>> {
    let mut since: HashMap<&str, Date> = HashMap::new();
    for promise in known.open_promises() {
        let first = since.entry(&promise.customer_id).or_insert(promise.made_on);
        *first = promise.made_on.min(*first);
    }
    for plan in known.hardship.values() {
        let first = since.entry(&plan.customer_id).or_insert(plan.signed_on);
        *first = plan.signed_on.min(*first);
    }
    let mut customer_of: HashMap<String, &str> = HashMap::new();
    for (&customer, loans) in loans {
        let id = run.input.customer_ids.get(customer as usize);
        if since.contains_key(id) {
            customer_of.extend(loans.iter().map(|&loan| (run.input.loan_ids.get(loan).to_owned(), id)));
        }
    }
    let mut receipts: HashMap<String, Vec<Receipt>> = HashMap::new();
    if customer_of.is_empty() {
        return Ok(receipts);
    }
    let wanted: HashSet<String> = customer_of.keys().cloned().collect();
    for receipt in lake::receipts::receipts(&desk.open.lake, date, &wanted)? {
        let customer = customer_of[&receipt.loan_id];
        if since[customer] <= receipt.paid_on && receipt.paid_on <= date {
            let one = Receipt { received_on: receipt.paid_on, amount: receipt.amount };
            receipts.entry(customer.to_owned()).or_default().push(one);
        }
    }
    Ok(receipts)
}

/// When a debtor was last contacted by the lender's side, and last spoken to (最近联系).
#[derive(Clone, Copy, Debug, Default)]
struct Contacted {
    outbound_on: Option<Date>,
    right_party_on: Option<Date>,
}

/// Debtors whose contacts are in memory at once: of a large desk the three months are millions.
const DEBTORS_AT_ONCE: usize = 2_000;

/// Of the last three months, by customer.
async fn contacted(desk: &Desk, customers: &[&str], date: Date) -> Outcome<HashMap<String, Contacted>> {
    let (from, until) = (Moment::new(date.add_months(-3), 0), Moment::new(date.next(), 0));
    let mut contacted: HashMap<String, Contacted> = HashMap::new();
    for customers in customers.chunks(DEBTORS_AT_ONCE) {
        for kept in desk.store.contact_histories::<ContactRecord>(customers, from, until).await? {
            let contact = kept.body.contact;
            let day = Some(contact.at.day());
            let last = contacted.entry(contact.customer_id).or_default();
            if contact.direction == Direction::Outbound {
                last.outbound_on = last.outbound_on.max(day);
            }
            if contact.result.is_right_party() && contact.relation.is_liable() {
                last.right_party_on = last.right_party_on.max(day);
            }
        }
    }
    Ok(contacted)
}

/// The people behind newly opened cases come into the store, sealed.
async fn take_in_people(desk: &Desk, plan: &CasePlan, date: Date, at: Moment) -> Outcome<()> {
    let customers: HashSet<String> = plan.opened.iter().map(|case| case.customer_id.clone()).collect();
    if customers.is_empty() {
        return Ok(());
    }
    for people in lake::people::people(&desk.open.lake, date, &customers)?.chunks(PEOPLE_AT_ONCE) {
        let tx = desk.store.begin().await?;
        people_of(&tx, people, Stamp { by: NIGHT, at }).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What a plan changes for one shard of the customers.
#[derive(Default)]
struct Changes<'a> {
    cases: Vec<&'a Case>,
    events: HashMap<&'a str, Vec<&'a CaseEvent>>,
    promises: Vec<&'a Promise>,
}

impl<'a> Changes<'a> {
    /// By shard.
    fn of(plan: &'a CasePlan) -> Vec<Changes<'a>> {
        let mut shards: Vec<Changes> = (0..SHARDS).map(|_| Changes::default()).collect();
        let mut shard_of_case: HashMap<&str, usize> = HashMap::new();
        for case in plan.opened.iter().chain(&plan.updated).chain(&plan.closed) {
            let shard = shard_of(&case.customer_id) as usize;
            shard_of_case.insert(&case.case_id, shard);
            shards[shard].cases.push(case);
        }
        for (case_id, event) in &plan.events {
            shards[shard_of_case[case_id.as_str()]].events.entry(case_id).or_default().push(event);
        }
        for promise in &plan.promises {
            shards[shard_of(&promise.customer_id) as usize].promises.push(promise);
        }
        shards
    }
}

/// One shard of the plan.
async fn apply(mut tx: Tx, changes: &Changes<'_>, known: &Known, people: &People, at: Moment) -> Outcome<()> {
    let stamp = Stamp { by: NIGHT, at };
    let call = Call { staff_id: NIGHT.to_owned(), only: None, at, key: None };
    let before = |case: &Case| known.cases.get(&case.case_id);
    let cases: Vec<(&Case, i64)> = changes.cases.iter().map(|&case| (case, before(case).map_or(0, |kept| kept.version))).collect();
    save_cases(&tx, &cases, people, stamp).await?;
    let moved = changes.cases.iter().filter(|case| before(case).is_some_and(|before| before.body.loans != case.loans));
    set_loans(&tx, moved.copied()).await?;
    for case in &changes.cases {
        for event in changes.events.get(case.case_id.as_str()).into_iter().flatten() {
            let (topic, payload) = event_of(event);
            tx.publish(call.event(topic, format!("case/{}", case.case_id), payload));
            tx.audit(call.audit(topic, format!("case/{}", case.case_id), &desk_reason(event)));
        }
        if case.hardship_plan.is_none() && let Some(before) = before(case) && let Some(ended) = &before.body.hardship_plan {
            tx.audit(call.audit("hardship_plan_ended", format!("hardship/{ended}"), ""));
        }
        if let Some(placement) = known.placements.get(&case.case_id)
            && !matches!(case.owner(), Some(Owner::Agency(_)))
        {
            recall(&tx, placement, at).await?;
        }
    }
    let decisions = changes.promises.iter().map(|&promise| {
        let kept = &known.promises[&promise.promise_id];
        let row = PromiseRow { state: promise.status.code().to_owned(), settled_on: promise.decided_on, ..kept.row.clone() };
        Change { row, body: promise, over: kept.version }
    });
    stored_all(tx.save_all(&decisions.collect::<Vec<_>>(), stamp).await?)?;
    for promise in &changes.promises {
        let payload = json!({ "status": promise.status, "received": promise.received, "case_id": promise.case_id });
        tx.publish(call.event(topic_of(promise.status), format!("promise/{}", promise.promise_id), payload));
    }
    Ok(tx.commit().await?)
}

async fn recall(tx: &Tx, placement: &Placement, at: Moment) -> Outcome<()> {
    let kept: Kept<PlacementRow, Placement> = tx.load(&placement.placement_id).await?.ok_or_else(|| anyhow!("a placement is gone"))?;
    let row = PlacementRow { recalled_on: Some(at.day()), ..kept.row };
    stored(tx.save(&row, &kept.body, kept.version, Stamp { by: NIGHT, at }).await?)?;
    Ok(())
}

/// Writes a case with the columns it is asked by, and of a new one its loans.
pub async fn save_case(tx: &Tx, case: &Case, over: i64, people: &People, stamp: Stamp<'_>) -> Outcome<()> {
    save_cases(tx, &[(case, over)], people, stamp).await
}

async fn save_cases(tx: &Tx, cases: &[(&Case, i64)], people: &People, stamp: Stamp<'_>) -> Outcome<()> {
    let changes: Vec<Change<CaseRow, Case>> = cases.iter().map(|&(case, over)| Change { row: row_of(case, people), body: case, over }).collect();
    stored_all(tx.save_all(&changes, stamp).await?)?;
    set_loans(tx, cases.iter().filter(|(_, over)| *over == 0).map(|(case, _)| *case)).await
}

fn row_of(case: &Case, people: &People) -> CaseRow {
    let (owner_id, agency_id) = match case.owner() {
        Some(Owner::Staff(staff_id)) => (staff_id.clone(), None),
        Some(Owner::Agency(agency_id)) => (String::new(), Some(agency_id.clone())),
        None => (String::new(), None),
    };
    let team_id = people.person(&owner_id).and_then(|staff| staff.posts.first()).and_then(|post| post.team_id.clone());
    let closed_on = match &case.standing {
        casework::case::Standing::Closed(closing) => Some(closing.on),
        casework::case::Standing::Open(_) => None,
    };
    CaseRow {
        case_id: case.case_id.clone(),
        customer_id: case.customer_id.clone(),
        branch_id: case.place.branch_id.clone(),
        branch_path: stored_path(&people.path(&case.place.branch_id)),
        owner_id,
        team_id,
        agency_id,
        state: if closed_on.is_some() { "closed" } else { "open" }.to_owned(),
        rank: -case.priority.points,
        next_on: case.work().map(|work| work.next_action.due_on),
        closed_on,
    }
}

/// Only the night moves loans into cases and out of them.
async fn set_loans(tx: &Tx, cases: impl Iterator<Item = &Case>) -> Outcome<()> {
    let cases: Vec<(&str, &[String])> = cases.map(|case| (case.case_id.as_str(), case.loans.as_slice())).collect();
    Ok(tx.case_loans_set(&cases).await?)
}

fn topic_of(status: PromiseStatus) -> &'static str {
    match status {
        PromiseStatus::Open => "promise.made",
        PromiseStatus::Kept => "promise.kept",
        PromiseStatus::PartlyKept => "promise.partly_kept",
        PromiseStatus::Broken => "promise.broken",
    }
}

/// An event as others are told of it.
pub fn event_of(event: &CaseEvent) -> (&'static str, serde_json::Value) {
    let topic = match event {
        CaseEvent::Opened { .. } => "case.opened",
        CaseEvent::HandedOver(_) => "case.handed_over",
        CaseEvent::Escalated { .. } => "case.escalated",
        CaseEvent::Closed(_) => "case.closed",
        _ => "case.changed",
    };
    (topic, json!(event))
}

fn desk_reason(event: &CaseEvent) -> String {
    match event {
        CaseEvent::Opened { because } => because.code().to_owned(),
        CaseEvent::HandedOver(hand_over) => hand_over.because.code().to_owned(),
        CaseEvent::Closed(closing) => closing.because.code().to_owned(),
        CaseEvent::Escalated { hand } => hand.to_string(),
        _ => String::new(),
    }
}

/// What a customer owes in all, as the last night knew it.
pub fn owed(case: &Case) -> Money {
    case.facts.outstanding.max(case.facts.amount_past_due)
}
