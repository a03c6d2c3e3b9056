//! What surrounds every request: a line in the log, headers that forbid keeping, panics kept from others.

use crate::problem::{Told, incident};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;

/// Answers are the caller's alone and are not kept by anybody on the way, nor taken for a page.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Leaves behind which route answered, identities left open, so that a log line names a route and never a person.
pub async fn name(route: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

/// Writes one line for a request.
pub async fn note(request: Request, next: Next) -> Response {
    let (begun, method) = (Instant::now(), request.method().clone());
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        // A page has said by itself what it needs.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed().as_millis());
    let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    eprintln!("request method={method} route={route} status={status} duration_ms={took}");
    response
}

/// A bug ends one request, which is told an incident; a command goes to its end though its caller hangs up.
pub async fn isolate(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => Told(app::Failure::Refused(incident("a bug"))).into_response(),
    }
}
