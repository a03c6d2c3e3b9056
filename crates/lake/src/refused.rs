//! Why a row does not enter the book.

use units::coded;

coded! {
    /// Why a row is refused (拒收原因), in order of precedence: the first that is true is named.
    ///
    /// The code leads to the glossary, which holds the sentence and the remedy in both languages.
    RowRefused {
        /// More or fewer fields than the header has.
        WrongFieldCount = "E-IM-15",
        /// Bytes that are no text in the declared encoding.
        NotInEncoding = "E-IM-14",
        FieldMissing = "E-IM-02",
        TooLong = "E-IM-17",
        UnknownCode = "E-IM-03",
        BadDate = "E-IM-04",
        DateOutOfRange = "E-IM-18",
        BadAmount = "E-IM-05",
        TooManyDecimals = "E-IM-19",
        NegativeAmount = "E-IM-06",
        AmountMustBePositive = "E-IM-20",
        AmountTooLarge = "E-IM-21",
        BadNumber = "E-IM-07",
        RateOutOfRange = "E-IM-22",
        BadYesNo = "E-IM-23",
        /// Only renminbi is booked.
        WrongCurrency = "E-IM-11",
        UnknownParent = "E-IM-08",
        /// The same identity earlier in the file, with other content.
        DuplicateIdentity = "E-IM-09",
        /// The identity is known under another loan.
        IdentityOfAnotherLoan = "E-IM-24",
        /// A date before the one it must follow.
        DatesOutOfOrder = "E-IM-13",
        InstalmentsDoNotAddUp = "E-IM-10",
        /// Nothing wrong with this row: another of the same schedule is bad.
        ScheduleHasBadRow = "E-IM-25",
        /// The reversed repayment does not exist or belongs to another loan.
        ReversalWithoutRepayment = "E-IM-12",
        ReversalOfReversal = "E-IM-26",
        AlreadyReversed = "E-IM-27",
        ReversalAmountDiffers = "E-IM-28",
    }
}

/// One refused row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Counted from the first record of the file, 0.
    pub row: u32,
    /// The column of the table that shows it.
    pub column: u16,
    pub why: RowRefused,
    /// The row at fault or the row it clashes with, when it is another one.
    pub other: Option<u32>,
}

impl Rejection {
    pub fn new(row: usize, column: usize, why: RowRefused) -> Rejection {
        Rejection { row: row as u32, column: column as u16, why, other: None }
    }

    pub fn beside(self, other: usize) -> Rejection {
        Rejection { other: Some(other as u32), ..self }
    }

    /// The graver of two reasons for one row; the first of equals.
    pub fn graver(self, other: Rejection) -> Rejection {
        if (other.why, other.column) < (self.why, self.column) { other } else { self }
    }
}
