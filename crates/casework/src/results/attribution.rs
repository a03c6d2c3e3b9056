//! Whose work a payment is (回收归属): money of the book, counted for whoever had the case.
//!
//! A payment on a loan counts while the loan is worked: after the night that took it in, through the night that let
//! go of it or the day the case was closed. It counts for whoever had the case when its day began, for what
//! changes hands on a day was worked by who gave it; a colleague who has borrowed a case has it, and so has an
//! agency. Whether the money was promised is not asked. No payment counts twice: the cases of a customer follow
//! one another.

use crate::case::{Case, Owner, Standing};
use units::{Date, Money};

/// Money that came in for a loan (到账).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanReceipt {
    pub loan_id: String,
    pub received_on: Date,
    pub amount: Money,
}

/// A payment and whose work it is (归属回收).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered<'a> {
    pub owner: &'a Owner,
    pub received_on: Date,
    pub amount: Money,
}

impl Case {
    /// Who had the case when a day began; nobody before the day after it was opened.
    pub fn owner_on(&self, day: Date) -> Option<&Owner> {
        self.hand_overs.iter().rfind(|hand_over| hand_over.on < day).map(|hand_over| &hand_over.to)
    }

    /// Whether a loan was worked here on a day.
    fn works(&self, loan_id: &str, day: Date) -> bool {
        let was_open = match &self.standing {
            Standing::Open(_) => true,
            Standing::Closed(closing) => day <= closing.on,
        };
        let spans = || self.spans.iter().filter(|span| span.loan_id == loan_id);
        was_open && spans().any(|span| span.from < day && span.until.is_none_or(|until| day <= until))
    }

    /// The payments among `receipts` that came of the work on this case.
    pub fn recovered<'a>(&'a self, receipts: impl IntoIterator<Item = &'a LoanReceipt>) -> Vec<Recovered<'a>> {
        let counted = receipts.into_iter().filter(|receipt| self.works(&receipt.loan_id, receipt.received_on));
        let owned = |receipt: &LoanReceipt| {
            let LoanReceipt { received_on, amount, .. } = *receipt;
            Some(Recovered { owner: self.owner_on(received_on)?, received_on, amount })
        };
        counted.filter_map(owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{ClosedBecause, Closing, HandOver, HandOverReason, LoanSpan};
    use crate::desk::{case, date, money};
    use proptest::prelude::*;

    fn hand_over(on: &str, to: Owner) -> HandOver {
        HandOver { on: date(on), from: None, to, because: HandOverReason::Requested, by: None }
    }

    /// Opened on the 2nd for S1, S2's from the 10th, at an agency from the 20th; L2 was worked from the 5th to the 12th.
    fn worked() -> Case {
        let staff = |id: &str| Owner::Staff(id.to_owned());
        let span = |loan: &str, from: &str, until: Option<&str>| LoanSpan { loan_id: loan.to_owned(), from: date(from), until: until.map(date) };
        Case {
            hand_overs: vec![
                hand_over("2026-11-02", staff("S1")),
                hand_over("2026-11-10", staff("S2")),
                hand_over("2026-11-20", Owner::Agency("A1".to_owned())),
            ],
            spans: vec![span("L1", "2026-11-02", None), span("L2", "2026-11-05", Some("2026-11-12"))],
            ..case("C1", "S1")
        }
    }

    fn whose(case: &Case, loan_id: &str, day: &str) -> String {
        let receipts = [LoanReceipt { loan_id: loan_id.to_owned(), received_on: date(day), amount: money("100") }];
        match case.recovered(&receipts)[..] {
            [] => "nobody".to_owned(),
            [Recovered { owner: Owner::Staff(id) | Owner::Agency(id), .. }] => id.clone(),
            _ => panic!("counted twice"),
        }
    }

    #[test]
    fn a_payment_counts_for_who_had_the_case_when_its_day_began() {
        let case = worked();
        let check = |loan_id: &str, day: &str, expect: &str| assert_eq!(whose(&case, loan_id, day), expect, "{loan_id} {day}");
        check("L1", "2026-11-02", "nobody");
        check("L1", "2026-11-03", "S1");
        check("L1", "2026-11-10", "S1");
        check("L1", "2026-11-11", "S2");
        check("L1", "2026-11-21", "A1");
        // A loan counts while it is worked: what is paid when it is due again is nobody's work.
        check("L2", "2026-11-05", "nobody");
        check("L2", "2026-11-12", "S2");
        check("L2", "2026-11-13", "nobody");
        check("L3", "2026-11-11", "nobody");
    }

    #[test]
    fn the_payment_that_closes_a_case_counts_and_none_after() {
        let closing = Closing { on: date("2026-11-15"), because: ClosedBecause::Cured };
        let case = Case { standing: Standing::Closed(closing), ..worked() };
        assert_eq!(whose(&case, "L1", "2026-11-15"), "S2");
        assert_eq!(whose(&case, "L1", "2026-11-16"), "nobody");
    }

    proptest! {
        #[test]
        fn no_payment_counts_in_two_cases_of_a_customer(closed in 3i32..40, days in proptest::collection::vec(0i32..60, 0..20)) {
            let opened = date("2026-11-02");
            let closing = Closing { on: opened + closed, because: ClosedBecause::Cured };
            let first = Case { standing: Standing::Closed(closing), ..worked() };
            let mut second = worked();
            second.spans = vec![LoanSpan { loan_id: "L1".to_owned(), from: opened + closed, until: None }];
            let receipts: Vec<LoanReceipt> = days.iter().map(|&days| LoanReceipt {
                loan_id: "L1".to_owned(), received_on: opened + days, amount: money("1"),
            }).collect();
            let counted = first.recovered(&receipts).len() + second.recovered(&receipts).len();
            prop_assert_eq!(counted, days.iter().filter(|&&days| days > 0).count());
        }
    }
}
