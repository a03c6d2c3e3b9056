//! Where a rule comes from and who answers for it.

use units::{Date, coded};

coded! {
    /// How sure we are of a rule's wording (可信度).
    Certainty {
        /// The primary legal text was read word for word.
        Primary = "P",
        /// A secondary source reproduces the rule with its numbers.
        SecondaryFull = "S+",
        /// A secondary source states the fact.
        Secondary = "S",
        /// A weak hint only.
        SecondaryWeak = "S-",
        /// From memory, high confidence.
        MemoryHigh = "M-H",
        /// From memory, medium confidence.
        MemoryMedium = "M-M",
        /// From memory, low confidence.
        MemoryLow = "M-L",
        /// A default proposed by this product, without legal force.
        Default = "D",
        /// From the training material the product grew from.
        Seed = "SEED",
    }
}

/// Source and signature of one rule (规则出处).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The regulation and its article, as a reader would cite it; the title when there is none.
    pub article: String,
    /// Where the wording was taken from.
    pub source: String,
    pub certainty: Certainty,
    /// Who of the lender signed the rule off, and when. Empty: not reviewed, and `status` warns.
    pub reviewed: Option<(String, Date)>,
}
