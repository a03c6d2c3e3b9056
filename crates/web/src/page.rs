//! Pages: the same use cases as the API, for people in a browser.
//!
//! A page is a struct with an askama template; the handler asks a use case, puts what it says into the struct
//! and shows it. A form posts to a handler that parses, asks a use case and leads on (303).
//!
//! - [`visitor::Visitor`] is who looks: session, language, rights; [`visitor::Posted`] adds the fields of a form,
//!   its CSRF token checked. Every form begins with `{{ frame.form()|safe }}`.
//! - A use case that refuses is returned with `?`. [`dress`] makes a page of it: a GET becomes an error page, a POST
//!   shows the page it came from again, with the refusal above and everything that was typed still in its fields.
//! - A session that has ended asks for the password and then offers to send what was typed.
//!
//! Reading order: [`visitor`], [`frame`], [`dress`], [`view`], then a page.

pub mod approval;
pub mod ask;
pub mod assets;
pub mod audit;
pub mod case;
mod case_act;
mod contact_file;
pub mod chart;
pub mod clock;
pub mod customer;
pub mod door;
mod door_oidc;
pub mod dress;
pub mod frame;
pub mod gate;
pub mod glossary;
pub mod import;
pub mod loan;
pub mod loans;
pub mod movement;
pub mod operation;
pub mod pack;
pub mod portfolio;
pub mod queue;
pub mod search;
pub mod sheet;
pub mod staff;
mod story;
pub mod upload;
pub mod view;
pub mod visitor;
pub mod visits;
pub mod workbench;

use crate::server::Server;
use axum::Router;

/// Every page, by the menu's groups.
pub fn router() -> Router<Server> {
    let own = Router::new().merge(assets::router()).merge(door::router()).merge(door_oidc::router());
    let day = Router::new().merge(workbench::router()).merge(queue::router()).merge(case::router());
    let day = day.merge(customer::router()).merge(contact_file::router()).merge(search::router()).merge(visits::router());
    let book = Router::new().merge(portfolio::router()).merge(movement::router()).merge(loans::router()).merge(loan::router());
    let order = Router::new().merge(clock::router()).merge(approval::router()).merge(audit::router()).merge(staff::router());
    let order = order.merge(operation::router()).merge(import::router()).merge(pack::router()).merge(glossary::router());
    own.merge(day).merge(book).merge(order)
}
