//! What every use case of casework begins with: who calls, whether they may, one transaction.
//!
//! ```text
//! let people = desk.people(call.at).await?;
//! let grant = desk.may(&people, &call, UseCase::PromiseRecord, &target)?;
//! let mut tx = match desk.begin(&call, "promise_record", &command).await? { Begun::Again(done) => return Ok(done), Begun::First(tx) => tx };
//! …read, decide in a rule room, write…
//! desk.commit(tx, &call, "promise_record", done).await
//! ```

use crate::failure::{Failure, Outcome, Refusal, refused};
use crate::staff::Employee;
use crate::workspace::Open;
use anyhow::anyhow;
use authority::{Actor, AuthorityRules, BranchPath, Delegation, Grant, Institution, Reach, Staff, Target, UseCase};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, RwLock};
use store::{AuditEvent, BranchRow, DelegationRow, Kept, Once, OutboxEvent, Page, Row, Saved, StaffRow, Stamp, Store, Tx};
use units::{Date, Moment};

/// Who calls (调用方): a person, by a session or by a token for programs.
#[derive(Clone, Debug)]
pub struct Call {
    pub staff_id: String,
    /// What a token may be used for; `None`: whatever the person may.
    pub only: Option<Vec<UseCase>>,
    /// Now, on the institution's clock.
    pub at: Moment,
    /// Under which the command is carried out once.
    pub key: Option<String>,
}

impl Call {
    /// Whether a token, if there is one, is for this.
    pub(crate) fn is_for(&self, use_case: UseCase) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&use_case))
    }
}

/// The desk of an institution (作业台): its store, its rules, its people.
pub struct Desk {
    pub open: Open,
    pub store: Store,
    pub rules: crate::casework_rules::CaseworkRules,
    /// The book of the last night, for pages.
    pub books: crate::book::Books,
    people: RwLock<Option<(Moment, Arc<People>)>>,
}

/// Everybody at work, and the tree they stand in (机构与人员), as of a moment ago.
#[derive(Debug, Default)]
pub struct People {
    pub employees: Vec<Employee>,
    /// The same people as rights are asked of, in the order of their numbers.
    pub staff: Vec<Staff>,
    pub delegations: Vec<Delegation>,
    /// Who is on leave.
    pub away: Vec<String>,
    pub branches: BTreeMap<String, BranchPath>,
    branch_names: BTreeMap<String, String>,
}

/// What was changed by another program is seen after so many seconds.
const PEOPLE_SECONDS: i64 = 5;

/// Rows of a list read at a time.
pub const PAGE: u32 = 500;

/// A command heard for the first time, or its answer of then.
pub enum Begun<T> {
    First(Tx),
    Again(T),
}

impl Desk {
    pub fn new(open: Open, store: Store, rules: crate::casework_rules::CaseworkRules) -> Desk {
        Desk { open, store, rules, books: crate::book::Books::default(), people: RwLock::new(None) }
    }

    /// The people of the institution.
    pub async fn people(&self, at: Moment) -> Outcome<Arc<People>> {
        if let Some((read_at, people)) = self.people.read().expect("nobody panics holding it").as_ref()
            && (0..PEOPLE_SECONDS).contains(&at.seconds_since(*read_at))
        {
            return Ok(people.clone());
        }
        let people = Arc::new(self.read_people().await?);
        *self.people.write().expect("nobody panics holding it") = Some((at, people.clone()));
        Ok(people)
    }

    /// People were changed here: read them again.
    pub fn forget_people(&self) {
        *self.people.write().expect("nobody panics holding it") = None;
    }

    async fn read_people(&self) -> Outcome<People> {
        let mut people = People::default();
        let mut after = None;
        loop {
            let page: Page<Kept<BranchRow, authority::Branch>> = self.store.branch_subtree("/", after.as_ref(), PAGE).await?;
            for kept in page.rows {
                people.branches.insert(kept.row.branch_id.clone(), path_of(&kept.row.path));
                people.branch_names.insert(kept.row.branch_id, kept.body.name);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        people.employees = self.store.all::<StaffRow, Employee>().await?.into_iter().map(|kept| kept.body).collect();
        people.employees.sort_by(|one, other| one.staff.staff_id.cmp(&other.staff.staff_id));
        people.staff = people.employees.iter().map(|employee| employee.staff.clone()).collect();
        let is_away = |employee: &&Employee| employee.work.as_ref().is_some_and(|work| work.away);
        people.away = people.employees.iter().filter(is_away).map(|employee| employee.staff.staff_id.clone()).collect();
        people.delegations = self.store.all::<DelegationRow, Delegation>().await?.into_iter().map(|kept| kept.body).collect();
        Ok(people)
    }

    /// Whether the caller may do this to that; the ground is kept with the audit event.
    pub fn may(&self, people: &People, call: &Call, use_case: UseCase, target: &Target) -> Outcome<Grant> {
        let institution = people.institution(&self.rules.authority, call.at.day());
        let actor = people.actor(&institution, call)?;
        if !call.is_for(use_case) {
            return refused("E-AP-05", &[("use_case", &format!("use_case.{}", use_case.code()))]);
        }
        let target = people.seen_by(call, target);
        institution.may(&actor, use_case, &target).map_err(|no| refusal(no.code(), no.facts()))
    }

    /// The same for what is left out of a page without a word.
    pub fn allows(&self, people: &People, call: &Call, use_case: UseCase, target: &Target) -> bool {
        let institution = people.institution(&self.rules.authority, call.at.day());
        let actor = people.actor(&institution, call);
        call.is_for(use_case) && actor.is_ok_and(|actor| institution.allows(&actor, use_case, &people.seen_by(call, target)))
    }

    /// Everywhere the caller may do something, for lists; refused when nowhere.
    pub fn reaches(&self, people: &People, call: &Call, use_case: UseCase) -> Outcome<Vec<Reach>> {
        let institution = people.institution(&self.rules.authority, call.at.day());
        let reaches = institution.reaches(&people.actor(&institution, call)?, use_case);
        if reaches.is_empty() || !call.is_for(use_case) {
            self.may(people, call, use_case, &Target::default())?;
        }
        Ok(reaches)
    }

    /// Begins a command; under a key that was heard before, its first answer.
    pub async fn begin<T: DeserializeOwned>(&self, call: &Call, what: &str, input: &impl Serialize) -> Outcome<Begun<T>> {
        let tx = self.store.begin().await?;
        let Some(key) = &call.key else { return Ok(Begun::First(tx)) };
        let digest = store::audit::state_digest(&(what, input))?;
        match tx.once(key, &digest, call.stamp()).await? {
            Once::First => Ok(Begun::First(tx)),
            Once::Again(done) => Ok(Begun::Again(done)),
            Once::OtherInput => refused("E-AP-03", &[("key", key)]),
        }
    }

    /// Makes a command stand, with its answer for whoever asks again.
    pub async fn commit<T: Serialize>(&self, tx: Tx, call: &Call, done: T) -> Outcome<T> {
        if let Some(key) = &call.key {
            tx.once_result(key, &done, call.stamp()).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// The kept thing of this identity, or a refusal that names it.
    pub async fn load<R: Row, T: DeserializeOwned>(&self, reads: &store::Reads, what: &'static str, id: &str) -> Outcome<Kept<R, T>> {
        match reads.load::<R, T>(id).await? {
            Some(kept) => Ok(kept),
            None => refused("E-AP-01", &[("what", &what), ("id", &id)]),
        }
    }
}

impl People {
    pub fn institution<'a>(&'a self, rules: &'a AuthorityRules, today: Date) -> Institution<'a> {
        Institution { rules, staff: &self.staff, delegations: &self.delegations, away: &self.away, today }
    }

    pub fn actor<'a>(&'a self, institution: &Institution<'a>, call: &Call) -> Outcome<Actor<'a>> {
        institution.actor(&call.staff_id).map_err(|no| refusal(no.code(), no.facts()))
    }

    /// A case in an agency's hands is owned by nobody of the lender's: to people of the agency it is their own.
    pub fn seen_by(&self, call: &Call, target: &Target) -> Target {
        let agency = self.person(&call.staff_id).and_then(|staff| staff.agency_id.as_ref());
        let is_theirs = agency.is_some() && target.agency.as_ref() == agency && target.owner.is_none();
        Target { owner: if is_theirs { Some(call.staff_id.clone()) } else { target.owner.clone() }, ..target.clone() }
    }

    pub fn person(&self, staff_id: &str) -> Option<&Staff> {
        let place = self.staff.binary_search_by(|staff| staff.staff_id.as_str().cmp(staff_id));
        place.ok().map(|place| &self.staff[place])
    }

    /// Name and number, as pages tell of people; the number alone of somebody nobody knows.
    pub fn called(&self, staff_id: &str) -> String {
        self.person(staff_id).map_or_else(|| staff_id.to_owned(), |staff| format!("{} {staff_id}", staff.name))
    }

    /// Name and number of a branch, as pages tell of it; the number alone of one without a name.
    pub fn branch_called(&self, branch_id: &str) -> String {
        let name = self.branch_names.get(branch_id).filter(|name| name.as_str() != branch_id);
        name.map_or_else(|| branch_id.to_owned(), |name| format!("{name} {branch_id}"))
    }

    /// Where a branch stands in the tree; the institution itself for one nobody knows.
    pub fn path(&self, branch_id: &str) -> BranchPath {
        self.branches.get(branch_id).cloned().unwrap_or_default()
    }
}

/// The store ends every branch with a separator, the rules stand between two.
pub fn path_of(stored: &str) -> BranchPath {
    BranchPath::from_stored(stored.trim_matches('/'))
}

/// The same on its way into the store.
pub fn stored_path(path: &BranchPath) -> String {
    if path.is_institution() { "/".to_owned() } else { format!("/{}/", path.as_str()) }
}

impl Call {
    pub fn stamp(&self) -> Stamp<'_> {
        Stamp { by: &self.staff_id, at: self.at }
    }

    /// What was done, for the audit trail.
    pub fn audit(&self, action: &str, subject: String, why: impl Display) -> AuditEvent {
        AuditEvent {
            happened_at: self.at,
            actor: self.staff_id.clone(),
            action: action.to_owned(),
            subject,
            why: why.to_string(),
            before_digest: None,
            after_digest: None,
        }
    }

    /// What happened, for whoever listens.
    pub fn event(&self, topic: &str, subject: String, payload: serde_json::Value) -> OutboxEvent {
        OutboxEvent { happened_at: self.at, topic: topic.to_owned(), subject, payload }
    }
}

/// A change that stands, or who was faster.
pub fn stored(saved: Saved) -> Outcome<i64> {
    match saved {
        Saved::Stored { version } => Ok(version),
        Saved::Conflict(conflict) => refused("E-AP-02", &[
            ("version", &conflict.version),
            ("changed_by", &conflict.changed_by),
            ("changed_at", &conflict.changed_at),
            ("fields", &conflict.fields.join(", ")),
        ]),
    }
}

/// The same of many, none of which may have met somebody else's change.
pub(crate) fn stored_all(saved: Vec<Saved>) -> Outcome<()> {
    saved.into_iter().try_for_each(|saved| stored(saved).map(drop))
}

/// What a rule room refuses with (规则的拒绝): how it says its facts.
pub trait Facts {
    fn facts(&self) -> Vec<(&'static str, String)>;
}

macro_rules! facts_of {
    ($($refused:ty),+ $(,)?) => {$(
        impl Facts for $refused {
            fn facts(&self) -> Vec<(&'static str, String)> {
                <$refused>::facts(self)
            }
        }
    )+};
}

facts_of!(
    casework::agency::PlacementRefused,
    casework::case::CaseRefused,
    casework::hardship::HardshipRefused,
    casework::language::SpeechRefused,
    casework::plan::PlanRefused,
    casework::promise::PromiseRefused,
    casework::script::ScriptRefused,
    disposal::clock::ActRefused,
);

/// A refusal of a rule room, with the facts of its message; codes among them stand as their place in the glossary.
pub fn told(code: &'static str, refused: &impl Facts) -> Failure {
    refusal(code, refused.facts())
}

pub fn refusal(code: &'static str, facts: Vec<(&'static str, String)>) -> Failure {
    Failure::Refused(Refusal { facts, ..Refusal::of(code) })
}

/// What a caller must say is missing or empty.
pub fn required<'a>(name: &'static str, text: &'a str) -> Outcome<&'a str> {
    match text.trim() {
        "" => refused("E-AP-04", &[("field", &name)]),
        text => Ok(text),
    }
}

impl From<store::Fault> for Failure {
    fn from(fault: store::Fault) -> Failure {
        Failure::Fault(anyhow!(fault))
    }
}
