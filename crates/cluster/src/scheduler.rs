//! The scheduler: who knows the executors and gives them shards.

use crate::kernel::{Kernel, register};
use crate::{MESSAGE, lines, runtime};
use anyhow::Context;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Seconds without a word after which an executor is given up and its shards go to others.
const SILENCE: u64 = 15;
/// How often, in seconds, the silent are looked for.
const ROUND: u64 = 5;
/// Seconds a stage waits for an executor when the last one is lost.
const GRACE: u64 = 60;

/// Runs a scheduler until it is stopped. Port 0 is any free one; the first line says which. What it knows
/// of executors and stages is in memory: started again, it knows nothing, and [`crate::run`] asks anew.
pub fn scheduler(bind: SocketAddr, kernel: &Kernel) -> anyhow::Result<()> {
    lines::start();
    runtime()?.block_on(serve(bind, kernel.clone()))
}

async fn serve(bind: SocketAddr, kernel: Kernel) -> anyhow::Result<()> {
    let listener = TcpListener::bind(bind).await.with_context(|| format!("listening on {bind}"))?;
    let address = listener.local_addr()?;
    let config = SchedulerConfig {
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        external_host: address.ip().to_string(),
        // Executors ask for work: they need no second port, and a restarted scheduler learns of them by itself.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: SILENCE,
        expire_dead_executor_interval_seconds: ROUND,
        no_executors_grace_period_seconds: GRACE,
        grpc_server_max_decoding_message_size: MESSAGE,
        grpc_server_max_encoding_message_size: MESSAGE,
        override_session_builder: Some(Arc::new(move |config| {
            let mut state = default_session_builder(config)?;
            register(&mut state, &kernel, "scheduler")?;
            Ok(state)
        })),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    log::info!("scheduler listens on {address}");
    start_grpc_service_with_listener(listener, server).await.context("the scheduler stopped")
}
