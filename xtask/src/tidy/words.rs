//! Names, numbers and texts: one word per thing, no floating point in rule rooms, Chinese only where
//! people write Chinese, no path of anybody's machine.

use super::rooms::room_of;
use super::source::Source;
use super::{Finding, Repository};

/// Words that are not ours, and what we say instead. A word is a part of a name: `eod` is found in
/// `run_eod` and in `EodReport`.
const NOT_OURS: &[(&str, &str)] = &[
    ("alert", "signal"),
    ("charge_off", "write_off"),
    ("compound", "interest_on_interest"),
    ("delinquency", "past_due"),
    ("delinquent", "past_due"),
    ("dunning", "collections"),
    ("eod", "day_end"),
    ("foreclosed", "repossessed_asset"),
    ("helper", "name what it does"),
    ("manager", "name what it does"),
    ("overdue", "past_due"),
    ("processor", "name what it does"),
    ("ptp", "promise_to_pay"),
    ("reschedule", "restructuring"),
    ("rollback", "reversal"),
    ("rollover", "refinancing or extension"),
];

/// Names that say nothing when they stand alone.
const EMPTY: &[&str] = &["common", "misc", "util", "utils"];

/// The replay of published vectors speaks their words.
const OTHER_PEOPLES_WORDS: &str = "xtask/src/conformance/";

/// Rooms that may calculate with floating point.
const FLOATING: &[&str] = &["bench", "query", "riskmodel", "xtask"];

/// Where people write Chinese.
const CHINESE: &[&str] = &["cases/", "demo/", "fuzz/corpus/", "glossary/", "goldens/", "policy/"];

/// Paths of a machine; put together so that this file holds none.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/far", "m/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];

pub fn check(source: &Source, findings: &mut Vec<Finding>) {
    let mut find = |rule, at, subject: &str, fix: String| findings.push(source.finding(rule, at, subject, fix));
    let may_float = room_of(source.path).is_none_or(|room| FLOATING.contains(&room));
    let file_name = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    let names = source.words().filter(|(at, word)| is_chosen_here(source, *at, word));
    for (at, name) in names.chain([(0, file_name)]) {
        if source.path.starts_with(OTHER_PEOPLES_WORDS) {
            break;
        }
        if let Some((word, instead)) = not_ours(name) {
            find("name", at, name, format!("`{word}` is not a word of the house: {instead}"));
        }
        if EMPTY.contains(&snake_case(name).as_str()) {
            find("name", at, name, format!("`{name}` says nothing: name what it holds"));
        }
    }
    for (at, word) in source.words().filter(|(_, word)| !may_float && matches!(*word, "f32" | "f64")) {
        find("float", at, word, format!("{word} only in {}: use Money, RatePpm or integers", FLOATING.join(", ")));
    }
    for (at, literal) in &source.literals {
        if literal.contains(is_chinese) {
            find("chinese", *at, "literal", "move the text to glossary/ and look it up by code".to_owned());
        }
    }
}

/// Checks every text file, Rust or not.
pub fn check_texts(repository: &Repository, findings: &mut Vec<Finding>) {
    for (path, text) in &repository.files {
        let may_be_chinese = path.ends_with(".md")
            || path.ends_with(".rs")
            || path.contains("/templates/")
            || CHINESE.iter().any(|folder| path.starts_with(folder));
        for (n, line) in text.lines().enumerate() {
            let mut find = |rule, subject, fix| findings.push(Finding::new(rule, path, n + 1, subject, fix));
            if !may_be_chinese && line.contains(is_chinese) {
                find("chinese", "file", "Chinese text belongs in glossary/, policy/, cases/, demo/ or a template");
            }
            if MACHINE_PATHS.iter().any(|machine| line.contains(machine)) && path != "Cargo.lock" {
                find("machine-path", "path", "take the path of a machine out; say it relative to the repository");
            }
        }
    }
}

/// A name somebody here chose, not one of a library: not in a `use`, not behind `.` or `::`, not a path.
fn is_chosen_here(source: &Source, at: usize, word: &str) -> bool {
    let before = source.code[..at].trim_end();
    let after = source.code[at + word.len()..].trim_start();
    let statement = before.rfind([';', '}']).map_or(before, |start| &before[start + 1..]).trim_start();
    let in_use = statement.starts_with("use ") || statement.starts_with("pub use ");
    !in_use && !before.ends_with('.') && !before.ends_with("::") && !after.starts_with("::")
}

/// The part of a name that is not a word of the house.
fn not_ours(name: &str) -> Option<&'static (&'static str, &'static str)> {
    let spaced = format!("_{}_", snake_case(name));
    let stands_apart = |at: usize, word: &str| spaced[..at].ends_with('_') && spaced[at + word.len()..].starts_with('_');
    NOT_OURS.iter().find(|(word, _)| spaced.match_indices(word).any(|(at, word)| stands_apart(at, word)))
}

/// `RepaymentMethod` → `repayment_method`; digits and runs of capitals stay together.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut previous_is_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && previous_is_lower {
            snake.push('_');
        }
        previous_is_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Han characters and the punctuation and forms that come with them.
fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::{check_repository, check_source};

    #[test]
    fn names_are_words_of_the_house() {
        let check = |text: &str, expect: &[&str]| check_source(super::check, "crates/loan/src/a.rs", text, expect);
        check("fn days_overdue() {}\n", &["1: days_overdue"]);
        check("struct LoanManager;\nenum E { Ptp }\n", &["1: LoanManager", "2: Ptp"]);
        check("let eod = 1;\nlet geode = 2;\n", &["1: eod"]);
        check("fn charge_off() {}\nfn charge() {}\n", &["1: charge_off"]);
        check("mod common {}\nfn greatest_common_divisor() {}\n", &["1: common"]);
        check("use datafusion::{common, other};\nfn a() { datafusion::common::f(); b.rollback(); }\n", &[]);
        check("// overdue is what others say\nlet text = \"overdue\";\n", &[]);
        check_source(super::check, "crates/loan/src/utils.rs", "", &["1: utils"]);
        check_source(super::check, "xtask/src/conformance/delinquency.rs", "let overdue = 1;\n", &[]);
    }

    #[test]
    fn floating_point_stays_out_of_the_rules() {
        check_source(check, "crates/loan/src/a.rs", "let a: f64 = 1.0;\n", &["1: f64"]);
        check_source(check, "crates/query/src/a.rs", "let a: f64 = 1.0;\n", &[]);
        check_source(check, "crates/app/src/a.rs", "let a = t.as_secs_f64();\n", &[]);
    }

    #[test]
    fn chinese_stands_where_people_write_it() {
        let (text, comment) = ("let a = \"\u{8d37}\";\n", "//! A (\u{8d37}).\n");
        check_source(check, "crates/loan/src/a.rs", text, &["1: literal"]);
        check_source(check, "crates/loan/src/a.rs", comment, &[]);
        let check = |path: &str, expect: &[&str]| check_repository(check_texts, &[(path, "a\n\u{8d37}\n")], expect);
        check("xtask/a.toml", &["xtask/a.toml:2: file"]);
        check("glossary/a.toml", &[]);
        check("README.md", &[]);
    }

    #[test]
    fn no_path_of_a_machine_is_kept() {
        let text = format!("cd {}main\ncd ../shared\n", MACHINE_PATHS[0]);
        check_repository(check_texts, &[("a.sh", &text)], &["a.sh:1: path"]);
    }

    #[test]
    fn snake_case_keeps_digits_and_abbreviations_together() {
        let check = |name, expect: &str| assert_eq!(snake_case(name), expect);
        check("RepaymentMethod", "repayment_method");
        check("Act360", "act360");
        check("NPLRatio", "nplratio");
        check("days_past_due", "days_past_due");
    }
}
