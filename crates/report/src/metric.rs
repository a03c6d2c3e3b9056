//! Ratios by any dimensions, and the loans behind each.

use crate::catalogue::{CATALOGUE, Measure, Metric, contributions};
use crate::group::{Groups, groups};
use crate::ratio::Ratio;
use crate::state::{Dimension, StateTable};
use units::Date;

/// All ratios of the catalogue, for every group of loans (指标表).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricTable {
    pub as_of: Date,
    pub by: Vec<Dimension>,
    pub groups: Vec<GroupTotals>,
}

/// The sums over one group of loans, from which every ratio is read (分组合计).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupTotals {
    /// One label per dimension of the table.
    pub labels: Vec<String>,
    sums: [i64; Measure::COUNT],
}

/// One ratio of one group: a row of the `metrics` a night leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricRow<'a> {
    pub labels: &'a [String],
    pub metric: &'static Metric,
    pub ratio: Ratio,
}

/// A loan behind a ratio, and what it adds to either side (指标下钻).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrillRow<'a> {
    pub loan_id: &'a str,
    pub numerator: i64,
    pub denominator: i64,
}

/// Sums every measure over the loans of each group. Panics on a dimension the table does not have.
pub fn metrics(state: &StateTable, by: &[Dimension]) -> MetricTable {
    let Groups { of_row, labels } = groups(state, by);
    let mut sums = vec![[0i64; Measure::COUNT]; labels.len()];
    each_contribution(state, &of_row, |row, adds| {
        for (sum, add) in sums[of_row[row] as usize].iter_mut().zip(adds) {
            *sum = sum.checked_add(add).expect("a total overflows i64 fen");
        }
    });
    let groups = labels.into_iter().zip(sums).map(|(labels, sums)| GroupTotals { labels, sums }).collect();
    MetricTable { as_of: state.as_of, by: by.to_vec(), groups }
}

/// The loans of the group at `at` that add to either side of `metric`, in the order of the book.
///
/// Their numerators and denominators add up to the ratio's own, except that a mean is shown per
/// loan as the sum of its opening and present balance.
pub fn drill<'a>(state: &'a StateTable, metric: &Metric, at: &[(Dimension, &str)]) -> Vec<DrillRow<'a>> {
    let by: Vec<Dimension> = at.iter().map(|&(dimension, _)| dimension).collect();
    let Groups { of_row, labels } = groups(state, &by);
    let matches = |labels: &Vec<String>| labels.iter().zip(at).all(|(label, (_, wanted))| label == wanted);
    let Some(group) = labels.iter().position(matches) else { return Vec::new() };
    let mut rows = Vec::new();
    each_contribution(state, &of_row, |row, adds| {
        let (numerator, denominator) = (adds[metric.numerator as usize], adds[metric.denominator as usize]);
        if of_row[row] as usize == group && (numerator, denominator) != (0, 0) {
            rows.push(DrillRow { loan_id: state.loan_ids.get(row), numerator, denominator });
        }
    });
    rows
}

/// Which loans add to the numerator of `metric`: one entry per loan of the book (指标分子借据).
pub fn numerator_loans(state: &StateTable, metric: &Metric) -> Vec<bool> {
    let mut adds_to = vec![false; state.len()];
    each_contribution(state, &vec![0; state.len()], |row, adds| adds_to[row] = adds[metric.numerator as usize] != 0);
    adds_to
}

/// Calls `each` with what every loan adds. A customer's statement is counted once in each group,
/// with the first of the customer's loans on the books there.
fn each_contribution(state: &StateTable, of_row: &[u32], mut each: impl FnMut(usize, [i64; Measure::COUNT])) {
    let mut standing = Standing::new(state);
    for (row, figures) in state.figures.iter().enumerate() {
        let sheet = &state.balance_sheets[state.customers[row] as usize];
        let stands = figures.on_book() && !sheet.total_assets.is_zero() && standing.take(row, state, of_row);
        each(row, contributions(figures, stands.then_some(sheet)));
    }
}

/// The loans that stand for their customers, one per customer and group: chained per customer,
/// because a chain is a loan or two long and hashing a million pairs is the whole time budget.
struct Standing {
    newest: Vec<u32>,
    before: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Standing {
    fn new(state: &StateTable) -> Standing {
        Standing { newest: vec![NONE; state.customer_ids.len()], before: vec![NONE; state.len()] }
    }

    /// Whether `row` is the first of its customer in its group; it then stands for the customer.
    fn take(&mut self, row: usize, state: &StateTable, of_row: &[u32]) -> bool {
        let newest = &mut self.newest[state.customers[row] as usize];
        let mut other = *newest;
        while other != NONE {
            if of_row[other as usize] == of_row[row] {
                return false;
            }
            other = self.before[other as usize];
        }
        self.before[row] = std::mem::replace(newest, row as u32);
        true
    }
}

impl GroupTotals {
    pub fn sum(&self, measure: Measure) -> i64 {
        measure.of_sum(self.sums[measure as usize])
    }

    pub fn ratio(&self, metric: &Metric) -> Ratio {
        Ratio::new(self.sum(metric.numerator), self.sum(metric.denominator))
    }
}

impl MetricTable {
    /// Group by group, each in the order of the catalogue.
    pub fn rows(&self) -> impl Iterator<Item = MetricRow<'_>> {
        self.groups.iter().flat_map(|group| {
            CATALOGUE.iter().map(|metric| MetricRow { labels: &group.labels, metric, ratio: group.ratio(metric) })
        })
    }

    pub fn group(&self, labels: &[&str]) -> Option<&GroupTotals> {
        self.groups.iter().find(|group| group.labels == labels)
    }
}
