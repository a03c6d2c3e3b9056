//! `doctor`, `backup`, `restore`: keeping a workspace whole.

use crate::command::{format, open, say, text};
use crate::print;
use app::doctor::{Checkup, Finding, Treatment};
use app::table::{Cell, Format, Table};
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::{Lang, label_in, message};
use std::path::Path;

pub fn doctor(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let dir = text(matches, "dir").expect("required");
    let treatment = if matches.get_flag("repair") { Treatment::Repair } else { Treatment::Look };
    let checkup = app::doctor::doctor(Path::new(dir), treatment)?;
    match format(matches) {
        Format::Table => print_checkup(&checkup, dir, lang),
        format => print::table(&findings(&checkup), format, lang),
    }
    match checkup.examination.findings.len() {
        0 => Ok(()),
        count => refused("E-WS-13", &[("dir", &dir), ("count", &count)]),
    }
}

fn print_checkup(checkup: &Checkup, dir: &str, lang: Lang) {
    let seen = &checkup.examination;
    let counts = [seen.batches, seen.nights, seen.files, seen.bytes >> 20].map(|count| count.to_string());
    let [batches, nights, files, megabytes] = &counts;
    say("doctor_looked", lang, &[("batches", batches), ("nights", nights), ("files", files), ("megabytes", megabytes)]);
    if let Some(holder) = &checkup.writer {
        say("doctor_writer", lang, &[("holder", holder)]);
    }
    for finding in &checkup.repaired {
        say("doctor_repaired", lang, &[("problem", &problem(finding, lang))]);
    }
    for finding in &seen.findings {
        print::line("");
        print::line(&format!("{} {}", finding.code, problem(finding, lang)));
        print::line(&format!("  {}", label_in("harm", finding.part.code(), lang)));
        let cure = message(&format!("cure.{}", finding.part.code()), lang, &[("dir", dir)]);
        print::line(&format!("  {}", message("say.remedy", lang, &[("remedy", &cure)])));
    }
    if seen.findings.is_empty() {
        say("doctor_sound", lang, &[]);
    }
}

fn problem(finding: &Finding, lang: Lang) -> String {
    let facts: Vec<(&str, &str)> = finding.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    message(finding.code, lang, &facts)
}

/// What scripts read.
fn findings(checkup: &Checkup) -> Table {
    let mut table = Table::new(&["file", "part", "code"]);
    for finding in &checkup.examination.findings {
        let file = Cell::text(finding.path.display().to_string());
        table.push(vec![file, Cell::text(finding.part.code()), Cell::text(finding.code)]);
    }
    table
}

pub fn backup(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let to = text(matches, "to").expect("required");
    let done = app::backup::backup(&open(matches)?, Path::new(to))?;
    told("backup_done", &done.backup, &[("to", to), ("copied", &done.copied.to_string())], lang);
    if let Some(pack) = done.pack_outside {
        say("backup_without_pack", lang, &[("pack", &pack.display().to_string())]);
    }
    Ok(())
}

pub fn restore(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let (from, dir) = (text(matches, "backup").expect("required"), text(matches, "dir").expect("required"));
    let backup = app::backup::restore(Path::new(from), Path::new(dir))?;
    told("restore_done", &backup, &[("dir", dir)], lang);
    Ok(())
}

fn told(stem: &str, backup: &app::backup::Backup, more: &[(&str, &str)], lang: Lang) {
    let bytes: u64 = backup.files.iter().map(|file| file.bytes).sum();
    let counts = [backup.batches.into(), backup.nights.into(), backup.files.len() as u64, bytes >> 20].map(|count: u64| count.to_string());
    let [batches, nights, files, megabytes] = &counts;
    let mut facts = vec![("batches", batches.as_str()), ("nights", nights), ("files", files), ("megabytes", megabytes)];
    facts.extend_from_slice(more);
    say(stem, lang, &facts);
}
