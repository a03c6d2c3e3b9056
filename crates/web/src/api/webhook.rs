//! Others who are told of events.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::webhook::{self, WebhookState, WebhookWanted};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(webhook_list, webhook_add))
        .routes(routes!(webhook_stop))
        .routes(routes!(webhook_replay))
        .routes(routes!(webhook_deliveries))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HooksWanted {
    #[param(schema_with = codes::<WebhookState>, required = false)]
    state: Option<WebhookState>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Everybody who is told, and who was
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks", params(HooksWanted),
    responses((status = 200, description = "A page of webhooks", body = answer::Webhooks), Refusals)
)]
async fn webhook_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<HooksWanted>) -> Reply<Json<List>> {
    let paged = Paged { after: wanted.after, limit: wanted.limit };
    Ok(Json(List::part(&webhook::webhook_list(&server.desk, &call, wanted.state).await?, &paged, |view| &view.webhook_id)))
}

/// Where to tell, and of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// https, or http on this machine.
    url: String,
    topics: Vec<String>,
}

/// Register a webhook; its secret is shown this once
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", params(IdempotencyKey), request_body = Wanted,
    responses((status = 201, description = "Registered", body = answer::WebhookMade), Refusals)
)]
async fn webhook_add(State(server): State<Server>, Caller(call): Caller, Body(said): Body<Wanted>) -> Reply<(StatusCode, Json<Value>)> {
    let wanted = WebhookWanted { url: said.url, topics: said.topics };
    Ok((StatusCode::CREATED, Json(json!(webhook::webhook_add(&server.desk, &call, &wanted).await?))))
}

/// Tell no more from now on
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/stop", tag = "webhooks", params(("webhook_id" = String, Path), IdempotencyKey),
    responses((status = 204, description = "Stopped"), Refusals)
)]
async fn webhook_stop(State(server): State<Server>, Caller(call): Caller, Named(webhook_id): Named<String>) -> Reply<StatusCode> {
    webhook::webhook_stop(&server.desk, &call, &webhook_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// From which event on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    from_sequence: i64,
}

/// Tell everything again from an event on
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/replay", tag = "webhooks", params(("webhook_id" = String, Path), IdempotencyKey),
    request_body = Replay, responses((status = 200, description = "How many events", body = answer::Replayed), Refusals)
)]
async fn webhook_replay(
    State(server): State<Server>, Caller(call): Caller, Named(webhook_id): Named<String>, Body(said): Body<Replay>,
) -> Reply<Json<Value>> {
    let events = webhook::webhook_replay(&server.desk, &call, &webhook_id, said.from_sequence).await?;
    Ok(Json(json!({ "events": events })))
}

/// What a webhook was told and what became of it, the latest first
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}/deliveries", tag = "webhooks", params(("webhook_id" = String, Path), Paged),
    responses((status = 200, description = "A page of deliveries", body = answer::Deliveries), Refusals)
)]
async fn webhook_deliveries(
    State(server): State<Server>, Caller(call): Caller, Named(webhook_id): Named<String>, Asked(paged): Asked<Paged>,
) -> Reply<Json<List>> {
    let after = paged.cursor()?;
    Ok(Json(List::page(webhook::webhook_deliveries(&server.desk, &call, &webhook_id, after.as_ref(), paged.limit()).await?)))
}
