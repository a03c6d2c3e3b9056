//! Where one loan stands on given days: the kernel of the night.
//!
//! One forward pass over the loan's dues and receipts, both sorted by date, yields the position on
//! every day asked for (the business date and, say, the twelve month-ends before it). Nothing is
//! allocated per loan. The page calls the same function with one loan and one day.

use crate::contract::Terms;
use units::{Date, Money};

/// One loan as columns: what was agreed, what came in, what was paused.
///
/// Slices of one group have equal length. Instalments are sorted by due date, receipts by value
/// date (起息日) and then by the order they were entered; reversed receipts are already left out.
#[derive(Clone, Copy, Debug)]
pub struct LoanView<'a> {
    pub terms: &'a Terms,
    pub due_on: &'a [Date],
    pub principal_due: &'a [Money],
    pub interest_due: &'a [Money],
    pub fee_due: &'a [Money],
    pub paid_on: &'a [Date],
    pub paid: &'a [Money],
    pub pauses: &'a [Pause],
}

/// An approved pause of day counting (暂停计算逾期), `[from, until)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub from: Date,
    pub until: Date,
}

/// Where a loan stands at the end of one day (借据余额状态). A receipt of that day counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Principal lent and not repaid.
    pub principal_outstanding: Money,
    /// Parts of dues whose due date is before this day and that are not covered.
    pub principal_past_due: Money,
    pub interest_past_due: Money,
    pub fee_past_due: Money,
    /// Penalty interest (and interest on interest, if the rules charge it) accrued and not paid.
    pub penalty_accrued: Money,
    /// Days from the oldest due date not fully covered, less paused days; 0 on the due date itself.
    pub days_past_due: i32,
    pub oldest_unpaid_due_on: Option<Date>,
    /// Instalments due on or before this day and not fully covered.
    pub unpaid_instalments: u32,
    pub next_due_on: Option<Date>,
    pub next_due_amount: Money,
    pub last_paid_on: Option<Date>,
    /// What was received since the start, by what it settled.
    pub paid_principal: Money,
    pub paid_interest: Money,
    pub paid_fee: Money,
    pub paid_penalty: Money,
    /// Money received beyond everything owed.
    pub surplus: Money,
}

/// What happened up to the last day asked for, as grading and classes need it (逾期历史).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Highest days past due ever reached.
    pub worst_days_past_due: i32,
    /// Highest days past due within the window before the last day.
    pub worst_days_past_due_in_window: i32,
    /// How often the loan became past due (entered M1) within the window.
    pub times_past_due_in_window: u32,
    /// The first instalment was past due for at least one day (首期逾期).
    pub first_instalment_past_due: bool,
    /// Highest days past due the first instalment reached.
    pub first_instalment_worst_days: i32,
    /// Since when nothing has been past due, if something ever was and no longer is.
    pub cured_on: Option<Date>,
    /// Highest days past due reached before `cured_on`, in the spell that ended then.
    pub cured_from_days: i32,
    /// Instalments fallen due since `cured_on` and met on time.
    pub dues_met_since_cure: u32,
}

impl Position {
    /// Everything past due: principal, interest, fees and accrued penalty interest.
    pub fn amount_past_due(&self) -> Money {
        self.principal_past_due + self.interest_past_due + self.fee_past_due + self.penalty_accrued
    }
}

/// The rules a position is computed by; compiled once from a policy pack.
#[derive(Clone, Debug)]
pub struct LoanRules {}
