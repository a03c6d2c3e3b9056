//! The night's question: who must be told tonight that a clock is running out.

use crate::clock::docket::Docket;
use crate::clock::fact::ClaimFacts;
use crate::clock::rule::ClockRules;
use crate::clock::state::{Course, courses};
use crate::clock::word::{ClockKind, SignalLevel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use units::{Calendar, Date};

/// Which rung of which ladder (信号唯一标识). An interruption gives the clock another last day and so a new ladder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignalKey {
    pub claim_id: String,
    pub kind: ClockKind,
    pub subject: String,
    pub last_day: Date,
    pub rung: Rung,
}

/// A rung of the signal ladder (信号档).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// So many days are left, or fewer.
    DaysLeft(i32),
    /// The last day has passed.
    Lapsed,
}

/// Tell somebody (时限信号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSignal {
    pub key: SignalKey,
    pub level: SignalLevel,
    /// The claim's owner, else its branch head.
    pub owner: String,
    pub days_left: i32,
    pub act_by: Option<Date>,
}

/// Every rung reached and not signalled yet, claim by claim, mildest first (夜间时限信号).
///
/// `signalled` is every key given so far: a night that was left out, a claim that came late and a fact entered
/// late are caught up with, and no rung is signalled twice.
pub fn night(
    claims: &[ClaimFacts],
    signalled: &BTreeSet<SignalKey>,
    rules: &ClockRules,
    calendar: &Calendar,
    business_date: Date,
) -> Vec<ClockSignal> {
    let mut signals: Vec<ClockSignal> = Vec::new();
    for facts in claims {
        let of_claim = signals.len();
        let docket = Docket::new(facts, rules, calendar, business_date);
        for course in courses(&docket) {
            for signal in reached(&docket, &course).filter(|signal| !signalled.contains(&signal.key)) {
                // A guarantor may have signed twice: who is told once knows.
                if signals[of_claim..].iter().all(|given| given.key != signal.key) {
                    signals.push(signal);
                }
            }
        }
    }
    signals
}

fn reached<'a>(docket: &'a Docket, course: &'a Course) -> impl Iterator<Item = ClockSignal> {
    let days_left = course.days_left(docket.business_date);
    let (_, period) = docket.rules.period(course.kind);
    let rungs = period.ladder.iter().map(|rung| (Rung::DaysLeft(rung.days_left), rung.level, rung.days_left));
    let rungs = rungs.chain([(Rung::Lapsed, period.lapsed, -1)]);
    rungs.filter_map(move |(rung, level, at)| {
        let days_left = days_left.filter(|&days_left| days_left <= at)?;
        let key = SignalKey {
            claim_id: docket.facts.claim_id.clone(),
            kind: course.kind,
            subject: course.subject.to_owned(),
            last_day: docket.business_date + days_left,
            rung,
        };
        let owner = docket.facts.signal_owner().to_owned();
        Some(ClockSignal { key, level, owner, days_left, act_by: course.act_by(docket) })
    })
}
