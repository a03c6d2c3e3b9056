//! What stands behind claims: guarantees and collateral, as known on a day.

use crate::fault::Fault;
use crate::scan::{self, Row};
use crate::workspace::Workspace;
use std::collections::HashMap;
use units::{Date, Money};

/// A guarantee for a loan, or for every loan of a contract (保证).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarantee {
    pub guarantee_id: String,
    pub secures: Secures,
    pub guarantor_id: String,
    /// `general` or `joint`; where the book is silent the law says general.
    pub form: Option<String>,
    pub amount: Option<Money>,
    pub period_ends_on: Option<Date>,
}

/// Mortgaged or pledged property (押品).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collateral {
    pub collateral_id: String,
    pub secures: Secures,
    pub kind: String,
    pub value: Money,
    pub valued_on: Date,
    pub registered_on: Option<Date>,
    pub registration_expires_on: Option<Date>,
    pub insurance_expires_on: Option<Date>,
}

/// What is secured (被担保债权).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secures {
    Loan(String),
    Contract(String),
}

impl Secures {
    fn of(row: &Row) -> Secures {
        let contract = || Secures::Contract(row.text("contract_id").unwrap_or_default());
        row.text("loan_id").map_or_else(contract, Secures::Loan)
    }
}

/// Every guarantee, by its identity.
pub fn guarantees(workspace: &Workspace, known_on: Date) -> Result<Vec<Guarantee>, Fault> {
    let mut guarantees = Vec::new();
    for batch in scan::table(workspace, "guarantees", Some(known_on))? {
        Row::each(&batch?, &mut |row| {
            guarantees.push(Guarantee {
                guarantee_id: row.text("guarantee_id").unwrap_or_default(),
                secures: Secures::of(row),
                guarantor_id: row.text("guarantor_id").unwrap_or_default(),
                form: row.text("form"),
                amount: row.money("amount"),
                period_ends_on: row.day("period_ends_on"),
            });
        });
    }
    Ok(guarantees)
}

/// Every piece of collateral, by its identity.
pub fn collateral(workspace: &Workspace, known_on: Date) -> Result<Vec<Collateral>, Fault> {
    let mut collateral = Vec::new();
    for batch in scan::table(workspace, "collateral", Some(known_on))? {
        Row::each(&batch?, &mut |row| {
            collateral.push(Collateral {
                collateral_id: row.text("collateral_id").unwrap_or_default(),
                secures: Secures::of(row),
                kind: row.text("kind").unwrap_or_default(),
                value: row.money("value").unwrap_or_default(),
                valued_on: row.day("valued_on").unwrap_or(Date::MIN),
                registered_on: row.day("registered_on"),
                registration_expires_on: row.day("registration_expires_on"),
                insurance_expires_on: row.day("insurance_expires_on"),
            });
        });
    }
    Ok(collateral)
}

/// The contract of every loan that has one.
pub fn contracts(workspace: &Workspace, known_on: Date) -> Result<HashMap<String, String>, Fault> {
    let mut contracts = HashMap::new();
    for batch in scan::table(workspace, "loans", Some(known_on))? {
        Row::each(&batch?, &mut |row| {
            if let (Some(loan), Some(contract)) = (row.text("loan_id"), row.text("contract_id")) {
                contracts.insert(loan, contract);
            }
        });
    }
    Ok(contracts)
}
