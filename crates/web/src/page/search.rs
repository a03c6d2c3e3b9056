//! Find a customer by whatever is at hand; one exact hit opens at once.

use crate::page::frame::{Frame, Shown, show};
use crate::page::visitor::{Fields, Visitor};
use crate::server::Server;
use app::search::{FoundBy, FoundCustomer, find};
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

pub fn router() -> Router<Server> {
    Router::new().route("/search", get(search))
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    q: String,
    found: Vec<FoundCustomer>,
}

async fn search(State(server): State<Server>, visitor: Visitor, RawQuery(query): RawQuery) -> Shown {
    let q = Fields::asked(query.as_deref()).get("q").to_owned();
    let found = if q.is_empty() { Vec::new() } else { find(&server.desk, &visitor.call, &q).await? };
    if let [only] = found.as_slice() {
        let to = match (only.by, &only.case_id) {
            (FoundBy::Loan, _) => format!("/loans/{q}"),
            (FoundBy::Case, Some(case_id)) => format!("/cases/{case_id}"),
            _ => format!("/customers/{}", only.customer_id),
        };
        return Ok(Redirect::to(&to).into_response());
    }
    show(&SearchPage { frame: visitor.frame("search"), q, found })
}
