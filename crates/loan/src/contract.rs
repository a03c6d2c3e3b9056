//! The terms of a loan, as the book states them.

use serde::{Deserialize, Serialize};
use units::{Date, Money, RatePpm, coded};

coded! {
    /// How principal and interest are spread over the dues (还款方式).
    #[derive(Serialize, Deserialize)]
    RepaymentMethod {
        /// Level instalments (等额本息).
        EqualInstalment = "equal_instalment",
        /// Level principal, falling interest (等额本金).
        EqualPrincipal = "equal_principal",
        /// Interest each period, principal at maturity (先息后本).
        InterestOnly = "interest_only",
        /// Everything at maturity (到期一次还本付息).
        Bullet = "bullet",
        /// Interest on the original principal throughout (等本等息).
        Flat = "flat",
        /// Level instalments toward a remainder paid at maturity (气球贷).
        Balloon = "balloon",
        /// As agreed line by line; never generated (不规则还款).
        Irregular = "irregular",
    }
}

coded! {
    /// How days become a share of a year (计息基础).
    DayCount {
        Act360 = "act_360",
        Act365 = "act_365",
        Thirty360 = "30_360",
    }
}

coded! {
    /// How often an instalment falls due (还款频率).
    Frequency {
        Monthly = "monthly",
        Quarterly = "quarterly",
        Biweekly = "biweekly",
        Weekly = "weekly",
    }
}

coded! {
    /// What stands behind the loan (担保方式).
    #[derive(Serialize, Deserialize)]
    Protection {
        Credit = "credit",
        Guarantee = "guarantee",
        Mortgage = "mortgage",
        Pledge = "pledge",
    }
}

coded! {
    /// What the core system says of the loan (借据状态).
    #[derive(Serialize, Deserialize)]
    LoanStatus {
        Active = "active",
        Settled = "settled",
        WrittenOff = "written_off",
        Transferred = "transferred",
    }
}

/// The terms of one loan (借款条件). Amounts in fen, rates yearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub principal: Money,
    pub disbursed_on: Date,
    pub matures_on: Date,
    pub annual_rate: RatePpm,
    /// The agreed penalty rate; `None` lets the pack's margin over `annual_rate` apply.
    pub penalty_rate: Option<RatePpm>,
    pub day_count: DayCount,
    pub method: RepaymentMethod,
    pub instalment_count: u32,
    pub frequency: Frequency,
}
