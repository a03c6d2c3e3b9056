//! Columns of whole numbers at half the memory, as long as the numbers let them.

/// Whole numbers (整数列), in four bytes each until the first that needs eight.
#[derive(Debug)]
pub enum Longs {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

impl Default for Longs {
    fn default() -> Longs {
        Longs::Narrow(Vec::new())
    }
}

impl Longs {
    pub fn extend(&mut self, values: &[i64]) {
        if let Longs::Narrow(narrow) = self {
            let before = narrow.len();
            narrow.extend(values.iter().map(|&value| value as i32));
            if narrow[before..].iter().zip(values).all(|(&narrow, &value)| i64::from(narrow) == value) {
                return;
            }
            *self = Longs::Wide(narrow[..before].iter().map(|&value| i64::from(value)).collect());
        }
        if let Longs::Wide(wide) = self {
            wide.extend_from_slice(values);
        }
    }

    /// Fills up to `rows` with `value`.
    pub fn resize(&mut self, rows: usize, value: i64) {
        let missing = rows.saturating_sub(self.len());
        self.extend(&vec![value; missing]);
    }

    /// Panics when there is no such row.
    pub fn get(&self, row: usize) -> i64 {
        match self {
            Longs::Narrow(narrow) => i64::from(narrow[row]),
            Longs::Wide(wide) => wide[row],
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Longs::Narrow(narrow) => narrow.len(),
            Longs::Wide(wide) => wide.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_needs_eight_bytes_widens_the_column_and_changes_none() {
        let mut column = Longs::default();
        column.extend(&[1, -2]);
        assert!(matches!(column, Longs::Narrow(_)));
        column.extend(&[i64::from(i32::MAX)]);
        assert!(matches!(column, Longs::Narrow(_)));
        column.extend(&[3, i64::from(i32::MAX) + 1]);
        assert!(matches!(column, Longs::Wide(_)));
        column.extend(&[i64::MIN]);
        column.resize(8, 7);
        let values: Vec<i64> = (0..column.len()).map(|row| column.get(row)).collect();
        assert_eq!(values, [1, -2, 2_147_483_647, 3, 2_147_483_648, i64::MIN, 7, 7]);
    }
}
