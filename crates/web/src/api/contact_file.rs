//! What stands on somebody's file about contact: what restricts it, what permits it, numbers and addresses.

use super::answer;
use crate::document::{IdempotencyKey, Refusals, codes, moment};
use crate::extract::{Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::contact_file::{self, CircumstanceSaid, DocumentSaid, PointSaid};
use app::person::PointKind;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::Channel;
use casework::contact_gate::{CircumstanceKind, DocumentKind, Hours, PointSource};
use serde::Deserialize;
use serde_json::{Value, json};
use units::Moment;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, schema::Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(circumstance_record))
        .routes(routes!(circumstance_end))
        .routes(routes!(document_record))
        .routes(routes!(document_end))
        .routes(routes!(point_correct))
}

/// Something that restricts contact, and how it is known: from a contact, or as `why` says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Restricts {
    #[schema(schema_with = codes::<CircumstanceKind>)]
    kind: CircumstanceKind,
    /// Out of which somebody opts; nothing else has one.
    #[schema(schema_with = codes::<Channel>)]
    channel: Option<Channel>,
    contact_id: Option<String>,
    #[serde(default)]
    why: String,
}

/// Put on file what restricts contact with a person; from then on the gate refuses whoever asks, staff or agency
#[utoipa::path(
    post, path = "/persons/{person_id}/circumstances", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Restricts, responses((status = 201, description = "On file", body = answer::PersonCircumstance), Refusals)
)]
async fn circumstance_record(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Restricts>,
) -> Reply<(StatusCode, Json<Value>)> {
    let Restricts { kind, channel, contact_id, why } = said;
    let said = CircumstanceSaid { kind, channel, contact_id, why };
    let entry = contact_file::circumstance_record(&server.desk, &call, &person_id, &said).await?;
    Ok((StatusCode::CREATED, Json(json!(entry))))
}

/// Which entry ends, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ends {
    entry_id: String,
    why: String,
}

/// End what restricts contact, because it was a mistake or was withdrawn; it stays on file
#[utoipa::path(
    post, path = "/persons/{person_id}/circumstances/end", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Ends, responses((status = 200, description = "Ended", body = answer::PersonCircumstance), Refusals)
)]
async fn circumstance_end(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Ends>,
) -> Reply<Json<Value>> {
    let entry = contact_file::circumstance_end(&server.desk, &call, &person_id, &said.entry_id, &said.why).await?;
    Ok(Json(json!(entry)))
}

fn hours() -> RefOr<Schema> {
    answer::hours().schema
}

/// Something that permits contact, and its proof as the pack asks for it: a contact with this person, or the reference of a paper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Permits {
    #[schema(schema_with = codes::<DocumentKind>)]
    kind: DocumentKind,
    /// Now when absent.
    #[schema(schema_with = moment)]
    from: Option<Moment>,
    #[schema(schema_with = moment)]
    until: Option<Moment>,
    /// Of agreed hours.
    #[schema(schema_with = hours)]
    hours: Option<Hours>,
    contact_id: Option<String>,
    #[serde(default)]
    reference: String,
}

/// Put on file what permits contact with a person, for as long as was agreed
#[utoipa::path(
    post, path = "/persons/{person_id}/documents", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Permits, responses((status = 201, description = "On file", body = answer::PersonDocument), Refusals)
)]
async fn document_record(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Permits>,
) -> Reply<(StatusCode, Json<Value>)> {
    let Permits { kind, from, until, hours, contact_id, reference } = said;
    let said = DocumentSaid { kind, from, until, hours, contact_id, reference };
    let entry = contact_file::document_record(&server.desk, &call, &person_id, &said).await?;
    Ok((StatusCode::CREATED, Json(json!(entry))))
}

/// End what permits contact; it stays on file
#[utoipa::path(
    post, path = "/persons/{person_id}/documents/end", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Ends, responses((status = 200, description = "Ended", body = answer::PersonDocument), Refusals)
)]
async fn document_end(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Ends>,
) -> Reply<Json<Value>> {
    let entry = contact_file::document_end(&server.desk, &call, &person_id, &said.entry_id, &said.why).await?;
    Ok(Json(json!(entry)))
}

/// A number or address, where it is from, and why it is told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Point {
    /// Which one is put right; a new one when absent.
    key: Option<String>,
    #[schema(schema_with = codes::<PointKind>)]
    kind: PointKind,
    value: String,
    #[schema(schema_with = codes::<PointSource>)]
    source: PointSource,
    /// Whether it is where the person works.
    #[serde(default)]
    at_work: bool,
    why: String,
}

/// Add a number or address to a person's file, or put one right; the value lies sealed and is not told again
#[utoipa::path(
    post, path = "/persons/{person_id}/points", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Point, responses((status = 201, description = "On file", body = answer::ContactPoint), Refusals)
)]
async fn point_correct(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Point>,
) -> Reply<(StatusCode, Json<Value>)> {
    let Point { key, kind, value, source, at_work, why } = said;
    let said = PointSaid { key, kind, value, source, at_work, why };
    let point = contact_file::point_correct(&server.desk, &call, &person_id, &said).await?;
    Ok((StatusCode::CREATED, Json(json!(point))))
}
