//! Every clock of a claim on one day: how long it runs, why, and what would stop it.

use crate::clock::collateral::{MainClaim, collateral_clocks, preservation, preservation_suit};
use crate::clock::docket::{Docket, Noted};
use crate::clock::fact::{ClaimFacts, EnforceableDocument};
use crate::clock::guarantee::{adjudged, guarantee_clocks};
use crate::clock::rule::ClockRules;
use crate::clock::walk::{End, Walk};
use crate::clock::word::{
    ActEffect, ActKind, ClockGround, ClockKind, ClockStatus, EnforceableKind, EvidenceKind, EvidenceStrength, Nature,
    PreservationStage, SignalLevel,
};
use serde::{Deserialize, Serialize};
use units::{Calendar, Date, Roll};

/// One clock of a claim on one day (时限状态).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    pub claim_id: String,
    pub kind: ClockKind,
    /// The claim, guarantor, document, collateral or preservation it is about; of enforcement the document,
    /// against a guarantor the guarantor.
    pub subject: String,
    /// The day it counts from, itself not counted.
    pub started_on: Date,
    /// The last day the right can be used; `None` while it is preserved or suspended, and once it has ended.
    pub last_day: Option<Date>,
    /// The last working day on which the act can be done in time.
    pub act_by: Option<Date>,
    /// Whole days from the business date to the last day; negative once it has passed.
    pub days_left: Option<i32>,
    pub status: ClockStatus,
    /// The gravest rung reached; of a lapsed clock, how grave the loss is.
    pub level: Option<SignalLevel>,
    /// The facts in the order they happened, each with its rule.
    pub because: Vec<Because>,
    /// What would interrupt, renew or revive it.
    pub next: Vec<NextAct>,
}

impl ClockState {
    /// The same clock once the claim was paid or what it was about is gone: why it ran stays, nothing is to be done.
    pub fn ended(&self) -> ClockState {
        ClockState { last_day: None, act_by: None, days_left: None, status: ClockStatus::Ended, level: None, next: Vec::new(), ..self.clone() }
    }
}

/// A fact and the article that reads it (依据).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub ground: ClockGround,
    pub on: Date,
    /// Id of the rule in the pack, stable between its versions.
    pub rule: String,
    pub article: String,
    pub act: Option<JudgedAct>,
}

/// What became of an act (权利行使认定).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedAct {
    pub act_id: String,
    pub kind: ActKind,
    pub strength: EvidenceStrength,
    pub effect: ActEffect,
}

/// An act that would help, and the evidence it needs: alternatives, each complete, the strongest first (可采取的行动).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAct {
    pub kind: ActKind,
    pub evidence: Vec<Vec<EvidenceKind>>,
    pub article: String,
}

/// A clock as reckoned, before it is put into words.
pub(super) struct Course<'a> {
    pub kind: ClockKind,
    pub subject: &'a str,
    pub started_on: Date,
    pub end: End,
    pub because: Vec<Noted<'a>>,
}

/// Every clock of a claim, known on `business_date` (时限一览): the claim's own, each guarantor's, each
/// document's, each collateral's, each preservation's.
pub fn clocks(facts: &ClaimFacts, rules: &ClockRules, calendar: &Calendar, business_date: Date) -> Vec<ClockState> {
    let docket = Docket::new(facts, rules, calendar, business_date);
    courses(&docket).iter().map(|course| state(&docket, course)).collect()
}

pub(super) fn courses<'a>(docket: &'a Docket<'a>) -> Vec<Course<'a>> {
    let mut courses = Vec::new();
    let mut main = limitation(docket, &mut courses);
    for guarantee in &docket.facts.guarantees {
        guarantee_clocks(docket, guarantee, &mut courses);
    }
    for document in docket.facts.documents.iter().filter(|document| document.effective_on <= docket.business_date) {
        enforcement(docket, document, &mut main, &mut courses);
    }
    for collateral in &docket.facts.collateral {
        collateral_clocks(docket, collateral, main.as_ref(), &mut courses);
    }
    let ordered = docket.facts.preservations.iter().filter(|measure| measure.ordered_on <= docket.business_date);
    for measure in ordered {
        let Some(term) = preservation(docket, measure) else { continue };
        courses.push(term);
        if measure.stage == PreservationStage::BeforeSuit {
            courses.push(preservation_suit(docket, measure));
        }
    }
    courses
}

/// Limitation of the claim (民法典 188–195): from the last instalment's due day (189), on demand from the
/// acceleration; a judgment takes its place. None while nothing is due and nothing says when.
fn limitation<'a>(docket: &'a Docket<'a>, courses: &mut Vec<Course<'a>>) -> Option<MainClaim> {
    let debtors = docket.debtors();
    let due_on = docket.facts.due_on.iter().copied().max().or_else(|| {
        let mut acts = docket.acts_on(ClockKind::Limitation, &debtors);
        acts.find(|judged| judged.act.kind == ActKind::Acceleration).map(|judged| judged.act.on)
    })?;
    let mut walk = Walk::through(docket, ClockKind::Limitation, (ClockGround::LastDue, due_on), &debtors);
    let mut end = walk.end();
    if let Some(adjudged) = adjudged(docket, &debtors) {
        walk.because.push(adjudged);
        end = End::Held;
    }
    let main = MainClaim { started_on: walk.started_on, end, first_lapse: walk.first_lapse };
    courses.push(Course {
        kind: ClockKind::Limitation,
        subject: &docket.facts.claim_id,
        started_on: walk.started_on,
        end,
        because: walk.because,
    });
    Some(main)
}

/// Enforcement (民诉法 250): against the debtors together, against each guarantor apart. That of a judgment against a
/// debtor becomes the main claim's period.
fn enforcement<'a>(
    docket: &'a Docket<'a>,
    document: &'a EnforceableDocument,
    main: &mut Option<MainClaim>,
    courses: &mut Vec<Course<'a>>,
) {
    let is_bound = |party: &&str| document.against.iter().any(|bound| bound == party);
    let debtors: Vec<&str> = docket.debtors().into_iter().filter(is_bound).collect();
    let guarantors = docket.facts.guarantees.iter().map(|guarantee| guarantee.guarantor_id.as_str()).filter(is_bound);
    for start in enforcement_starts(document) {
        let mut enforce = |subject, parties: &[&'a str]| {
            let mut walk = Walk::through(docket, ClockKind::Enforcement, start, parties);
            let (end, started_on) = (walk.end(), walk.started_on);
            // Instalments that one act has restarted end together: they are one clock from there.
            let is_same = |other: &Course| (other.kind, other.subject, other.end) == (ClockKind::Enforcement, subject, end);
            if !courses.iter().any(is_same) {
                courses.push(Course { kind: ClockKind::Enforcement, subject, started_on, end, because: walk.because });
            }
            (end, started_on)
        };
        if !debtors.is_empty() {
            let (end, started_on) = enforce(&document.document_id, &debtors);
            if document.kind == EnforceableKind::Judgment {
                let first_lapse = main.as_ref().and_then(|main| main.first_lapse);
                *main = Some(MainClaim { started_on, end, first_lapse });
            }
        }
        for guarantor in guarantors.clone() {
            enforce(guarantor, &[guarantor]);
        }
    }
}

/// From the last day to perform, of a notarised deed for each instalment (公证债权文书规定 9); when no day is named,
/// from effect.
fn enforcement_starts(document: &EnforceableDocument) -> Vec<(ClockGround, Date)> {
    let due = |&on: &Date| (ClockGround::PerformanceDue, on);
    match document.kind {
        _ if document.perform_by.is_empty() => vec![(ClockGround::DocumentEffective, document.effective_on)],
        EnforceableKind::NotarisedDeed => document.perform_by.iter().map(due).collect(),
        EnforceableKind::Judgment => document.perform_by.iter().max().map(due).into_iter().collect(),
    }
}

impl Course<'_> {
    pub(super) fn days_left(&self, business_date: Date) -> Option<i32> {
        match self.end {
            End::On(last) => Some(last - business_date),
            End::Held | End::Suspended => None,
        }
    }

    /// The last working day on which the act can be done, filed as early as the rule asks.
    pub(super) fn act_by(&self, docket: &Docket) -> Option<Date> {
        let (_, period) = docket.rules.period(self.kind);
        match self.end {
            End::On(last) => Some(docket.calendar.roll(last - period.file_days_before, Roll::Preceding)),
            End::Held | End::Suspended => None,
        }
    }

    fn status(&self, docket: &Docket) -> (ClockStatus, Option<SignalLevel>) {
        let (_, period) = docket.rules.period(self.kind);
        let days_left = match self.end {
            End::Held => return (ClockStatus::Preserved, None),
            End::Suspended => return (ClockStatus::Suspended, None),
            End::On(last) => last - docket.business_date,
        };
        if days_left < 0 {
            return (ClockStatus::Lapsed, Some(period.lapsed));
        }
        let reached = period.ladder.iter().rev().find(|rung| days_left <= rung.days_left);
        reached.map_or((ClockStatus::Running, None), |rung| (ClockStatus::Expiring, Some(rung.level)))
    }
}

fn state(docket: &Docket, course: &Course) -> ClockState {
    let (status, level) = course.status(docket);
    ClockState {
        claim_id: docket.facts.claim_id.clone(),
        kind: course.kind,
        subject: course.subject.to_owned(),
        started_on: course.started_on,
        last_day: course.days_left(docket.business_date).map(|days| docket.business_date + days),
        act_by: course.act_by(docket),
        days_left: course.days_left(docket.business_date),
        status,
        level,
        because: course.because.iter().map(|noted| because(docket.rules, noted)).collect(),
        next: next(docket.rules, course.kind, status),
    }
}

fn because(rules: &ClockRules, noted: &Noted) -> Because {
    let (rule, article) = rules.text(noted.rule);
    let act = noted.act.map(|(judged, effect)| JudgedAct {
        act_id: judged.act.act_id.clone(),
        kind: judged.act.kind,
        strength: judged.strength,
        effect,
    });
    Because { ground: noted.ground, on: noted.on, rule: rule.to_owned(), article: article.to_owned(), act }
}

/// Acts in the lender's favour that work on the clock; of a lapsed one only those that revive it, or renew
/// what can be had again.
fn next(rules: &ClockRules, kind: ClockKind, status: ClockStatus) -> Vec<NextAct> {
    let helps = |act: &ActKind| {
        let (_, rule) = rules.act(*act);
        let can_be_had_again = matches!(kind, ClockKind::Insurance | ClockKind::Registration | ClockKind::Revaluation);
        let revives = kind == ClockKind::Limitation && !rule.revives.is_empty();
        !act.is_adverse()
            && rule.works_on.contains(&kind)
            && (status != ClockStatus::Lapsed || can_be_had_again || revives)
    };
    let asked = ActKind::ALL.iter().filter(|_| status != ClockStatus::Preserved);
    asked
        .filter(|act| helps(act))
        .map(|&act| {
            let (reference, rule) = rules.act(act);
            let evidence = match status {
                ClockStatus::Lapsed if act.nature() != Nature::Renews => rule.revives.clone(),
                _ => rule.strong.iter().chain(&rule.medium).cloned().collect(),
            };
            NextAct { kind: act, evidence, article: rules.text(reference).1.to_owned() }
        })
        .collect()
}
