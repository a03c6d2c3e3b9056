//! Every table in every format comes in alike.

use crate::desk::{Desk, INSTALMENTS, LOANS, REPAYMENTS};
use flate2::Compression;
use flate2::write::GzEncoder;
use lake::import::{self, ImportOutcome, ImportRequest, Progress};
use lake::mapping::{LayoutRefused, Mapping};
use lake::schema::{Kind, TABLES, Table};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::Workbook;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// A cell of the sample row of a table; identities of parents match.
fn sample(table: &Table, at: usize) -> String {
    let column = &table.columns[at];
    let name = column.name;
    match column.kind {
        Kind::Code(codes) => codes[codes.len() - 1].to_owned(),
        Kind::Date if name.contains("matures") || name.contains("ends") || name == "due_on" || name == "known_on" => "2027-01-31".into(),
        Kind::Date if name == "paid_on" => "2026-02-28".into(),
        Kind::Date => "2026-01-31".into(),
        Kind::DateTime => "2026-03-01T08:30:00".into(),
        Kind::Money(_) => "1234.56".into(),
        Kind::Rate => "0.0435".into(),
        Kind::Int => "7".into(),
        Kind::Bool => "true".into(),
        Kind::Text if name == "currency" => "CNY".into(),
        Kind::Text if name == "reverses" => String::new(),
        Kind::Text if name == "memo" || name == "name" => "\u{4f60}, \"x\"".into(),
        Kind::Text => format!("{name}-1"),
    }
}

fn sample_csv(table: &Table) -> String {
    let header: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let row: Vec<String> =
        (0..header.len()).map(|at| format!("\"{}\"", sample(table, at).replace('"', "\"\""))).collect();
    format!("{}\n{}\n", header.join(","), row.join(","))
}

/// All columns of all tables, as text.
fn everything(desk: &Desk) -> Vec<Vec<String>> {
    let columns = |table: &Table| table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" ");
    TABLES.iter().map(|table| desk.rows(table.name, &columns(table), None)).collect()
}

fn write_workbook(path: &Path) {
    let mut workbook = Workbook::new();
    for table in TABLES {
        let sheet = workbook.add_worksheet();
        sheet.set_name(table.name).unwrap();
        for (at, column) in table.columns.iter().enumerate() {
            let at16 = u16::try_from(at).unwrap();
            sheet.write(0, at16, column.name).unwrap();
            let cell = sample(table, at);
            match column.kind {
                Kind::Int => sheet.write(1, at16, 7).unwrap(),
                Kind::Bool => sheet.write(1, at16, true).unwrap(),
                _ => sheet.write(1, at16, cell).unwrap(),
            };
        }
    }
    workbook.save(path).unwrap();
}

#[test]
fn every_table_comes_in_alike_from_csv_workbook_and_parquet() {
    let csv = Desk::new();
    let texts: Vec<(String, String)> = TABLES.iter().map(|table| (format!("{}.csv", table.name), sample_csv(table))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let manifest = csv.import_files("csv", &files);
    assert_eq!(manifest.tables.len(), TABLES.len());
    assert_eq!(manifest.rejected_rows(), 0, "{manifest:#?}");
    let expect = everything(&csv);
    for (rows, table) in expect.iter().zip(TABLES) {
        assert_eq!(rows.len(), 1, "{}", table.name);
    }
    assert!(expect[4][0].contains("123456 2026-01-31 2027-01-31 43500"), "{}", expect[4][0]);

    let workbook = Desk::new();
    let path = workbook.folder("xlsx", &[]).join("all.xlsx");
    write_workbook(&path);
    workbook.import(path);
    assert_eq!(everything(&workbook), expect);

    let parquet = Desk::new();
    let folder = parquet.folder("parquet", &[]);
    for table in TABLES {
        let file = File::create(folder.join(format!("{}.parquet", table.name))).unwrap();
        let mut writer = ArrowWriter::try_new(file, table.staged_schema(), None).unwrap();
        for batch in lake::scan::table(&csv.workspace, table.name, None).unwrap() {
            let columns: Vec<usize> = (0..table.columns.len()).collect();
            let batch = batch.unwrap().project(&columns).unwrap();
            writer.write(&batch.with_schema(table.staged_schema()).unwrap()).unwrap();
        }
        writer.close().unwrap();
    }
    parquet.import(folder.clone());
    assert_eq!(everything(&parquet), expect);
    // The same rows in another format are nothing new.
    let again = csv.try_import(folder);
    assert!(matches!(again, ImportOutcome::NothingNew(_)), "{again:?}");
}

#[test]
fn another_layout_becomes_the_book_through_a_mapping() {
    let desk = Desk::new();
    let mapping = r#"
[loans]
file = "accounts.txt.csv.gz"
delimiter = ";"
encoding = "gb18030"
date_format = "%y%m%d"
money_unit = "wan"
skip_unmapped = true
[loans.columns]
loan_id = "no"
customer_id = "who"
branch_id = { const = "B1" }
product = "what"
principal = "sum"
disbursed_on = "from"
matures_on = "to"
annual_rate = { const = "0.05" }
status = { from = "state", codes = { A = "active" } }
"#;
    let text = "no;who;what;sum;from;to;state;noise\nL1;C1;\u{8d37}\u{6b3e};1.5;930705;940705;A;?\nL2;C1;x;1;930705;940705;Q;?\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    let folder = desk.folder("in", &[]);
    let mut zip = GzEncoder::new(File::create(folder.join("accounts.txt.csv.gz")).unwrap(), Compression::fast());
    zip.write_all(&bytes).unwrap();
    zip.finish().unwrap();
    let request = ImportRequest { from: folder, mapping: Mapping::parse(mapping).unwrap(), ..ImportRequest::default() };
    let manifest = crate::desk::imported(import::run(&desk.workspace, &request, &mut |_| {}).unwrap());
    assert_eq!(desk.rows("loans", "loan_id product principal disbursed_on status branch_id", None), [
        "L1 \u{8d37}\u{6b3e} 1500000 1993-07-05 active B1"
    ]);
    assert_eq!(manifest.tables[0].reasons.keys().collect::<Vec<_>>(), ["E-IM-03"]);
    // Its rejects come back through the same mapping.
    let rejects = std::fs::read_to_string(desk.batch_folder(1).join("rejects/loans.csv")).unwrap();
    let corrected = desk.folder("fixed", &[("loans.csv", &rejects.replace(",Q,", ",A,"))]);
    assert_eq!(desk.fix(1, corrected).fixes, Some(1));
    assert_eq!(desk.rows("loans", "loan_id principal status", None), ["L1 1500000 active", "L2 1000000 active"]);
}

#[test]
fn files_that_are_no_tables_are_refused_whole() {
    let desk = Desk::new();
    let refused = |name: &str, files: &[(&str, &str)]| match desk.try_import(desk.folder(name, files)) {
        ImportOutcome::Refused(refused) => refused.iter().map(LayoutRefused::code).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("empty", &[]), ["E-IM-31"]);
    assert_eq!(refused("unknown", &[("lones.csv", LOANS)]), ["E-IM-16"]);
    assert_eq!(refused("twice", &[("loans.csv", LOANS), ("loans.parquet", "")]), ["E-IM-30"]);
    assert_eq!(refused("column", &[("loans.csv", &LOANS.replace("principal", "principle"))]), ["E-IM-01", "E-IM-29"]);
    assert_eq!(refused("repeated", &[("repayments.csv", "amount,amount,repayment_id,loan_id,paid_on\n")]), ["E-IM-32"]);
    assert!(lake::batch::list(&desk.workspace).unwrap().is_empty());
}

#[test]
fn an_import_that_dies_leaves_no_trace_and_a_rehearsal_neither() {
    let desk = Desk::new();
    let from = desk.folder("in", &[("loans.csv", LOANS), ("instalments.csv", INSTALMENTS), ("repayments.csv", REPAYMENTS)]);
    let request = ImportRequest { from: from.clone(), ..ImportRequest::default() };
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        import::run(&desk.workspace, &request, &mut |progress| {
            assert_ne!(progress, Progress::Writing { table: "dossier" }, "the plug is pulled");
        })
    }));
    assert!(died.is_err());
    assert!(desk.workspace.staging().join("000001").exists());
    assert!(lake::batch::list(&desk.workspace).unwrap().is_empty());
    let rehearsal = ImportRequest { dry_run: true, ..request };
    let outcome = import::run(&desk.workspace, &rehearsal, &mut |_| {}).unwrap();
    assert!(matches!(outcome, ImportOutcome::Rehearsed(manifest) if manifest.tables.len() == 3));
    assert!(!desk.workspace.staging().join("000001").exists());
    assert!(lake::batch::list(&desk.workspace).unwrap().is_empty());
    assert_eq!(desk.import(from).number, 1);
}
