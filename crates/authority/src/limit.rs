//! What a post may decide: kind of decision, amount, whose signatures.

use crate::role::{BranchLevel, Role};
use crate::use_case::UseCase;
use policy::read;
use serde::{Deserialize, Serialize};
use std::fmt;
use units::{Money, coded};

coded! {
    /// What is decided by maker and checker (审批事项).
    DecisionKind {
        /// A plan per household (一户一策).
        HouseholdPlan = "household_plan",
        /// A plan that stops collection (协商分期).
        HardshipPlan = "hardship_plan",
        Waiver = "waiver",
        Extension = "extension",
        Settlement = "settlement",
        WriteOffProposal = "write_off_proposal",
        AgencyPlacement = "agency_placement",
        CaseClosure = "case_closure",
        /// More personal data in full than the pace allows.
        Unmask = "unmask",
    }
}

units::serde_by_code!(DecisionKind);

impl DecisionKind {
    /// The right to propose it.
    pub const fn propose(self) -> UseCase {
        match self {
            DecisionKind::HouseholdPlan => UseCase::PlanRecord,
            DecisionKind::HardshipPlan => UseCase::HardshipPropose,
            DecisionKind::Waiver => UseCase::WaiverPropose,
            DecisionKind::Extension => UseCase::ExtensionPropose,
            DecisionKind::Settlement => UseCase::SettlementPropose,
            DecisionKind::WriteOffProposal => UseCase::WriteOffPropose,
            DecisionKind::AgencyPlacement => UseCase::AgencyPlace,
            DecisionKind::CaseClosure => UseCase::CaseClose,
            DecisionKind::Unmask => UseCase::PersonUnmask,
        }
    }

    /// The right to approve or reject it.
    pub const fn decide(self) -> UseCase {
        match self {
            DecisionKind::HouseholdPlan => UseCase::PlanApprove,
            DecisionKind::HardshipPlan => UseCase::HardshipApprove,
            _ => UseCase::ApprovalDecide,
        }
    }
}

/// A post that may sign (可签岗位): `branch_head`, or `branch_head@branch` for a branch of at least
/// that level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub role: Role,
    pub at_least: BranchLevel,
}

impl Seat {
    pub fn parse(text: &str) -> Option<Seat> {
        let (role, level) = match text.split_once('@') {
            Some((role, level)) => (role, BranchLevel::from_code(level)?),
            None => (text, BranchLevel::SubBranch),
        };
        Some(Seat { role: Role::from_code(role)?, at_least: level })
    }

    /// Whether a post of this role at a branch of this level may sit here.
    pub fn admits(&self, role: Role, level: BranchLevel) -> bool {
        self.role == role && level >= self.at_least
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role.code())?;
        if self.at_least > BranchLevel::SubBranch { write!(f, "@{}", self.at_least.code()) } else { Ok(()) }
    }
}

impl Serialize for Seat {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seat {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Seat, D::Error> {
        let text = String::deserialize(from)?;
        let unknown = || serde::de::Error::custom(format!("{text:?} is no post: a role, or role@level"));
        Seat::parse(&text).ok_or_else(unknown)
    }
}

/// One signature asked for (签批席位): any of these posts.
pub type SignatureSlot = Vec<Seat>;

/// Up to what amount whose signatures suffice (审批档).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// `None` in the last tier: any amount.
    pub up_to: Option<Money>,
    pub signatures: Vec<SignatureSlot>,
}

/// The authority over one kind of decision (审批权限), a rule of kind `authority_limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub rule_id: String,
    pub decision: DecisionKind,
    /// Days from the proposal in which it must be decided and carried out.
    pub valid_days: u32,
    /// Days after which whoever was asked and has not signed is passed over.
    pub sign_within_days: u32,
    pub tiers: Vec<Tier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitText {
    decision: DecisionKind,
    valid_days: u32,
    sign_within_days: u32,
    tiers: Vec<TierText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierText {
    #[serde(default, deserialize_with = "some_money")]
    up_to: Option<Money>,
    signatures: Vec<SignatureSlot>,
}

fn some_money<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
    read::money(from).map(Some)
}

/// The most signatures one decision asks for; more would never be collected.
const MOST_SIGNATURES: usize = 5;

impl Limit {
    /// `Err` says what is wrong with the rule.
    pub(crate) fn checked(rule_id: &str, text: LimitText) -> Result<Limit, &'static str> {
        let tiers: Vec<Tier> =
            text.tiers.iter().map(|tier| Tier { up_to: tier.up_to, signatures: tier.signatures.clone() }).collect();
        let Some((last, before)) = tiers.split_last() else { return Err("it has no tier") };
        let bounds: Vec<Money> = before.iter().filter_map(|tier| tier.up_to).collect();
        let fits = |tier: &Tier| (1..=MOST_SIGNATURES).contains(&tier.signatures.len());
        match () {
            () if last.up_to.is_some() => Err("its last tier has an amount, so larger ones are nobody's"),
            () if bounds.len() < before.len() => Err("a tier before the last has no amount"),
            () if !bounds.is_sorted_by(|one, two| one < two) => Err("its amounts do not ascend"),
            () if text.valid_days == 0 => Err("it is valid for no day"),
            () if !(1..=text.valid_days).contains(&text.sign_within_days) => {
                Err("it is to be signed within no day, or after its last")
            }
            () if !tiers.iter().all(fits) => Err("a tier asks for no signature, or for more than five"),
            () if tiers.iter().flat_map(|tier| &tier.signatures).any(Vec::is_empty) => {
                Err("nobody may give a signature")
            }
            () => {
                let LimitText { decision, valid_days, sign_within_days, .. } = text;
                Ok(Limit { rule_id: rule_id.to_owned(), decision, valid_days, sign_within_days, tiers })
            }
        }
    }

    /// The first tier that an amount fits into.
    pub(crate) fn tier_of(&self, amount: Money) -> usize {
        let fits = |tier: &Tier| tier.up_to.is_none_or(|most| amount <= most);
        self.tiers.iter().position(fits).expect("the last tier fits any amount")
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.tiers.iter().flat_map(|tier| &tier.signatures).flatten()
    }
}

/// Which slot each signer fills, so that as many slots as possible are filled, one signer to a slot
/// (席位匹配); `fits(signer, slot)`. `None` for signers left over.
///
/// Signers come in the order they signed, and a later one never unseats an earlier one altogether:
/// an augmenting path only moves them.
pub(crate) fn seating(signers: usize, slots: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    fn seat(
        signer: usize,
        taken: &mut [Option<usize>],
        tried: &mut [bool],
        fits: &impl Fn(usize, usize) -> bool,
    ) -> bool {
        for slot in 0..taken.len() {
            if tried[slot] || !fits(signer, slot) {
                continue;
            }
            tried[slot] = true;
            if taken[slot].is_none_or(|other| seat(other, taken, tried, fits)) {
                taken[slot] = Some(signer);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; slots];
    for signer in 0..signers {
        seat(signer, &mut taken, &mut vec![false; slots], &fits);
    }
    let slot_of = |signer| taken.iter().position(|&by| by == Some(signer));
    (0..signers).map(slot_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_a_role_at_a_branch_of_a_level() {
        let check = |text: &str, role: Role, level: BranchLevel, expect: bool| {
            let seat = Seat::parse(text).unwrap();
            assert_eq!(seat.admits(role, level), expect, "{text} {role:?} {level:?}");
            assert_eq!(seat.to_string(), text);
        };
        check("branch_head", Role::BranchHead, BranchLevel::SubBranch, true);
        check("branch_head@branch", Role::BranchHead, BranchLevel::SubBranch, false);
        check("branch_head@branch", Role::BranchHead, BranchLevel::HeadOffice, true);
        check("branch_head@branch", Role::TeamLead, BranchLevel::HeadOffice, false);
        assert_eq!(Seat::parse("branch_head@moon"), None);
        assert_eq!(Seat::parse("head"), None);
    }

    #[test]
    fn signers_are_seated_so_that_most_slots_are_filled() {
        // A letter per signer and slot it fits: "01 0" is one signer for slots 0 or 1, one for slot 0.
        let check = |text: &str, slots: usize, expect: &[Option<usize>]| {
            let signers: Vec<&str> = text.split(' ').collect();
            let fits = |signer: usize, slot: usize| signers[signer].contains(&slot.to_string());
            assert_eq!(seating(signers.len(), slots, fits), expect, "{text}");
        };
        check("01 0", 2, &[Some(1), Some(0)]);
        check("01 12 0", 3, &[Some(1), Some(2), Some(0)]);
        check("0 0", 2, &[Some(0), None]);
        check("- 1", 2, &[None, Some(1)]);
    }

    #[test]
    fn a_limit_covers_every_amount_or_says_why_not() {
        let check = |params: &str, expect: &str| {
            let (days, params) = params.split_once(" days ").unwrap_or(("2", params));
            let text = format!("decision = \"waiver\"\nvalid_days = 5\nsign_within_days = {days}\ntiers = [{params}]");
            let told = match toml::from_str::<LimitText>(&text) {
                Err(error) => error.message().to_owned(),
                Ok(text) => match Limit::checked("r", text) {
                    Err(what) => what.to_owned(),
                    Ok(limit) => {
                        [0, 10_000, 10_001].map(|fen| limit.tier_of(Money::from_fen(fen)).to_string()).join(" ")
                    }
                },
            };
            assert!(told.starts_with(expect), "{params}: {told}");
        };
        let any = r#"{ signatures = [["branch_head"]] }"#;
        let small = r#"{ up_to = "100.00", signatures = [["team_lead"]] }"#;
        check(&format!("{small}, {any}"), "0 0 1");
        check(any, "0 0 0");
        check(&format!("5 days {any}"), "0 0 0");
        check(&format!("0 days {any}"), "it is to be signed within no day");
        check(&format!("6 days {any}"), "it is to be signed within no day, or after its last");
        check("", "it has no tier");
        check(small, "its last tier has an amount");
        check(&format!("{any}, {any}"), "a tier before the last has no amount");
        check(&format!("{small}, {small}, {any}"), "its amounts do not ascend");
        check("{ signatures = [] }", "a tier asks for no signature");
        check("{ signatures = [[]] }", "nobody may give");
        check(r#"{ signatures = [["boss"]] }"#, "\"boss\" is no post");
        check(r#"{ up_to = "x", signatures = [] }"#, "\"x\": not an amount");
    }
}
