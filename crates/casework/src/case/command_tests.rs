//! Every command on a case, and every refusal in the order of precedence.

use super::*;
use crate::assignment::StaffMember;
use crate::desk::{case, date, money, rules, staff, today};

fn people() -> Vec<StaffMember> {
    staff(
        "S1 negotiation east 10\nS2 negotiation east 10\nS3 legal east 10\nS4 negotiation east 10 away\nS5 negotiation east 10 left",
    )
}

/// A case of S1 in version 7 after each command, `version` as the first of them saw it.
fn run(start: Case, version: u64, commands: &[Command]) -> Result<(Case, Vec<CaseEvent>), CaseRefused> {
    let (rules, people) = (rules(), people());
    let mut state = (start, Vec::new());
    for (place, command) in commands.iter().enumerate() {
        let version = version + place as u64;
        let desk = Desk { business_date: today(), by: "S9", version, staff: &people, rules: &rules };
        let (case, events) = apply(&state.0, command, &desk)?;
        state.1.extend(events);
        state.0 = case;
    }
    Ok(state)
}

fn hand_over(to: &str) -> Command {
    Command::HandOver { to: to.to_owned(), because: HandOverReason::Requested }
}

fn borrow(to: &str, until: &str) -> Command {
    Command::Borrow { to: to.to_owned(), until: date(until) }
}

fn recall(to: &str) -> Command {
    Command::Recall { to: to.to_owned() }
}

fn place() -> Command {
    Command::Place { agency_id: "A1".to_owned() }
}

fn object(id: &str) -> Command {
    Command::Object { objection_id: id.to_owned() }
}

fn resolve(id: &str) -> Command {
    Command::ResolveObjection { objection_id: id.to_owned(), outcome: ObjectionOutcome::Rejected }
}

fn agree(due_on: &str) -> Command {
    Command::AgreeHardshipPlan { plan_id: "H1".to_owned(), first_due_on: date(due_on) }
}

fn complain() -> Command {
    Command::LinkComplaint { complaint_id: "K1".to_owned() }
}

fn answer() -> Command {
    Command::AnswerComplaint { complaint_id: "K1".to_owned() }
}

fn next(action: CaseAction, due_on: &str) -> Command {
    let channel = Some(Channel::Call);
    let (due_on, set_by) = (date(due_on), Some("S1".to_owned()));
    Command::SetNextAction(NextAction {
        action,
        channel,
        script: None,
        approach: Approach::Reason,
        due_on,
        set_on: today(),
        set_by,
    })
}

fn close(because: ClosedBecause) -> Command {
    Command::Close { because }
}

#[test]
fn the_first_reason_refuses_and_nothing_changes() {
    let check = |commands: &[Command], expect: &str| {
        let (last, before) = commands.split_last().unwrap();
        let (state, _) = run(case("C1", "S1"), 7, before).unwrap();
        let (kept, version) = (state.clone(), state.version);
        let refused = run(state.clone(), version, std::slice::from_ref(last)).unwrap_err();
        assert_eq!(refused.code(), expect, "{last:?}");
        assert_eq!(state, kept);
    };
    let closed = close(ClosedBecause::Mistaken);
    check(&[closed.clone(), hand_over("S5")], "E-CS-02");
    check(&[hand_over("S5")], "E-CS-03");
    check(&[hand_over("S4")], "E-CS-03");
    check(&[hand_over("S1")], "E-CS-04");
    check(&[borrow("S2", "2026-11-25"), hand_over("S3")], "E-CS-05");
    check(&[borrow("S2", "2026-11-25"), hand_over("S1")], "E-CS-06");
    check(&[borrow("S2", "2026-11-25"), place()], "E-CS-06");
    check(&[place(), hand_over("S2")], "E-CS-07");
    check(&[place(), borrow("S2", "2026-11-01")], "E-CS-07");
    check(&[Command::Return], "E-CS-08");
    check(&[recall("S2")], "E-CS-09");
    check(&[borrow("S2", "2026-11-19")], "E-CS-10");
    check(&[object("O1"), next(CaseAction::Contact, "2026-11-19")], "E-CS-10");
    check(&[object("O1"), next(CaseAction::Contact, "2026-12-21")], "E-CS-11");
    check(&[object("O1"), next(CaseAction::Contact, "2026-12-20")], "E-CS-12");
    check(&[agree("2026-12-01"), next(CaseAction::DemandLetter, "2026-11-21")], "E-CS-12");
    check(&[agree("2026-12-01"), place()], "E-CS-12");
    let mut silent = next(CaseAction::Contact, "2026-11-21");
    if let Command::SetNextAction(action) = &mut silent {
        action.channel = None;
    }
    check(&[silent], "E-CS-13");
    check(&[agree("2026-11-19")], "E-CS-10");
    check(&[agree("2026-12-01"), agree("2026-12-01")], "E-CS-14");
    check(&[object("O1"), object("O2")], "E-CS-15");
    check(&[object("O1"), closed.clone()], "E-CS-15");
    check(&[object("O1"), resolve("O2")], "E-CS-16");
    check(&[complain(), complain()], "E-CS-17");
    check(&[answer()], "E-CS-18");
    check(&[complain(), answer(), answer()], "E-CS-18");
    check(&[close(ClosedBecause::Cured)], "E-CS-19");
    check(&[close(ClosedBecause::Settled)], "E-CS-19");
    let stale = run(case("C1", "S1"), 6, &[closed]).unwrap_err();
    assert_eq!((stale.code(), stale), ("E-CS-01", CaseRefused::VersionDiffers { version: 7 }));
}

#[test]
fn a_case_goes_from_hand_to_hand_and_says_so() {
    let check = |commands: &[Command], expect: &str| {
        let (case, events) = run(case("C1", "S1"), 7, commands).unwrap();
        assert_eq!(case.version, 7 + commands.len() as u64);
        let name = |owner: &Owner| match owner {
            Owner::Staff(id) | Owner::Agency(id) => id.clone(),
        };
        let owner = name(case.owner().unwrap());
        let course: Vec<String> =
            case.hand_overs.iter().map(|one| format!("{} to {}", one.because.code(), name(&one.to))).collect();
        let borrowed = case.work().unwrap().borrowed.is_some();
        assert_eq!(format!("{owner} hand {} borrowed {borrowed}: {}", case.hand, course.join(", ")), expect);
        let handed = events.iter().filter(|event| matches!(event, CaseEvent::HandedOver(_))).count();
        assert_eq!(handed, case.hand_overs.len(), "every change of hands is an event");
    };
    let escalate = Command::HandOver { to: "S2".to_owned(), because: HandOverReason::Escalated };
    check(&[hand_over("S2")], "S2 hand 2 borrowed false: requested to S2");
    check(&[escalate], "S2 hand 3 borrowed false: escalated to S2");
    check(&[borrow("S2", "2026-11-25")], "S2 hand 2 borrowed true: borrowed to S2");
    check(&[borrow("S2", "2026-11-20"), Command::Return], "S1 hand 2 borrowed false: borrowed to S2, returned to S1");
    check(&[borrow("S2", "2026-11-20"), recall("S1")], "S1 hand 2 borrowed false: borrowed to S2, recalled to S1");
    check(&[place(), recall("S2")], "S2 hand 2 borrowed false: placed to A1, recalled to S2");
}

#[test]
fn collection_rests_while_a_plan_is_kept_or_an_objection_is_reviewed() {
    let check = |commands: &[Command], expect: &str| {
        let (case, _) = run(case("C1", "S1"), 7, commands).unwrap();
        let next = &case.work().unwrap().next_action;
        let channel = next.channel.map_or("-", Channel::code);
        assert_eq!(format!("{} {channel} {} stopped {}", next.action.code(), next.due_on, case.is_stopped()), expect);
    };
    check(&[], "contact call 2026-11-20 stopped false");
    check(&[object("O1")], "review_objection - 2026-12-05 stopped true");
    check(&[object("O1"), resolve("O1")], "contact call 2026-11-20 stopped false");
    check(&[agree("2026-12-31")], "watch_hardship_plan - 2026-12-31 stopped true");
    check(&[agree("2026-12-31"), object("O1"), resolve("O1")], "watch_hardship_plan - 2026-11-20 stopped true");
    check(
        &[object("O1"), next(CaseAction::AnswerComplaint, "2026-11-23"), resolve("O1")],
        "answer_complaint call 2026-11-23 stopped false",
    );
    check(&[next(CaseAction::Interview, "2026-12-20"), complain()], "interview call 2026-12-20 stopped false");
}

#[test]
fn a_case_closes_when_nothing_is_past_due() {
    let mut paid = case("C1", "S1");
    (paid.facts.amount_past_due, paid.facts.outstanding) = (Money::ZERO, money("0.01"));
    let (closed, events) = run(paid.clone(), 7, &[close(ClosedBecause::Cured)]).unwrap();
    let closing = Closing { on: today(), because: ClosedBecause::Cured };
    assert_eq!((closed.standing, events), (Standing::Closed(closing.clone()), vec![CaseEvent::Closed(closing)]));
    assert_eq!(
        run(paid, 7, &[close(ClosedBecause::Settled)]).unwrap_err(),
        CaseRefused::StillOwed { amount: money("0.01") }
    );
}

#[test]
fn a_case_is_stored_and_read_back_by_codes() {
    let commands = [borrow("S2", "2026-11-25"), complain(), answer(), object("O1")];
    let (case, _) = run(case("C1", "S1"), 7, &commands).unwrap();
    assert_eq!(case.complaints[0].answered_on, Some(today()));
    let text = serde_json::to_string(&case).unwrap();
    assert!(text.contains("\"bucket\":\"M2\"") && text.contains("\"owner\":{\"staff\":\"S2\"}"), "{text}");
    assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
}
