//! People and their habits: early and late callers, callers of relatives, double clickers, people in a hurry.

use app::case::{CaseAct, CaseView, case_act, case_list, case_next};
use app::contact::{ContactOutcome, ContactWanted, contact_ask, contact_begin, contact_record};
use app::desk::{Call, Desk};
use app::person::{PersonFile, PointKind};
use app::promise::{PromiseSaid, promise_record};
use app::staff::{Employee, staff_employ};
use app::{Failure, Outcome};
use authority::Employment;
use casework::case::HandOverReason;
use casework::promise::PaymentWay;
use casework::{Channel, ContactResult, Purpose};
use sim::random::Random;
use std::ops::AddAssign;
use store::{Kept, PersonRow};
use units::{Date, Moment, Money};

/// What a day came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Day {
    pub asked: u64,
    pub made: u64,
    pub refused: u64,
    pub promised: u64,
    pub conflicts: u64,
}

impl AddAssign for Day {
    fn add_assign(&mut self, other: Day) {
        self.asked += other.asked;
        self.made += other.made;
        self.refused += other.refused;
        self.promised += other.promised;
        self.conflicts += other.conflicts;
    }
}

fn call(staff_id: &str, at: Moment, key: Option<String>) -> Call {
    Call { staff_id: staff_id.to_owned(), only: None, at, key }
}

/// A refusal is an answer; a fault is not.
fn code<T>(outcome: Outcome<T>) -> Result<T, &'static str> {
    match outcome {
        Ok(done) => Ok(done),
        Err(Failure::Refused(refusal)) => Err(refusal.code),
        Err(Failure::Fault(fault)) => panic!("a fault: {fault:#}"),
    }
}

/// Everybody who takes cases works some of the own queue.
pub async fn work(desk: &Desk, date: Date, random: &mut Random) -> Day {
    let people = desk.people(Moment::new(date, 28_800)).await.expect("people");
    let mut day = Day::default();
    let workers: Vec<&Employee> = people.employees.iter().filter(|one| one.work.is_some() && one.staff.is_employed()).collect();
    for worker in &workers {
        // Some begin before eight, some go on after ten at night.
        let mut second = random.between(6 * 3600, 23 * 3600) as u32;
        for turn in 0..3 {
            let me = &worker.staff.staff_id;
            let at = Moment::new(date, second.min(86_399));
            let Ok(Some(case)) = code(case_next(desk, &call(me, at, None), &[]).await) else { break };
            day += contact(desk, me, &case, at, random, turn).await;
            second = second.saturating_add(random.between(-3_600, 5_400).max(60) as u32);
        }
    }
    day += trouble(desk, date, &workers, random).await;
    day
}

/// One try to reach somebody about a case, and what follows.
async fn contact(desk: &Desk, me: &str, case: &CaseView, at: Moment, random: &mut Random, turn: u64) -> Day {
    let mut day = Day::default();
    let customer = &case.case.customer_id;
    let persons = desk.store.person_of_customer::<PersonFile>(customer, None, 50).await.expect("people").rows;
    let reachable: Vec<&Kept<PersonRow, PersonFile>> = persons.iter().filter(|kept| !kept.body.points.is_empty()).collect();
    if reachable.is_empty() {
        return day;
    }
    // Mostly the debtor, sometimes whoever answers.
    let debtor = reachable.iter().find(|kept| kept.row.person_id == *customer);
    let person = match debtor {
        Some(debtor) if random.chance(750) => debtor,
        _ => *random.pick(&reachable.iter().collect::<Vec<_>>()),
    };
    let point = random.pick(&person.body.points).clone();
    let channel = match point.kind {
        PointKind::Address => *random.pick(&[Channel::Visit, Channel::Letter]),
        PointKind::Phone => *random.pick(&[Channel::Call, Channel::Call, Channel::Call, Channel::AiVoice, Channel::Sms, Channel::NoticeVoice]),
    };
    let purpose = *random.pick(&[Purpose::Collect, Purpose::Collect, Purpose::Collect, Purpose::Locate, Purpose::TakePayment]);
    let wanted = ContactWanted {
        person_id: person.row.person_id.clone(),
        channel,
        purpose,
        point: point.key,
        at: None,
        people: if channel == Channel::Visit { random.between(1, 4) as u32 } else { 1 },
        manners: Vec::new(),
    };
    let case_id = &case.case.case_id;
    for dial in 0..random.between(1, 9) {
        let at = at.plus_seconds(dial * 120);
        day.asked += 1;
        if random.chance(200) {
            // Who only asks changes nothing.
            let _ = code(contact_ask(desk, &call(me, at, None), case_id, &wanted).await);
        }
        // A second click sends the same command again.
        let key = format!("{me}-{at}-{turn}-{dial}");
        let begun = code(contact_begin(desk, &call(me, at, Some(key.clone())), case_id, &wanted).await);
        if random.chance(200) {
            let again = code(contact_begin(desk, &call(me, at, Some(key)), case_id, &wanted).await);
            assert_eq!(again.map(|begun| begun.contact.contact_id), begun.clone().map(|begun| begun.contact.contact_id), "a second click");
        }
        let Ok(begun) = begun else {
            day.refused += 1;
            break;
        };
        let result = outcome(channel, random);
        let ended = ContactOutcome { result, seconds: 40, note: String::new() };
        code(contact_record(desk, &call(me, at.plus_seconds(60), None), case_id, &begun.contact.contact_id, &ended).await).expect("what was begun is recorded");
        day.made += 1;
        if result == ContactResult::Promised {
            let said = PromiseSaid {
                contact_id: Some(begun.contact.contact_id),
                pay_on: Some(at.day() + random.between(1, 9) as i32),
                way: Some(PaymentWay::BankTransfer),
                amount: Some(Money::from_fen(random.between(100, 50_000))),
            };
            day.promised += u64::from(code(promise_record(desk, &call(me, at.plus_seconds(61), None), case_id, &said).await).is_ok());
        }
        if result != ContactResult::NoAnswer {
            break;
        }
    }
    day
}

fn outcome(channel: Channel, random: &mut Random) -> ContactResult {
    use ContactResult::*;
    match channel {
        Channel::Sms | Channel::Letter | Channel::Email | Channel::AppMessage => *random.pick(&[Delivered, Delivered, NotDelivered]),
        _ => *random.pick(&[NoAnswer, NoAnswer, NoAnswer, Unreachable, Invalid, Reached, Promised, Promised, RefusedToPay, RefusedContact, Objected, Complained, WrongPerson]),
    }
}

/// What goes wrong on any day.
async fn trouble(desk: &Desk, date: Date, workers: &[&Employee], random: &mut Random) -> Day {
    let mut day = Day::default();
    let at = Moment::new(date, 16 * 3600);
    let lead = random.pick(workers).staff.staff_id.clone();
    let other = random.pick(workers).staff.staff_id.clone();
    let owner = random.pick(workers).staff.staff_id.clone();
    let Ok((cases, _)) = code(case_list(desk, &call(&owner, at, None), &Default::default(), None, 5).await) else { return day };
    if let Some(case) = cases.first() {
        // Two people decide over the same version: one is told who was faster.
        let hand_over = |to: &str| CaseAct::HandOver { to: to.to_owned(), because: HandOverReason::Requested };
        let (one, two) = (hand_over(&lead), hand_over(&other));
        let (mine, yours) = (call(&owner, at, None), call(&owner, at, None));
        let (first, second) = tokio::join!(
            case_act(desk, &mine, &case.case.case_id, case.version, &one),
            case_act(desk, &yours, &case.case.case_id, case.version, &two),
        );
        let done = [code(first), code(second)].into_iter().filter(Result::is_ok).count();
        assert!(done <= 1, "both changed the same version of {}", case.case.case_id);
        day.conflicts += 1;
    }
    if random.chance(60) {
        let leaver = random.pick(workers).staff.staff_id.clone();
        let left = staff_employ(desk, &call("A0001", at, None), &leaver, Employment::Left).await;
        code(left).expect("an administrator lets people go");
    }
    day
}
