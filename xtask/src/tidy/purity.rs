//! Floors 0–2 are pure: no clock, file, environment, network, thread, random id or printing.

use super::Finding;
use super::rooms::{is_pure, room_of};
use super::source::Source;

/// Modules of `std` a pure room never names, with what to do instead.
const MODULES: &[(&str, &str)] = &[
    ("env", "take the value as an argument"),
    ("fs", "let the caller read and pass the text"),
    ("net", "floor 3 and above talk to the outside"),
    ("process", "floor 3 and above start programs"),
    ("thread", "the caller splits the work"),
];

const NAMES: &[(&str, &str)] = &[
    ("Instant", "measure at the rim"),
    ("SystemTime", "the date is an argument"),
    ("eprintln", "return the text"),
    ("println", "return the text"),
];

pub fn check(source: &Source, findings: &mut Vec<Finding>) {
    let builds = source.path.ends_with("/build.rs");
    if builds || !room_of(source.path).is_some_and(is_pure) {
        return;
    }
    let mut statement_is_std_use = false;
    for (at, word) in source.words().filter(|(at, _)| !source.is_test(*at)) {
        let before = source.code[..at].trim_end();
        match word {
            "use" => statement_is_std_use = source.code[at + 3..].trim_start().starts_with("std"),
            _ if before.ends_with(';') || before.ends_with('}') => statement_is_std_use = false,
            _ => {}
        }
        // `std::fs`, or `fs` inside `use std::{…}`.
        let is_module = before.ends_with("std::") || (statement_is_std_use && before.ends_with(['{', ',']));
        let table = if is_module { MODULES } else { NAMES };
        if let Some((name, instead)) = table.iter().find(|(name, _)| *name == word) {
            findings.push(source.finding("purity", at, name, format!("a pure room does not use {name}: {instead}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::tests::check_source;

    #[test]
    fn pure_rooms_have_no_clock_and_no_files() {
        let check = |path: &str, text: &str, expect: &[&str]| check_source(super::check, path, text, expect);
        check("crates/loan/src/a.rs", "use std::fs;\n", &["1: fs"]);
        check("crates/loan/src/a.rs", "use std::{fmt, fs};\nlet fs = 1;\n", &["1: fs"]);
        check("crates/loan/src/a.rs", "fn a() { std::env::var(\"A\"); }\n", &["1: env"]);
        check("crates/loan/src/a.rs", "use std::time::Instant;\n", &["1: Instant"]);
        check("crates/loan/src/a.rs", "use std::fmt;\nstruct A { env: u8, fs: u8 }\n", &[]);
        check("crates/loan/src/a.rs", "// std::fs is not for us\n", &[]);
        check("crates/loan/src/a.rs", "#[cfg(test)]\nmod tests {\n use std::fs;\n}\n", &[]);
        check("crates/lake/src/a.rs", "use std::fs;\n", &[]);
        check("crates/loan/build.rs", "use std::fs;\n", &[]);
    }
}
