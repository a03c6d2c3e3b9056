//! The people behind cases: found, shown masked, opened for a purpose and a time.

use crate::contact_file::{Entry, Noted, OnFile, entries, written};
use crate::approval::{About, ApprovalView, Proposed, put_forward};
use crate::desk::{Call, Desk, People, refusal, required, stored};
use crate::failure::{Outcome, refused};
use authority::{Approval, PersonalField as Field, Target, UnmaskGrant, UnmaskPurpose, UnmaskRequest, UseCase};
use casework::agency::CaseField;
use casework::contact_gate::{Circumstance, CircumstanceKind, Document, PointSource};
use casework::strategy::DebtorType;
use casework::{Contact, Relation};
use lake::people::Person;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use store::{CaseRow, Change, FieldKind, Kept, PersonRow, Reads, Saved, Stamp, Tx, UnmaskRow};
use units::{Date, Moment, Money};

/// What is known of a person beside what names the person (人员档案): the body of a person's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFile {
    pub relation: Relation,
    /// The numbers and addresses on file.
    pub points: Vec<Point>,
    /// What is on file that permits a contact.
    pub documents: Vec<OnFile<Document>>,
    /// What restricts contact; on the debtor's file for everybody about the debt.
    pub circumstances: Vec<OnFile<Circumstance>>,
    /// Contacts allowed and not recorded yet, about this debtor.
    pub under_way: Vec<Begun>,
    /// Able and willing, as whoever worked the case has found.
    pub debtor_type: DebtorType,
    pub language: String,
}

/// A number or address (联系方式); which value it is, its kind and position say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// `person/phone/0`.
    pub key: String,
    pub kind: PointKind,
    pub position: i64,
    pub source: PointSource,
    /// Whether it is where the person works.
    #[serde(default)]
    pub at_work: bool,
    /// The point with the right value, once this one was found wrong; it is not used any more.
    #[serde(default)]
    pub replaced_by: Option<String>,
}

impl PersonFile {
    /// The numbers and addresses in use.
    pub fn points_in_use(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.replaced_by.is_none())
    }
}

units::coded! {
    /// What a point is (联系方式种类).
    PointKind {
        Phone = "phone",
        Address = "address",
    }
}

units::serde_by_code!(PointKind);

/// A contact that was allowed and is under way (进行中的联系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    pub contact: Contact,
    pub answer: casework::GateAnswer,
    /// Given up if nothing was recorded by then.
    pub until: Moment,
}

/// A person as a page shows one (人员信息): every field as far as the caller may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonView {
    pub person_id: String,
    pub customer_id: String,
    pub relation: Relation,
    pub debtor_type: DebtorType,
    pub fields: Vec<ShownField>,
    pub points: Vec<Point>,
    /// What restricts contact, what permits it; with what ended.
    pub circumstances: Vec<Entry<Circumstance>>,
    pub documents: Vec<Entry<Document>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownField {
    pub field: Field,
    pub position: i64,
    pub text: String,
    pub view: authority::View,
}

/// Takes customers and the contacts named by them into the store; who is there is left as is.
pub(crate) async fn people_of(tx: &Tx, people: &[Person], stamp: Stamp<'_>) -> Outcome<()> {
    let mut seen = HashSet::new();
    let drafts: Vec<Draft> = people.iter().flat_map(drafts).filter(|draft| seen.insert(draft.person_id)).collect();
    let files: Vec<PersonFile> = drafts.iter().map(|draft| file(draft, stamp)).collect();
    let row = |draft: &Draft| PersonRow {
        person_id: draft.person_id.to_owned(),
        customer_id: draft.customer.to_owned(),
        relation: draft.relation.code().to_owned(),
    };
    let changes: Vec<Change<PersonRow, PersonFile>> =
        drafts.iter().zip(&files).map(|(draft, body)| Change { row: row(draft), body, over: 0 }).collect();
    let saved = tx.save_all(&changes, stamp).await?;
    let mut known: Vec<(&str, FieldKind, &[&str])> = Vec::new();
    for (draft, _) in drafts.iter().zip(&saved).filter(|(_, saved)| matches!(saved, Saved::Stored { .. })) {
        known.push((draft.person_id, FieldKind::Name, draft.name.as_slice()));
        known.push((draft.person_id, FieldKind::IdNumber, draft.id_number.as_slice()));
        known.push((draft.person_id, FieldKind::Phone, &draft.phones));
        known.push((draft.person_id, FieldKind::Address, &draft.addresses));
    }
    Ok(tx.personal_add(&known).await?)
}

/// A customer, and the contacts the customer named.
fn drafts(person: &Person) -> Vec<Draft<'_>> {
    let customer = &person.customer_id;
    let mut phones: Vec<(&str, PointSource)> = Vec::new();
    let own = person.contacts.iter().filter(|point| point.relation.as_deref() == Some("self"));
    phones.extend(person.phone.as_deref().map(|phone| (phone, PointSource::Reserved)));
    for point in own {
        if let Some(phone) = point.phone.as_deref()
            && !phones.iter().any(|(known, _)| *known == phone)
        {
            phones.push((phone, source_of(&point.source)));
        }
    }
    let (phones, sources) = phones.into_iter().unzip();
    let mut drafts = vec![Draft {
        person_id: customer,
        customer,
        relation: Relation::Debtor,
        name: Some(&person.name),
        id_number: person.id_number.as_deref(),
        phones,
        sources,
        addresses: person.address.as_deref().into_iter().collect(),
        opted_out_on: None,
    }];
    for point in person.contacts.iter().filter(|point| point.relation.as_deref() != Some("self")) {
        let relation = match point.relation.as_deref() {
            Some("guarantor") => Relation::Guarantor,
            Some("legal_representative") => Relation::LegalRepresentative,
            Some("reserved_contact") => Relation::ContactPerson,
            _ => Relation::ThirdPerson,
        };
        drafts.push(Draft {
            person_id: &point.contact_id,
            customer,
            relation,
            name: point.name.as_deref(),
            id_number: None,
            phones: point.phone.as_deref().into_iter().collect(),
            sources: vec![source_of(&point.source)],
            addresses: Vec::new(),
            opted_out_on: point.opted_out_on,
        });
    }
    drafts
}

struct Draft<'a> {
    person_id: &'a str,
    customer: &'a str,
    relation: Relation,
    name: Option<&'a str>,
    id_number: Option<&'a str>,
    phones: Vec<&'a str>,
    /// Of each phone.
    sources: Vec<PointSource>,
    addresses: Vec<&'a str>,
    opted_out_on: Option<Date>,
}

/// What the book says of a number's source, as one of the six lawful ways; nothing else may be used.
fn source_of(text: &str) -> PointSource {
    match text {
        "application" | "customer" => PointSource::Reserved,
        "bureau" | "credit_bureau" => PointSource::LicensedInstitution,
        code => PointSource::from_code(code).unwrap_or(PointSource::Unproven),
    }
}

fn file(draft: &Draft<'_>, stamp: Stamp<'_>) -> PersonFile {
    let point = |kind: PointKind, position: usize, source: PointSource| Point {
        key: format!("{}/{}/{position}", draft.person_id, kind.code()),
        kind,
        position: position as i64,
        source,
        at_work: false,
        replaced_by: None,
    };
    let phones = (0..draft.phones.len()).zip(&draft.sources).map(|(at, source)| point(PointKind::Phone, at, *source));
    let addresses = (0..draft.addresses.len()).map(|at| point(PointKind::Address, at, PointSource::Reserved));
    let stops = draft.opted_out_on.map(|day| Circumstance {
        kind: CircumstanceKind::DoNotContact,
        person_id: Some(draft.person_id.to_owned()),
        channel: None,
        from: Moment::new(day, 0),
        until: None,
    });
    let imported = |what| OnFile::new(what, Noted { by: stamp.by.to_owned(), at: stamp.at, contact_id: None, note: None });
    PersonFile {
        relation: draft.relation,
        points: phones.chain(addresses).collect(),
        documents: Vec::new(),
        circumstances: stops.map(imported).into_iter().collect(),
        under_way: Vec::new(),
        debtor_type: DebtorType::Unknown,
        language: "zh".to_owned(),
    }
}

/// Whose case a customer's data belong to, for rights; the institution where there is no case.
pub(crate) async fn target_of(desk: &Desk, customer_id: &str) -> Outcome<Target> {
    let case: Option<Kept<CaseRow, serde_json::Value>> = desk.store.case_open(customer_id).await?;
    Ok(case.map_or_else(Target::default, |kept| crate::case::target(&kept.row)))
}

/// Everybody who has to do with a customer's debt, masked as the caller's roles and open grants say.
pub async fn person_view(desk: &Desk, call: &Call, customer_id: &str) -> Outcome<Vec<PersonView>> {
    let people = desk.people(call.at).await?;
    let target = target_of(desk, customer_id).await?;
    let grant = desk.may(&people, call, UseCase::PersonView, &target)?;
    let grants = open_grants(&desk.store, call).await?;
    let limit = crate::agency::limit_of(desk, &people, call);
    let mut views = Vec::new();
    let page = desk.store.person_of_customer::<PersonFile>(customer_id, None, crate::desk::PAGE).await?;
    for kept in page.rows {
        if kept.body.relation == Relation::Guarantor && !may_see(&limit, CaseField::Guarantors) {
            continue;
        }
        let mut fields = Vec::new();
        let values = desk.store.personal(&kept.row.person_id).await?;
        let written = written(desk, &people, call, &values);
        for value in values {
            let Some(field) = field_of(value.kind).filter(|&field| may_see(&limit, needs(field))) else { continue };
            let is_open = grants.iter().any(|grant| grant.opens(&call.staff_id, &kept.row.person_id, field, call.at));
            let usual = desk.rules.authority.views.view([grant.role], field);
            let view = if is_open { authority::View::Full } else { usual };
            let text = desk.rules.authority.views.show(field, &value.value, view);
            fields.push(ShownField { field, position: value.position, text, view });
        }
        let (circumstances, documents) = entries(&kept.row.person_id, &kept.body, &written);
        let points = kept.body.points_in_use().cloned().collect();
        views.push(PersonView {
            person_id: kept.row.person_id,
            customer_id: kept.row.customer_id,
            relation: kept.body.relation,
            debtor_type: kept.body.debtor_type,
            fields,
            points,
            circumstances,
            documents,
        });
    }
    if views.is_empty() {
        return refused("E-AP-01", &[("what", &"customer"), ("id", &customer_id)]);
    }
    Ok(views)
}

/// What the caller may do with the personal data of a customer's people (个人信息权限), so that no more is offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRights {
    /// What masked fields may be opened for; nothing where they stay masked.
    pub unmask: Vec<UnmaskPurpose>,
    pub correct: bool,
}

pub async fn person_rights(desk: &Desk, call: &Call, customer_id: &str) -> Outcome<PersonRights> {
    let people = desk.people(call.at).await?;
    let target = target_of(desk, customer_id).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let may_unmask = desk.allows(&people, call, UseCase::PersonUnmask, &target);
    let purposes = institution.unmask_purposes(&people.actor(&institution, call)?, &people.seen_by(call, &target));
    Ok(PersonRights {
        unmask: if may_unmask { purposes } else { Vec::new() },
        correct: desk.allows(&people, call, UseCase::PersonCorrect, &target),
    })
}

/// What of a case somebody must be allowed to see, to see a field of a person.
fn needs(field: Field) -> CaseField {
    match field {
        Field::Name => CaseField::Name,
        Field::Phone | Field::Address | Field::Email => CaseField::ContactPoints,
        Field::IdentityNumber | Field::Card => CaseField::IdentityNumber,
    }
}

fn may_see(limit: &Option<Vec<CaseField>>, field: CaseField) -> bool {
    limit.as_ref().is_none_or(|fields| fields.contains(&field))
}

fn field_of(kind: FieldKind) -> Option<Field> {
    Some(match kind {
        FieldKind::Name => Field::Name,
        FieldKind::IdNumber => Field::IdentityNumber,
        FieldKind::Phone => Field::Phone,
        FieldKind::Address => Field::Address,
        FieldKind::Email => Field::Email,
        FieldKind::AccountNumber => Field::Card,
        FieldKind::WebhookSecret | FieldKind::Note => return None,
    })
}

async fn open_grants(reads: &Reads, call: &Call) -> Outcome<Vec<UnmaskGrant>> {
    let since = call.at.plus_seconds(-86_400);
    let page = reads.unmask_of_staff::<UnmaskGrant>(&call.staff_id, since, None, crate::desk::PAGE).await?;
    Ok(page.rows.into_iter().map(|kept| kept.body).collect())
}

/// Opens fields of a person for a purpose, with a reason, for a time; logged, and no more often than the pack allows.
pub async fn person_unmask(desk: &Desk, call: &Call, request: &UnmaskRequest) -> Outcome<UnmaskGrant> {
    required("reason", &request.reason)?;
    let kept: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "person", &request.person_id).await?;
    let people = desk.people(call.at).await?;
    let target = target_of(desk, &kept.row.customer_id).await?;
    desk.may(&people, call, UseCase::PersonUnmask, &target)?;
    let mut tx = match desk.begin(call, "person_unmask", request).await? {
        crate::desk::Begun::Again(done) => return Ok(done),
        crate::desk::Begun::First(tx) => tx,
    };
    let earlier: Vec<Moment> = open_grants(&tx, call).await?.iter().map(|grant| grant.granted_at).collect();
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let actor = people.actor(&institution, call)?;
    let granted = institution.unmask(&actor, &target, request, &earlier, None, call.at);
    let grant = granted.map_err(|no| refusal(no.code(), no.facts()))?;
    let row = UnmaskRow {
        unmask_grant_id: format!("{}-{}-{}", call.staff_id, call.at, earlier.len()),
        staff_id: call.staff_id.clone(),
        person_id: request.person_id.clone(),
        granted_at: call.at,
        expires_at: grant.until,
    };
    stored(tx.save(&row, &grant, 0, call.stamp()).await?)?;
    let why = format!("{}: {}", request.purpose.code(), request.reason);
    tx.audit(call.audit("person_unmask", format!("person/{}", request.person_id), why));
    desk.commit(tx, call, grant).await
}

/// Asks to open fields of a person beyond the usual pace; approved by somebody else, they open at once.
pub async fn person_unmask_propose(desk: &Desk, call: &Call, request: &UnmaskRequest) -> Outcome<ApprovalView> {
    let kept: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "person", &request.person_id).await?;
    let people = desk.people(call.at).await?;
    let target = target_of(desk, &kept.row.customer_id).await?;
    desk.may(&people, call, UseCase::PersonUnmask, &target)?;
    let mut tx = match desk.begin(call, "person_unmask_propose", request).await? {
        crate::desk::Begun::Again(done) => return Ok(done),
        crate::desk::Begun::First(tx) => tx,
    };
    let institution = people.institution(&desk.rules.authority, call.at.day());
    // All but the pace is asked now: nobody is to approve what would be refused.
    let granted = institution.unmask(&people.actor(&institution, call)?, &target, request, &[], None, call.at);
    granted.map_err(|no| refusal(no.code(), no.facts()))?;
    let about = About { subject: format!("person/{}", request.person_id), id: &request.person_id, target };
    let proposed = Proposed::Unmask { request: request.clone() };
    let asked = put_forward(desk, &people, call, &mut tx, about, Money::ZERO, proposed).await?;
    desk.commit(tx, call, asked).await
}

/// What was approved is open to who asked for it from now on, if it still may be.
pub(crate) async fn carry_out(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    request: &UnmaskRequest,
    approval: &Approval,
) -> Outcome<()> {
    let kept: Kept<PersonRow, PersonFile> = desk.load(tx, "person", &request.person_id).await?;
    let target = target_of(desk, &kept.row.customer_id).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let no = |no: authority::UnmaskRefused| refusal(no.code(), no.facts());
    let maker = institution.actor(&approval.maker.staff_id).map_err(authority::UnmaskRefused::NotAllowed).map_err(no)?;
    let grant = institution.unmask(&maker, &target, request, &[], Some(approval), call.at).map_err(no)?;
    let approval_id = &approval.proposal.approval_id;
    let row = UnmaskRow {
        unmask_grant_id: approval_id.clone(),
        staff_id: grant.staff_id.clone(),
        person_id: request.person_id.clone(),
        granted_at: call.at,
        expires_at: grant.until,
    };
    stored(tx.save(&row, &grant, 0, call.stamp()).await?)?;
    let why = format!("{} for {} {approval_id}: {}", request.purpose.code(), grant.staff_id, request.reason);
    tx.audit(call.audit("person_unmask", format!("person/{}", request.person_id), why));
    Ok(())
}

/// What is searched for (查找客户).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersonSearch {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub phone_tail: Option<String>,
    pub id_number: Option<String>,
}

/// Customers by what is known of them, exactly or by the last four digits; only those the caller may see.
pub async fn person_search(desk: &Desk, call: &Call, search: &PersonSearch) -> Outcome<Vec<PersonView>> {
    const MOST: u32 = 50;
    let store = &desk.store;
    let found = match search {
        PersonSearch { id_number: Some(value), .. } => store.personal_find(FieldKind::IdNumber, value, MOST).await?,
        PersonSearch { phone: Some(value), .. } => store.personal_find(FieldKind::Phone, value, MOST).await?,
        PersonSearch { phone_tail: Some(value), .. } => store.personal_find_tail(FieldKind::Phone, value, MOST).await?,
        PersonSearch { name: Some(value), .. } => store.personal_find(FieldKind::Name, value, MOST).await?,
        _ => return refused("E-AP-04", &[("field", &"name, phone, phone_tail, id_number")]),
    };
    let people = desk.people(call.at).await?;
    let mut customers: BTreeMap<String, ()> = BTreeMap::new();
    for person_id in found {
        if let Some(kept) = store.load::<PersonRow, PersonFile>(&person_id).await? {
            customers.insert(kept.row.customer_id, ());
        }
    }
    let mut views = Vec::new();
    for customer in customers.into_keys() {
        let target = target_of(desk, &customer).await?;
        if desk.allows(&people, call, UseCase::CustomerSearch, &target) {
            views.extend(person_view(desk, call, &customer).await?);
        }
    }
    Ok(views)
}

/// Says what kind of debtor somebody is, as found in the work; the strategy follows the next night.
pub async fn debtor_assess(desk: &Desk, call: &Call, customer_id: &str, debtor_type: DebtorType, why: &str) -> Outcome<()> {
    required("why", why)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CaseUpdate, &target_of(desk, customer_id).await?)?;
    let mut tx = match desk.begin(call, "debtor_assess", &(customer_id, debtor_type, why)).await? {
        crate::desk::Begun::Again(()) => return Ok(()),
        crate::desk::Begun::First(tx) => tx,
    };
    let kept: Kept<PersonRow, PersonFile> = desk.load(&tx, "customer", customer_id).await?;
    let file = PersonFile { debtor_type, ..kept.body };
    stored(tx.save(&kept.row, &file, kept.version, call.stamp()).await?)?;
    tx.audit(call.audit("debtor_assess", format!("person/{customer_id}"), format!("{}: {why}", debtor_type.code())));
    desk.commit(tx, call, ()).await
}
