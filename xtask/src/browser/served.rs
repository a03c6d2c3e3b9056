//! The demo, served by the built program for as long as a browser needs it.

use crate::browser::Browser;
use anyhow::{Context, Result, anyhow, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `postloan serve` (服务中的示范机构).
pub struct Served {
    program: Child,
    pub base: String,
}

/// The program, built as `cargo run` and the tests build it.
pub fn program(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "--workspace", "--bin", "postloan"]).current_dir(root).status()?;
    if !built.success() {
        bail!("building the program: {built}");
    }
    let program = std::env::current_exe()?.with_file_name("postloan");
    program.exists().then_some(program).ok_or_else(|| anyhow!("the program is not beside xtask"))
}

/// The demo institution in a folder, made unless it is there.
pub fn demo(program: &Path, folder: &Path) -> Result<()> {
    let made = Command::new(program).args(["demo", "--no-serve", "--dir"]).arg(folder).stdout(Stdio::null()).status()?;
    if made.success() { Ok(()) } else { bail!("making the demo: {made}") }
}

/// A bank of its own for whoever writes into it.
pub fn copied(bank: &Path, folder: &Path) -> Result<()> {
    let copied = Command::new("cp").arg("-r").arg(bank).arg(folder).status().context("copying the bank")?;
    if copied.success() { Ok(()) } else { bail!("copying the bank: {copied}") }
}

impl Served {
    /// Serves on any free port; the demo's clock begins at this hour of the day after its last night.
    pub fn start(program: &Path, folder: &Path, at: &str) -> Result<Served> {
        let words = ["--listen", "127.0.0.1:0", "--at", at, "--lang", "en"];
        let mut program = Command::new(program).arg("serve").arg(folder).args(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut said = BufReader::new(program.stdout.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line).context("reading what the program says")?;
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = address.ok_or_else(|| anyhow!("the program told no address: {line}"))?.trim_end_matches('/').to_owned();
        Ok(Served { program, base })
    }

    /// Signs in with the one click the demo offers.
    pub fn sign_in(&self, browser: &Browser, role: &str) -> Result<()> {
        browser.go(&format!("{}/sign-in", self.base))?;
        browser.one(&format!("button[data-role={role}]"))?.click()?;
        browser.one("nav.menu").map(drop)
    }

    /// The roles the door offers.
    pub fn roles(&self, browser: &Browser) -> Result<Vec<String>> {
        browser.go(&format!("{}/sign-in", self.base))?;
        browser.all("button[data-role]")?.iter().map(|button| button.attribute("data-role")).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
