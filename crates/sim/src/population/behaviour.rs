//! How borrowers answer when money is due.
//!
//! The ledger asks on every due date, and once a month while something stays unpaid; the answer is
//! at most one payment, made before the next question. A practice world can put the same question
//! day by day.

use crate::random::Random;
use units::{Date, Money};

/// Why a borrower pays as he does (还款行为). Before `since` everyone pays as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Pays on the day.
    Punctual,
    /// Means to pay and now and then forgets for a few days.
    Forgetful,
    /// A farmer: pays when the harvest is sold, with some delay in the other months.
    Seasonal { harvest_month: u32 },
    /// Short of money since: pays parts, skips, catches up, rolls through M1 to M3.
    Squeezed { since: Date },
    /// Can pay and will not before he must: everything at once shortly before the 90th day.
    Strategic { since: Date },
    /// Breaking down since: a part, a last part, then nothing.
    Failing { since: Date },
    /// Never meant to pay: at most the first instalment.
    Fraudulent { first_paid: bool },
}

/// What the borrower is asked to pay on one day (应还款).
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    pub on: Date,
    /// Falling due this day.
    pub due: Money,
    /// Unpaid from earlier dues, with penalty interest.
    pub arrears: Money,
    /// The oldest due date not fully covered, today's included.
    pub oldest_unpaid_on: Date,
    /// Questions asked before this one.
    pub asked: u32,
    /// Days until the next question; the answer lies within them.
    pub days_to_next: i32,
}

/// What he does about it (还款).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    pub on: Date,
    pub sum: Sum,
}

/// How much of what is owed on the day of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    InFull,
    Permille(u32),
}

impl Behaviour {
    /// The answer to `demand`: a payment before the next question, or nothing.
    pub fn pays(&self, random: &mut Random, demand: &Demand) -> Option<Payment> {
        let after = |days: i64, sum| {
            let days = (days as i32).clamp(0, demand.days_to_next - 1);
            Some(Payment { on: demand.on + days, sum })
        };
        match *self {
            Behaviour::Squeezed { since } | Behaviour::Strategic { since } | Behaviour::Failing { since }
                if demand.on < since =>
            {
                after(0, Sum::InFull)
            }
            Behaviour::Punctual => after(0, Sum::InFull),
            Behaviour::Forgetful => after(if random.chance(220) { random.skewed(1, 9) } else { 0 }, Sum::InFull),
            Behaviour::Seasonal { harvest_month } => {
                let since_harvest = (demand.on.month() + 12 - harvest_month) % 12;
                let delay = if since_harvest > 2 && random.chance(300) { random.between(2, 25) } else { 0 };
                after(delay, Sum::InFull)
            }
            Behaviour::Squeezed { .. } => {
                let desperate = demand.on - demand.oldest_unpaid_on > 70;
                match random.below(100) {
                    0..35 => after(random.between(3, 27), Sum::InFull),
                    35..70 => after(random.between(3, 27), Sum::Permille(random.between(300, 800) as u32)),
                    70..95 if desperate => after(random.between(0, 15), Sum::InFull),
                    _ => None,
                }
            }
            Behaviour::Strategic { .. } => {
                let last_day = demand.oldest_unpaid_on + 89 - random.below(4) as i32;
                let in_reach = last_day - demand.on < demand.days_to_next;
                if in_reach { after(i64::from((last_day - demand.on).max(0)), Sum::InFull) } else { None }
            }
            Behaviour::Failing { since } => {
                let sum = Sum::Permille(random.between(150, 600) as u32);
                let fading = (900 - i64::from(demand.on - since) * 8).max(15);
                if random.chance(fading as u64) { after(random.between(5, 27), sum) } else { None }
            }
            Behaviour::Fraudulent { first_paid } => {
                if first_paid && demand.asked == 0 {
                    after(0, Sum::InFull)
                } else {
                    None
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to twelve monthly questions when every due stays unpaid until the answer, as
    /// days after the question: `=` on the day, `-` nothing, `+n` in full, `~n` in part.
    fn check(behaviour: Behaviour, expect: &str) {
        let mut random = Random::new(11);
        let start = Date::parse("2026-01-15").unwrap();
        let mut oldest = start;
        let mut answers = Vec::new();
        for asked in 0..12 {
            let on = start.add_months(asked);
            let next = start.add_months(asked + 1);
            let demand = Demand {
                on,
                due: Money::from_yuan(1000),
                arrears: Money::ZERO,
                oldest_unpaid_on: oldest,
                asked: asked as u32,
                days_to_next: next - on,
            };
            let answer = behaviour.pays(&mut random, &demand);
            answers.push(match answer {
                None => "-".to_owned(),
                Some(Payment { on: paid_on, sum: Sum::InFull }) if paid_on == on => "=".to_owned(),
                Some(Payment { on: paid_on, sum: Sum::InFull }) => format!("+{}", paid_on - on),
                Some(Payment { on: paid_on, .. }) => format!("~{}", paid_on - on),
            });
            if matches!(answer, Some(Payment { sum: Sum::InFull, .. })) {
                oldest = next;
            }
        }
        assert_eq!(answers.join(" "), expect, "{behaviour:?}");
    }

    #[test]
    fn each_behaviour_answers_in_its_own_way() {
        let since = Date::parse("2026-03-01").unwrap();
        check(Behaviour::Punctual, "= = = = = = = = = = = =");
        check(Behaviour::Fraudulent { first_paid: true }, "= - - - - - - - - - - -");
        check(Behaviour::Fraudulent { first_paid: false }, "- - - - - - - - - - - -");
        check(Behaviour::Strategic { since }, "= = - - +26 - - +26 - - +27 -");
        check(Behaviour::Forgetful, "= = = = +1 = = = +3 = = =");
        check(Behaviour::Seasonal { harvest_month: 10 }, "= +17 = +15 +20 = = +8 = = = =");
        check(Behaviour::Squeezed { since }, "= = +9 ~15 ~5 +26 +9 - - - +18 -");
        check(Behaviour::Failing { since }, "= = ~19 ~17 - - - - - - - -");
    }
}
