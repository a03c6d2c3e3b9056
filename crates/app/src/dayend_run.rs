//! Running nights: read, plan, check, write.

use crate::failure::{Outcome, refused};
use crate::night_order::{NightOrder, SHARD_LOANS};
use crate::workspace::{Open, PackText, refused_pack};
use anyhow::{Context, anyhow};
use dayend::{NightInput, NightPlan, Rules};
use lake::hands::Threads;
use lake::night::{FoldedShard, Gathering, Ground, NightRequest};
use lake::snapshot::{self, Place, Run, read::Night, write::Staged};
use lake::{Fault, WriteLock, batch};
use policy::Pack;
use std::path::{Path, absolute};
use units::Date;

/// One night to run.
#[derive(Clone, Copy, Debug)]
pub struct NightWanted {
    pub business_date: Date,
    /// Facts known up to this day; the business date itself unless asked otherwise.
    pub known_on: Option<Date>,
    pub writing: Writing,
}

/// Whether a plan is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    Keep,
    DryRun,
}

/// Who folds the shards of a night (计算方).
#[derive(Clone, Copy)]
pub enum FoldedBy<'a> {
    ThisMachine,
    Cluster(Cluster<'a>),
}

/// Machines that see the same workspace (集群).
#[derive(Clone, Copy)]
pub struct Cluster<'a> {
    /// Name and version of this program.
    pub program: &'a str,
    pub pack: &'a PackText,
    pub run: &'a RunOrder<'a>,
}

/// Runs an order over so many shards, with a folder every machine sees for its own use, and hands over
/// what they fold to, as bytes, in order.
pub type RunOrder<'a> = dyn Fn(&Path, &str, u32, &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Outcome<()> + 'a;

/// What became of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightKept {
    Written,
    /// The same night was there already, to the byte.
    Already,
    NotKept,
}

/// A night that ran (日终结果).
#[derive(Debug)]
pub struct NightRun {
    pub input: NightInput,
    pub plan: NightPlan,
    pub kept: NightKept,
}

/// Runs one night. With the same batches and rules a second run changes nothing; with others it is
/// refused, because what a night said stays said. `--known-on` computes it anew beside the series.
pub fn dayend_run(
    open: &Open,
    lock: &WriteLock,
    pack: &Pack,
    wanted: &NightWanted,
    folded_by: FoldedBy,
    progress: &mut dyn FnMut(u64),
) -> Outcome<NightRun> {
    let (date, known_on) = (wanted.business_date, wanted.known_on.unwrap_or(wanted.business_date));
    if known_on < date {
        return refused("E-DE-04", &[("known_on", &known_on), ("date", &date)]);
    }
    let (input, plan) = night_plan(open, pack, date, known_on, folded_by, progress)?;
    let kept = match wanted.writing {
        Writing::DryRun => NightKept::NotKept,
        Writing::Keep => {
            let place = if wanted.known_on.is_some() { Place::Restated } else { Place::Series };
            keep(open, lock, place, &input, &plan)?
        }
    };
    Ok(NightRun { input, plan, kept })
}

/// Reads and plans one night and proves the plan; nothing is written.
pub fn night_plan(
    open: &Open,
    pack: &Pack,
    date: Date,
    known_on: Date,
    folded_by: FoldedBy,
    progress: &mut dyn FnMut(u64),
) -> Outcome<(NightInput, NightPlan)> {
    night_plan_by(open, &rules_of(pack, date)?, date, known_on, folded_by, progress)
}

/// The same by rules that may be those of another day.
pub fn night_plan_by(
    open: &Open,
    rules: &Rules,
    date: Date,
    known_on: Date,
    folded_by: FoldedBy,
    progress: &mut dyn FnMut(u64),
) -> Outcome<(NightInput, NightPlan)> {
    let batches = batch::list(&open.lake)?;
    if batches.is_empty() {
        return refused("E-DE-01", &[]);
    }
    let before = night_before(open, date)?;
    // What the night builds on is what was written, or no night is built.
    for batch in &batches {
        batch.check(|file| file.ends_with(".parquet"))?;
    }
    before.as_ref().map_or(Ok(()), Night::check_carried)?;
    let request = NightRequest { business_date: date, known_on, carried_from: before.as_ref(), only: None, traced: None };
    let input = match folded_by {
        FoldedBy::ThisMachine => lake::night::read(&open.lake, &request, rules, progress)?.0,
        FoldedBy::Cluster(cluster) => read_by_cluster(open, &request, rules, cluster, progress)?,
    };
    if input.loans.is_empty() {
        return refused("E-DE-05", &[("date", &date)]);
    }
    let plan = dayend::plan_by(&Threads, &input, rules);
    let violations = dayend::check(&input, &plan);
    if !violations.is_empty() {
        let shown: Vec<String> = violations.iter().take(10).map(ToString::to_string).collect();
        let count = violations.len();
        return Err(anyhow!("the plan of {date} breaks {count} invariants, nothing was written:\n{}", shown.join("\n")).into());
    }
    Ok((input, plan))
}

/// The night's input, its shards folded by other machines.
fn read_by_cluster(
    open: &Open,
    request: &NightRequest,
    rules: &Rules,
    cluster: Cluster,
    progress: &mut dyn FnMut(u64),
) -> Outcome<NightInput> {
    let ground = Ground::read(&open.lake, request)?;
    let shards = ground.shards(SHARD_LOANS).len() as u32;
    let order = NightOrder::new(open, cluster.program, cluster.pack, request)?.text();
    let shared = absolute(open.lake.staging()).context("the workspace's path")?;
    let (mut gathering, mut loans) = (Gathering::new(rules), 0);
    (cluster.run)(&shared, &order, shards, &mut |bytes| {
        let shard = FoldedShard::from_bytes(bytes)?;
        loans += shard.loans();
        progress(loans);
        gathering.take(shard)
    })?;
    Ok(ground.finish(gathering, request)?.0)
}

/// What the pack says on a date.
pub fn rules_of(pack: &Pack, date: Date) -> Outcome<Rules<'_>> {
    Rules::compile(pack, date).or_else(|problems| refused_pack(&pack.name(), &problems))
}

/// The latest night before a date.
pub fn night_before(open: &Open, date: Date) -> Outcome<Option<Night>> {
    let nights = snapshot::nights(&open.lake)?;
    Ok(nights.into_iter().rfind(|night| night.business_date < date))
}

fn keep(open: &Open, lock: &WriteLock, place: Place, input: &NightInput, plan: &NightPlan) -> Outcome<NightKept> {
    let staged = Staged::build(&open.lake, lock, input, plan)?;
    let folder = snapshot::write::folder(&open.lake, place, plan.business_date, plan.known_on);
    if !folder.exists() {
        staged.put(&folder)?;
        return Ok(NightKept::Written);
    }
    if Run::read(&folder)?.says_the_same(&staged.run) {
        staged.discard()?;
        return Ok(NightKept::Already);
    }
    match place {
        Place::Series => {
            staged.discard()?;
            refused("E-DE-03", &[("date", &plan.business_date)])
        }
        Place::Restated => {
            staged.replace(&folder)?;
            Ok(NightKept::Written)
        }
    }
}

/// Every day from one date through another; refused when they are the wrong way round.
pub fn days_through(date: Date, through: Option<Date>) -> Outcome<Vec<Date>> {
    let through = through.unwrap_or(date);
    if through < date {
        return refused("E-DE-02", &[("through", &through), ("date", &date)]);
    }
    Ok((date.day_number()..=through.day_number()).map(Date::new).collect())
}
