//! Looking into an earlier batch's dossiers while importing.

use super::{LOAN_KNOWN_FROM, items, repayments_at, schema};
use crate::fault::{Context, Fault};
use crate::identity::{KeyMap, key};
use crate::import::{Booked, Directory};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::path::Path;

/// Reads some columns of a dossier file; an absent file is an empty one.
fn open(path: &Path, columns: &[usize], rows: usize) -> Result<Option<ParquetRecordBatchReader>, Fault> {
    if !path.exists() {
        return Ok(None);
    }
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| format!("reading {}", path.display()))?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
    Ok(Some(builder.with_projection(mask).with_batch_size(rows).build()?))
}

/// Identity, principal and day of disbursement of every loan whose own row is in the file.
pub fn read_terms(path: &Path, mut take: impl FnMut(&str, i64, i32)) -> Result<(), Fault> {
    let place = |name: &str| schema().index_of(name).expect("a dossier column");
    let Some(batches) = open(path, &[0, LOAN_KNOWN_FROM, place("principal"), place("disbursed_on")], 65_536)? else {
        return Ok(());
    };
    for batch in batches {
        let batch = batch?;
        let ids = batch.column(0).as_string::<i32>();
        let principal = batch.column(2).as_primitive::<Int64Type>();
        let disbursed_on = batch.column(3).as_primitive::<Date32Type>();
        for row in (0..batch.num_rows()).filter(|&row| batch.column(1).is_valid(row)) {
            take(ids.value(row), principal.value(row), disbursed_on.value(row));
        }
    }
    Ok(())
}

/// The repayments booked for some loans (numbers sorted), added to `booked`; oldest batch first.
pub fn read_booked(path: &Path, directory: &Directory, loans: &[u32], booked: &mut KeyMap<Booked>) -> Result<(), Fault> {
    let Some(batches) = open(path, &[0, repayments_at()], 8_192)? else { return Ok(()) };
    for batch in batches {
        book(&batch?, directory, loans, booked);
    }
    Ok(())
}

fn book(batch: &RecordBatch, directory: &Directory, loans: &[u32], booked: &mut KeyMap<Booked>) {
    let ids = batch.column(0).as_string::<i32>();
    let offsets = batch.column(1).as_list::<i32>().value_offsets();
    let items = items(batch, 1);
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
