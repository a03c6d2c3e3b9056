//! Ten thousand bad rows: every reason there is, each told apart, the good rows untouched.

use crate::desk::Desk;
use lake::refused::RowRefused;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const EACH: usize = 400;
const LOANS: &str = "loan_id,customer_id,branch_id,product,currency,principal,disbursed_on,matures_on,annual_rate,instalment_count,low_risk,purpose,status\n";
const GOOD: &str = "C1,B1,p,CNY,100.00,2026-01-10,2026-12-31,0.05,2,true,,active";

/// For each reason a loan can show by itself: what in a good row to replace by what.
const BAD_LOANS: &[(RowRefused, &str, &str)] = &[
    (RowRefused::WrongFieldCount, ",active", ",active,"),
    (RowRefused::NotInEncoding, ",p,", ",\u{FFFD},"),
    (RowRefused::FieldMissing, ",p,", ",  ,"),
    (RowRefused::TooLong, "true,,", "true,LONG,"),
    (RowRefused::UnknownCode, "active", "Active"),
    (RowRefused::BadDate, "2026-01-10", "2026-02-30"),
    (RowRefused::DateOutOfRange, "2026-12-31", "9999-12-31"),
    (RowRefused::BadAmount, "100.00", "1OO.00"),
    (RowRefused::TooManyDecimals, "100.00", "100.001"),
    (RowRefused::NegativeAmount, "100.00", "-100.00"),
    (RowRefused::AmountMustBePositive, "100.00", "0.00"),
    (RowRefused::AmountTooLarge, "100.00", "99999999999999"),
    (RowRefused::BadNumber, ",2,", ",2.5,"),
    (RowRefused::RateOutOfRange, "0.05", "5"),
    (RowRefused::BadYesNo, "true", "perhaps"),
    (RowRefused::WrongCurrency, "CNY", "USD"),
    (RowRefused::UnknownParent, "C1", "C404"),
    (RowRefused::DatesOutOfOrder, "2026-12-31", "2026-01-09"),
];

/// The first load: good loans G, A, S, T; a repayment K on every G.
fn first_load(desk: &Desk) {
    let (mut loans, mut repayments) = (LOANS.to_owned(), "repayment_id,loan_id,paid_on,amount\n".to_owned());
    for n in 0..EACH {
        for kind in ["G", "A", "S", "T"] {
            writeln!(loans, "{kind}{n},{GOOD}").unwrap();
        }
        writeln!(repayments, "K{n},G{n},2026-02-01,10.00").unwrap();
    }
    let customers = "customer_id,name,kind\nC1,x,micro\n";
    let manifest =
        desk.import_files("first", &[("customers.csv", customers), ("loans.csv", &loans), ("repayments.csv", &repayments)]);
    assert_eq!(manifest.rejected_rows(), 0);
}

/// Loans with one fault each, and a good one per round.
fn bad_loans() -> Vec<u8> {
    let mut loans = LOANS.to_owned();
    for n in 0..EACH {
        writeln!(loans, "N{n},{GOOD}").unwrap();
        for (why, from, to) in BAD_LOANS {
            writeln!(loans, "X{why:?}{n},{}", GOOD.replacen(from, to, 1)).unwrap();
        }
        writeln!(loans, "N{n},{}", GOOD.replace(",p,", ",q,")).unwrap();
    }
    loans = loans.replace("LONG", &"x".repeat(4097));
    // What stood for a damaged character becomes a byte that is none.
    let mut bytes = Vec::new();
    let mut parts = loans.split('\u{FFFD}');
    bytes.extend_from_slice(parts.next().unwrap().as_bytes());
    for part in parts {
        bytes.push(0xFF);
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn bad_schedules() -> String {
    let mut instalments = "loan_id,seq,due_on,principal_due,interest_due\n".to_owned();
    for n in 0..EACH {
        writeln!(instalments, "G{n},1,2026-06-10,100,1").unwrap();
        writeln!(instalments, "S{n},1,2026-06-10,50,1\nS{n},2,2026-12-10,49.99,1").unwrap();
        writeln!(instalments, "T{n},1,2026-06-10,50,1\nT{n},2,2026-13-10,50,1").unwrap();
    }
    instalments
}

/// On every loan A: a repayment P taken back by V, and everything that goes wrong with reversals.
fn bad_repayments() -> String {
    let mut repayments = "repayment_id,loan_id,paid_on,amount,reverses\n".to_owned();
    for n in 0..EACH {
        writeln!(repayments, "P{n},A{n},2026-02-01,7.00,\nV{n},A{n},2026-02-02,7.00,P{n}").unwrap();
        writeln!(repayments, "W{n},A{n},2026-02-03,7.00,P{n}").unwrap(); // already reversed
        writeln!(repayments, "U{n},A{n},2026-02-03,7.00,V{n}").unwrap(); // a reversal reversed
        writeln!(repayments, "Q{n},A{n},2026-02-03,1.00,K{n}").unwrap(); // another loan's
        writeln!(repayments, "R{n},G{n},2026-02-03,9.99,K{n}").unwrap(); // other amount
        writeln!(repayments, "K{n},A{n},2026-02-01,10.00,").unwrap(); // known under G
    }
    repayments
}

#[test]
fn ten_thousand_bad_rows_are_told_apart_and_the_good_ones_are_in() {
    let desk = Desk::new();
    first_load(&desk);
    let folder = desk.folder("second", &[("instalments.csv", &bad_schedules()), ("repayments.csv", &bad_repayments())]);
    std::fs::write(folder.join("loans.csv"), bad_loans()).unwrap();
    let manifest = desk.import(folder.clone());

    assert!(manifest.rejected_rows() > 10_000);
    assert!(manifest.tables.iter().all(|table| table.balances()));
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for (code, rows) in manifest.tables.iter().flat_map(|table| &table.reasons) {
        *found.entry(code).or_default() += rows;
    }
    for why in RowRefused::ALL {
        let expect = match why {
            RowRefused::InstalmentsDoNotAddUp | RowRefused::BadDate => 2,
            _ => 1,
        };
        assert_eq!(found.get(why.code()), Some(&(expect * EACH as u64)), "{why:?}");
    }

    assert_eq!(manifest.table("loans").unwrap().accepted.rows, EACH as u64);
    assert_eq!(manifest.table("instalments").unwrap().accepted.rows, EACH as u64);
    assert_eq!(manifest.table("repayments").unwrap().accepted.rows, 2 * EACH as u64);
    assert_eq!(desk.rows("loans", "loan_id", None).len(), 5 * EACH);
    assert_eq!(desk.rows("repayments", "repayment_id", None).len(), 3 * EACH);
}

#[test]
fn the_rejects_file_says_line_column_value_reason_and_remedy() {
    let desk = Desk::new();
    let check = |name: &str, table: &str, text: &str, expect: &[(&str, &str, &str, &str)]| {
        let manifest = desk.import_files(name, &[(&format!("{table}.csv"), text)]);
        let rows = desk.rejects(manifest.number, table);
        let width = rows[0].len();
        assert_eq!(rows[0][width - 6..], ["_line", "_column", "_value", "_code", "_reason", "_remedy"]);
        let found: Vec<_> = rows[1..]
            .iter()
            .map(|row| {
                let notes = &row[width - 6..];
                assert!(!notes[4].contains('{') && !notes[5].is_empty(), "{notes:?}");
                (notes[0].as_str(), notes[1].as_str(), notes[2].as_str(), notes[3].as_str())
            })
            .collect();
        assert_eq!(found, expect);
        rows
    };
    let loans = format!("{LOANS}\n\"L\n1\",{GOOD}\nL2,{}\nL2,{GOOD}\nL2,{}\n", GOOD.replace("0.05", "5%"), GOOD.replace(",p,", ",q,"));
    let rows = check("loans", "loans", &loans, &[("5", "annual_rate", "5%", "E-IM-07"), ("7", "loan_id", "L2", "E-IM-09")]);
    assert_eq!(rows[1][..2], ["L2", "C1"]);
    let schedule = "seq,loan_id,due_on,principal_due,interest_due\n1,L2,2026-06-10,50,1\n2,L2,2026-6-10,50,1\n1,L2,x,1,1\n";
    let rows = check("schedule", "instalments", schedule, &[
        ("2", "loan_id", "L2", "E-IM-25"),
        ("3", "due_on", "2026-6-10", "E-IM-04"),
        ("4", "due_on", "x", "E-IM-04"),
    ]);
    assert!(rows[1][9].contains("Line 3 of the same loan's schedule"), "{:?}", rows[1]);
}
