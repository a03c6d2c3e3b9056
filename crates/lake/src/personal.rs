//! Personal columns, sealed on their way to the disk and opened on their way back.
//!
//! A sealed cell begins with a word of its own, so that a query shows what it is and a book from before there
//! were keys is still read. Identities and hashes of content are made of what the files say; only the stored column is
//! sealed. Of a rejected row every cell is, but for those of columns that say nothing of a person.

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

/// Seals and opens the cells of a table's rejected rows (拒收行加密), which belong to no column: a row that has slipped
/// shows a name where a date should be.
#[derive(Clone, Debug)]
pub struct RejectedCells {
    keys: Keys,
    place: String,
}

impl RejectedCells {
    /// `None` without keys: rejects then stand as they came.
    pub fn of(table: &Table, keys: Option<&Keys>) -> Option<RejectedCells> {
        keys.map(|keys| RejectedCells { keys: keys.clone(), place: format!("rejects.{}", table.name) })
    }

    /// The cell as it is kept; one that is empty, or was left sealed, stays as it is.
    pub fn seal(&self, cell: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(cell);
        if text.trim().is_empty() || is_sealed(cell) {
            return cell.to_vec();
        }
        format!("{SEALED}{}", self.keys.seal_same(&self.place, &text)).into_bytes()
    }

    /// What was sealed; `None` for a cell that was not. One that does not open is no text of any encoding, and the
    /// row is refused for it.
    pub fn open(&self, cell: &[u8]) -> Option<Vec<u8>> {
        let sealed = std::str::from_utf8(cell.trim_ascii()).ok()?.strip_prefix(SEALED)?;
        Some(self.keys.open(&self.place, sealed).map_or_else(|_| vec![0xFF], String::into_bytes))
    }
}

/// Whether a cell is kept sealed.
pub fn is_sealed(cell: &[u8]) -> bool {
    cell.trim_ascii().starts_with(SEALED.as_bytes())
}

fn personal(table: &Table) -> impl Iterator<Item = (usize, &crate::schema::Column)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.personal)
}
