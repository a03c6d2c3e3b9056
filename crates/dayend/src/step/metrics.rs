//! The ratios a night leaves behind.

use crate::hands::Hands;
use crate::input::{MONTH_ENDS, NightInput};
use crate::plan::{CustomerState, LoanState};
use crate::step::grade::days_past_due;
use grading::CustomerClass;
use report::{Dimension, DimensionColumn, Figures, MetricTable, StateTable, YearToDate, metrics as ratios};
use units::Money;

/// The cuts that every night keeps; any other is computed from the snapshot when asked for.
const KEPT: [&[Dimension]; 9] = [
    &[Dimension::All],
    &[Dimension::Branch],
    &[Dimension::Officer],
    &[Dimension::Product],
    &[Dimension::Industry],
    &[Dimension::Region],
    &[Dimension::CustomerKind],
    &[Dimension::Scale],
    &[Dimension::Protection],
];

pub fn metrics(
    hands: &impl Hands,
    input: &NightInput,
    loans: &[LoanState],
    customers: &[CustomerState],
) -> Vec<MetricTable> {
    let table = state_table(input, loans, customers);
    let cut = |cuts: &[&[Dimension]]| cuts.iter().map(|by| ratios(&table, by)).collect::<Vec<_>>();
    let (one, other) = KEPT.split_at(KEPT.len() / 2);
    let (mut tables, rest) = hands.both(|| cut(one), || cut(other));
    tables.extend(rest);
    tables
}

/// The night as the report room reads it.
pub fn state_table(input: &NightInput, loans: &[LoanState], customers: &[CustomerState]) -> StateTable {
    let of_customer = |loan: &crate::input::Loan| &input.customers[loan.customer as usize];
    let column = |dimension, code: &dyn Fn(&crate::input::Loan) -> Option<u32>, labels: &units::Labels| {
        DimensionColumn::new(dimension, input.loans.iter().map(code), labels.iter())
    };
    let names = &input.names;
    let scale = |loan: &crate::input::Loan| of_customer(loan).scale.map(|scale| scale as u32);
    let class = |loan: &crate::input::Loan| customers[loan.customer as usize].class.map(|class| class as u32);
    let scales = grading::CustomerScale::ALL.iter().map(|scale| scale.code());
    let classes = CustomerClass::ALL.iter().map(|class| class.code());
    StateTable {
        as_of: input.business_date,
        loan_ids: input.loan_ids.clone(),
        figures: (0..input.loans.len()).map(|number| figures(input, &loans[number], number)).collect(),
        customers: input.loans.iter().map(|loan| loan.customer).collect(),
        customer_ids: input.customer_ids.clone(),
        balance_sheets: input.customers.iter().map(|customer| customer.balance_sheet).collect(),
        dimensions: vec![
            column(Dimension::Branch, &|loan| Some(loan.branch), &names.branches),
            column(Dimension::Officer, &|loan| loan.officer, &names.officers),
            column(Dimension::Product, &|loan| Some(loan.product), &names.products),
            column(Dimension::Industry, &|loan| of_customer(loan).industry, &names.industries),
            column(Dimension::Region, &|loan| of_customer(loan).region, &names.regions),
            DimensionColumn::new(Dimension::Scale, input.loans.iter().map(scale), scales),
            DimensionColumn::new(Dimension::Class, input.loans.iter().map(class), classes),
        ],
    }
}

fn figures(input: &NightInput, state: &LoanState, number: usize) -> Figures {
    let (loan, folded) = (&input.loans[number], &input.folded[number]);
    let position = &folded.position;
    let first_due = folded.first_due_on.is_some_and(|due_on| due_on < input.business_date);
    Figures {
        status: loan.status,
        kind: input.customers[loan.customer as usize].kind,
        method: loan.method,
        protection: loan.protection,
        disbursed_on: loan.disbursed_on,
        principal: loan.principal,
        principal_outstanding: position.principal_outstanding,
        principal_past_due: position.principal_past_due,
        interest_past_due: position.interest_past_due,
        amount_past_due: position.amount_past_due(),
        days_past_due: days_past_due(loan.status, folded),
        bucket: state.bucket,
        grade: state.decision.in_force,
        stage: state.stage as u8 + 1,
        allowance: state.allowance,
        extension_count: loan.extension_count,
        restructured_on: loan.restructured_on,
        first_instalment_worst_days: first_due.then_some(folded.history.first_instalment_worst_days),
        collateral_value: loan.collateral_value,
        year: year_to_date(input, number),
    }
}

/// What the year brought so far. Over 90 days past due at the last year's end stands for
/// non-performing then: the grade of that night may not be at hand, the days always are.
pub fn year_to_date(input: &NightInput, number: usize) -> YearToDate {
    let folded = &input.folded[number];
    let year_end = MONTH_ENDS - input.business_date.month() as usize;
    let opening_outstanding = folded.opening_outstanding;
    let was_non_performing = folded.month_end_days[year_end] > 90;
    let written_off = folded.written_off.filter(|written_off| written_off.on.year() == input.business_date.year());
    YearToDate {
        opening_outstanding,
        opening_non_performing: if was_non_performing { opening_outstanding } else { Money::ZERO },
        written_off: written_off.map_or(Money::ZERO, |written_off| written_off.amount),
        recovered: written_off.map_or(Money::ZERO, |written_off| written_off.recovered),
    }
}
