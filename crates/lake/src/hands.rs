//! Several threads at one list of jobs, the results in the order of the list.

use crate::fault::Fault;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

/// How many threads this machine offers.
pub fn offered() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Two threads for two things (双线程); one after the other where there is only one to have.
#[derive(Clone, Copy, Debug)]
pub struct Threads;

impl dayend::Hands for Threads {
    fn both<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        if offered() == 1 {
            return (a(), b());
        }
        thread::scope(|scope| {
            let other = scope.spawn(b);
            let first = a();
            (first, other.join().expect("a panic has been reported"))
        })
    }
}

/// Does the jobs `0..count`, several at a time, and hands each result to `take` in the order of the
/// jobs, on the calling thread. The first fault ends it: of jobs and of `take` alike.
pub fn in_order<T: Send>(
    count: usize,
    job: impl Fn(usize) -> Result<T, Fault> + Sync,
    mut take: impl FnMut(T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let next = AtomicUsize::new(0);
    let threads = offered().min(count);
    thread::scope(|scope| {
        let (send, receive) = sync_channel(threads);
        for _ in 0..threads {
            let (send, next, job) = (send.clone(), &next, &job);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more once a fault ended it.
                    if number >= count || send.send((number, job(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for (number, result) in receive {
            early.insert(number, result?);
            while let Some(result) = early.remove(&wanted) {
                take(result)?;
                wanted += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut taken = Vec::new();
        let late_first = |number: usize| {
            thread::sleep(std::time::Duration::from_millis(if number == 0 { 20 } else { 0 }));
            Ok(number * 2)
        };
        in_order(9, late_first, |result| {
            taken.push(result);
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, (0..9).map(|number| number * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_fault_ends_it() {
        let job = |number: usize| if number == 3 { Err(anyhow::anyhow!("three")) } else { Ok(number) };
        assert_eq!(in_order(100, job, |_| Ok(())).unwrap_err().to_string(), "three");
        let stop = |number: usize| if number == 2 { Err(anyhow::anyhow!("two")) } else { Ok(()) };
        assert_eq!(in_order(100, Ok, stop).unwrap_err().to_string(), "two");
    }
}
