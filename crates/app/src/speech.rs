//! What may be said: scripts with the facts of a case in them, words checked before they are said, tactics that fit.
//!
//! What legal staff have proved of a case is read from what is recorded of its claims, never from whoever asks:
//! a suit may be spoken of once a court's receipt is on file.

use crate::case::{open_case, target};
use crate::case_night::owed;
use crate::clock::{ClockFact, RecordedFact};
use crate::desk::{Call, Desk, PAGE, People, required};
use crate::failure::{Outcome, refused};
use crate::person::{PersonFile, person_view};
use authority::{PersonalField, Target, UseCase};
use casework::case::Case;
use casework::language::{Finding, SpeechFact, check};
use casework::script::{Placeholder, Script, ScriptSituation, ScriptTopic, find};
use casework::tactic::{Circumstance, Phase, Tactic, TacticStatus};
use casework::{Channel, Purpose, Relation};
use disposal::clock::{ActKind, EnforceableKind, EvidenceKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::{CaseRow, Kept, PersonRow};
use units::Date;

/// What was found in a text, and what of the case was taken as proved (质检结果).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpeechChecked {
    pub findings: Vec<Finding>,
    pub confirmed: BTreeSet<SpeechFact>,
}

/// Checks a text for what must not be said; about a case, with what is proved of it.
pub async fn speech_check(desk: &Desk, call: &Call, text: &str, case_id: Option<&str>) -> Outcome<SpeechChecked> {
    required("text", text)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::LanguageCheck, &Target::default())?;
    let confirmed = match case_id {
        Some(case_id) => confirmed(desk, &seen_case(desk, &people, call, case_id).await?.body, call.at.day()).await?,
        None => BTreeSet::new(),
    };
    Ok(SpeechChecked { findings: check(&desk.rules.language, text, &confirmed), confirmed })
}

async fn seen_case(desk: &Desk, people: &People, call: &Call, case_id: &str) -> Outcome<Kept<CaseRow, Case>> {
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(people, call, UseCase::CaseView, &target(&kept.row))?;
    Ok(kept)
}

/// What is proved of a case's claims, so that it may be said.
async fn confirmed(desk: &Desk, case: &Case, today: Date) -> Outcome<BTreeSet<SpeechFact>> {
    let mut all = BTreeSet::new();
    for loan in &case.loans {
        let mut proved = BTreeSet::new();
        // In the order they happened: what was taken back is proved no more.
        for kept in desk.store.clock_fact_of_claim::<RecordedFact>(loan, None, PAGE).await?.rows {
            learn(&mut proved, &kept.body.fact, today);
        }
        all.extend(proved);
    }
    Ok(all)
}

fn learn(proved: &mut BTreeSet<SpeechFact>, fact: &ClockFact, today: Date) {
    match fact {
        ClockFact::Act(act) => {
            let by_court = act.evidence.contains(&EvidenceKind::CourtReceipt) && act.on <= today;
            match act.kind {
                ActKind::Suit if by_court => drop(proved.insert(SpeechFact::SuitFiled)),
                ActKind::EnforcementApplied if by_court => drop(proved.insert(SpeechFact::EnforcementApplied)),
                ActKind::SuitWithdrawn | ActKind::ProceedingsEnded => drop(proved.remove(&SpeechFact::SuitFiled)),
                ActKind::EnforcementWithdrawn | ActKind::EnforcementTerminated => {
                    proved.remove(&SpeechFact::EnforcementApplied);
                }
                ActKind::PreservationLifted => drop(proved.remove(&SpeechFact::AssetsPreserved)),
                _ => {}
            }
        }
        ClockFact::Document(document) if document.kind == EnforceableKind::Judgment && document.effective_on <= today => {
            proved.insert(SpeechFact::JudgmentInForce);
        }
        ClockFact::Preservation(order) if order.ordered_on <= today && order.until.is_none_or(|until| today <= until) => {
            proved.insert(SpeechFact::AssetsPreserved);
        }
        ClockFact::Document(_) | ClockFact::Preservation(_) | ClockFact::Obstacle(_) | ClockFact::ObstacleEnded { .. } => {}
    }
}

/// About what, to whom and how somebody is going to speak or write.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ScriptWanted {
    pub topic: ScriptTopic,
    pub person_id: String,
    pub channel: Channel,
    pub purpose: Purpose,
    /// What only the speaker knows; what the case knows is taken from the case.
    #[serde(default)]
    pub values: BTreeMap<Placeholder, String>,
}

/// A script for the case (话术), in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScriptView {
    pub rule_id: String,
    pub article: String,
    pub title_zh: String,
    pub title_en: String,
    /// With the facts in place; `None` while some are missing.
    pub zh: Option<String>,
    pub en: Option<String>,
    pub missing: Vec<Placeholder>,
    /// What must not be said in the filled text, whoever wrote the values.
    pub findings: Vec<Finding>,
}

/// The scripts that fit a case and a person, the narrowest first, filled in.
pub async fn speech_scripts(desk: &Desk, call: &Call, case_id: &str, wanted: &ScriptWanted) -> Outcome<Vec<ScriptView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ScriptView, &Target::default())?;
    let kept = seen_case(desk, &people, call, case_id).await?;
    let case = open_case(&kept)?;
    let person: Kept<PersonRow, PersonFile> = desk.load(&desk.store, "person", &wanted.person_id).await?;
    if person.row.customer_id != case.customer_id {
        return refused("E-CW-03", &[("person_id", &wanted.person_id), ("case_id", &case_id)]);
    }
    let confirmed = confirmed(desk, case, call.at.day()).await?;
    let situation = ScriptSituation {
        topic: wanted.topic,
        relation: person.body.relation,
        purpose: wanted.purpose,
        channel: wanted.channel,
        bucket: case.facts.bucket,
        debtor_type: case.facts.debtor_type,
        confirmed: confirmed.clone(),
    };
    let mut values = wanted.values.clone();
    values.extend(known(desk, &people, call, case, &person.row.person_id).await?);
    let found = find(&desk.rules.scripts, &situation);
    Ok(found.into_iter().map(|script| filled(desk, script, &values, &confirmed)).collect())
}

fn filled(desk: &Desk, script: &Script, values: &BTreeMap<Placeholder, String>, confirmed: &BTreeSet<SpeechFact>) -> ScriptView {
    let zh = script.fill(&script.zh, values).ok();
    ScriptView {
        rule_id: script.rule_id.clone(),
        article: script.article.clone(),
        title_zh: script.title_zh.clone(),
        title_en: script.title_en.clone(),
        findings: zh.as_deref().map_or_else(Vec::new, |zh| check(&desk.rules.language, zh, confirmed)),
        en: script.fill(&script.en, values).ok(),
        missing: script.placeholders.iter().copied().filter(|one| !values.contains_key(one)).collect(),
        zh,
    }
}

/// What the case, the people and the caller's own file say; names as far as the caller may see them.
async fn known(desk: &Desk, people: &People, call: &Call, case: &Case, person_id: &str) -> Outcome<BTreeMap<Placeholder, String>> {
    let speaker = people.person(&call.staff_id);
    let mut values = BTreeMap::from([
        (Placeholder::Institution, desk.open.config.institution.clone()),
        (Placeholder::StaffNumber, call.staff_id.clone()),
        (Placeholder::AmountDue, case.facts.amount_past_due.to_string()),
        (Placeholder::Balance, owed(case).to_string()),
        (Placeholder::DaysPastDue, case.facts.days_past_due.to_string()),
        (Placeholder::StatementOn, call.at.day().to_string()),
    ]);
    values.extend(speaker.map(|staff| (Placeholder::StaffName, staff.name.clone())));
    values.extend(speaker.and_then(|staff| staff.agency_id.clone()).map(|agency| (Placeholder::Agency, agency)));
    for person in person_view(desk, call, &case.customer_id).await? {
        let name = person.fields.iter().find(|shown| shown.field == PersonalField::Name).map(|shown| shown.text.clone());
        let place = match person.relation {
            Relation::Debtor => Placeholder::DebtorName,
            Relation::Guarantor if person.person_id == person_id => Placeholder::GuarantorName,
            _ => continue,
        };
        values.extend(name.map(|name| (place, name)));
    }
    Ok(values)
}

/// A tactic with its condition, and the facts it still waits for (招式).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TacticView {
    pub number: u32,
    pub rule_id: String,
    pub article: String,
    pub title_zh: String,
    pub title_en: String,
    pub status: TacticStatus,
    pub condition_zh: String,
    pub condition_en: String,
    pub missing: Vec<Circumstance>,
}

/// What may be done now, what could be, and what is never done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TacticsView {
    pub offered: Vec<TacticView>,
    pub waiting: Vec<TacticView>,
    pub counter_examples: Vec<CounterExampleView>,
}

/// What is not done, and why (反例).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CounterExampleView {
    pub number: Option<u32>,
    pub rule_id: String,
    pub article: String,
    pub title_zh: String,
    pub title_en: String,
    pub status: TacticStatus,
    pub reason_zh: String,
    pub reason_en: String,
}

/// The tactics for a case; `attested` is what the caller answers for, evidence of courts and people is read.
pub async fn speech_tactics(desk: &Desk, call: &Call, case_id: &str, attested: &BTreeSet<Circumstance>) -> Outcome<TacticsView> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ScriptView, &Target::default())?;
    let kept = seen_case(desk, &people, call, case_id).await?;
    let case = open_case(&kept)?;
    let confirmed = confirmed(desk, case, call.at.day()).await?;
    let facts = circumstances(desk, case, &confirmed, attested).await?;
    let in_suit = [SpeechFact::SuitFiled, SpeechFact::JudgmentInForce, SpeechFact::EnforcementApplied];
    let phase = match in_suit.iter().any(|fact| confirmed.contains(fact)) {
        true => Phase::Suit,
        false => Phase::PastDue(case.facts.bucket),
    };
    let (tactics, debtor_type) = (&desk.rules.tactics, case.facts.debtor_type);
    let examples = tactics.counter_examples().iter().map(|example| CounterExampleView {
        number: example.number,
        rule_id: example.rule_id.clone(),
        article: example.article.clone(),
        title_zh: example.title_zh.clone(),
        title_en: example.title_en.clone(),
        status: example.status,
        reason_zh: example.reason_zh.clone(),
        reason_en: example.reason_en.clone(),
    });
    Ok(TacticsView {
        offered: tactics.offered(debtor_type, phase, &facts).into_iter().map(|tactic| shown(tactic, Vec::new())).collect(),
        waiting: tactics.waiting(debtor_type, phase, &facts).into_iter().map(|(tactic, missing)| shown(tactic, missing)).collect(),
        counter_examples: examples.collect(),
    })
}

/// What the file proves, and what the caller attests of the rest.
async fn circumstances(
    desk: &Desk,
    case: &Case,
    confirmed: &BTreeSet<SpeechFact>,
    attested: &BTreeSet<Circumstance>,
) -> Outcome<BTreeSet<Circumstance>> {
    let page = desk.store.person_of_customer::<PersonFile>(&case.customer_id, None, PAGE).await?;
    let relations: Vec<Relation> = page.rows.iter().map(|kept| kept.body.relation).collect();
    let contacts = desk.store.contact_of_case::<crate::contact::ContactRecord>(&case.case_id, None, PAGE).await?;
    let liable = [Relation::Guarantor, Relation::JointDebtor, Relation::AuthorisedPerson];
    let is_reached = contacts.rows.iter().map(|kept| &kept.body.contact).any(|one| one.result.is_right_party() && liable.contains(&one.relation));
    let read = [
        (Circumstance::EnforcementApplied, confirmed.contains(&SpeechFact::EnforcementApplied)),
        (Circumstance::Guaranteed, relations.contains(&Relation::Guarantor)),
        (Circumstance::CompanyDebtor, relations.contains(&Relation::LegalRepresentative)),
        (Circumstance::LiablePersonReached, is_reached),
    ];
    let mut facts = attested.clone();
    for (circumstance, holds) in read {
        facts.remove(&circumstance);
        if holds {
            facts.insert(circumstance);
        }
    }
    Ok(facts)
}

fn shown(tactic: &Tactic, missing: Vec<Circumstance>) -> TacticView {
    TacticView {
        number: tactic.number,
        rule_id: tactic.rule_id.clone(),
        article: tactic.article.clone(),
        title_zh: tactic.title_zh.clone(),
        title_en: tactic.title_en.clone(),
        status: tactic.status,
        condition_zh: tactic.condition_zh.clone(),
        condition_en: tactic.condition_en.clone(),
        missing,
    }
}
