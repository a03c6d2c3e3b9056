//! The same answer as text for people, text for scripts, and a file.

use crate::asking::{book, printed};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use query::{OutputFormat, write};

const ALL: &str = "SELECT * FROM loans ORDER BY loan_id";

fn written(sql: &str, format: OutputFormat) -> String {
    let session = book();
    let mut out = Vec::new();
    write(session.query(sql).unwrap(), format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_read_aligned_columns() {
    let expect = "loan_id  product     principal  annual_rate
-------  -------  ------------  -----------
L1       car      1,234,567.89     0.043500
L2       house            0.50     0.060000
L3                                 0.000000
";
    assert_eq!(printed(&book(), ALL), expect);
}

/// Two Chinese characters are as wide as four letters.
#[test]
fn a_chinese_character_fills_two_columns() {
    let sql = "SELECT chr(36151) || chr(21518) AS a, 1 AS b UNION ALL SELECT 'abcde', 22 ORDER BY b";
    let text = printed(&book(), sql);
    assert_eq!(text, format!("a       b\n-----  --\n\u{8d37}\u{540e}    1\nabcde  22\n"));
}

#[test]
fn scripts_read_csv_and_json() {
    assert_eq!(
        written(ALL, OutputFormat::Csv),
        "loan_id,product,principal,annual_rate\nL1,car,1234567.89,0.043500\nL2,house,0.50,0.060000\nL3,,,0.000000\n"
    );
    assert_eq!(
        written("SELECT loan_id, principal, 1 AS n FROM loans ORDER BY 1 DESC LIMIT 2", OutputFormat::Json),
        "[{\"loan_id\":\"L3\",\"principal\":null,\"n\":1},{\"loan_id\":\"L2\",\"principal\":\"0.50\",\"n\":1}]\n"
    );
    assert_eq!(written("SELECT * FROM loans WHERE false", OutputFormat::Json), "[]\n");
    assert_eq!(
        written("SELECT loan_id FROM loans WHERE false", OutputFormat::Csv),
        "loan_id\n"
    );
}

#[test]
fn a_file_keeps_the_types() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let session = book();
    let count = write(session.query(ALL).unwrap(), OutputFormat::Parquet, file.reopen().unwrap()).unwrap();
    let schema = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap().schema().clone();
    assert_eq!((count, schema.field(2).data_type().to_string().as_str()), (3, "Decimal128(18, 2)"));
}
