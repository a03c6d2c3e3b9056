//! What people say of how they want to be contacted comes on file, and the gate keeps to it from that moment.

use super::*;
use app::contact::{contact_ask, contact_inbound, contact_options};
use app::contact_file::{CircumstanceSaid, DocumentSaid, PointSaid, circumstance_end, circumstance_record, document_end, document_record, point_correct};
use app::person::PersonView;
use casework::GateAnswer;
use casework::contact_gate::{CircumstanceKind, DocumentKind, GateDecision, Hours, TimeOfDay};

impl World {
    /// Somebody else about the debt, with a number.
    async fn beside(&self, person_id: &str, relation: Relation) {
        let stamp = Stamp { by: "-", at: Moment::new(date(TODAY), 0) };
        let tx = self.desk.store.begin().await.unwrap();
        let row = PersonRow { person_id: person_id.to_owned(), customer_id: "U1".to_owned(), relation: relation.code().to_owned() };
        let _ = tx.save(&row, &file(person_id, relation), 0, stamp).await.unwrap();
        tx.personal_set(person_id, FieldKind::Phone, &["13800009999"]).await.unwrap();
        tx.personal_set("U1", FieldKind::Phone, &["13800005678"]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn debtor(&self) -> PersonView {
        let people = done(person_view(&self.desk, &self.call("C1"), "U1").await);
        people.into_iter().find(|person| person.person_id == "U1").unwrap()
    }

    /// `C1` calls the debtor at a time and speaks with her.
    async fn talk(&self, time: &str) -> String {
        let begun = done(contact_begin(&self.desk, &self.at("C1", time), "K1", &wanted()).await);
        let outcome = ContactOutcome { result: ContactResult::Reached, seconds: 60, note: String::new() };
        done(contact_record(&self.desk, &self.at("C1", time), "K1", &begun.contact.contact_id, &outcome).await).contact.contact_id
    }

    async fn ask(&self, staff_id: &str, person_id: &str, channel: Channel, at: &str) -> GateAnswer {
        let point = format!("{person_id}/phone/0");
        let wanted = ContactWanted { person_id: person_id.to_owned(), channel, point, at: Moment::parse(at), ..wanted() };
        done(contact_ask(&self.desk, &self.call(staff_id), "K1", &wanted).await)
    }

    /// The rule that refuses, or `allowed`; the next lawful slot.
    async fn answer(&self, person_id: &str, channel: Channel, at: &str) -> (String, String) {
        let answer = self.ask("O1", person_id, channel, at).await;
        let rule = if answer.decision == GateDecision::Allowed { "allowed".to_owned() } else { answer.rule_id };
        (rule, answer.next_slot.map_or_else(|| "-".to_owned(), |slot| slot.to_string()))
    }
}

fn hours(opens: &str, closes: &str) -> Option<Hours> {
    Some(Hours { opens: TimeOfDay::parse(opens).unwrap(), closes: TimeOfDay::parse(closes).unwrap() })
}

fn agreed(contact_id: Option<&str>) -> DocumentSaid {
    DocumentSaid {
        kind: DocumentKind::AgreedHours,
        from: None,
        until: Moment::parse("2026-11-22 22:00"),
        hours: hours("21:00", "22:30"),
        contact_id: contact_id.map(str::to_owned),
        reference: "works shifts".to_owned(),
    }
}

fn said(kind: CircumstanceKind, channel: Option<Channel>) -> CircumstanceSaid {
    CircumstanceSaid { kind, channel, contact_id: None, why: "told by the debtor at the counter".to_owned() }
}

fn pair(rule: &str, slot: &str) -> (String, String) {
    (rule.to_owned(), slot.to_owned())
}

#[test]
fn hours_agreed_in_a_call_open_for_her_alone_and_as_long_as_agreed() {
    run(async |world| {
        let desk = &world.desk;
        world.beside("G-1", Relation::Guarantor).await;
        let shut = pair("HRS-1", "2026-11-21 08:00:00");
        assert_eq!(world.answer("U1", Channel::Call, "2026-11-20 22:10").await, shut, "before it is on file");
        refused(document_record(desk, &world.call("C1"), "U1", &agreed(None)).await, "E-CE-06");
        refused(document_record(desk, &world.call("C1"), "U1", &agreed(Some("K-0"))).await, "E-AP-01");
        let contact_id = world.talk("10:00").await;
        refused(document_record(desk, &world.call("C2"), "U1", &agreed(Some(&contact_id))).await, "E-AU-27");
        refused(document_record(desk, &world.call("C1"), "G-1", &agreed(Some(&contact_id))).await, "E-CE-07");
        let call = world.keyed("C1", "agreed");
        let entry = done(document_record(desk, &call, "U1", &agreed(Some(&contact_id))).await);
        assert_eq!(done(document_record(desk, &call, "U1", &agreed(Some(&contact_id))).await), entry, "the second click is the first");
        refused(document_record(desk, &call, "U1", &agreed(None)).await, "E-AP-03");
        let entered = entry.entered.as_ref().unwrap();
        assert_eq!((entered.by.as_str(), entered.contact_id.as_deref(), entered.why.as_str()), ("C1", Some(contact_id.as_str()), "works shifts"));

        let open = pair("allowed", "-");
        assert_eq!(world.answer("U1", Channel::Call, "2026-11-20 22:10").await, open);
        assert_eq!(world.answer("U1", Channel::Call, "2026-11-20 22:30").await, shut);
        assert_eq!(world.answer("G-1", Channel::Call, "2026-11-20 22:10").await, shut, "for her alone");
        assert_eq!(world.answer("U1", Channel::Call, "2026-11-22 22:10").await, pair("HRS-1", "2026-11-23 08:00:00"), "it is over");
        let at_night = done(contact_options(desk, &world.at("C1", "22:10"), "K1", None).await);
        let allowed: Vec<_> = at_night.iter().filter(|option| option.answer.decision == GateDecision::Allowed).map(|option| (option.person_id.as_str(), option.channel)).collect();
        assert_eq!(allowed, [("U1", Channel::Call), ("U1", Channel::Sms)], "the page of the case shows what the gate says");
        let begun = done(contact_begin(desk, &world.at("C1", "22:10"), "K1", &wanted()).await);
        assert_eq!(begun.answer.document_ids, [entry.what.document_id.clone()], "the record names what it rests on");

        refused(document_end(desk, &world.at("C1", "22:11"), "U1", &entry.entry_id, " ").await, "E-AP-04");
        refused(document_end(desk, &world.at("C1", "22:11"), "U1", "U1/document/7", "withdrawn").await, "E-AP-01");
        done(document_end(desk, &world.at("C1", "22:11"), "U1", &entry.entry_id, "does not work late any more").await);
        refused(document_end(desk, &world.at("C1", "22:12"), "U1", &entry.entry_id, "once more").await, "E-CE-13");
        assert_eq!(told(contact_begin(desk, &world.at("C1", "22:13"), "K1", &wanted()).await.unwrap_err()), "E-CG-09");
        let debtor = world.debtor().await;
        let ended = debtor.documents[0].ended.as_ref().unwrap();
        assert_eq!((ended.by.as_str(), ended.why.as_str(), debtor.documents[0].what.until), ("C1", "does not work late any more", Some(ended.at)));
    });
}

#[test]
fn paper_is_filed_by_somebody_who_is_no_collector() {
    run(async |world| {
        let desk = &world.desk;
        let frequency = DocumentSaid {
            kind: DocumentKind::AgreedFrequency,
            hours: None,
            until: Moment::parse("2027-11-01 00:00"),
            reference: "contract HT-7, clause 9".to_owned(),
            ..agreed(None)
        };
        refused(document_record(desk, &world.call("C1"), "U1", &frequency).await, "E-AU-26");
        refused(document_record(desk, &world.call("D1"), "U1", &frequency).await, "E-AU-26");
        refused(document_record(desk, &world.call("L1"), "U1", &DocumentSaid { reference: String::new(), ..frequency.clone() }).await, "E-CE-06");
        for staff_id in ["L1", "O1"] {
            let until = Moment::parse(if staff_id == "L1" { "2027-10-01 00:00" } else { "2027-11-01 00:00" });
            done(document_record(desk, &world.call(staff_id), "U1", &DocumentSaid { until, ..frequency.clone() }).await);
        }
        refused(document_record(desk, &world.call("M1"), "U1", &frequency).await, "E-CE-12");
    });
}

#[test]
fn who_opts_out_of_messages_is_still_called_and_only_a_lead_ends_it() {
    run(async |world| {
        let desk = &world.desk;
        let at = "2026-11-20 11:00";
        let no_sms = said(CircumstanceKind::OptedOut, Some(Channel::Sms));
        refused(circumstance_record(desk, &world.call("C1"), "U1", &said(CircumstanceKind::OptedOut, None)).await, "E-CE-05");
        refused(circumstance_record(desk, &world.call("C1"), "U1", &CircumstanceSaid { why: " ".to_owned(), ..no_sms.clone() }).await, "E-AP-04");
        refused(circumstance_record(desk, &world.call("C2"), "U1", &no_sms).await, "E-AU-27");
        let entry = done(circumstance_record(desk, &world.keyed("C1", "stop"), "U1", &no_sms).await);
        assert_eq!(done(circumstance_record(desk, &world.keyed("C1", "stop"), "U1", &no_sms).await), entry, "the second click is the first");
        refused(circumstance_record(desk, &world.call("C1"), "U1", &no_sms).await, "E-CE-12");
        assert_eq!(world.answer("U1", Channel::Sms, at).await, pair("OPT-1", "-"));
        assert_eq!(world.answer("U1", Channel::Call, at).await, pair("allowed", "-"));

        refused(circumstance_end(desk, &world.call("C1"), "U1", &entry.entry_id, "a mistake").await, "E-AU-26");
        refused(circumstance_end(desk, &world.call("L1"), "U1", &entry.entry_id, "").await, "E-AP-04");
        refused(circumstance_end(desk, &world.call("L1"), "U1", "U1/circumstance/9", "a mistake").await, "E-AP-01");
        assert_eq!(world.answer("U1", Channel::Sms, at).await.0, "OPT-1", "what is refused changes nothing");
        done(circumstance_end(desk, &world.call("L1"), "U1", &entry.entry_id, "she wants messages again").await);
        refused(circumstance_end(desk, &world.call("L1"), "U1", &entry.entry_id, "once more").await, "E-CE-13");
        assert_eq!(world.answer("U1", Channel::Sms, at).await.0, "allowed");
        let debtor = world.debtor().await;
        assert_eq!(debtor.circumstances.len(), 1, "it stays on file");
        assert_eq!(debtor.circumstances[0].ended.as_ref().map(|ended| ended.why.as_str()), Some("she wants messages again"));
        let wanted = AuditWanted { subject: Some("person/U1".to_owned()), actor: None, from: None, until: None };
        let (events, _) = done(audit_search(desk, &world.call("O1"), &wanted, None, 50).await);
        let mut actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
        actions.sort_unstable();
        assert_eq!(actions, ["circumstance_end", "circumstance_record"]);
    });
}

#[test]
fn restricting_the_use_of_data_is_for_compliance() {
    run(async |world| {
        let desk = &world.desk;
        let restricted = said(CircumstanceKind::RestrictedData, None);
        for staff_id in ["C1", "L1", "M1"] {
            refused(circumstance_record(desk, &world.call(staff_id), "U1", &restricted).await, "E-AU-26");
        }
        let entry = done(circumstance_record(desk, &world.call("O1"), "U1", &restricted).await);
        assert_eq!(world.answer("U1", Channel::Letter, "2026-11-20 11:00").await, pair("PIP-47", "-"));
        refused(circumstance_end(desk, &world.call("L1"), "U1", &entry.entry_id, "needed").await, "E-AU-26");
        done(circumstance_end(desk, &world.call("O1"), "U1", &entry.entry_id, "the court has decided").await);
        assert_eq!(world.answer("U1", Channel::Letter, "2026-11-20 11:00").await.0, "allowed");
    });
}

#[test]
fn a_death_stops_the_agency_at_once_and_its_people_read_no_notes() {
    run(async |world| {
        let desk = &world.desk;
        world.beside("F-1", Relation::ContactPerson).await;
        done(agency_save(desk, &world.call("O1"), 0, &agency()).await);
        let placed = AgencyWanted { agency_id: "A1".to_owned(), until: date("2026-12-20"), told_on: Some(date("2026-11-10")) };
        let asked = done(agency_place(desk, &world.call("P1"), "K1", &placed).await);
        let half = done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await);
        done(world.decide("O1", &half, Say::Sign { opinion: String::new() }).await);
        assert_eq!(world.ask("G1", "U1", Channel::Call, "2026-11-20 10:30").await.decision, GateDecision::Allowed);
        let locate = |point: &str| ContactWanted { person_id: "F-1".to_owned(), purpose: Purpose::Locate, point: point.to_owned(), ..wanted() };
        refused(contact_begin(desk, &world.at("G1", "10:31"), "K1", &locate("F-1/phone/0")).await, "E-CG-06");

        done(circumstance_record(desk, &world.at("O1", "10:32"), "U1", &said(CircumstanceKind::Deceased, None)).await);
        refused(contact_begin(desk, &world.at("G1", "10:32"), "K1", &wanted()).await, "E-CG-01");
        for channel in [Channel::Sms, Channel::Letter, Channel::AppMessage] {
            assert_eq!(world.answer("U1", channel, "2026-11-20 11:00").await, pair("DTH-1", "-"));
        }
        done(contact_begin(desk, &world.at("G1", "10:33"), "K1", &locate("F-1/phone/0")).await);
        let opted_out = CircumstanceSaid { why: "her brother says so".to_owned(), ..said(CircumstanceKind::OptedOut, Some(Channel::Sms)) };
        let entry = done(circumstance_record(desk, &world.at("G1", "10:34"), "F-1", &opted_out).await);
        assert_eq!(entry.entered.map(|said| (said.by, said.why)), Some(("G1".to_owned(), String::new())));
        let seen = done(person_view(desk, &world.at("G1", "10:34"), "U1").await);
        let debtor = seen.iter().find(|person| person.person_id == "U1").unwrap();
        assert_eq!(debtor.circumstances[0].what.kind, CircumstanceKind::Deceased);
        assert_eq!(debtor.circumstances[0].entered.as_ref().map(|said| said.why.as_str()), Some(""), "that it is so, not what was written");
    });
}

#[test]
fn what_comes_of_a_contact_stands_on_the_file_of_whom_it_concerns_once() {
    run(async |world| {
        let desk = &world.desk;
        world.beside("F-1", Relation::ContactPerson).await;
        let from = |person_id: &str| ContactWanted { person_id: person_id.to_owned(), point: format!("{person_id}/phone/0"), ..wanted() };
        let outcome = |result| ContactOutcome { result, seconds: 30, note: String::new() };
        for time in ["10:00", "10:05"] {
            done(contact_inbound(desk, &world.at("C1", time), "K1", &from("F-1"), &outcome(ContactResult::RefusedContact)).await);
            done(contact_inbound(desk, &world.at("C1", time), "K1", &from("F-1"), &outcome(ContactResult::Deceased)).await);
        }
        let people = done(person_view(desk, &world.call("C1"), "U1").await);
        let file = |id: &str| {
            let person = people.iter().find(|person| person.person_id == id).unwrap();
            person.circumstances.iter().map(|one| (one.what.kind, one.entered.as_ref().is_some_and(|said| said.contact_id.is_some()))).collect::<Vec<_>>()
        };
        assert_eq!(file("F-1"), [(CircumstanceKind::DoNotContact, true)]);
        assert_eq!(file("U1"), [(CircumstanceKind::Deceased, true)]);
    });
}

#[test]
fn a_new_number_comes_with_its_source_and_a_wrong_one_is_not_used_again() {
    run(async |world| {
        let desk = &world.desk;
        world.beside("G-1", Relation::Guarantor).await;
        let number = |value: &str, source, key: Option<&str>| PointSaid {
            key: key.map(str::to_owned),
            kind: PointKind::Phone,
            value: value.to_owned(),
            source,
            at_work: false,
            why: "told on the phone".to_owned(),
        };
        let add = async |said: &PointSaid| point_correct(desk, &world.call("C1"), "U1", said).await;
        refused(add(&number("1390000", PointSource::Reserved, Some("U1/phone/9"))).await, "E-CW-04");
        refused(add(&number("no number", PointSource::Reserved, None)).await, "E-CE-14");
        refused(add(&number("138-0000-5678", PointSource::Authorised, None)).await, "E-CE-15");
        refused(point_correct(desk, &world.call("C2"), "U1", &number("13900001111", PointSource::Reserved, None)).await, "E-AU-27");
        let unproven = done(add(&number("13900002222", PointSource::Unproven, None)).await);
        let shift = done(add(&PointSaid { at_work: true, ..number("13900001111", PointSource::Reserved, None) }).await);
        assert_eq!((unproven.key.as_str(), shift.key.as_str()), ("U1/phone/1", "U1/phone/2"));
        let begin = async |point: &str, time: &str| {
            let wanted = ContactWanted { point: point.to_owned(), ..wanted() };
            contact_begin(desk, &world.at("C1", time), "K1", &wanted).await
        };
        assert_eq!(told(begin("U1/phone/1", "10:01").await.unwrap_err()), "E-CG-03");
        let proven = done(add(&number("13900002222", PointSource::Contract, Some("U1/phone/1"))).await);
        assert_eq!((proven.key.as_str(), proven.source), ("U1/phone/1", PointSource::Contract), "the same number stays the point it is");

        let begun = done(begin("U1/phone/2", "10:02").await);
        let wrong = ContactOutcome { result: ContactResult::WrongPerson, seconds: 5, note: String::new() };
        done(contact_record(desk, &world.at("C1", "10:03"), "K1", &begun.contact.contact_id, &wrong).await);
        assert_eq!(told(begin("U1/phone/2", "10:04").await.unwrap_err()), "E-CG-02");
        let right = done(add(&PointSaid { at_work: true, ..number("13900003333", PointSource::Reserved, Some("U1/phone/2")) }).await);
        assert_eq!(right.key, "U1/phone/3", "what came of the old number says nothing of the new one");
        refused(begin("U1/phone/2", "10:05").await, "E-CW-04");
        let debtor = world.debtor().await;
        assert_eq!(debtor.points.iter().map(|point| point.position).collect::<Vec<_>>(), [0, 1, 3]);
        let not_at_work = said(CircumstanceKind::WorkContactProhibited, None);
        done(circumstance_record(desk, &world.call("C1"), "U1", &not_at_work).await);
        let refusal = begin("U1/phone/3", "10:06").await.unwrap_err();
        assert!(format!("{refusal:?}").contains("WRK-1"), "{refusal:?}");
        done(begin("U1/phone/0", "10:07").await);

        let wanted = AuditWanted { subject: Some("person/U1".to_owned()), actor: None, from: None, until: None };
        let (events, _) = done(audit_search(desk, &world.call("O1"), &wanted, None, 50).await);
        assert!(!events.is_empty() && events.iter().all(|event| !event.why.contains("1390000")), "no number in the audit trail");
    });
}
