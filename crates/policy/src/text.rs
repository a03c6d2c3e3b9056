//! From the text of pack files to rules.

use crate::pack::{PackHeader, PackProblem};
use crate::provenance::{Certainty, Provenance};
use crate::read::Day;
use crate::rule::{AppliesTo, Rule, RuleKind};
use serde::Deserialize;
use toml::Spanned;

/// What the files of one pack hold, each entry well formed; not yet checked against each other.
pub(crate) struct Parsed {
    pub header: PackHeader,
    pub rules: Vec<Rule>,
    /// Entries with `retired = true`: id, file and line, in the shape a complaint would have.
    pub retired: Vec<PackProblem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    pack: Option<HeaderText>,
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderText {
    id: String,
    version: String,
    title_zh: String,
    title_en: String,
    #[serde(default)]
    institutions: Vec<String>,
    #[serde(default)]
    jurisdiction: String,
    extends: Option<String>,
}

/// A rule as written. Everything but `id` may be missing in a `retired` entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    id: String,
    #[serde(default)]
    retired: bool,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title_zh: String,
    #[serde(default)]
    title_en: String,
    #[serde(default)]
    article: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    certainty: String,
    effective_from: Option<Day>,
    effective_to: Option<Day>,
    #[serde(default)]
    reviewed_by: String,
    reviewed_on: Option<Day>,
    #[serde(default)]
    applies_to: AppliesTo,
    #[serde(default)]
    params: toml::Table,
}

/// The longest file of a pack, in bytes: fifty times the longest of ours.
const LONGEST_FILE: usize = 1 << 20;
/// The largest whole number a parameter may be: ten times the whole in parts per million, or more days
/// and months than there will be. Sums and products of them stay within their types.
const LARGEST_NUMBER: i64 = 10_000_000;

pub(crate) fn parse(files: &[(&str, &str)]) -> Result<Parsed, Vec<PackProblem>> {
    let (mut headers, mut rules, mut retired, mut problems) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut unreadable = false;
    for &(file, text) in files {
        if text.len() > LONGEST_FILE {
            let what = format!("{} bytes, at most {LONGEST_FILE}", text.len());
            problems.push(problem((file, 0, ""), &what, "split the file, or look what has come into it"));
            unreadable = true;
            continue;
        }
        let parsed: FileText = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let line = error.span().map_or(0, |span| line_of(text, span.start));
                let remedy = "correct the file; every field is described in policy/README.md";
                problems.push(problem((file, line, ""), error.message(), remedy));
                unreadable = true;
                continue;
            }
        };
        headers.extend(parsed.pack);
        for written in parsed.rule {
            let line = line_of(text, written.span().start);
            let written = written.into_inner();
            if written.retired {
                retired.push(problem((file, line, &written.id), "", ""));
            } else {
                match rule(written, file, line) {
                    Ok(rule) => rules.push(rule),
                    Err(found) => problems.extend(found),
                }
            }
        }
    }
    let first_file = files.first().map_or("", |(file, _)| file);
    let header = match <[HeaderText; 1]>::try_from(headers) {
        Ok([header]) => Some(header.into()),
        // A file that cannot be read may hold the header.
        Err(_) if unreadable => None,
        Err(other) => {
            let what = format!("{} [pack] headers", other.len());
            problems.push(problem((first_file, 0, ""), &what, "give the pack exactly one [pack] header"));
            None
        }
    };
    match header {
        Some(header) if problems.is_empty() => Ok(Parsed { header, rules, retired }),
        _ => Err(problems),
    }
}

fn rule(written: RuleText, file: &str, line: usize) -> Result<Rule, Vec<PackProblem>> {
    let mut problems = Vec::new();
    let mut complain = |what: String, remedy: &str| problems.push(problem((file, line, &written.id), &what, remedy));
    let required = [
        ("title_zh", &written.title_zh),
        ("title_en", &written.title_en),
        ("article", &written.article),
        ("source", &written.source),
    ];
    for (field, _) in required.iter().filter(|(_, value)| value.is_empty()) {
        complain(format!("{field} is missing"), "every rule names its titles, its article and its source");
    }
    let kind = RuleKind::from_code(&written.kind);
    if kind.is_none() {
        let known: Vec<&str> = RuleKind::ALL.iter().map(|kind| kind.code()).collect();
        complain(format!("unknown kind {:?}", written.kind), &format!("choose one of: {}", known.join(", ")));
    }
    let certainty = Certainty::from_code(&written.certainty);
    if certainty.is_none() {
        let known: Vec<&str> = Certainty::ALL.iter().map(|certainty| certainty.code()).collect();
        complain(format!("unknown certainty {:?}", written.certainty), &format!("choose one of: {}", known.join(", ")));
    }
    if written.effective_from.is_none() {
        complain("effective_from is missing".to_owned(), "name the first day in force");
    }
    if written.effective_to.is_some() && written.effective_to < written.effective_from {
        complain("ends before it begins".to_owned(), "effective_to is the last day in force");
    }
    for number in numbers(written.params.values()).filter(|number| !(0..=LARGEST_NUMBER).contains(number)) {
        complain(format!("{number} in params"), &format!("a number is between 0 and {LARGEST_NUMBER}"));
    }
    if written.reviewed_by.is_empty() != written.reviewed_on.is_none() {
        complain("half a signature".to_owned(), "give reviewed_by and reviewed_on together, or neither");
    }
    let (Some(kind), Some(certainty), Some(Day(effective_from)), true) =
        (kind, certainty, written.effective_from, problems.is_empty())
    else {
        return Err(problems);
    };
    Ok(Rule {
        kind,
        provenance: Provenance {
            article: written.article,
            source: written.source,
            certainty,
            reviewed: written.reviewed_on.map(|Day(on)| (written.reviewed_by, on)),
        },
        effective_from,
        effective_to: written.effective_to.map(|Day(last)| last),
        id: written.id,
        title_zh: written.title_zh,
        title_en: written.title_en,
        applies_to: written.applies_to,
        written_at: (file.to_owned(), line),
        params: written.params,
    })
}

/// Every whole number among these values, however deep.
fn numbers<'a>(values: impl Iterator<Item = &'a toml::Value> + 'a) -> Box<dyn Iterator<Item = i64> + 'a> {
    Box::new(values.flat_map(|value| match value {
        toml::Value::Integer(number) => Box::new(std::iter::once(*number)),
        toml::Value::Array(list) => numbers(list.iter()),
        toml::Value::Table(table) => numbers(table.values()),
        _ => Box::new(std::iter::empty()),
    }))
}

impl From<HeaderText> for PackHeader {
    fn from(written: HeaderText) -> PackHeader {
        PackHeader {
            id: written.id,
            version: written.version,
            title_zh: written.title_zh,
            title_en: written.title_en,
            institutions: written.institutions,
            jurisdiction: written.jurisdiction,
            extends: written.extends,
        }
    }
}

fn problem((file, line, rule): (&str, usize, &str), what: &str, remedy: &str) -> PackProblem {
    PackProblem {
        file: file.to_owned(),
        line,
        rule: rule.to_owned(),
        what: what.to_owned(),
        remedy: remedy.to_owned(),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}
