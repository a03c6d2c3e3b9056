//! The rules alone, over columns in memory: nanoseconds for one event, one loan, one row.
//!
//! Each kernel passes over its data until a hundredth of a second has gone by, and that several
//! times; the middle time counts.

mod ledger;
mod loans;
mod tables;

use anyhow::Result;
use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Long enough that the clock's own grain does not matter.
const PASSES_LAST: Duration = Duration::from_millis(10);

/// What one pass of a kernel took (内核耗时).
#[derive(Clone, Debug)]
pub struct Kernel {
    name: String,
    /// What the time is counted by.
    each: &'static str,
    count: usize,
    pub pass: Duration,
}

/// Every kernel's time.
pub struct Kernels {
    pub list: Vec<Kernel>,
    /// One repayment dated back on a loan of 2,400 events, and the loan followed anew.
    pub back_dated: Duration,
    /// The transitions of every loan over 24 months.
    pub migration: Duration,
}

impl Kernel {
    /// `work` passes once over `count` things and returns something that depends on all of them.
    fn time<T>(
        name: impl Into<String>,
        each: &'static str,
        count: usize,
        runs: usize,
        mut work: impl FnMut() -> T,
    ) -> Kernel {
        black_box(work());
        let mut passes: Vec<Duration> = (0..runs.max(1)).map(|_| pass(&mut work)).collect();
        passes.sort();
        Kernel { name: name.into(), each, count, pass: passes[passes.len() / 2] }
    }
}

/// The mean of as many passes as fill the time.
fn pass<T>(work: &mut impl FnMut() -> T) -> Duration {
    let (start, mut passes) = (Instant::now(), 0);
    while passes == 0 || start.elapsed() < PASSES_LAST {
        black_box(work());
        passes += 1;
    }
    start.elapsed() / passes
}

/// A row of the table of kernels.
impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.pass.as_nanos() as f64 / self.count as f64;
        write!(
            f,
            "| {} | {each:.1} ns per {} | {:.3} ms for {} |",
            self.name,
            self.each,
            self.pass.as_secs_f64() * 1e3,
            self.count
        )
    }
}

/// Measures every kernel; books and tables hold so many loans, or fewer where that tells as much.
pub fn measure(runs: usize, loans: u32) -> Result<Kernels> {
    let mut list = loans::kernels(runs, loans);
    let back_dated = loans::back_dated(runs);
    let migration = tables::migration(runs, loans);
    let (back_dated_pass, migration_pass) = (back_dated.pass, migration.pass);
    list.push(back_dated);
    list.extend(tables::metrics(runs, loans));
    list.push(migration);
    list.extend(ledger::merges(runs, loans)?);
    Ok(Kernels { list, back_dated: back_dated_pass, migration: migration_pass })
}

pub fn print(kernels: &Kernels) {
    println!("| kernel | each | a pass |\n|---|---:|---:|");
    kernels.list.iter().for_each(|kernel| println!("{kernel}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_shared_out_among_what_it_passed() {
        let kernel =
            Kernel { name: "positions".to_owned(), each: "event", count: 4_000, pass: Duration::from_micros(50) };
        assert_eq!(kernel.to_string(), "| positions | 12.5 ns per event | 0.050 ms for 4000 |");
    }

    #[test]
    fn every_pass_is_counted_and_the_first_only_warms() {
        let mut calls = 0;
        let kernel = Kernel::time("sleep", "call", 1, 3, || {
            calls += 1;
            std::thread::sleep(PASSES_LAST);
        });
        assert_eq!(calls, 4);
        assert!(kernel.pass >= PASSES_LAST, "{:?}", kernel.pass);
    }
}
