//! A part of a whole, exact until the moment it is shown.

use units::{Rounding, div_round};

/// A ratio (比率) as its two sides: fen over fen, or count over count.
///
/// Kept as sides so that ratios of parts add up to the ratio of the whole; [`Ratio::ppm`] rounds
/// half up, once. A ratio over nothing has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ratio {
    pub numerator: i64,
    pub denominator: i64,
}

/// The range a count-based ratio may well have, in ppm (置信区间).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub low_ppm: i64,
    pub high_ppm: i64,
}

const ONE: i128 = 1_000_000;

/// The square of the normal quantile for 95 % (1.959964²), in ppm.
const Z_SQUARED_95: i128 = 3_841_459;

impl Ratio {
    pub const fn new(numerator: i64, denominator: i64) -> Ratio {
        Ratio { numerator, denominator }
    }

    /// `None` over nothing, and over a denominator that went negative: both mean "no such ratio".
    pub fn ppm(self) -> Option<i64> {
        if self.denominator <= 0 {
            return None;
        }
        let ppm = div_round(i128::from(self.numerator) * ONE, i128::from(self.denominator), Rounding::HalfUp);
        Some(i64::try_from(ppm).expect("a ratio in ppm overflows i64"))
    }

    /// The ratio of two parts taken together.
    pub const fn and(self, other: Ratio) -> Ratio {
        Ratio::new(self.numerator + other.numerator, self.denominator + other.denominator)
    }

    /// Wilson's score interval at 95 %: unlike the textbook one it stays inside 0..=1 and has a
    /// width even where nothing happened. Only for counts: yuan are not independent trials.
    ///
    /// With z² in ppm, `S` = 10⁶ and `k` of `n`: centre (2kS + z²) / 2(nS + z²), and half a width
    /// √(z²(4k(n−k)S + nz²)/n) / 2(nS + z²); the root is taken of whole numbers, scaled by S².
    pub fn interval_95(self) -> Option<Interval> {
        let (k, n) = (i128::from(self.numerator), i128::from(self.denominator));
        if n <= 0 || k < 0 || k > n {
            return None;
        }
        let spread = Z_SQUARED_95 * (4 * k * (n - k) * ONE + n * Z_SQUARED_95) / n;
        let root = (spread * ONE * ONE).isqrt();
        let centre = (2 * k * ONE + Z_SQUARED_95) * ONE;
        let denominator = 2 * (n * ONE + Z_SQUARED_95);
        let bound = |value| div_round(value, denominator, Rounding::HalfUp).clamp(0, ONE) as i64;
        Some(Interval { low_ppm: bound(centre - root), high_ppm: bound(centre + root) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_rounded_once_and_missing_over_nothing() {
        let check = |numerator, denominator, expect| assert_eq!(Ratio::new(numerator, denominator).ppm(), expect);
        check(500, 4_000, Some(125_000));
        check(1, 3, Some(333_333));
        check(2, 3, Some(666_667));
        check(-1, 8, Some(-125_000));
        check(1, 0, None);
        check(1, -5, None);
    }

    /// Against the closed formula evaluated in floating point elsewhere.
    #[test]
    fn a_count_has_an_interval() {
        let check = |k, n, low_ppm, high_ppm| {
            assert_eq!(Ratio::new(k, n).interval_95(), Some(Interval { low_ppm, high_ppm }), "{k} of {n}");
        };
        check(10, 100, 55_229, 174_366);
        check(0, 10, 0, 277_533);
        check(10, 10, 722_467, 1_000_000);
        check(511, 1_013, 473_695, 535_156);
        check(6_667, 93_075, 69_991, 73_305);
        assert_eq!(Ratio::new(11, 10).interval_95(), None);
        assert_eq!(Ratio::new(0, 0).interval_95(), None);
    }
}
