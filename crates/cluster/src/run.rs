//! One stage: every shard worked on once, somewhere, and its yield brought back.
//!
//! The numbers of the shards lie as a table on the shared path, one file each, so that each is a
//! partition and a task of its own: Ballista sends neither a table in memory nor a leaf of our own
//! reliably. The query is `SELECT shard, kernel(shard, order)`; yields stay with their executors until
//! all are done and are fetched from there. Whatever is lost on the way, with its executor, its job or its scheduler,
//! is asked for again; what has arrived is kept.

use crate::address::{Address, Readiness};
use crate::kernel::{Kernel, Reply, ShardYield, register, replies};
use crate::{MESSAGE, runtime};
use anyhow::{Context, anyhow};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::config::{BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK};
use datafusion::arrow::array::{Int32Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::SessionStateBuilder;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext, col, lit};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A stage to run (作业): the kernel over shards `0..shards` under one order.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    pub kernel: &'a Kernel,
    pub order: &'a str,
    pub shards: u32,
    /// A folder that the scheduler and every executor see under the same path; what is made there is removed.
    pub shared: &'a Path,
}

/// Why a stage did not end (作业中止).
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error("no scheduler answers")]
    Unreachable,
    #[error("the scheduler knows no executor")]
    NoExecutors,
    #[error("the scheduler or an executor does not see the shared folder")]
    NotShared(#[source] anyhow::Error),
    /// The kernel would not, in its own words.
    #[error("shard {shard} on executor {place}: {said}")]
    Refused { shard: u32, place: String, said: String },
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// How often what is missing is asked for.
const TRIES: u32 = 4;
/// How long executors have to report before the first try, and a scheduler to come back before another.
const AT_FIRST: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_secs(60);

/// Runs a stage and hands over what its shards yield, in the order of their numbers. Nothing comes before the
/// last shard is done; what has been handed over is not asked for again.
pub fn run(scheduler: &Address, stage: &Stage, take: &mut dyn FnMut(ShardYield) -> anyhow::Result<()>) -> Result<(), Stopped> {
    let runtime = runtime()?;
    let folder = stage.shared.join("shards");
    let mut arrivals = Arrivals { seen: vec![false; stage.shards as usize], early: BTreeMap::new(), next: 0, take };
    let (mut patience, mut lost) = (AT_FIRST, anyhow!("shards did not come back"));
    for _ in 0..TRIES {
        let missing = arrivals.missing();
        if missing.is_empty() {
            return Ok(());
        }
        match scheduler.wait(Readiness::Ready, patience) {
            Readiness::Ready => {}
            Readiness::Silent => return Err(Stopped::Unreachable),
            Readiness::NoExecutors => return Err(Stopped::NoExecutors),
        }
        write_shards(&folder, &missing)?;
        let asked = runtime.block_on(ask(scheduler, stage, &folder, missing.len(), &mut arrivals));
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
        match asked {
            Ok(()) => {}
            Err(Lost::Stage(stopped)) => return Err(stopped),
            Err(Lost::Job(error)) if format!("{error:#}").contains(&folder.display().to_string()) => {
                return Err(Stopped::NotShared(error));
            }
            Err(Lost::Job(error)) => lost = error,
        }
        patience = AGAIN;
    }
    match arrivals.missing().len() {
        0 => Ok(()),
        missing => Err(lost.context(format!("{missing} shards are missing after {TRIES} tries")).into()),
    }
}

/// What went wrong: this job, which may be tried again, or the stage.
enum Lost {
    Job(anyhow::Error),
    Stage(Stopped),
}

impl<E: Into<anyhow::Error>> From<E> for Lost {
    fn from(error: E) -> Lost {
        Lost::Job(error.into())
    }
}

/// A job for the missing shards; every reply is handed on as it is read.
async fn ask(
    scheduler: &Address,
    stage: &Stage<'_>,
    folder: &Path,
    missing: usize,
    arrivals: &mut Arrivals<'_>,
) -> Result<(), Lost> {
    let context = context(scheduler, stage.kernel, missing).await?;
    let schema = schema();
    let options = ParquetReadOptions::default().schema(&schema);
    // An address: brackets and stars in a folder's name are no patterns.
    let place = Url::from_directory_path(folder).map_err(|()| anyhow!("{} is not absolute", folder.display()))?;
    let table = context.read_parquet(place.to_string(), options).await?;
    let kernel = stage.kernel.function("client").call(vec![col("shard"), lit(stage.order)]);
    let mut stream = table.select(vec![col("shard"), kernel])?.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        for reply in replies(&batch?) {
            arrivals.accept(reply).map_err(Lost::Stage)?;
        }
    }
    Ok(())
}

/// What has come back (到达情况).
struct Arrivals<'a> {
    seen: Vec<bool>,
    /// Waiting for a lower number.
    early: BTreeMap<u32, ShardYield>,
    next: u32,
    take: &'a mut dyn FnMut(ShardYield) -> anyhow::Result<()>,
}

impl Arrivals<'_> {
    fn missing(&self) -> Vec<u32> {
        (0..).zip(&self.seen).filter(|(_, seen)| !**seen).map(|(shard, _)| shard).collect()
    }

    /// Takes a reply that is whole, asked for, and the first of its shard.
    fn accept(&mut self, reply: Reply) -> Result<(), Stopped> {
        let whole = reply.is_whole();
        let Reply { shard, place, said, .. } = reply;
        match self.seen.get(shard as usize) {
            _ if !whole => return Err(anyhow!("shard {shard} from executor {place} is not what was sent: its digest differs").into()),
            None => return Err(anyhow!("executor {place} sent shard {shard}, which nobody asked for").into()),
            Some(true) => return Err(anyhow!("shard {shard} came twice, again from executor {place}").into()),
            Some(false) => {}
        }
        let given = said.map_err(|said| Stopped::Refused { shard, place, said })?;
        self.seen[shard as usize] = true;
        self.early.insert(shard, given);
        while let Some(given) = self.early.remove(&self.next) {
            (self.take)(given)?;
            self.next += 1;
        }
        Ok(())
    }
}

async fn context(scheduler: &Address, kernel: &Kernel, partitions: usize) -> datafusion::error::Result<SessionContext> {
    let config = SessionConfig::new_with_ballista()
        .with_target_partitions(partitions)
        .with_collect_statistics(false)
        .with_round_robin_repartition(false)
        .with_ballista_grpc_client_max_message_size(MESSAGE as usize)
        // One shard per task: a lost executor costs the shards it was at, and nobody waits for a neighbour's.
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
        .set_usize(BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, 5);
    let state = SessionStateBuilder::new_with_default_features().with_config(config).build();
    let mut context = SessionContext::remote_with_state(&scheduler.to_string(), state).await?;
    // Registered on what comes back: `remote_with_state` drops the functions of the state it is given.
    register(&mut context, kernel, "client")?;
    Ok(context)
}

fn schema() -> Schema {
    Schema::new(vec![Field::new("shard", DataType::Int32, false)])
}

/// The table of shard numbers, one file each.
fn write_shards(folder: &Path, shards: &[u32]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let schema = Arc::new(schema());
    for shard in shards {
        let file = File::create(folder.join(format!("{shard:06}.parquet")))?;
        let number = Int32Array::from(vec![shard.cast_signed()]);
        let mut writer = ArrowWriter::try_new(file, schema.clone(), None)?;
        writer.write(&RecordBatch::try_new(schema.clone(), vec![Arc::new(number)])?)?;
        writer.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_counts_once_and_in_its_turn() {
        let check = |replies: &[(u32, bool)], expect: &str| {
            let mut taken = String::new();
            let mut take = |given: ShardYield| Ok(taken += &given.rows.to_string());
            let mut arrivals = Arrivals { seen: vec![false; 3], early: BTreeMap::new(), next: 0, take: &mut take };
            let mut accept = |&(shard, whole): &(u32, bool)| arrivals.accept(Reply::sample(shard, whole));
            let stopped = replies.iter().find_map(|reply| accept(reply).err()).map(|stopped| format!(": {stopped}"));
            let missing = arrivals.missing();
            assert_eq!(format!("{taken} {missing:?}{}", stopped.unwrap_or_default()), expect);
        };
        check(&[(0, true), (1, true), (2, true)], "012 []");
        check(&[(2, true), (0, true)], "0 [1]");
        check(&[(2, true), (1, true), (0, true)], "012 []");
        check(&[(1, true), (1, true)], " [0, 2]: shard 1 came twice, again from executor here");
        check(&[(0, true), (3, true)], "0 [1, 2]: executor here sent shard 3, which nobody asked for");
        check(&[(0, false)], " [0, 1, 2]: shard 0 from executor here is not what was sent: its digest differs");
    }
}
