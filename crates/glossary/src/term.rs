//! What one entry of the glossary holds.

use std::collections::BTreeMap;

/// The language of a label or message (语言).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    pub fn from_code(code: &str) -> Option<Lang> {
        match code {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

/// One text in both languages (双语文本). May hold `{placeholders}`, the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

impl Text {
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// One word of the domain (术语): `code`, its label, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Dotted: the set, then the stable code inside it, `repayment_method.flat`.
    pub code: String,
    pub label: Text,
    /// The definition or formula, in Chinese; empty when the label says it all.
    pub note: String,
    /// The regulation, standard or document the word is taken from; may be empty.
    pub source: String,
}

/// One thing the world may answer with no (拒绝原因): what happened, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, `E-RP-01`: use case in two letters, number in order of entry.
    pub code: String,
    /// The variant in snake case, as stories print it: `amount_must_be_positive`.
    pub name: String,
    pub message: Text,
    pub remedy: Text,
}

/// All entries, by code.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub terms: BTreeMap<String, Term>,
    pub refusals: BTreeMap<String, Refusal>,
}

impl Words {
    /// Adds the entries of one file; problems are told with file and code.
    pub fn read(&mut self, file: &str, text: &str, problems: &mut Vec<String>) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.descend(file, "", &table, problems),
            Err(error) => problems.push(format!("{file}: {error}")),
        }
    }

    /// A table with `zh` is an entry; any other table is a set whose keys extend the code.
    fn descend(&mut self, file: &str, code: &str, table: &toml::Table, problems: &mut Vec<String>) {
        if table.contains_key("zh") {
            return self.add(file, code, table, problems);
        }
        for (key, value) in table {
            let deeper = if code.is_empty() { key.clone() } else { format!("{code}.{key}") };
            match value.as_table() {
                Some(inner) => self.descend(file, &deeper, inner, problems),
                None => problems.push(format!("{file}: {deeper}: expected a table with zh and en")),
            }
        }
    }

    fn add(&mut self, file: &str, code: &str, table: &toml::Table, problems: &mut Vec<String>) {
        let mut complain = |what: &str| problems.push(format!("{file}: {code}: {what}"));
        let is_refusal = code.starts_with("E-");
        let known: &[&str] = match is_refusal {
            true => &["zh", "en", "name", "remedy_zh", "remedy_en"],
            false => &["zh", "en", "note", "source"],
        };
        for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
            complain(&format!("unknown key {key}"));
        }
        let get = |key: &str| table.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let label = Text { zh: get("zh"), en: get("en") };
        let mut texts = vec![label.clone()];
        let old = if is_refusal {
            let remedy = Text { zh: get("remedy_zh"), en: get("remedy_en") };
            texts.push(remedy.clone());
            if get("name").is_empty() {
                complain("name is missing");
            }
            let refusal = Refusal { code: code.to_owned(), name: get("name"), message: label, remedy };
            self.refusals.insert(code.to_owned(), refusal).is_some()
        } else {
            let term = Term { code: code.to_owned(), label, note: get("note"), source: get("source") };
            self.terms.insert(code.to_owned(), term).is_some()
        };
        if old {
            complain("stands twice");
        }
        for text in texts {
            if text.zh.is_empty() || text.en.is_empty() {
                complain("one language is missing");
            }
            if placeholders(&text.zh) != placeholders(&text.en) {
                complain("placeholders differ between zh and en");
            }
        }
    }
}

/// The names inside `{…}`, sorted and each once.
pub(crate) fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], expect: &[&str]) {
        let (mut words, mut problems) = (Words::default(), Vec::new());
        for (n, text) in files.iter().enumerate() {
            words.read(&format!("{n}.toml"), text, &mut problems);
        }
        assert_eq!(problems, expect);
    }

    #[test]
    fn a_damaged_entry_is_told_with_file_and_code() {
        check(&[r#"[grade] pass = { zh = "z", en = "pass" }"#.replace("] ", "]\n").as_str()], &[]);
        check(&["[grade.pass]\nzh = \"z\""], &["0.toml: grade.pass: one language is missing"]);
        check(
            &["[a.b]\nzh = \"{rows} z\"\nen = \"{row} read\""],
            &["0.toml: a.b: placeholders differ between zh and en"],
        );
        check(&["[a.b]\nzh=\"z\"\nen=\"e\"", "[a.b]\nzh=\"z\"\nen=\"e\""], &["1.toml: a.b: stands twice"]);
        check(&["[a]\nb = 3"], &["0.toml: a.b: expected a table with zh and en"]);
        check(&["[a.b]\nzh=\"z\"\nen=\"e\"\nremedy=\"r\""], &["0.toml: a.b: unknown key remedy"]);
        check(
            &["[E-RP-01]\nzh=\"z\"\nen=\"e\"\nremedy_zh=\"z\"\nremedy_en=\"e\""],
            &["0.toml: E-RP-01: name is missing"],
        );
    }
}
