//! What stands on somebody's file about contact: what restricts it, what permits it, the numbers and addresses.
//!
//! What restricts is said by whoever may record a contact and counts from that moment for everybody; ending it loosens,
//! so it is for others. What permits needs its proof: a recorded contact with the person, or paper filed by somebody
//! who is no collector. Entries are added and ended, never changed and never deleted; what is written about one lies
//! sealed beside the person.

use crate::contact::ContactRecord;
use crate::desk::{Begun, Call, Desk, People, refusal, required, stored};
use crate::failure::{Failure, Outcome, refused};
use crate::person::{PersonFile, Point, PointKind, target_of};
use authority::UseCase;
use casework::Channel;
use casework::contact_gate::entry::{DocumentDraft, EntryRefused, Proof, address_enter, ended, phone_enter};
use casework::contact_gate::{Circumstance, CircumstanceKind, Document, DocumentKind, Hours, PointSource};
use serde::{Deserialize, Serialize};
use store::{ContactRow, FieldKind, Kept, PersonRow, PersonalField, Reads, Tx};
use units::Moment;

/// Something on file, who put it there and who ended it (档案条目); its place in the list is its identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnFile<T> {
    #[serde(flatten)]
    pub what: T,
    #[serde(default)]
    pub entered: Option<Noted>,
    #[serde(default)]
    pub ended: Option<Noted>,
}

/// By whom something was entered or ended, when, and on what (经办与依据).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub by: String,
    pub at: Moment,
    /// In which contact it was said.
    pub contact_id: Option<String>,
    /// Which of the person's sealed notes says more.
    pub note: Option<i64>,
}

impl<T> OnFile<T> {
    pub fn new(what: T, entered: Noted) -> OnFile<T> {
        OnFile { what, entered: Some(entered), ended: None }
    }
}

/// An entry as it is read (档案条目视图).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<T> {
    pub entry_id: String,
    #[serde(flatten)]
    pub what: T,
    pub entered: Option<Said>,
    pub ended: Option<Said>,
}

/// [`Noted`] with what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub by: String,
    pub at: Moment,
    pub contact_id: Option<String>,
    pub why: String,
}

/// Which list of a file an entry stands in.
#[derive(Clone, Copy)]
enum List {
    Circumstances,
    Documents,
}

impl List {
    fn entry_id(self, person_id: &str, place: usize) -> String {
        let list = match self {
            List::Circumstances => "circumstance",
            List::Documents => "document",
        };
        format!("{person_id}/{list}/{place}")
    }

    /// Where an entry stands in a list of so many.
    fn place(self, person_id: &str, entry_id: &str, length: usize) -> Outcome<usize> {
        match (0..length).find(|&place| self.entry_id(person_id, place) == entry_id) {
            Some(place) => Ok(place),
            None => refused("E-AP-01", &[("what", &"entry"), ("id", &entry_id)]),
        }
    }

    fn shown<T: Clone>(self, person_id: &str, all: &[OnFile<T>], notes: &[String]) -> Vec<Entry<T>> {
        let said = |noted: &Noted| Said {
            by: noted.by.clone(),
            at: noted.at,
            contact_id: noted.contact_id.clone(),
            why: noted.note.and_then(|place| notes.get(place as usize)).cloned().unwrap_or_default(),
        };
        let entry = |(place, one): (usize, &OnFile<T>)| Entry {
            entry_id: self.entry_id(person_id, place),
            what: one.what.clone(),
            entered: one.entered.as_ref().map(said),
            ended: one.ended.as_ref().map(said),
        };
        all.iter().enumerate().map(entry).collect()
    }
}

/// What restricts, and what permits.
type Entries = (Vec<Entry<Circumstance>>, Vec<Entry<Document>>);

/// Everything on file of a person, with what was written as far as `notes` are shown.
pub(crate) fn entries(person_id: &str, file: &PersonFile, notes: &[String]) -> Entries {
    (List::Circumstances.shown(person_id, &file.circumstances, notes), List::Documents.shown(person_id, &file.documents, notes))
}

/// What was written about a person's entries, as far as the caller may read it: who works for an agency is told that
/// something holds, not what was written about it.
pub(crate) fn written(desk: &Desk, people: &People, call: &Call, fields: &[PersonalField]) -> Vec<String> {
    if crate::agency::limit_of(desk, people, call).is_none() { notes(fields) } else { Vec::new() }
}

/// All that was written, in the order it was.
fn notes(fields: &[PersonalField]) -> Vec<String> {
    fields.iter().filter(|field| field.kind == FieldKind::Note).map(|field| field.value.clone()).collect()
}

/// Something that restricts contact with a person, and how it is known (登记情形).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircumstanceSaid {
    pub kind: CircumstanceKind,
    /// Out of which somebody opts.
    pub channel: Option<Channel>,
    /// In which it was said.
    pub contact_id: Option<String>,
    /// Said otherwise than in a contact, or more about it; one of the two is needed.
    pub why: String,
}

/// Something that permits contact with a person, and its proof (登记依据).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSaid {
    pub kind: DocumentKind,
    /// Now when absent.
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub hours: Option<Hours>,
    pub contact_id: Option<String>,
    /// Under which paper is filed, or more about what was said.
    pub reference: String,
}

fn no(no: EntryRefused) -> Failure {
    refusal(no.code(), no.facts())
}

/// The right to say or to end something: whose data may be used for nothing else is for compliance to say.
fn right(kind: CircumstanceKind, usual: UseCase) -> UseCase {
    if kind == CircumstanceKind::RestrictedData { UseCase::DataRestrict } else { usual }
}

/// Puts on file what restricts contact with a person; from now on the gate refuses whoever asks.
pub async fn circumstance_record(desk: &Desk, call: &Call, person_id: &str, said: &CircumstanceSaid) -> Outcome<Entry<Circumstance>> {
    if said.contact_id.is_none() {
        required("why", &said.why)?;
    }
    let use_case = right(said.kind, UseCase::CircumstanceRecord);
    let mut open = match Opened::new(desk, call, person_id, use_case, &("circumstance_record", said)).await? {
        Heard::Again(done) => return Ok(done),
        Heard::First(open) => open,
    };
    if let Some(contact_id) = &said.contact_id {
        contact_of(desk, &open.tx, &open.kept, contact_id).await?;
    }
    let file = &open.kept.body;
    let held: Vec<&Circumstance> = file.circumstances.iter().map(|one| &one.what).collect();
    let entered = desk.rules.gate.circumstance_enter(said.kind, (person_id, file.relation), said.channel, &held, call.at).map_err(no)?;
    let noted = open.noted(call, said.contact_id.as_deref(), &said.why).await?;
    open.kept.body.circumstances.push(OnFile::new(entered, noted));
    let place = open.kept.body.circumstances.len() - 1;
    open.close(desk, call, ("circumstance_record", &said.why), place, |all| all.0).await
}

/// Ends what restricts contact, because it was a mistake or was withdrawn; that it was so stays on file.
pub async fn circumstance_end(desk: &Desk, call: &Call, person_id: &str, entry_id: &str, why: &str) -> Outcome<Entry<Circumstance>> {
    required("why", why)?;
    let kept: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "person", person_id).await?;
    let place = List::Circumstances.place(person_id, entry_id, kept.body.circumstances.len());
    let kind = place.as_ref().ok().map(|&place| kept.body.circumstances[place].what.kind);
    let use_case = kind.map_or(UseCase::CircumstanceEnd, |kind| right(kind, UseCase::CircumstanceEnd));
    let mut open = match Opened::new(desk, call, person_id, use_case, &("circumstance_end", entry_id, why)).await? {
        Heard::Again(done) => return Ok(done),
        Heard::First(open) => open,
    };
    let place = place?;
    let until = ended(open.kept.body.circumstances[place].what.until, call.at).map_err(no)?;
    let noted = open.noted(call, None, why).await?;
    let one = &mut open.kept.body.circumstances[place];
    (one.what.until, one.ended) = (Some(until), Some(noted));
    open.close(desk, call, ("circumstance_end", why), place, |all| all.0).await
}

/// Puts on file what permits contact with a person, on the proof the pack asks for.
pub async fn document_record(desk: &Desk, call: &Call, person_id: &str, said: &DocumentSaid) -> Outcome<Entry<Document>> {
    let permit = desk.rules.gate.permit(said.kind).ok_or(EntryRefused::DocumentNotEntered { kind: said.kind }).map_err(no)?;
    let use_case = match permit.proof {
        Proof::Contact => UseCase::ContactDocumentRecord,
        Proof::Paper => UseCase::ContactDocumentFile,
    };
    let mut open = match Opened::new(desk, call, person_id, use_case, &("document_record", said)).await? {
        Heard::Again(done) => return Ok(done),
        Heard::First(open) => open,
    };
    let record = match &said.contact_id {
        Some(contact_id) => Some(contact_of(desk, &open.tx, &open.kept, contact_id).await?),
        None => None,
    };
    let file = &open.kept.body;
    let place = file.documents.len();
    let draft = DocumentDraft {
        document_id: &List::Documents.entry_id(person_id, place),
        kind: said.kind,
        person_id,
        relation: file.relation,
        from: said.from,
        until: said.until,
        hours: said.hours,
        contact: record.as_ref().map(|record| &record.contact),
        reference: &said.reference,
    };
    let held: Vec<&Document> = file.documents.iter().map(|one| &one.what).collect();
    let entered = desk.rules.gate.document_enter(&draft, &held, call.at).map_err(no)?;
    let noted = open.noted(call, said.contact_id.as_deref(), &said.reference).await?;
    open.kept.body.documents.push(OnFile::new(entered, noted));
    open.close(desk, call, ("contact_document_record", &said.reference), place, |all| all.1).await
}

/// Ends what permits contact; that restricts, so whoever may record it may end it.
pub async fn document_end(desk: &Desk, call: &Call, person_id: &str, entry_id: &str, why: &str) -> Outcome<Entry<Document>> {
    required("why", why)?;
    let mut open = match Opened::new(desk, call, person_id, UseCase::ContactDocumentRecord, &("document_end", entry_id, why)).await? {
        Heard::Again(done) => return Ok(done),
        Heard::First(open) => open,
    };
    let place = List::Documents.place(person_id, entry_id, open.kept.body.documents.len())?;
    let until = ended(open.kept.body.documents[place].what.until, call.at).map_err(no)?;
    let noted = open.noted(call, None, why).await?;
    let one = &mut open.kept.body.documents[place];
    (one.what.until, one.ended) = (Some(until), Some(noted));
    open.close(desk, call, ("contact_document_end", why), place, |all| all.1).await
}

/// A command over a file, heard for the first time or answered before.
enum Heard<T> {
    First(Opened),
    Again(T),
}

/// A person's file in the hands of one command, while nobody else may touch the debtor.
struct Opened {
    tx: Tx,
    kept: Kept<PersonRow, PersonFile>,
}

impl Opened {
    /// Whether the caller may, heard once, and the file as it is now.
    async fn new<T: serde::de::DeserializeOwned>(
        desk: &Desk,
        call: &Call,
        person_id: &str,
        use_case: UseCase,
        input: &impl Serialize,
    ) -> Outcome<Heard<T>> {
        let people = desk.people(call.at).await?;
        let kept: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "person", person_id).await?;
        desk.may(&people, call, use_case, &target_of(desk, &kept.row.customer_id).await?)?;
        let tx = match desk.begin(call, "contact_file", &(person_id, input)).await? {
            Begun::Again(done) => return Ok(Heard::Again(done)),
            Begun::First(tx) => tx,
        };
        tx.debtor_hold(&kept.row.customer_id).await?;
        let kept = desk.load(&tx, "person", person_id).await?;
        Ok(Heard::First(Opened { tx, kept }))
    }

    /// Who says it, with what is written sealed beside the person.
    async fn noted(&mut self, call: &Call, contact_id: Option<&str>, why: &str) -> Outcome<Noted> {
        let note = match why.trim() {
            "" => None,
            why => Some(note_add(&self.tx, &self.kept.row.person_id, why).await?),
        };
        Ok(Noted { by: call.staff_id.clone(), at: call.at, contact_id: contact_id.map(str::to_owned), note })
    }

    /// Keeps the file, tells audit and listeners, and answers with the entry.
    async fn close<T: Serialize>(
        mut self,
        desk: &Desk,
        call: &Call,
        (action, why): (&str, &str),
        place: usize,
        list: impl FnOnce(Entries) -> Vec<Entry<T>>,
    ) -> Outcome<Entry<T>> {
        let PersonRow { person_id, customer_id, .. } = &self.kept.row;
        stored(self.tx.save(&self.kept.row, &self.kept.body, self.kept.version, call.stamp()).await?)?;
        let notes = written(desk, &*desk.people(call.at).await?, call, &self.tx.personal(person_id).await?);
        let entry = list(entries(person_id, &self.kept.body, &notes)).swap_remove(place);
        let subject = format!("person/{person_id}");
        self.tx.audit(call.audit(action, subject.clone(), format!("{} {why}", entry.entry_id).trim_end()));
        let payload = serde_json::json!({ "customer_id": customer_id, "entry_id": entry.entry_id, "what": entry.what });
        self.tx.publish(call.event("contact.file_changed", subject, payload));
        desk.commit(self.tx, call, entry).await
    }
}

/// One more sealed note of a person: which.
async fn note_add(tx: &Tx, person_id: &str, text: &str) -> Outcome<i64> {
    let mut notes = notes(&tx.personal(person_id).await?);
    notes.push(text.to_owned());
    let all: Vec<&str> = notes.iter().map(String::as_str).collect();
    tx.personal_set(person_id, FieldKind::Note, &all).await?;
    Ok(notes.len() as i64 - 1)
}

/// A contact about the same debt; any other is as good as none.
async fn contact_of(desk: &Desk, reads: &Reads, person: &Kept<PersonRow, PersonFile>, contact_id: &str) -> Outcome<ContactRecord> {
    let kept: Kept<ContactRow, ContactRecord> = desk.load(reads, "contact", contact_id).await?;
    if kept.row.customer_id != person.row.customer_id {
        return refused("E-AP-01", &[("what", &"contact"), ("id", &contact_id)]);
    }
    Ok(kept.body)
}

/// A number or address put right, or a new one (更正联系方式).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointSaid {
    /// Which one is put right; a new one when absent.
    pub key: Option<String>,
    pub kind: PointKind,
    pub value: String,
    pub source: PointSource,
    /// Whether it is where the person works.
    pub at_work: bool,
    pub why: String,
}

/// Adds a number or address with where it is from and why, or puts one right; the audit trail has the key and never the value.
///
/// Another value is another point: what came of the calls to the old one says nothing of the new one, and the old one is
/// not used again. The same value with another source stays the point it is.
pub async fn point_correct(desk: &Desk, call: &Call, person_id: &str, said: &PointSaid) -> Outcome<Point> {
    let (value, why) = (required("value", &said.value)?, required("why", &said.why)?);
    let mut open = match Opened::new(desk, call, person_id, UseCase::PersonCorrect, &("point_correct", said)).await? {
        Heard::Again(done) => return Ok(done),
        Heard::First(open) => open,
    };
    let (kind, enter) = match said.kind {
        PointKind::Phone => (FieldKind::Phone, phone_enter as fn(&str, &[&str]) -> Result<(), EntryRefused>),
        PointKind::Address => (FieldKind::Address, address_enter as _),
    };
    let fields = open.tx.personal(person_id).await?;
    let mut values: Vec<&str> = fields.iter().filter(|field| field.kind == kind).map(|field| field.value.as_str()).collect();
    let file = &mut open.kept.body;
    let old = match &said.key {
        None => None,
        Some(key) => match file.points.iter().position(|point| point.key == *key && point.kind == said.kind && point.replaced_by.is_none()) {
            Some(old) => Some(old),
            None => return refused("E-CW-04", &[("point", key), ("person_id", &person_id)]),
        },
    };
    // A value of a point that was replaced may come back.
    let used: Vec<usize> = (0..values.len()).filter(|&position| file.points.iter().any(|point| is_at(point, said.kind, position))).collect();
    let known: Vec<&str> = used.iter().map(|&position| values[position]).collect();
    let point = match (enter(value, &known), old) {
        (Ok(()), old) => {
            let position = values.len();
            values.push(value);
            let key = format!("{person_id}/{}/{position}", said.kind.code());
            if let Some(old) = old {
                file.points[old].replaced_by = Some(key.clone());
            }
            let point = Point { key, kind: said.kind, position: position as i64, source: said.source, at_work: said.at_work, replaced_by: None };
            file.points.push(point.clone());
            open.tx.personal_set(person_id, kind, &values).await?;
            point
        }
        (Err(EntryRefused::PointOnFile { place }), Some(old)) if is_at(&file.points[old], said.kind, used[place]) => {
            (file.points[old].source, file.points[old].at_work) = (said.source, said.at_work);
            file.points[old].clone()
        }
        (Err(refusal), _) => return Err(no(refusal)),
    };
    stored(open.tx.save(&open.kept.row, &open.kept.body, open.kept.version, call.stamp()).await?)?;
    let told = format!("{} {}: {why}", point.key, said.source.code());
    open.tx.audit(call.audit("person_correct", format!("person/{person_id}"), told));
    desk.commit(open.tx, call, point).await
}

fn is_at(point: &Point, kind: PointKind, position: usize) -> bool {
    point.kind == kind && point.replaced_by.is_none() && point.position == position as i64
}
