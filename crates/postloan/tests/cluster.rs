//! The same night on a cluster: a scheduler and executors as processes of their own, on loopback, leave
//! the bytes that one machine leaves, whoever is killed meanwhile.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Enough for a few shards.
const LOANS: usize = 60_000;
const NIGHT: &str = "2026-04-30";

/// A running part of the cluster (集群进程), killed with the test.
struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    fn start(arguments: &[&str]) -> Process {
        let mut child = postloan(arguments).stderr(Stdio::piped()).spawn().expect("the program starts");
        let said = BufReader::new(child.stderr.take().expect("piped"));
        let (send, lines) = channel();
        thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Process { child, lines }
    }

    /// Waits for a line that says this, leaving out what was said before.
    fn says(&self, what: &str) {
        while !self.lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("it never says {what}")).contains(what) {}
    }

    fn forget(&self) {
        self.lines.try_iter().for_each(drop);
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

fn postloan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postloan"));
    command.args(arguments).args(["--lang", "en"]).env("RUST_BACKTRACE", "0");
    command
}

fn done(arguments: &[&str]) {
    let output = postloan(arguments).output().expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A bank of many small loans, some of them past due, imported and with a night to carry from.
fn bank(folder: &Path) -> PathBuf {
    let inbox = folder.join("inbox");
    fs::create_dir_all(&inbox).unwrap();
    let mut loans = String::from(
        "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate,method,instalment_count,frequency,day_count,protection\n",
    );
    let (mut customers, mut repayments) = ("customer_id,name,kind\n".to_owned(), "repayment_id,loan_id,paid_on,amount\n".to_owned());
    for number in 0..LOANS {
        let (customer, branch, thousands) = (number % 1000, number % 7, 1 + number % 50);
        let terms = "2026-01-12,2027-01-12,0.06,equal_instalment,12,monthly,30_360,credit";
        writeln!(loans, "L{number:06},C{customer},B{branch},personal,{thousands}000.00,{terms}").unwrap();
        if number % 3 > 0 {
            writeln!(repayments, "R{number:06},L{number:06},2026-02-{:02},{thousands}00.00", 10 + number % 15).unwrap();
        }
    }
    (0..1000).for_each(|number| writeln!(customers, "C{number},N{number},individual").unwrap());
    let branches = (0..7).fold("branch_id,name\n".to_owned(), |text, number| text + &format!("B{number},N{number}\n"));
    for (table, text) in [("loans", loans), ("customers", customers), ("repayments", repayments), ("branches", branches)] {
        fs::write(inbox.join(table).with_extension("csv"), text).unwrap();
    }
    let bank = folder.join("bank");
    done(&["init", text(&bank)]);
    done(&["import", text(&bank), "--from", text(&inbox)]);
    done(&["day-end", text(&bank), "--date", "2026-03-31"]);
    bank
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The files of the night, by name.
fn night(bank: &Path) -> Vec<(String, Vec<u8>)> {
    let folder = bank.join(format!("snapshots/as_of={NIGHT}"));
    let files = fs::read_dir(folder).expect("the night is there").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.map(|file| (text(&file).rsplit('/').next().unwrap().to_owned(), fs::read(&file).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_cluster_leaves_the_bytes_of_one_machine_though_executor_and_scheduler_are_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let bank = bank(folder.path());
    let snapshot = bank.join(format!("snapshots/as_of={NIGHT}"));
    done(&["day-end", text(&bank), "--date", NIGHT]);
    let expect = night(&bank);
    let same = |what: &str| {
        for (was, is) in expect.iter().zip(night(&bank)) {
            assert!(*was == is, "{what}: {} differs from the night of one machine", was.0);
        }
        fs::remove_dir_all(&snapshot).unwrap();
    };
    same("one machine");

    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let (bind, url) = (port.to_string(), format!("http://{port}"));
    let process = |arguments: &[&str], ready: &str| {
        let process = Process::start(arguments);
        process.says(ready);
        process
    };
    let scheduler = || process(&["cluster", "scheduler", "--bind", &bind], "scheduler listens");
    let executor = || process(&["cluster", "executor", "--scheduler", &url, "--slots", "1"], "works for");
    let on_cluster = ["day-end", text(&bank), "--date", NIGHT, "--cluster", &url];

    let (one, first, second) = (scheduler(), executor(), executor());
    done(&on_cluster);
    same("two executors");

    // One is killed with a shard in its hands; the other breathes again only after that.
    first.forget();
    second.signal("-STOP");
    thread::scope(|scope| {
        let night = scope.spawn(|| done(&on_cluster));
        first.says("shard begun");
        first.signal("-KILL");
        second.signal("-CONT");
        night.join().expect("the night ends");
    });
    same("one executor killed");

    // The scheduler is killed in the middle, and started again knowing nothing.
    second.forget();
    thread::scope(|scope| {
        let night = scope.spawn(|| done(&on_cluster));
        second.says("shard begun");
        drop(one);
        let _again = scheduler();
        night.join().expect("the night ends");
    });
    same("the scheduler killed");
}
