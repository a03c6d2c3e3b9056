//! All automation of the repository: `cargo xtask <command>`.

mod bench;
mod browser;
mod ci;
mod conformance;
mod explain;
mod fuzz;
mod new_case;
mod schemathesis;
mod sim;
mod tidy;

use browser::Wanted;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  ci                           everything CI runs: tidy, conformance, the journeys over a demo made for them, the tests
  test                         tidy, conformance, the journeys, the tests
  tidy                         the house's own rules: file:line and the fix
  conformance DIR [--tags]     replay published vectors
  journeys [NAME] [--bank DIR] each role's way to its result in a real browser, over a demo bank made for it or
                               copies of the one in DIR
  screenshots [DIR] [--tour] [--bank DIR]
                               a picture of every page in both languages and sizes, and what axe finds;
                               with --tour those of the README
  kill                         imports, nights and backups killed 200 times, nights 100 times while they are
                               applied to the desk: the same bytes in the end
  sim [--seeds N] [--loans N] [--days N] [--seed S]
                               years of nights under faults, checked after every one
  bench [options]              a large book from a seed: seconds and memory of every step, of DuckDB and
                               Polars doing the same, of every kernel; also book, kernels, decode
  fuzz [TARGET] [--seconds N]  input that breaks a parser, looked for by an engine
  new-case NAME                start a story under cases/
  explain CODE                 what a refusal, a term or a rule of a policy pack means";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ci"] => ci::ci(&root()),
        ["test"] => ci::test(&root()),
        ["tidy"] => tidy::run(&root()),
        ["conformance", ..] => conformance::run(&args[1..]),
        ["journeys"] => browser::journeys(&root(), None, None),
        ["journeys", "--bank", bank] => browser::journeys(&root(), None, Some(Path::new(bank))),
        ["journeys", name] => browser::journeys(&root(), Some(name), None),
        ["journeys", name, "--bank", bank] => browser::journeys(&root(), Some(name), Some(Path::new(bank))),
        ["screenshots"] => browser::pictures(&root(), &root().join("target/screenshots"), Wanted::All, None),
        ["screenshots", to] => browser::pictures(&root(), Path::new(to), Wanted::All, None),
        ["screenshots", to, "--bank", bank] => browser::pictures(&root(), Path::new(to), Wanted::All, Some(Path::new(bank))),
        ["screenshots", to, "--tour"] => browser::pictures(&root(), Path::new(to), Wanted::Tour, None),
        ["screenshots", to, "--tour", "--bank", bank] => browser::pictures(&root(), Path::new(to), Wanted::Tour, Some(Path::new(bank))),
        ["kill"] => ci::kill(&root()),
        ["sim", ..] => sim::run(&args[1..]),
        ["bench", ..] => bench::run(&root(), &args[1..]),
        ["fuzz", ..] => fuzz::run(&root(), &args[1..]),
        ["new-case", name] => new_case::run(&root(), name),
        ["explain", code] => explain::run(&root(), code),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => anyhow::bail!("{USAGE}"),
    }
}

/// The repository: where cargo runs us, else where we were built. Clones may share a target folder.
fn root() -> PathBuf {
    let ours = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&ours).parent().expect("xtask stands in the repository").to_owned()
}
