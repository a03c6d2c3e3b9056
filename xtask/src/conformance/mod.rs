//! Replays published figures through the rules and counts how many come out to the cent.
//!
//! `cargo xtask conformance DIR [--tags]`: one line per vector file, `name reproduced / total`,
//! with `--tags` one line per tag, then the first differences. A kind of file is known by its stem
//! or by its `schema`; each kind has one function from a case to the differences found. A folder of
//! schedule oracles (`*.toml.gz` beside `*.csv.gz`) counts as one file. These functions only read
//! settings and compare: every figure comes from the loan room.

mod allocation;
mod daycount;
mod delinquency;
mod entries;
mod restructure;
mod schedule;
mod schedule_exact;
mod schedule_oracles;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Replays one case; the error says what was expected and what came out.
type Replay = fn(&Value) -> Result<(), String>;

/// How many differences are shown per file.
const SHOWN: usize = 5;

const KINDS: &[(&str, Replay)] = &[
    ("allocation", allocation::replay),
    ("daycount", daycount::replay),
    ("delinquency", delinquency::replay),
    ("restructure", restructure::replay),
    ("schedule", schedule::replay),
    ("schedule_exact", schedule_exact::replay),
];

/// A line `part reproduced / total` over the cases of one kind that satisfy a condition.
type Part = (&'static str, &'static str, fn(&Value) -> bool);

const PARTS: &[Part] = &[("allocation", "allocation_core", allocation::is_core)];

pub fn run(args: &[String]) -> Result<()> {
    let (flags, paths): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with("--"));
    if let Some(flag) = flags.iter().find(|flag| flag.as_str() != "--tags") {
        bail!("unknown flag {flag}; usage: cargo xtask conformance DIR [--tags]");
    }
    let [folder] = paths.as_slice() else { bail!("usage: cargo xtask conformance DIR [--tags]") };
    let mut files = fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {folder}"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    let ends = |path: &Path, end: &str| path.to_string_lossy().ends_with(end);
    let oracles: Vec<PathBuf> = files.extract_if(.., |path| ends(path, ".toml.gz")).collect();
    files.retain(|path| ends(path, ".json"));
    for file in &files {
        match replay_file(file) {
            Ok(outcome) => outcome.print(!flags.is_empty()),
            Err(error) => println!("{} not replayed: {error:#}", file.display()),
        }
    }
    if !oracles.is_empty() {
        let read = |path: &PathBuf| {
            schedule_oracles::read(path).inspect_err(|error| println!("{} not replayed: {error:#}", path.display()))
        };
        let cases: Vec<Value> = oracles.iter().filter_map(|path| read(path).ok()).collect();
        replay_cases("schedule_oracles", "schedule_oracles", schedule_oracles::replay, &cases).print(!flags.is_empty());
    }
    if files.is_empty() && oracles.is_empty() {
        println!("{folder}: no vector files (*.json) and no schedule oracles (*.toml.gz)");
    }
    Ok(())
}

/// How the cases of one file came out.
struct Outcome {
    name: String,
    parts: Vec<(&'static str, Count)>,
    all: Count,
    tags: BTreeMap<String, Count>,
    differences: Vec<String>,
}

#[derive(Default)]
struct Count {
    reproduced: usize,
    total: usize,
}

impl Count {
    fn add(&mut self, reproduced: bool) {
        self.reproduced += usize::from(reproduced);
        self.total += 1;
    }
}

fn replay_file(path: &Path) -> Result<Outcome> {
    let text = fs::read_to_string(path).context("cannot be read")?;
    let file: Value = serde_json::from_str(&text).context("is not JSON")?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let schema = file["schema"].as_str().and_then(|schema| schema.split('/').next()).unwrap_or_default();
    let known = |name: &str| KINDS.iter().find(|(kind, _)| *kind == name);
    let Some(&(kind, replay)) = known(schema).or_else(|| known(stem)) else {
        bail!("neither its name nor its schema {schema:?} is a known kind");
    };
    let Some(cases) = file["cases"].as_array() else { bail!("it has no list of cases") };
    Ok(replay_cases(stem, kind, replay, cases))
}

fn replay_cases(name: &str, kind: &str, replay: Replay, cases: &[Value]) -> Outcome {
    let parts = PARTS.iter().filter(|(of, ..)| *of == kind);
    let mut outcome = Outcome {
        name: name.to_owned(),
        parts: parts.clone().map(|(_, name, _)| (*name, Count::default())).collect(),
        all: Count::default(),
        tags: BTreeMap::new(),
        differences: Vec::new(),
    };
    for case in cases {
        // A case that breaks a rule's assertion is a difference; the others still count.
        let result = catch_unwind(|| replay(case)).unwrap_or_else(|_| Err("the rule stopped, see above".to_owned()));
        outcome.all.add(result.is_ok());
        for ((_, _, belongs), (_, count)) in parts.clone().zip(&mut outcome.parts) {
            if belongs(case) {
                count.add(result.is_ok());
            }
        }
        for tag in case["tags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            outcome.tags.entry(tag.to_owned()).or_default().add(result.is_ok());
        }
        if let Err(difference) = result {
            outcome.differences.push(format!("{}: {difference}", case["id"].as_str().unwrap_or("no id")));
        }
    }
    outcome
}

impl Outcome {
    fn print(&self, with_tags: bool) {
        let line = |name: &str, count: &Count| println!("{name} {} / {}", count.reproduced, count.total);
        line(&self.name, &self.all);
        for (name, count) in &self.parts {
            line(name, count);
        }
        if with_tags {
            for (tag, count) in &self.tags {
                line(&format!("  {tag}"), count);
            }
        }
        for difference in self.differences.iter().take(SHOWN) {
            println!("  {difference}");
        }
        if self.differences.len() > SHOWN {
            println!("  and {} more", self.differences.len() - SHOWN);
        }
    }
}
