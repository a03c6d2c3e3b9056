//! A contact and all that follows from it, in one go: what came of it, what was promised, what is done next.
//!
//! All of it is kept or none: who has typed a promise the rules refuse mends it and sends everything again.

use crate::case::{change, target};
use crate::contact::{ContactOutcome, ContactWanted, inbound, recorded, recorder_target};
use crate::desk::{Begun, Call, Desk};
use crate::failure::Outcome;
use crate::promise::{PromiseSaid, promised};
use authority::UseCase;
use casework::case::{Case, Command, NextAction};
use serde::{Deserialize, Serialize};
use store::{CaseRow, Kept};

/// Which contact it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Which {
    /// Begun before, under this identity.
    Begun(String),
    /// The other side called, wrote or came in.
    Inbound(ContactWanted),
}

/// What is written down at the end of a contact (联系收尾).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactFinish {
    pub outcome: ContactOutcome,
    /// A result that is a promise needs all three elements.
    pub promise: Option<PromiseSaid>,
    /// As planned before when absent.
    pub next_action: Option<NextAction>,
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFinished {
    pub contact_id: String,
    pub promise_id: Option<String>,
}

pub async fn contact_finish(desk: &Desk, call: &Call, case_id: &str, which: &Which, finish: &ContactFinish) -> Outcome<ContactFinished> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let mut tx = match desk.begin(call, "contact_finish", &(case_id, which, finish)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let whose = target(&kept.row);
    let whose_contact = match which {
        Which::Begun(contact_id) => recorder_target(desk, &people, call, &tx, &kept, contact_id).await?,
        Which::Inbound(_) => whose.clone(),
    };
    desk.may(&people, call, UseCase::ContactRecord, &whose_contact)?;
    // What was promised and what comes next is of the case, whoever spoke.
    let asked = [(UseCase::PromiseRecord, finish.promise.is_some()), (UseCase::CaseUpdate, finish.next_action.is_some())];
    for (use_case, _) in asked.into_iter().filter(|(_, is_asked)| *is_asked) {
        desk.may(&people, call, use_case, &whose)?;
    }
    let record = match which {
        Which::Begun(contact_id) => recorded(desk, &people, call, &mut tx, &kept.body, contact_id, &finish.outcome).await?,
        Which::Inbound(wanted) => inbound(desk, &people, call, &mut tx, &kept.body, wanted, &finish.outcome).await?,
    };
    let contact_id = record.contact.contact_id;
    let promise = match &finish.promise {
        Some(said) => {
            let said = PromiseSaid { contact_id: Some(contact_id.clone()), ..said.clone() };
            Some(promised(desk, call, &mut tx, &kept.body, &said).await?)
        }
        None => None,
    };
    if let Some(next_action) = &finish.next_action {
        let command = Command::SetNextAction(next_action.clone());
        change(desk, &people, call, &mut tx, case_id, None, &command).await?;
    }
    desk.commit(tx, call, ContactFinished { contact_id, promise_id: promise.map(|promise| promise.promise_id) }).await
}
