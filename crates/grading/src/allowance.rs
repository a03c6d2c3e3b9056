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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::EventSet;
    use crate::table::{Desk, check};
    use crate::{CustomerKind, CustomerScale};
    use loan::Protection;

    #[test]
    fn the_stage_is_the_worse_of_days_and_grade() {
        let desk = Desk::of("cn-bank");
        let profile = desk.rules.profile(
            CustomerKind::Corporate,
            Some(CustomerScale::Large),
            "",
            Protection::Mortgage,
        );
        check(
            "0  pass            -> stage_1 none
             30 pass            -> stage_1 none
             31 pass            -> stage_2 stage.past_due_over_30
             0  special_mention -> stage_2 stage.special_mention
             91 special_mention -> stage_3 stage.past_due_over_90
             0  substandard     -> stage_3 stage.non_performing
             95 loss            -> stage_3 stage.past_due_over_90",
            |line| {
                let (days, grade) = line.split_once(' ').unwrap();
                let facts = Facts {
                    days_past_due: days.parse().unwrap(),
                    events: EventSet::default(),
                    ecl_share_ppm: 0,
                    grade: Grade::from_code(grade.trim()).unwrap(),
                };
                let (stage, rule) = desk.rules.stage(&profile, &facts);
                format!("{} {}", stage.code(), rule.map_or("none", |rule| desk.id(rule)))
            },
        );
    }

    #[test]
    fn the_allowance_is_a_coefficient_of_the_balance_rounded_to_the_fen() {
        let (bank, micro) = (Desk::of("cn-bank"), Desk::of("cn-microloan"));
        check(
            "pass            100,000.00 -> 1,500.00   1,000.00
             special_mention 100,000.00 -> 3,000.00   2,000.00
             substandard     100,000.00 -> 30,000.00  25,000.00
             doubtful        100,000.00 -> 60,000.00  50,000.00
             loss            100,000.00 -> 100,000.00 100,000.00
             pass            0.33       -> 0.00       0.00
             pass            0.34       -> 0.01       0.00",
            |line| {
                let (grade, balance) = line.split_once(' ').unwrap();
                let (grade, balance) = (Grade::from_code(grade).unwrap(), Money::parse(balance).unwrap());
                let by = |desk: &Desk| desk.rules.allowance(balance, grade).unwrap().0;
                format!("{} {}", by(&bank), by(&micro))
            },
        );
    }

    #[test]
    fn the_higher_of_the_two_standards_is_required() {
        let desk = Desk::of("cn-bank");
        check(
            "allowance npl loans -> required shortfall standard
             300 200 10000       -> 300.00 0.00   coverage
             250 200 10000       -> 300.00 50.00  coverage
             100 100 10000       -> 250.00 150.00 loan_provision
             0   0   0           -> 0.00   0.00   coverage",
            |line| {
                let amounts: Vec<Money> = line.split_whitespace().map_while(|word| Money::parse(word).ok()).collect();
                let [allowance, non_performing, loans] = amounts[..] else {
                    return "required shortfall standard".to_owned();
                };
                let need = desk.rules.allowance_need(allowance, non_performing, loans).unwrap();
                format!("{} {} {}", need.required, need.shortfall, need.standard.code())
            },
        );
    }
}
