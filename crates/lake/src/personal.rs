//! Personal columns, sealed on their way to the disk and opened on their way back.
//!
//! A sealed cell begins with a word of its own, so that a query shows what it is and a book from before there
//! were keys is still read. Identities, hashes of content and rejects are made of what the files say; only the stored column is sealed.

use crate::fault::{Context, Fault};
use crate::schema::Table;
use arrow::array::{ArrayRef, AsArray, StringArray};
use std::sync::Arc;
use vault::{Keys, Unopened};

const SEALED: &str = "sealed:";

/// A column's place, which a sealed value belongs to: `customers.phone`.
pub fn place(table: &Table, column: usize) -> String {
    format!("{}.{}", table.name, table.columns[column].name)
}

/// The columns of a table as they are stored.
pub fn sealed(table: &Table, columns: &mut [ArrayRef], keys: Option<&Keys>) {
    let Some(keys) = keys else { return };
    for (at, _) in personal(table) {
        let place = place(table, at);
        let texts = columns[at].as_string::<i32>().iter();
        columns[at] = Arc::new(texts.map(|text| text.map(|text| format!("{SEALED}{}", keys.seal_same(&place, text)))).collect::<StringArray>());
    }
}

/// The columns of a table as they came.
pub fn opened(table: &Table, columns: &mut [ArrayRef], keys: Option<&Keys>) -> Result<(), Fault> {
    for (at, _) in personal(table) {
        let place = place(table, at);
        let open = |text: &str| match (text.strip_prefix(SEALED), keys) {
            (None, _) => Ok(text.to_owned()),
            (Some(sealed), Some(keys)) => keys.open(&place, sealed),
            (Some(sealed), None) => Err(Unopened::KeyMissing { id: sealed.split(':').next().unwrap_or_default().to_owned() }),
        };
        let texts = columns[at].as_string::<i32>().iter().map(|text| text.map(open).transpose());
        columns[at] = Arc::new(texts.collect::<Result<StringArray, _>>().with_context(|| format!("opening {place}"))?);
    }
    Ok(())
}

fn personal(table: &Table) -> impl Iterator<Item = (usize, &crate::schema::Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.personal)
}
