//! Published transition matrices of several periods are powers of the first.

use flate2::read::GzDecoder;
use report::Chain;
use std::fs::File;
use std::path::Path;

/// Periods of square matrices, in parts of 10¹².
fn published(name: &str) -> Vec<Vec<Vec<i64>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/transition_matrices").join(name);
    let file = File::open(&path).unwrap_or_else(|fault| panic!("this test needs {}: {fault}", path.display()));
    let periods: Vec<Vec<Vec<serde_json::Number>>> = serde_json::from_reader(GzDecoder::new(file)).unwrap();
    let parts = |number: serde_json::Number| (number.as_f64().unwrap() * 1e12).round() as i64;
    let rows = |rows: Vec<Vec<_>>| rows.into_iter().map(|row| row.into_iter().map(parts).collect()).collect();
    periods.into_iter().map(rows).collect()
}

/// The farthest any cell of any period is from the power of the first, in ppm.
fn farthest(name: &str) -> i64 {
    let periods = published(name);
    let first = Chain::from_shares(&periods[0]);
    let apart = |(period, rows): (u32, &Vec<Vec<i64>>)| {
        let (ours, theirs) = (first.ahead(period), Chain::from_shares(rows));
        let cells = (0..rows.len() * rows.len()).map(|cell| (cell / rows.len(), cell % rows.len()));
        cells.map(|(from, to)| (ours.share_ppm(from, to) - theirs.share_ppm(from, to)).abs()).max().unwrap()
    };
    (1..).zip(&periods).map(apart).max().unwrap()
}

#[test]
fn published_periods_are_powers_of_the_first() {
    assert_eq!(farthest("generic_multiperiod.json.gz"), 0); // ten years, unrounded
    assert!(farthest("generic_monthly.json.gz") <= 5); // ten years of months, each rounded to 7 places
}
