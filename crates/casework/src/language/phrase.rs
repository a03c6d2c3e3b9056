//! Phrases: what a pack writes of words and the distances between them, and finding all of them at once.
//!
//! A phrase is a row of words: `让|叫 @family .. 还|垫 +上`. `a|b` is either word, `@family` a list of
//! the pack. A word follows the one before it within a few characters of the same clause; after `..`
//! within more of them, of the same sentence; with `+` in front at once. All words of all phrases are
//! looked for in one pass; what is kept open per phrase is bounded, so the time grows with the text.

use super::text::{Fold, Reading};
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;
use std::ops::Range;

/// How far words of a phrase may stand apart, in characters (间隔).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distances {
    pub near: usize,
    pub far: usize,
}

/// How a word follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    AtOnce,
    Near,
    Far,
}

/// A place of a phrase: how it follows, and which words may stand there.
type Place = (Follows, Vec<String>);

/// Where a phrase was found: its words as ranges of tokens, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub phrase: usize,
    pub words: Vec<Range<usize>>,
}

impl Found {
    pub fn start(&self) -> usize {
        self.words[0].start
    }

    pub fn end(&self) -> usize {
        self.words[self.words.len() - 1].end
    }
}

/// All phrases of a pack, ready to be looked for.
#[derive(Clone, Debug)]
pub(crate) struct Lexicon {
    automaton: AhoCorasick,
    /// Per word of the automaton: where it stands in which phrases.
    uses: Vec<Vec<(usize, usize)>>,
    /// Per phrase: how each of its places follows.
    phrases: Vec<Vec<Follows>>,
    distances: Distances,
}

/// Beginnings kept open per place of a phrase: the latest decide, older ones are too far away.
const OPEN: usize = 4;

/// Reads a phrase; `Err` says what is wrong with it.
fn places(written: &str, lists: &BTreeMap<String, Vec<String>>) -> Result<Vec<Place>, String> {
    let mut places: Vec<Place> = Vec::new();
    let mut follows = Follows::Near;
    for part in written.split_whitespace() {
        if part == ".." {
            follows = Follows::Far;
            continue;
        }
        let (part, at_once) = part.strip_prefix('+').map_or((part, false), |rest| (rest, true));
        let mut words = Vec::new();
        for word in part.split('|') {
            match word.strip_prefix('@') {
                Some(name) => words.extend_from_slice(lists.get(name).ok_or(format!("no list is called {name:?}"))?),
                None => words.push(word.to_owned()),
            }
        }
        places.push((if at_once { Follows::AtOnce } else { follows }, words));
        follows = Follows::Near;
    }
    if places.is_empty() { Err("an empty phrase".to_owned()) } else { Ok(places) }
}

/// Gathers phrases until all are known.
#[derive(Default)]
pub(crate) struct LexiconBuilder {
    words: BTreeMap<String, Vec<(usize, usize)>>,
    phrases: Vec<Vec<Follows>>,
}

impl LexiconBuilder {
    /// Adds a phrase and gives it the next number.
    pub fn add(&mut self, written: &str, lists: &BTreeMap<String, Vec<String>>, fold: &Fold) -> Result<(), String> {
        let number = self.phrases.len();
        let mut follows = Vec::new();
        for (place, (how, words)) in places(written, lists)?.into_iter().enumerate() {
            follows.push(how);
            for word in words {
                let folded = Reading::of(fold, &word).text;
                if folded.is_empty() {
                    return Err(format!("an empty word in {written:?}"));
                }
                let uses = self.words.entry(folded).or_default();
                // Two words of a place may read alike.
                if uses.last() != Some(&(number, place)) {
                    uses.push((number, place));
                }
            }
        }
        self.phrases.push(follows);
        Ok(())
    }

    /// `Err` when the words are too many for the automaton.
    pub fn build(self, distances: Distances) -> Result<Lexicon, String> {
        let automaton = AhoCorasick::new(self.words.keys()).map_err(|error| error.to_string())?;
        Ok(Lexicon { automaton, uses: self.words.into_values().collect(), phrases: self.phrases, distances })
    }
}

impl Lexicon {
    /// Every phrase of a text, in the order of their ends.
    pub fn find(&self, reading: &Reading) -> Vec<Found> {
        let mut found = Vec::new();
        // Per phrase and place: the latest rows of words that reach it.
        let mut open: BTreeMap<(usize, usize), Vec<Vec<Range<usize>>>> = BTreeMap::new();
        for hit in self.automaton.find_overlapping_iter(&reading.text) {
            let word = reading.tokens_of(hit.range());
            if !is_a_word(reading, &word) {
                continue;
            }
            for &(phrase, place) in &self.uses[hit.pattern().as_usize()] {
                let mut rows: Vec<Vec<Range<usize>>> = Vec::new();
                if place == 0 {
                    rows.push(vec![word.clone()]);
                } else {
                    let before = open.get(&(phrase, place - 1)).into_iter().flatten();
                    let follows = self.phrases[phrase][place];
                    let follow = before.filter(|row| self.follows(reading, row, &word, follows));
                    rows.extend(follow.map(|row| row.iter().cloned().chain([word.clone()]).collect()));
                }
                if place + 1 == self.phrases[phrase].len() {
                    found.extend(rows.into_iter().map(|words| Found { phrase, words }));
                } else {
                    let kept = open.entry((phrase, place)).or_default();
                    kept.extend(rows);
                    kept.drain(..kept.len().saturating_sub(OPEN));
                }
            }
        }
        found
    }

    fn follows(&self, reading: &Reading, row: &[Range<usize>], word: &Range<usize>, follows: Follows) -> bool {
        let end = row[row.len() - 1].end;
        if word.start < end {
            return false;
        }
        let apart = word.start - end;
        match follows {
            Follows::AtOnce => apart == 0 && reading.same_clause(end - 1, word.start),
            Follows::Near => apart <= self.distances.near && reading.same_clause(end - 1, word.start),
            Follows::Far => apart <= self.distances.far && reading.same_sentence(end - 1, word.start),
        }
    }
}

/// Whether characters found side by side are one word as written: letters are not cut out of a longer
/// run, and a comma inside is a dodge only where every character stands alone.
fn is_a_word(reading: &Reading, word: &Range<usize>) -> bool {
    let letters = |one: usize, other: usize| {
        let is_letter = |index: usize| reading.tokens[index].read_as.is_ascii_alphabetic();
        is_letter(one) && is_letter(other) && reading.same_clause(one, other)
    };
    let cut_before = word.start > 0 && letters(word.start - 1, word.start);
    let cut_after = word.end < reading.tokens.len() && letters(word.end - 1, word.end);
    let whole = reading.same_clause(word.start, word.end - 1);
    let alone_before = word.start == 0 || !reading.same_clause(word.start - 1, word.start);
    let apart = || alone_before && word.clone().skip(1).all(|index| !reading.same_clause(index - 1, index));
    !cut_before && !cut_after && (whole || apart())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::rules::tests::rules;

    #[test]
    fn words_follow_within_their_distance() {
        let fold = rules().fold;
        let lists = BTreeMap::from([("family".to_owned(), vec!["\u{8001}\u{5a46}".to_owned()])]);
        for row in include_str!("../../../../cases/language/phrases.tsv").lines().skip(1) {
            let fields: Vec<&str> = row.split('\t').collect();
            let (phrase, text, expect) = (fields[0], fields[1], fields[2]);
            let mut builder = LexiconBuilder::default();
            builder.add(phrase, &lists, &fold).unwrap();
            let lexicon = builder.build(Distances { near: 2, far: 6 }).unwrap();
            let reading = Reading::of(&fold, text);
            let words = |found: &Found| {
                let words = found.words.iter().map(|word| &text[reading.written(word)]);
                words.collect::<Vec<_>>().join("|")
            };
            let found: Vec<String> = lexicon.find(&reading).iter().map(words).collect();
            assert_eq!(found.join(";"), expect, "{row}");
        }
    }

    #[test]
    fn a_phrase_that_says_nothing_is_refused() {
        let check = |phrase: &str, expect: &str| {
            let refused = LexiconBuilder::default().add(phrase, &BTreeMap::new(), &Fold::default());
            assert_eq!(refused.unwrap_err(), expect);
        };
        check("", "an empty phrase");
        check("@nobody", "no list is called \"nobody\"");
        check("a|", "an empty word in \"a|\"");
        check("-", "an empty word in \"-\"");
    }
}
