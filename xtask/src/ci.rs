//! What CI runs. `cargo xtask test` is the part people run while they work.

use crate::{browser, schemathesis, tidy};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the tests call: how to see that it is there, the system packages that bring it, what for.
const NEEDS: &[(&[&str], &str, &str)] = &[
    (&["git", "--version"], "git", "tidy asks which files belong to the repository"),
    (
        &["pg_archivecleanup", "--version"],
        "postgresql",
        "the store keeps its promises on PostgreSQL too; a program of the server that is in the path",
    ),
    (
        &["chromium", "--version"],
        "chromium fonts-noto-cjk",
        "journeys through the pages are walked in a real browser, which shows Chinese",
    ),
    (&["chromedriver", "--version"], "chromium-driver", "it drives the browser"),
    (&["python3", "-m", "ensurepip", "--version"], "python3 python3-venv", "schemathesis asks the API what nobody thought of"),
];

/// The share of published cases, in thousandths, that must come out to the cent.
const THRESHOLDS: &[(&str, usize)] = &[
    ("allocation_core", 950),
    ("daycount", 1000),
    ("delinquency", 1000),
    ("schedule", 980),
    ("schedule_exact", 950),
];

pub fn test(root: &Path) -> Result<()> {
    bring_needs()?;
    tidy::run(root)?;
    match vectors(root) {
        Ok(folder) => conformance(&folder)?,
        Err(missing) => println!("conformance left out: {missing:#}"),
    }
    walk_and_test(root)
}

pub fn ci(root: &Path) -> Result<()> {
    bring_needs()?;
    tidy::run(root)?;
    conformance(&vectors(root)?)?;
    walk_and_test(root)
}

/// The journeys, over a demo institution made by the built program, then the tests; neither hides the other.
fn walk_and_test(root: &Path) -> Result<()> {
    let walked = browser::journeys(root, None, None);
    run_tests(root)?;
    walked
}

fn bring_needs() -> Result<()> {
    let missing = NEEDS.iter().filter(|(seen_by, ..)| !is_there(seen_by));
    for (number, (seen_by, packages, why)) in missing.enumerate() {
        let program = seen_by[0];
        println!("{program} is missing ({why}); installing {packages}");
        if number == 0 {
            // A fresh machine knows of no packages yet. Whether that worked, the installation shows.
            apt(&["update", "--quiet"]);
        }
        let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"].into_iter().chain(packages.split(' ')).collect();
        if !apt(&install) || !is_there(seen_by) {
            bail!("{program} is missing ({why}): install {packages} and run this again");
        }
    }
    Ok(())
}

fn apt(words: &[&str]) -> bool {
    Command::new("apt-get").args(words).status().is_ok_and(|status| status.success())
}

fn is_there(seen_by: &[&str]) -> bool {
    let asked = Command::new(seen_by[0]).args(&seen_by[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The folder of published vectors: `$POSTLOAN_SHARED/vectors`, else beside the repository.
fn vectors(root: &Path) -> Result<PathBuf> {
    let shared = std::env::var_os("POSTLOAN_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let folder = shared.join("vectors");
    if !folder.is_dir() {
        bail!("there is no folder {}; set POSTLOAN_SHARED to the folder that holds vectors/", folder.display());
    }
    Ok(folder)
}

/// Replays the vectors in a process of their own: what it prints is what counts.
fn conformance(folder: &Path) -> Result<()> {
    let replay = Command::new(std::env::current_exe()?).arg("conformance").arg(folder).output()?;
    let said = String::from_utf8_lossy(&replay.stdout);
    print!("{said}{}", String::from_utf8_lossy(&replay.stderr));
    if !replay.status.success() {
        bail!("the replay of {} stopped: {}", folder.display(), replay.status);
    }
    let short = shortfalls(&said);
    if !short.is_empty() {
        bail!("published figures not reached: {}", short.join("; "));
    }
    Ok(())
}

/// Kinds below their threshold, or without a line `name reproduced / total`.
fn shortfalls(said: &str) -> Vec<String> {
    let counted = |name: &str| {
        said.lines().find_map(|line| {
            let (reproduced, total) = line.strip_prefix(name)?.strip_prefix(' ')?.split_once(" / ")?;
            Some((reproduced.parse::<usize>().ok()?, total.parse::<usize>().ok()?))
        })
    };
    let short = |&(name, threshold): &(&str, usize)| match counted(name) {
        None => Some(format!("{name} was not replayed")),
        Some((reproduced, total)) if reproduced * 1000 < total * threshold => {
            Some(format!("{name} {reproduced} of {total}, asked for {}.{} %", threshold / 10, threshold % 10))
        }
        Some(_) => None,
    };
    THRESHOLDS.iter().filter_map(short).collect()
}

/// Last, so that the test runner's summary is the last thing printed.
fn run_tests(root: &Path) -> Result<()> {
    let nextest = cargo(root, &["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let words: &[&str] = match nextest.is_ok_and(|status| status.success()) {
        true => &["nextest", "run", "--workspace"],
        false => &["test", "--workspace"],
    };
    let mut tests = cargo(root, words);
    tests.env(schemathesis::VARIABLE, schemathesis::program(root)?);
    let status = tests.status().context("cargo did not start")?;
    if !status.success() {
        bail!("cargo {}: {status}", words.join(" "));
    }
    Ok(())
}

/// More kills than the tests have time for, by the same code.
pub fn kill(root: &Path) -> Result<()> {
    let words = ["test", "--workspace", "--test", "survival", "--", "--ignored", "--nocapture", "kills"];
    let status = cargo(root, &words).status().context("cargo did not start")?;
    if !status.success() {
        bail!("a killed command did not come through: {status}");
    }
    Ok(())
}

fn cargo(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_below_its_threshold_or_missing_is_told() {
        let full = "allocation 150 / 193\nallocation_core 95 / 100\ndaycount 129 / 129\ndelinquency 85 / 85\n\
                    schedule 98 / 100\nschedule_exact 38 / 40\n  a schedule 1 / 9\n";
        let check = |said: &str, expect: &[&str]| assert_eq!(shortfalls(said), expect);
        check(full, &[]);
        check(&full.replace("daycount 129", "daycount 128"), &["daycount 128 of 129, asked for 100.0 %"]);
        check(&full.replace("schedule 98", "schedule 97"), &["schedule 97 of 100, asked for 98.0 %"]);
        check(&full.replace("delinquency 85 / 85", "delinquency not replayed"), &["delinquency was not replayed"]);
    }
}
