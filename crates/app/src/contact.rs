//! Contacts: asked for before they are made, recorded after.
//!
//! A contact is begun and recorded. Beginning asks the gate while nobody else may touch the debtor, and
//! keeps the place: until it is recorded, everybody's counters hold it. What the gate refuses is never begun, so it is
//! never recorded as made; that it was asked stays in the audit trail.

use crate::case::{change, open_case, target};
use crate::desk::{Call, Desk, refusal, required, stored};
use crate::failure::{Failure, Outcome, refused};
use crate::person::{Begun, PersonFile};
use authority::UseCase;
use casework::case::{Case, Command};
use casework::contact_gate::{Circumstance, CircumstanceKind, ContactPoint, History, Manner, Question, Refused, ask};
use casework::{Channel, Contact, ContactResult, Direction, GateAnswer, Purpose};
use serde::{Deserialize, Serialize};
use store::{CaseRow, ContactRow, FieldKind, Kept, PersonRow, Reads};
use units::Moment;

/// A contact somebody wants to make (拟联系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactWanted {
    pub person_id: String,
    pub channel: Channel,
    pub purpose: Purpose,
    /// The key of a number or address on file.
    pub point: String,
    /// When, on the clock of the debtor's place; now when absent.
    #[serde(default)]
    pub at: Option<Moment>,
    /// How many go, of a visit.
    #[serde(default = "one")]
    pub people: u32,
    #[serde(default)]
    pub manners: Vec<Manner>,
}

fn one() -> u32 {
    1
}

/// What came of a contact (联系结果).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactOutcome {
    pub result: ContactResult,
    #[serde(default)]
    pub seconds: u32,
    #[serde(default)]
    pub note: String,
}

/// A contact as it is kept: what took place, and why it was allowed (联系记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRecord {
    pub contact: Contact,
    /// `None` when the other side called.
    pub answer: Option<GateAnswer>,
    /// What was written down; it may name people, so it lies sealed beside the contact.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether something was written down.
    #[serde(default)]
    pub noted: bool,
}

impl ContactRecord {
    /// As it may lie in the clear.
    fn unnoted(&self) -> ContactRecord {
        ContactRecord { note: String::new(), ..self.clone() }
    }

    /// With what was written down.
    pub(crate) async fn opened(mut self, reads: &Reads) -> Outcome<ContactRecord> {
        if self.noted {
            let fields = reads.personal(&self.contact.contact_id).await?;
            self.note = fields.into_iter().find(|field| field.kind == FieldKind::Note).map_or_else(String::new, |field| field.value);
        }
        Ok(self)
    }
}

/// A place kept for so long; a call or a visit is over by then.
const UNDER_WAY_SECONDS: i64 = 4 * 3600;

/// How far back the gate's longest counter and its tests of being unreachable look.
const HISTORY_DAYS: i32 = 400;

/// Whether a contact would be allowed; nothing is kept.
pub async fn contact_ask(desk: &Desk, call: &Call, case_id: &str, wanted: &ContactWanted) -> Outcome<GateAnswer> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::ContactAsk, &target(&kept.row))?;
    let agency = people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone());
    let asked = Asked::read(desk, &desk.store, call, &kept.body, wanted, agency).await?;
    Ok(asked.answer(desk, wanted).1)
}

/// Asks, and if allowed keeps the place: the identity to record the outcome under, and the limits to keep to.
pub async fn contact_begin(desk: &Desk, call: &Call, case_id: &str, wanted: &ContactWanted) -> Outcome<Begun> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::ContactRecord, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "contact_begin", &(case_id, wanted)).await? {
        crate::desk::Begun::Again(done) => return Ok(done),
        crate::desk::Begun::First(tx) => tx,
    };
    tx.debtor_hold(&kept.body.customer_id).await?;
    // What somebody did to the case a moment ago counts.
    let kept: Kept<CaseRow, Case> = desk.load(&tx, "case", case_id).await?;
    let case = open_case(&kept)?;
    let now = ContactWanted { at: None, ..wanted.clone() };
    let agency = people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone());
    let asked = Asked::read(desk, &tx, call, case, &now, agency).await?;
    let (decided, answer) = asked.answer(desk, &now);
    if let Err(no) = decided {
        // Asked again under the same key it is decided again; that it was asked stays.
        drop(tx);
        let mut tx = desk.store.begin().await?;
        tx.audit(call.audit("contact_refused", format!("case/{case_id}"), no.first.refusal.code()));
        tx.commit().await?;
        return Err(not_allowed(&no, &answer));
    }
    let number = asked.contacts.len() + asked.under_way.len() + 1;
    let contact = Contact {
        contact_id: format!("K-{}-{}-{number}", case.customer_id, call.at.to_string().replace(' ', "T")),
        customer_id: case.customer_id.clone(),
        case_id: case_id.to_owned(),
        person_id: now.person_id.clone(),
        relation: asked.person.body.relation,
        channel: now.channel,
        direction: Direction::Outbound,
        purpose: now.purpose,
        contact_point: now.point.clone(),
        at: asked.at,
        staff_id: call.staff_id.clone(),
        agency_id: asked.agency.clone(),
        people: now.people,
        result: ContactResult::NoAnswer,
        seconds: 0,
    };
    let begun = Begun { contact, answer, until: call.at.plus_seconds(UNDER_WAY_SECONDS) };
    let mut file = asked.debtor.body.clone();
    file.under_way.retain(|other| other.until > call.at);
    file.under_way.push(begun.clone());
    stored(tx.save(&asked.debtor.row, &file, asked.debtor.version, call.stamp()).await?)?;
    tx.audit(call.audit("contact_begin", format!("case/{case_id}"), &begun.contact.contact_id));
    desk.commit(tx, call, begun).await
}

/// Records what came of a contact that was begun; what the person wants from now on takes effect at once.
pub async fn contact_record(desk: &Desk, call: &Call, case_id: &str, contact_id: &str, outcome: &ContactOutcome) -> Outcome<ContactRecord> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::ContactRecord, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "contact_record", &(case_id, contact_id, outcome)).await? {
        crate::desk::Begun::Again(done) => return ContactRecord::opened(done, &desk.store).await,
        crate::desk::Begun::First(tx) => tx,
    };
    let customer = kept.body.customer_id.clone();
    tx.debtor_hold(&customer).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&tx, "case", case_id).await?;
    let debtor: Kept<PersonRow, PersonFile> = desk.load(&tx, "customer", &customer).await?;
    let mut file = debtor.body.clone();
    let Some(place) = file.under_way.iter().position(|begun| begun.contact.contact_id == contact_id) else {
        return refused("E-CW-02", &[("contact_id", &contact_id)]);
    };
    let begun = file.under_way.remove(place);
    let contact = Contact { result: outcome.result, seconds: outcome.seconds, ..begun.contact };
    file.circumstances.extend(follows(&contact, call.at));
    stored(tx.save(&debtor.row, &file, debtor.version, call.stamp()).await?)?;
    let record = ContactRecord { contact, answer: Some(begun.answer), note: outcome.note.clone(), noted: !outcome.note.is_empty() };
    keep(&tx, call, &record).await?;
    tx.audit(call.audit("contact_record", format!("case/{case_id}"), format!("{contact_id} {}", outcome.result.code())));
    if outcome.result == ContactResult::Objected && kept.body.objection.is_none() {
        let command = Command::Object { objection_id: format!("O-{contact_id}") };
        change(desk, &people, call, &mut tx, case_id, None, &command).await?;
    }
    if outcome.result == ContactResult::Complained {
        let command = Command::LinkComplaint { complaint_id: format!("T-{contact_id}") };
        change(desk, &people, call, &mut tx, case_id, None, &command).await?;
    }
    desk.commit(tx, call, record.unnoted()).await?;
    Ok(record)
}

/// Records that somebody called, wrote or came in; nobody asks the gate for that.
pub async fn contact_inbound(desk: &Desk, call: &Call, case_id: &str, wanted: &ContactWanted, outcome: &ContactOutcome) -> Outcome<ContactRecord> {
    required("person_id", &wanted.person_id)?;
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::ContactRecord, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "contact_inbound", &(case_id, wanted, outcome)).await? {
        crate::desk::Begun::Again(done) => return ContactRecord::opened(done, &desk.store).await,
        crate::desk::Begun::First(tx) => tx,
    };
    let customer = kept.body.customer_id.clone();
    tx.debtor_hold(&customer).await?;
    let person: Kept<PersonRow, PersonFile> = desk.load(&tx, "person", &wanted.person_id).await?;
    let debtor: Kept<PersonRow, PersonFile> = desk.load(&tx, "customer", &customer).await?;
    let history = tx.contact_history::<ContactRecord>(&customer, Moment::new(call.at.day(), 0), call.at.plus_seconds(1)).await?;
    let contact = Contact {
        contact_id: format!("K-{customer}-{}-in{}", call.at.to_string().replace(' ', "T"), history.len() + 1),
        customer_id: customer,
        case_id: case_id.to_owned(),
        person_id: wanted.person_id.clone(),
        relation: person.body.relation,
        channel: wanted.channel,
        direction: Direction::Inbound,
        purpose: wanted.purpose,
        contact_point: wanted.point.clone(),
        at: call.at,
        staff_id: call.staff_id.clone(),
        agency_id: people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone()),
        people: 1,
        result: outcome.result,
        seconds: outcome.seconds,
    };
    let mut file = debtor.body.clone();
    file.circumstances.extend(follows(&contact, call.at));
    stored(tx.save(&debtor.row, &file, debtor.version, call.stamp()).await?)?;
    let record = ContactRecord { contact, answer: None, note: outcome.note.clone(), noted: !outcome.note.is_empty() };
    keep(&tx, call, &record).await?;
    tx.audit(call.audit("contact_inbound", format!("case/{case_id}"), outcome.result.code()));
    desk.commit(tx, call, record.unnoted()).await?;
    Ok(record)
}

async fn keep(tx: &store::Tx, call: &Call, record: &ContactRecord) -> Outcome<()> {
    let contact = &record.contact;
    let row = ContactRow {
        contact_id: contact.contact_id.clone(),
        customer_id: contact.customer_id.clone(),
        case_id: contact.case_id.clone(),
        person_id: contact.person_id.clone(),
        staff_id: contact.staff_id.clone(),
        agency_id: contact.agency_id.clone(),
        contact_at: contact.at,
    };
    stored(tx.save(&row, &record.unnoted(), 0, call.stamp()).await?)?;
    if record.noted {
        tx.personal_set(&contact.contact_id, FieldKind::Note, &[&record.note]).await?;
    }
    Ok(())
}

/// What a result means for contacts from now on.
fn follows(contact: &Contact, at: Moment) -> Option<Circumstance> {
    let kind = match contact.result {
        ContactResult::RefusedContact if !contact.relation.is_liable() => CircumstanceKind::DoNotContact,
        ContactResult::Deceased => CircumstanceKind::Deceased,
        _ => return None,
    };
    let alone = kind == CircumstanceKind::DoNotContact;
    Some(Circumstance { kind, person_id: alone.then(|| contact.person_id.clone()), channel: None, from: at, until: None })
}

/// Everything the gate is asked with.
struct Asked {
    person: Kept<PersonRow, PersonFile>,
    debtor: Kept<PersonRow, PersonFile>,
    contacts: Vec<Contact>,
    under_way: Vec<Contact>,
    circumstances: Vec<Circumstance>,
    at: Moment,
    agency: Option<String>,
    source: casework::contact_gate::PointSource,
}

impl Asked {
    async fn read(desk: &Desk, reads: &Reads, call: &Call, case: &Case, wanted: &ContactWanted, agency: Option<String>) -> Outcome<Asked> {
        let person: Kept<PersonRow, PersonFile> = desk.load(reads, "person", &wanted.person_id).await?;
        if person.row.customer_id != case.customer_id {
            return refused("E-CW-03", &[("person_id", &wanted.person_id), ("case_id", &case.case_id)]);
        }
        let debtor: Kept<PersonRow, PersonFile> = desk.load(reads, "customer", &case.customer_id).await?;
        let Some(point) = person.body.points.iter().find(|point| point.key == wanted.point) else {
            return refused("E-CW-04", &[("point", &wanted.point), ("person_id", &wanted.person_id)]);
        };
        let at = wanted.at.unwrap_or(call.at);
        let from = Moment::new(at.day() - HISTORY_DAYS, 0);
        let until = at.max(call.at).plus_seconds(86_400);
        let history = reads.contact_history::<ContactRecord>(&case.customer_id, from, until).await?;
        let under_way = debtor.body.under_way.iter().filter(|begun| begun.until > call.at);
        let mut circumstances = debtor.body.circumstances.clone();
        if person.row.person_id != debtor.row.person_id {
            circumstances.extend(person.body.circumstances.iter().cloned());
        }
        circumstances.extend(of_case(case));
        Ok(Asked {
            source: point.source,
            contacts: history.into_iter().map(|kept| kept.body.contact).collect(),
            under_way: under_way.map(|begun| begun.contact.clone()).collect(),
            circumstances,
            at,
            agency,
            person,
            debtor,
        })
    }

    fn answer(&self, desk: &Desk, wanted: &ContactWanted) -> (Result<(), Refused>, GateAnswer) {
        let question = Question {
            customer_id: &self.debtor.row.customer_id,
            person_id: &wanted.person_id,
            relation: self.person.body.relation,
            channel: wanted.channel,
            purpose: wanted.purpose,
            contact_point: ContactPoint { key: &wanted.point, source: self.source },
            at: self.at,
            agency_id: self.agency.as_deref(),
            people: wanted.people,
            manners: &wanted.manners,
            documents: &self.person.body.documents,
        };
        let points: Vec<&str> = self.debtor.body.points.iter().map(|point| point.key.as_str()).collect();
        let history = History {
            contacts: &self.contacts,
            under_way: &self.under_way,
            circumstances: &self.circumstances,
            debtor_points: &points,
        };
        let answer = ask(&desk.rules.gate, &question, &history);
        let record = desk.rules.gate.record(&question, &answer);
        (answer.map(drop), record)
    }
}

/// What the state of a case means for contacts.
fn of_case(case: &Case) -> impl Iterator<Item = Circumstance> + '_ {
    let since = |day| Moment::new(day, 0);
    let objection = case.objection.as_ref().map(|objection| (CircumstanceKind::ObjectionUnderReview, since(objection.raised_on)));
    let hardship = case.hardship_plan.as_ref().map(|_| (CircumstanceKind::HardshipPlan, since(case.opened_on)));
    let waiting = case.complaints.iter().filter(|complaint| complaint.answered_on.is_none());
    let complaint = waiting.map(move |complaint| (CircumstanceKind::ComplaintOpen, since(complaint.raised_on)));
    objection.into_iter().chain(hardship).chain(complaint).map(|(kind, from)| Circumstance { kind, person_id: None, channel: None, from, until: None })
}

/// A refusal with the rule, its article and the next lawful slot.
fn not_allowed(no: &Refused, answer: &GateAnswer) -> Failure {
    let mut facts = no.first.refusal.facts();
    facts.push(("rule", answer.rule_id.clone()));
    facts.push(("article", answer.article.clone()));
    facts.push(("next_slot", no.next_slot.map_or_else(|| "-".to_owned(), |slot| slot.to_string())));
    refusal(no.first.refusal.code(), facts)
}
