//! Finding an entry by its code.

use crate::term::{Refusal, Term, Words};
use std::sync::LazyLock;

/// The files of `glossary/`, each with its text.
const FILES: &[(&str, &str)] = &[
    ("book.toml", include_str!("../../../glossary/book.toml")),
    ("cli.toml", include_str!("../../../glossary/cli.toml")),
    ("codes.toml", include_str!("../../../glossary/codes.toml")),
    ("laws.toml", include_str!("../../../glossary/laws.toml")),
    ("metrics.toml", include_str!("../../../glossary/metrics.toml")),
    ("pages.toml", include_str!("../../../glossary/pages.toml")),
    ("refusals.toml", include_str!("../../../glossary/refusals.toml")),
    ("regions.toml", include_str!("../../../glossary/regions.toml")),
    ("terms.toml", include_str!("../../../glossary/terms.toml")),
];

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut words, mut problems) = (Words::default(), Vec::new());
    for (file, text) in FILES {
        words.read(file, text, &mut problems);
    }
    assert!(problems.is_empty(), "the glossary is damaged:\n{}", problems.join("\n"));
    words
});

/// The term with this dotted code, for codes that come from data.
pub fn lookup(code: &str) -> Option<&'static Term> {
    WORDS.terms.get(code)
}

/// The refusal with this code.
pub fn refusal(code: &str) -> Option<&'static Refusal> {
    WORDS.refusals.get(code)
}

/// The facts a refusal is told with: the `{placeholders}` of its message and its remedy.
pub fn placeholders(code: &str) -> Vec<&'static str> {
    let texts = refusal(code).into_iter().flat_map(|refusal| [&refusal.message.zh, &refusal.remedy.zh]);
    let mut names: Vec<&str> = texts.flat_map(|text| crate::term::placeholders(text)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Every term whose code begins with `prefix`, in code order: `terms("grade.")` is the set of grades.
pub fn terms(prefix: &str) -> impl Iterator<Item = &'static Term> {
    WORDS.terms.values().filter(move |term| term.code.starts_with(prefix))
}

/// Every refusal, in code order: the page that lists them.
pub fn refusals() -> impl Iterator<Item = &'static Refusal> {
    WORDS.refusals.values()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_part_of_the_program_and_sound() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../glossary");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        found.sort();
        assert_eq!(found, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        assert!(terms("").count() > 200, "reading the glossary lost its entries");
    }

    #[test]
    fn a_refusal_has_one_name_and_no_two_share_it_within_a_use_case() {
        let mut seen: Vec<(&str, &str)> = refusals().map(|r| (&r.code[..4], r.name.as_str())).collect();
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}
