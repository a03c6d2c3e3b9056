//! The grade of one loan: the floor the facts set, and the grade in force.

use crate::condition::{EventSet, Fact};
use crate::rules::Profile;
use loan::History;
use policy::RuleRef;
use serde::{Deserialize, Serialize};
use units::{Date, Money, coded};

coded! {
    /// The five-grade classification (五级分类), from best to worst.
    #[derive(Serialize, Deserialize)]
    Grade {
        Pass = "pass",
        SpecialMention = "special_mention",
        Substandard = "substandard",
        Doubtful = "doubtful",
        Loss = "loss",
    }
}

impl Grade {
    /// Substandard, doubtful and loss are non-performing (不良).
    pub const fn is_non_performing(self) -> bool {
        matches!(self, Grade::Substandard | Grade::Doubtful | Grade::Loss)
    }

    /// One grade worse; loss stays loss.
    pub(crate) fn worsened(self) -> Grade {
        Grade::ALL[(self as usize + 1).min(Grade::Loss as usize)]
    }
}

/// What one loan's grade is decided from (分类输入).
#[derive(Clone, Copy, Debug)]
pub struct GradeInput<'a> {
    pub business_date: Date,
    /// Which rules bind this loan: [`crate::GradingRules::profile`].
    pub profile: Profile,
    pub days_past_due: i32,
    /// Everything past due, penalty interest and fees included.
    pub amount_past_due: Money,
    pub history: &'a History,
    pub events: EventSet,
    /// Expected credit loss over book balance in parts per million; 0 when nobody computed it.
    pub ecl_share_ppm: i64,
    pub restructured: Option<Restructured>,
    /// The grade in force on the last night before this one, and that night's business date.
    pub carried: Option<(Grade, Date)>,
    /// The latest approved judgement, and the day it was approved.
    pub judgement: Option<(Grade, Date)>,
}

/// What happened since the terms were changed for a debtor in difficulty (重组后情况).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restructured {
    /// The first repayment date after the change; `None` while nothing has fallen due.
    pub first_due_on: Option<Date>,
    /// When a due was last missed since the change.
    pub missed_on: Option<Date>,
    /// Dues met on time in a row, up to now.
    pub dues_met: u32,
}

/// The grade of one loan on one day (分类结论). The night only ever worsens a grade; better is
/// proposed, and people approve — save where the day method lets the grade follow the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradeDecision {
    /// The best grade tonight's facts allow.
    pub floor: Grade,
    /// The rule that sets the floor; `None` when nothing speaks against pass.
    pub floor_rule: Option<RuleRef>,
    pub in_force: Grade,
    pub because: Because,
    pub upgrade: Upgrade,
}

/// Why a grade is in force (分类理由): what `grade_reason` stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing speaks against pass.
    NoFinding,
    Rule(RuleRef),
    /// Worse on an earlier night, and nobody has approved an upgrade.
    Carried,
    /// People judged it so.
    Judgement,
}

/// Whether better than the grade in force is within reach (上调).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// The floor is the grade in force.
    Nothing,
    /// The facts allow this grade; it waits for a judgement.
    Proposed(Grade),
    /// The facts allow better, the conditions for leaving non-performing do not.
    Blocked(UpgradeBlock),
}

coded! {
    /// Which condition for an upgrade is not met (上调受阻原因), in order of precedence.
    UpgradeBlock {
        /// Something is still past due.
        ArrearsUnpaid = "arrears_unpaid",
        /// Too few consecutive dues met since.
        TooFewDues = "too_few_dues",
        /// Not long enough since.
        TooEarly = "too_early",
        /// An event in force forbids it: another claim impaired, payer changed.
        Event = "event",
    }
}

/// One reason that bears on a grade (分类依据), for `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    pub grade: Grade,
    pub because: Because,
    pub fact: Fact,
}
