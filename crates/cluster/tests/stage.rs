//! A stage on a real scheduler and real executors, over loopback.

use cluster::{Address, Kernel, ShardYield, Stage, Stopped, executor, run, scheduler};
use std::net::{SocketAddr, TcpListener};
use std::thread;

/// Each shard yields as many bytes as its number says; shards from the order's number on are refused.
fn kernel() -> Kernel {
    Kernel::new("test_kernel", |order, shard| {
        let end: u32 = order.parse().map_err(|_| format!("no number: {order}"))?;
        assert!(shard != 13, "nobody expected 13");
        if shard >= end { Err(format!("only {end} shards are here")) } else { Ok(given(shard)) }
    })
}

/// One shard yields 40 MB that do not compress, more than an engine's message holds by default.
fn given(shard: u32) -> ShardYield {
    let length = if shard == 3 { 40 << 20 } else { shard as usize };
    let mut noise = 1u64;
    let byte = |_| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (noise >> 56) as u8
    };
    ShardYield { rows: i64::from(shard), amount: -100 * i64::from(shard), bytes: (0..length).map(byte).collect() }
}

fn any_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// A cluster that runs until the test ends.
fn cluster(executors: usize) -> Address {
    let bind = any_port();
    let address = Address::parse(&format!("http://{bind}")).expect("an address");
    thread::spawn(move || scheduler(bind, &kernel()).expect("the scheduler runs"));
    for _ in 0..executors {
        let address = address.clone();
        thread::spawn(move || executor(&address, "127.0.0.1:0".parse().unwrap(), 1, &kernel()).expect("the executor runs"));
    }
    address
}

fn stage(address: &Address, order: &str, shards: u32) -> Result<Vec<ShardYield>, Stopped> {
    let shared = tempfile::Builder::new().prefix("lake [a-z]* ").tempdir().expect("a folder");
    let stage = Stage { kernel: &kernel(), order, shards, shared: shared.path() };
    let mut taken = Vec::new();
    let ended = run(address, &stage, &mut |given| Ok(taken.push(given)));
    assert_eq!(shared.path().read_dir().unwrap().count(), 0, "the shared folder is left as it was");
    ended.map(|()| taken)
}

#[test]
fn every_shard_comes_back_once_and_in_order_however_large() {
    let address = cluster(2);
    let expect: Vec<ShardYield> = (0..12).map(given).collect();
    assert!(stage(&address, "12", 12).expect("a stage") == expect);
    assert_eq!(stage(&address, "12", 0).expect("nothing to do"), []);
}

#[test]
fn what_the_kernel_refuses_reaches_the_one_who_ordered_word_for_word() {
    let address = cluster(1);
    let check = |order: &str, shards: u32, expect: &str| match stage(&address, order, shards) {
        Err(Stopped::Refused { said, place, .. }) => {
            assert!(place.starts_with("127.0.0.1:"), "{place}");
            assert_eq!(said, expect);
        }
        other => panic!("{order}: {other:?}"),
    };
    check("5", 6, "only 5 shards are here");
    check("all", 1, "no number: all");
    check("14", 14, "test_kernel broke off: nobody expected 13");
}

#[test]
fn nobody_there_is_said_at_once() {
    let nowhere = Address::parse(&format!("http://{}", any_port())).expect("an address");
    assert!(matches!(stage(&nowhere, "1", 1), Err(Stopped::Unreachable)));
    let refused = executor(&nowhere, "127.0.0.1:0".parse().unwrap(), 1, &kernel());
    assert!(matches!(refused, Err(Stopped::Unreachable)));
    assert!(matches!(stage(&cluster(0), "1", 1), Err(Stopped::NoExecutors)));
}
