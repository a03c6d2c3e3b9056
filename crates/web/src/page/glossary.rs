//! Words and help (词汇与帮助): every term, code and refusal in both languages; what stories show a refusal happen.

use crate::extract::{Asked, Named, refusal};
use crate::page::frame::{Frame, Shown, show};
use crate::page::story::stories;
use crate::page::view::heading;
use crate::page::visitor::Visitor;
use crate::server::Server;
use askama::Template;
use axum::Router;
use axum::routing::get;
use glossary::{Refusal, Term, lookup, refusals, terms};
use serde::Deserialize;

pub fn router() -> Router<Server> {
    Router::new().route("/glossary", get(search)).route("/glossary/{code}", get(one))
}

/// Entries a page shows.
const ROWS: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    q: String,
    set: String,
}

#[derive(Template)]
#[template(path = "glossary.html")]
struct GlossaryPage {
    frame: Frame,
    wanted: Wanted,
    /// Sets and how many words each has.
    sets: Vec<(String, usize)>,
    terms: Vec<&'static Term>,
    refusals: Vec<&'static Refusal>,
    is_cut: bool,
}

/// The set of a code: what stands before its last dot.
fn set_of(code: &str) -> &str {
    code.rsplit_once('.').map_or(code, |(set, _)| set)
}

fn holds(wanted: &str, texts: &[&str]) -> bool {
    wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(wanted))
}

async fn search(visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    let q = wanted.q.trim().to_lowercase();
    let mut sets: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    terms("").for_each(|term| *sets.entry(set_of(&term.code)).or_default() += 1);
    let asked = !q.is_empty() || !wanted.set.is_empty();
    let in_set = |code: &str| wanted.set.is_empty() || set_of(code) == wanted.set;
    let found = terms("").filter(|term| asked && in_set(&term.code) && holds(&q, &[&term.code, &term.label.zh, &term.label.en, &term.note]));
    let found: Vec<&Term> = found.take(ROWS + 1).collect();
    let is_refusal = |refusal: &&Refusal| holds(&q, &[&refusal.code, &refusal.name, &refusal.message.zh, &refusal.message.en]);
    let of_refusals = wanted.set.is_empty() || wanted.set == "refusal";
    let refused: Vec<&Refusal> = refusals().filter(|refusal| of_refusals && asked && is_refusal(refusal)).take(ROWS).collect();
    show(&GlossaryPage {
        frame: visitor.frame("glossary"),
        sets: sets.into_iter().map(|(set, count)| (set.to_owned(), count)).collect(),
        is_cut: found.len() > ROWS,
        terms: found.into_iter().take(ROWS).collect(),
        refusals: refused,
        wanted,
    })
}

#[derive(Template)]
#[template(path = "word.html")]
struct WordPage {
    frame: Frame,
    code: String,
    term: Option<&'static Term>,
    refusal: Option<&'static Refusal>,
    /// Where it happens, as a person reads it.
    stories: Vec<&'static str>,
}

async fn one(visitor: Visitor, Named(code): Named<String>) -> Shown {
    let (term, told) = (lookup(&code), glossary::refusal(&code));
    if term.is_none() && told.is_none() {
        return Err(refusal("E-AP-01", &[("what", "term"), ("id", &code)]));
    }
    show(&WordPage { frame: visitor.frame("glossary"), stories: stories(&code), term, refusal: told, code })
}

impl Frame {
    /// What a refusal says, its facts left open.
    pub fn refused_as(&self, code: &str) -> String {
        let Some(refusal) = glossary::refusal(code) else { return String::new() };
        open(refusal.message.in_lang(self.lang))
    }

    /// The word for a column or a dimension.
    pub fn heading(&self, name: &str) -> String {
        heading(self, name)
    }

    /// What was done, of the audit trail: a use case's word, an action's own, or its code.
    pub fn action(&self, code: &str) -> String {
        let known = ["action", "use_case", "topic"].into_iter().map(|set| format!("{set}.{code}")).find(|dotted| lookup(dotted).is_some());
        known.map_or_else(|| code.replace(['_', '.'], " "), |dotted| self.word(&dotted).to_owned())
    }

    /// What something is about, `case/C-1`, in words.
    pub fn subject(&self, subject: &str) -> String {
        subject.split_once('/').map_or_else(|| subject.to_owned(), |(kind, id)| format!("{} {id}", self.named("subject", kind)))
    }
}

/// A message with dots for its facts.
fn open(message: &str) -> String {
    let mut out = String::new();
    for (place, part) in message.split('{').enumerate() {
        match part.split_once('}').filter(|_| place > 0) {
            Some((_, rest)) => {
                out.push('\u{2026}');
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_its_facts() {
        assert_eq!(open("line {line} of {file}."), "line \u{2026} of \u{2026}.");
    }
}
