//! The measuring bench (基准测试): a large book from a seed, and what the program needs for it.
//!
//! `bench book` writes the files a core system would deliver; `bench run` walks the built `postloan`
//! through import, nights and questions over such a book and prints seconds and memory per step.
//! Start it with `cargo xtask bench …`, which builds everything optimised first.
//!
//! Reading order: [`credit`] (one loan), [`files`] (the tables), [`gauge`] (one process), [`run`].

mod credit;
mod files;
mod gauge;
mod run;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;
use units::Date;

const USAGE: &str = "\
usage: bench book --out DIR [--loans N] [--seed S]   write a book of N loans (1,000,000) as Parquet
       bench run [--loans N] [--seed S] [--book DIR] measure postloan over such a book, step by step";

/// The last day of every book of the bench: a month-end, so that nights have all their work.
const BUSINESS_DATE: &str = "2026-10-31";

/// What to make or measure.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub loans: u32,
    pub seed: u64,
    /// Where the book goes, or lies.
    pub folder: Option<PathBuf>,
    pub business_date: Date,
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
    let Some((command, options)) = arguments.split_first() else { bail!("{USAGE}") };
    match (command.as_str(), wanted(options)?) {
        ("book", wanted) => {
            let folder = wanted.folder.as_deref().with_context(|| format!("--out is missing\n{USAGE}"))?;
            println!("{}", files::write(folder, &wanted)?);
            Ok(())
        }
        ("run", wanted) => run::run(&wanted),
        _ => bail!("{USAGE}"),
    }
}

fn wanted(options: &[String]) -> Result<Wanted> {
    let business_date = Date::parse(BUSINESS_DATE).expect("a date");
    let mut wanted = Wanted { loans: 1_000_000, seed: 1, folder: None, business_date };
    for pair in options.chunks(2) {
        let [option, value] = pair else { bail!("{} needs a value\n{USAGE}", pair[0]) };
        let number = || value.parse::<u64>().with_context(|| format!("{option} {value}: not a number"));
        match option.as_str() {
            "--loans" => wanted.loans = u32::try_from(number()?.clamp(1, 50_000_000))?,
            "--seed" => wanted.seed = number()?,
            "--out" | "--book" => wanted.folder = Some(PathBuf::from(value)),
            _ => bail!("{option} is not known\n{USAGE}"),
        }
    }
    Ok(wanted)
}
