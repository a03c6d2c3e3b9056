//! Promises to pay: made with time, way and amount, and seen in a calendar.

use crate::case::{open_case, target};
use crate::case_night::owed;
use crate::desk::{Begun, Call, Desk, PAGE, stored, told};
use crate::failure::Outcome;
use crate::filled::Filled;
use authority::{Target, UseCase};
use casework::case::Case;
use casework::promise::{PaymentWay, Promise, PromiseStatus, PromiseDesk, PromiseDraft, make};
use serde::{Deserialize, Serialize};
use store::{CaseRow, Cursor, Kept, PromiseRow, Tx};
use units::{Date, Money};

/// A promise in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PromiseView {
    pub version: i64,
    #[serde(flatten)]
    pub promise: Promise,
}

/// What somebody says will be paid: when, how, how much; a promise needs all three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseSaid {
    pub contact_id: Option<String>,
    pub pay_on: Option<Date>,
    pub way: Option<PaymentWay>,
    pub amount: Option<Money>,
}

pub async fn promise_record(desk: &Desk, call: &Call, case_id: &str, said: &PromiseSaid) -> Outcome<Promise> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::PromiseRecord, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "promise_record", &(case_id, said)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let promise = promised(desk, call, &mut tx, &kept.body, said).await?;
    desk.commit(tx, call, promise).await
}

/// Keeps a promise; the debtor is held until the command ends.
pub(crate) async fn promised(desk: &Desk, call: &Call, tx: &mut Tx, case: &Case, said: &PromiseSaid) -> Outcome<Promise> {
    let case_id = case.case_id.as_str();
    tx.debtor_hold(&case.customer_id).await?;
    // What somebody did to the case a moment ago counts.
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    let case = open_case(&kept)?;
    let earlier = tx.promise_of_case::<Promise>(case_id, None, PAGE).await?;
    let earlier: Vec<Promise> = earlier.rows.into_iter().map(|kept| kept.body).collect();
    let draft = PromiseDraft {
        promise_id: format!("P-{case_id}-{}", earlier.len() + 1),
        case_id: case_id.to_owned(),
        customer_id: case.customer_id.clone(),
        contact_id: said.contact_id.clone(),
        staff_id: call.staff_id.clone(),
        pay_on: said.pay_on,
        way: said.way,
        amount: said.amount,
    };
    let at = PromiseDesk { business_date: call.at.day(), owed: owed(case), promises: &earlier };
    let promise = make(&draft, &at, &desk.rules.cases.promise).map_err(|no| told(no.code(), &no))?;
    let row = PromiseRow {
        promise_id: promise.promise_id.clone(),
        case_id: promise.case_id.clone(),
        customer_id: promise.customer_id.clone(),
        due_on: promise.pay_on,
        state: promise.status.code().to_owned(),
        settled_on: None,
    };
    stored(tx.save(&row, &promise, 0, call.stamp()).await?)?;
    tx.publish(call.event("promise.made", format!("promise/{}", promise.promise_id), serde_json::json!({ "case_id": case_id, "pay_on": promise.pay_on, "amount": promise.amount })));
    tx.audit(call.audit("promise_record", format!("case/{case_id}"), &promise.promise_id));
    Ok(promise)
}

/// Which promises to list.
#[derive(Clone, Debug)]
pub struct PromiseFilter {
    pub on: Date,
    /// Who was told.
    pub owner: Option<String>,
    pub state: Option<PromiseStatus>,
}

/// What is promised for a day, as far as the caller may see the cases.
pub async fn promise_calendar(
    desk: &Desk,
    call: &Call,
    filter: &PromiseFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<PromiseView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::CaseList, &crate::case::person_target(&people, &call.staff_id))?;
    let wanted = |promise: &Promise| {
        filter.owner.as_ref().is_none_or(|owner| promise.staff_id == *owner) && filter.state.is_none_or(|state| promise.status == state)
    };
    let mut filled = Filled::new(after, limit);
    while let Some(ask) = filled.ask() {
        let page = desk.store.promise_on::<Promise>(filter.on, filled.after(), ask).await?;
        let mut seen = Vec::new();
        for kept in page.rows.iter().filter(|kept| wanted(&kept.body)) {
            let case: Option<Kept<CaseRow, serde_json::Value>> = desk.store.load(&kept.row.case_id).await?;
            let target = case.map_or_else(Target::default, |case| target(&case.row));
            if desk.allows(&people, call, UseCase::CaseView, &target) {
                seen.push(kept.row.promise_id.clone());
            }
        }
        let view = |kept: Kept<PromiseRow, Promise>| PromiseView { version: kept.version, promise: kept.body };
        filled.take(page.map(|kept| seen.contains(&kept.row.promise_id).then(|| view(kept))));
    }
    Ok(filled.end())
}
