//! How long a million loans take; run with `cargo test --release -p report -- --ignored --nocapture`.

use crate::book::plain_loan;
use grading::Bucket;
use report::{BalanceSheet, Dimension, DimensionColumn, Ladder, Matrix, StateTable, metrics};
use std::time::Instant;
use units::{Date, Money, Texts};

fn million() -> StateTable {
    let loans = 1_000_000u32;
    let spread = |row: u32, width: u32| row.wrapping_mul(2_654_435_761) % width;
    let column = |dimension, width| {
        let labels: Vec<String> = (0..width).map(|code| format!("X{code}")).collect();
        let codes = (0..loans).map(|row| Some(spread(row, width)));
        DimensionColumn::new(dimension, codes, labels.iter().map(String::as_str))
    };
    let figures = (0..loans).map(|row| {
        let mut figures = plain_loan();
        figures.principal_outstanding = Money::from_fen(i64::from(spread(row, 9_000_000)));
        figures.days_past_due = spread(row, 240) as i32 - 60;
        figures.bucket = Bucket::ALL[spread(row, 8) as usize];
        figures
    });
    let ids: Vec<String> = (0..loans).map(|row| format!("L{row:09}")).collect();
    let sheet = BalanceSheet { total_assets: Money::from_yuan(2), total_liabilities: Money::from_yuan(1) };
    let texts = || ids.iter().map(String::as_str).collect::<Texts>();
    StateTable {
        as_of: Date::new(20_000),
        loan_ids: texts(),
        figures: figures.collect(),
        customers: (0..loans).collect(),
        customer_ids: texts(),
        balance_sheets: vec![sheet; loans as usize],
        dimensions: [(Dimension::Branch, 40), (Dimension::Officer, 250), (Dimension::Industry, 97)]
            .map(|(dimension, width)| column(dimension, width))
            .to_vec(),
    }
}

#[test]
#[ignore = "a measurement"]
fn a_million_loans_by_two_dimensions() {
    let state = million();
    let time = |name: &str, work: &dyn Fn() -> usize| {
        let start = Instant::now();
        let rows = work();
        println!("{name}: {rows} in {:?}", start.elapsed());
    };
    time("whole", &|| metrics(&state, &[]).groups.len());
    time("branch × grade", &|| metrics(&state, &[Dimension::Branch, Dimension::Grade]).groups.len());
    time("officer × industry", &|| metrics(&state, &[Dimension::Officer, Dimension::Industry]).groups.len());
    time("vintage × bucket", &|| metrics(&state, &[Dimension::Vintage, Dimension::Bucket]).groups.len());
    time("matrix", &|| Matrix::between(&state, &state, Ladder::Bucket).transitions.rows());
}
