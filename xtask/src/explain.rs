//! `cargo xtask explain CODE`: what a refusal, a term or a rule of a policy pack means.

use anyhow::{Result, bail};
use glossary::{Refusal, Term};
use policy::{Pack, Rule};
use std::fmt::Write;
use std::path::Path;

pub fn run(root: &Path, code: &str) -> Result<()> {
    print!("{}", explained(root, code)?);
    Ok(())
}

fn explained(root: &Path, code: &str) -> Result<String> {
    let mut said = String::new();
    if let Some(refusal) = glossary::refusal(code) {
        say_refusal(&mut said, refusal, &stories_of(root, code));
    }
    // `pass` finds `grade.pass`; `grade.pass` finds itself.
    let behind_a_dot = format!(".{code}");
    for term in glossary::terms("").filter(|term| term.code == code || term.code.ends_with(&behind_a_dot)) {
        say_term(&mut said, term);
    }
    for name in policy::embedded_packs() {
        let pack = match Pack::embedded(name) {
            Ok(pack) => pack,
            Err(problems) => bail!("the pack {name} is damaged: {problems:?}"),
        };
        for rule in pack.rules().iter().filter(|rule| rule.id == code) {
            say_rule(&mut said, &pack.name(), rule);
        }
    }
    if said.is_empty() {
        bail!("{code} is no refusal, no term and no rule of a pack that ships with the program");
    }
    Ok(said)
}

fn say_refusal(said: &mut String, refusal: &Refusal, stories: &[String]) {
    let Refusal { code, name, message, remedy } = refusal;
    let _ = writeln!(said, "{code} {name}\n  {}\n  → {}\n  {}\n  → {}", message.zh, remedy.zh, message.en, remedy.en);
    for story in stories {
        let _ = writeln!(said, "  {story}");
    }
}

fn say_term(said: &mut String, term: &Term) {
    let _ = writeln!(said, "{}\n  {} / {}", term.code, term.label.zh, term.label.en);
    for more in [&term.note, &term.source].into_iter().filter(|more| !more.is_empty()) {
        let _ = writeln!(said, "  {more}");
    }
}

fn say_rule(said: &mut String, pack: &str, rule: &Rule) {
    let from = &rule.provenance;
    let until = rule.effective_to.map_or(String::new(), |day| format!(" to {day}"));
    let reviewed = match &from.reviewed {
        Some((reviewer, day)) => format!("reviewed by {reviewer} on {day}"),
        None => "not reviewed".to_owned(),
    };
    let _ = writeln!(said, "{} ({}) of {pack}\n  {} / {}", rule.id, rule.kind.code(), rule.title_zh, rule.title_en);
    let _ = writeln!(said, "  {}, {}; certainty {}", from.article, from.source, from.certainty.code());
    let _ = writeln!(said, "  in force from {}{until}; {reviewed}", rule.effective_from);
}

/// The stories under `cases/errors/` that show a refusal happening.
fn stories_of(root: &Path, code: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("cases/errors")).into_iter().flatten().flatten();
    let shows = |path: &Path| {
        let named = path.file_name().is_some_and(|name| name.to_string_lossy().contains(code));
        named || std::fs::read_to_string(path).is_ok_and(|text| text.contains(code))
    };
    let mut stories: Vec<String> = entries
        .filter(|entry| shows(&entry.path()))
        .map(|entry| format!("cases/errors/{}", entry.file_name().to_string_lossy()))
        .collect();
    stories.sort();
    stories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_terms_and_rules_are_found_by_code() {
        let first_line = |code: &str| {
            let said = explained(Path::new("."), code).ok()?;
            Some(said.lines().next().unwrap().to_owned())
        };
        let check = |code: &str, expect: Option<&str>| assert_eq!(first_line(code).as_deref(), expect);
        check("E-RP-01", Some("E-RP-01 amount_must_be_positive"));
        check("substandard", Some("grade.substandard"));
        check("repayment_method.flat", Some("repayment_method.flat"));
        check("stage.past_due_over_30", Some("stage.past_due_over_30 (stage) of cn-bank@2026.1"));
        check("no.such.thing", None);
    }
}
