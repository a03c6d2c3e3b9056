//! Hardship plans: proposed, approved, and in force from then on; collection rests while one is kept.

use crate::approval::{About, ApprovalView, Proposed, put_forward};
use crate::case::{change, open_case, target};
use crate::case_night::owed;
use crate::desk::{Begun, Call, Desk, PAGE, People, stored, told};
use crate::failure::Outcome;
use authority::UseCase;
use casework::case::{Case, Command};
use casework::hardship::{AgreementForm, HardshipDesk, HardshipPlan, HardshipStatus, HardshipTerm, PlanBalance};
use serde::{Deserialize, Serialize};
use store::{CaseRow, HardshipRow, Kept, Tx};
use units::{Date, Money};

/// What was agreed with somebody who cannot pay (协商内容).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardshipSaid {
    pub signed_on: Date,
    pub form: AgreementForm,
    #[serde(default)]
    pub recording_id: Option<String>,
    pub balance: PlanBalance,
    pub instalments: Vec<(Date, Money)>,
    pub terms: Vec<HardshipTerm>,
}

/// A plan of a case, and when it is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HardshipView {
    pub plan: HardshipPlan,
    pub ended_on: Option<Date>,
    pub next_due_on: Option<Date>,
}

/// Puts a plan before whoever may approve it; nothing rests until it is approved.
pub async fn hardship_propose(desk: &Desk, call: &Call, case_id: &str, said: &HardshipSaid) -> Outcome<ApprovalView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::HardshipPropose, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "hardship_propose", &(case_id, said)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let case = open_case(&kept)?;
    let earlier = tx.hardship_of_customer::<HardshipPlan>(&case.customer_id, None, PAGE).await?.rows.len();
    let plan = HardshipPlan {
        plan_id: format!("H-{case_id}-{}", earlier + 1),
        case_id: case_id.to_owned(),
        customer_id: case.customer_id.clone(),
        signed_on: said.signed_on,
        form: said.form,
        recording_id: said.recording_id.clone(),
        balance: said.balance,
        instalments: said.instalments.clone(),
        terms: said.terms.clone(),
    };
    check(desk, call, case, &plan)?;
    let amount = plan.balance.owed();
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), amount, Proposed::HardshipPlan { plan }).await?;
    desk.commit(tx, call, asked).await
}

fn check(desk: &Desk, call: &Call, case: &Case, plan: &HardshipPlan) -> Outcome<()> {
    let at = HardshipDesk { business_date: call.at.day(), owed: owed(case), in_force: case.hardship_plan.as_deref() };
    desk.rules.cases.hardship.check(plan, &at).map_err(|no| told(no.code(), &no))
}

/// What was approved takes effect, if it still may.
pub(crate) async fn carry_out(desk: &Desk, people: &People, call: &Call, tx: &mut Tx, plan: &HardshipPlan) -> Outcome<()> {
    tx.debtor_hold(&plan.customer_id).await?;
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", &plan.case_id).await?;
    check(desk, call, open_case(&kept)?, plan)?;
    let row = HardshipRow {
        hardship_plan_id: plan.plan_id.clone(),
        case_id: plan.case_id.clone(),
        customer_id: plan.customer_id.clone(),
        state: HardshipStatus::Kept.code().to_owned(),
        ended_on: None,
    };
    stored(tx.save(&row, plan, 0, call.stamp()).await?)?;
    let first_due_on = plan.instalments.first().map_or(call.at.day(), |(day, _)| *day);
    let command = Command::AgreeHardshipPlan { plan_id: plan.plan_id.clone(), first_due_on };
    change(desk, people, call, tx, &plan.case_id, None, &command).await?;
    Ok(())
}

/// The plans a customer's case has had.
pub async fn hardship_list(desk: &Desk, call: &Call, case_id: &str) -> Outcome<Vec<HardshipView>> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::CaseView, &target(&kept.row))?;
    let page = desk.store.hardship_of_customer::<HardshipPlan>(&kept.body.customer_id, None, PAGE).await?;
    let view = |kept: Kept<HardshipRow, HardshipPlan>| HardshipView {
        next_due_on: desk.rules.cases.hardship.next_due_on(&kept.body, call.at.day()),
        plan: kept.body,
        ended_on: kept.row.ended_on,
    };
    Ok(page.rows.into_iter().map(view).collect())
}
