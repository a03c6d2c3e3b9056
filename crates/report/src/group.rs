//! Which loans belong together: dense group numbers for any set of dimensions.

use crate::state::{Dimension, StateTable};
use std::collections::HashMap;

/// Loans gathered by the labels they share (分组).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Each loan's group.
    pub of_row: Vec<u32>,
    /// One label per dimension, for each group; only groups with loans exist.
    pub labels: Vec<Vec<String>>,
}

/// Up to this many label combinations a plain table finds the group; beyond, a hash map does.
const TABLE_LIMIT: u64 = 1 << 22;

/// Groups ordered as the labels are numbered, the first dimension slowest. No dimension: one group.
pub fn groups(state: &StateTable, by: &[Dimension]) -> Groups {
    let columns: Vec<_> = by.iter().map(|&dimension| state.labelled(dimension)).collect();
    let mut keys = vec![0u64; state.len()];
    let mut combinations = 1u64;
    for (codes, labels) in &columns {
        let width = labels.len().max(1) as u64;
        combinations = combinations.checked_mul(width).expect("more label combinations than u64 can number");
        for (key, &code) in keys.iter_mut().zip(codes.iter()) {
            *key = *key * width + u64::from(code);
        }
    }
    let (of_row, found) = if combinations <= TABLE_LIMIT {
        number_by_table(&keys, combinations)
    } else {
        number_by_map(&keys)
    };
    let labels_of = |mut key: u64| {
        let mut labels = vec![String::new(); columns.len()];
        for (label, (_, texts)) in labels.iter_mut().zip(&columns).rev() {
            let width = texts.len().max(1) as u64;
            *label = texts.get((key % width) as usize).to_owned();
            key /= width;
        }
        labels
    };
    Groups { of_row, labels: found.into_iter().map(labels_of).collect() }
}

fn number_by_table(keys: &[u64], combinations: u64) -> (Vec<u32>, Vec<u64>) {
    let mut numbers = vec![u32::MAX; combinations as usize];
    for &key in keys {
        numbers[key as usize] = 0;
    }
    let mut found = Vec::new();
    for (key, number) in numbers.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
        *number = found.len() as u32;
        found.push(key as u64);
    }
    (keys.iter().map(|&key| numbers[key as usize]).collect(), found)
}

fn number_by_map(keys: &[u64]) -> (Vec<u32>, Vec<u64>) {
    let mut found: Vec<u64> = keys.to_vec();
    found.sort_unstable();
    found.dedup();
    let numbers: HashMap<u64, u32> = found.iter().zip(0..).map(|(&key, number)| (key, number)).collect();
    (keys.iter().map(|key| numbers[key]).collect(), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_map_number_alike() {
        let keys = [7, 3, 7, 0, 3];
        let expect = (vec![2, 1, 2, 0, 1], vec![0, 3, 7]);
        assert_eq!(number_by_table(&keys, 8), expect);
        assert_eq!(number_by_map(&keys), expect);
    }
}
