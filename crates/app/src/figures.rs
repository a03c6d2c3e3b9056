//! Asking the snapshots: ratios, trends, roll rates, migration, vintages.

use crate::failure::{Outcome, refused};
use crate::table::{Cell, Table};
use crate::workspace::Open;
use lake::snapshot::{self, read::Night};
use report::{CATALOGUE, Dimension, Metric, MetricTable, StateTable, Unit};
use units::{Coded, Date, Money};

/// The business date of the last night, if there was one.
pub fn last_night(open: &Open) -> Outcome<Option<Date>> {
    Ok(lake::snapshot::nights(&open.lake)?.last().map(|night| night.business_date))
}

/// The night of a date, or which nights there are.
pub fn night_of(open: &Open, date: Date) -> Outcome<Night> {
    let nights = snapshot::nights(&open.lake)?;
    if let Some(night) = nights.iter().find(|night| night.business_date == date) {
        return Ok(night.clone());
    }
    let known: Vec<String> = nights.iter().rev().take(5).map(|night| night.business_date.to_string()).collect();
    refused("E-QY-01", &[("date", &date), ("known", &known.join(", "))])
}

/// The earlier night to compare with: the one named, else the last month-end before, else the last.
pub fn earlier_night(open: &Open, date: Date, since: Option<Date>) -> Outcome<Night> {
    if let Some(since) = since {
        return night_of(open, since);
    }
    let nights = snapshot::nights(&open.lake)?;
    let mut earlier = nights.iter().rev().filter(|night| night.business_date < date);
    let last = earlier.clone().next();
    match earlier.find(|night| night.business_date.is_month_end()).or(last) {
        Some(night) => Ok(night.clone()),
        None => refused("E-QY-07", &[("date", &date)]),
    }
}

pub fn dimensions(text: &str) -> Outcome<Vec<Dimension>> {
    let mut by = Vec::new();
    for code in text.split(',').map(str::trim).filter(|code| !code.is_empty()) {
        match Dimension::from_code(code) {
            Some(dimension) => by.push(dimension),
            None => return refused("E-QY-04", &[("dimension", &code), ("known", &known_codes::<Dimension>())]),
        }
    }
    Ok(by)
}

fn known_codes<T: Coded>() -> String {
    T::ALL.iter().map(|value| value.code()).collect::<Vec<_>>().join(", ")
}

pub fn metric_of(code: &str) -> Outcome<&'static Metric> {
    match Metric::find(code) {
        Some(metric) => Ok(metric),
        None => {
            let known: Vec<&str> = CATALOGUE.iter().map(|metric| metric.code).collect();
            refused("E-QY-05", &[("metric", &code), ("known", &known.join(", "))])
        }
    }
}

/// Every ratio with numerator and denominator, cut by any dimensions.
pub fn metrics(open: &Open, date: Date, by: &[Dimension]) -> Outcome<Table> {
    Ok(metric_table(&snapshot::metrics(&night_of(open, date)?, by)?))
}

/// A metric table as people and scripts read it.
pub fn metric_table(metrics: &MetricTable) -> Table {
    let by: Vec<usize> = (0..metrics.by.len()).filter(|&at| metrics.by[at] != Dimension::All).collect();
    let mut columns: Vec<&str> = by.iter().map(|&at| metrics.by[at].code()).collect();
    columns.extend(["metric", ">numerator", ">denominator", ">ratio"]);
    let mut table = Table::new(&columns);
    for row in metrics.rows() {
        let mut cells: Vec<Cell> = by.iter().map(|&at| Cell::text(&row.labels[at])).collect();
        cells.push(Cell::text(row.metric.code));
        cells.push(amount(row.ratio.numerator, row.metric.numerator.unit()));
        cells.push(amount(row.ratio.denominator, row.metric.denominator.unit()));
        cells.push(row.ratio.ppm().map_or(Cell::Empty, Cell::Share));
        table.push(cells);
    }
    table
}

fn amount(value: i64, unit: Unit) -> Cell {
    match unit {
        Unit::Fen => Cell::Amount(Money::from_fen(value)),
        Unit::Loans => Cell::Number(value),
    }
}

/// The ratios of the whole book over every night of a span, one column per night's ratio.
pub fn metrics_trend(open: &Open, since: Date, through: Date) -> Outcome<Table> {
    night_of(open, through)?;
    let mut table = Table::new(&["as_of", "metric", ">numerator", ">denominator", ">ratio"]);
    for night in snapshot::nights(&open.lake)? {
        if (since..=through).contains(&night.business_date) {
            let metrics = snapshot::metrics(&night, &[])?;
            for row in metrics.rows() {
                table.push(vec![
                    Cell::Day(night.business_date),
                    Cell::text(row.metric.code),
                    amount(row.ratio.numerator, row.metric.numerator.unit()),
                    amount(row.ratio.denominator, row.metric.denominator.unit()),
                    row.ratio.ppm().map_or(Cell::Empty, Cell::Share),
                ]);
            }
        }
    }
    Ok(table)
}

/// The loans behind a ratio.
pub fn metrics_drill(open: &Open, date: Date, metric: &Metric) -> Outcome<Table> {
    let state = snapshot::state_table(&night_of(open, date)?)?;
    let mut table = Table::new(&["loan_id", ">numerator", ">denominator"]);
    for row in report::drill(&state, metric, &[]).into_iter().filter(|row| row.numerator != 0) {
        table.push(vec![
            Cell::text(row.loan_id),
            amount(row.numerator, metric.numerator.unit()),
            amount(row.denominator, metric.denominator.unit()),
        ]);
    }
    Ok(table)
}

/// Two nights as the report room reads them, the earlier first.
pub fn two_nights(open: &Open, date: Date, since: Option<Date>) -> Outcome<(StateTable, StateTable)> {
    let later = night_of(open, date)?;
    let earlier = earlier_night(open, date, since)?;
    Ok((snapshot::state_table(&earlier)?, snapshot::state_table(&later)?))
}
