//! Long lists, page by page.

use crate::fault::Fault;
use crate::row::{Kept, LAST_COLUMNS, Row};
use crate::link::Reads;
use sea_orm::{DbErr, QueryResult, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One page of a list (分页).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
    /// Where each row stands in its list.
    places: Vec<Cursor>,
}

impl<T> Page<T> {
    /// Where a page begins that goes on behind a row of this one; `None` when nothing comes after it.
    pub fn after(&self, row: usize) -> Option<Cursor> {
        if row + 1 >= self.rows.len() { self.next.clone() } else { self.places.get(row).cloned() }
    }

    /// The same page with something else made of each row.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(each).collect(), next: self.next, places: self.places }
    }

    pub(crate) fn try_map<U>(self, all: impl FnOnce(&[T]) -> Result<Vec<U>, Fault>) -> Result<Page<U>, Fault> {
        Ok(Page { rows: all(&self.rows)?, next: self.next, places: self.places })
    }
}

/// Where a page begins (游标): after the row it was taken from, whatever has come or gone since.
///
/// Belongs to one list: given to another, it finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<Place>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Number(i64),
    Text(String),
}

impl Cursor {
    /// As it travels in an address: hexadecimal.
    pub fn text(&self) -> String {
        vault::hex(serde_json::to_string(&self.0).expect("texts and numbers are JSON").as_bytes())
    }

    /// `None` for what [`Cursor::text`] did not write.
    pub fn parse(text: &str) -> Option<Cursor> {
        serde_json::from_slice(&vault::unhex(text)?).ok().map(Cursor)
    }
}

/// A column a list is ordered by; never empty, and the last one tells any two rows apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Text(&'static str),
    Number(&'static str),
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Order::Text(column) | Order::Number(column) => column,
        }
    }

    /// A column named with its table comes back without it.
    pub fn name(self) -> &'static str {
        self.column().rsplit('.').next().unwrap_or_default()
    }

    fn place(self, row: &QueryResult) -> Result<Place, DbErr> {
        match self {
            Order::Text(_) => row.try_get("", self.name()).map(Place::Text),
            Order::Number(_) => row.try_get("", self.name()).map(Place::Number),
        }
    }
}

/// A list a page shows: which rows, in which order.
#[derive(Debug)]
pub(crate) struct List {
    pub name: &'static str,
    pub table: &'static str,
    /// The column the list is ordered by first begins at `$1`; of a list with the newest first just before it.
    pub from: Option<&'static str>,
    /// The condition, with `$1`, `$2`, … for the arguments.
    pub filter: &'static str,
    pub arguments: usize,
    pub order: &'static [Order],
    /// The newest first.
    pub descending: bool,
}

impl List {
    /// `after` places one more argument per column of the order; the last argument is the limit.
    pub fn sql(&self, columns: &str, after: bool) -> String {
        let List { table, filter, arguments, .. } = self;
        let direction = if self.descending { " DESC" } else { "" };
        let order: Vec<String> = self.order.iter().map(|order| format!("{}{direction}", order.column())).collect();
        let mut sql = format!("SELECT {columns} FROM {table} WHERE {filter}");
        let mut used = *arguments;
        if let Some(column) = self.from {
            // An index is entered at one place. With a cursor that is the cursor's; the beginning, hidden from
            // the index in an expression, only keeps a cursor of another list from reaching before it.
            let begins = if self.descending { "<" } else { ">=" };
            sql.push_str(&format!(" AND {column}{} {begins} $1", if after { " || ''" } else { "" }));
        }
        if after {
            let names: Vec<&str> = self.order.iter().map(|order| order.column()).collect();
            let places: Vec<String> = (1..=names.len()).map(|place| format!("${}", used + place)).collect();
            let beyond = if self.descending { "<" } else { ">" };
            sql.push_str(&format!(" AND ({}) {beyond} ({})", names.join(", "), places.join(", ")));
            used += names.len();
        }
        sql.push_str(&format!(" ORDER BY {} LIMIT ${}", order.join(", "), used + 1));
        sql
    }

    fn fits(&self, cursor: &Cursor) -> bool {
        let fits = |(order, place): (&Order, &Place)| {
            matches!((order, place), (Order::Text(_), Place::Text(_)) | (Order::Number(_), Place::Number(_)))
        };
        cursor.0.len() == self.order.len() && self.order.iter().zip(&cursor.0).all(fits)
    }
}

impl Reads {
    /// A page of raw rows; `limit` is the most it holds.
    pub(crate) async fn page(
        &self,
        list: &List,
        columns: &str,
        mut values: Vec<Value>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<QueryResult>, Fault> {
        if let Some(cursor) = after {
            if !list.fits(cursor) {
                return Ok(Page { rows: Vec::new(), next: None, places: Vec::new() });
            }
            values.extend(cursor.0.iter().map(|place| match place {
                Place::Number(number) => Value::from(*number),
                Place::Text(text) => Value::from(text.as_str()),
            }));
        }
        // One row more than asked for tells whether there is another page.
        values.push((i64::from(limit) + 1).into());
        let mut rows = self.rows(list.name, &list.sql(columns, after.is_some()), values).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let place = |row| Ok(Cursor(list.order.iter().map(|order| order.place(row)).collect::<Result<_, DbErr>>()?));
        let places: Vec<Cursor> = rows.iter().map(place).collect::<Result<_, DbErr>>().map_err(Fault::doing(list.name))?;
        let next = places.last().filter(|_| more).cloned();
        Ok(Page { rows, next, places })
    }

    /// A page of kept things.
    pub(crate) async fn kept_page<R: Row, T: DeserializeOwned>(
        &self,
        list: &List,
        values: Vec<Value>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Kept<R, T>>, Fault> {
        let columns = format!("{}, {LAST_COLUMNS}", R::COLUMNS.join(", "));
        let page = self.page(list, &columns, values, after, limit).await?;
        page.try_map(|rows| rows.iter().map(|row| self.kept(row)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics_the_reader_of_cursors(text: String) {
            let _ = Cursor::parse(&text);
            let _ = Cursor::parse(&vault::hex(text.as_bytes()));
        }
    }
}
