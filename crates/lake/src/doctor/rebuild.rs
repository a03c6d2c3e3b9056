//! Putting right: indexes from the tables they were made of, and what is damaged out of the way.

use crate::batch::Batch;
use crate::dossier::{self, LOAN_COLUMNS, LOAN_KNOWN_FROM, instalments_at, items, repayments_at};
use crate::fault::{Context, Fault};
use crate::identity::{Index, Key, RowHasher, content, key, owner, with_low};
use crate::import::{instalment_content, repayment_content};
use crate::kept::FileDigest;
use crate::personal;
use crate::schema::{self, PAYERS, Table};
use crate::workspace::{Workspace, WriteLock};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, Schema, TimestampSecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use vault::Keys;

/// Moves a damaged thing to `.damaged`, where it can be looked at; nothing happens when it is gone.
pub fn set_aside(workspace: &Workspace, _lock: &WriteLock, path: &Path) -> Result<(), Fault> {
    if !path.exists() {
        return Ok(());
    }
    let below = path.strip_prefix(workspace.root()).expect("a part of the workspace");
    let place = |nth: u32| workspace.root().join(".damaged").join(nth.to_string()).join(below);
    let place = (1..).map(place).find(|place| !place.exists()).expect("there is a number nobody has");
    let parent = place.parent().expect("below the workspace");
    fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    fs::rename(path, &place).with_context(|| format!("setting {} aside", path.display()))
}

/// Builds an identity index anew from the batch's tables and puts it in the place of the damaged one.
/// False, and nothing is changed, when it is not what the batch's manifest says.
pub fn rebuild_index(workspace: &Workspace, lock: &WriteLock, batch: &Batch, file: &FileDigest) -> Result<bool, Fault> {
    let name = file.name.strip_prefix("identities/").and_then(|name| name.strip_suffix(".idx"));
    let staging = workspace.staging();
    fs::create_dir_all(staging.join("identities")).context("making room for an index")?;
    let rebuilt = index(batch, name.unwrap_or_default(), workspace.keys())?.write(&staging, name.unwrap_or_default())?;
    let is_the_same = rebuilt == *file;
    if is_the_same {
        let place = batch.folder.join(&file.name);
        set_aside(workspace, lock, &place)?;
        fs::create_dir_all(batch.folder.join("identities"))?;
        fs::rename(staging.join(&file.name), &place).with_context(|| format!("putting {} in place", place.display()))?;
        File::open(batch.folder.join("identities"))?.sync_all()?;
    }
    fs::remove_dir_all(staging.join("identities"))?;
    Ok(is_the_same)
}

/// The index of a table as the import made it.
fn index(batch: &Batch, name: &str, keys: Option<&Keys>) -> Result<Index, Fault> {
    let mut entries = Vec::new();
    match name {
        "loans" => dossier::each(&batch.dossiers(), &[], |batch| {
            let loans = loans_of(&batch)?;
            hash_rows(dossier::loans(), loans.columns(), &mut entries);
            Ok(())
        })?,
        "contracts" => dossier::each(&batch.dossiers(), &[], |batch| {
            let loans = loans_of(&batch)?;
            let contracts = loans["contract_id"].as_string::<i32>();
            entries.extend(contracts.iter().flatten().map(|contract| (key(contract.as_bytes()), 0)));
            Ok(())
        })?,
        "instalments" => dossier::each(&batch.dossiers(), &[], |batch| Ok(hash_schedules(&batch, &mut entries)))?,
        "repayments" => dossier::each(&batch.dossiers(), &[], |batch| Ok(hash_repayments(&batch, &mut entries)))?,
        _ => {
            let Some(table) = schema::table(name) else { return Ok(Index::default()) };
            let columns = table.columns.len();
            each(&batch.table(name), |batch| {
                let mut columns = batch.columns()[..columns].to_vec();
                personal::opened(table, &mut columns, keys)?;
                hash_rows(table, &columns, &mut entries);
                Ok(())
            })?;
        }
    }
    entries.sort_unstable();
    entries.dedup();
    Ok(Index::new(entries))
}

fn each(path: &Path, mut take: impl FnMut(RecordBatch) -> Result<(), Fault>) -> Result<(), Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| format!("reading {}", path.display()))?;
    reader.build()?.try_for_each(|batch| take(batch?))
}

/// The rows of `loans` that came with a batch of dossiers.
fn loans_of(dossiers: &RecordBatch) -> Result<RecordBatch, Fault> {
    let places = [0].into_iter().chain(LOAN_COLUMNS..instalments_at());
    let (columns, fields): (Vec<ArrayRef>, Vec<_>) =
        places.map(|at| (dossiers.column(at).clone(), dossiers.schema().field(at).clone())).unzip();
    let loans = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let own: BooleanArray = (0..dossiers.num_rows()).map(|row| Some(dossiers.column(LOAN_KNOWN_FROM).is_valid(row))).collect();
    Ok(filter_record_batch(&loans, &own)?)
}

fn hash_rows(table: &Table, columns: &[ArrayRef], entries: &mut Vec<(Key, u64)>) {
    let mut hasher = RowHasher::new(table, columns);
    let rows = columns[0].len();
    entries.extend((0..rows).map(|row| {
        let loan = table.owned_by_loan.then(|| hasher.views[table.position("loan_id")].text(row)).flatten();
        (with_low(hasher.key(row), loan.map_or(0, |loan| owner(key(loan.as_bytes())))), hasher.content(row))
    }));
}

fn hash_schedules(dossiers: &RecordBatch, entries: &mut Vec<(Key, u64)>) {
    let (loans, lists) = (dossiers.column(0).as_string::<i32>(), dossiers.column(instalments_at()).as_list::<i32>());
    let items = items(dossiers, instalments_at());
    let seq = items.column(0).as_primitive::<Int32Type>();
    let due_on = items.column(1).as_primitive::<Date32Type>();
    let money = |column: usize| items.column(column).as_primitive::<Int64Type>();
    let (principal, interest, fee) = (money(2), money(3), money(4));
    let offsets = lists.value_offsets();
    let mut bytes = Vec::new();
    for row in (0..dossiers.num_rows()).filter(|&row| lists.is_valid(row)) {
        bytes.clear();
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            let fee = fee.is_valid(at).then(|| fee.value(at));
            instalment_content(seq.value(at), due_on.value(at), [principal.value(at), interest.value(at)], fee, &mut bytes);
        }
        entries.push((key(loans.value(row).as_bytes()), content(&bytes)));
    }
}

fn hash_repayments(dossiers: &RecordBatch, entries: &mut Vec<(Key, u64)>) {
    let (loans, lists) = (dossiers.column(0).as_string::<i32>(), dossiers.column(repayments_at()).as_list::<i32>());
    let items = items(dossiers, repayments_at());
    let (ids, paid_on) = (items.column(0).as_string::<i32>(), items.column(1).as_primitive::<Date32Type>());
    let (amount, entered_at) = (items.column(2).as_primitive::<Int64Type>(), items.column(4).as_primitive::<TimestampSecondType>());
    let (reverses, payer) = (items.column(5).as_string::<i32>(), items.column(6).as_string::<i32>());
    let offsets = lists.value_offsets();
    for row in 0..dossiers.num_rows() {
        let loan = owner(key(loans.value(row).as_bytes()));
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            let payer = payer.is_valid(at).then(|| payer.value(at));
            let place = PAYERS.iter().position(|&code| Some(code) == payer).map_or(0, |place| place as u8 + 1);
            let (entered_at, reverses) = (entered_at.is_valid(at).then(|| entered_at.value(at)), reverses.is_valid(at).then(|| reverses.value(at)));
            let content = repayment_content(paid_on.value(at), amount.value(at), entered_at, place, reverses);
            entries.push((with_low(key(ids.value(at).as_bytes()), loan), content));
        }
    }
}
