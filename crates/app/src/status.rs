//! Where a workspace stands, and what to do next.

use crate::failure::Outcome;
use crate::table::{Cell, Table};
use crate::workspace::Open;
use lake::{batch, snapshot};
use units::Date;

/// The state of a workspace (工作区状态).
#[derive(Clone, Debug)]
pub struct Status {
    pub institution: String,
    pub batches: Table,
    /// Rejected rows that no later batch has fixed, per batch.
    pub open_rejects: Vec<(u32, u64)>,
    pub nights: Table,
    pub pack: String,
    pub rules: usize,
    pub rules_not_reviewed: usize,
    pub next: NextStep,
}

/// What to do next (下一步).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    Import,
    /// Data reach this date and its night has not run.
    RunNight { date: String },
    FixRejects { batch: u32, rows: u64 },
    LookAtExceptions { date: String, count: u64 },
    Ask,
}

pub fn status(open: &Open) -> Outcome<Status> {
    let pack = open.pack(None)?;
    let batches = batch::list(&open.lake)?;
    let nights = snapshot::nights(&open.lake)?;
    let mut batch_table = Table::new(&["batch", "as_of", "fixes", ">rows_read", ">accepted", ">rejected", ">already_known"]);
    let mut open_rejects = Vec::new();
    for batch in &batches {
        let manifest = &batch.manifest;
        let sum = |of: &dyn Fn(&lake::batch::TableSummary) -> u64| Cell::Number(manifest.tables.iter().map(of).sum::<u64>() as i64);
        batch_table.push(vec![
            Cell::Number(manifest.number.into()),
            manifest.as_of.as_ref().map_or(Cell::Empty, Cell::text),
            manifest.fixes.map_or(Cell::Empty, |number| Cell::Number(number.into())),
            sum(&|table| table.read.rows),
            sum(&|table| table.accepted.rows),
            sum(&|table| table.rejected.rows),
            sum(&|table| table.already_known.rows),
        ]);
        let fixed: u64 = (batches.iter().filter(|other| other.manifest.fixes == Some(manifest.number)))
            .flat_map(|other| &other.manifest.tables)
            .map(|table| table.accepted.rows)
            .sum();
        let remaining = manifest.rejected_rows().saturating_sub(fixed);
        if remaining > 0 {
            open_rejects.push((manifest.number, remaining));
        }
    }
    let mut night_table = Table::new(&["as_of", "pack", ">loans", ">bucket_moves", ">grade_moves", ">exceptions"]);
    let mut last_exceptions = 0;
    for night in &nights {
        let run = night.run()?;
        last_exceptions = run.exceptions;
        night_table.push(vec![
            Cell::Day(night.business_date),
            Cell::text(format!("{}@{}", run.pack, run.pack_version)),
            Cell::Number(run.loans as i64),
            Cell::Number(run.bucket_moves as i64),
            Cell::Number(run.grade_moves as i64),
            Cell::Number(run.exceptions as i64),
        ]);
    }
    let reach = batches.iter().filter_map(|batch| Date::parse(batch.manifest.as_of.as_deref()?).ok()).max();
    let last_night = nights.last().map(|night| night.business_date);
    let next = match (reach, last_night) {
        _ if batches.is_empty() => NextStep::Import,
        _ if !open_rejects.is_empty() => NextStep::FixRejects { batch: open_rejects[0].0, rows: open_rejects[0].1 },
        (Some(reach), last) if last.is_none_or(|last| last < reach) => NextStep::RunNight { date: reach.to_string() },
        (_, Some(last)) if last_exceptions > 0 => {
            NextStep::LookAtExceptions { date: last.to_string(), count: last_exceptions }
        }
        _ => NextStep::Ask,
    };
    Ok(Status {
        institution: open.config.institution.clone(),
        batches: batch_table,
        open_rejects,
        nights: night_table,
        pack: pack.name(),
        rules: pack.rules().len(),
        rules_not_reviewed: pack.not_reviewed().count(),
        next,
    })
}
