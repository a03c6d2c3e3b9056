//! The demo institution and its borrowers (演示机构): a whole book drawn from one seed.
//!
//! [`Population::draw`] gives customers, loans, dues and money as values, with the reason why each
//! borrower pays as he does; [`Population::book`] tells the same as the thirteen files a core system
//! would deliver. Nothing is computed that the night computes: no grade, no bucket.
//!
//! Reading order: [`words`], [`people`], [`behaviour`], [`dues`], [`account`], [`lending`], [`tales`],
//! then what is written: [`table`], [`ledger`], [`protection`], [`companies`], [`outside`].

pub mod account;
pub mod behaviour;
pub mod dues;
pub mod lending;
pub mod people;
pub mod table;
pub mod words;

mod companies;
mod ledger;
mod outside;
mod protection;
mod tales;

use crate::random::Random;
use lending::Loan;
use people::{Customer, Officer, Outlet};
use table::Book;
use units::{Date, LoanId};

/// How large an institution and how long a history (规模).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub branches: usize,
    pub sub_branches: usize,
    pub officers: usize,
    pub loans: usize,
    /// Months of history before the last day; older loans bring their own.
    pub months: u32,
}

impl Scale {
    /// A city bank with two years of history.
    pub const fn demo() -> Scale {
        Scale { branches: 8, sub_branches: 32, officers: 256, loans: 20_000, months: 24 }
    }

    /// A practice world of so many loans and one year.
    pub const fn small(loans: usize) -> Scale {
        Scale { branches: 2, sub_branches: 4, officers: 32, loans, months: 12 }
    }
}

/// Everybody and every loan of one institution (机构全貌).
#[derive(Clone, Debug)]
pub struct Population {
    pub seed: u64,
    pub from: Date,
    pub through: Date,
    pub outlets: Vec<Outlet>,
    pub officers: Vec<Officer>,
    pub customers: Vec<Customer>,
    /// In the order of their customers.
    pub loans: Vec<Loan>,
}

/// The book of an institution with history until the end of `through`. The same arguments give the
/// same bytes.
pub fn generate(scale: &Scale, seed: u64, through: Date) -> Book {
    Population::draw(scale, seed, through).book()
}

impl Population {
    pub fn draw(scale: &Scale, seed: u64, through: Date) -> Population {
        let from = through.add_months(-(scale.months as i32));
        let outlets = people::outlets(scale);
        let officers = people::officers(scale, seed, &outlets);
        let (mut customers, counts) = customers(scale, seed, &outlets, &officers, (from, through));
        tales::tell(&mut customers, seed, through);
        let mut loans = Vec::with_capacity(scale.loans);
        for (place, customer) in customers.iter().enumerate() {
            let mut random = Random::stream(seed, "loan", place as u64);
            for nth in 0..counts[place] {
                let id = LoanId(format!("L{:07}", loans.len() + 1));
                let product =
                    if nth == 0 { customer.product } else { lending::another_product(&mut random, customer.product) };
                loans.push(lending::loan(&mut random, id, place, customer, product, (from, through)));
            }
        }
        Population { seed, from, through, outlets, officers, customers, loans }
    }

    /// The thirteen tables.
    pub fn book(&self) -> Book {
        let mut book = Book::new();
        ledger::write(self, &mut book);
        protection::write(self, &mut book);
        companies::write(self, &mut book);
        outside::write(self, &mut book);
        book
    }

    /// The customers with the places of their loans, in order.
    fn loans_by_customer(&self) -> impl Iterator<Item = (usize, &Customer, &[Loan])> {
        let mut rest = &self.loans[..];
        self.customers.iter().enumerate().map(move |(place, customer)| {
            let own;
            (own, rest) = rest.split_at(rest.iter().take_while(|loan| loan.customer == place).count());
            (place, customer, own)
        })
    }
}

/// Customers until their loans are as many as asked for; most have one, some two or three.
fn customers(
    scale: &Scale,
    seed: u64,
    outlets: &[Outlet],
    officers: &[Officer],
    days: (Date, Date),
) -> (Vec<Customer>, Vec<usize>) {
    let (mut customers, mut counts, mut loans) = (Vec::new(), Vec::new(), 0);
    while loans < scale.loans {
        let number = customers.len();
        let wanted = 1 + Random::stream(seed, "count", number as u64).weighted([80, 15, 5].into_iter());
        let count = wanted.min(scale.loans - loans);
        customers.push(people::customer(seed, number, outlets, officers, days));
        counts.push(count);
        loans += count;
    }
    (customers, counts)
}

#[cfg(test)]
mod tests;
