//! The same work on many machines (集群), by Apache DataFusion Ballista.
//!
//! Work is cut into numbered shards; a [`Kernel`] is what becomes of one shard under an order. The
//! scheduler hands shards to executors, each executor runs the kernel, and [`run`] brings the yields
//! back in the order of their numbers. The kernel travels by name: scheduler, executors and the one
//! who asks are one program, which registers it by one function. Invariants: a shard counts once,
//! however many machines began it; no yield is taken without its control total; nothing is known of
//! loans; an order that was lost is given again for the shards still missing, a bounded number of times.
//!
//! Reading order: [`kernel`], [`run`], [`scheduler`], [`executor`], [`address`], [`lines`].

pub mod address;
pub mod executor;
pub mod kernel;
pub mod lines;
pub mod run;
pub mod scheduler;

pub use address::Address;
pub use executor::executor;
pub use kernel::{Kernel, ShardYield};
pub use run::{Stage, Stopped, run};
pub use scheduler::scheduler;

use anyhow::Context;
use tokio::runtime::Runtime;

/// Deep plans in an unoptimised build need room on the stack.
const STACK: usize = 32 << 20;

/// The largest yield of a shard that travels in one message; Ballista's own bound is 16 MiB.
const MESSAGE: u32 = 1 << 30;

fn runtime() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_stack_size(STACK).build().context("starting threads")
}
