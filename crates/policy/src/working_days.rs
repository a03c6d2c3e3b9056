//! The working calendar as rules: one per year, because each year is published by its own notice.

use crate::pack::{Pack, PackProblem};
use crate::read::Day;
use crate::rule::RuleKind;
use serde::Deserialize;
use units::{Calendar, Date};

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
            let (from, to) = (holiday.from.0, holiday.to.0);
            let is_inside = (0..366).contains(&(to - from)) && rule.is_in_effect(from) && rule.is_in_effect(to);
            if is_inside {
                days_off.extend((from.day_number()..=to.day_number()).map(Date::new));
            } else {
                problems.push(rule.problem(format!("holiday {from} to {to} is not inside the year"), "correct the days"));
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
