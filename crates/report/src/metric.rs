//! Ratios by any dimensions, and the loans behind each.

use crate::catalogue::{CATALOGUE, Measure, Metric, contributions};
use crate::ratio::Ratio;
use crate::state::{Dimension, StateTable};
use crate::tally::{Cut, Rows, Tally, parts};
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
    pub(crate) sums: [i64; Measure::COUNT],
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
    let mut tally = Tally::new(state.as_of, by);
    parts(state, 0..state.len(), &[by]).into_iter().for_each(|part| tally.take(part));
    tally.finish(|customer| state.sheet(customer))
}

/// The loans of the group at `at` that add to either side of `metric`, in the order of the book.
///
/// Their numerators and denominators add up to the ratio's own, except that a mean is shown per
/// loan as the sum of its opening and present balance.
pub fn drill<'a>(state: &'a StateTable, metric: &Metric, at: &[(Dimension, &str)]) -> Vec<DrillRow<'a>> {
    let (by, labels): (Vec<Dimension>, Vec<&str>) = at.iter().copied().unzip();
    let mut rows = Vec::new();
    each_contribution(state, &by, &labels, |row, adds| {
        let (numerator, denominator) = (adds[metric.numerator as usize], adds[metric.denominator as usize]);
        if (numerator, denominator) != (0, 0) {
            rows.push(DrillRow { loan_id: state.loan_ids.get(row), numerator, denominator });
        }
    });
    rows
}

/// Which loans add to the numerator of `metric`: one entry per loan of the book (指标分子借据).
pub fn numerator_loans(state: &StateTable, metric: &Metric) -> Vec<bool> {
    let mut adds_to = vec![false; state.len()];
    each_contribution(state, &[], &[], |row, adds| adds_to[row] = adds[metric.numerator as usize] != 0);
    adds_to
}

/// Calls `each` with what every loan of one group adds; a customer's statement with the first of the
/// customer's loans on the books there.
fn each_contribution(
    state: &StateTable,
    by: &[Dimension],
    labels: &[&str],
    mut each: impl FnMut(usize, [i64; Measure::COUNT]),
) {
    let cut = Cut::of(state, by);
    let Some(group) = cut.find(labels) else { return };
    let mut stood = vec![false; state.customer_ids.len()];
    for (row, figures) in state.figures.iter().enumerate().filter(|(row, figures)| cut.key(*row, figures) == group) {
        let customer = state.customers[row] as usize;
        let sheet = &state.balance_sheets[customer];
        let stands = figures.on_book() && !sheet.total_assets.is_zero() && !std::mem::replace(&mut stood[customer], true);
        each(row, contributions(figures, stands.then_some(sheet)));
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
