//! Texts people write, sealed at rest (文本加密): whole bodies of some tables, and the answers kept of commands.
//!
//! A sealed text begins with a word of its own and opens only in its place, `table/identity`. What an earlier
//! version left in the clear is sealed by the migration; what somebody puts there by hand is read as it stands.

use crate::fault::Fault;
use crate::link::{Reads, Tx};
use crate::migration;
use crate::row::columns::Fetch;
use crate::rows::TABLES;
use sea_orm::{DbErr, QueryResult, Value};
use std::collections::BTreeMap;
use vault::Unopened;

const SEALED: &str = "sealed:";

/// A column of sealed texts.
struct Texts {
    table: &'static str,
    column: &'static str,
    /// Together they name the row, and its place.
    identity: &'static [&'static str],
}

/// Every column of sealed texts that may be written anew; `null` is the answer of a command that is still under way.
fn columns() -> impl Iterator<Item = Texts> {
    let bodies = TABLES.iter().filter(|table| table.is_sealed);
    let bodies = bodies.map(|table| Texts { table: table.name, column: "body", identity: &table.columns[..1] });
    bodies.chain([Texts { table: "command", column: "result", identity: &["staff_id", "idempotency_key"] }])
}

impl Reads {
    pub(crate) fn text_sealed(&self, place: &str, text: &str) -> String {
        format!("{SEALED}{}", self.keys.seal(place, text, crate::chance::random()))
    }

    pub(crate) fn text_opened(&self, place: &str, kept: String) -> Result<String, Unopened> {
        match kept.strip_prefix(SEALED) {
            Some(sealed) => self.keys.open(place, sealed),
            None => Ok(kept),
        }
    }

    /// Under which keys texts lie, and how many.
    pub(crate) async fn text_keys(&self) -> Result<BTreeMap<String, i64>, Fault> {
        const DOING: &str = "count sealed texts by key";
        let audit = Texts { table: "audit_event", column: "why", identity: &[] };
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for Texts { table, column, .. } in columns().chain([audit]) {
            // What stands before the digits of a sealed text is its word and its key.
            let head = format!("rtrim({column}, '0123456789abcdef')");
            let sql = format!("SELECT {head} AS head, COUNT(*) AS texts FROM {table} WHERE substr({column}, 1, 7) = '{SEALED}' GROUP BY {head}");
            for row in self.rows(DOING, &sql, Vec::new()).await? {
                let read = || Ok((String::fetch(&row, "head")?, i64::fetch(&row, "texts")?));
                let (head, texts) = read().map_err(|error: DbErr| Fault::doing(DOING)(error))?;
                let key = head.trim_start_matches(SEALED).trim_end_matches(':').to_owned();
                *counts.entry(key).or_default() += texts;
            }
        }
        Ok(counts)
    }
}

impl Tx {
    /// Seals under the newest key at most `limit` texts that lie under older ones or in the clear: how many. Facts
    /// stay under the key they were written with.
    pub(crate) async fn texts_reseal(&self, limit: u64) -> Result<u64, Fault> {
        let mut done = 0;
        for texts in columns().filter(|texts| !migration::is_fact(texts.table)) {
            done += self.reseal(&texts, limit - done).await?;
        }
        Ok(done)
    }

    /// Seals what an earlier version wrote in the clear, facts too: what they say stays as it was.
    pub(crate) async fn texts_seal_all(&self) -> Result<(), Fault> {
        const DOING: &str = "let a fact be sealed";
        for texts in columns() {
            let is_fact = migration::is_fact(texts.table);
            if is_fact {
                self.statements(DOING, migration::allowing_changes(self.backend(), texts.table)).await?;
            }
            self.reseal(&texts, u64::from(u32::MAX)).await?;
            if is_fact {
                self.statements(DOING, migration::refusing_changes(self.backend(), texts.table)).await?;
            }
        }
        Ok(())
    }

    async fn reseal(&self, texts: &Texts, limit: u64) -> Result<u64, Fault> {
        const DOING: &str = "seal texts anew";
        let Texts { table, column, identity } = texts;
        let newest = format!("{SEALED}{}:", self.keys.newest());
        let named = identity.join(", ");
        let sql = format!(
            "SELECT {named}, {column} AS kept FROM {table} \
             WHERE substr({column}, 1, {}) <> $1 AND {column} <> 'null' LIMIT $2",
            newest.len()
        );
        let rows = self.rows(DOING, &sql, vec![newest.into(), (limit as i64).into()]).await?;
        let read = |row: &QueryResult| -> Result<(Vec<String>, String), DbErr> {
            Ok((identity.iter().map(|name| String::fetch(row, name)).collect::<Result<_, _>>()?, Fetch::fetch(row, "kept")?))
        };
        let same: Vec<String> = identity.iter().enumerate().map(|(at, name)| format!("{name} = ${}", at + 3)).collect();
        // Somebody may have changed it in between; theirs is under the newest key already.
        let update = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2 AND {}", same.join(" AND "));
        for row in &rows {
            let (identity, kept) = read(row).map_err(Fault::doing(DOING))?;
            let place = place(table, &identity);
            let text = self.text_opened(&place, kept.clone()).map_err(Fault::doing(DOING))?;
            let mut values: Vec<Value> = vec![self.text_sealed(&place, &text).into(), kept.into()];
            values.extend(identity.into_iter().map(Value::from));
            self.write(DOING, &update, values).await?;
        }
        Ok(rows.len() as u64)
    }
}

/// Where a text is sealed to: it cannot be passed off as another row's.
pub(crate) fn place(table: &str, identity: &[impl AsRef<str>]) -> String {
    identity.iter().fold(table.to_owned(), |place, part| place + "/" + part.as_ref())
}
