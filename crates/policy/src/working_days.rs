//! The working calendar as rules: one per year, because each year is published by its own notice.

use crate::pack::{Pack, PackProblem};
use crate::read::Day;
use crate::rule::RuleKind;
use serde::Deserialize;
use units::Calendar;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearText {
    holidays: Vec<HolidayText>,
    #[serde(default)]
    make_up_workdays: Vec<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayText {
    #[serde(rename = "name")]
    _name: String,
    from: Day,
    to: Day,
}

/// Every year of a pack as one calendar (工作日历). A due date of last year needs last year's days
/// off, so all years count, whichever is in force today.
pub fn working_calendar(pack: &Pack) -> Result<Calendar, Vec<PackProblem>> {
    let (mut days_off, mut make_up_workdays, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for rule in pack.rules().iter().filter(|rule| rule.kind == RuleKind::WorkingCalendar) {
        let year: YearText = match rule.params() {
            Ok(year) => year,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for holiday in &year.holidays {
            if holiday.to < holiday.from || !rule.is_in_effect(holiday.from.0) || !rule.is_in_effect(holiday.to.0) {
                let what = format!("holiday {} to {} is not inside the year", holiday.from.0, holiday.to.0);
                problems.push(rule.problem(what, "correct the days"));
            }
            let mut day = holiday.from.0;
            while day <= holiday.to.0 {
                days_off.push(day);
                day = day.next();
            }
        }
        for &Day(day) in &year.make_up_workdays {
            if day.weekday() <= 5 {
                problems.push(rule.problem(format!("make-up workday {day} is no weekend day"), "correct the day"));
            }
            make_up_workdays.push(day);
        }
    }
    if problems.is_empty() { Ok(Calendar::new(days_off, make_up_workdays)) } else { Err(problems) }
}
