//! The workbench (工作台): what the person has to do today, by kind and deadline, each with its reason.

use crate::page::frame::{Frame, Shown, show};
use crate::page::visitor::Visitor;
use crate::server::Server;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

pub fn router() -> Router<Server> {
    Router::new().route("/", get(workbench))
}

#[derive(Template)]
#[template(path = "workbench.html")]
struct WorkbenchPage {
    frame: Frame,
}

async fn workbench(State(_server): State<Server>, visitor: Visitor) -> Shown {
    show(&WorkbenchPage { frame: visitor.frame("workbench") })
}
