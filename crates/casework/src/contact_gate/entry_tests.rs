//! What comes on file, on what proof and for how long: a row per kind and per refusal.

use super::*;
use crate::contact_gate::table::{contact, moment, rules};
use units::Coded;

const NOW: &str = "2026-11-20 10:00";

fn coded<T: Coded>(code: &str) -> T {
    T::from_code(code).unwrap_or_else(|| panic!("no code {code:?}"))
}

fn hours(text: &str) -> Hours {
    let (opens, closes) = text.split_once('-').unwrap();
    Hours { opens: TimeOfDay::parse(opens).unwrap(), closes: TimeOfDay::parse(closes).unwrap() }
}

/// `document relation [hours=22:00-23:00] [from=T] [until=T] [said=RESULT@T] [by=PERSON] [paper]`.
fn permitted(pack: &str, draft: &str, held: &[&Document]) -> Result<Document, EntryRefused> {
    let words: Vec<&str> = draft.split_whitespace().collect();
    let get = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let relation: Relation = coded(words[1]);
    let said = get("said").map(|said| {
        let (result, at) = said.split_once('@').unwrap();
        let mut contact = contact(moment(at), Channel::Call, relation, coded(result));
        if let Some(by) = get("by") {
            contact.person_id = by.to_owned();
        }
        contact
    });
    let draft = DocumentDraft {
        document_id: "D1",
        kind: coded(words[0]),
        person_id: relation.code(),
        relation,
        from: get("from").map(moment),
        until: get("until").map(moment),
        hours: get("hours").map(hours),
        contact: said.as_ref(),
        reference: if words.contains(&"paper") { "HT-7 art. 9" } else { " " },
    };
    rules(pack).document_enter(&draft, held, moment(NOW))
}

#[test]
fn what_permits_needs_its_proof_and_its_end() {
    let check = |draft: &str, expect: &str| {
        let shown = match permitted("cn-collections", draft, &[]) {
            Ok(document) => format!("{} {}", document.from, document.until.map_or_else(|| "-".to_owned(), |until| until.to_string())),
            Err(refused) => refused.code().to_owned(),
        };
        assert_eq!(shown, expect, "{draft}");
    };
    let talked = "said=reached@2026-11-20T09:30";
    let hours = "agreed_hours debtor hours=21:00-22:30";
    check(&format!("{hours} until=2027-11-20T09:30 {talked}"), "2026-11-20 10:00:00 2027-11-20 09:30:00");
    check(&format!("{hours} until=2027-11-20T09:31 {talked}"), "E-CE-10");
    check(&format!("{hours} {talked}"), "E-CE-10");
    check(&format!("{hours} until=2026-12-31T00:00"), "E-CE-06");
    check(&format!("{hours} until=2026-12-31T00:00 paper"), "E-CE-06");
    check(&format!("{hours} until=2026-12-31T00:00 said=no_answer@2026-11-20T09:30"), "E-CE-07");
    check(&format!("{hours} until=2026-12-31T00:00 {talked} by=spouse"), "E-CE-07");
    check(&format!("{hours} until=2026-12-31T00:00 said=reached@2026-11-20T10:01"), "E-CE-07");
    check(&format!("{hours} from=2026-11-20T09:59 until=2026-12-31T00:00 {talked}"), "E-CE-11");
    check(&format!("{hours} from=2026-12-31T00:00 until=2026-12-31T00:00 {talked}"), "E-CE-11");
    check(&format!("agreed_hours debtor hours=08:00-22:00 until=2026-12-31T00:00 {talked}"), "E-CE-09");
    check(&format!("agreed_hours debtor hours=23:00-22:00 until=2026-12-31T00:00 {talked}"), "E-CE-08");
    check(&format!("agreed_hours debtor until=2026-12-31T00:00 {talked}"), "E-CE-08");
    check(&format!("callback debtor hours=22:00-23:00 until=2026-11-21T00:00 {talked}"), "E-CE-08");
    check(&format!("callback debtor until=2026-11-27T09:30 {talked}"), "2026-11-20 10:00:00 2026-11-27 09:30:00");
    check(&format!("callback debtor until=2026-11-27T10:00 {talked}"), "E-CE-10");
    check("willing_to_pay third_person until=2026-12-01T00:00 said=reached@2026-11-20T09:30", "2026-11-20 10:00:00 2026-12-01 00:00:00");
    check(&format!("willing_to_pay debtor until=2026-12-01T00:00 {talked}"), "E-CE-04");
    check(&format!("entry_consent debtor until=2026-11-21T00:00 {talked}"), "2026-11-20 10:00:00 2026-11-21 00:00:00");
    check("legal_basis heir paper", "2026-11-20 10:00:00 -");
    check("legal_basis heir said=reached@2026-11-20T09:30", "E-CE-06");
    check("legal_basis debtor paper", "E-CE-04");
    check("agreed_frequency debtor paper until=2027-11-20T10:00", "2026-11-20 10:00:00 2027-11-20 10:00:00");
    check("agreed_frequency debtor paper from=2026-12-01T00:00 until=2027-12-01T00:00", "2026-12-01 00:00:00 2027-12-01 00:00:00");
    check("private_device_consent debtor paper until=2026-12-01T00:00", "2026-11-20 10:00:00 2026-12-01 00:00:00");
    check(&format!("outsourcing_notice debtor {talked}"), "E-CE-02");
    check(&format!("agency_listing debtor {talked}"), "E-CE-02");
    check("reason_to_ask_again third_person paper", "E-CE-02");
}

#[test]
fn what_is_on_file_already_is_not_entered_again() {
    let draft = "agreed_hours debtor hours=21:00-22:30 until=2026-12-31T00:00 said=reached@2026-11-20T09:30";
    let first = permitted("cn-collections", draft, &[]).unwrap();
    assert_eq!(permitted("cn-collections", draft, &[&first]), Err(EntryRefused::AlreadyOnFile { since: moment(NOW) }));
    for other in [draft.replace("22:30", "23:00"), draft.replace("12-31", "12-30"), draft.replace("12-31T", "12-31T01:")] {
        let other = other.replace("01:00:00", "01:00");
        let is_within = other.contains("12-30");
        assert_eq!(permitted("cn-collections", &other, &[&first]).is_err(), is_within, "{other}");
    }
}

#[test]
fn what_restricts_is_entered_where_a_rule_asks_for_it() {
    let check = |pack: &str, said: &str, expect: &str| {
        let words: Vec<&str> = said.split_whitespace().collect();
        let channel = words.get(2).map(|code| coded(code));
        let entered = rules(pack).circumstance_enter(coded(words[0]), ("P1", coded(words[1])), channel, &[], moment(NOW));
        let shown = match entered {
            Ok(one) => format!("{} {} {:?}", one.person_id.unwrap(), one.from, one.until),
            Err(refused) => refused.code().to_owned(),
        };
        assert_eq!(shown, expect, "{said}");
    };
    let now = "P1 2026-11-20 10:00:00 None";
    for kind in ["restricted_data", "deceased", "incapable", "do_not_contact", "work_contact_prohibited"] {
        check("cn-collections", &format!("{kind} guarantor"), now);
        check("cn-collections", &format!("{kind} debtor sms"), "E-CE-05");
    }
    check("cn-collections", "opted_out debtor sms", now);
    check("cn-collections", "opted_out debtor", "E-CE-05");
    check("cn-collections", "cease_requested debtor", "E-CE-03");
    check("us-collections", "cease_requested debtor", now);
    for kind in ["hardship_plan", "objection_under_review", "complaint_open"] {
        check("cn-collections", &format!("{kind} debtor"), "E-CE-01");
    }
}

#[test]
fn a_circumstance_that_holds_is_not_entered_twice_and_one_that_ended_is() {
    let rules = rules("cn-collections");
    let enter = |channel, held: &[&Circumstance], at: &str| {
        rules.circumstance_enter(CircumstanceKind::OptedOut, ("P1", Relation::Debtor), Some(channel), held, moment(at))
    };
    let sms = enter(Channel::Sms, &[], NOW).unwrap();
    assert_eq!(enter(Channel::Sms, &[&sms], "2026-11-21 10:00"), Err(EntryRefused::AlreadyOnFile { since: moment(NOW) }));
    assert!(enter(Channel::Call, &[&sms], "2026-11-21 10:00").is_ok());
    let until = ended(None, moment("2026-11-21 09:00")).unwrap();
    let over = Circumstance { until: Some(until), ..sms };
    assert!(enter(Channel::Sms, &[&over], "2026-11-21 09:00").is_ok());
    assert_eq!(ended(over.until, moment("2026-11-21 10:00")), Err(EntryRefused::AlreadyOver { at: until }));
    assert_eq!(ended(Some(moment("2026-12-01 00:00")), moment(NOW)), Ok(moment(NOW)), "before its time");
}

#[test]
fn the_forms_offer_what_the_rules_ask_for() {
    let offered = |pack: &str, relation: Relation| {
        let rules = rules(pack);
        let permits: Vec<&str> = rules.permits_of(relation).into_iter().map(|permit| permit.kind.code()).collect();
        let stops: Vec<&str> = rules.circumstances_of(relation).into_iter().map(CircumstanceKind::code).collect();
        (permits.join(" "), stops.join(" "))
    };
    let stops = "restricted_data deceased incapable do_not_contact opted_out work_contact_prohibited";
    let usual = "agreed_hours agreed_frequency callback entry_consent private_device_consent";
    assert_eq!(offered("cn-collections", Relation::Debtor), (usual.to_owned(), stops.to_owned()));
    let heir = "agreed_hours agreed_frequency callback legal_basis entry_consent private_device_consent";
    assert_eq!(offered("cn-collections", Relation::Heir), (heir.to_owned(), stops.to_owned()));
    let third = "agreed_hours agreed_frequency callback willing_to_pay entry_consent private_device_consent";
    assert_eq!(offered("cn-collections", Relation::ThirdPerson), (third.to_owned(), stops.to_owned()));
    let debtor = "agreed_hours agreed_frequency callback";
    let stops = "cease_requested opted_out work_contact_prohibited";
    assert_eq!(offered("us-collections", Relation::Debtor), (debtor.to_owned(), stops.to_owned()));
}

#[test]
fn numbers_and_addresses_are_sound_and_new() {
    let known = ["13800005678", "0571-88880000"];
    let check = |value: &str, expect: Result<(), EntryRefused>| assert_eq!(phone_enter(value, &known), expect, "{value}");
    check("139 0000 1111", Ok(()));
    check("+86 (571) 8888-0000", Ok(()));
    check("95588", Ok(()));
    check("138-0000-5678", Err(EntryRefused::PointOnFile { place: 0 }));
    check("057188880000", Err(EntryRefused::PointOnFile { place: 1 }));
    for wrong in ["", "1234", "1234567890123456", "13800005678x", "\u{ff11}\u{ff13}\u{ff18}00005678"] {
        check(wrong, Err(EntryRefused::ValueWrong));
    }
    assert_eq!(address_enter("7 West Road", &["8 West Road"]), Ok(()));
    assert_eq!(address_enter("7 West Road", &["7 West Road"]), Err(EntryRefused::PointOnFile { place: 0 }));
    assert_eq!(address_enter("7 W", &[]), Err(EntryRefused::ValueWrong));
    assert_eq!(address_enter("7 West\nRoad", &[]), Err(EntryRefused::ValueWrong));
}
