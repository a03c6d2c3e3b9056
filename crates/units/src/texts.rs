//! Columns of text: a million identities without a million allocations.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;

/// A column of texts (文本列) in one buffer.
///
/// Construction: [`Texts::new`], [`Texts::push`]. At most 4 GiB of text. Comparison and order are
/// by bytes. Not supported: removing or changing an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

impl Texts {
    pub fn new() -> Texts {
        Texts::default()
    }

    #[inline]
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("a text column holds at most 4 GiB"));
    }

    /// Adds texts that stand one after another in `joined`, each up to where `ends` says.
    ///
    /// Panics when an end lies outside `joined`.
    pub fn extend_joined(&mut self, joined: &str, ends: impl IntoIterator<Item = usize>) {
        let start = self.bytes.len();
        self.bytes.push_str(joined);
        assert!(u32::try_from(self.bytes.len()).is_ok(), "a text column holds at most 4 GiB");
        self.ends.extend(ends.into_iter().map(|end| {
            assert!(end <= joined.len(), "a text ends where its column does");
            (start + end) as u32
        }));
    }

    /// Texts as they stand one after another, and where in that each ends.
    ///
    /// Panics when `range` is out of range.
    pub fn joined(&self, range: Range<usize>) -> (&str, impl ExactSizeIterator<Item = usize> + '_) {
        let (from, ends) = (self.start(range.start), &self.ends[range]);
        let to = ends.last().map_or(from, |&end| end as usize);
        (&self.bytes[from..to], ends.iter().map(move |&end| end as usize - from))
    }

    /// Panics when `index` is out of range.
    #[inline]
    pub fn get(&self, index: usize) -> &str {
        &self.bytes[self.start(index)..self.ends[index] as usize]
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        if index == 0 { 0 } else { self.ends[index - 1] as usize }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Where `text` stands in a column sorted by bytes.
    pub fn find_sorted(&self, text: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

/// Where each text of a column stands (文本索引): a table of places, found by hash.
///
/// Construction: [`TextIndex::new`]; of equal texts the first is found. The column is handed in again
/// at every question and must be the one the index was made for.
#[derive(Clone, Debug, Default)]
pub struct TextIndex {
    /// A place plus one below 32 bits of its hash, 0 where free; a power of two at most half full. Few texts but
    /// the one that is wanted are looked at.
    slots: Vec<u64>,
}

impl TextIndex {
    pub fn new(texts: &Texts) -> TextIndex {
        let mut index = TextIndex { slots: vec![0; (texts.len() * 2).next_power_of_two().max(2)] };
        for (place, text) in texts.iter().enumerate() {
            let (slot, tag) = index.slot(texts, text);
            if index.slots[slot] == 0 {
                index.slots[slot] = tag | (place as u64 + 1);
            }
        }
        index
    }

    #[inline]
    pub fn find(&self, texts: &Texts, text: &str) -> Option<usize> {
        (self.slots[self.slot(texts, text).0] as u32 as usize).checked_sub(1)
    }

    /// The slot that holds the text, or the free one where it would be; and the bits of its hash.
    #[inline]
    fn slot(&self, texts: &Texts, text: &str) -> (usize, u64) {
        let last = self.slots.len() - 1;
        // FNV-1a; its low bits are the well mixed ones.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let tag = hash & !u64::from(u32::MAX);
        let mut slot = (hash ^ (hash >> 32)) as usize & last;
        let differs = |held: u64| held & !u64::from(u32::MAX) != tag || texts.get(held as u32 as usize - 1) != text;
        while self.slots[slot] != 0 && differs(self.slots[slot]) {
            slot = (slot + 1) & last;
        }
        (slot, tag)
    }
}

impl<'a> FromIterator<&'a str> for Texts {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Texts {
        let mut column = Texts::new();
        texts.into_iter().for_each(|text| column.push(text));
        column
    }
}

/// Few distinct texts, numbered in order of first appearance (编码表): branches, products, regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    texts: Texts,
    codes: HashMap<String, u32>,
}

impl Labels {
    pub fn new() -> Labels {
        Labels::default()
    }

    /// The number of `text`, given now if it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text);
        self.codes.insert(text.to_owned(), code);
        code
    }

    /// The texts in the order of their numbers.
    pub fn into_texts(self) -> Texts {
        self.texts
    }

    pub fn find(&self, text: &str) -> Option<u32> {
        self.codes.get(text).copied()
    }

    /// Panics when `code` was never given.
    pub fn get(&self, code: u32) -> &str {
        self.texts.get(code as usize)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        self.texts.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_order_and_are_found() {
        let column: Texts = ["L1", "", "L30"].into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), ["L1", "", "L30"]);
        let sorted: Texts = ["L1", "L2", "L30"].into_iter().collect();
        assert_eq!(sorted.find_sorted("L2"), Some(1));
        assert_eq!(sorted.find_sorted("L3"), None);
    }

    #[test]
    fn an_index_finds_what_the_column_holds() {
        let column: Texts = (0..500).map(|number| format!("C{number}")).collect::<Vec<_>>().iter().map(String::as_str).collect();
        let index = TextIndex::new(&column);
        assert!((0..500).all(|place| index.find(&column, column.get(place)) == Some(place)));
        assert_eq!(index.find(&column, "C500"), None);
        assert_eq!(TextIndex::new(&Texts::new()).find(&Texts::new(), "C1"), None);
    }

    #[test]
    fn texts_come_and_go_many_at_a_time() {
        let mut column: Texts = ["L1"].into_iter().collect();
        column.extend_joined("aboe", [2, 2, 4]);
        assert_eq!(column.iter().collect::<Vec<_>>(), ["L1", "ab", "", "oe"]);
        let joined = |range| {
            let (text, ends) = column.joined(range);
            (text, ends.collect::<Vec<_>>())
        };
        assert_eq!(joined(1..4), ("aboe", vec![2, 2, 4]));
        assert_eq!(joined(0..1), ("L1", vec![2]));
        assert_eq!(joined(4..4), ("", vec![]));
    }

    #[test]
    fn a_label_keeps_its_number() {
        let mut labels = Labels::new();
        assert_eq!((labels.code("B1"), labels.code("B2"), labels.code("B1")), (0, 1, 0));
        assert_eq!(labels.get(1), "B2");
        assert_eq!(labels.find("B3"), None);
    }
}
