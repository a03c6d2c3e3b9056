//! The routes, one file per subject.

mod access;
pub(crate) mod answer;
mod agency;
mod approval;
mod audit;
mod case;
mod clock;
mod contact;
mod health;
mod oidc;
mod contact_file;
mod person;
mod plan;
mod promise;
mod results;
mod speech;
mod staff;
mod webhook;

use crate::server::Server;
use utoipa_axum::router::OpenApiRouter;

/// Every route there is.
pub fn router() -> OpenApiRouter<Server> {
    let work = OpenApiRouter::new().merge(access::router()).merge(oidc::router()).merge(staff::router()).merge(case::router());
    let work = work.merge(contact::router()).merge(promise::router()).merge(person::router()).merge(contact_file::router()).merge(clock::router());
    let work = work.merge(approval::router()).merge(plan::router()).merge(agency::router()).merge(results::router());
    let work = work.merge(audit::router()).merge(webhook::router()).merge(speech::router());
    OpenApiRouter::new().merge(health::router()).nest("/api/v1", work)
}
