//! A period that acts restart and proceedings hold: limitation of the claim, of the guarantee, of enforcement.

use crate::clock::docket::{Docket, Judged, Noted, SuitLeft};
use crate::clock::fact::Obstacle;
use crate::clock::rule::{Period, last_day};
use crate::clock::word::{ActEffect, ActKind, ClockGround, ClockKind, Nature};
use policy::RuleRef;
use units::Date;

/// Where a clock stands on the business date, before anybody asks how much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    On(Date),
    Held,
    Suspended,
}

/// A period walked through its acts (时限推算).
pub(super) struct Walk<'a, 'p> {
    docket: &'a Docket<'a>,
    rule: RuleRef,
    period: &'a Period,
    kind: ClockKind,
    parties: &'p [&'a str],
    obstacles: Vec<&'a Obstacle>,
    pub started_on: Date,
    /// From when the long stop counts: acts restart the period, not this.
    harmed_on: Date,
    held: Held,
    /// The last day it once ran out on, though it was revived, or sued on too late, since.
    pub first_lapse: Option<Date>,
    pub because: Vec<Noted<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    No,
    WhilePending,
    ForGood,
}

impl<'a, 'p> Walk<'a, 'p> {
    /// A period of `kind` that starts on `start` and runs for whoever of `parties` owes.
    pub fn through(
        docket: &'a Docket<'a>,
        kind: ClockKind,
        (ground, start): (ClockGround, Date),
        parties: &'p [&'a str],
    ) -> Walk<'a, 'p> {
        let (rule, period) = docket.rules.period(kind);
        let mut walk = Walk {
            docket,
            rule,
            period,
            kind,
            parties,
            obstacles: docket.obstacles(parties),
            started_on: start,
            harmed_on: start,
            held: Held::No,
            first_lapse: None,
            because: vec![Noted::fact(rule, ground, start)],
        };
        for judged in docket.acts_on(kind, parties) {
            if let Some(effect) = walk.effect(&judged) {
                walk.take(&judged, effect);
                walk.because.push(Noted::act(judged, effect));
            }
        }
        walk
    }

    /// Where it stands; notes what held it or cut it short.
    pub fn end(&mut self) -> End {
        if self.held != Held::No {
            return End::Held;
        }
        let (end, obstacle) = self.reckon();
        if let Some(obstacle) = obstacle {
            self.because.push(Noted::fact(self.rule, ClockGround::Obstacle, obstacle.from));
        }
        if Some(end) == self.long_stop().map(End::On) {
            self.because.push(Noted::fact(self.rule, ClockGround::LongStop, self.harmed_on));
        }
        end
    }

    /// What the act does to the period as it stood before; `None` when it has no bearing on it.
    fn effect(&self, judged: &Judged) -> Option<ActEffect> {
        let act = judged.act;
        match (act.kind, act.kind.nature()) {
            (_, Nature::Withdraws | Nature::Renews) => return None,
            (ActKind::Acceleration, _) => return (act.on < self.started_on).then_some(ActEffect::Moves),
            // Asked for again on new assets, it has no limit of time (民诉解释 517).
            (ActKind::EnforcementTerminated, _) if judged.is_proved() && !self.has_lapsed_before(act.on) => {
                return Some(ActEffect::Holds);
            }
            // Only what was pending can end.
            (_, Nature::Ends) if self.held != Held::WhilePending => return None,
            (_, Nature::Ends) => return Some(ActEffect::Restarts),
            _ => {}
        }
        if !judged.counts() {
            return Some(ActEffect::TooWeak);
        }
        if self.has_lapsed_before(act.on) {
            // Only the claim itself comes back (时效规定 19), never a guarantee (担保解释 34).
            let revives = self.kind == ClockKind::Limitation && judged.is_revival;
            return Some(if revives { ActEffect::Revives } else { ActEffect::TooLate });
        }
        Some(match act.kind.nature() {
            Nature::Moves => ActEffect::Moves,
            Nature::Opens => match self.docket.left_of(act, self.parties) {
                SuitLeft::Stands => ActEffect::Holds,
                SuitLeft::Nothing => ActEffect::Undone,
                SuitLeft::Served if act.on < self.started_on => ActEffect::TooEarly,
                SuitLeft::Served => ActEffect::Restarts,
            },
            _ if self.held != Held::No => ActEffect::Holds,
            _ if act.on < self.started_on => ActEffect::TooEarly,
            _ => ActEffect::Restarts,
        })
    }

    fn take(&mut self, judged: &Judged, effect: ActEffect) {
        let act = judged.act;
        match effect {
            ActEffect::Holds if act.kind == ActKind::EnforcementTerminated => self.held = Held::ForGood,
            ActEffect::Holds if act.kind.nature() == Nature::Opens && self.held == Held::No => {
                self.held = Held::WhilePending;
            }
            ActEffect::Restarts => {
                self.started_on = reaches_to(judged).max(self.started_on);
                if act.kind.nature() == Nature::Ends {
                    self.held = Held::No;
                }
            }
            ActEffect::Moves | ActEffect::Revives => {
                if effect == ActEffect::Revives {
                    self.first_lapse = self.first_lapse.or(self.last());
                }
                self.started_on = reaches_to(judged);
                self.harmed_on = self.started_on;
            }
            ActEffect::TooLate if act.kind.nature() == Nature::Opens => self.first_lapse = self.first_lapse.or(self.last()),
            _ => {}
        }
    }

    fn has_lapsed_before(&self, day: Date) -> bool {
        self.held == Held::No && self.last().is_some_and(|last| day > last)
    }

    fn last(&self) -> Option<Date> {
        match self.reckon().0 {
            End::On(last) => Some(last),
            End::Held | End::Suspended => None,
        }
    }

    fn long_stop(&self) -> Option<Date> {
        let months = self.period.long_stop_months;
        (months > 0).then(|| last_day(self.harmed_on, months, self.docket.calendar))
    }

    /// The last day with every obstacle that falls into its last months (民法典 194): the period then ends
    /// so many months after the obstacle is gone; while it lasts, the period stands.
    fn reckon(&self) -> (End, Option<&'a Obstacle>) {
        let calendar = self.docket.calendar;
        let long_stop = self.long_stop();
        let mut last = last_day(self.started_on, self.period.months, calendar);
        let mut counted = None;
        for &obstacle in self.obstacles.iter().filter(|_| self.period.suspension_window_months > 0) {
            let window = last.add_months(-self.period.suspension_window_months);
            let removed_on = obstacle.removed_on.filter(|&day| day <= self.docket.business_date);
            match removed_on {
                _ if obstacle.from > last => {}
                Some(day) if day < window => {}
                Some(day) => {
                    last = last.max(last_day(day, self.period.suspension_rest_months, calendar));
                    counted = Some(obstacle);
                }
                None if self.docket.business_date < window => {}
                None => {
                    let stopped = long_stop.filter(|&stop| self.docket.business_date > stop);
                    return (stopped.map_or(End::Suspended, End::On), Some(obstacle));
                }
            }
        }
        (End::On(long_stop.map_or(last, |stop| last.min(stop))), counted)
    }
}

/// The day an act that grants time grants it to, if that is proved, else its own day.
fn reaches_to(judged: &Judged) -> Date {
    let act = judged.act;
    let granted = act.until.filter(|until| act.kind.needs_until() && judged.is_proved() && *until > act.on);
    granted.unwrap_or(act.on)
}
