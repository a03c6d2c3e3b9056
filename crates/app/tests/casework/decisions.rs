//! What is proposed and takes effect when somebody else has signed, what waits too long, what the work came to, and
//! that nothing anybody wrote or is called lies in the clear.

use super::*;
use app::approval::{ApprovalFilter, case_close_propose, night, write_off_propose};
use app::book_import::{BookImport, book_import};
use app::case::{CaseAct, case_act};
use app::person::{person_unmask, person_unmask_propose};
use app::results::{Period, results_arms};
use app::staff::{Attendance, staff_add, staff_attend};
use authority::{PersonalField, UnmaskPurpose, UnmaskRequest};
use casework::case::{ClosedBecause, Closing, ObjectionOutcome, WriteOffStage};
use casework::plan::PlanMinutes;
use casework::results::ArmVerdict;
use std::path::Path;

fn sign() -> Say {
    Say::Sign { opinion: String::new() }
}

#[test]
fn a_case_is_closed_early_only_when_somebody_else_has_signed() {
    run(async |world| {
        let desk = &world.desk;
        let version = world.case().await.version;
        let close = CaseAct::Close { because: ClosedBecause::Mistaken };
        refused(case_act(desk, &world.call("L1"), "K1", version, &close).await, "E-CW-08");
        refused(case_close_propose(desk, &world.call("C1"), "K1", ClosedBecause::Mistaken, "another Ann").await, "E-AU-26");
        refused(case_close_propose(desk, &world.call("L1"), "K1", ClosedBecause::Cured, "paid").await, "E-CS-19");
        refused(case_close_propose(desk, &world.call("L1"), "K1", ClosedBecause::Mistaken, " ").await, "E-AP-04");
        let asked = done(case_close_propose(desk, &world.call("L1"), "K1", ClosedBecause::Mistaken, "another Ann").await);
        assert_eq!(asked.file.approval.proposal.amount, money("20,000.00"));
        refused(world.decide("L1", &asked, sign()).await, "E-AU-55");
        assert!(world.case().await.work().is_some(), "not before it is signed");
        assert_eq!(done(world.decide("M1", &asked, sign()).await).status, ApprovalStatus::Executed);
        assert_eq!(world.case().await.standing, Standing::Closed(Closing { on: date(TODAY), because: ClosedBecause::Mistaken }));
    });
}

#[test]
fn a_write_off_marks_its_case_until_it_is_decided_and_then_waits_to_be_booked() {
    run(async |world| {
        let desk = &world.desk;
        refused(write_off_propose(desk, &world.call("C1"), "K1", "nothing to be found").await, "E-AU-26");
        let asked = done(write_off_propose(desk, &world.call("P1"), "K1", "nothing to be found").await);
        let mark = world.case().await.write_off.unwrap();
        assert_eq!((mark.stage, mark.loans), (WriteOffStage::Proposed, vec!["N1".to_owned()]));
        refused(write_off_propose(desk, &world.call("M1"), "K1", "me too").await, "E-CS-20");
        done(agency_save(desk, &world.call("O1"), 0, &agency()).await);
        let placed = AgencyWanted { agency_id: "A1".to_owned(), until: date("2026-12-20"), told_on: Some(date("2026-11-10")) };
        refused(agency_place(desk, &world.call("P1"), "K1", &placed).await, "E-AG-12");
        done(world.decide("M1", &asked, Say::Reject { reason: "the brother may pay".to_owned() }).await);
        assert_eq!(world.case().await.write_off, None, "a rejection leaves no mark");

        let asked = done(write_off_propose(desk, &world.at("P1", "10:30"), "K1", "nor will the brother").await);
        let half = done(world.decide("M1", &asked, sign()).await);
        assert_eq!((half.status, world.case().await.write_off.unwrap().stage), (ApprovalStatus::Waiting, WriteOffStage::Proposed));
        assert_eq!(done(world.decide("O1", &half, sign()).await).status, ApprovalStatus::Executed);
        let case = world.case().await;
        let next = &case.work().unwrap().next_action;
        assert_eq!((next.action, next.due_on), (CaseAction::BookWriteOff, date("2026-11-30")));
        assert_eq!((case.write_off_to_book().is_some(), case.facts.outstanding), (true, money("20,000.00")), "the ledger is the core system's");
    });
}

#[test]
fn beyond_the_pace_somebody_else_signs_and_the_window_opens() {
    run(async |world| {
        let desk = &world.desk;
        let request = |reason: &str| UnmaskRequest {
            person_id: "U1".to_owned(),
            fields: vec![PersonalField::IdentityNumber],
            purpose: UnmaskPurpose::Verification,
            reason: reason.to_owned(),
        };
        for second in 0..20 {
            done(person_unmask(desk, &world.at("C1", &format!("10:00:{second:02}")), &request("asks who calls")).await);
        }
        let later = world.at("C1", "10:40");
        refused(person_unmask(desk, &later, &request("asks who calls again")).await, "E-AU-95");
        refused(person_unmask_propose(desk, &later, &request("why")).await, "E-AU-93");
        let asked = done(person_unmask_propose(desk, &later, &request("asks who calls again")).await);
        let shown = async |at: &str| {
            let people = done(person_view(desk, &world.at("C1", at), "U1").await);
            people[0].fields.iter().any(|shown| shown.text == "110101199003071234")
        };
        assert!(!shown("10:41").await, "the windows of before are closed");
        let id = &asked.file.approval.proposal.approval_id;
        refused(approval_decide(desk, &world.at("L1", "10:42"), id, asked.version, &sign()).await, "E-AU-58");
        let signed = done(approval_decide(desk, &world.at("O1", "10:42"), id, asked.version, &sign()).await);
        assert_eq!(signed.status, ApprovalStatus::Executed);
        assert!(shown("10:43").await && !shown("10:52").await, "ten minutes from the signature");
    });
}

#[test]
fn what_nobody_signs_in_time_goes_to_the_next_and_ends_in_the_end() {
    run(async |world| {
        let desk = &world.desk;
        let topics = ["approval.escalated", "approval.reminded", "approval.expired"].map(str::to_owned).to_vec();
        let hook = done(webhook_add(desk, &world.call("D1"), &WebhookWanted { url: "http://127.0.0.1:9/x".to_owned(), topics }).await);
        let asked = done(approval_propose(desk, &world.call("C1"), "K1", &waiver("500.00")).await);
        let pass = async |day: &str| {
            desk.forget_people();
            let at = Moment::new(date(day), 86_399);
            let people = desk.people(at).await.map_err(told).unwrap();
            done(night(desk, &people, at).await);
            done(night(desk, &people, at).await);
        };
        let waits_for = async |staff_id: &str| done(approval_waiting(desk, &world.call(staff_id), &ApprovalFilter::default(), None, 10).await).0.len();
        let told = async || {
            let (told, _) = done(webhook_deliveries(desk, &world.call("D1"), &hook.webhook_id, None, 10).await);
            let mut topics: Vec<String> = told.into_iter().map(|one| one.topic).collect();
            topics.sort();
            topics
        };
        pass("2026-11-21").await;
        assert_eq!((waits_for("L1").await, waits_for("M1").await), (1, 1));
        // Two days have passed: the lead had time.
        pass("2026-11-22").await;
        assert_eq!((waits_for("L1").await, waits_for("M1").await, told().await), (0, 1, vec!["approval.escalated".to_owned()]));
        refused(world.decide("L1", &ApprovalView { version: asked.version + 1, ..asked.clone() }, sign()).await, "E-AU-58");
        // The head goes on leave: nobody stands above, and he may still sign.
        done(staff_attend(desk, &world.call("D1"), "M1", Attendance::OnLeave).await);
        pass("2026-11-25").await;
        pass("2026-12-01").await;
        assert_eq!(told().await, ["approval.escalated", "approval.expired", "approval.reminded"]);
        assert_eq!(waits_for("M1").await, 0);
        assert_eq!(done(approval_mine(desk, &world.call("C1"), &ApprovalFilter::default(), None, 10).await).0[0].file.approval.status, ApprovalStatus::Expired);

        // The lead is at work: a new proposal waits for her.
        let again = done(approval_propose(desk, &world.at("C1", "11:00"), "K1", &waiver("300.00")).await);
        assert_eq!(again.file.approval.tier, 0);
    });
}

/// A workspace's book with one loan of the case, and a row that is refused.
pub fn import(world: &World) {
    let folder = world.folder.path().join("delivery");
    std::fs::create_dir(&folder).unwrap();
    for (name, rows) in [
        ("loans", "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate\nN1,U1,B1,p,1200.00,2026-06-10,2026-12-10,0.06\n"),
        ("instalments", "loan_id,seq,due_on,principal_due,interest_due\nN1,1,2026-12-10,1200.00,36.00\n"),
        ("repayments", "repayment_id,loan_id,paid_on,amount\nR1,N1,2026-08-01,100.00\nR2,N1,2026-11-20,500.00\nR3,N1,2026-11-19,7.00\n"),
        ("customers", "customer_id,name,kind,id_number,phone,address,region\nU1,Ann Example,individual,110101199003071234,13811112222,Lane 7,110101\nU2,Bob Beispiel,alien,110101199003071235,13811113333,Lane 9,110101\n"),
    ] {
        std::fs::write(folder.join(format!("{name}.csv")), rows).unwrap();
    }
    let wanted = BookImport { from: folder.clone(), ..BookImport::default() };
    done(book_import(&world.desk.open, &wanted, &mut |_| {}));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn results_tell_what_the_book_received_and_what_the_work_cost() {
    run(async |world| {
        import(&world);
        worked(&world).await;
        let wanted = ResultsWanted { from: date("2026-11-20"), until: date(TODAY), by: ResultsBy::Person, target: Some(money("1,000.00")) };
        let own = done(results(&world.desk, &world.call("C1"), &wanted).await);
        // The payment of the day, promised or not; one minute on the line, one spoken and two around it.
        assert_eq!((own[0].results.recovered, own[0].results.cost), (money("500.00"), money("3.72")));
        let since = ResultsWanted { from: date("2026-07-01"), ..wanted };
        let own = done(results(&world.desk, &world.call("C1"), &since).await);
        assert_eq!(own[0].results.recovered, money("507.00"), "what came in before the case was nobody's work");
        let period = Period { from: date("2026-07-01"), until: date(TODAY) };
        let arms = done(results_arms(&world.desk, &world.call("M1"), period).await);
        assert_eq!((arms.champion.cases, arms.champion.recovered, arms.challenger.cases), (1, 1, 0));
        assert_eq!((arms.verdict, arms.least_cases), (ArmVerdict::TooFew, 200));
        let none = done(results_arms(&world.desk, &world.call("C2"), period).await);
        assert_eq!(none.champion.cases, 0, "a case that C2 may not see");
        refused(results_arms(&world.desk, &world.call("D1"), period).await, "E-AU-26");
    });
}

fn bytes_below(folder: &Path) -> Vec<u8> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { bytes_below(&path) } else { std::fs::read(path).unwrap() }).collect()
}

#[test]
fn after_a_small_life_nothing_anybody_wrote_or_is_called_can_be_read() {
    run(async |world| {
        let desk = &world.desk;
        import(&world);
        worked(&world).await;
        let post = Post {
            role: Role::Collector,
            branch: BranchPath::from_stored("H/B1"),
            level: BranchLevel::Branch,
            team_id: None,
            from: date("2026-01-01"),
            until: None,
        };
        let staff = Staff {
            staff_id: "C9".to_owned(),
            name: "Guan Yunchang".to_owned(),
            agency_id: None,
            employment: Employment::Active,
            posts: vec![post],
        };
        done(staff_add(desk, &world.call("D1"), &Employee { staff, work: None }, "River-Lamp-42").await);
        let act = async |staff_id: &str, act: CaseAct| {
            let version = world.case().await.version;
            done(case_act(desk, &world.keyed(staff_id, &format!("act-{version}")), "K1", version, &act).await)
        };
        act("C1", CaseAct::Object { objection_id: "B1".to_owned(), what: "her sister Carla signed".to_owned() }).await;
        act("O1", CaseAct::ResolveObjection { objection_id: "B1".to_owned(), outcome: ObjectionOutcome::Rejected }).await;
        act("C1", CaseAct::Complain { complaint_id: "B2".to_owned(), what: "called at Doris's funeral".to_owned() }).await;
        let minutes = PlanMinutes { held_on: date(TODAY), present: vec!["C1".to_owned()], text: "Emil sells the van".to_owned() };
        let step = PlanStep { what: "visit Frida".to_owned(), staff_id: "C1".to_owned(), due_on: date("2026-11-27"), done_on: None };
        let said = PlanSaid { minutes: vec![minutes], steps: vec![step], ..plan(1) };
        let asked = done(household_plan_propose(desk, &world.keyed("L1", "plan"), "K1", &said).await);
        done(world.decide("M1", &asked, sign()).await);
        let asked = done(approval_propose(desk, &world.at("C1", "12:00"), "K1", &waiver("400.00")).await);
        done(world.decide("L1", &asked, Say::Reject { reason: "Gustav pays".to_owned() }).await);
        let request = UnmaskRequest {
            person_id: "U1".to_owned(),
            fields: vec![PersonalField::Name],
            purpose: UnmaskPurpose::Contact,
            reason: "Heidi asked for it".to_owned(),
        };
        done(person_unmask(desk, &world.call("C1"), &request).await);
        assert!(done(household_plan_view(desk, &world.call("C1"), "K1").await).versions[0].plan.minutes[0].text.contains("Emil"));

        let bytes = bytes_below(world.folder.path());
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("B2") && holds("T1") && holds("U2"), "the files were read");
        for name in [
            "Ann Example", "Beispiel", "110101199003071234", "110101199003071235", "13811113333", "Lane", "Guan", "Carla", "Doris",
            "Emil", "Frida", "Gustav", "Heidi", "brother", "penalty interest",
        ] {
            assert!(!holds(name), "{name} can be read");
        }
    });
}
