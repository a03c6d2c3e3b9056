//! Audit (审计): the trail searched, the chain verified, everything about a case handed over for a complaint.

use crate::extract::{Asked, bad_request};
use crate::page::frame::{Frame, Shown, show};
use crate::page::view::cursor;
use crate::page::visitor::{Posted, Visitor};
use crate::server::Server;
use app::audit::{AuditVerified, AuditView, AuditWanted, audit_export, audit_search, audit_verify};
use app::desk::People;
use askama::Template;
use authority::UseCase;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;
use units::{Date, Moment};

pub fn router() -> Router<Server> {
    Router::new().route("/audit", get(search)).route("/audit/verify", post(verify)).route("/audit/export", post(export))
}

const ROWS: u32 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    subject: String,
    actor: String,
    from: String,
    until: String,
    after: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    people: Arc<People>,
    wanted: Wanted,
    rows: Vec<AuditView>,
    next: Option<String>,
    verified: Option<AuditVerified>,
    may_verify: bool,
    may_export: bool,
    may_search: bool,
}

/// The first moment of a day somebody chose.
fn moment(text: &str) -> Option<Moment> {
    Date::parse(text).ok().map(|day| Moment::new(day, 0))
}

async fn page(server: &Server, visitor: &Visitor, wanted: Wanted) -> crate::problem::Reply<AuditPage> {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    // The last day is meant whole; who asks for nothing sees yesterday and today, who names something all of it.
    let until = moment(&wanted.until).map(|moment| Moment::new(moment.day() + 1, 0));
    let is_named = !wanted.subject.trim().is_empty() || !wanted.actor.trim().is_empty();
    let usual = if is_named { Date::new(0) } else { visitor.call.at.day() - 1 };
    let from = moment(&wanted.from).unwrap_or(Moment::new(usual, 0));
    let narrowed = AuditWanted { subject: text(&wanted.subject), actor: text(&wanted.actor), from: Some(from), until };
    let may_search = visitor.may(UseCase::AuditView);
    let (rows, next) = match may_search {
        true => audit_search(&server.desk, &visitor.call, &narrowed, cursor(&wanted.after)?.as_ref(), ROWS).await?,
        false => (Vec::new(), None),
    };
    Ok(AuditPage {
        frame: visitor.frame("audit"),
        people: visitor.people.clone(),
        rows,
        next: next.map(|next| next.text()),
        verified: None,
        may_verify: visitor.may(UseCase::AuditVerify),
        may_export: visitor.may(UseCase::AuditExport),
        may_search,
        wanted: Wanted { from: if is_named { wanted.from.clone() } else { from.day().to_string() }, ..wanted },
    })
}

async fn search(State(server): State<Server>, visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    if !visitor.may(UseCase::AuditVerify) {
        // Refused in the words of the right that is missing.
        app::operations::may(&server.desk, &visitor.call, UseCase::AuditView).await?;
    }
    show(&page(&server, &visitor, wanted).await?)
}

async fn verify(State(server): State<Server>, Posted { visitor, .. }: Posted) -> Shown {
    let verified = audit_verify(&server.desk, &visitor.call).await?;
    let page = page(&server, &visitor, Wanted::default()).await?;
    show(&AuditPage { verified: Some(verified), ..page })
}

/// A file of JSON lines, with the case's number for a name.
async fn export(State(server): State<Server>, Posted { visitor, fields }: Posted) -> Shown {
    let case_id = fields.required("case_id")?;
    let text = audit_export(&server.desk, &visitor.call, case_id, fields.get("reason")).await?;
    let plain: String = case_id.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' }).collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{plain}.jsonl\"")).map_err(|_| bad_request("case_id"))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")), (header::CONTENT_DISPOSITION, name)], text).into_response())
}
