//! Repayments: one identity each, never under two loans; a reversal takes back one of them whole.

use super::grouping::Grouping;
use super::known::{Directory, Known, LoanCursor, NO_LOAN};
use super::longs::Longs;
use super::verdict::{State, Verdicts};
use crate::batch::TableSummary;
use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::kept::FileDigest;
use crate::identity::{Key, KeyMap, KeySet, Piles, content, high, key, low, owner, with_low, write_index};
use crate::refused::{Rejection, RowRefused};
use crate::schema::PAYERS;
use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::{Date32Type, Int64Type, TimestampSecondType};
use std::cell::LazyCell;
use std::path::Path;
use units::Texts;

/// The time of entry was not stated.
pub const NO_TIME: i64 = i64::MIN;

const ID: usize = 0;
const LOAN: usize = 1;
const PAID_ON: usize = 2;
const AMOUNT: usize = 3;
const ENTERED_AT: usize = 4;
const REVERSES: usize = 5;
const PAYER: usize = 6;

/// All repayments of an import (还款暂存), in file order.
#[derive(Default)]
pub struct Repayments {
    pub ids: Texts,
    pub loan: Vec<u32>,
    pub paid_on: Vec<i32>,
    pub amount: Longs,
    /// Empty as long as no row states it; otherwise [`NO_TIME`] where none is.
    entered_at: Longs,
    /// Empty as long as no row states it; otherwise 0 or one more than the place in [`PAYERS`].
    payer: Vec<u8>,
    /// Row and identity reversed, in row order.
    reverses: Vec<(u32, String)>,
    pub verdicts: Verdicts,
    pub grouping: Grouping,
    /// Identity with the row below, sorted: of the rows that were good when they came, once judged of the accepted.
    keys: Piles,
    cursor: LoanCursor,
}

/// What makes a repayment the same repayment, but for the loan, which the owner stands for. The payer
/// is 0 or one more than the place in [`PAYERS`].
pub fn repayment_content(paid_on: i32, amount: i64, entered_at: Option<i64>, payer: u8, reverses: Option<&str>) -> u64 {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&paid_on.to_le_bytes());
    bytes[4..12].copy_from_slice(&amount.to_le_bytes());
    bytes[12..20].copy_from_slice(&entered_at.unwrap_or(NO_TIME).to_le_bytes());
    bytes[20] = payer;
    bytes[24..].copy_from_slice(&reverses.map_or(0, |id| content(id.as_bytes())).to_le_bytes());
    content(&bytes)
}

/// What is known of a repayment of an earlier batch.
#[derive(Clone, Copy, Debug)]
pub struct Booked {
    pub loan: u32,
    pub amount: i64,
    pub is_reversal: bool,
    pub is_reversed: bool,
}

impl Repayments {
    pub fn take(&mut self, chunk: Chunk, directory: &Directory) {
        let (first, rows) = (chunk.first_row, chunk.len());
        self.verdicts.states.resize(first + rows, State::New);
        chunk.rejections.iter().for_each(|&rejection| self.verdicts.reject(rejection));
        let ids = chunk.columns[ID].as_string::<i32>();
        extend_texts(&mut self.ids, ids);
        self.cursor.number(directory, chunk.columns[LOAN].as_string(), &mut self.loan);
        for row in 0..rows {
            if self.verdicts.is_rejected(first + row) {
                continue;
            }
            if self.loan[first + row] == NO_LOAN {
                self.verdicts.reject(Rejection::new(first + row, LOAN, RowRefused::UnknownParent));
            } else {
                self.keys.push(with_low(key(ids.value(row).as_bytes()), (first + row) as u32));
            }
        }
        self.paid_on.extend_from_slice(chunk.columns[PAID_ON].as_primitive::<Date32Type>().values());
        self.amount.extend(chunk.columns[AMOUNT].as_primitive::<Int64Type>().values());
        self.take_rare(&chunk, first);
    }

    /// Columns that most files leave empty take no memory until a row fills them.
    fn take_rare(&mut self, chunk: &Chunk, first: usize) {
        let times = &chunk.columns[ENTERED_AT];
        if times.null_count() < times.len() || !self.entered_at.is_empty() {
            self.entered_at.resize(first, NO_TIME);
            let times = times.as_primitive::<TimestampSecondType>();
            match times.null_count() {
                0 => self.entered_at.extend(times.values()),
                _ => self.entered_at.extend(&times.iter().map(|time| time.unwrap_or(NO_TIME)).collect::<Vec<_>>()),
            }
        }
        let payers = chunk.columns[PAYER].as_string::<i32>();
        if payers.null_count() < payers.len() || !self.payer.is_empty() {
            self.payer.resize(first, 0);
            let place = |payer: &str| PAYERS.iter().position(|&code| code == payer).map_or(0, |place| place as u8 + 1);
            self.payer.extend(payers.iter().map(|payer| payer.map_or(0, place)));
        }
        let reverses = chunk.columns[REVERSES].as_string::<i32>();
        if reverses.null_count() < reverses.len() {
            let given = reverses.iter().enumerate().filter_map(|(row, id)| Some(((first + row) as u32, id?.to_owned())));
            self.reverses.extend(given);
        }
    }

    pub fn entered_at(&self, row: usize) -> Option<i64> {
        (row < self.entered_at.len()).then(|| self.entered_at.get(row)).filter(|&time| time != NO_TIME)
    }

    pub fn payer(&self, row: usize) -> Option<&'static str> {
        let place = *self.payer.get(row)?;
        (place > 0).then(|| PAYERS[usize::from(place) - 1])
    }

    pub fn reverses(&self, row: usize) -> Option<&str> {
        let at = self.reverses.binary_search_by_key(&(row as u32), |entry| entry.0).ok()?;
        Some(&self.reverses[at].1)
    }

    pub fn is_correction(&self, row: usize) -> bool {
        self.verdicts.states[row] == State::Correction
    }

    pub fn has_reversals(&self) -> bool {
        !self.reverses.is_empty()
    }

    /// Loans whose earlier repayments a reversal may speak of.
    pub fn loans_with_reversals(&self) -> Vec<u32> {
        let mut loans: Vec<u32> = self.reverses.iter().map(|entry| self.loan[entry.0 as usize]).collect();
        loans.sort_unstable();
        loans.dedup();
        loans.retain(|&loan| loan != NO_LOAN);
        loans
    }

    /// Judges identities, dates and reversals, in this order.
    pub fn judge(&mut self, directory: &Directory, known: &Known, booked: &KeyMap<Booked>) {
        self.keys.sort();
        self.judge_identities(known, directory);
        for row in 0..self.loan.len() {
            let loan = self.loan[row];
            if loan != NO_LOAN && !self.verdicts.is_rejected(row) && self.paid_on[row] < directory.disbursed_on[loan as usize] {
                self.verdicts.reject(Rejection::new(row, PAID_ON, RowRefused::DatesOutOfOrder));
            }
        }
        self.judge_reversals(booked);
        if !(0..self.loan.len()).all(|row| self.verdicts.is_accepted(row)) {
            self.keys.retain(|key| self.verdicts.is_accepted(low(key) as usize));
        }
        self.grouping = Grouping::new(&self.loan, directory.len());
    }

    fn judge_identities(&mut self, known: &Known, directory: &Directory) {
        let mut find = known.cursor();
        let fresh = known.is_empty();
        let mut first: Option<Key> = None;
        let keys = std::mem::take(&mut self.keys);
        for this in keys.iter() {
            let row = low(this) as usize;
            if let Some(before) = first.filter(|&before| high(before) == high(this)) {
                let before = low(before) as usize;
                if self.loan[before] == self.loan[row] && self.content(before) == self.content(row) {
                    self.verdicts.states[row] = State::Known;
                } else {
                    self.verdicts.reject(Rejection::new(row, ID, RowRefused::DuplicateIdentity).beside(before));
                }
                continue;
            }
            first = Some(this);
            if fresh {
                continue;
            }
            if let Some((known_owner, known_content)) = find(this) {
                if known_owner != self.owner(row, directory) {
                    self.verdicts.reject(Rejection::new(row, ID, RowRefused::IdentityOfAnotherLoan));
                } else if known_content == self.content(row) {
                    self.verdicts.states[row] = State::Known;
                } else {
                    self.verdicts.states[row] = State::Correction;
                }
            }
        }
        self.keys = keys;
    }

    fn owner(&self, row: usize, directory: &Directory) -> u32 {
        owner(key(directory.ids.get(self.loan[row] as usize).as_bytes()))
    }

    fn content(&self, row: usize) -> u64 {
        let reversed = if self.reverses.is_empty() { None } else { self.reverses(row) };
        let payer = self.payer.get(row).copied().unwrap_or(0);
        repayment_content(self.paid_on[row], self.amount.get(row), self.entered_at(row), payer, reversed)
    }

    fn judge_reversals(&mut self, booked: &KeyMap<Booked>) {
        let mut reversed = KeySet::default();
        for at in 0..self.reverses.len() {
            let row = self.reverses[at].0 as usize;
            if !matches!(self.verdicts.states[row], State::New | State::Correction) {
                continue;
            }
            let target = key(self.reverses[at].1.as_bytes());
            let why = match self.target(target, booked) {
                None => Some(RowRefused::ReversalWithoutRepayment),
                Some(target) if target.loan != self.loan[row] => Some(RowRefused::ReversalWithoutRepayment),
                Some(target) if target.is_reversal => Some(RowRefused::ReversalOfReversal),
                // A correction of the reversal itself finds its repayment reversed: by itself.
                Some(target) if target.is_reversed && self.verdicts.states[row] == State::New => {
                    Some(RowRefused::AlreadyReversed)
                }
                Some(_) if reversed.contains(&target) => Some(RowRefused::AlreadyReversed),
                Some(target) if target.amount != self.amount.get(row) => Some(RowRefused::ReversalAmountDiffers),
                Some(_) => None,
            };
            match why {
                Some(RowRefused::ReversalAmountDiffers) => {
                    self.verdicts.reject(Rejection::new(row, AMOUNT, RowRefused::ReversalAmountDiffers));
                }
                Some(why) => self.verdicts.reject(Rejection::new(row, REVERSES, why)),
                None => {
                    reversed.insert(target);
                }
            }
        }
    }

    /// The repayment a reversal speaks of: in this import, or booked before.
    fn target(&self, target: Key, booked: &KeyMap<Booked>) -> Option<Booked> {
        let before = booked.get(&target).copied();
        match self.keys.find(target).map(|key| low(key) as usize).filter(|&row| !self.verdicts.is_rejected(row)) {
            Some(row) => Some(Booked {
                loan: self.loan[row],
                amount: self.amount.get(row),
                is_reversal: self.reverses(row).is_some(),
                is_reversed: before.is_some_and(|before| before.is_reversed),
            }),
            None => before,
        }
    }

    /// Fills `rows` with the accepted rows of a loan by day of payment, entry and identity.
    pub fn accepted(&self, loan: u32, rows: &mut Vec<u32>) {
        self.grouping.rows(loan, rows);
        rows.retain(|&row| self.verdicts.is_accepted(row as usize));
        // Most repayments differ in their day: the rest is asked for only when they do not.
        let order = |&a: &u32, &b: &u32| {
            let (a, b) = (a as usize, b as usize);
            let entered = || self.entered_at(a).cmp(&self.entered_at(b));
            self.paid_on[a].cmp(&self.paid_on[b]).then_with(entered).then_with(|| self.ids.get(a).cmp(self.ids.get(b)))
        };
        if !rows.is_sorted_by(|a, b| order(a, b).is_le()) {
            rows.sort_unstable_by(order);
        }
    }

    /// The latest day anything was paid or entered.
    pub fn latest_day(&self) -> Option<i32> {
        (0..self.loan.len())
            .filter(|&row| self.verdicts.is_accepted(row))
            .map(|row| self.paid_on[row].max(self.entered_at(row).map_or(i32::MIN, |time| time.div_euclid(86_400) as i32)))
            .max()
    }

    pub fn summary(&self) -> TableSummary {
        self.verdicts.summary("repayments", |row| self.amount.get(row))
    }

    /// Writes the identities of the accepted rows, if there are any.
    pub fn write_index(&self, folder: &Path, directory: &Directory) -> Result<Option<FileDigest>, Fault> {
        if self.keys.len() == 0 {
            return Ok(None);
        }
        // Put in the order of the file first: the order of the keys is random, and each step costs a look into memory.
        let of_loans: Vec<u32> = directory.ids.iter().map(|id| owner(key(id.as_bytes()))).collect();
        let of_loan = |&loan: &u32| of_loans.get(loan as usize).copied().unwrap_or_default();
        let owners: Vec<u32> = self.loan.iter().map(of_loan).collect();
        let keys = self.keys.iter().map(move |key| with_low(key, owners[low(key) as usize]));
        let contents = LazyCell::new(|| (0..self.loan.len()).map(|row| self.content(row)).collect::<Vec<u64>>());
        let contents = self.keys.iter().map(|key| contents[low(key) as usize]);
        write_index(folder, "repayments", self.keys.len(), keys, contents).map(Some)
    }
}

/// Adds a column of texts; nothing where there is none.
fn extend_texts(to: &mut Texts, texts: &StringArray) {
    match std::str::from_utf8(texts.value_data()) {
        Ok(joined) if texts.null_count() == 0 => {
            let offsets = texts.value_offsets();
            let first = offsets[0] as usize;
            let last = offsets[texts.len()] as usize;
            to.extend_joined(&joined[first..last], offsets[1..].iter().map(|&end| end as usize - first));
        }
        _ => texts.iter().for_each(|text| to.push(text.unwrap_or(""))),
    }
}
