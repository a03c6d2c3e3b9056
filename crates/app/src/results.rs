//! What came of the work in a period: per person, team or strategy arm, with the balanced score of the pack.
//!
//! Money is what the book received while a case was worked, promised or not, counted for who had the case; costs are
//! reckoned at the pack's rates. How both are done, `casework::results` says.

use crate::case::{person_target, target};
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::Outcome;
use authority::{Target, UseCase};
use casework::Contact;
use casework::case::{Case, Standing};
use casework::promise::Promise;
use casework::results::{ArmComparison, LoanReceipt, Recovered, Results, Score, Trials, WorkFact, WorkRules, Worker, count};
use casework::strategy::StrategyArm;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{CaseRow, ComplaintRow, Cursor, Kept, PromiseRow};
use units::{Date, Moment, Money, coded};

coded! {
    /// By what results are told apart (统计口径).
    ResultsBy {
        Person = "person",
        Team = "team",
        /// Champion and challenger (策略分组).
        Arm = "arm",
    }
}

units::serde_by_code!(ResultsBy);

/// A period, both days counted, and how to divide it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ResultsWanted {
    pub from: Date,
    pub until: Date,
    pub by: ResultsBy,
    /// What each was to recover; without one, recovery is not scored.
    #[serde(default)]
    pub target: Option<Money>,
}

/// Results of one person, team or arm, and the score where anything can be measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultsView {
    pub key: String,
    pub results: Results,
    pub score: Option<Score>,
}

/// Results of everybody whose results the caller may see; what agencies recover and cost counts for the arms.
pub async fn results(desk: &Desk, call: &Call, wanted: &ResultsWanted) -> Outcome<Vec<ResultsView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ResultsView, &person_target(&people, &call.staff_id))?;
    let reaches = desk.reaches(&people, call, UseCase::ResultsView)?;
    let sees = |target: Target| reaches.iter().any(|reach| reach.covers(&people.seen_by(call, &target)));
    let seen: BTreeSet<&str> = people.staff.iter().map(|staff| staff.staff_id.as_str()).filter(|staff_id| sees(person_target(&people, staff_id))).collect();
    let reckoned = Reckoned::read(desk, Period { from: wanted.from, until: wanted.until }, call.at.day()).await?;
    let key = |by: Worker, case_id: &str| {
        let case = reckoned.cases.get(case_id);
        let is_seen = match by {
            Worker::Staff(staff_id) => seen.contains(staff_id),
            Worker::Agency(_) => case.is_some_and(|case| sees(target(&case.row))),
        };
        match (wanted.by, by) {
            _ if !is_seen => None,
            (ResultsBy::Person, Worker::Staff(staff_id)) => Some(staff_id.to_owned()),
            (ResultsBy::Team, Worker::Staff(staff_id)) => team_of(&people, staff_id),
            (ResultsBy::Arm, _) => case.map(|case| case.body.course.arm.code().to_owned()),
            (ResultsBy::Person | ResultsBy::Team, Worker::Agency(_)) => None,
        }
    };
    let goal = wanted.target.unwrap_or(Money::ZERO);
    let view = |(key, results): (String, Results)| ResultsView { key, score: desk.rules.cases.score.score(&results, goal), results };
    let seen: Vec<&str> = seen.iter().copied().collect();
    Ok(reckoned.count(desk, &seen, key).await?.into_iter().map(view).collect())
}

/// Champion and challenger beside each other: of the cases worked in the period that the caller may see, how many
/// brought anything. No winner is named from too few.
pub async fn results_arms(desk: &Desk, call: &Call, period: Period) -> Outcome<ArmComparison> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ResultsView, &person_target(&people, &call.staff_id))?;
    let reaches = desk.reaches(&people, call, UseCase::ResultsView)?;
    let is_seen = |case: &CaseRow| reaches.iter().any(|reach| reach.covers(&people.seen_by(call, &target(case))));
    let (cases, receipts) = worked(desk, period, call.at.day()).await?;
    let mut arms: BTreeMap<StrategyArm, Trials> = BTreeMap::new();
    for Kept { body: case, .. } in cases.values().filter(|kept| is_seen(&kept.row) && period.meets(&kept.body)) {
        let arm = arms.entry(case.course.arm).or_default();
        arm.cases += 1;
        arm.recovered += u64::from(receipts.recovered(case, period).any(|recovered| recovered.amount.is_positive()));
    }
    let trials = |arm: StrategyArm| arms.get(&arm).copied().unwrap_or_default();
    Ok(desk.rules.cases.work.comparison.compare(trials(StrategyArm::Champion), trials(StrategyArm::Challenger)))
}

fn team_of(people: &People, staff_id: &str) -> Option<String> {
    people.person(staff_id)?.posts.first()?.team_id.clone()
}

/// Days, both counted (统计期间).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub until: Date,
}

impl Period {
    /// From the first moment until before the second.
    fn moments(self) -> (Moment, Moment) {
        (Moment::new(self.from, 0), Moment::new(self.until.next(), 0))
    }

    fn holds(self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }

    /// Whether a case was open on one of the days.
    fn meets(self, case: &Case) -> bool {
        let is_over = match &case.standing {
            Standing::Open(_) => false,
            Standing::Closed(closing) => closing.on < self.from,
        };
        case.opened_on <= self.until && !is_over
    }
}

type Cases = BTreeMap<String, Kept<CaseRow, Case>>;

/// What the book received for loans that were worked, by loan.
struct Receipts(HashMap<String, Vec<LoanReceipt>>);

/// Every case, and the receipts of those that were open in the period.
async fn worked(desk: &Desk, period: Period, known_on: Date) -> Outcome<(Cases, Receipts)> {
    let cases: Cases = desk.store.all::<CaseRow, Case>().await?.into_iter().map(|kept| (kept.row.case_id.clone(), kept)).collect();
    let met = cases.values().map(|kept| &kept.body).filter(|case| period.meets(case));
    let loans: HashSet<String> = met.flat_map(|case| &case.spans).map(|span| span.loan_id.clone()).collect();
    let mut receipts: HashMap<String, Vec<LoanReceipt>> = HashMap::new();
    if !loans.is_empty() {
        for receipt in lake::receipts::receipts(&desk.open.lake, known_on, &loans)? {
            let one = LoanReceipt { loan_id: receipt.loan_id, received_on: receipt.paid_on, amount: receipt.amount };
            receipts.entry(one.loan_id.clone()).or_default().push(one);
        }
    }
    Ok((cases, Receipts(receipts)))
}

impl Receipts {
    fn recovered<'a>(&'a self, case: &'a Case, period: Period) -> impl Iterator<Item = Recovered<'a>> {
        let loans: BTreeSet<&String> = case.spans.iter().map(|span| &span.loan_id).collect();
        let receipts = loans.into_iter().filter_map(|loan| self.0.get(loan)).flatten();
        case.recovered(receipts).into_iter().filter(move |recovered| period.holds(recovered.received_on))
    }
}

/// What happened in a period, to be counted (业绩核算): one way for the night, the page and the program that asks.
pub(crate) struct Reckoned {
    period: Period,
    cases: Cases,
    receipts: Receipts,
    promises: Vec<Promise>,
    /// Who was refused a contact, and in which case.
    refused: Vec<(String, String)>,
    /// In which case, and on which day.
    complaints: Vec<(String, Date)>,
}

impl Reckoned {
    /// Everything but the contacts, which are the most: they are read person by person when they are counted.
    pub(crate) async fn read(desk: &Desk, period: Period, known_on: Date) -> Outcome<Reckoned> {
        let (from, until) = period.moments();
        let (cases, receipts) = worked(desk, period, known_on).await?;
        let mut refused = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = desk.store.audit_between(from, until, after.as_ref(), PAGE).await?;
            let events = page.rows.into_iter().map(|record| record.event).filter(|event| event.action == "contact_refused");
            refused.extend(events.filter_map(|event| Some((event.actor, event.subject.strip_prefix("case/")?.to_owned()))));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let promises = desk.store.all::<PromiseRow, Promise>().await?.into_iter().map(|kept| kept.body).collect();
        let complaints = desk.store.all::<ComplaintRow, serde_json::Value>().await?.into_iter().map(|kept| kept.row);
        let complaints = complaints.filter(|row| row.kind == "complaint" && from <= row.made_at && row.made_at < until);
        let complaints = complaints.filter_map(|row| Some((row.case_id?, row.made_at.day()))).collect();
        Ok(Reckoned { period, cases, receipts, promises, refused, complaints })
    }

    /// What came of the work of some people, each by themselves.
    pub(crate) async fn by_person(&self, desk: &Desk, staff: &[&str]) -> Outcome<BTreeMap<String, Results>> {
        let known: BTreeSet<&str> = staff.iter().copied().collect();
        let own = |by: Worker, _: &str| match by {
            Worker::Staff(staff_id) => known.contains(staff_id).then(|| staff_id.to_owned()),
            Worker::Agency(_) => None,
        };
        self.count(desk, staff, own).await
    }

    /// Counted under the keys; contacts are those of `staff`.
    async fn count(&self, desk: &Desk, staff: &[&str], key: impl Fn(Worker, &str) -> Option<String>) -> Outcome<BTreeMap<String, Results>> {
        let rules = &desk.rules.cases.work;
        let mut all = count(self.facts().chain(self.money(rules)), &key);
        for staff_id in staff {
            let contacts = contacts_of(desk, staff_id, self.period).await?;
            let made = contacts.iter().flat_map(|contact| {
                let cost = WorkFact::Cost { by: Worker::Staff(&contact.staff_id), case_id: &contact.case_id, amount: rules.contact(contact) };
                [WorkFact::Contact(contact), cost]
            });
            for (key, results) in count(made, &key) {
                *all.entry(key).or_default() += results;
            }
        }
        Ok(all)
    }

    fn facts<'a>(&'a self) -> impl Iterator<Item = WorkFact<'a>> {
        let period = self.period;
        let made = self.promises.iter().filter(move |promise| period.holds(promise.made_on)).map(WorkFact::PromiseMade);
        let decided = self.promises.iter().filter(move |promise| promise.decided_on.is_some_and(|day| period.holds(day)));
        let refused = self.refused.iter().map(|(staff_id, case_id)| WorkFact::ContactRefused { staff_id, case_id });
        let complaint = |(case_id, on): &'a (String, Date)| {
            let case = &self.cases.get(case_id)?.body;
            // Who had the case when its day began; on the day it was opened, whoever has it.
            let owner = case.owner_on(*on).or(case.hand_overs.first().map(|hand_over| &hand_over.to))?;
            Some(WorkFact::Complaint { by: owner.into(), case_id })
        };
        let complaints = self.complaints.iter().filter_map(complaint);
        made.chain(decided.map(WorkFact::PromiseDecided)).chain(refused).chain(complaints)
    }

    /// What came in, with what is owed for it.
    fn money<'a>(&'a self, rules: &'a WorkRules) -> impl Iterator<Item = WorkFact<'a>> {
        self.cases.values().map(|kept| &kept.body).flat_map(move |case| {
            self.receipts.recovered(case, self.period).flat_map(move |Recovered { owner, amount, .. }: Recovered<'a>| {
                let (by, case_id): (Worker<'a>, &'a str) = (owner.into(), &case.case_id);
                let commission = rules.commission(owner, amount);
                [WorkFact::Recovered { by, case_id, amount }, WorkFact::Cost { by, case_id, amount: commission }]
            })
        })
    }
}

/// What somebody did in the period; the list runs from the latest back.
async fn contacts_of(desk: &Desk, staff_id: &str, period: Period) -> Outcome<Vec<Contact>> {
    let (from, until) = period.moments();
    let mut contacts = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = desk.store.contact_of_staff::<crate::contact::ContactRecord>(staff_id, after.as_ref(), PAGE).await?;
        let is_over = page.rows.last().is_none_or(|kept| kept.row.contact_at < from);
        let within = page.rows.into_iter().map(|kept| kept.body.contact).filter(|contact| from <= contact.at && contact.at < until);
        contacts.extend(within);
        after = page.next;
        if is_over || after.is_none() {
            return Ok(contacts);
        }
    }
}
