//! Find a customer by whatever is at hand; one exact hit opens at once.

use crate::page::frame::{Frame, Shown, show};
use crate::page::visitor::{Fields, Visitor};
use crate::server::Server;
use app::opened::{Opened, Thing};
use app::search::{FoundBy, FoundCustomer, find, may_find};
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use url::form_urlencoded::byte_serialize;

pub fn router() -> Router<Server> {
    Router::new().route("/search", get(search))
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    q: String,
    found: Vec<FoundCustomer>,
    opened: Opened,
}

async fn search(State(server): State<Server>, visitor: Visitor, RawQuery(query): RawQuery) -> Shown {
    let q = Fields::asked(query.as_deref()).get("q").to_owned();
    let found = match q.is_empty() {
        true => may_find(&server.desk, &visitor.call).await.map(|()| Vec::new())?,
        false => find(&server.desk, &visitor.call, &q).await?,
    };
    let named = found.iter().flat_map(|one| {
        let case = one.case_id.as_ref().map(|case_id| Thing::Case(case_id.clone()));
        let loan = (one.by == FoundBy::Loan).then(|| Thing::Loan(q.clone()));
        [Some(Thing::Customer(one.customer_id.clone())), case, loan].into_iter().flatten()
    });
    let opened = Opened::of(&server.desk, &visitor.call, named).await?;
    if let [only] = found.as_slice()
        && opened.customer(&only.customer_id)
    {
        let to = match (only.by, &only.case_id) {
            (FoundBy::Loan, _) if opened.loan(&q) => format!("/loans/{}", byte_serialize(q.as_bytes()).collect::<String>()),
            (FoundBy::Case, Some(case_id)) if opened.case(case_id) => format!("/cases/{case_id}"),
            _ => format!("/customers/{}", only.customer_id),
        };
        return Ok(Redirect::to(&to).into_response());
    }
    show(&SearchPage { frame: visitor.frame("search"), q, found, opened })
}
