//! Approvals (审批): what waits for me, what I asked for, one proposal with its terms, authority and history.

use crate::extract::{Asked, Named, refusal};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::view::cursor;
use crate::page::visitor::{Posted, Visitor};
use crate::server::Server;
use app::desk::People;
use app::approval::{
    ApprovalFilter, ApprovalView, Concession, Proposed, Say, approval_decide, approval_mine, approval_signers, approval_view, approval_waiting,
};
use app::opened::{Opened, Thing};
use askama::Template;
use authority::{ApprovalStatus, BranchLevel, Holder, Limit, Seat};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

pub fn router() -> Router<Server> {
    Router::new().route("/approvals", get(inbox)).route("/approvals/mine", get(mine)).route("/approvals/{id}", get(one).post(decide))
}

const ROWS: u32 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paged {
    after: String,
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    people: Arc<People>,
    rows: Vec<ApprovalView>,
    next: Option<String>,
    is_mine: bool,
}

async fn inbox(State(server): State<Server>, visitor: Visitor, Asked(paged): Asked<Paged>) -> Shown {
    let (rows, next) = approval_waiting(&server.desk, &visitor.call, &ApprovalFilter::default(), cursor(&paged.after)?.as_ref(), ROWS).await?;
    show(&ApprovalsPage { frame: visitor.frame("approvals"), people: visitor.people.clone(), rows, next: next.map(|next| next.text()), is_mine: false })
}

async fn mine(State(server): State<Server>, visitor: Visitor, Asked(paged): Asked<Paged>) -> Shown {
    let (rows, next) = approval_mine(&server.desk, &visitor.call, &ApprovalFilter::default(), cursor(&paged.after)?.as_ref(), ROWS).await?;
    show(&ApprovalsPage { frame: visitor.frame("approvals"), people: visitor.people.clone(), rows, next: next.map(|next| next.text()), is_mine: true })
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    frame: Frame,
    people: Arc<People>,
    view: ApprovalView,
    opened: Opened,
    signers: Vec<Holder>,
    limit: Limit,
    /// What exactly is to be done, name by name.
    terms: Vec<(String, String)>,
    may_decide: bool,
    is_mine: bool,
}

impl ApprovalPage {
    /// `case/C-1`: where it leads, if its reader may go there.
    fn subject(&self) -> Option<String> {
        let case = self.view.file.approval.proposal.subject.strip_prefix("case/");
        case.filter(|case| self.opened.case(case)).map(|case| format!("/cases/{case}"))
    }

    fn seat(&self, seat: &Seat) -> String {
        let role = self.frame.coded("role", &seat.role);
        match seat.at_least {
            BranchLevel::SubBranch => role.to_owned(),
            level => format!("{role} · {}", self.frame.coded("branch_level", &level)),
        }
    }

    fn slot(&self, slot: &[Seat]) -> String {
        slot.iter().map(|seat| self.seat(seat)).collect::<Vec<_>>().join(self.frame.say(" \u{6216} ", " or "))
    }

    fn is_waiting(&self) -> bool {
        self.view.status == ApprovalStatus::Waiting
    }

    fn may_withdraw(&self) -> bool {
        self.is_mine && matches!(self.view.status, ApprovalStatus::Waiting | ApprovalStatus::Approved)
    }
}

/// The terms of a proposal as plain facts; what is nested is written out.
fn terms(proposed: &Proposed) -> Vec<(String, String)> {
    let body = match proposed {
        Proposed::Concession { concession, .. } => match concession {
            Concession::Waiver(terms) | Concession::Extension(terms) | Concession::Settlement(terms) => {
                return vec![("amount".to_owned(), terms.amount.to_string()), ("terms".to_owned(), terms.what.clone())];
            }
        },
        Proposed::HouseholdPlan { plan, .. } => serde_json::json!(plan),
        Proposed::HardshipPlan { plan } => serde_json::json!(plan),
        Proposed::AgencyPlacement { agency_id, request, .. } => serde_json::json!({ "agency_id": agency_id, "request": request }),
        Proposed::CaseClosure { because, what, .. } => serde_json::json!({ "because": because, "terms": what }),
        Proposed::WriteOff { what, .. } => serde_json::json!({ "terms": what }),
        Proposed::Unmask { request } => serde_json::json!(request),
    };
    let mut facts = Vec::new();
    flatten("", &body, &mut facts);
    facts
}

fn flatten(name: &str, value: &serde_json::Value, into: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(key, value)| flatten(&inner(key), value, into)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(place, value)| flatten(&inner(&(place + 1).to_string()), value, into));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            if !items.is_empty() {
                into.push((name.to_owned(), items.join(", ")));
            }
        }
        other => into.push((name.to_owned(), plain(other))),
    }
}

/// A fact in words: the places of a list stay numbers, codes become what their sets call them.
fn worded(frame: &Frame, name: &str, value: &str) -> (String, String) {
    let is_place = |step: &str| step.parse::<usize>().is_ok();
    let steps: Vec<String> = name.split('.').map(|step| if is_place(step) { step.to_owned() } else { frame.named("terms", step) }).collect();
    let set = match name.split('.').rfind(|step| !is_place(step)).unwrap_or_default() {
        "attested" => "lever_condition",
        "because" => "closed_because",
        "fields" => "personal_field",
        "form" => "agreement_form",
        "goal" => "plan_goal",
        "purpose" => "unmask_purpose",
        "terms" => "hardship_term",
        other => other,
    };
    let value: Vec<String> = value.split(", ").map(|code| frame.named(set, code)).collect();
    (steps.join(" "), value.join(", "))
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn one(State(server): State<Server>, visitor: Visitor, Named(id): Named<String>) -> Shown {
    let view = approval_view(&server.desk, &visitor.call, &id).await?;
    let signers = approval_signers(&server.desk, &visitor.call, &view.file.approval).await?;
    let limit = server.desk.rules.authority.limit(view.file.approval.proposal.decision).clone();
    let case = view.file.approval.proposal.subject.strip_prefix("case/").map(|case| Thing::Case(case.to_owned()));
    let opened = Opened::of(&server.desk, &visitor.call, case).await?;
    let frame = visitor.frame("approvals");
    show(&ApprovalPage {
        opened,
        may_decide: signers.iter().any(|signer| signer.staff_id == visitor.call.staff_id),
        is_mine: view.file.approval.maker.staff_id == visitor.call.staff_id,
        terms: terms(&view.file.proposed).iter().map(|(name, value)| worded(&frame, name, value)).collect(),
        people: visitor.people.clone(),
        frame,
        view,
        signers,
        limit,
    })
}

async fn decide(State(server): State<Server>, Named(id): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let opinion = fields.get("opinion").to_owned();
    let (say, told) = match fields.get("say") {
        "sign" => (Say::Sign { opinion }, "approval_signed"),
        "return" => (Say::Return { reason: opinion }, "approval_returned"),
        "reject" => (Say::Reject { reason: opinion }, "approval_rejected"),
        "withdraw" => (Say::Withdraw { reason: opinion }, "approval_withdrawn"),
        other => return Err(refusal("E-WB-09", &[("field", "say"), ("value", other)])),
    };
    let version = fields.required_as("version", |text| text.parse().ok())?;
    approval_decide(&server.desk, &visitor.call, &id, version, &say).await?;
    done(&format!("/approvals/{id}"), told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_terms_are_written_out() {
        let body = serde_json::json!({ "a": { "b": 1, "none": null }, "list": ["x", "y"], "rows": [{ "on": "2026-12-01" }], "empty": [] });
        let mut facts = Vec::new();
        flatten("", &body, &mut facts);
        let told: Vec<String> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(told, ["a.b=1", "list=x, y", "rows.1.on=2026-12-01"]);
    }
}
