//! A mapping file shapes foreign files, and whatever goes wrong leaves nothing behind.

use app::Failure;
use app::book_import::{BookImport, ImportOutcome, Manifest, book_import};
use app::workspace::{Open, workspace_init};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BOOK: &str = "no|owner|lent|day\n1|Ann|120.00|050131\n2|Bob|-5|050131\n";

const MAPPING: &str = r#"
[source.book]
file = "book.txt"
delimiter = "|"
[stage.branches]
sql = "SELECT 'main' AS branch_id, 'main' AS name"
[stage.customers]
sql = "SELECT DISTINCT owner AS customer_id, owner AS name FROM book ORDER BY customer_id"
[customers.columns]
kind = { const = "individual" }
[stage.loans]
sql = "SELECT no AS loan_id, owner AS customer_id, lent AS principal, day, day AS disbursed_on FROM book ORDER BY loan_id"
[loans]
date_format = "%y%m%d"
[loans.columns]
branch_id = { const = "main" }
product = { const = "p" }
annual_rate = { const = "0.06" }
matures_on = "day"
"#;

struct Place {
    folder: TempDir,
    open: Open,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let open = workspace_init(&folder.path().join("bank"), "cn-bank", "test").unwrap();
        fs::create_dir(folder.path().join("inbox")).unwrap();
        fs::write(folder.path().join("inbox/book.txt"), BOOK).unwrap();
        Place { folder, open }
    }

    fn import(&self, mapping: &str) -> Result<ImportOutcome, Failure> {
        let path = self.folder.path().join("mapping.toml");
        fs::write(&path, mapping).unwrap();
        let wanted = BookImport { from: self.folder.path().join("inbox"), mapping: Some(path), ..BookImport::default() };
        book_import(&self.open, &wanted, &mut |_| {})
    }

    fn root(&self) -> &Path {
        self.open.lake.root()
    }

    fn shaped_folders(&self) -> Vec<PathBuf> {
        let paths = fs::read_dir(self.root()).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_string_lossy().contains(".shaping")).collect()
    }
}

fn rows(manifest: &Manifest, table: &str) -> (u64, u64) {
    let summary = manifest.table(table).unwrap();
    (summary.accepted.rows, summary.rejected.rows)
}

#[test]
fn rejects_of_shaped_files_are_corrected_in_their_shape() {
    let place = Place::new();
    // What an import killed while shaping left behind is swept by the next one.
    fs::create_dir(place.root().join(".shaping-1")).unwrap();
    let Ok(ImportOutcome::Imported(manifest)) = place.import(MAPPING) else { panic!("not imported") };
    assert_eq!((rows(&manifest, "customers"), rows(&manifest, "loans")), ((2, 0), (1, 1)));
    assert_eq!(manifest.mapping, MAPPING, "a batch keeps the mapping it came through, stages and all");
    assert_eq!(place.shaped_folders(), Vec::<PathBuf>::new());

    let rejects = fs::read_to_string(place.root().join("batches/000001/rejects/loans.csv")).unwrap();
    let corrected = place.folder.path().join("loans.csv");
    fs::write(&corrected, rejects.replace("-5", "5")).unwrap();
    let fixes = BookImport { from: corrected, fixes: Some(1), ..BookImport::default() };
    let Ok(ImportOutcome::Imported(manifest)) = book_import(&place.open, &fixes, &mut |_| {}) else { panic!("not fixed") };
    assert_eq!(rows(&manifest, "loans"), (1, 0));
}

#[test]
fn what_cannot_be_shaped_is_refused_and_nothing_is_left() {
    let place = Place::new();
    let check = |from: &str, to: &str, expect: &str| {
        let failure = place.import(&MAPPING.replace(from, to)).unwrap_err();
        let Failure::Refused(refusal) = failure else { panic!("{failure:?}") };
        let beside: Vec<&str> = refusal.also.iter().map(|why| why.code).collect();
        let problem = refusal.facts.iter().find(|(name, _)| *name == "problem").unwrap().1.clone();
        assert_eq!(refusal.code, "E-IM-33");
        assert!(problem.contains(expect), "{problem}");
        assert!(beside.iter().all(|code| problem.ends_with(code)), "{beside:?}");
        assert_eq!(place.shaped_folders(), Vec::<PathBuf>::new());
    };
    check("book.txt", "books.txt", "[source.book]: there is no file");
    check("SELECT no AS", "SELECT nr AS", "[stage.loans] E-QY-14");
    check("FROM book ORDER BY loan_id", "FROM bok", "[stage.loans] E-QY-13");
    check("lent AS principal", "CAST(owner AS INT) AS principal", "[stage.loans] E-QY-16");
    assert_eq!(fs::read_dir(place.open.lake.batches()).unwrap().count(), 0);
}
