//! Identities as hashes: what is already known, found without keeping a text in memory.

use crate::fault::{Context, Fault, bail};
use crate::kept::{FileDigest, Writing};
use crate::schema::Table;
use crate::hands;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, StringArray, TimestampSecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Int32Type, Int64Type, TimestampSecondType};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::thread;
use twox_hash::{XxHash3_64, XxHash3_128};

/// An identity (标识) hashed: 96 bits above, 32 bits free for the owner or the row.
pub type Key = u128;

/// Bytes handed to the disk at a time.
const WRITE_BYTES: usize = 1 << 20;

const LOW: u128 = u32::MAX as u128;

/// The key of an identity's bytes; its low half is 0.
pub fn key(identity: &[u8]) -> Key {
    XxHash3_128::oneshot(identity) & !LOW
}

pub fn with_low(key: Key, low: u32) -> Key {
    key & !LOW | u128::from(low)
}

pub fn low(key: Key) -> u32 {
    (key & LOW) as u32
}

pub fn high(key: Key) -> Key {
    key & !LOW
}

/// Who owns a row, in 32 bits.
pub fn owner(key: Key) -> u32 {
    (key >> 96) as u32
}

pub fn content(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// Keys are hashes already.
#[derive(Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only keys are hashed");
    }
    fn write_u128(&mut self, key: u128) {
        self.0 = (key >> 64) as u64;
    }
}

pub type KeyMap<V> = HashMap<Key, V, BuildHasherDefault<AsItIs>>;
pub type KeySet = HashSet<Key, BuildHasherDefault<AsItIs>>;

/// What one batch knows of a table (标识索引): sorted keys with their owner, and a hash of each row's content.
#[derive(Debug, Default)]
pub struct Index {
    keys: Vec<Key>,
    contents: Vec<u64>,
}

impl Index {
    pub fn new(mut entries: Vec<(Key, u64)>) -> Index {
        entries.sort_unstable();
        Index { keys: entries.iter().map(|entry| entry.0).collect(), contents: entries.iter().map(|entry| entry.1).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Owner and content of an identity.
    pub fn find(&self, identity: Key) -> Option<(u32, u64)> {
        let at = self.keys.partition_point(|&key| key < high(identity));
        self.at(at, identity)
    }

    /// As [`Index::find`], for identities asked in ascending order: `from` remembers the place.
    pub fn find_onward(&self, identity: Key, from: &mut usize) -> Option<(u32, u64)> {
        let mut step = 1;
        let mut low = *from;
        while low + step < self.keys.len() && self.keys[low + step] < high(identity) {
            low += step;
            step *= 2;
        }
        let high_end = (low + step + 1).min(self.keys.len());
        let low = low.min(high_end);
        *from = low + self.keys[low..high_end].partition_point(|&key| key < high(identity));
        self.at(*from, identity)
    }

    fn at(&self, at: usize, identity: Key) -> Option<(u32, u64)> {
        let key = *self.keys.get(at)?;
        (high(key) == high(identity)).then(|| (low(key), self.contents[at]))
    }

    /// Writes `identities/<table>.idx` of a batch.
    pub fn write(&self, folder: &Path, table: &str) -> Result<FileDigest, Fault> {
        write_index(folder, table, self.keys.len(), self.keys.iter().copied(), self.contents.iter().copied())
    }

    /// An absent file is an empty index.
    pub fn read(path: &Path) -> Result<Index, Fault> {
        if !path.exists() {
            return Ok(Index::default());
        }
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let bytes = file.metadata()?.len();
        let mut from = BufReader::with_capacity(1 << 20, file);
        let mut word = [0; 8];
        from.read_exact(&mut word)?;
        let rows = u64::from_le_bytes(word);
        if bytes != 8 + rows * 24 {
            bail!("{} is damaged: {bytes} bytes for {rows} rows", path.display());
        }
        let mut index = Index { keys: Vec::with_capacity(rows as usize), contents: Vec::with_capacity(rows as usize) };
        let mut wide = [0; 16];
        for _ in 0..rows {
            from.read_exact(&mut wide)?;
            index.keys.push(Key::from_le_bytes(wide));
        }
        for _ in 0..rows {
            from.read_exact(&mut word)?;
            index.contents.push(u64::from_le_bytes(word));
        }
        Ok(index)
    }
}

/// Writes `identities/<table>.idx` of a batch as [`Index::read`] reads it: `rows` keys sorted by
/// identity, then their contents.
pub fn write_index(
    folder: &Path,
    table: &str,
    rows: usize,
    keys: impl Iterator<Item = Key>,
    contents: impl Iterator<Item = u64>,
) -> Result<FileDigest, Fault> {
    let path = folder.join("identities").join(format!("{table}.idx"));
    let mut file = Writing::create(&path)?;
    let mut bytes = Vec::with_capacity(WRITE_BYTES);
    let mut put = |word: &[u8]| -> Result<(), Fault> {
        if bytes.len() + word.len() > WRITE_BYTES {
            file.write_all(&bytes).with_context(|| format!("writing {}", path.display()))?;
            bytes.clear();
        }
        bytes.extend_from_slice(word);
        Ok(())
    };
    put(&(rows as u64).to_le_bytes())?;
    let mut written = 0;
    for key in keys {
        put(&key.to_le_bytes())?;
        written += 1;
    }
    for content in contents {
        put(&content.to_le_bytes())?;
        written += 1;
    }
    assert_eq!(written, 2 * rows, "an index has a content for every key");
    file.write_all(&bytes).with_context(|| format!("writing {}", path.display()))?;
    file.finish(folder, rows as u64)
}

/// Keys to be sorted (标识分堆), piled by their first byte: each pile is sorted by itself, small
/// enough for the processor's cache, and several at once.
#[derive(Debug)]
pub struct Piles(Vec<Vec<Key>>);

impl Default for Piles {
    fn default() -> Piles {
        Piles(vec![Vec::new(); PILES])
    }
}

impl Piles {
    pub fn push(&mut self, key: Key) {
        self.0[pile(key)].push(key);
    }

    pub fn sort(&mut self) {
        let a_thread = PILES.div_ceil(hands::offered());
        thread::scope(|scope| {
            for piles in self.0.chunks_mut(a_thread) {
                scope.spawn(|| piles.iter_mut().for_each(|pile| pile.sort_unstable()));
            }
        });
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    pub fn retain(&mut self, keep: impl Fn(Key) -> bool) {
        self.0.iter_mut().for_each(|pile| pile.retain(|&key| keep(key)));
    }

    /// The keys in order, once sorted.
    pub fn iter(&self) -> impl Iterator<Item = Key> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The first of an identity's keys, once sorted.
    pub fn find(&self, identity: Key) -> Option<Key> {
        let pile = &self.0[pile(identity)];
        let at = pile.partition_point(|&key| key < high(identity));
        pile.get(at).copied().filter(|&key| high(key) == high(identity))
    }
}

const PILES: usize = 256;

fn pile(key: Key) -> usize {
    (key >> 120) as usize
}

/// A column ready to be read row by row.
pub enum View<'a> {
    Text(&'a StringArray),
    Day(&'a Date32Array),
    Seconds(&'a TimestampSecondArray),
    Long(&'a Int64Array),
    Int(&'a Int32Array),
    Bool(&'a BooleanArray),
}

impl<'a> View<'a> {
    pub fn new(array: &'a ArrayRef) -> View<'a> {
        match array.data_type() {
            DataType::Utf8 => View::Text(array.as_string()),
            DataType::Date32 => View::Day(array.as_primitive::<Date32Type>()),
            DataType::Timestamp(..) => View::Seconds(array.as_primitive::<TimestampSecondType>()),
            DataType::Int64 => View::Long(array.as_primitive::<Int64Type>()),
            DataType::Int32 => View::Int(array.as_primitive::<Int32Type>()),
            DataType::Boolean => View::Bool(array.as_boolean()),
            other => unreachable!("the book has no columns of {other}"),
        }
    }

    /// Appends the value so that no two different rows give the same bytes.
    fn append(&self, row: usize, to: &mut Vec<u8>) {
        let mut put = |bytes: &[u8]| {
            to.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            to.extend_from_slice(bytes);
        };
        match self {
            View::Text(array) if array.is_valid(row) => put(array.value(row).as_bytes()),
            View::Day(array) if array.is_valid(row) => put(&array.value(row).to_le_bytes()),
            View::Seconds(array) if array.is_valid(row) => put(&array.value(row).to_le_bytes()),
            View::Long(array) if array.is_valid(row) => put(&array.value(row).to_le_bytes()),
            View::Int(array) if array.is_valid(row) => put(&array.value(row).to_le_bytes()),
            View::Bool(array) if array.is_valid(row) => put(&[u8::from(array.value(row))]),
            _ => to.extend_from_slice(&u32::MAX.to_le_bytes()),
        }
    }

    /// The day the value stands for, if it is a date or a time.
    pub fn day(&self, row: usize) -> Option<i32> {
        match self {
            View::Day(array) if array.is_valid(row) => Some(array.value(row)),
            View::Seconds(array) if array.is_valid(row) => Some(array.value(row).div_euclid(86_400) as i32),
            _ => None,
        }
    }

    pub fn amount(&self, row: usize) -> i64 {
        match self {
            View::Long(array) if array.is_valid(row) => array.value(row),
            _ => 0,
        }
    }

    pub fn text(&self, row: usize) -> Option<&'a str> {
        match self {
            View::Text(array) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }
}

/// Hashes the rows of one chunk.
pub struct RowHasher<'a> {
    pub views: Vec<View<'a>>,
    identity: Vec<usize>,
    buffer: Vec<u8>,
}

impl<'a> RowHasher<'a> {
    pub fn new(table: &Table, columns: &'a [ArrayRef]) -> RowHasher<'a> {
        RowHasher { views: columns.iter().map(View::new).collect(), identity: table.identity(), buffer: Vec::new() }
    }

    pub fn key(&mut self, row: usize) -> Key {
        if let [only] = self.identity[..]
            && let Some(text) = self.views[only].text(row)
        {
            return key(text.as_bytes());
        }
        self.buffer.clear();
        for &column in &self.identity {
            self.views[column].append(row, &mut self.buffer);
        }
        key(&self.buffer)
    }

    pub fn content(&mut self, row: usize) -> u64 {
        self.buffer.clear();
        for view in &self.views {
            view.append(row, &mut self.buffer);
        }
        content(&self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piled_keys_come_out_sorted_and_are_found() {
        let keys: Vec<Key> = (0..5000u32).map(|n| with_low(key(&(n / 2).to_le_bytes()), n)).collect();
        let mut piles = Piles::default();
        keys.iter().rev().for_each(|&key| piles.push(key));
        piles.sort();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        assert!(piles.iter().eq(sorted));
        assert_eq!(piles.find(high(keys[7])), Some(keys[6]));
        assert_eq!(piles.find(key(b"nobody")), None);
    }

    #[test]
    fn an_index_finds_what_it_was_given_and_survives_the_disk() {
        let entries: Vec<(Key, u64)> =
            (0..1000u32).map(|n| (with_low(key(&n.to_le_bytes()), n), u64::from(n) * 7)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identities/x.idx");
        std::fs::create_dir(folder.path().join("identities")).unwrap();
        let digest = Index::new(entries.clone()).write(folder.path(), "x").unwrap();
        assert_eq!((digest.name.as_str(), digest.rows), ("identities/x.idx", 1000));
        let index = Index::read(&path).unwrap();
        let mut sorted = entries.clone();
        sorted.sort_unstable();
        let mut place = 0;
        for (key, content) in &sorted {
            assert_eq!(index.find(high(*key)), Some((low(*key), *content)));
            assert_eq!(index.find_onward(high(*key), &mut place), Some((low(*key), *content)));
        }
        assert_eq!(index.find(key(b"nobody")), None);
        assert_eq!(index.find_onward(Key::MAX, &mut place), None);
        assert!(Index::read(&folder.path().join("none.idx")).unwrap().is_empty());
        std::fs::write(&path, 5u64.to_le_bytes()).unwrap();
        assert!(Index::read(&path).unwrap_err().to_string().contains("damaged"));
    }
}
