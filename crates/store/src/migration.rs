//! The tables, one file of SQL per released version; forward only.
//!
//! A released file is never edited: what changes comes in the next one. The two databases read the same
//! file; what they say differently is put in here: the order of text (by bytes, as SQLite does), and how
//! a table is told to refuse changes.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager as Schema, async_trait};

/// Every version so far, oldest first.
const VERSIONS: &[Version] = &[
    Version {
        name: "version_1",
        sql: include_str!("migration/version_1.sql"),
        facts: &["audit_event", "clock_fact", "contact", "household_plan", "outbox_event", "sign_in_attempt", "unmask_grant"],
    },
    Version { name: SEALING, sql: include_str!("migration/version_2.sql"), facts: &[] },
    Version { name: "version_3", sql: include_str!("migration/version_3.sql"), facts: &[] },
    Version { name: "version_4", sql: include_str!("migration/version_4.sql"), facts: &["work_result"] },
];

/// From this version on texts lie sealed; whoever migrates to it seals those that are there.
pub(crate) const SEALING: &str = "version_2";

/// Whether the rows of a table are facts.
pub(crate) fn is_fact(table: &str) -> bool {
    VERSIONS.iter().any(|version| version.facts.contains(&table))
}

#[derive(Clone, Copy)]
struct Version {
    name: &'static str,
    /// Statements, each ended by a semicolon at the end of a line.
    sql: &'static str,
    /// The tables this version makes whose rows are facts: never updated, never deleted.
    facts: &'static [&'static str],
}

pub(crate) struct Migrations;

impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        VERSIONS.iter().map(|version| Box::new(*version) as Box<dyn MigrationTrait>).collect()
    }
}

impl MigrationName for Version {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Version {
    async fn up(&self, schema: &Schema) -> Result<(), DbErr> {
        let (link, backend) = (schema.get_connection(), schema.get_database_backend());
        for statement in self.sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            link.execute_unprepared(&spoken(backend, statement)).await?;
        }
        for table in self.facts {
            for statement in refusing_changes(backend, table) {
                link.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}

/// PostgreSQL sorts text by the language of the machine unless told otherwise.
fn spoken(backend: DbBackend, statement: &str) -> String {
    match backend {
        DbBackend::Postgres => statement.replace(" TEXT", " TEXT COLLATE \"C\""),
        _ => statement.to_owned(),
    }
}

/// Undoes [`refusing_changes`]: for a migration alone, which changes how a fact is kept and never what it says.
pub(crate) fn allowing_changes(backend: DbBackend, table: &str) -> Vec<String> {
    match backend {
        DbBackend::Postgres => vec![format!("DROP TRIGGER {table}_stays ON {table}")],
        _ => ["UPDATE", "DELETE"].map(|change| format!("DROP TRIGGER {table}_stays_{change}")).to_vec(),
    }
}

pub(crate) fn refusing_changes(backend: DbBackend, table: &str) -> Vec<String> {
    match backend {
        DbBackend::Postgres => vec![
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'rows of % are facts', TG_TABLE_NAME; END $$"
                .to_owned(),
            format!("CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()"),
        ],
        _ => ["UPDATE", "DELETE"]
            .map(|change| {
                format!(
                    "CREATE TRIGGER {table}_stays_{change} BEFORE {change} ON {table} \
                     BEGIN SELECT RAISE(ABORT, 'rows of {table} are facts'); END"
                )
            })
            .to_vec(),
    }
}
