//! The walk: one bank from its first import to questions about one loan, a process per step, beside
//! the baselines and the floor of decoding the same files.
//!
//! A step is measured several times, each time in a fork of the same bank, so that nothing of an
//! earlier run is there to be found again.

use crate::bank::{Scratch, built, bytes_of, clear, fork, postloan};
use crate::baselines::{self, BASELINES, Python};
use crate::gauge::{Measured, measure};
use crate::sheet::Format;
use crate::targets::{Limit, Target};
use crate::{Wanted, files, kernels, machine};
use anyhow::{Context, Result};
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use units::Date;

/// What a night folds, and what the baselines read.
const FLAT: [&str; 3] = ["loans", "instalments", "repayments"];

/// The question of a dashboard (看板), and the columns it needs.
const DASHBOARD: &str =
    "SELECT bucket, count(*) AS loans, sum(principal_outstanding) AS outstanding FROM loan_states GROUP BY bucket";
const DASHBOARD_COLUMNS: [&str; 2] = ["bucket", "principal_outstanding"];

/// What a query reads besides the columns: footers, the configuration, the process's own beginnings.
const BESIDES: u64 = 2_000_000;

/// One run of the bench.
struct Walk<'w> {
    wanted: &'w Wanted,
    scratch: Scratch,
    book: PathBuf,
    date: Date,
    targets: Vec<Target>,
}

/// Walks through every step and prints what each needed, then the targets.
pub fn run(wanted: &Wanted) -> Result<()> {
    println!("{}\n", machine::describe());
    let scratch = Scratch::new("run")?;
    let drawn = scratch.at("book");
    let book = wanted.folder.clone().unwrap_or(drawn);
    let mut walk = Walk { wanted, scratch, book, date: wanted.business_date, targets: Vec::new() };
    if wanted.folder.is_none() {
        println!("The book: {}.\n", files::write(&walk.book, wanted, Format::Parquet)?);
    }
    println!(
        "| step | runs | seconds (fastest–slowest) | CPU seconds | peak MB | read MB |\n|---|---:|---:|---:|---:|---:|"
    );
    let flat = walk.decode_flat()?;
    walk.imports(&flat)?;
    walk.baselines()?;
    let night = walk.nights(&flat)?;
    walk.next_day(&night)?;
    walk.questions()?;
    walk.linearity(&night)?;
    println!();
    walk.kernels()?;
    println!("\n| target | asked | measured | met |\n|---|---:|---:|---|");
    walk.targets.iter().for_each(|target| println!("{target}"));
    Ok(())
}

fn snapshot(bank: &Path, date: Date) -> PathBuf {
    bank.join("snapshots").join(format!("as_of={date}"))
}

fn day_end(bank: &Path, date: Date, words: &[&str]) -> Result<Command> {
    let date = date.to_string();
    postloan("day-end", bank, &[&["--date", date.as_str()], words].concat())
}

impl Walk<'_> {
    /// Measures a step; `ready` makes everything ready and gives the command, which alone is measured.
    fn step(&self, name: &str, runs: usize, mut ready: impl FnMut() -> Result<Command>) -> Result<Measured> {
        let mut measured = Measured::default();
        for _ in 0..runs {
            measured.runs.push(measure(&mut ready()?).with_context(|| name.to_owned())?);
        }
        println!("{}", line(name, &measured));
        Ok(measured)
    }

    /// Runs for a step that takes long.
    fn few(&self) -> usize {
        if self.is_large() { 1 } else { self.wanted.runs.min(3) }
    }

    /// A book of several deliveries is imported once and not compared: baselines and CSV would need
    /// more memory and disk than a bench may take.
    fn is_large(&self) -> bool {
        self.wanted.loans > files::DELIVERY
    }

    fn must(&mut self, what: impl Into<String>, limit: Limit, measured: f64, unit: &'static str) {
        self.targets.push(Target::new(what, limit, measured, unit));
    }

    /// The bank with its history imported.
    fn bank(&self) -> PathBuf {
        self.scratch.at("bank")
    }

    /// The same after its first night.
    fn evening(&self) -> PathBuf {
        self.scratch.at("evening")
    }

    /// The same after the next day's night.
    fn morning(&self) -> PathBuf {
        self.scratch.at("morning")
    }

    fn decode_flat(&self) -> Result<Measured> {
        let folders = files::deliveries(&self.book, self.wanted.loans);
        let paths = folders.iter().flat_map(|(folder, _)| FLAT.map(|name| folder.join(format!("{name}.parquet"))));
        let paths: Vec<PathBuf> = paths.collect();
        self.step("decode the three flat files", self.wanted.runs, || {
            let mut command = built("bench")?;
            command.arg("decode").args(&paths);
            Ok(command)
        })
    }

    fn imports(&mut self, flat: &Measured) -> Result<()> {
        let seconds = self.import("import", &self.book, &self.bank())?;
        self.must("import from Parquet ÷ decoding it", Limit::AtMost(3.0), seconds.wall / flat.seconds(), " ×");
        if self.is_large() {
            return Ok(());
        }
        let (book, bank) = (self.scratch.at("book-csv"), self.scratch.at("bank-csv"));
        files::write(&book, self.wanted, Format::Csv)?;
        let names = ["branches", "officers", "customers"].into_iter().chain(FLAT);
        let bytes = bytes_of(&names.map(|name| book.join(format!("{name}.csv"))).collect::<Vec<_>>())?;
        let seconds = self.import("import from CSV", &book, &bank)?;
        self.must("import from CSV, a core", Limit::AtLeast(150.0), bytes as f64 / 1e6 / seconds.cpu, " MB/s");
        clear(&book)?;
        clear(&bank)
    }

    /// Imports a book delivery by delivery; the seconds of all of them.
    fn import(&self, name: &str, book: &Path, bank: &Path) -> Result<Seconds> {
        let deliveries = files::deliveries(book, self.wanted.loans);
        let (before, count) = (self.scratch.at("before"), deliveries.len());
        clear(bank)?;
        measure(&mut postloan("init", bank, &[])?)?;
        let mut seconds = Seconds::default();
        for (number, (folder, _)) in (1..).zip(&deliveries) {
            fork(bank, &before)?;
            let name = if count == 1 { name.to_owned() } else { format!("{name}, delivery {number} of {count}") };
            let measured = self.step(&name, self.few(), || {
                fork(&before, bank)?;
                postloan("import", bank, &["--from", &folder.display().to_string()])
            })?;
            seconds.wall += measured.seconds();
            seconds.cpu += measured.cpu_seconds();
        }
        clear(&before)?;
        Ok(seconds)
    }

    /// Our night and theirs under the rules of the comparison; no time counts before the loans agree.
    fn baselines(&mut self) -> Result<()> {
        if !self.wanted.baselines || self.is_large() {
            return Ok(());
        }
        let (python, ours, out) = (Python::ready()?, self.scratch.at("ours"), self.scratch.at("theirs"));
        let rules = baselines::rules().display().to_string();
        let night = self.step("the night by the rules of the comparison", self.wanted.runs, || {
            fork(&self.bank(), &ours)?;
            day_end(&ours, self.date, &["--pack", &rules])
        })?;
        for ((name, script), faster) in BASELINES.into_iter().zip([25.0, 15.0]) {
            let theirs = self.step(&format!("the same night by {name}"), self.few(), || {
                clear(&out)?;
                python.night(script, &self.book, self.date, &out)
            })?;
            let agreed =
                python.compare(&snapshot(&ours, self.date), &out).with_context(|| format!("comparing with {name}"))?;
            println!("| {name}: {agreed} | | | | | |");
            self.must(format!("{name} ÷ our night"), Limit::AtLeast(faster), theirs.seconds() / night.seconds(), " ×");
            let memory = theirs.peak_bytes() as f64 / night.peak_bytes() as f64;
            self.must(format!("memory of {name} ÷ ours"), Limit::AtLeast(8.0), memory, " ×");
        }
        clear(&out)?;
        clear(&ours)
    }

    /// The first night of the book, by the rules of banks.
    fn nights(&mut self, flat: &Measured) -> Result<Measured> {
        let lake = self.step("decode what a night reads of the lake", self.wanted.runs, || {
            let mut command = built("bench")?;
            command.arg("decode-lake").arg(self.bank());
            Ok(command)
        })?;
        let evening = self.evening();
        let night = self.step("day-end, the whole book", self.wanted.runs, || {
            fork(&self.bank(), &evening)?;
            day_end(&evening, self.date, &[])
        })?;
        self.must("night ÷ decoding what it reads", Limit::AtMost(1.5), night.seconds() / lake.seconds(), " ×");
        self.must("night ÷ decoding the flat files", Limit::AtMost(1.0), night.seconds() / flat.seconds(), " ×");
        if self.is_large() {
            let within = Limit::AtMost(6_000.0 * f64::from(self.wanted.loans) / 1e7);
            self.must("memory of a night, 6 GB for 10 M loans", within, night.peak_bytes() as f64 / 1e6, " MB");
        }
        Ok(night)
    }

    /// One day's repayments and the night after them.
    fn next_day(&mut self, night: &Measured) -> Result<()> {
        let (paid, paid_in, both) = (self.scratch.at("paid"), self.scratch.at("paid-in"), self.scratch.at("both"));
        let (runs, morning, tomorrow) = (self.wanted.runs, self.morning(), self.date.next());
        let payments = files::write_day(&paid, self.wanted, tomorrow)?;
        let (from, as_of) = (paid.display().to_string(), tomorrow.to_string());
        let import = |bank: &Path| postloan("import", bank, &["--from", &from, "--as-of", &as_of]);
        self.step(&format!("import, one day's {payments} repayments"), runs, || {
            fork(&self.evening(), &paid_in)?;
            import(&paid_in)
        })?;
        let next = self.step("day-end, the next day", runs, || {
            fork(&paid_in, &morning)?;
            day_end(&morning, tomorrow, &[])
        })?;
        self.must("next day's night ÷ the first", Limit::AtMost(0.1), next.seconds() / night.seconds(), " ×");
        self.step("day-end, two nights in one process", self.few(), || {
            fork(&self.bank(), &both)?;
            measure(&mut import(&both)?)?;
            day_end(&both, self.date, &["--through", &as_of])
        })?;
        [paid, paid_in, both].iter().try_for_each(|folder| clear(folder))
    }

    /// What people ask of two nights.
    fn questions(&mut self) -> Result<()> {
        let (bank, runs, date) = (self.morning(), self.wanted.runs, self.date.next().to_string());
        let ask = |name: &str, command: &str, words: &[&str]| self.step(name, runs, || postloan(command, &bank, words));
        let loan = files::loan_id(self.wanted.loans / 2);
        let explain = ask("explain, one loan", "explain", &["--date", &date, "--loan", &loan])?;
        let metrics = ask("metrics --by branch,product", "metrics", &["--date", &date, "--by", "branch,product"])?;
        let migration = ask("migration between the two nights", "migration", &["--date", &date])?;
        ask("status", "status", &[])?;
        let dashboard = ask("query, loans and balance by bucket", "query", &[DASHBOARD])?;
        ask(
            "query, every column",
            "query",
            &["SELECT * FROM loan_states", "--format", "parquet", "--output", "/dev/null"],
        )?;
        let nights = [self.date, self.date.next()].map(|date| snapshot(&bank, date).join("loan_states.parquet"));
        let (needed, whole) = (column_bytes(&nights, &DASHBOARD_COLUMNS)?, bytes_of(&nights)?);
        println!("| the columns by bucket hold {:.1} MB of {:.1} | | | | | |", needed as f64 / 1e6, whole as f64 / 1e6);
        self.must("explain one loan", Limit::AtMost(50.0), explain.seconds() * 1e3, " ms");
        self.must("metrics by two dimensions", Limit::AtMost(300.0), metrics.seconds() * 1e3, " ms");
        self.must("migration between two nights", Limit::AtMost(2.0), migration.seconds(), " s");
        let limit = Limit::AtMost((needed + BESIDES) as f64 / 1e6);
        self.must("read for a question of two columns", limit, dashboard.read_bytes() as f64 / 1e6, " MB");
        Ok(())
    }

    /// A tenth of the book takes a tenth of the time.
    fn linearity(&mut self, night: &Measured) -> Result<()> {
        let wanted = Wanted { loans: (self.wanted.loans / 10).max(1), ..self.wanted.clone() };
        let (book, bank, fresh) =
            (self.scratch.at("tenth"), self.scratch.at("tenth-bank"), self.scratch.at("tenth-fresh"));
        files::write(&book, &wanted, Format::Parquet)?;
        measure(&mut postloan("init", &fresh, &[])?)?;
        for (folder, _) in files::deliveries(&book, wanted.loans) {
            measure(&mut postloan("import", &fresh, &["--from", &folder.display().to_string()])?)?;
        }
        let tenth = self.step("day-end, a tenth of the loans", self.wanted.runs, || {
            fork(&fresh, &bank)?;
            day_end(&bank, self.date, &[])
        })?;
        let growth = night.seconds() / tenth.seconds() / (f64::from(self.wanted.loans) / f64::from(wanted.loans));
        self.must("seconds a loan, the book ÷ a tenth of it", Limit::AtMost(1.1), growth, " ×");
        [book, bank, fresh].iter().try_for_each(|folder| clear(folder))
    }

    fn kernels(&mut self) -> Result<()> {
        let measured = kernels::measure(self.wanted.runs, self.wanted.loans.min(files::DELIVERY))?;
        kernels::print(&measured);
        self.must(
            "back-dated repayment, 2,400 events",
            Limit::AtMost(10.0),
            measured.back_dated.as_secs_f64() * 1e3,
            " ms",
        );
        self.must(
            "migration matrix, 24 months of the book",
            Limit::AtMost(2.0),
            measured.migration.as_secs_f64(),
            " s",
        );
        Ok(())
    }
}

/// Seconds by the clock and of all threads, summed over several steps.
#[derive(Clone, Copy, Default)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

/// What some columns of Parquet files take on the disk.
fn column_bytes(paths: &[PathBuf], columns: &[&str]) -> Result<u64> {
    let mut bytes = 0;
    for path in paths {
        let reader = SerializedFileReader::new(File::open(path)?).with_context(|| format!("{}", path.display()))?;
        for chunk in reader.metadata().row_groups().iter().flat_map(|group| group.columns()) {
            if columns.contains(&chunk.column_descr().name()) {
                bytes += u64::try_from(chunk.compressed_size())?;
            }
        }
    }
    Ok(bytes)
}

fn line(step: &str, measured: &Measured) -> String {
    let (fastest, slowest) = measured.fastest_and_slowest();
    let (runs, seconds, cpu) = (measured.runs.len(), measured.seconds(), measured.cpu_seconds());
    let (peak, read) = (measured.peak_bytes() as f64 / 1e6, measured.read_bytes() as f64 / 1e6);
    format!("| {step} | {runs} | {seconds:.2} ({fastest:.2}–{slowest:.2}) | {cpu:.2} | {peak:.0} | {read:.1} |")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gauge::Usage;
    use std::time::Duration;

    #[test]
    fn a_line_shows_the_middle_run_and_how_far_the_others_lie() {
        let run = |milliseconds, peak_bytes| Usage {
            wall: Duration::from_millis(milliseconds),
            cpu: Duration::from_millis(2 * milliseconds),
            peak_bytes,
            read_bytes: 1_250_000,
        };
        let measured = Measured { runs: vec![run(1_000, 5_000_000), run(1_500, 7_400_000), run(1_250, 5_000_000)] };
        assert_eq!(line("import", &measured), "| import | 3 | 1.25 (1.00–1.50) | 2.50 | 7 | 1.2 |");
    }
}
