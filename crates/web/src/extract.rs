//! What a handler asks of a request: who calls, a body, the words of the address.

use crate::problem::{Reply, Told};
use crate::server::Server;
use app::desk::Call;
use app::{Failure, Refusal};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The header under which a command is carried out once, however often it is sent.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A key is the caller's; longer ones are a mistake.
const LONGEST_KEY: usize = 200;

/// The token of a request, whether it is good for anything or not.
pub struct Token(pub String);

impl FromRequestParts<Server> for Token {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Reply<Token> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty());
        let Some(token) = token else { return Err(refusal("E-SI-01", &[])) };
        server.within_rate(token)?;
        Ok(Token(token.to_owned()))
    }
}

/// Who calls, when, and under which idempotency key.
pub struct Caller(pub Call);

impl FromRequestParts<Server> for Caller {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Reply<Caller> {
        let Token(token) = Token::from_request_parts(parts, server).await?;
        let mut call = app::sign_in::call(&server.desk, &token, server.now()).await?;
        call.key = key(&parts.headers)?;
        Ok(Caller(call))
    }
}

/// The idempotency key of a request whose caller is not known yet.
pub struct Key(pub Option<String>);

impl FromRequestParts<Server> for Key {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Reply<Key> {
        key(&parts.headers).map(Key)
    }
}

fn key(headers: &HeaderMap) -> Reply<Option<String>> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(bad_request("Idempotency-Key")),
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Server> for Body<T> {
    type Rejection = Told;

    async fn from_request(request: Request, server: &Server) -> Reply<Body<T>> {
        match Json::<Value>::from_request(request, server).await {
            Ok(Json(body)) if has_nul(&body) => Err(bad_request("NUL")),
            Ok(Json(body)) => serde_json::from_value(body).map(Body).map_err(|problem| bad_request(&problem.to_string())),
            Err(JsonRejection::BytesRejection(problem)) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(refusal("E-WB-05", &[]))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(refusal("E-WB-02", &[])),
            Err(problem) => Err(bad_request(&problem.body_text())),
        }
    }
}

/// No name, number or note has this character, and not every database takes it.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The same for addresses, whatever they name.
pub async fn without_nul(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    if address.contains("%00") { bad_request("NUL").into_response() } else { next.run(request).await }
}

/// The query of an address.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Asked<T> {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Reply<Asked<T>> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, server).await;
        read.map(|Query(asked)| Asked(asked)).map_err(|problem| bad_request(&problem.body_text()))
    }
}

/// The identities in an address.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Server> for Named<T> {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Reply<Named<T>> {
        let read: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, server).await;
        read.map(|Path(named)| Named(named)).map_err(|problem| bad_request(&problem.body_text()))
    }
}

/// The request is not what the address takes.
pub fn bad_request(problem: &str) -> Told {
    refusal("E-WB-01", &[("problem", problem)])
}

pub fn refusal(code: &'static str, facts: &[(&'static str, &str)]) -> Told {
    let facts = facts.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Told(Failure::Refused(Refusal { facts, ..Refusal::of(code) }))
}
