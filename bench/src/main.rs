//! The measuring bench (基准测试): a large book from a seed, and what the program needs for it.
//!
//! `bench book` writes the files a core system would deliver; `bench run` walks the built `postloan`
//! through import, nights and questions over such a book, has DuckDB and Polars do the same night,
//! compares loan by loan, and prints what everything needed beside the targets; `bench kernels`
//! measures the rules alone. Start it with `cargo xtask bench …`, which builds everything optimised.
//!
//! Reading order: [`credit`] (one loan), [`files`] and [`sheet`] (the tables), [`gauge`] (one
//! process), [`bank`], [`run`] with [`baselines`] and [`decode`], [`targets`], [`kernels`], [`load`], [`machine`].

mod bank;
mod baselines;
mod credit;
mod decode;
mod files;
mod gauge;
mod kernels;
mod load;
mod machine;
mod run;
mod sheet;
mod targets;

use anyhow::{Context, Result, bail};
use load::Crowd;
use sheet::Format;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use units::Date;

const USAGE: &str = "\
usage: bench [run] [--loans N] [--seed S] [--runs N] [--book DIR] [--baselines yes|no]
                                measure postloan and the baselines over a book of N loans (1,000,000)
       bench book --out DIR [--loans N] [--seed S] [--format parquet|csv]
                                write such a book
       bench load [--loans N] [--book DIR | --bank DIR] [--people N] [--seconds N] [--pause MS] [--unpunctual PERMILLE]
                                serve such a bank to people at work (Debian's wrk)
       bench kernels [--runs N] [--loans N]
                                measure the rules alone
       bench decode FILE...     decode Parquet files and do nothing
       bench decode-lake DIR    decode what a night reads of a workspace and do nothing";

/// The last day of every book of the bench: a month-end, so that nights have all their work.
const BUSINESS_DATE: &str = "2026-10-31";

/// What to make or measure.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub loans: u32,
    pub seed: u64,
    /// How often each step is measured; slow ones less often.
    pub runs: usize,
    /// Where the book goes, or lies.
    pub folder: Option<PathBuf>,
    pub format: Format,
    pub baselines: bool,
    pub business_date: Date,
    /// Borrowers in a thousand who do not pay on the day.
    pub unpunctual: u64,
    pub crowd: Crowd,
    /// A bank founded before.
    pub bank: Option<PathBuf>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        let business_date = Date::parse(BUSINESS_DATE).expect("a date");
        Wanted {
            loans: 1_000_000,
            seed: 1,
            runs: 5,
            folder: None,
            format: Format::Parquet,
            baselines: true,
            business_date,
            unpunctual: 120,
            crowd: Crowd { people: 200, seconds: 60, pause: 5_000 },
            bank: None,
        }
    }
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    // Without a command the whole bench runs.
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) if !command.starts_with("--") => (command.as_str(), rest),
        _ => ("run", arguments),
    };
    match (command, rest) {
        ("book", options) => {
            let wanted = wanted(options)?;
            let folder = wanted.folder.as_deref().with_context(|| format!("--out is missing\n{USAGE}"))?;
            println!("{}", files::write(folder, &wanted, wanted.format)?);
        }
        ("run", options) => run::run(&wanted(options)?)?,
        ("load", options) => load::run(&wanted(options)?)?,
        ("kernels", options) => {
            let wanted = wanted(options)?;
            println!("{}\n", machine::describe());
            kernels::print(&kernels::measure(wanted.runs, wanted.loans)?);
        }
        ("decode", [_, ..]) => {
            let paths: Vec<PathBuf> = rest.iter().map(PathBuf::from).collect();
            println!("{} rows", decode::files(&paths)?);
        }
        ("decode-lake", [dir]) => println!("{} loans", decode::dossiers(Path::new(dir))?),
        _ => bail!("{USAGE}"),
    }
    Ok(())
}

fn wanted(options: &[String]) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    for pair in options.chunks(2) {
        let [option, value] = pair else { bail!("{} needs a value\n{USAGE}", pair[0]) };
        let number = || value.parse::<u64>().with_context(|| format!("{option} {value}: not a number"));
        match (option.as_str(), value.as_str()) {
            ("--loans", _) => wanted.loans = u32::try_from(number()?.clamp(1, 50_000_000))?,
            ("--seed", _) => wanted.seed = number()?,
            ("--runs", _) => wanted.runs = usize::try_from(number()?.clamp(1, 99))?,
            ("--unpunctual", _) => wanted.unpunctual = number()?.min(1_000),
            ("--people", _) => wanted.crowd.people = usize::try_from(number()?.clamp(1, 2_000))?,
            ("--seconds", _) => wanted.crowd.seconds = u32::try_from(number()?.clamp(1, 3_600))?,
            ("--pause", _) => wanted.crowd.pause = u32::try_from(number()?.clamp(2, 600_000))?,
            ("--bank", _) => wanted.bank = Some(PathBuf::from(value)),
            ("--out" | "--book", _) => wanted.folder = Some(PathBuf::from(value)),
            ("--format", "parquet") => wanted.format = Format::Parquet,
            ("--format", "csv") => wanted.format = Format::Csv,
            ("--baselines", "yes") => wanted.baselines = true,
            ("--baselines", "no") => wanted.baselines = false,
            _ => bail!("{option} {value} is not known\n{USAGE}"),
        }
    }
    Ok(wanted)
}
