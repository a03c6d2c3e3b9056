//! The server: what handlers share, the routes with all that surrounds them, and listening.

use crate::job::Jobs;
use crate::problem::{Reply, Told};
use crate::rate::Rates;
use crate::{api, delivery, document, extract, page, watch};
use app::desk::Desk;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use units::Moment;

/// The most bytes of a body: a hundred times the longest note.
const BODY_BYTES: usize = 1 << 20;

/// Where the API is described.
pub const DOCUMENT: &str = "/api/v1/openapi.json";

/// Passwords checked at once: each takes 19 MiB and tens of milliseconds, so that a flood must wait.
const PASSWORDS_AT_ONCE: usize = 4;

/// What time it is where the institution is (机构时钟); asked at the front door alone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

/// What every handler is given (服务). Cheap to clone.
#[derive(Clone)]
pub struct Server {
    pub desk: Arc<Desk>,
    clock: Clock,
    rates: Arc<Rates>,
    pub(crate) passwords: Arc<Semaphore>,
    pub(crate) jobs: Arc<Jobs>,
}

impl Server {
    pub fn new(desk: Desk, clock: Clock) -> Server {
        Server { desk: Arc::new(desk), clock, rates: Arc::default(), passwords: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)), jobs: Arc::default() }
    }

    /// Now, on the institution's clock.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Whether this caller may ask once more now.
    pub(crate) fn within_rate(&self, who: &str) -> Reply<()> {
        if self.rates.take(who) { Ok(()) } else { Err(extract::refusal("E-WB-06", &[])) }
    }
}

/// Every route, with what stands around all of them.
pub fn router(server: Server) -> Router {
    let (routes, api) = document::document(api::router());
    let watched = Arc::new(watch::Templates::of(&api));
    let document = Json(api);
    let pages = page::router().fallback(unknown).method_not_allowed_fallback(|| async { extract::refusal("E-WB-04", &[]) });
    let (pages, dressed) = (pages.with_state(server.clone()), server.clone());
    routes
        .route(DOCUMENT, get(move || async move { document }))
        .method_not_allowed_fallback(|| async { extract::refusal("E-WB-04", &[]) })
        .fallback(move |request: Request| page_or_none(dressed.clone(), pages.clone(), request))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn(extract::without_nul))
        .layer(from_fn(watch::isolate))
        .layer(from_fn_with_state(watched, watch::note))
        .with_state(server)
}

async fn unknown(uri: Uri) -> Told {
    extract::refusal("E-WB-03", &[("path", uri.path())])
}

/// What is not the API is a page.
async fn page_or_none(server: Server, pages: Router, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") { unknown(request.uri().clone()).await.into_response() } else { page::dress::dress(server, pages, request).await }
}

/// Listens until `stop` is over; requests under way are answered first.
pub async fn serve(listener: TcpListener, server: Server, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let telling = tokio::spawn(delivery::forever(server.clone()));
    let served = axum::serve(listener, router(server)).with_graceful_shutdown(stop).await;
    telling.abort();
    served
}
