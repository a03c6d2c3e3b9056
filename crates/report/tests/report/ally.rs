//! The published monthly roll of 3,513 car loans (Lautier, Pozdnyakov, Yan 2024; SEC ABS-EE).

use flate2::read::GzDecoder;
use report::{Chain, Ratio, Transitions, Weight};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use units::Money;

/// Months in a row with nothing paid: 0, 1, 2 have a row; 3 is default and, like a balance that is
/// gone, ends the way.
const DEFAULT: usize = 3;
const GONE: usize = 4;

fn monthly() -> BTreeMap<String, Vec<(u32, Money, Money)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/auto_abs_ally/monthly.csv.gz");
    let file = File::open(&path).unwrap_or_else(|fault| panic!("this test needs {}: {fault}", path.display()));
    let mut loans: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for record in csv::Reader::from_reader(GzDecoder::new(file)).into_records() {
        let record = record.unwrap();
        let (month, balance, paid) = (record[2].parse().unwrap(), money(&record[3]), money(&record[5]));
        loans.entry(record[1].to_owned()).or_default().push((month, balance, paid));
    }
    loans
}

fn money(text: &str) -> Money {
    if text.is_empty() { Money::ZERO } else { Money::parse(text).unwrap() }
}

fn moved() -> Transitions {
    let mut moved = Transitions::new(DEFAULT, GONE + 1);
    for months in monthly().values_mut() {
        months.sort_by_key(|&(month, ..)| month);
        let mut unpaid = 0;
        moved.follow(months.iter().map(|&(_, balance, paid)| {
            unpaid = if paid.is_positive() { 0 } else { unpaid + 1 };
            (if balance.is_positive() { unpaid } else { GONE }, balance)
        }));
    }
    moved
}

#[test]
fn the_published_roll_is_reproduced_to_the_loan() {
    let moved = moved();
    let check = |from, to, count, whole, ppm| {
        let share = moved.count_share(from, to);
        assert_eq!((share, share.ppm()), (Ratio::new(count, whole), Some(ppm)), "{from} to {to}");
    };
    check(0, 1, 6_667, 93_075, 71_630); // 7.163 %
    check(1, 0, 5_643, 6_825, 826_813); // 82.681 %
    check(1, 2, 1_019, 6_825, 149_304); // 14.930 %
    check(2, 0, 471, 1_013, 464_956); // 46.496 %
    check(2, 3, 511, 1_013, 504_442); // 50.444 %
}

/// Three months on, a punctual loan is in default with the product of the three rolls: no other
/// way leads there so soon.
#[test]
fn a_chain_of_months_multiplies_the_rolls() {
    let months = Chain::of(&moved(), DEFAULT, Weight::Loans);
    assert_eq!(months.ahead(2).share_ppm(0, DEFAULT), 0);
    assert_eq!(months.ahead(3).share_ppm(0, DEFAULT), 5_395); // 7.163 % × 14.930 % × 50.444 %
    assert_eq!(months.ahead(60).share_ppm(GONE, GONE), 1_000_000);
}
