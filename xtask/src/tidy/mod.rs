//! The house keeps itself tidy: what house.md and STYLE.md ask for, as checks.
//!
//! `cargo xtask tidy` prints one line per finding: `file:line: what to do [rule subject]`. A finding
//! may be put off by its `rule file subject` in `xtask/tidy-exceptions.txt`; a line there that puts
//! off nothing is itself a finding, so the list only shrinks.
//!
//! Reading order: [`source`], [`rooms`], [`purity`], [`shape`], [`words`], [`codes`].

mod codes;
mod purity;
mod rooms;
mod shape;
mod source;
mod words;

use anyhow::{Context, Result, bail};
use source::Source;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

const EXCEPTIONS: &str = "xtask/tidy-exceptions.txt";

/// Something to put right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub rule: &'static str,
    /// What the rule complains of, one word; with rule and file the key of an exception.
    pub subject: String,
    pub fix: String,
}

impl Finding {
    pub fn new(rule: &'static str, file: &str, line: usize, subject: &str, fix: impl Into<String>) -> Finding {
        Finding { file: file.to_owned(), line, rule, subject: subject.to_owned(), fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} [{} {}]", self.file, self.line, self.fix, self.rule, self.subject)
    }
}

/// The text files of the repository by path: tracked ones, and new ones git does not ignore.
pub struct Repository {
    pub files: BTreeMap<String, String>,
}

impl Repository {
    pub fn read(root: &Path) -> Result<Repository> {
        let listed = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(root)
            .output()
            .context("tidy asks git which files belong to the repository, and git did not start")?;
        if !listed.status.success() {
            bail!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
        }
        let paths = String::from_utf8(listed.stdout)?;
        // A file deleted but still in the index cannot be read; binary files are not text: both left out.
        let read = |path: &str| Some((path.to_owned(), std::fs::read_to_string(root.join(path)).ok()?));
        Ok(Repository { files: paths.split_terminator('\0').filter_map(read).collect() })
    }

    pub fn rust(&self) -> impl Iterator<Item = Source<'_>> {
        let rust = self.files.iter().filter(|(path, _)| path.ends_with(".rs"));
        rust.map(|(path, text)| Source::new(path, text))
    }

    /// Every finding, exceptions not yet taken off.
    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        rooms::check(self, &mut findings);
        codes::check(self, &mut findings);
        words::check_texts(self, &mut findings);
        for source in self.rust() {
            purity::check(&source, &mut findings);
            shape::check(&source, &mut findings);
            words::check(&source, &mut findings);
        }
        findings.sort();
        findings
    }
}

pub fn run(root: &Path) -> Result<()> {
    let repository = Repository::read(root)?;
    let exceptions = repository.files.get(EXCEPTIONS).map_or("", String::as_str);
    let findings = take_off(repository.findings(), exceptions);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing to put right", repository.files.len()),
        count => bail!("tidy: {count} to put right"),
    }
    Ok(())
}

/// Leaves out what the exceptions put off, and complains of exceptions that put off nothing.
fn take_off(findings: Vec<Finding>, exceptions: &str) -> Vec<Finding> {
    let listed: Vec<(usize, [&str; 3])> = exceptions
        .lines()
        .enumerate()
        .filter_map(|(n, line)| {
            let mut words = line.split('#').next()?.split_whitespace();
            Some((n + 1, [words.next()?, words.next().unwrap_or("-"), words.next().unwrap_or("-")]))
        })
        .collect();
    let matches = |finding: &Finding, key: &[&str; 3]| *key == [finding.rule, &finding.file, &finding.subject];
    let unneeded = listed.iter().filter(|(_, key)| !findings.iter().any(|finding| matches(finding, key)));
    let fix = "this exception puts off nothing any more: remove the line";
    let unneeded: Vec<Finding> =
        unneeded.map(|(line, key)| Finding::new("exception", EXCEPTIONS, *line, &key.join(" "), fix)).collect();
    let left = findings.into_iter().filter(|finding| !listed.iter().any(|(_, key)| matches(finding, key)));
    left.chain(unneeded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs one check over a small file and compares `line: subject` of what it finds.
    pub fn check_source(check: fn(&Source, &mut Vec<Finding>), path: &str, text: &str, expect: &[&str]) {
        let mut findings = Vec::new();
        check(&Source::new(path, text), &mut findings);
        let found: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.line, f.subject)).collect();
        assert_eq!(found, expect, "in {path}:\n{text}");
    }

    /// Runs one check over a small repository and compares `file:line: subject`.
    pub fn check_repository(
        check: fn(&Repository, &mut Vec<Finding>),
        files: &[(&str, &str)],
        expect: &[&str],
    ) {
        let files = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
        let mut findings = Vec::new();
        check(&Repository { files }, &mut findings);
        let found: Vec<String> = findings.iter().map(|f| format!("{}:{}: {}", f.file, f.line, f.subject)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn an_exception_puts_off_what_it_names_and_nothing_else() {
        let check = |exceptions: &str, expect: &[&str]| {
            let findings = ["a.rs", "b.rs"].map(|file| Finding::new("float", file, 7, "f64", ""));
            let left = take_off(findings.into(), exceptions);
            let left: Vec<_> = left.iter().map(|f| format!("{} {}:{}", f.rule, f.file, f.line)).collect();
            assert_eq!(left, expect);
        };
        check("", &["float a.rs:7", "float b.rs:7"]);
        check("# why\nfloat a.rs f64  # cells of a sheet\n", &["float b.rs:7"]);
        check("float c.rs f64", &["float a.rs:7", "float b.rs:7", "exception xtask/tidy-exceptions.txt:1"]);
    }
}
