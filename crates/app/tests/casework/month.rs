//! The month against its targets: counted by the night as whoever asks counts it, and seen as far as rights reach.

use super::*;
use crate::clocks::night;
use crate::decisions::import;
use app::month::{month_of_team, month_own};
use casework::results::{Results, ScoreMeasure, TargetStanding};

#[test]
fn the_night_counts_the_month_as_whoever_asks_for_the_results_of_it() {
    run(async |world| {
        let desk = &world.desk;
        import(&world);
        worked(&world).await;
        assert_eq!(done(month_own(desk, &world.call("C1")).await), None, "no night has counted yet");
        night(&world, TODAY).await;
        let wanted = ResultsWanted { from: date("2026-11-01"), until: date(TODAY), by: ResultsBy::Person, target: None };
        let asked = done(results(desk, &world.call("C1"), &wanted).await);
        let own = done(month_own(desk, &world.call("C1")).await).expect("the night has counted");
        assert_eq!((own.through, own.gone_ppm, own.results), (date(TODAY), 666_667, asked[0].results));
        assert_eq!((own.results.recovered, own.target), (money("507.00"), money("150,000.00")));
        let standings: Vec<_> = own.progress.iter().map(|one| (one.measure, one.standing)).collect();
        assert_eq!(standings[..2], [(ScoreMeasure::RecoveryRate, TargetStanding::Behind), (ScoreMeasure::KeptRate, TargetStanding::Met)]);
        // What was due by the twentieth, 100,000.00, is what the score asks for.
        let recovery = own.score.unwrap().parts.into_iter().find(|(measure, ..)| *measure == ScoreMeasure::RecoveryRate);
        assert_eq!(recovery.map(|(_, value, _)| value), Some(5_070));

        let none = done(month_own(desk, &world.call("C2")).await).expect("C2 takes cases");
        assert_eq!(none.results, Results::default());
        assert_eq!(done(month_own(desk, &world.call("L1")).await), None, "a lead without a target who worked nothing");
        let team = done(month_of_team(desk, &world.call("L1"), "T1").await).unwrap();
        assert_eq!((team.results, team.target), (own.results, money("600,000.00")));
        let seen = done(month_of_team(desk, &world.call("C2"), "T1").await).unwrap();
        assert_eq!((seen.results, seen.target), (Results::default(), money("150,000.00")), "one's own alone");
    });
}
