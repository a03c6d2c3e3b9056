//! One ratio over the nights.

use crate::ratio::Ratio;
use units::Date;

/// A ratio on one night, and how far it moved (趋势).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrendPoint {
    pub as_of: Date,
    pub ratio: Ratio,
    /// Against the night before in the series (环比), in ppm points.
    pub change_ppm: Option<i64>,
    /// Against the last night of the series not later than a year before (同比), in ppm points.
    pub change_on_year_ppm: Option<i64>,
}

/// The series with its changes; nights must ascend.
pub fn trend(series: &[(Date, Ratio)]) -> Vec<TrendPoint> {
    assert!(series.is_sorted_by(|a, b| a.0 < b.0), "nights must ascend");
    let change = |now: Ratio, then: Option<&(Date, Ratio)>| Some(now.ppm()? - then?.1.ppm()?);
    let point = |(index, &(as_of, ratio)): (usize, &(Date, Ratio))| {
        let year_ago = series.partition_point(|(night, _)| *night <= as_of.add_months(-12));
        TrendPoint {
            as_of,
            ratio,
            change_ppm: change(ratio, series[..index].last()),
            change_on_year_ppm: change(ratio, series[..year_ago].last()),
        }
    };
    series.iter().enumerate().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_held_against_the_night_before_and_the_year_before() {
        let night = |text, part| (Date::parse(text).unwrap(), Ratio::new(part, 1_000));
        let series = [
            night("2025-02-28", 10),
            night("2025-03-31", 12),
            (Date::parse("2026-02-28").unwrap(), Ratio::default()),
            night("2026-03-31", 15),
        ];
        let points = trend(&series);
        let check = |index: usize, change, on_year| {
            assert_eq!((points[index].change_ppm, points[index].change_on_year_ppm), (change, on_year));
        };
        check(0, None, None);
        check(1, Some(2_000), None);
        check(2, None, None); // nothing was lent: there is no ratio to compare
        check(3, None, Some(3_000));
    }
}
