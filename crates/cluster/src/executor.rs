//! An executor: who works on shards.

use crate::address::{Address, Readiness};
use crate::kernel::{Kernel, register};
use crate::run::Stopped;
use crate::{MESSAGE, lines, runtime};
use anyhow::Context;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::{default_config_producer, default_session_builder};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// How long an executor waits for its scheduler at the start.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs an executor until it is stopped. It asks the scheduler for shards, works on `slots` of them at once,
/// and hands what they yield to whoever fetches it from the address it is bound to; port 0 is any
/// free one. Yields wait in a temporary folder of the machine's own.
pub fn executor(scheduler: &Address, bind: SocketAddr, slots: usize, kernel: &Kernel) -> Result<(), Stopped> {
    lines::start();
    if scheduler.wait(Readiness::NoExecutors, PATIENCE) == Readiness::Silent {
        return Err(Stopped::Unreachable);
    }
    let port = free_port(bind)?;
    let place = format!("{}:{port}", bind.ip());
    let folder = tempfile::Builder::new().prefix("postloan-executor-").tempdir().context("a folder for yields")?;
    let mut state = default_session_builder(default_config_producer()).context("a session")?;
    register(&mut state, kernel, &place).context("the kernel")?;
    let config = ExecutorProcessConfig {
        scheduler_host: scheduler.host.clone(),
        scheduler_port: scheduler.port,
        bind_host: bind.ip().to_string(),
        // Bound to every address, it is found under the one the scheduler sees it come from.
        external_host: (!bind.ip().is_unspecified()).then(|| bind.ip().to_string()),
        port,
        grpc_port: port,
        vcores: slots,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(folder.path().display().to_string()),
        grpc_max_decoding_message_size: MESSAGE,
        grpc_max_encoding_message_size: MESSAGE,
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        ..ExecutorProcessConfig::default()
    };
    log::info!("executor {place} works for {scheduler} slots={slots}");
    let ended = runtime()?.block_on(start_executor_process(Arc::new(config)));
    Ok(ended.context("the executor stopped")?)
}

/// Ballista announces the port before it binds it, so a free one is looked up first.
fn free_port(bind: SocketAddr) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(bind).with_context(|| format!("listening on {bind}"))?;
    Ok(listener.local_addr()?.port())
}
