//! Whether the server runs.

use crate::document::Refusals;
use crate::server::Server;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(health))
}

#[derive(Serialize, ToSchema)]
struct Health {
    version: &'static str,
}

/// Whether the server runs, and which version
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, description = "It runs", body = Health), Refusals), security(()))]
async fn health() -> Json<Health> {
    Json(Health { version: env!("CARGO_PKG_VERSION") })
}
