//! Vintages: how the loans of one month of disbursement fare as they age.

use crate::ratio::Ratio;
use crate::state::{StateTable, month_label, month_number};
use loan::LoanStatus;
use std::collections::BTreeMap;

/// Vintage curves (同期放款分析), gathered night by night so that only one night is in memory.
///
/// A point is balance at least `days` past due at month-on-book `k` over the amount the cohort was
/// paid out. A written-off loan's claim lives on and stays in the curve, else write-off would heal
/// the cohort; settled and transferred loans only stay in the denominator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vintages {
    days: i32,
    points: BTreeMap<(i32, i32), VintageSums>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct VintageSums {
    past_due: i64,
    disbursed: i64,
    past_due_count: i64,
    count: i64,
}

/// One cohort at one age (账龄点).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VintagePoint {
    /// The month of disbursement: `2025-03`.
    pub cohort: String,
    /// Whole calendar months since the month of disbursement (账龄).
    pub month_on_book: i32,
    pub balance: Ratio,
    pub loans: Ratio,
}

impl Vintages {
    /// Curves of `days`+ past due, 30+ or 90+ as a rule.
    pub fn new(days: i32) -> Vintages {
        Vintages { days, points: BTreeMap::new() }
    }

    /// Adds a night; month-ends give comparable curves.
    pub fn add(&mut self, night: &StateTable) {
        let now = month_number(night.as_of);
        let mut cohorts: BTreeMap<i32, VintageSums> = BTreeMap::new();
        for figures in &night.figures {
            let sums = cohorts.entry(month_number(figures.disbursed_on)).or_default();
            sums.disbursed += figures.principal.fen();
            sums.count += 1;
            let owed = matches!(figures.status, LoanStatus::Active | LoanStatus::WrittenOff);
            if owed && figures.days_past_due >= self.days {
                sums.past_due += figures.principal_outstanding.fen();
                sums.past_due_count += 1;
            }
        }
        // A later night of the same month replaces an earlier one.
        self.points.extend(cohorts.into_iter().map(|(cohort, sums)| ((cohort, now - cohort), sums)));
    }

    /// Adds what another part of the book came to on the same nights.
    pub fn merge(&mut self, other: &Vintages) {
        for (point, sums) in &other.points {
            let into = self.points.entry(*point).or_default();
            into.past_due += sums.past_due;
            into.disbursed += sums.disbursed;
            into.past_due_count += sums.past_due_count;
            into.count += sums.count;
        }
    }

    /// Cohort by cohort, each from youngest to oldest.
    pub fn points(&self) -> impl Iterator<Item = VintagePoint> + '_ {
        self.points.iter().map(|(&(cohort, month_on_book), sums)| VintagePoint {
            cohort: month_label(cohort),
            month_on_book,
            balance: Ratio::new(sums.past_due, sums.disbursed),
            loans: Ratio::new(sums.past_due_count, sums.count),
        })
    }
}
