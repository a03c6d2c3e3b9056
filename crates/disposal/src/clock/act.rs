//! What may be recorded as an act, and how well it is proved.

use crate::clock::fact::{Act, ClaimFacts, EnforceableDocument, Obstacle, Preservation};
use crate::clock::rule::ClockRules;
use crate::clock::word::{ActKind, EvidenceKind, EvidenceStrength, FactKind};
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
    /// Of a fact that is no act.
    NotProved { fact: FactKind },
    NothingToEnd { obstacle_id: String },
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
            ActRefused::NotProved { .. } => "E-CK-09",
            ActRefused::NothingToEnd { .. } => "E-CK-10",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            ActRefused::AlreadyRecorded { act_id } => vec![("act_id", act_id.clone())],
            ActRefused::InTheFuture { on, business_date } => {
                vec![("on", on.to_string()), ("business_date", business_date.to_string())]
            }
            ActRefused::NobodyNamed => vec![],
            ActRefused::NotOfThisClaim { party } => vec![("party", party.clone())],
            ActRefused::EvidenceMissing { act } | ActRefused::UntilMissing { act } => {
                vec![("act", format!("act_kind.{}", act.code()))]
            }
            ActRefused::UntilNotLater { until, on } => vec![("until", until.to_string()), ("on", on.to_string())],
            ActRefused::NothingToWithdraw { on } => vec![("on", on.to_string())],
            ActRefused::NotProved { fact } => vec![("fact", format!("fact_kind.{}", fact.code()))],
            ActRefused::NothingToEnd { obstacle_id } => vec![("obstacle_id", obstacle_id.clone())],
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

/// Whether a court's order may be entered (登记保全).
pub fn preservation_check(
    facts: &ClaimFacts,
    order: &Preservation,
    evidence: &[EvidenceKind],
    business_date: Date,
) -> Result<(), ActRefused> {
    if facts.preservations.iter().any(|other| other.preservation_id == order.preservation_id) {
        return Err(ActRefused::AlreadyRecorded { act_id: order.preservation_id.clone() });
    }
    happened(order.ordered_on, business_date)?;
    proved(FactKind::Preservation, evidence)?;
    lasts(order.until, order.ordered_on)
}

/// Whether a judgment or a deed may be entered (登记生效文书).
pub fn document_check(
    facts: &ClaimFacts,
    document: &EnforceableDocument,
    evidence: &[EvidenceKind],
    business_date: Date,
) -> Result<(), ActRefused> {
    if facts.documents.iter().any(|other| other.document_id == document.document_id) {
        return Err(ActRefused::AlreadyRecorded { act_id: document.document_id.clone() });
    }
    happened(document.effective_on, business_date)?;
    if document.against.is_empty() {
        return Err(ActRefused::NobodyNamed);
    }
    of_this_claim(facts, &document.against)?;
    proved(FactKind::Document, evidence)
}

/// Whether an obstacle may be entered (登记中止事由); one that names nobody stands before everybody.
pub fn obstacle_check(
    facts: &ClaimFacts,
    obstacle: &Obstacle,
    evidence: &[EvidenceKind],
    business_date: Date,
) -> Result<(), ActRefused> {
    happened(obstacle.from, business_date)?;
    of_this_claim(facts, &obstacle.against)?;
    proved(FactKind::Obstacle, evidence)?;
    lasts(obstacle.removed_on, obstacle.from)
}

/// Whether the end of an obstacle may be entered (登记中止事由消除); `obstacle` is the one of this identity, if any lasts.
pub fn obstacle_end_check(
    obstacle: Option<&Obstacle>,
    obstacle_id: &str,
    removed_on: Date,
    evidence: &[EvidenceKind],
    business_date: Date,
) -> Result<(), ActRefused> {
    happened(removed_on, business_date)?;
    let Some(obstacle) = obstacle.filter(|obstacle| obstacle.removed_on.is_none()) else {
        return Err(ActRefused::NothingToEnd { obstacle_id: obstacle_id.to_owned() });
    };
    proved(FactKind::ObstacleEnd, evidence)?;
    lasts(Some(removed_on), obstacle.from)
}

fn happened(on: Date, business_date: Date) -> Result<(), ActRefused> {
    if on > business_date { Err(ActRefused::InTheFuture { on, business_date }) } else { Ok(()) }
}

fn proved(fact: FactKind, evidence: &[EvidenceKind]) -> Result<(), ActRefused> {
    if evidence.is_empty() { Err(ActRefused::NotProved { fact }) } else { Ok(()) }
}

fn lasts(until: Option<Date>, on: Date) -> Result<(), ActRefused> {
    match until {
        Some(until) if until <= on => Err(ActRefused::UntilNotLater { until, on }),
        _ => Ok(()),
    }
}

fn of_this_claim(facts: &ClaimFacts, parties: &[String]) -> Result<(), ActRefused> {
    match parties.iter().find(|party| !facts.names(party)) {
        Some(party) => Err(ActRefused::NotOfThisClaim { party: party.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::table::{claim, date, rules};
    use crate::clock::{ActKind, EvidenceKind};

    #[test]
    fn a_fact_is_entered_or_refused_for_the_gravest_reason() {
        let facts = claim("due 2023-11-20\nguarantee G joint\npreservation P deposit 2026-01-05\ndocument J judgment 2026-01-05 against=D");
        let (today, receipt) = (date("2026-03-02"), [EvidenceKind::CourtReceipt]);
        let (order, paper) = (&facts.preservations[0], &facts.documents[0]);
        let (order, paper) = (|id: &str| Preservation { preservation_id: id.to_owned(), ..order.clone() }, paper.clone());
        let check = |result: Result<(), ActRefused>, expect: Result<(), &str>| assert_eq!(result.map_err(|no| no.code()), expect);
        let until = |day: &str| Preservation { until: Some(date(day)), ..order("Q") };
        check(preservation_check(&facts, &order("Q"), &receipt, today), Ok(()));
        check(preservation_check(&facts, &order("P"), &[], today), Err("E-CK-01"));
        check(preservation_check(&facts, &Preservation { ordered_on: date("2026-03-03"), ..order("Q") }, &[], today), Err("E-CK-02"));
        check(preservation_check(&facts, &until("2026-01-05"), &[], today), Err("E-CK-09"));
        check(preservation_check(&facts, &until("2026-01-05"), &receipt, today), Err("E-CK-07"));
        let document = |id: &str, against: &[&str]| {
            let against = against.iter().map(|party| (*party).to_owned()).collect();
            EnforceableDocument { document_id: id.to_owned(), against, ..paper.clone() }
        };
        check(document_check(&facts, &document("K", &["D", "G"]), &receipt, today), Ok(()));
        check(document_check(&facts, &document("J", &[]), &[], today), Err("E-CK-01"));
        check(document_check(&facts, &document("K", &[]), &[], today), Err("E-CK-03"));
        check(document_check(&facts, &document("K", &["X"]), &[], today), Err("E-CK-04"));
        check(document_check(&facts, &document("K", &["D"]), &[], today), Err("E-CK-09"));
        let lasting = claim("due 2023-11-20\nobstacle force_majeure 2026-02-01").obstacles.remove(0);
        check(obstacle_check(&facts, &lasting, &receipt, today), Ok(()));
        check(obstacle_check(&facts, &lasting, &[], date("2026-01-31")), Err("E-CK-02"));
        check(obstacle_check(&facts, &lasting, &[], today), Err("E-CK-09"));
        let ended = |on: &str, obstacle| obstacle_end_check(obstacle, "O", date(on), &receipt, today);
        check(ended("2026-02-20", Some(&lasting)), Ok(()));
        check(ended("2026-02-01", Some(&lasting)), Err("E-CK-07"));
        check(ended("2026-02-20", None), Err("E-CK-10"));
        check(ended("2026-02-20", Some(&Obstacle { removed_on: Some(today), ..lasting.clone() })), Err("E-CK-10"));
    }

    #[test]
    fn an_act_is_recorded_or_refused_for_the_gravest_reason() {
        let facts = claim("due 2023-11-20\nguarantee G joint\npreservation P deposit 2026-01-05\n2026-02-02 suit D");
        let check = |text: &str, expect: Result<EvidenceStrength, ActRefused>| {
            let mut act = claim(text).acts.remove(0);
            act.act_id = "new".to_owned();
            assert_eq!(act_check(&facts, &act, &rules(), date("2026-03-02")), expect, "{text}");
        };
        check("2026-03-02 letter_delivered D", Ok(EvidenceStrength::Strong));
        check("2026-03-02 letter_delivered D delivery_receipt content_copy", Ok(EvidenceStrength::Medium));
        check("2026-03-02 letter_delivered D,G posting_receipt", Ok(EvidenceStrength::Weak));
        check("2026-03-02 preservation_renewed P", Ok(EvidenceStrength::Strong));
        check("2026-03-02 suit_withdrawn D", Ok(EvidenceStrength::Strong));
        let (on, business_date) = (date("2026-03-03"), date("2026-03-02"));
        check("2026-03-03 letter_delivered X", Err(ActRefused::InTheFuture { on, business_date }));
        check("2026-03-02 letter_delivered D,X", Err(ActRefused::NotOfThisClaim { party: "X".to_owned() }));
        check("2026-03-02 extension D", Err(ActRefused::UntilMissing { act: ActKind::Extension }));
        let until = ActRefused::UntilNotLater { until: business_date, on: business_date };
        check("2026-03-02 extension D until=2026-03-02", Err(until));
        check("2026-03-02 suit_withdrawn G", Err(ActRefused::NothingToWithdraw { on: business_date }));
        check("2026-02-01 suit_withdrawn D", Err(ActRefused::NothingToWithdraw { on: date("2026-02-01") }));
        let with = |change: &dyn Fn(&mut Act)| {
            let mut act = claim("2026-03-02 letter_delivered X").acts.remove(0);
            act.act_id = "new".to_owned();
            change(&mut act);
            act_check(&facts, &act, &rules(), business_date).unwrap_err()
        };
        // Every reason at once, taken away one after the other.
        let (id, future) = ("A0".to_owned(), date("2026-03-03"));
        let known = ActRefused::AlreadyRecorded { act_id: id.clone() };
        assert_eq!(with(&|act| (act.act_id, act.on) = (id.clone(), future)), known);
        assert_eq!(with(&|act| (act.on, act.against) = (future, vec![])), ActRefused::InTheFuture { on: future, business_date });
        assert_eq!(with(&|act| (act.against, act.evidence) = (vec![], vec![])), ActRefused::NobodyNamed);
        assert_eq!(with(&|act| act.evidence = vec![]).code(), "E-CK-04");
        let empty = |act: &mut Act| (act.against, act.kind, act.evidence) = (vec!["D".to_owned()], ActKind::Extension, vec![]);
        assert_eq!(with(&empty), ActRefused::EvidenceMissing { act: ActKind::Extension });
        assert_eq!(with(&|act| { empty(act); act.evidence = vec![EvidenceKind::WrittenAgreement]; }).code(), "E-CK-06");
    }
}
