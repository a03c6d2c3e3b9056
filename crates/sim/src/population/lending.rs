//! What is lent: terms drawn within a product, and what later agreements make of them.

use super::account::{Account, Due, Receipt, receipts};
use super::behaviour::Behaviour;
use super::dues::{agreed, instalment_count, restructured, settled_early};
use super::people::Customer;
use super::words::{self, PRODUCTS, Product};
use crate::random::Random;
use loan::{LoanRules, LoanStatus, Position, Protection, RepaymentMethod, Terms};
use units::{Date, LoanId, Money, RatePpm};

/// A loan of the practice world with its whole life (借据): terms, dues, money, outcome.
#[derive(Clone, Debug)]
pub struct Loan {
    pub id: LoanId,
    /// The borrower's place in the list of customers.
    pub customer: usize,
    pub product: &'static Product,
    pub terms: Terms,
    pub dues: Vec<Due>,
    pub receipts: Vec<Receipt>,
    pub behaviour: Behaviour,
    pub protection: Protection,
    pub purpose: &'static str,
    pub entrusted: bool,
    pub extension_count: u32,
    pub restructured_on: Option<Date>,
    pub approved_with_doubt: bool,
    pub status: LoanStatus,
    /// Where it stands at the end of the history, by the loan room's default rules.
    pub end: Position,
}

/// What later agreements made of the terms.
struct Agreement {
    terms: Terms,
    dues: Vec<Due>,
    behaviour: Behaviour,
    extension_count: u32,
    restructured_on: Option<Date>,
}

/// Draws a loan of `customer` under `product`, disbursed and repaid until the last of `days`.
pub fn loan(
    random: &mut Random,
    id: LoanId,
    place: usize,
    customer: &Customer,
    product: &'static Product,
    days: (Date, Date),
) -> Loan {
    let through = days.1;
    let terms = terms(random, product, days);
    let agreement = later_agreement(random, terms, customer.behaviour, through);
    let Agreement { terms, dues, behaviour, extension_count, restructured_on } = agreement;
    let rules = LoanRules::default();
    let (receipts, end) = receipts(Account::new(&terms, &dues, &rules), &behaviour, random, through);
    let protection = if customer.guaranteed_by.is_some() {
        Protection::Guarantee
    } else {
        *words::pick(random, &product.protections)
    };
    let doubtful = !matches!(behaviour, Behaviour::Punctual | Behaviour::Forgetful | Behaviour::Seasonal { .. });
    Loan {
        id,
        customer: place,
        product,
        behaviour,
        protection,
        purpose: random.pick::<String>(&product.purposes),
        entrusted: random.chance(product.entrusted),
        extension_count,
        restructured_on,
        approved_with_doubt: random.chance(if doubtful { 120 } else { 6 }),
        status: status(random, &end, &dues, through),
        end,
        terms,
        receipts,
        dues,
    }
}

/// A second loan of the same borrower is of any product his kind and scale can have.
pub fn another_product(random: &mut Random, first: &'static Product) -> &'static Product {
    let open = |product: &Product| {
        let same = product.kind == first.kind && product.scale == first.scale;
        if same { product.share } else { 0 }
    };
    &PRODUCTS[random.weighted(PRODUCTS.iter().map(open))]
}

fn terms(random: &mut Random, product: &Product, days: (Date, Date)) -> Terms {
    let months = *random.pick(&product.months);
    let method = *words::pick(random, &product.methods);
    let frequency = *words::pick(random, &product.frequencies);
    let disbursed_on = disbursed_on(random, product.seasonal, months, days);
    let [low, high] = product.principal;
    let principal = random.skewed(low / product.round, high / product.round) * product.round;
    // Rates are agreed in steps of five basis points; small loans pay more.
    let [cheap, dear] = product.rate_ppm;
    let annual_rate = RatePpm::new(random.between(cheap / 500, dear / 500) * 500);
    let margin = if random.chance(800) { 500_000 } else { 300_000 };
    Terms {
        principal: Money::from_yuan(principal),
        disbursed_on,
        matures_on: disbursed_on.add_months(months as i32),
        annual_rate,
        penalty_rate: Some(annual_rate.raised_by(margin)),
        day_count: product.day_count,
        method,
        instalment_count: instalment_count(method, frequency, months),
        frequency,
    }
}

/// Mostly within the history, a quarter before it (but still running when it begins); on a weekday.
fn disbursed_on(random: &mut Random, seasonal: bool, months: u32, (from, through): (Date, Date)) -> Date {
    let before = months.clamp(2, 60) as i32 - 1;
    let drawn = if random.chance(250) {
        from.add_months(-before) + random.between(0, 30 * i64::from(before)) as i32
    } else {
        from + random.between(0, i64::from(through - from) - 10) as i32
    };
    // Farmers borrow in spring: March to May of the same year, or of the year before it.
    let spring = Date::from_ymd(drawn.year(), 3, 1).expect("every year has a March") + random.between(0, 80) as i32;
    let day = match seasonal {
        true if spring + 10 < through => spring,
        true => spring.add_months(-12),
        false => drawn,
    };
    match day.weekday() {
        6 => day - 1,
        7 => day - 2,
        _ => day,
    }
}

fn later_agreement(random: &mut Random, terms: Terms, behaviour: Behaviour, through: Date) -> Agreement {
    let mut agreement = Agreement { dues: agreed(&terms), terms, behaviour, extension_count: 0, restructured_on: None };
    let level = !matches!(terms.method, RepaymentMethod::Bullet | RepaymentMethod::Irregular);
    match behaviour {
        Behaviour::Punctual | Behaviour::Forgetful if level && random.chance(70) => {
            let days = i64::from(terms.matures_on - terms.disbursed_on);
            let on = terms.disbursed_on + random.between(days / 5, days * 4 / 5) as i32;
            if on <= through {
                agreement.dues = settled_early(&terms, &agreement.dues, on);
            }
        }
        Behaviour::Squeezed { since } if level && random.chance(300) => {
            restructure(random, &mut agreement, since, through);
        }
        Behaviour::Squeezed { .. } | Behaviour::Punctual
            if terms.method == RepaymentMethod::InterestOnly
                && random.chance(if behaviour == Behaviour::Punctual { 40 } else { 350 }) =>
        {
            extend(&mut agreement, through);
        }
        _ => {}
    }
    agreement
}

/// Half the term again (展期), within what short and medium loans may be extended by.
fn extend(agreement: &mut Agreement, through: Date) {
    let Terms { disbursed_on, matures_on, method, frequency, .. } = agreement.terms;
    let (from, until) = (disbursed_on.year_month(), matures_on.year_month());
    let months = (until.year - from.year) * 12 + until.month as i32 - from.month as i32;
    let extended = months + months / 2;
    if matures_on > through || extended == months {
        return;
    }
    agreement.terms.matures_on = disbursed_on.add_months(extended);
    agreement.terms.instalment_count = instalment_count(method, frequency, extended as u32);
    agreement.dues = agreed(&agreement.terms);
    agreement.extension_count = 1;
}

/// Two or three dues were missed, then new terms are agreed. Most keep them; some break down again.
fn restructure(random: &mut Random, agreement: &mut Agreement, since: Date, through: Date) {
    let met = agreement.dues.iter().filter(|due| due.on < since).count();
    let missed = random.between(2, 3) as usize;
    let Some(last_missed) = agreement.dues.get(met + missed).filter(|_| met > 0) else { return };
    let on = last_missed.on - 10;
    if on > through {
        return;
    }
    let count = random.between(6, 18) as u32 * 2;
    agreement.dues = restructured(&agreement.terms, &agreement.dues, met, on, count);
    agreement.terms.matures_on = on.add_months(count as i32);
    agreement.terms.instalment_count = agreement.dues.len() as u32;
    agreement.restructured_on = Some(on);
    let relapse = on + random.between(60, 300) as i32;
    agreement.behaviour = if random.chance(250) { Behaviour::Failing { since: relapse } } else { Behaviour::Forgetful };
}

/// Long-lost loans are in part written off or sold.
fn status(random: &mut Random, end: &Position, dues: &[Due], through: Date) -> LoanStatus {
    let all_due = dues.last().is_some_and(|due| due.on <= through);
    match end.days_past_due {
        0 if all_due && end.principal_outstanding.is_zero() && end.unpaid_instalments == 0 => LoanStatus::Settled,
        361.. if random.chance(450) => LoanStatus::WrittenOff,
        271.. if random.chance(120) => LoanStatus::Transferred,
        _ => LoanStatus::Active,
    }
}
