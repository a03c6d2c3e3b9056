//! The clocks of claims: whose they are, what runs out, and what lawyers enter that moves them.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes, day};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::clock_fact::{self, FactRecorded, FactSaid};
use app::clock_watch;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use disposal::clock::{
    Act, ActKind, ClockKind, ClockStatus, EnforceableDocument, EnforceableKind, EvidenceKind, Obstacle, ObstacleKind, Preservation,
    PreservationStage, PreservedAsset,
};
use serde::Deserialize;
use units::Date;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(clock_list))
        .routes(routes!(claim_clocks))
        .routes(routes!(fact_list))
        .routes(routes!(act_record))
        .routes(routes!(preservation_record))
        .routes(routes!(document_record))
        .routes(routes!(obstacle_record))
        .routes(routes!(obstacle_end))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ClocksWanted {
    /// Who answers for them; everybody within the caller's reach when absent.
    owner: Option<String>,
    /// Those running out when absent.
    #[param(schema_with = codes::<ClockStatus>, required = false)]
    state: Option<ClockStatus>,
    #[param(schema_with = codes::<ClockKind>, required = false)]
    kind: Option<ClockKind>,
    /// Those whose last day is this one or earlier.
    #[param(value_type = Option<String>, format = Date)]
    by: Option<Date>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// The clocks within the caller's reach, those with the fewest days left first
#[utoipa::path(
    get, path = "/clocks", tag = "clocks", params(ClocksWanted),
    responses((status = 200, description = "A page of clocks", body = answer::SeenClocks), Refusals)
)]
async fn clock_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<ClocksWanted>) -> Reply<Json<List>> {
    let paged = Paged { after: wanted.after, limit: wanted.limit };
    let after = paged.cursor()?;
    let wanted = clock_watch::ClocksWanted { owner: wanted.owner, state: wanted.state, kind: wanted.kind, by: wanted.by };
    Ok(Json(List::page(clock_watch::clock_list(&server.desk, &call, &wanted, after.as_ref(), paged.limit()).await?)))
}

/// Every clock of a claim as it stands today
#[utoipa::path(
    get, path = "/claims/{claim_id}/clocks", tag = "clocks", params(("claim_id" = String, Path)),
    responses((status = 200, description = "The clocks", body = answer::ToldClocks), Refusals)
)]
async fn claim_clocks(State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::whole(&clock_watch::claim_clocks(&server.desk, &call, &claim_id).await?)))
}

/// What was entered of a claim, in the order it happened
#[utoipa::path(
    get, path = "/claims/{claim_id}/facts", tag = "clocks", params(("claim_id" = String, Path), Paged),
    responses((status = 200, description = "A page of facts", body = answer::ClaimFacts), Refusals)
)]
async fn fact_list(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Asked(paged): Asked<Paged>,
) -> Reply<Json<List>> {
    let after = paged.cursor()?;
    Ok(Json(List::page(clock_fact::fact_list(&server.desk, &call, &claim_id, after.as_ref(), paged.limit()).await?)))
}

fn evidence() -> Array {
    ArrayBuilder::new().items(codes::<EvidenceKind>()).build()
}

fn days() -> Array {
    ArrayBuilder::new().items(day()).build()
}

/// Something done about a claim, with its proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActDone {
    /// Of the claim's own numbering, as for every fact.
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

/// Enter something done about a claim: demands, guarantee acts, filings, renewals; weak evidence is kept and moves no clock
#[utoipa::path(
    post, path = "/claims/{claim_id}/acts", tag = "clocks", params(("claim_id" = String, Path), IdempotencyKey), request_body = ActDone,
    responses((status = 201, description = "Entered: how well it is proved, and the clocks now", body = answer::FactRecorded), Refusals)
)]
async fn act_record(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Body(said): Body<ActDone>,
) -> Reply<(StatusCode, Json<FactRecorded>)> {
    let ActDone { act_id, kind, on, against, until, evidence } = said;
    let said = FactSaid::act(Act { act_id, kind, on, against, until, evidence });
    Ok((StatusCode::CREATED, Json(clock_fact::fact_record(&server.desk, &call, &claim_id, &said).await?)))
}

/// A seizure or freeze a court has ordered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ordered {
    preservation_id: String,
    #[schema(schema_with = codes::<PreservedAsset>)]
    asset: PreservedAsset,
    #[schema(schema_with = codes::<PreservationStage>)]
    stage: PreservationStage,
    #[schema(schema_with = day)]
    ordered_on: Date,
    /// The last day as the court's notice says; the longest lawful term when absent.
    #[schema(schema_with = day)]
    until: Option<Date>,
    #[schema(schema_with = evidence)]
    evidence: Vec<EvidenceKind>,
}

/// Enter a preservation; its renewal and its end are acts
#[utoipa::path(
    post, path = "/claims/{claim_id}/preservations", tag = "clocks", params(("claim_id" = String, Path), IdempotencyKey),
    request_body = Ordered, responses((status = 201, description = "Entered, and the clocks now", body = answer::FactRecorded), Refusals)
)]
async fn preservation_record(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Body(said): Body<Ordered>,
) -> Reply<(StatusCode, Json<FactRecorded>)> {
    let Ordered { preservation_id, asset, stage, ordered_on, until, evidence } = said;
    let said = FactSaid::preservation(Preservation { preservation_id, asset, stage, ordered_on, until }, evidence);
    Ok((StatusCode::CREATED, Json(clock_fact::fact_record(&server.desk, &call, &claim_id, &said).await?)))
}

/// What can be enforced: a judgment, an award, a confirmed mediation, a notarised deed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Paper {
    document_id: String,
    #[schema(schema_with = codes::<EnforceableKind>)]
    kind: EnforceableKind,
    /// The debtors and guarantors it binds.
    against: Vec<String>,
    #[schema(schema_with = day)]
    effective_on: Date,
    /// The days to perform, one per instalment; empty when it names none.
    #[serde(default)]
    #[schema(schema_with = days)]
    perform_by: Vec<Date>,
    #[schema(schema_with = evidence)]
    evidence: Vec<EvidenceKind>,
}

/// Enter a court paper or a deed that can be enforced
#[utoipa::path(
    post, path = "/claims/{claim_id}/documents", tag = "clocks", params(("claim_id" = String, Path), IdempotencyKey),
    request_body = Paper, responses((status = 201, description = "Entered, and the clocks now", body = answer::FactRecorded), Refusals)
)]
async fn document_record(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Body(said): Body<Paper>,
) -> Reply<(StatusCode, Json<FactRecorded>)> {
    let Paper { document_id, kind, against, effective_on, perform_by, evidence } = said;
    let said = FactSaid::document(EnforceableDocument { document_id, kind, against, effective_on, perform_by }, evidence);
    Ok((StatusCode::CREATED, Json(clock_fact::fact_record(&server.desk, &call, &claim_id, &said).await?)))
}

/// What keeps the lender from claiming.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Barred {
    obstacle_id: String,
    #[schema(schema_with = codes::<ObstacleKind>)]
    kind: ObstacleKind,
    /// Debtors or guarantors it concerns; empty means all.
    #[serde(default)]
    against: Vec<String>,
    #[schema(schema_with = day)]
    from: Date,
    #[schema(schema_with = evidence)]
    evidence: Vec<EvidenceKind>,
}

/// Enter an obstacle that lasts
#[utoipa::path(
    post, path = "/claims/{claim_id}/obstacles", tag = "clocks", params(("claim_id" = String, Path), IdempotencyKey),
    request_body = Barred, responses((status = 201, description = "Entered, and the clocks now", body = answer::FactRecorded), Refusals)
)]
async fn obstacle_record(
    State(server): State<Server>, Caller(call): Caller, Named(claim_id): Named<String>, Body(said): Body<Barred>,
) -> Reply<(StatusCode, Json<FactRecorded>)> {
    let Barred { obstacle_id, kind, against, from, evidence } = said;
    let said = FactSaid::obstacle(obstacle_id, Obstacle { kind, against, from, removed_on: None }, evidence);
    Ok((StatusCode::CREATED, Json(clock_fact::fact_record(&server.desk, &call, &claim_id, &said).await?)))
}

/// Since when an obstacle is gone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Freed {
    #[schema(schema_with = day)]
    removed_on: Date,
    #[schema(schema_with = evidence)]
    evidence: Vec<EvidenceKind>,
}

/// Enter that an obstacle is gone
#[utoipa::path(
    post, path = "/claims/{claim_id}/obstacles/{obstacle_id}/end", tag = "clocks",
    params(("claim_id" = String, Path), ("obstacle_id" = String, Path), IdempotencyKey), request_body = Freed,
    responses((status = 201, description = "Entered, and the clocks now", body = answer::FactRecorded), Refusals)
)]
async fn obstacle_end(
    State(server): State<Server>, Caller(call): Caller, Named((claim_id, obstacle_id)): Named<(String, String)>, Body(said): Body<Freed>,
) -> Reply<(StatusCode, Json<FactRecorded>)> {
    let said = FactSaid::obstacle_end(&claim_id, &obstacle_id, said.removed_on, said.evidence);
    Ok((StatusCode::CREATED, Json(clock_fact::fact_record(&server.desk, &call, &claim_id, &said).await?)))
}
