//! A point in civil time, to the second, where somebody is.

use crate::date::Date;
use std::fmt;

/// A second on the clock of a place (当地时间), on a day there; which place is the owner's to say.
///
/// Built from a day and a second of it, or from seconds since 1970-01-01 UTC and the place's offset.
/// Ordered; two moments of one place differ by seconds. Knows no zone and no daylight saving: whoever
/// builds one knows the offset of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub(crate) i64);

const DAY: i64 = 86_400;

impl Moment {
    /// `second` counts from midnight, `0..86_400`.
    pub const fn new(day: Date, second: u32) -> Moment {
        assert!(second < DAY as u32, "a second of the day");
        Moment(day.day_number() as i64 * DAY + second as i64)
    }

    /// Seconds since 1970-01-01 00:00:00 UTC, seen from a place `offset_minutes` east of Greenwich.
    pub const fn from_utc(seconds: i64, offset_minutes: i32) -> Moment {
        Moment(seconds + offset_minutes as i64 * 60)
    }

    /// `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD HH:MM`; a `T` may stand between day and time.
    pub fn parse(text: &str) -> Option<Moment> {
        let (day, time) = text.split_once([' ', 'T'])?;
        let mut parts = time.split(':');
        let mut part = |limit: u32| parts.next().and_then(|part| part.parse().ok()).filter(|&value: &u32| value < limit);
        let (hour, minute) = (part(24)?, part(60)?);
        let second = if time.matches(':').count() == 2 { part(60)? } else { 0 };
        if time.matches(':').count() > 2 {
            return None;
        }
        Some(Moment::new(Date::parse(day).ok()?, hour * 3600 + minute * 60 + second))
    }

    pub const fn day(self) -> Date {
        Date::new(self.0.div_euclid(DAY) as i32)
    }

    /// Seconds since midnight there.
    pub const fn second_of_day(self) -> u32 {
        self.0.rem_euclid(DAY) as u32
    }

    pub const fn plus_seconds(self, seconds: i64) -> Moment {
        Moment(self.0 + seconds)
    }

    pub const fn seconds_since(self, earlier: Moment) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.second_of_day();
        write!(f, "{} {:02}:{:02}:{:02}", self.day(), second / 3600, second / 60 % 60, second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_it_is_written() {
        for text in ["2026-11-20 21:59:59", "1969-12-31 00:00:00"] {
            assert_eq!(Moment::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Moment::parse("2026-11-20T08:00").unwrap().to_string(), "2026-11-20 08:00:00");
        for text in ["2026-11-20", "2026-11-20 24:00", "2026-11-20 08:60", "2026-02-30 08:00", "2026-11-20 08:00:00:00"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_has_the_day_of_the_place() {
        // 2026-11-20 16:30 UTC is half past midnight in China.
        let utc = Moment::parse("2026-11-20 16:30").unwrap().0;
        assert_eq!(Moment::from_utc(utc, 480).to_string(), "2026-11-21 00:30:00");
    }
}
