//! The style sheet and the one script, served from the binary.

use crate::server::Server;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

const STYLE: &str = include_str!("../../assets/postloan.css");
const SCRIPT: &str = include_str!("../../assets/postloan.js");

pub fn router() -> Router<Server> {
    Router::new()
        .route("/assets/postloan.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/assets/postloan.js", get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
}

pub fn is_asset(path: &str) -> bool {
    path.starts_with("/assets/")
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], text)
}
