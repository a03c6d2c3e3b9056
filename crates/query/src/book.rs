//! The tables of a workspace: the book as known on a day, and what the nights left behind.

use crate::exact::Stored;
use crate::session::{Limits, Session};
use datafusion::arrow::datatypes::{DataType, Field};
use lake::Workspace;
use lake::schema::{Kind, TABLES, Table};
use lake::snapshot::{self, SnapshotTable};
use std::sync::Arc;
use units::Date;

/// A session over everything `workspace` holds; the book as known on `known_on`, or now.
///
/// Money shows as yuan with two places, rates as fractions. Snapshot tables hold all nights: ask
/// for one with `WHERE as_of = DATE '2026-03-31'` and no other file is read.
pub fn open(workspace: &Workspace, known_on: Option<Date>, limits: Limits) -> anyhow::Result<Session> {
    let mut session = Session::new(limits)?;
    for table in TABLES {
        let workspace = workspace.clone();
        session.add_stream(
            table.name,
            lake::scan::schema(table.name).expect("a table of the book"),
            &|field| stored_in_book(table, field),
            Arc::new(move || Ok(Box::new(lake::scan::table(&workspace, table.name, known_on)?))),
        )?;
    }
    for &table in SnapshotTable::ALL {
        let files = snapshot::files(workspace, table)?;
        session.add_files(table.code(), snapshot::schema(table), &stored_in_snapshot, &files)?;
    }
    Ok(session)
}

fn stored_in_book(table: &Table, field: &Field) -> Option<Stored> {
    match table.columns[table.find(field.name())?].kind {
        Kind::Money(_) => Some(Stored::Fen),
        Kind::Rate => Some(Stored::Ppm),
        _ => None,
    }
}

/// A snapshot marks what its whole numbers count.
fn stored_in_snapshot(field: &Field) -> Option<Stored> {
    if field.data_type() != &DataType::Int64 {
        return None;
    }
    match field.metadata().get(snapshot::UNIT).map(String::as_str) {
        Some(snapshot::FEN) => Some(Stored::Fen),
        Some(snapshot::PPM) => Some(Stored::Ppm),
        _ => None,
    }
}
