//! Grades as tables a risk officer can read: facts on the left, grade in force and its reason on
//! the right. What a line leaves out is a large company's sound mortgage loan on its first night.

use crate::table::{Desk, check, shown};

fn bank(table: &str) {
    let desk = Desk::of("cn-bank");
    check(table, |facts| shown(&desk, &desk.grade(facts)));
}

#[test]
fn days_past_due_set_the_floor_however_good_the_security() {
    bank(
        "dpd=0   -> pass            no_finding
         dpd=1   -> special_mention grade.past_due
         dpd=90  -> special_mention grade.past_due
         dpd=91  -> substandard     grade.past_due_over_90
         dpd=91  protection=pledge -> substandard grade.past_due_over_90
         dpd=270 -> substandard     grade.past_due_over_90
         dpd=271 -> doubtful        grade.past_due_over_270
         dpd=360 -> doubtful        grade.past_due_over_270
         dpd=361 -> loss            grade.past_due_over_360",
    );
}

#[test]
fn a_technical_delay_is_excused_for_seven_days_and_only_on_record() {
    bank(
        "dpd=7                       -> special_mention grade.past_due
         dpd=7 event=technical_delay -> pass            no_finding
         dpd=8 event=technical_delay -> special_mention grade.past_due",
    );
}

#[test]
fn events_set_the_floor_and_the_worst_wins() {
    bank(
        "event=fund_misuse                               -> special_mention grade.fund_misuse
         event=refinancing                               -> special_mention grade.refinancing
         event=refinancing event=qualifying_renewal      -> pass            no_finding
         event=credit_impaired                           -> substandard     grade.credit_impaired
         event=rating_downgrade                          -> substandard     grade.rating_downgrade
         event=evasion                                   -> doubtful        grade.evasion
         event=bankruptcy_liquidation                    -> loss            grade.bankruptcy_liquidation
         event=credit_impaired ecl_ppm=499999            -> substandard     grade.credit_impaired
         event=credit_impaired ecl_ppm=500000            -> doubtful        grade.impaired_by_half
         event=credit_impaired ecl_ppm=900000            -> loss            grade.impaired_by_nine_tenths
         ecl_ppm=900000                                  -> pass            no_finding
         dpd=95 event=fund_misuse                        -> substandard     grade.past_due_over_90
         dpd=5  event=evasion                            -> doubtful        grade.evasion",
    );
}

/// Regulation §1.3: the matrix of 2007 raised by the floors of 2023, all 28 cells.
#[test]
fn the_effective_matrix_of_small_business_loans() {
    let desk = Desk::of("cn-bank");
    check(
        "             -> 0    1-30            31-90           91-180      181-270     271-360  >360
         credit       -> pass special_mention substandard     doubtful    doubtful    doubtful loss
         guarantee    -> pass special_mention special_mention substandard doubtful    doubtful loss
         mortgage     -> pass special_mention special_mention substandard substandard doubtful loss
         pledge       -> pass special_mention special_mention substandard substandard doubtful loss",
        |protection| {
            if protection.is_empty() {
                return "0 1-30 31-90 91-180 181-270 271-360 >360".to_owned();
            }
            let columns = [(0, 0), (1, 30), (31, 90), (91, 180), (181, 270), (271, 360), (361, 4000)];
            let grade = |days: i32| {
                desk.grade(&format!("dpd={days} protection={protection} scale=small")).in_force.code()
            };
            let cell = |(first, last)| {
                assert_eq!(grade(first), grade(last), "{protection} {first}-{last}");
                grade(first)
            };
            columns.map(cell).join(" ")
        },
    );
}

#[test]
fn the_matrix_speaks_of_small_businesses_only_and_a_warning_worsens_it() {
    bank(
        "dpd=40 protection=credit scale=large               -> special_mention grade.past_due
         dpd=40 protection=credit scale=micro               -> substandard     grade.guarantee_matrix
         dpd=40 protection=credit kind=micro scale=none     -> substandard     grade.guarantee_matrix
         dpd=40 protection=credit kind=individual           -> special_mention grade.past_due
         dpd=0  protection=credit scale=small event=warning_signal   -> special_mention grade.guarantee_matrix
         dpd=40 protection=pledge scale=small event=warning_signal   -> special_mention grade.past_due
         dpd=40 protection=credit scale=small event=warning_signal   -> doubtful        grade.guarantee_matrix
         dpd=0  protection=credit scale=large event=warning_signal   -> pass            no_finding",
    );
}

#[test]
fn a_restructured_loan_is_watched_a_year_and_two_dues_from_its_first_due() {
    bank(
        "restructured=2026-04-21 met=7                     -> special_mention grade.restructuring_observation
         restructured=not_due                              -> special_mention grade.restructuring_observation
         restructured=2025-11-22 met=12                    -> special_mention grade.restructuring_observation
         restructured=2025-11-21 met=12                    -> pass            no_finding
         restructured=2025-11-21 met=1                     -> special_mention grade.restructuring_observation
         restructured=2025-01-21 missed=2026-02-21 met=8   -> special_mention grade.restructuring_observation
         restructured=2024-01-21 missed=2025-10-21 met=12  -> pass            no_finding
         restructured=2026-04-21 met=3 event=repeated_restructuring -> substandard grade.repeated_restructuring
         restructured=2026-04-21 dpd=91 kind=individual    -> substandard     grade.past_due_over_90",
    );
}

#[test]
fn the_night_worsens_and_only_proposes_better() {
    bank(
        "carried=pass            dpd=91 -> substandard     grade.past_due_over_90
         carried=special_mention        -> special_mention carried proposed pass
         carried=doubtful        dpd=91 -> doubtful        carried proposed substandard
         carried=doubtful        dpd=5  -> doubtful        carried blocked arrears_unpaid
         carried=substandard     dpd=91 -> substandard     grade.past_due_over_90
         carried=special_mention dpd=5  -> special_mention grade.past_due",
    );
}

#[test]
fn a_non_performing_loan_comes_back_after_arrears_two_dues_and_six_months() {
    bank(
        "carried=substandard owed=0.50                                     -> substandard carried blocked arrears_unpaid
         carried=substandard cured=2026-01-10 met_since_cure=1             -> substandard carried blocked too_few_dues
         carried=substandard cured=2026-05-22 met_since_cure=5             -> substandard carried blocked too_early
         carried=substandard cured=2026-05-21 met_since_cure=5             -> substandard carried proposed pass
         carried=substandard cured=2026-05-21 met_since_cure=2 event=fund_misuse -> substandard carried proposed special_mention
         carried=substandard cured=2026-01-10 met_since_cure=9 event=other_claim_impaired -> substandard carried blocked event
         carried=substandard cured=2026-01-10 met_since_cure=9 event=payer_changed -> substandard carried blocked event",
    );
}

#[test]
fn a_judgement_resets_the_grade_but_no_floor_and_no_condition() {
    bank(
        "carried=special_mention judged=pass@2026-11-21                 -> pass            judgement
         carried=special_mention judged=pass@2026-11-21 dpd=3           -> special_mention grade.past_due
         carried=pass            judged=doubtful@2026-11-21             -> doubtful        judgement proposed pass
         carried=special_mention judged=pass@2026-11-20                 -> special_mention carried proposed pass
         carried=substandard judged=pass@2026-11-21 cured=2026-06-01 met_since_cure=5 -> substandard carried blocked too_early
         carried=substandard judged=pass@2026-11-21 cured=2026-01-10 met_since_cure=9 -> pass judgement
         carried=doubtful    judged=substandard@2026-11-21 dpd=100      -> substandard     grade.past_due_over_90
         judged=special_mention@2026-03-01                              -> special_mention judgement proposed pass",
    );
}

#[test]
fn retail_grades_follow_the_days_both_ways() {
    bank(
        "kind=individual carried=substandard              -> pass            no_finding
         kind=farmer     carried=loss dpd=40              -> special_mention grade.past_due
         scale=small     carried=doubtful dpd=1           -> special_mention grade.past_due
         scale=medium    carried=doubtful dpd=1           -> doubtful        carried blocked arrears_unpaid
         kind=individual carried=pass judged=doubtful@2026-01-01 dpd=5 -> doubtful judgement
         kind=individual worst=200 cured=2026-11-01       -> pass            no_finding",
    );
}

#[test]
fn on_a_first_night_an_old_default_is_still_non_performing() {
    bank(
        "worst=90  cured=2026-11-01                   -> pass        no_finding
         worst=91  cured=2026-11-01                   -> substandard grade.upgrade_conditions blocked too_few_dues
         worst=91  cured=2026-11-01 met_since_cure=2  -> substandard grade.upgrade_conditions blocked too_early
         worst=91  cured=2026-01-01 met_since_cure=10 -> pass        no_finding
         worst=120 dpd=20                             -> substandard grade.upgrade_conditions blocked arrears_unpaid
         worst=120 dpd=280                            -> doubtful    grade.past_due_over_270",
    );
}

#[test]
fn the_card_table_of_article_92() {
    let desk = Desk::of("cn-credit-card");
    check(
        "kind=individual dpd=0   -> pass            no_finding
         kind=individual dpd=1   -> special_mention grade.past_due
         kind=individual dpd=90  -> special_mention grade.past_due
         kind=individual dpd=91  -> substandard     grade.past_due_over_90
         kind=individual dpd=120 -> substandard     grade.past_due_over_90
         kind=individual dpd=121 -> doubtful        card.past_due_over_120
         kind=individual dpd=180 -> doubtful        card.past_due_over_120
         kind=individual dpd=181 -> loss            card.past_due_over_180",
        |facts| shown(&desk, &desk.grade(facts)),
    );
}

#[test]
fn micro_lenders_keep_the_matrix_of_2007() {
    let desk = Desk::of("cn-microloan");
    check(
        "kind=individual protection=guarantee dpd=30  -> pass            no_finding
         kind=individual protection=pledge    dpd=90  -> pass            no_finding
         kind=farmer     protection=mortgage  dpd=180 -> special_mention grade.guarantee_matrix
         kind=corporate  protection=mortgage  dpd=400 -> doubtful        grade.guarantee_matrix
         kind=micro      protection=credit    dpd=361 -> loss            grade.guarantee_matrix
         kind=micro      protection=credit restructured=2026-06-21 met=4 -> substandard grade.restructuring_observation
         kind=micro      protection=credit restructured=2026-05-21 met=6 -> pass no_finding",
        |facts| shown(&desk, &desk.grade(facts)),
    );
}

#[test]
fn explain_lists_every_reason_worst_first_and_begins_with_the_decision() {
    let desk = Desk::of("cn-bank");
    let facts = "dpd=95 event=fund_misuse event=evasion carried=special_mention restructured=2026-04-21 met=0 \
                 protection=credit scale=small kind=corporate";
    let lines: Vec<String> = desk.with_input(facts, |input| {
        let reasons = desk.rules.explain_grade(input);
        assert_eq!(reasons[0].because, desk.rules.grade(input).because);
        let line = |reason: &crate::Reason| {
            format!("{} {} {}", reason.grade.code(), desk.because(reason.because), reason.fact)
        };
        reasons.iter().map(line).collect()
    });
    assert_eq!(
        lines,
        [
            "doubtful grade.evasion event=evasion",
            "doubtful grade.guarantee_matrix protection=credit days_past_due=95",
            "substandard grade.past_due_over_90 days_past_due=95",
            "special_mention grade.past_due days_past_due=95",
            "special_mention grade.fund_misuse event=fund_misuse",
            "special_mention grade.restructuring_observation observed_since=2026-04-21 dues_met=0",
        ]
    );
}
