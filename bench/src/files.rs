//! The tables of a book, drawn and written loan by loan.

use crate::Wanted;
use crate::credit::{Credit, Lender};
use crate::sheet::{Format, Sheet};
use anyhow::{Context, Result};
use arrow::array::{ArrayRef, Date32Array, Int32Array, Int64Array, StringArray, StringBuilder, TimestampSecondArray};
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use units::{Date, Money};

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

impl Counts {
    fn add(&mut self, other: Counts) {
        self.loans += other.loans;
        self.instalments += other.instalments;
        self.repayments += other.repayments;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} loans, {} instalments, {} repayments", self.loans, self.instalments, self.repayments)
    }
}

/// Loans of one delivery: a bank with more hands its history over in several.
pub const DELIVERY: u32 = 1_000_000;

/// The folders a book of so many loans lies in, and which loans each holds. A delivery ends with a
/// whole group of customers.
pub fn deliveries(folder: &Path, loans: u32) -> Vec<(PathBuf, Range<u32>)> {
    if loans <= DELIVERY {
        return vec![(folder.to_owned(), 0..loans)];
    }
    let starts = (0..loans).step_by(DELIVERY as usize);
    let place = |(number, start)| (folder.join(format!("{number:03}")), start..loans.min(start + DELIVERY));
    (1..).zip(starts).map(place).collect()
}

/// Writes six files per delivery into `folder`; the same arguments give the same bytes.
pub fn write(folder: &Path, wanted: &Wanted, format: Format) -> Result<Counts> {
    let mut counts = Counts::default();
    for (folder, loans) in deliveries(folder, wanted.loans) {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let branches = (wanted.loans / 10_000).clamp(4, 97);
        let officers = officers(wanted.loans);
        write_branches(&folder, branches, format)?;
        write_officers(&folder, officers, branches, format)?;
        let mut customers = Sheet::create(&folder, "customers", format)?;
        let last = customer_of(loans.end - 1).max(customer_of(loans.end.saturating_sub(2)));
        let numbers = customer_of(loans.start)..last + 1;
        for first in numbers.clone().step_by(CHUNK as usize) {
            customers.write(&customer_columns(first..numbers.end.min(first + CHUNK)))?;
        }
        customers.close()?;
        counts.add(write_credits(&folder, wanted, loans, (officers, branches), format)?);
    }
    Ok(counts)
}

/// How many officers a book of so many loans has.
pub fn officers(loans: u32) -> u32 {
    (loans / 500).clamp(8, 2_000)
}

/// Writes what borrowers pay on one day after the business date; says how many payments there are.
pub fn write_day(folder: &Path, wanted: &Wanted, day: Date) -> Result<usize> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut lender = Lender::new(wanted);
    let mut repayments = Sheet::create(folder, "repayments", Format::Parquet)?;
    for first in (0..wanted.loans).step_by(CHUNK as usize) {
        let mut paid = Vec::new();
        for loan in first..wanted.loans.min(first + CHUNK) {
            let credit = lender.credit(loan);
            let since = credit.receipts_between(wanted.business_date.next(), day);
            let numbered = (credit.receipts.len() + 1..).zip(since);
            paid.extend(numbered.filter(|(_, receipt)| receipt.0 == day).map(|(nth, receipt)| Paid {
                loan,
                nth,
                receipt,
            }));
        }
        repayments.write(&repayment_columns(&paid))?;
    }
    let rows = repayments.rows;
    repayments.close()?;
    Ok(rows)
}

fn write_branches(folder: &Path, count: u32, format: Format) -> Result<()> {
    let mut sheet = Sheet::create(folder, "branches", format)?;
    let id = texts((0..count).map(branch_id));
    // The first is the head office.
    let above = StringArray::from_iter((0..count).map(|number| (number > 0).then(|| branch_id(0))));
    let names = texts((0..count).map(|number| format!("Branch {number}")));
    sheet.write(&[("branch_id", id), ("name", names), ("parent_id", Arc::new(above))])?;
    sheet.close()
}

fn write_officers(folder: &Path, count: u32, branches: u32, format: Format) -> Result<()> {
    let mut sheet = Sheet::create(folder, "officers", format)?;
    sheet.write(&[
        ("officer_id", texts((0..count).map(officer_id))),
        ("name", texts((0..count).map(|number| format!("Officer {number}")))),
        ("branch_id", texts((0..count).map(|number| branch_id(number % branches)))),
    ])?;
    sheet.close()
}

fn customer_columns(numbers: Range<u32>) -> Vec<(&'static str, ArrayRef)> {
    let kind = |number: u32| KINDS[[0, 0, 0, 1, 2, 2, 3][number as usize % 7]];
    let pick = |list: &'static [&'static str], number: u32| list[number as usize % list.len()].to_owned();
    vec![
        ("customer_id", texts(numbers.clone().map(customer_id))),
        ("name", texts(numbers.clone().map(|number| format!("Customer {number}")))),
        ("kind", texts(numbers.clone().map(|number| kind(number).0.to_owned()))),
        ("phone", texts(numbers.clone().map(|number| format!("138{number:08}")))),
        ("scale", Arc::new(StringArray::from_iter(numbers.clone().map(|number| kind(number).1)))),
        ("region", texts(numbers.clone().map(|number| pick(&REGIONS, number)))),
        ("industry", texts(numbers.map(|number| pick(&INDUSTRIES, number)))),
    ]
}

fn write_credits(
    folder: &Path,
    wanted: &Wanted,
    numbers: Range<u32>,
    (officers, branches): (u32, u32),
    format: Format,
) -> Result<Counts> {
    let mut lender = Lender::new(wanted);
    let mut loans = Sheet::create(folder, "loans", format)?;
    let mut instalments = Sheet::create(folder, "instalments", format)?;
    let mut repayments = Sheet::create(folder, "repayments", format)?;
    for first in numbers.clone().step_by(CHUNK as usize) {
        let credits: Vec<Credit> =
            (first..numbers.end.min(first + CHUNK)).map(|number| lender.credit(number)).collect();
        loans.write(&loan_columns(&credits, officers, branches))?;
        instalments.write(&instalment_columns(&credits))?;
        let paid = credits.iter().flat_map(|credit| {
            let receipts = (1..).zip(credit.receipts.iter().copied());
            receipts.map(|(nth, receipt)| Paid { loan: credit.number, nth, receipt })
        });
        repayments.write(&repayment_columns(&paid.collect::<Vec<_>>()))?;
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

/// One payment: of which loan, which of its payments, day and amount.
struct Paid {
    loan: u32,
    nth: usize,
    receipt: (Date, Money),
}

fn repayment_columns(paid: &[Paid]) -> Vec<(&'static str, ArrayRef)> {
    let day = |paid: &Paid| paid.receipt.0;
    // Booked at noon of the day of payment.
    let entered_at = paid.iter().map(|paid| i64::from(day(paid).day_number()) * 86_400 + 43_200);
    vec![
        ("repayment_id", texts(paid.iter().map(|paid| format!("R{:09}-{:03}", paid.loan, paid.nth)))),
        ("loan_id", texts(paid.iter().map(|paid| loan_id(paid.loan)))),
        ("paid_on", days(paid.iter().map(day))),
        ("amount", Arc::new(Int64Array::from_iter_values(paid.iter().map(|paid| paid.receipt.1.fen())))),
        ("entered_at", Arc::new(TimestampSecondArray::from_iter_values(entered_at))),
        ("payer", texts(paid.iter().map(|_| "borrower".to_owned()))),
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

pub fn officer_id(number: u32) -> String {
    format!("O{number:05}")
}

fn texts(texts: impl Iterator<Item = String>) -> ArrayRef {
    let mut column = StringBuilder::new();
    texts.for_each(|text| column.append_value(text));
    Arc::new(column.finish())
}

fn days(days: impl Iterator<Item = Date>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(days.map(Date::day_number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::import::{self, ImportOutcome, ImportRequest};
    use lake::{Workspace, batch};

    /// A bank that took in what the folders hold; nothing of it was refused.
    fn imported(root: &Path, name: &str, folders: &[&Path]) -> Vec<batch::Manifest> {
        let workspace = Workspace::init(root.join(name), "").unwrap();
        let manifests = folders.iter().map(|from| {
            let as_of = Some(Wanted::default().business_date.next());
            let request = ImportRequest { from: from.to_path_buf(), as_of, ..ImportRequest::default() };
            let ImportOutcome::Imported(manifest) = import::run(&workspace, &request, &mut |_| {}).unwrap() else {
                panic!("nothing came in");
            };
            assert_eq!(manifest.rejected_rows(), 0, "{manifest:#?}");
            manifest
        });
        manifests.collect()
    }

    fn accepted(manifest: &batch::Manifest) -> Vec<(String, batch::Count)> {
        manifest.tables.iter().map(|table| (table.table.clone(), table.accepted)).collect()
    }

    #[test]
    fn every_row_of_the_book_passes_every_rule_of_import_and_the_seed_makes_the_bytes() {
        let root = tempfile::tempdir().unwrap();
        let wanted = Wanted { loans: 1_003, seed: 7, ..Wanted::default() };
        let [one, two, csv, paid] = ["one", "two", "csv", "paid"].map(|name| root.path().join(name));
        let counts = write(&one, &wanted, Format::Parquet).unwrap();
        assert_eq!(counts, write(&two, &wanted, Format::Parquet).unwrap());
        for file in fs::read_dir(&one).unwrap() {
            let name = file.unwrap().file_name();
            assert!(fs::read(one.join(&name)).unwrap() == fs::read(two.join(&name)).unwrap(), "{name:?}");
        }
        let payments = write_day(&paid, &wanted, wanted.business_date.next()).unwrap();
        let manifests = imported(root.path(), "bank", &[&one, &paid]);
        let rows = |manifest: &batch::Manifest, name| manifest.table(name).unwrap().accepted.rows;
        assert_eq!(rows(&manifests[0], "instalments"), counts.instalments as u64);
        assert_eq!(rows(&manifests[0], "repayments"), counts.repayments as u64);
        assert_eq!(rows(&manifests[1], "repayments"), payments as u64);
        assert!(payments > 10, "{payments}");
        write(&csv, &wanted, Format::Csv).unwrap();
        assert_eq!(accepted(&imported(root.path(), "bank-csv", &[&csv])[0]), accepted(&manifests[0]));
    }

    #[test]
    fn a_large_book_comes_in_deliveries_that_split_no_customer() {
        let check = |loans, expect: &[Range<u32>]| {
            let found = deliveries(Path::new("book"), loans);
            assert_eq!(found.iter().map(|(_, range)| range.clone()).collect::<Vec<_>>(), expect);
        };
        check(1_000_000, &[0..1_000_000]);
        check(2_500_000, &[0..1_000_000, 1_000_000..2_000_000, 2_000_000..2_500_000]);
        assert_eq!(
            customer_of(DELIVERY),
            customer_of(DELIVERY - 1) + 4,
            "the fifth loan goes back to its group's first"
        );
        assert_eq!(customer_of(DELIVERY), customer_of(DELIVERY - 2) + 1);
    }
}
