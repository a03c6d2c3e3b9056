//! From facts to the grade in force.

use crate::bucket::Bucket;
use crate::condition::{Fact, Facts};
use crate::contagion::DebtorFloor;
use crate::grade::{Because, Grade, GradeDecision, GradeInput, Reason, Restructured, Upgrade, UpgradeBlock};
use crate::rules::{Course, GradingRules, ObservationRule, UpgradeRule};
use policy::RuleRef;
use units::Date;

impl GradingRules {
    pub fn bucket(&self, days_past_due: i32, unpaid_instalments: u32) -> Bucket {
        self.buckets.bucket(days_past_due, unpaid_instalments)
    }

    /// The grade of one loan. Allocates nothing.
    pub fn grade(&self, input: &GradeInput) -> GradeDecision {
        let (mut floor, mut floor_rule) = (Grade::Pass, None);
        self.each_floor(input, |grade, rule, _| {
            if grade > floor {
                (floor, floor_rule) = (grade, Some(rule));
            }
        });
        let block = self.upgrade_block(input);
        let held = self.held(input, block);
        // Of equals the rule explains more than the memory of an earlier night.
        let (in_force, because) = match floor_rule {
            Some(rule) if floor >= held.grade => (floor, Because::Rule(rule)),
            _ => (held.grade, held.because),
        };
        let leaves_non_performing = in_force.is_non_performing() && !floor.is_non_performing();
        let upgrade = match (input.profile.course, block) {
            _ if in_force == floor => Upgrade::Nothing,
            (Course::FollowsDays, _) => Upgrade::Nothing,
            (Course::ByJudgement, Some(block)) if leaves_non_performing => Upgrade::Blocked(block),
            (Course::ByJudgement, _) => Upgrade::Proposed(floor),
        };
        GradeDecision { floor, floor_rule, in_force, because, upgrade }
    }

    /// Everything that bears on the grade, worst first: what `explain` prints.
    pub fn explain_grade(&self, input: &GradeInput) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.each_floor(input, |grade, rule, fact| {
            reasons.push(Reason { grade, because: Because::Rule(rule), fact });
        });
        let held = self.held(input, self.upgrade_block(input));
        if let Some(fact) = held.fact {
            reasons.push(Reason { grade: held.grade, because: held.because, fact });
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.grade));
        reasons
    }

    /// Which condition keeps a non-performing loan from being judged better (办法第14条); an
    /// approval asks this before it is given.
    pub fn upgrade_block(&self, input: &GradeInput) -> Option<UpgradeBlock> {
        let (_, rule) = self.upgrade.as_ref()?;
        if input.days_past_due > 0 || input.amount_past_due.is_positive() {
            return Some(UpgradeBlock::ArrearsUnpaid);
        }
        if let Some(block) = input.history.cured_on.and_then(|cured_on| too_soon(rule, input, cured_on)) {
            return Some(block);
        }
        input.events.first_of(&rule.blocked_by_events).map(|_| UpgradeBlock::Event)
    }

    /// Every rule that sets a floor for this loan, with the fact it saw.
    fn each_floor(&self, input: &GradeInput, mut found: impl FnMut(Grade, RuleRef, Fact)) {
        let facts = Facts {
            days_past_due: input.days_past_due,
            events: input.events,
            ecl_share_ppm: input.ecl_share_ppm,
            grade: Grade::Pass,
        };
        for (grade, rule, fact) in self.floors.holding(input.profile.floors, &facts) {
            found(grade, rule, fact);
        }
        if let Some((rule, matrix, _)) = self.matrix.as_ref().filter(|_| input.profile.in_matrix) {
            let protection = input.profile.protection;
            let cell = matrix.grade(protection, input.days_past_due);
            if cell > Grade::Pass {
                found(cell, *rule, Fact::Matrix(protection, input.days_past_due));
            }
            if let Some(event) = input.events.first_of(&matrix.worsened_by) {
                found(cell.worsened(), *rule, Fact::Event(event));
            }
        }
        if let (Some((rule, observation)), Some(restructured)) = (&self.observation, &input.restructured)
            && let Some(fact) = observed(observation, restructured, input.business_date)
        {
            found(observation.at_least, *rule, fact);
        }
    }

    /// The grade that stands before tonight's floor: carried, judged, or read from the history.
    fn held(&self, input: &GradeInput, block: Option<UpgradeBlock>) -> Held {
        let judged = input.judgement.map(|(grade, on)| Held::new(grade, Because::Judgement, Fact::JudgedOn(on)));
        let carried = input.carried.map(|(grade, from)| match grade {
            // Nothing is held against a loan that was pass.
            Grade::Pass => Held::NOTHING,
            _ => Held::new(grade, Because::Carried, Fact::CarriedFrom(from)),
        });
        if input.profile.course == Course::FollowsDays {
            // What people judged worse than the days say stays until they judge again.
            return judged.unwrap_or(Held::NOTHING);
        }
        match (judged, carried) {
            (Some(judged), Some(carried)) => {
                let is_newer = input.judgement.map(|(_, on)| on) > input.carried.map(|(_, from)| from);
                let leaves_non_performing = carried.grade.is_non_performing() && !judged.grade.is_non_performing();
                if is_newer && !(leaves_non_performing && block.is_some()) { judged } else { carried }
            }
            (Some(judged), None) => judged,
            (None, Some(carried)) => carried,
            (None, None) => self.read_from_history(input, block),
        }
    }

    /// A first night on an old book: who was past due beyond the non-performing limit is still
    /// non-performing until the conditions for an upgrade are met (办法第14条).
    fn read_from_history(&self, input: &GradeInput, block: Option<UpgradeBlock>) -> Held {
        let worst = input.history.worst_days_past_due;
        let was_non_performing = self.non_performing_over_days.is_some_and(|days| worst > days);
        match &self.upgrade {
            Some((rule, _)) if was_non_performing && block.is_some() => {
                Held::new(Grade::Substandard, Because::Rule(*rule), Fact::WorstDaysPastDue(worst))
            }
            _ => Held::NOTHING,
        }
    }
}

impl GradeDecision {
    /// The grade that would be in force if the proposed upgrade were approved.
    pub fn if_approved(&self) -> Grade {
        match self.upgrade {
            Upgrade::Proposed(grade) => grade,
            Upgrade::Nothing | Upgrade::Blocked(_) => self.in_force,
        }
    }

    /// The decision after the debtor's other claims have spoken (非零售债务人层面).
    #[must_use]
    pub fn with_debtor_floor(self, debtor: DebtorFloor) -> GradeDecision {
        let Some(rule) = debtor.rule.filter(|_| debtor.grade > self.floor) else { return self };
        let because = if debtor.grade > self.in_force { Because::Rule(rule) } else { self.because };
        let in_force = self.in_force.max(debtor.grade);
        let within_reach = self.floor.max(debtor.if_approved);
        let upgrade = match self.upgrade {
            Upgrade::Blocked(_) if in_force == within_reach || !within_reach.is_non_performing() => self.upgrade,
            _ if in_force == within_reach => Upgrade::Nothing,
            _ => Upgrade::Proposed(within_reach),
        };
        GradeDecision { floor: debtor.grade, floor_rule: Some(rule), in_force, because, upgrade }
    }
}

/// A grade that stands before tonight's floor.
#[derive(Clone, Copy)]
struct Held {
    grade: Grade,
    because: Because,
    fact: Option<Fact>,
}

impl Held {
    const NOTHING: Held = Held { grade: Grade::Pass, because: Because::NoFinding, fact: None };

    fn new(grade: Grade, because: Because, fact: Fact) -> Held {
        Held { grade, because, fact: Some(fact) }
    }
}

/// Both so many dues and so many months: whichever is longer (办法第14条).
fn too_soon(rule: &UpgradeRule, input: &GradeInput, cured_on: Date) -> Option<UpgradeBlock> {
    if input.history.dues_met_since_cure < rule.min_dues {
        Some(UpgradeBlock::TooFewDues)
    } else if input.business_date < cured_on.add_months(rule.min_months) {
        Some(UpgradeBlock::TooEarly)
    } else {
        None
    }
}

/// Observation runs from the first repayment date after the change, or from the last missed one,
/// over at least so many months and so many dues (办法第三章).
fn observed(rule: &ObservationRule, restructured: &Restructured, business_date: Date) -> Option<Fact> {
    let dues_met = restructured.dues_met;
    let since = restructured.first_due_on.max(restructured.missed_on);
    let over = since.is_some_and(|since| {
        business_date >= since.add_months(rule.min_months) && dues_met >= rule.min_dues
    });
    (!over).then_some(Fact::Observed { since, dues_met })
}
