//! Looking into an earlier batch's dossiers while importing.

use super::shelf::each;
use super::{items, repayments_at};
use crate::fault::Fault;
use crate::identity::{KeyMap, key};
use crate::import::{Booked, Directory};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use std::path::Path;

/// Identity, principal and day of disbursement of every loan whose own row is in the file.
pub fn read_terms(path: &Path, mut take: impl FnMut(&str, i64, i32)) -> Result<(), Fault> {
    each(path, &["loan_id", "loan_known_from", "principal", "disbursed_on"], |batch| {
        let ids = batch["loan_id"].as_string::<i32>();
        let principal = batch["principal"].as_primitive::<Int64Type>();
        let disbursed_on = batch["disbursed_on"].as_primitive::<Date32Type>();
        for row in (0..batch.num_rows()).filter(|&row| batch["loan_known_from"].is_valid(row)) {
            take(ids.value(row), principal.value(row), disbursed_on.value(row));
        }
        Ok(())
    })
}

/// The repayments booked for some loans (numbers sorted), added to `booked`; oldest batch first.
pub fn read_booked(path: &Path, directory: &Directory, loans: &[u32], booked: &mut KeyMap<Booked>) -> Result<(), Fault> {
    each(path, &["loan_id", "repayments"], |batch| {
        book(&batch, directory, loans, booked);
        Ok(())
    })
}

fn book(batch: &RecordBatch, directory: &Directory, loans: &[u32], booked: &mut KeyMap<Booked>) {
    let ids = batch.column(0).as_string::<i32>();
    let offsets = batch.column(repayments_at()).as_list::<i32>().value_offsets();
    let items = items(batch, repayments_at());
    let identities = items.column(0).as_string::<i32>();
    let amounts = items.column(2).as_primitive::<Int64Type>();
    let reverses = items.column(5).as_string::<i32>();
    for row in 0..batch.num_rows() {
        let Some(loan) = directory.find(key(ids.value(row).as_bytes())) else { continue };
        if loans.binary_search(&loan).is_err() {
            continue;
        }
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            let identity = key(identities.value(at).as_bytes());
            let is_reversed = booked.get(&identity).is_some_and(|before| before.is_reversed);
            let is_reversal = reverses.is_valid(at);
            booked.insert(identity, Booked { loan, amount: amounts.value(at), is_reversal, is_reversed });
            if is_reversal {
                let target = key(reverses.value(at).as_bytes());
                let unseen = Booked { loan, amount: 0, is_reversal: false, is_reversed: true };
                booked.entry(target).or_insert(unseen).is_reversed = true;
            }
        }
    }
}
