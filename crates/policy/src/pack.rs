//! A pack: its header, its rules, and what may be wrong with its text.

use crate::effective::PackOnDate;
use crate::rule::{Rule, RuleRef};
use crate::text;
use include_dir::{Dir, include_dir};
use std::fmt;
use units::Date;

/// The packs compiled into the program, one folder each.
static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../policy");

/// A named, versioned set of rules for one kind of lender in one jurisdiction (政策包).
///
/// Construction: [`Pack::parse`] from text, [`Pack::embedded`] by name; both check every rule
/// against every other. Not supported: changing a pack in place — a change is a draft that extends
/// it, with its own id and digest.
#[derive(Clone, Debug)]
pub struct Pack {
    header: PackHeader,
    rules: Vec<Rule>,
    digest: u64,
}

/// What a pack says of itself (政策包说明).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackHeader {
    pub id: String,
    pub version: String,
    pub title_zh: String,
    pub title_en: String,
    /// For which kinds of lender: `bank`, `card_issuer`, `microloan_company`, …
    pub institutions: Vec<String>,
    pub jurisdiction: String,
    /// The embedded pack this one changes, if it is a draft.
    pub extends: Option<String>,
}

/// What is wrong with a pack's text, where, and what to do (政策包问题).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {rule}{}{what}; {remedy}", if rule.is_empty() { "" } else { ": " })]
pub struct PackProblem {
    pub file: String,
    /// Counted from 1; 0 when the whole file or pack is meant.
    pub line: usize,
    /// Empty when the problem is not about one rule.
    pub rule: String,
    pub what: String,
    pub remedy: String,
}

/// The names of the packs compiled in, sorted.
pub fn embedded_packs() -> Vec<&'static str> {
    let mut names: Vec<&str> = EMBEDDED.dirs().filter_map(|dir| dir.path().to_str()).collect();
    names.sort_unstable();
    names
}

impl Pack {
    /// Reads a pack from `(file name, text)` pairs; exactly one file holds the `[pack]` header.
    ///
    /// A draft names its base with `extends` and lists only what differs: a rule with an id of the
    /// base replaces it from its own `effective_from` on, `retired = true` removes it altogether, a
    /// new id adds. Every problem of every file is reported, not only the first.
    pub fn parse<N: AsRef<str>, T: AsRef<str>>(files: &[(N, T)]) -> Result<Pack, Vec<PackProblem>> {
        let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_ref(), text.as_ref())).collect();
        files.sort_unstable();
        let parsed = text::parse(&files)?;
        let base = match &parsed.header.extends {
            None => None,
            Some(name) => Some(Pack::embedded(name)?),
        };
        let digest = files.iter().fold(base.as_ref().map_or(FNV_START, |base| base.digest), |digest, (name, text)| {
            let digest = fnv_1a(digest, name.bytes());
            // Line ends differ by system, the rule does not.
            fnv_1a(digest, text.bytes().filter(|&byte| byte != b'\r'))
        });
        let mut rules = base.map_or_else(Vec::new, |base| base.rules);
        let mut problems = Vec::new();
        for retired in &parsed.retired {
            if !rules.iter().any(|rule| rule.id == retired.rule) {
                problems.push(PackProblem {
                    what: "retires a rule the base pack does not have".to_owned(),
                    remedy: "correct the id, or leave the entry out".to_owned(),
                    ..retired.clone()
                });
            }
        }
        rules.retain(|rule| !parsed.retired.iter().any(|retired| retired.rule == rule.id));
        for new in &parsed.rules {
            replace_from(&mut rules, new);
        }
        rules.extend(parsed.rules);
        problems.extend(conflicts(&rules));
        if rules.len() > usize::from(u16::MAX) {
            problems.push(whole_pack(&parsed.header.id, "more than 65,535 rules", "split the pack"));
        }
        if problems.is_empty() { Ok(Pack { header: parsed.header, rules, digest }) } else { Err(problems) }
    }

    /// A pack that ships with the program, by the name of its folder.
    pub fn embedded(name: &str) -> Result<Pack, Vec<PackProblem>> {
        let unknown = || {
            let remedy = format!("choose one of: {}", embedded_packs().join(", "));
            vec![whole_pack(name, "no embedded pack of this name", &remedy)]
        };
        let folder = EMBEDDED.get_dir(name).ok_or_else(unknown)?;
        let is_toml = |path: &std::path::Path| path.extension().is_some_and(|ending| ending == "toml");
        let files: Vec<(String, &str)> = folder
            .files()
            .filter(|file| is_toml(file.path()))
            .filter_map(|file| Some((format!("policy/{}", file.path().display()), file.contents_utf8()?)))
            .collect();
        Pack::parse(&files)
    }

    pub fn header(&self) -> &PackHeader {
        &self.header
    }

    /// `id@version`, as runs and explanations cite the pack.
    pub fn name(&self) -> String {
        format!("{}@{}", self.header.id, self.header.version)
    }

    /// A stable fingerprint of the text, base included (内容摘要); for lineage, not for security.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Every rule, all versions, in file order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Panics when the reference is another pack's.
    pub fn rule(&self, reference: RuleRef) -> &Rule {
        &self.rules[usize::from(reference.0)]
    }

    pub(crate) fn refs(&self) -> impl Iterator<Item = (RuleRef, &Rule)> {
        (0u16..).map(RuleRef).zip(&self.rules)
    }

    /// The rules in force on a day.
    pub fn on(&self, date: Date) -> PackOnDate<'_> {
        PackOnDate::new(self, date)
    }

    /// Rules nobody of the lender has signed off; `status` warns of them.
    pub fn not_reviewed(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.provenance.reviewed.is_none())
    }

    /// A problem with the pack as a whole.
    pub fn problem(&self, what: impl Into<String>, remedy: impl Into<String>) -> PackProblem {
        whole_pack(&self.header.id, &what.into(), &remedy.into())
    }
}

fn whole_pack(pack: &str, what: &str, remedy: &str) -> PackProblem {
    let (what, remedy) = (what.to_owned(), remedy.to_owned());
    PackProblem { file: pack.to_owned(), line: 0, rule: String::new(), what, remedy }
}

/// Ends the base's versions of a rule where a draft's version begins.
fn replace_from(base: &mut Vec<Rule>, new: &Rule) {
    base.retain(|rule| rule.id != new.id || rule.effective_from < new.effective_from);
    for rule in base.iter_mut().filter(|rule| rule.id == new.id) {
        let eve = new.effective_from.previous();
        rule.effective_to = Some(rule.effective_to.map_or(eve, |last| last.min(eve)));
    }
}

/// Versions of one rule must follow each other: no two begin on the same day, and none is said to
/// end after its successor began. All versions are of one kind.
fn conflicts(rules: &[Rule]) -> Vec<PackProblem> {
    let mut problems = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        for other in rules[..index].iter().filter(|other| other.id == rule.id) {
            let (earlier, later) = if other.effective_from < rule.effective_from { (other, rule) } else { (rule, other) };
            if other.kind != rule.kind {
                problems.push(rule.problem("its versions are of different kinds", "give the new kind a new id"));
            } else if other.effective_from == rule.effective_from {
                problems.push(rule.problem("listed twice with the same effective_from", "leave one out"));
            } else if earlier.effective_to.is_some_and(|last| last >= later.effective_from) {
                problems.push(earlier.problem(
                    format!("overlaps its next version, in force from {}", later.effective_from),
                    "let effective_to be the day before",
                ));
            }
        }
    }
    problems
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv_1a(start: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(start, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:016x})", self.name(), self.digest)
    }
}
