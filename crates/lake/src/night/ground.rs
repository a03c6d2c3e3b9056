//! What hangs on customers and loans besides schedules and money.

use crate::batch;
use crate::dossier::{Columns, Reading, Shard, Shelf};
use crate::fault::{Context, Fault};
use crate::night::loans::Folding;
use crate::night::shard::{FoldedShard, Gathering};
use crate::night::{NightRequest, Trace, carried};
use crate::scan;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type};
use dayend::input::Names;
use dayend::{Customer, Event, NightInput, Rules};
use grading::{CustomerKind, CustomerScale, EventKind, Grade, OtherBankDebt};
use loan::Pause;
use report::BalanceSheet;
use std::collections::HashMap;
use units::{Date, Money, TextIndex};

/// What a night holds besides the dossiers (日终底表): customers and what hangs on them, small tables
/// by loan or contract, and where the dossiers lie.
pub struct Ground {
    /// Customers, events, debts elsewhere; no loan yet.
    input: NightInput,
    customers: TextIndex,
    pub(super) pauses: HashMap<String, Vec<Pause>>,
    /// The latest approved judgement per loan: grade and day.
    pub(super) judgements: HashMap<String, (Grade, Date)>,
    pub(super) collateral_of_loan: HashMap<String, Money>,
    pub(super) collateral_of_contract: HashMap<String, Money>,
    /// The business date of the first batch.
    pub(super) book_begins: Option<Date>,
    shelf: Shelf,
}

impl Ground {
    pub fn read(workspace: &Workspace, request: &NightRequest) -> Result<Ground, Fault> {
        let NightRequest { business_date, known_on, carried_from, .. } = *request;
        let tables = Tables { workspace, known_on };
        let carried_from = carried_from.map(|night| night.business_date);
        let mut input = NightInput { business_date, known_on, carried_from, ..NightInput::default() };
        customers(&tables, request.only.map(|only| only.customer_id.as_str()), &mut input)?;
        let customers = TextIndex::new(&input.customer_ids);
        let mut ground = Ground {
            input,
            customers,
            pauses: HashMap::new(),
            judgements: HashMap::new(),
            collateral_of_loan: HashMap::new(),
            collateral_of_contract: HashMap::new(),
            book_begins: book_begins(workspace)?,
            shelf: Shelf::open(workspace)?,
        };
        statements(&tables, &mut ground)?;
        events(&tables, &mut ground)?;
        other_bank_debts(&tables, &mut ground)?;
        pauses(&tables, &mut ground)?;
        judgements(&tables, business_date, &mut ground)?;
        collateral(&tables, business_date, &mut ground)?;
        Ok(ground)
    }

    /// The book cut into shards of `least` loans or more.
    pub fn shards(&self, least: usize) -> Vec<Shard> {
        self.shelf.shards(least)
    }

    /// What the shard's loans come to. Everything it needs is here and in the dossiers.
    pub fn fold(&self, rules: &Rules, request: &NightRequest, shard: &Shard) -> Result<FoldedShard, Fault> {
        let reading = Reading {
            known_on: Some(request.known_on),
            only: request.only.map(|only| &only.loans),
            shard: shard.clone(),
            columns: Columns::Night,
        };
        let mut folding = Folding::new(self, rules, request);
        for chunk in self.shelf.merge(&reading)? {
            folding.take(&chunk?)?;
        }
        Ok(folding.finish())
    }

    /// The night's input, once every shard has been gathered. The customers are handed on, not copied.
    pub fn finish(self, gathering: Gathering, request: &NightRequest) -> Result<(NightInput, Trace), Fault> {
        let (gathered, trace) = gathering.finish(&self.collateral_of_contract);
        let NightInput { names: Names { branches, officers, products, .. }, loan_ids, loans, folded, .. } = gathered;
        let NightInput { bindings, judgements, found, totals, .. } = gathered;
        let names = Names { branches, officers, products, ..self.input.names };
        let mut input =
            NightInput { names, loan_ids, loans, folded, bindings, judgements, found, totals, ..self.input };
        input.carried = carried(&input.loan_ids, request)?;
        Ok((input, trace))
    }

    /// The customer's place and row.
    pub(super) fn customer(&self, id: &str) -> Option<(usize, &Customer)> {
        let place = self.customers.find(&self.input.customer_ids, id)?;
        Some((place, &self.input.customers[place]))
    }
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
}

/// Column by column: of all small tables this is the one that is not small.
fn customers(tables: &Tables, only: Option<&str>, input: &mut NightInput) -> Result<(), Fault> {
    let names = &mut input.names;
    let rows = match only {
        Some(customer) => scan::rows_of(tables.workspace, "customers", Some(tables.known_on), customer),
        None => scan::table(tables.workspace, "customers", Some(tables.known_on)),
    };
    for batch in rows? {
        let batch = batch.context("reading customers")?;
        let text = |name: &str| batch[name].as_string::<i32>();
        let (ids, kinds, scales) = (text("customer_id"), text("kind"), text("scale"));
        let (regions, industries, groups) = (text("region"), text("industry"), text("group_id"));
        let confirmed = batch["payment_confirmation_needed"].as_boolean();
        for at in 0..batch.num_rows() {
            input.customer_ids.push(ids.value(at));
            input.customers.push(Customer {
                kind: coded(kinds, at, CustomerKind::from_code).expect("imported codes are known"),
                scale: coded(scales, at, CustomerScale::from_code),
                region: coded(regions, at, |region| Some(names.regions.code(region))),
                industry: coded(industries, at, |industry| Some(names.industries.code(industry))),
                group: coded(groups, at, |group| Some(names.groups.code(group))),
                payment_confirmation_needed: confirmed.is_valid(at) && confirmed.value(at),
                balance_sheet: BalanceSheet::default(),
            });
        }
    }
    Ok(())
}

fn coded<T>(column: &StringArray, at: usize, from_code: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    if column.is_valid(at) { from_code(column.value(at)) } else { None }
}

fn customer_of(ground: &Ground, row: &Row) -> Option<usize> {
    Some(ground.customer(row.text("customer_id")?)?.0)
}

/// The newest statement of each customer; of two for one day the one over the longer period.
fn statements(tables: &Tables, ground: &mut Ground) -> Result<(), Fault> {
    let business_date = ground.input.business_date;
    let mut newest: HashMap<usize, (Date, u8)> = HashMap::new();
    tables.each("statements", |row| {
        let (Some(customer), Some(end)) = (customer_of(ground, row), row.day("period_end")) else { return };
        let length = match row.text("period") {
            Some("year") => 3,
            Some("half") => 2,
            _ => 1,
        };
        if end <= business_date && newest.get(&customer).is_none_or(|&known| (end, length) > known) {
            newest.insert(customer, (end, length));
            let amount = |name| row.money(name).unwrap_or_default();
            let (total_assets, total_liabilities) = (amount("total_assets"), amount("total_liabilities"));
            ground.input.customers[customer].balance_sheet = BalanceSheet { total_assets, total_liabilities };
        }
    })
}

/// Only events that bear on the grade; the rest are for people and signals.
fn events(tables: &Tables, ground: &mut Ground) -> Result<(), Fault> {
    let business_date = ground.input.business_date;
    let mut events = Vec::new();
    tables.each("events", |row| {
        let kind = row.text("kind").and_then(EventKind::from_code);
        let happened_on = row.day("happened_on").filter(|&day| day <= business_date);
        if let (Some(customer), Some(kind), Some(happened_on)) = (customer_of(ground, row), kind, happened_on) {
            events.push(Event { customer: customer as u32, kind, happened_on });
        }
    })?;
    events.sort_by_key(|event: &Event| (event.customer, event.happened_on, event.kind));
    ground.input.events = events;
    Ok(())
}

/// Per customer and lender the newest figures up to the business date.
fn other_bank_debts(tables: &Tables, ground: &mut Ground) -> Result<(), Fault> {
    let business_date = ground.input.business_date;
    let mut newest: HashMap<(u32, String), (Date, OtherBankDebt)> = HashMap::new();
    tables.each("other_bank_debts", |row| {
        let as_of = row.day("as_of").filter(|&day| day <= business_date);
        let (Some(customer), Some(as_of)) = (customer_of(ground, row), as_of) else { return };
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
    ground.input.other_bank_debts = debts.into_iter().map(|((customer, _), (_, debt))| (customer, debt)).collect();
    Ok(())
}

fn pauses(tables: &Tables, ground: &mut Ground) -> Result<(), Fault> {
    tables.each("pauses", |row| {
        if let (Some(loan), Some(from), Some(until)) = (row.text("loan_id"), row.day("starts_on"), row.day("ends_on")) {
            ground.pauses.entry(loan.to_owned()).or_default().push(Pause { from, until });
        }
    })?;
    ground.pauses.values_mut().for_each(|pauses| pauses.sort_by_key(|pause| (pause.from, pause.until)));
    Ok(())
}

fn judgements(tables: &Tables, business_date: Date, ground: &mut Ground) -> Result<(), Fault> {
    tables.each("judgements", |row| {
        let grade = row.text("grade").and_then(Grade::from_code);
        let decided_on = row.day("decided_on").filter(|&day| day <= business_date);
        let (Some(loan), Some(grade), Some(decided_on)) = (row.text("loan_id"), grade, decided_on) else { return };
        // Two on one day: the worse one stands, whatever the order of the rows.
        let newer = |&(known_grade, known_on): &(Grade, Date)| (decided_on, grade) > (known_on, known_grade);
        if ground.judgements.get(loan).is_none_or(newer) {
            ground.judgements.insert(loan.to_owned(), (grade, decided_on));
        }
    })
}

fn collateral(tables: &Tables, business_date: Date, ground: &mut Ground) -> Result<(), Fault> {
    tables.each("collateral", |row| {
        let Some(value) = row.money("value").filter(|_| row.day("valued_on").is_some_and(|day| day <= business_date))
        else {
            return;
        };
        if let Some(loan) = row.text("loan_id") {
            *ground.collateral_of_loan.entry(loan.to_owned()).or_default() += value;
        } else if let Some(contract) = row.text("contract_id") {
            *ground.collateral_of_contract.entry(contract.to_owned()).or_default() += value;
        }
    })
}
