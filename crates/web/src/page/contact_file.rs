//! What stands on people's files about contact, beside "may I contact now": listed, entered, ended.

use crate::extract::Named;
use crate::page::frame::{Frame, Shown, done};
use crate::page::gate::{field, minute};
use crate::page::view::{Choice, choices, choices_of};
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::problem::Reply;
use crate::server::Server;
use app::contact::ContactRecord;
use app::contact_file::{CircumstanceSaid, DocumentSaid, Entry, PointSaid, Said};
use app::desk::People;
use app::person::{PersonView, PointKind};
use authority::{PersonalField, UseCase};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use casework::Channel;
use casework::contact_gate::entry::Proof;
use casework::contact_gate::{Circumstance, CircumstanceKind, Document, DocumentKind, Hours, PointSource, TimeOfDay};
use units::Moment;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/customers/{id}/circumstances", post(circumstance))
        .route("/customers/{id}/circumstances/end", post(circumstance_end))
        .route("/customers/{id}/documents", post(document))
        .route("/customers/{id}/documents/end", post(document_end))
        .route("/customers/{id}/points", post(point))
}

/// The files of everybody about a debt, with the forms over them.
pub struct ContactFiles {
    pub customer_id: String,
    /// The case whose page this stands on.
    pub case_id: String,
    pub persons: Vec<FilePerson>,
    pub channels: Vec<Choice>,
    pub may_stop: bool,
    pub may_permit: bool,
}

/// One person's file.
pub struct FilePerson {
    pub person_id: String,
    pub name: String,
    pub relation: &'static str,
    pub circumstances: Vec<FileRow>,
    pub documents: Vec<FileRow>,
    pub stops: Vec<Choice>,
    /// With what proves each.
    pub permits: Vec<Choice>,
    /// In which the person was spoken with, the latest first.
    pub contacts: Vec<Choice>,
}

/// An entry as a row.
pub struct FileRow {
    pub entry_id: String,
    pub what: String,
    pub from: String,
    pub until: String,
    pub holds: bool,
    /// Who entered it, when, in which words.
    pub entered: String,
    pub in_contact: bool,
    pub ended: String,
    pub may_end: bool,
}

/// So many contacts are offered as proof.
const CONTACTS: usize = 10;

impl ContactFiles {
    pub fn of(server: &Server, visitor: &Visitor, frame: &Frame, customer_id: &str, case_id: &str, persons: &[PersonView], contacts: &[ContactRecord]) -> ContactFiles {
        let (said, filed) = (visitor.may(UseCase::ContactDocumentRecord), visitor.may(UseCase::ContactDocumentFile));
        ContactFiles {
            customer_id: customer_id.to_owned(),
            case_id: case_id.to_owned(),
            persons: persons.iter().map(|person| file_person(server, visitor, frame, person, contacts)).collect(),
            channels: choices::<Channel>(frame, "channel", Channel::from_code(frame.typed("channel", ""))),
            may_stop: visitor.may(UseCase::CircumstanceRecord),
            may_permit: said || filed,
        }
    }
}

fn file_person(server: &Server, visitor: &Visitor, frame: &Frame, person: &PersonView, contacts: &[ContactRecord]) -> FilePerson {
    let gate = &server.desk.rules.gate;
    let mut stops = gate.circumstances_of(person.relation);
    stops.retain(|&kind| kind != CircumstanceKind::RestrictedData || visitor.may(UseCase::DataRestrict));
    let mut permits = gate.permits_of(person.relation);
    permits.retain(|permit| match permit.proof {
        Proof::Contact => visitor.may(UseCase::ContactDocumentRecord),
        Proof::Paper => visitor.may(UseCase::ContactDocumentFile),
    });
    let chosen = frame.typed("kind", "");
    let permit = |permit: &casework::contact_gate::entry::Permit| Choice {
        code: permit.kind.code().to_owned(),
        label: format!("{} · {}", frame.coded("document_kind", &permit.kind), frame.coded("proof", &permit.proof)),
        chosen: permit.kind.code() == chosen,
    };
    let with = |record: &&ContactRecord| record.contact.person_id == person.person_id && record.contact.result.is_right_party();
    let talk = |record: &ContactRecord| Choice {
        code: record.contact.contact_id.clone(),
        label: talk(frame, record),
        chosen: record.contact.contact_id == frame.typed("contact", ""),
    };
    let (now, people) = (visitor.call.at, &visitor.people);
    let may_end = |one: &Entry<Circumstance>| match one.what.kind {
        CircumstanceKind::RestrictedData => visitor.may(UseCase::DataRestrict),
        _ => visitor.may(UseCase::CircumstanceEnd),
    };
    FilePerson {
        person_id: person.person_id.clone(),
        name: field(person, PersonalField::Name, 0),
        relation: frame.coded("relation", &person.relation),
        circumstances: person.circumstances.iter().map(|one| row(people, one, stop(frame, &one.what), (one.what.from, one.what.until), now, may_end(one))).collect(),
        documents: person.documents.iter().map(|one| row(people, one, document_named(frame, &one.what), (one.what.from, one.what.until), now, visitor.may(UseCase::ContactDocumentRecord))).collect(),
        stops: choices_of(frame, "circumstance_kind", &stops, CircumstanceKind::from_code(chosen)),
        permits: permits.iter().map(permit).collect(),
        contacts: contacts.iter().filter(with).take(CONTACTS).map(talk).collect(),
    }
}

fn talk(frame: &Frame, record: &ContactRecord) -> String {
    let contact = &record.contact;
    let at = minute(&contact.at.to_string());
    format!("{at} {} {}", frame.coded("channel", &contact.channel), frame.coded("contact_result", &contact.result))
}

fn stop(frame: &Frame, what: &Circumstance) -> String {
    let channel = what.channel.map_or_else(String::new, |channel| format!(" {}", frame.coded("channel", &channel)));
    format!("{}{channel}", frame.coded("circumstance_kind", &what.kind))
}

fn document_named(frame: &Frame, what: &Document) -> String {
    let hours = what.hours.map_or_else(String::new, |hours| format!(" {}-{}", hours.opens, hours.closes));
    format!("{}{hours}", frame.coded("document_kind", &what.kind))
}

fn row<T>(people: &People, one: &Entry<T>, what: String, (from, until): (Moment, Option<Moment>), now: Moment, may_end: bool) -> FileRow {
    let said = |said: &Said| {
        let parts = [people.called(&said.by), minute(&said.at.to_string()), said.why.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let is_over = until.is_some_and(|until| until <= now);
    FileRow {
        entry_id: one.entry_id.clone(),
        what,
        from: minute(&from.to_string()),
        until: until.map_or_else(String::new, |until| minute(&until.to_string())),
        holds: from <= now && !is_over,
        entered: one.entered.as_ref().map(said).unwrap_or_default(),
        in_contact: one.entered.as_ref().is_some_and(|said| said.contact_id.is_some()),
        ended: one.ended.as_ref().map(said).unwrap_or_default(),
        may_end: may_end && !is_over,
    }
}

/// The page the form stood on: the case, or the people of the customer.
fn back(id: &str, fields: &Fields) -> String {
    match fields.get("case") {
        "" => format!("/customers/{id}?tab=people"),
        case_id => format!("/cases/{case_id}#contact-file"),
    }
}

async fn circumstance(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let said = CircumstanceSaid {
        kind: fields.required_as("kind", CircumstanceKind::from_code)?,
        channel: fields.read_as("channel", Channel::from_code)?,
        contact_id: fields.some("contact"),
        why: fields.get("why").to_owned(),
    };
    app::contact_file::circumstance_record(&server.desk, &visitor.call, fields.required("person")?, &said).await?;
    done(&back(&id, &fields), "circumstance_recorded")
}

async fn circumstance_end(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let (person, entry) = (fields.required("person")?, fields.required("entry")?);
    app::contact_file::circumstance_end(&server.desk, &visitor.call, person, entry, fields.get("why")).await?;
    done(&back(&id, &fields), "entry_ended")
}

fn hours(fields: &Fields) -> Reply<Option<Hours>> {
    if fields.get("opens").is_empty() && fields.get("closes").is_empty() {
        return Ok(None);
    }
    let time = |name: &str| fields.required_as(name, TimeOfDay::parse);
    Ok(Some(Hours { opens: time("opens")?, closes: time("closes")? }))
}

async fn document(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let said = DocumentSaid {
        kind: fields.required_as("kind", DocumentKind::from_code)?,
        from: fields.read_as("from", Moment::parse)?,
        until: fields.read_as("until", Moment::parse)?,
        hours: hours(&fields)?,
        contact_id: fields.some("contact"),
        reference: fields.get("reference").to_owned(),
    };
    app::contact_file::document_record(&server.desk, &visitor.call, fields.required("person")?, &said).await?;
    done(&back(&id, &fields), "document_recorded")
}

async fn document_end(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let (person, entry) = (fields.required("person")?, fields.required("entry")?);
    app::contact_file::document_end(&server.desk, &visitor.call, person, entry, fields.get("why")).await?;
    done(&back(&id, &fields), "entry_ended")
}

async fn point(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let said = PointSaid {
        key: fields.some("point"),
        kind: fields.required_as("kind", PointKind::from_code)?,
        value: fields.get("value").to_owned(),
        source: fields.required_as("source", PointSource::from_code)?,
        at_work: !fields.get("at_work").is_empty(),
        why: fields.get("why").to_owned(),
    };
    app::contact_file::point_correct(&server.desk, &visitor.call, fields.required("person")?, &said).await?;
    done(&back(&id, &fields), "point_corrected")
}
