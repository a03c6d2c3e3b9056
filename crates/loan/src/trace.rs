//! Why a loan stands where it stands: the kernel's own steps, told one by one.

use crate::accrual::FenDays;
use crate::position::{LoanRules, LoanView};
use crate::walk::{Source, Walk, Watch};
use crate::waterfall::{Component, Split};
use std::fmt;
use units::{Date, Money};

/// One step on the way to a position (计算步骤). As text: one line, as `explain` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An instalment fell due; `seq` counts from 1.
    FellDue { on: Date, seq: usize, due: Split },
    /// Penalty interest ran on `base` on the days after `from`, to `until`; `so_far` is the whole
    /// accrual since the start, rounded once.
    PenaltyRan { from: Date, until: Date, base: Money, so_far: Money },
    /// Money came in, or held money met a due date.
    Received(Receipt),
}

/// Money and what it settled (还款分配).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub on: Date,
    pub source: Source,
    pub amount: Money,
    /// In the order it was settled.
    pub parts: Vec<Part>,
    pub surplus: Money,
}

/// One amount settled (分配明细); `seq` is the instalment counted from 1, for penalty interest the
/// one it began to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub seq: usize,
    pub component: Component,
    pub amount: Money,
}

impl Receipt {
    /// What was settled, by component.
    pub fn split(&self) -> Split {
        let mut split = Split::default();
        self.parts.iter().for_each(|part| split[part.component] += part.amount);
        split
    }
}

/// `cash 2,065.60 = interest 115.14 + principal 1,950.46   surplus 0.00`
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Receipt => "cash",
            Source::Held => "held",
        };
        write!(f, "{source} {} = {}   surplus {}", self.amount, self.split(), self.surplus)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::FellDue { on, seq, due } => write!(f, "{on} due {seq}: {due}"),
            Step::PenaltyRan { from, until, base, so_far } => {
                write!(f, "{until} penalty on {base} for {} days: {so_far} so far", *until - *from)
            }
            Step::Received(receipt) => write!(f, "{} {receipt}", receipt.on),
        }
    }
}

/// Every step up to the end of `day`.
pub fn trace(view: &LoanView, rules: &LoanRules, day: Date) -> Vec<Step> {
    let listener = Listener { view, rules, fen_days: FenDays::default(), steps: Vec::new() };
    let mut walk = Walk::new(view, rules, day, listener);
    walk.run_to(day);
    let mut steps = walk.watch.steps;
    // Dues and accruals of one stretch are heard apart; within a day penalty comes before dues
    // before money, as they count.
    steps.sort_by_key(|step| match step {
        Step::PenaltyRan { until, .. } => (*until, 0),
        Step::FellDue { on, .. } => (*on, 1),
        Step::Received(receipt) => (receipt.on, 2),
    });
    steps
}

struct Listener<'a> {
    view: &'a LoanView<'a>,
    rules: &'a LoanRules,
    fen_days: FenDays,
    steps: Vec<Step>,
}

impl Watch for Listener<'_> {
    fn fell_due(&mut self, index: usize) {
        let mut due = Split::of(Component::Principal, self.view.principal_due[index]);
        due[Component::Interest] = self.view.interest_due[index];
        due[Component::Fee] = self.view.fee_due[index];
        self.steps.push(Step::FellDue { on: self.view.due_on[index], seq: index + 1, due });
    }

    fn accrued(&mut self, from: Date, until: Date, base: Money) {
        self.fen_days.add(base, until - from);
        let terms = self.view.terms;
        let so_far = self.fen_days.interest(self.rules.penalty.rate(terms), terms.day_count);
        self.steps.push(Step::PenaltyRan { from, until, base, so_far });
    }

    fn received(&mut self, on: Date, source: Source, amount: Money) {
        self.steps.push(Step::Received(Receipt { on, source, amount, parts: Vec::new(), surplus: Money::ZERO }));
    }

    fn settled(&mut self, index: usize, component: Component, amount: Money) {
        if let Some(Step::Received(receipt)) = self.steps.last_mut() {
            receipt.parts.push(Part { seq: index + 1, component, amount });
        }
    }

    fn left_over(&mut self, surplus: Money) {
        if let Some(Step::Received(receipt)) = self.steps.last_mut() {
            receipt.surplus = surplus;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DayCount, Frequency, RepaymentMethod, Terms};
    use units::RatePpm;

    fn check(penalty_rate: &str, receipts: &[(&str, &str)], day: &str, expect: &str) {
        let date = |text: &str| Date::parse(text).unwrap();
        let money = |text: &str| Money::parse(text).unwrap();
        let terms = Terms {
            principal: money("12000"),
            disbursed_on: date("2026-01-12"),
            matures_on: date("2027-01-12"),
            annual_rate: RatePpm::new(60_000),
            penalty_rate: RatePpm::parse(penalty_rate).ok(),
            day_count: DayCount::Act360,
            method: RepaymentMethod::EqualInstalment,
            instalment_count: 12,
            frequency: Frequency::Monthly,
        };
        let view = LoanView {
            terms: &terms,
            due_on: &[date("2026-02-12"), date("2026-03-12"), date("2026-04-12")],
            principal_due: &[money("972.80"), money("977.66"), money("10049.54")],
            interest_due: &[money("60.00"), money("55.14"), money("50.25")],
            fee_due: &[Money::ZERO; 3],
            paid_on: &receipts.iter().map(|(on, _)| date(on)).collect::<Vec<_>>(),
            paid: &receipts.iter().map(|(_, amount)| money(amount)).collect::<Vec<_>>(),
            pauses: &[],
        };
        let steps: Vec<String> = trace(&view, &LoanRules::default(), date(day)).iter().map(Step::to_string).collect();
        assert_eq!(steps.join("\n"), expect.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn two_instalments_missed_and_paid_together() {
        check(
            "0",
            &[("2026-04-09", "2065.60")],
            "2026-04-09",
            "2026-02-12 due 1: interest 60.00 + principal 972.80
             2026-03-12 due 2: interest 55.14 + principal 977.66
             2026-04-09 cash 2,065.60 = interest 115.14 + principal 1,950.46   surplus 0.00",
        );
    }

    #[test]
    fn penalty_interest_is_told_with_its_base() {
        check(
            "0.09",
            &[("2026-03-14", "1000.00")],
            "2026-03-15",
            "2026-02-12 due 1: interest 60.00 + principal 972.80
             2026-03-12 penalty on 972.80 for 28 days: 6.81 so far
             2026-03-12 due 2: interest 55.14 + principal 977.66
             2026-03-14 penalty on 1,950.46 for 2 days: 7.78 so far
             2026-03-14 cash 1,000.00 = penalty 7.78 + interest 60.00 + principal 932.22   surplus 0.00
             2026-03-15 penalty on 1,018.24 for 1 days: 8.04 so far",
        );
    }
}
