//! schemathesis from PyPI, in a Python of its own beside the built programs.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the program to the tests of the API.
pub const VARIABLE: &str = "POSTLOAN_SCHEMATHESIS";

/// The program, installed unless it was from the same requirements and runs: the folder may be from another machine, with another Python.
pub fn program(root: &Path) -> Result<PathBuf> {
    let folder = std::env::current_exe()?.with_file_name("schemathesis-python");
    let requirements = root.join("crates/web/tests/api/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let (program, made_from) = (folder.join("bin/schemathesis"), folder.join("made-from.txt"));
    let runs = || Command::new(&program).arg("--version").output().is_ok_and(|said| said.status.success());
    if !fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == wanted) || !runs() {
        println!("installing {}", wanted.trim());
        let missing = "it needs python3 with venv and pip, and PyPI";
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(missing)?;
        let pip = ["-m", "pip", "install", "--quiet", "-r"];
        run(Command::new(folder.join("bin/python")).args(pip).arg(&requirements)).context(missing)?;
        fs::write(made_from, wanted)?;
    }
    Ok(program)
}

fn run(command: &mut Command) -> Result<()> {
    match command.status()? {
        status if status.success() => Ok(()),
        status => bail!("{}: {status}", command.get_program().display()),
    }
}
