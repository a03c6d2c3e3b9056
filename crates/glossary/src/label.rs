//! Saying an entry in a language.

use crate::lookup::{lookup, refusal};
use crate::term::Lang;

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
    fn placeholders_are_filled_once_and_gaps_stay_visible() {
        let check = |text, values: &[(&str, &str)], expect: &str| assert_eq!(fill(text, values), expect);
        check("{rows} rows", &[("rows", "3")], "3 rows");
        check("{a}{b}{a}", &[("a", "{b}"), ("b", "2")], "{b}2{b}");
        check("{rows} of {all}", &[("rows", "3")], "3 of {all}");
        check("open { brace", &[], "open { brace");
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
