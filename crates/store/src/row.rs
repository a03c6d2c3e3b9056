//! A kept thing: the columns it is asked by, and the body a rule room gave it.

use crate::case::texts;
use crate::fault::Fault;
use crate::link::{ROWS_AT_ONCE, Reads, Tx, places};
use crate::sealed::place;
use columns::{Bind, Columns};
use sea_orm::{DbErr, QueryResult, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::HashSet;
use units::Moment;

/// A table and what it is asked by; implemented by the structs of [`crate::rows`] alone.
pub trait Row: Columns {}

/// A row as it is kept (存储记录): its columns, its body, and who changed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<R, T> {
    pub row: R,
    pub body: T,
    /// 1 when it was made, one more with every change.
    pub version: i64,
    pub changed_by: String,
    pub changed_at: Moment,
}

/// Who writes, and when (操作人与时间).
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    pub by: &'a str,
    pub at: Moment,
}

/// One of many things to be kept (待存记录): see [`Tx::save_all`].
#[derive(Clone, Debug)]
pub struct Change<'a, R, T> {
    pub row: R,
    pub body: &'a T,
    /// The version it was read at; 0 for something new.
    pub over: i64,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It stands, at this version.
    Stored { version: i64 },
    /// Somebody else was first; nothing was changed.
    Conflict(Conflict),
}

/// What the second editor is told (并发冲突).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The version that stands.
    pub version: i64,
    pub changed_by: String,
    pub changed_at: Moment,
    /// Columns and fields of the body whose kept value is not the one that was to be saved, sorted.
    pub fields: Vec<String>,
}

/// How values enter and leave the database; not to be named outside this room.
pub(crate) mod columns {
    use sea_orm::{DbErr, QueryResult, Value};
    use units::{Date, Moment};

    pub trait Bind {
        fn bind(&self) -> Value;
    }

    pub trait Fetch: Sized {
        fn fetch(row: &QueryResult, column: &str) -> Result<Self, DbErr>;
    }

    pub trait Columns: Sized + Send + Sync {
        const TABLE: &'static str;
        /// The first is the identity.
        const COLUMNS: &'static [&'static str];
        /// Whether its bodies lie sealed.
        const IS_SEALED: bool;

        fn values(&self) -> Vec<Value>;

        fn fetch(row: &QueryResult) -> Result<Self, DbErr>;
    }

    fn unreadable(column: &str, text: &str) -> DbErr {
        DbErr::Type(format!("column {column} holds {text:?}"))
    }

    macro_rules! plain {
        ($($type:ty),+) => {$(
            impl Bind for $type {
                fn bind(&self) -> Value {
                    self.clone().into()
                }
            }

            impl Fetch for $type {
                fn fetch(row: &QueryResult, column: &str) -> Result<$type, DbErr> {
                    row.try_get("", column)
                }
            }
        )+};
    }
    plain!(String, Option<String>, i64);

    impl Bind for &str {
        fn bind(&self) -> Value {
            (*self).into()
        }
    }

    // Days and moments are text as people write them: sortable, and readable to who inspects the file.
    macro_rules! written {
        ($($type:ty = $parse:expr),+) => {$(
            impl Bind for $type {
                fn bind(&self) -> Value {
                    self.to_string().into()
                }
            }

            impl Bind for Option<$type> {
                fn bind(&self) -> Value {
                    self.map(|value| value.to_string()).into()
                }
            }

            impl Fetch for $type {
                fn fetch(row: &QueryResult, column: &str) -> Result<$type, DbErr> {
                    let text: String = row.try_get("", column)?;
                    $parse(&text).ok_or_else(|| unreadable(column, &text))
                }
            }

            impl Fetch for Option<$type> {
                fn fetch(row: &QueryResult, column: &str) -> Result<Option<$type>, DbErr> {
                    let text: Option<String> = row.try_get("", column)?;
                    text.map(|text| $parse(&text).ok_or_else(|| unreadable(column, &text))).transpose()
                }
            }
        )+};
    }
    written!(Date = |text: &str| Date::parse(text).ok(), Moment = Moment::parse);
}

/// Both databases bind many more values to one statement.
const OWNERS_AT_ONCE: usize = 500;

/// The columns every kept thing ends with.
pub(crate) const LAST_COLUMNS: &str = "version, changed_by, changed_at, body";

impl Reads {
    pub(crate) fn kept<R: Row, T: DeserializeOwned>(&self, row: &QueryResult) -> Result<Kept<R, T>, Fault> {
        let columns = || -> Result<_, DbErr> {
            use columns::Fetch;
            Ok((R::fetch(row)?, Fetch::fetch(row, "version")?, Fetch::fetch(row, "changed_by")?, Fetch::fetch(row, "changed_at")?, {
                let body: String = Fetch::fetch(row, "body")?;
                body
            }))
        };
        let (row, version, changed_by, changed_at, body) = columns().map_err(Fault::doing("read a kept row"))?;
        let body = if R::IS_SEALED { self.text_opened(&body_place(&row), body).map_err(Fault::doing("open the body of a kept row"))? } else { body };
        let body = serde_json::from_str(&body).map_err(Fault::doing("read the body of a kept row"))?;
        Ok(Kept { row, body, version, changed_by, changed_at })
    }

    /// The thing of this identity, as it stands.
    pub async fn load<R: Row, T: DeserializeOwned>(&self, id: &str) -> Result<Option<Kept<R, T>>, Fault> {
        let (columns, table, identity) = (columns::<R>(), R::TABLE, R::COLUMNS[0]);
        let sql = format!("SELECT {columns} FROM {table} WHERE {identity} = $1");
        self.row("load a row", &sql, vec![id.into()]).await?.map(|row| self.kept(&row)).transpose()
    }

    /// Everything of a table, by identity: for what an institution has few of, people and branches.
    pub async fn all<R: Row, T: DeserializeOwned>(&self) -> Result<Vec<Kept<R, T>>, Fault> {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", columns::<R>(), R::TABLE, R::COLUMNS[0]);
        self.rows("load a table", &sql, Vec::new()).await?.iter().map(|row| self.kept(row)).collect()
    }

    /// What belongs to any of several, by `owner` column and identity: for a night, which asks of hundreds of thousands.
    pub(crate) async fn kept_of<R: Row, T: DeserializeOwned>(
        &self,
        doing: &'static str,
        owner: &str,
        owners: &[&str],
        filter: &str,
        arguments: &[Value],
        order: &str,
    ) -> Result<Vec<Kept<R, T>>, Fault> {
        let mut kept = Vec::new();
        for owners in owners.chunks(OWNERS_AT_ONCE) {
            let owners = owners.iter().map(|owner| owner.bind());
            let values: Vec<Value> = arguments.iter().cloned().chain(owners).collect();
            let places: Vec<String> = (arguments.len() + 1..=values.len()).map(|place| format!("${place}")).collect();
            let (columns, table, places) = (columns::<R>(), R::TABLE, places.join(", "));
            let sql = format!("SELECT {columns} FROM {table} WHERE {filter} {owner} IN ({places}) ORDER BY {owner}, {order}");
            for row in self.rows(doing, &sql, values).await? {
                kept.push(self.kept(&row)?);
            }
        }
        Ok(kept)
    }
}

impl Tx {
    /// Keeps `row` and `body` over the version they were read at; over 0, as something new.
    ///
    /// A fact is saved over 0 only: the database refuses to change it. That nothing stands at a version
    /// above 0 is a fault, for nothing kept is ever deleted.
    pub async fn save<R: Row, T: Serialize>(&self, row: &R, body: &T, over: i64, stamp: Stamp<'_>) -> Result<Saved, Fault> {
        let (body, mut values) = self.written(row, body, over, stamp)?;
        let (table, identity) = (R::TABLE, R::COLUMNS[0]);
        let (columns, places) = (columns::<R>(), places(self.backend(), std::slice::from_ref(&values)));
        let sql = if over == 0 {
            format!("INSERT INTO {table} ({columns}) VALUES {places} ON CONFLICT ({identity}) DO NOTHING")
        } else {
            values.extend([identity_of(row).into(), over.into()]);
            let count = values.len();
            format!("UPDATE {table} SET ({columns}) = {places} WHERE {identity} = ${} AND version = ${count}", count - 1)
        };
        if self.write("save a row", &sql, values).await? == 1 {
            return Ok(Saved::Stored { version: over + 1 });
        }
        let stands = self.load::<R, Json>(&identity_of(row)).await?.ok_or_else(|| Fault::doing("save a row")("nothing stands under its identity"))?;
        let fields = differing(row, &body, &stands);
        Ok(Saved::Conflict(Conflict { version: stands.version, changed_by: stands.changed_by, changed_at: stands.changed_at, fields }))
    }

    /// Keeps many, each as [`Tx::save`] would, in few statements: for a night, which writes hundreds of thousands.
    /// What became of each, in their order. None stands twice among them.
    pub async fn save_all<R: Row, T: Serialize>(&self, changes: &[Change<'_, R, T>], stamp: Stamp<'_>) -> Result<Vec<Saved>, Fault> {
        const DOING: &str = "save rows";
        let (table, identity, columns) = (R::TABLE, R::COLUMNS[0], columns::<R>());
        let anew = |column: &str| format!("{column} = excluded.{column}");
        let anew: Vec<String> = columns.split(", ").map(anew).collect();
        let over_known = format!("DO UPDATE SET {} WHERE {table}.version = excluded.version - 1", anew.join(", "));
        let mut stored: HashSet<String> = HashSet::with_capacity(changes.len());
        let (new, known): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.over == 0);
        for (changes, otherwise) in [(new, "DO NOTHING"), (known, &over_known)] {
            for changes in changes.chunks(ROWS_AT_ONCE) {
                let rows = changes.iter().map(|change| Ok(self.written(&change.row, change.body, change.over, stamp)?.1));
                let rows: Vec<Vec<Value>> = rows.collect::<Result<_, Fault>>()?;
                let sql = format!(
                    "INSERT INTO {table} ({columns}) VALUES {} ON CONFLICT ({identity}) {otherwise} RETURNING {identity}",
                    places(self.backend(), &rows)
                );
                stored.extend(texts(&self.rows(DOING, &sql, rows.concat()).await?, identity)?);
            }
        }
        let mut saved = Vec::with_capacity(changes.len());
        for Change { row, body, over } in changes {
            saved.push(match stored.contains(&identity_of(row)) {
                true => Saved::Stored { version: over + 1 },
                // It is not written now either, but says who was first.
                false => self.save(row, body, *over, stamp).await?,
            });
        }
        Ok(saved)
    }

    /// A body as JSON, and the values of its row in the order of [`columns`].
    fn written<R: Row, T: Serialize>(&self, row: &R, body: &T, over: i64, stamp: Stamp<'_>) -> Result<(Json, Vec<Value>), Fault> {
        let body = serde_json::to_value(body).map_err(Fault::doing("write the body of a row"))?;
        let text = if R::IS_SEALED { self.text_sealed(&body_place(row), &body.to_string()) } else { body.to_string() };
        let mut values = row.values();
        values.extend([(over + 1).into(), stamp.by.into(), stamp.at.bind(), text.into()]);
        Ok((body, values))
    }
}

/// Every column of a table of kept things.
fn columns<R: Row>() -> String {
    format!("{}, {LAST_COLUMNS}", R::COLUMNS.join(", "))
}

fn identity_of<R: Row>(row: &R) -> String {
    match &row.values()[0] {
        sea_orm::Value::String(Some(id)) => id.clone(),
        other => unreachable!("an identity is text, not {other:?}"),
    }
}

fn body_place<R: Row>(row: &R) -> String {
    place(R::TABLE, &[identity_of(row)])
}

fn differing<R: Row>(row: &R, body: &Json, stands: &Kept<R, Json>) -> Vec<String> {
    let columns = R::COLUMNS.iter().zip(row.values().into_iter().zip(stands.row.values()));
    let mut fields: Vec<String> = columns.filter(|(_, (ours, theirs))| ours != theirs).map(|(name, _)| (*name).to_owned()).collect();
    match (body, &stands.body) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let names = ours.keys().chain(theirs.keys());
            fields.extend(names.filter(|name| ours.get(*name) != theirs.get(*name)).cloned());
        }
        (ours, theirs) if ours != theirs => fields.push("body".to_owned()),
        _ => {}
    }
    fields.sort();
    fields.dedup();
    fields
}
