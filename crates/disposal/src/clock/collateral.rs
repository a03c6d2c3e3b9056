//! Clocks of what stands behind a claim: exercise, preservation, insurance, registration, valuation.

use crate::clock::docket::{Docket, Noted, SuitLeft};
use crate::clock::fact::{Collateral, Preservation};
use crate::clock::rule::last_day;
use crate::clock::state::Course;
use crate::clock::walk::End;
use crate::clock::word::{ActEffect, ActKind, ClockGround, ClockKind, CollateralRight};
use units::{Date, Roll};

/// Where the claim's own period stands: what a registered right lives and dies with.
pub(super) struct MainClaim {
    pub started_on: Date,
    pub end: End,
    /// The day it had once run out: reviving the claim does not revive the right.
    pub first_lapse: Option<Date>,
}

pub(super) fn collateral_clocks<'a>(
    docket: &Docket<'a>,
    collateral: &'a Collateral,
    main: Option<&MainClaim>,
    courses: &mut Vec<Course<'a>>,
) {
    let is_registered = collateral.right != CollateralRight::PossessionPledge;
    courses.extend(main.filter(|_| is_registered).map(|main| exercise(docket, collateral, main)));
    let stated = [
        (ClockKind::Insurance, ActKind::InsuranceRenewed, collateral.insured_until),
        (ClockKind::Registration, ActKind::RegistrationRenewed, collateral.registered_until),
    ];
    for (kind, renewal, until) in stated {
        courses.extend(until.map(|until| stated_end(docket, collateral, (kind, renewal), until)));
    }
    courses.extend(collateral.valued_on.map(|valued_on| revaluation(docket, collateral, valued_on)));
}

/// A mortgage or registered pledge is exercised within the main claim's limitation, after judgment within
/// its enforcement period (民法典 419, 担保解释 44). Asking the court to sell the collateral exercises it.
fn exercise<'a>(docket: &Docket<'a>, collateral: &'a Collateral, main: &MainClaim) -> Course<'a> {
    let kind = ClockKind::MortgageExercise;
    let (rule, _) = docket.rules.period(kind);
    let mut because = vec![Noted::fact(rule, ClockGround::MainClaim, main.started_on)];
    let mut end = main.first_lapse.map_or(main.end, End::On);
    let last = match end {
        End::On(last) => last,
        End::Held | End::Suspended => docket.business_date,
    };
    let mut pending = false;
    for judged in docket.acts_on(kind, &[&collateral.collateral_id]) {
        let effect = match judged.act.kind {
            ActKind::CollateralSaleApplied if !judged.counts() => ActEffect::TooWeak,
            ActKind::CollateralSaleApplied if judged.act.on > last => ActEffect::TooLate,
            ActKind::CollateralSaleApplied => ActEffect::Holds,
            ActKind::ProceedingsEnded if pending => ActEffect::Undone,
            _ => continue,
        };
        pending = match effect {
            ActEffect::Holds => true,
            ActEffect::Undone => false,
            _ => pending,
        };
        because.push(Noted::act(judged, effect));
    }
    if pending {
        end = End::Held;
    }
    Course { kind, subject: &collateral.collateral_id, started_on: main.started_on, end, because }
}

/// A policy or registration ends on the day its paper says, working day or not; a later paper replaces it.
fn stated_end<'a>(
    docket: &Docket<'a>,
    collateral: &'a Collateral,
    (kind, renewal): (ClockKind, ActKind),
    until: Date,
) -> Course<'a> {
    let (rule, _) = docket.rules.period(kind);
    let mut because = vec![Noted::fact(rule, ClockGround::StatedEnd, until)];
    let (mut started_on, mut last) = (until, until);
    for judged in docket.acts_on(kind, &[&collateral.collateral_id]).filter(|judged| judged.act.kind == renewal) {
        let renewed = judged.act.until.filter(|&until| judged.counts() && until > last);
        if let Some(until) = renewed {
            (started_on, last) = (judged.act.on, until);
        }
        let effect = if renewed.is_some() { ActEffect::Renews } else { ActEffect::TooWeak };
        because.push(Noted::act(judged, effect));
    }
    Course { kind, subject: &collateral.collateral_id, started_on, end: End::On(last), because }
}

fn revaluation<'a>(docket: &Docket<'a>, collateral: &'a Collateral, valued_on: Date) -> Course<'a> {
    let kind = ClockKind::Revaluation;
    let (rule, period) = docket.rules.period(kind);
    let mut because = vec![Noted::fact(rule, ClockGround::Valued, valued_on)];
    let mut started_on = valued_on;
    for judged in docket.acts_on(kind, &[&collateral.collateral_id]) {
        let effect = if judged.counts() { ActEffect::Renews } else { ActEffect::TooWeak };
        if judged.counts() {
            started_on = started_on.max(judged.act.on);
        }
        because.push(Noted::act(judged, effect));
    }
    let end = End::On(last_day(started_on, period.months, docket.calendar));
    Course { kind, subject: &collateral.collateral_id, started_on, end, because }
}

/// Preservation ordered before a suit is lifted unless a suit against somebody who owes follows (民诉法 104).
pub(super) fn preservation_suit<'a>(docket: &Docket<'a>, measure: &'a Preservation) -> Course<'a> {
    let kind = ClockKind::PreservationSuit;
    let (rule, period) = docket.rules.period(kind);
    let last = docket.calendar.roll(measure.ordered_on + period.days, Roll::Following);
    let mut parties = docket.debtors();
    parties.extend(docket.facts.guarantees.iter().map(|guarantee| guarantee.guarantor_id.as_str()));
    let mut end = End::On(last);
    let mut because = vec![Noted::fact(rule, ClockGround::Ordered, measure.ordered_on)];
    for judged in docket.acts_on(kind, &parties) {
        let effect = match docket.left_of(judged.act, &parties) {
            _ if !judged.counts() => ActEffect::TooWeak,
            _ if judged.act.on > last => ActEffect::TooLate,
            SuitLeft::Stands => ActEffect::Holds,
            SuitLeft::Served | SuitLeft::Nothing => ActEffect::Undone,
        };
        if effect == ActEffect::Holds {
            end = End::Held;
        }
        because.push(Noted::act(judged, effect));
    }
    Course { kind, subject: &measure.preservation_id, started_on: measure.ordered_on, end, because }
}

/// A seizure or freeze (民诉解释 485): it ends on the day of the court's notice, at the latest after the longest
/// lawful term, and no day off prolongs it. It is renewed before it ends, by no more than that term; lifted, it
/// has no clock.
pub(super) fn preservation<'a>(docket: &Docket<'a>, measure: &'a Preservation) -> Option<Course<'a>> {
    let kind = ClockKind::Preservation;
    let (rule, period) = docket.rules.period(kind);
    let months = period.months_of(measure.asset);
    let longest = measure.ordered_on.add_months(months);
    let mut started_on = measure.ordered_on;
    let mut last = measure.until.map_or(longest, |until| until.min(longest));
    let mut because = vec![Noted::fact(rule, ClockGround::Ordered, measure.ordered_on)];
    for judged in docket.acts_on(kind, &[&measure.preservation_id]) {
        let act = judged.act;
        let effect = match act.kind {
            ActKind::PreservationLifted => return None,
            _ if !judged.counts() => ActEffect::TooWeak,
            _ if act.on > last => ActEffect::TooLate,
            _ => {
                let longest = last.add_months(months);
                let renewed = act.until.unwrap_or_else(|| act.on.add_months(months));
                last = renewed.min(longest).max(last);
                started_on = act.on;
                ActEffect::Renews
            }
        };
        because.push(Noted::act(judged, effect));
    }
    Some(Course { kind, subject: &measure.preservation_id, started_on, end: End::On(last), because })
}
