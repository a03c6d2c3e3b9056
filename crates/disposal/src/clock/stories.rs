//! Stories of claims through the real pack: what a lawyer would ask, and the answer.

use crate::clock::table::{calendar, check, claim, date, rules};
use crate::clock::{ActEffect, ActKind, ClockGround, ClockKind, Rung, clocks, night};
use std::collections::BTreeSet;

#[test]
fn golden_cases() {
    // The last instalment fell due on 2023-11-20: the last day is 2026-11-20, told from 180 days before.
    let due = "due 2023-10-20 2023-11-20 2023-09-20";
    check(due, "2026-05-23", "limitation C 2026-11-20 running");
    check(due, "2026-05-24", "limitation C 2026-11-20 expiring orange");
    check(due, "2026-09-20", "limitation C 2026-11-20 expiring orange");
    check(due, "2026-09-21", "limitation C 2026-11-20 expiring red");
    check(due, "2026-11-20", "limitation C 2026-11-20 expiring red");
    check(due, "2026-11-21", "limitation C 2026-11-20 lapsed red");
    let with_message = format!("{due}\n2026-11-01 message_delivered D delivery_log reserved_contact");
    check(&with_message, "2026-11-21", "limitation C 2029-11-01 running");
    // A joint guarantee that says nothing: six months, red 90 days before.
    let guaranteed = "due 2026-01-15\nguarantee G joint";
    check(guaranteed, "2026-04-15", "joint_guarantee G 2026-07-15 running");
    check(guaranteed, "2026-04-16", "joint_guarantee G 2026-07-15 expiring red");
    // The account was frozen on 2025-12-10: the renewal is filed by 2026-12-03.
    let frozen = claim("preservation P deposit 2025-12-10");
    let state = &clocks(&frozen, &rules(), &calendar(), date("2026-11-22"))[0];
    assert_eq!((state.last_day, state.act_by), (Some(date("2026-12-10")), Some(date("2026-12-03"))));
    check("preservation P deposit 2025-12-10", "2026-10-10", "preservation P 2026-12-10 running");
    check("preservation P deposit 2025-12-10", "2026-10-11", "preservation P 2026-12-10 expiring orange");
    check("preservation P deposit 2025-12-10", "2026-11-25", "preservation P 2026-12-10 expiring red");
}

#[test]
fn an_extension_moves_the_guarantee_only_with_written_consent() {
    let facts = "due 2026-01-15\nguarantee A joint\nguarantee B joint\n2025-12-20 extension D until=2027-01-15";
    let unmoved = "limitation C 2030-01-15 running\njoint_guarantee A 2026-07-15 lapsed red\njoint_guarantee B 2026-07-15 lapsed red";
    check(facts, "2026-11-22", unmoved);
    let agreed = format!("{facts}\n2025-12-22 guarantor_consent B until=2027-01-15");
    check(&agreed, "2026-11-22", "joint_guarantee A 2026-07-15 lapsed red\njoint_guarantee B 2027-07-15 running");
    // An oral yes is none, and after the period it is too late for a written one.
    let oral = format!("{facts}\n2025-12-22 guarantor_consent B until=2027-01-15 recording");
    check(&oral, "2026-07-01", "joint_guarantee A 2026-07-15 expiring red\njoint_guarantee B 2026-07-15 expiring red");
    let late = format!("{facts}\n2026-07-16 guarantor_consent B until=2027-01-15");
    check(&late, "2026-11-22", "joint_guarantee A 2026-07-15 lapsed red\njoint_guarantee B 2026-07-15 lapsed red");
    // The debtor did not agree: nothing moves.
    let one_sided = "due 2026-01-15\n2025-12-20 extension D until=2027-01-15 recording";
    check(one_sided, "2026-11-22", "limitation C 2029-01-15 running");
}

#[test]
fn each_guarantor_is_claimed_from() {
    let facts = "due 2026-01-15\nguarantee A joint\nguarantee B joint\n2026-05-11 claim_against_guarantor A";
    check(facts, "2026-07-16", "
        joint_guarantee A - preserved
        guarantee_limitation A 2029-05-11 running
        joint_guarantee B 2026-07-15 lapsed red");
    // What is asked of the debtor is not asked of the guarantor, and counts for the debtor alone.
    let facts = "due 2026-01-15\nguarantee A joint\n2026-05-11 letter_delivered D";
    check(facts, "2026-07-16", "limitation C 2029-05-11 running\njoint_guarantee A 2026-07-15 lapsed red");
    // A later demand restarts the guarantee's own limitation; one on the debtor does not.
    let facts = "due 2026-01-15\nguarantee A joint\n2026-05-11 deduction A\n2027-06-01 letter_delivered A\n2028-06-01 letter_delivered D";
    check(facts, "2028-07-16", "
        limitation C 2031-06-02 running
        joint_guarantee A - preserved
        guarantee_limitation A 2030-06-03 running");
}

#[test]
fn a_signed_notice_after_expiry_revives_the_claim_only_if_it_agrees_and_never_the_guarantee() {
    let facts = "due 2023-01-16\nguarantee G joint\ncollateral H mortgage\n2023-05-08 demand_signed G";
    let lapsed = "
        limitation C 2026-01-16 lapsed red
        joint_guarantee G - preserved
        guarantee_limitation G 2026-05-08 lapsed red
        mortgage_exercise H 2026-01-16 lapsed red";
    check(facts, "2026-06-30", lapsed);
    let received_only = format!("{facts}\n2026-06-01 demand_signed D,G");
    check(&received_only, "2026-06-30", lapsed);
    let agreed = format!("{facts}\n2026-06-01 demand_signed D,G debtor_signature agreement_shown");
    check(&agreed, "2026-06-30", "
        limitation C 2029-06-01 running
        joint_guarantee G - preserved
        guarantee_limitation G 2026-05-08 lapsed red
        mortgage_exercise H 2026-01-16 lapsed red");
    // A guarantor who signs after the period stays free.
    let free = "due 2023-01-16\nguarantee G joint\n2026-06-01 demand_signed G debtor_signature agreement_shown";
    check(free, "2026-06-30", "joint_guarantee G 2023-07-17 lapsed red");
    // Paying a part afterwards does not bring back the rest, a new agreement does.
    check("due 2023-01-16\n2026-06-01 partial_payment D", "2026-06-30", "limitation C 2026-01-16 lapsed red");
    check("due 2023-01-16\n2026-06-01 promise D written_agreement", "2026-06-30", "limitation C 2029-06-01 running");
    check("due 2023-01-16\n2026-06-01 extension D until=2027-06-01", "2026-06-30", "limitation C 2030-06-03 running");
}

#[test]
fn a_general_guarantee_asks_for_a_suit_against_the_debtor() {
    let facts = "due 2026-01-15\nguarantee G general";
    let lapsed = "general_guarantee G 2026-07-15 lapsed red";
    check(&format!("{facts}\n2026-05-11 demand_signed G\n2026-05-11 demand_signed D"), "2026-07-16", lapsed);
    check(&format!("{facts}\n2026-05-11 suit G"), "2026-07-16", lapsed);
    check(&format!("{facts}\n2026-05-11 suit D,G"), "2026-07-16", "general_guarantee G - preserved");
    check(&format!("{facts}\n2026-07-16 suit D,G"), "2026-07-16", lapsed);
    check(&format!("{facts}\n2026-05-11 enforcement_applied D"), "2026-07-16", "general_guarantee G - preserved");
    // Withdrawn, it is not enough, served or not, unless filed again within the period.
    let withdrawn = format!("{facts}\n2026-05-11 suit D\n2026-05-20 complaint_served D\n2026-06-01 suit_withdrawn D");
    check(&withdrawn, "2026-07-16", lapsed);
    check(&format!("{withdrawn}\n2026-07-01 suit D"), "2026-07-16", "general_guarantee G - preserved");
    // An unclear form is a general one.
    check("due 2026-01-15\nguarantee G unclear", "2026-07-16", lapsed);
    // Limitation starts when the guarantor may no longer refuse.
    let sued = format!("{facts}\n2026-05-11 suit D,G\ndocument J judgment 2026-12-01 against=D perform=2026-12-15");
    let applied = format!("{sued}\n2027-03-01 enforcement_applied D");
    check(&applied, "2028-02-29", "general_guarantee G - preserved");
    let one_year = "general_guarantee G - preserved\nguarantee_limitation G 2031-03-03 running";
    let suit_over = format!("{applied}\n2026-12-01 proceedings_ended G");
    check(&suit_over, "2028-03-01", one_year);
    let ruled = format!("{suit_over}\n2027-09-01 enforcement_terminated D");
    check(&ruled, "2028-03-01", "general_guarantee G - preserved\nguarantee_limitation G 2030-09-02 running");
}

#[test]
fn a_withdrawn_suit_counts_for_whom_it_reached() {
    let facts = "due 2023-11-20\nguarantee A joint\nguarantee B joint";
    let sued = format!("{facts}\n2024-05-06 suit D,A,B");
    check(&sued, "2024-06-30", "limitation C - preserved\njoint_guarantee A - preserved\njoint_guarantee B - preserved");
    let served = format!("{sued}\n2024-05-16 complaint_served D,A\n2024-06-11 suit_withdrawn D,A,B");
    check(&served, "2024-06-30", "
        limitation C 2027-05-17 running
        joint_guarantee A - preserved
        guarantee_limitation A 2027-05-17 running
        joint_guarantee B 2024-05-20 lapsed red");
    let unserved = format!("{sued}\n2024-06-11 suit_withdrawn D,A,B");
    check(&unserved, "2024-06-30", "limitation C 2026-11-20 running");
    // Withdrawn against the guarantor alone, the debtor stays sued.
    let in_part = format!("{sued}\n2024-06-11 suit_withdrawn A");
    check(&in_part, "2024-06-30", "
        limitation C - preserved
        joint_guarantee A 2024-05-20 lapsed red
        joint_guarantee B - preserved");
    // Ended without a judgment, the period starts again from the end.
    let ended = format!("{sued}\n2024-12-02 proceedings_ended D");
    check(&ended, "2024-12-30", "limitation C 2027-12-02 running");
}

#[test]
fn limitation_restarts_by_what_can_be_proved() {
    let at = |act: &str| format!("due 2023-11-20\n2026-08-03 {act}");
    let check = |act: &str, expect: &str| check(&at(act), "2026-09-01", &format!("limitation C {expect}"));
    let (restarted, stays, held) = ("2029-08-03 running", "2026-11-20 expiring orange", "- preserved");
    check("demand_signed D", restarted);
    check("demand_signed E", restarted); // one joint debtor stands for all
    check("demand_signed D authorised_signature", stays);
    check("demand_signed D authorised_signature content_copy", restarted);
    check("letter_delivered D posting_receipt content_copy", stays);
    check("letter_delivered D delivery_receipt reserved_contact", restarted);
    check("message_delivered D delivery_log", stays);
    check("phone_call D recording", stays);
    check("phone_call D recording identity_proof", restarted);
    check("deduction D", restarted);
    check("newspaper D newspaper_page", stays);
    check("newspaper D", restarted);
    check("partial_payment D", restarted);
    check("promise D recording", stays);
    check("promise D chat_record identity_proof", restarted);
    check("acknowledgement D", restarted);
    check("assignment_notice D", restarted);
    check("mediation_request D", restarted);
    check("crime_report D", restarted);
    check("preservation_applied D", restarted);
    check("payment_order D", held);
    check("bankruptcy_claim D", held);
    check("enforcement_applied D", held);
    check("collateral_sale_applied D", held);
    check("suit D content_copy", stays);
    check("suit D", held);
}

#[test]
fn an_act_before_the_due_day_or_after_the_last_does_nothing() {
    check("due 2023-11-20\n2023-11-01 demand_signed D", "2026-11-20", "limitation C 2026-11-20 expiring red");
    check("due 2023-11-20\n2026-11-20 demand_signed D", "2026-11-22", "limitation C 2029-11-20 running");
    check("due 2023-11-20\n2026-11-21 demand_signed D", "2026-11-22", "limitation C 2026-11-20 lapsed red");
    check("due 2023-11-20\n2026-11-21 suit D", "2026-11-22", "limitation C 2026-11-20 lapsed red");
    // Called due early, it runs from there, for the guarantor too.
    let called = "due 2027-11-22\nguarantee G joint\n2026-02-09 acceleration D";
    check(called, "2026-03-02", "limitation C 2029-02-09 running\njoint_guarantee G 2026-08-10 running");
    // Payable on demand: no clock before it is called.
    check("2026-02-09 acceleration D", "2026-03-02", "limitation C 2029-02-09 running");
    assert!(clocks(&claim(""), &rules(), &calendar(), date("2026-03-02")).is_empty());
}

#[test]
fn the_last_day_ends_with_the_month_and_never_on_a_day_off() {
    check("due 2025-08-31\nguarantee G joint", "2025-09-01", "joint_guarantee G 2026-02-28 running"); // a Saturday worked
    check("due 2025-07-31\nguarantee G joint", "2025-09-01", "joint_guarantee G 2026-02-02 running"); // 01-31 is a Saturday
    check("due 2023-02-16", "2025-08-01", "limitation C 2026-02-24 running"); // Spring Festival ends on 02-23
    check("due 2023-10-10", "2025-09-01", "limitation C 2026-10-10 running"); // a Saturday worked
    check("due 2023-10-01", "2025-09-01", "limitation C 2026-10-08 running");
}

#[test]
fn an_obstacle_of_the_last_six_months_suspends() {
    let until = |removed: &str| format!("due 2023-11-20\nobstacle heir_undetermined 2026-08-03 {removed}");
    check(&until(""), "2026-08-02", "limitation C 2026-11-20 expiring orange");
    check(&until(""), "2026-12-31", "limitation C - suspended");
    // Begun earlier, it says nothing before the last six months are reached.
    let begun = "due 2023-11-20\nobstacle force_majeure 2025-08-04";
    check(begun, "2026-05-19", "limitation C 2026-11-20 running");
    check(begun, "2026-05-20", "limitation C - suspended");
    check(&until("removed=2026-10-12"), "2026-12-31", "limitation C 2027-04-12 expiring orange");
    // Before the last six months it does not matter, reaching into them it does.
    let early = "due 2023-11-20\nobstacle force_majeure 2025-08-03 removed=2026-05-19";
    check(early, "2026-10-31", "limitation C 2026-11-20 expiring red");
    let into = "due 2023-11-20\nobstacle force_majeure 2025-08-03 removed=2026-05-20";
    check(into, "2026-10-31", "limitation C 2026-11-20 expiring red");
    let over = "due 2023-11-20\nobstacle force_majeure 2025-08-03 removed=2026-06-01";
    check(over, "2026-10-31", "limitation C 2026-12-01 expiring red");
    let grounds = |text: &str| -> Vec<_> {
        let states = clocks(&claim(text), &rules(), &calendar(), date("2026-10-31"));
        states[0].because.iter().map(|because| because.ground).collect()
    };
    assert_eq!(grounds(early), [ClockGround::LastDue]);
    assert_eq!(grounds(over), [ClockGround::LastDue, ClockGround::Obstacle]);
    // While the other joint debtor can be claimed from, time runs; a guarantee period never waits.
    let one = "due 2023-11-20\nobstacle heir_undetermined 2026-08-03 against=D";
    check(one, "2026-11-01", "limitation C 2026-11-20 expiring red");
    let guarantee = "due 2026-01-15\nguarantee G joint\nobstacle force_majeure 2026-03-02";
    check(guarantee, "2026-07-01", "joint_guarantee G 2026-07-15 expiring red");
}

#[test]
fn twenty_years_end_it_all() {
    let demands: String = (0..9).map(|n| format!("{}-08-03 demand_signed D\n", 2008 + 2 * n)).collect();
    let facts = format!("due 2006-11-20\n{demands}");
    check(&facts, "2026-01-05", "limitation C 2026-11-20 running");
    check(&format!("{facts}\n2026-12-01 demand_signed D"), "2026-12-02", "limitation C 2026-11-20 lapsed red");
    check(&format!("{facts}\n2026-10-12 suit D"), "2026-12-02", "limitation C - preserved");
}

#[test]
fn a_guarantee_lasts_as_agreed_or_six_months() {
    let check = |term: &str, expect: &str| check(&format!("due 2026-01-15\nguarantee G joint {term}"), "2026-02-01", &format!("joint_guarantee G {expect}"));
    check("months=36", "2029-01-15 running");
    check("until=2026-12-31", "2026-12-31 running");
    check("until=2026-01-15", "2026-07-15 running");
    check("until=2025-12-31", "2026-07-15 running");
    check("max=2026-03-16,2025-06-01", "2026-09-16 running");
    check("max=2026-03-16,2026-08-17", "2027-02-17 running");
    check("max=2026-03-16,2026-08-17 months=24", "2028-08-17 running");
}

#[test]
fn a_judgment_takes_the_place_of_limitation() {
    let facts = "due 2023-11-20\nguarantee G joint\ncollateral H mortgage\n2024-03-04 suit D,G\n\
                 document J judgment 2024-09-02 against=D,G perform=2024-09-12,2024-10-14";
    check(facts, "2024-09-01", "limitation C - preserved\nmortgage_exercise H - preserved");
    check(facts, "2026-02-02", "
        limitation C - preserved
        joint_guarantee G - preserved
        guarantee_limitation G - preserved
        enforcement J 2026-10-14 running
        enforcement G 2026-10-14 running
        mortgage_exercise H 2026-10-14 running");
    // Applied for against the debtor only, the guarantor's period goes on.
    let applied = format!("{facts}\n2026-03-02 enforcement_applied D");
    check(&applied, "2026-06-01", "
        enforcement J - preserved
        enforcement G 2026-10-14 expiring orange
        mortgage_exercise H - preserved");
    // Ended for want of assets, it may be asked for again at any time; withdrawn, two years run again.
    check(&format!("{applied}\n2026-05-06 enforcement_terminated D"), "2036-01-01", "enforcement J - preserved\nenforcement G 2026-10-14 lapsed red");
    check(&format!("{applied}\n2026-05-06 enforcement_withdrawn D"), "2026-06-01", "enforcement J 2028-05-08 running\nenforcement G 2026-10-14 expiring orange");
    let settled = format!("{applied}\n2026-05-06 enforcement_settled D until=2027-03-31");
    check(&settled, "2026-06-01", "enforcement J 2029-04-02 running\nenforcement G 2026-10-14 expiring orange");
    let said = format!("{applied}\n2026-05-06 enforcement_settled D until=2027-03-31 recording");
    check(&said, "2026-06-01", "enforcement J 2028-05-08 running\nenforcement G 2026-10-14 expiring orange");
    // Forgotten, the mortgage goes with it.
    check(facts, "2026-10-15", "enforcement J 2026-10-14 lapsed red\nenforcement G 2026-10-14 lapsed red\nmortgage_exercise H 2026-10-14 lapsed red");
    check(&format!("{facts}\n2026-10-15 demand_signed D debtor_signature agreement_shown"), "2026-10-16", "mortgage_exercise H 2026-10-14 lapsed red");
}

#[test]
fn what_was_not_recorded_before_a_judgment_is_taken_from_it() {
    let facts = "due 2022-11-21\nguarantee G joint\ncollateral H mortgage\n\
                 document J judgment 2026-03-02 against=D,G perform=2026-04-01";
    check(facts, "2026-05-06", "
        limitation C - preserved
        joint_guarantee G - preserved
        enforcement J 2028-04-03 running
        enforcement G 2028-04-03 running
        mortgage_exercise H 2028-04-03 running");
    // Sued too late and yet won: the mortgagor may still say that the mortgage is over.
    let late = format!("{facts}\n2025-12-01 suit D,G");
    check(&late, "2026-05-06", "limitation C - preserved\njoint_guarantee G - preserved\nmortgage_exercise H 2025-11-21 lapsed red");
    // The ruling that ends an enforcement says that it was applied for; a rumour of it says nothing.
    let ended = format!("{facts}\n2026-05-04 enforcement_terminated D");
    check(&ended, "2036-05-06", "enforcement J - preserved\nenforcement G 2028-04-03 lapsed red");
    let rumour = format!("{facts}\n2026-05-04 enforcement_terminated D chat_record");
    check(&rumour, "2026-05-06", "enforcement J 2028-04-03 running\nenforcement G 2028-04-03 running");
}

#[test]
fn a_notarised_deed_runs_instalment_by_instalment() {
    let deed = "due 2024-03-11\ndocument N notarised_deed 2023-01-09 against=D perform=2023-09-11,2024-03-11";
    check(deed, "2025-02-03", "limitation C 2027-03-11 running\nenforcement N 2025-09-11 running\nenforcement N 2026-03-11 running");
    let demanded = format!("{deed}\n2025-01-06 demand_signed D");
    check(&demanded, "2025-02-03", "limitation C 2028-01-06 running\nenforcement N 2027-01-06 running");
    check("document J judgment 2024-09-02 against=D", "2025-01-06", "enforcement J 2026-09-02 running");
}

#[test]
fn collateral_is_exercised_insured_registered_and_valued_in_time() {
    let facts = "due 2023-11-20\ncollateral H mortgage insured=2026-10-03 registered=2027-05-01 valued=2025-10-13\n\
                 collateral R registered_pledge\ncollateral P possession_pledge";
    check(facts, "2026-09-21", "
        limitation C 2026-11-20 expiring red
        mortgage_exercise H 2026-11-20 expiring red
        insurance H 2026-10-03 expiring yellow
        registration H 2027-05-01 running
        revaluation H 2026-10-13 expiring yellow
        mortgage_exercise R 2026-11-20 expiring red");
    let renewed = format!("{facts}\n2026-10-12 insurance_renewed H until=2027-10-11\n2026-10-12 revalued H\n2026-10-12 collateral_sale_applied H");
    check(&renewed, "2026-11-23", "
        limitation C 2026-11-20 lapsed red
        mortgage_exercise H - preserved
        insurance H 2027-10-11 running
        registration H 2027-05-01 running
        revaluation H 2027-10-12 running
        mortgage_exercise R 2026-11-20 lapsed red");
    // Insurance that ends within the National Day holiday is renewed before it.
    let state = clocks(&claim(facts), &rules(), &calendar(), date("2026-09-21")).remove(2);
    assert_eq!((state.kind, state.act_by), (ClockKind::Insurance, Some(date("2026-09-30"))));
}

#[test]
fn a_preservation_is_renewed_before_it_ends() {
    let facts = "preservation P deposit 2025-12-10\npreservation M movable 2025-12-10\npreservation I immovable 2025-12-10";
    check(facts, "2025-12-10", "
        preservation P 2026-12-10 running
        preservation M 2027-12-10 running
        preservation I 2028-12-10 running");
    check("preservation P deposit 2025-12-10 until=2026-06-09", "2025-12-10", "preservation P 2026-06-09 running");
    check("preservation P deposit 2025-12-10 until=2028-06-09", "2025-12-10", "preservation P 2026-12-10 running");
    let renewed = |act: &str| format!("preservation P deposit 2025-12-10\n{act}");
    check(&renewed("2026-12-02 preservation_renewed P"), "2026-12-12", "preservation P 2027-12-02 running");
    check(&renewed("2026-12-02 preservation_renewed P until=2027-12-09"), "2026-12-12", "preservation P 2027-12-09 running");
    check(&renewed("2026-12-02 preservation_renewed P until=2029-12-09"), "2026-12-12", "preservation P 2027-12-10 running");
    check(&renewed("2026-12-11 preservation_renewed P"), "2026-12-12", "preservation P 2026-12-10 lapsed red");
    check(&renewed("2026-03-02 preservation_lifted P"), "2026-12-12", "");
    assert!(clocks(&claim(&renewed("2026-03-02 preservation_lifted P")), &rules(), &calendar(), date("2026-12-12")).is_empty());
}

#[test]
fn preservation_before_a_suit_is_followed_by_one_within_thirty_days() {
    let facts = "preservation P deposit 2026-03-09 stage=before_suit";
    check(facts, "2026-03-10", "preservation P 2027-03-09 running\npreservation_suit P 2026-04-08 running");
    check(facts, "2026-03-29", "preservation_suit P 2026-04-08 expiring orange");
    check(facts, "2026-04-09", "preservation_suit P 2026-04-08 lapsed red");
    check(&format!("{facts}\n2026-04-08 suit E"), "2026-04-09", "preservation_suit P - preserved");
    check(&format!("{facts}\n2026-04-09 suit E"), "2026-04-09", "preservation_suit P 2026-04-08 lapsed red");
    check(&format!("{facts}\n2026-04-07 suit E content_copy"), "2026-04-09", "preservation_suit P 2026-04-08 lapsed red");
    let withdrawn = format!("{facts}\n2026-04-01 suit D\n2026-04-02 complaint_served D\n2026-04-03 suit_withdrawn D");
    check(&withdrawn, "2026-04-09", "preservation_suit P 2026-04-08 lapsed red");
    check("preservation P deposit 2026-03-05 stage=before_suit", "2026-03-10", "preservation_suit P 2026-04-07 running");
}

#[test]
fn a_state_says_why_and_what_would_help() {
    let facts = claim("due 2023-11-20\n2023-11-02 demand_signed D\n2024-06-03 phone_call D recording\n2025-06-03 letter_delivered D");
    let state = clocks(&facts, &rules(), &calendar(), date("2026-11-22")).remove(0);
    let because: Vec<String> = state
        .because
        .iter()
        .map(|because| {
            let act = because.act.as_ref().map(|act| format!(" {} {} {}", act.act_id, act.strength.code(), act.effect.code()));
            format!("{} {} {}{}", because.on, because.ground.code(), because.rule, act.unwrap_or_default())
        })
        .collect();
    assert_eq!(because, [
        "2023-11-20 last_due clock.limitation",
        "2023-11-02 act clock.act.demand_signed A0 strong too_early",
        "2024-06-03 act clock.act.phone_call A1 weak too_weak",
        "2025-06-03 act clock.act.letter_delivered A2 strong restarts",
    ]);
    assert!(state.because.iter().all(|because| !because.article.is_empty()));
    let next = |facts: &str, day: &str| -> Vec<ActKind> {
        let states = clocks(&claim(facts), &rules(), &calendar(), date(day));
        let last = states.last().unwrap();
        assert!(last.next.iter().all(|next| !next.evidence.is_empty() && !next.article.is_empty()));
        last.next.iter().map(|next| next.kind).collect()
    };
    use ActKind::*;
    let general = "due 2026-01-15\nguarantee G general";
    assert_eq!(next(general, "2026-02-02"), [Suit, EnforcementApplied, GuarantorConsent]);
    assert_eq!(next(general, "2026-09-02"), []);
    assert_eq!(next(&format!("{general}\n2026-03-02 suit D"), "2026-09-02"), []);
    assert_eq!(next("due 2020-01-15", "2026-02-02"), [DemandSigned, Promise, Acknowledgement, Extension]);
    assert_eq!(next("preservation P deposit 2025-12-10", "2026-02-02"), [PreservationRenewed]);
    assert_eq!(next("collateral H mortgage insured=2025-12-10", "2026-02-02"), [InsuranceRenewed]);
    // It is stored as it is said.
    let text = serde_json::to_string(&state).unwrap();
    assert!(text.contains(r#""kind":"limitation""#) && text.contains(ActEffect::TooWeak.code()));
    assert_eq!(serde_json::from_str::<crate::clock::ClockState>(&text).unwrap(), state);
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<crate::clock::ClaimFacts>(&text).unwrap(), facts);
}

#[test]
fn every_rung_is_told_once_to_somebody() {
    let (rules, calendar) = (rules(), calendar());
    let mut facts = vec![claim("due 2023-11-20\n2026-10-12 demand_signed D")];
    let mut signalled = BTreeSet::new();
    let mut told = Vec::new();
    let mut walk = |facts: &[crate::clock::ClaimFacts], from: &str, to: &str| {
        for day in date(from).day_number()..=date(to).day_number() {
            let day = units::Date::new(day);
            for signal in night(facts, &signalled, &rules, &calendar, day) {
                let rung = match signal.key.rung {
                    Rung::DaysLeft(days) => days.to_string(),
                    Rung::Lapsed => "lapsed".to_owned(),
                };
                told.push(format!("{day} {rung} {} {} {}", signal.level.code(), signal.days_left, signal.owner));
                signalled.insert(signal.key);
            }
        }
        std::mem::take(&mut told)
    };
    assert_eq!(walk(&facts, "2026-01-01", "2026-12-31"), ["2026-05-24 180 orange 180 lin", "2026-09-21 60 red 60 lin"]);
    // The demand has reset the ladder. Nobody owns the claim now; nights were left out.
    facts[0].owner = None;
    assert_eq!(walk(&facts, "2029-09-01", "2029-10-12"), ["2029-09-01 180 orange 41 head", "2029-09-01 60 red 41 head"]);
    assert_eq!(walk(&facts, "2029-11-02", "2029-11-30"), ["2029-11-02 lapsed red -21 head"]);
    let twice = [claim("due 2026-01-15\nguarantee G joint\nguarantee G joint")];
    assert_eq!(walk(&twice, "2026-04-16", "2026-04-16").len(), 1);
}
