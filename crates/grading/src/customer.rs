//! Who owes: the kinds and sizes of customers that rules distinguish.

use serde::{Deserialize, Serialize};
use units::coded;

coded! {
    /// What a customer is (客户类型).
    #[derive(Serialize, Deserialize)]
    CustomerKind {
        /// A company or other legal entity (对公客户).
        Corporate = "corporate",
        /// A one-person or family business (小微经营户).
        Micro = "micro",
        /// A farm household (农户).
        Farmer = "farmer",
        /// A private person (个人).
        Individual = "individual",
    }
}

coded! {
    /// How big a company is, by the national size standard (企业规模).
    #[derive(Serialize, Deserialize)]
    CustomerScale {
        Large = "large",
        Medium = "medium",
        Small = "small",
        Micro = "micro",
    }
}
