//! What the caller may open, so that no page leads to what it would refuse.
//!
//! A customer is open to whoever may see the case, and to whoever may see a loan of theirs: the officer who lent sees
//! the customer, that there is a case, who works it and how it stands, and not what was said in it.

use crate::approval::approval_view;
use crate::book::Book;
use crate::clock_watch::claim_view;
use crate::desk::{Call, Desk, People};
use crate::failure::{Failure, Outcome};
use crate::loan_list::book_of;
use crate::loan_scope::{loan_target, seen};
use crate::person::target_of;
use authority::{Target, UseCase};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{CaseRow, Kept};

/// What a page names (页面所指).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Case(String),
    Customer(String),
    Loan(String),
    Claim(String),
    Approval(String),
}

/// Of the things a page names, those its reader may open (可打开).
#[derive(Clone, Debug, Default)]
pub struct Opened(BTreeSet<Thing>);

impl Opened {
    pub async fn of(desk: &Arc<Desk>, call: &Call, named: impl IntoIterator<Item = Thing>) -> Outcome<Opened> {
        let people = desk.people(call.at).await?;
        let mut opened = Opened::default();
        for thing in named.into_iter().collect::<BTreeSet<_>>() {
            let is_open = match &thing {
                Thing::Case(id) => case(desk, &people, call, id).await?,
                Thing::Customer(id) => granted(customer_target(desk, call, UseCase::CustomerView, id).await)?,
                Thing::Loan(id) => loan(desk, &people, call, id).await?,
                Thing::Claim(id) => granted(claim_view(desk, call, id).await)?,
                Thing::Approval(id) => granted(approval_view(desk, call, id).await)?,
            };
            if is_open {
                opened.0.insert(thing);
            }
        }
        Ok(opened)
    }

    pub fn has(&self, thing: &Thing) -> bool {
        self.0.contains(thing)
    }

    pub fn case(&self, id: &str) -> bool {
        self.has(&Thing::Case(id.to_owned()))
    }

    pub fn customer(&self, id: &str) -> bool {
        self.has(&Thing::Customer(id.to_owned()))
    }

    pub fn loan(&self, id: &str) -> bool {
        self.has(&Thing::Loan(id.to_owned()))
    }

    pub fn claim(&self, id: &str) -> bool {
        self.has(&Thing::Claim(id.to_owned()))
    }
}

fn granted<T>(outcome: Outcome<T>) -> Outcome<bool> {
    match outcome {
        Ok(_) => Ok(true),
        Err(Failure::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

async fn case(desk: &Desk, people: &People, call: &Call, case_id: &str) -> Outcome<bool> {
    let kept: Option<Kept<CaseRow, serde_json::Value>> = desk.store.load(case_id).await?;
    Ok(kept.is_some_and(|kept| desk.allows(people, call, UseCase::CaseView, &crate::case::target(&kept.row))))
}

async fn loan(desk: &Arc<Desk>, people: &People, call: &Call, loan_id: &str) -> Outcome<bool> {
    let Some(book) = book_of(desk).await? else { return Ok(false) };
    let Some(row) = book.state.loan_ids.find_sorted(loan_id) else { return Ok(false) };
    granted(loan_allowed(desk, people, call, &book, row).await)
}

/// A loan is seen by its officer, team or branch, or by who works the case of its customer.
pub(crate) async fn loan_allowed(desk: &Desk, people: &People, call: &Call, book: &Book, row: usize) -> Outcome<()> {
    let by_own = desk.may(people, call, UseCase::LoanView, &loan_target(people, book, row));
    let Err(no) = by_own else { return Ok(()) };
    let customer = book.state.customer_ids.get(book.state.customers[row] as usize);
    match desk.store.case_open::<serde_json::Value>(customer).await? {
        Some(kept) => desk.may(people, call, UseCase::LoanView, &crate::case::target(&kept.row)).map(drop),
        None => Err(no),
    }
}

/// By what the caller may do something with a customer: the case, or else a loan within reach.
pub(crate) async fn customer_target(desk: &Arc<Desk>, call: &Call, use_case: UseCase, customer_id: &str) -> Outcome<Target> {
    let people = desk.people(call.at).await?;
    let by_case = target_of(desk, customer_id).await?;
    let Err(no) = desk.may(&people, call, use_case, &by_case) else { return Ok(by_case) };
    let Some(book) = book_of(desk).await? else { return Err(no) };
    let Some(customer) = book.customer(customer_id) else { return Err(no) };
    let Ok(seen) = seen(desk, call, &book, use_case).await else { return Err(no) };
    let row = (0..book.len()).find(|&row| book.state.customers[row] == customer && seen.covers(&book, row));
    row.map(|row| loan_target(&people, &book, row)).ok_or(no)
}
