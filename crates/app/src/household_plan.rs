//! Plans per household: weighed, proposed, approved version by version.
//!
//! A version is kept once it is approved and never changed; its minutes grow, nothing is struck out.

use crate::approval::{About, ApprovalView, Proposed, put_forward};
use crate::case::{open_case, target};
use crate::case_night::owed;
use crate::desk::{Begun, Call, Desk, PAGE, People, stored, told};
use crate::failure::Outcome;
use crate::person::target_of;
use authority::UseCase;
use casework::case::Case;
use casework::plan::{ChosenLever, HouseholdPlan, LeverCondition, PlanDesk, PlanGoal, PlanMinutes, PlanStep};
use serde::{Deserialize, Serialize};
use store::{CaseRow, HouseholdPlanRow, Kept, Reads, Tx};
use units::{Date, Money};

/// A version as somebody would have it (方案草稿).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSaid {
    /// From 1; the one after the version that was seen.
    pub version: u32,
    /// Who owes together with the case's customer.
    #[serde(default)]
    pub others: Vec<String>,
    pub goal: PlanGoal,
    pub levers: Vec<ChosenLever>,
    pub steps: Vec<PlanStep>,
    /// What was said since the version before.
    #[serde(default)]
    pub minutes: Vec<PlanMinutes>,
    pub review_on: Date,
}

/// A version with what it is worth (方案).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanView {
    pub expected_net_present_value: Money,
    #[serde(flatten)]
    pub plan: HouseholdPlan,
}

/// A lever that fits the case, and what must be attested first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeverView {
    pub lever_id: String,
    pub conditions: Vec<LeverCondition>,
}

/// The plan of a case with its earlier versions, and what else could be done (一户一策).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HouseholdView {
    /// The newest first.
    pub versions: Vec<PlanView>,
    pub review_is_past_due: bool,
    pub levers: Vec<LeverView>,
}

fn view(desk: &Desk, plan: HouseholdPlan) -> PlanView {
    let rate = desk.rules.cases.strategy.times.annual_discount_ppm;
    PlanView { expected_net_present_value: plan.expected_net_present_value(rate), plan }
}

async fn versions(reads: &Reads, case_id: &str) -> Outcome<Vec<HouseholdPlan>> {
    let page = reads.household_plan_of_case::<HouseholdPlan>(case_id, None, PAGE).await?;
    Ok(page.rows.into_iter().map(|kept| kept.body).collect())
}

pub async fn household_plan_view(desk: &Desk, call: &Call, case_id: &str) -> Outcome<HouseholdView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::CaseView, &target(&kept.row))?;
    // A lender's plan is none of an agency's business.
    desk.may(&people, call, UseCase::CustomerView, &target(&kept.row))?;
    let versions = versions(&desk.store, case_id).await?;
    let facts = &kept.body.facts;
    let levers = desk.rules.cases.levers.offered(facts.bucket, facts.debtor_type);
    Ok(HouseholdView {
        review_is_past_due: versions.first().is_some_and(|plan| plan.review_on < call.at.day()),
        versions: versions.into_iter().map(|plan| view(desk, plan)).collect(),
        levers: levers.map(|lever| LeverView { lever_id: lever.lever_id.clone(), conditions: lever.conditions().to_vec() }).collect(),
    })
}

/// What a version would be worth, if it may be at all; nothing is kept.
pub async fn household_plan_weigh(desk: &Desk, call: &Call, case_id: &str, said: &PlanSaid) -> Outcome<PlanView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::PlanRecord, &target(&kept.row))?;
    let (plan, _) = drafted(desk, &people, call, &desk.store, &kept, said).await?;
    Ok(view(desk, plan))
}

/// Puts the next version before whoever may approve it.
pub async fn household_plan_propose(desk: &Desk, call: &Call, case_id: &str, said: &PlanSaid) -> Outcome<ApprovalView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::PlanRecord, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "household_plan_propose", &(case_id, said)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let (plan, owed) = drafted(desk, &people, call, &tx, &kept, said).await?;
    let proposed = Proposed::HouseholdPlan { case_id: case_id.to_owned(), plan };
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), owed, proposed).await?;
    desk.commit(tx, call, asked).await
}

/// The version in full and what the household owes, if the rules allow it.
async fn drafted(
    desk: &Desk,
    people: &People,
    call: &Call,
    reads: &Reads,
    kept: &Kept<CaseRow, Case>,
    said: &PlanSaid,
) -> Outcome<(HouseholdPlan, Money)> {
    let case = open_case(kept)?;
    for other in &said.others {
        desk.may(people, call, UseCase::CustomerView, &target_of(desk, other).await?)?;
    }
    let current = versions(reads, &case.case_id).await?.into_iter().next();
    let earlier = current.iter().flat_map(|plan| &plan.minutes).cloned();
    let mut customers: Vec<String> = said.others.iter().chain([&case.customer_id]).cloned().collect();
    customers.sort();
    customers.dedup();
    let plan = HouseholdPlan {
        plan_id: format!("HP-{}", case.case_id),
        customers,
        version: said.version,
        made_on: call.at.day(),
        owner: call.staff_id.clone(),
        goal: said.goal,
        levers: said.levers.clone(),
        steps: said.steps.clone(),
        minutes: earlier.chain(said.minutes.iter().cloned()).collect(),
        review_on: said.review_on,
    };
    let owed = check(desk, call, reads, &plan, current.as_ref()).await?;
    Ok((plan, owed))
}

/// What the household owes, if this version may replace the one in force today.
async fn check(desk: &Desk, call: &Call, reads: &Reads, plan: &HouseholdPlan, current: Option<&HouseholdPlan>) -> Outcome<Money> {
    let mut total = Money::ZERO;
    for customer in &plan.customers {
        let open: Option<Kept<CaseRow, Case>> = reads.case_open(customer).await?;
        total += open.map_or(Money::ZERO, |kept| owed(&kept.body));
    }
    let at = PlanDesk { business_date: call.at.day(), owed: total, current };
    plan.check(&at, &desk.rules.cases).map_err(|no| told(no.code(), &no))?;
    Ok(total)
}

/// The version that was approved becomes the plan, if it still may.
pub(crate) async fn carry_out(
    desk: &Desk,
    call: &Call,
    tx: &mut Tx,
    case_id: &str,
    plan: &HouseholdPlan,
    approval_id: &str,
) -> Outcome<()> {
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    open_case(&kept)?;
    let current = versions(tx, case_id).await?.into_iter().next();
    check(desk, call, tx, plan, current.as_ref()).await?;
    let number = i64::from(plan.version);
    let row = HouseholdPlanRow {
        household_plan_version_id: HouseholdPlanRow::identity(&plan.plan_id, number),
        household_plan_id: plan.plan_id.clone(),
        number,
        case_id: case_id.to_owned(),
        review_on: plan.review_on,
    };
    stored(tx.save(&row, plan, 0, call.stamp()).await?)?;
    tx.audit(call.audit("plan_record", format!("case/{case_id}"), format!("{} {approval_id}", row.household_plan_version_id)));
    Ok(())
}
