//! Asking in SQL.

use crate::failure::{Failure, Outcome, Refusal};
use crate::workspace::Open;
use anyhow::Context;
pub use query::OutputFormat;
use query::{Limits, QueryRefused};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Runs one read-only statement and writes its rows to a file or to standard output; says how many
/// there were.
pub fn query_run(open: &Open, sql: &str, format: OutputFormat, to: Option<&Path>) -> Outcome<usize> {
    let memory_mb = open.config.query_memory_mb;
    let refusal = |refused: &QueryRefused| {
        let mut facts = refused.facts();
        facts.push(("memory_mb", memory_mb.to_string()));
        Failure::Refused(Refusal { facts, ..Refusal::of(refused.code()) })
    };
    let session = query::open(&open.lake, None, Limits { memory: memory_mb << 20 })?;
    let rows = session.query(sql).map_err(|refused| refusal(&refused))?;
    // A question that is refused leaves an earlier answer's file alone.
    let out: Box<dyn Write + Send> = match to {
        Some(path) => Box::new(File::create(path).with_context(|| format!("making {}", path.display()))?),
        None => Box::new(io::stdout()),
    };
    query::write(rows, format, out).map_err(|error| match query::refusal_in(&error) {
        Some(refused) => refusal(refused),
        None => error.into(),
    })
}
