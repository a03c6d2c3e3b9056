//! Contacts: asked for before they are made, begun, recorded.

use super::answer;
use crate::document::{IdempotencyKey, Refusals, codes, moment};
use crate::extract::{Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::contact::{self, ContactOutcome, ContactWanted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::contact_gate::Manner;
use casework::{Channel, ContactResult, Purpose};
use serde::Deserialize;
use serde_json::{Value, json};
use units::Moment;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(contact_ask))
        .routes(routes!(contact_begin))
        .routes(routes!(contact_record))
        .routes(routes!(contact_inbound))
}

fn manners() -> Array {
    ArrayBuilder::new().items(codes::<Manner>()).build()
}

/// A contact somebody wants to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    person_id: String,
    #[schema(schema_with = codes::<Channel>)]
    channel: Channel,
    #[schema(schema_with = codes::<Purpose>)]
    purpose: Purpose,
    /// The key of a number or address on file.
    point: String,
    /// When, for a question about later; now when absent.
    #[schema(schema_with = moment)]
    at: Option<Moment>,
    /// How many go, of a visit.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000)]
    people: u32,
    #[serde(default)]
    #[schema(schema_with = manners)]
    manners: Vec<Manner>,
}

fn one() -> u32 {
    1
}

impl Wanted {
    fn contact(self) -> ContactWanted {
        let Wanted { person_id, channel, purpose, point, at, people, manners } = self;
        ContactWanted { person_id, channel, purpose, point, at, people, manners }
    }
}

/// What came of a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CameOfIt {
    #[schema(schema_with = codes::<ContactResult>)]
    result: ContactResult,
    #[serde(default)]
    #[schema(maximum = 86400)]
    seconds: u32,
    #[serde(default)]
    note: String,
}

impl CameOfIt {
    fn outcome(self) -> ContactOutcome {
        ContactOutcome { result: self.result, seconds: self.seconds, note: self.note }
    }
}

/// Ask whether a contact would be allowed; nothing is kept
#[utoipa::path(
    post, path = "/cases/{case_id}/contacts/ask", tag = "contacts", params(("case_id" = String, Path)), request_body = Wanted,
    responses((status = 200, description = "Allowed with limits, or refused with rule, article and next slot", body = answer::GateAnswer), Refusals)
)]
async fn contact_ask(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Wanted>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(contact::contact_ask(&server.desk, &call, &case_id, &said.contact()).await?)))
}

/// Begin a contact: the gate allows it and keeps the place, or refuses with rule, article and next slot
#[utoipa::path(
    post, path = "/cases/{case_id}/contacts", tag = "contacts", params(("case_id" = String, Path), IdempotencyKey), request_body = Wanted,
    responses((status = 201, description = "Begun: its identity, its limits, until when", body = answer::ContactBegun), Refusals)
)]
async fn contact_begin(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Wanted>,
) -> Reply<(StatusCode, Json<Value>)> {
    let begun = contact::contact_begin(&server.desk, &call, &case_id, &said.contact()).await?;
    Ok((StatusCode::CREATED, Json(json!(begun))))
}

/// Record what came of a contact that was begun
#[utoipa::path(
    post, path = "/cases/{case_id}/contacts/{contact_id}/outcome", tag = "contacts",
    params(("case_id" = String, Path), ("contact_id" = String, Path), IdempotencyKey), request_body = CameOfIt,
    responses((status = 201, description = "Recorded", body = answer::ContactRecord), Refusals)
)]
async fn contact_record(
    State(server): State<Server>, Caller(call): Caller, Named((case_id, contact_id)): Named<(String, String)>, Body(said): Body<CameOfIt>,
) -> Reply<(StatusCode, Json<Value>)> {
    let record = contact::contact_record(&server.desk, &call, &case_id, &contact_id, &said.outcome()).await?;
    Ok((StatusCode::CREATED, Json(json!(record))))
}

/// Somebody called, wrote or came in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CameIn {
    contact: Wanted,
    outcome: CameOfIt,
}

/// Record that somebody called, wrote or came in
#[utoipa::path(
    post, path = "/cases/{case_id}/contacts/inbound", tag = "contacts", params(("case_id" = String, Path), IdempotencyKey), request_body = CameIn,
    responses((status = 201, description = "Recorded", body = answer::ContactRecord), Refusals)
)]
async fn contact_inbound(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<CameIn>,
) -> Reply<(StatusCode, Json<Value>)> {
    let (wanted, outcome) = (said.contact.contact(), said.outcome.outcome());
    let record = contact::contact_inbound(&server.desk, &call, &case_id, &wanted, &outcome).await?;
    Ok((StatusCode::CREATED, Json(json!(record))))
}
