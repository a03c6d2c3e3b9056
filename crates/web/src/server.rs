//! The server: what handlers share, the routes with all that surrounds them, and listening.

use crate::job::Jobs;
use crate::oidc::Oidc;
use crate::problem::{Reply, Told};
use crate::rate::Rates;
use crate::{api, delivery, document, extract, page, watch};
use app::Failure;
use app::desk::Desk;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::Uri;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::future::Future;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use units::Moment;

/// The most bytes of a body: a hundred times the longest note.
const BODY_BYTES: usize = 1 << 20;

/// Where the API is described.
pub const DOCUMENT: &str = "/api/v1/openapi.json";

/// Between two looks at the pack.
const RULES_EVERY: Duration = Duration::from_secs(60);

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

/// What every handler is given (服务).
///
/// Each request gets a clone, and a clone stands on the rules in force when it was made: a request ends under the
/// rules it began with.
pub struct Server {
    pub desk: Arc<Desk>,
    in_force: Arc<RwLock<Arc<Desk>>>,
    clock: Clock,
    rates: Arc<Rates>,
    pub(crate) oidc: Option<Arc<Oidc>>,
    pub(crate) passwords: Arc<Semaphore>,
    pub(crate) jobs: Arc<Jobs>,
}

impl Clone for Server {
    fn clone(&self) -> Server {
        Server {
            desk: self.in_force.read().expect("nobody panics holding it").clone(),
            in_force: self.in_force.clone(),
            clock: self.clock.clone(),
            rates: self.rates.clone(),
            passwords: self.passwords.clone(),
            oidc: self.oidc.clone(),
            jobs: self.jobs.clone(),
        }
    }
}

impl Server {
    pub fn new(desk: Desk, clock: Clock) -> Server {
        let desk = Arc::new(desk);
        let passwords = Arc::new(Semaphore::new(PASSWORDS_AT_ONCE));
        Server { in_force: Arc::new(RwLock::new(desk.clone())), desk, clock, rates: Arc::default(), passwords, oidc: None, jobs: Arc::default() }
    }

    /// With an identity provider beside the passwords.
    pub fn with_oidc(self, oidc: Option<Oidc>) -> Server {
        Server { oidc: oidc.map(Arc::new), ..self }
    }

    /// Looks whether the pack was changed or a day has begun; requests from now on are answered under what it says then.
    /// A pack that does not hold leaves the rules that do.
    pub fn rules_renew(&self) {
        let before = self.in_force.read().expect("nobody panics holding it").clone();
        match app::office::desk_renewed(&before, self.now().day()) {
            Ok(None) => {}
            Ok(Some(desk)) => {
                eprintln!("rules pack={} day={}", desk.rules.pack, desk.rules.on);
                *self.in_force.write().expect("nobody panics holding it") = Arc::new(desk);
            }
            Err(Failure::Refused(refusal)) => eprintln!("rules refused error.code={}", refusal.code),
            Err(Failure::Fault(fault)) => eprintln!("fault step=rules error=\"{fault:#}\""),
        }
    }

    /// Reads the last night's book, so that nobody waits for it who comes first.
    fn warm(&self) {
        if let Err(Failure::Fault(fault)) = self.desk.books.last(&self.desk.open) {
            eprintln!("fault step=warm error=\"{fault:#}\"");
        }
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
    let document = Json(api);
    let pages = page::router().route_layer(from_fn(watch::name)).fallback(unknown).method_not_allowed_fallback(|| async { extract::refusal("E-WB-04", &[]) });
    let (pages, dressed) = (pages.with_state(server.clone()), server.clone());
    routes
        .route(DOCUMENT, get(move || async move { document }))
        .route_layer(from_fn(watch::name))
        .method_not_allowed_fallback(|| async { extract::refusal("E-WB-04", &[]) })
        .fallback(move |request: Request| page_or_none(dressed.clone(), pages.clone(), request))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn(extract::without_nul))
        .layer(from_fn(watch::isolate))
        .layer(from_fn(watch::note))
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
    let renewing = tokio::spawn(renew_forever(server.clone()));
    let served = axum::serve(listener, router(server)).with_graceful_shutdown(stop).await;
    telling.abort();
    renewing.abort();
    served
}

async fn renew_forever(server: Server) {
    loop {
        let renewed = server.clone();
        // Compiling and reading take a moment; a bug in them ends this look and not the server.
        let _ = tokio::task::spawn_blocking(move || {
            renewed.rules_renew();
            renewed.clone().warm();
        })
        .await;
        tokio::time::sleep(RULES_EVERY).await;
    }
}
