//! A PostgreSQL server of the tests' own: a temporary folder, no network, gone with the tests.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Debian keeps the programs of each version here, outside the path.
const PROGRAMS: &str = "/usr/lib/postgresql";

pub struct Server {
    folder: TempDir,
    process: Child,
}

impl Server {
    pub fn start() -> Server {
        let programs = programs();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        if let Some((user, group)) = postgres_account() {
            chown(folder.path(), Some(user), Some(group)).expect("the folder becomes the server's");
        }
        // A server that sorts as people do, so that a column that forgets to be sorted by bytes is seen.
        let language = ["--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8"];
        let initdb = ["--auth=trust", "--username=postgres", "--no-sync", "--pgdata"];
        let made = unprivileged(&programs.join("initdb")).args(language).args(initdb).arg(&data).output().expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let process = unprivileged(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres starts");
        let server = Server { folder, process };
        server.wait(&programs);
        server
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.path().display())
    }

    /// An empty database of this name.
    pub fn create(&self, database: &str) {
        let statement = format!("CREATE DATABASE {database}");
        let words = ["--username=postgres", "--dbname=postgres", "--quiet", "--command", &statement];
        let made = Command::new(programs().join("psql")).arg("--host").arg(self.folder.path()).args(words).status();
        assert!(made.is_ok_and(|status| status.success()), "{statement}");
    }

    fn wait(&self, programs: &Path) {
        let patience = Instant::now() + Duration::from_secs(60);
        while Instant::now() < patience {
            let ready = Command::new(programs.join("pg_isready")).arg("-q").arg("-h").arg(self.folder.path()).status();
            if ready.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("postgres was not ready within a minute");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The test is over whether or not it is still there.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir(PROGRAMS).into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max();
    newest.unwrap_or_else(|| panic!("there is no PostgreSQL under {PROGRAMS}: install the package postgresql"))
}

/// The account the package makes, when we are root: the server refuses to be root.
fn postgres_account() -> Option<(u32, u32)> {
    let ask = |words: &[&str]| {
        let said = Command::new("id").args(words).output().expect("id starts").stdout;
        String::from_utf8_lossy(&said).trim().parse::<u32>().ok()
    };
    (ask(&["-u"]) == Some(0)).then(|| (ask(&["-u", "postgres"]), ask(&["-g", "postgres"]))).map(|account| match account {
        (Some(user), Some(group)) => (user, group),
        _ => panic!("there is no account postgres: install the package postgresql"),
    })
}

/// Ends with us, however we end.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((user, group)) = postgres_account() {
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "INT"]).arg(program);
    command
}
