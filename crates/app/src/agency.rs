//! Outside agencies: admitted, given cases, asked for them back, and shown no more than the pack says.

use crate::approval::{About, ApprovalView, Proposed, put_forward};
use crate::case::{change, open_case, target};
use crate::case_night::owed;
use crate::desk::{Begun, Call, Desk, PAGE, People, required, stored, told};
use crate::failure::Outcome;
use authority::{Target, UseCase};
use casework::agency::{Agency, CaseField, Placement, PlacementRequest, ViolationRecord};
use casework::case::{Case, Command};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{AgencyRow, CaseRow, Cursor, Kept, PlacementRow, Tx};
use units::Date;

/// An agency in a list, with its review clock (委外机构).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyView {
    /// Whoever changes it says which version was seen.
    pub version: i64,
    #[serde(flatten)]
    pub agency: Agency,
    /// `None` without an agreement.
    pub review_due_on: Option<Date>,
    pub review_is_past_due: bool,
}

/// To which agency, until when, and since when the debtor knows (委外申请).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyWanted {
    pub agency_id: String,
    pub until: Date,
    #[serde(default)]
    pub told_on: Option<Date>,
}

fn view(desk: &Desk, call: &Call, agency: Agency, version: i64) -> AgencyView {
    let review_due_on = desk.rules.cases.agency.review_due_on(&agency);
    AgencyView { version, review_is_past_due: review_due_on.is_some_and(|day| day < call.at.day()), review_due_on, agency }
}

/// Admits an agency, or writes what is new of it over the version that was seen (0: as a new one).
pub async fn agency_save(desk: &Desk, call: &Call, version: i64, agency: &Agency) -> Outcome<AgencyView> {
    required("agency_id", &agency.agency_id)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AgencyManage, &Target::default())?;
    let mut tx = match desk.begin(call, "agency_save", &(version, agency)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let row = AgencyRow {
        agency_id: agency.agency_id.clone(),
        state: agency.record.code().to_owned(),
        review_on: desk.rules.cases.agency.review_due_on(agency).unwrap_or(call.at.day()),
    };
    let version = stored(tx.save(&row, agency, version, call.stamp()).await?)?;
    let event = call.audit("agency_manage", format!("agency/{}", agency.agency_id), "");
    tx.audit(store::AuditEvent { after_digest: Some(store::audit::state_digest(agency)?), ..event });
    desk.commit(tx, call, view(desk, call, agency.clone(), version)).await
}

/// Every agency, those whose review is due first; those that may never be used again last.
pub async fn agency_list(desk: &Desk, call: &Call, only: Option<ViolationRecord>) -> Outcome<Vec<AgencyView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AgencyView, &Target::default())?;
    let mut views = Vec::new();
    for record in ViolationRecord::ALL.iter().filter(|record| only.is_none_or(|only| only == **record)) {
        let page = desk.store.agency_by_review::<Agency>(record.code(), None, PAGE).await?;
        views.extend(page.rows.into_iter().map(|kept| view(desk, call, kept.body, kept.version)));
    }
    Ok(views)
}

/// What an agency holds now, the longest held first.
pub async fn agency_placements(
    desk: &Desk,
    call: &Call,
    agency_id: &str,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<Placement>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AgencyView, &Target::default())?;
    let page = desk.store.placement_of_agency::<Placement>(agency_id, after, limit.clamp(1, PAGE)).await?;
    Ok((page.rows.into_iter().map(|kept| kept.body).collect(), page.next))
}

/// Proposes that an agency works a case; refused here if the rules would refuse it later.
pub async fn agency_place(desk: &Desk, call: &Call, case_id: &str, wanted: &AgencyWanted) -> Outcome<ApprovalView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::AgencyPlace, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "agency_place", &(case_id, wanted)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let case = open_case(&kept)?;
    let earlier = tx.placement_of_case::<Placement>(case_id, None, PAGE).await?.rows.len();
    let request = PlacementRequest {
        placement_id: format!("W-{case_id}-{}", earlier + 1),
        until: wanted.until,
        told_on: wanted.told_on,
    };
    placed(desk, call, &tx, case, &wanted.agency_id, &request).await?;
    let proposed = Proposed::AgencyPlacement { case_id: case_id.to_owned(), agency_id: wanted.agency_id.clone(), request };
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), owed(case), proposed).await?;
    desk.commit(tx, call, asked).await
}

async fn placed(desk: &Desk, call: &Call, tx: &Tx, case: &Case, agency_id: &str, request: &PlacementRequest) -> Outcome<Placement> {
    let agency: Kept<AgencyRow, Agency> = desk.load(tx, "agency", agency_id).await?;
    let placed = desk.rules.cases.agency.place(request, &agency.body, case, call.at.day());
    placed.map_err(|no| told(no.code(), &no))
}

/// The case goes to the agency, if it still may.
pub(crate) async fn carry_out(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    case_id: &str,
    agency_id: &str,
    request: &PlacementRequest,
) -> Outcome<()> {
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    let placement = placed(desk, call, tx, open_case(&kept)?, agency_id, request).await?;
    let row = PlacementRow {
        placement_id: placement.placement_id.clone(),
        agency_id: agency_id.to_owned(),
        case_id: case_id.to_owned(),
        placed_on: placement.placed_on,
        recalled_on: None,
    };
    stored(tx.save(&row, &placement, 0, call.stamp()).await?)?;
    let command = Command::Place { agency_id: agency_id.to_owned() };
    change(desk, people, call, tx, case_id, None, &command).await?;
    Ok(())
}

/// Takes a case back from its agency and gives it to a colleague, over the version that was seen.
pub async fn agency_recall(desk: &Desk, call: &Call, case_id: &str, version: u64, to: &str) -> Outcome<u64> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let mut tx = match desk.begin(call, "agency_recall", &(case_id, version, to)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    desk.may(&people, call, UseCase::AgencyRecall, &target(&kept.row))?;
    let command = Command::Recall { to: to.to_owned() };
    let after = change(desk, &people, call, &mut tx, case_id, Some(version), &command).await?;
    desk.commit(tx, call, after.version).await
}

/// A case that came back is held by no agency any more.
pub(crate) async fn placement_end(tx: &Tx, call: &Call, case_id: &str) -> Outcome<()> {
    for kept in tx.placement_of_case::<Placement>(case_id, None, PAGE).await?.rows {
        if kept.row.recalled_on.is_none() {
            let row = PlacementRow { recalled_on: Some(call.at.day()), ..kept.row };
            stored(tx.save(&row, &kept.body, kept.version, call.stamp()).await?)?;
        }
    }
    Ok(())
}

/// What the caller may see of a case; `None` for the lender's own people.
pub(crate) fn limit_of(desk: &Desk, people: &People, call: &Call) -> Option<Vec<CaseField>> {
    let agency = people.person(&call.staff_id)?.agency_id.as_ref();
    agency.map(|_| desk.rules.cases.agency.visible().to_vec())
}

/// What there is to say of any case that is worked.
const WORK: [&str; 8] = ["case_id", "customer_id", "place", "opened_on", "standing", "hand", "hardship_plan", "objection"];

/// What of the facts belongs to which field.
const FACTS: [(&str, CaseField); 4] = [
    ("bucket", CaseField::DaysPastDue),
    ("days_past_due", CaseField::DaysPastDue),
    ("amount_past_due", CaseField::AmountPastDue),
    ("outstanding", CaseField::Outstanding),
];

/// A case with nothing in it but its work and these fields (最小必要).
pub(crate) fn shown(mut case: Value, fields: &[CaseField]) -> Value {
    let mut kept: Map<String, Value> = WORK.iter().map(|name| ((*name).to_owned(), case[name].take())).collect();
    if fields.contains(&CaseField::Loans) {
        kept.insert("loans".to_owned(), case["loans"].take());
    }
    let facts = FACTS.iter().filter(|(_, field)| fields.contains(field));
    let facts: Map<String, Value> = facts.map(|(name, _)| ((*name).to_owned(), case["facts"][name].take())).collect();
    kept.insert("facts".to_owned(), Value::Object(facts));
    Value::Object(kept)
}
