//! A book in memory (演练台账): facts with the day each became known, and what a night reads of them.
//!
//! The practice world gives a night the same [`dayend::NightInput`] the lake gives it: of every
//! identity the newest version known on the day, loans and customers in the order of their
//! identities, receipts in the order of their value dates.
//!
//! Reading order: [`shelf`], [`facts`], [`night`].

pub mod facts;
pub mod intake;
pub mod night;
pub mod shelf;

pub use facts::{Collateral, Customer, Dossier, Due, Event, Judgement, Loan, OtherBankDebt, Receipt};
pub use shelf::Shelf;

use facts::Schedule;
use loan::schedule::generate;
use loan::{Pause, ScheduleRules, ScheduledInstalment, Terms};
use std::collections::BTreeSet;
use units::{Calendar, Date, Money};

/// The facts of the practice world (演练世界). Appended, never changed; every put says since when the
/// fact is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub customers: Shelf<Customer>,
    pub loans: Shelf<Loan>,
    /// The agreed instalments of a loan, all of them together; sorted by due date.
    pub dues: Shelf<Vec<Due>>,
    pub receipts: Shelf<Receipt>,
    pub events: Shelf<Event>,
    pub other_bank_debts: Shelf<OtherBankDebt>,
    pub judgements: Shelf<Judgement>,
    /// The approved pauses of a loan's day counting, all of them together; sorted.
    pub pauses: Shelf<Vec<Pause>>,
    pub collateral: Shelf<Collateral>,
}

/// Receipts of one loan, split by whether they count (还款流水).
struct Counted<'a> {
    counted: Vec<(&'a str, &'a Receipt)>,
    left_aside: Vec<Money>,
}

impl World {
    /// A loan's facts as known on a day, with what was received by value date up to `business_date`.
    pub fn dossier(&self, loan_id: &str, known_on: Date, business_date: Date) -> Option<Dossier> {
        let receipts = self.receipts.known(known_on).filter(|(_, receipt)| receipt.loan == loan_id).collect();
        self.open(loan_id, known_on, business_date, receipts)
    }

    fn open(
        &self,
        loan_id: &str,
        known_on: Date,
        business_date: Date,
        receipts: Vec<(&str, &Receipt)>,
    ) -> Option<Dossier> {
        let terms = self.loans.get(loan_id, known_on)?.terms;
        let agreed = self.dues.get(loan_id, known_on).filter(|dues| !dues.is_empty()).cloned();
        let (dues, schedule) = match agreed {
            Some(agreed) => (agreed, Schedule::Stated),
            None => from_terms(&terms),
        };
        let Counted { counted, left_aside } = counted(receipts, business_date);
        let pauses = self.pauses.get(loan_id, known_on).cloned().unwrap_or_default();
        Some(Dossier::new(terms, (&dues, schedule), &counted, left_aside, pauses))
    }
}

/// A loan without instalments gets them from its terms; where none can be made, all of the principal
/// is due at maturity.
fn from_terms(terms: &Terms) -> (Vec<Due>, Schedule) {
    let due = |row: &ScheduledInstalment| Due {
        due_on: row.due_on,
        principal: row.principal,
        interest: row.interest,
        fee: Money::ZERO,
    };
    match generate(terms, &ScheduleRules::default(), &Calendar::default()) {
        Ok(rows) => (rows.iter().map(due).collect(), Schedule::FromTerms),
        Err(_) => {
            let (principal, nothing) = (terms.principal, Money::ZERO);
            (vec![Due { due_on: terms.matures_on, principal, interest: nothing, fee: nothing }], Schedule::NoneCanBeMade)
        }
    }
}

/// What counts: neither taken back nor taking back, dated by the business date; in the order of
/// value date, entry and identity.
fn counted<'a>(mut receipts: Vec<(&'a str, &'a Receipt)>, business_date: Date) -> Counted<'a> {
    let taken_back: BTreeSet<&str> = receipts.iter().filter_map(|(_, receipt)| receipt.reverses.as_deref()).collect();
    receipts.sort_unstable_by_key(|(id, receipt)| (receipt.paid_on, receipt.entered_on, *id));
    let counts = |(id, receipt): &(&str, &Receipt)| {
        receipt.reverses.is_none() && !taken_back.contains(id) && receipt.paid_on <= business_date
    };
    let (counted, aside): (Vec<_>, Vec<_>) = receipts.into_iter().partition(counts);
    Counted { counted, left_aside: aside.into_iter().map(|(_, receipt)| receipt.amount).collect() }
}
