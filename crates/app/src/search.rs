//! One field that finds: a customer's or a loan's number, a name, a telephone or identity number, or a telephone's last four digits.

use crate::customer::owner_of_loan;
use crate::desk::{Call, Desk, required};
use crate::failure::Outcome;
use crate::person::{PersonFile, PersonSearch, person_search, target_of};
use crate::queue::name_of;
use authority::UseCase;
use casework::Relation;
use casework::case::Case;
use std::collections::BTreeMap;
use store::{CaseRow, Kept, PersonRow};
use units::coded;

coded! {
    /// By what somebody was found (命中依据).
    FoundBy {
        Customer = "customer",
        Case = "case",
        Loan = "loan",
        Name = "name",
        Phone = "phone",
        PhoneTail = "phone_tail",
        IdentityNumber = "identity_number",
    }
}

/// A customer that was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCustomer {
    pub customer_id: String,
    pub name: Option<String>,
    pub by: FoundBy,
    /// The person it is about, when that is not the debtor.
    pub through: Option<Relation>,
    pub case_id: Option<String>,
}

/// Whether the caller may search at all; told before anything is read.
pub async fn may_find(desk: &Desk, call: &Call) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CustomerSearch, &crate::case::person_target(&people, &call.staff_id))?;
    Ok(())
}

/// Customers by whatever was typed; only those the caller may see.
pub async fn find(desk: &Desk, call: &Call, text: &str) -> Outcome<Vec<FoundCustomer>> {
    let text = required("q", text)?;
    may_find(desk, call).await?;
    let people = desk.people(call.at).await?;
    let mut found: BTreeMap<String, (FoundBy, Option<Relation>)> = BTreeMap::new();
    if let Some(kept) = desk.store.load::<PersonRow, PersonFile>(text).await? {
        let through = Some(kept.body.relation).filter(|_| kept.row.person_id != kept.row.customer_id);
        found.insert(kept.row.customer_id, (FoundBy::Customer, through));
    } else if let Some(kept) = desk.store.load::<CaseRow, serde_json::Value>(text).await? {
        found.insert(kept.row.customer_id, (FoundBy::Case, None));
    } else if let Some(customer) = owner_of_loan(desk, text).await? {
        found.insert(customer, (FoundBy::Loan, None));
    } else {
        let (search, by) = by_person(text);
        for view in person_search(desk, call, &search).await? {
            found.entry(view.customer_id).or_insert((by, None));
        }
    }
    let mut shown = Vec::new();
    for (customer_id, (by, through)) in found {
        let target = target_of(desk, &customer_id).await?;
        if !desk.allows(&people, call, UseCase::CustomerSearch, &target) {
            continue;
        }
        let name = name_of(desk, &people, call, &target, &customer_id).await?;
        let case: Option<Kept<CaseRow, Case>> = desk.store.case_open(&customer_id).await?;
        shown.push(FoundCustomer { customer_id, name, by, through, case_id: case.map(|kept| kept.row.case_id) });
    }
    Ok(shown)
}

/// What a text is likely to be.
fn by_person(text: &str) -> (PersonSearch, FoundBy) {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().count();
    let (search, text) = (PersonSearch::default(), Some(text.to_owned()));
    match (digits, letters) {
        (4, 4) => (PersonSearch { phone_tail: text, ..search }, FoundBy::PhoneTail),
        (17.., 18) => (PersonSearch { id_number: text, ..search }, FoundBy::IdentityNumber),
        (5.., _) => (PersonSearch { phone: text, ..search }, FoundBy::Phone),
        _ => (PersonSearch { name: text, ..search }, FoundBy::Name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_taken_for_what_it_looks_like() {
        let check = |text: &str, expect: FoundBy| assert_eq!(by_person(text).1, expect, "{text}");
        check("1234", FoundBy::PhoneTail);
        check("13800001234", FoundBy::Phone);
        check("0512-6666 7777", FoundBy::Phone);
        check("32050119800101123X", FoundBy::IdentityNumber);
        check("Lan Qiao 2", FoundBy::Name);
    }
}
