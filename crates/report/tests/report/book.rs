//! A night's book as text: one loan a line, `L1 owes=100 days=95 grade=substandard`.

use grading::{Bucket, CustomerKind, Grade};
use loan::{LoanStatus, Protection, RepaymentMethod};
use report::{BalanceSheet, Dimension, DimensionColumn, Figures, StateTable, YearToDate};
use units::{Date, Labels, Money};

pub fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// A punctual corporate credit loan of 100 yuan, all of it still owed: lines say what differs.
fn plain_loan() -> Figures {
    let whole = Money::from_yuan(100);
    Figures {
        status: LoanStatus::Active,
        kind: CustomerKind::Corporate,
        method: RepaymentMethod::EqualInstalment,
        protection: Protection::Credit,
        disbursed_on: date("2026-01-15"),
        principal: whole,
        principal_outstanding: whole,
        principal_past_due: Money::ZERO,
        interest_past_due: Money::ZERO,
        amount_past_due: Money::ZERO,
        days_past_due: 0,
        bucket: Bucket::M0,
        grade: Grade::Pass,
        stage: 1,
        allowance: Money::ZERO,
        extension_count: 0,
        restructured_on: None,
        first_instalment_worst_days: None,
        collateral_value: Money::ZERO,
        year: YearToDate::default(),
    }
}

/// Reads a book. Panics on a word it does not know.
pub fn night(as_of: &str, text: &str) -> StateTable {
    let mut state = StateTable { as_of: date(as_of), ..StateTable::default() };
    let (mut customers, mut branches, mut branch_codes) = (Labels::new(), Labels::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let id = words.next().unwrap();
        let (mut figures, mut customer, mut sheet, mut branch) = (plain_loan(), id, None, None);
        for word in words {
            let (name, value) = word.split_once('=').unwrap();
            match name {
                "customer" => customer = value,
                "branch" => branch = Some(branches.code(value)),
                "assets" => sheet = Some(value.split_once('/').unwrap()),
                _ => set(&mut figures, name, value),
            }
        }
        figures.bucket = Bucket::ALL[((figures.days_past_due + 29) / 30).clamp(0, 7) as usize];
        let customer = customers.code(customer);
        state.balance_sheets.resize(customers.len(), BalanceSheet::default());
        if let Some((assets, liabilities)) = sheet {
            state.balance_sheets[customer as usize] =
                BalanceSheet { total_assets: money(assets), total_liabilities: money(liabilities) };
        }
        state.loan_ids.push(id);
        state.figures.push(figures);
        state.customers.push(customer);
        branch_codes.push(branch);
    }
    state.customer_ids = customers.iter().collect();
    state.dimensions.push(DimensionColumn::new(Dimension::Branch, branch_codes, branches.iter()));
    state.assert_well_formed();
    state
}

fn set(figures: &mut Figures, name: &str, value: &str) {
    match name {
        "status" => figures.status = LoanStatus::from_code(value).unwrap(),
        "kind" => figures.kind = CustomerKind::from_code(value).unwrap(),
        "method" => figures.method = RepaymentMethod::from_code(value).unwrap(),
        "protection" => figures.protection = Protection::from_code(value).unwrap(),
        "grade" => figures.grade = Grade::from_code(value).unwrap(),
        "disbursed" => figures.disbursed_on = date(value),
        "lent" => figures.principal = money(value),
        "owes" => figures.principal_outstanding = money(value),
        "principal_past_due" => figures.principal_past_due = money(value),
        "interest_past_due" => figures.interest_past_due = money(value),
        "days" => figures.days_past_due = value.parse().unwrap(),
        "allowance" => figures.allowance = money(value),
        "extensions" => figures.extension_count = value.parse().unwrap(),
        "restructured" => figures.restructured_on = Some(date(value)),
        "first_days" => figures.first_instalment_worst_days = Some(value.parse().unwrap()),
        "collateral" => figures.collateral_value = money(value),
        "opened_at" => figures.year.opening_outstanding = money(value),
        "opened_npl" => figures.year.opening_non_performing = money(value),
        "written_off" => figures.year.written_off = money(value),
        "recovered" => figures.year.recovered = money(value),
        other => panic!("no loan has a {other}"),
    }
}
