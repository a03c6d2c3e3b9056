//! The auditor and the night's kernel, written from the same definitions, agree on made-up loans.

use loan::accrual::{PenaltyBase, PenaltyRule, PenaltyStart};
use loan::position::{AfterGrace, DayRule, UnpaidPenalty};
use loan::waterfall::{Advance, Allocation, Component, Strategy, Switch};
use loan::{DayCount, Frequency, LoanRules, LoanView, Pause, Position, RepaymentMethod, Terms, positions};
use sim::auditor::{AuditRules, Facts, Ledger, MoneyIn};
use sim::random::Random;
use sim::world::Due;
use units::{Date, Money, RatePpm};

fn order(random: &mut Random) -> Strategy {
    let mut order = Component::ALL.to_vec();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last as u64 + 1) as usize);
    }
    if random.chance(500) { Strategy::ByInstalment { order } } else { Strategy::ByComponent { order } }
}

fn settings(random: &mut Random) -> (Allocation, PenaltyRule, DayRule) {
    let switch = random.chance(400).then(|| Switch { days: random.between(5, 95) as i32, then: order(random) });
    let advance = *random.pick(&[Advance::NextInstalments, Advance::HoldUntilDue]);
    let allocation = Allocation { usual: order(random), advance, when_days_past_due_over: switch };
    let penalty = PenaltyRule {
        margin_ppm: *random.pick(&[None, Some(300_000), Some(500_000)]),
        base: *random.pick(PenaltyBase::ALL),
        start: *random.pick(PenaltyStart::ALL),
    };
    let days = DayRule {
        grace_days: random.between(0, 4) as i32,
        after_grace: *random.pick(AfterGrace::ALL),
        unpaid_penalty: *random.pick(UnpaidPenalty::ALL),
    };
    (allocation, penalty, days)
}

/// A small loan whose dues and receipts lie close together, so that edges are met often.
struct Made {
    terms: Terms,
    due_on: Vec<Date>,
    dues: [Vec<Money>; 3],
    paid_on: Vec<Date>,
    paid: Vec<Money>,
    pauses: Vec<Pause>,
}

impl Made {
    fn new(random: &mut Random) -> Made {
        let start = Date::from_ymd(2026, 1, 1).unwrap() + random.between(0, 60) as i32;
        let count = random.between(1, 6);
        let mut due_on: Vec<Date> = (0..count).map(|_| start + random.between(1, 150) as i32).collect();
        due_on.sort_unstable();
        let mut part = |high| (0..count).map(|_| Money::from_fen(random.between(0, high).max(0))).collect::<Vec<_>>();
        let dues = [part(3_000_000), part(40_000), part(900)];
        let mut paid_on: Vec<Date> = (0..random.between(0, 7)).map(|_| start + random.between(0, 200) as i32).collect();
        paid_on.sort_unstable();
        let paid = paid_on.iter().map(|_| Money::from_fen(random.between(1, 3_500_000))).collect();
        let pause_from = start + random.between(0, 120) as i32;
        let pause = Pause { from: pause_from, until: pause_from + random.between(1, 30) as i32 };
        let terms = Terms {
            principal: dues[0].iter().copied().sum(),
            disbursed_on: start,
            matures_on: due_on[due_on.len() - 1],
            annual_rate: RatePpm::new(random.between(20_000, 240_000)),
            penalty_rate: random.chance(300).then(|| RatePpm::new(random.between(0, 300_000))),
            day_count: *random.pick(DayCount::ALL),
            method: RepaymentMethod::Irregular,
            instalment_count: count as u32,
            frequency: Frequency::Monthly,
        };
        let pauses = if random.chance(300) { vec![pause] } else { Vec::new() };
        Made { terms, due_on, dues, paid_on, paid, pauses }
    }

    fn dues(&self) -> Vec<Due> {
        let due = |at: usize| Due {
            due_on: self.due_on[at],
            principal: self.dues[0][at],
            interest: self.dues[1][at],
            fee: self.dues[2][at],
        };
        (0..self.due_on.len()).map(due).collect()
    }

    fn view(&self) -> LoanView<'_> {
        LoanView {
            terms: &self.terms,
            due_on: &self.due_on,
            principal_due: &self.dues[0],
            interest_due: &self.dues[1],
            fee_due: &self.dues[2],
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &self.pauses,
        }
    }
}

#[test]
fn kernel_and_auditor_agree_on_every_day_of_made_up_loans() {
    for seed in 0..4_000 {
        let mut random = Random::stream(seed, "auditor", 0);
        let made = Made::new(&mut random);
        let (allocation, penalty, days) = settings(&mut random);
        let rules = LoanRules::new(&allocation, penalty, days).unwrap();
        let audit = AuditRules::new(&allocation, penalty, days).unwrap();
        let view = made.view();
        let dues = made.dues();
        let money = MoneyIn { paid_on: made.paid_on.clone(), paid: made.paid.clone() };
        let facts = Facts { terms: &made.terms, dues: &dues, money: &money, pauses: &made.pauses };
        let mut ledger = Ledger::new(&facts);
        for step in 0..240 {
            let day = view.terms.disbursed_on + step;
            ledger.close_through(&facts, &audit, day);
            let mut position = [Position::default()];
            let history = positions(&view, &rules, &[day], &mut position);
            let say = || format!("seed {seed}, {day}\n{view:#?}\n{allocation:?}\n{penalty:?}\n{days:?}");
            assert_eq!(position[0], ledger.position(&facts, &audit), "{}", say());
            assert_eq!(history, ledger.history(&facts, &audit), "{}", say());
        }
    }
}
