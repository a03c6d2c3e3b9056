//! What moved between two nights: matrices, roll rates, migration rates.

use crate::book::night;
use report::{Ladder, Matrix, MigrationFormula, Ratio, forward_loss_ppm, grade_flows, migration_rate, roll};

/// Every non-empty cell as `from>to loans yuan`.
fn cells(matrix: &Matrix) -> String {
    let (rows, columns) = (matrix.row_codes(), matrix.column_codes());
    let mut text = Vec::new();
    for (from, row) in rows.iter().enumerate() {
        for (to, column) in columns.iter().enumerate().filter(|&(to, _)| matrix.transitions.count(from, to) > 0) {
            let (count, amount) = (matrix.transitions.count(from, to), matrix.transitions.amount(from, to));
            text.push(format!("{row}>{column} {count} {amount}"));
        }
    }
    text.join("; ")
}

const BEFORE: &str = "L1
                      L2
                      L3 days=10
                      L4 days=20 owes=40
                      L5 days=200
                      L6
                      L7 days=40
                      L8 status=settled owes=0";

const AFTER: &str = "L1
                     L2 days=28 owes=90
                     L3
                     L4 days=51 owes=35
                     L5 days=231 status=written_off
                     L6 owes=0 status=settled
                     L8 status=settled owes=0
                     L9 owes=70";

#[test]
fn every_loan_goes_from_one_state_to_one_state() {
    let matrix = Matrix::between(&night("2026-05-31", BEFORE), &night("2026-06-30", AFTER), Ladder::Bucket);
    assert_eq!(
        cells(&matrix),
        "M0>M0 1 100.00; M0>M1 1 100.00; M0>settled 1 100.00; M1>M0 1 100.00; M1>M2 1 40.00; \
         M2>missing 1 100.00; M7>written_off 1 100.00; new>M0 1 70.00"
    );
    assert_eq!(matrix.transitions.count_share(0, 1), Ratio::new(1, 3));
    assert_eq!(matrix.transitions.amount_share(1, 2), Ratio::new(40_00, 140_00));
}

#[test]
fn a_roll_rate_compares_stocks_and_a_cure_follows_loans() {
    let rows = roll(&night("2026-05-31", BEFORE), &night("2026-06-30", AFTER));
    let check = |bucket: usize, flow, worsened, cured| {
        let row = &rows[bucket];
        assert_eq!((row.flow, row.worsened, row.cured), (flow, worsened, cured), "{row:?}");
    };
    check(0, Ratio::new(90_00, 300_00), Ratio::new(1, 3), Ratio::new(1, 3));
    check(1, Ratio::new(35_00, 140_00), Ratio::new(1, 2), Ratio::new(1, 2));
    check(2, Ratio::new(0, 100_00), Ratio::new(0, 1), Ratio::new(0, 1));
    check(7, Ratio::new(100_00, 100_00), Ratio::new(1, 1), Ratio::new(0, 1));
    assert_eq!(forward_loss_ppm(&rows), None); // M3 was empty
}

#[test]
fn forward_loss_multiplies_the_flows_from_m1_on() {
    let loans = |written_off: &str| {
        let bucket = |n: i32| format!("L{n} days={}\n", n * 30);
        (1..=6).map(bucket).collect::<String>() + &format!("L7 days=200 {written_off}")
    };
    let before = night("2026-05-31", &loans(""));
    let after = night("2026-06-30", &(loans("status=written_off") + "\nL8 owes=50 days=181"));
    // Every stock stood still but M7, which halved; all of the old M7 was written off.
    assert_eq!(forward_loss_ppm(&roll(&before, &after)), Some(500_000));
}

/// The published 12.5 %, from loans: 5,000 special mention, 1,000 gone, 500 of the rest worse.
#[test]
fn migration_rates_follow_the_loans() {
    let before = night("2026-01-01", "L1 owes=3500 grade=special_mention
                                      L2 owes=700 grade=special_mention
                                      L3 owes=500 grade=special_mention
                                      L4 owes=300 grade=special_mention
                                      L5 owes=80 grade=substandard");
    let after = night("2026-12-31", "L1 owes=3500 grade=special_mention
                                     L2 owes=500 grade=substandard
                                     L3 owes=0 status=settled grade=special_mention
                                     L4 owes=300 status=written_off grade=loss
                                     L5 owes=90 grade=doubtful
                                     L6 owes=10 grade=loss");
    let flows = grade_flows(&before, &after);
    let rate = |grade: usize, formula| migration_rate(&flows[grade], formula, 12).ppm();
    assert_eq!(rate(1, MigrationFormula::V2005), Some(125_000));
    assert_eq!(rate(1, MigrationFormula::V2022), Some(160_000));
    assert_eq!(rate(2, MigrationFormula::V2005), Some(1_000_000)); // what was drawn since did not migrate
    assert_eq!(rate(0, MigrationFormula::V2005), None);
    let matrix = Matrix::between(&before, &after, Ladder::Grade);
    assert_eq!(
        cells(&matrix),
        "special_mention>special_mention 1 3,500.00; special_mention>substandard 1 700.00; \
         special_mention>settled 1 500.00; special_mention>written_off 1 300.00; \
         substandard>doubtful 1 80.00; new>loss 1 10.00"
    );
}

/// What three branches come to one by one is what the book comes to: a night's holdings, ratios, rolls, vintages.
#[test]
fn a_history_by_branch_adds_up_to_the_book() {
    let before = night("2026-03-31", "L1 branch=B1 owes=100\nL2 branch=B2 owes=70 days=40\nL3 branch=B2 owes=30 days=95 grade=substandard");
    let after = night("2026-04-30", "L1 branch=B1 owes=90 days=20\nL2 branch=B2 owes=70 days=70\nL3 branch=B2 owes=30 days=125 grade=doubtful\nL4 branch=B1 owes=50");
    let mut history = report::History::default();
    history.add(None, &before);
    history.add(Some(&before), &after);
    let nights = history.nights(|_| true);
    assert_eq!(nights[1].roll, report::roll(&before, &after));
    let whole = report::metrics(&after, &[]);
    let ratios: Vec<_> = report::CATALOGUE.iter().map(|metric| whole.groups[0].ratio(metric)).collect();
    assert_eq!(nights[1].ratios, ratios);
    let held = |night: usize, branch: &str| history.nights(|one| one == branch)[night].grades.iter().map(|held| held.balance).sum();
    let parts: [units::Money; 2] = [held(1, "B1"), held(1, "B2")];
    assert_eq!(parts, [units::Money::from_yuan(140), units::Money::from_yuan(100)]);
    let mut vintages = report::Vintages::new(30);
    vintages.add(&before);
    vintages.add(&after);
    assert_eq!(history.vintages(30, |_| true).points().collect::<Vec<_>>(), vintages.points().collect::<Vec<_>>());
}
