//! The rules (规则): in force with article, certainty and signature; compared; drafted, tried, signed, put in force.

use crate::extract::{Asked, Named, refusal};
use crate::job::{Ended, JobKind};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::operation::begin_work;
use crate::page::upload::{self, Upload};
use crate::page::visitor::{Posted, Visitor};
use crate::server::Server;
use app::operations::may;
use app::pack::{
    DraftView, PackUse, PackView, RuleCompared, RuleView, Side, draft_activate, draft_list, draft_put, draft_sign, draft_try, draft_view,
    pack_compare, pack_view, rule_view,
};
use askama::Template;
use authority::UseCase;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use serde::Deserialize;
use units::Date;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/packs", get(rules))
        .route("/packs/rules/{id}", get(rule))
        .route("/packs/compare", get(compared))
        .route("/packs/drafts", get(drafts).post(put))
        .route(upload::PACK, post(take))
        .route("/packs/drafts/{digest}", get(draft).post(act))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    book: String,
    on: String,
    kind: String,
    certainty: String,
    q: String,
    unsigned: String,
    before: String,
    before_on: String,
    after: String,
    after_on: String,
}

impl Wanted {
    fn used(&self) -> PackUse {
        PackUse::from_code(&self.book).unwrap_or(PackUse::Night)
    }

    fn fits(&self, rule: &RuleView) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.q.to_lowercase());
        let said = holds(&rule.id) || holds(&rule.title_zh) || holds(&rule.title_en) || holds(&rule.article) || holds(&rule.source);
        (self.kind.is_empty() || rule.kind_code() == self.kind)
            && (self.certainty.is_empty() || rule.certainty == self.certainty)
            && (self.unsigned.is_empty() || rule.reviewed.is_none())
            && (self.q.is_empty() || said)
    }
}

/// A day somebody chose, or another.
fn day(text: &str, otherwise: Date) -> Date {
    Date::parse(text).unwrap_or(otherwise)
}

#[derive(Template)]
#[template(path = "packs.html")]
struct PacksPage {
    frame: Frame,
    wanted: Wanted,
    used: PackUse,
    on: Date,
    pack: PackView,
    all: usize,
    kinds: Vec<&'static str>,
    certainties: Vec<&'static str>,
}

async fn rules(State(server): State<Server>, visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    let (used, on) = (wanted.used(), day(&wanted.on, visitor.call.at.day()));
    let mut pack = pack_view(&server.desk, &visitor.call, used, on).await?;
    let sorted = |codes: &mut Vec<&'static str>| {
        codes.sort_unstable();
        codes.dedup();
    };
    let mut kinds: Vec<&'static str> = pack.rules.iter().map(RuleView::kind_code).collect();
    let mut certainties: Vec<&'static str> = pack.rules.iter().map(|rule| rule.certainty).collect();
    sorted(&mut kinds);
    sorted(&mut certainties);
    let all = pack.rules.len();
    pack.rules.retain(|rule| wanted.fits(rule));
    show(&PacksPage { frame: visitor.frame("packs"), used, on, pack, all, kinds, certainties, wanted })
}

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    frame: Frame,
    used: PackUse,
    versions: Vec<RuleView>,
    today: Date,
}

impl RulePage {
    fn is_in_force(&self, rule: &RuleView) -> bool {
        let later = |other: &RuleView| other.from > rule.from && other.from <= self.today;
        rule.from <= self.today && rule.to.is_none_or(|last| self.today <= last) && !self.versions.iter().any(later)
    }
}

async fn rule(State(server): State<Server>, visitor: Visitor, Named(id): Named<String>, Asked(wanted): Asked<Wanted>) -> Shown {
    let versions = rule_view(&server.desk, &visitor.call, wanted.used(), &id).await?;
    show(&RulePage { frame: visitor.frame("packs"), used: wanted.used(), versions, today: visitor.call.at.day() })
}

#[derive(Template)]
#[template(path = "compared.html")]
struct ComparedPage {
    frame: Frame,
    used: PackUse,
    before: Side,
    after: Side,
    known: Vec<String>,
    rows: Vec<RuleCompared>,
}

async fn compared(State(server): State<Server>, visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    let (used, today) = (wanted.used(), visitor.call.at.day());
    let before = Side { pack: wanted.before, on: day(&wanted.before_on, today.add_months(-12)) };
    let after = Side { pack: wanted.after, on: day(&wanted.after_on, today) };
    let rows = pack_compare(&server.desk, &visitor.call, used, before.clone(), after.clone()).await?;
    let known = pack_view(&server.desk, &visitor.call, used, today).await?.known;
    show(&ComparedPage { frame: visitor.frame("packs"), used, before, after, known, rows })
}

#[derive(Template)]
#[template(path = "drafts.html")]
struct DraftsPage {
    frame: Frame,
    drafts: Vec<DraftView>,
    may_draft: bool,
}

async fn drafts(State(server): State<Server>, visitor: Visitor) -> Shown {
    let drafts = draft_list(&server.desk, &visitor.call).await?;
    show(&DraftsPage { frame: visitor.frame("packs"), drafts, may_draft: visitor.may(UseCase::WhatIfRun) })
}

async fn put(State(server): State<Server>, Posted { visitor, fields }: Posted) -> Shown {
    let digest = draft_put(&server.desk, &visitor.call, fields.get("text")).await?;
    Ok(Redirect::to(&format!("/packs/drafts/{digest}")).into_response())
}

/// A draft as a file: taken as if its text had been typed.
async fn take(State(server): State<Server>, visitor: Visitor, request: Request) -> Shown {
    may(&server.desk, &visitor.call, UseCase::WhatIfRun).await?;
    let upload = Upload::read(request).await?;
    if !visitor.is_own_form(upload.fields.get("_csrf")) {
        return Err(refusal("E-WB-08", &[]));
    }
    let file = upload.files.into_iter().next().unwrap_or_default();
    let text = String::from_utf8(file.1).map_err(|_| refusal("E-WB-09", &[("field", "file"), ("value", &file.0)]))?;
    let digest = draft_put(&server.desk, &visitor.call, text.trim()).await?;
    Ok(Redirect::to(&format!("/packs/drafts/{digest}")).into_response())
}

#[derive(Template)]
#[template(path = "draft.html")]
struct DraftPage {
    frame: Frame,
    draft: DraftView,
    tomorrow: Date,
    may_try: bool,
    may_sign: bool,
    is_mine: bool,
}

async fn draft(State(server): State<Server>, visitor: Visitor, Named(digest): Named<String>) -> Shown {
    let draft = draft_view(&server.desk, &visitor.call, &digest).await?;
    show(&DraftPage {
        frame: visitor.frame("packs"),
        tomorrow: visitor.call.at.day() + 1,
        may_try: visitor.may(UseCase::WhatIfRun),
        may_sign: visitor.may(UseCase::PackSign),
        is_mine: draft.did("pack_draft").is_some_and(|step| step.actor == visitor.call.staff_id),
        draft,
    })
}

/// Tries, signs or activates a draft.
async fn act(State(server): State<Server>, Named(digest): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let here = format!("/packs/drafts/{digest}");
    match fields.get("say") {
        "sign" => {
            draft_sign(&server.desk, &visitor.call, &digest, fields.get("opinion")).await?;
            done(&here, "pack_signed")
        }
        "activate" => {
            let from = fields.required_as("from", |text| Date::parse(text).ok())?;
            draft_activate(&server.desk, &visitor.call, &digest, from).await?;
            done(&here, "pack_activated")
        }
        _ => {
            may(&server.desk, &visitor.call, UseCase::WhatIfRun).await?;
            let (desk, call, wanted) = (server.desk.clone(), visitor.call.clone(), digest.clone());
            begin_work(&server, &visitor, JobKind::WhatIf, &digest, |teller| async move {
                let progress = Box::new(move |loans| teller.tell("fold", loans));
                Ok(Ended::Tried(draft_try(&desk, &call, &wanted, None, progress).await?))
            })
        }
    }
}
