//! Codes and their words: every coded variant and every refusal speaks both languages, every refusal
//! can be reproduced, every story is run.

use super::source::{Source, closing};
use super::words::snake_case;
use super::{Finding, Repository};
use glossary::{lookup, refusal, terms};
use std::collections::{BTreeMap, BTreeSet};

/// Where a refusal is shown happening.
const REPRODUCERS: [&str; 2] = ["cases/commands/", "cases/errors/"];
const REFUSALS: &str = "glossary/refusals.toml";
const COMMAND_LINE: &str = "glossary/cli.toml";
const CODES: &str = "glossary/codes.toml";

/// One `coded!` enum of the program: its name, where it stands, and its variants.
struct CodedEnum<'a> {
    name: &'a str,
    at: usize,
    variants: Vec<Variant<'a>>,
}

struct Variant<'a> {
    name: &'a str,
    code: &'a str,
    at: usize,
}

pub fn check(repository: &Repository, findings: &mut Vec<Finding>) {
    let mut enums: BTreeMap<String, String> = BTreeMap::new();
    let mut spoken: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut said: BTreeSet<String> = BTreeSet::new();
    for source in repository.rust() {
        check_variants(&source, &mut enums, findings);
        check_labels(&source, findings);
        let literals = source.literals.iter().filter(|_| source.path.starts_with("crates/"));
        for (at, text) in literals {
            said.insert((*text).to_owned());
            for code in refusal_codes(text) {
                spoken.entry(code.to_owned()).or_insert((source.path.to_owned(), source.line(*at)));
            }
        }
    }
    check_refusals(repository, &spoken, findings);
    check_said(repository, &said, findings);
    check_sets(repository, &enums, &said, findings);
    for path in repository.files.keys().filter(|path| path.ends_with(".case") && !path.starts_with("cases/")) {
        findings.push(Finding::new("dead-case", path, 1, "case", "nobody runs this story: move it under cases/"));
    }
}

/// Every coded variant has its label, a coded refusal its name; an enum's name, which is the set of its
/// labels, has one meaning.
fn check_variants(source: &Source, enums: &mut BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    for coded in coded_enums(source) {
        let mut find = |at, subject: &str, fix| findings.push(source.finding("label", at, subject, fix));
        let set = snake_case(coded.name);
        if let Some(other) = enums.insert(set.clone(), source.path.to_owned()) {
            let fix = format!("{other} has a {} too, and labels are found by name: rename one", coded.name);
            find(coded.at, coded.name, fix);
        }
        for Variant { name, code, at } in coded.variants {
            let name = snake_case(name);
            match refusal(code) {
                Some(known) if known.name != name => {
                    find(at, code, format!("{REFUSALS} calls it {}: one name for one thing", known.name));
                }
                None if !is_refusal_code(code) && lookup(&format!("{set}.{code}")).is_none() => {
                    let fix = format!("add `{code} = {{ zh, en }}` under [{set}] of glossary/codes.toml");
                    find(at, &format!("{set}.{code}"), fix);
                }
                _ => {}
            }
        }
    }
}

/// Functions that ask the glossary for a literal, with what they put before it.
const ASKING: &[(&str, &str)] = &[
    ("command", "cmd."),
    ("flag", "opt."),
    ("label", ""),
    ("lookup", ""),
    ("message", ""),
    ("metric", "metric."),
    ("opt", "opt."),
    ("option", "opt."),
    ("say", "say."),
];

/// The glossary knows every code that is asked for by a literal.
fn check_labels(source: &Source, findings: &mut Vec<Finding>) {
    let speaks = source.path.starts_with("crates/report/") || source.words().any(|(_, word)| word == "glossary");
    if !speaks || source.path.starts_with("crates/glossary/") {
        return;
    }
    for (at, text) in &source.literals {
        let Some(call) = source.code[..*at].trim_end().strip_suffix('(') else { continue };
        let asks = call.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
        let is_known = match ASKING.iter().find(|(name, _)| asks == Some(*name)) {
            Some((_, before)) => lookup(&format!("{before}{text}")).is_some() || refusal(text).is_some(),
            None => asks != Some("label_in") || terms(&format!("{text}.")).next().is_some(),
        };
        if !is_known {
            let fix = format!("the glossary has no {text}: add it with zh and en");
            findings.push(source.finding("label", *at, text, fix));
        }
    }
}

/// Every text of the command line is said somewhere.
fn check_said(repository: &Repository, literals: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let text = repository.files.get(COMMAND_LINE).map_or("", String::as_str);
    let mut section = "";
    for (n, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let Some((key, _)) = line.split_once(" = {").filter(|(key, _)| !key.starts_with('#')) else { continue };
        if !literals.contains(key) && !literals.contains(&format!("{section}.{key}")) {
            let fix = "nothing in the program says this: take it out";
            findings.push(Finding::new("unspoken", COMMAND_LINE, n + 1, &format!("{section}.{key}"), fix));
        }
    }
}

/// Every set of codes is an enum's, or a column's that names it.
fn check_sets(
    repository: &Repository,
    enums: &BTreeMap<String, String>,
    literals: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) {
    let text = repository.files.get(CODES).map_or("", String::as_str);
    for (n, line) in text.lines().enumerate() {
        let Some(set) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { continue };
        if !enums.contains_key(set) && !literals.contains(set) {
            findings.push(Finding::new("unspoken", CODES, n + 1, set, "no enum and no column has these codes: take them out"));
        }
    }
}

/// Every refusal has its entry and its story, every entry is refused with somewhere.
fn check_refusals(
    repository: &Repository,
    spoken: &BTreeMap<String, (String, usize)>,
    findings: &mut Vec<Finding>,
) {
    for (code, (file, line)) in spoken.iter().filter(|(code, _)| refusal(code).is_none()) {
        let fix = format!("add [{code}] with name, message and remedy to {REFUSALS}");
        findings.push(Finding::new("refusal", file, *line, code, fix));
    }
    let text = repository.files.get(REFUSALS).map_or("", String::as_str);
    for (n, line) in text.lines().enumerate() {
        let Some(code) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { continue };
        let mut find = |rule, fix: &str| findings.push(Finding::new(rule, REFUSALS, n + 1, code, fix));
        let mut stories = repository.files.iter().filter(|(path, _)| REPRODUCERS.iter().any(|folder| path.starts_with(folder)));
        if !spoken.contains_key(code) {
            find("unspoken", "nothing in the program refuses with this code: take it out");
        } else if !stories.any(|(path, text)| path.contains(code) || text.contains(code)) {
            find("reproducer", &format!("show it happening: cargo xtask new-case errors/{code}"));
        }
    }
}

/// Codes like `E-RP-01` inside a text.
fn refusal_codes(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("E-").filter_map(|(at, _)| text.get(at..at + 7)).filter(|code| is_refusal_code(code))
}

fn is_refusal_code(code: &str) -> bool {
    match code.as_bytes() {
        [b'E', b'-', case @ .., b'-', tens, ones] if case.len() == 2 => {
            case.iter().all(u8::is_ascii_uppercase) && tens.is_ascii_digit() && ones.is_ascii_digit()
        }
        _ => false,
    }
}

fn coded_enums<'a>(source: &'a Source) -> Vec<CodedEnum<'a>> {
    let uses = source.code.match_indices("coded!").filter(|(at, _)| !source.is_test(*at));
    uses.filter_map(|(at, _)| {
        let open = at + source.code[at..].find('{')?;
        let end = closing(&source.code, open)?;
        // Attributes hold names and texts of their own: leave them out.
        let attributes = attribute_ranges(&source.code[open..end]);
        let is_ours = |at: &usize| (open..end).contains(at) && !attributes.iter().any(|range| range.contains(&(at - open)));
        let mut names = source.words().filter(|(at, _)| is_ours(at));
        let (at, name) = names.next()?;
        let literals = source.literals.iter().filter(|(at, _)| is_ours(at));
        let variants = names.zip(literals).map(|((at, name), (_, code))| Variant { name, code, at }).collect();
        Some(CodedEnum { name, at, variants })
    })
    .collect()
}

/// `#[…]` in a piece of code.
fn attribute_ranges(code: &str) -> Vec<std::ops::Range<usize>> {
    let starts = code.match_indices("#[").map(|(at, _)| at);
    starts.filter_map(|start| Some(start..start + code[start..].find(']')? + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::check_repository;

    const CODED: &str = r#"coded! {
        /// How it is repaid.
        #[derive(Default)]
        #[serde(rename_all = "snake_case")]
        RepaymentMethod { #[default] Flat = "flat",
            Odd = "odd" }
    }
    "#;

    #[test]
    fn coded_enums_are_read_with_their_codes() {
        let source = Source::new("a.rs", CODED);
        let shown = |v: &Variant| format!("{} {} {}", source.line(v.at), v.name, v.code);
        let found: Vec<_> = coded_enums(&source)
            .iter()
            .map(|coded| (coded.name, coded.variants.iter().map(shown).collect::<Vec<_>>()))
            .collect();
        assert_eq!(found, [("RepaymentMethod", vec!["5 Flat flat".to_owned(), "6 Odd odd".to_owned()])]);
    }

    #[test]
    fn a_coded_variant_has_its_label_and_its_enum_one_meaning() {
        check_repository(check, &[("a.rs", CODED)], &["a.rs:6: repayment_method.odd"]);
        let again = r#"coded! { RepaymentMethod { Flat = "flat" } }"#;
        let twice = ["b.rs:1: RepaymentMethod"];
        check_repository(check, &[("a.rs", again), ("b.rs", again)], &twice);
    }

    #[test]
    fn a_coded_refusal_bears_the_name_of_its_entry() {
        let check = |variant: &str, expect: &[&str]| {
            let text = format!("coded! {{ Refused {{ {variant} = \"E-RP-01\" }} }}");
            check_repository(super::check, &[("a.rs", &text), ("cases/errors/E-RP-01.case", "")], expect);
        };
        check("AmountMustBePositive", &[]);
        check("NoMoney", &["a.rs:1: E-RP-01"]);
    }

    #[test]
    fn a_literal_code_is_known_to_the_glossary() {
        let check = |call: &str, expect: &[&str]| {
            let text = format!("use glossary::label;\nfn a() {{ {call}; }}\n");
            check_repository(super::check, &[("a.rs", &text)], expect);
        };
        check(r#"label("grade.pass", lang)"#, &[]);
        check(r#"label("grade.fine", lang)"#, &["a.rs:2: grade.fine"]);
        check(r#"label_in("grade", code, lang)"#, &[]);
        check(r#"label_in("grades", code, lang)"#, &["a.rs:2: grades"]);
        check(r#"print("grade.fine")"#, &[]);
        check(r#"words.say("usage")"#, &[]);
        check(r#"words.say("nothing at all")"#, &["a.rs:2: nothing at all"]);
    }

    #[test]
    fn a_refusal_has_its_entry_and_its_story() {
        let check = |code: &str, more: &[(&str, &str)], expect: &[&str]| {
            let text = format!("const A: &str = \"{code}\";\n");
            let files: Vec<_> = [("crates/loan/src/a.rs", text.as_str())].into_iter().chain(more.iter().copied()).collect();
            check_repository(super::check, &files, expect);
        };
        let story = ("cases/errors/repay.case", "refused E-RP-01 amount_must_be_positive\n");
        let page = ("cases/errors/repayment.txt", "E-RP-01 amount_must_be_positive\n    no\n");
        let entry = (REFUSALS, "[E-RP-01]\n");
        check("E-RP-01", &[story, entry], &[]);
        check("E-RP-01", &[page, entry], &[]);
        check("E-RP-01", &[entry], &["glossary/refusals.toml:1: E-RP-01"]);
        check("E-ZZ-99", &[], &["crates/loan/src/a.rs:1: E-ZZ-99"]);
        check("E-RP-01", &[story, (REFUSALS, "[E-RP-01]\n[E-IM-01]\n")], &["glossary/refusals.toml:2: E-IM-01"]);
    }

    #[test]
    fn a_text_nobody_says_is_found() {
        let texts = "[say]\ndone = { zh = \"z\", en = \"e\" }\ngone = { zh = \"z\", en = \"e\" }\n";
        let files = [(COMMAND_LINE, texts), ("crates/app/src/a.rs", "const A: &str = \"done\";\n")];
        check_repository(check, &files, &["glossary/cli.toml:3: say.gone"]);
    }

    #[test]
    fn a_set_of_no_enum_is_found() {
        let codes = (CODES, "[repayment_method]\nflat = {}\n[payer]\n[gone]\n");
        let more = "coded! { RepaymentMethod { Flat = \"flat\" } }\nconst A: &str = \"payer\";\n";
        check_repository(check, &[codes, ("crates/loan/src/a.rs", more)], &["glossary/codes.toml:4: gone"]);
    }

    #[test]
    fn a_story_nobody_runs_is_found() {
        check_repository(check, &[("crates/sim/a.case", "")], &["crates/sim/a.case:1: case"]);
    }
}
