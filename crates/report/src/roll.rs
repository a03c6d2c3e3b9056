//! Roll rates: how much of each bucket flows on to the next, and how much heals.

use crate::matrix::{Exit, Matrix, Ladder};
use crate::ratio::Ratio;
use crate::state::StateTable;
use grading::Bucket;
use units::{Money, Rounding, div_round};

/// What became of one bucket between two nights (滚动率).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollRow {
    pub bucket: Bucket,
    /// Balance in the next bucket now over the balance in this one then; for the last bucket, what
    /// was written off of it. It compares stocks: new arrivals that skipped a night count too.
    pub flow: Ratio,
    /// Of the loans in this bucket then, those found in a worse one now, or written off.
    pub worsened: Ratio,
    /// Of the loans in this bucket then, those back in M0 now (回正率). Loans settled are not cures.
    pub cured: Ratio,
}

/// Every bucket's roll between two nights, a month apart as a rule.
pub fn roll(before: &StateTable, after: &StateTable) -> Vec<RollRow> {
    let moved = Matrix::between(before, after, Ladder::Bucket).transitions;
    let (opening, closing) = (stock(before), stock(after));
    let states = Bucket::ALL.len();
    let written_off = states + Exit::WrittenOff as usize;
    let rows = Bucket::ALL.iter().enumerate().map(|(from, &bucket)| {
        let onward = if from + 1 < states { closing[from + 1] } else { moved.amount(from, written_off) };
        let cured = moved.count_share(from, Bucket::ALL[0] as usize);
        let worse = (from + 1..states).chain([written_off]).map(|to| moved.count(from, to)).sum();
        RollRow {
            bucket,
            flow: Ratio::new(onward.fen(), opening[from].fen()),
            worsened: Ratio::new(worse, cured.denominator),
            cured,
        }
    });
    rows.collect()
}

/// The share of a balance in M1 that the roll rates carry through to write-off (远期损失率), in ppm:
/// the product of the flows from M1 on. `None` if a bucket on the way was empty.
pub fn forward_loss_ppm(rows: &[RollRow]) -> Option<i64> {
    const ONE: i128 = 1_000_000_000_000_000_000;
    let product = rows.iter().skip(1).try_fold(ONE, |product, row| {
        let Ratio { numerator, denominator } = row.flow;
        // At most 10³⁷ before the division: flows grow no book a thousandfold.
        (denominator > 0)
            .then(|| product.checked_mul(numerator.into()))
            .flatten()
            .map(|scaled| div_round(scaled, denominator.into(), Rounding::HalfUp))
    })?;
    i64::try_from(div_round(product, ONE / 1_000_000, Rounding::HalfUp)).ok()
}

fn stock(state: &StateTable) -> Vec<Money> {
    let mut stock = vec![Money::ZERO; Bucket::ALL.len()];
    for figures in state.figures.iter().filter(|figures| figures.on_book()) {
        stock[figures.bucket as usize] += figures.principal_outstanding;
    }
    stock
}
