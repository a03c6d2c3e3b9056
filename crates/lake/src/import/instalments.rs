//! Schedules: a loan's instalments enter together or not at all.

use super::grouping::Grouping;
use super::known::{Directory, Known, LoanCursor, NO_LOAN};
use super::longs::Longs;
use super::verdict::{State, Verdicts};
use crate::batch::TableSummary;
use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::kept::FileDigest;
use crate::identity::{Index, Key, content, key};
use crate::refused::{Rejection, RowRefused};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use std::path::Path;

/// No fee was stated.
pub const NO_FEE: i64 = i64::MIN;

const LOAN: usize = 0;
const SEQ: usize = 1;
const DUE_ON: usize = 2;
const PRINCIPAL: usize = 3;
const INTEREST: usize = 4;
const FEE: usize = 5;

/// Appends what makes an instalment the same instalment.
pub fn instalment_content(seq: i32, due_on: i32, dues: [i64; 2], fee: Option<i64>, to: &mut Vec<u8>) {
    to.extend_from_slice(&seq.to_le_bytes());
    to.extend_from_slice(&due_on.to_le_bytes());
    for fen in [dues[0], dues[1], fee.unwrap_or(NO_FEE)] {
        to.extend_from_slice(&fen.to_le_bytes());
    }
}

/// All instalments of an import (还款计划暂存), in file order.
#[derive(Default)]
pub struct Instalments {
    pub loan: Vec<u32>,
    pub seq: Vec<i32>,
    pub due_on: Vec<i32>,
    pub principal: Longs,
    pub interest: Longs,
    /// Empty as long as no row states a fee; otherwise [`NO_FEE`] where none is.
    fee: Vec<i64>,
    pub verdicts: Verdicts,
    pub grouping: Grouping,
    entries: Vec<(Key, u64)>,
    cursor: LoanCursor,
}

impl Instalments {
    pub fn take(&mut self, chunk: Chunk, directory: &Directory) {
        let (first, rows) = (chunk.first_row, chunk.len());
        self.verdicts.states.resize(first + rows, State::New);
        chunk.rejections.iter().for_each(|&rejection| self.verdicts.reject(rejection));
        self.cursor.number(directory, chunk.columns[LOAN].as_string(), &mut self.loan);
        for row in first..first + rows {
            if self.loan[row] == NO_LOAN {
                self.verdicts.reject(Rejection::new(row, LOAN, RowRefused::UnknownParent));
            }
        }
        let long = |column: usize| chunk.columns[column].as_primitive::<Int64Type>().values();
        self.seq.extend_from_slice(chunk.columns[SEQ].as_primitive::<Int32Type>().values());
        self.due_on.extend_from_slice(chunk.columns[DUE_ON].as_primitive::<Date32Type>().values());
        self.principal.extend(long(PRINCIPAL));
        self.interest.extend(long(INTEREST));
        self.take_fees(&chunk.columns[FEE], first);
    }

    fn take_fees(&mut self, fees: &ArrayRef, first: usize) {
        if fees.null_count() == fees.len() && self.fee.is_empty() {
            return;
        }
        self.fee.resize(first, NO_FEE);
        self.fee.extend(fees.as_primitive::<Int64Type>().iter().map(|fee| fee.unwrap_or(NO_FEE)));
    }

    /// The fee of a row or [`NO_FEE`].
    pub fn fee(&self, row: usize) -> i64 {
        self.fee.get(row).copied().unwrap_or(NO_FEE)
    }

    /// Judges every schedule as a whole and puts each into due order.
    pub fn judge(&mut self, directory: &Directory, known: &Known) {
        self.grouping = Grouping::new(&self.loan, directory.len());
        let mut rows = Vec::new();
        let mut bytes = Vec::new();
        for loan in 0..directory.len() as u32 {
            self.grouping.rows(loan, &mut rows);
            if rows.is_empty() {
                continue;
            }
            self.judge_schedule(loan, &mut rows, directory);
            rows.retain(|&row| self.verdicts.states[row as usize] == State::New);
            if rows.is_empty() {
                continue;
            }
            bytes.clear();
            for &row in &rows {
                self.append(row as usize, &mut bytes);
            }
            let (key, content) = (key(directory.ids.get(loan as usize).as_bytes()), content(&bytes));
            let state = match known.find(key) {
                None => State::New,
                Some((_, before)) if before == content => State::Known,
                Some(_) => State::Correction,
            };
            rows.iter().for_each(|&row| self.verdicts.states[row as usize] = state);
            if state != State::Known {
                self.entries.push((key, content));
            }
        }
    }

    fn judge_schedule(&mut self, loan: u32, rows: &mut [u32], directory: &Directory) {
        if let Some(&bad) = rows.iter().find(|&&row| self.verdicts.is_rejected(row as usize)) {
            return self.reject_all(rows, LOAN, RowRefused::ScheduleHasBadRow, Some(bad));
        }
        rows.sort_by_key(|&row| self.seq[row as usize]);
        let mut total = 0i128;
        let mut previous: Option<usize> = None;
        for &row in rows.iter() {
            let row = row as usize;
            if let Some(before) = previous.filter(|&before| self.seq[before] == self.seq[row]) {
                if self.same(before, row) {
                    self.verdicts.states[row] = State::Known;
                    continue;
                }
                self.verdicts.reject(Rejection::new(row, SEQ, RowRefused::DuplicateIdentity).beside(before));
                return self.reject_all(rows, LOAN, RowRefused::ScheduleHasBadRow, Some(row as u32));
            }
            let not_before = previous.map_or(directory.disbursed_on[loan as usize], |before| self.due_on[before]);
            if self.due_on[row] < not_before {
                self.verdicts.reject(Rejection::new(row, DUE_ON, RowRefused::DatesOutOfOrder));
                return self.reject_all(rows, LOAN, RowRefused::ScheduleHasBadRow, Some(row as u32));
            }
            total += i128::from(self.principal.get(row));
            previous = Some(row);
        }
        if total != i128::from(directory.principal[loan as usize]) {
            self.reject_all(rows, PRINCIPAL, RowRefused::InstalmentsDoNotAddUp, None);
        }
    }

    fn reject_all(&mut self, rows: &[u32], column: usize, why: RowRefused, other: Option<u32>) {
        for &row in rows {
            self.verdicts.reject(Rejection { other, ..Rejection::new(row as usize, column, why) });
        }
    }

    fn same(&self, a: usize, b: usize) -> bool {
        let facts = |row: usize| (self.due_on[row], self.principal.get(row), self.interest.get(row), self.fee(row));
        facts(a) == facts(b)
    }

    fn append(&self, row: usize, to: &mut Vec<u8>) {
        let fee = Some(self.fee(row)).filter(|&fee| fee != NO_FEE);
        let dues = [self.principal.get(row), self.interest.get(row)];
        instalment_content(self.seq[row], self.due_on[row], dues, fee, to);
    }

    /// Fills `rows` with the accepted rows of a loan in due order; true when they replace an earlier schedule.
    pub fn accepted(&self, loan: u32, rows: &mut Vec<u32>) -> bool {
        self.grouping.rows(loan, rows);
        rows.retain(|&row| self.verdicts.is_accepted(row as usize));
        rows.sort_by_key(|&row| self.seq[row as usize]);
        rows.first().is_some_and(|&row| self.verdicts.states[row as usize] == State::Correction)
    }

    pub fn summary(&self) -> TableSummary {
        self.verdicts.summary("instalments", |row| {
            let fee = Some(self.fee(row)).filter(|&fee| fee != NO_FEE).unwrap_or(0);
            self.principal.get(row) + self.interest.get(row) + fee
        })
    }

    /// Writes the schedules' loans and contents, if there are any.
    pub fn write_index(&self, folder: &Path) -> Result<Option<FileDigest>, Fault> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        Index::new(self.entries.clone()).write(folder, "instalments").map(Some)
    }
}
