//! Writes what others know of the borrowers: courts, registries, the press, other lenders.

use super::Population;
use super::behaviour::Behaviour;
use super::ledger::optional;
use super::lending::Loan;
use super::people::Customer;
use super::table::Book;
use super::words::WORDS;
use crate::random::Random;
use loan::{Protection, RepaymentMethod};
use units::{Date, Money, Rounding};

pub fn write(population: &Population, book: &mut Book) {
    for (place, customer, loans) in population.loans_by_customer() {
        let mut random = Random::stream(population.seed, "outside", place as u64);
        let mut events = events(&mut random, customer, loans);
        events.retain(|event| event.known_on <= population.through && event.happened_on >= population.from);
        events.sort_by_key(|event| (event.happened_on, event.kind));
        for event in events {
            event.write(book, customer);
        }
        other_bank_debts(population, book, &mut random, customer, loans);
    }
}

/// Something that happened to a borrower (外部事件).
struct Event {
    kind: &'static str,
    source: &'static str,
    happened_on: Date,
    known_on: Date,
    amount: Option<Money>,
}

impl Event {
    fn write(&self, book: &mut Book, customer: &Customer) {
        let id = format!("V{:06}", book.table("events").len() + 1);
        let amount = optional(self.amount.map(Money::plain));
        let detail = &WORDS.events[self.kind];
        let cells: [&dyn std::fmt::Display; 8] =
            [&id, &customer.id, &self.kind, &self.happened_on, &self.known_on, &amount, &self.source, detail];
        book.push("events", &cells);
    }
}

/// What becomes of a company in trouble: kind, source, how often (permille), how many days after the
/// trouble began at the earliest, and whether a sum belongs to it. Some are seen before it begins.
#[rustfmt::skip]
const COMPANY_IN_TROUBLE: [(&str, &str, u64, i64, Sum); 10] = [
    ("equity_change", "registry", 150, -150, Sum::None),
    ("M01", "registry", 120, -120, Sum::None),
    ("news", "press", 120, -90, Sum::None),
    ("penalty", "registry", 100, -60, Sum::Small),
    ("litigation", "court", 500, -30, Sum::Large),
    ("rating_downgrade", "agency", 100, 10, Sum::None),
    ("A11", "court", 180, 40, Sum::Large),
    ("enforced", "court", 300, 120, Sum::Large),
    ("dishonest", "court", 120, 220, Sum::Large),
    ("bankruptcy_liquidation", "court", 90, 200, Sum::None),
];

#[derive(Clone, Copy)]
enum Sum {
    None,
    Small,
    Large,
}

fn events(random: &mut Random, customer: &Customer, loans: &[Loan]) -> Vec<Event> {
    let mut events = Vec::new();
    let owed: Money = loans.iter().map(|loan| loan.terms.principal).sum();
    match customer.behaviour {
        Behaviour::Failing { since } if customer.is_company() => in_trouble(random, &mut events, since, owed, 1000),
        Behaviour::Squeezed { since } if customer.is_company() => in_trouble(random, &mut events, since, owed, 350),
        Behaviour::Failing { since } | Behaviour::Squeezed { since }
            if customer.product.kind == "individual" && random.chance(250) =>
        {
            events.push(event(random, "I05", "officer", since));
        }
        Behaviour::Failing { .. } | Behaviour::Squeezed { .. } => {}
        _ if customer.is_company() => harmless(random, &mut events, loans, owed),
        _ => {}
    }
    for loan in loans {
        about_loan(random, &mut events, loan);
    }
    events
}

fn in_trouble(random: &mut Random, events: &mut Vec<Event>, since: Date, owed: Money, likelihood: u64) {
    for (kind, source, permille, earliest, sum) in COMPANY_IN_TROUBLE {
        if !random.chance(permille * likelihood / 1000) {
            continue;
        }
        let happened_on = since + random.between(earliest, earliest + 70) as i32;
        let amount = match sum {
            Sum::None => None,
            Sum::Small => Some(Money::from_yuan(random.between(2, 40) * 10_000)),
            Sum::Large => Some(whole(owed.mul_div(i128::from(random.between(50, 700)), 1000, Rounding::Down))),
        };
        events.push(Event { amount, ..event(random, kind, source, happened_on) });
    }
}

/// Things happen to sound companies too: the false alarms everybody has to tell apart.
fn harmless(random: &mut Random, events: &mut Vec<Event>, loans: &[Loan], owed: Money) {
    if !random.chance(60) {
        return;
    }
    let Some(loan) = loans.first() else { return };
    let happened_on = loan.terms.disbursed_on + random.between(20, 500) as i32;
    let kind = *random.pick(&["equity_change", "M01", "news", "penalty", "litigation"]);
    let source = match kind {
        "news" => "press",
        "litigation" => "court",
        _ => "registry",
    };
    let amount = matches!(kind, "penalty" | "litigation")
        .then(|| whole(owed.mul_div(i128::from(random.between(5, 60)), 1000, Rounding::Down)));
    events.push(Event { amount, ..event(random, kind, source, happened_on) });
}

fn about_loan(random: &mut Random, events: &mut Vec<Event>, loan: &Loan) {
    let amount = Some(loan.terms.principal);
    let disbursed_on = loan.terms.disbursed_on;
    let dishonest = matches!(loan.behaviour, Behaviour::Strategic { .. } | Behaviour::Fraudulent { .. });
    if dishonest && random.chance(120) {
        let found_on = disbursed_on + random.between(20, 120) as i32;
        events.push(Event { amount, ..event(random, "fund_misuse", "officer", found_on) });
    }
    let revolving = loan.terms.method == RepaymentMethod::InterestOnly;
    if let Behaviour::Squeezed { since } = loan.behaviour
        && revolving
        && disbursed_on > since
        && random.chance(400)
    {
        events.push(Event { amount, ..event(random, "refinancing", "officer", disbursed_on) });
    }
    if let Behaviour::Failing { since } = loan.behaviour
        && loan.protection == Protection::Guarantee
        && random.chance(200)
    {
        let paid_on = since + random.between(60, 200) as i32;
        events.push(Event { amount, ..event(random, "A17", "credit_report", paid_on) });
    }
}

/// An event known some days after it happened; what an officer finds is known at once.
fn event(random: &mut Random, kind: &'static str, source: &'static str, happened_on: Date) -> Event {
    let days = if source == "officer" { 0 } else { random.skewed(0, 25) as i32 };
    Event { kind, source, happened_on, known_on: happened_on + days, amount: None }
}

/// What the credit register shows of debts elsewhere at the last two quarter ends.
fn other_bank_debts(
    population: &Population,
    book: &mut Book,
    random: &mut Random,
    customer: &Customer,
    loans: &[Loan],
) {
    let trouble_since = match customer.behaviour {
        Behaviour::Failing { since } => Some(since),
        Behaviour::Squeezed { since } => Some(since + 60),
        _ => None,
    };
    if !random.chance(if trouble_since.is_some() { 450 } else { 130 }) {
        return;
    }
    let lender = random.pick(&WORDS.lenders.names);
    let owed: Money = loans.iter().map(|loan| loan.terms.principal).sum();
    let balance = whole(owed.mul_div(i128::from(random.between(150, 1500)), 1000, Rounding::Down));
    let late = random.between(-60, 20) as i32;
    let last = quarter_end_before(population.through);
    for as_of in [quarter_end_before(last), last] {
        let past_due_days = trouble_since.map_or(0, |since| (as_of - since + late).max(0));
        let grade = match past_due_days {
            0 => "pass",
            1..=90 => "special_mention",
            91..=270 => "substandard",
            271..=360 => "doubtful",
            _ => "loss",
        };
        book.push("other_bank_debts", &[&customer.id, &as_of, lender, &balance.plain(), &past_due_days, &grade]);
    }
}

fn quarter_end_before(day: Date) -> Date {
    let mut end = Date::from_ymd(day.year(), day.month(), 1).expect("every month has a first").previous();
    while !end.month().is_multiple_of(3) {
        end = Date::from_ymd(end.year(), end.month(), 1).expect("every month has a first").previous();
    }
    end
}

/// To whole thousands of yuan, and at least one.
fn whole(amount: Money) -> Money {
    Money::from_yuan((amount.fen() / 100_000).max(1) * 1000)
}
