//! Identities as the lender writes them: text, one type per meaning.

use std::fmt;

macro_rules! identity {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}

identity! {
    /// A loan, one drawdown under a contract (借据号).
    LoanId;
    /// A customer (客户号).
    CustomerId;
    /// A branch (机构号).
    BranchId;
    /// An officer of the lender (员工号).
    OfficerId;
    /// One repayment as the core system booked it (还款流水号).
    RepaymentId;
}
