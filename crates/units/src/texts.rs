//! Columns of text: a million identities without a million allocations.

use std::collections::HashMap;

/// A column of texts (文本列) in one buffer.
///
/// Construction: [`Texts::new`], [`Texts::push`]. At most 4 GiB of text. Comparison and order are
/// by bytes. Not supported: removing or changing an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

impl Texts {
    pub fn new() -> Texts {
        Texts::default()
    }

    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("a text column holds at most 4 GiB"));
    }

    /// Panics when `index` is out of range.
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.bytes[start..self.ends[index] as usize]
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
    fn a_label_keeps_its_number() {
        let mut labels = Labels::new();
        assert_eq!((labels.code("B1"), labels.code("B2"), labels.code("B1")), (0, 1, 0));
        assert_eq!(labels.get(1), "B2");
        assert_eq!(labels.find("B3"), None);
    }
}
