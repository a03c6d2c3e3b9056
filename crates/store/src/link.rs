//! The connection, and one transaction per command.

use crate::audit::AuditEvent;
use crate::fault::Fault;
use crate::migration::{Migrations, SEALING};
use crate::outbox::OutboxEvent;
use sea_orm::sqlx::sqlite::SqliteJournalMode;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use sea_orm_migration::MigratorTrait;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use vault::Keys;

/// How long a writer waits for another program's transaction on the same SQLite file.
const BUSY: Duration = Duration::from_secs(30);

/// Of a connection's memory for pages, in KiB as SQLite writes it: with its own 2 MB a night over a large desk reads most pages again and again.
const CACHE: &str = "-32768";

/// Connections at once: readers beside the one writer of SQLite, well below PostgreSQL's hundred.
const CONNECTIONS: u32 = 8;

/// Rows of one statement: both databases bind many more values than these have.
pub(crate) const ROWS_AT_ONCE: usize = 200;

/// Any number that no other program takes for its advisory lock: two programs migrate one after the other.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7005746)";

/// The store (业务库): open once, shared by everybody, cheap to clone.
#[derive(Clone)]
pub struct Store {
    reads: Arc<Reads>,
    /// SQLite has one writer; waiting here is first come, first served, and does not poll.
    turn: Option<Arc<Mutex<()>>>,
}

/// Everything that only reads; at work outside or inside a transaction.
pub struct Reads {
    link: Link,
    pub(crate) keys: Arc<Keys>,
}

enum Link {
    Pool(DatabaseConnection),
    Transaction(DatabaseTransaction),
    /// Committed or given up.
    Ended,
}

/// One command's transaction (事务): dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    reads: Reads,
    pub(crate) audited: Vec<AuditEvent>,
    pub(crate) published: Vec<OutboxEvent>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Deref for Store {
    type Target = Reads;

    fn deref(&self) -> &Reads {
        &self.reads
    }
}

impl Deref for Tx {
    type Target = Reads;

    fn deref(&self) -> &Reads {
        &self.reads
    }
}

impl Store {
    /// Opens `sqlite:PATH?mode=rwc` or `postgres://…` and brings its tables up to date.
    ///
    /// A database that a newer program has migrated is a fault: there is no way back.
    pub async fn open(url: &str, keys: Keys) -> Result<Store, Fault> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(CONNECTIONS).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
            sqlite.journal_mode(SqliteJournalMode::Wal).busy_timeout(BUSY).foreign_keys(true).pragma("secure_delete", "ON").pragma("cache_size", CACHE)
        });
        let pool = Database::connect(options).await.map_err(Fault::doing("open the database"))?;
        let turn = (pool.get_database_backend() == DbBackend::Sqlite).then(Arc::default);
        let store = Store { reads: Arc::new(Reads { link: Link::Pool(pool), keys: Arc::new(keys) }), turn };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), Fault> {
        let tx = self.begin().await?;
        let Link::Transaction(transaction) = &tx.link else { unreachable!("begin makes a transaction") };
        if transaction.get_database_backend() == DbBackend::Postgres {
            transaction.execute_unprepared(MIGRATION_LOCK).await.map_err(Fault::doing("wait for another program's migration"))?;
        }
        const DOING: &str = "bring the tables up to date";
        let pending = Migrations::get_pending_migrations(transaction).await.map_err(Fault::doing(DOING))?;
        Migrations::up(transaction, None).await.map_err(Fault::doing(DOING))?;
        // A new database holds nothing yet.
        let is_new = pending.len() == Migrations::migrations().len();
        let seals = !is_new && pending.iter().any(|version| version.name() == SEALING);
        if seals {
            tx.texts_seal_all().await?;
        }
        tx.commit().await?;
        if seals && self.turn.is_some() {
            // What was in the clear must not linger in the pages that the log has overwritten.
            self.rows(DOING, "PRAGMA wal_checkpoint(TRUNCATE)", Vec::new()).await?;
        }
        Ok(())
    }

    /// Begins a command. On SQLite nobody else writes until it ends.
    ///
    /// Within it, read through the [`Tx`]: that sees what it wrote, and needs no second connection.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        let turn = match &self.turn {
            Some(turn) => Some(turn.clone().lock_owned().await),
            None => None,
        };
        let Link::Pool(pool) = &self.link else { unreachable!("a store holds the pool") };
        let immediate = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        let transaction = pool.begin_with_options(immediate).await.map_err(Fault::doing("begin a transaction"))?;
        let reads = Reads { link: Link::Transaction(transaction), keys: self.keys.clone() };
        Ok(Tx { reads, audited: Vec::new(), published: Vec::new(), turn })
    }
}

impl Tx {
    /// Writes the audit events and the outbox, in this order for everybody, and makes it all stand.
    ///
    /// They come last because both are numbered without gaps: who numbers holds up the others.
    pub async fn commit(mut self) -> Result<(), Fault> {
        self.audit_write().await?;
        self.outbox_write().await?;
        let Link::Transaction(transaction) = std::mem::replace(&mut self.reads.link, Link::Ended) else {
            unreachable!("begin makes a transaction")
        };
        transaction.commit().await.map_err(Fault::doing("commit"))
    }
}

/// Gives the command up. The writer's turn passes on only when the database has rolled back: left to itself
/// that happens some time later, and the next command could find itself inside this one.
impl Drop for Tx {
    fn drop(&mut self) {
        let Link::Transaction(transaction) = std::mem::replace(&mut self.reads.link, Link::Ended) else { return };
        let turn = self.turn.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // A connection that cannot roll back is closed by its pool, which rolls back as well.
                let _ = transaction.rollback().await;
                drop(turn);
            });
        }
    }
}

/// Where the values of some rows go: `($1, $2), ($3, $4)`, for SQLite `(?, ?), (?, ?)`, which looks a numbered place up in a
/// list for every value.
pub(crate) fn places(backend: DbBackend, rows: &[Vec<Value>]) -> String {
    let mut numbers = 1..;
    let mut place = || match (backend, numbers.next()) {
        (DbBackend::Postgres, Some(number)) => format!("${number}"),
        _ => "?".to_owned(),
    };
    let mut row = |row: &Vec<Value>| format!("({})", row.iter().map(|_| place()).collect::<Vec<_>>().join(", "));
    rows.iter().map(&mut row).collect::<Vec<_>>().join(", ")
}

impl Reads {
    fn statement(backend: DbBackend, sql: &str, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(backend, sql, values)
    }

    /// `$1`, `$2`, … are understood by both databases.
    pub(crate) async fn rows(&self, doing: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, Fault> {
        match &self.link {
            Link::Pool(link) => link.query_all_raw(Self::statement(link.get_database_backend(), sql, values)).await,
            Link::Transaction(link) => link.query_all_raw(Self::statement(link.get_database_backend(), sql, values)).await,
            Link::Ended => unreachable!("nobody holds an ended transaction"),
        }
        .map_err(Fault::doing(doing))
    }

    pub(crate) async fn row(&self, doing: &'static str, sql: &str, values: Vec<Value>) -> Result<Option<QueryResult>, Fault> {
        Ok(self.rows(doing, sql, values).await?.into_iter().next())
    }

    async fn execute(&self, doing: &'static str, sql: &str, values: Vec<Value>) -> Result<ExecResult, Fault> {
        match &self.link {
            Link::Pool(link) => link.execute_raw(Self::statement(link.get_database_backend(), sql, values)).await,
            Link::Transaction(link) => link.execute_raw(Self::statement(link.get_database_backend(), sql, values)).await,
            Link::Ended => unreachable!("nobody holds an ended transaction"),
        }
        .map_err(Fault::doing(doing))
    }
}

impl Reads {
    pub(crate) fn backend(&self) -> DbBackend {
        match &self.link {
            Link::Pool(link) => link.get_database_backend(),
            Link::Transaction(link) => link.get_database_backend(),
            Link::Ended => unreachable!("nobody holds an ended transaction"),
        }
    }
}

impl Tx {
    /// Statements of a migration, one after the other.
    pub(crate) async fn statements(&self, doing: &'static str, statements: Vec<String>) -> Result<(), Fault> {
        for statement in statements {
            self.execute(doing, &statement, Vec::new()).await?;
        }
        Ok(())
    }

    /// Adds rows, many to a statement: rows added. `into` is the table with its columns, `end` what follows the rows.
    ///
    /// One statement at a time passes between this program and a SQLite file's thread, which costs more than a row does.
    pub(crate) async fn insert(&self, doing: &'static str, into: &str, rows: Vec<Vec<Value>>, end: &str) -> Result<u64, Fault> {
        let mut added = 0;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let sql = format!("INSERT INTO {into} VALUES {} {end}", places(self.backend(), rows));
            added += self.write(doing, &sql, rows.concat()).await?;
        }
        Ok(added)
    }

    /// Rows touched.
    pub(crate) async fn write(&self, doing: &'static str, sql: &str, values: Vec<Value>) -> Result<u64, Fault> {
        Ok(self.execute(doing, sql, values).await?.rows_affected())
    }
}
