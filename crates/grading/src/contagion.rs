//! What one claim on a debtor says about the debtor's other claims.

use crate::condition::Fact;
use crate::grade::{Because, Grade, Reason};
use crate::rules::{GradingRules, Segment};
use policy::{RuleRef, read};
use serde::Deserialize;
use units::Money;

/// One claim of the bank on a debtor (对债务人的一笔债权).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub exposure: Money,
    /// The grade before contagion.
    pub grade: Grade,
    pub days_past_due: i32,
    pub segment: Segment,
}

/// A debt of the debtor at another lender (他行负债).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherBankDebt {
    pub balance: Money,
    pub days_past_due: i32,
    /// `None` when the lender did not report one.
    pub grade: Option<Grade>,
}

/// The floor a debtor's claims set for each other (债务人层面下限), for the non-retail ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebtorFloor {
    pub grade: Grade,
    pub rule: Option<RuleRef>,
}

/// Over a share of the bank's claims non-performing: all are (办法第7条).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contagion {
    share_over_ppm: i64,
    #[serde(deserialize_with = "read::code")]
    at_least: Grade,
}

/// Over a share of debts at all banks long past due (办法第11条).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrossBank {
    days_past_due_over: i32,
    share_over_ppm: i64,
    #[serde(deserialize_with = "read::code")]
    at_least: Grade,
}

/// Any debt non-performing, here or elsewhere (办法第10条).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherNonPerforming {
    #[serde(deserialize_with = "read::code")]
    at_least: Grade,
}

/// A group member's default starts an evaluation, no downgrade (办法第7条).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupEvaluation {
    #[serde(deserialize_with = "read::code")]
    member_at_least: Grade,
}

impl GradingRules {
    /// The floor for every non-retail claim on one debtor. Retail claims neither spread nor catch.
    pub fn debtor_floor(&self, claims: &[Claim], elsewhere: &[OtherBankDebt]) -> DebtorFloor {
        let mut floor = DebtorFloor { grade: Grade::Pass, rule: None };
        self.each_debtor_floor(claims, elsewhere, |grade, rule, _| {
            if grade > floor.grade {
                floor = DebtorFloor { grade, rule: Some(rule) };
            }
        });
        floor
    }

    /// Every debtor rule that speaks, worst first, with the share it saw.
    pub fn explain_debtor(&self, claims: &[Claim], elsewhere: &[OtherBankDebt]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.each_debtor_floor(claims, elsewhere, |grade, rule, fact| {
            reasons.push(Reason { grade, because: Because::Rule(rule), fact });
        });
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.grade));
        reasons
    }

    /// The rule by which a group's other members must be evaluated, if a member's grade asks for it.
    pub fn group_evaluation(&self, worst_member: Grade) -> Option<RuleRef> {
        let (rule, evaluation) = self.group_evaluation.as_ref()?;
        (worst_member >= evaluation.member_at_least).then_some(*rule)
    }

    fn each_debtor_floor(
        &self,
        claims: &[Claim],
        elsewhere: &[OtherBankDebt],
        mut found: impl FnMut(Grade, RuleRef, Fact),
    ) {
        let ours = || claims.iter().filter(|claim| claim.segment == Segment::NonRetail);
        let sum = |picked: &mut dyn Iterator<Item = Money>| picked.sum::<Money>();
        let all_ours = sum(&mut ours().map(|claim| claim.exposure));
        if let Some((rule, contagion)) = &self.contagion {
            let bad = ours().filter(|claim| claim.grade.is_non_performing());
            let bad = sum(&mut bad.map(|claim| claim.exposure));
            if let Some(share) = share_over(bad, all_ours, contagion.share_over_ppm) {
                found(contagion.at_least, *rule, Fact::DebtSharePpm(share));
            }
        }
        if let Some((rule, cross)) = &self.cross_bank {
            let late_ours = ours().filter(|claim| claim.days_past_due > cross.days_past_due_over);
            let late_elsewhere = elsewhere.iter().filter(|debt| debt.days_past_due > cross.days_past_due_over);
            let late = sum(&mut late_ours.map(|claim| claim.exposure)) + sum(&mut late_elsewhere.map(|debt| debt.balance));
            let all = all_ours + sum(&mut elsewhere.iter().map(|debt| debt.balance));
            if let Some(share) = share_over(late, all, cross.share_over_ppm) {
                found(cross.at_least, *rule, Fact::DebtSharePpm(share));
            }
        }
        if let Some((rule, other)) = &self.other_non_performing {
            let grades = ours().map(|claim| claim.grade).chain(elsewhere.iter().filter_map(|debt| debt.grade));
            if let Some(worst) = grades.max().filter(|grade| grade.is_non_performing()) {
                found(other.at_least, *rule, Fact::Grade(worst));
            }
        }
    }
}

/// The share in parts per million, cut, when it is over the limit; compared exactly.
fn share_over(part: Money, whole: Money, limit_ppm: i64) -> Option<i64> {
    let (part, whole) = (i128::from(part.fen()), i128::from(whole.fen()));
    let over = whole > 0 && part * 1_000_000 > whole * i128::from(limit_ppm);
    over.then(|| i64::try_from(part * 1_000_000 / whole).expect("a share of a whole fits"))
}
