//! What a handler asks of a request: who calls, a body, the words of the address.

use crate::Server;
use crate::problem::Told;
use app::desk::Call;
use app::{Failure, Refusal};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::{Json, RequestPartsExt};
use serde::de::DeserializeOwned;

/// Who calls, when, and under which idempotency key.
pub struct Caller(pub Call);

/// The header under which a command is carried out once, however often it is sent.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A key is the caller's; longer ones are a mistake.
const LONGEST_KEY: usize = 200;

impl FromRequestParts<Server> for Caller {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Caller, Told> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty());
        let Some(token) = token else { return Err(refusal("E-SI-01", &[])) };
        server.within_rate(token)?;
        let now = server.now();
        let mut call = app::sign_in::call(&server.desk, token, now).await?;
        if let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) {
            let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
            let Some(key) = key else { return Err(bad_request("Idempotency-Key")) };
            call.key = Some(key.to_owned());
        }
        Ok(Caller(call))
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Told;

    async fn from_request(request: Request, server: &Server) -> Result<Body<T>, Told> {
        match Json::<T>::from_request(request, server).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(JsonRejection::BytesRejection(problem)) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(refusal("E-WB-05", &[]))
            }
            Err(problem) => Err(bad_request(&problem.body_text())),
        }
    }
}

/// The query of an address.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Asked<T> {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Asked<T>, Told> {
        let read: Result<Query<T>, QueryRejection> = parts.extract().await;
        read.map(|Query(asked)| Asked(asked)).map_err(|problem| bad_request(&problem.body_text()))
    }
}

/// The identities in an address.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Server> for Named<T> {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Named<T>, Told> {
        let read: Result<Path<T>, PathRejection> = parts.extract().await;
        read.map(|Path(named)| Named(named)).map_err(|problem| bad_request(&problem.body_text()))
    }
}

fn bad_request(problem: &str) -> Told {
    refusal("E-WB-01", &[("problem", problem)])
}

pub fn refusal(code: &'static str, facts: &[(&'static str, &str)]) -> Told {
    let facts = facts.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Told(Failure::Refused(Refusal { facts, ..Refusal::of(code) }))
}
