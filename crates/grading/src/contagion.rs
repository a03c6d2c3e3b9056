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
    /// The grade in force before contagion.
    pub grade: Grade,
    /// The grade it would have if every proposed upgrade of tonight were approved:
    /// [`crate::GradeDecision::if_approved`].
    pub if_approved: Grade,
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
    /// The floor that would be left if the debtor's proposed upgrades were approved together. Claims
    /// that hold each other down can only rise together, so proposals are measured against this.
    pub if_approved: Grade,
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
        let mut floor = DebtorFloor { grade: Grade::Pass, rule: None, if_approved: Grade::Pass };
        self.each_debtor_floor(claims, elsewhere, |claim| claim.grade, |grade, rule, _| {
            if grade > floor.grade {
                (floor.grade, floor.rule) = (grade, Some(rule));
            }
        });
        self.each_debtor_floor(claims, elsewhere, |claim| claim.if_approved, |grade, _, _| {
            floor.if_approved = floor.if_approved.max(grade);
        });
        floor
    }

    /// Every debtor rule that speaks, worst first, with the share it saw.
    pub fn explain_debtor(&self, claims: &[Claim], elsewhere: &[OtherBankDebt]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.each_debtor_floor(claims, elsewhere, |claim| claim.grade, |grade, rule, fact| {
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
        grade_of: impl Fn(&Claim) -> Grade,
        mut found: impl FnMut(Grade, RuleRef, Fact),
    ) {
        let ours = || claims.iter().filter(|claim| claim.segment == Segment::NonRetail);
        let sum = |picked: &mut dyn Iterator<Item = Money>| picked.sum::<Money>();
        let all_ours = sum(&mut ours().map(|claim| claim.exposure));
        if let Some((rule, contagion)) = &self.contagion {
            let bad = ours().filter(|claim| grade_of(claim).is_non_performing());
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
            let grades = ours().map(&grade_of).chain(elsewhere.iter().filter_map(|debt| debt.grade));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{self, Desk};

    /// A debtor as words: `120:substandard 980:pass` are claims in yuan by grade, `+91` the days past
    /// due of one, `>pass` the upgrade proposed for it; `@200:pass+91` is a debt elsewhere, `retail:`
    /// marks a claim graded by itself.
    fn debtor(words: &str) -> (Vec<Claim>, Vec<OtherBankDebt>) {
        let (mut claims, mut elsewhere) = (Vec::new(), Vec::new());
        for word in words.split_whitespace() {
            let (segment, word) = match word.strip_prefix("retail:") {
                Some(rest) => (Segment::Retail, rest),
                None => (Segment::NonRetail, word),
            };
            let (amount, state) = word.split_once(':').unwrap();
            let (state, proposed) = state.split_once('>').unwrap_or((state, state));
            let (code, days) = state.split_once('+').unwrap_or((state, "0"));
            let days_past_due = days.parse().unwrap();
            let grade = Grade::from_code(code);
            match amount.strip_prefix('@') {
                Some(amount) => {
                    let balance = Money::parse(amount).unwrap();
                    elsewhere.push(OtherBankDebt { balance, days_past_due, grade });
                }
                None => {
                    let exposure = Money::parse(amount).unwrap();
                    let grade = grade.unwrap();
                    let if_approved = Grade::from_code(proposed).unwrap_or(grade);
                    claims.push(Claim { exposure, grade, if_approved, days_past_due, segment });
                }
            }
        }
        (claims, elsewhere)
    }

    #[test]
    fn a_debtors_claims_set_a_floor_for_each_other() {
        let desk = Desk::of("cn-bank");
        table::check(
            "1000:pass 500:special_mention                -> pass            none
             99:substandard 500:pass 401:pass             -> special_mention grade.other_non_performing
             100:substandard 500:pass 400:pass            -> special_mention grade.other_non_performing
             101:substandard 500:pass 399:pass            -> substandard     grade.contagion
             100.01:loss 899.99:pass                      -> substandard     grade.contagion
             500:pass @500:substandard                    -> special_mention grade.other_non_performing
             500:pass @500:unknown                        -> pass            none
             800:pass @200:pass+91                        -> pass            none
             799:pass @201:pass+91                        -> substandard     grade.cross_bank
             799:pass @201:pass+90                        -> pass            none
             800:pass 100:special_mention+91 @101:pass+95 -> substandard     grade.cross_bank
             retail:900:loss 100:pass                     -> pass            none
             0:pass                                       -> pass            none",
            |words| {
                let (claims, elsewhere) = debtor(words);
                let floor = desk.rules.debtor_floor(&claims, &elsewhere);
                format!("{} {}", floor.grade.code(), floor.rule.map_or("none", |rule| desk.id(rule)))
            },
        );
    }

    #[test]
    fn what_the_debtor_says_joins_what_the_loan_says() {
        let desk = Desk::of("cn-bank");
        let debtor = |words| {
            let (claims, elsewhere) = debtor(words);
            desk.rules.debtor_floor(&claims, &elsewhere)
        };
        let contagion = debtor("200:substandard 800:pass");
        table::check(
            "dpd=0                                     -> substandard grade.contagion
             carried=substandard                       -> substandard carried
             carried=doubtful cured=2026-01-01 met_since_cure=9 -> doubtful carried proposed substandard
             carried=doubtful owed=1.00                -> doubtful    carried proposed substandard
             dpd=300                                   -> doubtful    grade.past_due_over_270",
            |facts| table::shown(&desk, &desk.grade(facts).with_debtor_floor(contagion)),
        );
        let mention = debtor("500:pass @500:loss");
        table::check(
            "carried=substandard owed=1.00             -> substandard carried blocked arrears_unpaid
             carried=special_mention                   -> special_mention carried
             carried=pass                              -> special_mention grade.other_non_performing",
            |facts| table::shown(&desk, &desk.grade(facts).with_debtor_floor(mention)),
        );
    }

    /// Claims that pulled each other down hold each other down; both are proposed once both may rise.
    #[test]
    fn claims_that_hold_each_other_down_are_proposed_together() {
        let desk = Desk::of("cn-bank");
        let table = |debtor_words: &str, table: &str| {
            let (claims, elsewhere) = debtor(debtor_words);
            let floor = desk.rules.debtor_floor(&claims, &elsewhere);
            table::check(table, |facts| table::shown(&desk, &desk.grade(facts).with_debtor_floor(floor)));
        };
        table(
            "200:substandard>pass 800:substandard>pass",
            "carried=substandard cured=2026-01-01 met_since_cure=9 -> substandard carried proposed pass
             carried=substandard                                   -> substandard carried proposed pass
             dpd=3                                                 -> substandard grade.contagion proposed special_mention",
        );
        table(
            "200:substandard 800:substandard>pass",
            "carried=substandard owed=1.00 -> substandard carried blocked arrears_unpaid
             carried=substandard           -> substandard carried",
        );
        table(
            "100:substandard 900:substandard>pass",
            "carried=substandard owed=1.00 -> substandard carried blocked arrears_unpaid
             carried=substandard           -> substandard carried proposed special_mention",
        );
    }

    #[test]
    fn explain_names_the_share_and_a_group_asks_for_an_evaluation_only() {
        let desk = Desk::of("cn-bank");
        let (claims, elsewhere) = debtor("101:substandard 899:pass");
        let reasons = desk.rules.explain_debtor(&claims, &elsewhere);
        let lines: Vec<String> =
            reasons.iter().map(|reason| format!("{} {}", desk.because(reason.because), reason.fact)).collect();
        assert_eq!(lines, ["grade.contagion debt_share=10.1%", "grade.other_non_performing grade=substandard"]);
        assert!(desk.rules.group_evaluation(Grade::SpecialMention).is_none());
        assert_eq!(desk.rules.group_evaluation(Grade::Loss).map(|rule| desk.id(rule)), Some("grade.group_evaluation"));
    }
}
