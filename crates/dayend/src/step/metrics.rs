//! The ratios a night leaves behind.

use crate::hands::Hands;
use crate::input::{Customer, MONTH_ENDS, NightInput};
use crate::plan::{CustomerState, LoanState};
use crate::step::grade::days_past_due;
use grading::{CustomerClass, CustomerScale};
use report::tally::parts;
use report::{BalanceSheet, Column, Dimension, Figures, MetricTable, Rows, Tally, YearToDate};
use std::borrow::Cow;
use units::{Labels, Money};

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
    let decided = DecidedLoans { input, loans, customers };
    let middle = loans.len() / 2;
    let (first, second) = hands.both(|| parts(&decided, 0..middle, &KEPT), || parts(&decided, middle..loans.len(), &KEPT));
    let mut tallies: Vec<Tally> = KEPT.iter().map(|by| Tally::new(input.business_date, by)).collect();
    for half in [first, second] {
        tallies.iter_mut().zip(half).for_each(|(tally, part)| tally.take(part));
    }
    tallies.into_iter().map(|tally| tally.finish(|customer| decided.sheet(customer))).collect()
}

/// The night as the report room reads it, each loan's figures made when they are asked for.
struct DecidedLoans<'n> {
    input: &'n NightInput,
    loans: &'n [LoanState],
    customers: &'n [CustomerState],
}

impl DecidedLoans<'_> {
    fn owed_by(&self, row: usize) -> &Customer {
        &self.input.customers[self.input.loans[row].customer as usize]
    }
}

impl Rows for DecidedLoans<'_> {
    fn count(&self) -> usize {
        self.loans.len()
    }

    fn figures(&self, row: usize) -> Figures {
        figures(self.input, &self.loans[row], row)
    }

    fn customer(&self, row: usize) -> u32 {
        self.input.loans[row].customer
    }

    fn sheet(&self, customer: u32) -> BalanceSheet {
        self.input.customers[customer as usize].balance_sheet
    }

    fn given(&self, dimension: Dimension) -> Column<'_> {
        let (loans, names) = (&self.input.loans, &self.input.names);
        let of = |labels: &Labels| Cow::Owned(labels.iter().collect());
        match dimension {
            Dimension::Branch => Column::given(|row| Some(loans[row].branch), of(&names.branches)),
            Dimension::Officer => Column::given(|row| loans[row].officer, of(&names.officers)),
            Dimension::Product => Column::given(|row| Some(loans[row].product), of(&names.products)),
            Dimension::Industry => Column::given(|row| self.owed_by(row).industry, of(&names.industries)),
            Dimension::Region => Column::given(|row| self.owed_by(row).region, of(&names.regions)),
            Dimension::Scale => Column::given(
                |row| self.owed_by(row).scale.map(|scale| scale as u32),
                Cow::Owned(CustomerScale::ALL.iter().map(|scale| scale.code()).collect()),
            ),
            Dimension::Class => Column::given(
                |row| self.customers[loans[row].customer as usize].class.map(|class| class as u32),
                Cow::Owned(CustomerClass::ALL.iter().map(|class| class.code()).collect()),
            ),
            told => unreachable!("{} is part of the figures", told.code()),
        }
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
    let written_off = folded.written_off.as_deref().filter(|written_off| written_off.on.year() == input.business_date.year());
    YearToDate {
        opening_outstanding,
        opening_non_performing: if was_non_performing { opening_outstanding } else { Money::ZERO },
        written_off: written_off.map_or(Money::ZERO, |written_off| written_off.amount),
        recovered: written_off.map_or(Money::ZERO, |written_off| written_off.recovered),
    }
}
