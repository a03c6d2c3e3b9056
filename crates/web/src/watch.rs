//! What surrounds every request: a line in the log, headers that forbid keeping, panics kept from others.

use crate::problem::{Told, incident};
use crate::server::DOCUMENT;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Instant;
use utoipa::openapi::OpenApi;

/// The addresses that are served, identities left open, so that a log line names a route and never a person.
pub struct Templates(Vec<String>);

impl Templates {
    pub fn of(api: &OpenApi) -> Templates {
        // An address without an open part stands before one that would hold it too.
        let described = api.paths.paths.keys().map(String::as_str);
        let mut paths: Vec<String> = described.chain([DOCUMENT]).map(str::to_owned).collect();
        paths.sort_by_key(|path| path.matches('{').count());
        Templates(paths)
    }

    fn route(&self, path: &str) -> &str {
        let is_of = |template: &str| {
            let (mut one, mut other) = (template.split('/'), path.split('/'));
            loop {
                match (one.next(), other.next()) {
                    (None, None) => return true,
                    (Some(open), Some(_)) if open.starts_with('{') => {}
                    (Some(word), Some(said)) if word == said => {}
                    _ => return false,
                }
            }
        };
        self.0.iter().map(String::as_str).find(|template| is_of(template)).unwrap_or("-")
    }
}

/// Answers are the caller's alone and are not kept by anybody on the way, nor taken for a page.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Writes one line for a request.
pub async fn note(State(templates): State<Arc<Templates>>, request: Request, next: Next) -> Response {
    let (begun, method) = (Instant::now(), request.method().clone());
    let route = templates.route(request.uri().path()).to_owned();
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        // A page has said by itself what it needs.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed().as_millis());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_route_and_never_an_identity() {
        let templates = Templates(["/health", "/api/v1/cases/next", "/api/v1/cases/{case_id}"].map(str::to_owned).into());
        let check = |path: &str, route: &str| assert_eq!(templates.route(path), route, "{path}");
        check("/api/v1/cases/next", "/api/v1/cases/next");
        check("/api/v1/cases/C-13800005678", "/api/v1/cases/{case_id}");
        check("/api/v1/cases/C-1/more", "-");
        check("/13800005678", "-");
    }
}
