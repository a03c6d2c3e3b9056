//! The program as a data centre treats it: killed, started twice, on a full disk, copied away and
//! brought back. Real processes, a small drawn book; after everything that happens to a command, the
//! same command again leaves the same bytes as if nothing had happened.

mod desk;

use sim::population::Scale;
use sim::population::table::{Row, Table};
use sim::random::Random;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use units::Date;

/// What happens to the bank, in order: two deliveries, each with its nights, then a copy and its return.
const COMMANDS: [&str; 6] = [
    "import bank --from first --as-of 2026-09-30",
    "day-end bank --date 2026-09-29 --through 2026-09-30",
    "import bank --from second --as-of 2026-10-31",
    "day-end bank --date 2026-10-30 --through 2026-10-31",
    "backup bank safe",
    "restore safe again",
];

fn postloan(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postloan"));
    command.args(line.split(' ')).current_dir(folder).env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, line: &str) -> Output {
    postloan(folder, line).output().expect("the program starts")
}

/// Runs what must be carried out.
fn carried_out(folder: &Path, line: &str) {
    let output = run(folder, line);
    assert!(output.status.success(), "{line}: {}", said(&output));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The files below a folder with their bytes. A lock's text names a process: nothing rests on it.
fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != ".lock") {
                let bytes = fs::read(&path).expect("a file can be read");
                files.insert(path.strip_prefix(folder).expect("below").to_owned(), bytes);
            }
        }
    }
    files
}

/// What differs between two folders, by name.
fn difference(left: &BTreeMap<PathBuf, Vec<u8>>, right: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<PathBuf> {
    let names = left.keys().chain(right.keys()).filter(|name| left.get(*name) != right.get(*name));
    names.cloned().collect()
}

/// A stage of its own with these files in it.
fn stage(files: &BTreeMap<PathBuf, Vec<u8>>) -> TempDir {
    let stage = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = stage.path().join(name);
        fs::create_dir_all(path.parent().expect("below")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    stage
}

/// What never was disturbed (未受干扰的经过): the files before and after each command, and how long it took.
struct Past {
    files: Vec<BTreeMap<PathBuf, Vec<u8>>>,
    took: Vec<Duration>,
}

impl Past {
    fn live(loans: usize) -> Past {
        let stage = tempfile::tempdir().expect("a folder");
        deliver(stage.path(), loans);
        carried_out(stage.path(), "init bank");
        let mut past = Past { files: vec![bytes_below(stage.path())], took: Vec::new() };
        for line in COMMANDS {
            let start = Instant::now();
            carried_out(stage.path(), line);
            past.took.push(start.elapsed());
            past.files.push(bytes_below(stage.path()));
        }
        past
    }
}

/// The book in two deliveries: everything, but for the repayments of October, which come later.
fn deliver(folder: &Path, loans: usize) {
    let last = Date::parse("2026-09-30").expect("a date");
    let book = sim::population::generate(&Scale::small(loans), 7, Date::parse("2026-10-31").expect("a date"));
    let is_late = |row: Row| Date::parse(row.get("paid_on")).is_ok_and(|day| day > last);
    for delivery in ["first", "second"] {
        fs::create_dir(folder.join(delivery)).expect("a folder");
    }
    let write = |delivery: &str, table: &Table, text: String| {
        fs::write(folder.join(delivery).join(format!("{}.csv", table.name)), text).expect("a file");
    };
    for table in book.tables.iter().filter(|table| !table.is_empty()) {
        match table.name {
            "repayments" => {
                write("first", table, table.csv_of(|row| !is_late(row)));
                write("second", table, table.csv_of(is_late));
            }
            _ => write("first", table, table.csv()),
        }
    }
}

/// Kills commands at moments spread over the time they take; those that were faster this time do no harm
/// as long as they are few.
fn kill(times: u64, seed: u64) {
    let past = Past::live(400);
    let mut killed = 0;
    for time in 0..times {
        let scene = (time % COMMANDS.len() as u64) as usize;
        let (line, before, after) = (COMMANDS[scene], &past.files[scene], &past.files[scene + 1]);
        let stage = stage(before);
        let moment = past.took[scene] * Random::stream(seed, "kill", time).below(1000) as u32 / 1000;
        let mut child = postloan(stage.path(), line).spawn().expect("the program starts");
        thread::sleep(moment);
        child.kill().expect("it can be killed");
        let was_killed = child.wait().expect("it ends").code().is_none();
        killed += u64::from(was_killed);
        let told = format!("seed {seed}, kill {time}: {line} after {moment:?}");
        // Whoever looks between the two finds nothing but leftovers.
        let found = run(stage.path(), "doctor bank --format csv");
        let findings: Vec<String> = said(&found).lines().filter(|line| line.starts_with("bank/")).map(str::to_owned).collect();
        assert!(findings.iter().all(|finding| finding.ends_with(",unfinished,E-WS-11")), "{told}: {findings:#?}");
        let was_done = difference(&bytes_below(stage.path()), after).is_empty();
        let again = run(stage.path(), line);
        assert!(was_done || again.status.success(), "{told}, and again: {}", said(&again));
        let different = difference(&bytes_below(stage.path()), after);
        assert!(different.is_empty(), "{told}: not the same bytes: {different:#?}");
    }
    println!("{times} commands, {killed} killed at work");
    assert!(killed * 4 > times, "only {killed} of {times} were killed at work");
}

#[test]
fn a_killed_command_again_leaves_the_same_bytes() {
    kill(36, 1);
}

/// `cargo xtask kill`.
#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills() {
    kill(200, 2);
}

/// A night series at work, known by the lock it holds.
fn at_work(folder: &Path, line: &str) -> Child {
    let mut child = postloan(folder, line).spawn().expect("the program starts");
    let name = format!("day-end (process {})", child.id());
    while fs::read_to_string(folder.join("bank/.lock")).map_or(true, |lock| lock.trim() != name) {
        assert!(child.try_wait().expect("it can be asked").is_none(), "{line} ended before it began");
        thread::sleep(Duration::from_millis(1));
    }
    child
}

#[test]
fn of_two_nights_one_works_and_a_backup_beside_it_is_whole() {
    let past = Past::live(100);
    let stage = stage(&past.files[1]);
    let folder = stage.path();
    let series = "day-end bank --date 2026-09-10 --through 2026-09-30";
    let mut child = at_work(folder, series);
    let second = run(folder, "day-end bank --date 2026-09-11 --lang en");
    let refused = format!("Refused E-WS-04: The workspace is being written to: day-end (process {}).", child.id());
    assert!(said(&second).contains(&refused) && second.status.code() == Some(1), "{}", said(&second));
    let mut backups = 0;
    while child.try_wait().expect("it can be asked").is_none() {
        carried_out(folder, "backup bank safe");
        backups += 1;
    }
    assert!(child.wait().expect("it ends").success() && backups > 0, "{backups} backups");
    carried_out(folder, "restore safe again");
    fs::copy(folder.join("bank/postloan.keys"), folder.join("again/postloan.keys")).expect("the key is put back");
    carried_out(folder, "doctor again");
    carried_out(folder, &series.replace("bank", "again"));
    let below = |name: &str| bytes_below(&folder.join(name));
    assert_eq!(difference(&below("bank"), &below("again")), Vec::<PathBuf>::new());
}

#[test]
fn a_restored_bank_runs_the_next_night_with_the_same_bytes() {
    let past = Past::live(100);
    let stage = stage(&past.files[2]);
    let folder = stage.path();
    carried_out(folder, "backup bank safe");
    fs::rename(folder.join("bank"), folder.join("lost")).expect("the bank is lost");
    carried_out(folder, "restore safe bank");
    let keyless = run(folder, "day-end bank --date 2026-10-31 --lang en");
    assert!(said(&keyless).contains("E-WS-15"), "a backup does not hold its own key: {}", said(&keyless));
    fs::copy(folder.join("lost/postloan.keys"), folder.join("bank/postloan.keys")).expect("the key is put back");
    COMMANDS[2..4].iter().for_each(|line| carried_out(folder, line));
    let bank = |files: &BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        files.iter().filter(|(name, _)| name.starts_with("bank")).map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
    };
    assert_eq!(difference(&bank(&bytes_below(folder)), &bank(&past.files[4])), Vec::<PathBuf>::new());
}

#[test]
fn everything_derived_is_rebuilt_to_the_byte() {
    let past = Past::live(400);
    let stage = stage(&past.files[4]);
    let derived = |name: &PathBuf| {
        let below = |folder: &str| name.iter().any(|part| part == folder);
        below("identities") || (below("snapshots") && name.extension().is_some_and(|ending| ending == "parquet"))
    };
    let lost: Vec<&PathBuf> = past.files[4].keys().filter(|name| derived(name)).collect();
    lost.iter().for_each(|name| fs::remove_file(stage.path().join(name)).expect("it was there"));
    carried_out(stage.path(), "doctor bank --repair");
    let mut files = bytes_below(stage.path());
    files.retain(|name, _| !name.starts_with("bank/.damaged"));
    assert_eq!(difference(&files, &past.files[4]), Vec::<PathBuf>::new());
    assert!(lost.len() > 40, "only {lost:#?}");
}

#[test]
fn a_full_disk_is_said_and_breaks_nothing() {
    let past = Past::live(400);
    let mut refusals = 0;
    for (scene, line) in COMMANDS.iter().enumerate() {
        for blocks in ["1", "8", "40"] {
            let stage = stage(&past.files[scene]);
            // As on a disk where no file grows beyond so many blocks of 512 bytes.
            let script = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
            let mut limited = Command::new("/bin/sh");
            limited.args(["-c", script, blocks, env!("CARGO_BIN_EXE_postloan")]).args(line.split(' '));
            let output = limited.current_dir(stage.path()).output().expect("a shell starts");
            if !output.status.success() {
                assert!(said(&output).contains("E-WS-09") && output.status.code() == Some(1), "{line}: {}", said(&output));
                refusals += 1;
                carried_out(stage.path(), line);
            }
            let different = difference(&bytes_below(stage.path()), &past.files[scene + 1]);
            assert!(different.is_empty(), "{line} with {blocks} blocks: {different:#?}");
        }
    }
    assert!(refusals >= 12, "only {refusals} commands ran out of room");
}
