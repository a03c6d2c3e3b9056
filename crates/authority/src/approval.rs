//! Maker and checker: what one person proposes, others approve before it is done.
//!
//! ```text
//! propose ─► waiting ─► approved ─► executed
//!               ├─► rejected, returned        waiting, approved: withdrawn by the maker, expired by time
//! ```
//!
//! What waits too long or for nobody, the night raises: [`crate::escalation`].

use crate::limit::{DecisionKind, Seat, SignatureSlot, seating};
use crate::permission::{Actor, Holder, Institution, NAMED, NotAllowed, Stand, named};
use crate::role::{BranchLevel, Role};
use crate::scope::Target;
use serde::{Deserialize, Serialize};
use units::{Moment, Money, coded};

coded! {
    /// How far a proposal has come (审批状态).
    ApprovalStatus {
        Waiting = "waiting",
        /// All signatures are there; it may be carried out.
        Approved = "approved",
        Executed = "executed",
        Rejected = "rejected",
        /// Sent back to the maker, who may propose it anew (退回补正).
        Returned = "returned",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}

units::serde_by_code!(ApprovalStatus);

/// What is to be decided (提请审批事项).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub approval_id: String,
    pub decision: DecisionKind,
    /// The case, loan, plan or person it is about.
    pub subject: String,
    pub target: Target,
    /// What the authority is measured by; zero where no money is at stake.
    pub amount: Money,
    /// Of what exactly is proposed: nothing else may be carried out.
    pub digest: String,
}

/// Who acted, and in whose place (经办人).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    pub staff_id: String,
    /// The person whose right was used, when it was delegated.
    pub for_staff: Option<String>,
}

/// One signature (签批).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    pub hand: Hand,
    pub role: Role,
    pub level: BranchLevel,
    pub at: Moment,
    /// What the person thinks of it (审批意见).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opinion: String,
}

/// How it ended without being carried out (终止审批).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub hand: Hand,
    pub at: Moment,
    pub reason: String,
}

/// A proposal on its way (审批单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub proposal: Proposal,
    /// The rule that asks for these signatures.
    pub rule_id: String,
    pub maker: Hand,
    pub proposed_at: Moment,
    pub expires_at: Moment,
    /// When those who are asked now should have signed; `None` in proposals from before there was such a day.
    #[serde(default)]
    pub sign_by: Option<Moment>,
    /// The place of the tier among those of the rule, from 0; above the amount's own when escalated.
    pub tier: usize,
    pub slots: Vec<SignatureSlot>,
    pub signatures: Vec<Signature>,
    pub closing: Option<Closing>,
    /// As last decided; what it is now, [`Approval::status_at`] says.
    pub status: ApprovalStatus,
}

/// Why something is not proposed, in order of precedence (拒绝提请原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposalRefused {
    NotAllowed(NotAllowed),
    AmountNegative,
    /// Not even with the signatures of the highest tier: too few people at work beside the maker.
    NobodyCanApprove {
        decision: DecisionKind,
        amount: Money,
        seats: Vec<Seat>,
    },
}

/// Why a proposal is not approved, rejected, withdrawn or carried out, in order of precedence
/// (拒绝审批原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalRefused {
    NotWaiting {
        status: ApprovalStatus,
    },
    /// To be carried out, it must be approved first.
    NotApproved {
        status: ApprovalStatus,
    },
    OverSince {
        expired_at: Moment,
    },
    NotTheMaker {
        maker: String,
    },
    /// Nobody decides on what they proposed, or had proposed in their place.
    OwnProposal,
    NotAllowed(NotAllowed),
    /// The right is the maker's, lent to the person.
    DelegateOfMaker {
        maker: String,
    },
    /// The person, or who lent the right, has signed.
    SignedAlready {
        staff: String,
    },
    BeyondAuthority {
        decision: DecisionKind,
        amount: Money,
        seats: Vec<Seat>,
        people: Vec<Holder>,
    },
    ReasonMissing,
    /// What is to be carried out is not what was approved.
    ChangedSince,
}

impl ProposalRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            ProposalRefused::NotAllowed(refused) => refused.code(),
            ProposalRefused::AmountNegative => "E-AU-41",
            ProposalRefused::NobodyCanApprove { .. } => "E-AU-42",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            ProposalRefused::NotAllowed(refused) => refused.facts(),
            ProposalRefused::AmountNegative => vec![],
            ProposalRefused::NobodyCanApprove { decision, amount, seats } => wanted(*decision, *amount, seats),
        }
    }
}

impl ApprovalRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            ApprovalRefused::NotWaiting { .. } => "E-AU-51",
            ApprovalRefused::NotApproved { .. } => "E-AU-52",
            ApprovalRefused::OverSince { .. } => "E-AU-53",
            ApprovalRefused::NotTheMaker { .. } => "E-AU-54",
            ApprovalRefused::OwnProposal => "E-AU-55",
            ApprovalRefused::NotAllowed(refused) => refused.code(),
            ApprovalRefused::DelegateOfMaker { .. } => "E-AU-56",
            ApprovalRefused::SignedAlready { .. } => "E-AU-57",
            ApprovalRefused::BeyondAuthority { .. } => "E-AU-58",
            ApprovalRefused::ReasonMissing => "E-AU-59",
            ApprovalRefused::ChangedSince => "E-AU-60",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            ApprovalRefused::NotWaiting { status } | ApprovalRefused::NotApproved { status } => {
                vec![("status", format!("approval_status.{}", status.code()))]
            }
            ApprovalRefused::OverSince { expired_at } => vec![("expired_at", expired_at.to_string())],
            ApprovalRefused::NotTheMaker { maker } | ApprovalRefused::DelegateOfMaker { maker } => {
                vec![("maker", maker.clone())]
            }
            ApprovalRefused::SignedAlready { staff } => vec![("staff", staff.clone())],
            ApprovalRefused::NotAllowed(refused) => refused.facts(),
            ApprovalRefused::BeyondAuthority { decision, amount, seats, people } => {
                [wanted(*decision, *amount, seats), vec![("people", named(people))]].concat()
            }
            ApprovalRefused::OwnProposal | ApprovalRefused::ReasonMissing | ApprovalRefused::ChangedSince => vec![],
        }
    }
}

fn wanted(decision: DecisionKind, amount: Money, seats: &[Seat]) -> Vec<(&'static str, String)> {
    let said = |seat: &Seat| match seat.at_least {
        BranchLevel::SubBranch => format!("role.{}", seat.role.code()),
        level => format!("branch_level.{} role.{}", level.code(), seat.role.code()),
    };
    vec![
        ("decision", format!("decision_kind.{}", decision.code())),
        ("amount", amount.to_string()),
        ("seats", seats.iter().map(said).collect::<Vec<_>>().join(", ")),
    ]
}

impl Hand {
    fn of(actor: &Actor, stand: &Stand) -> Hand {
        let for_staff = stand.delegation.map(|given| given.from_staff.clone());
        Hand { staff_id: actor.staff.staff_id.clone(), for_staff }
    }

    /// Whether the person acted, or somebody acted in the person's place.
    fn is_of(&self, staff_id: &str) -> bool {
        self.staff_id == staff_id || self.for_staff.as_deref() == Some(staff_id)
    }
}

impl Approval {
    /// What it is at a moment: nobody has to write down that time has passed.
    pub fn status_at(&self, at: Moment) -> ApprovalStatus {
        let open = matches!(self.status, ApprovalStatus::Waiting | ApprovalStatus::Approved);
        if open && at > self.expires_at { ApprovalStatus::Expired } else { self.status }
    }

    /// Taken back by who proposed it, or had it proposed.
    pub fn withdraw(&self, staff_id: &str, reason: &str, at: Moment) -> Result<Approval, ApprovalRefused> {
        match self.status_at(at) {
            ApprovalStatus::Waiting | ApprovalStatus::Approved => {}
            status => return Err(ApprovalRefused::NotWaiting { status }),
        }
        if !self.maker.is_of(staff_id) {
            return Err(ApprovalRefused::NotTheMaker { maker: self.maker.staff_id.clone() });
        }
        let hand = Hand { staff_id: staff_id.to_owned(), for_staff: None };
        self.closed(ApprovalStatus::Withdrawn, hand, reason, at)
    }

    /// Carried out, if what is carried out is what was approved.
    pub fn execute(&self, digest: &str, at: Moment) -> Result<Approval, ApprovalRefused> {
        match self.status_at(at) {
            ApprovalStatus::Approved if digest == self.proposal.digest => {
                Ok(Approval { status: ApprovalStatus::Executed, ..self.clone() })
            }
            ApprovalStatus::Approved => Err(ApprovalRefused::ChangedSince),
            ApprovalStatus::Expired => Err(ApprovalRefused::OverSince { expired_at: self.expires_at }),
            status => Err(ApprovalRefused::NotApproved { status }),
        }
    }

    fn closed(
        &self,
        status: ApprovalStatus,
        hand: Hand,
        reason: &str,
        at: Moment,
    ) -> Result<Approval, ApprovalRefused> {
        if reason.trim().is_empty() {
            return Err(ApprovalRefused::ReasonMissing);
        }
        let closing = Some(Closing { hand, at, reason: reason.trim().to_owned() });
        Ok(Approval { status, closing, ..self.clone() })
    }

    /// Approved, if it was waiting and nothing is missing.
    pub(crate) fn settled(self) -> Approval {
        match self.status {
            ApprovalStatus::Waiting if self.open_slots().is_empty() => {
                Approval { status: ApprovalStatus::Approved, ..self }
            }
            _ => self,
        }
    }

    /// Whether somebody proposed it or signed it, or lent the right for that.
    pub(crate) fn has_acted(&self, staff_id: &str) -> bool {
        self.maker.is_of(staff_id) || self.signatures.iter().any(|signature| signature.hand.is_of(staff_id))
    }

    /// The slots without a signature yet.
    fn open_slots(&self) -> Vec<&SignatureSlot> {
        let seats = self.seats_of(&self.signatures);
        let is_open = |slot: &usize| !seats.contains(&Some(*slot));
        (0..self.slots.len()).filter(is_open).map(|slot| &self.slots[slot]).collect()
    }

    fn seats_of(&self, signatures: &[Signature]) -> Vec<Option<usize>> {
        seating(signatures.len(), self.slots.len(), |signer, slot| {
            let Signature { role, level, .. } = signatures[signer];
            self.slots[slot].iter().any(|seat| seat.admits(role, level))
        })
    }
}

impl Institution<'_> {
    /// A proposal on its way to the people who may approve its amount; to higher ones where those of
    /// its own tier are not at work.
    pub fn approval_propose(&self, actor: &Actor, proposal: Proposal, at: Moment) -> Result<Approval, ProposalRefused> {
        let may = self.may(actor, proposal.decision.propose(), &proposal.target);
        let grant = may.map_err(ProposalRefused::NotAllowed)?;
        if proposal.amount.is_negative() {
            return Err(ProposalRefused::AmountNegative);
        }
        let limit = self.rules.limit(proposal.decision);
        let tier = limit.tier_of(proposal.amount);
        let approval = Approval {
            rule_id: limit.rule_id.clone(),
            maker: Hand { staff_id: actor.staff.staff_id.clone(), for_staff: grant.for_staff },
            proposed_at: at,
            expires_at: limit.expires_at(at),
            sign_by: Some(limit.sign_by(at, limit.expires_at(at))),
            tier,
            slots: limit.tiers[tier].signatures.clone(),
            signatures: Vec::new(),
            closing: None,
            status: ApprovalStatus::Waiting,
            proposal,
        };
        self.approval_escalate(&approval)
    }

    /// The proposal with one more signature; approved when none is missing.
    pub fn approval_sign(&self, approval: &Approval, actor: &Actor, opinion: &str, at: Moment) -> Result<Approval, ApprovalRefused> {
        let signature = Signature { opinion: opinion.trim().to_owned(), ..self.signature(approval, actor, at)? };
        let mut signed = approval.clone();
        signed.signatures.push(signature);
        Ok(signed.settled())
    }

    /// Rejected by somebody who could have signed.
    pub fn approval_reject(
        &self,
        approval: &Approval,
        actor: &Actor,
        reason: &str,
        at: Moment,
    ) -> Result<Approval, ApprovalRefused> {
        let Signature { hand, .. } = self.signature(approval, actor, at)?;
        approval.closed(ApprovalStatus::Rejected, hand, reason, at)
    }

    /// Sent back to the maker by somebody who could have signed: what is missing or unclear stands in the reason.
    pub fn approval_return(
        &self,
        approval: &Approval,
        actor: &Actor,
        reason: &str,
        at: Moment,
    ) -> Result<Approval, ApprovalRefused> {
        let Signature { hand, .. } = self.signature(approval, actor, at)?;
        approval.closed(ApprovalStatus::Returned, hand, reason, at)
    }

    /// Everybody who can sign what is missing, the nearest to the target first.
    pub fn approval_signers(&self, approval: &Approval, at: Moment) -> Vec<Holder> {
        let Proposal { decision, ref target, .. } = approval.proposal;
        let sign = |staff| {
            let actor = self.actor_of(staff).ok()?;
            // Most people have no right at all, and none of them is to be told who has.
            if self.grounds(&actor, decision.decide(), target).is_empty() {
                return None;
            }
            let Signature { role, .. } = self.fitting_signature(approval, &actor, at).ok()??;
            let stand = actor.stands.iter().find(|stand| stand.post.role == role)?;
            Some(Holder { staff_id: staff.staff_id.clone(), name: staff.name.clone(), ..stand.as_holder() })
        };
        let mut signers: Vec<Holder> = self.staff.iter().filter_map(sign).collect();
        signers.sort_by_cached_key(|holder| (holder.branch.steps_to(&target.branch), holder.staff_id.clone()));
        signers
    }

    fn signature(&self, approval: &Approval, actor: &Actor, at: Moment) -> Result<Signature, ApprovalRefused> {
        self.fitting_signature(approval, actor, at)?.ok_or_else(|| {
            let mut people = self.eligible(approval);
            people.truncate(NAMED);
            let Proposal { decision, amount, .. } = approval.proposal;
            let seats = approval.open_slots().into_iter().flatten().copied().collect();
            ApprovalRefused::BeyondAuthority { decision, amount, seats, people }
        })
    }

    /// The signature the person would give, on the best ground: an own post before a delegated one.
    /// `None` when nothing they may sign for is missing.
    fn fitting_signature(
        &self,
        approval: &Approval,
        actor: &Actor,
        at: Moment,
    ) -> Result<Option<Signature>, ApprovalRefused> {
        match approval.status_at(at) {
            ApprovalStatus::Waiting => {}
            ApprovalStatus::Expired => return Err(ApprovalRefused::OverSince { expired_at: approval.expires_at }),
            status => return Err(ApprovalRefused::NotWaiting { status }),
        }
        let person = &actor.staff.staff_id;
        if approval.maker.is_of(person) {
            return Err(ApprovalRefused::OwnProposal);
        }
        let Proposal { decision, ref target, .. } = approval.proposal;
        let mut grounds = self.grounds(actor, decision.decide(), target);
        if grounds.is_empty() {
            self.may(actor, decision.decide(), target).map_err(ApprovalRefused::NotAllowed)?;
        }
        grounds.retain(|(stand, _)| !approval.maker.is_of(&stand.holder.staff_id));
        if grounds.is_empty() {
            return Err(ApprovalRefused::DelegateOfMaker { maker: approval.maker.staff_id.clone() });
        }
        let has_signed = |staff_id: &str| approval.signatures.iter().any(|signature| signature.hand.is_of(staff_id));
        if has_signed(person) {
            return Err(ApprovalRefused::SignedAlready { staff: person.clone() });
        }
        let lender = grounds[0].0.holder.staff_id.clone();
        grounds.retain(|(stand, _)| !has_signed(&stand.holder.staff_id));
        if grounds.is_empty() {
            return Err(ApprovalRefused::SignedAlready { staff: lender });
        }
        let signature = |stand: &Stand| {
            let (role, level) = (stand.post.role, stand.post.level);
            Signature { hand: Hand::of(actor, stand), role, level, at, opinion: String::new() }
        };
        let fills = |signature: &Signature| {
            let all = [approval.signatures.as_slice(), std::slice::from_ref(signature)].concat();
            approval.seats_of(&all).last().is_some_and(Option::is_some)
        };
        Ok(grounds.iter().map(|(stand, _)| signature(stand)).find(fills))
    }

    /// People whose own post fills an open slot, the nearest to the target first.
    fn eligible(&self, approval: &Approval) -> Vec<Holder> {
        let (target, open) = (&approval.proposal.target, approval.open_slots());
        let mut holders = self.holders(approval.proposal.decision.decide(), target, &target.branch);
        holders.retain(|holder| self.may_fill(approval, &holder.staff_id, &open));
        holders
    }

    /// Whether a person who has not acted yet fills one of the slots with an own post.
    pub(crate) fn may_fill(&self, approval: &Approval, staff_id: &str, slots: &[&SignatureSlot]) -> bool {
        let Ok(actor) = self.actor(staff_id) else { return false };
        let grounds = self.grounds(&actor, approval.proposal.decision.decide(), &approval.proposal.target);
        let admits = |stand: &Stand| {
            let mut seats = slots.iter().flat_map(|slot| slot.iter());
            stand.delegation.is_none() && seats.any(|seat| seat.admits(stand.post.role, stand.post.level))
        };
        !approval.has_acted(staff_id) && grounds.iter().any(|(stand, _)| admits(stand))
    }
}
