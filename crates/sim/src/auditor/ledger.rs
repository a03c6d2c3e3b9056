//! One loan kept by hand: day after day, instalment by instalment.
//!
//! Written from the definitions of the book and of [`loan::Position`], sharing their types and none
//! of their code. No cursor, no running total, no shortcut: every question looks at every
//! instalment again, so that reading it is enough to believe it.

use super::journal::MoneyIn;
use super::rules::{AuditRules, Orders, Style};
use crate::world::Due;
use grading::Restructured;
use loan::accrual::{PenaltyBase, PenaltyStart};
use loan::position::{AfterGrace, UnpaidPenalty};
use loan::waterfall::{Component, Split};
use loan::{DayCount, History, Pause, Position, Terms};
use units::{Date, Money, Rounding, div_round};

/// What a loan is kept from (入账依据).
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub terms: &'a Terms,
    /// Sorted by due date.
    pub dues: &'a [Due],
    pub money: &'a MoneyIn,
    pub pauses: &'a [Pause],
}

/// What is left of one instalment (未还部分).
#[derive(Clone, Debug)]
struct Row {
    due_on: Date,
    left: Split,
}

/// The auditor's page for one loan (审计台账).
#[derive(Clone, Debug)]
pub struct Ledger {
    today: Date,
    rows: Vec<Row>,
    receipts_booked: usize,
    fen_days: i128,
    paid: Split,
    /// The instalment unpaid penalty interest began to run on.
    penalty_row: Option<usize>,
    held: Money,
    /// Days past due at the end of every day so far, with the row they came from.
    daily: Vec<(Date, i32, Option<usize>)>,
}

impl Ledger {
    /// The page before anything happened.
    pub fn new(facts: &Facts) -> Ledger {
        let rows = facts.dues.iter().map(|due| {
            let mut left = Split::of(Component::Principal, due.principal);
            left[Component::Interest] = due.interest;
            left[Component::Fee] = due.fee;
            Row { due_on: due.due_on, left }
        });
        let first_due = facts.dues.first().map(|due| due.due_on);
        let first = [Some(facts.terms.disbursed_on), first_due, facts.money.paid_on.first().copied()];
        Ledger {
            today: first.into_iter().flatten().min().unwrap_or(facts.terms.disbursed_on).previous(),
            rows: rows.collect(),
            receipts_booked: 0,
            fen_days: 0,
            paid: Split::default(),
            penalty_row: None,
            held: Money::ZERO,
            daily: Vec::new(),
        }
    }

    /// The last day closed.
    pub fn today(&self) -> Date {
        self.today
    }

    /// Closes every day up to `day`.
    pub fn close_through(&mut self, facts: &Facts, rules: &AuditRules, day: Date) {
        while self.today < day {
            self.fen_days += i128::from(self.bearing_penalty(rules).fen());
            self.today = self.today.next();
            self.place_penalty(facts, rules);
            self.book_receipts(facts, rules);
            self.place_penalty(facts, rules);
            let days = self.days_past_due(facts, rules);
            self.daily.push((self.today, days, self.oldest_unpaid(rules)));
        }
    }

    /// What is past due tonight and so costs penalty interest until tomorrow.
    fn bearing_penalty(&self, rules: &AuditRules) -> Money {
        let grace = match rules.penalty.start {
            PenaltyStart::NextDay => 0,
            PenaltyStart::AfterGrace => rules.days.grace_days,
        };
        let bearing: &[Component] = match rules.penalty.base {
            PenaltyBase::Principal => &[Component::Principal],
            PenaltyBase::PrincipalAndInterest => &[Component::Principal, Component::Interest],
            PenaltyBase::All => &[Component::Principal, Component::Interest, Component::Fee],
        };
        let rows = self.rows.iter().filter(|row| row.due_on + grace <= self.today);
        rows.flat_map(|row| bearing.iter().map(|&component| row.left[component])).sum()
    }

    /// Penalty interest accrued since the beginning, rounded once, less what was paid of it.
    fn penalty_left(&self, facts: &Facts, rules: &AuditRules) -> Money {
        let year = if facts.terms.day_count == DayCount::Act365 { 365 } else { 360 };
        let rate = rules.penalty_rate(facts.terms).ppm();
        let accrued = div_round(self.fen_days * i128::from(rate), year * 1_000_000, Rounding::HalfUp);
        Money::from_fen(accrued as i64) - self.paid[Component::Penalty]
    }

    /// The money of the day, one receipt after the other, by the order the day began with.
    fn book_receipts(&mut self, facts: &Facts, rules: &AuditRules) {
        let orders = match &rules.long_past_due {
            Some((days, orders)) if self.days_past_due(facts, rules) > *days => orders,
            _ => &rules.usual,
        };
        if self.held.is_positive() {
            let cash = std::mem::take(&mut self.held);
            self.held = self.settle(facts, rules, orders, cash);
        }
        while facts.money.paid_on.get(self.receipts_booked).is_some_and(|&on| on <= self.today) {
            let cash = facts.money.paid[self.receipts_booked];
            self.receipts_booked += 1;
            let beyond = self.settle(facts, rules, orders, cash);
            self.held += beyond;
        }
    }

    /// Spends `cash`; returns what nothing was owed for.
    fn settle(&mut self, facts: &Facts, rules: &AuditRules, orders: &Orders, mut cash: Money) -> Money {
        let owed: Vec<usize> = (0..self.rows.len()).filter(|&at| self.rows[at].due_on <= self.today).collect();
        let later: Vec<usize> = (owed.len()..self.rows.len()).collect();
        let one_by_one: Vec<Vec<Component>> = orders.order.iter().map(|&component| vec![component]).collect();
        let passes = match orders.style {
            Style::ByInstalment => vec![orders.order.clone()],
            Style::ByComponent => one_by_one,
        };
        for components in &passes {
            cash = self.settle_rows(facts, rules, &owed, components, cash);
        }
        if rules.pays_in_advance {
            cash = self.settle_rows(facts, rules, &later, &orders.order, cash);
        }
        cash
    }

    /// Instalment after instalment, each through `components`. Penalty interest is met with the
    /// instalment it began to run on.
    fn settle_rows(
        &mut self,
        facts: &Facts,
        rules: &AuditRules,
        rows: &[usize],
        components: &[Component],
        mut cash: Money,
    ) -> Money {
        for &at in rows {
            for &component in components {
                let left = match component {
                    Component::Penalty if self.penalty_row == Some(at) => self.penalty_left(facts, rules),
                    Component::Penalty => Money::ZERO,
                    _ => self.rows[at].left[component],
                };
                let amount = left.min(cash);
                cash -= amount;
                self.paid[component] += amount;
                if component != Component::Penalty {
                    self.rows[at].left[component] -= amount;
                }
            }
        }
        cash
    }

    /// Penalty interest belongs to the instalment that was the oldest open one when it began to run,
    /// until all of it is paid.
    fn place_penalty(&mut self, facts: &Facts, rules: &AuditRules) {
        if self.penalty_left(facts, rules).is_zero() {
            self.penalty_row = None;
        } else if self.penalty_row.is_none() {
            self.penalty_row = self.rows.iter().position(|row| row.left.total().is_positive());
        }
    }

    fn is_open(&self, at: usize, rules: &AuditRules) -> bool {
        let penalty_counts = rules.days.unpaid_penalty == UnpaidPenalty::Counts;
        self.rows[at].left.total().is_positive() || (penalty_counts && self.penalty_row == Some(at))
    }

    fn oldest_unpaid(&self, rules: &AuditRules) -> Option<usize> {
        (0..self.rows.len()).find(|&at| self.rows[at].due_on <= self.today && self.is_open(at, rules))
    }

    /// Counts the days from the oldest unpaid due date to today, leaving out paused ones.
    fn days_past_due(&self, facts: &Facts, rules: &AuditRules) -> i32 {
        let Some(oldest) = self.oldest_unpaid(rules) else { return 0 };
        let mut counted = 0;
        let mut day = self.rows[oldest].due_on;
        while day < self.today {
            let is_paused = facts.pauses.iter().any(|pause| pause.from <= day && day < pause.until);
            counted += if is_paused { 0 } else { 1 };
            day = day.next();
        }
        match rules.days.after_grace {
            _ if counted <= rules.days.grace_days => 0,
            AfterGrace::AllDays => counted,
            AfterGrace::DaysBeyond => counted - rules.days.grace_days,
        }
    }

    /// Where the loan stands tonight.
    pub fn position(&self, facts: &Facts, rules: &AuditRules) -> Position {
        let past_due = |component: Component| -> Money {
            self.rows.iter().filter(|row| row.due_on < self.today).map(|row| row.left[component]).sum()
        };
        let open = || self.rows.iter().filter(|row| row.left.total().is_positive());
        let next = open().find(|row| row.due_on > self.today);
        let is_lent = self.today >= facts.terms.disbursed_on;
        let (_, days_past_due, _) = *self.daily.last().unwrap_or(&(self.today, 0, None));
        Position {
            principal_outstanding: if is_lent { facts.terms.principal } else { Money::ZERO } - self.paid[Component::Principal],
            principal_past_due: past_due(Component::Principal),
            interest_past_due: past_due(Component::Interest),
            fee_past_due: past_due(Component::Fee),
            penalty_accrued: self.penalty_left(facts, rules),
            days_past_due,
            oldest_unpaid_due_on: self.oldest_unpaid(rules).map(|at| self.rows[at].due_on),
            unpaid_instalments: open().filter(|row| row.due_on <= self.today).count() as u32,
            next_due_on: next.map(|row| row.due_on),
            next_due_amount: next.map_or(Money::ZERO, |row| row.left.total()),
            last_paid_on: facts.money.paid_on.iter().rfind(|&&on| on <= self.today).copied(),
            paid_principal: self.paid[Component::Principal],
            paid_interest: self.paid[Component::Interest],
            paid_fee: self.paid[Component::Fee],
            paid_penalty: self.paid[Component::Penalty],
            surplus: self.held,
        }
    }

    /// How the dues after a change of terms were kept: each is looked at on the day after.
    pub fn since_restructuring(&self, changed_on: Date) -> Restructured {
        let after: Vec<Date> = self.rows.iter().map(|row| row.due_on).filter(|&due_on| due_on > changed_on).collect();
        let was_missed = |due_on: Date| {
            self.daily.iter().any(|(day, _, oldest)| *day == due_on.next() && oldest.is_some())
        };
        let fallen: Vec<Date> = after.iter().copied().filter(|&due_on| due_on < self.today).collect();
        let met_since = fallen.iter().rev().take_while(|&&due_on| !was_missed(due_on)).count();
        Restructured {
            first_due_on: after.first().copied().filter(|&due_on| due_on <= self.today),
            missed_on: fallen.iter().copied().filter(|&due_on| was_missed(due_on)).next_back(),
            dues_met: met_since as u32,
        }
    }

    /// What the days so far add up to.
    pub fn history(&self, facts: &Facts, rules: &AuditRules) -> History {
        let window_after = self.today.add_months(-rules.window_months);
        let in_window = || self.daily.iter().filter(|(day, ..)| *day > window_after);
        let enters = |pair: &&[(Date, i32, Option<usize>)]| pair[0].1 == 0 && pair[1].1 > 0 && pair[1].0 > window_after;
        let first = facts.dues.iter().position(|due| (due.principal + due.interest + due.fee).is_positive());
        let first_days = || self.daily.iter().filter(|(_, _, oldest)| oldest.is_some() && *oldest == first);
        let first_instalment_worst_days = first_days().map(|entry| entry.1).max().unwrap_or(0);
        let mut history = History {
            worst_days_past_due: self.daily.iter().map(|entry| entry.1).max().unwrap_or(0),
            worst_days_past_due_in_window: in_window().map(|entry| entry.1).max().unwrap_or(0),
            times_past_due_in_window: self.daily.windows(2).filter(enters).count() as u32,
            first_instalment_past_due: first_instalment_worst_days > 0,
            first_instalment_worst_days,
            ..History::default()
        };
        let last_past_due = self.daily.iter().rposition(|entry| entry.1 > 0);
        if let Some(last) = last_past_due.filter(|&last| last + 1 < self.daily.len()) {
            let cured_on = self.daily[last + 1].0;
            let spell = self.daily[..=last].iter().rev().take_while(|entry| entry.1 > 0);
            let fell_since = |at: &usize| self.rows[*at].due_on > cured_on && self.rows[*at].due_on <= self.today;
            history.cured_on = Some(cured_on);
            history.cured_from_days = spell.map(|entry| entry.1).max().unwrap_or(0);
            let met = (0..self.rows.len()).take_while(|&at| !self.is_open(at, rules)).filter(fell_since);
            history.dues_met_since_cure = met.count() as u32;
        }
        history
    }
}
