//! Nights, batches and health as those who answer for them see them; a night run from a page.

use crate::case_night::{Applied, case_night};
use crate::dayend_run::{FoldedBy, NightKept, NightRun, NightWanted, Writing, dayend_run};
use crate::desk::{Call, Desk};
use crate::failure::{Failure, Outcome};
use crate::figures::night_of;
use crate::status::{NextStep, status};
use crate::workspace::{Open, lock, workspace_open};
use anyhow::anyhow;
use authority::{Target, UseCase};
use lake::batch::{self, TableSummary};
use lake::snapshot::account::{ExceptionRow, StepRow, exceptions, steps};
use lake::snapshot::{self, Run};
use units::{Date, Money};

/// A night in the list (日终列表行).
#[derive(Clone, Debug)]
pub struct NightRow {
    pub date: Date,
    pub pack: String,
    pub loans: u64,
    pub bucket_moves: u64,
    pub grade_moves: u64,
    pub exceptions: u64,
    pub received: Money,
    pub outstanding: Money,
}

/// A batch in the list (批次列表行).
#[derive(Clone, Debug)]
pub struct BatchRow {
    pub number: u32,
    pub as_of: String,
    pub fixes: Option<u32>,
    pub read: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub already_known: u64,
    /// Rejected and not fixed by a later batch.
    pub open_rejects: u64,
    pub tables: Vec<TableSummary>,
}

/// Where the institution's data stand (运行概况).
#[derive(Clone, Debug)]
pub struct Operations {
    /// The latest first, at most [`ROWS`].
    pub nights: Vec<NightRow>,
    pub batches: Vec<BatchRow>,
    pub next: NextStep,
    pub pack: String,
    pub rules: usize,
    pub rules_not_reviewed: usize,
    /// Who is writing to the book just now.
    pub writer: Option<String>,
}

/// Nights and batches a page shows.
pub const ROWS: usize = 60;

/// Runs what reads or computes long beside those who wait for short answers.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => Err(Failure::Fault(anyhow!(panic))),
    }
}

/// Whether the caller may do something to the institution as a whole.
pub async fn may(desk: &Desk, call: &Call, use_case: UseCase) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, use_case, &Target::default()).map(drop)
}

/// The latest nights and batches, and what to do next.
pub async fn operations_view(desk: &Desk, call: &Call) -> Outcome<Operations> {
    may(desk, call, UseCase::NightView).await?;
    let root = desk.open.lake.root().to_owned();
    aside(move || overview(&workspace_open(&root)?)).await
}

fn overview(open: &Open) -> Outcome<Operations> {
    let told = status(open)?;
    let open_rejects = |number: u32| told.open_rejects.iter().find(|(batch, _)| *batch == number).map_or(0, |(_, rows)| *rows);
    let mut nights = Vec::new();
    for night in snapshot::nights(&open.lake)?.iter().rev().take(ROWS) {
        let run = night.run()?;
        nights.push(NightRow {
            date: night.business_date,
            pack: format!("{}@{}", run.pack, run.pack_version),
            loans: run.loans,
            bucket_moves: run.bucket_moves,
            grade_moves: run.grade_moves,
            exceptions: run.exceptions,
            received: Money::from_fen(run.controls.money_received_fen),
            outstanding: Money::from_fen(run.controls.principal_outstanding_fen),
        });
    }
    let batches = batch::list(&open.lake)?.into_iter().rev().take(ROWS).map(|batch| {
        let manifest = batch.manifest;
        let sum = |of: fn(&TableSummary) -> u64| manifest.tables.iter().map(of).sum();
        BatchRow {
            number: manifest.number,
            as_of: manifest.as_of.clone().unwrap_or_default(),
            fixes: manifest.fixes,
            read: sum(|table| table.read.rows),
            accepted: sum(|table| table.accepted.rows),
            rejected: sum(|table| table.rejected.rows),
            already_known: sum(|table| table.already_known.rows),
            open_rejects: open_rejects(manifest.number),
            tables: manifest.tables,
        }
    });
    Ok(Operations {
        nights,
        batches: batches.collect(),
        next: told.next,
        pack: told.pack,
        rules: told.rules,
        rules_not_reviewed: told.rules_not_reviewed,
        writer: open.lake.writer()?,
    })
}

/// One night's account of itself (日终账目).
#[derive(Clone, Debug)]
pub struct NightAccount {
    pub date: Date,
    pub run: Run,
    pub steps: Vec<StepRow>,
    /// At most [`EXCEPTIONS`].
    pub exceptions: Vec<ExceptionRow>,
}

/// Exceptions a page shows.
pub const EXCEPTIONS: usize = 500;

/// The steps, control totals and exceptions of a night.
pub async fn night_account(desk: &Desk, call: &Call, date: Date) -> Outcome<NightAccount> {
    may(desk, call, UseCase::NightView).await?;
    let open = desk.open.clone();
    aside(move || {
        let night = night_of(&open, date)?;
        Ok(NightAccount { date, run: night.run()?, steps: steps(&night)?, exceptions: exceptions(&night, EXCEPTIONS)? })
    })
    .await
}

/// What became of a night that was run (日终运行结果).
#[derive(Clone, Debug)]
pub struct NightDone {
    pub date: Date,
    pub kept: NightKept,
    pub loans: usize,
    pub exceptions: usize,
    pub applied: Applied,
}

/// Runs the night of a date by the rules in force, and applies it to the cases. `progress` hears how many loans are folded.
pub async fn night_run(desk: &Desk, call: &Call, date: Date, mut progress: Box<dyn FnMut(u64) + Send>) -> Outcome<NightDone> {
    may(desk, call, UseCase::NightRun).await?;
    let root = desk.open.lake.root().to_owned();
    let run: NightRun = aside(move || {
        // Opened anew: a pack may have been activated since the service started.
        let open = workspace_open(&root)?;
        let pack = open.pack(None)?;
        let writing = lock(&open, "day-end")?;
        let wanted = NightWanted { business_date: date, known_on: None, writing: Writing::Keep };
        dayend_run(&open, &writing, &pack, &wanted, FoldedBy::ThisMachine, &mut progress)
    })
    .await?;
    let applied = case_night(desk, &run).await?;
    let (loans, exceptions) = (run.plan.loan_states.len(), run.plan.exceptions.len());
    let mut tx = desk.store.begin().await?;
    tx.audit(call.audit("night_run", format!("night/{date}"), format!("{loans} loans, {exceptions} exceptions")));
    tx.commit().await?;
    Ok(NightDone { date, kept: run.kept, loans, exceptions, applied })
}
