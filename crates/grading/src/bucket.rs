//! Buckets by days past due.

use serde::Deserialize;
use units::coded;

coded! {
    /// A bucket of days past due (逾期档).
    Bucket {
        M0 = "M0",
        M1 = "M1",
        M2 = "M2",
        M3 = "M3",
        M4 = "M4",
        M5 = "M5",
        M6 = "M6",
        M7 = "M7",
    }
}

/// Where buckets begin (逾期档界限): regulation §2.1; a lender's table may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BucketTable {
    basis: Basis,
    /// The first day (or unpaid instalment) of M1 … M7, ascending.
    starts_at: [i32; 7],
}

/// What a bucket counts (分档口径).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Basis {
    DaysPastDue,
    /// Billing cycles missed, as card issuers count.
    UnpaidInstalments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BucketTableText {
    basis: Basis,
    /// First day of M1, M2, … M7.
    starts_at: [i32; 7],
}

impl BucketTableText {
    /// `None` unless the buckets ascend from 1.
    pub fn checked(self) -> Option<BucketTable> {
        let ascending = self.starts_at[0] == 1 && self.starts_at.is_sorted_by(|a, b| a < b);
        ascending.then_some(BucketTable { basis: self.basis, starts_at: self.starts_at })
    }
}

impl BucketTable {
    /// No buckets: stands in for a table that does not compile.
    pub(crate) const EMPTY: BucketTable = BucketTable { basis: Basis::DaysPastDue, starts_at: [i32::MAX; 7] };

    pub fn bucket(&self, days_past_due: i32, unpaid_instalments: u32) -> Bucket {
        let counted = match self.basis {
            _ if days_past_due <= 0 => 0,
            Basis::DaysPastDue => days_past_due,
            Basis::UnpaidInstalments => i32::try_from(unpaid_instalments).unwrap_or(i32::MAX).max(1),
        };
        Bucket::ALL[self.starts_at.partition_point(|&start| start <= counted)]
    }
}

#[cfg(test)]
mod tests {
    use crate::table::{Desk, check};

    #[test]
    fn days_and_billing_cycles_fall_into_buckets() {
        let (bank, card) = (Desk::of("cn-bank"), Desk::of("cn-credit-card"));
        check(
            "0 0 -> M0 M0
             0 1 -> M0 M0
             1 1 -> M1 M1
             30 1 -> M1 M1
             31 2 -> M2 M2
             60 2 -> M2 M2
             61 2 -> M3 M2
             90 3 -> M3 M3
             91 0 -> M4 M1
             121 4 -> M5 M4
             151 6 -> M6 M6
             180 7 -> M6 M7
             181 9 -> M7 M7",
            |line| {
                let (days, unpaid) = line.split_once(' ').unwrap();
                let (days, unpaid) = (days.parse().unwrap(), unpaid.parse().unwrap());
                format!("{} {}", bank.rules.bucket(days, unpaid).code(), card.rules.bucket(days, unpaid).code())
            },
        );
    }
}
