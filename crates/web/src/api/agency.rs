//! Outside agencies, and the cases they hold.

use crate::document::{IdempotencyKey, List, Refusals, day};
use crate::extract::{Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::agency::{self, AgencyWanted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::agency::Agency;
use serde::Deserialize;
use serde_json::{Value, json};
use units::Date;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(agency_list, agency_save))
        .routes(routes!(agency_placements))
        .routes(routes!(agency_place))
        .routes(routes!(agency_recall))
}

/// Every agency, those whose review is due first
#[utoipa::path(
    get, path = "/agencies", tag = "agencies", responses((status = 200, description = "The agencies", body = List), Refusals)
)]
async fn agency_list(State(server): State<Server>, Caller(call): Caller) -> Reply<Json<List>> {
    Ok(Json(List::of(&agency::agency_list(&server.desk, &call).await?, None)))
}

/// An agency, over the version that was seen; 0: a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Admitted {
    version: i64,
    /// `agency_id`, `whitelisted_on`, `agreement`, `impact_assessed_on`, `last_reviewed_on`, `record`.
    #[schema(value_type = Object)]
    agency: Agency,
}

/// Admit an agency, or write what is new of it
#[utoipa::path(
    post, path = "/agencies", tag = "agencies", params(IdempotencyKey), request_body = Admitted,
    responses((status = 200, description = "Kept", body = Object), Refusals)
)]
async fn agency_save(State(server): State<Server>, Caller(call): Caller, Body(said): Body<Admitted>) -> Reply<Json<Value>> {
    Ok(Json(json!(agency::agency_save(&server.desk, &call, said.version, &said.agency).await?)))
}

/// What an agency holds now
#[utoipa::path(
    get, path = "/agencies/{agency_id}/placements", tag = "agencies", params(("agency_id" = String, Path)),
    responses((status = 200, description = "The placements", body = List), Refusals)
)]
async fn agency_placements(State(server): State<Server>, Caller(call): Caller, Named(agency_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::of(&agency::agency_placements(&server.desk, &call, &agency_id).await?, None)))
}

/// To which agency, until when, and since when the debtor knows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    agency_id: String,
    #[schema(schema_with = day)]
    until: Date,
    #[schema(schema_with = day)]
    told_on: Option<Date>,
}

/// Propose that an agency works a case
#[utoipa::path(
    post, path = "/cases/{case_id}/placements", tag = "agencies", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Wanted, responses((status = 201, description = "Asked", body = Object), Refusals)
)]
async fn agency_place(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Wanted>,
) -> Reply<(StatusCode, Json<Value>)> {
    let wanted = AgencyWanted { agency_id: said.agency_id, until: said.until, told_on: said.told_on };
    Ok((StatusCode::CREATED, Json(json!(agency::agency_place(&server.desk, &call, &case_id, &wanted).await?))))
}

/// To whom a case comes back, over the version that was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Recalled {
    version: u64,
    to: String,
}

/// Take a case back from its agency
#[utoipa::path(
    post, path = "/cases/{case_id}/recall", tag = "agencies", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Recalled, responses((status = 200, description = "The case's version now", body = Object), Refusals)
)]
async fn agency_recall(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Recalled>,
) -> Reply<Json<Value>> {
    let version = agency::agency_recall(&server.desk, &call, &case_id, said.version, &said.to).await?;
    Ok(Json(json!({ "version": version })))
}
