//! Rows brought together by loan, by counting instead of sorting.

use super::known::NO_LOAN;

/// Row numbers grouped by loan (按借据分组), file order within a loan.
#[derive(Debug, Default)]
pub struct Grouping {
    starts: Vec<u32>,
    /// Empty when the file was sorted by loan: then row numbers are their own order.
    order: Vec<u32>,
}

impl Grouping {
    /// Rows whose loan is [`NO_LOAN`] are left out.
    pub fn new(loan_of_row: &[u32], loans: usize) -> Grouping {
        let mut starts = vec![0u32; loans + 1];
        let sorted = loan_of_row.is_sorted() && loan_of_row.last() != Some(&NO_LOAN);
        for &loan in loan_of_row.iter().filter(|&&loan| loan != NO_LOAN) {
            starts[loan as usize + 1] += 1;
        }
        for loan in 0..loans {
            starts[loan + 1] += starts[loan];
        }
        if sorted {
            return Grouping { starts, order: Vec::new() };
        }
        let mut order = vec![0; starts[loans] as usize];
        let mut next = starts.clone();
        for (row, &loan) in loan_of_row.iter().enumerate() {
            if loan != NO_LOAN {
                order[next[loan as usize] as usize] = row as u32;
                next[loan as usize] += 1;
            }
        }
        Grouping { starts, order }
    }

    /// Fills `rows` with the rows of a loan.
    pub fn rows(&self, loan: u32, rows: &mut Vec<u32>) {
        rows.clear();
        let Some(&end) = self.starts.get(loan as usize + 1) else { return };
        let range = self.starts[loan as usize]..end;
        if self.order.is_empty() {
            rows.extend(range);
        } else {
            rows.extend_from_slice(&self.order[range.start as usize..range.end as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_together_whatever_their_order() {
        let check = |loans: &[u32], expect: [&[u32]; 3]| {
            let grouping = Grouping::new(loans, 3);
            let mut rows = Vec::new();
            for (loan, expect) in expect.iter().enumerate() {
                grouping.rows(loan as u32, &mut rows);
                assert_eq!(rows, *expect);
            }
        };
        check(&[0, 0, 2], [&[0, 1], &[], &[2]]);
        check(&[2, 0, NO_LOAN, 2, 0], [&[1, 4], &[], &[0, 3]]);
        check(&[0, NO_LOAN], [&[0], &[], &[]]);
        check(&[], [&[], &[], &[]]);
    }
}
