//! Operations (运行): nights with steps, totals and exceptions, a night run again, batches, and work under way.

use crate::extract::{Named, refusal};
use crate::job::{Ended, Job, JobKind, JobState, Teller};
use crate::page::frame::{Frame, Shown, show};
use crate::page::view::TableView;
use crate::page::visitor::{Posted, Visitor};
use crate::problem::Problem;
use crate::server::Server;
use app::book_import::ImportOutcome;
use app::operations::{BatchRow, NightAccount, Operations, may, night_account, night_run, operations_view};
use app::case_night::Applied;
use app::dayend_run::NightKept;
use app::status::NextStep;
use app::desk::People;
use askama::Template;
use authority::UseCase;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use std::sync::Arc;
use units::{Date, Money};

pub fn router() -> Router<Server> {
    Router::new()
        .route("/operations", get(overview))
        .route("/operations/nights", post(night_again))
        .route("/operations/nights/{date}", get(night))
        .route("/operations/batches/{number}", get(batch))
        .route("/operations/jobs/{number}", get(job))
}

#[derive(Template)]
#[template(path = "operations.html")]
struct OperationsPage {
    frame: Frame,
    at: Operations,
    jobs: Vec<Job>,
    may_run: bool,
    may_import: bool,
    /// The night to be run: the one that is due, else the last.
    tonight: String,
}

async fn overview(State(server): State<Server>, visitor: Visitor) -> Shown {
    let at = operations_view(&server.desk, &visitor.call).await?;
    let last = || at.nights.first().map(|night| night.date.to_string());
    let tonight = match &at.next {
        NextStep::RunNight { date } => date.clone(),
        _ => last().unwrap_or_else(|| visitor.call.at.day().to_string()),
    };
    show(&OperationsPage {
        frame: visitor.frame("operations"),
        jobs: server.jobs.latest(),
        may_run: visitor.may(UseCase::NightRun),
        may_import: visitor.may(UseCase::ImportRun),
        tonight,
        at,
    })
}

#[derive(Template)]
#[template(path = "night.html")]
struct NightPage {
    frame: Frame,
    people: Arc<People>,
    night: NightAccount,
}

impl NightPage {
    /// Control totals by name.
    fn totals(&self) -> Vec<(&'static str, String)> {
        let at = &self.night.run.controls;
        let money = |fen: i64| Money::from_fen(fen).to_string();
        vec![
            ("instalments", at.instalments.to_string()),
            ("repayments", at.repayments.to_string()),
            ("repayments_left_aside", at.repayments_left_aside.to_string()),
            ("principal_lent", money(at.principal_lent_fen)),
            ("money_received", money(at.money_received_fen)),
            ("settled_principal", money(at.settled_principal_fen)),
            ("settled_interest", money(at.settled_interest_fen)),
            ("settled_fee", money(at.settled_fee_fen)),
            ("settled_penalty", money(at.settled_penalty_fen)),
            ("surplus", money(at.surplus_fen)),
            ("principal_outstanding", money(at.principal_outstanding_fen)),
        ]
    }
}

async fn night(State(server): State<Server>, visitor: Visitor, Named(date): Named<String>) -> Shown {
    let date = Date::parse(&date).map_err(|_| refusal("E-WB-09", &[("field", "date"), ("value", &date)]))?;
    let night = night_account(&server.desk, &visitor.call, date).await?;
    show(&NightPage { frame: visitor.frame("operations"), people: visitor.people.clone(), night })
}

/// Runs a night as work that may be left.
async fn night_again(State(server): State<Server>, Posted { visitor, fields }: Posted) -> Shown {
    may(&server.desk, &visitor.call, UseCase::NightRun).await?;
    let date = fields.required_as("date", |text| Date::parse(text).ok())?;
    if date > visitor.call.at.day() {
        return Err(refusal("E-WB-09", &[("field", "date"), ("value", fields.get("date"))]));
    }
    let (desk, call) = (server.desk.clone(), visitor.call.clone());
    let number = server.jobs.begin(JobKind::Night, &date.to_string(), &visitor.call, |teller| async move {
        let progress = Box::new(move |loans| teller.tell("fold", loans));
        Ok(Ended::Night(night_run(&desk, &call, date, progress).await?))
    })?;
    Ok(Redirect::to(&format!("/operations/jobs/{number}")).into_response())
}

#[derive(Template)]
#[template(path = "batch.html")]
struct BatchPage {
    frame: Frame,
    batch: BatchRow,
    may_import: bool,
}

async fn batch(State(server): State<Server>, visitor: Visitor, Named(number): Named<u32>) -> Shown {
    let at = operations_view(&server.desk, &visitor.call).await?;
    let found = at.batches.into_iter().find(|batch| batch.number == number);
    let batch = found.ok_or_else(|| refusal("E-IM-34", &[("batch", &number.to_string())]))?;
    show(&BatchPage { frame: visitor.frame("operations"), batch, may_import: visitor.may(UseCase::ImportRun) })
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    job: Job,
    /// Of a trial: who would move, and the first loans of them.
    moves: Option<(TableView, TableView)>,
}

/// Loans of a trial that a page shows.
const MOVED: usize = 200;

/// How long work under way is left alone before its page is asked for again, in seconds.
const AGAIN: &str = "2";

async fn job(State(server): State<Server>, visitor: Visitor, Named(number): Named<u64>) -> Shown {
    let found = server.jobs.find(number);
    let job = found.ok_or_else(|| refusal("E-AP-01", &[("what", "job"), ("id", &number.to_string())]))?;
    may(&server.desk, &visitor.call, job.kind.needs()).await?;
    let frame = visitor.frame("operations");
    let moves = match &job.state {
        JobState::Ended(ended) => moves(&frame, ended),
        _ => None,
    };
    let is_running = job.is_running();
    let mut response = show(&JobPage { frame, job, moves })?;
    if is_running {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

fn moves(frame: &Frame, ended: &Arc<Ended>) -> Option<(TableView, TableView)> {
    let Ended::Tried(tried) = &**ended else { return None };
    let mut loans = tried.loans.clone();
    loans.rows.truncate(MOVED);
    let to_loan = |row: &[app::table::Cell], place: usize| match (place, &row[0]) {
        (0, app::table::Cell::Text(id)) => Some(format!("/loans/{id}")),
        _ => None,
    };
    Some((TableView::of(&tried.moves, frame, |_, _| None), TableView::of(&loans, frame, to_loan)))
}

impl JobPage {
    fn ended(&self) -> Option<&Ended> {
        match &self.job.state {
            JobState::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// How many rows came in.
    fn accepted(&self, outcome: &ImportOutcome) -> u64 {
        match outcome {
            ImportOutcome::Imported(manifest) | ImportOutcome::Rehearsed(manifest) => manifest.tables.iter().map(|table| table.accepted.rows).sum(),
            _ => 0,
        }
    }

    fn problem(&self) -> Option<&Problem> {
        match &self.job.state {
            JobState::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Begins work that may be left, and leads to its page.
pub fn begin_work<F>(server: &Server, visitor: &Visitor, kind: JobKind, subject: &str, work: impl FnOnce(Teller) -> F) -> Shown
where
    F: Future<Output = app::Outcome<Ended>> + Send + 'static,
{
    let number = server.jobs.begin(kind, subject, &visitor.call, work)?;
    Ok(Redirect::to(&format!("/operations/jobs/{number}")).into_response())
}
