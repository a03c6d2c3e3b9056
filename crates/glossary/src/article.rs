//! What a rule cites, told in English: the law's English name and the numbers of its articles. The Chinese text is the original.

use crate::lookup::terms;
use crate::term::Term;

/// Between two citations.
const PARTED: char = '\u{ff1b}';

/// Before a number.
const ORDINAL: char = '\u{7b2c}';

/// What a number counts, and how English writes it: article, paragraph, item, chapter.
const COUNTED: [(char, &str); 4] = [('\u{6761}', "art."), ('\u{6b3e}', "para."), ('\u{9879}', "item"), ('\u{7ae0}', "ch.")];

/// Between numbers: "and" as a list, "to" as a range.
const LISTED: char = '\u{3001}';
const RANGE: char = '\u{81f3}';

const TENS: (char, char) = ('\u{5341}', '\u{767e}');
const DIGITS: [char; 10] = ['\u{3007}', '\u{4e00}', '\u{4e8c}', '\u{4e09}', '\u{56db}', '\u{4e94}', '\u{516d}', '\u{4e03}', '\u{516b}', '\u{4e5d}'];

/// A citation in English (条款英文简称), `Civil Code art. 188, art. 189`; what names no law the glossary knows is left to
/// the original.
pub fn article_in_english(article: &str) -> String {
    let told: Vec<String> = article.split(PARTED).filter_map(cited).collect();
    told.join("; ")
}

fn cited(part: &str) -> Option<String> {
    let named = |law: &&Term| part.contains(law.label.zh.as_str());
    // The longest name: one law's short name may stand inside another's.
    let law = terms("law.").filter(named).max_by_key(|law| law.label.zh.len())?;
    let rest = part.split_once(law.label.zh.as_str()).map_or("", |(_, rest)| rest);
    let numbers: Vec<String> = rest.split(ORDINAL).skip(1).filter_map(numbered).collect();
    Some(std::iter::once(law.label.en.clone()).chain(numbers).collect::<Vec<_>>().join(" "))
}

/// `692, 693` and what they count.
fn numbered(text: &str) -> Option<String> {
    let end = text.find(|letter| COUNTED.iter().any(|(counted, _)| *counted == letter))?;
    let counted = COUNTED.iter().find(|(counted, _)| text[end..].starts_with(*counted))?.1;
    let list: Option<Vec<String>> = text[..end].split(LISTED).map(|one| one.split(RANGE).map(number).collect::<Option<Vec<_>>>().map(|ends| ends.join("\u{2013}"))).collect();
    Some(format!("{counted} {}", list?.join(", ")))
}

/// Digits, or a number below a thousand in characters.
fn number(text: &str) -> Option<String> {
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    let (mut number, mut digit, mut any) = (0, 0, false);
    for letter in text.chars() {
        any = true;
        match DIGITS.iter().position(|known| *known == letter) {
            Some(value) => digit = value,
            None if letter == TENS.0 => (number, digit) = (number + digit.max(1) * 10, 0),
            None if letter == TENS.1 => (number, digit) = (number + digit.max(1) * 100, 0),
            None if letter == '\u{96f6}' => {}
            None => return None,
        }
    }
    any.then(|| (number + digit).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_are_named_and_articles_numbered() {
        let check = |article: &str, expect: &str| assert_eq!(article_in_english(article), expect, "{article}");
        // Civil Code, articles 692 and 693; the measures, article 8 and article 14.
        check("\u{6c11}\u{6cd5}\u{5178}\u{7b2c}692\u{3001}693\u{6761}", "Civil Code art. 692, 693");
        check("\u{529e}\u{6cd5}\u{7b2c}8\u{6761}\u{3001}\u{7b2c}14\u{6761}", "Classification measures (2023) art. 8 art. 14");
        check("\u{529e}\u{6cd5}\u{7b2c}\u{4e09}\u{7ae0}\u{ff08}\u{7b2c}17\u{81f3}23\u{6761}\u{ff09}", "Classification measures (2023) ch. 3 art. 17\u{2013}23");
        check("\u{65f6}\u{6548}\u{89c4}\u{5b9a}\u{7b2c}8\u{6761}\u{7b2c}1\u{6b3e}\u{7b2c}2\u{9879}", "Provisions on limitation art. 8 para. 1 item 2");
        // In characters; two laws; a longer name that holds a shorter one.
        check("\u{6c11}\u{6cd5}\u{5178}\u{7b2c}\u{516d}\u{767e}\u{4e5d}\u{5341}\u{4e8c}\u{3001}\u{516d}\u{767e}\u{4e5d}\u{5341}\u{4e09}\u{6761}", "Civil Code art. 692, 693");
        check("\u{6c11}\u{8bc9}\u{6cd5}\u{7b2c}250\u{6761}\u{ff1b}\u{6c11}\u{6cd5}\u{5178}\u{7b2c}\u{5341}\u{4e94}\u{6761}", "Civil Procedure Law art. 250; Civil Code art. 15");
        check("\u{4fe1}\u{7528}\u{5361}\u{529e}\u{6cd5}\u{7b2c}68\u{6761}", "Card measures art. 68");
        check("12 CFR 1006.6(d)", "");
        check("", "");
    }
}
