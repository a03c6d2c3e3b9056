//! The workbench (工作台): what the person has to do today, by kind and deadline, each with its reason; for a lead, the team.

use crate::page::frame::{Frame, Shown, show};
use crate::page::view::Deadline;
use crate::page::visitor::Visitor;
use crate::server::Server;
use app::Failure;
use app::month::MonthSoFar;
use app::table::percent;
use app::workbench::{BoardRow, TeamBoard, Todo, TodoGroup, TodoKind};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use casework::results::{ScoreMeasure, TargetProgress, TargetStanding};
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

/// One measure of the month beside its target.
struct TargetRow {
    measure: &'static str,
    reached: String,
    target: String,
    /// What it was reckoned from.
    basis: String,
    /// How long the bar is, in parts per million; bounds not to be passed have none.
    bar: Option<i64>,
    standing: &'static str,
    class: &'static str,
}

/// The month so far, with the score's parts.
struct MonthPart {
    through: Date,
    gone: String,
    gone_ppm: i64,
    rows: Vec<TargetRow>,
    parts: Vec<(&'static str, String, String)>,
    score: Option<String>,
}

impl MonthPart {
    fn of(frame: &Frame, month: &MonthSoFar) -> MonthPart {
        let parts = month.score.iter().flat_map(|score| &score.parts);
        MonthPart {
            through: month.through,
            gone: percent(month.gone_ppm),
            gone_ppm: month.gone_ppm,
            rows: month.progress.iter().map(|one| TargetRow::of(frame, month, one)).collect(),
            parts: parts.map(|(measure, value, points)| (frame.coded("score_measure", measure), percent(*value), percent(*points))).collect(),
            score: month.score.as_ref().map(|score| percent(score.total_ppm)),
        }
    }
}

impl TargetRow {
    fn of(frame: &Frame, month: &MonthSoFar, one: &TargetProgress) -> TargetRow {
        let reached_ppm = one.reached_ppm.map_or_else(|| "—".to_owned(), percent);
        let (part, whole) = month.results.basis(one.measure, month.target);
        let (reached, target, basis) = match one.measure {
            ScoreMeasure::RecoveryRate if month.target.is_positive() => (month.results.recovered.to_string(), month.target.to_string(), reached_ppm),
            ScoreMeasure::RecoveryRate => (month.results.recovered.to_string(), "—".to_owned(), String::new()),
            // A rate of amounts: the fen behind it say less than the rate.
            ScoreMeasure::CostRate => (reached_ppm, format!("≤ {}", percent(one.target_ppm)), String::new()),
            measure => {
                let bound = if measure.is_floor() { "≥" } else { "≤" };
                (reached_ppm, format!("{bound} {}", percent(one.target_ppm)), format!("{part} / {whole}"))
            }
        };
        let whole_bar = one.measure.is_floor().then_some(one.reached_ppm).flatten();
        TargetRow {
            measure: frame.coded("score_measure", &one.measure),
            reached,
            target,
            basis,
            bar: whole_bar.map(|reached| reached.clamp(0, 1_000_000)),
            standing: frame.coded("target_standing", &one.standing),
            class: match one.standing {
                TargetStanding::Met | TargetStanding::OnCourse => "good",
                TargetStanding::Behind => "bad",
                TargetStanding::NotMeasured => "",
            },
        }
    }
}

/// A lead's team: how everybody stands, and what came of the month.
struct TeamPart {
    team: String,
    rows: Vec<BoardRow>,
    month: Option<MonthPart>,
}

impl TeamPart {
    fn of(frame: &Frame, board: TeamBoard) -> TeamPart {
        TeamPart { month: board.month.map(|month| MonthPart::of(frame, &month)), team: board.team, rows: board.rows }
    }
}

#[derive(Template)]
#[template(path = "workbench.html")]
struct WorkbenchPage {
    frame: Frame,
    groups: Vec<Group>,
    queue: Option<(usize, usize)>,
    month: Option<MonthPart>,
    team: Option<TeamPart>,
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
    show(&WorkbenchPage {
        groups: bench.groups.iter().map(|one| group(&frame, one, call.at.day())).collect(),
        queue: bench.queue,
        month: bench.month.map(|month| MonthPart::of(&frame, &month)),
        team: team.map(|board| TeamPart::of(&frame, board)),
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
    team: TeamPart,
    /// By who would take them.
    moves: Vec<(String, String, Vec<MoveRow>)>,
}

async fn team(State(server): State<Server>, visitor: Visitor) -> Shown {
    let (desk, call) = (&server.desk, &visitor.call);
    let board = app::workbench::team_board(desk, call).await?;
    let name = |id: &str| visitor.people.called(id);
    let mut moves: Vec<(String, String, Vec<MoveRow>)> = Vec::new();
    let mut wanted = if board.rows.is_empty() { Vec::new() } else { app::case::team_balance(desk, call, &board.team).await? };
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
    let frame = visitor.frame("team");
    show(&TeamPage { team: TeamPart::of(&frame, board), frame, moves })
}
