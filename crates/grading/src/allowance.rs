//! Stages of expected credit loss, the allowance by standard coefficients, and whether it is enough.

use crate::condition::{Fact, Facts};
use crate::grade::Grade;
use crate::rules::{GradingRules, Profile};
use policy::RuleRef;
use serde::Deserialize;
use units::{Money, Rounding, coded};

coded! {
    /// The stage of expected credit loss (预期信用损失阶段), CAS 22.
    Stage {
        /// No significant increase in credit risk: twelve months' loss.
        One = "stage_1",
        /// Significant increase since origination: lifetime loss.
        Two = "stage_2",
        /// Credit-impaired: lifetime loss, interest on the net amount.
        Three = "stage_3",
    }
}

/// The allowance per grade (标准风险系数), in parts per million of the balance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coefficients([i64; 5]);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoefficientsText {
    pass_ppm: i64,
    special_mention_ppm: i64,
    substandard_ppm: i64,
    doubtful_ppm: i64,
    loss_ppm: i64,
}

impl From<CoefficientsText> for Coefficients {
    fn from(text: CoefficientsText) -> Coefficients {
        Coefficients([
            text.pass_ppm,
            text.special_mention_ppm,
            text.substandard_ppm,
            text.doubtful_ppm,
            text.loss_ppm,
        ])
    }
}

/// What a supervisor expects of the whole book's allowance (拨备监管标准).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adequacy {
    coverage_ppm: i64,
    loan_provision_ppm: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdequacyText {
    /// Allowance over non-performing loans (拨备覆盖率).
    coverage_ppm: i64,
    /// Allowance over all loans (贷款拨备率).
    loan_provision_ppm: i64,
}

impl From<AdequacyText> for Adequacy {
    fn from(text: AdequacyText) -> Adequacy {
        Adequacy { coverage_ppm: text.coverage_ppm, loan_provision_ppm: text.loan_provision_ppm }
    }
}

/// The allowance a book must hold and what is missing (拨备充足性).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowanceNeed {
    pub required: Money,
    /// Zero when the allowance is enough.
    pub shortfall: Money,
    pub standard: AllowanceStandard,
    pub rule: RuleRef,
}

coded! {
    /// Which of the two standards asks for more (从严标准).
    AllowanceStandard {
        Coverage = "coverage",
        LoanProvision = "loan_provision",
    }
}

impl GradingRules {
    /// The stage: the worst rung that holds, else the first.
    pub fn stage(&self, profile: &Profile, facts: &Facts) -> (Stage, Option<RuleRef>) {
        match self.stages.holding(profile.stages, facts).next() {
            Some((stage, rule, _)) => (stage, Some(rule)),
            None => (Stage::One, None),
        }
    }

    /// Every rung that holds, worst first.
    pub fn explain_stage(&self, profile: &Profile, facts: &Facts) -> Vec<(Stage, RuleRef, Fact)> {
        self.stages.holding(profile.stages, facts).collect()
    }

    /// The allowance for one balance by the coefficient of its grade, rounded half up to the fen.
    pub fn allowance(&self, balance: Money, grade: Grade) -> Option<(Money, RuleRef)> {
        let (rule, Coefficients(ppm)) = self.coefficients.as_ref()?;
        let share = i128::from(ppm[grade as usize]);
        Some((balance.mul_div(share, 1_000_000, Rounding::HalfUp), *rule))
    }

    /// What the whole book must hold: the higher of the two standards (拨备覆盖率、贷款拨备率孰高).
    pub fn allowance_need(&self, allowance: Money, non_performing: Money, loans: Money) -> Option<AllowanceNeed> {
        let (rule, adequacy) = self.adequacy.as_ref()?;
        let share = |of: Money, ppm: i64| of.mul_div(i128::from(ppm), 1_000_000, Rounding::Up);
        let coverage = share(non_performing, adequacy.coverage_ppm);
        let loan_provision = share(loans, adequacy.loan_provision_ppm);
        let (required, standard) = if coverage >= loan_provision {
            (coverage, AllowanceStandard::Coverage)
        } else {
            (loan_provision, AllowanceStandard::LoanProvision)
        };
        Some(AllowanceNeed { required, shortfall: required.minus_floor_zero(allowance), standard, rule: *rule })
    }
}
