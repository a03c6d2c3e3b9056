//! Repayments as they are booked: what is accepted, what takes another back, what counts when.
//!
//! Nothing booked is ever changed. A reversal is one more line that takes an earlier one back; a
//! late entry stands at its value date. So what was known on any day can be told afterwards.

use crate::contract::LoanStatus;
use units::{Date, LoanId, Money, RepaymentId};

/// A line of the repayment book (还款流水).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub id: RepaymentId,
    pub loan_id: LoanId,
    /// The day the money counts from (起息日).
    pub paid_on: Date,
    /// The day it was booked; later than `paid_on` for a back-dated line (补录).
    pub entered_on: Date,
    /// Positive; a reversal repeats the amount it takes back.
    pub amount: Money,
    /// The line this one takes back (冲正).
    pub reverses: Option<RepaymentId>,
}

/// What must be known of the loan to book on it (借据入账条件).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub disbursed_on: Date,
    pub status: LoanStatus,
}

/// What becomes of a line that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    New,
    /// The same line under the same identity: nothing changes.
    AlreadyKnown,
}

/// Why a line is refused, in order of precedence (拒绝入账原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepaymentRefused {
    AmountMustBePositive,
    /// The value date or the entry lies after today.
    DateMustNotBeInFuture {
        today: Date,
    },
    BeforeDisbursement {
        disbursed_on: Date,
    },
    DuplicateIdentityWithOtherContent,
    /// Settled or transferred; a written-off loan still takes recoveries.
    LoanNotActive {
        status: LoanStatus,
    },
    ReversesUnknown,
    ReversesOtherLoan {
        loan_id: LoanId,
    },
    ReversesReversal,
    AlreadyReversed {
        by: RepaymentId,
    },
    ReversalAmountDiffers {
        booked: Money,
    },
}

impl RepaymentRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            RepaymentRefused::AmountMustBePositive => "E-RP-01",
            RepaymentRefused::DateMustNotBeInFuture { .. } => "E-RP-02",
            RepaymentRefused::BeforeDisbursement { .. } => "E-RP-03",
            RepaymentRefused::DuplicateIdentityWithOtherContent => "E-RP-04",
            RepaymentRefused::LoanNotActive { .. } => "E-RP-05",
            RepaymentRefused::ReversesUnknown => "E-RP-06",
            RepaymentRefused::ReversesOtherLoan { .. } => "E-RP-07",
            RepaymentRefused::ReversesReversal => "E-RP-08",
            RepaymentRefused::AlreadyReversed { .. } => "E-RP-09",
            RepaymentRefused::ReversalAmountDiffers { .. } => "E-RP-10",
        }
    }
}

/// Whether `line` may be booked after `book`, which holds at least all lines of the loan and the
/// one it reverses.
pub fn accept(line: &Booked, book: &[Booked], loan: Target, today: Date) -> Result<Accepted, RepaymentRefused> {
    use RepaymentRefused::*;
    if !line.amount.is_positive() {
        return Err(AmountMustBePositive);
    }
    if line.paid_on > today || line.entered_on > today {
        return Err(DateMustNotBeInFuture { today });
    }
    if line.paid_on < loan.disbursed_on {
        return Err(BeforeDisbursement { disbursed_on: loan.disbursed_on });
    }
    if let Some(known) = book.iter().find(|known| known.id == line.id) {
        return if known == line { Ok(Accepted::AlreadyKnown) } else { Err(DuplicateIdentityWithOtherContent) };
    }
    let Some(taken_back) = &line.reverses else {
        return match loan.status {
            LoanStatus::Active | LoanStatus::WrittenOff => Ok(Accepted::New),
            status => Err(LoanNotActive { status }),
        };
    };
    let original = book.iter().find(|known| known.id == *taken_back).ok_or(ReversesUnknown)?;
    if original.loan_id != line.loan_id {
        return Err(ReversesOtherLoan { loan_id: original.loan_id.clone() });
    }
    if original.reverses.is_some() {
        return Err(ReversesReversal);
    }
    if let Some(earlier) = book.iter().find(|known| known.reverses.as_ref() == Some(taken_back)) {
        return Err(AlreadyReversed { by: earlier.id.clone() });
    }
    if original.amount != line.amount {
        return Err(ReversalAmountDiffers { booked: original.amount });
    }
    Ok(Accepted::New)
}

/// The receipts that counted by what was known at the end of `known_on`: entered by then, not taken
/// back by then; by value date, then in the order they were entered. `book` is in booking order.
pub fn effective(book: &[Booked], known_on: Date) -> Vec<&Booked> {
    let known = || book.iter().filter(|line| line.entered_on <= known_on);
    let is_reversed = |line: &Booked| known().any(|other| other.reverses.as_ref() == Some(&line.id));
    let mut receipts: Vec<&Booked> = known().filter(|line| line.reverses.is_none() && !is_reversed(line)).collect();
    receipts.sort_by_key(|line| (line.paid_on, line.entered_on));
    receipts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `id loan paid_on entered_on amount [reverses]`, days counted from disbursement.
    fn line(text: &str) -> Booked {
        let words: Vec<&str> = text.split_whitespace().collect();
        let day = |text: &str| Date::new(20_000 + text.parse::<i32>().unwrap());
        Booked {
            id: words[0].into(),
            loan_id: words[1].into(),
            paid_on: day(words[2]),
            entered_on: day(words[3]),
            amount: Money::parse(words[4]).unwrap(),
            reverses: words.get(5).map(|&id| id.into()),
        }
    }

    fn book(text: &str) -> Vec<Booked> {
        text.split(';').filter(|text| !text.trim().is_empty()).map(line).collect()
    }

    #[test]
    fn the_first_reason_refuses() {
        let check = |known: &str, status, text: &str, expect: Result<Accepted, &str>| {
            let target = Target { disbursed_on: Date::new(20_000), status };
            let found = accept(&line(text), &book(known), target, Date::new(20_050));
            assert_eq!(found.as_ref().map_err(RepaymentRefused::code), expect.as_ref().map_err(|code| *code), "{text}");
        };
        let (active, settled) = (LoanStatus::Active, LoanStatus::Settled);
        let known = "K1 L1 10 10 5; K2 L2 10 10 5; R1 L1 12 12 5 K1";
        check(known, active, "K3 L1 9 50 5", Ok(Accepted::New));
        check(known, LoanStatus::WrittenOff, "K3 L1 20 20 5", Ok(Accepted::New));
        check(known, settled, "K1 L1 10 10 5", Ok(Accepted::AlreadyKnown));
        check(known, active, "K3 L1 60 60 0", Err("E-RP-01"));
        check(known, active, "K3 L1 51 51 5", Err("E-RP-02"));
        check(known, active, "K3 L1 50 51 5", Err("E-RP-02"));
        check(known, settled, "K3 L1 -1 20 5", Err("E-RP-03"));
        check(known, settled, "K1 L1 10 10 6", Err("E-RP-04"));
        check(known, settled, "K3 L1 20 20 5", Err("E-RP-05"));
        check(known, active, "R2 L1 20 20 5 K9", Err("E-RP-06"));
        check(known, active, "R2 L1 20 20 5 K2", Err("E-RP-07"));
        check(known, active, "R2 L1 20 20 5 R1", Err("E-RP-08"));
        check(known, active, "R2 L1 20 20 5 K1", Err("E-RP-09"));
        check("K1 L1 10 10 5", active, "R2 L1 20 20 4 K1", Err("E-RP-10"));
        check("K1 L1 10 10 5", settled, "R2 L1 20 20 5 K1", Ok(Accepted::New));
    }

    #[test]
    fn any_past_day_is_told_as_it_was_known() {
        let check = |known_on: i32, expect: &str| {
            let lines = book("K1 L1 10 10 5; K2 L1 20 20 5; R1 L1 10 25 5 K1; K3 L1 10 30 7");
            let ids: Vec<&str> =
                effective(&lines, Date::new(20_000 + known_on)).iter().map(|line| line.id.as_str()).collect();
            assert_eq!(ids.join(" "), expect, "known on day {known_on}");
        };
        check(9, "");
        check(20, "K1 K2");
        check(25, "K2");
        check(30, "K3 K2");
    }
}
