//! Many machines: the scheduler, the executors, and the night handed to them.

use crate::command::text;
use app::dayend_run::RunOrder;
use app::night_order::{NotFolded, Worker};
use app::{Failure, Outcome, refused};
use clap::ArgMatches;
use cluster::{Address, Kernel, ShardYield, Stage, Stopped};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::available_parallelism;

/// What every machine of a cluster must run.
pub const PROGRAM: &str = concat!("postloan ", env!("CARGO_PKG_VERSION"));

/// `postloan cluster …`: both run until they are stopped.
pub fn cluster(matches: &ArgMatches) -> Outcome<()> {
    let (name, matches) = matches.subcommand().expect("clap requires a command");
    let bind = text(matches, "bind").expect("has a default");
    let Ok(bind) = bind.parse::<SocketAddr>() else { return not_an_address("--bind", bind) };
    if name == "scheduler" {
        return Ok(cluster::scheduler(bind, &kernel())?);
    }
    let scheduler = address("--scheduler", text(matches, "scheduler").expect("required"))?;
    let cores = available_parallelism().map_or(1, usize::from);
    let slots = matches.get_one::<u16>("slots").map_or(cores, |slots| usize::from(*slots));
    cluster::executor(&scheduler, bind, slots, &kernel()).map_err(|stopped| failure(stopped, &scheduler, Path::new("")))
}

/// The kernel of the night, by the name the cluster knows it.
fn kernel() -> Kernel {
    let worker = Worker::new(PROGRAM);
    Kernel::new("postloan_night", move |order, shard| {
        let folded = worker.fold(order, shard).map_err(|not_folded| not_folded.text())?;
        let bytes = folded.to_bytes().map_err(|fault| NotFolded::from(fault).text())?;
        Ok(ShardYield { rows: folded.loans() as i64, amount: folded.money().fen(), bytes })
    })
}

/// Runs a night's orders on the cluster of this scheduler.
pub fn run_order(url: &str) -> Outcome<Box<RunOrder<'static>>> {
    let scheduler = address("--cluster", url)?;
    Ok(Box::new(move |shared, order, shards, take| {
        let stage = Stage { kernel: &kernel(), order, shards, shared };
        let run = cluster::run(&scheduler, &stage, &mut |given| take(&given.bytes));
        run.map_err(|stopped| failure(stopped, &scheduler, shared))
    }))
}

fn address(option: &'static str, url: &str) -> Outcome<Address> {
    Address::parse(url).map_or_else(|| not_an_address(option, url), Ok)
}

fn not_an_address<T>(option: &str, value: &str) -> Outcome<T> {
    refused("E-CL-01", &[("option", &option), ("value", &value)])
}

fn failure(stopped: Stopped, scheduler: &Address, shared: &Path) -> Failure {
    let refused = match stopped {
        Stopped::Unreachable => refused::<()>("E-CL-02", &[("url", scheduler)]),
        Stopped::NoExecutors => refused("E-CL-03", &[("url", scheduler)]),
        Stopped::NotShared(_) => {
            let workspace = shared.parent().unwrap_or(shared);
            refused("E-CL-04", &[("url", scheduler), ("dir", &workspace.display())])
        }
        Stopped::Refused { shard, place, said } => return NotFolded::failure(&said, shard, &place),
        Stopped::Fault(fault) => return fault.into(),
    };
    refused.expect_err("a refusal")
}
