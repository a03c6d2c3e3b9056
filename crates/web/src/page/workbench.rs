//! The workbench (工作台): what the person has to do today, by kind and deadline, each with its reason; for a lead, the team.

use crate::page::frame::{Frame, Shown, show};
use crate::page::view::Deadline;
use crate::page::visitor::Visitor;
use crate::server::Server;
use app::Failure;
use app::workbench::{BoardRow, Todo, TodoGroup, TodoKind};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use units::Date;

pub fn router() -> Router<Server> {
    Router::new().route("/", get(workbench)).route("/team", get(team))
}

/// One thing to do, as a row.
struct TodoRow {
    href: String,
    name: String,
    customer_id: String,
    due: Deadline,
    why: Vec<String>,
    amount: String,
}

struct Group {
    title: &'static str,
    count: usize,
    /// Where all of them are.
    all: Option<&'static str>,
    rows: Vec<TodoRow>,
    class: &'static str,
}

/// What came of the month, with the score's parts.
struct MonthResults {
    contacts: u64,
    right_party: u64,
    promises: u64,
    decided: u64,
    kept: u64,
    recovered: String,
    parts: Vec<(&'static str, String, String)>,
    total: Option<String>,
}

#[derive(Template)]
#[template(path = "workbench.html")]
struct WorkbenchPage {
    frame: Frame,
    groups: Vec<Group>,
    queue: Option<(usize, usize)>,
    results: Option<MonthResults>,
    team: Option<(String, Vec<BoardRow>)>,
    exceptions: Option<(Date, u64)>,
}

async fn workbench(State(server): State<Server>, visitor: Visitor) -> Shown {
    let (desk, call) = (&server.desk, &visitor.call);
    let frame = visitor.frame("workbench");
    let bench = app::workbench::workbench(desk, call).await?;
    // Who leads no team of their own has no board.
    let team = match app::workbench::team_board(desk, call).await {
        Ok(board) => Some(board).filter(|board| !board.rows.is_empty()),
        Err(Failure::Refused(_)) => None,
        Err(fault) => return Err(fault.into()),
    };
    let exceptions = app::workbench::night_exceptions(desk, call).await?;
    let results = bench.results.map(|(results, score)| MonthResults {
        contacts: results.contacts,
        right_party: results.right_party,
        promises: results.promises,
        decided: results.promises_decided,
        kept: results.promises_kept,
        recovered: results.recovered.to_string(),
        parts: score.iter().flat_map(|score| &score.parts).map(|(measure, value, points)| (frame.coded("score_measure", measure), app::table::percent(*value), app::table::percent(*points))).collect(),
        total: score.map(|score| app::table::percent(score.total_ppm)),
    });
    show(&WorkbenchPage {
        groups: bench.groups.iter().map(|one| group(&frame, one, call.at.day())).collect(),
        queue: bench.queue,
        results: results.filter(|results| results.contacts > 0 || bench.queue.is_some()),
        team: team.map(|board| (board.team, board.rows)),
        exceptions,
        frame,
    })
}

fn group(frame: &Frame, group: &TodoGroup, today: Date) -> Group {
    let row = |todo: &Todo| TodoRow {
        href: match todo.kind {
            TodoKind::ClockNear => format!("/clocks/{}", todo.about),
            TodoKind::ApprovalWaiting => format!("/approvals/{}", todo.about),
            _ => format!("/cases/{}", todo.about),
        },
        name: todo.name.clone().unwrap_or_default(),
        customer_id: if todo.customer_id.is_empty() { todo.about.clone() } else { todo.customer_id.clone() },
        due: Deadline::of(todo.due_on, today),
        why: todo.why.iter().map(|word| frame.word(word).to_owned()).collect(),
        amount: todo.amount.map_or_else(String::new, |amount| amount.to_string()),
    };
    Group {
        title: frame.coded("todo_kind", &group.kind),
        count: group.count,
        all: match group.kind {
            TodoKind::ClockNear => Some("/clocks"),
            TodoKind::ApprovalWaiting => Some("/approvals"),
            TodoKind::ActionDue => Some("/queue?state=due"),
            _ => None,
        },
        rows: group.nearest.iter().map(row).collect(),
        class: match group.kind {
            TodoKind::ContactOpen | TodoKind::PromiseBroken => "bad",
            TodoKind::PromiseDue | TodoKind::ClockNear => "warn",
            _ => "",
        },
    }
}

/// A move that would even out the work.
struct MoveRow {
    case_id: String,
    version: u64,
    from: String,
}

#[derive(Template)]
#[template(path = "team.html")]
struct TeamPage {
    frame: Frame,
    team: String,
    rows: Vec<BoardRow>,
    /// By who would take them.
    moves: Vec<(String, String, Vec<MoveRow>)>,
}

async fn team(State(server): State<Server>, visitor: Visitor) -> Shown {
    let (desk, call) = (&server.desk, &visitor.call);
    let board = app::workbench::team_board(desk, call).await?;
    let name = |id: &str| visitor.people.called(id);
    let mut moves: Vec<(String, String, Vec<MoveRow>)> = Vec::new();
    let mut wanted = app::case::team_balance(desk, call, &board.team).await?;
    wanted.sort_by(|one, two| one.to.cmp(&two.to));
    // The next visit shows the next hundred.
    for one in wanted.into_iter().take(100) {
        let version = app::case::case_view(desk, call, &one.case_id).await?.case.version;
        if moves.last().is_none_or(|(to, ..)| *to != one.to) {
            moves.push((one.to.clone(), name(&one.to), Vec::new()));
        }
        let row = MoveRow { case_id: one.case_id, version, from: name(&one.from) };
        moves.last_mut().expect("just pushed").2.push(row);
    }
    show(&TeamPage { frame: visitor.frame("team"), team: board.team, rows: board.rows, moves })
}
