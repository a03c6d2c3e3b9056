//! Contacts: asked for before they are made, recorded after.
//!
//! A contact is begun and recorded. Beginning asks the gate while nobody else may touch the debtor, and
//! keeps the place: until it is recorded, everybody's counters hold it, and whoever was allowed to make it may say what came
//! of it, whatever the case has become since. What the gate refuses is never begun, so it is never recorded as made;
//! that it was asked stays in the audit trail.

use crate::case::{change, open_case, person_target, target};
use crate::desk::{Call, Desk, PAGE, People, refusal, required, stored};
use crate::failure::{Failure, Outcome, refused};
use crate::contact_file::{Noted, OnFile};
use crate::person::{Begun, PersonFile, Point, PointKind};
use authority::{Target, UseCase};
use casework::agency::{Agency, CaseField, Placement};
use casework::case::{Case, Command};
use casework::contact_gate::{
    Circumstance, CircumstanceKind, ContactPoint, Document, DocumentKind, History, Manner, Question, Refused, ask,
};
use casework::{Channel, Contact, ContactResult, Direction, GateAnswer, Purpose, Relation};
use serde::{Deserialize, Serialize};
use store::{AgencyRow, CaseRow, ContactRow, FieldKind, Kept, PersonRow, Reads, Tx};
use units::{Date, Moment};

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

/// A place kept for so long; a call or a visit is over by then. For as long, who lost the case meanwhile may still record it.
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

/// One way to reach somebody about a case, with the gate's answer before anybody dials (可否联系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactOption {
    pub person_id: String,
    pub relation: Relation,
    pub point: Point,
    pub channel: Channel,
    pub purpose: Purpose,
    /// How many go.
    pub people: u32,
    pub answer: GateAnswer,
}

/// How a number or address is used.
fn channels(kind: PointKind) -> [(Channel, u32); 2] {
    match kind {
        PointKind::Phone => [(Channel::Call, 1), (Channel::Sms, 1)],
        PointKind::Address => [(Channel::Visit, 2), (Channel::Letter, 1)],
    }
}

/// Every number and address of everybody about a case, by every way it is used: may it be, and when if not now.
/// Who owes is contacted to collect, anybody else to find the debtor, unless a purpose is named.
pub async fn contact_options(desk: &Desk, call: &Call, case_id: &str, purpose: Option<Purpose>) -> Outcome<Vec<ContactOption>> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::ContactAsk, &target(&kept.row))?;
    let limit = crate::agency::limit_of(desk, &people, call);
    let hidden = limit.is_some_and(|fields| !fields.contains(&CaseField::Guarantors));
    let agency = people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone());
    let ground = Ground::read(desk, &desk.store, call, &kept.body, None, agency).await?;
    let mut options = Vec::new();
    for person in desk.store.person_of_customer::<PersonFile>(&kept.body.customer_id, None, PAGE).await?.rows {
        let relation = person.body.relation;
        if hidden && relation == Relation::Guarantor {
            continue;
        }
        let purpose = purpose.unwrap_or(if relation.is_liable() { Purpose::Collect } else { Purpose::Locate });
        for point in person.body.points_in_use() {
            for (channel, people) in channels(point.kind) {
                let (person_id, key) = (person.row.person_id.clone(), point.key.clone());
                let wanted = ContactWanted { person_id, channel, purpose, point: key, at: None, people, manners: Vec::new() };
                let answer = ground.answer(desk, &person, point, &wanted).1;
                let (person_id, point) = (wanted.person_id, point.clone());
                options.push(ContactOption { person_id, relation, point, channel, purpose, people, answer });
            }
        }
    }
    Ok(options)
}

/// The contacts of a case that the caller began and has not recorded yet, whoever has the case by now.
pub async fn contacts_under_way(desk: &Desk, call: &Call, case_id: &str) -> Outcome<Vec<Begun>> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let agency = people.person(&call.staff_id).and_then(|staff| staff.agency_id.clone());
    desk.may(&people, call, UseCase::ContactRecord, &Target { agency, ..person_target(&people, &call.staff_id) })?;
    let debtor: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "customer", &kept.body.customer_id).await?;
    let mine = |begun: &Begun| begun.contact.staff_id == call.staff_id && begun.contact.case_id == case_id;
    Ok(debtor.body.under_way.into_iter().filter(|begun| begun.until > call.at && mine(begun)).collect())
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
    let Asked { person, ground, .. } = asked;
    let number = ground.contacts.len() + ground.under_way.len() + 1;
    let contact = Contact {
        contact_id: format!("K-{}-{}-{number}", case.customer_id, call.at.to_string().replace(' ', "T")),
        customer_id: case.customer_id.clone(),
        case_id: case_id.to_owned(),
        person_id: now.person_id.clone(),
        relation: person.body.relation,
        channel: now.channel,
        direction: Direction::Outbound,
        purpose: now.purpose,
        contact_point: now.point.clone(),
        at: ground.at,
        staff_id: call.staff_id.clone(),
        agency_id: ground.agency.clone(),
        people: now.people,
        result: ContactResult::NoAnswer,
        seconds: 0,
    };
    let begun = Begun { contact, answer, until: call.at.plus_seconds(UNDER_WAY_SECONDS) };
    let debtor = ground.debtor;
    let mut file = debtor.body.clone();
    file.under_way.retain(|other| other.until > call.at);
    file.under_way.push(begun.clone());
    stored(tx.save(&debtor.row, &file, debtor.version, call.stamp()).await?)?;
    tx.audit(call.audit("contact_begin", format!("case/{case_id}"), &begun.contact.contact_id));
    desk.commit(tx, call, begun).await
}

/// Records what came of a contact that was begun; what the person wants from now on takes effect at once.
pub async fn contact_record(desk: &Desk, call: &Call, case_id: &str, contact_id: &str, outcome: &ContactOutcome) -> Outcome<ContactRecord> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    // Heard again it is answered before rights are asked: the place was given up with the first time.
    let mut tx = match desk.begin(call, "contact_record", &(case_id, contact_id, outcome)).await? {
        crate::desk::Begun::Again(done) => return ContactRecord::opened(done, &desk.store).await,
        crate::desk::Begun::First(tx) => tx,
    };
    desk.may(&people, call, UseCase::ContactRecord, &recorder_target(desk, &people, call, &tx, &kept, contact_id).await?)?;
    let record = recorded(desk, &people, call, &mut tx, &kept.body, contact_id, outcome).await?;
    desk.commit(tx, call, record.unnoted()).await?;
    Ok(record)
}

/// Whose a contact under way is: the caller's who was allowed to make it, until its place is given up, though the case was
/// handed over, recalled or taken back from an agency since; else whose the case is.
pub(crate) async fn recorder_target(
    desk: &Desk,
    people: &People,
    call: &Call,
    reads: &Reads,
    case: &Kept<CaseRow, Case>,
    contact_id: &str,
) -> Outcome<Target> {
    let debtor: Kept<PersonRow, PersonFile> = desk.load(reads, "customer", &case.body.customer_id).await?;
    let is_own = |begun: &&Begun| {
        let contact = &begun.contact;
        contact.contact_id == contact_id && contact.staff_id == call.staff_id && begun.until > call.at
    };
    Ok(match debtor.body.under_way.iter().find(is_own) {
        Some(begun) => Target { agency: begun.contact.agency_id.clone(), ..person_target(people, &call.staff_id) },
        None => target(&case.row),
    })
}

/// Keeps a contact that was under way with what came of it; the debtor is held until the command ends.
pub(crate) async fn recorded(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    case: &Case,
    contact_id: &str,
    outcome: &ContactOutcome,
) -> Outcome<ContactRecord> {
    let (case_id, customer) = (case.case_id.as_str(), case.customer_id.as_str());
    tx.debtor_hold(customer).await?;
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    let debtor: Kept<PersonRow, PersonFile> = desk.load(tx, "customer", customer).await?;
    let mut file = debtor.body.clone();
    let Some(place) = file.under_way.iter().position(|begun| begun.contact.contact_id == contact_id && begun.contact.case_id == case_id) else {
        return refused("E-CW-02", &[("contact_id", &contact_id)]);
    };
    let begun = file.under_way.remove(place);
    let contact = Contact { result: outcome.result, seconds: outcome.seconds, ..begun.contact };
    follow(desk, tx, call, &contact, &mut file).await?;
    stored(tx.save(&debtor.row, &file, debtor.version, call.stamp()).await?)?;
    let record = ContactRecord { contact, answer: Some(begun.answer), note: outcome.note.clone(), noted: !outcome.note.is_empty() };
    keep(tx, call, &record).await?;
    tx.audit(call.audit("contact_record", format!("case/{case_id}"), format!("{contact_id} {}", outcome.result.code())));
    if kept.row.closed_on.is_some() {
        // Closed while they spoke: there is nothing left to pause, and the contact stands as what was said.
        return Ok(record);
    }
    if outcome.result == ContactResult::Objected && kept.body.objection.is_none() {
        let command = Command::Object { objection_id: format!("O-{contact_id}") };
        change(desk, people, call, tx, case_id, None, &command).await?;
    }
    if outcome.result == ContactResult::Complained {
        let command = Command::LinkComplaint { complaint_id: format!("T-{contact_id}") };
        change(desk, people, call, tx, case_id, None, &command).await?;
    }
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
    let record = inbound(desk, &people, call, &mut tx, &kept.body, wanted, outcome).await?;
    desk.commit(tx, call, record.unnoted()).await?;
    Ok(record)
}

/// Keeps what the other side began; the debtor is held until the command ends.
pub(crate) async fn inbound(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    case: &Case,
    wanted: &ContactWanted,
    outcome: &ContactOutcome,
) -> Outcome<ContactRecord> {
    let (case_id, customer) = (case.case_id.as_str(), case.customer_id.clone());
    tx.debtor_hold(&customer).await?;
    let person: Kept<PersonRow, PersonFile> = desk.load(tx, "person", &wanted.person_id).await?;
    let debtor: Kept<PersonRow, PersonFile> = desk.load(tx, "customer", &customer).await?;
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
    follow(desk, tx, call, &contact, &mut file).await?;
    stored(tx.save(&debtor.row, &file, debtor.version, call.stamp()).await?)?;
    let record = ContactRecord { contact, answer: None, note: outcome.note.clone(), noted: !outcome.note.is_empty() };
    keep(tx, call, &record).await?;
    tx.audit(call.audit("contact_inbound", format!("case/{case_id}"), outcome.result.code()));
    Ok(record)
}

async fn keep(tx: &Tx, call: &Call, record: &ContactRecord) -> Outcome<()> {
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

/// What a result means for contacts from now on stands on the file of whom it concerns: the debtor's is in hand.
async fn follow(desk: &Desk, tx: &Tx, call: &Call, contact: &Contact, debtor: &mut PersonFile) -> Outcome<()> {
    let (kind, person_id) = match contact.result {
        ContactResult::RefusedContact if !contact.relation.is_liable() => (CircumstanceKind::DoNotContact, &contact.person_id),
        ContactResult::Deceased => (CircumstanceKind::Deceased, &contact.customer_id),
        _ => return Ok(()),
    };
    let what = Circumstance { kind, person_id: Some(person_id.clone()), channel: None, from: call.at, until: None };
    let noted = Noted { by: call.staff_id.clone(), at: call.at, contact_id: Some(contact.contact_id.clone()), note: None };
    let held = |file: &PersonFile| file.circumstances.iter().any(|one| one.what.kind == kind && one.what.until.is_none());
    if *person_id == contact.customer_id {
        if !held(debtor) {
            debtor.circumstances.push(OnFile::new(what, noted));
        }
        return Ok(());
    }
    let mut kept: Kept<PersonRow, PersonFile> = desk.load(tx, "person", person_id).await?;
    if !held(&kept.body) {
        kept.body.circumstances.push(OnFile::new(what, noted));
        stored(tx.save(&kept.row, &kept.body, kept.version, call.stamp()).await?)?;
    }
    Ok(())
}

/// What the gate is asked with, whoever is to be contacted.
struct Ground {
    debtor: Kept<PersonRow, PersonFile>,
    contacts: Vec<Contact>,
    under_way: Vec<Contact>,
    /// What the state of the case means for contacts.
    of_case: Vec<Circumstance>,
    at: Moment,
    agency: Option<String>,
    /// What permits an agency to collect at all.
    outsourced: Vec<Document>,
}

impl Ground {
    async fn read(desk: &Desk, reads: &Reads, call: &Call, case: &Case, at: Option<Moment>, agency: Option<String>) -> Outcome<Ground> {
        let debtor: Kept<PersonRow, PersonFile> = desk.load(reads, "customer", &case.customer_id).await?;
        let at = at.unwrap_or(call.at);
        let from = Moment::new(at.day() - HISTORY_DAYS, 0);
        let until = at.max(call.at).plus_seconds(86_400);
        let history = reads.contact_history::<ContactRecord>(&case.customer_id, from, until).await?;
        let under_way = debtor.body.under_way.iter().filter(|begun| begun.until > call.at);
        Ok(Ground {
            contacts: history.into_iter().map(|kept| kept.body.contact).collect(),
            under_way: under_way.map(|begun| begun.contact.clone()).collect(),
            of_case: of_case(case).collect(),
            at,
            outsourced: match &agency {
                Some(agency_id) => outsourced(reads, &case.case_id, agency_id).await?,
                None => Vec::new(),
            },
            agency,
            debtor,
        })
    }

    fn answer(&self, desk: &Desk, person: &Kept<PersonRow, PersonFile>, point: &Point, wanted: &ContactWanted) -> (Result<(), Refused>, GateAnswer) {
        let on_file = person.body.documents.iter().map(|one| &one.what);
        let documents: Vec<Document> = on_file.chain(&self.outsourced).cloned().collect();
        let mut manners = wanted.manners.clone();
        if point.at_work && !manners.contains(&Manner::AtWork) {
            manners.push(Manner::AtWork);
        }
        let question = Question {
            customer_id: &self.debtor.row.customer_id,
            person_id: &wanted.person_id,
            relation: person.body.relation,
            channel: wanted.channel,
            purpose: wanted.purpose,
            contact_point: ContactPoint { key: &wanted.point, source: point.source },
            at: self.at,
            agency_id: self.agency.as_deref(),
            people: wanted.people,
            manners: &manners,
            documents: &documents,
        };
        let own = &self.debtor.body;
        let theirs = (person.row.person_id != self.debtor.row.person_id).then_some(&person.body.circumstances);
        let on_file = own.circumstances.iter().chain(theirs.into_iter().flatten()).map(|one| &one.what);
        let circumstances: Vec<Circumstance> = on_file.chain(&self.of_case).cloned().collect();
        let points: Vec<&str> = own.points_in_use().map(|point| point.key.as_str()).collect();
        let history = History { contacts: &self.contacts, under_way: &self.under_way, circumstances: &circumstances, debtor_points: &points };
        let answer = ask(&desk.rules.gate, &question, &history);
        let record = desk.rules.gate.record(&question, &answer);
        (answer.map(drop), record)
    }
}

/// The same for one person and one number or address.
struct Asked {
    person: Kept<PersonRow, PersonFile>,
    point: Point,
    ground: Ground,
}

impl Asked {
    async fn read(desk: &Desk, reads: &Reads, call: &Call, case: &Case, wanted: &ContactWanted, agency: Option<String>) -> Outcome<Asked> {
        let person: Kept<PersonRow, PersonFile> = desk.load(reads, "person", &wanted.person_id).await?;
        if person.row.customer_id != case.customer_id {
            return refused("E-CW-03", &[("person_id", &wanted.person_id), ("case_id", &case.case_id)]);
        }
        let ground = Ground::read(desk, reads, call, case, wanted.at, agency).await?;
        let Some(point) = person.body.points_in_use().find(|point| point.key == wanted.point) else {
            return refused("E-CW-04", &[("point", &wanted.point), ("person_id", &wanted.person_id)]);
        };
        Ok(Asked { point: point.clone(), person, ground })
    }

    fn answer(&self, desk: &Desk, wanted: &ContactWanted) -> (Result<(), Refused>, GateAnswer) {
        self.ground.answer(desk, &self.person, &self.point, wanted)
    }
}

/// That the debtor was told of the agency, and that the agency stands on the list: the placement and the agency's file say so.
async fn outsourced(reads: &Reads, case_id: &str, agency_id: &str) -> Outcome<Vec<Document>> {
    let placements = reads.placement_of_case::<Placement>(case_id, None, PAGE).await?.rows;
    let held = placements.into_iter().find(|kept| kept.row.agency_id == agency_id && kept.row.recalled_on.is_none());
    let agency: Option<Kept<AgencyRow, Agency>> = reads.load(agency_id).await?;
    let listed_on = agency.and_then(|kept| kept.body.whitelisted_on);
    let document = |kind: DocumentKind, since: Date| Document {
        document_id: format!("{agency_id}/{}", kind.code()),
        kind,
        from: Moment::new(since, 0),
        until: None,
        hours: None,
    };
    let told = held.map(|kept| document(DocumentKind::OutsourcingNotice, kept.body.told_on));
    let listed = listed_on.map(|since| document(DocumentKind::AgencyListing, since));
    Ok(told.into_iter().chain(listed).collect())
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
