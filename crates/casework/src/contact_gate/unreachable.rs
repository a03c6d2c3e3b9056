//! Whether a debtor can be reached, told by the log of attempts and nothing else.

use super::question::History;
use super::rules::{Opens, UnreachableRule, UnreachableTest};
use crate::contact::{Contact, Direction};
use units::Moment;

const DAY: i64 = 86_400;

/// Midnight at which the moment's day began.
pub(super) fn start_of_day(at: Moment) -> Moment {
    at.plus_seconds(-i64::from(at.second_of_day()))
}

/// The debtor was spoken with for the last time, whoever began it (最近联系上); a contact under way may be just that.
pub(super) fn reached_at(history: &History) -> Option<Moment> {
    let made = history.contacts.iter().filter(|contact| contact.result.is_right_party());
    let with_debtor = made.chain(history.under_way).filter(|contact| contact.relation.speaks_for_debtor());
    with_debtor.map(|contact| contact.at).max()
}

/// From when on the debtor counts as unreachable (失联), by the first test that says so. What was tried before
/// the debtor was last spoken with proves nothing: reaching the debtor revokes it.
pub(super) fn unreachable_from(tests: &[UnreachableRule], history: &History) -> Option<Moment> {
    let reached_at = reached_at(history);
    let since = |contact: &&Contact| {
        contact.relation.speaks_for_debtor()
            && contact.direction == Direction::Outbound
            && reached_at.is_none_or(|reached_at| contact.at > reached_at)
    };
    let attempts: Vec<&Contact> = history.contacts.iter().filter(since).collect();
    let proved = tests.iter().filter_map(|test| {
        let at = proved_at(test, &attempts, history.debtor_points)?;
        Some(match test.opens {
            Opens::AtOnce => at,
            Opens::NextDay => start_of_day(at).plus_seconds(DAY),
        })
    });
    proved.min()
}

/// When the attempts met the test, if they did.
fn proved_at(test: &UnreachableRule, attempts: &[&Contact], points: &[&str]) -> Option<Moment> {
    let attempts: Vec<&Contact> =
        attempts.iter().copied().filter(|attempt| test.channels.contains(&attempt.channel)).collect();
    let failed = |attempt: &Contact| test.results.contains(&attempt.result);
    match test.test {
        UnreachableTest::PointsFailed => {
            let last_of = |point: &str| attempts.iter().rev().find(|attempt| attempt.contact_point == point);
            let tried = attempts.iter().map(|attempt| attempt.contact_point.as_str());
            let mut all: Vec<&str> = points.iter().copied().chain(tried).collect();
            all.sort_unstable();
            all.dedup();
            let failed_at = |point: &&str| last_of(point).filter(|attempt| failed(attempt)).map(|attempt| attempt.at);
            let failures: Vec<Moment> = all.iter().map_while(failed_at).collect();
            let is_proved = failures.len() == all.len() && failures.len() >= test.at_least as usize;
            failures.into_iter().max().filter(|_| is_proved)
        }
        UnreachableTest::AttemptsFailed => {
            let mut in_a_row = 0;
            let met = attempts.iter().find(|attempt| {
                in_a_row = if failed(attempt) { in_a_row + 1 } else { 0 };
                in_a_row == test.at_least
            });
            met.map(|attempt| attempt.at)
        }
        UnreachableTest::DaysFailed => {
            let (mut in_a_row, mut eve) = (0, None);
            for day in attempts.chunk_by(|one, next| one.at.day() == next.at.day()) {
                let (first, last) = (day[0], day[day.len() - 1]);
                let follows = eve.is_some_and(|eve| start_of_day(first.at).seconds_since(eve) == DAY);
                in_a_row = match day.iter().all(|attempt| failed(attempt)) {
                    true if follows => in_a_row + 1,
                    true => 1,
                    false => 0,
                };
                eve = Some(start_of_day(first.at));
                if in_a_row == test.at_least {
                    return Some(last.at);
                }
            }
            None
        }
    }
}
