//! Pages and the API (页面与接口): who may knock, how the program says no, events for others.
//!
//! A handler parses, calls one function of `app`, and says the answer as a page or, under `/api/v1`, as JSON;
//! nothing is decided and nothing reckoned here. Invariants: every refusal, also of the HTTP library, is a problem document with a code; a
//! cause of a fault goes to the log and never to a caller; the API's tokens travel in `Authorization` alone, a page's in a cookie no script reads; a log line
//! holds no name, number, address or body.
//!
//! A new subject is a file in `api` with `pub fn router() -> OpenApiRouter<Server>`, named once in [`api::router`].
//!
//! Reading order: [`server`], `api`, `extract`, [`problem`], `document`, `shape`, `job`, `rate`, `watch`, [`delivery`], [`oidc`], `page`.

#[macro_use]
mod shape;

mod api;
pub mod delivery;
mod document;
mod extract;
mod job;
pub mod oidc;
mod page;
pub mod problem;
mod rate;
pub mod server;
mod watch;

pub use server::{Clock, Server, router, serve};
