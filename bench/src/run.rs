//! The walk: one bank from its first import to questions about one loan, a process per step.

use crate::gauge::{Usage, measure};
use crate::{Wanted, files};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A draft that moves customers: contagion from 5 % on instead of 10 %.
const DRAFT: &str = r#"
[pack]
id = "bench-draft"
version = "1"
title_zh = "draft"
title_en = "draft"
extends = "cn-bank"

[[rule]]
id = "grade.contagion"
kind = "contagion"
title_zh = "draft"
title_en = "Contagion from 5 %"
article = "none"
source = "bench"
certainty = "D"
effective_from = 2026-01-01
params = { share_over_ppm = 50_000, at_least = "substandard" }
"#;

/// A folder of our own, gone when the walk ends, however it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        let folder = std::env::temp_dir().join(format!("postloan-bench-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it; the system clears its temporary folder too.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Walks through every step and prints what each needed.
pub fn run(wanted: &Wanted) -> Result<()> {
    let scratch = Scratch::new()?;
    let book = match &wanted.folder {
        Some(folder) => folder.clone(),
        None => {
            let (folder, start) = (scratch.0.join("book"), Instant::now());
            let counts = files::write(&folder, wanted)?;
            println!("{counts}, written in {:.1} s\n", start.elapsed().as_secs_f64());
            folder
        }
    };
    println!("| step | seconds | CPU seconds | peak MB |\n|---|---:|---:|---:|");
    for step in steps(&scratch.0, &book, wanted)? {
        let usage = measure(&mut postloan(&step)?).with_context(|| step.join(" "))?;
        println!("{}", line(&shown(&step, &scratch.0, &book), &usage));
    }
    Ok(())
}

fn steps(scratch: &Path, book: &Path, wanted: &Wanted) -> Result<Vec<Vec<String>>> {
    let draft = scratch.join("draft.toml");
    fs::write(&draft, DRAFT)?;
    let (bank, demo) = (scratch.join("bank"), scratch.join("demo"));
    let (bank, demo, book, draft) = (bank.display(), demo.display(), book.display(), draft.display());
    let (today, tomorrow) = (wanted.business_date, wanted.business_date.next());
    let steps = [
        format!("init {bank}"),
        format!("import {bank} --from {book}"),
        format!("import {bank} --from {book}"),
        format!("day-end {bank} --date {today}"),
        format!("day-end {bank} --date {tomorrow}"),
        format!("what-if {bank} --date {tomorrow} --pack {draft}"),
        format!("explain {bank} --date {tomorrow} --loan {}", files::loan_id(0)),
        format!("metrics {bank} --date {tomorrow}"),
        format!("metrics {bank} --date {tomorrow} --by branch,product"),
        format!("status {bank}"),
        format!("demo --no-serve --dir {demo}"),
    ];
    if scratch.display().to_string().contains(char::is_whitespace) {
        bail!("{} has a blank in its name: set TMPDIR to a folder without", scratch.display());
    }
    Ok(steps.iter().map(|step| step.split(' ').map(str::to_owned).collect()).collect())
}

/// The program built beside this one.
fn postloan(arguments: &[String]) -> Result<Command> {
    let beside = std::env::current_exe()?.with_file_name("postloan");
    if !beside.exists() {
        bail!("{} is not built: cargo build --release --workspace --bins", beside.display());
    }
    let mut command = Command::new(beside);
    command.args(arguments);
    Ok(command)
}

/// The step without the folders it ran in.
fn shown(step: &[String], scratch: &Path, book: &Path) -> String {
    let short = |word: &String| {
        let path = Path::new(word);
        let inside = path.strip_prefix(scratch).ok().or((path == book).then_some(Path::new("book")));
        inside.map_or(word.clone(), |inside| inside.display().to_string())
    };
    step.iter().map(short).collect::<Vec<_>>().join(" ")
}

fn line(step: &str, usage: &Usage) -> String {
    let (wall, cpu) = (usage.wall.as_secs_f64(), usage.cpu.as_secs_f64());
    format!("| {step} | {wall:.2} | {cpu:.2} | {} |", usage.peak_bytes / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_shows_the_step_without_its_folders() {
        let step = ["import", "/t/1/bank", "--from", "/books/one"].map(str::to_owned);
        let shown = shown(&step, Path::new("/t/1"), Path::new("/books/one"));
        let usage =
            Usage { wall: Duration::from_millis(1_234), cpu: Duration::from_secs(2), peak_bytes: 5_600_000 };
        assert_eq!(line(&shown, &usage), "| import bank --from book | 1.23 | 2.00 | 5 |");
    }
}
