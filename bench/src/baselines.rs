//! The baselines: our night's work done by DuckDB and by Polars, compared with ours loan by loan.
//!
//! The scripts lie beside this crate, their packages in a virtual environment beside the built
//! programs, made once.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use units::Date;

/// The baselines with their scripts.
pub const BASELINES: [(&str, &str); 2] = [("DuckDB", "night_duckdb.py"), ("Polars", "night_polars.py")];

/// Python with the packages of `requirements.txt` (基线环境). It leaves nothing beside the scripts (`-B`).
pub struct Python(PathBuf);

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baselines").join(name)
}

/// The rules under which running totals are exact.
pub fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("running-totals.toml")
}

impl Python {
    /// Makes the environment, or finds it made from the same requirements.
    pub fn ready() -> Result<Python> {
        let folder = std::env::current_exe()?.with_file_name("baselines-python");
        let requirements = script("requirements.txt");
        let wanted = fs::read_to_string(&requirements)?;
        let (python, made_from) = (Python(folder.join("bin/python")), folder.join("made-from.txt"));
        if fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == wanted) {
            return Ok(python);
        }
        let missing = "the baselines need python3 with venv and pip, and PyPI; without them: --baselines no";
        println!("installing the baselines' packages: {}", wanted.lines().skip(1).collect::<Vec<_>>().join(", "));
        said(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(missing)?;
        said(Command::new(&python.0).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))
            .context(missing)?;
        fs::write(made_from, wanted)?;
        Ok(python)
    }

    /// One night of a baseline, its tables written to `out`.
    pub fn night(&self, file: &str, book: &Path, date: Date, out: &Path) -> Result<Command> {
        fs::create_dir_all(out)?;
        let mut command = Command::new(&self.0);
        command.arg("-B").arg(script(file)).args([book, Path::new(&date.to_string()), out]);
        Ok(command)
    }

    /// Fails with the first loan about which the two nights differ.
    pub fn compare(&self, ours: &Path, theirs: &Path) -> Result<String> {
        said(Command::new(&self.0).arg("-B").arg(script("compare.py")).args([ours, theirs]))
    }
}

/// What a command prints; its complaint if it fails.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
