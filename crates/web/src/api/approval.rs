//! What waits for approval: asked, listed, signed, rejected, taken back.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::approval::{self, ApprovalFilter, Concession, Say};
use authority::{ApprovalStatus, DecisionKind};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::case::ClosedBecause;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(approval_waiting))
        .routes(routes!(approval_mine))
        .routes(routes!(approval_view))
        .routes(routes!(approval_decide))
        .routes(routes!(approval_propose))
        .routes(routes!(case_close_propose))
        .routes(routes!(write_off_propose))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ApprovalsWanted {
    #[param(schema_with = codes::<DecisionKind>, required = false)]
    kind: Option<DecisionKind>,
    #[param(schema_with = codes::<ApprovalStatus>, required = false)]
    state: Option<ApprovalStatus>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl ApprovalsWanted {
    fn parted(self) -> (ApprovalFilter, Paged) {
        (ApprovalFilter { kind: self.kind, state: self.state }, Paged { after: self.after, limit: self.limit })
    }
}

/// What waits for the caller's decision, the oldest first
#[utoipa::path(
    get, path = "/approvals", tag = "approvals", params(ApprovalsWanted),
    responses((status = 200, description = "A page of proposals", body = answer::Proposals), Refusals)
)]
async fn approval_waiting(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<ApprovalsWanted>) -> Reply<Json<List>> {
    let (filter, paged) = wanted.parted();
    let after = paged.cursor()?;
    Ok(Json(List::page(approval::approval_waiting(&server.desk, &call, &filter, after.as_ref(), paged.limit()).await?)))
}

/// What the caller has asked for, the latest first
#[utoipa::path(
    get, path = "/approvals/mine", tag = "approvals", params(ApprovalsWanted),
    responses((status = 200, description = "A page of proposals", body = answer::Proposals), Refusals)
)]
async fn approval_mine(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<ApprovalsWanted>) -> Reply<Json<List>> {
    let (filter, paged) = wanted.parted();
    let after = paged.cursor()?;
    Ok(Json(List::page(approval::approval_mine(&server.desk, &call, &filter, after.as_ref(), paged.limit()).await?)))
}

/// One proposal with exactly what is to be done
#[utoipa::path(
    get, path = "/approvals/{approval_id}", tag = "approvals", params(("approval_id" = String, Path)),
    responses((status = 200, description = "The proposal", body = answer::Proposal), Refusals)
)]
async fn approval_view(State(server): State<Server>, Caller(call): Caller, Named(approval_id): Named<String>) -> Reply<Json<Value>> {
    Ok(Json(json!(approval::approval_view(&server.desk, &call, &approval_id).await?)))
}

/// What somebody says to a proposal, over the version that was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    version: i64,
    /// `{"say": "sign"}`, `{"say": "reject", "reason": …}`, or by the maker `{"say": "withdraw", "reason": …}`.
    #[schema(value_type = answer::Say)]
    decision: Say,
}

/// Sign, reject or withdraw; the last signature carries it out
#[utoipa::path(
    post, path = "/approvals/{approval_id}/decisions", tag = "approvals",
    params(("approval_id" = String, Path), IdempotencyKey), request_body = Decision,
    responses((status = 200, description = "Decided", body = answer::Proposal), Refusals)
)]
async fn approval_decide(
    State(server): State<Server>, Caller(call): Caller, Named(approval_id): Named<String>, Body(said): Body<Decision>,
) -> Reply<Json<Value>> {
    let decided = approval::approval_decide(&server.desk, &call, &approval_id, said.version, &said.decision).await?;
    Ok(Json(json!(decided)))
}

/// What the lender is to give up or put off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `{"decision": "waiver", "amount": "500.00", "what": …}`; also `extension` and `settlement`.
    #[schema(value_type = answer::Concession)]
    concession: Concession,
}

/// Propose a waiver, an extension or a settlement
#[utoipa::path(
    post, path = "/cases/{case_id}/concessions", tag = "approvals", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Wanted, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn approval_propose(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(wanted): Body<Wanted>,
) -> Reply<(StatusCode, Json<Value>)> {
    let asked = approval::approval_propose(&server.desk, &call, &case_id, &wanted.concession).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}

/// Why a case is to be closed while something is owed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    #[schema(schema_with = codes::<ClosedBecause>)]
    because: ClosedBecause,
    what: String,
}

/// Propose to close a case early; signed, it is closed
#[utoipa::path(
    post, path = "/cases/{case_id}/closure-proposals", tag = "approvals", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Closing, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn case_close_propose(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Closing>,
) -> Reply<(StatusCode, Json<Value>)> {
    let asked = approval::case_close_propose(&server.desk, &call, &case_id, said.because, &said.what).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}

/// Why the loans of a case are to be written off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteOffWanted {
    what: String,
}

/// Propose to write off the loans of a case; signed, the core system is to book it
#[utoipa::path(
    post, path = "/cases/{case_id}/write-off-proposals", tag = "approvals", params(("case_id" = String, Path), IdempotencyKey),
    request_body = WriteOffWanted, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn write_off_propose(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<WriteOffWanted>,
) -> Reply<(StatusCode, Json<Value>)> {
    let asked = approval::write_off_propose(&server.desk, &call, &case_id, &said.what).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}
