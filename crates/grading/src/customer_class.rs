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
