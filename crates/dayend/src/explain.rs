//! The whole "because…" of one loan: every rule that spoke, and the fact it saw.
//!
//! Nothing is computed here that the plan does not compute: the same grading functions are asked for
//! all their reasons instead of the deciding one.

use crate::input::NightInput;
use crate::plan::{LoanState, NightPlan};
use crate::rules::Rules;
use crate::step::{allowance, contagion, grade, portfolio};
use grading::{Because, ClassInput, Confirmation, Fact, Segment};
use policy::RuleRef;
use units::coded;

coded! {
    /// What a finding is about (结论事项).
    Topic {
        Bucket = "bucket",
        /// A floor under the grade, or a grade that stands from before.
        Grade = "grade",
        /// What the debtor's other claims add to it.
        Debtor = "debtor",
        GradeInForce = "grade_in_force",
        Upgrade = "upgrade",
        Stage = "stage",
        Allowance = "allowance",
        Recoverability = "recoverability",
        Class = "class",
        ExposureTier = "exposure_tier",
    }
}

/// One line of the because (依据): what was found, by which rule, from which fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub topic: Topic,
    /// A code or an amount.
    pub value: String,
    pub by: By,
    pub fact: Option<Fact>,
}

/// On whose word a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Rule(RuleRef),
    /// Worse on an earlier night.
    Carried,
    /// People approved it.
    Judgement,
    /// No rule spoke against the best value.
    NothingAgainst,
}

/// Everything that bears on one loan's figures, topic by topic, worst first within one.
///
/// `plan` must be the plan of this input.
pub fn explain(input: &NightInput, rules: &Rules, plan: &NightPlan, number: usize) -> Vec<Finding> {
    let events = grade::events_by_customer(input, rules);
    let own = grade::decide_one(input, rules, &events, number);
    let state = &plan.loan_states[number];
    let mut found = Vec::new();
    let bucket_rule = rules.pack.only(policy::RuleKind::BucketTable).ok().map(|(reference, _)| reference);
    found.push(finding(Topic::Bucket, state.bucket.code(), bucket_rule, Some(Fact::DaysPastDue(own.days_past_due))));
    let grade_input = grade::grade_input(input, &events, number);
    for reason in rules.grading.explain_grade(&grade_input) {
        let by = by(reason.because);
        found.push(Finding { topic: Topic::Grade, value: reason.grade.code().to_owned(), by, fact: Some(reason.fact) });
    }
    debtor(input, rules, &events, number, &mut found);
    in_force(state, &mut found);
    consequences(input, rules, &own, state, number, &mut found);
    customer(input, rules, plan, state, number, &mut found);
    found
}

fn finding(topic: Topic, value: &str, rule: Option<RuleRef>, fact: Option<Fact>) -> Finding {
    Finding { topic, value: value.to_owned(), by: rule.map_or(By::NothingAgainst, By::Rule), fact }
}

fn by(because: Because) -> By {
    match because {
        Because::Rule(rule) => By::Rule(rule),
        Because::Carried => By::Carried,
        Because::Judgement => By::Judgement,
        Because::NoFinding => By::NothingAgainst,
    }
}

/// What the debtor's other claims, here and elsewhere, say.
fn debtor(
    input: &NightInput,
    rules: &Rules,
    events: &[grading::EventSet],
    number: usize,
    found: &mut Vec<Finding>,
) {
    let loan = &input.loans[number];
    let segment = input.bindings[usize::from(loan.binding)].profile.segment;
    if segment == Segment::Retail || !portfolio::is_exposure(loan) {
        return;
    }
    let customer = loan.customer as usize;
    let loans: Vec<u32> = (0..input.loans.len() as u32)
        .filter(|&other| input.loans[other as usize].customer == loan.customer)
        .filter(|&other| portfolio::is_exposure(&input.loans[other as usize]))
        .collect();
    let decided: Vec<_> = loans.iter().map(|&loan| grade::decide_one(input, rules, events, loan as usize)).collect();
    let (mut claims, mut elsewhere) = (Vec::new(), Vec::new());
    contagion::debtor(input, &|loan| decided[loans.binary_search(&loan).expect("one of these")], &loans, customer, &mut claims, &mut elsewhere);
    for reason in rules.grading.explain_debtor(&claims, &elsewhere) {
        let by = by(reason.because);
        found.push(Finding { topic: Topic::Debtor, value: reason.grade.code().to_owned(), by, fact: Some(reason.fact) });
    }
}

fn in_force(state: &LoanState, found: &mut Vec<Finding>) {
    let decision = &state.decision;
    let value = decision.in_force.code().to_owned();
    found.push(Finding { topic: Topic::GradeInForce, value, by: by(decision.because), fact: None });
    let upgrade = match decision.upgrade {
        grading::Upgrade::Nothing => return,
        grading::Upgrade::Proposed(grade) => grade.code(),
        grading::Upgrade::Blocked(block) => block.code(),
    };
    found.push(finding(Topic::Upgrade, upgrade, decision.floor_rule, None));
}

fn consequences(
    input: &NightInput,
    rules: &Rules,
    own: &grade::Decided,
    state: &LoanState,
    number: usize,
    found: &mut Vec<Finding>,
) {
    let profile = &input.bindings[usize::from(input.loans[number].binding)].profile;
    let facts = allowance::facts(&grade::Decided { decision: state.decision, ..*own });
    let (stage, rule) = rules.grading.stage(profile, &facts);
    found.push(finding(Topic::Stage, stage.code(), rule, Some(Fact::Grade(state.decision.in_force))));
    let outstanding = input.folded[number].position.principal_outstanding;
    let rule = rules.grading.allowance(outstanding, state.decision.in_force).map(|(_, rule)| rule);
    let fact = Some(Fact::Grade(state.decision.in_force));
    found.push(finding(Topic::Allowance, &state.allowance.to_string(), rule, fact));
    if let Some(recoverability) = state.recoverability {
        let reasons = rules.grading.explain_recoverability(profile, &facts);
        let first = reasons.first();
        let rule = first.map(|(_, rule, _)| *rule);
        found.push(finding(Topic::Recoverability, recoverability.code(), rule, first.map(|(_, _, fact)| *fact)));
    }
}

fn customer(
    input: &NightInput,
    rules: &Rules,
    plan: &NightPlan,
    state: &LoanState,
    number: usize,
    found: &mut Vec<Finding>,
) {
    let customer = input.loans[number].customer as usize;
    let customer_state = &plan.customer_states[customer];
    let class_input = ClassInput {
        bucket: state.bucket,
        grade: state.decision.in_force,
        history: &input.folded[number].history,
        confirmation: Confirmation::NotNeeded,
    };
    let class_rule = rules.grading.customer_class(&class_input).map(|(_, rule)| rule);
    if let Some(class) = customer_state.class {
        let worst = Some(Fact::DaysPastDue(customer_state.worst_days_past_due));
        found.push(finding(Topic::Class, class.code(), class_rule, worst));
    }
    if let Some(tier) = customer_state.tier {
        let rule = rules.grading.exposure_tier(customer_state.exposure).map(|(_, rule)| rule);
        found.push(finding(Topic::ExposureTier, tier.code(), rule, None));
    }
}
