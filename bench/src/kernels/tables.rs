//! The kernels of whole books: metrics by two dimensions, transitions from month to month.

use super::Kernel;
use grading::{Bucket, CustomerKind, Grade};
use loan::{LoanStatus, Protection, RepaymentMethod};
use report::{
    BalanceSheet, Dimension, DimensionColumn, Figures, StateTable, Transitions, YearToDate, metrics as ratios,
};
use units::{Date, Money, Texts};

/// Scatters rows evenly: Fibonacci hashing, so that neighbours are not alike.
const fn spread(row: u32, width: u32) -> u32 {
    row.wrapping_mul(2_654_435_761) % width
}

/// Ratios of the whole book and of its cuts by two dimensions.
pub fn metrics(runs: usize, loans: u32) -> Vec<Kernel> {
    let state = state_table(loans);
    let cuts: [&[Dimension]; 4] = [
        &[],
        &[Dimension::Branch, Dimension::Grade],
        &[Dimension::Officer, Dimension::Industry],
        &[Dimension::Vintage, Dimension::Bucket],
    ];
    let measured = cuts.map(|by| {
        let names: Vec<&str> = by.iter().map(|dimension| dimension.code()).collect();
        let name =
            if by.is_empty() { "metrics, the whole".to_owned() } else { format!("metrics by {}", names.join(" and ")) };
        Kernel::time(name, "loan", state.len(), runs, || ratios(&state, by).groups.len())
    });
    measured.into()
}

fn state_table(loans: u32) -> StateTable {
    let column = |dimension, width| {
        let labels: Vec<String> = (0..width).map(|code| format!("X{code}")).collect();
        let codes = (0..loans).map(|row| Some(spread(row, width)));
        DimensionColumn::new(dimension, codes, labels.iter().map(String::as_str))
    };
    let ids: Vec<String> = (0..loans).map(crate::files::loan_id).collect();
    let texts = || ids.iter().map(String::as_str).collect::<Texts>();
    let sheet = BalanceSheet { total_assets: Money::from_yuan(2), total_liabilities: Money::from_yuan(1) };
    StateTable {
        as_of: Date::new(20_000),
        loan_ids: texts(),
        figures: (0..loans).map(figures).collect(),
        customers: (0..loans).collect(),
        customer_ids: texts(),
        balance_sheets: vec![sheet; loans as usize],
        dimensions: [(Dimension::Branch, 40), (Dimension::Officer, 250), (Dimension::Industry, 97)]
            .map(|(dimension, width)| column(dimension, width))
            .to_vec(),
    }
}

fn figures(row: u32) -> Figures {
    let owed = Money::from_fen(i64::from(spread(row, 9_000_000)));
    Figures {
        status: LoanStatus::Active,
        kind: CustomerKind::Corporate,
        method: RepaymentMethod::EqualInstalment,
        protection: Protection::Credit,
        disbursed_on: Date::new(19_000 + spread(row, 900) as i32),
        principal: Money::from_yuan(90_000),
        principal_outstanding: owed,
        principal_past_due: Money::ZERO,
        interest_past_due: Money::ZERO,
        amount_past_due: Money::ZERO,
        days_past_due: spread(row, 240) as i32 - 60,
        bucket: Bucket::ALL[spread(row, 8) as usize],
        grade: Grade::ALL[spread(row, 5) as usize],
        stage: 1,
        allowance: Money::ZERO,
        extension_count: 0,
        restructured_on: None,
        first_instalment_worst_days: None,
        collateral_value: Money::ZERO,
        year: YearToDate::default(),
    }
}

/// Months a migration matrix follows every loan through.
const MONTHS: u32 = 24;

/// Every loan's way through 24 months of buckets, added up into one matrix.
pub fn migration(runs: usize, loans: u32) -> Kernel {
    let buckets = Bucket::ALL.len();
    let ways: Vec<u8> = (0..loans * MONTHS).map(|month| spread(month, buckets as u32) as u8).collect();
    let balances: Vec<Money> = (0..loans).map(|row| Money::from_fen(i64::from(spread(row, 9_000_000)))).collect();
    let name = "migration matrix over 24 months";
    Kernel::time(name, "loan-month", ways.len(), runs, || {
        let mut transitions = Transitions::new(buckets, buckets);
        for (way, &balance) in ways.chunks_exact(MONTHS as usize).zip(&balances) {
            transitions.follow(way.iter().map(|&bucket| (usize::from(bucket), balance)));
        }
        transitions
    })
}
