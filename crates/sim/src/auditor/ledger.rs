//! One loan kept by hand: day after day, instalment by instalment.
//!
//! Written from the definitions of the book and of [`loan::Position`], sharing their types and none
//! of their code. No cursor, no running total, no shortcut: every question looks at every
//! instalment again, so that reading it is enough to believe it.

use super::rules::{AuditRules, Orders, Style};
use loan::accrual::{PenaltyBase, PenaltyStart};
use loan::position::AfterGrace;
use loan::waterfall::{Component, Split};
use loan::{DayCount, History, LoanView, Position};
use units::{Date, Money, Rounding, div_round};

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
    held: Money,
    /// Days past due at the end of every day so far, with the row they came from.
    daily: Vec<(Date, i32, Option<usize>)>,
}

impl Ledger {
    /// The page before anything happened.
    pub fn new(claim: &LoanView) -> Ledger {
        let rows = (0..claim.due_on.len()).map(|at| {
            let mut left = Split::default();
            left[Component::Principal] = claim.principal_due[at];
            left[Component::Interest] = claim.interest_due[at];
            left[Component::Fee] = claim.fee_due[at];
            Row { due_on: claim.due_on[at], left }
        });
        let first = [Some(claim.terms.disbursed_on), claim.due_on.first().copied(), claim.paid_on.first().copied()];
        Ledger {
            today: first.into_iter().flatten().min().unwrap_or(claim.terms.disbursed_on).previous(),
            rows: rows.collect(),
            receipts_booked: 0,
            fen_days: 0,
            paid: Split::default(),
            held: Money::ZERO,
            daily: Vec::new(),
        }
    }

    /// The last day closed.
    pub fn today(&self) -> Date {
        self.today
    }

    /// Closes every day up to `day`.
    pub fn close_through(&mut self, claim: &LoanView, rules: &AuditRules, day: Date) {
        while self.today < day {
            self.fen_days += i128::from(self.bearing_penalty(rules).fen());
            self.today = self.today.next();
            self.book_receipts(claim, rules);
            let days = self.days_past_due(claim, rules);
            self.daily.push((self.today, days, self.oldest_unpaid()));
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
    fn penalty_left(&self, claim: &LoanView, rules: &AuditRules) -> Money {
        let year = if claim.terms.day_count == DayCount::Act365 { 365 } else { 360 };
        let rate = rules.penalty_rate(claim.terms).ppm();
        let accrued = div_round(self.fen_days * i128::from(rate), year * 1_000_000, Rounding::HalfUp);
        Money::from_fen(accrued as i64) - self.paid[Component::Penalty]
    }

    /// The money of the day, one receipt after the other, by the order the day began with.
    fn book_receipts(&mut self, claim: &LoanView, rules: &AuditRules) {
        let orders = match &rules.long_past_due {
            Some((days, orders)) if self.days_past_due(claim, rules) > *days => orders,
            _ => &rules.usual,
        };
        if self.held.is_positive() {
            let cash = std::mem::take(&mut self.held);
            self.held = self.settle(claim, rules, orders, cash);
        }
        while claim.paid_on.get(self.receipts_booked).is_some_and(|&on| on <= self.today) {
            let cash = claim.paid[self.receipts_booked];
            self.receipts_booked += 1;
            let beyond = self.settle(claim, rules, orders, cash);
            self.held += beyond;
        }
    }

    /// Spends `cash`; returns what nothing was owed for.
    fn settle(&mut self, claim: &LoanView, rules: &AuditRules, orders: &Orders, mut cash: Money) -> Money {
        let owed: Vec<usize> = (0..self.rows.len()).filter(|&at| self.rows[at].due_on <= self.today).collect();
        let later: Vec<usize> = (owed.len()..self.rows.len()).collect();
        let one_by_one: Vec<Vec<Component>> = orders.order.iter().map(|&component| vec![component]).collect();
        let passes = match orders.style {
            Style::ByInstalment => vec![orders.order.clone()],
            Style::ByComponent => one_by_one,
        };
        for components in &passes {
            cash = self.settle_rows(claim, rules, &owed, components, cash);
        }
        if rules.pays_in_advance {
            cash = self.settle_rows(claim, rules, &later, &orders.order, cash);
        }
        cash
    }

    /// Instalment after instalment, each through `components`. Penalty interest is owed by the loan:
    /// it is met when the first instalment that still needs something is, or else at the end.
    fn settle_rows(
        &mut self,
        claim: &LoanView,
        rules: &AuditRules,
        rows: &[usize],
        components: &[Component],
        mut cash: Money,
    ) -> Money {
        for &at in rows {
            let needs_something = components.iter().any(|&component| self.rows[at].left[component].is_positive());
            for &component in components.iter().filter(|_| needs_something) {
                let left = match component {
                    Component::Penalty => self.penalty_left(claim, rules),
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
        if components.contains(&Component::Penalty) {
            let amount = self.penalty_left(claim, rules).min(cash);
            cash -= amount;
            self.paid[Component::Penalty] += amount;
        }
        cash
    }

    fn oldest_unpaid(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.due_on <= self.today && row.left.total().is_positive())
    }

    /// Counts the days from the oldest unpaid due date to today, leaving out paused ones.
    fn days_past_due(&self, claim: &LoanView, rules: &AuditRules) -> i32 {
        let Some(oldest) = self.oldest_unpaid() else { return 0 };
        let mut counted = 0;
        let mut day = self.rows[oldest].due_on;
        while day < self.today {
            let is_paused = claim.pauses.iter().any(|pause| pause.from <= day && day < pause.until);
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
    pub fn position(&self, claim: &LoanView, rules: &AuditRules) -> Position {
        let past_due = |component: Component| -> Money {
            self.rows.iter().filter(|row| row.due_on < self.today).map(|row| row.left[component]).sum()
        };
        let open = || self.rows.iter().filter(|row| row.left.total().is_positive());
        let next = open().find(|row| row.due_on > self.today);
        let is_lent = self.today >= claim.terms.disbursed_on;
        let (_, days_past_due, _) = *self.daily.last().unwrap_or(&(self.today, 0, None));
        Position {
            principal_outstanding: if is_lent { claim.terms.principal } else { Money::ZERO } - self.paid[Component::Principal],
            principal_past_due: past_due(Component::Principal),
            interest_past_due: past_due(Component::Interest),
            fee_past_due: past_due(Component::Fee),
            penalty_accrued: self.penalty_left(claim, rules),
            days_past_due,
            oldest_unpaid_due_on: self.oldest_unpaid().map(|at| self.rows[at].due_on),
            unpaid_instalments: open().filter(|row| row.due_on <= self.today).count() as u32,
            next_due_on: next.map(|row| row.due_on),
            next_due_amount: next.map_or(Money::ZERO, |row| row.left.total()),
            last_paid_on: claim.paid_on.iter().rfind(|&&on| on <= self.today).copied(),
            paid_principal: self.paid[Component::Principal],
            paid_interest: self.paid[Component::Interest],
            paid_fee: self.paid[Component::Fee],
            paid_penalty: self.paid[Component::Penalty],
            surplus: self.held,
        }
    }

    /// What the days so far add up to.
    pub fn history(&self, claim: &LoanView, rules: &AuditRules) -> History {
        let window_after = self.today.add_months(-rules.window_months);
        let in_window = || self.daily.iter().filter(|(day, ..)| *day > window_after);
        let enters = |pair: &&[(Date, i32, Option<usize>)]| pair[0].1 == 0 && pair[1].1 > 0 && pair[1].0 > window_after;
        let first = (0..self.rows.len()).find(|&at| {
            (claim.principal_due[at] + claim.interest_due[at] + claim.fee_due[at]).is_positive()
        });
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
            let due_since = self.rows.iter().filter(|row| row.due_on > cured_on && row.due_on <= self.today);
            history.cured_on = Some(cured_on);
            history.cured_from_days = spell.map(|entry| entry.1).max().unwrap_or(0);
            history.dues_met_since_cure = due_since.take_while(|row| !row.left.total().is_positive()).count() as u32;
        }
        history
    }
}
