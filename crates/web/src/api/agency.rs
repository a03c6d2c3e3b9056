//! Outside agencies, and the cases they hold.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes, day};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::agency::{self, AgencyWanted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::agency::{Agency, ViolationRecord};
use serde::Deserialize;
use serde_json::{Value, json};
use units::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(agency_list, agency_save))
        .routes(routes!(agency_placements))
        .routes(routes!(agency_place))
        .routes(routes!(agency_recall))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AgenciesWanted {
    #[param(schema_with = codes::<ViolationRecord>, required = false)]
    record: Option<ViolationRecord>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Every agency, those whose review is due first
#[utoipa::path(
    get, path = "/agencies", tag = "agencies", params(AgenciesWanted),
    responses((status = 200, description = "A page of agencies", body = answer::KnownAgencies), Refusals)
)]
async fn agency_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<AgenciesWanted>) -> Reply<Json<List>> {
    let paged = Paged { after: wanted.after, limit: wanted.limit };
    let agencies = agency::agency_list(&server.desk, &call, wanted.record).await?;
    Ok(Json(List::part(&agencies, &paged, |view| &view.agency.agency_id)))
}

/// An agency, over the version that was seen; 0: a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Admitted {
    version: i64,
    /// `agency_id`, `whitelisted_on`, `agreement`, `impact_assessed_on`, `last_reviewed_on`, `record`.
    #[schema(value_type = answer::Agency)]
    agency: Agency,
}

/// Admit an agency, or write what is new of it
#[utoipa::path(
    post, path = "/agencies", tag = "agencies", params(IdempotencyKey), request_body = Admitted,
    responses((status = 200, description = "Kept", body = answer::KnownAgency), Refusals)
)]
async fn agency_save(State(server): State<Server>, Caller(call): Caller, Body(said): Body<Admitted>) -> Reply<Json<Value>> {
    Ok(Json(json!(agency::agency_save(&server.desk, &call, said.version, &said.agency).await?)))
}

/// What an agency holds now
#[utoipa::path(
    get, path = "/agencies/{agency_id}/placements", tag = "agencies", params(("agency_id" = String, Path), Paged),
    responses((status = 200, description = "A page of placements", body = answer::Placements), Refusals)
)]
async fn agency_placements(
    State(server): State<Server>, Caller(call): Caller, Named(agency_id): Named<String>, Asked(paged): Asked<Paged>,
) -> Reply<Json<List>> {
    let after = paged.cursor()?;
    Ok(Json(List::page(agency::agency_placements(&server.desk, &call, &agency_id, after.as_ref(), paged.limit()).await?)))
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
    request_body = Wanted, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
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
    request_body = Recalled, responses((status = 200, description = "The case's version now", body = answer::Changed), Refusals)
)]
async fn agency_recall(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Recalled>,
) -> Reply<Json<Value>> {
    let version = agency::agency_recall(&server.desk, &call, &case_id, said.version, &said.to).await?;
    Ok(Json(json!({ "version": version })))
}
