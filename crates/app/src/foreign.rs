//! Files laid out like no table of the book: the SELECTs of a mapping file shape them, then the
//! import reads the result as if it had been handed in.
//!
//! A mapping file may say, beside the column mappings the lake reads, which files there are
//! (`[source.NAME]`) and which rows they make (`[stage.TABLE]`, one SELECT each). Files are named
//! relative to the folder handed in and never outside it.

use crate::failure::{Failure, Outcome, Refusal};
use crate::workspace::Open;
use anyhow::Context;
use lake::WriteLock;
use lake::doctor::SHAPING;
use lake::import::Progress;
use lake::mapping::{Encoding, Mapping};
use lake::schema::{self, TABLES};
use query::Limits;
use query::stage::{self, Header, ShortRows, TextSource};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The part of a mapping file that shapes foreign files (导入前整形). Empty in most.
#[derive(Debug, Deserialize)]
pub struct Shaping {
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    stage: BTreeMap<String, Stage>,
}

/// A delimited text file that the SELECTs see as a table of text columns (来源文件).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// Within the folder handed in; `.gz` is unpacked.
    file: PathBuf,
    #[serde(default = "comma")]
    delimiter: String,
    /// Whether the first line names the columns; else they are `column_1`, `column_2` …
    #[serde(default = "named")]
    header: bool,
    /// Whether a record may lack fields at its end, which then are empty.
    #[serde(default)]
    short_rows: bool,
}

/// The SELECT whose rows are a table's file (整形语句).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    sql: String,
}

fn comma() -> String {
    ",".to_owned()
}

fn named() -> bool {
    true
}

impl Shaping {
    /// Reads the shaping part of a mapping file; an error names the section at fault.
    pub fn parse(mapping: &Mapping) -> Result<Shaping, String> {
        let shaping: Shaping = toml::from_str(&mapping.text).map_err(|error| error.to_string())?;
        for (name, source) in &shaping.source {
            if source.delimiter.len() != 1 {
                return Err(format!("[source.{name}]: a delimiter is one ASCII character"));
            }
            if !source.file.components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("[source.{name}]: {} leaves the folder", source.file.display()));
            }
        }
        if let Some(name) = shaping.stage.keys().find(|name| schema::table(name).is_none()) {
            return Err(format!("[stage.{name}]: {name} is not a table"));
        }
        if !shaping.is_empty() {
            shaping.every_table_is_shaped(mapping)?;
        } else if let Some(name) = shaping.source.keys().next() {
            return Err(format!("[source.{name}]: no [stage.TABLE] reads it"));
        }
        Ok(shaping)
    }

    pub fn is_empty(&self) -> bool {
        self.stage.is_empty()
    }

    /// What the SELECT of a table cannot see, it cannot shape: no table comes from a file directly.
    fn every_table_is_shaped(&self, mapping: &Mapping) -> Result<(), String> {
        for table in TABLES {
            let Some(columns) = mapping.table(table.name) else { continue };
            if !self.stage.contains_key(table.name) {
                return Err(format!("[{0}]: there is no [stage.{0}]", table.name));
            }
            let own = columns.file.is_some() || columns.delimiter.is_some() || columns.sheet.is_some();
            if own || columns.encoding != Encoding::Utf8 {
                return Err(format!("[{}]: file, delimiter, encoding and sheet have no place beside a stage", table.name));
            }
        }
        Ok(())
    }

    fn sources(&self, from: &Path) -> Result<Vec<TextSource>, String> {
        let source = |(name, source): (&String, &Source)| {
            let path = from.join(&source.file);
            if !path.is_file() {
                return Err(format!("[source.{name}]: there is no file {}", path.display()));
            }
            Ok(TextSource {
                name: name.clone(),
                path,
                delimiter: source.delimiter.as_bytes()[0],
                header: if source.header { Header::Named } else { Header::Unnamed },
                short_rows: if source.short_rows { ShortRows::Filled } else { ShortRows::Refused },
            })
        };
        self.source.iter().map(source).collect()
    }
}

/// The folder of shaped files in a workspace; gone when dropped.
#[derive(Debug)]
pub struct Shaped {
    folder: PathBuf,
}

impl Shaped {
    /// Makes an empty folder and sweeps what a killed import left behind.
    ///
    /// The lock is only held while shaping, the import takes it anew: the name is this process's own,
    /// so that an import which slips in between can take the files away but never put others there.
    fn new(open: &Open, _lock: &WriteLock) -> anyhow::Result<Shaped> {
        let root = open.lake.root();
        for entry in fs::read_dir(root).with_context(|| format!("reading {}", root.display()))? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SHAPING)) {
                fs::remove_dir_all(&path).with_context(|| format!("sweeping {}", path.display()))?;
            }
        }
        let folder = root.join(format!("{SHAPING}{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Shaped { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Shaped {
    fn drop(&mut self) {
        // Nothing depends on it: the next import that shapes sweeps again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs every stage over the files in `from` and leaves one file per table in a folder.
///
/// Refused with E-IM-33 and the section at fault when a file is missing or a SELECT cannot be answered;
/// why it cannot stands beside it.
pub fn shape(
    open: &Open,
    lock: &WriteLock,
    shaping: &Shaping,
    wanted: (&Path, &Path),
    progress: &mut dyn FnMut(Progress),
) -> Outcome<Shaped> {
    let (from, mapping) = wanted;
    let bad_mapping = |problem: String| {
        let facts = vec![("path", mapping.display().to_string()), ("problem", problem)];
        Refusal { facts, ..Refusal::of("E-IM-33") }
    };
    let sources = shaping.sources(from).map_err(|problem| Failure::Refused(bad_mapping(problem)))?;
    let shaped = Shaped::new(open, lock)?;
    for table in TABLES {
        let Some(stage) = shaping.stage.get(table.name) else { continue };
        progress(Progress::Reading { table: table.name, rows: 0 });
        let file = shaped.folder.join(format!("{}.csv", table.name));
        stage::run(&stage.sql, &sources, &file).map_err(|error| match query::refusal_in(&error) {
            Some(why) => {
                let mut facts = why.facts();
                facts.push(("memory_mb", (Limits::default().memory >> 20).to_string()));
                let also = vec![Refusal { facts, ..Refusal::of(why.code()) }];
                Failure::Refused(Refusal { also, ..bad_mapping(format!("[stage.{}] {}", table.name, why.code())) })
            }
            None => error.context(format!("shaping {}", table.name)).into(),
        })?;
    }
    Ok(shaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOANS: &str = r#"
[source.book]
file = "book.asc.gz"
delimiter = ";"
[stage.loans]
sql = "SELECT id AS loan_id FROM book"
[loans.columns]
currency = { const = "CNY" }
"#;

    #[test]
    fn what_cannot_be_shaped_is_refused_with_its_section() {
        let parse = |text: &str| Shaping::parse(&Mapping::parse(text)?).map(|shaping| shaping.stage.len());
        assert_eq!(parse(LOANS), Ok(1));
        assert_eq!(parse("[loans]\nfile = \"book.csv\"\n"), Ok(0));
        let check = |from: &str, to: &str, expect: &str| {
            let problem = parse(&LOANS.replace(from, to)).unwrap_err();
            assert!(problem.contains(expect), "{problem}");
        };
        check("book.asc.gz", "../book.csv", "[source.book]: ../book.csv leaves the folder");
        check("book.asc.gz", "/book.csv", "leaves the folder");
        check("\";\"", "\";;\"", "[source.book]: a delimiter is one ASCII character");
        check("sql = ", "select = ", "unknown field `select`");
        check("[stage.loans]", "[stage.loan]", "[stage.loan]: loan is not a table");
        check("[stage.loans]", "[stage.branches]", "[loans]: there is no [stage.loans]");
        check("[loans.columns]", "[loans]\nfile = \"x.csv\"\n[loans.columns]", "have no place beside a stage");
        check("[stage.loans]\nsql = \"SELECT id AS loan_id FROM book\"\n[loans.columns]\ncurrency = { const = \"CNY\" }\n", "", "no [stage.TABLE] reads it");
    }
}
