//! The audit trail.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::audit::{self, AuditWanted};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};
use units::Moment;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(audit_search)).routes(routes!(audit_verify)).routes(routes!(audit_export))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `kind/identity`.
    subject: Option<String>,
    actor: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`.
    #[param(value_type = Option<String>)]
    from: Option<Moment>,
    /// Before this moment.
    #[param(value_type = Option<String>)]
    until: Option<Moment>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Events by subject, else by actor, else by time
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(Wanted),
    responses((status = 200, description = "A page of events", body = answer::AuditEvents), Refusals)
)]
async fn audit_search(State(server): State<Server>, Caller(call): Caller, Asked(asked): Asked<Wanted>) -> Reply<Json<List>> {
    let paged = Paged { after: asked.after, limit: asked.limit };
    let after = paged.cursor()?;
    let wanted = AuditWanted { subject: asked.subject, actor: asked.actor, from: asked.from, until: asked.until };
    Ok(Json(List::page(audit::audit_search(&server.desk, &call, &wanted, after.as_ref(), paged.limit()).await?)))
}

/// Whether the chain is whole
#[utoipa::path(
    get, path = "/audit/verify", tag = "audit", responses((status = 200, description = "What was found", body = answer::AuditVerified), Refusals)
)]
async fn audit_verify(State(server): State<Server>, Caller(call): Caller) -> Reply<Json<Value>> {
    Ok(Json(json!(audit::audit_verify(&server.desk, &call).await?)))
}

/// Why everything about a case is handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// Everything about a case, as JSON lines, for a complaint
#[utoipa::path(
    post, path = "/cases/{case_id}/export", tag = "audit", params(("case_id" = String, Path), IdempotencyKey), request_body = Why,
    responses((status = 200, description = "One JSON object a line", body = String, content_type = "application/x-ndjson"), Refusals)
)]
async fn audit_export(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(why): Body<Why>,
) -> Reply<impl IntoResponse> {
    let text = audit::audit_export(&server.desk, &call, &case_id, &why.reason).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], text))
}
