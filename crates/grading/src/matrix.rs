//! The matrix of protection and days past due for small businesses.

use crate::condition::EventKind;
use crate::grade::Grade;
use loan::Protection;
use policy::read;
use serde::Deserialize;

/// Days past due by protection (担保方式与逾期天数矩阵), 银监发〔2007〕63号 annex.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    from_days: Vec<i32>,
    /// One row per [`Protection`], in declaration order.
    rows: [Vec<Grade>; 4],
    /// One grade worse while one of these is in force (article 6).
    pub worsened_by: Vec<EventKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixText {
    /// The first day past due of each column, ascending from 0.
    from_days: Vec<i32>,
    #[serde(deserialize_with = "read::codes")]
    credit: Vec<Grade>,
    #[serde(deserialize_with = "read::codes")]
    guarantee: Vec<Grade>,
    #[serde(deserialize_with = "read::codes")]
    mortgage: Vec<Grade>,
    #[serde(deserialize_with = "read::codes")]
    pledge: Vec<Grade>,
    #[serde(default, deserialize_with = "read::codes")]
    worsened_by: Vec<EventKind>,
}

impl MatrixText {
    /// `None` unless the columns ascend from 0 and every row has a cell for each.
    pub fn checked(self) -> Option<Matrix> {
        let ascending = self.from_days.first() == Some(&0) && self.from_days.is_sorted_by(|a, b| a < b);
        let rows = [self.credit, self.guarantee, self.mortgage, self.pledge];
        let full = rows.iter().all(|row| row.len() == self.from_days.len());
        (ascending && full).then_some(Matrix { from_days: self.from_days, rows, worsened_by: self.worsened_by })
    }
}

impl Matrix {
    pub fn grade(&self, protection: Protection, days_past_due: i32) -> Grade {
        let row = match protection {
            Protection::Credit => &self.rows[0],
            Protection::Guarantee => &self.rows[1],
            Protection::Mortgage => &self.rows[2],
            Protection::Pledge => &self.rows[3],
        };
        row[self.from_days.partition_point(|&from| from <= days_past_due.max(0)) - 1]
    }
}
