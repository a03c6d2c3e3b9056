//! Files made to break their reader: each refused by name, and nothing of it in the book.

use crate::desk::Desk;
use arrow::array::{ArrayRef, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use flate2::Compression;
use flate2::write::GzEncoder;
use lake::import::ImportOutcome;
use lake::source::LONGEST_LINE;
use parquet::arrow::ArrowWriter;
use std::io::{Cursor, Write};
use std::sync::Arc;
use zip::write::{SimpleFileOptions, ZipWriter};

const HEADER: &str = "repayment_id,loan_id,paid_on,amount\n";

fn check(name: &str, content: impl AsRef<[u8]>, expect: &str) {
    let desk = Desk::new();
    let from = desk.folder("in", &[]);
    std::fs::write(from.join(name), content).unwrap();
    match desk.try_import(from) {
        ImportOutcome::Refused(refused) => assert!(refused[0].to_string().contains(expect), "{}\nshould contain {expect}", refused[0]),
        other => panic!("{other:?}\nshould be refused: {expect}"),
    }
    assert!(lake::batch::list(&desk.workspace).unwrap().is_empty());
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

#[test]
fn text_that_never_ends() {
    check("repayments.csv", format!("{HEADER}R1,{}", "x".repeat(LONGEST_LINE)), "E-IM-36 file=repayments.csv line=2");
    check("repayments.csv", format!("{HEADER}\"{}", "x".repeat(LONGEST_LINE)), "E-IM-36 file=repayments.csv line=2");
    check("repayments.csv", "a,".repeat(5_000), "E-IM-35 table=repayments found=5001");
    check("repayments.csv", format!("{HEADER}{}", "x\n".repeat(1_000_001)), "E-IM-39 table=repayments");
    let bomb = packed(format!("{HEADER}{}", "\n".repeat(20 << 20)).as_bytes());
    assert!(bomb.len() < 100_000);
    check("repayments.csv.gz", bomb, "E-IM-38 file=repayments.csv.gz");
    let whole = packed(HEADER.as_bytes());
    check("repayments.csv.gz", &whole[..whole.len() - 9], "E-IM-37 file=repayments.csv.gz");
}

#[test]
fn more_money_than_there_is() {
    let loan = |n| format!("L{n},C1,B1,p,10000000000000.00,2026-04-20,2026-12-31,0.05\n");
    let loans: String = (0..11).map(loan).collect();
    let header = "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate\n";
    check("loans.csv", format!("{header}{loans}"), "E-IM-40 table=loans");
}

/// A workbook of one sheet with these cells, this about its texts, and this many blanks behind them.
fn workbook(cells: &str, texts: &str, blanks: usize) -> Vec<u8> {
    const TYPES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, to: &str| format!(r#"<Relationships><Relationship Id="r1" Type="{TYPES}/{kind}" Target="{to}"/></Relationships>"#);
    let parts = [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "sheet.xml")),
        ("xl/workbook.xml", r#"<workbook><sheets><sheet name="repayments" id="r1"/></sheets></workbook>"#.to_owned()),
        ("xl/sharedStrings.xml", format!("<sst {texts}><si><t>{}</t></si></sst>", "x".repeat(30_000))),
        ("xl/sheet.xml", format!("<worksheet><sheetData>{cells}</sheetData></worksheet>{}", " ".repeat(blanks))),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn workbooks_that_promise_or_hold_too_much() {
    let name = "repayments.xlsx";
    check(name, "no workbook", "E-IM-37 file=repayments.xlsx");
    check(name, workbook("", "", 0), "E-IM-01");
    check(name, workbook("", "", 20 << 20), "E-IM-38");
    check(name, workbook("", r#"uniqueCount="99999999999""#, 0), "more texts than there is room for");
    check(name, workbook("", r#"uniqueCount = "99999999999""#, 0), "as nobody does");
    let corners = r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    check(name, workbook(corners, "", 0), "stands where no cell can");
    let beyond = r#"<row r="1"><c r="ZZZZZZZZ1"><v>1</v></c></row>"#;
    check(name, workbook(beyond, "", 0), "E-IM-37");
    let again = r#"<c t="s"><v>0</v></c>"#.repeat(10_000);
    check(name, workbook(&format!("<row>{}</row>", again.replace("<c ", "<c r=\"A1\" ")), "", 0), "E-IM-38");
}

fn columns(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn columns_that_promise_or_hold_too_much() {
    let name = "repayments.parquet";
    let texts = |text: &str, times: usize| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, times))) };
    let ids = ["repayment_id", "loan_id", "paid_on", "amount"];
    let all = |times: usize, first: &str| columns(ids.map(|id| (id, texts(if id == ids[0] { first } else { "x" }, times))).to_vec());
    check(name, "PAR1 and no more PAR1", "E-IM-37 file=repayments.parquet");
    let whole = all(10, "x");
    for end in [whole.len() - 1, whole.len() / 2, 4] {
        check(name, &whole[..end], "E-IM-37 file=repayments.parquet");
    }
    let long = all(9_000, &"x".repeat(9_000));
    assert!(long.len() < 100_000, "one text, said nine thousand times");
    check(name, long, "column repayment_id holds texts much longer than 4096 bytes");
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]));
    check(name, columns(vec![("repayment_id", list)]), "column repayment_id holds lists");
}
