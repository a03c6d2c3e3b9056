//! A text as the matcher reads it: folded characters, each knowing where it was written.
//!
//! Whoever dodges a word list writes 老 赖, 老.赖, 老癞, 老lai or 老賴. Words and texts are folded
//! in the same way, so that all of these read alike; what separates is left out and remembered as
//! the clause and sentence a character stands in.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// Which characters read alike (同音形近字表), as a pack writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoldText {
    /// Pairs of an old or traditional character and the one it is read as.
    pub traditional: String,
    /// A line per sound: the character that stands for it, those mistaken or written for it, then
    /// after a space each way to write it in Latin letters or as a lone digit.
    pub alike: Vec<String>,
}

/// Characters and syllables by what they are read as.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    characters: BTreeMap<char, char>,
    syllables: BTreeMap<String, char>,
    longest_syllable: usize,
}

/// One folded character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub read_as: char,
    /// Where it was written, in bytes of the original.
    pub written: Range<usize>,
    pub clause: u32,
    pub sentence: u32,
}

/// A folded text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub tokens: Vec<Token>,
    pub text: String,
    /// For each byte of `text` the token it belongs to.
    token_at: Vec<u32>,
}

/// A longer run of Latin letters is no word written in syllables.
const LONGEST_RUN: usize = 32;

impl FoldText {
    /// `Err` names what cannot be read.
    pub fn compile(&self) -> Result<Fold, String> {
        let mut fold = Fold::default();
        for line in &self.alike {
            let mut words = line.split_whitespace();
            let mut characters = words.next().unwrap_or_default().chars();
            let stands = characters.next().ok_or("an empty line in alike")?;
            for other in characters.chain([stands]) {
                if fold.characters.insert(other, stands).is_some() {
                    return Err(format!("{other} stands in two lines of alike"));
                }
            }
            for word in words {
                fold.longest_syllable = fold.longest_syllable.max(word.len());
                if fold.syllables.insert(word.to_owned(), stands).is_some() {
                    return Err(format!("{word} stands in two lines of alike"));
                }
            }
        }
        for pair in self.traditional.split_whitespace() {
            let mut characters = pair.chars();
            let (Some(old), Some(new), None) = (characters.next(), characters.next(), characters.next()) else {
                return Err(format!("{pair} is not a pair of characters"));
            };
            let stands = *fold.characters.get(&new).unwrap_or(&new);
            fold.characters.entry(old).or_insert(stands);
        }
        Ok(fold)
    }
}

impl Fold {
    fn character(&self, written: char) -> char {
        let narrow = match written {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(written) - 0xfee0).unwrap_or(written),
            other => other,
        };
        let small = narrow.to_ascii_lowercase();
        // A digit reads as a word only where it stands alone: see `words`.
        if small.is_ascii() { small } else { *self.characters.get(&small).unwrap_or(&small) }
    }

    /// How a run of Latin letters splits into syllables of the table, as their lengths.
    fn syllables(&self, run: &str) -> Option<Vec<usize>> {
        let is_number = run.len() > 1 && run.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || run.len() > LONGEST_RUN {
            return None;
        }
        // last[i]: the length of the last syllable of a split of the first i bytes.
        let mut last: Vec<Option<usize>> = vec![None; run.len() + 1];
        last[0] = Some(0);
        for end in 1..=run.len() {
            let lengths = (1..=end.min(self.longest_syllable)).rev();
            last[end] = lengths
                .filter(|length| last[end - length].is_some())
                .find(|length| self.syllables.contains_key(&run[end - length..end]));
        }
        let mut lengths = Vec::new();
        let mut end = run.len();
        while end > 0 {
            let length = last[end]?;
            lengths.push(length);
            end -= length;
        }
        lengths.reverse();
        Some(lengths)
    }

    /// Runs of Latin letters and lone digits as the characters they are written for.
    fn words(&self, tokens: &[Token]) -> Vec<Token> {
        let mut read = Vec::with_capacity(tokens.len());
        let mut rest = tokens;
        while let Some(first) = rest.first() {
            let joins = |token: &&Token| token.read_as.is_ascii_alphanumeric() && token.clause == first.clause;
            let run: String = rest.iter().take_while(joins).map(|token| token.read_as).collect();
            let (of_run, after) = rest.split_at(run.len().max(1));
            rest = after;
            let Some(lengths) = self.syllables(&run).filter(|lengths| !lengths.is_empty()) else {
                read.extend_from_slice(of_run);
                continue;
            };
            let mut from = 0;
            for length in lengths {
                let (one, last) = (&of_run[from], &of_run[from + length - 1]);
                let written = one.written.start..last.written.end;
                read.push(Token { read_as: self.syllables[&run[from..from + length]], written, ..one.clone() });
                from += length;
            }
        }
        read
    }
}

/// What a character separates.
enum Separates {
    Nothing,
    Characters,
    Clauses,
    Sentences,
}

fn separates(character: char) -> Separates {
    match character {
        // Full stop, exclamation, question, semicolon, as Chinese writes them and as others do.
        '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{ff1b}' | '!' | '?' | ';' | '\n' | '\u{2026}' => Separates::Sentences,
        // Comma and colon.
        '\u{ff0c}' | '\u{ff1a}' | ',' | ':' => Separates::Clauses,
        other if other.is_alphanumeric() => Separates::Nothing,
        _ => Separates::Characters,
    }
}

impl Reading {
    pub fn of(fold: &Fold, text: &str) -> Reading {
        let (mut clause, mut sentence) = (0, 0);
        let mut tokens = Vec::new();
        for (at, character) in text.char_indices() {
            match separates(character) {
                Separates::Nothing => {
                    let written = at..at + character.len_utf8();
                    tokens.push(Token { read_as: fold.character(character), written, clause, sentence });
                }
                Separates::Characters => {}
                Separates::Clauses => clause += 1,
                Separates::Sentences => (clause, sentence) = (clause + 1, sentence + 1),
            }
        }
        let mut reading = Reading::default();
        let tokens = fold.words(&tokens);
        for run in tokens.chunk_by(repeats) {
            // 老老老赖 reads as 老赖; twice is how many a word is made: 天天, 爸爸.
            let kept = if run.len() > 2 { 1 } else { run.len() };
            let last = run[run.len() - 1].written.end;
            for (place, token) in run[..kept].iter().enumerate() {
                let index = reading.tokens.len() as u32;
                reading.token_at.extend(std::iter::repeat_n(index, token.read_as.len_utf8()));
                reading.text.push(token.read_as);
                let end = if place + 1 == kept { last } else { token.written.end };
                reading.tokens.push(Token { written: token.written.start..end, ..token.clone() });
            }
        }
        reading
    }

    /// The tokens of a range of bytes of `text`.
    pub fn tokens_of(&self, bytes: Range<usize>) -> Range<usize> {
        self.token_at[bytes.start] as usize..self.token_at[bytes.end - 1] as usize + 1
    }

    pub fn same_clause(&self, one: usize, other: usize) -> bool {
        self.tokens[one].clause == self.tokens[other].clause
    }

    pub fn same_sentence(&self, one: usize, other: usize) -> bool {
        self.tokens[one].sentence == self.tokens[other].sentence
    }

    /// Where tokens were written, in bytes of the original.
    pub fn written(&self, tokens: &Range<usize>) -> Range<usize> {
        self.tokens[tokens.start].written.start..self.tokens[tokens.end - 1].written.end
    }
}

fn repeats(last: &Token, token: &Token) -> bool {
    last.read_as == token.read_as && last.clause == token.clause && !token.read_as.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::rules::tests::rules;

    #[test]
    fn dodged_words_read_alike() {
        let fold = rules().fold;
        let rows = include_str!("../../../../cases/language/reading.tsv").lines().skip(1);
        for (written, expect) in rows.map(|row| row.split_once('\t').unwrap()) {
            assert_eq!(Reading::of(&fold, written).text, expect, "{written}");
        }
        assert_eq!(Reading::of(&fold, "\u{8001}\u{200b}\u{8d56}").text, "\u{8001}\u{8d56}", "a space of no width");
    }

    #[test]
    fn every_character_knows_where_it_was_written() {
        let text = "a b, CC\u{3002}d";
        let reading = Reading::of(&Fold::default(), text);
        let words: Vec<&str> = reading.tokens.iter().map(|token| &text[token.written.clone()]).collect();
        assert_eq!(words, ["a", "b", "C", "C", "d"]);
        let places: Vec<(u32, u32)> = reading.tokens.iter().map(|token| (token.clause, token.sentence)).collect();
        assert_eq!(places, [(0, 0), (0, 0), (1, 0), (1, 0), (2, 1)]);
        assert_eq!(&text[reading.written(&(1..3))], "b, C");
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let check = |traditional: &str, alike: &[&str], expect: &str| {
            let alike = alike.iter().map(|&line| line.to_owned()).collect();
            let text = FoldText { traditional: traditional.to_owned(), alike };
            assert_eq!(text.compile().map(|_| ()).unwrap_err(), expect);
        };
        check("", &["äö", "üö"], "ö stands in two lines of alike");
        check("", &["ä lai", "ö lai"], "lai stands in two lines of alike");
        check("ä", &[], "ä is not a pair of characters");
        check("", &[""], "an empty line in alike");
    }
}
