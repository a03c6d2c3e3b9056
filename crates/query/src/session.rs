//! Asking: read-only SQL with a bounded memory.

use crate::exact::{self, Stored};
use crate::refused::{QueryRefused, not_sql};
use crate::stream::{self, Open};
use anyhow::Context;
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::Statement as Ast;
use futures::StreamExt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;
use url::Url;

/// A place to ask questions in (查询会话).
///
/// Only SELECT, EXPLAIN, SHOW and DESCRIBE are answered, and only over the tables given to the
/// session: no file, address or setting can be named in SQL. Calls block; the asynchronous engine
/// runs on threads of the session's own.
pub struct Session {
    runtime: Runtime,
    context: SessionContext,
    names: Vec<String>,
}

/// What one question may use (查询上限).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes for sorts, joins and groups together; what exceeds it goes to temporary files or is refused.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory: 1 << 30 }
    }
}

/// The answer, batch by batch (查询结果): computed as it is read.
pub struct Rows<'s> {
    schema: SchemaRef,
    stream: SendableRecordBatchStream,
    runtime: &'s Runtime,
}

/// Sound types and a deep plan need room on the stack in an unoptimised build.
const STACK: usize = 8 << 20;

impl Session {
    /// A session without tables.
    pub fn new(limits: Limits) -> anyhow::Result<Session> {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK).build()?;
        let environment = RuntimeEnvBuilder::new().with_memory_limit(limits.memory, 1.0).build_arc()?;
        let config = SessionConfig::new()
            .with_default_catalog_and_schema("postloan", "public")
            .with_information_schema(true)
            .with_collect_statistics(true);
        let context = SessionContext::new_with_config_rt(config, environment);
        Ok(Session { runtime, context, names: Vec::new() })
    }

    /// Adds a table that is read anew, from its beginning, for every question.
    pub fn add_stream(
        &mut self,
        name: &str,
        schema: SchemaRef,
        stored: &dyn Fn(&Field) -> Option<Stored>,
        open: Open,
    ) -> anyhow::Result<()> {
        let table = stream::table(schema, open).with_context(|| format!("table {name}"))?;
        self.add(name, Arc::new(table), stored)
    }

    /// Adds a table kept in Parquet files; without files it is empty. A column an older file lacks
    /// reads as null there, and files whose statistics exclude the question are not read.
    pub fn add_files(
        &mut self,
        name: &str,
        schema: SchemaRef,
        stored: &dyn Fn(&Field) -> Option<Stored>,
        files: &[PathBuf],
    ) -> anyhow::Result<()> {
        if files.is_empty() {
            return self.add(name, Arc::new(EmptyTable::new(schema)), stored);
        }
        let urls = files.iter().map(|file| {
            let file = std::path::absolute(file)?;
            let url = Url::from_file_path(&file).ok();
            let url = url.with_context(|| format!("no address for {}", file.display()))?;
            // Made from the path itself: brackets and stars in a folder's name are no patterns.
            Ok(ListingTableUrl::try_new(url, None)?)
        });
        let config = ListingTableConfig::new_with_multi_paths(urls.collect::<anyhow::Result<_>>()?)
            .with_listing_options(ListingOptions::new(Arc::new(ParquetFormat::default())))
            .with_schema(schema);
        self.add(name, Arc::new(ListingTable::try_new(config)?), stored)
    }

    fn add(
        &mut self,
        name: &str,
        table: Arc<dyn TableProvider>,
        stored: &dyn Fn(&Field) -> Option<Stored>,
    ) -> anyhow::Result<()> {
        let view = exact::view(name, table, stored).with_context(|| format!("table {name}"))?;
        self.context.register_table(name, Arc::new(view))?;
        self.names.push(name.to_owned());
        Ok(())
    }

    /// The tables that can be asked about, in the order they were added.
    pub fn tables(&self) -> &[String] {
        &self.names
    }

    /// Plans one question. It is computed as the rows are read, so a refusal may also come late.
    pub fn query(&self, sql: &str) -> Result<Rows<'_>, QueryRefused> {
        let statement = self.checked(sql)?;
        self.runtime.block_on(async {
            let plan = self.context.state().statement_to_plan(statement).await?;
            forbid_changes(&plan)?;
            let stream = self.context.execute_logical_plan(plan).await?.execute_stream().await?;
            Ok(Rows { schema: stream.schema(), stream, runtime: &self.runtime })
        })
    }

    /// One statement, a question, over known tables.
    fn checked(&self, sql: &str) -> Result<Statement, QueryRefused> {
        let state = self.context.state();
        let dialect = state.config().options().sql_parser.dialect;
        let parsed = state.sql_to_statement(sql, &dialect);
        let statement = parsed.map_err(|error| QueryRefused::NotSql { message: not_sql(&error) })?;
        if !is_question(&statement) {
            let text = statement.to_string();
            let statement = text.split_whitespace().next().unwrap_or_default().to_uppercase();
            return Err(QueryRefused::NotAQuestion { statement });
        }
        let (tables, _) = resolve_table_references(&statement, true)?;
        let known = |table: &TableReference| match table.schema() {
            Some("information_schema") => true,
            None | Some("public") => {
                let name = table.table();
                self.names.iter().any(|known| known == name) || state.table_functions().contains_key(name)
            }
            Some(_) => false,
        };
        match tables.iter().find(|table| !known(table)) {
            Some(table) => Err(QueryRefused::unknown_table(&table.to_string(), self.names.clone())),
            None => Ok(statement),
        }
    }
}

fn is_question(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(ast) => matches!(
            ast.as_ref(),
            Ast::Query(_)
                | Ast::ExplainTable { .. }
                | Ast::ShowTables { .. }
                | Ast::ShowColumns { .. }
                | Ast::ShowVariable { .. }
                | Ast::ShowFunctions { .. }
        ),
        Statement::Explain(explain) => is_question(&explain.statement),
        _ => false,
    }
}

/// The second lock on the door: whatever the words were, the plan must not change anything.
fn forbid_changes(plan: &LogicalPlan) -> Result<(), QueryRefused> {
    let questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    questions.verify_plan(plan).map_err(|_| QueryRefused::NotAQuestion { statement: plan.display().to_string() })
}

impl Rows<'_> {
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<RecordBatch, QueryRefused>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.runtime.block_on(self.stream.next())?;
        Some(batch.map_err(QueryRefused::from))
    }
}
