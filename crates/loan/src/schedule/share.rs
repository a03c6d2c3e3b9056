//! What share of a year's interest a stretch of days earns.

use super::cadence::Step;
use crate::contract::DayCount;
use crate::daycount::{Convention, YearFraction, days_in_year};
use units::Date;
use units::date::days_in_month;

/// How a stretch of days inside a period becomes a share of a year (计息规则).
///
/// The nominal rules give every whole period the same share, whatever its days; a stretch inside a
/// period then earns by its actual days. The others count days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearShare {
    /// A month is a twelfth (按月计息); odd days and weeks count by the day basis.
    MonthsAndDays(DayCount),
    /// A month is a twelfth, weeks and days count over 360.
    PeriodsOver360,
    /// A month is a twelfth, a week a fifty-second, a day a 365th.
    PeriodsOfYear,
    /// By a published convention.
    ByConvention(Convention),
    /// Each day over the length of the year it ends in.
    ActualByEndDay,
    /// Actual days over 366 when the period holds a 29 February, else over 365.
    ActualByLeapPeriod,
    /// Actual days over the length of the year the period starts in.
    ActualByStartYear,
}

/// The period a stretch lies in, as far as its share depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub from: Date,
    pub until: Date,
    /// A whole step of the cadence; otherwise a stub or a moved due date.
    pub regular: bool,
    pub step: Step,
}

impl YearShare {
    /// The share of `[from, until)`, a stretch of the period `span`.
    pub(super) fn of(self, span: &Span, from: Date, until: Date) -> YearFraction {
        match self {
            YearShare::MonthsAndDays(_) | YearShare::PeriodsOver360 | YearShare::PeriodsOfYear => {
                let whole = self.whole_period(span);
                if from == span.from && until == span.until {
                    return whole;
                }
                let (part, days) = (i128::from(until - from), i128::from(span.until - span.from));
                YearFraction::new(whole.numerator() * part, whole.denominator() * days.max(1))
            }
            YearShare::ByConvention(convention) => convention.year_fraction(from, until),
            YearShare::ActualByEndDay => Convention::ActualActualIsda.year_fraction(from.next(), until.next()),
            YearShare::ActualByLeapPeriod => {
                let leap = Convention::NoLeap365.days(span.from, span.until) < span.until - span.from;
                days_over(until - from, if leap { 366 } else { 365 })
            }
            YearShare::ActualByStartYear => days_over(until - from, days_in_year(span.from.year())),
        }
    }

    /// The share of the whole period under a nominal rule.
    fn whole_period(self, span: &Span) -> YearFraction {
        let days = span.until - span.from;
        match (span.step, self) {
            (Step::Months(months), _) if span.regular => days_over(months, 12),
            (Step::Months(_), _) => {
                let (months, days, month_days) = months_and_days(span.from, span.until);
                let odd = match self {
                    YearShare::MonthsAndDays(basis) => days_over(days, basis.basis()),
                    _ => days_over(days, 12 * month_days),
                };
                days_over(months, 12) + odd
            }
            (_, YearShare::MonthsAndDays(basis)) => days_over(days, basis.basis()),
            (_, YearShare::PeriodsOver360) => days_over(days, 360),
            (Step::Weeks(_), _) => days_over(days, 7 * 52),
            (Step::Days(_), _) => days_over(days, 365),
        }
    }
}

fn days_over(days: i32, year: i32) -> YearFraction {
    YearFraction::new(days.into(), year.into())
}

/// Whole months from `from` to `until`, the days left over, and the length of the month they start in.
fn months_and_days(from: Date, until: Date) -> (i32, i32, i32) {
    let apart = (until.year() - from.year()) * 12 + until.month() as i32 - from.month() as i32;
    let months = if from.add_months(apart) <= until { apart } else { apart - 1 };
    let rest_from = from.add_months(months);
    (months, until - rest_from, days_in_month(rest_from.year(), rest_from.month()) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_earns_its_share_of_the_year() {
        let check = |rule: YearShare, step, regular, period: (&str, &str), part: (&str, &str), expect: (i128, i128)| {
            let date = |text| Date::parse(text).unwrap();
            let span = Span { from: date(period.0), until: date(period.1), regular, step };
            let share = rule.of(&span, date(part.0), date(part.1));
            assert_eq!((share.numerator(), share.denominator()), expect, "{rule:?} {period:?} {part:?}");
        };
        let month = Step::Months(1);
        let february = ("2024-02-01", "2024-03-01");
        check(YearShare::PeriodsOfYear, month, true, february, february, (1, 12));
        check(YearShare::PeriodsOfYear, month, true, february, ("2024-02-01", "2024-02-15"), (7, 174));
        check(
            YearShare::PeriodsOver360,
            Step::Weeks(2),
            true,
            ("2024-02-01", "2024-02-15"),
            ("2024-02-01", "2024-02-15"),
            (7, 180),
        );
        check(
            YearShare::PeriodsOfYear,
            Step::Weeks(2),
            true,
            ("2024-02-01", "2024-02-15"),
            ("2024-02-01", "2024-02-15"),
            (1, 26),
        );
        let stub = ("2026-01-12", "2026-02-20");
        check(YearShare::MonthsAndDays(DayCount::Act360), month, false, stub, stub, (19, 180)); // a month and 8 days
        check(YearShare::PeriodsOver360, month, false, stub, stub, (3, 28)); // a month and 8/28
        let new_year = ("2023-12-12", "2024-01-12");
        check(YearShare::ActualByEndDay, month, true, new_year, new_year, (1_889, 22_265));
        check(YearShare::ActualByStartYear, month, true, new_year, new_year, (31, 365));
        check(YearShare::ActualByLeapPeriod, month, true, new_year, new_year, (31, 365));
        check(
            YearShare::ActualByLeapPeriod,
            month,
            true,
            ("2024-01-31", "2024-02-29"),
            ("2024-01-31", "2024-02-29"),
            (29, 366),
        );
    }
}
