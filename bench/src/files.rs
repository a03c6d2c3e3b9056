//! The tables of a book, written loan by loan in Parquet with the lake's own columns.

use crate::Wanted;
use crate::credit::{Credit, Lender};
use anyhow::{Context, Result};
use arrow::array::{
    ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, StringBuilder, TimestampSecondArray,
    new_null_array,
};
use lake::schema::{Table, table};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// Loans drawn and written at a time; memory grows with this and not with the book.
const CHUNK: u32 = 16_384;

/// Every fifth loan is its borrower's second.
const fn customer_of(loan: u32) -> u32 {
    loan / 5 * 4 + if loan % 5 == 4 { 0 } else { loan % 5 }
}

const KINDS: [(&str, Option<&str>); 4] =
    [("individual", None), ("micro", Some("micro")), ("farmer", None), ("corporate", Some("small"))];
const INDUSTRIES: [&str; 5] = ["C26", "F51", "A01", "H61", "I65"];
const REGIONS: [&str; 4] = ["320100", "320200", "330100", "340100"];

/// Rows written per table (行数).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub loans: usize,
    pub instalments: usize,
    pub repayments: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} loans, {} instalments, {} repayments", self.loans, self.instalments, self.repayments)
    }
}

/// Writes six files into `folder`; the same arguments give the same bytes.
pub fn write(folder: &Path, wanted: &Wanted) -> Result<Counts> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let branches = (wanted.loans / 10_000).clamp(4, 97);
    let officers = (wanted.loans / 1_000).clamp(8, 2_000);
    write_branches(folder, branches)?;
    write_officers(folder, officers, branches)?;
    let mut customers = Sheet::create(folder, "customers")?;
    let customer_count = customer_of(wanted.loans - 1).max(customer_of(wanted.loans.saturating_sub(2))) + 1;
    for first in (0..customer_count).step_by(CHUNK as usize) {
        customers.write(&customer_columns(first..customer_count.min(first + CHUNK)))?;
    }
    customers.close()?;
    write_credits(folder, wanted, officers, branches)
}

fn write_branches(folder: &Path, count: u32) -> Result<()> {
    let mut sheet = Sheet::create(folder, "branches")?;
    let id = texts((0..count).map(branch_id));
    sheet.write(&[("branch_id", id), ("name", texts((0..count).map(|number| format!("Branch {number}"))))])?;
    sheet.close()
}

fn write_officers(folder: &Path, count: u32, branches: u32) -> Result<()> {
    let mut sheet = Sheet::create(folder, "officers")?;
    sheet.write(&[
        ("officer_id", texts((0..count).map(officer_id))),
        ("name", texts((0..count).map(|number| format!("Officer {number}")))),
        ("branch_id", texts((0..count).map(|number| branch_id(number % branches)))),
    ])?;
    sheet.close()
}

fn customer_columns(numbers: std::ops::Range<u32>) -> Vec<(&'static str, ArrayRef)> {
    let kind = |number: u32| KINDS[[0, 0, 0, 1, 2, 2, 3][number as usize % 7]];
    let pick = |list: &'static [&'static str], number: u32| list[number as usize % list.len()].to_owned();
    vec![
        ("customer_id", texts(numbers.clone().map(customer_id))),
        ("name", texts(numbers.clone().map(|number| format!("Customer {number}")))),
        ("kind", texts(numbers.clone().map(|number| kind(number).0.to_owned()))),
        ("scale", Arc::new(StringArray::from_iter(numbers.clone().map(|number| kind(number).1)))),
        ("region", texts(numbers.clone().map(|number| pick(&REGIONS, number)))),
        ("industry", texts(numbers.map(|number| pick(&INDUSTRIES, number)))),
    ]
}

fn write_credits(folder: &Path, wanted: &Wanted, officers: u32, branches: u32) -> Result<Counts> {
    let mut lender = Lender::new(wanted.seed, wanted.business_date);
    let mut loans = Sheet::create(folder, "loans")?;
    let mut instalments = Sheet::create(folder, "instalments")?;
    let mut repayments = Sheet::create(folder, "repayments")?;
    for first in (0..wanted.loans).step_by(CHUNK as usize) {
        let credits: Vec<Credit> =
            (first..wanted.loans.min(first + CHUNK)).map(|number| lender.credit(number)).collect();
        loans.write(&loan_columns(&credits, officers, branches))?;
        instalments.write(&instalment_columns(&credits))?;
        repayments.write(&repayment_columns(&credits))?;
    }
    let counts = Counts { loans: loans.rows, instalments: instalments.rows, repayments: repayments.rows };
    [loans, instalments, repayments].into_iter().try_for_each(Sheet::close)?;
    Ok(counts)
}

fn loan_columns(credits: &[Credit], officers: u32, branches: u32) -> Vec<(&'static str, ArrayRef)> {
    let officer = |credit: &Credit| credit.number % officers;
    let each = |text: fn(&Credit) -> String| texts(credits.iter().map(text));
    let fen = credits.iter().map(|credit| credit.terms.principal.fen());
    let ppm = credits.iter().map(|credit| credit.terms.annual_rate.ppm());
    vec![
        ("loan_id", each(|credit| loan_id(credit.number))),
        ("customer_id", each(|credit| customer_id(customer_of(credit.number)))),
        ("branch_id", texts(credits.iter().map(|credit| branch_id(officer(credit) % branches)))),
        ("officer_id", texts(credits.iter().map(|credit| officer_id(officer(credit))))),
        ("product", each(|credit| credit.product.to_owned())),
        ("contract_id", each(|credit| format!("T{:09}", credit.number))),
        ("currency", each(|_| "CNY".to_owned())),
        ("principal", Arc::new(Int64Array::from_iter_values(fen))),
        ("disbursed_on", days(credits.iter().map(|credit| credit.terms.disbursed_on))),
        ("matures_on", days(credits.iter().map(|credit| credit.terms.matures_on))),
        ("annual_rate", Arc::new(Int64Array::from_iter_values(ppm))),
        ("day_count", each(|credit| credit.terms.day_count.code().to_owned())),
        ("method", each(|credit| credit.terms.method.code().to_owned())),
        (
            "instalment_count",
            Arc::new(Int32Array::from_iter_values(credits.iter().map(|credit| credit.terms.instalment_count as i32))),
        ),
        ("frequency", each(|credit| credit.terms.frequency.code().to_owned())),
        ("protection", each(|credit| ["credit", "guarantee", "mortgage"][credit.number as usize % 3].to_owned())),
        ("status", each(|credit| credit.status.code().to_owned())),
    ]
}

fn instalment_columns(credits: &[Credit]) -> Vec<(&'static str, ArrayRef)> {
    let dues = || credits.iter().flat_map(|credit| &credit.dues);
    let seq = credits.iter().flat_map(|credit| 1..=credit.dues.len() as i32);
    vec![
        ("loan_id", texts(credits.iter().flat_map(|credit| credit.dues.iter().map(|_| loan_id(credit.number))))),
        ("seq", Arc::new(Int32Array::from_iter_values(seq))),
        ("due_on", days(dues().map(|due| due.0))),
        ("principal_due", Arc::new(Int64Array::from_iter_values(dues().map(|due| due.1.fen())))),
        ("interest_due", Arc::new(Int64Array::from_iter_values(dues().map(|due| due.2.fen())))),
    ]
}

fn repayment_columns(credits: &[Credit]) -> Vec<(&'static str, ArrayRef)> {
    let receipts = || credits.iter().flat_map(|credit| credit.receipts.iter());
    let ids = credits.iter().flat_map(|credit| {
        (1..=credit.receipts.len()).map(move |nth| format!("R{:09}-{nth:03}", credit.number))
    });
    // Booked at noon of the day of payment.
    let entered_at = receipts().map(|receipt| i64::from(receipt.0.day_number()) * 86_400 + 43_200);
    vec![
        ("repayment_id", texts(ids)),
        ("loan_id", texts(credits.iter().flat_map(|credit| credit.receipts.iter().map(|_| loan_id(credit.number))))),
        ("paid_on", days(receipts().map(|receipt| receipt.0))),
        ("amount", Arc::new(Int64Array::from_iter_values(receipts().map(|receipt| receipt.1.fen())))),
        ("entered_at", Arc::new(TimestampSecondArray::from_iter_values(entered_at))),
        ("payer", texts(receipts().map(|_| "borrower".to_owned()))),
    ]
}

pub fn loan_id(number: u32) -> String {
    format!("L{number:09}")
}

fn customer_id(number: u32) -> String {
    format!("C{number:09}")
}

fn branch_id(number: u32) -> String {
    format!("B{number:03}")
}

fn officer_id(number: u32) -> String {
    format!("O{number:05}")
}

fn texts(texts: impl Iterator<Item = String>) -> ArrayRef {
    let mut column = StringBuilder::new();
    texts.for_each(|text| column.append_value(text));
    Arc::new(column.finish())
}

fn days(days: impl Iterator<Item = units::Date>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(days.map(units::Date::day_number)))
}

/// One file being written (表文件).
struct Sheet {
    table: &'static Table,
    writer: ArrowWriter<File>,
    rows: usize,
}

impl Sheet {
    fn create(folder: &Path, name: &str) -> Result<Sheet> {
        let path = folder.join(format!("{name}.parquet"));
        let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
        let table = table(name).expect("a table of the book");
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Sheet { table, writer: ArrowWriter::try_new(file, table.staged_schema(), Some(properties))?, rows: 0 })
    }

    /// Columns that are not given are empty.
    fn write(&mut self, given: &[(&str, ArrayRef)]) -> Result<()> {
        let rows = given[0].1.len();
        let columns = self.table.columns.iter().map(|column| {
            let found = given.iter().find(|(name, _)| *name == column.name);
            found.map_or_else(|| new_null_array(&column.data_type(), rows), |(_, values)| values.clone())
        });
        self.writer.write(&RecordBatch::try_new(self.table.staged_schema(), columns.collect())?)?;
        self.rows += rows;
        Ok(())
    }

    fn close(self) -> Result<()> {
        self.writer.close().with_context(|| format!("writing {}", self.table.name))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::import::{self, ImportOutcome, ImportRequest};
    use lake::Workspace;
    use units::Date;

    #[test]
    fn every_row_of_the_book_passes_every_rule_of_import_and_the_seed_makes_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let wanted =
            Wanted { loans: 1_003, seed: 7, folder: None, business_date: Date::parse("2026-10-31").unwrap() };
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let counts = write(&one, &wanted).unwrap();
        assert_eq!(counts, write(&two, &wanted).unwrap());
        for file in fs::read_dir(&one).unwrap() {
            let name = file.unwrap().file_name();
            assert!(fs::read(one.join(&name)).unwrap() == fs::read(two.join(&name)).unwrap(), "{name:?}");
        }
        let workspace = Workspace::init(folder.path().join("bank"), "").unwrap();
        let request = ImportRequest { from: one, ..ImportRequest::default() };
        let ImportOutcome::Imported(manifest) = import::run(&workspace, &request, &mut |_| {}).unwrap() else {
            panic!("nothing came in");
        };
        assert_eq!(manifest.rejected_rows(), 0);
        let accepted = |name: &str| manifest.tables.iter().find(|table| table.table == name).unwrap().accepted.rows;
        assert_eq!(accepted("instalments"), counts.instalments as u64);
        assert_eq!(accepted("repayments"), counts.repayments as u64);
    }
}
