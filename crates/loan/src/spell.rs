//! Spells of being past due, as the nights saw them.
//!
//! Between two days on which money moves the oldest unpaid instalment is the same, and its days
//! past due only grow: the last day of such a stretch tells the worst of it.

use crate::position::{DayRule, History, Pause};
use units::Date;

/// The running history of one loan (逾期过程).
pub(crate) struct Spells {
    pub(crate) first_instalment: usize,
    window_after: Date,
    /// The stretch under way: since when, and how many instalments had fallen due then.
    since: Date,
    fallen: usize,
    /// Highest days of the spell under way; 0 when none is.
    spell_worst: i32,
    fallen_at_cure: usize,
    history: History,
}

impl Spells {
    pub(crate) fn new(window_after: Date) -> Spells {
        Spells {
            first_instalment: 0,
            window_after,
            since: Date::MIN,
            fallen: 0,
            spell_worst: 0,
            fallen_at_cure: 0,
            history: History::default(),
        }
    }

    /// A spell that has not been seen to end.
    pub(crate) fn is_under_way(&self) -> bool {
        self.spell_worst > 0
    }

    /// A stretch begins at the end of `day`, after its money.
    pub(crate) fn begin(&mut self, day: Date, fallen: usize) {
        self.since = day;
        self.fallen = fallen;
    }

    /// Notes the stretch under way to the end of `until`, `oldest` being unpaid all along.
    pub(crate) fn note(&mut self, oldest: usize, due_on: Option<Date>, until: Date, rule: &DayRule, pauses: &[Pause]) {
        let enters_on = match due_on {
            Some(due_on) if due_on < until => rule.enters_on(due_on, pauses),
            _ => Date::MAX,
        };
        if self.spell_worst > 0 && enters_on > self.since {
            self.history.cured_on = Some(self.since);
            self.history.cured_from_days = std::mem::take(&mut self.spell_worst);
            self.fallen_at_cure = self.fallen;
        }
        let (Some(due_on), true) = (due_on, enters_on <= until) else { return };
        let days = rule.days_past_due(due_on, until, pauses);
        let history = &mut self.history;
        if self.spell_worst == 0 {
            history.cured_on = None;
            history.cured_from_days = 0;
            history.times_past_due_in_window += u32::from(enters_on.max(self.since) > self.window_after);
        }
        self.spell_worst = self.spell_worst.max(days);
        history.worst_days_past_due = history.worst_days_past_due.max(days);
        if until > self.window_after {
            history.worst_days_past_due_in_window = history.worst_days_past_due_in_window.max(days);
        }
        if oldest == self.first_instalment {
            history.first_instalment_past_due = true;
            history.first_instalment_worst_days = history.first_instalment_worst_days.max(days);
        }
    }

    pub(crate) fn history(&self, met: usize) -> History {
        let dues_met_since_cure = match self.history.cured_on {
            Some(_) => met.saturating_sub(self.fallen_at_cure) as u32,
            None => 0,
        };
        History { dues_met_since_cure, ..self.history }
    }
}
