//! The queue: the order with its reasons, filters in the address, one click to the next case, many cases handed over at once.

use crate::extract::bad_request;
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::view::{Choice, Deadline, choices};
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::problem::{Problem, Reply};
use crate::server::Server;
use app::case::{CaseAct, CaseFilter};
use app::queue::{self, QueueRow, QueueState, QueueWanted};
use askama::Template;
use authority::UseCase;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use casework::agency::CaseField;
use casework::case::{HandOverReason, Owner};
use store::Cursor;
use units::Coded;

pub fn router() -> Router<Server> {
    Router::new().route("/queue", get(queue_page)).route("/queue/next", get(next)).route("/queue/acts", post(acts))
}

/// What a column shows; the first stands always.
const COLUMNS: [(&str, &str); 12] = [
    ("customer", "page.customer"),
    ("reasons", "column.why"),
    ("action", "term.next_action"),
    ("due", "term.due_on"),
    ("past_due", "term.amount_past_due"),
    ("outstanding", "case_field.outstanding"),
    ("days", "term.days_past_due"),
    ("bucket", "term.bucket"),
    ("class", "term.customer_class"),
    ("owner", "term.owner"),
    ("branch", "column.branch_id"),
    ("region", "column.region"),
];

/// What is shown until somebody chooses.
const USUAL: [&str; 9] = ["customer", "reasons", "action", "due", "past_due", "days", "bucket", "class", "owner"];

/// A case as a row.
struct Row {
    case_id: String,
    version: u64,
    customer_id: String,
    name: String,
    /// Points and reason.
    reasons: Vec<(i64, &'static str)>,
    points: i64,
    action: &'static str,
    channel: &'static str,
    due: Option<Deadline>,
    past_due: String,
    outstanding: String,
    days: String,
    bucket: &'static str,
    class: &'static str,
    owner: String,
    branch: String,
    region: String,
    stopped: bool,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    frame: Frame,
    rows: Vec<Row>,
    /// The words of the address but for columns and place.
    filters: Vec<(&'static str, String)>,
    columns: Vec<Choice>,
    buckets: Vec<Choice>,
    states: Vec<Choice>,
    colleagues: Vec<Choice>,
    /// Where the next page begins.
    next: Option<String>,
    may_assign: bool,
    reasons: Vec<Choice>,
}

impl QueuePage {
    fn filter(&self, name: &str) -> &str {
        self.filters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Whether somebody else's cases than the visitor's own were asked for.
    fn others(&self) -> bool {
        self.filters.iter().any(|(name, _)| matches!(*name, "team" | "branch" | "agency"))
    }

    fn shows(&self, column: &str) -> bool {
        self.columns.iter().any(|choice| choice.code == column && choice.chosen)
    }
}

fn wanted(asked: &Fields) -> Reply<QueueWanted> {
    let coded = |name: &str| asked.get(name).to_owned();
    let after = asked.some("after").map(|text| Cursor::parse(&text).ok_or_else(|| bad_request("after"))).transpose()?;
    Ok(QueueWanted {
        whose: CaseFilter { owner: asked.some("owner"), team: asked.some("team"), branch: asked.some("branch"), agency: asked.some("agency"), ..CaseFilter::default() },
        bucket: Coded::from_code(&coded("bucket")),
        state: QueueState::from_code(&coded("state")),
        after,
    })
}

async fn queue_page(State(server): State<Server>, visitor: Visitor, RawQuery(query): RawQuery) -> Shown {
    let asked = Fields::asked(query.as_deref());
    let wanted = wanted(&asked)?;
    let frame = visitor.frame("queue");
    let (rows, next) = queue::queue_view(&server.desk, &visitor.call, &wanted).await?;
    let rows = rows.iter().map(|found| row(&frame, &visitor, found)).collect();
    let chosen: Vec<&str> = asked.all("col").collect();
    let is_shown = |code: &str| if chosen.is_empty() { USUAL.contains(&code) } else { code == "customer" || chosen.contains(&code) };
    let column = |&(code, word): &(&str, &'static str)| Choice { code: code.to_owned(), label: frame.word(word).to_owned(), chosen: is_shown(code) };
    let may_assign = visitor.may(UseCase::CaseAssign);
    let colleagues = if visitor.may(UseCase::StaffView) { queue::colleagues(&server.desk, &visitor.call).await? } else { Vec::new() };
    let owner = wanted.whose.owner.clone().unwrap_or_default();
    let colleague = |(code, name): (String, String)| Choice { label: format!("{name} {code}"), chosen: code == owner, code };
    let reasons = [HandOverReason::LoadBalanced, HandOverReason::SkillNeeded, HandOverReason::Requested, HandOverReason::OwnerLeft];
    let names = ["owner", "team", "branch", "agency", "bucket", "state"];
    show(&QueuePage {
        rows,
        filters: names.into_iter().filter_map(|name| Some((name, asked.some(name)?))).collect(),
        columns: COLUMNS.iter().map(column).collect(),
        buckets: choices(&frame, "bucket", wanted.bucket),
        states: choices(&frame, "queue_state", wanted.state),
        colleagues: colleagues.into_iter().map(colleague).collect(),
        next: next.map(|next| next.text()),
        may_assign,
        reasons: crate::page::view::choices_of(&frame, "hand_over_reason", &reasons, None),
        frame,
    })
}

fn row(frame: &Frame, visitor: &Visitor, found: &QueueRow) -> Row {
    let (view, case) = (&found.view, &found.view.case);
    let sees = |field: CaseField| view.only.as_ref().is_none_or(|only| only.contains(&field));
    let work = case.work();
    let owner = match case.owner() {
        Some(Owner::Staff(id)) => visitor.people.person(id).map_or_else(|| id.clone(), |staff| staff.name.clone()),
        Some(Owner::Agency(id)) => id.clone(),
        None => String::new(),
    };
    let facts = &case.facts;
    Row {
        case_id: case.case_id.clone(),
        version: view.version,
        customer_id: case.customer_id.clone(),
        name: found.name.clone().unwrap_or_default(),
        reasons: case.priority.reasons.iter().map(|(reason, points)| (*points, frame.coded("priority_reason", reason))).collect(),
        points: case.priority.points,
        action: work.map_or("", |work| frame.coded("case_action", &work.next_action.action)),
        channel: work.and_then(|work| work.next_action.channel).map_or("", |channel| frame.coded("channel", &channel)),
        due: work.map(|work| Deadline::of(work.next_action.due_on, visitor.call.at.day())),
        past_due: if sees(CaseField::AmountPastDue) { facts.amount_past_due.to_string() } else { String::new() },
        outstanding: if sees(CaseField::Outstanding) { facts.outstanding.to_string() } else { String::new() },
        days: if sees(CaseField::DaysPastDue) { facts.days_past_due.to_string() } else { String::new() },
        bucket: if sees(CaseField::DaysPastDue) { facts.bucket.code() } else { "" },
        class: if view.only.is_none() { facts.class.code() } else { "" },
        owner,
        branch: visitor.people.branch_called(view.branch.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
        region: frame.named("region", &case.place.region),
        stopped: case.is_stopped(),
        is_open: found.is_open,
    }
}

/// Straight to the next case that is due, leaving out those in `skip`; back to the queue when there is none.
async fn next(State(server): State<Server>, visitor: Visitor, RawQuery(query): RawQuery) -> Shown {
    let asked = Fields::asked(query.as_deref());
    let skipped = passed(asked.get("skip"));
    match queue::queue_next(&server.desk, &visitor.call, &skipped).await? {
        Some(case_id) => Ok(Redirect::to(&format!("/cases/{case_id}{}", skip(&skipped))).into_response()),
        None => done("/queue", "queue_done"),
    }
}

/// The cases passed over, as an address or a form names them.
pub fn passed(text: &str) -> Vec<String> {
    let is_id = |id: &&str| !id.is_empty() && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    text.split(',').filter(is_id).map(str::to_owned).collect()
}

/// The same on its way into an address.
pub fn skip(skipped: &[String]) -> String {
    if skipped.is_empty() { String::new() } else { format!("?skip={}", skipped.join(",")) }
}

/// What became of one of many.
struct Became {
    case_id: String,
    problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct BulkPage {
    frame: Frame,
    became: Vec<Became>,
    done: usize,
    back: String,
}

/// Hands over or calls back every case that was ticked.
async fn acts(State(server): State<Server>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let to = fields.required("to")?.to_owned();
    let act = match fields.required("do")? {
        "recall" => CaseAct::Recall { to },
        "hand_over" => {
            let because = fields.read_as("because", HandOverReason::from_code)?.unwrap_or(HandOverReason::LoadBalanced);
            CaseAct::HandOver { to, because }
        }
        _ => return Err(bad_request("do")),
    };
    let read = |ticked: &str| {
        let (case_id, version) = ticked.rsplit_once('@')?;
        Some((case_id.to_owned(), version.parse().ok()?))
    };
    let cases: Option<Vec<(String, u64)>> = fields.all("case").map(read).collect();
    let cases = cases.ok_or_else(|| bad_request("case"))?;
    let became = queue::case_act_many(&server.desk, &visitor.call, &cases, &act).await?;
    let back = Some(fields.get("_from")).filter(|from| from.starts_with("/queue") || from.starts_with("/team")).unwrap_or("/queue").to_owned();
    if became.iter().all(|one| one.refused.is_none()) {
        return done(&back, "case_changed");
    }
    show(&BulkPage {
        done: became.iter().filter(|one| one.refused.is_none()).count(),
        became: became.into_iter().map(|one| Became { case_id: one.case_id, problem: one.refused.as_ref().map(Problem::of) }).collect(),
        frame: visitor.frame("bulk"),
        back,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_travels_in_the_address_and_nothing_else_does() {
        let check = |text: &str, expect: &str| assert_eq!(skip(&passed(text)), expect, "{text:?}");
        check("", "");
        check("C-1,C-2", "?skip=C-1,C-2");
        check("C-1,,a b,x\r\ny,C-2&x=1", "?skip=C-1");
    }
}
