//! Signing in with the institution's own identity provider.

use super::access::Session;
use crate::document::{Refusals, moment};
use crate::extract::{Asked, Body, bad_request, refusal};
use crate::oidc::{Oidc, Started};
use crate::problem::Reply;
use crate::server::Server;
use app::sign_in;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use units::Moment;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(oidc_start)).routes(routes!(oidc_return, oidc_callback))
}

/// Where to sign in, and until when.
#[derive(Serialize, ToSchema)]
struct Door {
    address: String,
    #[schema(schema_with = moment)]
    expires_at: Moment,
}

fn provider(server: &Server) -> Reply<Arc<Oidc>> {
    server.within_rate("oidc")?;
    server.oidc.clone().ok_or_else(|| refusal("E-SI-03", &[]))
}

/// Begin to sign in with the identity provider: the address to visit
#[utoipa::path(
    get, path = "/sessions/oidc/start", tag = "access", security(()),
    responses((status = 200, description = "Where to go", body = Door), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_start(State(server): State<Server>) -> Reply<Json<Door>> {
    let (oidc, at) = (provider(&server)?, server.now());
    let started = tokio::task::spawn_blocking(move || oidc.start(at)).await.map_err(|_| bad_request("oidc"))?;
    let Started { address, expires_at } = started?;
    Ok(Json(Door { address, expires_at }))
}

/// What the provider sends a person back with.
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
struct Returned {
    state: String,
    /// Absent when the provider let nobody in.
    code: Option<String>,
    /// Why it did not.
    error: Option<String>,
}

/// Come back from the identity provider: a session
#[utoipa::path(
    get, path = "/sessions/oidc/callback", tag = "access", params(Returned), security(()),
    responses((status = 201, description = "Signed in", body = Session), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_return(State(server): State<Server>, Asked(returned): Asked<Returned>) -> Reply<(StatusCode, Json<Session>)> {
    signed_in(&server, returned).await
}

/// The same for a page that was come back to
#[utoipa::path(
    post, path = "/sessions/oidc/callback", tag = "access", request_body = Returned, security(()),
    responses((status = 201, description = "Signed in", body = Session), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_callback(State(server): State<Server>, Body(returned): Body<Returned>) -> Reply<(StatusCode, Json<Session>)> {
    signed_in(&server, returned).await
}

async fn signed_in(server: &Server, returned: Returned) -> Reply<(StatusCode, Json<Session>)> {
    let (oidc, at) = (provider(server)?, server.now());
    let Returned { state, code, error } = returned;
    oidc.check_state(&state, at)?;
    // Used from here on, whatever comes of it.
    sign_in::state_use(&server.desk, &state, at).await?;
    let Some(code) = code.filter(|_| error.is_none()) else {
        return Err(refusal("E-SI-08", &[("error", error.as_deref().unwrap_or("no code"))]));
    };
    let asked = tokio::task::spawn_blocking(move || oidc.who(&state, &code)).await.map_err(|_| bad_request("oidc"))?;
    let session = sign_in::sign_in_vouched(&server.desk, &asked?, at).await?;
    Ok((StatusCode::CREATED, Json(Session::of(session))))
}
