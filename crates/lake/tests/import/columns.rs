//! Parquet as other systems write it: wider types, dictionaries, floats, and rejects that read like text.

use crate::desk::{Desk, LOANS};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use parquet::arrow::ArrowWriter;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Writes text columns cast to the given types.
fn write(path: &Path, columns: &[(&str, DataType, &[&str])]) {
    let column = |(name, kind, cells): &(&str, DataType, &[&str])| {
        let text: ArrayRef = Arc::new(StringArray::from_iter(cells.iter().map(|cell| (!cell.is_empty()).then_some(*cell))));
        (name.to_string(), cast(&text, kind).unwrap())
    };
    let batch = RecordBatch::try_from_iter(columns.iter().map(column)).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn columns_of_other_types_mean_the_same() {
    let desk = Desk::new();
    let folder = desk.folder("in", &[]);
    let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
    let names = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    write(&folder.join("loans.parquet"), &[
        ("loan_id", DataType::LargeUtf8, &["L1", "L2"]),
        ("customer_id", DataType::Utf8View, &["C1", "C1"]),
        ("branch_id", names, &["B1", "B2"]),
        ("product", DataType::Utf8, &["p ", "q"]),
        ("principal", DataType::Decimal128(18, 2), &["1200.10", "0.01"]),
        ("disbursed_on", millis, &["2026-01-10", "2026-01-20"]),
        ("matures_on", DataType::Utf8, &["2026-03-10", "2026-03-20"]),
        ("annual_rate", DataType::Float64, &["0.0435", "0.1"]),
        ("penalty_rate", DataType::Decimal128(9, 4), &["0.0653", ""]),
        ("instalment_count", DataType::Int64, &["2", ""]),
        ("low_risk", DataType::Boolean, &["true", ""]),
    ]);
    write(&folder.join("repayments.parquet"), &[
        ("repayment_id", DataType::Int64, &["7", "8"]),
        ("loan_id", DataType::Utf8, &["L1", "L2"]),
        ("paid_on", DataType::Date32, &["2026-02-10", "2026-02-11"]),
        ("amount", DataType::Float64, &["606.1", "0.001"]),
        ("entered_at", DataType::Timestamp(TimeUnit::Microsecond, None), &["2026-02-10T09:00:00", ""]),
    ]);
    let manifest = desk.import(folder);
    assert_eq!(desk.rows("loans", "loan_id branch_id product principal disbursed_on annual_rate penalty_rate instalment_count low_risk", None), [
        "L1 B1 p 120010 2026-01-10 43500 65300 2 true",
        "L2 B2 q 1 2026-01-20 100000   ",
    ]);
    assert_eq!(desk.rows("repayments", "repayment_id amount entered_at", None), ["7 60610 2026-02-10T09:00:00"]);
    assert_eq!(manifest.table("repayments").unwrap().reasons.keys().collect::<Vec<_>>(), ["E-IM-19"]);
}

#[test]
fn rejects_of_whole_fen_are_written_in_yuan_and_come_back() {
    let desk = Desk::new();
    let folder = desk.folder("in", &[("loans.csv", LOANS)]);
    write(&folder.join("repayments.parquet"), &[
        ("repayment_id", DataType::Utf8, &["R1", "R2"]),
        ("loan_id", DataType::Utf8, &["L1", "L2"]),
        ("paid_on", DataType::Date32, &["2026-02-10", "2026-02-11"]),
        ("amount", DataType::Int64, &["60600", "-60999"]),
    ]);
    desk.import(folder);
    let rejects = std::fs::read_to_string(desk.batch_folder(1).join("rejects/repayments.csv")).unwrap();
    assert!(rejects.contains("R2,L2,2026-02-11,-609.99,2,amount,-609.99,E-IM-06"), "{rejects}");
    desk.fix(1, desk.folder("again", &[("repayments.csv", &rejects.replacen("-609.99", "609.99", 1))]));
    assert_eq!(desk.rows("repayments", "repayment_id amount", None), ["R1 60600", "R2 60999"]);
}
