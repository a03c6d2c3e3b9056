//! What came of the work in a period: per person, team or strategy arm, with the balanced score of the pack.

use crate::case::person_target;
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::Outcome;
use authority::UseCase;
use casework::Contact;
use casework::case::{Case, Owner};
use casework::promise::Promise;
use casework::results::{Results, Score, WorkFact, count};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::{CaseRow, ComplaintRow, Cursor, PromiseRow};
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

/// Results of everybody whose results the caller may see. Money is what came in for promises that were decided;
/// costs are counted once they are recorded anywhere.
pub async fn results(desk: &Desk, call: &Call, wanted: &ResultsWanted) -> Outcome<Vec<ResultsView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ResultsView, &person_target(&people, &call.staff_id))?;
    let seen = |staff_id: &&str| desk.may(&people, call, UseCase::ResultsView, &person_target(&people, staff_id)).is_ok();
    let seen: BTreeSet<&str> = people.staff.iter().map(|staff| staff.staff_id.as_str()).filter(seen).collect();
    let found = Found::read(desk, wanted, &seen).await?;
    let cases: BTreeMap<String, Case> =
        desk.store.all::<CaseRow, Case>().await?.into_iter().map(|kept| (kept.row.case_id, kept.body)).collect();
    let complained = found.complained(&cases);
    let facts = found.facts(wanted, &complained);
    let key = |staff_id: &str, case_id: &str| {
        seen.contains(staff_id).then_some(())?;
        match wanted.by {
            ResultsBy::Person => Some(staff_id.to_owned()),
            ResultsBy::Team => team_of(&people, staff_id),
            ResultsBy::Arm => cases.get(case_id).map(|case| case.course.arm.code().to_owned()),
        }
    };
    let target = wanted.target.unwrap_or(Money::ZERO);
    let view = |(key, results): (String, Results)| ResultsView { key, score: desk.rules.cases.score.score(&results, target), results };
    Ok(count(facts, key).into_iter().map(view).collect())
}

fn team_of(people: &People, staff_id: &str) -> Option<String> {
    people.person(staff_id)?.posts.first()?.team_id.clone()
}

/// What the store knows of the period.
struct Found {
    contacts: Vec<Contact>,
    promises: Vec<Promise>,
    /// Who was refused a contact, and in which case.
    refused: Vec<(String, String)>,
    /// In which case, and on which day.
    complaints: Vec<(String, Date)>,
}

impl Found {
    async fn read(desk: &Desk, wanted: &ResultsWanted, seen: &BTreeSet<&str>) -> Outcome<Found> {
        let (from, until) = (Moment::new(wanted.from, 0), Moment::new(wanted.until.next(), 0));
        let mut contacts = Vec::new();
        for staff_id in seen {
            contacts.extend(contacts_of(desk, staff_id, from, until).await?);
        }
        let promises = desk.store.all::<PromiseRow, Promise>().await?.into_iter().map(|kept| kept.body);
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
        let complaints = desk.store.all::<ComplaintRow, serde_json::Value>().await?.into_iter().map(|kept| kept.row);
        let complaints = complaints.filter(|row| row.kind == "complaint" && from <= row.made_at && row.made_at < until);
        Ok(Found {
            contacts,
            promises: promises.collect(),
            refused,
            complaints: complaints.filter_map(|row| Some((row.case_id?, row.made_at.day()))).collect(),
        })
    }

    /// Who had the case when somebody complained.
    fn complained<'a>(&'a self, cases: &'a BTreeMap<String, Case>) -> Vec<(&'a str, &'a str)> {
        let owner = |(case_id, on): &'a (String, Date)| {
            let hands = &cases.get(case_id)?.hand_overs;
            let hand = hands.iter().rfind(|hand_over| hand_over.on <= *on)?;
            match &hand.to {
                Owner::Staff(staff_id) => Some((staff_id.as_str(), case_id.as_str())),
                Owner::Agency(_) => None,
            }
        };
        self.complaints.iter().filter_map(owner).collect()
    }

    fn facts<'a>(&'a self, wanted: &ResultsWanted, complained: &[(&'a str, &'a str)]) -> Vec<WorkFact<'a>> {
        let within = |day: Date| wanted.from <= day && day <= wanted.until;
        let mut facts: Vec<WorkFact> = self.contacts.iter().map(WorkFact::Contact).collect();
        for promise in &self.promises {
            if within(promise.made_on) {
                facts.push(WorkFact::PromiseMade(promise));
            }
            if promise.decided_on.is_some_and(within) {
                let (staff_id, case_id) = (promise.staff_id.as_str(), promise.case_id.as_str());
                facts.push(WorkFact::PromiseDecided(promise));
                facts.push(WorkFact::Recovered { staff_id, case_id, amount: promise.received });
            }
        }
        facts.extend(self.refused.iter().map(|(staff_id, case_id)| WorkFact::ContactRefused { staff_id, case_id }));
        facts.extend(complained.iter().map(|&(staff_id, case_id)| WorkFact::Complaint { staff_id, case_id }));
        facts
    }
}

/// What somebody did in the period; the list runs from the latest back.
async fn contacts_of(desk: &Desk, staff_id: &str, from: Moment, until: Moment) -> Outcome<Vec<Contact>> {
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
