//! What every drawn institution has in common, whatever the seed.

use super::*;
use loan::LoanStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use units::Money;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A fifth of the demo institution.
static CITY: LazyLock<Population> =
    LazyLock::new(|| Population::draw(&Scale { loans: 4000, ..Scale::demo() }, 1, day("2026-06-30")));

fn small() -> Population {
    Population::draw(&Scale::small(500), 7, day("2026-06-30"))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let book = |seed| generate(&Scale::small(200), seed, day("2026-06-30"));
    let csv = |book: Book| book.tables.iter().map(|table| table.csv()).collect::<String>();
    assert_eq!(csv(book(1)), csv(book(1)));
    assert_ne!(csv(book(1)), csv(book(2)));
}

#[test]
fn every_table_has_rows_and_every_child_its_parent() {
    let book = small().book();
    for table in &book.tables {
        assert!(!table.is_empty(), "{} is empty", table.name);
    }
    let keys = |table: &str, column: &str| -> BTreeSet<String> {
        let rows: Vec<String> = book.table(table).rows().map(|row| row.get(column).to_owned()).collect();
        let keys: BTreeSet<String> = rows.iter().cloned().collect();
        assert_eq!(keys.len(), rows.len(), "{table}.{column} is not unique");
        keys
    };
    let (branches, officers) = (keys("branches", "branch_id"), keys("officers", "officer_id"));
    let (customers, loans) = (keys("customers", "customer_id"), keys("loans", "loan_id"));
    let check = |table: &str, column: &str, parents: &BTreeSet<String>| {
        for row in book.table(table).rows() {
            let key = row.get(column);
            assert!(key.is_empty() || parents.contains(key), "{table}.{column} {key} has no parent");
        }
    };
    check("branches", "parent_id", &branches);
    check("officers", "branch_id", &branches);
    check("loans", "branch_id", &branches);
    check("loans", "officer_id", &officers);
    for table in ["contacts", "loans", "statements", "account_flows", "events", "other_bank_debts"] {
        check(table, "customer_id", &customers);
    }
    for table in ["instalments", "repayments", "collateral", "guarantees", "account_flows"] {
        check(table, "loan_id", &loans);
    }
    check("guarantees", "guarantor_id", &customers);
    check("repayments", "reverses", &keys("repayments", "repayment_id"));
    keys("contacts", "contact_id");
    keys("collateral", "collateral_id");
    keys("guarantees", "guarantee_id");
    keys("account_flows", "flow_id");
    keys("events", "event_id");
}

#[test]
fn principal_adds_up_and_money_is_positive_and_in_time() {
    let population = small();
    for loan in &population.loans {
        let sum: Money = loan.dues.iter().map(|due| due.principal).sum();
        assert_eq!(sum, loan.terms.principal, "{}", loan.id);
        assert!(loan.dues.is_sorted_by(|a, b| a.on < b.on), "{}", loan.id);
        assert!(loan.dues.iter().all(|due| due.on > loan.terms.disbursed_on && !due.principal.is_negative()));
        for (place, receipt) in loan.receipts.iter().enumerate() {
            assert!(receipt.amount.is_positive() && receipt.paid_on <= population.through, "{}", loan.id);
            assert!(receipt.paid_on <= receipt.entered_on && receipt.entered_on <= population.through);
            let reversed = receipt.reverses.map(|earlier| (earlier < place, loan.receipts[earlier].amount));
            assert!(reversed.is_none_or(|found| found == (true, receipt.amount)), "{}", loan.id);
        }
    }
}

/// Shares in permille: (past due by loans, past due by money, over 90 days by money).
fn mix(population: &Population) -> (i64, i64, i64) {
    let active: Vec<&Loan> = population.loans.iter().filter(|loan| loan.status == LoanStatus::Active).collect();
    let money = |over: i32| -> i64 {
        active
            .iter()
            .filter(|loan| loan.end.days_past_due > over)
            .map(|loan| loan.end.principal_outstanding.fen())
            .sum()
    };
    let past_due = active.iter().filter(|loan| loan.end.days_past_due > 0).count();
    (past_due as i64 * 1000 / active.len() as i64, money(0) * 1000 / money(-1), money(90) * 1000 / money(-1))
}

#[test]
fn the_mix_of_past_due_loans_is_that_of_a_city_bank() {
    let (loans, past_due, non_performing) = mix(&CITY);
    assert!((25..=75).contains(&loans), "past due by loans {loans}‰");
    assert!((20..=80).contains(&past_due), "past due by money {past_due}‰");
    assert!((8..=45).contains(&non_performing), "over 90 days by money {non_performing}‰");
}

#[test]
fn every_kind_of_outcome_and_every_term_occurs() {
    let population = &*CITY;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |what: &'static str, times: usize| *seen.entry(what).or_default() += times;
    for loan in &population.loans {
        let terms = &loan.terms;
        count(loan.status.code(), 1);
        count(loan.protection.code(), 1);
        count(terms.method.code(), 1);
        count(terms.day_count.code(), 1);
        count(terms.frequency.code(), 1);
        count("extended", loan.extension_count as usize);
        count("restructured", usize::from(loan.restructured_on.is_some()));
        count("with_doubt", usize::from(loan.approved_with_doubt));
        count("reversed", loan.receipts.iter().filter(|line| line.reverses.is_some()).count());
        count("back_dated", loan.receipts.iter().filter(|line| line.entered_on > line.paid_on).count());
    }
    assert_eq!(seen.len(), 4 + 7 + 3 + 4 + 4 + 5, "{seen:?}");
    assert!(seen.values().all(|&count| count > 0), "{seen:?}");
}

#[test]
fn the_circle_closes_and_its_first_member_has_fallen() {
    let population = &*CITY;
    let first = population.customers.iter().position(|customer| customer.guaranteed_by.is_some()).unwrap();
    let mut member = first;
    let mut walked = Vec::new();
    loop {
        walked.push(member);
        member = population.customers[member].guaranteed_by.unwrap();
        if member == first {
            break;
        }
    }
    assert_eq!(walked.len(), 5);
    assert!(matches!(population.customers[first].behaviour, behaviour::Behaviour::Failing { .. }));
}
