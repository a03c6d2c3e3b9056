//! Whatever staff and agencies do, who ask and go only where the gate lets them: no limit is passed. Counted by a
//! second, naive reading of the regulations that shares nothing with the gate.

use super::table::{contact, rules};
use super::{
    Circumstance, CircumstanceKind, ContactPoint, ContactRules, Document, DocumentKind, History, Hours, Manner,
    PointSource, Question, TimeOfDay, ask,
};
use crate::contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::LazyLock;
use units::{Date, Moment};

static CHINA: LazyLock<ContactRules> = LazyLock::new(|| rules("cn-collections"));
static UNITED_STATES: LazyLock<ContactRules> = LazyLock::new(|| rules("us-collections"));

/// What somebody tries, and what comes of it if it is done.
#[derive(Clone, Debug)]
struct Act {
    /// Seconds since the act before; a clock set back is negative.
    later: i64,
    contact: Contact,
}

fn start() -> Moment {
    Moment::new(Date::from_ymd(2026, 11, 2).unwrap(), 7 * 3600)
}

fn people() -> impl Strategy<Value = (Relation, &'static str)> {
    use Relation::*;
    select(vec![
        (Debtor, "debtor"),
        (Debtor, "debtor"),
        (Debtor, "debtor"),
        (Guarantor, "guarantor"),
        (ContactPerson, "spouse"),
        (ContactPerson, "brother"),
        (ThirdPerson, "employer"),
    ])
}

fn acts(clock: impl Strategy<Value = i64>) -> impl Strategy<Value = Vec<Act>> {
    use Channel::*;
    let result = prop_oneof![
        4 => select(vec![ContactResult::NoAnswer, ContactResult::Unreachable, ContactResult::Invalid]),
        3 => select(ContactResult::ALL),
    ];
    let how = (select(vec![Call, Call, AiVoice, NoticeVoice, Sms, Visit]), select(vec!["A", "B"]), any::<bool>());
    let who = (select(vec!["s1", "s2", "s3"]), select(vec![None, Some("north"), Some("south")]));
    let one = (clock, people(), select(Purpose::ALL), how, who, result);
    let act = one.prop_map(|(later, (relation, person), purpose, (channel, point, inbound), (staff, agency), result)| {
        let mut contact = contact(start(), channel, relation, result);
        contact.person_id = person.to_owned();
        contact.contact_point = format!("{person} {point}");
        contact.purpose = purpose;
        contact.people = if channel == Visit { 2 } else { 1 };
        contact.staff_id = staff.to_owned();
        contact.agency_id = agency.map(str::to_owned);
        // Now and then the other side calls, which needs nobody's leave.
        if inbound && result.is_right_party() && staff == "s1" {
            contact.direction = Direction::Inbound;
        }
        Act { later, contact }
    });
    prop::collection::vec(act, 0..120)
}

fn papers() -> Vec<Document> {
    let kinds = [
        DocumentKind::Callback,
        DocumentKind::WillingToPay,
        DocumentKind::LegalBasis,
        DocumentKind::OutsourcingNotice,
        DocumentKind::AgencyListing,
    ];
    let on_file = |kind| Document { document_id: String::new(), kind, from: start(), until: None, hours: None };
    kinds.map(on_file).into()
}

fn question<'a>(contact: &'a Contact, documents: &'a [Document]) -> Question<'a> {
    Question {
        customer_id: "debtor",
        person_id: &contact.person_id,
        relation: contact.relation,
        channel: contact.channel,
        purpose: contact.purpose,
        contact_point: ContactPoint { key: &contact.contact_point, source: PointSource::Contract },
        at: contact.at,
        agency_id: contact.agency_id.as_deref(),
        people: contact.people,
        manners: &[],
        documents,
    }
}

/// Everybody asks before every act and does what is allowed; so many acts at once are under way, not recorded yet.
fn live_late(rules: &ContactRules, acts: Vec<Act>, at_once: usize) -> Vec<Contact> {
    let (mut now, mut log, mut under_way, papers) = (start(), Vec::new(), Vec::new(), papers());
    for Act { later, mut contact } in acts {
        now = now.plus_seconds(later);
        contact.at = now;
        // What will come of them is not known yet.
        let unknown = |one: &Contact| Contact { result: ContactResult::NotDelivered, ..one.clone() };
        let unknown: Vec<Contact> = under_way.iter().map(unknown).collect();
        let history = History { contacts: &log, under_way: &unknown, ..History::default() };
        if contact.direction == Direction::Inbound {
            log.push(contact);
        } else if ask(rules, &question(&contact, &papers), &history).is_ok() {
            under_way.push(contact);
        }
        let recorded = under_way.len().saturating_sub(at_once);
        log.extend(under_way.drain(..recorded));
        log.sort_by_key(|contact: &Contact| contact.at);
    }
    log.extend(under_way);
    log.sort_by_key(|contact| contact.at);
    log
}

/// The same, everything recorded as soon as it is done.
fn live(rules: &ContactRules, acts: Vec<Act>) -> Vec<Contact> {
    live_late(rules, acts, 0)
}

fn outbound(log: &[Contact]) -> impl Iterator<Item = &Contact> + Clone {
    log.iter().filter(|contact| contact.direction == Direction::Outbound)
}

fn nobody_took_it(contact: &Contact) -> bool {
    matches!(contact.result.code(), "no_answer" | "unreachable" | "invalid")
}

fn spoke(contact: &Contact) -> bool {
    ["reached", "promised", "says_paid", "objected", "hardship", "refused_to_pay", "refused_contact", "complained"]
        .contains(&contact.result.code())
}

/// The hours and counts of China, read off the log once more.
fn keeps_chinese_limits(log: &[Contact]) {
    for one in outbound(log) {
        let hour = one.at.second_of_day() / 3600;
        assert!((8..22).contains(&hour), "at night: {one:?}");
        let same_day = || outbound(log).filter(|other| other.at.day() == one.at.day());
        let taken = |codes: &[&str]| {
            let of_channel = same_day().filter(|other| codes.contains(&other.channel.code()));
            of_channel.filter(|other| !nobody_took_it(other) && other.result.code() != "not_delivered").count()
        };
        assert!(taken(&["call", "ai_voice"]) <= 3, "four effective calls: {one:?}");
        assert!(taken(&["notice_voice"]) <= 3, "four notices: {one:?}");
        let voice = ["call", "ai_voice", "notice_voice"];
        let unanswered = same_day()
            .filter(|other| other.contact_point == one.contact_point && voice.contains(&other.channel.code()))
            .filter(|other| nobody_took_it(other));
        assert!(unanswered.count() <= 6, "seven unanswered: {one:?}");
    }
}

/// Who was contacted in China after what: a log tells it only where it was written in order, and at once.
fn heeds_what_was_said(log: &[Contact]) {
    for one in outbound(log) {
        let at_point = log.iter().rev().filter(|other| other.contact_point == one.contact_point && other.at < one.at);
        let mut telling = at_point.filter(|other| spoke(other) || other.result.code() == "wrong_person");
        assert!(telling.next().is_none_or(spoke), "somebody else's number: {one:?}");
        match (one.person_id.as_str(), one.purpose) {
            ("employer", purpose) => assert!(matches!(purpose, Purpose::TakePayment | Purpose::Answer), "{one:?}"),
            ("spouse" | "brother", Purpose::TakePayment | Purpose::Answer) => {}
            ("spouse" | "brother", Purpose::Locate) => was_unreachable(log, one),
            ("spouse" | "brother", _) => panic!("collected from a contact person: {one:?}"),
            _ => {}
        }
        if one.person_id != "debtor" && one.person_id != "guarantor" && one.purpose != Purpose::Answer {
            let refused = |other: &&Contact| other.person_id == one.person_id && other.at < one.at;
            let refused = log.iter().filter(refused).any(|other| other.result.code() == "refused_contact");
            assert!(!refused, "contacted again: {one:?}");
        }
    }
}

/// At the least: since the debtor last spoke, a number was found dead, or three attempts failed before today.
fn was_unreachable(log: &[Contact], one: &Contact) {
    let before = log.iter().rev().filter(|other| other.at <= one.at && other.person_id == "debtor");
    let silent = before.take_while(|other| !spoke(other));
    let tried: Vec<&Contact> = silent.filter(|other| other.direction == Direction::Outbound).collect();
    let dead = tried.iter().any(|other| matches!(other.result.code(), "invalid" | "wrong_person"));
    let failed = tried.iter().filter(|other| nobody_took_it(other) && other.at.day() < one.at.day());
    assert!(dead || failed.count() >= 3, "the debtor could be reached: {one:?}");
}

fn is_call(contact: &Contact) -> bool {
    matches!(contact.channel.code(), "call" | "ai_voice" | "notice_voice")
}

/// The person's calls of the six days before this one and of its own day.
fn week_of<'a>(log: &'a [Contact], one: &'a Contact) -> impl Iterator<Item = &'a Contact> {
    let calls = log.iter().filter(|other| is_call(other) && other.person_id == one.person_id);
    calls.filter(|other| (0..7).contains(&(one.at.day() - other.at.day())))
}

fn at_most_seven_in_seven_days(log: &[Contact]) {
    for one in outbound(log).filter(|one| is_call(one)) {
        let placed = week_of(log, one).filter(|other| other.direction == Direction::Outbound);
        let connected = placed.filter(|other| !matches!(other.result.code(), "unreachable" | "invalid"));
        assert!(connected.count() <= 7, "eight in seven days: {one:?}");
    }
}

/// The rules of the United States, read off the log once more.
fn obeys_american_rules(log: &[Contact]) {
    at_most_seven_in_seven_days(log);
    for one in outbound(log) {
        let hour = one.at.second_of_day() / 3600;
        assert!((8..21).contains(&hour), "inconvenient: {one:?}");
        if !matches!(one.person_id.as_str(), "debtor" | "guarantor") {
            assert!(matches!(one.purpose, Purpose::Locate | Purpose::Answer), "{one:?}");
        }
        let spoke = week_of(log, one).filter(|other| other.at < one.at && spoke(other));
        assert!(!is_call(one) || spoke.count() == 0, "within seven days of a conversation: {one:?}");
    }
    for person in ["spouse", "brother", "employer"] {
        let asked = outbound(log).filter(|one| one.person_id == person && one.purpose == Purpose::Locate);
        let asked = asked.filter(|one| !nobody_took_it(one) && one.result.code() != "not_delivered");
        assert!(asked.count() <= 1, "{person} was asked twice");
    }
}

fn forward() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1i64..3_600, 3 => 3_600i64..40_000, 1 => 40_000i64..300_000]
}

fn back_and_forth() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 1i64..3_600, 2 => -7_200i64..0, 1 => 3_600i64..90_000, 1 => -90_000i64..0]
}

/// States of affairs and papers that begin and end at odd times.
fn surroundings() -> impl Strategy<Value = (Vec<Circumstance>, Vec<Document>, Vec<Manner>)> {
    let span = || (-400_000i64..400_000, prop::option::of(1i64..400_000));
    let from_until = |(from, length): (i64, Option<i64>)| {
        let from = start().plus_seconds(from);
        (from, length.map(|length| from.plus_seconds(length)))
    };
    let person = select(vec![None, Some("debtor"), Some("guarantor")]);
    let circumstance = (select(CircumstanceKind::ALL), person, span()).prop_map(move |(kind, person, span)| {
        let (from, until) = from_until(span);
        Circumstance { kind, person_id: person.map(str::to_owned), channel: None, from, until }
    });
    let hours = select(vec!["06:00 07:00", "21:30 23:10", "00:00 24:00"]).prop_map(|text| {
        let (opens, closes) = text.split_once(' ').unwrap();
        Hours { opens: TimeOfDay::parse(opens).unwrap(), closes: TimeOfDay::parse(closes).unwrap() }
    });
    let document = (select(DocumentKind::ALL), hours, span()).prop_map(move |(kind, hours, span)| {
        let (from, until) = from_until(span);
        Document { document_id: String::new(), kind, from, until, hours: Some(hours) }
    });
    let manners = select(vec![vec![], vec![], vec![Manner::PrivateDevice], vec![Manner::AtWork]]);
    (prop::collection::vec(circumstance, 0..3), prop::collection::vec(document, 0..6), manners)
}

/// Refused and told when: then it is allowed, and at no moment looked at before. Told never: it is not.
fn the_next_slot_is_exact(rules: &ContactRules, acts: Vec<Act>, asked: &Act, around: &Around, looks: &[u16]) {
    let (mut now, mut log) = (start(), Vec::new());
    for Act { later, mut contact } in acts {
        now = now.plus_seconds(later);
        contact.at = now;
        log.push(contact);
    }
    log.sort_by_key(|contact| contact.at);
    let (circumstances, documents, manners) = around;
    let history = History { contacts: &log, circumstances, debtor_points: &["debtor A"], ..History::default() };
    let mut contact = asked.contact.clone();
    contact.at = start().plus_seconds(asked.later);
    let first = Question { manners, ..question(&contact, documents) };
    let refused_at = |at| ask(rules, &Question { at, ..first }, &history).is_err();
    let Err(refused) = ask(rules, &first, &history) else { return };
    let end = match refused.next_slot {
        Some(slot) => {
            assert!(slot > first.at && !refused_at(slot), "refused at the slot {slot}");
            assert!(refused_at(slot.plus_seconds(-1)), "allowed a second before {slot}");
            slot
        }
        None => first.at.plus_seconds(30 * 86_400),
    };
    for &look in looks {
        let at = first.at.plus_seconds(end.seconds_since(first.at) * i64::from(look) / 65_536);
        assert!(refused_at(at), "allowed at {at}, before {end}");
    }
}

type Around = (Vec<Circumstance>, Vec<Document>, Vec<Manner>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_acts_breaks_a_chinese_limit(acts in acts(forward())) {
        let log = live(&CHINA, acts);
        keeps_chinese_limits(&log);
        heeds_what_was_said(&log);
    }

    #[test]
    fn nor_does_a_clock_that_jumps_break_a_count(acts in acts(back_and_forth())) {
        at_most_seven_in_seven_days(&live(&UNITED_STATES, acts.clone()));
        keeps_chinese_limits(&live(&CHINA, acts));
    }

    #[test]
    fn several_at_once_break_none_either(acts in acts(forward()), at_once in 1usize..5) {
        keeps_chinese_limits(&live_late(&CHINA, acts.clone(), at_once));
        obeys_american_rules(&live_late(&UNITED_STATES, acts, at_once));
    }

    #[test]
    fn no_sequence_of_acts_breaks_an_american_limit(acts in acts(forward())) {
        obeys_american_rules(&live(&UNITED_STATES, acts));
    }

    #[test]
    fn the_next_slot_is_the_first_lawful_moment(
        log in acts(prop_oneof![forward(), back_and_forth()]),
        asked in acts(-100_000i64..900_000).prop_filter_map("an act to ask for", |mut acts| acts.pop()),
        around in surroundings(),
        looks in prop::collection::vec(any::<u16>(), 12),
    ) {
        for rules in [&*CHINA, &*UNITED_STATES] {
            the_next_slot_is_exact(rules, log.clone(), &asked, &around, &looks);
        }
    }
}
