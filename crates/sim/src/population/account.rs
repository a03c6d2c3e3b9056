//! The life of one loan: the borrower is asked, answers, and the money is booked.

use super::behaviour::{Behaviour, Demand, Payment, Sum};
use crate::random::Random;
use loan::{LoanRules, LoanView, Position, Terms, positions};
use units::{Date, Money, Rounding};

/// One agreed due (应还期): what falls due on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub on: Date,
    pub principal: Money,
    pub interest: Money,
}

impl Due {
    pub fn amount(&self) -> Money {
        self.principal + self.interest
    }
}

/// One line of money as the core system booked it (还款流水).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub paid_on: Date,
    pub amount: Money,
    pub entered_on: Date,
    /// The place of the earlier receipt of the same loan that this line takes back (冲正).
    pub reverses: Option<usize>,
    pub payer: Payer,
}

/// Whose money it was (付款人).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    Borrower,
    Guarantor,
    ThirdParty,
    Deduction,
}

impl Payer {
    pub const fn code(self) -> &'static str {
        match self {
            Payer::Borrower => "borrower",
            Payer::Guarantor => "guarantor",
            Payer::ThirdParty => "third_party",
            Payer::Deduction => "deduction",
        }
    }
}

/// A loan's dues and the money so far, as columns (账户): what the loan room's kernel reads.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    terms: &'a Terms,
    rules: &'a LoanRules,
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
    paid_on: Vec<Date>,
    paid: Vec<Money>,
}

impl<'a> Account<'a> {
    pub fn new(terms: &'a Terms, dues: &[Due], rules: &'a LoanRules) -> Account<'a> {
        Account {
            terms,
            rules,
            due_on: dues.iter().map(|due| due.on).collect(),
            principal_due: dues.iter().map(|due| due.principal).collect(),
            interest_due: dues.iter().map(|due| due.interest).collect(),
            fee_due: vec![Money::ZERO; dues.len()],
            paid_on: Vec::new(),
            paid: Vec::new(),
        }
    }

    /// Where the loan stands at the end of `day`, by the rules of the night.
    pub fn position(&self, day: Date) -> Position {
        let view = LoanView {
            terms: self.terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &[],
        };
        let mut position = [Position::default()];
        positions(&view, self.rules, &[day], &mut position);
        position[0]
    }

    /// Money that stays; a reversed line never comes here. Days do not go back.
    pub fn receive(&mut self, day: Date, amount: Money) {
        self.paid_on.push(day);
        self.paid.push(amount);
    }

    /// What clears the loan on `day`: everything past due with penalty interest, and that day's due.
    pub fn owed(&self, day: Date) -> Money {
        self.owed_at(&self.position(day), day)
    }

    fn owed_at(&self, position: &Position, day: Date) -> Money {
        let fallen = self.due_on.partition_point(|&due_on| due_on <= day);
        let parts = self.principal_due[..fallen].iter().chain(&self.interest_due[..fallen]);
        let paid = position.paid_principal + position.paid_interest;
        parts.copied().sum::<Money>().minus_floor_zero(paid) + position.penalty_accrued
    }

    fn next_due_after(&self, day: Date) -> Option<Date> {
        self.due_on.get(self.due_on.partition_point(|&due_on| due_on <= day)).copied()
    }
}

/// The receipts of a loan from its first due until `through`, as `behaviour` brings them, and where
/// they leave the loan.
pub fn receipts(
    mut account: Account,
    behaviour: &Behaviour,
    random: &mut Random,
    through: Date,
) -> (Vec<Receipt>, Position) {
    let usual_payer = if random.chance(600) { Payer::Deduction } else { Payer::Borrower };
    let mut receipts = Vec::new();
    let mut asked = 0;
    let mut ask = account.due_on.first().copied();
    while let Some(on) = ask.filter(|&on| on <= through) {
        let month_later = on.add_months(1);
        let next_due = account.next_due_after(on);
        let next = next_due.map_or(month_later, |due| due.min(month_later));
        let Some(demand) = demand(&account, on, next, asked) else {
            ask = next_due;
            continue;
        };
        asked += 1;
        let payment = behaviour.pays(random, &demand).filter(|payment| payment.on <= through);
        if let Some(payment) = payment {
            let payer = payer(usual_payer, behaviour, &demand, random);
            let mut till = Till { account: &mut account, receipts: &mut receipts, through };
            till.take(&demand, payment, payer, random);
        }
        // Whoever has paid everything is asked again when the next due comes, however far off.
        let clear = payment.is_some_and(|payment| payment.sum == Sum::InFull);
        ask = if clear { next_due } else { Some(next) };
    }
    let end = account.position(through);
    (receipts, end)
}

fn demand(account: &Account, on: Date, next: Date, asked: u32) -> Option<Demand> {
    let position = account.position(on);
    let owed = account.owed_at(&position, on);
    let arrears = position.amount_past_due();
    owed.is_positive().then(|| Demand {
        on,
        due: owed.minus_floor_zero(arrears),
        arrears,
        oldest_unpaid_on: position.oldest_unpaid_due_on.unwrap_or(on),
        asked,
        days_to_next: next - on,
    })
}

/// Those who break down are helped out now and then; some arrears are paid by strangers.
fn payer(usual: Payer, behaviour: &Behaviour, demand: &Demand, random: &mut Random) -> Payer {
    match behaviour {
        Behaviour::Failing { since } if demand.on > *since && random.chance(250) => Payer::Guarantor,
        Behaviour::Squeezed { since } if demand.on > *since && random.chance(150) => Payer::ThirdParty,
        Behaviour::Squeezed { .. } | Behaviour::Failing { .. } => Payer::Borrower,
        _ => usual,
    }
}

/// Where payments are booked as they come, up to the last day of the history.
struct Till<'t, 'a> {
    account: &'t mut Account<'a>,
    receipts: &'t mut Vec<Receipt>,
    through: Date,
}

impl Till<'_, '_> {
    fn take(&mut self, demand: &Demand, payment: Payment, payer: Payer, random: &mut Random) {
        let on = payment.on;
        let owed = if on == demand.on { demand.due + demand.arrears } else { self.account.owed(on) };
        let amount = sum_brought(owed, payment.sum);
        // Paid over the counter of another outlet and booked days later, value-dated (倒起息).
        let booked_late = if random.chance(8) { random.between(1, 5) as i32 } else { 0 };
        let line = Receipt { paid_on: on, amount, entered_on: on + booked_late, reverses: None, payer };
        self.book(line);
        // A failed deduction is taken back two days later and paid again after four, with the
        // penalty interest of the delay (退票).
        if payment.sum == Sum::InFull
            && booked_late == 0
            && on + 4 < demand.on + demand.days_to_next
            && random.chance(2)
        {
            let reverses = Some(self.receipts.len() - 1);
            self.book(Receipt { entered_on: on + 2, reverses, ..line });
            if on + 4 <= self.through {
                let amount = self.account.owed(on + 4);
                self.book(Receipt { paid_on: on + 4, amount, entered_on: on + 4, ..line });
                self.account.receive(on + 4, amount);
            }
        } else {
            self.account.receive(on, amount);
        }
    }

    fn book(&mut self, line: Receipt) {
        self.receipts.push(Receipt { entered_on: line.entered_on.min(self.through), ..line });
    }
}

/// People who cannot bring everything bring a round sum.
fn sum_brought(owed: Money, sum: Sum) -> Money {
    match sum {
        Sum::InFull => owed,
        Sum::Permille(permille) => {
            let yuan = owed.mul_div(i128::from(permille), 100_000, Rounding::Up).fen();
            let round = if yuan >= 1000 { 100 } else { 10 };
            Money::from_yuan((yuan + round - 1) / round * round).min(owed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loan::{DayCount, Frequency, RepaymentMethod};
    use units::RatePpm;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// Three monthly dues of 10,000.00 and 500.00 from 2026-01-15, asked until 2026-08-31: the
    /// receipts as `date amount payer`, then what is still past due.
    fn check(behaviour: Behaviour, expect: &str) {
        let terms = Terms {
            principal: Money::from_yuan(30_000),
            disbursed_on: day("2025-12-15"),
            matures_on: day("2026-03-15"),
            annual_rate: RatePpm::new(60_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method: RepaymentMethod::Flat,
            instalment_count: 3,
            frequency: Frequency::Monthly,
        };
        let (principal, interest) = (Money::from_yuan(10_000), Money::from_yuan(500));
        let dues: Vec<Due> =
            (0..3).map(|month| Due { on: day("2026-01-15").add_months(month), principal, interest }).collect();
        let rules = LoanRules::default();
        let account = Account::new(&terms, &dues, &rules);
        let (receipts, end) = receipts(account, &behaviour, &mut Random::new(5), day("2026-08-31"));
        let mut lines: Vec<String> =
            receipts.iter().map(|line| format!("{} {} {}", line.paid_on, line.amount, line.payer.code())).collect();
        lines.push(format!("{} days, {}", end.days_past_due, end.amount_past_due()));
        assert_eq!(lines.join("\n"), expect.replace("; ", "\n"), "{behaviour:?}");
    }

    #[test]
    fn receipts_clear_what_the_night_counts() {
        let since = day("2026-01-01");
        check(
            Behaviour::Punctual,
            "2026-01-15 10,500.00 deduction; 2026-02-15 10,500.00 deduction; 2026-03-15 10,500.00 deduction; 0 days, 0.00",
        );
        // 31,500.00 and 177 days of penalty interest on 10,000.00.
        check(Behaviour::Strategic { since }, "2026-04-14 31,942.50 deduction; 0 days, 0.00");
        check(
            Behaviour::Squeezed { since },
            "2026-02-20 21,102.50 borrower; 2026-03-28 6,400.00 borrower; 2026-06-10 3,300.00 borrower; \
             2026-06-29 913.27 third_party; 0 days, 0.00",
        );
        check(Behaviour::Fraudulent { first_paid: true }, "2026-01-15 10,500.00 deduction; 197 days, 21,915.00");
    }
}
