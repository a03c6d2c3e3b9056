//! Looks for input that breaks a parser: the targets of `fuzz/` under an engine that follows which
//! code an input reaches. What it finds is printed with its file.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "usage: cargo xtask fuzz [TARGET] [--seconds N]";
/// What each target gets when nobody says.
const SECONDS: u64 = 60;

/// What the compiler puts into the code so that the engine sees where it goes; no nightly feature.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub fn run(root: &Path, args: &[String]) -> Result<()> {
    let (target, seconds) = read(args)?;
    let corpus = root.join("fuzz/corpus");
    let mut targets: Vec<String> = fs::read_dir(&corpus)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect::<Result<_>>()?;
    targets.sort();
    if let Some(target) = target {
        if !targets.contains(&target) {
            bail!("there is no target {target}: {}", targets.join(", "));
        }
        targets = vec![target];
    }
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("fuzz");
    let program = build(root, &built)?;
    let broken: Vec<&String> = targets.iter().filter(|target| !holds(&program, &built, &corpus.join(target), target, seconds)).collect();
    if !broken.is_empty() {
        bail!("{broken:?} broke; what broke it lies in {}: mend it and keep the input in {}", built.join("found").display(), corpus.display());
    }
    Ok(())
}

fn read(args: &[String]) -> Result<(Option<String>, u64)> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok((None, SECONDS)),
        [target] if !target.starts_with('-') => Ok((Some(target.to_owned()), SECONDS)),
        ["--seconds", seconds] => Ok((None, seconds.parse().context(USAGE)?)),
        [target, "--seconds", seconds] => Ok((Some(target.to_owned()), seconds.parse().context(USAGE)?)),
        _ => bail!(USAGE),
    }
}

/// Builds for the machine by its name, so that build scripts are not followed as well.
fn build(root: &Path, built: &Path) -> Result<PathBuf> {
    let about = Command::new("rustc").arg("-vV").output().context("asking rustc what machine this is")?;
    let about = String::from_utf8(about.stdout)?;
    let machine = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no machine")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package", "fuzz", "--features", "engine", "--bin", "fuzz", "--target", machine])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", built)
        .env("RUSTFLAGS", COVERAGE)
        .status()?;
    if !status.success() {
        bail!("the targets do not build: {status}");
    }
    Ok(built.join(machine).join("debug/fuzz"))
}

/// Runs a target for a while; what it learns is kept beside the build for the next time.
fn holds(program: &Path, built: &Path, seeds: &Path, target: &str, seconds: u64) -> bool {
    let (learnt, found) = (built.join("learnt").join(target), built.join("found"));
    let ready = fs::create_dir_all(&learnt).and_then(|()| fs::create_dir_all(&found));
    println!("{target}: {seconds} s");
    let mut command = Command::new(program);
    command
        .args([&learnt, &seeds.to_owned()])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/{target}-", found.display()))
        .args(["-timeout=20", "-rss_limit_mb=4096", "-max_len=65536", "-print_final_stats=1", "-verbosity=0"])
        .env("POSTLOAN_FUZZ_TARGET", target);
    // Thousands of small files a second: in memory, where there is such a place.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    ready.is_ok() && command.status().is_ok_and(|status| status.success())
}
