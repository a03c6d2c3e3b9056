//! Regulatory migration rates of the five grades, by the formula of 2005 or of 2022.

use crate::matrix::pairs;
use crate::ratio::Ratio;
use crate::state::{Figures, StateTable};
use grading::Grade;
use loan::LoanStatus;
use units::{Money, coded};

coded! {
    /// Which regulation a migration rate follows (迁徙率口径).
    MigrationFormula {
        /// Core risk indicators of 2005: over the opening balance less what left the class's loans.
        V2005 = "v2005",
        /// Circular 2 of 2022: over the opening balance, disposals added on top, brought to a year.
        V2022 = "v2022",
    }
}

/// What became of the loans one grade held when the period opened (期初某类贷款的去向).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GradeFlow {
    pub opening: Money,
    /// Repaid, written off, transferred or otherwise gone since (期间减少额).
    pub decrease: Money,
    /// Still on the books and in a worse grade (向下迁徙额).
    pub downgraded: Money,
    /// Still on the books and non-performing.
    pub non_performing: Money,
    /// Disposed of after a downgrade; of pass and special-mention loans, after turning non-performing.
    pub disposed: Money,
}

/// A class's migration rate (贷款迁徙率). `months` is how much of the year has passed, 1..=12.
pub fn migration_rate(flow: &GradeFlow, formula: MigrationFormula, months: i64) -> Ratio {
    assert!((1..=12).contains(&months), "a period of the year has 1 to 12 months");
    match formula {
        MigrationFormula::V2005 => Ratio::new(flow.downgraded.fen(), (flow.opening - flow.decrease).fen()),
        MigrationFormula::V2022 => {
            let gone_down = flow.downgraded + flow.disposed;
            Ratio::new(gone_down.fen() * 12, flow.opening.fen() * months)
        }
    }
}

/// Pass and special-mention loans that became non-performing (正常贷款迁徙率, 2005).
pub fn performing_migration_rate(pass: &GradeFlow, special_mention: &GradeFlow) -> Ratio {
    let turned = pass.non_performing + special_mention.non_performing;
    let remained = |flow: &GradeFlow| flow.opening - flow.decrease;
    Ratio::new(turned.fen(), (remained(pass) + remained(special_mention)).fen())
}

/// The flows of all five grades between two nights, in the order of [`Grade::ALL`].
///
/// A downgraded loan counts with what it still owes, at most its opening balance (new drawings
/// were not there to migrate). A disposed one counts with its opening balance, and with the grade
/// it had when it left the books.
pub fn grade_flows(before: &StateTable, after: &StateTable) -> Vec<GradeFlow> {
    let mut flows = vec![GradeFlow::default(); Grade::ALL.len()];
    for (old, new) in pairs(before, after) {
        if let Some(old) = old.filter(|old| old.on_book()) {
            add_loan(&mut flows[old.grade as usize], old, new);
        }
    }
    flows
}

fn add_loan(flow: &mut GradeFlow, old: &Figures, new: Option<&Figures>) {
    let opening = old.principal_outstanding;
    flow.opening += opening;
    let Some(new) = new else {
        flow.decrease += opening;
        return;
    };
    if new.on_book() {
        let remaining = new.principal_outstanding.min(opening);
        flow.decrease += opening - remaining;
        if new.grade > old.grade {
            flow.downgraded += remaining;
        }
        if new.grade.is_non_performing() {
            flow.non_performing += remaining;
        }
        return;
    }
    flow.decrease += opening;
    let disposed = matches!(new.status, LoanStatus::WrittenOff | LoanStatus::Transferred);
    let bar = old.grade.max(Grade::SpecialMention);
    if disposed && new.grade > bar {
        flow.disposed += opening;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(opening: i64, decrease: i64, downgraded: i64, disposed: i64) -> GradeFlow {
        let yuan = Money::from_yuan;
        GradeFlow {
            opening: yuan(opening),
            decrease: yuan(decrease),
            downgraded: yuan(downgraded),
            non_performing: yuan(downgraded),
            disposed: yuan(disposed),
        }
    }

    /// The published example: 5,000 special mention at the start, 1,000 gone, 500 worse: 12.5 %.
    #[test]
    fn both_formulas_on_the_same_loans() {
        let check = |flow: GradeFlow, formula, months, ppm| {
            assert_eq!(migration_rate(&flow, formula, months).ppm(), ppm, "{flow:?} {formula:?} {months}");
        };
        check(flow(5_000, 1_000, 500, 0), MigrationFormula::V2005, 12, Some(125_000));
        check(flow(5_000, 1_000, 500, 0), MigrationFormula::V2022, 12, Some(100_000));
        check(flow(5_000, 1_000, 500, 200), MigrationFormula::V2022, 12, Some(140_000));
        check(flow(5_000, 1_000, 500, 200), MigrationFormula::V2022, 6, Some(280_000));
        check(flow(5_000, 5_000, 0, 5_000), MigrationFormula::V2005, 12, None);
        let performing = performing_migration_rate(&flow(9_000, 2_000, 70, 0), &flow(5_000, 1_000, 480, 0));
        assert_eq!(performing, Ratio::new(55_000, 1_100_000));
    }
}
