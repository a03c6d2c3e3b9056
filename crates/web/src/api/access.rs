//! Signing in and out, the password, keys for programs.

use super::answer;
use crate::document::{IdempotencyKey, List, Refusals, codes, moment};
use crate::extract::{Body, Caller, Key, Named, Token, bad_request};
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
        .routes(routes!(token_list, token_make))
        .routes(routes!(token_revoke))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    staff_id: String,
    password: String,
}

/// A session that has begun; the token is shown this once.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    token: String,
    staff_id: String,
    /// `password_change`: the first password is good for choosing another and nothing else.
    #[schema(schema_with = codes::<SessionUse>)]
    good_for: SessionUse,
    #[schema(schema_with = moment)]
    expires_at: Moment,
}

impl Session {
    pub(super) fn of(signed: SignedIn) -> Session {
        let SignedIn { token, staff_id, good_for, expires_at } = signed;
        Session { token, staff_id, good_for, expires_at }
    }
}

/// Sign in with a password
#[utoipa::path(
    post, path = "/session", tag = "access", request_body = SignIn, security(()),
    responses((status = 201, description = "Signed in", body = Session), Refusals)
)]
async fn session_begin(State(server): State<Server>, Body(said): Body<SignIn>) -> Reply<(StatusCode, Json<Session>)> {
    server.within_rate(&format!("sign-in {}", said.staff_id))?;
    let _turn = server.passwords.acquire().await.map_err(|_| bad_request("password"))?;
    let signed = sign_in::sign_in(&server.desk, &said.staff_id, &said.password, server.now()).await?;
    Ok((StatusCode::CREATED, Json(Session::of(signed))))
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
    post, path = "/session/password", tag = "access", params(IdempotencyKey), request_body = PasswordChange,
    responses((status = 204, description = "Changed; sign in again"), Refusals)
)]
async fn password_change(
    State(server): State<Server>, Token(token): Token, Key(key): Key, Body(said): Body<PasswordChange>,
) -> Reply<StatusCode> {
    let _turn = server.passwords.acquire().await.map_err(|_| bad_request("password"))?;
    let change = sign_in::PasswordChange { old: &said.old, new: &said.new };
    sign_in::password_change(&server.desk, &token, key.as_deref(), change, server.now()).await?;
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
    token_id: String,
    /// Shown this once. Null when the same request is heard again under its idempotency key: only a hash is kept. Revoke
    /// what was lost and make another.
    token: Option<String>,
}

/// The caller's keys for programs, revoked ones too
#[utoipa::path(get, path = "/tokens", tag = "access", responses((status = 200, description = "The keys", body = answer::ProgramKeys), Refusals))]
async fn token_list(State(server): State<Server>, Caller(call): Caller) -> Reply<Json<List>> {
    Ok(Json(List::whole(&sign_in::token_list(&server.desk, &call).await?)))
}

/// Take a key for a program out of use; a second time changes nothing
#[utoipa::path(
    delete, path = "/tokens/{token_id}", tag = "access", params(("token_id" = String, Path), IdempotencyKey),
    responses((status = 204, description = "Revoked"), Refusals)
)]
async fn token_revoke(State(server): State<Server>, Caller(call): Caller, Named(token_id): Named<String>) -> Reply<StatusCode> {
    sign_in::token_revoke(&server.desk, &call, &token_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a key for a program, within some use cases, until a day
#[utoipa::path(
    post, path = "/tokens", tag = "access", params(IdempotencyKey), request_body = TokenWanted,
    responses((status = 201, description = "Made", body = TokenMade), Refusals)
)]
async fn token_make(State(server): State<Server>, Caller(call): Caller, Body(said): Body<TokenWanted>) -> Reply<(StatusCode, Json<TokenMade>)> {
    let scope = TokenScope { label: said.label, only: said.only };
    let sign_in::TokenMade { token_id, token } = sign_in::token_make(&server.desk, &call, scope, said.expires_at).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token_id, token })))
}
