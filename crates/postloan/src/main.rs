//! The front door (贷后系统入口): arguments, wiring, exit codes.
//!
//! Exit codes scripts can trust: 0 done, 1 refused (with a code), 2 usage, 3 fault. Results go to
//! standard output; progress and messages about the work go to standard error.

mod arguments;
mod because;
mod calculator;
mod command;
mod keeping;
mod machines;
mod morning;
mod print;
mod progress;
mod service;
mod staffing;
mod standing;
mod usage;

use app::{Failure, Refusal};
use glossary::{Lang, message, told};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const FAULT: u8 = 3;

fn main() -> ExitCode {
    let lang = language(std::env::args().collect());
    let matches = match arguments::command(lang).try_get_matches() {
        Ok(matches) => matches,
        Err(problem) => {
            if !problem.use_stderr() {
                let _ = problem.print();
                return ExitCode::SUCCESS;
            }
            usage::tell(&problem, lang);
            return ExitCode::from(USAGE);
        }
    };
    // A bug stops the command before anything is written and is told like a fault.
    match catch_unwind(AssertUnwindSafe(|| command::run(&matches, lang))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(Failure::Refused(refusal))) => {
            tell(&refusal, lang);
            refusal.also.iter().for_each(|other| tell(other, lang));
            ExitCode::from(REFUSED)
        }
        Ok(Err(Failure::Fault(fault))) => {
            eprintln!("{}", message("say.fault", lang, &[("cause", &format!("{fault:#}"))]));
            ExitCode::from(FAULT)
        }
        Err(_) => ExitCode::from(FAULT),
    }
}

fn tell(refusal: &Refusal, lang: Lang) {
    let (said, what_to_do) = told(refusal.code, lang, &refusal.facts);
    eprintln!("{}", message("say.refused", lang, &[("code", refusal.code), ("message", &said)]));
    eprintln!("{}", message("say.remedy", lang, &[("remedy", &what_to_do)]));
}

/// The language asked for anywhere on the line; Chinese unless English is asked for.
fn language(arguments: Vec<String>) -> Lang {
    let after = arguments.iter().skip_while(|word| *word != "--lang").nth(1).map(String::as_str);
    let joined = arguments.iter().find_map(|word| word.strip_prefix("--lang="));
    after.or(joined).and_then(Lang::from_code).unwrap_or_default()
}
