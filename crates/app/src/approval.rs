//! What one person proposes and others approve: asked, signed, rejected, taken back, carried out.
//!
//! A proposal is kept with exactly what is to be done and its digest. The last signature carries it out in the
//! same transaction; what the rules refuse by then is not signed either. Waivers, extensions and settlements
//! are approved here and carried out by the loan's own use cases; a write-off marks the case, and the core system
//! books it. What waits too long or for nobody, the night passes on: [`night`].

use crate::case::{change, decided, open_case, target};
use crate::case_night::{NIGHT, owed};
use crate::desk::{Begun, Call, Desk, PAGE, People, refusal, required, stored};
use crate::failure::{Failure, Outcome, refused};
use crate::filled::Filled;
use crate::{agency, hardship, household_plan, person};
use authority::{
    Actor, Approval, ApprovalRefused, ApprovalStatus, ApprovalTurn, DecisionKind, Holder, Institution, Proposal, Target,
    UnmaskRequest, UseCase,
};
use casework::agency::PlacementRequest;
use casework::case::{Case, ClosedBecause, Command};
use casework::hardship::HardshipPlan;
use casework::plan::HouseholdPlan;
use serde::{Deserialize, Serialize};
use store::{ApprovalRow, CaseRow, Cursor, Kept, Page, Tx};
use units::{Moment, Money};

/// What exactly is to be done (提请事项内容); nothing else is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposed {
    HouseholdPlan { case_id: String, plan: HouseholdPlan },
    HardshipPlan { plan: HardshipPlan },
    AgencyPlacement { case_id: String, agency_id: String, request: PlacementRequest },
    Concession { case_id: String, concession: Concession },
    /// Closing a case on which something is still owed (提前结案).
    CaseClosure { case_id: String, because: ClosedBecause, what: String },
    /// Writing off every loan of a case (核销申报).
    WriteOff { case_id: String, what: String },
    /// Personal data in full beyond the usual pace (超次数查看明文).
    Unmask { request: UnmaskRequest },
}

/// What the lender gives up or puts off (让步事项).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Concession {
    /// Interest or fees given up (息费减免).
    Waiver(Terms),
    /// Payment put off (展期).
    Extension(Terms),
    /// Less taken for the whole (和解).
    Settlement(Terms),
}

/// How much, and what is agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Given up, or put off.
    pub amount: Money,
    pub what: String,
}

impl Concession {
    fn terms(&self) -> &Terms {
        match self {
            Concession::Waiver(terms) | Concession::Extension(terms) | Concession::Settlement(terms) => terms,
        }
    }
}

impl Proposed {
    fn decision(&self) -> DecisionKind {
        match self {
            Proposed::HouseholdPlan { .. } => DecisionKind::HouseholdPlan,
            Proposed::HardshipPlan { .. } => DecisionKind::HardshipPlan,
            Proposed::AgencyPlacement { .. } => DecisionKind::AgencyPlacement,
            Proposed::Concession { concession: Concession::Waiver(_), .. } => DecisionKind::Waiver,
            Proposed::Concession { concession: Concession::Extension(_), .. } => DecisionKind::Extension,
            Proposed::Concession { concession: Concession::Settlement(_), .. } => DecisionKind::Settlement,
            Proposed::CaseClosure { .. } => DecisionKind::CaseClosure,
            Proposed::WriteOff { .. } => DecisionKind::WriteOffProposal,
            Proposed::Unmask { .. } => DecisionKind::Unmask,
        }
    }
}

/// A proposal as it is kept (审批单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalFile {
    pub approval: Approval,
    pub proposed: Proposed,
}

/// A proposal as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalView {
    /// Whoever decides says which version was seen.
    pub version: i64,
    /// With time passed counted in.
    pub status: ApprovalStatus,
    #[serde(flatten)]
    pub file: ApprovalFile,
}

fn view(kept: Kept<ApprovalRow, ApprovalFile>, call: &Call) -> ApprovalView {
    ApprovalView { version: kept.version, status: kept.body.approval.status_at(call.at), file: kept.body }
}

/// Proposes that the lender gives something up; approved, it may be carried out.
pub async fn approval_propose(desk: &Desk, call: &Call, case_id: &str, concession: &Concession) -> Outcome<ApprovalView> {
    required("what", &concession.terms().what)?;
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let proposed = Proposed::Concession { case_id: case_id.to_owned(), concession: concession.clone() };
    desk.may(&people, call, proposed.decision().propose(), &target(&kept.row))?;
    let mut tx = match desk.begin(call, "approval_propose", &proposed).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    open_case(&kept)?;
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), concession.terms().amount, proposed).await?;
    desk.commit(tx, call, asked).await
}

/// Proposes to close a case on which something is still owed; refused here if it could not be closed now.
pub async fn case_close_propose(desk: &Desk, call: &Call, case_id: &str, because: ClosedBecause, what: &str) -> Outcome<ApprovalView> {
    required("what", what)?;
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::CaseClose, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "case_close_propose", &(case_id, because, what)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    decided(desk, &people, call, &kept.body, None, &Command::Close { because })?;
    let proposed = Proposed::CaseClosure { case_id: case_id.to_owned(), because, what: what.to_owned() };
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), owed(&kept.body), proposed).await?;
    desk.commit(tx, call, asked).await
}

/// Proposes to write off the loans of a case; the case says so at once, and stays where it is until it is decided.
pub async fn write_off_propose(desk: &Desk, call: &Call, case_id: &str, what: &str) -> Outcome<ApprovalView> {
    required("what", what)?;
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::WriteOffPropose, &target(&kept.row))?;
    let mut tx = match desk.begin(call, "write_off_propose", &(case_id, what)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    decided(desk, &people, call, &kept.body, None, &Command::ProposeWriteOff { approval_id: String::new() })?;
    let proposed = Proposed::WriteOff { case_id: case_id.to_owned(), what: what.to_owned() };
    let asked = put_forward(desk, &people, call, &mut tx, About::case(&kept.row), owed(&kept.body), proposed).await?;
    let approval_id = asked.file.approval.proposal.approval_id.clone();
    change(desk, &people, call, &mut tx, case_id, None, &Command::ProposeWriteOff { approval_id }).await?;
    desk.commit(tx, call, asked).await
}

/// What a proposal is about (提请对象).
pub(crate) struct About<'a> {
    /// `case/K1`, `person/P1`.
    pub subject: String,
    pub id: &'a str,
    pub target: Target,
}

impl About<'_> {
    pub fn case(row: &CaseRow) -> About<'_> {
        About { subject: format!("case/{}", row.case_id), id: &row.case_id, target: target(row) }
    }
}

/// Puts something before whoever may approve its amount; what the same person asked for already is not asked twice.
pub(crate) async fn put_forward(
    desk: &Desk,
    people: &People,
    call: &Call,
    tx: &mut Tx,
    about: About<'_>,
    amount: Money,
    proposed: Proposed,
) -> Outcome<ApprovalView> {
    let (decision, digest) = (proposed.decision(), store::audit::state_digest(&proposed)?);
    let About { subject, id, target } = about;
    let before: Page<Kept<ApprovalRow, ApprovalFile>> = tx.approval_of_maker(&call.staff_id, None, PAGE).await?;
    let is_same = |kept: &&Kept<ApprovalRow, ApprovalFile>| {
        let waits = kept.body.approval.status_at(call.at) == ApprovalStatus::Waiting;
        waits && kept.row.subject == subject && kept.row.kind == decision.code()
    };
    if let Some(waiting) = before.rows.iter().find(is_same) {
        let decision = format!("decision_kind.{}", decision.code());
        return refused("E-CW-05", &[("decision", &decision), ("approval_id", &waiting.row.approval_id)]);
    }
    let proposal = Proposal {
        approval_id: format!("A-{id}-{}-{}", call.at.to_string().replace(' ', "T"), &digest[..8]),
        decision,
        subject: subject.clone(),
        target: people.seen_by(call, &target),
        amount,
        digest: digest.clone(),
    };
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let actor = acting(people, &institution, call)?;
    let approval = institution.approval_propose(&actor, proposal, call.at).map_err(|no| refusal(no.code(), no.facts()))?;
    let file = ApprovalFile { approval, proposed };
    let approval_id = file.approval.proposal.approval_id.clone();
    let (version, asked) = save(tx, call, &institution, &file, 0).await?;
    let event = call.audit("approval_propose", subject, format!("{approval_id} {}", decision.code()));
    tx.audit(store::AuditEvent { after_digest: Some(digest), ..event });
    told(tx, call, "approval.asked", &file, &asked);
    Ok(ApprovalView { version, status: file.approval.status, file })
}

/// The caller with every ground to act on, as far as the token goes.
fn acting<'a>(people: &'a People, institution: &Institution<'a>, call: &Call) -> Outcome<Actor<'a>> {
    let actor = people.actor(institution, call)?;
    Ok(match &call.only {
        Some(only) => actor.with_token(only),
        None => actor,
    })
}

/// Its new version, and who is asked now.
async fn save(tx: &Tx, call: &Call, institution: &Institution<'_>, file: &ApprovalFile, over: i64) -> Outcome<(i64, Vec<String>)> {
    let Approval { proposal, maker, proposed_at, status, .. } = &file.approval;
    let row = ApprovalRow {
        approval_id: proposal.approval_id.clone(),
        kind: proposal.decision.code().to_owned(),
        maker_id: maker.staff_id.clone(),
        subject: proposal.subject.clone(),
        state: status.code().to_owned(),
        asked_at: *proposed_at,
    };
    let version = stored(tx.save(&row, file, over, call.stamp()).await?)?;
    Ok((version, ask(tx, call, institution, &file.approval).await?))
}

/// Puts a proposal before everybody who can sign what is missing.
async fn ask(tx: &Tx, call: &Call, institution: &Institution<'_>, approval: &Approval) -> Outcome<Vec<String>> {
    let signers = match approval.status {
        ApprovalStatus::Waiting => institution.approval_signers(approval, call.at),
        _ => Vec::new(),
    };
    let asked: Vec<String> = signers.into_iter().map(|holder| holder.staff_id).collect();
    let names: Vec<&str> = asked.iter().map(String::as_str).collect();
    tx.approval_deciders_set(&approval.proposal.approval_id, &names).await?;
    Ok(asked)
}

fn told(tx: &mut Tx, call: &Call, topic: &str, file: &ApprovalFile, asked: &[String]) {
    let Approval { proposal, status, sign_by, .. } = &file.approval;
    let payload = serde_json::json!({
        "decision": proposal.decision, "subject": proposal.subject, "status": status, "asked": asked, "sign_by": sign_by,
    });
    tx.publish(call.event(topic, format!("approval/{}", proposal.approval_id), payload));
}

/// What somebody says to a proposal (审批意见).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    Sign {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        opinion: String,
    },
    Reject { reason: String },
    /// Back to the maker, who may propose it anew.
    Return { reason: String },
    /// By the maker.
    Withdraw { reason: String },
}

impl Say {
    fn action(&self) -> &'static str {
        match self {
            Say::Sign { .. } => "approval_sign",
            Say::Reject { .. } => "approval_reject",
            Say::Return { .. } => "approval_return",
            Say::Withdraw { .. } => "approval_withdraw",
        }
    }
}

/// Signs, rejects or takes back a proposal, over the version that was seen; the last signature carries it out.
pub async fn approval_decide(desk: &Desk, call: &Call, approval_id: &str, version: i64, say: &Say) -> Outcome<ApprovalView> {
    let people = desk.people(call.at).await?;
    let mut tx = match desk.begin(call, "approval_decide", &(approval_id, version, say)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let kept: Kept<ApprovalRow, ApprovalFile> = desk.load(&tx, "approval", approval_id).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let actor = acting(&people, &institution, call)?;
    let ApprovalFile { approval, proposed } = kept.body;
    let no = |no: ApprovalRefused| refusal(no.code(), no.facts());
    let (mut decided, reason) = match say {
        Say::Sign { opinion } => (institution.approval_sign(&approval, &actor, opinion, call.at).map_err(no)?, opinion.as_str()),
        Say::Return { reason } => (institution.approval_return(&approval, &actor, reason, call.at).map_err(no)?, reason.as_str()),
        Say::Reject { reason } => (institution.approval_reject(&approval, &actor, reason, call.at).map_err(no)?, reason.as_str()),
        Say::Withdraw { reason } => (approval.withdraw(&call.staff_id, reason, call.at).map_err(no)?, reason.as_str()),
    };
    let digest = store::audit::state_digest(&proposed)?;
    match decided.status {
        ApprovalStatus::Approved => decided = carry_out(desk, &people, call, &mut tx, &proposed, decided).await?,
        ApprovalStatus::Waiting => {}
        _ => let_go(desk, &people, call, &mut tx, &proposed, approval_id).await?,
    }
    let file = ApprovalFile { approval: decided, proposed };
    let (version, _) = save(&tx, call, &institution, &file, version).await?;
    let why = format!("{approval_id} {reason}");
    let event = call.audit(say.action(), file.approval.proposal.subject.clone(), why.trim_end());
    tx.audit(store::AuditEvent { after_digest: Some(digest), ..event });
    if file.approval.status != ApprovalStatus::Waiting {
        told(&mut tx, call, "approval.decided", &file, &[]);
    }
    let done = ApprovalView { version, status: file.approval.status, file };
    desk.commit(tx, call, done).await
}

/// The proposal carried out; one that the loan's own use cases carry out stays approved.
async fn carry_out(desk: &Desk, people: &People, call: &Call, tx: &mut Tx, proposed: &Proposed, approved: Approval) -> Outcome<Approval> {
    let digest = store::audit::state_digest(proposed)?;
    let executed = approved.execute(&digest, call.at).map_err(|no| refusal(no.code(), no.facts()))?;
    let approval_id = &approved.proposal.approval_id;
    match proposed {
        Proposed::HouseholdPlan { case_id, plan } => household_plan::carry_out(desk, call, tx, case_id, plan, approval_id).await?,
        Proposed::HardshipPlan { plan } => hardship::carry_out(desk, people, call, tx, plan).await?,
        Proposed::AgencyPlacement { case_id, agency_id, request } => {
            agency::carry_out(desk, people, call, tx, case_id, agency_id, request).await?;
        }
        Proposed::Concession { .. } => return Ok(approved),
        Proposed::CaseClosure { case_id, because, .. } => {
            change(desk, people, call, tx, case_id, None, &Command::Close { because: *because }).await?;
        }
        Proposed::WriteOff { case_id, .. } => {
            let command = Command::ApproveWriteOff { approval_id: approval_id.clone() };
            change(desk, people, call, tx, case_id, None, &command).await?;
        }
        Proposed::Unmask { request } => person::carry_out(desk, people, call, tx, request, &approved).await?,
    }
    Ok(executed)
}

/// Nothing comes of it: a case that waited for it waits no longer.
async fn let_go(desk: &Desk, people: &People, call: &Call, tx: &mut Tx, proposed: &Proposed, approval_id: &str) -> Outcome<()> {
    let Proposed::WriteOff { case_id, .. } = proposed else { return Ok(()) };
    let kept: Kept<CaseRow, Case> = desk.load(tx, "case", case_id).await?;
    let waits = kept.body.write_off.as_ref().is_some_and(|write_off| write_off.approval_id == approval_id);
    if waits && kept.row.closed_on.is_none() {
        let command = Command::DropWriteOff { approval_id: approval_id.to_owned() };
        change(desk, people, call, tx, case_id, None, &command).await?;
    }
    Ok(())
}

/// Passes on what waits for nobody at work or for longer than the pack allows, asks once more, and ends what is
/// over; whoever listens is told. A second run of the same night finds nothing to do.
pub async fn night(desk: &Desk, people: &People, at: Moment) -> Outcome<()> {
    let call = Call { staff_id: NIGHT.to_owned(), only: None, at, key: None };
    let mut open = Vec::new();
    for status in [ApprovalStatus::Waiting, ApprovalStatus::Approved] {
        let mut after = None;
        loop {
            let page: Page<Kept<ApprovalRow, ApprovalFile>> = desk.store.approval_in_state(status.code(), after.as_ref(), PAGE).await?;
            open.extend(page.rows.into_iter().map(|kept| kept.row.approval_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    for approval_id in open {
        match turn(desk, people, &call, &approval_id).await {
            // What the world refuses by now stays as it is, until its days are over.
            Err(Failure::Refused(_)) => {}
            turned => turned?,
        }
    }
    Ok(())
}

async fn turn(desk: &Desk, people: &People, call: &Call, approval_id: &str) -> Outcome<()> {
    let mut tx = desk.store.begin().await?;
    let kept: Kept<ApprovalRow, ApprovalFile> = desk.load(&tx, "approval", approval_id).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let (topic, mut approval) = match institution.approval_night(&kept.body.approval, call.at) {
        // Somebody may have come to a post, or lost one.
        None => {
            ask(&tx, call, &institution, &kept.body.approval).await?;
            return Ok(tx.commit().await?);
        }
        Some(ApprovalTurn::Escalated(approval)) => ("approval.escalated", approval),
        Some(ApprovalTurn::Reminded(approval)) => ("approval.reminded", approval),
        Some(ApprovalTurn::Expired(approval)) => ("approval.expired", approval),
    };
    let proposed = kept.body.proposed;
    match approval.status {
        // The signatures given are enough where it is now.
        ApprovalStatus::Approved => approval = carry_out(desk, people, call, &mut tx, &proposed, approval).await?,
        ApprovalStatus::Expired => let_go(desk, people, call, &mut tx, &proposed, approval_id).await?,
        _ => {}
    }
    let file = ApprovalFile { approval, proposed };
    let (_, asked) = save(&tx, call, &institution, &file, kept.version).await?;
    tx.audit(call.audit(topic, file.approval.proposal.subject.clone(), approval_id));
    told(&mut tx, call, topic, &file, &asked);
    Ok(tx.commit().await?)
}

/// Which proposals to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApprovalFilter {
    pub kind: Option<DecisionKind>,
    pub state: Option<ApprovalStatus>,
}

impl ApprovalFilter {
    fn takes(&self, view: &ApprovalView) -> bool {
        let kind = view.file.approval.proposal.decision;
        self.kind.is_none_or(|wanted| wanted == kind) && self.state.is_none_or(|wanted| wanted == view.status)
    }
}

/// What waits for the caller's decision, the oldest first.
pub async fn approval_waiting(
    desk: &Desk,
    call: &Call,
    filter: &ApprovalFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<ApprovalView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    let waits = |view: &ApprovalView| view.status == ApprovalStatus::Waiting;
    let may = |view: &ApprovalView| desk.allows(&people, call, UseCase::ApprovalView, &view.file.approval.proposal.target);
    let mut filled = Filled::new(after, limit);
    while let Some(ask) = filled.ask() {
        let page: Page<Kept<ApprovalRow, ApprovalFile>> = desk.store.approval_waiting(&call.staff_id, filled.after(), ask).await?;
        filled.take(page.map(|kept| Some(view(kept, call)).filter(|view| waits(view) && filter.takes(view) && may(view))));
    }
    Ok(filled.end())
}

/// What the caller has asked for, the latest first.
pub async fn approval_mine(
    desk: &Desk,
    call: &Call,
    filter: &ApprovalFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<ApprovalView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    people.actor(&people.institution(&desk.rules.authority, call.at.day()), call)?;
    let mut filled = Filled::new(after, limit);
    while let Some(ask) = filled.ask() {
        let page: Page<Kept<ApprovalRow, ApprovalFile>> = desk.store.approval_of_maker(&call.staff_id, filled.after(), ask).await?;
        filled.take(page.map(|kept| Some(view(kept, call)).filter(|view| filter.takes(view))));
    }
    Ok(filled.end())
}

/// Who can sign what is still missing of a proposal, the nearest first.
pub async fn approval_signers(desk: &Desk, call: &Call, approval: &Approval) -> Outcome<Vec<Holder>> {
    let people = desk.people(call.at).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    match approval.status_at(call.at) {
        ApprovalStatus::Waiting => Ok(institution.approval_signers(approval, call.at)),
        _ => Ok(Vec::new()),
    }
}

pub async fn approval_view(desk: &Desk, call: &Call, approval_id: &str) -> Outcome<ApprovalView> {
    let people = desk.people(call.at).await?;
    let kept: Kept<ApprovalRow, ApprovalFile> = desk.load(&desk.store, "approval", approval_id).await?;
    if kept.row.maker_id != call.staff_id {
        desk.may(&people, call, UseCase::ApprovalView, &kept.body.approval.proposal.target)?;
    }
    Ok(view(kept, call))
}
