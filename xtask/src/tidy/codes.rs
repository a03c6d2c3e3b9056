//! Codes and their words: every coded variant and every refusal speaks both languages, every refusal
//! can be reproduced, every story is run.

use super::source::{Source, closing};
use super::words::snake_case;
use super::{Finding, Repository};
use glossary::{lookup, refusal, refusals, terms};
use std::collections::BTreeMap;

/// Where a refusal is shown happening.
const REPRODUCERS: &str = "cases/errors/";
const REFUSALS: &str = "glossary/refusals.toml";

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
    for source in repository.rust() {
        check_variants(&source, &mut enums, findings);
        check_labels(&source, findings);
        let literals = source.literals.iter().filter(|_| !source.path.starts_with("xtask/"));
        for (at, code) in literals.flat_map(|(at, text)| refusal_codes(text).map(move |code| (at, code))) {
            spoken.entry(code.to_owned()).or_insert((source.path.to_owned(), source.line(*at)));
        }
    }
    check_refusals(repository, &spoken, findings);
    for path in repository.files.keys().filter(|path| path.ends_with(".case") && !path.starts_with("cases/")) {
        let fix = "nobody runs this story: move it under cases/".to_owned();
        findings.push(Finding { file: path.clone(), line: 1, rule: "dead-case", subject: "case".to_owned(), fix });
    }
}

/// Every coded variant has its label, a coded refusal its name; an enum's name, which is the set of its
/// labels, has one meaning.
fn check_variants(source: &Source, enums: &mut BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    for coded in coded_enums(source) {
        let mut find = |at, subject: String, fix: String| {
            let (file, line) = (source.path.to_owned(), source.line(at));
            findings.push(Finding { file, line, rule: "label", subject, fix });
        };
        let set = snake_case(coded.name);
        if let Some(other) = enums.insert(set.clone(), source.path.to_owned()) {
            let fix = format!("{other} has a {} too, and labels are found by name: rename one", coded.name);
            find(coded.at, coded.name.to_owned(), fix);
        }
        for Variant { name, code, at } in coded.variants {
            let name = snake_case(name);
            match refusal(code) {
                Some(known) if known.name != name => {
                    find(at, code.to_owned(), format!("{REFUSALS} calls it {}: one name for one thing", known.name));
                }
                None if !is_refusal_code(code) && lookup(&format!("{set}.{code}")).is_none() => {
                    let fix = format!("add `{code} = {{ zh, en }}` under [{set}] of glossary/codes.toml");
                    find(at, format!("{set}.{code}"), fix);
                }
                _ => {}
            }
        }
    }
}

/// The glossary knows every code that is asked for by a literal.
fn check_labels(source: &Source, findings: &mut Vec<Finding>) {
    if !source.words().any(|(_, word)| word == "glossary") || source.path.starts_with("crates/glossary/") {
        return;
    }
    for (at, text) in &source.literals {
        let call = source.code[..*at].trim_end().trim_end_matches('(');
        let asks = |name: &str| call.ends_with(name) && source.code[..*at].trim_end().ends_with('(');
        let is_known = match () {
            () if asks("label_in") => terms(&format!("{text}.")).next().is_some(),
            () if asks("label") || asks("lookup") || asks("message") => {
                lookup(text).is_some() || refusal(text).is_some()
            }
            () => true,
        };
        if !is_known {
            findings.push(Finding {
                file: source.path.to_owned(),
                line: source.line(*at),
                rule: "label",
                subject: (*text).to_owned(),
                fix: format!("the glossary has no {text}: add it with zh and en"),
            });
        }
    }
}

fn check_refusals(
    repository: &Repository,
    spoken: &BTreeMap<String, (String, usize)>,
    findings: &mut Vec<Finding>,
) {
    for (code, (file, line)) in spoken {
        let mut find = |rule, fix: String| {
            findings.push(Finding { file: file.clone(), line: *line, rule, subject: code.clone(), fix });
        };
        if refusal(code).is_none() {
            find("refusal", format!("add [{code}] with name, message and remedy to {REFUSALS}"));
        }
        let mut stories = repository.files.iter().filter(|(path, _)| path.starts_with(REPRODUCERS));
        if !stories.any(|(path, text)| path.contains(code) || text.contains(code)) {
            find("reproducer", format!("show it happening: cargo xtask new-case errors/{code}"));
        }
    }
    let text = repository.files.get(REFUSALS).map_or("", String::as_str);
    for code in refusals().map(|refusal| &refusal.code).filter(|code| !spoken.contains_key(*code)) {
        let Some(line) = text.lines().position(|line| line == format!("[{code}]")) else { continue };
        let fix = "nothing in the program refuses with this code: take it out".to_owned();
        findings.push(Finding { file: REFUSALS.to_owned(), line: line + 1, rule: "unspoken", subject: code.clone(), fix });
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
    }

    #[test]
    fn a_refusal_has_its_entry_and_its_story() {
        let refuses = |code: &str| format!("const A: &str = \"{code}\";\n");
        let check = |code: &str, more: &[(&str, &str)], expect: &[&str]| {
            let text = refuses(code);
            let files: Vec<_> = [("a.rs", text.as_str())].into_iter().chain(more.iter().copied()).collect();
            check_repository(super::check, &files, expect);
        };
        let story = ("cases/errors/repay.case", "refused E-RP-01 amount_must_be_positive\n");
        check("E-RP-01", &[story], &[]);
        check("E-RP-01", &[], &["a.rs:1: E-RP-01"]);
        check("E-ZZ-99", &[("cases/errors/E-ZZ-99.case", "")], &["a.rs:1: E-ZZ-99"]);
        check("E-RP-01", &[story, (REFUSALS, "[E-IM-01]\n")], &["glossary/refusals.toml:1: E-IM-01"]);
    }

    #[test]
    fn a_story_nobody_runs_is_found() {
        check_repository(check, &[("crates/sim/a.case", "")], &["crates/sim/a.case:1: case"]);
    }
}
