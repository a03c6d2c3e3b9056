//! Pauses of day counting: entered, ended early, and what counts as paused.

use crate::position::Pause;
use units::Date;

/// What somebody enters about a pause (暂停或恢复计算逾期). Both days of a pause are given; its last
/// day is counted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseAction {
    Pause { from: Date, until: Date },
    Resume { on: Date, until: Option<Date> },
}

/// Why a pause or its end is refused, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseRefusal {
    /// A resumption states an end.
    ResumeHasEnd,
    /// A resumption is not dated today.
    ResumeNotToday { today: Date },
    /// There is no pause under way to end.
    ResumeOutsidePause,
    /// A pause does not last a day.
    ShorterThanADay,
    /// A pause begins before the loan was paid out.
    BeforeDisbursement { disbursed_on: Date },
    /// A pause shares more than an end day with another.
    Overlaps { other: Pause },
}

impl PauseRefusal {
    pub const fn code(self) -> &'static str {
        match self {
            PauseRefusal::ResumeHasEnd => "E-PA-01",
            PauseRefusal::ResumeNotToday { .. } => "E-PA-02",
            PauseRefusal::ResumeOutsidePause => "E-PA-03",
            PauseRefusal::ShorterThanADay => "E-PA-04",
            PauseRefusal::BeforeDisbursement { .. } => "E-PA-05",
            PauseRefusal::Overlaps { .. } => "E-PA-06",
        }
    }
}

/// The pauses after one more action, or why it is refused. `pauses` are in force and sorted.
pub fn enter(
    pauses: &[Pause],
    action: PauseAction,
    disbursed_on: Option<Date>,
    today: Date,
) -> Result<Vec<Pause>, PauseRefusal> {
    let mut after = pauses.to_vec();
    match action {
        PauseAction::Resume { until: Some(_), .. } => return Err(PauseRefusal::ResumeHasEnd),
        PauseAction::Resume { on, .. } if on != today => return Err(PauseRefusal::ResumeNotToday { today }),
        PauseAction::Resume { on, .. } => {
            let under_way = after.iter_mut().find(|pause| pause.from <= on && on < pause.until);
            under_way.ok_or(PauseRefusal::ResumeOutsidePause)?.until = on;
        }
        PauseAction::Pause { from, until } => {
            if from >= until {
                return Err(PauseRefusal::ShorterThanADay);
            }
            if let Some(disbursed_on) = disbursed_on.filter(|&day| from < day) {
                return Err(PauseRefusal::BeforeDisbursement { disbursed_on });
            }
            if let Some(&other) = after.iter().find(|other| other.from < until && from < other.until) {
                return Err(PauseRefusal::Overlaps { other });
            }
            after.push(Pause { from, until });
            after.sort_by_key(|pause| pause.from);
        }
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i32) -> Date {
        Date::new(20_000 + number)
    }

    fn pause(from: i32, until: i32) -> PauseAction {
        PauseAction::Pause { from: day(from), until: day(until) }
    }

    fn resume(on: i32) -> PauseAction {
        PauseAction::Resume { on: day(on), until: None }
    }

    #[test]
    fn pauses_do_not_overlap_and_end_when_resumed() {
        let check = |actions: &[PauseAction], today: i32, expect: Result<&[(i32, i32)], &str>| {
            let entered =
                actions.iter().try_fold(Vec::new(), |pauses, &action| enter(&pauses, action, Some(day(0)), day(today)));
            let found = entered.map_err(PauseRefusal::code);
            let expect = expect
                .map(|list| list.iter().map(|&(from, until)| Pause { from: day(from), until: day(until) }).collect());
            assert_eq!(found, expect, "{actions:?}");
        };
        check(&[pause(5, 8), pause(8, 10)], 5, Ok(&[(5, 8), (8, 10)]));
        check(&[pause(8, 10), pause(5, 8)], 5, Ok(&[(5, 8), (8, 10)]));
        check(&[pause(5, 9), resume(7), pause(7, 9)], 7, Ok(&[(5, 7), (7, 9)]));
        check(&[PauseAction::Resume { on: day(9), until: Some(day(10)) }], 9, Err("E-PA-01"));
        check(&[pause(5, 15), resume(9)], 10, Err("E-PA-02"));
        check(&[pause(5, 8), resume(8)], 8, Err("E-PA-03"));
        check(&[pause(5, 9), resume(7), resume(7)], 7, Err("E-PA-03"));
        check(&[pause(5, 5)], 5, Err("E-PA-04"));
        check(&[pause(-1, 5)], 5, Err("E-PA-05"));
        check(&[pause(5, 8), pause(7, 10)], 5, Err("E-PA-06"));
    }
}
