//! Makes every refusal of casework happen and writes what a person then reads: `cases/errors/casework.txt`.
//!
//! `UPDATE_CASES=1` writes down what is said now; a reviewer reads the difference.

use crate::agency::{Agency, Agreement, AgreementClause, PlacementRequest, ViolationRecord};
use crate::case::{Case, ClosedBecause, Command, Desk, HandOverReason, NextAction, ObjectionOutcome, WriteOff, WriteOffStage, apply};
use crate::contact_gate::table::{contact, refusal as gate};
use crate::desk::{case, date, money, pack, rules, staff, today};
use crate::hardship::{AgreementForm, HardshipDesk, HardshipPlan, HardshipTerm, PlanBalance};
use crate::language::{LanguageRules, SpeechRefused, admit};
use crate::plan::{ChosenLever, HouseholdPlan, LeverCondition, PlanDesk, PlanGoal, PlanMinutes, PlanStep};
use crate::promise::{PaymentWay, PromiseDesk, PromiseDraft, make};
use crate::script::scripts;
use crate::strategy::{Approach, CaseAction};
use glossary::{refusal_entry, refusals};
use grading::Bucket;
use std::collections::{BTreeMap, BTreeSet};
use units::{Date, Money};

const TOLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/errors/casework.txt");
const GROUPS: [&str; 8] = ["E-AG-", "E-CE-", "E-CG-", "E-CS-", "E-HD-", "E-HP-", "E-LN-", "E-PR-"];

type Facts = Vec<(&'static str, String)>;

/// What was refused, by code.
#[derive(Default)]
struct Heard(BTreeMap<&'static str, Facts>);

impl Heard {
    fn keep(&mut self, code: &'static str, facts: Facts) {
        assert!(self.0.insert(code, facts).is_none(), "{code} was heard before");
    }
}

macro_rules! hear {
    ($heard:expr, $($result:expr),+ $(,)?) => {$(
        let refused = $result.err().expect(stringify!($result));
        $heard.keep(refused.code(), refused.facts());
    )+};
}

fn hear_the_gate(heard: &mut Heard) {
    let mut ask = |story: &str| {
        let refused = gate("cn-collections", story);
        heard.keep(refused.code(), refused.facts());
    };
    let three_calls = "2026-11-20T08:30 call debtor reached\n2026-11-20T10:00 call debtor reached\n\
                       2026-11-20T14:00 call guarantor reached\n";
    ask("since 2026-11-02T09:00 hardship_plan\n? 2026-11-20T10:00 call debtor collect");
    ask("2026-11-18T09:00 call debtor wrong_person point=A\n? 2026-11-20T09:00 call debtor collect point=A");
    ask("? 2026-11-20T10:00 call debtor collect source=unproven");
    ask("? 2026-11-20T10:00 visit debtor collect manner=posts_in_public");
    ask("? 2026-11-20T10:00 call contact_person collect");
    ask("2026-11-18T09:00 call debtor promised\n? 2026-11-20T09:00 call contact_person locate");
    ask("? 2026-11-20T10:00 call debtor collect manner=private_device");
    ask("? 2026-11-20T10:00 visit debtor collect people=1");
    ask("? 2026-11-20T22:00 call debtor collect");
    ask(&(three_calls.to_owned() + "? 2026-11-20T15:00 call debtor collect"));
}

fn hear_what_is_entered(heard: &mut Heard) {
    use crate::contact_gate::entry::{address_enter, ended, phone_enter};
    use crate::contact_gate::table::{moment, rules};
    use crate::contact_gate::{CircumstanceKind, DocumentKind, Hours, TimeOfDay};
    use crate::contact_gate::entry::DocumentDraft;
    use crate::{Channel, ContactResult, Relation};
    let (rules, now) = (rules("cn-collections"), moment("2026-11-20T10:00"));
    let stop = |kind, channel| rules.circumstance_enter(kind, ("debtor", Relation::Debtor), channel, &[], now);
    let spoken = contact(moment("2026-11-20T09:30"), Channel::Call, Relation::Debtor, ContactResult::Reached);
    let unheard = contact(moment("2026-11-20T09:30"), Channel::Call, Relation::Debtor, ContactResult::NoAnswer);
    let hours = |opens: &str, closes: &str| {
        Some(Hours { opens: TimeOfDay::parse(opens).unwrap(), closes: TimeOfDay::parse(closes).unwrap() })
    };
    let draft = DocumentDraft {
        document_id: "D1",
        kind: DocumentKind::AgreedHours,
        person_id: "debtor",
        relation: Relation::Debtor,
        from: None,
        until: Some(moment("2026-12-20T00:00")),
        hours: hours("21:00", "22:30"),
        contact: Some(&spoken),
        reference: "",
    };
    let permit = |draft: DocumentDraft| rules.document_enter(&draft, &[], now);
    let held = permit(draft).unwrap();
    hear!(
        heard,
        stop(CircumstanceKind::ObjectionUnderReview, None),
        permit(DocumentDraft { kind: DocumentKind::AgencyListing, ..draft }),
        stop(CircumstanceKind::CeaseRequested, None),
        permit(DocumentDraft { kind: DocumentKind::WillingToPay, hours: None, ..draft }),
        stop(CircumstanceKind::OptedOut, None),
        permit(DocumentDraft { contact: None, ..draft }),
        permit(DocumentDraft { contact: Some(&unheard), ..draft }),
        permit(DocumentDraft { hours: None, ..draft }),
        permit(DocumentDraft { hours: hours("09:00", "21:30"), ..draft }),
        permit(DocumentDraft { until: None, ..draft }),
        permit(DocumentDraft { until: Some(now), ..draft }),
        rules.document_enter(&draft, &[&held], now),
        ended(Some(moment("2026-11-19T17:00")), now),
        phone_enter("1234", &[]),
        address_enter("7 West Road", &["8 West Road", "7 West Road"]),
    );
}

/// An action that contacts by call, due on a day.
fn next(due_on: Date) -> NextAction {
    NextAction {
        action: CaseAction::Contact,
        channel: Some(crate::Channel::Call),
        script: None,
        approach: Approach::Reason,
        due_on,
        set_on: today(),
        set_by: Some("S1".to_owned()),
    }
}

fn hear_commands(heard: &mut Heard) {
    let (rules, people) =
        (rules(), staff("S1 negotiation east 10\nS2 negotiation east 10\nS3 legal east 10\nS5 negotiation east 10 left"));
    let order = |state: &Case, version: u64, command: &Command| {
        apply(state, command, &Desk { business_date: today(), by: "S9", version, staff: &people, rules: &rules })
    };
    let text = str::to_owned;
    let hand_over = |to: &str| Command::HandOver { to: text(to), because: HandOverReason::Requested };
    let borrow = |until: &str| Command::Borrow { to: text("S2"), until: date(until) };
    let agree = Command::AgreeHardshipPlan { plan_id: text("H1"), first_due_on: date("2026-12-01") };
    let object = Command::Object { objection_id: text("O1") };
    let resolve = Command::ResolveObjection { objection_id: text("O2"), outcome: ObjectionOutcome::Upheld };
    let place = Command::Place { agency_id: text("A1") };
    let complain = Command::LinkComplaint { complaint_id: text("K1") };
    let answer = Command::AnswerComplaint { complaint_id: text("K1") };
    let close = |because| Command::Close { because };
    let write_off = Command::ProposeWriteOff { approval_id: text("A-1") };
    let silent = Command::SetNextAction(NextAction { channel: None, ..next(today()) });
    let fresh = case("C1", "S1");
    // The case after commands that are carried out, then one that is not.
    let then = |before: &[&Command], last: &Command| {
        let carried_out = |state: Case, command: &&Command| order(&state, state.version, command).unwrap().0;
        let state = before.iter().fold(fresh.clone(), carried_out);
        order(&state, state.version, last)
    };
    hear!(
        heard,
        order(&fresh, 6, &place),
        then(&[&close(ClosedBecause::Mistaken)], &place),
        then(&[], &hand_over("S5")),
        then(&[], &hand_over("S1")),
        then(&[], &hand_over("S3")),
        then(&[&borrow("2026-11-25")], &place),
        then(&[&place], &hand_over("S2")),
        then(&[], &Command::Return),
        then(&[], &Command::Recall { to: text("S2") }),
        then(&[], &borrow("2026-11-19")),
        then(&[], &Command::SetNextAction(next(date("2026-12-21")))),
        then(&[&object], &place),
        then(&[], &silent),
        then(&[&agree], &agree),
        then(&[&object], &object),
        then(&[&object], &resolve),
        then(&[&complain], &complain),
        then(&[], &answer),
        then(&[], &close(ClosedBecause::Cured)),
        then(&[&write_off], &write_off),
        then(&[&write_off], &Command::DropWriteOff { approval_id: text("A-2") }),
    );
}

fn hear_promises(heard: &mut Heard) {
    let rules = rules().promise;
    let draft = |pay_on: &str, amount: &str| PromiseDraft {
        promise_id: "P1".to_owned(),
        case_id: "C1".to_owned(),
        customer_id: "U1".to_owned(),
        contact_id: None,
        staff_id: "S1".to_owned(),
        pay_on: Some(date(pay_on)),
        way: Some(PaymentWay::App),
        amount: Some(money(amount)),
    };
    let whole = || draft("2026-11-24", "4,000");
    let desk = PromiseDesk { business_date: today(), owed: money("5,000"), promises: &[] };
    let known = [make(&draft("2026-11-25", "1,000"), &desk, &rules).unwrap()];
    let promise = |draft: PromiseDraft| make(&draft, &PromiseDesk { promises: &known, ..desk }, &rules);
    hear!(
        heard,
        promise(PromiseDraft { pay_on: None, ..whole() }),
        promise(PromiseDraft { way: None, ..whole() }),
        promise(PromiseDraft { amount: None, ..whole() }),
        promise(draft("2026-11-24", "0")),
        promise(draft("2026-11-19", "4,000")),
        promise(draft("2026-12-21", "4,000")),
        promise(draft("2026-11-25", "4,000")),
        promise(draft("2026-11-24", "4,000.01")),
    );
}

fn hear_hardship_plans(heard: &mut Heard) {
    let rules = rules().hardship;
    let plan = HardshipPlan {
        plan_id: "H1".to_owned(),
        case_id: "C1".to_owned(),
        customer_id: "U1".to_owned(),
        signed_on: today(),
        form: AgreementForm::Written,
        recording_id: None,
        balance: PlanBalance { principal: money("1,200"), ..PlanBalance::default() },
        instalments: (1..=12).map(|month| (today().add_months(month), money("100"))).collect(),
        terms: HardshipTerm::ALL.to_vec(),
    };
    let sign = |in_force, change: &dyn Fn(&mut HardshipPlan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        rules.check(&plan, &HardshipDesk { business_date: today(), owed: money("1,200"), in_force })
    };
    hear!(
        heard,
        sign(Some("H0"), &|_| {}),
        sign(None, &|plan| plan.terms.retain(|&term| term != HardshipTerm::NoNewCards)),
        sign(None, &|plan| plan.form = AgreementForm::Oral),
        sign(None, &|plan| plan.instalments.clear()),
        sign(None, &|plan| plan.instalments[3].1 = Money::ZERO),
        sign(None, &|plan| plan.instalments[3].0 = plan.instalments[2].0),
        sign(None, &|plan| plan.instalments[0].0 = today().previous()),
        sign(None, &|plan| plan.instalments[11].0 = today().add_months(61)),
        sign(None, &|plan| plan.balance.principal = money("1,000")),
        sign(None, &|plan| plan.instalments[0].1 = money("1")),
    );
}

fn hear_household_plans(heard: &mut Heard) {
    let rules = rules();
    let lever = |lever_id: &str| ChosenLever {
        lever_id: lever_id.to_owned(),
        expected_recovery: money("6,000"),
        cost: money("0"),
        days: 180,
        probability_ppm: 600_000,
        attested: LeverCondition::ALL.to_vec(),
    };
    let step = PlanStep { what: "visit".to_owned(), staff_id: "S1".to_owned(), due_on: today() + 3, done_on: None };
    let plan = HouseholdPlan {
        plan_id: "P1".to_owned(),
        customers: vec!["U1".to_owned()],
        version: 1,
        made_on: today(),
        owner: "S1".to_owned(),
        goal: PlanGoal::Recover,
        levers: vec![lever("lever.instalments"), lever("lever.suit")],
        steps: vec![step],
        minutes: vec![PlanMinutes { held_on: today(), present: vec!["S1".to_owned()], text: "agreed".to_owned() }],
        review_on: today() + 30,
    };
    let submit = |current: Option<&HouseholdPlan>, change: &dyn Fn(&mut HouseholdPlan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        plan.check(&PlanDesk { business_date: today(), owed: money("10,000"), current }, &rules)
    };
    let limitation = LeverCondition::LimitationRuns;
    hear!(
        heard,
        submit(Some(&plan), &|_| {}),
        submit(None, &|plan| plan.levers.clear()),
        submit(None, &|plan| plan.levers[0].lever_id = "lever.blacklist".to_owned()),
        submit(None, &|plan| plan.levers[1] = plan.levers[0].clone()),
        submit(None, &|plan| plan.levers[1].attested.retain(|&attested| attested != limitation)),
        submit(None, &|plan| plan.levers[1].probability_ppm = 1_000_001),
        submit(None, &|plan| plan.levers[1].cost = money("-1")),
        submit(None, &|plan| plan.levers[1].expected_recovery = money("10,000.01")),
        submit(None, &|plan| plan.steps.clear()),
        submit(None, &|plan| plan.steps[0].due_on = today() - 1),
        submit(None, &|plan| plan.review_on = today()),
        submit(None, &|plan| plan.review_on = today() + 91),
        submit(Some(&plan), &|plan| (plan.version, plan.goal) = (2, PlanGoal::Litigate)),
    );
}

type Placing = (Agency, Case, PlacementRequest);

fn hear_placements(heard: &mut Heard) {
    let rules = rules();
    let agreement = Agreement {
        from: date("2026-01-01"),
        until: date("2026-12-31"),
        clauses: AgreementClause::ALL.to_vec(),
    };
    let agency = Agency {
        agency_id: "A1".to_owned(),
        whitelisted_on: Some(date("2026-01-01")),
        agreement: Some(agreement),
        impact_assessed_on: Some(date("2025-12-15")),
        last_reviewed_on: None,
        record: ViolationRecord::Clean,
    };
    let mut late = case("C1", "S1");
    late.facts.bucket = Bucket::M4;
    let desk = Desk { business_date: today(), by: "S9", version: late.version, staff: &[], rules: &rules };
    let (placed, _) = apply(&late, &Command::Place { agency_id: "A2".to_owned() }, &desk).unwrap();
    let request = PlacementRequest {
        placement_id: "W1".to_owned(),
        until: date("2026-12-31"),
        told_on: Some(date("2026-11-10")),
    };
    let place = |change: &dyn Fn(&mut Placing)| {
        let mut placing = (agency.clone(), late.clone(), request.clone());
        change(&mut placing);
        rules.agency.place(&placing.2, &placing.0, &placing.1, today())
    };
    let no_sub_delegation = AgreementClause::NoSubDelegation;
    hear!(
        heard,
        place(&|(agency, ..)| agency.record = ViolationRecord::Recorded),
        place(&|(agency, ..)| agency.whitelisted_on = None),
        place(&|(agency, ..)| agency.agreement = None),
        place(&|(agency, ..)| {
            agency.agreement.as_mut().unwrap().clauses.retain(|&clause| clause != no_sub_delegation)
        }),
        place(&|(agency, ..)| agency.impact_assessed_on = None),
        place(&|(agency, ..)| agency.last_reviewed_on = Some(date("2025-11-19"))),
        place(&|(_, case, _)| *case = placed.clone()),
        place(&|(_, case, _)| case.hardship_plan = Some("H1".to_owned())),
        place(&|(_, case, _)| case.facts.bucket = Bucket::M3),
        place(&|(.., request)| request.told_on = None),
        place(&|(.., request)| request.until = date("2027-01-01")),
        place(&|(_, case, _)| {
            case.write_off = Some(WriteOff {
                approval_id: "A-C1".to_owned(),
                stage: WriteOffStage::Proposed,
                since: today(),
                loans: case.loans.clone(),
            })
        }),
    );
}

fn hear_speech(heard: &mut Heard) {
    let pack = pack();
    let rules = LanguageRules::compile(&pack.on(today())).unwrap();
    let speak = |category: &str| -> Result<(), SpeechRefused> {
        let mut sentences = include_str!("../../../cases/language/tune.tsv").lines();
        let line = sentences.find(|line| line.starts_with(&format!("{category}\t"))).expect(category);
        admit(&rules, line.rsplit('\t').next().unwrap(), &BTreeSet::new()).map(|_| ())
    };
    let library = scripts(&pack.on(today())).unwrap();
    let script = library.iter().find(|script| !script.placeholders.is_empty()).unwrap();
    hear!(heard, speak("threat"), speak("insult"), script.fill(&script.zh, &BTreeMap::new()));
}

#[test]
fn every_refusal_happens_and_says_what_to_do() {
    let mut heard = Heard::default();
    hear_the_gate(&mut heard);
    hear_what_is_entered(&mut heard);
    hear_commands(&mut heard);
    hear_promises(&mut heard);
    hear_hardship_plans(&mut heard);
    hear_household_plans(&mut heard);
    hear_placements(&mut heard);
    hear_speech(&mut heard);
    let ours = |code: &&str| GROUPS.iter().any(|group| code.starts_with(group));
    let known: Vec<&str> = refusals().map(|refusal| refusal.code.as_str()).filter(ours).collect();
    assert_eq!(heard.0.keys().copied().collect::<Vec<_>>(), known);
    let mut text = "# \u{50ac}\u{6536}\u{4f5c}\u{4e1a}\u{7684}\u{62d2}\u{7edd} / refusals of casework: what a person reads\n".to_owned();
    for (code, facts) in &heard.0 {
        text += &format!("\n{}", refusal_entry(code, "", facts));
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(TOLD, &text).expect("cases/ can be written");
    }
    let written = std::fs::read_to_string(TOLD).expect("cases/errors/casework.txt");
    for (now, before) in text.lines().zip(written.lines()) {
        assert_eq!(now, before, "UPDATE_CASES=1 writes it anew");
    }
    assert_eq!(text.lines().count(), written.lines().count());
}
