//! What happens to a page on its way out: refusals become pages, forms that were refused come back filled in.

use crate::extract::refusal;
use crate::page::{assets, upload};
use crate::page::door::{self, SignInPage};
use crate::page::frame::{Frame, Kept, Shown, set_cookie, show_as};
use crate::page::visitor::{Refused, SAID, Visitor, cookie, lang};
use crate::problem::Problem;
use crate::server::Server;
use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use url::form_urlencoded;

/// The most bytes of a form.
const FORM_BYTES: usize = 1 << 20;

/// Scripts and styles are ours alone; nothing is loaded from elsewhere, no form leads elsewhere, nobody frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A refusal as a page of its own.
#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    problem: Problem,
}

/// Answers a request by the pages, and dresses what they answer.
pub async fn dress(server: Server, pages: Router, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sends_files = [upload::PATH, upload::PACK].contains(&parts.uri.path());
    let most = if sends_files { upload::BYTES } else { FORM_BYTES };
    let posted = match (parts.method == Method::POST).then_some(to_bytes(body, most)) {
        None => Bytes::new(),
        Some(read) => match read.await {
            Ok(posted) => posted,
            Err(_) => return refusal("E-WB-05", &[]).into_response(),
        },
    };
    let again = |method: Method, uri: Uri, body: Bytes| {
        let mut request = Request::builder().method(method).uri(uri).body(Body::from(body)).expect("parts of a request");
        *request.headers_mut() = parts.headers.clone();
        request
    };
    let request = again(parts.method.clone(), parts.uri.clone(), posted.clone());
    let Ok(mut response) = pages.clone().oneshot(request).await;
    let route = response.extensions().get::<MatchedPath>().cloned();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let typed: Vec<(String, String)> = match sends_files {
            true => upload::typed(&parts.headers, &posted, FORM_BYTES),
            false => form_urlencoded::parse(&posted).into_owned().collect(),
        };
        let from = typed.iter().find(|(name, _)| name == "_from").and_then(|(_, from)| from.parse::<Uri>().ok());
        let signed_out = response.status() == StatusCode::UNAUTHORIZED;
        response = match from {
            // The page the form came from, once more, with all that was typed.
            Some(from) if !signed_out && from.path().starts_with('/') => {
                let mut request = again(Method::GET, from, Bytes::new());
                request.headers_mut().remove(header::CONTENT_TYPE);
                request.extensions_mut().insert(Refused { problem: problem.clone(), typed });
                let Ok(mut shown) = pages.oneshot(request).await;
                match shown.extensions_mut().remove::<Problem>() {
                    Some(_) => refused_page(&server, &parts.headers, &parts.uri, problem).await,
                    None => {
                        *shown.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
                        shown
                    }
                }
            }
            _ if signed_out => sign_in_again(&server, &parts.headers, &parts.uri, problem, typed).await.unwrap_or_else(IntoResponse::into_response),
            _ => refused_page(&server, &parts.headers, &parts.uri, problem).await,
        };
    }
    if response.status() == StatusCode::OK && cookie(&parts.headers, SAID).is_some() && !assets::is_asset(parts.uri.path()) {
        set_cookie(&mut response, SAID, "", Some(0), Kept::ForPages);
    }
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// With the menu of whoever is signed in, so that there is somewhere to go.
async fn refused_page(server: &Server, headers: &HeaderMap, uri: &Uri, problem: Problem) -> Response {
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.headers, parts.uri) = (headers.clone(), uri.clone());
    let frame = match Visitor::from_request_parts(&mut parts, server).await {
        Ok(visitor) => visitor.frame("refused"),
        Err(_) => Frame::at_the_door("refused", lang(headers), &server.desk.open.config.institution, server.now()),
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    show_as(status, &RefusedPage { frame, problem }).unwrap_or_else(IntoResponse::into_response)
}

/// The door, with what was typed in hand.
async fn sign_in_again(server: &Server, headers: &HeaderMap, uri: &Uri, problem: Problem, typed: Vec<(String, String)>) -> Shown {
    let frame = Frame::at_the_door("sign_in", lang(headers), &server.desk.open.config.institution, server.now());
    // Whoever just comes in need not be told that nobody is signed in.
    let problem = Some(problem).filter(|problem| problem.code != "E-SI-01" || !typed.is_empty());
    let page = SignInPage {
        demo: door::demo_people(server).await?,
        oidc: door::shows_oidc(server),
        frame,
        problem,
        staff_id: String::new(),
        to: uri.path_and_query().map_or("/", |to| to.as_str()).to_owned(),
        typed: typed.into_iter().filter(|(name, _)| !matches!(name.as_str(), "_csrf" | "password")).collect(),
    };
    show_as(StatusCode::UNAUTHORIZED, &page)
}
