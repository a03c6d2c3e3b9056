//! What may be recorded as an act, and how well it is proved.

use crate::clock::fact::{Act, ClaimFacts};
use crate::clock::rule::ClockRules;
use crate::clock::word::{ActKind, EvidenceStrength};
use units::Date;

/// Why an act is not recorded, in order of precedence (拒绝登记原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActRefused {
    AlreadyRecorded { act_id: String },
    InTheFuture { on: Date, business_date: Date },
    NobodyNamed,
    NotOfThisClaim { party: String },
    EvidenceMissing { act: ActKind },
    UntilMissing { act: ActKind },
    UntilNotLater { until: Date, on: Date },
    NothingToWithdraw { on: Date },
}

impl ActRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            ActRefused::AlreadyRecorded { .. } => "E-CK-01",
            ActRefused::InTheFuture { .. } => "E-CK-02",
            ActRefused::NobodyNamed => "E-CK-03",
            ActRefused::NotOfThisClaim { .. } => "E-CK-04",
            ActRefused::EvidenceMissing { .. } => "E-CK-05",
            ActRefused::UntilMissing { .. } => "E-CK-06",
            ActRefused::UntilNotLater { .. } => "E-CK-07",
            ActRefused::NothingToWithdraw { .. } => "E-CK-08",
        }
    }
}

/// Whether an act may be appended to the claim (登记权利行使), and how strong its proof is. A weak one is
/// recorded too: it happened, though it moves no clock.
pub fn act_check(
    facts: &ClaimFacts,
    act: &Act,
    rules: &ClockRules,
    business_date: Date,
) -> Result<EvidenceStrength, ActRefused> {
    if facts.acts.iter().any(|other| other.act_id == act.act_id) {
        return Err(ActRefused::AlreadyRecorded { act_id: act.act_id.clone() });
    }
    if act.on > business_date {
        return Err(ActRefused::InTheFuture { on: act.on, business_date });
    }
    if act.against.is_empty() {
        return Err(ActRefused::NobodyNamed);
    }
    if let Some(party) = act.against.iter().find(|party| !facts.names(party)) {
        return Err(ActRefused::NotOfThisClaim { party: party.clone() });
    }
    if act.evidence.is_empty() {
        return Err(ActRefused::EvidenceMissing { act: act.kind });
    }
    match act.until {
        None if act.kind.needs_until() => return Err(ActRefused::UntilMissing { act: act.kind }),
        Some(until) if until <= act.on => return Err(ActRefused::UntilNotLater { until, on: act.on }),
        _ => {}
    }
    let parties: Vec<&str> = act.against.iter().map(String::as_str).collect();
    let was_sued = |other: &Act| other.kind == ActKind::Suit && other.on <= act.on && other.is_against(&parties);
    if act.kind == ActKind::SuitWithdrawn && !facts.acts.iter().any(was_sued) {
        return Err(ActRefused::NothingToWithdraw { on: act.on });
    }
    Ok(rules.act(act.kind).1.strength(&act.evidence))
}
