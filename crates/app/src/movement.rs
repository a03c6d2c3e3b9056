//! Between two nights: roll rates, migration, vintages.

use crate::failure::Outcome;
use crate::figures::{night_of, two_nights};
use crate::table::{Cell, Table};
use crate::workspace::Open;
use grading::{Bucket, Grade};
use lake::snapshot;
use policy::{Pack, RuleKind};
use report::matrix::{Ladder, Matrix};
pub use report::MigrationFormula;
use report::{Ratio, Vintages, forward_loss_ppm, grade_flows, migration_rate, performing_migration_rate};
use serde::Deserialize;
use units::{Date, Money};

/// A comparison of two nights, ready to print.
#[derive(Clone, Debug)]
pub struct Compared {
    pub since: Date,
    pub date: Date,
    pub tables: Vec<Table>,
    /// The product of the flows from M1 to write-off, in ppm.
    pub forward_loss_ppm: Option<i64>,
}

/// Flow, worsening and cure of every bucket.
pub fn roll(open: &Open, date: Date, since: Option<Date>) -> Outcome<Compared> {
    let (before, after) = two_nights(open, date, since)?;
    let rows = report::roll(&before, &after);
    let mut table = Table::new(&["bucket", ">numerator", ">denominator", ">flow", ">worsened", ">cured", ">cured_low", ">cured_high"]);
    for row in &rows {
        // Nothing is past due in M0, so nothing is cured there.
        let cured = if row.bucket == Bucket::M0 { Ratio::default() } else { row.cured };
        let interval = cured.interval_95();
        table.push(vec![
            Cell::text(row.bucket.code()),
            Cell::Amount(Money::from_fen(row.flow.numerator)),
            Cell::Amount(Money::from_fen(row.flow.denominator)),
            share(row.flow),
            share(row.worsened),
            share(cured),
            interval.map_or(Cell::Empty, |interval| Cell::Share(interval.low_ppm)),
            interval.map_or(Cell::Empty, |interval| Cell::Share(interval.high_ppm)),
        ]);
    }
    let forward_loss_ppm = forward_loss_ppm(&rows);
    Ok(Compared { since: before.as_of, date: after.as_of, tables: vec![table], forward_loss_ppm })
}

fn share(ratio: Ratio) -> Cell {
    ratio.ppm().map_or(Cell::Empty, Cell::Share)
}

/// The matrix by count and by amount; for grades the regulatory rates as well.
pub fn migration(
    open: &Open,
    date: Date,
    since: Option<Date>,
    of: Ladder,
    formula: Option<MigrationFormula>,
) -> Outcome<Compared> {
    let (before, after) = two_nights(open, date, since)?;
    let matrix = Matrix::between(&before, &after, of);
    let mut tables = vec![counts(&matrix), amounts(&matrix)];
    if of == Ladder::Grade {
        let formula = match formula {
            Some(formula) => formula,
            None => formula_of_pack(&open.pack(None)?, date),
        };
        let months = i64::from((date.day_number() - before.as_of.day_number() + 15) / 30).clamp(1, 12);
        tables.push(rates(&grade_flows(&before, &after), formula, months));
    }
    Ok(Compared { since: before.as_of, date: after.as_of, tables, forward_loss_ppm: None })
}

fn counts(matrix: &Matrix) -> Table {
    cells(matrix, |from, to| Cell::Number(matrix.transitions.count(from, to)))
}

fn amounts(matrix: &Matrix) -> Table {
    cells(matrix, |from, to| Cell::Amount(matrix.transitions.amount(from, to)))
}

fn cells(matrix: &Matrix, cell: impl Fn(usize, usize) -> Cell) -> Table {
    let names: Vec<String> = matrix.column_codes().iter().map(|code| format!(">{code}")).collect();
    let columns: Vec<&str> = std::iter::once("from").chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new(&columns);
    for (from, code) in matrix.row_codes().iter().enumerate() {
        let row = (0..names.len()).map(|to| cell(from, to));
        table.push(std::iter::once(Cell::text(*code)).chain(row).collect());
    }
    table
}

fn rates(flows: &[report::GradeFlow], formula: MigrationFormula, months: i64) -> Table {
    let mut table = Table::new(&["metric", "formula", ">numerator", ">denominator", ">ratio"]);
    let mut push = |code: &str, ratio: Ratio| {
        table.push(vec![
            Cell::text(code),
            Cell::text(formula.code()),
            Cell::Amount(Money::from_fen(ratio.numerator)),
            Cell::Amount(Money::from_fen(ratio.denominator)),
            share(ratio),
        ]);
    };
    let flow = |grade: Grade| &flows[grade as usize];
    if formula == MigrationFormula::V2005 {
        push("migration_performing", performing_migration_rate(flow(Grade::Pass), flow(Grade::SpecialMention)));
    }
    for grade in [Grade::Pass, Grade::SpecialMention, Grade::Substandard, Grade::Doubtful] {
        push(&format!("migration_{}", grade.code()), migration_rate(flow(grade), formula, months));
    }
    table
}

/// The parameters of a `migration_formula` rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormulaParams {
    version: String,
}

fn formula_of_pack(pack: &Pack, date: Date) -> MigrationFormula {
    let on = pack.on(date);
    let rule = on.find(RuleKind::MigrationFormula).ok().flatten();
    let params = rule.and_then(|(_, rule)| rule.params::<FormulaParams>().ok());
    params.and_then(|params| MigrationFormula::from_code(&params.version)).unwrap_or(MigrationFormula::V2005)
}

/// Cohorts by month of disbursement over every month-end night up to a date, and that date.
pub fn vintage(open: &Open, date: Date, days: i32) -> Outcome<Table> {
    night_of(open, date)?;
    let mut vintages = Vintages::new(days);
    for night in snapshot::nights(&open.lake)? {
        let counts = night.business_date.is_month_end() || night.business_date == date;
        if night.business_date <= date && counts {
            vintages.add(&snapshot::state_table(&night)?);
        }
    }
    let mut table = Table::new(&["vintage", ">month_on_book", ">numerator", ">denominator", ">ratio", ">loans_ratio"]);
    for point in vintages.points() {
        table.push(vec![
            Cell::text(point.cohort),
            Cell::Number(point.month_on_book.into()),
            Cell::Amount(Money::from_fen(point.balance.numerator)),
            Cell::Amount(Money::from_fen(point.balance.denominator)),
            share(point.balance),
            share(point.loans),
        ]);
    }
    Ok(table)
}

/// What migrates, by its code; the front door offers no others.
pub fn ladder(code: &str) -> Ladder {
    if code == "bucket" { Ladder::Bucket } else { Ladder::Grade }
}
