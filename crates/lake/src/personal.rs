//! Personal columns, sealed on their way to the disk and opened on their way back.
//!
//! Identities, hashes of content and rejects are made of what the files say; only the stored column is sealed.

use crate::fault::{Context, Fault};
use crate::schema::Table;
use arrow::array::{ArrayRef, AsArray, StringArray};
use std::sync::Arc;
use vault::{Keys, Unopened, is_sealed};

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
        columns[at] = Arc::new(texts.map(|text| text.map(|text| keys.seal(&place, text))).collect::<StringArray>());
    }
}

/// The columns of a table as they came.
pub fn opened(table: &Table, columns: &mut [ArrayRef], keys: Option<&Keys>) -> Result<(), Fault> {
    for (at, _) in personal(table) {
        let place = place(table, at);
        let open = |text: &str| match keys {
            Some(keys) => keys.open(&place, text),
            None if is_sealed(text) => Err(Unopened::KeyMissing { id: text.split(':').nth(1).unwrap_or_default().to_owned() }),
            None => Ok(text.to_owned()),
        };
        let texts = columns[at].as_string::<i32>().iter().map(|text| text.map(open).transpose());
        columns[at] = Arc::new(texts.collect::<Result<StringArray, _>>().with_context(|| format!("opening {place}"))?);
    }
    Ok(())
}

fn personal(table: &Table) -> impl Iterator<Item = (usize, &crate::schema::Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.personal)
}
