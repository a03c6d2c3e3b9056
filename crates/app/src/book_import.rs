//! Bringing files into the book.

use crate::failure::{Failure, Outcome, Refusal, refused};
use crate::foreign::{Shaped, Shaping, shape};
use crate::table::{Cell, Table};
use crate::workspace::{Open, lock};
use lake::batch::{self, Count};
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
    if let Some(number) = wanted.fixes
        && !batch::list(&open.lake)?.iter().any(|batch| batch.manifest.number == number)
    {
        return refused("E-IM-34", &[("batch", &number)]);
    }
    // A busy workspace is refused before anything is read; the lake takes the lock for itself.
    let writing = lock(open, "import")?;
    let (mapping, shaped) = match &wanted.mapping {
        None => (Mapping::default(), None),
        Some(path) => {
            let (mapping, shaping) = read_mapping(path)?;
            // Corrected rejects have the shape already.
            let foreign = !shaping.is_empty() && wanted.fixes.is_none();
            let shape = || shape(open, &writing, &shaping, (&wanted.from, path), progress);
            (mapping, foreign.then(shape).transpose()?)
        }
    };
    drop(writing);
    let request = ImportRequest {
        from: shaped.as_ref().map_or(&*wanted.from, Shaped::folder).to_owned(),
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

fn read_mapping(path: &Path) -> Outcome<(Mapping, Shaping)> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(problem) => return refused("E-IM-33", &[("path", &path.display()), ("problem", &problem)]),
    };
    let parsed = Mapping::parse(&text).and_then(|mapping| Ok((Shaping::parse(&mapping)?, mapping)));
    match parsed {
        Ok((shaping, mapping)) => Ok((mapping, shaping)),
        Err(problem) => refused("E-IM-33", &[("path", &path.display()), ("problem", &problem.trim_end())]),
    }
}

/// Every problem, the first at the head.
fn refused_layout(problems: &[LayoutRefused]) -> Failure {
    let mut refusals = problems.iter().map(|problem| Refusal { facts: problem.values(), ..Refusal::of(problem.code()) });
    let first = refusals.next().expect("a refused layout has a problem");
    Failure::Refused(Refusal { also: refusals.collect(), ..first })
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

/// Why rows were rejected: table, code, rows.
pub fn rejection_table(manifest: &Manifest) -> Table {
    let mut table = Table::new(&["table", "code", ">rows"]);
    for summary in &manifest.tables {
        for (code, count) in &summary.reasons {
            table.push(vec![Cell::text(&summary.table), Cell::text(code), Cell::Number(*count as i64)]);
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
