//! A call that is under way when the case changes hands: it was allowed, it took place, and it is written down.

use super::*;
use app::case::{CaseAct, case_act};
use app::contact::contacts_under_way;
use app::contact_finish::{ContactFinish, Which, contact_finish};

fn reached(note: &str) -> ContactOutcome {
    ContactOutcome { result: ContactResult::Reached, seconds: 60, note: note.to_owned() }
}

#[test]
fn who_loses_a_case_in_the_middle_of_a_call_records_the_call_and_nothing_else() {
    run(async |world| {
        let desk = &world.desk;
        for (begins, ends) in [("08:30", "08:35"), ("09:00", "09:05")] {
            let begun = done(contact_begin(desk, &world.at("C1", begins), "K1", &wanted()).await);
            done(contact_record(desk, &world.at("C1", ends), "K1", &begun.contact.contact_id, &reached("")).await);
        }
        let begun = done(contact_begin(desk, &world.at("C1", "10:00"), "K1", &wanted()).await);
        let contact_id = &begun.contact.contact_id;
        let version = world.case().await.version;
        let hand_over = CaseAct::HandOver { to: "C2".to_owned(), because: HandOverReason::LoadBalanced };
        done(case_act(desk, &world.at("L1", "10:02"), "K1", version, &hand_over).await);

        let late = |time: &str| world.at("C1", time);
        refused(case_view(desk, &late("10:03"), "K1").await, "E-AU-27");
        refused(contact_begin(desk, &late("10:03"), "K1", &wanted()).await, "E-AU-27");
        refused(contact_record(desk, &late("14:00"), "K1", contact_id, &reached("")).await, "E-AU-27");
        refused(contact_record(desk, &late("10:04"), "K1", "K-0", &reached("")).await, "E-AU-27");
        let said = PromiseSaid { contact_id: None, pay_on: Some(date("2026-11-25")), way: Some(PaymentWay::App), amount: Some(money("100.00")) };
        let which = Which::Begun(contact_id.clone());
        let promised = ContactFinish { outcome: reached(""), promise: Some(said), next_action: None };
        refused(contact_finish(desk, &late("10:04"), "K1", &which, &promised).await, "E-AU-27");

        let finish = ContactFinish { outcome: reached("she asks for the colleague"), promise: None, next_action: None };
        let keyed = Call { key: Some("finish".to_owned()), ..late("10:05") };
        let finished = done(contact_finish(desk, &keyed, "K1", &which, &finish).await);
        assert_eq!(done(contact_finish(desk, &keyed, "K1", &which, &finish).await), finished, "the second click is the first");
        refused(contact_record(desk, &late("10:06"), "K1", contact_id, &reached("")).await, "E-AU-27");

        let file = done(case_view(desk, &world.at("C2", "10:10"), "K1").await);
        let kept = file.contacts.iter().find(|record| record.contact.contact_id == *contact_id).unwrap();
        assert_eq!((kept.contact.staff_id.as_str(), kept.note.as_str()), ("C1", "she asks for the colleague"));
        let fourth = contact_begin(desk, &world.at("C2", "15:00"), "K1", &wanted()).await;
        assert_eq!(told(fourth.unwrap_err()), "E-CG-10", "the call counts for the next owner");
    });
}

#[test]
fn an_agency_records_the_call_during_which_its_case_was_recalled() {
    run(async |world| {
        let desk = &world.desk;
        done(agency_save(desk, &world.call("O1"), 0, &agency()).await);
        let placed = AgencyWanted { agency_id: "A1".to_owned(), until: date("2026-12-20"), told_on: Some(date("2026-11-10")) };
        let asked = done(agency_place(desk, &world.call("P1"), "K1", &placed).await);
        let half = done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await);
        done(world.decide("O1", &half, Say::Sign { opinion: String::new() }).await);
        let begun = done(contact_begin(desk, &world.at("G1", "10:30"), "K1", &wanted()).await);
        let version = world.case().await.version;
        done(agency_recall(desk, &world.at("O1", "10:31"), "K1", version, "C1").await);

        refused(case_view(desk, &world.at("G1", "10:32"), "K1").await, "E-AU-25");
        assert_eq!(done(contacts_under_way(desk, &world.at("G1", "10:32"), "K1").await), [begun.clone()]);
        assert_eq!(done(contacts_under_way(desk, &world.at("C1", "10:32"), "K1").await), [], "each their own");
        let disputed = ContactOutcome { result: ContactResult::Objected, ..reached("") };
        let record = done(contact_record(desk, &world.at("G1", "10:33"), "K1", &begun.contact.contact_id, &disputed).await);
        assert_eq!(record.contact.agency_id.as_deref(), Some("A1"));
        assert!(world.case().await.objection.is_some(), "what the debtor said takes effect");
        refused(contact_begin(desk, &world.at("G1", "10:40"), "K1", &wanted()).await, "E-AU-25");
    });
}

#[test]
fn a_call_during_which_the_case_was_closed_is_written_down() {
    run(async |world| {
        let desk = &world.desk;
        let begun = done(contact_begin(desk, &world.at("C1", "10:00"), "K1", &wanted()).await);
        let case = world.case().await;
        let asked = done(app::approval::case_close_propose(desk, &world.at("L1", "10:01"), "K1", casework::case::ClosedBecause::Mistaken, "another Ann").await);
        done(world.decide("M1", &asked, Say::Sign { opinion: String::new() }).await);
        let complained = ContactOutcome { result: ContactResult::Complained, ..reached("") };
        done(contact_record(desk, &world.at("C1", "10:05"), "K1", &begun.contact.contact_id, &complained).await);
        let after = world.case().await;
        assert_eq!((after.complaints.len(), after.version), (0, case.version + 1));
        assert_eq!(done(case_view(desk, &world.call("O1"), "K1").await).contacts.len(), 1);
    });
}
