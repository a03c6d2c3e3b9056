//! The kernels of single loans: positions, schedules, grades.

use super::Kernel;
use crate::Wanted;
use crate::credit::{Credit, Lender};
use dayend::NightDays;
use grading::{CustomerKind, EventSet, GradeInput, GradingRules};
use loan::schedule::{self, ScheduleRules};
use loan::{
    DayCount, Frequency, History, LoanRules, LoanView, Position, Protection, RepaymentMethod, Terms, positions,
};
use policy::Pack;
use std::collections::BTreeMap;
use units::{Calendar, Date, Money, RatePpm};

/// Loans of each kind of borrower, at most: enough to leave the processor's nearest caches.
const LOANS: usize = 2_000;

/// One loan's dues and receipts as the kernel takes them.
struct Columns {
    terms: Terms,
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
    paid_on: Vec<Date>,
    paid: Vec<Money>,
}

impl Columns {
    fn of(credit: Credit) -> Columns {
        Columns {
            due_on: credit.dues.iter().map(|due| due.0).collect(),
            principal_due: credit.dues.iter().map(|due| due.1).collect(),
            interest_due: credit.dues.iter().map(|due| due.2).collect(),
            fee_due: vec![Money::ZERO; credit.dues.len()],
            paid_on: credit.receipts.iter().map(|receipt| receipt.0).collect(),
            paid: credit.receipts.iter().map(|receipt| receipt.1).collect(),
            terms: credit.terms,
        }
    }

    fn view(&self) -> LoanView<'_> {
        LoanView {
            terms: &self.terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &[],
        }
    }

    fn events(&self) -> usize {
        self.due_on.len() + self.paid_on.len()
    }
}

/// Positions over every kind of borrower, for one day and for a night's thirteen; schedules; grades.
pub fn kernels(runs: usize, loans: u32) -> Vec<Kernel> {
    let (wanted, each) = (Wanted::default(), LOANS.min(loans as usize / 20 + 1));
    let mut lender = Lender::new(&wanted);
    let mut kinds: BTreeMap<&str, Vec<Columns>> = BTreeMap::new();
    for number in 0.. {
        let credit = lender.credit(number);
        let kind = kinds.entry(credit.kind()).or_default();
        if kind.len() < each {
            kind.push(Columns::of(credit));
        }
        if kinds.len() == 4 && kinds.values().all(|loans| loans.len() == each) {
            break;
        }
    }
    let rules = LoanRules::default();
    let night = NightDays::new(wanted.business_date);
    let thirteen: Vec<Date> = night.month_ends().iter().copied().chain([wanted.business_date]).collect();
    let mut list = Vec::new();
    for (kind, loans) in &kinds {
        for days in [&thirteen[12..], &thirteen] {
            let name = format!("positions, {kind}, {} day(s)", days.len());
            let events = loans.iter().map(Columns::events).sum();
            list.push(Kernel::time(name, "event", events, runs, || follow(loans, &rules, days)));
        }
    }
    list.push(schedules(runs));
    list.push(grades(runs, &kinds, &rules, wanted.business_date));
    list
}

/// Something of every loan, so that nothing can be left out.
fn follow(loans: &[Columns], rules: &LoanRules, days: &[Date]) -> Money {
    let mut at = vec![Position::default(); days.len()];
    let each = loans.iter().map(|columns| {
        positions(&columns.view(), rules, days, &mut at);
        at[days.len() - 1].principal_outstanding
    });
    each.sum()
}

fn schedules(runs: usize) -> Kernel {
    let disbursed_on = Date::parse("2026-01-31").expect("a date");
    let terms = Terms {
        principal: Money::from_yuan(100_000),
        disbursed_on,
        matures_on: disbursed_on.add_months(24),
        annual_rate: RatePpm::new(60_000),
        penalty_rate: None,
        day_count: DayCount::Act360,
        method: RepaymentMethod::EqualInstalment,
        instalment_count: 24,
        frequency: Frequency::Monthly,
    };
    let (rules, calendar) = (ScheduleRules::default(), Calendar::default());
    Kernel::time("schedule of 24 level instalments", "instalment", 24, runs, || {
        schedule::generate(&terms, &rules, &calendar)
    })
}

fn grades(runs: usize, kinds: &BTreeMap<&str, Vec<Columns>>, rules: &LoanRules, date: Date) -> Kernel {
    let pack = Pack::embedded("cn-bank").expect("an embedded pack");
    let grading = GradingRules::compile(&pack.on(date)).expect("an embedded pack compiles");
    let profile = grading.profile(CustomerKind::Farmer, None, "farm", Protection::Guarantee);
    let folded: Vec<(Position, History)> = (kinds.values().flatten())
        .map(|columns| {
            let mut at = [Position::default()];
            let history = positions(&columns.view(), rules, &[date], &mut at);
            (at[0], history)
        })
        .collect();
    Kernel::time("grade", "loan", folded.len(), runs, || {
        let each = folded.iter().map(|(position, history)| {
            let input = GradeInput {
                business_date: date,
                profile,
                days_past_due: position.days_past_due,
                amount_past_due: position.amount_past_due(),
                history,
                events: EventSet::default(),
                ecl_share_ppm: 0,
                restructured: None,
                carried: None,
                judgement: None,
            };
            grading.grade(&input).in_force as usize
        });
        each.sum::<usize>()
    })
}

/// A loan of 1,200 weekly dues, each paid on its day; a repayment dated back to its first year comes
/// in, and the loan is followed anew to all days of a night.
pub fn back_dated(runs: usize) -> Kernel {
    let (weeks, business_date) = (1_200, Wanted::default().business_date);
    let due_on: Vec<Date> = (0..weeks).map(|week| business_date - 7 * (weeks - week)).collect();
    let (principal, interest) = (Money::from_yuan(1_000), Money::from_yuan(10));
    let terms = Terms {
        principal: Money::from_yuan(1_000 * i64::from(weeks)),
        disbursed_on: due_on[0] - 7,
        matures_on: due_on[due_on.len() - 1],
        annual_rate: RatePpm::new(60_000),
        penalty_rate: None,
        day_count: DayCount::Act360,
        method: RepaymentMethod::Irregular,
        instalment_count: due_on.len() as u32,
        frequency: Frequency::Weekly,
    };
    let mut columns = Columns {
        terms,
        principal_due: vec![principal; due_on.len()],
        interest_due: vec![interest; due_on.len()],
        fee_due: vec![Money::ZERO; due_on.len()],
        // A day late each: every event is followed, none can be taken together with others.
        paid_on: due_on.iter().map(|day| day.next()).collect(),
        paid: vec![principal + interest; due_on.len()],
        due_on,
    };
    let (rules, night) = (LoanRules::default(), NightDays::new(business_date));
    let days: Vec<Date> = night.month_ends().iter().copied().chain([business_date]).collect();
    let (on, place) = (columns.due_on[50], 50);
    Kernel::time("back-dated repayment, 2,400 events", "replay", 1, runs, || {
        columns.paid_on.insert(place, on);
        columns.paid.insert(place, principal);
        let outstanding = follow(std::slice::from_ref(&columns), &rules, &days);
        columns.paid_on.remove(place);
        columns.paid.remove(place);
        outstanding
    })
}
