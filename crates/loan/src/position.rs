//! Where one loan stands on given days: the kernel of the night.
//!
//! One forward pass over the loan's dues and receipts, both sorted by date, yields the position on
//! every day asked for (the business date and, say, the twelve month-ends before it). Nothing is
//! allocated per loan. The page calls the same function with one loan and one day.

use crate::accrual::PenaltyRule;
use crate::contract::Terms;
use crate::walk::Walk;
use crate::waterfall::{Advance, Allocation, Component, Order, Reach, Strategy};
use serde::{Deserialize, Serialize};
use units::{Date, Money, coded};

/// One loan as columns: what was agreed, what came in, what was paused.
///
/// Slices of one group have equal length. Instalments are sorted by due date, receipts by value
/// date (起息日) and then by the order they were entered; reversed receipts are already left out.
/// Pauses are sorted and do not overlap.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Principal lent and not repaid.
    pub principal_outstanding: Money,
    /// Parts of dues whose due date is before this day and that are not covered.
    pub principal_past_due: Money,
    pub interest_past_due: Money,
    pub fee_past_due: Money,
    /// Penalty interest (and interest on interest, if the rules charge it) accrued and not paid.
    pub penalty_accrued: Money,
    /// Days from the oldest due date not fully covered, less paused days; 0 on the due date itself
    /// and within grace. Whether penalty interest alone keeps a loan past due is the rules' to say.
    pub days_past_due: i32,
    pub oldest_unpaid_due_on: Option<Date>,
    /// Instalments due on or before this day and not fully covered.
    pub unpaid_instalments: u32,
    /// The first due date after this day that is not fully covered, and what is left of it.
    pub next_due_on: Option<Date>,
    pub next_due_amount: Money,
    pub last_paid_on: Option<Date>,
    /// What was received since the start, by what it settled.
    pub paid_principal: Money,
    pub paid_interest: Money,
    pub paid_fee: Money,
    pub paid_penalty: Money,
    /// Money received beyond everything owed, or held until the next due date.
    pub surplus: Money,
}

/// What happened up to the last day asked for, as grading and classes need it (逾期历史).
///
/// Days are those the night of each day would have shown: an instalment paid the day after its due
/// date was never past due at the end of a day. The window is the last calendar months of the
/// rules: from (not including) the corresponding day before, to the last day asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Instalments fallen due since `cured_on` and met.
    pub dues_met_since_cure: u32,
}

impl Position {
    /// Everything past due: principal, interest, fees and accrued penalty interest.
    pub fn amount_past_due(&self) -> Money {
        self.principal_past_due + self.interest_past_due + self.fee_past_due + self.penalty_accrued
    }

    /// Everything received, by whatever it settled, surplus included.
    pub fn paid_total(&self) -> Money {
        self.paid_principal + self.paid_interest + self.paid_fee + self.paid_penalty + self.surplus
    }
}

/// How days past due are counted (逾期天数规则).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DayRule {
    /// Days after the due date on which nothing is shown yet (宽限期).
    pub grace_days: i32,
    pub after_grace: AfterGrace,
    pub unpaid_penalty: UnpaidPenalty,
}

coded! {
    /// Whether unpaid penalty interest alone keeps a loan past due (仅欠罚息是否逾期).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    UnpaidPenalty {
        #[default]
        Ignored = "ignored",
        /// From the due date it began to run on.
        Counts = "counts",
    }
}

coded! {
    /// What is counted once grace has run out (宽限期满计数).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    AfterGrace {
        /// Every day from the due date.
        #[default]
        AllDays = "all_days",
        /// Only the days beyond grace.
        DaysBeyond = "days_beyond",
    }
}

impl DayRule {
    /// Days past due on `day` of something unpaid since its due date (逾期天数).
    #[inline]
    pub fn days_past_due(&self, due_on: Date, day: Date, pauses: &[Pause]) -> i32 {
        let counted = day - due_on - paused_days(pauses, due_on, day);
        match self.after_grace {
            _ if counted <= self.grace_days => 0,
            AfterGrace::AllDays => counted,
            AfterGrace::DaysBeyond => counted - self.grace_days,
        }
    }

    /// The first day that shows a day past due if nothing is paid.
    pub fn enters_on(&self, due_on: Date, pauses: &[Pause]) -> Date {
        let unpaused = due_on + self.grace_days + 1;
        pauses.iter().filter(|pause| pause.until > due_on).fold(unpaused, |day, pause| {
            let from = pause.from.max(due_on);
            if from < day { day + (pause.until - from) } else { day }
        })
    }
}

/// Days of `[from, until)` that lie in a pause. Pauses that overlap add up.
#[inline]
pub fn paused_days(pauses: &[Pause], from: Date, until: Date) -> i32 {
    pauses.iter().map(|pause| (pause.until.min(until) - pause.from.max(from)).max(0)).sum()
}

/// The rules a position is computed by; compiled once from a policy pack (借据计算规则).
#[derive(Clone, Debug)]
pub struct LoanRules {
    pub(crate) usual: Order,
    pub(crate) long_past_due: Option<(i32, Order)>,
    pub(crate) penalty: PenaltyRule,
    pub(crate) days: DayRule,
    pub(crate) window_months: i32,
    /// Money of the usual order meets what is due before it goes to anything later.
    pub(crate) dues_first: bool,
}

/// Why a pack's allocation cannot serve the night (冲抵规则不适用): some component would not be
/// settled oldest instalment first, so running totals would not say which instalment is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOldestFirst;

impl LoanRules {
    pub fn new(allocation: &Allocation, penalty: PenaltyRule, days: DayRule) -> Result<LoanRules, NotOldestFirst> {
        let compiled = |strategy: &Strategy| {
            let mut order = strategy.order_for("repayment");
            if allocation.advance == Advance::HoldUntilDue {
                order.stages.retain(|stage| stage.reach != Reach::InAdvance);
            }
            if order.is_oldest_first() { Ok(order) } else { Err(NotOldestFirst) }
        };
        let usual = compiled(&allocation.usual)?;
        let switch = allocation.when_days_past_due_over.as_ref();
        let long_past_due = switch.map(|switch| Ok((switch.days, compiled(&switch.then)?))).transpose()?;
        let dues_first = usual.meets_dues_first();
        Ok(LoanRules { usual, long_past_due, penalty, days, window_months: 3, dues_first })
    }

    /// The same rules with another window for [`History`].
    pub fn with_window_months(self, window_months: i32) -> LoanRules {
        LoanRules { window_months, ..self }
    }
}

impl Default for LoanRules {
    /// Fees, penalty interest, interest, principal, oldest instalment first; +50 %; no grace.
    fn default() -> LoanRules {
        let order = vec![Component::Fee, Component::Penalty, Component::Interest, Component::Principal];
        let usual = Strategy::ByInstalment { order };
        let allocation = Allocation { usual, advance: Advance::default(), when_days_past_due_over: None };
        LoanRules::new(&allocation, PenaltyRule::default(), DayRule::default()).expect("oldest first")
    }
}

/// What a night notes of a loan on an earlier day (时点).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    pub days_past_due: i32,
    pub principal_outstanding: Money,
}

/// Where the loan stands at the end of `last`, its history up to then, and a glimpse of each of `days`, which
/// ascend to before it: `see` gets their place. Time: instalments + receipts + days, while money comes oldest
/// instalment first; days on which the loan is level cost next to nothing. Nothing is allocated.
pub fn observe(
    view: &LoanView,
    rules: &LoanRules,
    days: &[Date],
    last: Date,
    mut see: impl FnMut(usize, Glimpse),
) -> (Position, History) {
    let mut walk = Walk::new(view, rules, last, ());
    let level = walk.pass_level(last, days, &mut see);
    for (place, &day) in days.iter().enumerate().skip(level) {
        walk.run_to(day);
        see(place, Glimpse { days_past_due: walk.days_past_due(), principal_outstanding: walk.principal_outstanding() });
    }
    walk.run_to(last);
    (walk.position(), walk.history())
}

/// Where the loan stands at the end of each of `days` (ascending), written to `out` of equal
/// length, and its history up to the last of them.
pub fn positions(view: &LoanView, rules: &LoanRules, days: &[Date], out: &mut [Position]) -> History {
    assert_eq!(days.len(), out.len(), "one position per day");
    let Some(&last) = days.last() else { return History::default() };
    let mut walk = Walk::new(view, rules, last, ());
    for (&day, out) in days.iter().zip(out) {
        walk.run_to(day);
        *out = walk.position();
    }
    walk.history()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accrual::PenaltyStart;
    use crate::contract::{DayCount, Frequency, RepaymentMethod};
    use crate::waterfall::Switch;
    use units::RatePpm;

    /// The lines of a text, as words; the first word of each is a day.
    fn lines(text: &str) -> Vec<(Date, Vec<Money>)> {
        let line = |line: &str| {
            let (day, amounts) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            let amounts = amounts.split_whitespace().map(|amount| Money::parse(amount).unwrap());
            (Date::parse(day).unwrap(), amounts.collect())
        };
        text.split(';').filter(|text| !text.trim().is_empty()).map(line).collect()
    }

    /// Dues `day principal interest` and receipts `day amount`, then where the loan stands on days:
    /// `unpaid instalments | past due principal interest penalty | days | paid the same | surplus`.
    fn check(rules: &LoanRules, pauses: &[Pause], dues: &str, receipts: &str, expect: &str) {
        let (dues, receipts) = (lines(dues), lines(receipts));
        let column =
            |rows: &[(Date, Vec<Money>)], index: usize| rows.iter().map(|row| row.1[index]).collect::<Vec<_>>();
        let days = |rows: &[(Date, Vec<Money>)]| rows.iter().map(|row| row.0).collect::<Vec<_>>();
        let principal_due = column(&dues, 0);
        let terms = Terms {
            principal: principal_due.iter().copied().sum(),
            disbursed_on: Date::parse("2026-01-12").unwrap(),
            matures_on: dues[dues.len() - 1].0,
            annual_rate: RatePpm::new(60_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::Irregular,
            instalment_count: dues.len() as u32,
            frequency: Frequency::Monthly,
        };
        let view = LoanView {
            terms: &terms,
            due_on: &days(&dues),
            principal_due: &principal_due,
            interest_due: &column(&dues, 1),
            fee_due: &vec![Money::ZERO; dues.len()],
            paid_on: &days(&receipts),
            paid: &column(&receipts, 0),
            pauses,
        };
        for line in expect.trim().lines().map(str::trim) {
            let day = Date::parse(&line[..10]).unwrap();
            let mut out = [Position::default()];
            positions(&view, rules, &[day], &mut out);
            let Position { unpaid_instalments, days_past_due, surplus, .. } = out[0];
            let past_due = [out[0].principal_past_due, out[0].interest_past_due, out[0].penalty_accrued];
            let paid = [out[0].paid_principal, out[0].paid_interest, out[0].paid_penalty];
            let text = |amounts: [Money; 3]| amounts.map(|amount| amount.to_string()).join(" ");
            let (past_due, paid) = (text(past_due), text(paid));
            let found = format!("{day} {unpaid_instalments} | {past_due} | {days_past_due} | {paid} | {surplus}");
            assert_eq!(found, line);
        }
    }

    fn interest_first() -> Allocation {
        let order = vec![Component::Fee, Component::Penalty, Component::Interest, Component::Principal];
        let usual = Strategy::ByInstalment { order };
        Allocation { usual, advance: Advance::NextInstalments, when_days_past_due_over: None }
    }

    fn plain(allocation: &Allocation) -> LoanRules {
        LoanRules::new(allocation, PenaltyRule::NONE, DayRule::default()).unwrap()
    }

    const ONE: &str = "2026-02-12 100000 500";
    const TWO: &str = "2026-02-12 1000 10; 2026-03-12 1000 5";

    #[test]
    fn a_due_date_is_day_zero_and_penalty_runs_from_the_next() {
        let standard = LoanRules::default();
        check(
            &standard,
            &[],
            ONE,
            "2026-03-14 800",
            "2026-02-11 0 | 0.00 0.00 0.00 | 0 | 0.00 0.00 0.00 | 0.00
             2026-02-12 1 | 0.00 0.00 0.00 | 0 | 0.00 0.00 0.00 | 0.00
             2026-02-13 1 | 100,000.00 500.00 25.00 | 1 | 0.00 0.00 0.00 | 0.00
             2026-03-13 1 | 100,000.00 500.00 725.00 | 29 | 0.00 0.00 0.00 | 0.00
             2026-03-14 1 | 100,000.00 450.00 0.00 | 30 | 0.00 50.00 750.00 | 0.00
             2026-03-15 1 | 100,000.00 450.00 25.00 | 31 | 0.00 50.00 750.00 | 0.00",
        );
        let on_time = "2026-05-01 0 | 0.00 0.00 0.00 | 0 | 100,000.00 500.00 0.00 | 1.00";
        check(&standard, &[], ONE, "2026-02-12 100501", on_time);
    }

    #[test]
    fn money_beyond_the_dues_is_paid_in_advance_or_held() {
        let held = Allocation { advance: Advance::HoldUntilDue, ..interest_first() };
        let early = "2026-02-12 1500";
        let in_advance = "2026-02-20 0 | 0.00 0.00 0.00 | 0 | 1,485.00 15.00 0.00 | 0.00";
        check(&plain(&interest_first()), &[], TWO, early, in_advance);
        check(
            &plain(&held),
            &[],
            TWO,
            early,
            "2026-02-20 0 | 0.00 0.00 0.00 | 0 | 1,000.00 10.00 0.00 | 490.00
             2026-03-13 1 | 515.00 0.00 0.00 | 1 | 1,485.00 15.00 0.00 | 0.00",
        );
    }

    #[test]
    fn a_long_past_due_loan_takes_principal_first() {
        let order = vec![Component::Principal, Component::Interest, Component::Penalty, Component::Fee];
        let switch = Switch { days: 90, then: Strategy::ByComponent { order } };
        let rules = plain(&Allocation { when_days_past_due_over: Some(switch), ..interest_first() });
        let on_day_90 = "2026-05-13 1 | 515.00 0.00 0.00 | 62 | 1,485.00 15.00 0.00 | 0.00";
        let on_day_91 = "2026-05-14 2 | 500.00 15.00 0.00 | 91 | 1,500.00 0.00 0.00 | 0.00";
        check(&rules, &[], TWO, "2026-05-13 1500", on_day_90);
        check(&rules, &[], TWO, "2026-05-14 1500", on_day_91);
        check(&rules, &[], TWO, "2026-05-14 1020; 2026-05-14 480", on_day_91);
    }

    #[test]
    fn grace_hides_days_and_pauses_take_them_out() {
        let grace = |after_grace, start| {
            let days = DayRule { grace_days: 3, after_grace, ..DayRule::default() };
            LoanRules::new(&interest_first(), PenaltyRule { start, ..PenaltyRule::default() }, days).unwrap()
        };
        check(
            &grace(AfterGrace::AllDays, PenaltyStart::NextDay),
            &[],
            ONE,
            "",
            "2026-02-15 1 | 100,000.00 500.00 75.00 | 0 | 0.00 0.00 0.00 | 0.00
             2026-02-16 1 | 100,000.00 500.00 100.00 | 4 | 0.00 0.00 0.00 | 0.00",
        );
        check(
            &grace(AfterGrace::DaysBeyond, PenaltyStart::AfterGrace),
            &[],
            ONE,
            "",
            "2026-02-15 1 | 100,000.00 500.00 0.00 | 0 | 0.00 0.00 0.00 | 0.00
             2026-02-16 1 | 100,000.00 500.00 25.00 | 1 | 0.00 0.00 0.00 | 0.00",
        );
        let day = |text: &str| Date::parse(text).unwrap();
        let pause = Pause { from: day("2026-02-14"), until: day("2026-02-24") };
        check(
            &LoanRules::default(),
            &[pause],
            ONE,
            "",
            "2026-02-20 1 | 100,000.00 500.00 200.00 | 2 | 0.00 0.00 0.00 | 0.00
             2026-02-25 1 | 100,000.00 500.00 325.00 | 3 | 0.00 0.00 0.00 | 0.00",
        );
    }
}
