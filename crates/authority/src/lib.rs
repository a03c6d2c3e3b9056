//! Who may do what (权限): people and posts, rights and reach, maker and checker, signing in, masks.
//!
//! A policy pack is compiled once into [`AuthorityRules`]; an [`Institution`] adds people, delegations
//! and the day, and answers. Invariants: pure, no clock, no IO; nothing is allowed that no rule gives; a
//! wider scope holds every narrower one; nobody decides on what they proposed, nor lends what was lent;
//! an outside agency meets only what is placed with it; a mask shows nothing of what it does not know.
//!
//! ```text
//! let rules = AuthorityRules::compile(&pack.on(today))?;
//! let institution = Institution { rules: &rules, staff: &staff, delegations: &delegations, away: &away, today };
//! let actor = institution.actor("S1")?;                             posts of today, own and lent
//! institution.may(&actor, UseCase::CaseView, &target)?              Grant: on what ground
//! institution.reaches(&actor, UseCase::CaseList)                    row filters for a list
//! institution.approval_propose / approval_sign / approval_reject    Approval
//! institution.approval_night(&approval, at)                         ApprovalTurn: raised, asked again, over
//! rules.sign_in.check_password / sign_in / session_use              Credential, Session
//! rules.views.show(field, value, rules.views.view(roles, field))    a masked value
//! institution.unmask(&actor, &target, &request, &earlier, ..)       UnmaskGrant
//! ```
//!
//! Every refusal has `code()` and `facts()`. Coded words in a fact stand as the glossary lists them
//! (`role.team_lead`), parted by spaces and commas; the edge says them in its language.
//!
//! Reading order: [`role`], [`use_case`], [`branch`], [`staff`], [`scope`], [`permission`],
//! [`delegation`], [`limit`], [`approval`], [`escalation`], [`sign_in`], [`mask`], [`unmask`], [`rules`].

pub mod approval;
pub mod branch;
pub mod delegation;
pub mod escalation;
pub mod limit;
pub mod mask;
pub mod permission;
pub mod role;
pub mod rules;
pub mod scope;
pub mod sign_in;
pub mod staff;
pub mod unmask;
pub mod use_case;

#[cfg(test)]
mod approval_tests;
#[cfg(test)]
mod example;
#[cfg(test)]
mod matrix_tests;
#[cfg(test)]
mod refusal_tests;

pub use approval::{Approval, ApprovalRefused, ApprovalStatus, Hand, Proposal, ProposalRefused, Signature};
pub use branch::{Branch, BranchPath, BranchRefused, branch_paths};
pub use delegation::{Delegation, DelegationRefused};
pub use escalation::ApprovalTurn;
pub use limit::{DecisionKind, Limit, Seat, SignatureSlot, Tier};
pub use mask::{PersonalDataViews, PersonalField, View};
pub use permission::{Actor, Grant, Holder, Institution, NotAllowed, WhoMay};
pub use role::{BranchLevel, Role};
pub use rules::AuthorityRules;
pub use scope::{Reach, Scope, Target};
pub use sign_in::{
    Credential, PasswordOrigin, PasswordRefused, Proof, Session, SessionRefused, SessionUse, SignInRefused, SignInRules,
};
pub use staff::{Employment, Post, PostRefused, Staff, post_give};
pub use unmask::{UnmaskGrant, UnmaskPurpose, UnmaskRefused, UnmaskRequest};
pub use use_case::UseCase;
