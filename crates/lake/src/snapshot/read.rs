//! Reading snapshots back: which nights there are, what they carry, and single rows of theirs.

use crate::fault::{Context, Fault};
use crate::hands;
use crate::kept::Damaged;
use crate::night::CustomerLoans;
use crate::pick;
use crate::snapshot::run::Run;
use crate::snapshot::table::SnapshotTable;
use crate::workspace::Workspace;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use dayend::Carried;
use grading::{Bucket, CustomerClass, Grade};
use loan::{LoanStatus, Protection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use units::{Coded, Date, Money, Texts};

/// A night that has a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    pub business_date: Date,
    pub folder: PathBuf,
}

impl Night {
    pub fn run(&self) -> Result<Run, Damaged> {
        Run::read(&self.folder)
    }

    /// Whether what the next night carries from this one is still what was written.
    pub fn check_carried(&self) -> Result<(), Damaged> {
        let files = self.run()?.files;
        files.iter().filter(|file| file.name == "loan_states.parquet").try_for_each(|file| file.check(&self.folder))
    }
}

/// All nights, in order of business date.
pub fn nights(workspace: &Workspace) -> Result<Vec<Night>, Fault> {
    let mut nights = Vec::new();
    for folder in below(&workspace.root().join("snapshots"))? {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let date = name.strip_prefix("as_of=").and_then(|date| Date::parse(date).ok());
        if let Some(business_date) = date {
            nights.push(Night { business_date, folder });
        }
    }
    nights.sort_by_key(|night| night.business_date);
    Ok(nights)
}

/// The folder of every night, of the series and restated.
pub fn folders(workspace: &Workspace) -> Result<Vec<PathBuf>, Fault> {
    let mut folders: Vec<PathBuf> = nights(workspace)?.into_iter().map(|night| night.folder).collect();
    for date in below(&workspace.root().join("restated"))? {
        folders.extend(below(&date)?);
    }
    Ok(folders)
}

/// What lies in a folder, by name; a folder that is not there is empty.
pub(crate) fn below(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let listing = fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut paths = listing.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Fault>>()?;
    paths.sort();
    Ok(paths)
}

/// Hands over what a night left of every loan, or of some, in the order of the loans.
pub fn carried(
    night: &Night,
    only: Option<&HashSet<String>>,
    mut take: impl FnMut(&str, Carried),
) -> Result<(), Fault> {
    let columns = ["loan_id", "grade", "bucket", "days_past_due", "principal_outstanding", "paid_total"];
    if only.is_some() {
        return states(night, &columns, only)?.try_for_each(|batch| {
            carried_of(&batch?, &mut take);
            Ok(())
        });
    }
    let states = RowGroups::open(states_path(night), &columns)?;
    hands::in_order(states.count(), |group| states.read(group), |batch| {
        carried_of(&batch, &mut take);
        Ok(())
    })
}

fn carried_of(batch: &RecordBatch, take: &mut impl FnMut(&str, Carried)) {
    let ids = batch["loan_id"].as_string::<i32>();
    let (grades, buckets) = (codes::<Grade>(batch, "grade"), codes::<Bucket>(batch, "bucket"));
    let (days, owed) = (ints(batch, "days_past_due"), longs(batch, "principal_outstanding"));
    let paid = longs(batch, "paid_total");
    for row in 0..batch.num_rows() {
        let carried = Carried {
            grade: grades[row].unwrap_or(Grade::Pass),
            bucket: buckets[row].unwrap_or(Bucket::M0),
            days_past_due: days[row],
            principal_outstanding: Money::from_fen(owed[row]),
            paid_total: Money::from_fen(paid[row]),
        };
        take(ids.value(row), carried);
    }
}

/// The customer who owes `loan_id`, or `customer_id`, with all loans; `None` when the night knows neither.
pub fn loans_of(
    night: &Night,
    loan_id: Option<&str>,
    customer_id: Option<&str>,
) -> Result<Option<CustomerLoans>, Fault> {
    let mut owner = customer_id.map(str::to_owned);
    if let Some(loan_id) = loan_id {
        let wanted = HashSet::from([loan_id.to_owned()]);
        for batch in states(night, &["customer_id"], Some(&wanted))? {
            owner = batch?["customer_id"].as_string::<i32>().iter().flatten().next().map(str::to_owned).or(owner);
        }
    }
    let Some(customer_id) = owner else { return Ok(None) };
    let path = states_path(night);
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| damaged(&path))?;
    let column = builder.schema().index_of("customer_id").with_context(|| damaged(&path))?;
    let mut groups = Vec::new();
    for group in 0..builder.metadata().num_row_groups() {
        let filter = builder.get_row_group_column_bloom_filter(group, column).with_context(|| damaged(&path))?;
        if filter.is_none_or(|filter| filter.check(&customer_id.as_str())) {
            groups.push(group);
        }
    }
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["loan_id", "customer_id"]);
    let mut loans = HashSet::new();
    for batch in builder.with_projection(mask).with_row_groups(groups).build()? {
        let batch = batch.with_context(|| damaged(&path))?;
        let rows = batch["loan_id"].as_string::<i32>().iter().zip(batch["customer_id"].as_string::<i32>());
        let theirs = rows.filter(|(_, owes)| *owes == Some(customer_id.as_str()));
        loans.extend(theirs.filter_map(|(loan, _)| Some(loan?.to_owned())));
    }
    Ok((!loans.is_empty()).then_some(CustomerLoans { customer_id, loans }))
}

/// A loan as a night left it, for a page that shows a few (借据行).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanLine {
    pub loan_id: String,
    pub product: String,
    pub status: LoanStatus,
    pub protection: Protection,
    pub principal: Money,
    pub disbursed_on: Option<Date>,
    pub matures_on: Option<Date>,
    pub principal_outstanding: Money,
    pub amount_past_due: Money,
    pub days_past_due: i32,
    pub bucket: Bucket,
    pub grade: Grade,
    /// The rule that decided the grade, or `no_finding`, `carried`, `judgement`.
    pub grade_reason: String,
    pub next_due_on: Option<Date>,
    pub next_due_amount: Money,
    pub last_paid_on: Option<Date>,
    pub collateral_value: Money,
    /// Days past due on the twelve month-ends before, oldest first; `-` before disbursement.
    pub month_ends: String,
}

/// Some loans of a night, in the order of their identities.
pub fn loan_lines(night: &Night, loans: &HashSet<String>) -> Result<Vec<LoanLine>, Fault> {
    const COLUMNS: [&str; 18] = [
        "loan_id", "product", "status", "protection", "principal", "disbursed_on", "matures_on", "principal_outstanding",
        "amount_past_due", "days_past_due", "bucket", "grade", "grade_reason", "next_due_on", "next_due_amount",
        "last_paid_on", "collateral_value", "month_end_days_past_due",
    ];
    let mut lines = Vec::new();
    for batch in states(night, &COLUMNS, Some(loans))? {
        let batch = batch?;
        let text = |name: &str, row: usize| batch[name].as_string::<i32>().value(row).to_owned();
        let (products, reasons) = (dictionary(&batch["product"]), dictionary(&batch["grade_reason"]));
        let label = |(keys, texts): &(Vec<Option<usize>>, Vec<String>), row: usize| keys[row].map_or_else(String::new, |key| texts[key].clone());
        let money = |name: &str, row: usize| Money::from_fen(longs(&batch, name)[row]);
        let (statuses, protections) = (codes(&batch, "status"), codes(&batch, "protection"));
        let (buckets, grades) = (codes(&batch, "bucket"), codes(&batch, "grade"));
        let day = |name: &str, row: usize| days(&batch, name)[row];
        let written = "a snapshot holds only known codes";
        lines.extend((0..batch.num_rows()).map(|row| LoanLine {
            loan_id: text("loan_id", row),
            product: label(&products, row),
            status: statuses[row].expect(written),
            protection: protections[row].expect(written),
            principal: money("principal", row),
            disbursed_on: day("disbursed_on", row),
            matures_on: day("matures_on", row),
            principal_outstanding: money("principal_outstanding", row),
            amount_past_due: money("amount_past_due", row),
            days_past_due: ints(&batch, "days_past_due")[row],
            bucket: buckets[row].expect(written),
            grade: grades[row].expect(written),
            grade_reason: label(&reasons, row),
            next_due_on: day("next_due_on", row),
            next_due_amount: money("next_due_amount", row),
            last_paid_on: day("last_paid_on", row),
            collateral_value: money("collateral_value", row),
            month_ends: text("month_end_days_past_due", row),
        }));
    }
    Ok(lines)
}

/// A move of one loan between two buckets (逾期档变动).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketMove {
    pub on: Date,
    pub loan_id: String,
    pub from: Option<Bucket>,
    pub to: Bucket,
}

/// How some loans moved in a night.
pub fn bucket_moves(night: &Night, loans: &HashSet<String>) -> Result<Vec<BucketMove>, Fault> {
    let path = night.folder.join(format!("{}.parquet", SnapshotTable::BucketMoves.code()));
    let mut moves = Vec::new();
    for batch in pick::rows(&path, "loan_id", loans, Some(&["loan_id", "from", "to"]))? {
        let batch = batch.with_context(|| damaged(&path))?;
        let ids = batch["loan_id"].as_string::<i32>();
        let (from, to) = (codes::<Bucket>(&batch, "from"), codes::<Bucket>(&batch, "to"));
        let moved = |row: usize| Some(BucketMove { on: night.business_date, loan_id: ids.value(row).to_owned(), from: from[row], to: to[row]? });
        moves.extend((0..batch.num_rows()).filter_map(moved));
    }
    Ok(moves)
}

/// A customer as a night left one (客户行).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerLine {
    pub exposure: Money,
    pub worst_days_past_due: i32,
    pub class: Option<CustomerClass>,
    pub grade: Grade,
}

pub fn customer_line(night: &Night, customer_id: &str) -> Result<Option<CustomerLine>, Fault> {
    let path = night.folder.join(format!("{}.parquet", SnapshotTable::CustomerStates.code()));
    let columns = ["customer_id", "exposure", "worst_days_past_due", "class", "grade"];
    for batch in pick::rows(&path, "customer_id", &HashSet::from([customer_id.to_owned()]), Some(&columns))? {
        let batch = batch.with_context(|| damaged(&path))?;
        if batch.num_rows() > 0 {
            return Ok(Some(CustomerLine {
                exposure: Money::from_fen(longs(&batch, "exposure")[0]),
                worst_days_past_due: ints(&batch, "worst_days_past_due")[0],
                class: codes(&batch, "class")[0],
                grade: codes(&batch, "grade")[0].expect("a snapshot holds only known codes"),
            }));
        }
    }
    Ok(None)
}

pub(super) fn states_path(night: &Night) -> PathBuf {
    night.folder.join(format!("{}.parquet", SnapshotTable::LoanStates.code()))
}

pub(super) fn damaged(path: &Path) -> String {
    format!("{} is damaged", path.display())
}

/// Some columns of the loan states: all rows, or those of some loans.
fn states(
    night: &Night,
    columns: &[&str],
    only: Option<&HashSet<String>>,
) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, Fault>>>, Fault> {
    let Some(only) = only else { return Ok(Box::new(columns_of(&night.folder, "loan_states", columns)?)) };
    let path = states_path(night);
    let rows = pick::rows(&path, "loan_id", only, Some(columns))?;
    Ok(Box::new(rows.map(move |batch| batch.with_context(|| damaged(&path)))))
}

/// Some columns of a file, a row group at a time by whoever asks (行组读取).
pub(super) struct RowGroups {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    mask: ProjectionMask,
}

impl RowGroups {
    pub(super) fn open(path: PathBuf, columns: &[&str]) -> Result<RowGroups, Fault> {
        let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).with_context(|| damaged(&path))?;
        let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
        Ok(RowGroups { path, metadata, mask })
    }

    pub(super) fn count(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    pub(super) fn read(&self, group: usize) -> Result<RecordBatch, Fault> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let rows = self.metadata.metadata().row_group(group).num_rows() as usize;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(self.mask.clone())
            .with_row_groups(vec![group])
            .with_batch_size(rows);
        let whole = builder.build().with_context(|| damaged(&self.path))?.next();
        whole.with_context(|| damaged(&self.path))?.with_context(|| damaged(&self.path))
    }
}

/// Some columns of one table, batch by batch.
pub(super) fn columns_of(
    folder: &Path,
    table: &str,
    columns: &[&str],
) -> Result<impl Iterator<Item = Result<RecordBatch, Fault>> + use<>, Fault> {
    let path = folder.join(format!("{table}.parquet"));
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    let damaged = format!("{} is damaged", path.display());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).context(damaged.clone())?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(65_536).build().context(damaged.clone())?;
    Ok(reader.map(move |batch| batch.context(damaged.clone())))
}

pub(super) fn longs<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i64] {
    batch[name].as_primitive::<Int64Type>().values()
}

pub(super) fn ints<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i32] {
    batch[name].as_primitive::<Int32Type>().values()
}

pub(super) fn days(batch: &RecordBatch, name: &str) -> Vec<Option<Date>> {
    batch[name].as_primitive::<Date32Type>().iter().map(|day| day.map(Date::new)).collect()
}

/// A column of codes as the values they stand for; `None` for null.
pub(super) fn codes<T: Coded>(batch: &RecordBatch, name: &str) -> Vec<Option<T>> {
    let (keys, labels) = dictionary(&batch[name]);
    let values: Vec<Option<T>> = labels.iter().map(|label| T::from_code(label)).collect();
    keys.into_iter().map(|key| key.and_then(|key| values[key])).collect()
}

pub(super) fn dictionary(column: &ArrayRef) -> (Vec<Option<usize>>, Vec<String>) {
    let column = column.as_dictionary::<Int32Type>();
    let texts = column.values().as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect();
    (column.keys().iter().map(|key| key.map(|key| key as usize)).collect(), texts)
}

pub(super) fn push_texts(texts: &mut Texts, batch: &RecordBatch, name: &str) {
    batch[name].as_string::<i32>().iter().for_each(|text| texts.push(text.unwrap_or_default()));
}
