//! Writes the institution, its borrowers and what they owe and paid.

use super::account::Receipt;
use super::lending::Loan;
use super::people::Customer;
use super::table::Book;
use super::words::WORDS;
use super::{Population, people};
use crate::random::Random;
use loan::RepaymentMethod;
use units::{Date, RatePpm};

pub fn write(population: &Population, book: &mut Book) {
    outlets_and_officers(population, book);
    for (place, customer, loans) in population.loans_by_customer() {
        let mut random = Random::stream(population.seed, "person", place as u64);
        write_customer(population, book, &mut random, customer, loans);
        contacts(book, &mut random, customer, population.through);
        for loan in loans {
            write_loan(population, book, customer, loan);
            instalments(book, loan);
            repayments(book, loan);
        }
    }
}

/// An absent value is an empty cell.
pub fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

pub const fn yes_no(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

fn outlets_and_officers(population: &Population, book: &mut Book) {
    for outlet in &population.outlets {
        let region = outlet.place.map_or(super::words::INSTITUTION.head_region.as_str(), |place| &place.region);
        book.push("branches", &[&outlet.id, &outlet.name, &optional(outlet.parent.clone()), &region]);
    }
    for officer in &population.officers {
        book.push("officers", &[&officer.id, &officer.name, &population.outlets[officer.outlet].id, &officer.post]);
    }
}

fn write_customer(population: &Population, book: &mut Book, random: &mut Random, customer: &Customer, loans: &[Loan]) {
    let first = loans.iter().map(|loan| loan.terms.disbursed_on).min().unwrap_or(population.through);
    let onboarded_on = first - random.between(3, 900) as i32;
    let occupation = match customer.product.kind.as_str() {
        "farmer" => random.pick(&WORDS.farm_occupations).as_str(),
        "individual" => random.pick(&WORDS.occupations),
        _ => "",
    };
    let id_number = if customer.is_company() { company_number(random) } else { person_number(random) };
    // A circle is known to the bank as one group only once somebody looks; it has no group here.
    let group = if customer.product.scale == "large" && random.chance(400) {
        format!("G{:02}", random.between(1, 12))
    } else {
        String::new()
    };
    let address = address(random, customer);
    let confirmation = yes_no(customer.is_company() && random.chance(100));
    book.push(
        "customers",
        &[
            &customer.id,
            &customer.name,
            &customer.product.kind,
            &customer.product.scale,
            &id_number,
            &phone(random),
            &address,
            &customer.place.region,
            &optional(customer.industry.map(|industry| industry.code.as_str())),
            &occupation,
            &group,
            &onboarded_on,
            &confirmation,
        ],
    );
}

fn address(random: &mut Random, customer: &Customer) -> String {
    if customer.product.kind == "farmer" {
        return format!("{}{}{}", customer.town, random.pick(&WORDS.brand_second), WORDS.village_suffix);
    }
    let (street, number) = (random.pick(&WORDS.streets), random.between(1, 388));
    format!("{}{street}{number}{}", customer.town, WORDS.street_number_suffix)
}

/// Eleven digits as a mobile number has, in a range (120) that is assigned to nobody.
fn phone(random: &mut Random) -> String {
    format!("120{:08}", random.below(100_000_000))
}

/// Eighteen places as an identity number has, in a region (99) that does not exist.
fn person_number(random: &mut Random) -> String {
    let born = Date::from_ymd(1960, 1, 1).expect("a day") + random.between(0, 15_700) as i32;
    let (year, month, day) = born.ymd();
    let digits = format!("99{:04}{year:04}{month:02}{day:02}{:03}", random.below(10_000), random.below(1000));
    // GB 11643: weights are powers of two modulo eleven.
    let sum: u32 =
        digits.bytes().enumerate().map(|(place, digit)| u32::from(digit - b'0') * ((1 << (17 - place)) % 11)).sum();
    let check = b"10X98765432"[(sum % 11) as usize] as char;
    format!("{digits}{check}")
}

/// Eighteen places as a company's credit code has, in a region (99) that does not exist.
fn company_number(random: &mut Random) -> String {
    format!("9199{:04}MA{:08}", random.below(10_000), random.below(100_000_000))
}

fn contacts(book: &mut Book, random: &mut Random, customer: &Customer, through: Date) {
    let sources = &WORDS.sources;
    let mut push = |relation: &str, name: &str, source: &str, random: &mut Random| {
        let id = format!("K{:07}", book.table("contacts").len() + 1);
        let opted_out = random.chance(15).then(|| through - random.between(5, 400) as i32);
        book.push("contacts", &[&id, &customer.id, &relation, &name, &phone(random), &source, &optional(opted_out)]);
    };
    let own_name = if customer.is_company() { people::person(random) } else { customer.name.clone() };
    push("self", &own_name, &sources["application"], random);
    if customer.is_company() {
        return;
    }
    if random.chance(550) {
        push("spouse", &people::person(random), &sources["consent"], random);
    }
    if random.chance(350) {
        push("reserved_contact", &people::person(random), &sources["application"], random);
    }
}

/// A rate as files write it: `0.0435`.
fn decimal(rate: RatePpm) -> String {
    let digits = format!("{:07}", rate.ppm());
    let (whole, fraction) = digits.split_at(digits.len() - 6);
    format!("{whole}.{}", fraction.trim_end_matches('0').get(..).filter(|text| !text.is_empty()).unwrap_or("0"))
}

pub fn contract_id(loan: &Loan) -> String {
    format!("T{}", &loan.id.as_str()[1..])
}

fn write_loan(population: &Population, book: &mut Book, customer: &Customer, loan: &Loan) {
    let terms = &loan.terms;
    let company = customer.product.kind == "corporate";
    let facility = if company { format!("F{}", &customer.id.as_str()[1..]) } else { String::new() };
    let count = if terms.method == RepaymentMethod::Bullet { 1 } else { terms.instalment_count };
    book.push(
        "loans",
        &[
            &loan.id,
            &customer.id,
            &population.outlets[customer.outlet].id,
            &population.officers[customer.officer].id,
            &loan.product.code,
            &contract_id(loan),
            &facility,
            &"CNY",
            &terms.principal.plain(),
            &terms.disbursed_on,
            &terms.matures_on,
            &decimal(terms.annual_rate),
            &optional(terms.penalty_rate.map(decimal)),
            &terms.day_count.code(),
            &terms.method.code(),
            &count,
            &terms.frequency.code(),
            &loan.protection.code(),
            &yes_no(loan.product.low_risk),
            &loan.purpose,
            &yes_no(loan.entrusted),
            &loan.extension_count,
            &optional(loan.restructured_on),
            &yes_no(loan.approved_with_doubt),
            &loan.status.code(),
        ],
    );
}

fn instalments(book: &mut Book, loan: &Loan) {
    for (index, due) in loan.dues.iter().enumerate() {
        let (principal, interest) = (due.principal.plain(), due.interest.plain());
        book.push("instalments", &[&loan.id, &(index + 1), &due.on, &principal, &interest, &""]);
    }
}

fn repayments(book: &mut Book, loan: &Loan) {
    let id = |place: usize| format!("R{}-{:03}", &loan.id.as_str()[1..], place + 1);
    for (place, receipt) in loan.receipts.iter().enumerate() {
        let Receipt { paid_on, amount, entered_on, reverses, payer } = receipt;
        let reverses = optional(reverses.map(id));
        book.push(
            "repayments",
            &[&id(place), &loan.id, paid_on, &amount.plain(), entered_on, &reverses, &payer.code()],
        );
    }
}
