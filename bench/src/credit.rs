//! One loan of the bench's book: terms, schedule, and money received until the business date.
//!
//! Plainer than the practice world of `sim`, which holds every borrower in memory: here a loan is
//! drawn from its number alone and forgotten once written.

use crate::Wanted;
use loan::schedule::{self, ScheduleRules};
use loan::{DayCount, Frequency, LoanStatus, RepaymentMethod, Terms};
use sim::random::Random;
use std::collections::HashMap;
use units::{Calendar, Date, Money, RatePpm, Rounding};

/// Months and how many loans in a hundred have them; 21.3 on average.
const MONTHS: [(u32, u64); 4] = [(12, 35), (18, 15), (24, 30), (36, 20)];
const PRODUCTS: [&str; 6] = ["consumer", "working_capital", "farm", "vehicle", "shop", "equipment"];
const RATES_PPM: [i64; 6] = [43_500, 52_000, 60_000, 75_000, 98_000, 120_000];

/// How a borrower pays (还款表现).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conduct {
    Punctual,
    /// So many days after every due date.
    Late(i32),
    /// Only six tenths of each of the last dues.
    Partial(usize),
    /// Nothing for the last dues.
    Never(usize),
}

/// A loan (借据) with everything the files say of it.
pub struct Credit {
    /// From 0.
    pub number: u32,
    pub product: &'static str,
    pub terms: Terms,
    pub status: LoanStatus,
    /// Day, principal, interest.
    pub dues: Vec<(Date, Money, Money)>,
    /// Day, amount; up to the business date.
    pub receipts: Vec<(Date, Money)>,
    conduct: Conduct,
    /// How many dues had fallen by the business date.
    fallen_due: usize,
}

/// Draws loans; schedules with the same figures are made once.
pub struct Lender {
    seed: u64,
    business_date: Date,
    unpunctual: u64,
    schedules: HashMap<(Money, RatePpm, u32), Vec<(Money, Money)>>,
}

impl Lender {
    pub fn new(wanted: &Wanted) -> Lender {
        let &Wanted { seed, business_date, unpunctual, .. } = wanted;
        Lender { seed, business_date, unpunctual, schedules: HashMap::new() }
    }

    pub fn credit(&mut self, number: u32) -> Credit {
        let mut random = Random::stream(self.seed, "bench", number.into());
        let months = MONTHS[random.weighted(MONTHS.iter().map(|(_, weight)| *weight))].0;
        // A book that is taken over holds more old loans than young ones; some have run out.
        let days = i64::from(months) * 35;
        let age = random.between(0, days).max(random.between(0, days)) as i32;
        let disbursed_on = self.business_date - age;
        let terms = Terms {
            principal: Money::from_yuan(random.skewed(4, 60) * 5_000),
            disbursed_on,
            matures_on: disbursed_on.add_months(months as i32),
            annual_rate: RatePpm::new(*random.pick(&RATES_PPM)),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::EqualInstalment,
            instalment_count: months,
            frequency: Frequency::Monthly,
        };
        let product = *random.pick(&PRODUCTS);
        let dues = self.dues(&terms);
        let conduct = conduct(&mut random, self.unpunctual);
        let fallen_due = dues.partition_point(|due| due.0 <= self.business_date);
        let mut credit = Credit {
            number,
            product,
            terms,
            status: LoanStatus::Active,
            dues,
            receipts: Vec::new(),
            conduct,
            fallen_due,
        };
        credit.receipts = credit.receipts_between(disbursed_on, self.business_date);
        // Who paid late still owes penalty interest: his loan runs on.
        if conduct == Conduct::Punctual && credit.receipts.len() == credit.dues.len() {
            credit.status = LoanStatus::Settled;
        }
        credit
    }

    /// Months count as twelfths of a year, so the figures do not depend on the day of disbursement.
    fn dues(&mut self, terms: &Terms) -> Vec<(Date, Money, Money)> {
        let figures = (terms.principal, terms.annual_rate, terms.instalment_count);
        let amounts = self.schedules.entry(figures).or_insert_with(|| {
            let rows = schedule::generate(terms, &ScheduleRules::default(), &Calendar::default());
            rows.expect("these terms make a schedule").iter().map(|row| (row.principal, row.interest)).collect()
        });
        (1..).zip(amounts).map(|(month, due)| (terms.disbursed_on.add_months(month), due.0, due.1)).collect()
    }
}

impl Credit {
    /// The borrower's conduct in a word.
    pub fn kind(&self) -> &'static str {
        match self.conduct {
            Conduct::Punctual => "punctual",
            Conduct::Late(_) => "late",
            Conduct::Partial(_) => "partial",
            Conduct::Never(_) => "long unpaid",
        }
    }

    /// What the borrower pays from one day through another, also after the business date.
    pub fn receipts_between(&self, from: Date, through: Date) -> Vec<(Date, Money)> {
        let received = |(place, &(due_on, principal, interest)): (usize, &(Date, Money, Money))| {
            let (full, last) = (principal + interest, self.fallen_due.saturating_sub(place));
            let (paid_on, amount) = match self.conduct {
                Conduct::Late(days) => (due_on + days, full),
                Conduct::Partial(dues) if last <= dues => (due_on, full.mul_div(6, 10, Rounding::Down)),
                Conduct::Never(dues) if last <= dues => return None,
                _ => (due_on, full),
            };
            (from <= paid_on && paid_on <= through).then_some((paid_on, amount))
        };
        self.dues.iter().enumerate().filter_map(received).collect()
    }
}

/// Of those who do not pay on the day, seven in twelve pay late, two in part, three nothing for long.
fn conduct(random: &mut Random, unpunctual: u64) -> Conduct {
    let shares = [1_000 - unpunctual, unpunctual * 7 / 12, unpunctual * 2 / 12, unpunctual * 3 / 12];
    match random.weighted(shares.into_iter()) {
        0 => Conduct::Punctual,
        1 => Conduct::Late(random.between(1, 45) as i32),
        2 => Conduct::Partial(random.between(1, 6) as usize),
        _ => Conduct::Never(random.skewed(1, 18) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_repay_the_principal_and_nothing_is_dated_after_the_business_date() {
        let wanted = Wanted::default();
        let (business_date, mut lender) = (wanted.business_date, Lender::new(&wanted));
        let (mut dues, mut receipts) = (0, 0);
        for number in 0..2_000 {
            let credit = lender.credit(number);
            assert_eq!(credit.dues.iter().map(|due| due.1).sum::<Money>(), credit.terms.principal);
            assert_eq!(credit.dues.last().map(|due| due.0), Some(credit.terms.matures_on));
            assert!(credit.receipts.iter().all(|&(day, amount)| day <= business_date && amount.is_positive()));
            dues += credit.dues.len();
            receipts += credit.receipts.len();
        }
        assert!((41_000..44_500).contains(&dues), "{dues}");
        assert!((29_500..31_500).contains(&receipts), "{receipts}");
    }
}
