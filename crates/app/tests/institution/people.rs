//! People and their habits: early and late callers, callers of relatives, double clickers, people in a hurry.

use crate::faults::workers;
use app::case::{CaseView, case_next};
use app::contact::{ContactOutcome, ContactWanted, contact_ask, contact_begin, contact_record};
use app::desk::{Call, Desk};
use app::person::{PersonFile, PointKind};
use app::promise::{PromiseSaid, promise_record};
use app::{Failure, Outcome};
use casework::promise::PaymentWay;
use casework::{Channel, ContactResult, Purpose};
use sim::random::Random;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
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
    pub placed: u64,
    pub recalled: u64,
    pub left: u64,
}

impl AddAssign for Day {
    fn add_assign(&mut self, other: Day) {
        self.asked += other.asked;
        self.made += other.made;
        self.refused += other.refused;
        self.promised += other.promised;
        self.conflicts += other.conflicts;
        self.placed += other.placed;
        self.recalled += other.recalled;
        self.left += other.left;
    }
}

/// How somebody goes about the work; the gate does not know it.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// When the day begins, some days before eight.
    begins: (i64, i64),
    /// How often it is not the debtor who is called, in a thousand.
    others: u64,
    /// How often a button is pressed twice, in a thousand.
    twice: u64,
    /// How often a number is tried in a row.
    dials: i64,
    /// How many go together on a visit, at most.
    company: i64,
    /// How often the gate is asked without calling, in a thousand.
    careful: u64,
}

impl Habits {
    /// The same person has the same habits every day.
    pub fn of(seed: u64, staff_id: &str) -> Habits {
        let number = staff_id.bytes().fold(0, |number: u64, byte| number * 31 + u64::from(byte));
        let mut random = Random::stream(seed, "habits", number);
        Habits {
            begins: *random.pick(&[(5 * 3600, 9 * 3600), (8 * 3600, 12 * 3600), (9 * 3600, 16 * 3600), (17 * 3600, 23 * 3600)]),
            others: *random.pick(&[50, 100, 250, 700]),
            twice: *random.pick(&[0, 50, 200, 600]),
            dials: *random.pick(&[1, 3, 5, 9]),
            company: *random.pick(&[1, 2, 3, 5]),
            careful: *random.pick(&[0, 100, 500]),
        }
    }
}

pub fn call(staff_id: &str, at: Moment, key: Option<String>) -> Call {
    Call { staff_id: staff_id.to_owned(), only: None, at, key }
}

/// A key no other command has.
fn fresh_key() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// A refusal is an answer; a fault is not.
pub fn code<T>(outcome: Outcome<T>) -> Result<T, &'static str> {
    match outcome {
        Ok(done) => Ok(done),
        Err(Failure::Refused(refusal)) => Err(refusal.code),
        Err(Failure::Fault(fault)) => panic!("a fault: {fault:#}"),
    }
}

/// The time of a day of work: it goes on, and now and then somebody sets the clock back by an hour.
pub struct Watch {
    date: Date,
    second: i64,
}

impl Watch {
    pub fn of(date: Date, habits: &Habits, random: &mut Random) -> Watch {
        Watch { date, second: random.between(habits.begins.0, habits.begins.1) }
    }

    pub fn now(&self) -> Moment {
        Moment::new(self.date, self.second.clamp(0, 86_399) as u32)
    }

    pub fn goes_on(&mut self, random: &mut Random) {
        self.second += if random.chance(40) { -3_600 } else { random.between(60, 4_000) };
    }
}

/// Everybody who takes cases works some of the own queue.
pub async fn work(desk: &Desk, seed: u64, date: Date, random: &mut Random) -> Day {
    let people = desk.people(Moment::new(date, 28_800)).await.expect("people");
    let mut day = Day::default();
    for worker in workers(&people) {
        let me = &worker.staff.staff_id;
        let habits = Habits::of(seed, me);
        let mut watch = Watch::of(date, &habits, random);
        let mut done = Vec::new();
        for _ in 0..random.between(1, 4) {
            let Ok(Some(case)) = code(case_next(desk, &call(me, watch.now(), None), &done).await) else { break };
            day += contact(desk, me, &case, watch.now(), &habits, random).await;
            done.push(case.case.case_id);
            watch.goes_on(random);
        }
    }
    day
}

/// One try to reach somebody about a case, and what follows.
pub async fn contact(desk: &Desk, me: &str, case: &CaseView, at: Moment, habits: &Habits, random: &mut Random) -> Day {
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
        Some(debtor) if !random.chance(habits.others) => debtor,
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
        people: if channel == Channel::Visit { random.between(1, habits.company) as u32 } else { 1 },
        manners: Vec::new(),
    };
    let case_id = &case.case.case_id;
    for dial in 0..random.between(1, habits.dials) {
        let at = at.plus_seconds(dial * 120);
        day.asked += 1;
        if random.chance(habits.careful) {
            // Who only asks changes nothing.
            let _ = code(contact_ask(desk, &call(me, at, None), case_id, &wanted).await);
        }
        // A second click sends the same command again.
        let key = fresh_key();
        let begun = code(contact_begin(desk, &call(me, at, Some(key.clone())), case_id, &wanted).await);
        if random.chance(habits.twice) {
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
