//! Bringing files into the book.

use crate::failure::{Failure, Outcome, Refusal, refused};
use crate::table::{Cell, Table};
use crate::workspace::Open;
use anyhow::Context;
use lake::batch::Count;
pub use lake::batch::Manifest;
use lake::import::{self, ImportRequest};
pub use lake::import::{ImportOutcome, Progress};
use lake::mapping::{LayoutRefused, Mapping};
use std::fs;
use std::path::{Path, PathBuf};
use units::{Date, Money};

/// What the front door was asked to import.
#[derive(Clone, Debug, Default)]
pub struct BookImport {
    pub from: PathBuf,
    pub mapping: Option<PathBuf>,
    pub as_of: Option<Date>,
    /// The batch whose rejects these are.
    pub fixes: Option<u32>,
    pub dry_run: bool,
}

/// Imports a folder or a file as one batch.
pub fn book_import(open: &Open, wanted: &BookImport, progress: &mut dyn FnMut(Progress)) -> Outcome<ImportOutcome> {
    if !wanted.from.exists() {
        return refused("E-IM-31", &[("value", &wanted.from.display())]);
    }
    let mapping = match &wanted.mapping {
        None => Mapping::default(),
        Some(path) => read_mapping(path)?,
    };
    // The clock is asked here, at the front door's side, and only ever shown.
    let request = ImportRequest {
        from: wanted.from.clone(),
        mapping,
        as_of: wanted.as_of,
        dry_run: wanted.dry_run,
        imported_at: None,
    };
    let outcome = match wanted.fixes {
        None => import::run(&open.lake, &request, progress)?,
        Some(number) => import::fix(&open.lake, number, &request, progress)?,
    };
    match outcome {
        ImportOutcome::Refused(problems) => Err(refused_layout(&problems)),
        other => Ok(other),
    }
}

fn read_mapping(path: &Path) -> Outcome<Mapping> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    match Mapping::parse(&text) {
        Ok(mapping) => Ok(mapping),
        Err(problem) => refused("E-IM-33", &[("path", &path.display()), ("problem", &problem)]),
    }
}

/// The first problem carries the message; the others stand behind it.
fn refused_layout(problems: &[LayoutRefused]) -> Failure {
    let first = &problems[0];
    let facts = first.values().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    Failure::Refused(Refusal { code: first.code(), facts })
}

/// The account of a batch: rows and money read, accepted, rejected, already known, per table.
pub fn batch_table(manifest: &Manifest) -> Table {
    let columns = ["table", ">read", ">accepted", ">rejected", ">already_known", ">corrections", ">amount_read", ">amount_accepted"];
    let mut table = Table::new(&columns);
    for summary in &manifest.tables {
        table.push(vec![
            Cell::text(&summary.table),
            rows(summary.read),
            rows(summary.accepted),
            rows(summary.rejected),
            rows(summary.already_known),
            Cell::Number(summary.corrections as i64),
            amount(summary.read),
            amount(summary.accepted),
        ]);
    }
    table
}

/// Why rows were rejected: table, code, rows, and the reason in words.
pub fn rejection_table(manifest: &Manifest, reason: &dyn Fn(&str) -> String) -> Table {
    let mut table = Table::new(&["table", "code", ">rows", "reason"]);
    for summary in &manifest.tables {
        for (code, count) in &summary.reasons {
            let rows = Cell::Number(*count as i64);
            table.push(vec![Cell::text(&summary.table), Cell::text(code), rows, Cell::text(reason(code))]);
        }
    }
    table
}

fn rows(count: Count) -> Cell {
    Cell::Number(count.rows as i64)
}

fn amount(count: Count) -> Cell {
    match i64::try_from(count.fen) {
        Ok(0) | Err(_) => Cell::Empty,
        Ok(fen) => Cell::Amount(Money::from_fen(fen)),
    }
}
