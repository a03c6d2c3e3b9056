//! Signing in with the institution's own identity provider.

use super::access::Session;
use crate::document::{Refusals, moment};
use crate::extract::{Asked, Body};
use crate::oidc::{self, BROWSER, Returned, STATE_SECONDS, Started};
use crate::page::door::secrecy;
use crate::page::frame::set_cookie;
use crate::problem::Reply;
use crate::server::Server;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use units::Moment;
use utoipa::ToSchema;
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

/// Begin to sign in with the identity provider: the address to visit, in the browser that keeps the cookie
#[utoipa::path(
    get, path = "/sessions/oidc/start", tag = "access", security(()),
    responses((status = 200, description = "Where to go", body = Door), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_start(State(server): State<Server>, headers: HeaderMap) -> Reply<Response> {
    let (Started { address, expires_at }, browser) = oidc::began(&server, &headers).await?;
    let mut response = Json(Door { address, expires_at }).into_response();
    set_cookie(&mut response, BROWSER, &browser, Some(STATE_SECONDS), secrecy(&headers));
    Ok(response)
}

/// Come back from the identity provider: a session
#[utoipa::path(
    get, path = "/sessions/oidc/callback", tag = "access", params(Returned), security(()),
    responses((status = 201, description = "Signed in", body = Session), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_return(State(server): State<Server>, headers: HeaderMap, Asked(returned): Asked<Returned>) -> Reply<(StatusCode, Json<Session>)> {
    Ok((StatusCode::CREATED, Json(Session::of(oidc::ended(&server, &headers, returned).await?))))
}

/// The same for a page that was come back to
#[utoipa::path(
    post, path = "/sessions/oidc/callback", tag = "access", request_body = Returned, security(()),
    responses((status = 201, description = "Signed in", body = Session), (status = 502, description = "The provider does not answer as it should"), Refusals)
)]
async fn oidc_callback(State(server): State<Server>, headers: HeaderMap, Body(returned): Body<Returned>) -> Reply<(StatusCode, Json<Session>)> {
    Ok((StatusCode::CREATED, Json(Session::of(oidc::ended(&server, &headers, returned).await?))))
}
