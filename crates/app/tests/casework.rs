//! The use cases of casework, each once through, with the refusals that matter.

#[path = "casework/decisions.rs"]
mod decisions;

#[path = "casework/clocks.rs"]
mod clocks;

#[path = "casework/contacts.rs"]
mod contacts;

#[path = "casework/contact_file.rs"]
mod contact_file;

#[path = "casework/month.rs"]
mod month;

use app::agency::{AgencyWanted, agency_list, agency_place, agency_placements, agency_recall, agency_save};
use app::approval::{ApprovalFilter, ApprovalView, Concession, Say, Terms, approval_decide, approval_mine, approval_propose, approval_waiting};
use app::audit::{AuditVerified, AuditWanted, audit_export, audit_search, audit_verify};
use app::case::{CaseFilter, case_list, case_view};
use app::case_night::save_case;
use app::casework_rules::CaseworkRules;
use app::contact::{ContactOutcome, ContactWanted, contact_begin, contact_record};
use app::desk::{Call, Desk};
use app::hardship::{HardshipSaid, hardship_list, hardship_propose};
use app::household_plan::{PlanSaid, household_plan_propose, household_plan_view, household_plan_weigh};
use app::person::{PersonFile, Point, PointKind, person_view};
use app::promise::{PromiseSaid, promise_record};
use app::results::{ResultsBy, ResultsView, ResultsWanted, results};
use app::speech::{ScriptWanted, speech_check, speech_scripts, speech_tactics};
use app::staff::{Employee, Work};
use app::webhook::{WebhookWanted, webhook_add, webhook_deliveries, webhook_list, webhook_replay, webhook_stop};
use app::{Failure, Outcome};
use authority::{ApprovalStatus, Branch, BranchLevel, BranchPath, Employment, Post, Role, Staff};
use casework::agency::{Agency, Agreement, AgreementClause, ViolationRecord};
use casework::case::{
    Case, CaseFacts, Course, DebtorPlace, HandOver, HandOverReason, LoanSpan, NextAction, OpenedBecause, Owner, Standing,
};
use casework::contact_gate::PointSource;
use casework::hardship::{AgreementForm, HardshipTerm, PlanBalance};
use casework::language::SpeechFact;
use casework::plan::{ChosenLever, LeverCondition, PlanGoal, PlanStep};
use casework::promise::PaymentWay;
use casework::queue::Priority;
use casework::script::ScriptTopic;
use casework::strategy::{Approach, CaseAction, DebtorType, Skill, StrategyArm};
use casework::tactic::Circumstance;
use casework::{Channel, ContactResult, Purpose, Relation};
use disposal::clock::{Act, ActKind, EvidenceKind};
use grading::{Bucket, CustomerClass, Recoverability};
use std::collections::{BTreeMap, BTreeSet};
use store::{BranchRow, ClockFactRow, FieldKind, Keys, PersonRow, StaffRow, Stamp, Store};
use tempfile::TempDir;
use units::{Date, Moment, Money};

const TODAY: &str = "2026-11-20";

struct World {
    folder: TempDir,
    desk: Desk,
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// `C1` works the case `K1`, `C2` sits beside; a lead, a head, preservation, compliance, an administrator, an agency.
const STAFF: [(&str, Role, &str, Option<&str>); 8] = [
    ("C1", Role::Collector, "H/B1", None),
    ("C2", Role::Collector, "H/B1", None),
    ("L1", Role::TeamLead, "H/B1", None),
    ("M1", Role::BranchHead, "H/B1", None),
    ("P1", Role::AssetPreservationOfficer, "H/B1", None),
    ("O1", Role::ComplianceOfficer, "H", None),
    ("D1", Role::Administrator, "H", None),
    ("G1", Role::AgencyCollector, "H/B1", Some("A1")),
];

fn run(test: impl AsyncFnOnce(World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    run_on(&runtime, test);
}

fn run_on(runtime: &tokio::runtime::Runtime, test: impl AsyncFnOnce(World)) {
    let folder = tempfile::tempdir().unwrap();
    let open = app::workspace::workspace_init(&folder.path().join("bank"), "cn-bank", "The Bank").unwrap();
    let rules = CaseworkRules::load(&open, date(TODAY)).map_err(told).unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("store").display());
    runtime.block_on(async {
        let store = Store::open(&url, Keys::parse(&Keys::line("k1", [7; 32])).unwrap()).await.unwrap();
        let world = World { folder, desk: Desk::new(open, store, rules) };
        world.fill().await;
        test(world).await;
    });
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Refused(refusal) => {
            let missing: Vec<&str> = glossary::placeholders(refusal.code)
                .into_iter()
                .filter(|name| !refusal.facts.iter().any(|(fact, _)| fact == name))
                .collect();
            assert!(refusal.code.starts_with("E-AP") || missing.is_empty(), "{} says nothing of {missing:?}", refusal.code);
            refusal.code.to_owned()
        }
        Failure::Fault(fault) => format!("{fault:?}"),
    }
}

#[track_caller]
fn refused<T>(outcome: Outcome<T>, code: &str) {
    match outcome {
        Ok(_) => panic!("not refused, {code} was expected"),
        Err(failure) => assert_eq!(told(failure), code),
    }
}

#[track_caller]
fn done<T>(outcome: Outcome<T>) -> T {
    outcome.map_err(told).unwrap()
}

impl World {
    fn at(&self, staff_id: &str, time: &str) -> Call {
        let at = Moment::parse(&format!("{TODAY} {time}")).unwrap();
        Call { staff_id: staff_id.to_owned(), only: None, at, key: None }
    }

    fn call(&self, staff_id: &str) -> Call {
        self.at(staff_id, "10:00")
    }

    fn keyed(&self, staff_id: &str, key: &str) -> Call {
        Call { key: Some(key.to_owned()), ..self.call(staff_id) }
    }

    async fn fill(&self) {
        let stamp = Stamp { by: "-", at: Moment::new(date(TODAY), 0) };
        let tx = self.desk.store.begin().await.unwrap();
        for (branch_id, path, parent, level) in
            [("H", "/H/", None, BranchLevel::HeadOffice), ("B1", "/H/B1/", Some("H"), BranchLevel::Branch)]
        {
            let row = BranchRow { branch_id: branch_id.to_owned(), path: path.to_owned() };
            let body = Branch { branch_id: branch_id.to_owned(), name: branch_id.to_owned(), level, parent: parent.map(str::to_owned) };
            let _ = tx.save(&row, &body, 0, stamp).await.unwrap();
        }
        for (staff_id, role, branch, agency) in STAFF {
            let team_id = (branch == "H/B1" && agency.is_none()).then(|| "T1".to_owned());
            let level = if branch == "H" { BranchLevel::HeadOffice } else { BranchLevel::Branch };
            let post = Post { role, branch: BranchPath::from_stored(branch), level, team_id: team_id.clone(), from: date("2020-01-01"), until: None };
            let staff = Staff {
                staff_id: staff_id.to_owned(),
                name: staff_id.to_owned(),
                agency_id: agency.map(str::to_owned),
                employment: Employment::Active,
                posts: vec![post],
            };
            let row = StaffRow {
                staff_id: staff_id.to_owned(),
                branch_id: branch.to_owned(),
                team_id,
                agency_id: staff.agency_id.clone(),
                state: "active".to_owned(),
            };
            let work = Work { skills: Skill::ALL.to_vec(), regions: vec!["east".to_owned()], languages: vec!["zh".to_owned()], capacity: 50, away: false };
            let _ = tx.save(&row, &Employee { staff, work: Some(work) }, 0, stamp).await.unwrap();
        }
        let row = PersonRow { person_id: "U1".to_owned(), customer_id: "U1".to_owned(), relation: "debtor".to_owned() };
        let file = file("U1", Relation::Debtor);
        let _ = tx.save(&row, &file, 0, stamp).await.unwrap();
        tx.personal_set("U1", FieldKind::Name, &["Ann Example"]).await.unwrap();
        tx.personal_set("U1", FieldKind::IdNumber, &["110101199003071234"]).await.unwrap();
        tx.commit().await.unwrap();
        let people = self.desk.people(stamp.at).await.unwrap();
        let tx = self.desk.store.begin().await.unwrap();
        save_case(&tx, &case(), 0, &people, stamp).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn case(&self) -> Case {
        done(case_view(&self.desk, &self.call("O1"), "K1").await).case.case
    }

    async fn decide(&self, staff_id: &str, asked: &ApprovalView, say: Say) -> Outcome<ApprovalView> {
        let approval_id = &asked.file.approval.proposal.approval_id;
        approval_decide(&self.desk, &self.call(staff_id), approval_id, asked.version, &say).await
    }
}

/// Somebody with one number on file and nothing else.
fn file(person_id: &str, relation: Relation) -> PersonFile {
    let key = format!("{person_id}/phone/0");
    PersonFile {
        relation,
        points: vec![Point { key, kind: PointKind::Phone, position: 0, source: PointSource::Reserved, at_work: false, replaced_by: None }],
        documents: Vec::new(),
        circumstances: Vec::new(),
        under_way: Vec::new(),
        debtor_type: DebtorType::Unknown,
        language: "zh".to_owned(),
    }
}

fn case() -> Case {
    let opened = HandOver {
        on: date("2026-08-02"),
        from: None,
        to: Owner::Staff("C1".to_owned()),
        because: HandOverReason::Opened,
        by: None,
    };
    let next_action = NextAction {
        action: CaseAction::Contact,
        channel: Some(Channel::Call),
        script: None,
        approach: Approach::Empathy,
        due_on: date(TODAY),
        set_on: date(TODAY),
        set_by: None,
    };
    Case {
        case_id: "K1".to_owned(),
        customer_id: "U1".to_owned(),
        place: DebtorPlace { branch_id: "B1".to_owned(), region: "east".to_owned(), language: "zh".to_owned() },
        loans: vec!["N1".to_owned()],
        opened_on: date("2026-08-02"),
        opened_because: OpenedBecause::PastDue,
        standing: Standing::Open(casework::case::Work { owner: Owner::Staff("C1".to_owned()), borrowed: None, next_action }),
        hand: 2,
        course: Course { rule_id: "strategy.m4".to_owned(), arm: StrategyArm::Champion, skill: Skill::Negotiation, rung: 0 },
        facts: CaseFacts {
            bucket: Bucket::M4,
            class: CustomerClass::D,
            debtor_type: DebtorType::Hardship,
            recoverability: Recoverability::Likely,
            days_past_due: 110,
            amount_past_due: money("5,000.00"),
            outstanding: money("20,000.00"),
            worsened_on: None,
        },
        priority: Priority::default(),
        kept_until: None,
        hardship_plan: None,
        objection: None,
        write_off: None,
        spans: vec![LoanSpan { loan_id: "N1".to_owned(), from: date("2026-08-02"), until: None }],
        complaints: Vec::new(),
        hand_overs: vec![opened],
        version: 1,
    }
}

fn hardship() -> HardshipSaid {
    HardshipSaid {
        signed_on: date(TODAY),
        form: AgreementForm::Written,
        recording_id: None,
        balance: PlanBalance { principal: money("20,000.00"), ..PlanBalance::default() },
        instalments: vec![(date("2026-12-20"), money("10,000.00")), (date("2027-01-20"), money("10,000.00"))],
        terms: HardshipTerm::ALL.to_vec(),
    }
}

#[test]
fn a_hardship_plan_is_approved_by_somebody_else_once_and_stops_collection() {
    run(async |world| {
        let desk = &world.desk;
        let call = world.keyed("C1", "one");
        let asked = done(hardship_propose(desk, &call, "K1", &hardship()).await);
        assert_eq!(done(hardship_propose(desk, &call, "K1", &hardship()).await), asked, "the second click is the first");
        refused(hardship_propose(desk, &world.call("C1"), "K1", &hardship()).await, "E-CW-05");
        refused(hardship_propose(desk, &world.call("C2"), "K1", &hardship()).await, "E-AU-27");
        let wrong = HardshipSaid { terms: Vec::new(), ..hardship() };
        refused(hardship_propose(desk, &world.call("L1"), "K1", &wrong).await, "E-HD-02");
        assert_eq!(world.case().await.hardship_plan, None);

        refused(world.decide("C1", &asked, Say::Sign { opinion: String::new() }).await, "E-AU-55");
        refused(world.decide("C2", &asked, Say::Sign { opinion: String::new() }).await, "E-AU-26");
        refused(world.decide("L1", &asked, Say::Reject { reason: " ".to_owned() }).await, "E-AU-59");
        let (waiting, _) = done(approval_waiting(desk, &world.call("L1"), &ApprovalFilter::default(), None, 10).await);
        assert_eq!(waiting, [asked.clone()]);
        assert_eq!(done(approval_waiting(desk, &world.call("C1"), &ApprovalFilter::default(), None, 10).await).0, []);
        assert_eq!(done(approval_mine(desk, &world.call("C1"), &ApprovalFilter::default(), None, 10).await).0, [asked.clone()]);
        let stale = ApprovalView { version: asked.version + 1, ..asked.clone() };
        refused(world.decide("L1", &stale, Say::Sign { opinion: String::new() }).await, "E-AP-02");
        assert_eq!(world.case().await.hardship_plan, None, "a refused signature carries nothing out");

        let signed = done(world.decide("L1", &asked, Say::Sign { opinion: String::new() }).await);
        assert_eq!(signed.status, ApprovalStatus::Executed);
        assert_eq!(world.case().await.hardship_plan.as_deref(), Some("H-K1-1"));
        assert_eq!(done(hardship_list(desk, &world.call("C1"), "K1").await)[0].next_due_on, Some(date("2026-12-20")));
        refused(world.decide("L1", &signed, Say::Sign { opinion: String::new() }).await, "E-AU-51");
        refused(hardship_propose(desk, &world.call("C1"), "K1", &hardship()).await, "E-HD-01");
        assert_eq!(done(approval_waiting(desk, &world.call("L1"), &ApprovalFilter::default(), None, 10).await).0, []);
    });
}

fn waiver(amount: &str) -> Concession {
    Concession::Waiver(Terms { amount: money(amount), what: "penalty interest of October".to_owned() })
}

#[test]
fn a_concession_is_only_approved_and_may_be_rejected_or_withdrawn() {
    run(async |world| {
        let desk = &world.desk;
        let asked = done(approval_propose(desk, &world.call("C1"), "K1", &waiver("500.00")).await);
        refused(world.decide("L1", &asked, Say::Withdraw { reason: "no".to_owned() }).await, "E-AU-54");
        let withdrawn = done(world.decide("C1", &asked, Say::Withdraw { reason: "too much".to_owned() }).await);
        assert_eq!(withdrawn.status, ApprovalStatus::Withdrawn);
        let later = |second: &str| world.at("C1", second);
        let asked = done(approval_propose(desk, &later("10:00:01"), "K1", &waiver("400.00")).await);
        assert_eq!(done(world.decide("L1", &asked, Say::Reject { reason: "it can be paid".to_owned() }).await).status, ApprovalStatus::Rejected);
        let asked = done(approval_propose(desk, &later("10:00:02"), "K1", &waiver("15,000.00")).await);
        refused(world.decide("L1", &asked, Say::Sign { opinion: String::new() }).await, "E-AU-58");
        assert_eq!(done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await).status, ApprovalStatus::Approved);
        let nothing = Concession::Settlement(Terms { amount: money("1"), what: String::new() });
        refused(approval_propose(desk, &later("10:00:03"), "K1", &nothing).await, "E-AP-04");
    });
}

fn plan(version: u32) -> PlanSaid {
    let lever = ChosenLever {
        lever_id: "lever.hardship_plan".to_owned(),
        expected_recovery: money("10,000.00"),
        cost: money("100.00"),
        days: 365,
        probability_ppm: 500_000,
        attested: LeverCondition::ALL.to_vec(),
    };
    PlanSaid {
        version,
        others: Vec::new(),
        goal: PlanGoal::Cure,
        levers: vec![lever],
        steps: vec![PlanStep { what: "ask for papers".to_owned(), staff_id: "C1".to_owned(), due_on: date("2026-11-27"), done_on: None }],
        minutes: Vec::new(),
        review_on: date("2026-12-10"),
    }
}

#[test]
fn a_household_plan_is_weighed_and_approved_version_by_version() {
    run(async |world| {
        let desk = &world.desk;
        let weighed = done(household_plan_weigh(desk, &world.call("C1"), "K1", &plan(1)).await);
        // Half of ten thousand in a year, at six in the hundred, less what it costs.
        assert_eq!(weighed.expected_net_present_value, money("4,616.98"));
        let asked = done(household_plan_propose(desk, &world.call("L1"), "K1", &plan(1)).await);
        assert!(done(household_plan_view(desk, &world.call("C1"), "K1").await).versions.is_empty(), "not before it is approved");
        refused(world.decide("L1", &asked, Say::Sign { opinion: String::new() }).await, "E-AU-55");
        done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await);
        let view = done(household_plan_view(desk, &world.call("C1"), "K1").await);
        assert_eq!((view.versions.len(), view.versions[0].plan.version, view.review_is_past_due), (1, 1, false));
        assert!(view.levers.iter().any(|lever| lever.lever_id == "lever.hardship_plan"));
        refused(household_plan_weigh(desk, &world.call("C1"), "K1", &plan(1)).await, "E-HP-01");
        let other = PlanSaid { goal: PlanGoal::Litigate, ..plan(2) };
        refused(household_plan_weigh(desk, &world.call("C1"), "K1", &other).await, "E-HP-13");
        refused(household_plan_view(desk, &world.call("C2"), "K1").await, "E-AU-27");
    });
}

fn agency() -> Agency {
    Agency {
        agency_id: "A1".to_owned(),
        whitelisted_on: Some(date("2026-01-01")),
        agreement: Some(Agreement { from: date("2026-01-01"), until: date("2026-12-31"), clauses: AgreementClause::ALL.to_vec() }),
        impact_assessed_on: Some(date("2025-12-15")),
        last_reviewed_on: None,
        record: ViolationRecord::Clean,
    }
}

#[test]
fn a_case_goes_to_an_agency_that_sees_no_more_than_it_needs_and_comes_back() {
    run(async |world| {
        let desk = &world.desk;
        refused(agency_save(desk, &world.call("P1"), 0, &agency()).await, "E-AU-26");
        done(agency_save(desk, &world.call("O1"), 0, &agency()).await);
        refused(agency_save(desk, &world.call("O1"), 0, &Agency { whitelisted_on: None, ..agency() }).await, "E-AP-02");
        let list = done(agency_list(desk, &world.call("P1"), None).await);
        assert_eq!((list[0].review_due_on, list[0].review_is_past_due), (Some(date("2026-12-31")), false));
        refused(case_view(desk, &world.call("G1"), "K1").await, "E-AU-25");

        let wanted = |told_on: &str| AgencyWanted { agency_id: "A1".to_owned(), until: date("2026-12-20"), told_on: Some(date(told_on)) };
        refused(agency_place(desk, &world.call("P1"), "K1", &wanted(TODAY)).await, "E-AG-10");
        let asked = done(agency_place(desk, &world.call("P1"), "K1", &wanted("2026-11-10")).await);
        let half = done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await);
        assert_eq!(half.status, ApprovalStatus::Waiting);
        refused(world.decide("M1", &half, Say::Sign { opinion: String::new() }).await, "E-AU-57");
        assert_eq!(done(world.decide("O1", &half, Say::Sign { opinion: String::new() }).await).status, ApprovalStatus::Executed);
        assert_eq!(done(agency_placements(desk, &world.call("O1"), "A1", None, 10).await).0.len(), 1);

        let seen = done(case_view(desk, &world.call("G1"), "K1").await);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.contains("20,000.00") || text.contains("outstanding"), "{text}");
        for hidden in ["hand_overs", "recoverability", "debtor_type", "\"class\"", "priority"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        let filter = CaseFilter { agency: Some("A1".to_owned()), ..CaseFilter::default() };
        assert_eq!(done(case_list(desk, &world.call("G1"), &filter, None, 10).await).0.len(), 1);
        let people = done(person_view(desk, &world.call("G1"), "U1").await);
        assert!(people[0].fields.iter().all(|shown| shown.field != authority::PersonalField::IdentityNumber));

        let version = world.case().await.version;
        refused(agency_recall(desk, &world.call("C1"), "K1", version, "C1").await, "E-AU-26");
        refused(agency_recall(desk, &world.call("O1"), "K1", version - 1, "C1").await, "E-CS-01");
        done(agency_recall(desk, &world.call("O1"), "K1", version, "C1").await);
        assert_eq!(done(agency_placements(desk, &world.call("O1"), "A1", None, 10).await).0, []);
        refused(case_view(desk, &world.call("G1"), "K1").await, "E-AU-25");
    });
}

fn wanted() -> ContactWanted {
    ContactWanted {
        person_id: "U1".to_owned(),
        channel: Channel::Call,
        purpose: Purpose::Collect,
        point: "U1/phone/0".to_owned(),
        at: None,
        people: 1,
        manners: Vec::new(),
    }
}

const NOTE: &str = "the brother in law answers";

/// One call that was answered, one that was refused, one promise.
async fn worked(world: &World) {
    let desk = &world.desk;
    let late = contact_begin(desk, &world.at("C1", "22:30"), "K1", &wanted()).await;
    assert!(told(late.unwrap_err()).starts_with("E-CG"));
    let begun = done(contact_begin(desk, &world.call("C1"), "K1", &wanted()).await);
    let outcome = ContactOutcome { result: ContactResult::Reached, seconds: 60, note: NOTE.to_owned() };
    let call = world.keyed("C1", "record");
    let record = done(contact_record(desk, &call, "K1", &begun.contact.contact_id, &outcome).await);
    assert_eq!(record.note, NOTE);
    assert_eq!(done(contact_record(desk, &call, "K1", &begun.contact.contact_id, &outcome).await), record);
    let said = PromiseSaid { contact_id: None, pay_on: Some(date("2026-11-25")), way: Some(PaymentWay::App), amount: Some(money("100.00")) };
    done(promise_record(desk, &world.call("C1"), "K1", &said).await);
}

#[test]
fn a_note_is_shown_with_the_case_and_lies_nowhere_in_the_clear() {
    run(async |world| {
        worked(&world).await;
        assert_eq!(done(case_view(&world.desk, &world.call("C1"), "K1").await).contacts[0].note, NOTE);
        for file in std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(NOTE.len()).any(|window| window == NOTE.as_bytes()), "{}", file.display());
        }
    });
}

#[test]
fn results_are_counted_by_person_team_and_arm_as_far_as_one_may_see() {
    run(async |world| {
        worked(&world).await;
        let of = async |staff_id: &str, by| {
            let wanted = ResultsWanted { from: date(TODAY), until: date(TODAY), by, target: None };
            results(&world.desk, &world.call(staff_id), &wanted).await
        };
        let keys = |views: &[ResultsView]| views.iter().map(|view| view.key.clone()).collect::<Vec<_>>();
        let own = done(of("C1", ResultsBy::Person).await);
        assert_eq!(keys(&own), ["C1"]);
        let counted = own[0].results;
        assert_eq!((counted.contacts, counted.right_party, counted.promises, counted.contacts_refused), (1, 1, 1, 1));
        assert!(own[0].score.is_some());
        assert_eq!(keys(&done(of("C2", ResultsBy::Person).await)), [""; 0]);
        assert_eq!(keys(&done(of("L1", ResultsBy::Team).await)), ["T1"]);
        assert_eq!(keys(&done(of("M1", ResultsBy::Arm).await)), ["champion"]);
        refused(of("D1", ResultsBy::Person).await, "E-AU-26");
    });
}

#[test]
fn the_trail_is_searched_verified_and_handed_over_with_a_reason() {
    run(async |world| {
        worked(&world).await;
        let desk = &world.desk;
        let wanted = AuditWanted { subject: Some("case/K1".to_owned()), ..AuditWanted::default() };
        let (events, _) = done(audit_search(desk, &world.call("O1"), &wanted, None, 50).await);
        let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
        assert_eq!(actions, ["promise_record", "contact_record", "contact_begin", "contact_refused"]);
        let by = AuditWanted { actor: Some("C1".to_owned()), until: Some(Moment::new(date(TODAY), 0)), ..AuditWanted::default() };
        assert_eq!(done(audit_search(desk, &world.call("O1"), &by, None, 50).await).0, []);
        refused(audit_search(desk, &world.call("O1"), &AuditWanted::default(), None, 50).await, "E-AP-04");
        refused(audit_search(desk, &world.call("C1"), &wanted, None, 50).await, "E-AU-26");

        refused(audit_export(desk, &world.call("O1"), "K1", " ").await, "E-AP-04");
        refused(audit_export(desk, &world.call("L1"), "K1", "complaint").await, "E-AU-26");
        let text = done(audit_export(desk, &world.call("O1"), "K1", "complaint T-1").await);
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["case", "contact", "promise", "audit", "audit", "audit", "audit"]);
        assert_eq!(lines[1]["what"]["note"], NOTE);
        assert!(matches!(done(audit_verify(desk, &world.call("D1")).await), AuditVerified::Whole { events: 5, .. }));
    });
}

#[test]
fn a_webhook_is_told_of_its_topics_until_it_is_stopped() {
    run(async |world| {
        let desk = &world.desk;
        let wanted = |url: &str, topic: &str| WebhookWanted { url: url.to_owned(), topics: vec![topic.to_owned()] };
        for url in ["http://example.com/x", "https://a:b@example.com/", "ftp://localhost/", "nothing", "file:///etc/passwd"] {
            refused(webhook_add(desk, &world.call("D1"), &wanted(url, "promise.made")).await, "E-CW-06");
        }
        refused(webhook_add(desk, &world.call("D1"), &wanted("https://example.com/x", "promise.mad")).await, "E-CW-07");
        let sound = wanted("http://127.0.0.1:9/x", "promise.made");
        refused(webhook_add(desk, &world.call("C1"), &sound).await, "E-AU-26");
        let call = world.keyed("D1", "hook");
        let made = done(webhook_add(desk, &call, &sound).await);
        let again = done(webhook_add(desk, &call, &sound).await);
        assert_eq!((again.webhook_id.as_str(), again.secret), (made.webhook_id.as_str(), None), "shown once");
        let kept = desk.store.personal(&made.webhook_id).await.unwrap();
        assert_eq!(Some(kept[0].value.clone()), made.secret);
        worked(&world).await;
        let id = &made.webhook_id;
        let (told, _) = done(webhook_deliveries(desk, &world.call("D1"), id, None, 10).await);
        assert_eq!(told.iter().map(|one| (one.topic.as_str(), one.state)).collect::<Vec<_>>(), [("promise.made", "waiting")]);
        assert_eq!(done(webhook_replay(desk, &world.call("D1"), id, 1).await), 1);
        done(webhook_stop(desk, &world.call("D1"), id).await);
        done(webhook_stop(desk, &world.call("D1"), id).await);
        assert_eq!(done(webhook_list(desk, &world.call("D1"), None).await)[0].version, 2, "stopped once");
        refused(webhook_stop(desk, &world.call("D1"), "WH-0").await, "E-AP-01");
    });
}

#[test]
fn words_are_checked_and_scripts_filled_with_what_is_proved_of_the_case() {
    run(async |world| {
        let desk = &world.desk;
        let rows = || include_str!("../../../cases/language/fresh.tsv").lines();
        let threat = rows().find_map(|line| line.strip_prefix("threat\t")).unwrap().trim();
        let checked = done(speech_check(desk, &world.call("C1"), threat, Some("K1")).await);
        assert_eq!(checked.findings[0].category.code(), "threat");
        refused(speech_check(desk, &world.call("C2"), threat, Some("K1")).await, "E-AU-27");
        assert!(checked.confirmed.is_empty());

        let asked = ScriptWanted {
            topic: ScriptTopic::Opening,
            person_id: "U1".to_owned(),
            channel: Channel::Call,
            purpose: Purpose::Collect,
            values: BTreeMap::new(),
        };
        let scripts = done(speech_scripts(desk, &world.call("C1"), "K1", &asked).await);
        let english = "Hello, this is C1 of The Bank, staff number C1. This call is recorded. Do you have a few minutes?";
        assert_eq!(scripts[0].en.as_deref(), Some(english));
        assert!(scripts.iter().any(|script| script.zh.is_none() && !script.missing.is_empty()));

        let before = done(speech_tactics(desk, &world.call("C1"), "K1", &BTreeSet::new()).await);
        assert_eq!(before.counter_examples.len(), 23);
        let act = Act {
            act_id: "F1".to_owned(),
            kind: ActKind::Suit,
            on: date("2026-11-01"),
            against: vec!["U1".to_owned()],
            until: None,
            evidence: vec![EvidenceKind::CourtReceipt],
        };
        let row = ClockFactRow { clock_fact_id: "F1".to_owned(), claim_id: "N1".to_owned(), happened_on: act.on };
        let tx = desk.store.begin().await.unwrap();
        let _ = tx.save(&row, &app::clock::ClockFact::Act(act), 0, world.call("C1").stamp()).await.unwrap();
        tx.commit().await.unwrap();
        let checked = done(speech_check(desk, &world.call("C1"), threat, Some("K1")).await);
        assert_eq!(checked.confirmed, BTreeSet::from([SpeechFact::SuitFiled]));
        // A guarantor is on file or is not, whatever somebody attests.
        let attested = BTreeSet::from([Circumstance::Guaranteed, Circumstance::GuaranteePeriodRunning]);
        let after = done(speech_tactics(desk, &world.call("C1"), "K1", &attested).await);
        let guarantee = after.waiting.iter().find(|tactic| tactic.number == 15).unwrap();
        assert_eq!(guarantee.missing, [Circumstance::Guaranteed]);
    });
}
