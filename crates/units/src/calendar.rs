//! Working days: weekends, statutory holidays and make-up workdays, given as data.

use crate::date::Date;

/// A calendar of working days (工作日历).
///
/// Construction: [`Calendar::default`] knows weekends only; [`Calendar::new`] takes the days off
/// and the weekend days worked instead (调休), as the State Council publishes them year by year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    days_off: Vec<Date>,
    make_up_workdays: Vec<Date>,
}

/// Where a due date goes that falls on a day off (节假日顺延规则).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Roll {
    /// Stays where it is, the default of Chinese retail loans.
    #[default]
    None,
    /// The first working day after (顺延).
    Following,
    /// The first working day after, unless that is in the next month: then the last before.
    ModifiedFollowing,
    /// The last working day before (提前).
    Preceding,
    /// The last working day before, unless that is in the month before: then the first after.
    ModifiedPreceding,
}

impl Calendar {
    pub fn new(mut days_off: Vec<Date>, mut make_up_workdays: Vec<Date>) -> Calendar {
        days_off.sort_unstable();
        make_up_workdays.sort_unstable();
        Calendar { days_off, make_up_workdays }
    }

    pub fn is_working_day(&self, day: Date) -> bool {
        if self.make_up_workdays.binary_search(&day).is_ok() {
            return true;
        }
        day.weekday() <= 5 && self.days_off.binary_search(&day).is_err()
    }

    pub fn roll(&self, day: Date, roll: Roll) -> Date {
        let following = || (0..).map(|n| day + n).find(|&d| self.is_working_day(d)).expect("some day is worked");
        let preceding = || (0..).map(|n| day - n).find(|&d| self.is_working_day(d)).expect("some day is worked");
        let same_month = |other: Date| other.year_month() == day.year_month();
        match roll {
            Roll::None => day,
            Roll::Following => following(),
            Roll::Preceding => preceding(),
            Roll::ModifiedFollowing => Some(following()).filter(|&d| same_month(d)).unwrap_or_else(preceding),
            Roll::ModifiedPreceding => Some(preceding()).filter(|&d| same_month(d)).unwrap_or_else(following),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_date_rolls_over_the_national_day_holiday() {
        let date = |text| Date::parse(text).unwrap();
        let holiday = (1..=7).map(|day| Date::from_ymd(2026, 10, day).unwrap()).collect();
        let calendar = Calendar::new(holiday, vec![date("2026-10-10")]);
        let check = |day, roll, expect: &str| assert_eq!(calendar.roll(date(day), roll).to_string(), expect);
        check("2026-10-03", Roll::None, "2026-10-03");
        check("2026-10-03", Roll::Following, "2026-10-08");
        check("2026-10-03", Roll::Preceding, "2026-09-30");
        check("2026-10-03", Roll::ModifiedPreceding, "2026-10-08");
        check("2026-10-10", Roll::Following, "2026-10-10"); // a Saturday worked
        check("2026-10-31", Roll::ModifiedFollowing, "2026-10-30");
    }
}
