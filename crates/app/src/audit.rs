//! The audit trail: searched, verified, and everything about a case handed over for a complaint.

use crate::desk::{Begun, Call, Desk, PAGE, refusal, required};
use crate::failure::Outcome;
use crate::filled::Filled;
use authority::{Target, UseCase};
use casework::agency::Placement;
use casework::case::Case;
use casework::hardship::HardshipPlan;
use casework::plan::HouseholdPlan;
use casework::promise::Promise;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::audit::{AuditRecord, Chain};
use store::{ApprovalRow, AuditEvent, CaseRow, Cursor, Kept, Page};
use units::Moment;

/// What is searched for: by subject, else by actor, else by time; the rest narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AuditWanted {
    /// `kind/identity`.
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub from: Option<Moment>,
    /// Before this moment.
    pub until: Option<Moment>,
}

/// An event as it stands in the chain (审计事件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditView {
    pub sequence: i64,
    pub happened_at: Moment,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub why: String,
    pub before_digest: Option<String>,
    pub after_digest: Option<String>,
    pub hash: String,
}

/// Whether the chain is whole (审计链核验结果).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "chain", rename_all = "snake_case")]
pub enum AuditVerified {
    Whole { events: i64, hash: String },
    /// The first event that does not follow from the one before, and how.
    Broken { sequence: i64, breach: &'static str },
}

fn view(record: AuditRecord) -> AuditView {
    let AuditRecord { sequence, event, hash } = record;
    let AuditEvent { happened_at, actor, action, subject, why, before_digest, after_digest } = event;
    AuditView { sequence, happened_at, actor, action, subject, why, before_digest, after_digest, hash }
}

/// A page of events, the latest first.
pub async fn audit_search(
    desk: &Desk,
    call: &Call,
    wanted: &AuditWanted,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<AuditView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AuditView, &Target::default())?;
    let is_wanted = |view: &AuditView| {
        wanted.actor.as_ref().is_none_or(|actor| view.actor == *actor)
            && wanted.from.is_none_or(|from| from <= view.happened_at)
            && wanted.until.is_none_or(|until| view.happened_at < until)
    };
    let (store, mut filled) = (&desk.store, Filled::new(after, limit));
    while let Some(ask) = filled.ask() {
        let page: Page<AuditRecord> = match wanted {
            AuditWanted { subject: Some(subject), .. } => store.audit_of_subject(subject, filled.after(), ask).await?,
            AuditWanted { actor: Some(actor), .. } => store.audit_of_actor(actor, filled.after(), ask).await?,
            AuditWanted { from: Some(from), until, .. } => {
                store.audit_between(*from, until.unwrap_or(call.at.plus_seconds(1)), filled.after(), ask).await?
            }
            _ => return Err(refusal("E-AP-04", vec![("field", "subject, actor, from".to_owned())])),
        };
        filled.take(page.map(|record| Some(view(record)).filter(&is_wanted)));
    }
    Ok(filled.end())
}

/// Follows the chain from its first event to its end.
pub async fn audit_verify(desk: &Desk, call: &Call) -> Outcome<AuditVerified> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AuditVerify, &Target::default())?;
    Ok(match store::audit::verify(&desk.store).await? {
        Chain::Whole { events, hash } => AuditVerified::Whole { events, hash },
        Chain::Broken { sequence, breach } => AuditVerified::Broken { sequence, breach: breach.code() },
    })
}

/// Everything kept about a case as JSON lines, each `{"kind": …, …}`: what was decided, said, promised, asked and
/// done, by whom and why (投诉调档). That it was handed over is an event of its own, with the digest of the text; asked
/// again under the same key, the text is that of now and the event stays one.
pub async fn audit_export(desk: &Desk, call: &Call, case_id: &str, reason: &str) -> Outcome<String> {
    required("reason", reason)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::AuditExport, &Target::default())?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let mut lines = Lines::default();
    lines.add("case", &kept.body);
    worked(desk, &kept.body, &mut lines).await?;
    trail(desk, &kept.body, &mut lines).await?;
    let text = lines.text;
    let mut tx = match desk.begin(call, "audit_export", &(case_id, reason)).await? {
        Begun::Again(()) => return Ok(text),
        Begun::First(tx) => tx,
    };
    let event = call.audit("audit_export", format!("case/{case_id}"), reason);
    tx.audit(AuditEvent { after_digest: Some(store::audit::state_digest(&text)?), ..event });
    desk.commit(tx, call, ()).await?;
    Ok(text)
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn add(&mut self, kind: &str, what: &impl Serialize) {
        self.text.push_str(&json!({ "kind": kind, "what": what }).to_string());
        self.text.push('\n');
    }
}

/// One list in full, page after page, each row a line.
macro_rules! add_all {
    ($lines:expr, $kind:literal, $body:ty, |$after:ident| $page:expr) => {{
        let mut next: Option<Cursor> = None;
        loop {
            let $after = next.as_ref();
            let page: Page<Kept<_, $body>> = $page.await?;
            page.rows.iter().for_each(|kept| $lines.add($kind, &kept.body));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }};
}

async fn worked(desk: &Desk, case: &Case, lines: &mut Lines) -> Outcome<()> {
    let (store, case_id, customer) = (&desk.store, case.case_id.as_str(), case.customer_id.as_str());
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.contact_of_case::<crate::contact::ContactRecord>(case_id, after.as_ref(), PAGE).await?;
        for kept in page.rows {
            lines.add("contact", &kept.body.opened(store).await?);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    add_all!(lines, "promise", Promise, |after| store.promise_of_case(case_id, after, PAGE));
    add_all!(lines, "hardship_plan", HardshipPlan, |after| store.hardship_of_customer(customer, after, PAGE));
    add_all!(lines, "household_plan", HouseholdPlan, |after| store.household_plan_of_case(case_id, after, PAGE));
    add_all!(lines, "placement", Placement, |after| store.placement_of_case(case_id, after, PAGE));
    add_all!(lines, "complaint", Value, |after| store.complaint_of_customer(customer, after, PAGE));
    for loan in &case.loans {
        add_all!(lines, "clock_fact", Value, |after| store.clock_fact_of_claim(loan, after, PAGE));
    }
    Ok(())
}

/// The events of the case, of its promises and of its debtor, and the approvals they speak of.
async fn trail(desk: &Desk, case: &Case, lines: &mut Lines) -> Outcome<()> {
    let subjects = [format!("case/{}", case.case_id), format!("person/{}", case.customer_id)];
    let loans = case.loans.iter().map(|loan| format!("claim/{loan}"));
    for subject in subjects.into_iter().chain(loans) {
        let mut after: Option<Cursor> = None;
        loop {
            let page = desk.store.audit_of_subject(&subject, after.as_ref(), PAGE).await?;
            for record in page.rows {
                if record.event.action == "approval_propose" {
                    let approval_id = record.event.why.split(' ').next().unwrap_or_default();
                    let kept: Option<Kept<ApprovalRow, Value>> = desk.store.load(approval_id).await?;
                    kept.iter().for_each(|kept| lines.add("approval", &kept.body));
                }
                lines.add("audit", &view(record));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}
