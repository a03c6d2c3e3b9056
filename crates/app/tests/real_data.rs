//! Real books come in through the repository's mapping files, every row accounted for, and a night
//! runs over them. What the publishers say of their data stands beside what the night finds.

use app::book_import::{BookImport, ImportOutcome, Manifest, book_import};
use app::dayend_run::{FoldedBy, NightRun, NightWanted, Writing, dayend_run};
use app::workspace::{Open, lock, workspace_init};
use loan::LoanStatus;
use query::stage::{self, Header, ShortRows, TextSource};
use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use units::{Date, Money};

struct Book {
    folder: TempDir,
    open: Open,
    wanted: BookImport,
    manifest: Manifest,
}

fn data(set: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(set);
    assert!(folder.is_dir(), "this test needs the data in {}", folder.display());
    folder
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn import(set: &str, as_of: Option<&str>) -> Book {
    let folder = tempfile::tempdir().unwrap();
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let pack = repository.join("policy/old-books.toml");
    let open = workspace_init(folder.path(), pack.to_str().unwrap(), set).unwrap();
    let mapping = repository.join("mappings").join(format!("{set}.toml"));
    let wanted = BookImport { from: data(set), mapping: Some(mapping), as_of: as_of.map(date), ..BookImport::default() };
    let ImportOutcome::Imported(manifest) = book_import(&open, &wanted, &mut |_| {}).unwrap() else {
        panic!("{set} was not imported");
    };
    let left = fs::read_dir(folder.path()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".shaping")
    });
    assert_eq!(left.count(), 0, "the shaped files are gone");
    Book { folder, open, wanted, manifest }
}

impl Book {
    /// `table: read = accepted + rejected (why)`, and nothing missing.
    fn account(&self) -> String {
        let mut account = String::new();
        for table in &self.manifest.tables {
            assert!(table.balances() && table.already_known.rows == 0, "{}", table.table);
            let (read, accepted, rejected) = (table.read.rows, table.accepted.rows, table.rejected.rows);
            write!(account, "{}: {read} = {accepted} + {rejected}", table.table).unwrap();
            for (code, rows) in &table.reasons {
                write!(account, " {code}×{rows}").unwrap();
            }
            account.push('\n');
        }
        account
    }

    fn night(&self, day: &str) -> NightRun {
        let writing = lock(&self.open, "test").unwrap();
        let wanted = NightWanted { business_date: date(day), known_on: None, writing: Writing::DryRun };
        dayend_run(&self.open, &writing, &self.open.pack(None).unwrap(), &wanted, FoldedBy::ThisMachine, &mut |_| {}).unwrap()
    }

    /// The first column of a SELECT over one of the book's own files.
    fn ask(&self, file: &str, sql: &str) -> HashSet<String> {
        let path = self.wanted.from.join(file);
        let source =
            TextSource { name: "file".into(), path, delimiter: b',', header: Header::Named, short_rows: ShortRows::Refused };
        let out = self.folder.path().join("answer.csv");
        stage::run(sql, &[source], &out).unwrap();
        fs::read_to_string(out).unwrap().lines().skip(1).map(str::to_owned).collect()
    }
}

/// How many loans a night holds by what the files say of them, and what of these is outstanding.
fn standing(run: &NightRun) -> String {
    let of = |status: LoanStatus| {
        let loans = run.input.loans.iter().zip(&run.input.folded).filter(|(loan, _)| loan.status == status);
        let outstanding: Vec<Money> = loans.map(|(_, folded)| folded.position.principal_outstanding).collect();
        let sum = outstanding.iter().fold(Money::ZERO, |sum, &amount| sum + amount);
        format!("{} {} {sum}", status.code(), outstanding.len())
    };
    [LoanStatus::Active, LoanStatus::Settled, LoanStatus::WrittenOff].map(of).join("; ")
}

#[test]
fn car_loans_come_in_with_their_months() {
    let book = import("auto_abs_ally", None);
    let account = "\
branches: 51 = 51 + 0
customers: 3513 = 3513 + 0
loans: 3513 = 3513 + 0
instalments: 144212 = 144212 + 0
repayments: 99097 = 99039 + 58 E-IM-06×58
collateral: 3513 = 3513 + 0
";
    assert_eq!(book.account(), account);
    assert_eq!(book.manifest.as_of.as_deref(), Some("2020-12-31"));
    let again = book_import(&book.open, &book.wanted, &mut |_| {}).unwrap();
    assert_eq!(again, ImportOutcome::AlreadyKnown { batch: 1 }, "shaping is repeatable to the byte");

    let run = book.night("2020-12-31");
    assert_eq!(standing(&run), "active 1521 9,925,506.31; settled 1882 0.00; written_off 110 788,652.71");
    // The authors' labels: D is the first of three months in a row without any payment, not finally
    // repaid. Days past due follow the money: part payments and months apart add up, too.
    let labelled = book.ask("loans.csv.gz", "SELECT \"assetNumber\" FROM file WHERE \"D\" = '1'");
    assert_eq!(labelled.len(), 393);
    let check = |days: i32, ever: usize, of_labelled: usize| {
        let worst = |number: &usize| run.input.folded[*number].history.worst_days_past_due;
        let past = (0..run.input.loans.len()).filter(|number| worst(number) > days);
        let past: HashSet<String> = past.map(|number| run.input.loan_ids.get(number).to_owned()).collect();
        assert_eq!((past.len(), past.intersection(&labelled).count()), (ever, of_labelled), "over {days} days");
    };
    check(60, 699, 350);
    check(90, 569, 341);
}

/// The last of the 49,103 transactions is cut: it is put aside, and nothing else is.
#[test]
fn a_czech_bank_comes_in_from_related_files() {
    let book = import("berka", None);
    let account = "\
branches: 77 = 77 + 0
customers: 5369 = 5369 + 0
loans: 682 = 682 + 0
instalments: 24888 = 24888 + 0
repayments: 123 = 123 + 0
account_flows: 49103 = 49102 + 1 E-IM-02×1
";
    assert_eq!(book.account(), account);
    // The sample's payments end in March 1994, when one of the 38 loans so far was behind: eight of
    // nine dues. The bank's verdict on it, years later, is B: finished and not paid.
    let run = book.night("1994-03-31");
    let behind = (0..run.input.loans.len()).filter(|&number| run.input.folded[number].position.days_past_due > 0);
    let behind: Vec<_> = behind.map(|number| (run.input.loan_ids.get(number), run.input.folded[number].position)).collect();
    assert_eq!(run.input.loans.len(), 38);
    assert_eq!(behind.len(), 1);
    assert_eq!((behind[0].0, behind[0].1.days_past_due, behind[0].1.unpaid_instalments), ("5314", 231, 8));
    // At the end of 1998 the bank calls 203 loans finished and paid (A), 31 + 403 + 45 not (B, C, D).
    let run = book.night("1998-12-31");
    assert_eq!(standing(&run), "active 479 84,548,821.70; settled 203 18,229,352.50; written_off 0 0.00");
}

/// Flags that are neither Y nor N, no date of disbursement, no principal: put aside with the reason.
#[test]
fn guaranteed_business_loans_come_in_with_what_became_of_them() {
    let book = import("sba_national", Some("2014-12-31"));
    let account = "\
branches: 51 = 51 + 0
customers: 392566 = 392566 + 0
loans: 392566 = 390460 + 2106 E-IM-02×810 E-IM-03×1276 E-IM-20×20
repayments: 389368 = 387490 + 1878 E-IM-02×30 E-IM-06×463 E-IM-08×1381 E-IM-13×4
";
    assert_eq!(book.account(), account);
    let run = book.night("2014-12-31");
    assert_eq!(standing(&run), "active 678 1,218,336.00; settled 344052 0.00; written_off 45729 3,979,757,963.00");
    let found = run.plan.exceptions.iter().filter(|exception| exception.code.code() == "E-NI-01").count();
    assert_eq!((found, run.plan.exceptions.len()), (292, 292), "a term of no months has no schedule");
}
