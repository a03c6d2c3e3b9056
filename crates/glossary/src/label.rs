//! Saying an entry in a language.

use crate::lookup::{lookup, refusal};
use crate::term::Lang;
use std::fmt::Write;

/// The label of a dotted code, `label("grade.pass", Lang::Zh)`.
///
/// A code the glossary does not know is a bug of ours and stops the program; codes that come from
/// data go through [`lookup`].
pub fn label(code: &str, lang: Lang) -> &'static str {
    match lookup(code) {
        Some(term) => term.label.in_lang(lang),
        None => panic!("the glossary has no entry {code}"),
    }
}

/// The label of a coded variant: `label_in("grade", grade.code(), lang)`.
pub fn label_in(set: &str, code: &str, lang: Lang) -> &'static str {
    label(&format!("{set}.{code}"), lang)
}

/// A region by its code (行政区划代码): its name; of one without, the name of what it lies in and the code; of one
/// nobody knows, the code.
pub fn region(code: &str, lang: Lang) -> String {
    let named = |code: &str| lookup(&format!("region.{code}")).map(|term| term.label.in_lang(lang));
    if let Some(name) = named(code) {
        return name.to_owned();
    }
    let is_code = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
    let around = [4, 2].into_iter().filter(|_| is_code).find_map(|digits| named(&format!("{:0<6}", &code[..digits])));
    around.map_or_else(|| code.to_owned(), |around| format!("{around} {code}"))
}

/// A refusal or message with its `{placeholders}` filled in.
///
/// A placeholder without a value stays as it is, so the gap is seen rather than hidden.
pub fn message(code: &str, lang: Lang, values: &[(&str, &str)]) -> String {
    let text = match refusal(code) {
        Some(refusal) => refusal.message.in_lang(lang),
        None => label(code, lang),
    };
    fill(text, values)
}

/// What to do about a refusal, with its `{placeholders}` filled in.
pub fn remedy(code: &str, lang: Lang, values: &[(&str, &str)]) -> String {
    match refusal(code) {
        Some(refusal) => fill(refusal.remedy.in_lang(lang), values),
        None => panic!("the glossary has no refusal {code}"),
    }
}

/// A fact in words: codes in it (`role.team_lead`), parted by spaces and commas, as their labels, all else as it is.
pub fn worded(value: &str, lang: Lang) -> String {
    let word = |word: &str| {
        let (bare, comma) = word.strip_suffix(',').map_or((word, ""), |bare| (bare, ","));
        lookup(bare).map_or_else(|| word.to_owned(), |term| format!("{}{comma}", term.label.in_lang(lang)))
    };
    value.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What a refusal says and what to do about it, its facts in words.
pub fn told(code: &str, lang: Lang, facts: &[(&str, String)]) -> (String, String) {
    let words: Vec<(&str, String)> = facts.iter().map(|(name, value)| (*name, worded(value, lang))).collect();
    let words: Vec<(&str, &str)> = words.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (message(code, lang, &words), remedy(code, lang, &words))
}

/// A refusal as a page lists it (拒绝说明): a head of code, `mark` and name, then what a person reads in each language.
///
/// # Panics
/// When a placeholder has no fact: the page shows what people are told, and nobody is told of a `{gap}`.
pub fn refusal_entry(code: &str, mark: &str, facts: &[(&'static str, String)]) -> String {
    let name = refusal(code).map_or("", |refusal| refusal.name.as_str());
    let mut entry = [code, mark, name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    for lang in [Lang::Zh, Lang::En] {
        let (message, remedy) = told(code, lang, facts);
        assert!(!message.contains('{') && !remedy.contains('{'), "{code}: a placeholder without a fact: {message} {remedy}");
        write!(entry, "\n    {message} {remedy}").expect("a text takes every text");
    }
    entry + "\n"
}

/// One pass from left to right: a value that itself holds braces is never read as a placeholder.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, behind)| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value, behind)));
        match known {
            Some((value, behind)) => {
                out.push_str(value);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_told_by_its_name_or_by_what_it_lies_in() {
        let check = |code: &str, expect: &str| assert_eq!(region(code, Lang::En), expect);
        check("320100", "Nanjing");
        check("320000", "Jiangsu");
        check("320102", "Nanjing 320102");
        check("429004", "Hubei 429004");
        check("990000", "990000");
        check("east", "east");
        check("\u{6c5f}\u{82cf}", "\u{6c5f}\u{82cf}");
        check("", "");
    }

    #[test]
    fn placeholders_are_filled_once_and_gaps_stay_visible() {
        let check = |text, values: &[(&str, &str)], expect: &str| assert_eq!(fill(text, values), expect);
        check("{rows} rows", &[("rows", "3")], "3 rows");
        check("{a}{b}{a}", &[("a", "{b}"), ("b", "2")], "{b}2{b}");
        check("{rows} of {all}", &[("rows", "3")], "3 of {all}");
        check("open { brace", &[], "open { brace");
    }

    #[test]
    fn codes_in_a_fact_are_said_in_words_and_everything_else_as_it_is() {
        let check = |value: &str, expect: &str| assert_eq!(worded(value, Lang::En), expect);
        check("grade.pass", "pass");
        check("grade.pass, grade.loss", "pass, loss");
        check("repayment_method.flat grade.loss, Ann Example (E1)", "flat loss, Ann Example (E1)");
        check("grade.unheard_of 5,000.00", "grade.unheard_of 5,000.00");
        let (said, _) = told("E-IM-02", Lang::En, &[("column", "grade.pass".to_owned())]);
        assert_eq!(said, "The required field pass is empty.");
    }

    #[test]
    #[should_panic(expected = "a placeholder without a fact")]
    fn a_page_shows_no_gap() {
        refusal_entry("E-IM-02", "", &[]);
    }

    #[test]
    fn a_code_speaks_both_languages() {
        assert_eq!(label("grade.special_mention", Lang::En), "special mention");
        assert_eq!(label_in("repayment_method", "flat", Lang::En), "flat");
        assert_ne!(label("grade.loss", Lang::Zh), label("grade.loss", Lang::En));
        let said = message("E-IM-02", Lang::En, &[("column", "paid_on")]);
        assert_eq!(said, "The required field paid_on is empty.");
        assert!(!remedy("E-IM-02", Lang::Zh, &[("column", "paid_on")]).is_empty());
    }
}
