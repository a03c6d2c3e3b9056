//! Batches over time: nothing twice, corrections, and any past day as it was known then.

use crate::desk::{Desk, INSTALMENTS, LOANS, REPAYMENTS};
use arrow::array::AsArray;
use lake::dossier::{Reading, Shelf};
use lake::import::{self, ImportOutcome, ImportRequest};
use units::Date;

fn three() -> [(&'static str, &'static str); 3] {
    [("loans.csv", LOANS), ("instalments.csv", INSTALMENTS), ("repayments.csv", REPAYMENTS)]
}

#[test]
fn the_same_folder_twice_changes_nothing() {
    let desk = Desk::new();
    let folder = desk.folder("in", &three());
    let manifest = desk.import(folder.clone());
    assert_eq!(manifest.as_of.as_deref(), Some("2026-03-20"));
    assert_eq!(desk.try_import(folder.clone()), ImportOutcome::AlreadyKnown { batch: 1 });
    // Other bytes, the same rows: known, one by one.
    std::fs::write(folder.join("repayments.csv"), format!("{REPAYMENTS}\n")).unwrap();
    let ImportOutcome::NothingNew(tables) = desk.try_import(folder) else { panic!() };
    assert!(tables.iter().all(|table| table.balances() && table.already_known == table.read));
    assert_eq!(lake::batch::list(&desk.workspace).unwrap().len(), 1);
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let bytes = |file: &str| {
        let desk = Desk::new();
        desk.import_files("in", &three());
        std::fs::read(desk.batch_folder(1).join(file)).unwrap()
    };
    for file in ["dossier.parquet", "instalments.parquet", "repayments.parquet", "identities/repayments.idx", "identities/loans.idx", "manifest.json"] {
        assert!(bytes(file) == bytes(file), "{file}");
    }
}

#[test]
fn a_past_day_is_seen_as_it_was_known_then() {
    let desk = Desk::new();
    desk.import_files("first", &three());
    let day = |known_on| desk.rows("repayments", "repayment_id loan_id amount", Some(known_on));
    assert_eq!(day("2026-02-09"), [] as [&str; 0]);
    assert_eq!(day("2026-02-10"), ["R1 L1 60600"]);
    assert_eq!(desk.rows("loans", "loan_id", Some("2026-01-15")), ["L1"]);

    // April: R1 was 600 after all, L2 has a new schedule, a late repayment turns up for L1.
    desk.import_files("second", &[
        ("repayments.csv", "repayment_id,loan_id,paid_on,amount,entered_at\nR1,L1,2026-02-10,600.00,\nR3,L1,2026-03-01,1.00,2026-03-25 10:00\nR4,L1,2026-04-02,5.00,\n"),
        ("instalments.csv", "loan_id,seq,due_on,principal_due,interest_due\nL2,1,2026-04-20,300.00,9\nL2,2,2026-05-20,300.00,9\n"),
    ]);
    assert_eq!(day("2026-03-20"), ["R1 L1 60600", "R2 L2 60999"]);
    assert_eq!(day("2026-03-25"), ["R1 L1 60600", "R3 L1 100", "R2 L2 60999"]);
    assert_eq!(day("2026-04-02"), ["R1 L1 60000", "R3 L1 100", "R4 L1 500", "R2 L2 60999"]);
    let schedule = |known_on| desk.rows("instalments", "loan_id seq due_on", Some(known_on));
    assert_eq!(schedule("2026-04-01"), ["L1 1 2026-02-10", "L1 2 2026-03-10", "L2 1 2026-03-20"]);
    // A schedule of the first load was known ever since; no day stands for that.
    let since = desk.rows("instalments", "loan_id known_from", None);
    assert_eq!(since, ["L1 ", "L1 ", "L2 2026-04-02", "L2 2026-04-02"]);
    assert_eq!(schedule("2026-04-02"), ["L1 1 2026-02-10", "L1 2 2026-03-10", "L2 1 2026-04-20", "L2 2 2026-05-20"]);
}

#[test]
fn a_corrected_row_of_a_plain_table_wins_from_its_day_on() {
    let desk = Desk::new();
    let officers = |rows: &str| format!("officer_id,name,branch_id\n{rows}");
    desk.import_files("first", &[("officers.csv", &officers("O1,Li,B1\nO2,Wu,B1\n"))]);
    let request = ImportRequest {
        from: desk.folder("second", &[("officers.csv", &officers("O2,Wu,B9\nO3,He,B1\nO1,Li,B1\n"))]),
        as_of: Date::parse("2026-05-01").ok(),
        ..ImportRequest::default()
    };
    let manifest = crate::desk::imported(import::run(&desk.workspace, &request, &mut |_| {}).unwrap());
    let summary = &manifest.tables[0];
    assert_eq!((summary.accepted.rows, summary.corrections, summary.already_known.rows), (2, 1, 1));
    let officers = |known_on| desk.rows("officers", "officer_id branch_id", known_on);
    assert_eq!(officers(Some("2026-04-30")), ["O1 B1", "O2 B1"]);
    assert_eq!(officers(None), ["O1 B1", "O2 B9", "O3 B1"]);
}

#[test]
fn dossiers_merge_loan_by_loan() {
    let desk = Desk::new();
    desk.import_files("first", &three());
    desk.import_files("second", &[("repayments.csv", "repayment_id,loan_id,paid_on,amount\nR5,L2,2026-03-21,1.00\n")]);
    let chunks: Vec<_> = Shelf::open(&desk.workspace).unwrap().merge(&Reading::default()).unwrap().map(Result::unwrap).collect();
    let chunk = &chunks[0];
    assert_eq!((chunks.len(), chunk.loans.num_rows()), (1, 2));
    assert_eq!(&chunk.instalments.offsets[..], [0, 2, 3]);
    assert_eq!(&chunk.repayments.offsets[..], [0, 1, 3]);
    assert_eq!(chunk.repayments.amount.values(), &[60600, 60999, 100]);
    assert_eq!(chunk.instalments.principal_due.values(), &[60000, 60000, 60000]);
    let loans_read_for = |loan: &str| -> usize {
        let only = [loan.to_owned()].into();
        let reading = Reading { only: Some(&only), ..Reading::default() };
        let chunks = Shelf::open(&desk.workspace).unwrap().merge(&reading).unwrap();
        chunks.map(|chunk| chunk.unwrap().loans.num_rows()).sum()
    };
    assert_eq!(["L2", "L9"].map(loans_read_for), [1, 0]);
}

/// Batches written when dossiers held instalments and repayments as lists (`with_lists`) read as those of today,
/// and new batches go on top of them.
#[test]
fn batches_with_lists_still_read() {
    let later = [
        ("repayments.csv", "repayment_id,loan_id,paid_on,amount,entered_at\nR1,L1,2026-02-10,600.00,\nR3,L1,2026-03-01,1.00,2026-03-25 10:00\nR4,L1,2026-04-02,5.00,\n"),
        ("instalments.csv", "loan_id,seq,due_on,principal_due,interest_due\nL2,1,2026-04-20,300.00,9\nL2,2,2026-05-20,300.00,9\n"),
    ];
    let (now, before) = (Desk::new(), Desk::new());
    now.import_files("first", &three());
    now.import_files("second", &later);
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/with_lists");
    copy(&kept, &before.workspace.batches());
    let loan = ["L1".to_owned()].into();
    let seen = |desk: &Desk| {
        let columns = |table, columns| ["2026-03-25", "2026-09-30"].map(|day| desk.rows(table, columns, Some(day)));
        let loans = columns("loans", "loan_id principal status known_from");
        let dues = columns("instalments", "loan_id seq due_on principal_due interest_due fee_due");
        let paid = columns("repayments", "repayment_id loan_id paid_on amount entered_at reverses payer known_from");
        let receipts = lake::receipts::receipts(&desk.workspace, Date::parse("2026-09-30").unwrap(), &loan).unwrap();
        (loans, dues, paid, receipts)
    };
    assert_eq!(seen(&before), seen(&now));
    assert_eq!(lake::doctor::examine(&before.workspace).unwrap().findings, []);
    for desk in [&now, &before] {
        let taken_back = "repayment_id,loan_id,paid_on,amount,reverses\nR5,L1,2026-05-02,5.00,R4\n";
        desk.import_files("third", &[("repayments.csv", taken_back)]);
    }
    assert_eq!(seen(&before), seen(&now));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn rejects_corrected_and_handed_in_again_close_the_batch() {
    let desk = Desk::new();
    let bad = REPAYMENTS.replace("606.00", "6o6.00");
    let manifest = desk.import_files("first", &[("loans.csv", LOANS), ("repayments.csv", &bad)]);
    assert_eq!(manifest.rejected_rows(), 1);
    let rejects = std::fs::read_to_string(desk.batch_folder(1).join("rejects/repayments.csv")).unwrap();
    let again = desk.fix(1, desk.folder("again", &[("repayments.csv", &rejects.replacen("6o6.00", "606.00", 1))]));
    assert_eq!((again.number, again.fixes, again.rejected_rows()), (2, Some(1), 0));
    assert_eq!(desk.rows("repayments", "repayment_id amount", None), ["R1 60600", "R2 60999"]);
}

#[test]
fn a_book_cut_into_shards_is_the_book() {
    let desk = Desk::new();
    let number = |number: usize| format!("L{number:05}");
    let loan = |at: usize| LOANS.lines().nth(1).unwrap().replace("L1", &number(at)) + "\n";
    let header = LOANS.lines().next().unwrap().to_owned() + "\n";
    let loans: String = (0..9_000).map(loan).collect();
    desk.import_files("first", &[("loans.csv", &(header.clone() + &loans))]);
    let later: String = (0..9_000).step_by(7).map(|at| loan(at).replace("0.06", "0.05")).collect();
    desk.import_files("second", &[("loans.csv", &(header + &later))]);
    let shelf = Shelf::open(&desk.workspace).unwrap();
    let read = |reading: &Reading| -> Vec<String> {
        let chunks = shelf.merge(reading).unwrap().map(Result::unwrap);
        let ids = chunks.map(|chunk| chunk.loans["loan_id"].as_string::<i32>().clone());
        ids.flat_map(|ids| ids.iter().map(|id| id.unwrap().to_owned()).collect::<Vec<_>>()).collect()
    };
    let whole = read(&Reading::default());
    let shards = shelf.shards(1);
    assert_eq!((whole.len(), shards.len()), (9_000, 3), "pages of 4,096 loans");
    let cut: Vec<String> =
        shards.iter().flat_map(|shard| read(&Reading { shard: shard.clone(), ..Reading::default() })).collect();
    assert_eq!(cut, whole);
    let only = [number(4_711)].into();
    assert_eq!(read(&Reading { only: Some(&only), ..Reading::default() }), [number(4_711)]);
}
