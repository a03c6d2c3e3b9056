//! Day counts (计息天数): how the days between two dates become a share of a year.
//!
//! Every share is an exact fraction; nothing is rounded here. The three bases of the book
//! ([`DayCount`]) are a subset of the published conventions ([`Convention`]), which are kept so that
//! figures from elsewhere can be replayed.

use crate::contract::DayCount;
use std::ops::Add;
use units::Date;
use units::date::is_leap_year;

/// A share of a year (计息年数) as an exact fraction in lowest terms.
///
/// Construction: [`YearFraction::new`]. Addition is exact. Comparison is by value, because the
/// terms are reduced and the denominator is positive. Not supported: rounding, decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearFraction {
    numerator: i128,
    denominator: i128,
}

impl YearFraction {
    pub const ZERO: YearFraction = YearFraction { numerator: 0, denominator: 1 };

    /// Panics when the denominator is not positive.
    pub fn new(numerator: i128, denominator: i128) -> YearFraction {
        assert!(denominator > 0, "a share of a year needs a positive denominator");
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs()) as i128;
        YearFraction { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    pub const fn denominator(self) -> i128 {
        self.denominator
    }
}

impl Add for YearFraction {
    type Output = YearFraction;
    fn add(self, other: YearFraction) -> YearFraction {
        YearFraction::new(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

/// A published way to count days and years (计息基础惯例).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// 30/360, bond basis: an end on the 31st counts as the 30th only after a start on the 30th.
    Thirty360Bond,
    /// 30E/360: every 31st counts as a 30th.
    Thirty360European,
    /// 30E/360 ISDA: the last day of February counts as a 30th too, unless it ends the loan.
    Thirty360Isda {
        termination: Option<Date>,
    },
    /// 30U/360: the last day of February counts as a 30th at the start, and at both ends together.
    Thirty360Us,
    /// 30/360 PSA: the last day of February counts as a 30th at the start only.
    Thirty360Psa,
    /// 30E+/360: an end on the 31st counts as the first of the next month.
    Thirty360EuropeanPlus,
    /// 30/365: every 31st counts as a 30th, over 365 days.
    Thirty365,
    Actual360,
    Actual364,
    Actual365Fixed,
    /// Over 365.25 days.
    Actual365Quarter,
    Actual366,
    /// Over 366 days when a 29 February lies after the start and not after the end, else over 365.
    Actual365Actual,
    /// 29 February is not counted.
    NoLeap365,
    /// Each day over the length of the year it lies in.
    ActualActualIsda,
    /// Whole years back from the end; the rest over 366 days when it holds a 29 February.
    ActualActualAfb,
    /// Each day over the length of the reference period it lies in, periods repeating both ways.
    ActualActualIcma {
        from: Date,
        until: Date,
    },
}

impl From<DayCount> for Convention {
    fn from(basis: DayCount) -> Convention {
        match basis {
            DayCount::Act360 => Convention::Actual360,
            DayCount::Act365 => Convention::Actual365Fixed,
            DayCount::Thirty360 => Convention::Thirty360European,
        }
    }
}

impl DayCount {
    /// Interest days (计息天数) of the half-open range from `start` to `end`.
    pub fn days(self, start: Date, end: Date) -> i32 {
        Convention::from(self).days(start, end)
    }

    /// Days a year counts for (年计息天数).
    pub const fn basis(self) -> i32 {
        match self {
            DayCount::Act360 | DayCount::Thirty360 => 360,
            DayCount::Act365 => 365,
        }
    }
}

impl Convention {
    /// Days counted from `start` to `end`: calendar days, or days of 30-day months.
    pub fn days(self, start: Date, end: Date) -> i32 {
        use Convention::*;
        match self {
            Thirty360Bond
            | Thirty360European
            | Thirty360Isda { .. }
            | Thirty360Us
            | Thirty360Psa
            | Thirty360EuropeanPlus
            | Thirty365 => self.thirty_day_months(start, end),
            NoLeap365 => (end - start) - leap_days_after(start, end),
            _ => end - start,
        }
    }

    /// The share of a year from `start` to `end`, exactly.
    pub fn year_fraction(self, start: Date, end: Date) -> YearFraction {
        use Convention::*;
        let over = |days: i32| YearFraction::new(self.days(start, end).into(), days.into());
        match self {
            Thirty365 | Actual365Fixed | NoLeap365 => over(365),
            Actual364 => over(364),
            Actual366 => over(366),
            Actual365Quarter => YearFraction::new(i128::from(end - start) * 4, 1461),
            Actual365Actual => over(if leap_days_after(start, end) > 0 { 366 } else { 365 }),
            ActualActualIsda => actual_actual_isda(start, end),
            ActualActualAfb => actual_actual_afb(start, end),
            ActualActualIcma { from, until } => actual_actual_icma(start, end, from, until),
            _ => over(360),
        }
    }

    fn thirty_day_months(self, start: Date, end: Date) -> i32 {
        use Convention::*;
        let (year_1, month_1, day_1) = start.ymd();
        let (year_2, month_2, day_2) = end.ymd();
        let february_end = |day: Date| day.month() == 2 && day.is_month_end();
        let (first, last) = match self {
            Thirty360European | Thirty365 => (day_1.min(30), day_2.min(30)),
            Thirty360Isda { termination } => {
                let last_counts = february_end(end) && termination != Some(end);
                (if february_end(start) { 30 } else { day_1.min(30) }, if last_counts { 30 } else { day_2.min(30) })
            }
            Thirty360EuropeanPlus => (day_1.min(30), if day_2 == 31 { 31 } else { day_2 }),
            Thirty360Us | Thirty360Psa => {
                let first = if february_end(start) { 30 } else { day_1.min(30) };
                let both = self == Thirty360Us && february_end(start) && february_end(end);
                (first, if both || (day_2 == 31 && first == 30) { 30 } else { day_2 })
            }
            _ => (day_1.min(30), if day_1 >= 30 { day_2.min(30) } else { day_2 }),
        };
        (year_2 - year_1) * 360 + (month_2 as i32 - month_1 as i32) * 30 + last as i32 - first as i32
    }
}

/// How many 29 Februaries lie after `start` and not after `end`.
fn leap_days_after(start: Date, end: Date) -> i32 {
    (start.year()..=end.year())
        .filter_map(|year| Date::from_ymd(year, 2, 29).ok())
        .filter(|&day| day > start && day <= end)
        .count() as i32
}

pub(crate) const fn days_in_year(year: i32) -> i32 {
    if is_leap_year(year) { 366 } else { 365 }
}

fn actual_actual_isda(start: Date, end: Date) -> YearFraction {
    let new_year = |year: i32| Date::from_ymd(year, 1, 1).expect("every year has a first day");
    (start.year()..=end.year()).fold(YearFraction::ZERO, |sum, year| {
        let days = end.min(new_year(year + 1)) - start.max(new_year(year));
        sum + YearFraction::new(days.max(0).into(), days_in_year(year).into())
    })
}

fn actual_actual_afb(start: Date, end: Date) -> YearFraction {
    let year_before = |day: Date| {
        let earlier = day.add_months(-12);
        // A year before 28 February is 29 February where there is one.
        if earlier.month() == 2 && earlier.day() == 28 { earlier.month_end() } else { earlier }
    };
    let (mut years, mut rest_end) = (0, end);
    while year_before(rest_end) >= start && rest_end > start {
        rest_end = year_before(rest_end);
        years += 1;
    }
    let leap = leap_days_after(start.previous(), rest_end.previous()) > 0;
    let days = i128::from(rest_end - start);
    YearFraction::new(years, 1) + YearFraction::new(days, if leap { 366 } else { 365 })
}

fn actual_actual_icma(start: Date, end: Date, from: Date, until: Date) -> YearFraction {
    // The reference period is a whole number of months, whatever days those months have.
    let months = ((12 * (until - from) + 182) / 365).max(1);
    let share = |left: Date, right: Date| {
        let days = end.min(right) - start.max(left);
        YearFraction::new(i128::from(days.max(0)) * i128::from(months), i128::from(right - left) * 12)
    };
    let mut sum = share(from, until);
    for (step, mut edge) in [(-months, from), (months, until)] {
        let mut periods = 1;
        while if step < 0 { edge > start } else { edge < end } {
            let next = if step < 0 { from } else { until }.add_months(step * periods);
            sum = sum + share(edge.min(next), edge.max(next));
            edge = next;
            periods += 1;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convention_counts_days_its_own_way() {
        let date = |text| Date::parse(text).unwrap();
        let check = |convention: Convention, start, end, numerator, denominator| {
            let share = convention.year_fraction(date(start), date(end));
            assert_eq!((share.numerator, share.denominator), (numerator, denominator), "{convention:?} {start} {end}");
        };
        check(Convention::Actual360, "2026-01-12", "2026-02-12", 31, 360);
        check(Convention::Actual365Fixed, "2024-01-01", "2025-01-01", 366, 365);
        check(Convention::Thirty360Bond, "2025-01-15", "2025-01-31", 2, 45);
        check(Convention::Thirty360Bond, "2025-01-30", "2025-03-31", 1, 6);
        check(Convention::Thirty360European, "2025-01-31", "2025-02-28", 7, 90);
        check(Convention::Thirty360Isda { termination: None }, "2025-01-31", "2025-02-28", 1, 12);
        check(Convention::Thirty360Us, "2012-02-29", "2013-02-28", 1, 1);
        check(Convention::Thirty360Psa, "2012-02-29", "2013-02-28", 179, 180);
        check(Convention::Thirty360EuropeanPlus, "2025-01-30", "2025-01-31", 1, 360);
        check(Convention::Thirty365, "2024-09-30", "2025-03-31", 36, 73);
        check(Convention::Actual365Quarter, "2025-01-01", "2026-01-01", 1460, 1461);
        check(Convention::Actual365Actual, "2024-02-28", "2024-02-29", 1, 366);
        check(Convention::Actual365Actual, "2024-02-29", "2024-03-01", 1, 365);
        check(Convention::NoLeap365, "2024-02-28", "2024-03-01", 1, 365);
        check(Convention::ActualActualIsda, "1999-07-01", "2000-07-01", 66_887, 66_795);
        check(Convention::ActualActualAfb, "2003-11-01", "2004-05-01", 91, 183);
        let half_year = Convention::ActualActualIcma { from: date("2003-01-15"), until: date("2003-07-15") };
        check(half_year, "2002-08-15", "2003-07-15", 337, 368);
    }

    #[test]
    fn the_bases_of_the_book_count_days_over_their_year() {
        let date = |text| Date::parse(text).unwrap();
        let check = |basis: DayCount, days, year| {
            assert_eq!((basis.days(date("2026-01-31"), date("2026-03-01")), basis.basis()), (days, year));
        };
        check(DayCount::Act360, 29, 360);
        check(DayCount::Act365, 29, 365);
        check(DayCount::Thirty360, 31, 360);
    }
}
