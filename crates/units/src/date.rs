//! Civil days as day numbers.

use std::fmt;
use std::ops::{Add, Sub};

/// A civil day (日期) as the number of days since 1970-01-01, the number Arrow's `Date32` uses.
///
/// Construction: [`Date::new`], [`Date::from_ymd`], [`Date::parse`]. Adding and subtracting whole
/// days is exact; months follow [`Date::add_months`] (civil code article 202: the corresponding
/// day, or the month's last). Not supported: times of day, time zones, years outside 1..=9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub(crate) i32);

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth {
    pub year: i32,
    pub month: u32,
}

/// Why a text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    /// Not of the form `YYYY-MM-DD`.
    NotADate,
    /// Of the form, but no such day: 2026-02-30.
    NoSuchDay,
}

impl Date {
    pub const MIN: Date = Date(i32::MIN);
    pub const MAX: Date = Date(i32::MAX);

    pub const fn new(day_number: i32) -> Date {
        Date(day_number)
    }

    /// Days since 1970-01-01.
    pub const fn day_number(self) -> i32 {
        self.0
    }

    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Date, DateError> {
        let in_range = (1..=9999).contains(&year) && (1..=12).contains(&month);
        if !in_range || day == 0 || day > days_in_month(year, month) {
            return Err(DateError::NoSuchDay);
        }
        Ok(Date(day_number(year, month, day)))
    }

    /// Reads exactly `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Date, DateError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(DateError::NotADate);
        }
        let number = |from: usize, to: usize| -> Result<u32, DateError> {
            bytes[from..to].iter().try_fold(0u32, |value, byte| match byte {
                b'0'..=b'9' => Ok(value * 10 + u32::from(byte - b'0')),
                _ => Err(DateError::NotADate),
            })
        };
        Date::from_ymd(number(0, 4)? as i32, number(5, 7)?, number(8, 10)?)
    }

    /// Year, month and day of the proleptic Gregorian calendar.
    pub const fn ymd(self) -> (i32, u32, u32) {
        // Days are counted from 0000-03-01, so that a leap day ends its year.
        let days = self.0 as i64 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
        let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
        (year as i32, month, day)
    }

    pub const fn year(self) -> i32 {
        self.ymd().0
    }

    pub const fn month(self) -> u32 {
        self.ymd().1
    }

    pub const fn day(self) -> u32 {
        self.ymd().2
    }

    pub const fn year_month(self) -> YearMonth {
        let (year, month, _) = self.ymd();
        YearMonth { year, month }
    }

    /// Monday is 1, Sunday is 7.
    pub const fn weekday(self) -> u32 {
        (self.0 + 3).rem_euclid(7) as u32 + 1
    }

    pub const fn is_month_end(self) -> bool {
        let (year, month, day) = self.ymd();
        day == days_in_month(year, month)
    }

    pub const fn month_end(self) -> Date {
        let (year, month, _) = self.ymd();
        Date(day_number(year, month, days_in_month(year, month)))
    }

    /// The corresponding day `months` later (or earlier), or that month's last day (民法典 202).
    pub const fn add_months(self, months: i32) -> Date {
        self.add_months_on(months, self.ymd().2)
    }

    /// As [`Date::add_months`], aiming at day `day` of the month: a loan due on the 31st comes back
    /// to the 31st after a short month.
    pub const fn add_months_on(self, months: i32, day: u32) -> Date {
        let (year, month, _) = self.ymd();
        let index = year * 12 + month as i32 - 1 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
        let last = days_in_month(year, month);
        Date(day_number(year, month, if day < last { day } else { last }))
    }

    /// Whole days from `earlier` to `self`; negative when `earlier` is later.
    pub const fn days_since(self, earlier: Date) -> i32 {
        self.0 - earlier.0
    }

    pub const fn plus_days(self, days: i32) -> Date {
        Date(self.0 + days)
    }

    pub const fn next(self) -> Date {
        Date(self.0 + 1)
    }

    pub const fn previous(self) -> Date {
        Date(self.0 - 1)
    }
}

/// 29 for February of a leap year.
pub const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

pub const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn day_number(year: i32, month: u32, day: u32) -> i32 {
    let year = year as i64 - if month <= 2 { 1 } else { 0 };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 } as i64;
    let day_of_year = (153 * shifted_month + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) as i32
}

impl Add<i32> for Date {
    type Output = Date;
    fn add(self, days: i32) -> Date {
        Date(self.0 + days)
    }
}

impl Sub<i32> for Date {
    type Output = Date;
    fn sub(self, days: i32) -> Date {
        Date(self.0 - days)
    }
}

/// Whole days between two dates.
impl Sub for Date {
    type Output = i32;
    fn sub(self, earlier: Date) -> i32 {
        self.days_since(earlier)
    }
}

/// `YYYY-MM-DD`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

/// `YYYY-MM`
impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DateError::NotADate => "not a date of the form YYYY-MM-DD",
            DateError::NoSuchDay => "no such day in the calendar",
        })
    }
}

impl std::error::Error for DateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let mut expect = (1900, 1, 1);
        for number in date("1900-01-01").day_number()..=date("2299-12-31").day_number() {
            let day = Date::new(number);
            assert_eq!(day.ymd(), expect);
            assert_eq!(Date::from_ymd(expect.0, expect.1, expect.2), Ok(day));
            expect = match expect {
                (year, 12, 31) => (year + 1, 1, 1),
                (year, month, day) if day == days_in_month(year, month) => (year, month + 1, 1),
                (year, month, day) => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn text_becomes_a_day_or_says_why_not() {
        assert_eq!(Date::parse("1970-01-01"), Ok(Date::new(0)));
        assert_eq!(Date::parse("2026-02-30"), Err(DateError::NoSuchDay));
        assert_eq!(Date::parse("2026-2-3"), Err(DateError::NotADate));
        assert_eq!(Date::parse("20260203"), Err(DateError::NotADate));
        assert_eq!(date("2026-11-21").to_string(), "2026-11-21");
        assert_eq!(date("2026-11-21").weekday(), 6);
    }

    #[test]
    fn a_month_later_is_the_corresponding_day_or_the_last() {
        let check = |from: &str, months, expect: &str| assert_eq!(date(from).add_months(months).to_string(), expect);
        check("2026-01-31", 1, "2026-02-28");
        check("2024-01-31", 1, "2024-02-29");
        check("2026-03-31", -1, "2026-02-28");
        check("2026-11-15", 14, "2028-01-15");
        assert_eq!(date("2026-02-28").add_months_on(1, 31).to_string(), "2026-03-31");
    }
}
