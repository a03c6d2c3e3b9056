//! How much of the book hangs on few.

use crate::ratio::Ratio;
use crate::state::{Dimension, StateTable};
use crate::tally::Column;
use units::Money;

/// How concentrated the balance is (集中度).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concentration {
    pub total: Money,
    /// The largest, largest first; equals by label.
    pub top: Vec<(String, Money)>,
    pub top_share: Ratio,
    /// Herfindahl–Hirschman index in points: 10,000 is one single debtor, 0 an empty book.
    pub index: i64,
}

/// Over the customers of the book.
pub fn customer_concentration(state: &StateTable, top: usize) -> Concentration {
    let balances = sum_by(state, |row| state.customers[row], state.customer_ids.len());
    concentration(balances, |customer| state.customer_ids.get(customer).to_owned(), top)
}

/// Over the labels of one dimension: industries, regions, branches.
pub fn dimension_concentration(state: &StateTable, dimension: Dimension, top: usize) -> Concentration {
    let column = Column::of(state, dimension);
    let label = |code: usize| if code < column.labels().len() { column.labels().get(code).to_owned() } else { String::new() };
    let code_of = |row: usize| column.code(row, &state.figures[row]);
    let balances = sum_by(state, code_of, column.labels().len() + 1);
    concentration(balances, label, top)
}

fn sum_by(state: &StateTable, part_of: impl Fn(usize) -> u32, parts: usize) -> Vec<Money> {
    let mut balances = vec![Money::ZERO; parts];
    for (row, figures) in state.figures.iter().enumerate() {
        if figures.on_book() {
            balances[part_of(row) as usize] += figures.principal_outstanding;
        }
    }
    balances
}

fn concentration(balances: Vec<Money>, label: impl Fn(usize) -> String, top: usize) -> Concentration {
    let total: Money = balances.iter().copied().sum();
    let squares: u128 = balances.iter().map(|balance| u128::from(balance.fen().unsigned_abs()).pow(2)).sum();
    let whole = u128::from(total.fen().unsigned_abs()).pow(2);
    // Squares of fen reach 10³⁴ for the largest banks; the points leave room in 128 bits.
    let index = (squares * 10_000 + whole / 2).checked_div(whole).unwrap_or(0);
    let mut order: Vec<usize> = (0..balances.len()).filter(|&part| balances[part].is_positive()).collect();
    if 0 < top && top < order.len() {
        // Labels are asked for only of those that may be among the first.
        let (_, last, _) = order.select_nth_unstable_by_key(top - 1, |&part| std::cmp::Reverse(balances[part]));
        let least = balances[*last];
        order.retain(|&part| balances[part] >= least);
    }
    order.sort_by_cached_key(|&part| (std::cmp::Reverse(balances[part]), label(part)));
    order.truncate(top);
    let top: Vec<_> = order.into_iter().map(|part| (label(part), balances[part])).collect();
    let top_sum: Money = top.iter().map(|&(_, balance)| balance).sum();
    Concentration { total, top, top_share: Ratio::new(top_sum.fen(), total.fen()), index: index as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_one_over_the_number_of_equals() {
        let check = |balances: &[i64], top, share, index| {
            let balances = balances.iter().map(|&yuan| Money::from_yuan(yuan)).collect();
            let found = concentration(balances, |part| format!("C{part}"), top);
            assert_eq!((found.top_share.ppm(), found.index), (share, index), "{found:?}");
        };
        check(&[100], 1, Some(1_000_000), 10_000);
        check(&[25, 25, 25, 25], 2, Some(500_000), 2_500);
        check(&[50, 30, 20], 1, Some(500_000), 3_800);
        check(&[0, 0], 1, None, 0);
    }
}
