//! A foreign file becomes a canonical one through a SELECT.

use flate2::Compression;
use flate2::write::GzEncoder;
use query::refusal_in;
use query::stage::{Header, ShortRows, TextSource, run};
use std::io::Write;
use std::path::Path;

fn source(folder: &Path, name: &str, text: &str, header: Header) -> TextSource {
    let path = folder.join(format!("{name}.asc.gz"));
    let mut file = GzEncoder::new(std::fs::File::create(&path).unwrap(), Compression::fast());
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap();
    TextSource { name: name.to_owned(), path, delimiter: b';', header, short_rows: ShortRows::Refused }
}

/// Dates as `YYMMDD`, a status code to translate, a customer found through another file.
#[test]
fn a_select_over_text_files_writes_canonical_columns() {
    let folder = tempfile::tempdir().unwrap();
    let loans = "loan_id;account;day;status\n7;1;930705;A\n8;2;931231;D\n9;;940101;X\n";
    let sources = [
        source(folder.path(), "loan", loans, Header::Named),
        source(folder.path(), "owner", "1;C1\n2;C2\n", Header::Unnamed),
    ];
    let sql = "SELECT 'B-' || loan_id AS loan_id, column_2 AS customer_id,
                      concat_ws('-', '19' || substr(day, 1, 2), substr(day, 3, 2), substr(day, 5)) AS disbursed_on,
                      CASE status WHEN 'A' THEN 'settled' WHEN 'D' THEN 'active' END AS status
               FROM loan LEFT JOIN owner ON account = column_1 ORDER BY loan_id";
    let out = folder.path().join("loans.csv");
    assert_eq!(run(sql, &sources, &out).unwrap(), 3);
    let expect = "loan_id,customer_id,disbursed_on,status
B-7,C1,1993-07-05,settled
B-8,C2,1993-12-31,active
B-9,,1994-01-01,
";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expect);
}

#[test]
fn a_mapping_that_fails_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let sources = [source(folder.path(), "loan", "loan_id;amount\n7;12\n8;twelve\n", Header::Named)];
    let out = folder.path().join("loans.parquet");
    let error = run("SELECT CAST(amount AS BIGINT) FROM loan", &sources, &out).unwrap_err();
    assert_eq!(refusal_in(&error).map(|refused| refused.code()), Some("E-QY-16"), "{error:?}");
    assert!(!out.exists());
    let error = run("SELECT amont FROM loan", &sources, &out).unwrap_err();
    assert_eq!(refusal_in(&error).map(|refused| refused.code()), Some("E-QY-14"), "{error:?}");
}

/// A transfer that broke off within the last record.
#[test]
fn a_record_that_lacks_fields_is_refused_unless_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let whole = source(folder.path(), "flow", "flow_id;kind;amount\n1;\"IN\";5.00\n2;\"I", Header::Named);
    let out = folder.path().join("flows.csv");
    assert!(run("SELECT * FROM flow", std::slice::from_ref(&whole), &out).is_err());
    let cut = TextSource { short_rows: ShortRows::Filled, ..whole };
    assert_eq!(run("SELECT flow_id, amount FROM flow", &[cut], &out).unwrap(), 2);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "flow_id,amount\n1,5.00\n2,\n");
}
