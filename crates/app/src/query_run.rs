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
    let out: Box<dyn Write + Send> = match to {
        Some(path) => Box::new(File::create(path).with_context(|| format!("making {}", path.display()))?),
        None => Box::new(io::stdout()),
    };
    let session = query::open(&open.lake, None, Limits::default())?;
    let rows = session.query(sql).map_err(|refused| refusal(&refused))?;
    query::write(rows, format, out).map_err(|error| match query::refusal_in(&error) {
        Some(refused) => refusal(refused),
        None => Failure::Fault(error),
    })
}

fn refusal(refused: &QueryRefused) -> Failure {
    Failure::Refused(Refusal { code: refused.code(), facts: refused.facts() })
}
