//! The shape of a file: its opening line, its length, the length of its functions, no leftovers.

use super::Finding;
use super::source::Source;

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

/// Marks of unfinished work. Macros are told by their `!`; the two comment marks are put together
/// here so that this file does not hold them.
const LEFTOVER_MACROS: &[&str] = &["todo", "unimplemented", "dbg"];
const LEFTOVER_MARKS: &[&str] = &[concat!("FIX", "ME"), concat!("XX", "X")];

pub fn check(source: &Source, findings: &mut Vec<Finding>) {
    let mut find = |rule, line, subject: &str, fix: String| {
        findings.push(Finding::new(rule, source.path, line, subject, fix));
    };
    let opening = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if !opening.starts_with("//!") {
        find("opening", 1, "file", "open the file with `//!` and one sentence on its charge".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > FILE_LINES {
        find("file-length", lines, "file", format!("{lines} lines; is it one room or two? split below {FILE_LINES}"));
    }
    for function in source.functions() {
        let lines = function.last_line - function.first_line + 1;
        if lines > FUNCTION_LINES {
            let fix = format!("fn {} has {lines} lines; split below {FUNCTION_LINES}", function.name);
            find("function-length", function.first_line, function.name, fix);
        }
    }
    for (at, word) in source.words().filter(|(_, word)| LEFTOVER_MACROS.contains(word)) {
        if source.code[at + word.len()..].starts_with('!') {
            find("leftover", source.line(at), word, format!("finish it or take it out: {word}!"));
        }
    }
    for mark in LEFTOVER_MARKS {
        for (at, _) in source.text.match_indices(mark) {
            find("leftover", source.line(at), mark, format!("finish it or take it out: {mark}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tests::check_source;

    #[test]
    fn a_file_opens_with_its_charge() {
        let check = |text: &str, expect: &[&str]| check_source(super::check, "a.rs", text, expect);
        check("//! Fine.\n", &[]);
        check("\n//! Fine.\n", &[]);
        check("fn a() {}\n", &["1: file"]);
        check("// no\n", &["1: file"]);
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let with_body = |lines: usize| format!("//! A.\nfn long() {{\n{}}}\n", "    a();\n".repeat(lines));
        check_source(check, "a.rs", &with_body(68), &[]);
        check_source(check, "a.rs", &with_body(69), &["2: long"]);
        check_source(check, "a.rs", &format!("//! A.\n{}", "\n".repeat(599)), &[]);
        check_source(check, "a.rs", &format!("//! A.\n{}", "\n".repeat(600)), &["601: file"]);
    }

    #[test]
    fn leftovers_are_found_in_code_only() {
        check_source(check, "a.rs", "//! A.\nfn a() { todo!() }\n", &["2: todo"]);
        check_source(check, "a.rs", "//! A.\n// todo! is a word here\nfn todo() {}\n", &[]);
        let mark = LEFTOVER_MARKS[0];
        check_source(check, "a.rs", &format!("//! A.\n// {mark} later\n"), &[&format!("2: {mark}")]);
    }
}
