//! `cargo xtask new-case NAME`: the start of a story, ready to be filled and run.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

const SKELETON: &str = include_str!("../templates/story.txt");

pub fn run(root: &Path, name: &str) -> Result<()> {
    let name = name.trim_start_matches("cases/").trim_end_matches(".case");
    check_name(name)?;
    let path = root.join("cases").join(name).with_extension("case");
    if path.exists() {
        bail!("cases/{name}.case is already there");
    }
    let folder = path.parent().context("a story stands in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(&path, skeleton(name)).with_context(|| format!("cannot write {}", path.display()))?;
    println!("cases/{name}.case: say what happens above each ----; the runner writes what is below");
    Ok(())
}

/// Names are folders and words of ASCII: `past_due/two_missed`, `errors/E-RP-01`.
fn check_name(name: &str) -> Result<()> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if !name.split('/').all(is_word) {
        bail!("{name} is no name for a story; try past_due/two_missed or errors/E-RP-01");
    }
    Ok(())
}

/// The skeleton with its title: a refusal's own words, else the name for the writer to replace.
fn skeleton(name: &str) -> String {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let (zh, en) = match glossary::refusal(stem) {
        Some(refusal) => (refusal.message.zh.as_str(), refusal.message.en.as_str()),
        None => (stem, stem),
    };
    SKELETON.replace("{zh}", zh).replace("{en}", en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_named_by_words() {
        let check = |name: &str, good: bool| assert_eq!(check_name(name).is_ok(), good, "{name}");
        check("past_due/two_missed", true);
        check("errors/E-RP-01", true);
        check("../outside", false);
        check("a//b", false);
        check("", false);
    }

    #[test]
    fn the_story_of_a_refusal_is_titled_by_it() {
        assert!(skeleton("errors/E-RP-01").lines().next().unwrap().ends_with("above zero."));
        assert!(skeleton("past_due/two").starts_with("# two / two\n"));
    }
}
