//! The collector's and the lead's day in a browser: the gate before the dial, a call with its promise, the queue, a
//! team's cases, a customer's data.

use crate::desk_bench::desk;

const CALL: [(&str, &str); 5] = [("person", "U1"), ("channel", "call"), ("purpose", "collect"), ("point", "U1/phone/0"), ("people", "1")];

/// The button that starts a call.
const MAY_CALL: &str = r#"name="channel" value="call""#;

#[test]
fn at_half_past_ten_at_night_no_call_can_be_started_and_the_page_says_when() {
    let bench = desk();
    let collector = bench.sign_in("C0001");
    collector.get("/cases/C-1").says(MAY_CALL);
    bench.set_clock("2026-11-20 22:30:00");
    let collector = bench.sign_in("C0001");
    let night = collector.get("/cases/C-1").says_not(MAY_CALL).says("between 08:00 and 22:00").says("2026-11-21 08:00");
    assert_eq!(night.status, 200);
    let refused = collector.fill("/cases/C-1", "/cases/C-1/contacts", &CALL).says("E-CG-09");
    assert_eq!(refused.status, 422);
    collector.get("/cases/C-1").says_not("Record what came of it");
    collector.get("/").says_not("contacts begun, not recorded");
}

#[test]
fn a_call_is_recorded_with_its_promise_in_one_go_or_not_at_all() {
    let bench = desk();
    let collector = bench.sign_in("C0001");
    let page = collector.get("/cases/C-1");
    let key = page.field("_key");
    for _ in 0..2 {
        // Clicked twice, begun once.
        let begun = collector.fill_once(&page, &key, "/cases/C-1/contacts", &CALL);
        assert_eq!((begun.status, begun.location.as_str()), (303, "/cases/C-1#record"), "{}", begun.text);
    }
    collector.get("/").says("contacts begun, not recorded").says("Debtor 1");
    let page = collector.get("/cases/C-1");
    assert_eq!(page.text.matches("Record what came of it").count(), 1);
    let record = page.text.split("action=\"/cases/C-1/contacts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let record = format!("/cases/C-1/contacts/{record}");
    let said = |amount: &'static str| {
        [("result", "promised"), ("pay_on", "2026-11-25"), ("way", "app"), ("amount", amount), ("note", "after payday"), ("then", "next"), ("skip", "C-1")]
    };
    let refused = collector.fill("/cases/C-1", &record, &said("99999.00")).says("E-PR-08");
    assert_eq!(refused.status, 422);
    let refused = refused.says(r#"value="99999.00""#).says(r#"value="after payday""#).says("Record what came of it");
    refused.says("Nobody was contacted yet");
    let done = collector.fill("/cases/C-1", &record, &said("2000.00"));
    assert_eq!((done.status, done.location.as_str()), (303, "/queue/next?skip=C-1"), "{}", done.text);
    let next = collector.get(&done.location);
    assert_eq!((next.status, next.location.as_str()), (303, "/cases/C-2?skip=C-1"));
    collector.get("/cases/C-1").says("2,000.00").says("promised to pay").says("after payday").says_not("Record what came of it");
    // What was spoken about today is not offered again.
    assert_eq!(collector.get("/queue/next").location, "/cases/C-2");
    assert_eq!(collector.get("/queue/next?skip=C-2").location, "/queue");
    collector.get("/customers/U1").says("2026-11-25").says("promise to pay").says("outbound");
}

#[test]
fn a_call_is_recorded_though_the_case_went_to_somebody_else_meanwhile() {
    let bench = desk();
    let (collector, lead) = (bench.sign_in("C0001"), bench.sign_in("L0001"));
    collector.fill("/cases/C-1", "/cases/C-1/contacts", &CALL);
    let ticked = [("do", "hand_over"), ("to", "C0003"), ("because", "load_balanced"), ("case", "C-1@7")];
    lead.fill("/queue?team=T1", "/queue/acts", &ticked);
    collector.get("/").says("contacts begun, not recorded");
    let left = collector.get("/cases/C-1").says("The case has gone to somebody else").says_not(MAY_CALL).says_not("promised");
    let record = left.text.split("action=\"/cases/C-1/contacts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let record = format!("/cases/C-1/contacts/{record}");
    let done = collector.fill("/cases/C-1", &record, &[("result", "reached"), ("seconds", "40"), ("note", "asks for a letter")]);
    assert_eq!((done.status, done.location.as_str()), (303, "/"), "{}", done.text);
    assert_eq!(collector.get("/cases/C-1").status, 403);
    collector.get("/").says_not("contacts begun, not recorded");
    bench.sign_in("C0003").get("/cases/C-1").says("asks for a letter");
}

#[test]
fn who_has_no_right_is_refused_and_nothing_changes() {
    let bench = desk();
    let (other, administrator, collector) = (bench.sign_in("C0002"), bench.sign_in("A0001"), bench.sign_in("C0001"));
    let check = |path: &str, status: u16| assert_eq!(other.get(path).status, status, "{path}");
    check("/", 200);
    check("/queue", 200);
    check("/queue?owner=C0001", 403);
    check("/cases/C-1", 403);
    check("/customers/U1", 403);
    check("/team", 403);
    assert_eq!(administrator.get("/queue").status, 403);
    assert_eq!(administrator.get("/search").status, 403);
    assert_eq!(administrator.get("/visits").status, 403);
    let hand = [("do", "hand_over"), ("to", "C0002"), ("because", "requested"), ("version", "7")];
    let refused = other.fill("/", "/cases/C-1/acts", &hand);
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(collector.get("/cases/C-1").field("version"), "7");
    let forged = collector.fill_once(&other.get("/"), "k", "/cases/C-1/acts", &hand);
    assert_eq!(forged.status, 403, "a form of somebody else's session");
    assert_eq!(collector.get("/cases/C-1").field("version"), "7");
}

#[test]
fn a_lead_hands_over_what_is_ticked_and_is_told_what_was_refused() {
    let bench = desk();
    let lead = bench.sign_in("L0001");
    lead.get("/").says("NC0001").says("2 / 10");
    lead.get("/queue?team=T1").says("C-1@7").says("C-2@7").says("Debtor 1");
    lead.get("/queue?team=T1&bucket=M3").says("No case is here");
    lead.get("/team").says("NC0003").says("C-2@7");
    let ticked = [("do", "hand_over"), ("to", "C0003"), ("because", "load_balanced"), ("case", "C-1@7"), ("case", "C-2@6")];
    let page = lead.fill("/queue?team=T1", "/queue/acts", &ticked).says("1 / 2").says("E-CS-01");
    assert_eq!(page.status, 200);
    bench.sign_in("C0003").get("/queue").says("/cases/C-1").says_not("/cases/C-2");
    bench.sign_in("C0001").get("/queue").says("/cases/C-2").says_not("/cases/C-1");
    assert_eq!(lead.get("/queue?team=T1&state=later").says("No case is here").status, 200);
}

#[test]
fn personal_data_is_opened_for_a_reason_put_right_with_its_source_and_found_again() {
    let bench = desk();
    let collector = bench.sign_in("C0001");
    collector.get("/customers/U1?tab=people").says("138****5678").says_not("13800005678");
    let ask = |reason: &'static str| [("person", "U1"), ("field", "phone"), ("purpose", "contact"), ("reason", reason)];
    let refused = collector.fill("/customers/U1?tab=people", "/customers/U1/unmask", &ask("why")).says("E-AU-93").says(r#"value="why""#);
    assert_eq!(refused.status, 422);
    collector.get("/customers/U1?tab=people").says_not("13800005678");
    let opened = collector.fill("/customers/U1?tab=people", "/customers/U1/unmask", &ask("the number is said to be wrong"));
    assert_eq!((opened.status, opened.location.as_str()), (303, "/customers/U1?tab=people"), "{}", opened.text);
    collector.get("/customers/U1?tab=people").says("13800005678");
    let said = [("person", "U1"), ("kind", "phone"), ("value", "13900001111"), ("source", "authorised"), ("why", "told at the counter")];
    assert_eq!(collector.fill("/customers/U1?tab=people", "/customers/U1/points", &said).status, 303);
    collector.get("/cases/C-1").says(r#"value="U1/phone/1""#);
    for q in ["U1", "13900001111", "1111", "Debtor+1"] {
        assert_eq!(collector.get(&format!("/search?q={q}")).location, "/customers/U1", "{q}");
    }
    assert_eq!(collector.get("/search?q=C-2").location, "/cases/C-2");
    bench.sign_in("C0002").get("/search?q=13900001111").says("No customer you may see");
}

#[test]
fn words_are_looked_at_and_an_objection_stops_collection_until_it_is_resolved() {
    let bench = desk();
    let (collector, officer) = (bench.sign_in("C0001"), bench.sign_in("O0001"));
    let text = "\u{4e0d}\u{8fd8}\u{94b1}\u{5c31}\u{628a}\u{4f60}\u{6293}\u{8d77}\u{6765}";
    let looked = collector.fill("/cases/C-1", "/cases/C-1/words", &[("text", text)]).says("chip bad").says(text);
    assert_eq!(looked.status, 200);
    let version = collector.get("/cases/C-1").field("version");
    let objected = [("do", "object"), ("version", version.as_str()), ("what", "paid twice")];
    assert_eq!(collector.fill("/cases/C-1", "/cases/C-1/acts", &objected).status, 303);
    let stopped = collector.get("/cases/C-1").says("An objection is under review").says_not(MAY_CALL);
    officer.get("/").says("objections to review").says("Debtor 1");
    let (version, id) = (stopped.field("version"), officer.get("/cases/C-1").field("id"));
    let resolved = [("do", "resolve_objection"), ("version", version.as_str()), ("id", id.as_str()), ("outcome", "rejected")];
    assert_eq!(collector.fill("/cases/C-1", "/cases/C-1/acts", &resolved).status, 403, "not by who collects");
    assert_eq!(officer.fill("/cases/C-1", "/cases/C-1/acts", &resolved).status, 303);
    collector.get("/cases/C-1").says(MAY_CALL);
}

#[test]
fn what_the_debtor_says_is_entered_beside_the_gate_and_holds_at_once() {
    let bench = desk();
    let collector = bench.sign_in("C0001");
    let may_write = r#"name="channel" value="sms""#;
    collector.fill("/cases/C-1", "/cases/C-1/contacts", &CALL);
    let page = collector.get("/cases/C-1").says(may_write);
    let record = page.text.split("action=\"/cases/C-1/contacts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    collector.fill("/cases/C-1", &format!("/cases/C-1/contacts/{record}"), &[("result", "reached"), ("then", "stay")]);

    let stop = |channel: &'static str| {
        [("form", "stop"), ("case", "C-1"), ("person", "U1"), ("kind", "opted_out"), ("channel", channel), ("why", "wants no messages")]
    };
    let refused = collector.fill("/cases/C-1", "/customers/U1/circumstances", &stop("")).says("E-CE-05");
    assert_eq!(refused.status, 422);
    refused.says(r#"value="wants no messages""#).says(r#"<details id="contact-file" open>"#).says(may_write);
    let done = collector.fill("/cases/C-1", "/customers/U1/circumstances", &stop("sms"));
    assert_eq!((done.status, done.location.as_str()), (303, "/cases/C-1#contact-file"), "{}", done.text);
    let page = collector.get("/cases/C-1").says("opted out of the channel").says("wants no messages").says_not(may_write).says(MAY_CALL);
    assert!(!page.text.contains("/circumstances/end"), "who restricts does not loosen");

    let entry = [("case", "C-1"), ("person", "U1"), ("entry", "U1/circumstance/0"), ("why", "she wants them again")];
    assert_eq!(collector.fill("/cases/C-1", "/customers/U1/circumstances/end", &entry).status, 403);
    let lead = bench.sign_in("L0001");
    lead.get("/cases/C-1").says("/circumstances/end");
    assert_eq!(lead.fill("/cases/C-1", "/customers/U1/circumstances/end", &entry).status, 303);
    collector.get("/cases/C-1").says(may_write).says("she wants them again");

    let contact = page.text.split("<option value=\"K-U1-").nth(1).unwrap().split('"').next().unwrap();
    let contact = format!("K-U1-{contact}");
    let permit = [
        ("form", "permit"), ("case", ""), ("person", "U1"), ("kind", "agreed_hours"), ("opens", "21:00"), ("closes", "22:30"),
        ("until", "2026-12-20T22:30"), ("contact", contact.as_str()), ("reference", "works shifts"),
    ];
    let done = collector.fill("/customers/U1?tab=people", "/customers/U1/documents", &permit);
    assert_eq!((done.status, done.location.as_str()), (303, "/customers/U1?tab=people"), "{}", done.text);
    collector.get(&done.location).says("agreed hours 21:00-22:30").says("NC0001").says("2026-12-20 22:30").says("works shifts");
    bench.set_clock("2026-11-20 22:10:00");
    bench.sign_in("C0001").get("/cases/C-1").says(MAY_CALL);
    bench.set_clock("2026-11-20 22:30:00");
    bench.sign_in("C0001").get("/cases/C-1").says_not(MAY_CALL);
}
