//! Proposals that wait for nobody, or too long: raised to who may sign next, asked once more, over.

use crate::approval::{Approval, ApprovalStatus, Proposal, ProposalRefused};
use crate::limit::{Limit, seating};
use crate::permission::{Holder, Institution};
use units::Moment;

const DAY_SECONDS: i64 = 86_400;

/// What the night does with a proposal (审批督办).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalTurn {
    /// To a higher tier: those of its own are not at work, or did not sign in time (升级审批).
    Escalated(Approval),
    /// Nobody stands above who could: the same people are asked once more (催办).
    Reminded(Approval),
    /// Its days are over (逾期失效).
    Expired(Approval),
}

impl Limit {
    /// By when whoever is asked now is to sign; never after the proposal's own end.
    pub(crate) fn sign_by(&self, at: Moment, expires_at: Moment) -> Moment {
        at.plus_seconds(i64::from(self.sign_within_days) * DAY_SECONDS).min(expires_at)
    }

    pub(crate) fn expires_at(&self, at: Moment) -> Moment {
        at.plus_seconds(i64::from(self.valid_days) * DAY_SECONDS)
    }
}

impl Institution<'_> {
    /// The proposal as it is, while the people who are at work can sign what is missing; else raised to
    /// the first higher tier where they can. Signatures given stay.
    pub(crate) fn approval_escalate(&self, approval: &Approval) -> Result<Approval, ProposalRefused> {
        if self.can_be_signed(approval) {
            return Ok(approval.clone());
        }
        self.raised(approval).ok_or_else(|| ProposalRefused::NobodyCanApprove {
            decision: approval.proposal.decision,
            amount: approval.proposal.amount,
            seats: approval.slots.iter().flatten().copied().collect(),
        })
    }

    /// What the night does with a proposal that is not decided; `None` while it waits for people who are at
    /// work and have time. Nobody gains a right by it: who may not sign before may not after.
    pub fn approval_night(&self, approval: &Approval, at: Moment) -> Option<ApprovalTurn> {
        match approval.status_at(at) {
            ApprovalStatus::Expired if approval.status != ApprovalStatus::Expired => {
                return Some(ApprovalTurn::Expired(Approval { status: ApprovalStatus::Expired, ..approval.clone() }));
            }
            ApprovalStatus::Waiting => {}
            _ => return None,
        }
        let is_late = approval.sign_by.is_none_or(|sign_by| at > sign_by);
        if !is_late && self.can_be_signed(approval) {
            return None;
        }
        let sign_by = Some(self.rules.limit(approval.proposal.decision).sign_by(at, approval.expires_at));
        match self.raised(approval) {
            Some(raised) => Some(ApprovalTurn::Escalated(Approval { sign_by, ..raised })),
            None => is_late.then(|| ApprovalTurn::Reminded(Approval { sign_by, ..approval.clone() })),
        }
    }

    /// At the first higher tier that is settled by the signatures given, or can be signed.
    fn raised(&self, approval: &Approval) -> Option<Approval> {
        let tiers = &self.rules.limit(approval.proposal.decision).tiers;
        let higher = tiers.iter().enumerate().skip(approval.tier + 1);
        let raised = higher.map(|(tier, at)| Approval { tier, slots: at.signatures.clone(), ..approval.clone() });
        raised.map(Approval::settled).find(|way| way.status != ApprovalStatus::Waiting || self.can_be_signed(way))
    }

    /// Whether there are enough people at work, each for one slot, beside those who signed.
    fn can_be_signed(&self, approval: &Approval) -> bool {
        let Proposal { decision, ref target, .. } = approval.proposal;
        let mut holders = self.holders(decision.decide(), target, &target.branch);
        let known: Vec<String> = holders.iter().map(|holder| holder.staff_id.clone()).collect();
        holders.retain(|holder| !self.is_away(&holder.staff_id) || self.stands_in(approval, holder, &known));
        let (slots, signed) = (&approval.slots, approval.signatures.len());
        let seats =
            seating(signed + holders.len(), slots.len(), |signer, slot| match approval.signatures.get(signer) {
                Some(given) => slots[slot].iter().any(|seat| seat.admits(given.role, given.level)),
                None => self.may_fill(approval, &holders[signer - signed].staff_id, &[&slots[slot]]),
            });
        seats.iter().flatten().count() == slots.len()
    }

    /// Whether somebody at work has the right of a person on leave, and is not asked for a signature already.
    fn stands_in(&self, approval: &Approval, holder: &Holder, asked: &[String]) -> bool {
        let decide = approval.proposal.decision.decide();
        let lent = self.delegations.iter().filter(|given| {
            given.from_staff == holder.staff_id && given.use_cases.contains(&decide) && given.is_in_force(self.today)
        });
        lent.map(|given| &given.to_staff).any(|to| {
            !asked.contains(to)
                && !self.is_away(to)
                && !approval.has_acted(to)
                && self.person(to).is_some_and(|staff| staff.is_employed())
                && !self.rules.is_never_delegated(decide)
        })
    }

    fn is_away(&self, staff_id: &str) -> bool {
        self.away.iter().any(|away| away == staff_id)
    }
}
