//! The gate as stories a compliance officer can read: the golden cases of contact, and a row per refusal.

use super::table::{check, contact, moment, rules};
use super::{ContactPoint, ContactRules, GateAnswer, GateDecision, History, PointSource, Question, ScriptLimit, ask};
use crate::contact::{Channel, ContactResult, Purpose, Relation};
use policy::Pack;
use units::Date;

const CHINA: [&str; 3] = ["cn-collections", "cn-collections-consumer-finance", "cn-collections-microloan"];

fn china(story: &str) {
    for pack in CHINA {
        check(pack, story);
    }
}

fn united_states(story: &str) {
    check("us-collections", story);
}

#[test]
fn the_boundary_seconds_of_the_night() {
    china(
        "2026-01-05T09:00 call debtor no_answer
         ? 2026-11-20T21:59:59 call debtor collect   -> allowed say_who_you_are
         ? 2026-11-20T22:00:00 call debtor collect   -> E-CG-09 HRS-1 | 2026-11-21 08:00:00
         ? 2026-11-21T00:00:00 sms debtor collect    -> E-CG-09 HRS-1 | 2026-11-21 08:00:00
         ? 2026-11-21T07:59:59 visit debtor collect  -> E-CG-09 HRS-1 | 2026-11-21 08:00:00
         ? 2026-11-21T08:00:00 call debtor collect   -> allowed say_who_you_are
         ? 2026-11-20T23:00:00 letter debtor collect -> allowed say_who_you_are",
    );
    united_states(
        "? 2026-11-20T20:59:59 call debtor collect -> allowed say_collecting offer_opt_out
         ? 2026-11-20T21:00:00 call debtor collect -> E-CG-09 1006.6(b)(1) | 2026-11-21 08:00:00
         ? 2026-11-20T07:59:59 call debtor collect -> E-CG-09 1006.6(b)(1) | 2026-11-20 08:00:00
         ? 2026-11-20T08:00:00 call debtor collect -> allowed say_collecting offer_opt_out",
    );
}

#[test]
fn agreed_hours_open_the_night_as_long_as_they_are_agreed() {
    china(
        "2026-01-05T09:00 call debtor reached
         ? 2026-11-20T22:30 call debtor collect doc=agreed_hours@22:00-23:00 -> allowed
         ? 2026-11-20T23:00 call debtor collect doc=agreed_hours@22:00-23:00 -> E-CG-09 HRS-1 | 2026-11-21 08:00:00
         ? 2026-11-20T23:00 call debtor collect doc=agreed_hours@06:00-07:00 -> E-CG-09 HRS-1 | 2026-11-21 06:00:00
         ? 2026-11-20T23:00 call debtor collect doc=agreed_hours@06:00-07:00 doc_from=2026-11-21T06:30 -> E-CG-09 HRS-1 | 2026-11-21 06:30:00
         ? 2026-11-20T23:00 call debtor collect doc=agreed_hours@06:00-07:00 doc_until=2026-11-21T06:00 -> E-CG-09 HRS-1 | 2026-11-21 08:00:00
         ? 2026-11-20T22:30 call debtor collect doc=agreed_frequency -> E-CG-09 HRS-1 | 2026-11-21 08:00:00",
    );
}

#[test]
fn three_effective_calls_a_day_whoever_makes_them() {
    china(
        "2026-11-20T08:30 call debtor refused_to_pay
         2026-11-20T10:00 ai_voice debtor reached
         2026-11-20T10:30 call debtor promised in
         2026-11-20T11:00 call debtor no_answer
         ? 2026-11-20T14:00 call debtor collect -> allowed
         2026-11-20T14:00 call guarantor reached agency=A
         ? 2026-11-20T15:00 call debtor collect -> E-CG-10 FRQ-1 | 2026-11-21 08:00:00
         ? 2026-11-20T15:00 call debtor collect agency=B doc=agency_listing doc=outsourcing_notice -> E-CG-10 FRQ-1 | 2026-11-21 08:00:00
         ? 2026-11-20T15:00 ai_voice debtor collect point=other doc=agreed_frequency -> E-CG-10 FRQ-1 | 2026-11-21 08:00:00
         ? 2026-11-20T22:00 call debtor collect -> E-CG-09 HRS-1 + FRQ-1 | 2026-11-21 08:00:00
         ? 2026-11-20T15:00 notice_voice debtor collect -> allowed
         ? 2026-11-20T15:00 sms debtor collect -> allowed
         ? 2026-11-21T00:00 letter debtor collect -> allowed",
    );
}

#[test]
fn three_notices_put_through_a_day_unless_agreed() {
    china(
        "2026-11-20T08:30 notice_voice debtor delivered
         2026-11-20T08:40 notice_voice debtor not_delivered
         2026-11-20T09:30 notice_voice debtor delivered agency=A
         ? 2026-11-20T10:00 notice_voice debtor remind -> allowed
         2026-11-20T10:30 notice_voice debtor delivered agency=B
         ? 2026-11-20T11:00 notice_voice debtor remind -> E-CG-10 FRQ-2 | 2026-11-21 08:00:00
         ? 2026-11-20T11:00 notice_voice debtor remind doc=agreed_frequency -> allowed
         ? 2026-11-20T11:00 notice_voice debtor remind doc=agreed_frequency doc_from=2026-11-20T17:00 -> E-CG-10 FRQ-2 | 2026-11-20 17:00:00
         ? 2026-11-20T11:00 call debtor remind -> allowed",
    );
}

#[test]
fn six_unanswered_attempts_a_day_on_one_number() {
    let six: String =
        (9..15).map(|hour| format!("2026-11-20T{hour:02}:00 call debtor no_answer point=A agency=A{hour}\n")).collect();
    china(&(six.clone()
        + "? 2026-11-20T15:00 call debtor collect point=A         -> E-CG-10 FRQ-3 | 2026-11-21 08:00:00
           ? 2026-11-20T15:00 notice_voice debtor collect point=A -> E-CG-10 FRQ-3 | 2026-11-21 08:00:00
           ? 2026-11-20T15:00 call debtor collect point=B         -> allowed say_who_you_are
           ? 2026-11-20T15:00 sms debtor collect point=A          -> allowed say_who_you_are
           ? 2026-11-20T15:00 call debtor collect point=A doc=agreed_frequency -> allowed say_who_you_are"));
    let five = six.rsplit_once("2026").unwrap().0;
    china(&(five.to_owned() + "? 2026-11-20T15:00 call debtor collect point=A -> allowed say_who_you_are"));
}

#[test]
fn a_clock_set_back_starts_no_new_count() {
    china(
        "2026-11-20T17:00 call debtor reached
         2026-11-20T18:00 call debtor reached
         2026-11-20T19:00 call debtor reached
         ? 2026-11-20T09:00 call debtor collect -> E-CG-10 FRQ-1 | 2026-11-21 08:00:00",
    );
}

#[test]
fn a_call_under_way_counts_whatever_will_come_of_it() {
    china(
        "2026-11-20T09:00 call debtor reached
         2026-11-20T10:00 call debtor reached
         now 2026-11-20T12:00 call guarantor no_answer agency=A
         ? 2026-11-20T12:01 call debtor collect -> E-CG-10 FRQ-1 | 2026-11-21 08:00:00
         ? 2026-11-20T12:01 notice_voice debtor collect -> allowed",
    );
    china(
        "2026-11-20T09:00 call debtor invalid
         now 2026-11-20T12:00 sms debtor delivered
         ? 2026-11-20T12:01 call contact_person locate person=spouse -> E-CG-06 WHO-2 | never",
    );
}

/// Regulation §13.2: a spouse, while the debtor answers; after the number proved invalid; after "do not call me".
#[test]
fn others_are_asked_only_while_the_debtor_cannot_be_reached() {
    china(
        "2026-11-18T09:00 call debtor promised
         ? 2026-11-20T09:00 call contact_person collect person=spouse -> E-CG-05 WHO-1 | never
         ? 2026-11-20T09:00 call contact_person locate person=spouse  -> E-CG-06 WHO-2 | never
         ? 2026-11-20T09:00 call third_person locate person=employer  -> E-CG-05 WHO-1.third_person | never
         2026-11-20T09:00 call debtor invalid
         ? 2026-11-20T10:00 call contact_person locate person=spouse  -> allowed say_who_you_are ask_or_pass_message no_debt_data
         ? 2026-11-20T10:00 call contact_person collect person=spouse -> E-CG-05 WHO-1 | never
         2026-11-20T10:00 call contact_person reached person=spouse
         ? 2026-11-20T11:00 call contact_person locate person=spouse  -> allowed ask_or_pass_message no_debt_data
         2026-11-20T12:00 app_message debtor says_paid in
         ? 2026-11-20T13:00 call contact_person locate person=spouse  -> E-CG-06 WHO-2 | never",
    );
    china(
        "2026-11-19T09:00 call debtor invalid
         2026-11-19T10:00 call contact_person refused_contact person=spouse
         ? 2026-11-25T10:00 call contact_person locate person=spouse  -> E-CG-02 WHO-4 | never
         ? 2026-11-25T10:00 sms contact_person take_payment person=spouse doc=willing_to_pay agency=A doc=agency_listing doc=outsourcing_notice -> E-CG-02 WHO-4 | never
         ? 2026-11-25T10:00 call contact_person answer person=spouse doc=callback -> allowed no_debt_data
         ? 2026-11-25T10:00 call contact_person locate person=brother -> allowed say_who_you_are ask_or_pass_message no_debt_data
         ? 2026-11-25T10:00 call debtor collect -> allowed say_who_you_are",
    );
}

#[test]
fn three_failed_dials_open_the_next_day_and_an_answer_ends_the_row() {
    let spouse = "call contact_person locate person=spouse";
    china(&format!(
        "2026-11-19T09:00 call debtor no_answer
         2026-11-19T12:00 ai_voice debtor unreachable agency=A
         ? 2026-11-19T13:00 {spouse} -> E-CG-06 WHO-2 | never
         2026-11-19T18:00 call debtor no_answer
         ? 2026-11-19T19:00 {spouse} -> E-CG-06 WHO-2 | 2026-11-20 08:00:00
         ? 2026-11-19T22:00 {spouse} -> E-CG-06 WHO-2 + HRS-1 | 2026-11-20 08:00:00
         ? 2026-11-20T08:00 {spouse} -> allowed say_who_you_are ask_or_pass_message no_debt_data"
    ));
    china(&format!(
        "2026-11-19T09:00 call debtor no_answer
         2026-11-19T12:00 call debtor no_answer
         2026-11-19T15:00 call debtor wrong_person
         2026-11-19T18:00 call debtor no_answer
         ? 2026-11-20T08:00 {spouse} -> E-CG-06 WHO-2 | never
         2026-11-20T09:00 sms debtor no_answer
         2026-11-20T09:00 call guarantor no_answer
         ? 2026-11-21T08:00 {spouse} -> E-CG-06 WHO-2 | never"
    ));
}

#[test]
fn a_number_of_somebody_else_is_not_used_again() {
    china(
        "2026-11-18T09:00 call debtor wrong_person point=A
         ? 2026-11-20T09:00 call debtor collect point=A -> E-CG-02 WHO-1.wrong_number | never
         ? 2026-11-20T09:00 sms guarantor collect point=A -> E-CG-02 WHO-1.wrong_number | never
         ? 2026-11-20T09:00 call debtor collect point=B -> allowed
         2026-11-20T10:00 call debtor says_paid point=A in
         ? 2026-11-20T11:00 call debtor collect point=A -> allowed",
    );
}

#[test]
fn three_days_without_a_trace_of_the_debtor() {
    let spouse = "call contact_person locate person=spouse";
    china(&format!(
        "2026-11-17T09:00 call debtor no_answer
         2026-11-18T09:00 visit debtor no_answer
         2026-11-19T09:00 visit debtor no_answer
         ? 2026-11-19T19:00 {spouse} -> E-CG-06 WHO-2 | 2026-11-20 08:00:00
         ? 2026-11-20T08:00 {spouse} -> allowed say_who_you_are ask_or_pass_message no_debt_data"
    ));
    china(&format!(
        "2026-11-16T09:00 visit debtor no_answer
         2026-11-17T09:00 visit debtor no_answer
         2026-11-19T09:00 visit debtor no_answer
         2026-11-20T09:00 visit debtor wrong_person
         2026-11-20T10:00 visit debtor no_answer
         2026-11-21T10:00 visit debtor no_answer
         ? 2026-11-22T08:00 {spouse} -> E-CG-06 WHO-2 | never"
    ));
}

#[test]
fn every_number_on_file_must_be_invalid() {
    let spouse = "call contact_person locate person=spouse";
    china(&format!(
        "number A
         number B
         2026-11-19T09:00 call debtor invalid point=A
         ? 2026-11-19T10:00 {spouse} -> E-CG-06 WHO-2 | never
         2026-11-19T10:00 call debtor wrong_person point=B
         ? 2026-11-19T11:00 {spouse} -> allowed say_who_you_are ask_or_pass_message no_debt_data
         2026-11-19T11:00 call debtor no_answer point=A
         ? 2026-11-19T12:00 {spouse} -> E-CG-06 WHO-2 | never"
    ));
}

#[test]
fn death_and_incapacity_of_the_debtor_let_others_be_asked_those_of_a_guarantor_do_not() {
    let spouse = "call contact_person locate person=spouse";
    china(&format!(
        "since 2026-11-01T00:00 deceased person=guarantor
         ? 2026-11-20T10:00 {spouse} -> E-CG-06 WHO-2 | never
         since 2026-11-20T12:00 deceased person=debtor
         ? 2026-11-20T10:00 {spouse} -> E-CG-06 WHO-2 | 2026-11-20 12:00:00
         ? 2026-11-20T12:00 {spouse} -> allowed say_who_you_are ask_or_pass_message no_debt_data
         ? 2026-11-20T12:00 call debtor collect -> E-CG-01 DTH-1 | never
         ? 2026-11-20T12:00 call heir collect -> E-CG-07 WHO-6 | never
         ? 2026-11-20T12:00 call heir collect doc=legal_basis -> allowed say_who_you_are"
    ));
    // Word of a death stops contact with the debtor, but opens nothing until it is recorded.
    china(&format!(
        "2026-11-19T09:00 call guarantor deceased
         ? 2026-11-20T10:00 call debtor collect -> E-CG-02 DTH-2 | never
         ? 2026-11-20T10:00 {spouse} -> E-CG-06 WHO-2 | never
         2026-11-20T11:00 call debtor says_paid in
         ? 2026-11-20T12:00 call debtor collect -> allowed"
    ));
}

#[test]
fn what_a_person_wants_and_what_became_of_a_person_bind_that_person_alone() {
    china(
        "2026-11-01T09:00 sms debtor delivered
         since 2026-11-02T00:00 opted_out channel=sms person=debtor
         ? 2026-11-20T10:00 sms debtor collect    -> E-CG-01 OPT-1 | never
         ? 2026-11-20T10:00 sms debtor answer doc=callback -> allowed
         ? 2026-11-20T10:00 call debtor collect   -> allowed
         ? 2026-11-20T10:00 sms guarantor collect -> allowed say_who_you_are
         since 2026-11-02T00:00 work_contact_prohibited person=debtor
         ? 2026-11-20T10:00 visit debtor collect manner=at_work -> E-CG-01 WRK-1 | never
         ? 2026-11-20T10:00 visit debtor collect  -> allowed
         since 2026-11-03T00:00 deceased person=guarantor
         ? 2026-11-20T10:00 call guarantor collect -> E-CG-01 DTH-1 | never
         ? 2026-11-20T10:00 call debtor collect   -> allowed
         since 2026-11-03T00:00 incapable person=debtor
         ? 2026-11-20T10:00 call debtor collect   -> E-CG-01 CAP-1 | never
         ? 2026-11-20T10:00 call contact_person locate person=spouse -> allowed say_who_you_are ask_or_pass_message no_debt_data",
    );
}

#[test]
fn plans_objections_and_complaints_stop_collections() {
    china(
        "2026-11-01T09:00 call debtor hardship
         since 2026-11-02T00:00 hardship_plan until=2026-11-25T00:00
         ? 2026-11-20T10:00 call debtor collect -> E-CG-01 HRD-1 | 2026-11-25 08:00:00
         ? 2026-11-20T10:00 call guarantor collect -> E-CG-01 HRD-1 | 2026-11-25 08:00:00
         ? 2026-11-20T10:00 call debtor remind -> allowed
         ? 2026-11-20T10:00 letter debtor serve_notice -> allowed
         ? 2026-11-01T10:00 call debtor collect -> allowed
         since 2026-11-10T00:00 objection_under_review until=2026-11-26T10:00
         ? 2026-11-20T23:00 call debtor collect -> E-CG-01 HRD-1 + OBJ-1 + HRS-1 | 2026-11-26 10:00:00
         since 2026-11-12T00:00 complaint_open
         ? 2026-11-20T10:00 call debtor collect -> E-CG-01 HRD-1 + OBJ-1 + CMP-1 | never
         ? 2026-11-20T10:00 call debtor answer -> E-CG-07 ANS-1 | never
         ? 2026-11-20T10:00 call debtor answer doc=callback -> allowed
         since 2026-11-13T00:00 restricted_data
         ? 2026-11-20T10:00 call debtor answer doc=callback -> E-CG-01 PIP-47 | never",
    );
    china(
        "2026-11-01T09:00 call guarantor reached
         since 2026-11-02T00:00 do_not_contact person=guarantor until=2026-12-01T00:00
         ? 2026-11-20T10:00 call guarantor collect -> E-CG-01 DNC-1 | 2026-12-01 08:00:00
         ? 2026-11-20T10:00 letter guarantor serve_notice -> allowed
         ? 2026-11-20T10:00 call debtor collect -> allowed say_who_you_are",
    );
}

#[test]
fn agencies_devices_sources_and_visits() {
    china(
        "2026-11-01T09:00 call debtor reached
         ? 2026-11-20T10:00 call debtor collect agency=A -> E-CG-07 OUT-1 + OUT-2 | never
         ? 2026-11-20T10:00 call debtor collect agency=A doc=agency_listing -> E-CG-07 OUT-1 | never
         ? 2026-11-20T10:00 call debtor collect agency=A doc=agency_listing doc=outsourcing_notice -> allowed
         ? 2026-11-20T10:00 call debtor collect agency=A doc=agency_listing doc=outsourcing_notice doc_from=2026-11-23T10:00 -> E-CG-07 OUT-1 + OUT-2 | 2026-11-23 10:00:00
         ? 2026-11-20T10:00 call debtor collect manner=private_device -> E-CG-07 BAN-5 | never
         ? 2026-11-20T10:00 call debtor collect manner=private_device doc=private_device_consent -> allowed
         ? 2026-11-20T10:00 call debtor collect source=unproven -> E-CG-03 SRC-1 | never
         ? 2026-11-20T10:00 visit debtor collect people=1 -> E-CG-08 VIS-1 | never
         ? 2026-11-20T10:00 visit debtor collect people=2 -> allowed
         ? 2026-11-20T10:00 visit debtor collect people=3 -> allowed
         ? 2026-11-20T10:00 visit debtor collect people=4 -> E-CG-08 VIS-1 | never
         ? 2026-11-20T10:00 visit debtor collect manner=enters_home -> E-CG-07 VIS-2 | never
         ? 2026-11-20T10:00 visit debtor collect manner=enters_home doc=entry_consent -> allowed
         ? 2026-11-20T10:00 visit debtor collect manner=posts_in_public doc=entry_consent -> E-CG-04 VIS-3 | never
         ? 2026-11-20T10:00 call joint_debtor collect -> E-CG-07 WHO-6 | never
         ? 2026-11-20T10:00 call joint_debtor collect doc=legal_basis -> allowed say_who_you_are
         ? 2026-11-20T10:00 call third_person take_payment -> E-CG-07 WHO-5 | never
         ? 2026-11-20T10:00 call third_person take_payment doc=willing_to_pay -> allowed say_who_you_are payment_information_only",
    );
}

#[test]
fn the_gravest_reason_stands_first() {
    check(
        "cn-collections",
        "since 2026-11-01T00:00 restricted_data
         2026-11-19T09:00 call third_person refused_contact
         2026-11-20T09:00 call debtor reached
         2026-11-20T10:00 call debtor reached
         2026-11-20T11:00 call debtor reached
         ? 2026-11-20T23:00 call third_person collect source=unproven manner=posts_in_public manner=private_device -> E-CG-01 PIP-47 + WHO-4 + SRC-1 + VIS-3 + WHO-1.third_person + BAN-5 + HRS-1 + FRQ-1 | never
         ? 2026-11-20T23:00 visit contact_person locate people=1 -> E-CG-01 PIP-47 + WHO-2 + VIS-1 + HRS-1 | never",
    );
}

#[test]
fn seven_calls_in_seven_days_and_none_for_seven_after_a_conversation() {
    let seven: String = (1..8).map(|day| format!("2026-11-0{day}T09:00 call debtor no_answer\n")).collect();
    united_states(
        &(seven
            + "? 2026-11-07T12:00 call debtor collect -> E-CG-10 1006.14(b)(2)(i)(A) | 2026-11-08 08:00:00
               ? 2026-11-08T08:00 call debtor collect -> allowed say_collecting offer_opt_out
               ? 2026-11-07T12:00 call guarantor collect -> allowed say_collecting offer_opt_out
               ? 2026-11-07T12:00 sms debtor collect -> allowed say_collecting offer_opt_out
               ? 2026-11-07T12:00 call debtor collect doc=agreed_frequency doc_from=2026-11-03T12:00 -> allowed say_collecting offer_opt_out
               ? 2026-11-07T12:00 call debtor collect doc=agreed_frequency doc_from=2026-10-31T12:00 -> E-CG-10 1006.14(b)(2)(i)(A) | 2026-11-08 08:00:00
               2026-11-08T09:00 call debtor unreachable
               ? 2026-11-08T10:00 call debtor collect -> allowed say_collecting offer_opt_out"),
    );
    united_states(
        "2026-11-10T09:00 call debtor promised in
         ? 2026-11-10T12:00 call debtor collect -> E-CG-10 1006.14(b)(2)(i)(B) | 2026-11-17 08:00:00
         ? 2026-11-16T20:59 call debtor collect -> E-CG-10 1006.14(b)(2)(i)(B) | 2026-11-17 08:00:00
         ? 2026-11-17T08:00 call debtor collect -> allowed say_collecting offer_opt_out
         ? 2026-11-12T08:00 email debtor collect -> allowed say_collecting offer_opt_out",
    );
}

#[test]
fn cease_opting_out_work_and_third_persons_in_the_united_states() {
    united_states(
        "2026-11-01T09:00 sms debtor delivered
         since 2026-11-02T00:00 opted_out channel=sms
         ? 2026-11-20T10:00 sms debtor collect   -> E-CG-01 1006.14(h) | never
         ? 2026-11-20T10:00 email debtor collect -> allowed say_collecting offer_opt_out
         since 2026-11-02T00:00 work_contact_prohibited
         ? 2026-11-20T10:00 call debtor collect manner=at_work -> E-CG-01 1006.6(b)(3) | never
         ? 2026-11-20T10:00 call debtor collect  -> allowed say_collecting offer_opt_out
         ? 2026-11-20T10:00 call third_person collect -> E-CG-05 1006.6(d) | never
         ? 2026-11-20T10:00 call third_person locate  -> allowed ask_location_only no_debt_data
         2026-11-20T10:00 call third_person reached
         ? 2027-11-20T10:00 letter third_person locate  -> E-CG-10 1006.10(c) | never
         ? 2026-12-20T10:00 letter third_person locate doc=reason_to_ask_again -> allowed ask_location_only no_debt_data
         since 2026-11-21T00:00 cease_requested
         ? 2026-11-22T10:00 letter debtor collect      -> E-CG-01 1006.6(c) | never
         ? 2026-11-22T10:00 letter debtor serve_notice -> allowed say_collecting offer_opt_out",
    );
}

fn question(at: &str) -> Question<'static> {
    Question {
        customer_id: "debtor",
        person_id: "debtor",
        relation: Relation::Debtor,
        channel: Channel::Call,
        purpose: Purpose::Collect,
        contact_point: ContactPoint { key: "point of debtor", source: PointSource::Contract },
        at: moment(at),
        agency_id: None,
        people: 1,
        manners: &[],
        documents: &[],
    }
}

#[test]
fn an_answer_is_kept_whole_and_reads_without_the_pack() {
    let rules = rules("cn-collections-consumer-finance");
    let calls: Vec<_> = ["2026-11-20T09:00", "2026-11-20T10:00", "2026-11-20T11:00"]
        .map(|at| contact(moment(at), Channel::Call, Relation::Debtor, ContactResult::Reached))
        .into();
    let record = |history: &History, at| {
        let question = question(at);
        let record = rules.record(&question, &ask(&rules, &question, history));
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<GateAnswer>(&text).unwrap(), record);
        record
    };
    let refused = record(&History { contacts: &calls, ..History::default() }, "2026-11-20T12:00");
    assert_eq!(refused.decision, GateDecision::Refused);
    assert_eq!((refused.pack.as_str(), refused.pack_digest.len()), ("cn-collections-consumer-finance@2026.1", 16));
    assert_eq!((refused.rule_id.as_str(), refused.next_slot), ("FRQ-1", Some(moment("2026-11-21 08:00"))));
    assert_eq!(refused.findings[0].code, "E-CG-10");
    assert_eq!(refused.findings[0].facts["used"], "3");
    assert_eq!(refused.keep_until, Date::parse("2031-11-20").unwrap());

    let allowed = record(&History { contacts: &calls[..2], ..History::default() }, "2026-11-20T12:00");
    assert_eq!((allowed.decision, allowed.rule_id.as_str()), (GateDecision::Allowed, "WHO-1.liable"));
    let counters: Vec<_> =
        allowed.counters.iter().map(|counter| (counter.rule_id.as_str(), counter.used, counter.at_most)).collect();
    assert_eq!(counters, [("FRQ-1", 2, 3), ("FRQ-3", 0, 6)]);
    assert_eq!(record(&History::default(), "2026-11-20T12:00").limits, [ScriptLimit::SayWhoYouAre]);
}

/// What the gate finds wrong with a draft, beyond what makes it a pack.
#[test]
fn a_draft_the_gate_cannot_be_asked_by_says_why() {
    let check = |id: &str, kind: &str, more: &str, expect: &str| {
        let draft = format!(
            "[pack]\nid = \"d\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\nextends = \"us-collections\"\n\
             [[rule]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\n\
             source = \"s\"\ncertainty = \"D\"\neffective_from = 2026-01-01\n{more}\n"
        );
        let pack = Pack::parse(&[("d.toml", draft)]).unwrap();
        let problems = ContactRules::compile(&pack.on(Date::parse("2026-11-21").unwrap())).unwrap_err();
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains(expect)), "{expect:?} not in {said:?}");
    };
    let hours = "params = { opens = \"08:00\", closes = \"07:00\", channels = [\"call\"] }";
    check("1006.6(b)(1)", "contact_hours", hours, "it closes before it opens");
    check("1006.6(b)(1)", "contact_hours", &hours.replace("08:", "8:"), "expected HH:MM");
    check("more", "contact_hours", &hours.replace("07:", "09:"), "a second rule of kind contact_hours");
    let counter = "params = { counts = \"every\", channels = [\"call\"], per = \"debtor\", at_most = 0, days = 1 }";
    check("more", "contact_counter", counter, "at_most and days are 1 or more");
    check("more", "contact_counter", &counter.replace("every", "evry"), "unknown code \"evry\"");
    check("more", "contact_stop", "params = { relations = [\"debtor\"] }", "names no circumstances");
    check("more", "contact_stop", "params = { manner = [\"at_work\"] }", "unknown field `manner`");
    let who = "params = { relations = [\"heir\"], purposes = [\"answer\"] }";
    check("more", "contact_person", who, "a second rule speaks of heir for answer");
    check("answer", "contact_person", who, "no rule of kind contact_person speaks of debtor for answer");
    check("more", "visit", "params = { people_at_least = 3, people_at_most = 2 }", "fewer people at most");
    let test = "params = { test = \"days_failed\", at_least = 0, results = [\"no_answer\"], channels = [\"call\"], opens = \"next_day\" }";
    check("more", "unreachable_test", test, "at_least is 1 or more");
    let narrow = "applies_to.products = [\"card\"]\nparams = { years = 3 }";
    check("1006.100", "contact_retention", "params = { years = 0 }", "years are between 1 and 100");
    check("1006.100", "contact_retention", narrow, "rules of contact bind everybody");
}
