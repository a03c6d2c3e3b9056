//! What hangs on customers and loans besides schedules and money.

use crate::batch;
use crate::fault::{Context, Fault};
use crate::scan;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use dayend::{Customer, Event, NightInput};
use grading::{CustomerKind, CustomerScale, EventKind, Grade, OtherBankDebt};
use loan::Pause;
use report::BalanceSheet;
use std::collections::HashMap;
use units::{Date, Money, Texts};

/// Small tables, by loan or contract.
#[derive(Default)]
pub struct Side {
    pub pauses: HashMap<String, Vec<Pause>>,
    /// The latest approved judgement per loan: grade and day.
    pub judgements: HashMap<String, (Grade, Date)>,
    pub collateral_of_loan: HashMap<String, Money>,
    pub collateral_of_contract: HashMap<String, Money>,
    /// The business date of the first batch.
    pub book_begins: Option<Date>,
}

/// Reads the small tables; customers and what hangs on them go into `input` at once.
pub fn read(
    workspace: &Workspace,
    business_date: Date,
    known_on: Date,
    input: &mut NightInput,
) -> Result<Side, Fault> {
    let tables = Tables { workspace, known_on };
    customers(&tables, input)?;
    statements(&tables, business_date, input)?;
    events(&tables, business_date, input)?;
    other_bank_debts(&tables, business_date, input)?;
    let mut side = Side { book_begins: book_begins(workspace)?, ..Side::default() };
    pauses(&tables, &mut side)?;
    judgements(&tables, business_date, &mut side)?;
    collateral(&tables, business_date, &mut side)?;
    Ok(side)
}

fn book_begins(workspace: &Workspace) -> Result<Option<Date>, Fault> {
    let first = batch::list(workspace)?.into_iter().next();
    Ok(first.and_then(|batch| Date::parse(batch.manifest.as_of.as_deref()?).ok()))
}

struct Tables<'a> {
    workspace: &'a Workspace,
    known_on: Date,
}

impl Tables<'_> {
    fn each(&self, table: &str, mut row: impl FnMut(&Row)) -> Result<(), Fault> {
        for batch in scan::table(self.workspace, table, Some(self.known_on))? {
            let batch = batch.with_context(|| format!("reading {table}"))?;
            (0..batch.num_rows()).for_each(|at| row(&Row { batch: &batch, at }));
        }
        Ok(())
    }
}

/// One row of a small table; a wrong column name is a mistake of ours.
struct Row<'a> {
    batch: &'a RecordBatch,
    at: usize,
}

impl<'a> Row<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        let column: &StringArray = self.batch[name].as_string();
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn day(&self, name: &str) -> Option<Date> {
        let column = self.batch[name].as_primitive::<Date32Type>();
        column.is_valid(self.at).then(|| Date::new(column.value(self.at)))
    }

    fn money(&self, name: &str) -> Option<Money> {
        let column = self.batch[name].as_primitive::<Int64Type>();
        column.is_valid(self.at).then(|| Money::from_fen(column.value(self.at)))
    }

    fn number(&self, name: &str) -> Option<i32> {
        let column = self.batch[name].as_primitive::<Int32Type>();
        column.is_valid(self.at).then(|| column.value(self.at))
    }

    fn flag(&self, name: &str) -> bool {
        let column = self.batch[name].as_boolean();
        column.is_valid(self.at) && column.value(self.at)
    }
}

fn customers(tables: &Tables, input: &mut NightInput) -> Result<(), Fault> {
    let mut rows: Vec<(String, Customer)> = Vec::new();
    let names = &mut input.names;
    tables.each("customers", |row| {
        let kind = row.text("kind").and_then(CustomerKind::from_code);
        let customer = Customer {
            kind: kind.expect("imported codes are known"),
            scale: row.text("scale").and_then(CustomerScale::from_code),
            region: row.text("region").map(|region| names.regions.code(region)),
            industry: row.text("industry").map(|industry| names.industries.code(industry)),
            group: row.text("group_id").map(|group| names.groups.code(group)),
            payment_confirmation_needed: row.flag("payment_confirmation_needed"),
            balance_sheet: BalanceSheet::default(),
        };
        rows.push((row.text("customer_id").unwrap_or_default().to_owned(), customer));
    })?;
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    input.customer_ids = rows.iter().map(|(id, _)| id.as_str()).collect();
    input.customers = rows.into_iter().map(|(_, customer)| customer).collect();
    Ok(())
}

fn customer_of(customers: &Texts, row: &Row) -> Option<usize> {
    customers.find_sorted(row.text("customer_id")?)
}

/// The newest statement of each customer; of two for one day the one over the longer period.
fn statements(tables: &Tables, business_date: Date, input: &mut NightInput) -> Result<(), Fault> {
    let mut newest: HashMap<usize, (Date, u8)> = HashMap::new();
    let (ids, customers) = (&input.customer_ids, &mut input.customers);
    tables.each("statements", |row| {
        let (Some(customer), Some(end)) = (customer_of(ids, row), row.day("period_end")) else { return };
        let length = match row.text("period") {
            Some("year") => 3,
            Some("half") => 2,
            _ => 1,
        };
        if end <= business_date && newest.get(&customer).is_none_or(|&known| (end, length) > known) {
            newest.insert(customer, (end, length));
            let amount = |name| row.money(name).unwrap_or_default();
            let (total_assets, total_liabilities) = (amount("total_assets"), amount("total_liabilities"));
            customers[customer].balance_sheet = BalanceSheet { total_assets, total_liabilities };
        }
    })
}

/// Only events that bear on the grade; the rest are for people and signals.
fn events(tables: &Tables, business_date: Date, input: &mut NightInput) -> Result<(), Fault> {
    let (ids, events) = (&input.customer_ids, &mut input.events);
    tables.each("events", |row| {
        let kind = row.text("kind").and_then(EventKind::from_code);
        let happened_on = row.day("happened_on").filter(|&day| day <= business_date);
        if let (Some(customer), Some(kind), Some(happened_on)) = (customer_of(ids, row), kind, happened_on) {
            events.push(Event { customer: customer as u32, kind, happened_on });
        }
    })?;
    input.events.sort_by_key(|event| (event.customer, event.happened_on, event.kind));
    Ok(())
}

/// Per customer and lender the newest figures up to the business date.
fn other_bank_debts(tables: &Tables, business_date: Date, input: &mut NightInput) -> Result<(), Fault> {
    let mut newest: HashMap<(u32, String), (Date, OtherBankDebt)> = HashMap::new();
    let ids = &input.customer_ids;
    tables.each("other_bank_debts", |row| {
        let as_of = row.day("as_of").filter(|&day| day <= business_date);
        let (Some(customer), Some(as_of)) = (customer_of(ids, row), as_of) else { return };
        let key = (customer as u32, row.text("lender").unwrap_or_default().to_owned());
        let debt = OtherBankDebt {
            balance: row.money("balance").unwrap_or_default(),
            days_past_due: row.number("past_due_days").unwrap_or_default(),
            grade: row.text("grade").and_then(Grade::from_code),
        };
        if newest.get(&key).is_none_or(|(known, _)| *known < as_of) {
            newest.insert(key, (as_of, debt));
        }
    })?;
    let mut debts: Vec<_> = newest.into_iter().collect();
    debts.sort_by(|a, b| a.0.cmp(&b.0));
    input.other_bank_debts = debts.into_iter().map(|((customer, _), (_, debt))| (customer, debt)).collect();
    Ok(())
}

fn pauses(tables: &Tables, side: &mut Side) -> Result<(), Fault> {
    tables.each("pauses", |row| {
        if let (Some(loan), Some(from), Some(until)) = (row.text("loan_id"), row.day("starts_on"), row.day("ends_on")) {
            side.pauses.entry(loan.to_owned()).or_default().push(Pause { from, until });
        }
    })?;
    side.pauses.values_mut().for_each(|pauses| pauses.sort_by_key(|pause| (pause.from, pause.until)));
    Ok(())
}

fn judgements(tables: &Tables, business_date: Date, side: &mut Side) -> Result<(), Fault> {
    tables.each("judgements", |row| {
        let grade = row.text("grade").and_then(Grade::from_code);
        let decided_on = row.day("decided_on").filter(|&day| day <= business_date);
        let (Some(loan), Some(grade), Some(decided_on)) = (row.text("loan_id"), grade, decided_on) else { return };
        // Two on one day: the worse one stands, whatever the order of the rows.
        let newer = |&(known_grade, known_on): &(Grade, Date)| (decided_on, grade) > (known_on, known_grade);
        if side.judgements.get(loan).is_none_or(newer) {
            side.judgements.insert(loan.to_owned(), (grade, decided_on));
        }
    })
}

fn collateral(tables: &Tables, business_date: Date, side: &mut Side) -> Result<(), Fault> {
    tables.each("collateral", |row| {
        let Some(value) = row.money("value").filter(|_| row.day("valued_on").is_some_and(|day| day <= business_date))
        else {
            return;
        };
        if let Some(loan) = row.text("loan_id") {
            *side.collateral_of_loan.entry(loan.to_owned()).or_default() += value;
        } else if let Some(contract) = row.text("contract_id") {
            *side.collateral_of_contract.entry(contract.to_owned()).or_default() += value;
        }
    })
}
