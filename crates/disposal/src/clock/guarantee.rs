//! Guarantee periods (保证期间), which nothing suspends, interrupts or extends, and what follows them.

use crate::clock::docket::{Docket, Judged, Noted, SuitLeft};
use crate::clock::fact::{Guarantee, GuaranteeTerm};
use crate::clock::rule::last_day;
use crate::clock::state::Course;
use crate::clock::walk::{End, Walk};
use crate::clock::word::{ActEffect, ActKind, ClockGround, ClockKind, EnforceableKind, GuaranteeForm, Nature};
use policy::RuleRef;
use units::Date;

/// The guarantee period, and the limitation of the guarantee once the guarantor was held liable.
pub(super) fn guarantee_clocks<'a>(docket: &'a Docket<'a>, guarantee: &'a Guarantee, courses: &mut Vec<Course<'a>>) {
    let Some((period, claimed)) = guarantee_period(docket, guarantee) else { return };
    courses.push(period);
    let guarantor = guarantee.guarantor_id.as_str();
    let Some(claimed) = claimed else { return };
    let start = match kind_of(guarantee) {
        ClockKind::JointGuarantee => Some((ClockGround::GuarantorClaimed, claimed.act.on)),
        _ => refusal_ended(docket, claimed.act.on).map(|on| (ClockGround::RefusalEnded, on)),
    };
    let Some(start) = start else { return };
    let parties = [guarantor];
    let mut walk = Walk::through(docket, ClockKind::GuaranteeLimitation, start, &parties);
    let mut end = walk.end();
    if let Some(adjudged) = adjudged(docket, &parties) {
        walk.because.push(adjudged);
        end = End::Held;
    }
    courses.push(Course {
        kind: ClockKind::GuaranteeLimitation,
        subject: guarantor,
        started_on: walk.started_on,
        end,
        because: walk.because,
    });
}

/// A judgment or award against any of these has taken the place of limitation.
pub(super) fn adjudged<'a>(docket: &Docket<'a>, parties: &[&str]) -> Option<Noted<'a>> {
    let (rule, _) = docket.rules.period(ClockKind::Enforcement);
    let binding = docket.facts.documents.iter().find(|document| {
        document.kind == EnforceableKind::Judgment
            && document.effective_on <= docket.business_date
            && document.against.iter().any(|party| parties.contains(&party.as_str()))
    });
    binding.map(|document| Noted::fact(rule, ClockGround::Adjudged, document.effective_on))
}

/// An unclear form is a general guarantee (民法典 686).
fn kind_of(guarantee: &Guarantee) -> ClockKind {
    match guarantee.form {
        Some(GuaranteeForm::Joint) => ClockKind::JointGuarantee,
        Some(GuaranteeForm::General) | None => ClockKind::GeneralGuarantee,
    }
}

/// The period, and the act within it that keeps the guarantor liable. A joint guarantor is claimed from;
/// for a general one the debtor is sued or enforced against (民法典 693).
fn guarantee_period<'a>(docket: &'a Docket<'a>, guarantee: &'a Guarantee) -> Option<(Course<'a>, Option<Judged<'a>>)> {
    let kind = kind_of(guarantee);
    let (rule, _) = docket.rules.period(kind);
    let guarantor = guarantee.guarantor_id.as_str();
    let debtors = docket.debtors();
    let parties = match kind {
        ClockKind::JointGuarantee => vec![guarantor],
        _ => debtors.clone(),
    };
    let (mut because, due_on) = guaranteed_due(docket, guarantee, (kind, rule))?;
    let (started_on, last) = term(docket, guarantee, due_on);
    if guarantee.maximum_amount.is_some() {
        because.push(Noted::fact(rule, ClockGround::ClaimsFixed, started_on));
    }
    let mut claimed = None;
    let acts = docket.acts_on(kind, &parties).filter(|judged| matches!(judged.act.kind.nature(), Nature::Asserts | Nature::Opens));
    for judged in acts {
        let effect = claim_effect(docket, &judged, (kind, &parties), (started_on, last));
        because.push(Noted::act(judged, effect));
        if effect == ActEffect::Holds {
            claimed = Some(judged);
            break;
        }
    }
    let mut end = if claimed.is_some() { End::Held } else { End::On(last) };
    // A judgment against the guarantor says that the period was kept, though nobody recorded how.
    if let Some(adjudged) = adjudged(docket, &[guarantor]).filter(|_| claimed.is_none()) {
        because.push(adjudged);
        end = End::Held;
    }
    Some((Course { kind, subject: guarantor, started_on, end, because }, claimed))
}

fn claim_effect(
    docket: &Docket,
    judged: &Judged,
    (kind, parties): (ClockKind, &[&str]),
    (started_on, last): (Date, Date),
) -> ActEffect {
    let is_suit = judged.act.kind.nature() == Nature::Opens;
    match judged.act.on {
        _ if !judged.counts() => ActEffect::TooWeak,
        on if on < started_on => ActEffect::TooEarly,
        on if on > last => ActEffect::TooLate,
        _ if !is_suit => ActEffect::Holds,
        // 担保解释 31: withdrawn, it has claimed from a joint guarantor who was served, never from a general one.
        _ => match docket.left_of(judged.act, parties) {
            SuitLeft::Stands => ActEffect::Holds,
            SuitLeft::Served if kind == ClockKind::JointGuarantee => ActEffect::Holds,
            SuitLeft::Served | SuitLeft::Nothing => ActEffect::Undone,
        },
    }
}

/// The due day that binds the guarantor: an extension without written consent leaves it (民法典 695), an
/// acceleration brings it forward, which is the earlier and so the safer reading.
fn guaranteed_due<'a>(
    docket: &Docket<'a>,
    guarantee: &'a Guarantee,
    (kind, rule): (ClockKind, RuleRef),
) -> Option<(Vec<Noted<'a>>, Date)> {
    let mut due_on = docket.facts.due_on.iter().copied().max();
    let mut because: Vec<Noted> = due_on.iter().map(|&on| Noted::fact(rule, ClockGround::GuaranteedDue, on)).collect();
    let mut parties = docket.debtors();
    parties.push(&guarantee.guarantor_id);
    for judged in docket.acts_on(kind, &parties) {
        let act = judged.act;
        let effect = match act.kind {
            ActKind::Acceleration if due_on.is_none_or(|due| act.on < due) => {
                due_on = Some(act.on);
                ActEffect::Moves
            }
            ActKind::GuarantorConsent if act.is_against(&[&guarantee.guarantor_id]) => {
                let lapsed = due_on.is_none_or(|due| act.on > term(docket, guarantee, due).1);
                match act.until {
                    _ if !judged.counts() => ActEffect::TooWeak,
                    _ if lapsed => ActEffect::TooLate,
                    Some(until) if due_on.is_some_and(|due| until > due) => {
                        due_on = Some(until);
                        ActEffect::Moves
                    }
                    _ => continue,
                }
            }
            _ => continue,
        };
        because.push(Noted::act(judged, effect));
    }
    due_on.map(|due_on| (because, due_on))
}

/// First and last day of the period for a due day (民法典 692, 担保解释 30, 32).
fn term(docket: &Docket, guarantee: &Guarantee, due_on: Date) -> (Date, Date) {
    let (_, period) = docket.rules.period(kind_of(guarantee));
    let start = match guarantee.maximum_amount {
        Some(maximum) => maximum.fixed_on.max(maximum.last_due_on),
        None => due_on,
    };
    let months = |months| last_day(start, months, docket.calendar);
    let last = match guarantee.term {
        GuaranteeTerm::Months(agreed @ 1..=MOST_MONTHS) => months(agreed as i32),
        GuaranteeTerm::Until(day) if day > start => last_day(day, 0, docket.calendar),
        _ => months(period.months),
    };
    (start, last)
}

/// A century: no contract agrees to more, and the arithmetic of days ends somewhere.
const MOST_MONTHS: u32 = 1200;

/// When a general guarantor may no longer refuse (担保解释 28): the ruling that ends the enforcement for want
/// of assets, or a year after enforcement was applied for without one.
fn refusal_ended(docket: &Docket, sued_on: Date) -> Option<Date> {
    let (_, period) = docket.rules.period(ClockKind::GuaranteeLimitation);
    let debtors = docket.debtors();
    let mut enforced = docket.acts_on(ClockKind::Enforcement, &debtors).filter(|judged| judged.act.on >= sued_on);
    let applied = enforced.find(|judged| judged.act.kind == ActKind::EnforcementApplied && judged.counts())?.act.on;
    let terminated = enforced.find(|judged| judged.act.kind == ActKind::EnforcementTerminated).map(|judged| judged.act.on);
    let a_year_on = applied.add_months(period.refusal_months);
    let ended = terminated.map_or(a_year_on, |on| on.min(a_year_on));
    (ended <= docket.business_date).then_some(ended)
}
