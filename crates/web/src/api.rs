//! The routes, one file per subject.

mod access;
mod case;
mod clock;
mod contact;
mod health;
mod person;
mod promise;
mod staff;

use crate::server::Server;
use utoipa_axum::router::OpenApiRouter;

/// Every route there is.
pub fn router() -> OpenApiRouter<Server> {
    let work = OpenApiRouter::new().merge(access::router()).merge(staff::router()).merge(case::router());
    let work = work.merge(contact::router()).merge(promise::router()).merge(person::router()).merge(clock::router());
    OpenApiRouter::new().merge(health::router()).nest("/api/v1", work)
}
