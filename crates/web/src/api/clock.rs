//! The clocks of claims: whose they are, what runs out, and acts that move them.

use crate::document::{IdempotencyKey, List, Refusals, codes, day};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::clock;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use disposal::clock::{Act, ActKind, ClockStatus, EvidenceKind};
use serde::Deserialize;
use serde_json::{Value, json};
use units::Date;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(clock_list)).routes(routes!(claim_clocks)).routes(routes!(act_record))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ClocksWanted {
    /// Who answers for them; the caller when absent.
    owner: Option<String>,
    /// Running when absent.
    #[param(schema_with = codes::<ClockStatus>, required = false)]
    state: Option<ClockStatus>,
}

/// The clocks somebody answers for, those with the fewest days left first
#[utoipa::path(
    get, path = "/clocks", tag = "clocks", params(ClocksWanted),
    responses((status = 200, description = "The clocks", body = List), Refusals)
)]
async fn clock_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<ClocksWanted>) -> Reply<Json<List>> {
    let state = wanted.state.unwrap_or(ClockStatus::Running).code();
    Ok(Json(List::of(&clock::clock_list(&server.desk, &call, wanted.owner.as_deref(), state).await?, None)))
}

/// Every clock of a claim that somebody was told of
#[utoipa::path(
    get, path = "/claims/{claim_id}/clocks", tag = "clocks", params(("claim_id" = String, Path)),
    responses((status = 200, description = "The clocks", body = List), Refusals)
)]
async fn claim_clocks(State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::of(&clock::claim_clocks(&server.desk, &call, &claim_id).await?, None)))
}

fn evidence() -> Array {
    ArrayBuilder::new().items(codes::<EvidenceKind>()).build()
}

/// Something done about a claim, with its proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActDone {
    customer_id: String,
    act_id: String,
    #[schema(schema_with = codes::<ActKind>)]
    kind: ActKind,
    /// The day it took effect: arrival for letters and messages, submission for filings.
    #[schema(schema_with = day)]
    on: Date,
    /// Against whom, by whom if a debtor acts, or which collateral or preservation.
    against: Vec<String>,
    /// The day an extension, consent, settlement or renewal reaches to.
    #[schema(schema_with = day)]
    until: Option<Date>,
    #[schema(schema_with = evidence)]
    evidence: Vec<EvidenceKind>,
}

/// Record something done about a claim; weak evidence is recorded and moves no clock
#[utoipa::path(
    post, path = "/claims/{claim_id}/acts", tag = "clocks", params(("claim_id" = String, Path), IdempotencyKey), request_body = ActDone,
    responses((status = 201, description = "Recorded, with the strength of its evidence", body = Object), Refusals)
)]
async fn act_record(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Body(said): Body<ActDone>,
) -> Reply<(StatusCode, Json<Value>)> {
    let ActDone { customer_id, act_id, kind, on, against, until, evidence } = said;
    let act = Act { act_id, kind, on, against, until, evidence };
    let recorded = clock::act_record(&server.desk, &call, &claim_id, &customer_id, &act).await?;
    Ok((StatusCode::CREATED, Json(json!(recorded))))
}
