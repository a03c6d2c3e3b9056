//! Years of nights under faults. The seeds are split over tests so that they run side by side.

use sim::faults::Faults;
use sim::simulation::{Options, simulate};

/// 500 loans × 365 nights for each seed; something of everything must have happened.
fn years(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let outcome = match simulate(&Options { seed, loans: 500, days: 365, faults: Faults::USUAL }) {
            Ok(outcome) => outcome,
            Err(failure) => panic!("{failure}"),
        };
        println!("seed {seed}: {outcome}");
        assert_eq!((outcome.nights, outcome.rows_waiting), (365, 0));
        assert!(outcome.rows.rows > 1_000 && outcome.past_due_loans > 0 && outcome.non_performing_loans > 0);
        assert!(outcome.nights_killed > 0 && outcome.nights_twice > 0);
    }
}

#[test]
fn years_of_seeds_0_to_4() {
    years(0..5);
}

#[test]
fn years_of_seeds_5_to_9() {
    years(5..10);
}

#[test]
fn years_of_seeds_10_to_14() {
    years(10..15);
}

#[test]
fn years_of_seeds_15_to_19() {
    years(15..20);
}
