//! Where a night's time goes: `cargo run --release --example night_speed -- WORKSPACE DATE`.
//!
//! Prints the clock and the CPU time of each part of one night and writes nothing that stays.

use dayend::Rules;
use lake::dossier::{Columns, Reading, Shelf};
use lake::night::NightRequest;
use lake::snapshot::{self, write::Staged};
use lake::{Fault, Workspace};
use std::path::PathBuf;
use std::time::Instant;
use units::Date;

fn main() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(date)) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        anyhow::bail!("usage: night_speed WORKSPACE DATE");
    };
    let (lake, date) = (Workspace::open(dir)?, Date::parse(&date)?);
    let pack = policy::Pack::embedded("cn-bank").expect("an embedded pack");
    let rules = Rules::compile(&pack, date).expect("the embedded pack compiles");
    let before = snapshot::nights(&lake)?.into_iter().rfind(|night| night.business_date < date);
    let request =
        NightRequest { business_date: date, known_on: date, carried_from: before.as_ref(), only: None, traced: None };
    let ground = timed("ground", || lake::night::Ground::read(&lake, &request))?;
    let shelf = Shelf::open(&lake)?;
    let shards = shelf.shards(lake::night::SHARD_LOANS);
    let decode = |number: usize| {
        let reading = Reading {
            known_on: Some(date),
            shard: shards[number].clone(),
            columns: Columns::Night,
            ..Reading::default()
        };
        shelf.merge(&reading)?.map(|chunk| Ok(chunk?.loans.num_rows())).sum::<Result<usize, Fault>>()
    };
    let mut loans = 0;
    timed("only decode", || {
        lake::hands::in_order(shards.len(), decode, |count| {
            loans += count;
            Ok(())
        })
    })?;
    drop(ground);
    let (input, _) = timed("read and fold", || lake::night::read(&lake, &request, &rules, &mut |_| {}))?;
    let plan = timed("plan", || dayend::plan_by(&lake::hands::Threads, &input, &rules));
    let violations = timed("check", || dayend::check(&input, &plan));
    let lock = lake.lock("night_speed")?;
    let staged = timed("write", || Staged::build(&lake, &lock, &input, &plan))?;
    println!("{loans} loans decoded, {} folded, {} violations, peak {} MB", input.loans.len(), violations.len(), peak_mb());
    staged.discard()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (start, cpu) = (Instant::now(), cpu_ms());
    let result = work();
    println!("{what:>16} {:>7} ms by the clock {:>7} ms of CPU", start.elapsed().as_millis(), cpu_ms() - cpu);
    result
}

/// User and system time of this process, in hundredths as the kernel counts.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1000
}
