//! Every story under `cases/` is told and must say what stands below its rules. The transcripts of
//! `cases/commands/` are the front door's: its own test types them.
//!
//! `UPDATE_CASES=1` writes down what the stories say now; a reviewer reads the difference.

use sim::random::Random;
use sim::script::{Told, tell};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases")
}

fn stories(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("cases/ can be read") {
        let path = entry.expect("an entry of cases/").path();
        // The stories of the command line are told by the program itself.
        if path.ends_with("commands") {
            continue;
        }
        if path.is_dir() && path.file_name().is_some_and(|name| name != "commands") {
            stories(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "case") {
            found.push(path);
        }
    }
}

fn all_stories() -> Vec<PathBuf> {
    let mut found = Vec::new();
    stories(&folder(), &mut found);
    found.sort();
    found
}

/// Used texts are looked for in `cases/` itself.
fn load(name: &str) -> Option<String> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if is_plain { fs::read_to_string(folder().join(name)).ok() } else { None }
}

fn tell_file(path: &Path) -> Result<Told, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    tell(&text, &load).map_err(|problem| problem.to_string())
}

#[test]
fn every_story_says_what_it_should() {
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let mut wrong = String::new();
    for path in all_stories() {
        let name = path.strip_prefix(folder()).expect("under cases/").display().to_string();
        match tell_file(&path) {
            Err(problem) => wrong += &format!("{name}, {problem}\n"),
            Ok(told) if update => fs::write(&path, told.text).expect("cases/ can be written"),
            Ok(told) => told.differences.iter().for_each(|difference| wrong += &format!("{name}, {difference}")),
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}UPDATE_CASES=1 writes down what is said now (+)\n");
}

#[test]
fn every_story_fits_a_screen_and_has_a_title_in_both_languages() {
    for path in all_stories() {
        let name = path.display();
        let text = fs::read_to_string(&path).expect("cases/ can be read");
        let title = text.lines().next().unwrap_or_default();
        let both = title.split_once(" / ").is_some_and(|(zh, en)| !zh.is_ascii() && en.is_ascii());
        assert!(both, "{name}: the first line is `# Chinese / English`, not {title}");
        assert!(text.lines().count() <= 48, "{name}: longer than a screen: make it two");
    }
}

/// A story with something wrong in it: a word lost, doubled or from another line, a digit changed, a
/// line moved.
fn garbled(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.between(1, 3) {
        let line = random.below(lines.len() as u64 - 1) as usize + 1;
        let other = random.below(lines.len() as u64 - 1) as usize + 1;
        let mut words: Vec<String> = lines[line].split(' ').map(str::to_owned).collect();
        let word = random.below(words.len() as u64) as usize;
        match random.below(5) {
            0 => drop(words.remove(word)),
            1 => words.insert(word, words[word].clone()),
            2 => words[word] = random.pick(&lines[other].split(' ').collect::<Vec<_>>()).to_string(),
            3 => words[word] = words[word].replace(['1', '2', ',', '.'], random.pick::<&str>(&["9", "-", "99999999", "="])),
            _ => lines.swap(line, other),
        }
        lines[line] = words.join(" ");
    }
    lines.join("\n")
}

#[test]
fn a_garbled_story_is_told_or_refused_with_its_line_but_never_breaks_the_teller() {
    let texts: Vec<String> = all_stories().iter().map(|path| fs::read_to_string(path).expect("a story")).collect();
    let mut problems = 0;
    for seed in 0..600 {
        let mut random = Random::stream(seed, "garbled", 0);
        let text = garbled(random.pick::<String>(&texts), &mut random);
        let told = std::panic::catch_unwind(|| tell(&text, &load));
        match told.unwrap_or_else(|_| panic!("seed {seed} breaks the teller:\n{text}")) {
            Ok(_) => {}
            Err(problem) => {
                problems += 1;
                assert!((1..=text.lines().count()).contains(&problem.line), "seed {seed}: {problem}");
            }
        }
    }
    assert!(problems > 100, "garbling hardly ever hurts: {problems}");
}

#[test]
fn every_refusal_of_the_loan_room_has_its_reproducer() {
    let refused: BTreeSet<String> = all_stories()
        .iter()
        .filter(|path| path.parent().is_some_and(|parent| parent.ends_with("errors")))
        .flat_map(|path| fs::read_to_string(path).expect("cases/ can be read").lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.strip_prefix("refused ")?.split(' ').next()?.to_owned()))
        .collect();
    let wanted = glossary::refusals().map(|refusal| &refusal.code);
    let of_loan = wanted.filter(|code| ["E-EX-", "E-PA-", "E-RP-", "E-SC-", "E-WV-"].iter().any(|use_case| code.starts_with(use_case)));
    let missing: Vec<&String> = of_loan.filter(|code| !refused.contains(*code)).collect();
    assert!(missing.is_empty(), "no story under cases/errors/ is refused with {missing:?}");
}
