//! Reading a night: the book as known on a day, folded while it streams by.
//!
//! 1. [`Ground::read`]: customers and what hangs on them, the small tables by loan, the footers of the
//!    dossier files. Small, held, the same for every shard.
//! 2. [`Ground::shards`]: the book cut into stretches of loan identities.
//! 3. [`Ground::fold`]: a shard's dossiers merged, folded by the rules and forgotten, so that memory
//!    grows with the number of loans and not with their history. No shard needs another.
//! 4. [`Gathering`]: what the shards yielded, in their order, becomes the night's input. The same
//!    input comes out however the book was cut and whoever folded: threads here, or a cluster.

mod columns;
mod ground;
mod loans;
mod shard;

pub use crate::dossier::Shard;
pub use ground::Ground;
pub use shard::{FoldedShard, Gathering};

use crate::fault::Fault;
use crate::hands;
use crate::snapshot::{self, read::Night};
use crate::workspace::Workspace;
use dayend::{Carried, NightInput, Rules};
use loan::{LoanView, Pause, Terms};
use std::collections::HashSet;
use units::{Date, Money, Texts};

/// Which night to read, and how far.
#[derive(Clone, Copy, Debug)]
pub struct NightRequest<'a> {
    pub business_date: Date,
    /// Facts known after this day play no part.
    pub known_on: Date,
    /// The earlier night to carry from.
    pub carried_from: Option<&'a Night>,
    /// Only this customer's loans, for a question about one of them; `None` reads the book.
    pub only: Option<&'a CustomerLoans>,
    /// The loan whose every step is told.
    pub traced: Option<&'a str>,
}

/// A customer and the loans a night knew of them (客户名下借据).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerLoans {
    pub customer_id: String,
    pub loans: HashSet<String>,
}

/// The traced loan (借据轨迹): what fell due, accrued and was received, step by step, and what it was taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub steps: Vec<loan::Step>,
    pub dossier: Option<Dossier>,
}

/// One loan as the rules read it (借据档案): terms, dues by date, receipts by date, reversed ones left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub terms: Terms,
    pub due_on: Vec<Date>,
    pub principal_due: Vec<Money>,
    pub interest_due: Vec<Money>,
    pub fee_due: Vec<Money>,
    pub paid_on: Vec<Date>,
    pub paid: Vec<Money>,
    pub pauses: Vec<Pause>,
}

impl Dossier {
    fn of(view: &LoanView) -> Dossier {
        Dossier {
            terms: *view.terms,
            due_on: view.due_on.to_vec(),
            principal_due: view.principal_due.to_vec(),
            interest_due: view.interest_due.to_vec(),
            fee_due: view.fee_due.to_vec(),
            paid_on: view.paid_on.to_vec(),
            paid: view.paid.to_vec(),
            pauses: view.pauses.to_vec(),
        }
    }

    /// As the rules take it.
    pub fn view(&self) -> LoanView<'_> {
        LoanView {
            terms: &self.terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &self.pauses,
        }
    }
}

/// Loans of a shard: a row group of a large file. Smaller ones would read its dictionaries again.
pub const SHARD_LOANS: usize = 65_536;

/// Reads everything one night needs, and the traced loan. `progress` hears how many
/// loans are done.
pub fn read(
    workspace: &Workspace,
    request: &NightRequest,
    rules: &Rules,
    progress: &mut dyn FnMut(u64),
) -> Result<(NightInput, Trace), Fault> {
    let ground = Ground::read(workspace, request)?;
    let shards = if request.only.is_some() { vec![Shard::default()] } else { ground.shards(SHARD_LOANS) };
    let (mut gathering, mut loans) = (Gathering::new(rules), 0);
    let fold = |number: usize| ground.fold(rules, request, &shards[number]);
    hands::in_order(shards.len(), fold, |shard: FoldedShard| {
        loans += shard.loans();
        progress(loans);
        gathering.take(shard)
    })?;
    ground.finish(gathering, request)
}

/// What the night before left, beside the loans of tonight.
fn carried(loans: &Texts, request: &NightRequest) -> Result<Vec<Option<Carried>>, Fault> {
    let Some(night) = request.carried_from else { return Ok(Vec::new()) };
    let mut beside = Beside::new(loans);
    snapshot::carried(night, request.only.map(|only| &only.loans), |loan, carried| beside.take(loan, carried))?;
    Ok(beside.found)
}

/// Finds the loan of tonight for each loan of the night before; both ascend.
struct Beside<'a> {
    loans: &'a Texts,
    next: usize,
    found: Vec<Option<Carried>>,
}

impl<'a> Beside<'a> {
    fn new(loans: &'a Texts) -> Beside<'a> {
        Beside { loans, next: 0, found: vec![None; loans.len()] }
    }

    fn take(&mut self, loan: &str, carried: Carried) {
        while self.next < self.loans.len() && self.loans.get(self.next) < loan {
            self.next += 1;
        }
        if self.next < self.loans.len() && self.loans.get(self.next) == loan {
            self.found[self.next] = Some(carried);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grading::{Bucket, Grade};

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
        let mut beside = Beside::new(&loans);
        [("L0", 0), ("L2", 2), ("L3", 3), ("L4", 4)].into_iter().for_each(|(loan, days)| beside.take(loan, carried(days)));
        let days: Vec<Option<i32>> = beside.found.iter().map(|found| found.map(|carried| carried.days_past_due)).collect();
        assert_eq!(days, [None, Some(2), Some(4)]);
    }
}
