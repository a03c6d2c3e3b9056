//! What stands around words and makes them harmless: denied, reported, warned of.
//!
//! 不会上门骚扰 denies, 您说有人威胁您 reports, 请勿相信 warns after. Each of them reaches a few
//! characters and ends where the speaker turns: 不会放过你 denies nothing, 不还款的老赖 still insults.

use super::phrase::Found;
use super::text::Reading;
use serde::Deserialize;
use std::ops::Range;

/// What a phrase around words does to them (语境标记).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Guard {
    /// Denies or forbids what follows in the clause: 不会, 严禁.
    Denies,
    /// A denial inside it is none: 别以为我不敢.
    UndoesDenial,
    /// A denial before it does not reach beyond: 否则.
    EndsDenial,
    /// What follows in the sentence is somebody else's words or act: 您反映, 冒充.
    Reports,
    /// The speaker speaks for himself again: 我告诉你.
    EndsReport,
    /// What stood before in the sentence is warned of: 请勿相信, 是违法的.
    Warns,
    /// A warning after it speaks of something else: 欠债不还.
    EndsWarning,
}

/// How far each kind reaches, in characters.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reach {
    pub denial: usize,
    pub report: usize,
    pub warning: usize,
}

/// The guards of one text, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    guards: Vec<(Range<usize>, Guard)>,
    /// The longest guard, to know from where one may still reach in.
    longest: usize,
}

impl Surroundings {
    pub fn new(mut guards: Vec<(Range<usize>, Guard)>) -> Surroundings {
        guards.sort_by_key(|(range, guard)| (range.start, range.end, *guard));
        let longest = guards.iter().map(|(range, _)| range.len()).max().unwrap_or(0);
        Surroundings { guards, longest }
    }

    /// Guards of a kind that begin within a range of tokens.
    fn begin_in(&self, kind: Guard, tokens: Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.guards.partition_point(|(range, _)| range.start < tokens.start);
        let within = self.guards[first..].iter().take_while(move |(range, _)| range.start < tokens.end);
        within.filter(move |(_, guard)| *guard == kind).map(|(range, _)| range)
    }

    /// Guards of a kind that lie wholly within a range of tokens.
    fn any_within(&self, kind: Guard, tokens: Range<usize>) -> bool {
        let end = tokens.end;
        self.begin_in(kind, tokens).any(|range| range.end <= end)
    }

    /// Whether the words are not the speaker's own threat, insult or claim.
    pub fn excuse(&self, reading: &Reading, words: &Found, reach: &Reach) -> bool {
        self.denied(reading, words, reach) || self.excuse_firm(reading, words, reach)
    }

    /// The same for words that hold a denial themselves.
    pub fn excuse_firm(&self, reading: &Reading, words: &Found, reach: &Reach) -> bool {
        self.reported(reading, words, reach) || self.warned_of(reading, words, reach)
    }

    fn denied(&self, reading: &Reading, words: &Found, reach: &Reach) -> bool {
        let from = words.start().saturating_sub(reach.denial + self.longest);
        self.begin_in(Guard::Denies, from..words.end()).any(|denial| {
            // The word it denies: the next of the phrase, at its start or inside its gaps. 不收 denies
            // 收, a denial inside a word is part of it.
            let Some(next) = words.words.iter().find(|word| word.start > denial.start) else {
                return false;
            };
            let inside = |word: &Range<usize>| word.start <= denial.start && denial.start < word.end;
            next.start.saturating_sub(denial.end) <= reach.denial
                && reading.same_clause(denial.end - 1, next.start)
                && !words.words.iter().any(inside)
                && !self.any_within(Guard::EndsDenial, denial.end..next.start)
                && !self.undone(denial)
        })
    }

    fn undone(&self, denial: &Range<usize>) -> bool {
        let from = denial.start.saturating_sub(self.longest);
        self.begin_in(Guard::UndoesDenial, from..denial.end).any(|range| range.end > denial.start)
    }

    fn reported(&self, reading: &Reading, words: &Found, reach: &Reach) -> bool {
        let from = words.start().saturating_sub(reach.report + self.longest);
        self.begin_in(Guard::Reports, from..words.start()).any(|report| {
            report.end <= words.start()
                && words.start() - report.end <= reach.report
                && reading.same_sentence(report.end - 1, words.start())
                && !self.any_within(Guard::EndsReport, report.end..words.start())
        })
    }

    fn warned_of(&self, reading: &Reading, words: &Found, reach: &Reach) -> bool {
        self.begin_in(Guard::Warns, words.end()..words.end() + reach.warning + 1).any(|warning| {
            reading.same_sentence(words.end() - 1, warning.start)
                && !self.any_within(Guard::EndsWarning, words.end()..warning.start)
        })
    }
}
