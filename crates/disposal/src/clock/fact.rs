//! What is known of a claim: dues, who and what stands for it, court papers, and every act, appended.

use crate::clock::word::{
    ActKind, CollateralRight, EnforceableKind, EvidenceKind, GuaranteeForm, ObstacleKind, PreservationStage, PreservedAsset,
};
use serde::{Deserialize, Serialize};
use units::Date;

/// One claim with everything its clocks rest on (债权事实). Nothing is ever changed, only added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFacts {
    pub claim_id: String,
    /// The debtor and all joint debtors: an act against one counts for all (时效规定 15).
    pub debtors: Vec<String>,
    /// Due days of the instalments as first agreed; extension and acceleration are acts. Empty when
    /// payable on demand: an acceleration makes it due.
    pub due_on: Vec<Date>,
    /// Whom signals go to.
    pub owner: Option<String>,
    /// Who gets them while nobody owns the claim.
    pub branch_head: String,
    pub guarantees: Vec<Guarantee>,
    pub collateral: Vec<Collateral>,
    pub preservations: Vec<Preservation>,
    pub documents: Vec<EnforceableDocument>,
    pub obstacles: Vec<Obstacle>,
    pub acts: Vec<Act>,
}

/// A guarantor's promise (保证). Each guarantor is claimed from separately (担保解释 29).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarantee {
    pub guarantor_id: String,
    /// `None` when the contract is unclear: then it is a general one (民法典 686).
    pub form: Option<GuaranteeForm>,
    pub term: GuaranteeTerm,
    pub maximum_amount: Option<MaximumAmount>,
}

/// What the contract says of the guarantee period (保证期间的约定).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeTerm {
    /// Nothing, or something unclear such as "until all is paid" (没有约定或者约定不明).
    Silent,
    /// So many months from the due day.
    Months(u32),
    /// Up to a day; not after the due day counts as silent.
    Until(Date),
}

/// A maximum-amount guarantee (最高额保证): its period starts when all claims are fixed and due (担保解释 30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaximumAmount {
    /// When the claims it covers are fixed (债权确定日).
    pub fixed_on: Date,
    /// The last due day of all claims it covers.
    pub last_due_on: Date,
}

/// Collateral, as far as time can take it away (押品).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collateral {
    pub collateral_id: String,
    pub right: CollateralRight,
    /// The last day insured, `None` when no insurance is asked for.
    pub insured_until: Option<Date>,
    /// The last day registered, `None` when registration does not end.
    pub registered_until: Option<Date>,
    pub valued_on: Option<Date>,
}

/// A seizure or freeze ordered by a court (查封、扣押、冻结).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preservation {
    pub preservation_id: String,
    pub asset: PreservedAsset,
    pub stage: PreservationStage,
    pub ordered_on: Date,
    /// The last day as the court's notice says; never after the longest lawful term.
    pub until: Option<Date>,
}

/// What can be enforced (生效法律文书).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnforceableDocument {
    pub document_id: String,
    pub kind: EnforceableKind,
    /// The debtors and guarantors it binds.
    pub against: Vec<String>,
    pub effective_on: Date,
    /// The days to perform, one per instalment; empty when it names none.
    pub perform_by: Vec<Date>,
}

/// Something that keeps the lender from claiming (中止事由).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    pub kind: ObstacleKind,
    /// Debtors or guarantors it concerns; empty means all.
    pub against: Vec<String>,
    pub from: Date,
    /// The day it was removed; `None` while it lasts.
    pub removed_on: Option<Date>,
}

/// Something done about the claim, with its proof (权利行使记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    pub act_id: String,
    pub kind: ActKind,
    /// The day it took effect: arrival for letters and messages, submission for filings.
    pub on: Date,
    /// Against whom, by whom if a debtor acts, or which collateral or preservation.
    pub against: Vec<String>,
    /// The day an extension, consent, settlement or renewal reaches to.
    pub until: Option<Date>,
    pub evidence: Vec<EvidenceKind>,
}

impl ClaimFacts {
    /// Whom a signal goes to: the owner, else the branch head.
    pub fn signal_owner(&self) -> &str {
        self.owner.as_deref().filter(|owner| !owner.is_empty()).unwrap_or(&self.branch_head)
    }

    /// Everything an act may be against: debtors, guarantors, collateral, preservations.
    pub(super) fn names(&self, id: &str) -> bool {
        self.debtors.iter().any(|debtor| debtor == id)
            || self.guarantees.iter().any(|guarantee| guarantee.guarantor_id == id)
            || self.collateral.iter().any(|one| one.collateral_id == id)
            || self.preservations.iter().any(|one| one.preservation_id == id)
    }
}

impl Act {
    pub(super) fn is_against(&self, anybody_of: &[&str]) -> bool {
        self.against.iter().any(|party| anybody_of.contains(&party.as_str()))
    }
}
