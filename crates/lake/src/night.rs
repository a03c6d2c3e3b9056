//! Reading a night: the book as known on a day, folded while it streams by.
//!
//! Dossiers come sorted by loan, batch by batch; each is folded by the rules and forgotten, so memory
//! grows with the number of loans and not with their history. What hangs on customers and loans
//! besides (events, debts elsewhere, collateral, statements, judgements, pauses) is small and held.

mod loans;
mod side;

use crate::dossier;
use crate::fault::Fault;
use crate::snapshot::{self, read::Night};
use crate::workspace::Workspace;
use dayend::{Bindings, Carried, NightDays, NightInput, Rules};
use std::collections::HashSet;
use units::{Date, Texts};

/// Which night to read, and how far.
#[derive(Clone, Copy, Debug)]
pub struct NightRequest<'a> {
    pub business_date: Date,
    /// Facts known after this day play no part.
    pub known_on: Date,
    /// The earlier night to carry from.
    pub carried_from: Option<&'a Night>,
    /// Only these loans, for questions about one customer; `None` reads the book.
    pub only: Option<&'a HashSet<String>>,
    /// The loan whose every step is told.
    pub traced: Option<&'a str>,
}

/// The steps of the traced loan: what fell due, what accrued, what was received (计算步骤).
pub type Trace = Vec<loan::Step>;

/// Reads everything one night needs, and the steps of the traced loan. `progress` hears how many
/// loans are done.
pub fn read(
    workspace: &Workspace,
    request: &NightRequest,
    rules: &Rules,
    progress: &mut dyn FnMut(u64),
) -> Result<(NightInput, Trace), Fault> {
    let mut input = NightInput {
        business_date: request.business_date,
        known_on: request.known_on,
        carried_from: request.carried_from.map(|night| night.business_date),
        ..NightInput::default()
    };
    let side = side::read(workspace, request.business_date, request.known_on, &mut input)?;
    let mut folding = loans::Folding::new(NightDays::new(request.business_date), Bindings::new(rules), &side, request);
    for chunk in dossier::merge(workspace, Some(request.known_on), request.only)? {
        folding.take(&chunk?, &mut input)?;
        progress(input.totals.loans);
    }
    let trace = folding.finish(&mut input);
    if let Some(night) = request.carried_from {
        let (ids, carried) = snapshot::carried(night)?;
        input.carried = beside(&input.loan_ids, &ids, &carried);
    }
    Ok((input, trace))
}

/// What each loan carries; both columns ascend by loan.
fn beside(loans: &Texts, ids: &Texts, carried: &[Carried]) -> Vec<Option<Carried>> {
    let mut next = 0;
    let find = |loan: &str| {
        while next < ids.len() && ids.get(next) < loan {
            next += 1;
        }
        (next < ids.len() && ids.get(next) == loan).then(|| carried[next])
    };
    loans.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grading::{Bucket, Grade};
    use units::Money;

    #[test]
    fn every_loan_finds_what_it_carries() {
        let carried = |days| Carried {
            grade: Grade::Pass,
            bucket: Bucket::M0,
            days_past_due: days,
            principal_outstanding: Money::ZERO,
            paid_total: Money::ZERO,
        };
        let loans: Texts = ["L1", "L2", "L4"].into_iter().collect();
        let ids: Texts = ["L0", "L2", "L3", "L4"].into_iter().collect();
        let found = beside(&loans, &ids, &[carried(0), carried(2), carried(3), carried(4)]);
        let days: Vec<Option<i32>> = found.iter().map(|found| found.map(|carried| carried.days_past_due)).collect();
        assert_eq!(days, [None, Some(2), Some(4)]);
    }
}
