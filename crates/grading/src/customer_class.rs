//! Customer classes over three months, and how likely the money comes back.

use crate::bucket::Bucket;
use crate::condition::{Fact, Facts};
use crate::grade::Grade;
use crate::rules::{GradingRules, Profile};
use loan::History;
use policy::{RuleRef, read};
use serde::Deserialize;
use units::coded;

coded! {
    /// How a customer has been paying (客户分层): the worst of the customer's loans.
    CustomerClass {
        /// Never past due in the window (始终正常还款).
        A = "A",
        /// Past due once, or payment wants confirming (一次 M1 或需确认还款).
        B = "B",
        /// First instalment past due, or past due again and again (首期或习惯性流入 M1).
        C = "C",
        /// Beyond a reminder: goes to recovery (移交清收).
        D = "D",
    }
}

coded! {
    /// How likely the money comes back (回收可能性).
    Recoverability {
        /// 回收可能性大
        Likely = "likely",
        /// 较难回收
        Hard = "hard",
        /// 不可能回收
        Unlikely = "unlikely",
    }
}

/// One loan as classes see it (客户分层输入).
#[derive(Clone, Copy, Debug)]
pub struct ClassInput<'a> {
    pub bucket: Bucket,
    pub grade: Grade,
    pub history: &'a History,
    pub confirmation: Confirmation,
}

/// Whether the customer's next payment must be confirmed (还款确认).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    NotNeeded,
    Needed,
}

/// Regulation §2.2, SEED 000.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassRule {
    /// The window that `History` looks back over.
    window_months: i32,
    #[serde(deserialize_with = "read::code")]
    d_from_bucket: Bucket,
    #[serde(deserialize_with = "read::code")]
    d_from_grade: Grade,
    c_from_times_past_due: u32,
    /// Days the first instalment was late, from which the customer is C.
    c_from_first_instalment_days: i32,
}

impl GradingRules {
    /// The class of a customer by one loan; a customer has the worst of them.
    pub fn customer_class(&self, input: &ClassInput) -> Option<(CustomerClass, RuleRef)> {
        let (reference, rule) = self.class.as_ref()?;
        let history = input.history;
        let first_instalment_late = history.first_instalment_worst_days >= rule.c_from_first_instalment_days;
        let class = if input.bucket >= rule.d_from_bucket || input.grade >= rule.d_from_grade {
            CustomerClass::D
        } else if first_instalment_late || history.times_past_due_in_window >= rule.c_from_times_past_due {
            CustomerClass::C
        } else if history.worst_days_past_due_in_window > 0 || input.confirmation == Confirmation::Needed {
            CustomerClass::B
        } else {
            CustomerClass::A
        };
        Some((class, *reference))
    }

    /// The window for the history that classes look at, in calendar months.
    pub fn class_window_months(&self) -> i32 {
        self.class.as_ref().map_or(0, |(_, rule)| rule.window_months)
    }

    /// How likely the money comes back: the worst rung that holds, else likely.
    pub fn recoverability(&self, profile: &Profile, facts: &Facts) -> (Recoverability, Option<RuleRef>) {
        match self.recoverability.holding(profile.recoverability, facts).next() {
            Some((tier, rule, _)) => (tier, Some(rule)),
            None => (Recoverability::Likely, None),
        }
    }

    /// Every rung that holds, worst first.
    pub fn explain_recoverability(&self, profile: &Profile, facts: &Facts) -> Vec<(Recoverability, RuleRef, Fact)> {
        self.recoverability.holding(profile.recoverability, facts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{EventKind, EventSet};
    use crate::table::{Desk, check};
    use crate::{CustomerKind, CustomerScale};
    use loan::Protection;

    #[test]
    fn three_months_make_a_class_and_the_worst_loan_makes_the_customers() {
        let desk = Desk::of("cn-bank");
        check(
            "bucket grade times worst first confirm -> class
             M0 pass            0 0  0 no  -> A
             M0 pass            0 0  0 yes -> B
             M0 pass            1 5  0 no  -> B
             M0 pass            0 12 0 no  -> B
             M1 special_mention 1 5  0 no  -> B
             M0 pass            2 5  0 no  -> C
             M0 pass            0 0  1 no  -> C
             M2 special_mention 1 31 0 no  -> D
             M0 substandard     0 0  0 no  -> D",
            |line| {
                if line.starts_with("bucket") {
                    return "class".to_owned();
                }
                let words: Vec<&str> = line.split_whitespace().collect();
                let history = History {
                    times_past_due_in_window: words[2].parse().unwrap(),
                    worst_days_past_due_in_window: words[3].parse().unwrap(),
                    first_instalment_worst_days: words[4].parse().unwrap(),
                    ..History::default()
                };
                let confirmation = if words[5] == "yes" { Confirmation::Needed } else { Confirmation::NotNeeded };
                let (bucket, grade) = (Bucket::from_code(words[0]).unwrap(), Grade::from_code(words[1]).unwrap());
                let input = ClassInput { bucket, grade, history: &history, confirmation };
                desk.rules.customer_class(&input).unwrap().0.code().to_owned()
            },
        );
        assert!(CustomerClass::C > CustomerClass::B && CustomerClass::B > CustomerClass::A);
        assert_eq!(desk.rules.class_window_months(), 3);
    }

    #[test]
    fn recoverability_falls_with_days_grade_and_missing_collateral() {
        let desk = Desk::of("cn-bank");
        check(
            "credit   30  special_mention      -> likely
             credit   91  substandard          -> hard recoverability.long_past_due_unsecured
             mortgage 91  substandard          -> likely
             mortgage 300 doubtful             -> hard recoverability.doubtful
             mortgage 400 loss                 -> hard recoverability.doubtful
             guarantee 400 loss                -> unlikely recoverability.loss_unsecured
             pledge   0   doubtful evasion     -> hard recoverability.doubtful",
            |line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let protection = Protection::from_code(words[0]).unwrap();
                let profile =
                    desk.rules.profile(CustomerKind::Corporate, Some(CustomerScale::Large), "", protection);
                let events: EventSet = words[3..].iter().map(|code| EventKind::from_code(code).unwrap()).collect();
                let days_past_due = words[1].parse().unwrap();
                let grade = Grade::from_code(words[2]).unwrap();
                let facts = Facts { days_past_due, events, ecl_share_ppm: 0, grade };
                match desk.rules.recoverability(&profile, &facts) {
                    (tier, Some(rule)) => format!("{} {}", tier.code(), desk.id(rule)),
                    (tier, None) => tier.code().to_owned(),
                }
            },
        );
    }
}
