//! What is answered, what is refused, and how money looks.

use datafusion::arrow::array::{ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Field;
use datafusion::parquet::arrow::ArrowWriter;
use query::{Limits, OutputFormat, QueryRefused, Session, Stored, refusal_in, write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub fn book() -> Session {
    book_within(Limits::default())
}

fn loans() -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("loan_id", Arc::new(StringArray::from(vec!["L1", "L2", "L3"]))),
        ("product", Arc::new(StringArray::from(vec![Some("car"), Some("house"), None]))),
        ("principal", Arc::new(Int64Array::from(vec![Some(123_456_789), Some(50), None]))),
        ("annual_rate", Arc::new(Int64Array::from(vec![43_500, 60_000, 0]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn stored(field: &Field) -> Option<Stored> {
    match field.name().as_str() {
        "principal" => Some(Stored::Fen),
        "annual_rate" => Some(Stored::Ppm),
        _ => None,
    }
}

fn book_within(limits: Limits) -> Session {
    let mut session = Session::new(limits).unwrap();
    let open = Arc::new(|| Ok(Box::new(std::iter::once(Ok(loans()))) as query::stream::Batches));
    session.add_stream("loans", loans().schema(), &stored, open).unwrap();
    session
}

pub fn printed(session: &Session, sql: &str) -> String {
    let mut out = Vec::new();
    write(session.query(sql).unwrap(), OutputFormat::Table, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The rows under the headings, their cells one space apart.
fn check(sql: &str, expect: &[&str]) {
    let text = printed(&book(), sql);
    let rows = text.lines().skip(2).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(rows.collect::<Vec<_>>(), expect, "{sql}");
}

#[test]
fn money_is_yuan_and_rates_are_fractions() {
    check("SELECT loan_id, principal FROM loans WHERE principal > 1000", &["L1 1,234,567.89"]);
    check("SELECT sum(principal), max(annual_rate) FROM loans", &["1,234,568.39 0.060000"]);
    check("SELECT principal * annual_rate FROM loans WHERE loan_id = 'L1'", &["53703.70321500"]);
    check("SELECT CAST(avg(annual_rate) AS DECIMAL(9, 4)) FROM loans", &["0.0345"]);
    check("SELECT loan_id FROM loans WHERE principal IS NULL", &["L3"]);
    check("SELECT count(*), product FROM loans GROUP BY product ORDER BY product", &["1 car", "1 house", "1"]);
}

#[test]
fn the_same_table_can_be_asked_twice_and_joined_to_itself() {
    let session = book();
    for _ in 0..2 {
        let sql = "WITH big AS (SELECT * FROM loans) SELECT count(*) FROM big JOIN loans USING (loan_id)";
        let text = printed(&session, sql);
        assert!(text.ends_with("3\n"), "{text}");
    }
}

#[test]
fn the_session_describes_itself() {
    let session = book();
    assert!(printed(&session, "SHOW TABLES").contains("loans"));
    assert!(printed(&session, "DESCRIBE loans").contains("Decimal128(18, 2)"));
    assert!(printed(&session, "EXPLAIN SELECT * FROM loans").contains("StreamingTable"));
}

/// One row per refusal, in order of precedence.
#[test]
fn what_is_not_a_question_is_refused() {
    let session = book();
    let check = |sql: &str, code: &str, fact: &str| {
        let refused = session.query(sql).err().unwrap_or_else(|| panic!("{sql} was answered"));
        assert_eq!(refused.code(), code, "{sql}: {refused}");
        assert!(refused.to_string().contains(fact), "{sql}: {refused}");
    };
    check("SELEC 1", "E-QY-11", "SELEC");
    check("SELECT 1; SELECT 2", "E-QY-11", "");
    check("DROP TABLE loans", "E-QY-12", "DROP");
    check("CREATE TABLE t AS SELECT * FROM loans", "E-QY-12", "CREATE");
    check("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "E-QY-12", "CREATE");
    check("INSERT INTO loans SELECT * FROM loans", "E-QY-12", "INSERT");
    check("UPDATE loans SET product = 'x'", "E-QY-12", "UPDATE");
    check("DELETE FROM loans", "E-QY-12", "DELETE");
    check("COPY loans TO '/tmp/loans.csv'", "E-QY-12", "COPY");
    check("EXPLAIN ANALYZE INSERT INTO loans SELECT * FROM loans", "E-QY-12", "");
    check("SET datafusion.execution.batch_size = 1", "E-QY-12", "SET");
    check("SELECT * FROM '/etc/passwd'", "E-QY-13", "known=loans");
    check("SELECT * FROM loan", "E-QY-13", "known=loans");
    check("SELECT principle FROM loans", "E-QY-14", "known=principal,");
    check("SELECT loan_id + 1 FROM loans WHERE no_such(1)", "E-QY-16", "no_such");
}

#[test]
fn a_question_too_large_for_its_memory_is_refused_while_it_runs() {
    let session = book_within(Limits { memory: 1 << 16 });
    let sql = "SELECT value, count(*) FROM generate_series(1, 3000000) GROUP BY value ORDER BY 2";
    let refused = session.query(sql).and_then(|mut rows| rows.try_for_each(|batch| batch.map(drop))).unwrap_err();
    assert_eq!(refused.code(), "E-QY-15", "{refused}");
    let error = write(session.query(sql).unwrap(), OutputFormat::Csv, std::io::sink()).unwrap_err();
    assert!(matches!(refusal_in(&error), Some(QueryRefused::TooMuchMemory { .. })), "{error:?}");
}

fn night(folder: &Path, as_of: i32, owed: &[i64]) -> PathBuf {
    let folder = folder.join(format!("as_of={as_of} [x]"));
    std::fs::create_dir_all(&folder).unwrap();
    let batch = night_rows(as_of, owed);
    let path = folder.join("loan_states.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

fn night_rows(as_of: i32, owed: &[i64]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 3] = [
        ("as_of", Arc::new(Date32Array::from(vec![as_of; owed.len()]))),
        ("principal", Arc::new(Int64Array::from(owed.to_vec()))),
        ("days_past_due", Arc::new(Int32Array::from(vec![as_of % 7; owed.len()]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn nights_are_read_from_their_files_and_other_nights_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (20_000..20_010).map(|day| night(folder.path(), day, &[100, i64::from(day)])).collect();
    let mut session = Session::new(Limits::default()).unwrap();
    let schema = night_rows(0, &[]).schema();
    session.add_files("loan_states", schema.clone(), &stored, &files).unwrap();
    session.add_files("metrics", schema, &stored, &[]).unwrap();
    let of_one = "SELECT count(*) AS n, sum(principal) AS s FROM loan_states WHERE as_of = DATE '2024-10-05'";
    assert!(printed(&session, of_one).ends_with("2  201.01\n"));
    assert!(printed(&session, "SELECT count(DISTINCT as_of) FROM loan_states").ends_with("10\n"));
    assert!(printed(&session, "SELECT count(*) FROM metrics").ends_with("0\n"));
    // The other nights' files are damaged on purpose behind their statistics: nobody looks.
    for file in files.iter().filter(|file| !file.to_string_lossy().contains("20001")) {
        let mut bytes = std::fs::read(file).unwrap();
        bytes[4..64].fill(0xFF);
        std::fs::write(file, bytes).unwrap();
    }
    assert!(printed(&session, of_one).ends_with("2  201.01\n"));
}
