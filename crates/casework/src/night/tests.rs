//! Nights: one case at a time in tables, whole desks as properties.

use super::*;
use crate::case::{ClosedBecause, Command, Objection, ObjectionOutcome, OpenedBecause};
use crate::desk::{date, money, rules, staff, today};
use crate::hardship::{AgreementForm, PlanBalance};
use crate::promise::{PaymentWay, PromiseDesk, PromiseDraft, PromiseStatus};
use proptest::prelude::*;
use std::collections::BTreeSet;

const PEOPLE: &str =
    "S1 reminder,negotiation east 9\nS2 reminder,negotiation east 9\nS3 legal,negotiation west 9\nS4 legal east 9 away";

/// `customer dpd amount` and words: `grade=doubtful status=written_off met=0 type=hardship class=C rec=hard
/// called=2026-11-19 reached=… paid=2026-11-19:100 deadline=… recall=term_ended`.
fn input(text: &str) -> CaseInput {
    let words: Vec<&str> = text.split_whitespace().collect();
    let get = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let days: i32 = words[1].parse().unwrap();
    let receipts = words.iter().filter_map(|word| word.strip_prefix("paid=")).map(|paid| {
        let (day, amount) = paid.split_once(':').unwrap();
        Receipt { received_on: date(day), amount: money(amount) }
    });
    CaseInput {
        customer_id: words[0].to_owned(),
        place: DebtorPlace { branch_id: "B1".to_owned(), region: "east".to_owned(), language: "zh".to_owned() },
        class: get("class").map_or(CustomerClass::B, |code| CustomerClass::from_code(code).unwrap()),
        debtor_type: get("type").map_or(DebtorType::Unknown, |code| DebtorType::from_code(code).unwrap()),
        recoverability: get("rec").map_or(Recoverability::Likely, |code| Recoverability::from_code(code).unwrap()),
        loans: vec![LoanInput {
            loan_id: format!("L{}", words[0]),
            bucket: Bucket::ALL[usize::try_from((days + 29) / 30).unwrap().min(7)],
            grade: get("grade").map_or(Grade::Pass, |code| Grade::from_code(code).unwrap()),
            status: get("status").map_or(LoanStatus::Active, |code| LoanStatus::from_code(code).unwrap()),
            days_past_due: days,
            amount_past_due: money(words[2]),
            outstanding: money("20,000"),
            instalments_met: get("met").map_or(3, |met| met.parse().unwrap()),
        }],
        receipts: receipts.collect(),
        last_contact_on: get("called").map(date),
        last_right_party_on: get("reached").map(date),
        nearest_deadline_on: get("deadline").map(date),
        hardship: None,
        recall: get("recall").map(|code| RecallReason::from_code(code).unwrap()),
    }
}

/// A desk that goes from night to night.
struct Desk {
    rules: CaseRules,
    people: Vec<StaffMember>,
    cases: Vec<Case>,
    promises: Vec<Promise>,
}

impl Desk {
    fn new() -> Desk {
        Desk { rules: rules(), people: staff(PEOPLE), cases: Vec::new(), promises: Vec::new() }
    }

    fn plan(&self, on: Date, inputs: &[CaseInput]) -> CasePlan {
        let calendar = Calendar::default();
        let (cases, promises, staff) = (&self.cases, &self.promises, &self.people);
        plan(&Night {
            business_date: on,
            inputs,
            cases,
            promises,
            staff,
            lead_id: "LEAD",
            calendar: &calendar,
            rules: &self.rules,
        })
    }

    fn apply(&mut self, plan: &CasePlan) {
        for case in plan.opened.iter().chain(&plan.updated).chain(&plan.closed) {
            self.cases.retain(|known| known.case_id != case.case_id);
            self.cases.push(case.clone());
        }
        for promise in &plan.promises {
            self.promises.retain(|known| known.promise_id != promise.promise_id);
            self.promises.push(promise.clone());
        }
    }

    /// Plans and applies a night, and shows that planning it again changes nothing.
    fn night(&mut self, on: &str, text: &str) -> CasePlan {
        let inputs: Vec<CaseInput> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(input).collect();
        let plan = self.plan(date(on), &inputs);
        self.apply(&plan);
        let again = self.plan(date(on), &inputs);
        assert_eq!(
            (again.opened, again.updated, again.closed, again.promises),
            Default::default(),
            "planned again on {on}"
        );
        plan
    }

    fn case(&mut self, customer: &str) -> &mut Case {
        self.cases.iter_mut().rfind(|case| case.customer_id == customer).unwrap()
    }

    /// `action channel due_on hand owner` of a customer's case.
    fn shown(&mut self, customer: &str) -> String {
        let case = self.case(customer);
        let Standing::Open(work) = &case.standing else { return "closed".to_owned() };
        let (next, channel) = (&work.next_action, work.next_action.channel.map_or("-", |channel| channel.code()));
        let owner = match &work.owner {
            Owner::Staff(id) | Owner::Agency(id) => id,
        };
        format!("{} {channel} {} hand {} {owner}", next.action.code(), next.due_on, case.hand)
    }
}

#[test]
fn a_case_is_opened_for_a_reason_or_not_at_all() {
    let check = |text: &str, expect: Option<OpenedBecause>| {
        let plan = Desk::new().night("2026-11-20", text);
        assert_eq!(plan.opened.first().map(|case| case.opened_because), expect, "{text}");
    };
    use OpenedBecause::*;
    check("U1 0 0", None);
    check("U1 1 0.99", None);
    check("U1 1 1.00", Some(PastDue));
    check("U1 5 100 met=0", Some(FirstInstalment));
    check("U1 0 0 grade=substandard", Some(NonPerforming));
    check("U1 99 100 grade=substandard met=0", Some(NonPerforming));
    check("U1 0 0 status=written_off grade=loss", Some(ClaimRetained));
    check("U1 99 100 status=transferred grade=loss", None);
}

#[test]
fn a_strategy_climbs_its_ladder_and_then_the_hands() {
    let mut desk = Desk::new();
    let mut check = |on: &str, text: &str, expect: &str| {
        desk.night(on, text);
        assert_eq!(desk.shown("U1"), expect, "{on} {text}");
    };
    // Friday's night plans for Saturday: the next working day is Monday.
    check("2026-11-20", "U1 31 500", "contact call 2026-11-23 hand 2 S1");
    check("2026-11-21", "U1 32 500", "contact call 2026-11-23 hand 2 S1");
    check("2026-11-23", "U1 34 500 called=2026-11-23", "contact sms 2026-11-26 hand 2 S1");
    check("2026-11-26", "U1 37 500 called=2026-11-26", "contact letter 2026-11-30 hand 2 S1");
    check("2026-11-30", "U1 41 500 called=2026-11-30", "contact call 2026-12-03 hand 3 S1");
    check("2026-12-10", "U1 51 500 called=2026-11-30", "contact call 2026-12-03 hand 3 S1");
    // Another bucket, another step; the hand never falls.
    check("2026-12-20", "U1 61 500 called=2026-11-30", "interview call 2026-12-22 hand 3 S1");
    // The law needs another skill.
    check("2027-01-19", "U1 91 500 called=2026-11-30 rec=hard", "lawyer_letter letter 2027-01-22 hand 5 S3");
    check("2027-01-20", "U1 92 500 called=2026-11-30 rec=likely", "payment_order - 2027-01-25 hand 5 S3");
    // Drawn into the challenger's arm, and again so when another case is opened.
    check("2027-01-21", "U1 5 500 called=2026-11-30", "remind sms 2027-01-22 hand 5 S1");
    check("2027-01-22", "U1 0 0", "closed");
    check("2027-02-22", "U1 1 500", "remind sms 2027-02-23 hand 1 S1");
    assert_eq!(desk.cases.len(), 2, "a case that is closed stays closed");
}

#[test]
fn what_people_planned_stands_until_it_is_done_or_forgotten() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500");
    let by_hand = |desk: &mut Desk, due_on: &str| {
        let Standing::Open(work) = &mut desk.case("U1").standing else { panic!("open") };
        (work.next_action.set_by, work.next_action.due_on) = (Some("S1".to_owned()), date(due_on));
        work.next_action.set_on = date("2026-11-21");
    };
    by_hand(&mut desk, "2026-11-27");
    desk.night("2026-11-30", "U1 41 500 called=2026-11-21");
    assert_eq!(desk.shown("U1"), "contact call 2026-11-27 hand 2 S1");
    desk.night("2026-12-01", "U1 42 500 called=2026-11-21");
    assert_eq!(desk.shown("U1"), "contact call 2026-12-02 hand 2 S1");
    by_hand(&mut desk, "2026-12-04");
    desk.night("2026-12-02", "U1 43 500 called=2026-12-02");
    assert_eq!(desk.shown("U1"), "contact call 2026-12-03 hand 2 S1");
}

#[test]
fn a_promise_is_awaited_and_then_decided_by_what_came_in() {
    let promise = |made_on: &str| Promise {
        promise_id: "P1".to_owned(),
        case_id: "C-U1-1".to_owned(),
        customer_id: "U1".to_owned(),
        contact_id: None,
        staff_id: "S1".to_owned(),
        made_on: date(made_on),
        pay_on: date("2026-11-25"),
        way: PaymentWay::App,
        amount: money("300"),
        status: PromiseStatus::Open,
        decided_on: None,
        received: Money::ZERO,
    };
    let check = |paid: &str, expect: PromiseStatus, after: &str| {
        let mut desk = Desk::new();
        desk.night("2026-11-20", "U1 31 500");
        desk.promises.push(promise("2026-11-21"));
        desk.night("2026-11-21", "U1 32 500 called=2026-11-21 reached=2026-11-21");
        assert_eq!(desk.shown("U1"), "watch_promise - 2026-11-25 hand 2 S1");
        assert_eq!(desk.case("U1").kept_until, Some(date("2026-12-05")));
        let plan = desk.night("2026-11-27", &format!("U1 38 500 called=2026-11-21 {paid}"));
        assert_eq!(plan.promises[0].status, expect, "{paid}");
        assert_eq!(desk.shown("U1"), after);
        let is_broken = expect == PromiseStatus::Broken;
        let reasons = &desk.case("U1").priority.reasons;
        assert_eq!(reasons.iter().any(|(reason, _)| reason.code() == "promise_broken"), is_broken);
    };
    let again = "contact call 2026-11-30 hand 2 S1";
    check("paid=2026-11-22:300", PromiseStatus::Kept, again);
    check("paid=2026-11-22:100", PromiseStatus::PartlyKept, again);
    check("", PromiseStatus::Broken, again);
}

#[test]
fn collection_rests_under_a_plan_or_an_objection_and_resumes() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500");
    desk.case("U1").objection = Some(Objection { objection_id: "O1".to_owned(), raised_on: date("2026-11-21") });
    desk.night("2026-11-21", "U1 32 500");
    assert_eq!(desk.shown("U1"), "review_objection - 2026-12-06 hand 2 S1");
    // Paid meanwhile: the objection is answered first.
    desk.night("2026-11-24", "U1 0 0");
    assert_eq!(desk.shown("U1"), "review_objection - 2026-12-06 hand 2 S1");
    desk.case("U1").objection = None;
    desk.night("2026-11-25", "U1 0 0");
    assert_eq!(desk.shown("U1"), "closed");

    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500");
    let mut with_plan = input("U1 32 500");
    let half = money("250");
    let plan = HardshipPlan {
        plan_id: "H1".to_owned(),
        case_id: "C-U1-1".to_owned(),
        customer_id: "U1".to_owned(),
        signed_on: date("2026-11-21"),
        form: AgreementForm::Written,
        recording_id: None,
        balance: PlanBalance { principal: money("500"), ..PlanBalance::default() },
        instalments: vec![(date("2026-12-01"), half), (date("2026-12-31"), half)],
        terms: Vec::new(),
    };
    with_plan.hardship = Some(plan);
    let mut check = |on: &str, paid: &str, expect: &str| {
        with_plan.receipts = input(&format!("U1 1 1 {paid}")).receipts;
        let plan = desk.plan(date(on), std::slice::from_ref(&with_plan));
        desk.apply(&plan);
        assert_eq!(desk.shown("U1"), expect, "{on}");
    };
    check("2026-11-21", "", "watch_hardship_plan - 2026-12-01 hand 2 S1");
    check("2026-12-06", "paid=2026-12-01:250", "watch_hardship_plan - 2026-12-31 hand 2 S1");
    check("2027-01-06", "paid=2026-12-01:250", "contact call 2027-01-07 hand 2 S1");
    assert!(!desk.case("U1").is_stopped());
}

#[test]
fn cases_move_when_owners_leave_lend_or_lose_them() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500\nU2 31 400");
    assert_eq!(
        (desk.shown("U1"), desk.shown("U2")),
        ("contact call 2026-11-23 hand 2 S1".into(), "contact call 2026-11-23 hand 2 S2".into())
    );
    // Lent until the 22nd: back on that night.
    if let Standing::Open(work) = &mut desk.case("U1").standing {
        work.borrowed = Some(crate::case::Borrowed { from: "S1".to_owned(), until: date("2026-11-22") });
        work.owner = Owner::Staff("S2".to_owned());
    }
    desk.night("2026-11-21", "U1 32 500\nU2 32 400");
    assert!(desk.shown("U1").ends_with("S2"));
    desk.night("2026-11-22", "U1 33 500\nU2 33 400");
    assert!(desk.shown("U1").ends_with("S1"));
    // Who has left has no case the next morning; who is away keeps them.
    desk.people[0].presence = Presence::Left;
    desk.people[1].presence = Presence::Away;
    desk.night("2026-11-23", "U1 34 500\nU2 34 400");
    assert!(desk.shown("U1").ends_with("S3") && desk.shown("U2").ends_with("S2"));
    // At an agency until it is recalled; then the next hand.
    if let Standing::Open(work) = &mut desk.case("U1").standing {
        work.owner = Owner::Agency("A1".to_owned());
    }
    desk.night("2026-11-24", "U1 35 500\nU2 35 400");
    assert!(desk.shown("U1").ends_with("hand 2 A1"));
    desk.night("2026-11-25", "U1 36 500 recall=term_ended\nU2 36 400");
    assert_eq!(desk.shown("U1"), "contact call 2026-11-26 hand 3 S3");
    // Nobody is left who can: the lead has it, and is told.
    desk.people.clear();
    let plan = desk.night("2026-11-26", "U1 37 500\nU2 37 400");
    assert!(desk.shown("U1").ends_with("LEAD") && desk.shown("U2").ends_with("LEAD"));
    let told = |customer: &str| CaseException::NobodyWithSkill {
        case_id: format!("C-{customer}-1"),
        skill: Skill::Negotiation,
    };
    assert_eq!(plan.exceptions, [told("U1"), told("U2")]);
}

#[test]
fn a_write_off_keeps_its_case_waits_to_be_booked_and_then_work_goes_on() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500");
    let order = |desk: &mut Desk, on: &str, command: &Command| {
        let (case, business_date) = (desk.case("U1").clone(), date(on));
        let at = crate::case::Desk { business_date, by: "S9", version: case.version, staff: &desk.people, rules: &desk.rules };
        let (after, _) = crate::case::apply(&case, command, &at).unwrap();
        *desk.case("U1") = after;
    };
    let approval_id = "A1".to_owned();
    order(&mut desk, "2026-11-21", &Command::ProposeWriteOff { approval_id: approval_id.clone() });
    // The step it asks for next is another's work; while it is decided the case stays where it is.
    desk.night("2026-11-21", "U1 200 500");
    assert!(desk.shown("U1").ends_with("S1") && !desk.shown("U1").starts_with("contact"), "{}", desk.shown("U1"));
    order(&mut desk, "2026-11-22", &Command::ApproveWriteOff { approval_id });
    for (on, text) in [("2026-11-22", "U1 201 500"), ("2026-12-03", "U1 212 500")] {
        desk.night(on, text);
        assert!(desk.shown("U1").starts_with("book_write_off - 2026-12-02"), "{on} {}", desk.shown("U1"));
    }
    let reasons = |desk: &mut Desk| desk.case("U1").priority.reasons.iter().map(|(reason, _)| reason.code()).collect::<Vec<_>>();
    assert!(reasons(&mut desk).starts_with(&["action_past_due"]) && reasons(&mut desk).contains(&"write_off_approved"));
    let plan = desk.night("2026-12-04", "U1 213 500 status=written_off grade=loss");
    assert!(plan.events.iter().any(|(_, event)| matches!(event, CaseEvent::WriteOffBooked { .. })));
    assert!(desk.case("U1").write_off.is_none() && !desk.shown("U1").starts_with("book"), "the claim is retained and worked");
}

#[test]
fn a_case_says_which_loan_it_worked_from_when_until_when() {
    let mut desk = Desk::new();
    let spans = |desk: &mut Desk| {
        let said = |span: &crate::case::LoanSpan| format!("{} {} {}", span.loan_id, span.from, span.until.map_or("-".to_owned(), |day| day.to_string()));
        desk.case("U1").spans.iter().map(said).collect::<Vec<_>>().join(", ")
    };
    let two = |on: &str, first: &str, second: &str, desk: &mut Desk| {
        let mut both = input(&format!("U1 {first}"));
        both.loans.push(LoanInput { loan_id: "L2".to_owned(), ..input(&format!("U1 {second}")).loans.remove(0) });
        let plan = desk.plan(date(on), &[both]);
        desk.apply(&plan);
    };
    two("2026-11-20", "31 500", "0 0", &mut desk);
    two("2026-11-21", "32 500", "1 50", &mut desk);
    two("2026-11-25", "36 500", "0 0", &mut desk);
    two("2026-12-21", "62 500", "1 50", &mut desk);
    assert_eq!(spans(&mut desk), "LU1 2026-11-20 -, L2 2026-11-21 2026-11-25, L2 2026-12-21 -");
    two("2026-12-22", "0 0", "0 0", &mut desk);
    assert_eq!(spans(&mut desk), "LU1 2026-11-20 2026-12-22, L2 2026-11-21 2026-11-25, L2 2026-12-21 2026-12-22");
    // A case from before spans were kept is taken to have worked its loans from the beginning.
    two("2026-12-23", "1 500", "0 0", &mut desk);
    desk.case("U1").spans.clear();
    two("2026-12-25", "3 500", "0 0", &mut desk);
    assert_eq!(spans(&mut desk), "LU1 2026-12-23 -");
}

#[test]
fn a_kept_case_stays_with_an_owner_who_lacks_the_skill() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 90 500");
    assert!(desk.shown("U1").ends_with("S1"));
    desk.night("2026-11-21", "U1 91 500 rec=hard reached=2026-11-20");
    assert_eq!(desk.shown("U1"), "lawyer_letter letter 2026-11-24 hand 5 S1");
    desk.night("2026-12-05", "U1 105 500 rec=hard reached=2026-11-20");
    assert!(desk.shown("U1").ends_with("S3"));
}

#[test]
fn what_the_night_cannot_explain_is_an_exception_and_stays() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500\nU2 31 500");
    let mut second = desk.case("U2").clone();
    second.case_id = "C-U2-9".to_owned();
    desk.cases.push(second);
    let plan = desk.night("2026-11-21", "U2 32 500");
    let missing = CaseException::CustomerMissing { case_id: "C-U1-1".to_owned() };
    assert_eq!(plan.exceptions, [missing, CaseException::SecondOpenCase { case_id: "C-U2-9".to_owned() }]);
    assert_eq!(plan.updated.len(), 1);
}

#[test]
fn a_case_closed_for_good_is_not_opened_again() {
    let mut desk = Desk::new();
    desk.night("2026-11-20", "U1 31 500");
    let closing = crate::case::Closing { on: date("2026-11-21"), because: ClosedBecause::GivenUp };
    desk.case("U1").standing = Standing::Closed(closing);
    assert_eq!(desk.night("2026-11-22", "U1 33 500").opened, []);
    desk.case("U1").loans = vec!["L9".to_owned()];
    assert_eq!(desk.night("2026-11-22", "U1 33 500").opened[0].case_id, "C-U1-2");
}

#[test]
#[should_panic(expected = "stands once")]
fn two_states_of_one_customer_are_our_mistake() {
    Desk::new().night("2026-11-20", "U1 31 500\nU1 32 500");
}

/// What happens to one customer by night and by day.
#[derive(Clone, Debug)]
struct Act {
    customer: usize,
    days: i32,
    yuan: i64,
    debtor_type: DebtorType,
    recoverability: Recoverability,
    is_called: bool,
    /// Which of the things below somebody does with the case on the next day.
    by_day: usize,
}

fn any_act() -> impl Strategy<Value = Act> {
    let kinds = (prop::sample::select(DebtorType::ALL), prop::sample::select(Recoverability::ALL));
    (0usize..12, 0i32..260, 0i64..3_000, kinds, any::<bool>(), 0usize..10).prop_map(
        |(customer, days, yuan, (debtor_type, recoverability), is_called, by_day)| Act {
            customer,
            days,
            yuan,
            debtor_type,
            recoverability,
            is_called,
            by_day,
        },
    )
}

impl Act {
    fn input(&self, on: Date) -> CaseInput {
        let (kind, recoverability) = (self.debtor_type.code(), self.recoverability.code());
        let called = if self.is_called { format!("called={on} paid={on}:200") } else { String::new() };
        let recall = if self.by_day == 9 { "recall=no_work" } else { "" };
        let Act { customer, days, yuan, .. } = self;
        input(&format!("U{customer:02} {days} {yuan} type={kind} rec={recoverability} {called} {recall}"))
    }

    /// A command, or a promise made; refusals change nothing.
    fn by_day(&self, desk: &mut Desk, on: Date) {
        let customer = format!("U{:02}", self.customer);
        let open = |case: &&mut Case| case.customer_id == customer && case.work().is_some();
        let Some(case) = desk.cases.iter_mut().find(open) else { return };
        let id = || "X1".to_owned();
        let command = match self.by_day {
            0 => Command::Place { agency_id: id() },
            1 => Command::Borrow { to: "S2".to_owned(), until: on + 1 },
            2 => Command::HandOver { to: "S3".to_owned(), because: HandOverReason::Escalated },
            3 => Command::Object { objection_id: id() },
            4 => Command::ResolveObjection { objection_id: id(), outcome: ObjectionOutcome::Rejected },
            5 => Command::LinkComplaint { complaint_id: id() },
            6 => Command::Close { because: ClosedBecause::GivenUp },
            7 => Command::Recall { to: "S1".to_owned() },
            _ => {
                let draft = PromiseDraft {
                    promise_id: format!("P{}", desk.promises.len()),
                    case_id: case.case_id.clone(),
                    customer_id: customer,
                    contact_id: None,
                    staff_id: "S1".to_owned(),
                    pay_on: Some(on + self.days % 5),
                    way: Some(PaymentWay::App),
                    amount: Some(money("200")),
                };
                let known = PromiseDesk { business_date: on, owed: money("900"), promises: &desk.promises };
                desk.promises.extend(crate::promise::make(&draft, &known, &desk.rules.promise));
                return;
            }
        };
        let (staff, rules) = (&desk.people, &desk.rules);
        let at = crate::case::Desk { business_date: on, by: "S1", version: case.version, staff, rules };
        if let Ok((after, _)) = crate::case::apply(case, &command, &at) {
            *case = after;
        }
    }
}

/// A plan of which the customers of some shards were written, and the rest of it.
fn cut_short(plan: &CasePlan, cut: u64) -> (CasePlan, CasePlan) {
    let is_written = |customer: &str| cut >> (customer.bytes().map(u64::from).sum::<u64>() % 64) & 1 == 1;
    let of = |wanted: bool| {
        let cases = |cases: &[Case]| cases.iter().filter(|case| is_written(&case.customer_id) == wanted).cloned().collect();
        let promises = plan.promises.iter().filter(|promise| is_written(&promise.customer_id) == wanted).cloned().collect();
        CasePlan { opened: cases(&plan.opened), updated: cases(&plan.updated), closed: cases(&plan.closed), promises, ..CasePlan::default() }
    };
    (of(true), of(false))
}

proptest! {
    /// Nights with days of work between them: planned again nothing changes, cut short and planned again only
    /// the rest of the plan is left, turned around it is the same plan, no case is with somebody gone, no customer has two, every hand-over is on record.
    #[test]
    fn nights_are_repeatable_in_any_order(
        nights in prop::collection::vec(prop::collection::vec(any_act(), 0..14), 1..6),
        left in prop::collection::vec(0usize..3, 1..5),
        cut in any::<u64>(),
    ) {
        let mut desk = Desk::new();
        let mut last: BTreeMap<String, CaseInput> = BTreeMap::new();
        for (number, (night, left)) in nights.iter().zip(left.iter().cycle()).enumerate() {
            let on = today() + 3 * number as i32;
            last.extend(night.iter().map(|act| act.input(on)).map(|input| (input.customer_id.clone(), input)));
            desk.people = staff(PEOPLE);
            desk.people[*left].presence = Presence::Left;
            let inputs: Vec<CaseInput> = last.values().cloned().collect();
            let plan = desk.plan(on, &inputs);
            let turned: Vec<CaseInput> = last.values().rev().cloned().collect();
            desk.cases.reverse();
            desk.people.reverse();
            desk.promises.reverse();
            prop_assert_eq!(&plan, &desk.plan(on, &turned));
            let (written, unwritten) = cut_short(&plan, cut);
            let before = (desk.cases.clone(), desk.promises.clone());
            desk.apply(&written);
            let rest = desk.plan(on, &inputs);
            prop_assert_eq!((rest.opened, rest.updated, rest.closed), (unwritten.opened, unwritten.updated, unwritten.closed));
            prop_assert_eq!(rest.promises, unwritten.promises);
            (desk.cases, desk.promises) = before;
            desk.apply(&plan);
            let again = desk.plan(on, &inputs);
            prop_assert_eq!((again.opened, again.updated, again.closed, again.promises), Default::default());
            let worked: Vec<&Case> = desk.cases.iter().filter(|case| case.work().is_some()).collect();
            let customers: BTreeSet<&str> = worked.iter().map(|case| case.customer_id.as_str()).collect();
            prop_assert_eq!(worked.len(), customers.len());
            for case in worked {
                let gone = desk.people.iter().find(|member| member.presence == Presence::Left);
                let gone = gone.map(|member| Owner::Staff(member.staff_id.clone()));
                prop_assert!(case.owner() != gone.as_ref(), "{case:?}");
                prop_assert_eq!(case.hand_overs.last().map(|last| &last.to), case.owner());
                let rests = case.objection.is_some();
                prop_assert!(!rests || !case.work().unwrap().next_action.action.collects(), "{case:?}");
            }
            night.iter().for_each(|act| act.by_day(&mut desk, on.next()));
        }
    }
}
