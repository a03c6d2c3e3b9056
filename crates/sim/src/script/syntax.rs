//! A story's text taken apart: paragraphs of command lines, and what is expected below each.
//!
//! Stories come from outside, so nothing here may panic: every bad line is a [`Problem`] with its
//! number and what was expected instead.

use std::fmt;
use units::{Coded, Date, Money, RatePpm};

/// What is wrong with a line of a story (故事错误).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Problem {}

/// A paragraph of a story (段落): command lines, then `----`, then what the tool wrote last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paragraph<'a> {
    /// With their line numbers; comments and commands.
    pub lines: Vec<(usize, &'a str)>,
    pub expected: Vec<&'a str>,
}

/// The mark between commands and their expected output.
pub const RULE: &str = "----";

/// Paragraphs are separated by blank lines, so neither commands nor output hold any.
pub fn paragraphs(text: &str) -> Vec<Paragraph<'_>> {
    let mut paragraphs = Vec::new();
    let mut current = Paragraph::default();
    let mut below_rule = false;
    for (index, line) in text.lines().map(str::trim_end).chain([""]).enumerate() {
        if line.is_empty() {
            if !current.lines.is_empty() || below_rule {
                paragraphs.push(std::mem::take(&mut current));
            }
            below_rule = false;
        } else if below_rule {
            current.expected.push(line);
        } else if line == RULE {
            below_rule = true;
        } else {
            current.lines.push((index + 1, line));
        }
    }
    paragraphs
}

/// The words of one command line (参数), handed out one by one; what is left over is a problem.
#[derive(Clone, Debug)]
pub struct Arguments<'a> {
    pub line: usize,
    words: std::collections::VecDeque<&'a str>,
    named: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    pub fn new(line: usize, text: &'a str) -> Arguments<'a> {
        let (named, words): (Vec<&str>, Vec<&str>) = text.split_whitespace().partition(|word| word.contains('='));
        let named = named.into_iter().filter_map(|pair| pair.split_once('=')).collect();
        Arguments { line, words: words.into(), named }
    }

    pub fn problem<T>(&self, what: impl Into<String>) -> Result<T, Problem> {
        Err(Problem { line: self.line, what: what.into() })
    }

    /// The next bare word, `what` it is said to mean.
    pub fn word(&mut self, what: &str) -> Result<&'a str, Problem> {
        match self.words.pop_front() {
            Some(word) => Ok(word),
            None => self.problem(format!("{what} is missing")),
        }
    }

    /// Takes the next bare word if it is this one.
    pub fn takes(&mut self, word: &str) -> bool {
        let found = self.words.front() == Some(&word);
        if found {
            self.words.pop_front();
        }
        found
    }

    pub fn is_at_end(&self) -> bool {
        self.words.is_empty()
    }

    pub fn rest(&mut self) -> Vec<&'a str> {
        self.words.drain(..).collect()
    }

    pub fn named(&mut self, key: &str) -> Option<&'a str> {
        let at = self.named.iter().position(|(name, _)| *name == key)?;
        Some(self.named.remove(at).1)
    }

    /// Every `key=value` left, as a product keeps them.
    pub fn all_named(&mut self) -> Vec<(&'a str, &'a str)> {
        std::mem::take(&mut self.named)
    }

    /// Adds what a product says, where the line itself says nothing.
    pub fn default_to(&mut self, named: &'a [(String, String)]) {
        for (key, value) in named {
            if !self.named.iter().any(|(known, _)| known == key) {
                self.named.push((key, value));
            }
        }
    }

    pub fn read<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Result<Option<T>, Problem> {
        match self.named(key) {
            None => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => self.problem(format!("{key}={text}: expected {expected}")),
            },
        }
    }

    pub fn money(&mut self, key: &str) -> Result<Option<Money>, Problem> {
        self.read(key, parse_money, "an amount such as 1,032.80")
    }

    pub fn date(&mut self, key: &str) -> Result<Option<Date>, Problem> {
        self.read(key, parse_date, "a date such as 2026-02-12")
    }

    pub fn rate(&mut self, key: &str) -> Result<Option<RatePpm>, Problem> {
        let parse = |text: &str| RatePpm::parse(text).ok().filter(|rate| rate.ppm().abs() <= MOST_PPM);
        self.read(key, parse, "a yearly rate such as 0.06")
    }

    pub fn count(&mut self, key: &str) -> Result<Option<u32>, Problem> {
        self.read(key, |text| text.parse().ok().filter(|&count| count <= 10_000), "a whole number up to 10,000")
    }

    pub fn flag(&mut self, key: &str) -> Result<bool, Problem> {
        let parse = |text: &str| [("yes", true), ("no", false)].iter().find(|(word, _)| *word == text).map(|pair| pair.1);
        Ok(self.read(key, parse, "yes or no")?.unwrap_or(false))
    }

    pub fn code<T: Coded>(&mut self, key: &str) -> Result<Option<T>, Problem> {
        let known: Vec<&str> = T::ALL.iter().map(|value| value.code()).collect();
        self.read(key, T::from_code, &known.join(", "))
    }

    /// What was asked for and is not there is a problem, too.
    pub fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) => Ok(value),
            None => self.problem(format!("{key}=… is missing")),
        }
    }

    /// Nothing may be left over: a misspelt key must not pass in silence.
    pub fn finish(self) -> Result<(), Problem> {
        match (self.words.front(), self.named.first()) {
            (Some(word), _) => self.problem(format!("{word} is not understood here")),
            (None, Some((key, _))) => self.problem(format!("{key}=… is not understood here")),
            (None, None) => Ok(()),
        }
    }
}

/// Stories stay far from the end of fen, so that no sum of theirs overflows: so much, a thousandfold a
/// year, over three hundred years, for hundreds of loans.
const MOST_YUAN: i64 = 100_000_000;

/// A thousandfold a year.
const MOST_PPM: i64 = 1_000_000_000;

/// A date as a story writes it: of these years, as in the book.
pub fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text).ok().filter(|date| (1900..=2200).contains(&date.year()))
}

/// An amount as a story writes it.
pub fn parse_money(text: &str) -> Option<Money> {
    let most = Money::from_yuan(MOST_YUAN);
    Money::parse(text).ok().filter(|&amount| amount <= most && -amount <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_part_paragraphs_and_a_rule_parts_output() {
        let text = "# title\nuse a\n\nday 2026-01-01\nwatch L1\n----\ndate\n2026-01-01\n\n\n";
        let check = |index: usize, lines: &[&str], expected: &[&str]| {
            let paragraph = &paragraphs(text)[index];
            assert_eq!(paragraph.lines.iter().map(|line| line.1).collect::<Vec<_>>(), lines);
            assert_eq!(paragraph.expected, expected);
        };
        check(0, &["# title", "use a"], &[]);
        check(1, &["day 2026-01-01", "watch L1"], &["date", "2026-01-01"]);
        assert_eq!(paragraphs(text).len(), 2);
    }

    #[test]
    fn what_is_missing_wrong_or_left_over_is_said_with_its_line() {
        fn check(text: &str, read: impl Fn(Arguments) -> Result<(), Problem>, expect: &str) {
            assert_eq!(read(Arguments::new(7, text)).unwrap_err().to_string(), expect);
        }
        check("", |mut line| line.word("the loan").map(|_| ()), "line 7: the loan is missing");
        check("on=1", |mut line| line.date("on").map(|_| ()), "line 7: on=1: expected a date such as 2026-02-12");
        check("a=9e9", |mut line| line.money("a").map(|_| ()), "line 7: a=9e9: expected an amount such as 1,032.80");
        check("a=100000000.01", |mut line| line.money("a").map(|_| ()), "line 7: a=100000000.01: expected an amount such as 1,032.80");
        check("on=2201-01-01", |mut line| line.date("on").map(|_| ()), "line 7: on=2201-01-01: expected a date such as 2026-02-12");
        check("kye=K1", |line| line.finish(), "line 7: kye=… is not understood here");
        check("twice", |line| line.finish(), "line 7: twice is not understood here");
    }
}
