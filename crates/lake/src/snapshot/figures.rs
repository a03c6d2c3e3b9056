//! The figures of a night's loans, read back: the whole book for pages, or only what a cut of it needs.

use crate::fault::{Context, Fault};
use crate::hands;
use crate::snapshot::read::{Night, RowGroups, codes, columns_of, days, dictionary, ints, longs, push_texts, states_path};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use report::tally::{self, Part};
use report::{
    BalanceSheet, Column, Dimension, DimensionColumn, Figures, MetricTable, Rows, StateTable, Tally, YearToDate,
};
use std::borrow::Cow;
use units::{Labels, Money, TextIndex, Texts};

const FIGURES: [&str; 23] = [
    "status", "customer_kind", "method", "protection", "disbursed_on", "principal",
    "principal_outstanding", "principal_past_due", "interest_past_due", "amount_past_due", "days_past_due", "bucket",
    "grade", "stage", "allowance", "extension_count", "restructured_on", "first_instalment_worst_days",
    "collateral_value", "opening_outstanding", "opening_non_performing", "written_off_this_year",
    "recovered_this_year",
];

const LABELLED: [(Dimension, &str); 7] = [
    (Dimension::Branch, "branch_id"),
    (Dimension::Officer, "officer_id"),
    (Dimension::Product, "product"),
    (Dimension::Industry, "industry"),
    (Dimension::Region, "region"),
    (Dimension::Scale, "scale"),
    (Dimension::Class, "class"),
];

/// The book of one night, as the report room reads it.
pub fn state_table(night: &Night) -> Result<StateTable, Fault> {
    let mut table = StateTable { as_of: night.business_date, ..StateTable::default() };
    sheets(night, &mut table)?;
    let customer_ids = std::mem::take(&mut table.customer_ids);
    let customers = TextIndex::new(&customer_ids);
    let mut labels: Vec<(Labels, Vec<Option<u32>>)> = LABELLED.iter().map(|_| Default::default()).collect();
    let labelled = LABELLED.iter().map(|(_, name)| *name);
    let columns: Vec<&str> = FIGURES.into_iter().chain(["loan_id", "customer_id"]).chain(labelled).collect();
    let states = RowGroups::open(states_path(night), &columns)?;
    let read = |group: usize| {
        let batch = states.read(group)?;
        let owes = |customer: Option<&str>| {
            let customer = customer.unwrap_or_default();
            let number = customers.find(&customer_ids, customer);
            Ok(number.with_context(|| format!("no state of customer {customer}"))? as u32)
        };
        let owed_by = batch["customer_id"].as_string::<i32>().iter().map(owes).collect::<Result<Vec<u32>, Fault>>()?;
        let figures = figures_of(&batch);
        Ok((batch, owed_by, figures))
    };
    hands::in_order(states.count(), read, |(batch, owed_by, figures)| {
        push_texts(&mut table.loan_ids, &batch, "loan_id");
        table.customers.extend(owed_by);
        table.figures.extend(figures);
        for ((labels, codes), (_, name)) in labels.iter_mut().zip(LABELLED) {
            push_labels(labels, codes, &batch, name);
        }
        Ok(())
    })?;
    table.customer_ids = customer_ids;
    table.dimensions = LABELLED
        .iter()
        .zip(labels)
        .map(|((dimension, _), (labels, codes))| DimensionColumn::new(*dimension, codes, labels.iter()))
        .collect();
    Ok(table)
}

fn sheets(night: &Night, table: &mut StateTable) -> Result<(), Fault> {
    for batch in columns_of(&night.folder, "customer_states", &["customer_id", "total_assets", "total_liabilities"])? {
        let batch = batch?;
        push_texts(&mut table.customer_ids, &batch, "customer_id");
        let (assets, liabilities) = (longs(&batch, "total_assets"), longs(&batch, "total_liabilities"));
        table.balance_sheets.extend(assets.iter().zip(liabilities).map(|(&assets, &liabilities)| BalanceSheet {
            total_assets: Money::from_fen(assets),
            total_liabilities: Money::from_fen(liabilities),
        }));
    }
    Ok(())
}

fn figures_of(batch: &RecordBatch) -> Vec<Figures> {
    let money = |name| longs(batch, name);
    let (statuses, kinds) = (codes(batch, "status"), codes(batch, "customer_kind"));
    let (methods, protections) = (codes(batch, "method"), codes(batch, "protection"));
    let (grades, buckets) = (codes(batch, "grade"), codes(batch, "bucket"));
    let (disbursed, restructured) = (days(batch, "disbursed_on"), days(batch, "restructured_on"));
    let (days_past_due, stages) = (ints(batch, "days_past_due"), ints(batch, "stage"));
    let (extensions, first_worst) = (ints(batch, "extension_count"), batch["first_instalment_worst_days"].clone());
    let first_worst = first_worst.as_primitive::<Int64Type>();
    let (principal, outstanding) = (money("principal"), money("principal_outstanding"));
    let (principal_late, interest_late) = (money("principal_past_due"), money("interest_past_due"));
    let (late, allowance) = (money("amount_past_due"), money("allowance"));
    let (collateral, opening) = (money("collateral_value"), money("opening_outstanding"));
    let (opening_bad, written_off) = (money("opening_non_performing"), money("written_off_this_year"));
    let recovered = money("recovered_this_year");
    let written = "a snapshot holds only known codes";
    let loan = |row: usize| Figures {
        status: statuses[row].expect(written),
        kind: kinds[row].expect(written),
        method: methods[row].expect(written),
        protection: protections[row].expect(written),
        disbursed_on: disbursed[row].expect(written),
        principal: Money::from_fen(principal[row]),
        principal_outstanding: Money::from_fen(outstanding[row]),
        principal_past_due: Money::from_fen(principal_late[row]),
        interest_past_due: Money::from_fen(interest_late[row]),
        amount_past_due: Money::from_fen(late[row]),
        days_past_due: days_past_due[row],
        bucket: buckets[row].expect(written),
        grade: grades[row].expect(written),
        stage: stages[row] as u8,
        allowance: Money::from_fen(allowance[row]),
        extension_count: extensions[row] as u32,
        restructured_on: restructured[row],
        first_instalment_worst_days: first_worst.is_valid(row).then(|| first_worst.value(row) as i32),
        collateral_value: Money::from_fen(collateral[row]),
        year: YearToDate {
            opening_outstanding: Money::from_fen(opening[row]),
            opening_non_performing: Money::from_fen(opening_bad[row]),
            written_off: Money::from_fen(written_off[row]),
            recovered: Money::from_fen(recovered[row]),
        },
    };
    (0..batch.num_rows()).map(loan).collect()
}

fn push_labels(labels: &mut Labels, into: &mut Vec<Option<u32>>, batch: &RecordBatch, name: &str) {
    let (keys, texts) = dictionary(&batch[name]);
    let mut numbers: Vec<Option<u32>> = vec![None; texts.len()];
    into.extend(keys.into_iter().map(|key| key.map(|key| *numbers[key].get_or_insert_with(|| labels.code(&texts[key])))));
}

/// All ratios of one night by some dimensions, a row group at a time: only the columns they need are read,
/// and no loan is kept.
pub fn metrics(night: &Night, by: &[Dimension]) -> Result<MetricTable, Fault> {
    let owners = Owners::read(night)?;
    let labelled = LABELLED.iter().filter(|(dimension, _)| by.contains(dimension)).map(|(_, name)| *name);
    let owner = (!owners.ids.is_empty()).then_some("customer_id");
    let columns: Vec<&str> = FIGURES.into_iter().chain(labelled).chain(owner).collect();
    let states = RowGroups::open(states_path(night), &columns)?;
    let read = |group: usize| -> Result<Part, Fault> {
        let stretch = Stretch::of(&states.read(group)?, by, &owners);
        Ok(tally::parts(&stretch, 0..stretch.count(), &[by]).remove(0))
    };
    let mut tally = Tally::new(night.business_date, by);
    hands::in_order(states.count(), read, |part| {
        tally.take(part);
        Ok(())
    })?;
    Ok(tally.finish(|customer| owners.sheet(customer)))
}

/// The customers with a statement (有报表客户): few of all.
struct Owners {
    ids: Texts,
    index: TextIndex,
    sheets: Vec<BalanceSheet>,
}

impl Owners {
    fn read(night: &Night) -> Result<Owners, Fault> {
        let mut table = StateTable::default();
        let assets = columns_of(&night.folder, "customer_states", &["total_assets"])?;
        let any = assets.map(|batch| Ok(longs(&batch?, "total_assets").iter().any(|&assets| assets != 0)));
        if any.collect::<Result<Vec<bool>, Fault>>()?.contains(&true) {
            sheets(night, &mut table)?;
        }
        let (mut ids, mut kept) = (Texts::new(), Vec::new());
        for (id, sheet) in table.customer_ids.iter().zip(table.balance_sheets) {
            if sheet != BalanceSheet::default() {
                ids.push(id);
                kept.push(sheet);
            }
        }
        Ok(Owners { index: TextIndex::new(&ids), ids, sheets: kept })
    }

    /// Customers are numbered from 1; 0 are those without a statement.
    fn number(&self, id: &str) -> u32 {
        self.index.find(&self.ids, id).map_or(0, |at| at as u32 + 1)
    }

    fn sheet(&self, customer: u32) -> BalanceSheet {
        customer.checked_sub(1).map_or(BalanceSheet::default(), |at| self.sheets[at as usize])
    }
}

/// A row group as the report room reads it.
struct Stretch<'o> {
    figures: Vec<Figures>,
    /// Empty where no customer has a statement.
    customers: Vec<u32>,
    owners: &'o Owners,
    labelled: Vec<(Dimension, Vec<Option<u32>>, Texts)>,
}

impl<'o> Stretch<'o> {
    fn of(batch: &RecordBatch, by: &[Dimension], owners: &'o Owners) -> Stretch<'o> {
        let labelled = |&(dimension, name): &(Dimension, &str)| {
            let (keys, texts) = dictionary(&batch[name]);
            let codes = keys.into_iter().map(|key| key.map(|key| key as u32)).collect();
            (dimension, codes, texts.iter().map(String::as_str).collect())
        };
        let customers = match batch.column_by_name("customer_id") {
            Some(ids) => ids.as_string::<i32>().iter().map(|id| owners.number(id.unwrap_or_default())).collect(),
            None => Vec::new(),
        };
        Stretch {
            figures: figures_of(batch),
            customers,
            owners,
            labelled: LABELLED.iter().filter(|(dimension, _)| by.contains(dimension)).map(labelled).collect(),
        }
    }
}

impl Rows for Stretch<'_> {
    fn count(&self) -> usize {
        self.figures.len()
    }

    fn figures(&self, row: usize) -> Figures {
        self.figures[row]
    }

    fn customer(&self, row: usize) -> u32 {
        self.customers.get(row).copied().unwrap_or(0)
    }

    fn sheet(&self, customer: u32) -> BalanceSheet {
        self.owners.sheet(customer)
    }

    fn given(&self, dimension: Dimension) -> Column<'_> {
        let (_, codes, labels) =
            self.labelled.iter().find(|(known, ..)| *known == dimension).expect("a column that was read");
        Column::given(|row| codes[row], Cow::Borrowed(labels))
    }
}
