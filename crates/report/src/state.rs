//! One night's book as columns: what every figure in this room is computed from.

use crate::tally::{Column, Rows};
use grading::{Bucket, CustomerKind, Grade};
use loan::{LoanStatus, Protection, RepaymentMethod};
use std::borrow::Cow;
use units::{Date, Money, Texts, coded};

/// What one loan adds to the figures of one night (借据当日指标).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub status: LoanStatus,
    pub kind: CustomerKind,
    pub method: RepaymentMethod,
    pub protection: Protection,
    pub disbursed_on: Date,
    /// The amount paid out.
    pub principal: Money,
    pub principal_outstanding: Money,
    pub principal_past_due: Money,
    pub interest_past_due: Money,
    /// Everything past due: principal, interest, fees, penalty interest.
    pub amount_past_due: Money,
    pub days_past_due: i32,
    pub bucket: Bucket,
    pub grade: Grade,
    /// 1, 2 or 3.
    pub stage: u8,
    pub allowance: Money,
    pub extension_count: u32,
    pub restructured_on: Option<Date>,
    /// Highest days past due the first instalment reached; `None` until it has fallen due.
    pub first_instalment_worst_days: Option<i32>,
    /// This loan's share of the value of the collateral behind it.
    pub collateral_value: Money,
    pub year: YearToDate,
}

/// What happened to a loan since the year opened (本年发生额), and where it stood then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearToDate {
    pub opening_outstanding: Money,
    /// The part of the opening balance that was non-performing: all of it or nothing.
    pub opening_non_performing: Money,
    pub written_off: Money,
    /// Money that came in after the loan was written off.
    pub recovered: Money,
}

/// A customer's newest statement, as far as ratios need it (资产负债表摘要); zero if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceSheet {
    pub total_assets: Money,
    pub total_liabilities: Money,
}

coded! {
    /// What a book can be cut by (统计维度).
    Dimension {
        All = "all",
        Branch = "branch",
        Officer = "officer",
        Product = "product",
        Industry = "industry",
        Region = "region",
        CustomerKind = "customer_kind",
        Scale = "scale",
        Class = "class",
        Protection = "protection",
        Method = "method",
        Grade = "grade",
        Bucket = "bucket",
        /// The month of disbursement (放款月).
        Vintage = "vintage",
    }
}

/// A dimension the loans do not carry in their [`Figures`]: one label number per loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimensionColumn {
    pub dimension: Dimension,
    pub codes: Vec<u32>,
    pub labels: Texts,
}

/// The book of one night (借据状态表), one entry per loan in every column.
///
/// Loans ascend by identity, bytewise, so that two nights can be laid side by side. Settled,
/// written-off and transferred loans stay in: ratios over balances leave them out themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateTable {
    pub as_of: Date,
    pub loan_ids: Texts,
    pub figures: Vec<Figures>,
    /// Each loan's customer: an index into `customer_ids` and `balance_sheets`.
    pub customers: Vec<u32>,
    pub customer_ids: Texts,
    pub balance_sheets: Vec<BalanceSheet>,
    pub dimensions: Vec<DimensionColumn>,
}

impl Figures {
    /// On the books and owed: what ratios call the loans (各项贷款).
    pub fn on_book(&self) -> bool {
        self.status == LoanStatus::Active
    }
}

impl DimensionColumn {
    /// A loan without a value falls under the empty label.
    pub fn new<'a>(
        dimension: Dimension,
        codes: impl IntoIterator<Item = Option<u32>>,
        labels: impl IntoIterator<Item = &'a str>,
    ) -> DimensionColumn {
        let mut labels: Texts = labels.into_iter().collect();
        let absent = labels.len() as u32;
        let codes: Vec<u32> = codes.into_iter().map(|code| code.unwrap_or(absent)).collect();
        if codes.contains(&absent) {
            labels.push("");
        }
        DimensionColumn { dimension, codes, labels }
    }
}

impl StateTable {
    pub fn len(&self) -> usize {
        self.figures.len()
    }

    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// Panics unless all columns have one length and the loans ascend: a caller's mistake.
    pub fn assert_well_formed(&self) {
        let rows = self.len();
        assert!(self.loan_ids.len() == rows && self.customers.len() == rows, "columns of unequal length");
        assert!(self.dimensions.iter().all(|column| column.codes.len() == rows), "a dimension of another length");
        assert_eq!(self.customer_ids.len(), self.balance_sheets.len(), "one balance sheet per customer");
        let ascend = (1..rows).all(|row| self.loan_ids.get(row - 1) < self.loan_ids.get(row));
        assert!(ascend, "loans must ascend by identity");
    }

    /// The same book with some of its loans; `rows` ascend.
    pub fn only(&self, rows: &[u32]) -> StateTable {
        const NONE: u32 = u32::MAX;
        let mut numbers = vec![NONE; self.customer_ids.len()];
        let mut part = StateTable { as_of: self.as_of, ..StateTable::default() };
        for &row in rows {
            let row = row as usize;
            part.loan_ids.push(self.loan_ids.get(row));
            part.figures.push(self.figures[row]);
            let customer = self.customers[row] as usize;
            if numbers[customer] == NONE {
                numbers[customer] = part.customer_ids.len() as u32;
                part.customer_ids.push(self.customer_ids.get(customer));
                part.balance_sheets.push(self.balance_sheets[customer]);
            }
            part.customers.push(numbers[customer]);
        }
        part.dimensions = (self.dimensions.iter())
            .map(|column| DimensionColumn {
                dimension: column.dimension,
                codes: rows.iter().map(|&row| column.codes[row as usize]).collect(),
                labels: column.labels.clone(),
            })
            .collect();
        part
    }

    /// The loans of each label along a dimension: label and rows, in the order of the labels.
    pub fn parts(&self, dimension: Dimension) -> Vec<(String, Vec<u32>)> {
        let column = Column::of(self, dimension);
        let mut parts: Vec<(String, Vec<u32>)> =
            column.labels().iter().map(|label| (label.to_owned(), Vec::new())).collect();
        for (row, figures) in self.figures.iter().enumerate() {
            parts[column.code(row, figures) as usize].1.push(row as u32);
        }
        parts
    }
}

impl Rows for StateTable {
    fn count(&self) -> usize {
        self.len()
    }

    fn figures(&self, row: usize) -> Figures {
        self.figures[row]
    }

    fn customer(&self, row: usize) -> u32 {
        self.customers[row]
    }

    fn sheet(&self, customer: u32) -> BalanceSheet {
        self.balance_sheets[customer as usize]
    }

    fn given(&self, dimension: Dimension) -> Column<'_> {
        let column = self.dimensions.iter().find(|column| column.dimension == dimension);
        let column = column.unwrap_or_else(|| panic!("the state table has no column {}", dimension.code()));
        Column::given(|row| Some(column.codes[row]), Cow::Borrowed(&column.labels))
    }
}

/// Months since the year 0: differences are months between.
pub(crate) fn month_number(date: Date) -> i32 {
    let (year, month, _) = date.ymd();
    year * 12 + month as i32 - 1
}

pub(crate) fn month_label(number: i32) -> String {
    format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1)
}
