//! The thirteen input tables of the book as text.

use std::fmt::Write;

/// A daily file of the core system (数据文件): named columns and rows of text.
///
/// Construction: [`Book::new`]. All cells stand in one text, so half a million instalments cost
/// little more than their characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    text: String,
    cell_ends: Vec<u32>,
}

/// The institution's book (台账) as it would be delivered: one table per file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    pub tables: Vec<Table>,
}

/// One row of cells, in the order of the columns.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    table: &'a Table,
    first_cell: usize,
}

impl Table {
    const fn new(name: &'static str, columns: &'static [&'static str]) -> Table {
        Table { name, columns, text: String::new(), cell_ends: Vec::new() }
    }

    /// Appends a row; an empty cell is an absent value. Panics when the cells do not match the columns.
    pub fn push(&mut self, cells: &[&dyn std::fmt::Display]) {
        assert_eq!(cells.len(), self.columns.len(), "cells of {}", self.name);
        for cell in cells {
            write!(self.text, "{cell}").expect("text grows");
            self.cell_ends.push(u32::try_from(self.text.len()).expect("a table stays below 4 GiB"));
        }
    }

    pub fn len(&self) -> usize {
        self.cell_ends.len() / self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cell_ends.is_empty()
    }

    pub fn row(&self, index: usize) -> Row<'_> {
        assert!(index < self.len(), "row {index} of {}", self.name);
        Row { table: self, first_cell: index * self.columns.len() }
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// The table as a CSV file with a heading line.
    pub fn csv(&self) -> String {
        self.csv_of(|_| true)
    }

    /// The rows picked, as a CSV file with a heading line.
    pub fn csv_of(&self, picked: impl Fn(Row) -> bool) -> String {
        let mut csv = self.columns.join(",");
        csv.push('\n');
        for row in self.rows().filter(|&row| picked(row)) {
            for (index, cell) in row.cells().enumerate() {
                if index > 0 {
                    csv.push(',');
                }
                if cell.contains([',', '"', '\n', '\r']) {
                    write!(csv, "\"{}\"", cell.replace('"', "\"\"")).expect("text grows");
                } else {
                    csv.push_str(cell);
                }
            }
            csv.push('\n');
        }
        csv
    }
}

impl<'a> Row<'a> {
    pub fn cells(self) -> impl Iterator<Item = &'a str> {
        (0..self.table.columns.len()).map(move |column| self.cell(column))
    }

    /// The cell under `column`; panics when the table has no such column.
    pub fn get(self, column: &str) -> &'a str {
        let index = self.table.columns.iter().position(|name| *name == column);
        self.cell(index.unwrap_or_else(|| panic!("{} has no column {column}", self.table.name)))
    }

    /// The cell of the column so numbered.
    pub fn cell(self, column: usize) -> &'a str {
        let ends = &self.table.cell_ends;
        let index = self.first_cell + column;
        let start = if index == 0 { 0 } else { ends[index - 1] };
        &self.table.text[start as usize..ends[index] as usize]
    }
}

impl Book {
    pub fn new() -> Book {
        Book { tables: TABLES.iter().map(|(name, columns)| Table::new(name, columns)).collect() }
    }

    /// Panics when the book has no table of that name.
    pub fn table(&self, name: &str) -> &Table {
        self.tables.iter().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
    }

    pub fn push(&mut self, name: &str, cells: &[&dyn std::fmt::Display]) {
        let table = self.tables.iter_mut().find(|table| table.name == name);
        table.unwrap_or_else(|| panic!("no table {name}")).push(cells);
    }

    pub fn rows(&self) -> usize {
        self.tables.iter().map(Table::len).sum()
    }
}

impl Default for Book {
    fn default() -> Book {
        Book::new()
    }
}

/// Parents stand before children, so the tables can be loaded in this order.
#[rustfmt::skip]
const TABLES: [(&str, &[&str]); 13] = [
    ("branches", &["branch_id", "name", "parent_id", "region"]),
    ("officers", &["officer_id", "name", "branch_id", "post"]),
    ("customers", &["customer_id", "name", "kind", "scale", "id_number", "phone", "address", "region", "industry",
        "occupation", "group_id", "onboarded_on", "payment_confirmation_needed"]),
    ("contacts", &["contact_id", "customer_id", "relation", "name", "phone", "source", "opted_out_on"]),
    ("loans", &["loan_id", "customer_id", "branch_id", "officer_id", "product", "contract_id", "facility_id", "currency",
        "principal", "disbursed_on", "matures_on", "annual_rate", "penalty_rate", "day_count", "method",
        "instalment_count", "frequency", "protection", "low_risk", "purpose", "entrusted_payment", "extension_count",
        "restructured_on", "approved_with_doubt", "status"]),
    ("instalments", &["loan_id", "seq", "due_on", "principal_due", "interest_due", "fee_due"]),
    ("repayments", &["repayment_id", "loan_id", "paid_on", "amount", "entered_at", "reverses", "payer"]),
    ("collateral", &["collateral_id", "loan_id", "contract_id", "kind", "owner", "region", "value", "valued_on", "rank",
        "registered_on", "registration_expires_on", "insurance_expires_on"]),
    ("guarantees", &["guarantee_id", "loan_id", "contract_id", "guarantor_id", "guarantor_name", "form", "amount",
        "period_ends_on"]),
    ("statements", &["customer_id", "period_end", "period", "revenue", "operating_cost", "net_profit", "total_assets",
        "total_liabilities", "current_assets", "current_liabilities", "inventory", "receivables", "other_receivables",
        "fixed_assets", "interest_bearing_debt", "interest_expense", "operating_cash_flow", "contingent_liabilities",
        "opinion"]),
    ("account_flows", &["flow_id", "customer_id", "loan_id", "account", "at", "direction", "amount", "counterparty",
        "counterparty_account", "counterparty_kind", "memo"]),
    ("events", &["event_id", "customer_id", "kind", "happened_on", "known_on", "amount", "source", "detail"]),
    ("other_bank_debts", &["customer_id", "as_of", "lender", "balance", "past_due_days", "grade"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_cells_and_quotes_what_csv_must_quote() {
        let mut book = Book::new();
        book.push("branches", &[&"B1", &"one, \"two\"", &"", &320_100]);
        book.push("branches", &[&"B2", &"three", &"B1", &""]);
        let table = book.table("branches");
        assert_eq!((table.len(), book.rows()), (2, 2));
        assert_eq!(table.row(1).get("parent_id"), "B1");
        assert_eq!(table.csv(), "branch_id,name,parent_id,region\nB1,\"one, \"\"two\"\"\",,320100\nB2,three,B1,\n");
    }
}
