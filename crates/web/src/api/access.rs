//! Signing in and out, the password, keys for programs.

use crate::document::{Refusals, codes, moment};
use crate::extract::{Body, Caller, Token, bad_request};
use crate::problem::Reply;
use crate::server::Server;
use app::sign_in::{self, SignedIn, TokenScope};
use authority::{SessionUse, UseCase};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use units::Moment;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(session_begin, session_end))
        .routes(routes!(password_change))
        .routes(routes!(token_make))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    staff_id: String,
    password: String,
}

/// A session that has begun; the token is shown this once.
#[derive(Serialize, ToSchema)]
struct Session {
    token: String,
    staff_id: String,
    /// `password_change`: the first password is good for choosing another and nothing else.
    #[schema(schema_with = codes::<SessionUse>)]
    good_for: SessionUse,
    #[schema(schema_with = moment)]
    expires_at: Moment,
}

/// Sign in with a password
#[utoipa::path(
    post, path = "/session", tag = "access", request_body = SignIn, security(()),
    responses((status = 201, description = "Signed in", body = Session), Refusals)
)]
async fn session_begin(State(server): State<Server>, Body(said): Body<SignIn>) -> Reply<(StatusCode, Json<Session>)> {
    server.within_rate(&format!("sign-in {}", said.staff_id))?;
    let _turn = server.passwords.acquire().await.map_err(|_| bad_request("password"))?;
    let SignedIn { token, staff_id, good_for, expires_at } =
        sign_in::sign_in(&server.desk, &said.staff_id, &said.password, server.now()).await?;
    Ok((StatusCode::CREATED, Json(Session { token, staff_id, good_for, expires_at })))
}

/// Sign out; a second time changes nothing
#[utoipa::path(delete, path = "/session", tag = "access", responses((status = 204, description = "Signed out"), Refusals))]
async fn session_end(State(server): State<Server>, Token(token): Token) -> Reply<StatusCode> {
    sign_in::sign_out(&server.desk, &token, server.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    old: String,
    new: String,
}

/// Choose a password; every session of the person ends
#[utoipa::path(
    post, path = "/session/password", tag = "access", request_body = PasswordChange,
    responses((status = 204, description = "Changed; sign in again"), Refusals)
)]
async fn password_change(State(server): State<Server>, Token(token): Token, Body(said): Body<PasswordChange>) -> Reply<StatusCode> {
    let _turn = server.passwords.acquire().await.map_err(|_| bad_request("password"))?;
    sign_in::password_change(&server.desk, &token, &said.old, &said.new, server.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a program may do in the caller's name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenWanted {
    label: String,
    #[schema(schema_with = use_cases)]
    only: Vec<UseCase>,
    #[serde(default)]
    #[schema(schema_with = moment)]
    expires_at: Option<Moment>,
}

fn use_cases() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::ArrayBuilder::new().items(codes::<UseCase>()).build()
}

#[derive(Serialize, ToSchema)]
struct TokenMade {
    /// Shown this once.
    token: String,
}

/// Make a key for a program, within some use cases, until a day
#[utoipa::path(
    post, path = "/tokens", tag = "access", request_body = TokenWanted,
    responses((status = 201, description = "Made", body = TokenMade), Refusals)
)]
async fn token_make(State(server): State<Server>, Caller(call): Caller, Body(said): Body<TokenWanted>) -> Reply<(StatusCode, Json<TokenMade>)> {
    let scope = TokenScope { label: said.label, only: said.only };
    let token = sign_in::token_make(&server.desk, &call, scope, said.expires_at).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token })))
}
