//! Packs as text: what parses, what is refused and with which words, which rules are in force.

use policy::{Bearer, Certainty, Pack, RuleKind, working_calendar};
use units::{Date, Roll};

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

const HEADER: &str = "[pack]\nid = \"t\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\n";

/// One rule in as few lines as a rule may have; `more` overrides nothing and adds fields.
fn rule(id: &str, from: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nkind = \"penalty\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\n\
         source = \"s\"\ncertainty = \"D\"\neffective_from = {from}\n{more}\n"
    )
}

fn problems(files: &[(&str, String)]) -> Vec<String> {
    match Pack::parse(files) {
        Ok(pack) => panic!("parsed as {pack}"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_latest_version_begun_is_in_force() {
    let text = [
        HEADER.to_owned(),
        rule("a", "2020-01-01", "params = { step = 1 }"),
        rule("a", "2023-07-01", "params = { step = 2 }"),
        rule("b", "2021-01-01", "effective_to = 2021-12-31"),
    ]
    .concat();
    let pack = Pack::parse(&[("t.toml", text)]).unwrap();
    let check = |day: &str, expect: &str| {
        let on = pack.on(date(day));
        let ids: Vec<String> =
            on.rules().map(|(reference, rule)| format!("{}#{}", rule.id, reference.0)).collect();
        assert_eq!(ids.join(" "), expect, "{day}");
    };
    check("2019-12-31", "");
    check("2020-01-01", "a#0");
    check("2021-12-31", "a#0 b#2");
    check("2022-01-01", "a#0");
    check("2023-06-30", "a#0");
    check("2023-07-01", "a#1");
}

#[test]
fn what_is_wrong_is_said_with_file_line_rule_and_remedy() {
    let check = |text: String, expect: &[&str]| {
        let found = problems(&[("t.toml", HEADER.to_owned() + &text)]);
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.starts_with(expect), "{found}\nshould begin {expect}");
        }
    };
    let twice = rule("a", "2020-01-01", "") + &rule("a", "2020-01-01", "");
    check(twice, &["t.toml:16: a: listed twice with the same effective_from; leave one out"]);
    let overlap = rule("a", "2020-01-01", "effective_to = 2023-07-01") + &rule("a", "2023-07-01", "");
    check(overlap, &["t.toml:6: a: overlaps its next version, in force from 2023-07-01; let effective_to be"]);
    check(rule("a", "2020-01-01", "effective_to = 2019-12-31"), &["t.toml:6: a: ends before it begins;"]);
    check(rule("a", "2020-01-01", "reviewed_by = \"x\""), &["t.toml:6: a: half a signature;"]);
    check(rule("a", "2020-01-01", "params = { days = 10_000_001 }"), &["t.toml:6: a: 10000001 in params; a number is"]);
    check(rule("a", "2020-01-01", "params = { lists = [[{ days = -1 }]] }"), &["t.toml:6: a: -1 in params; a number is"]);
    check("#".repeat(1 << 20), &["t.toml:0: 1048636 bytes, at most 1048576;"]);
    check(format!("x = {}", "[".repeat(500_000)), &["t.toml:6: "]);
    check(format!("x{} = 1", ".x".repeat(250_000)), &["t.toml:0: recursion limit;"]);
    check(rule("a", "2020-02-30", ""), &["t.toml:14: "]);
    check(rule("a", "2020-01-01", "reviewer = \"x\""), &["t.toml:15: unknown field `reviewer`"]);
    check(
        "[[rule]]\nid = \"a\"\nkind = \"penalties\"\n".to_owned(),
        &[
            "t.toml:6: a: title_zh is missing;",
            "t.toml:6: a: title_en is missing;",
            "t.toml:6: a: article is missing;",
            "t.toml:6: a: source is missing;",
            "t.toml:6: a: unknown kind \"penalties\"; choose one of: bucket_table,",
            "t.toml:6: a: unknown certainty \"\"; choose one of: P, S+,",
            "t.toml:6: a: effective_from is missing;",
        ],
    );
    assert_eq!(
        problems(&[("t.toml", rule("a", "2020-01-01", ""))]),
        ["t.toml:0: 0 [pack] headers; give the pack exactly one [pack] header"]
    );
}

#[test]
fn a_misspelled_parameter_is_a_problem_of_its_rule() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        #[serde(rename = "margin_ppm")]
        _margin_ppm: i64,
    }
    let text = HEADER.to_owned() + &rule("a", "2020-01-01", "params = { margin = 1 }");
    let pack = Pack::parse(&[("t.toml", text)]).unwrap();
    let problem = pack.rules()[0].params::<Params>().unwrap_err();
    assert_eq!((problem.line, problem.rule.as_str()), (6, "a"));
    assert!(problem.what.contains("margin"), "{problem}");
}

#[test]
fn a_draft_changes_retires_and_adds_to_its_base() {
    let base = Pack::embedded("cn-bank").unwrap();
    let draft = |rules: &str| {
        let header = HEADER.replace("id = \"t\"", "id = \"draft\"") + "extends = \"cn-bank\"\n";
        Pack::parse(&[("draft.toml", header + rules)])
    };
    let stricter = rule("money.penalty", "2026-01-01", "params = { margin_ppm = 300_000 }");
    let pack = draft(&(stricter.clone() + "[[rule]]\nid = \"money.days\"\nretired = true\n" + &rule("new", "2026-01-01", "")))
        .unwrap();
    assert_eq!(pack.rules().len(), base.rules().len() + 1);
    let on = pack.on(date("2026-11-21"));
    assert!(on.find(RuleKind::Grace).unwrap().is_none());
    assert!(on.only(RuleKind::Grace).unwrap_err().to_string().contains("no rule of kind grace is in force"));
    assert!(on.only(RuleKind::Penalty).unwrap_err().to_string().contains("a second rule of kind penalty"));
    let the_day_before = pack.on(date("2025-12-31"));
    assert_eq!(the_day_before.only(RuleKind::Penalty).unwrap().1.effective_from, date("2004-01-01"));
    let unknown = draft("[[rule]]\nid = \"money.dayz\"\nretired = true\n").unwrap_err();
    assert!(unknown[0].to_string().starts_with("draft.toml:7: money.dayz: retires a rule the base pack does not have"));
    assert_ne!(draft(&stricter).unwrap().digest(), base.digest());
    assert_eq!(draft(&stricter).unwrap().digest(), draft(&stricter).unwrap().digest());
}

/// The draft shown in policy/README.md is the first thing a reader copies.
#[test]
fn the_draft_in_the_handbook_parses() {
    let handbook = include_str!("../../../policy/README.md");
    let draft = handbook.rsplit("```toml\n").next().and_then(|rest| rest.split("```").next()).unwrap();
    let pack = Pack::parse(&[("draft.toml", draft)]).unwrap();
    let contagion = |day: &str| pack.on(date(day)).only(RuleKind::Contagion).unwrap().1.title_en.clone();
    assert_eq!(contagion("2026-11-21"), "Contagion from 5 %");
    assert!(contagion("2025-12-31").starts_with("Over 10 %"));
}

#[test]
fn the_digest_follows_the_text_and_not_its_line_ends_or_file_order() {
    let parse = |files: &[(&str, String)]| Pack::parse(files).unwrap().digest();
    let (header, a) = (("a.toml", HEADER.to_owned()), ("b.toml", rule("a", "2020-01-01", "")));
    let digest = parse(&[header.clone(), a.clone()]);
    assert_eq!(parse(&[a.clone(), header.clone()]), digest);
    assert_eq!(parse(&[header.clone(), (a.0, a.1.replace('\n', "\r\n"))]), digest);
    assert_ne!(parse(&[header, (a.0, a.1.replace("2020", "2021"))]), digest);
}

#[test]
fn the_narrowest_rule_binds() {
    let text = [
        HEADER.to_owned(),
        rule("all", "2020-01-01", ""),
        rule("cards", "2020-01-01", "applies_to = { products = [\"card\"] }"),
        rule("cards of persons", "2020-01-01", "applies_to = { products = [\"card\"], customer_kinds = [\"individual\"] }"),
    ]
    .concat();
    let pack = Pack::parse(&[("t.toml", text)]).unwrap();
    let check = |customer_kind, product, expect| {
        let bearer = Bearer { customer_kind, product, ..Bearer::default() };
        let (_, rule) = pack.on(date("2026-11-21")).for_bearer(RuleKind::Penalty, &bearer).unwrap();
        assert_eq!(rule.id, expect);
    };
    check("individual", "card", "cards of persons");
    check("corporate", "card", "cards");
    check("individual", "mortgage", "all");
}

#[test]
fn every_shipped_rule_has_a_source_and_waits_for_a_reviewer() {
    assert_eq!(
        policy::embedded_packs(),
        [
            "calendar-cn",
            "cn-bank",
            "cn-collections",
            "cn-collections-consumer-finance",
            "cn-collections-microloan",
            "cn-credit-card",
            "cn-microloan",
            "us-collections",
        ]
    );
    for name in policy::embedded_packs() {
        let pack = Pack::embedded(name).unwrap();
        assert_eq!(pack.header().id, name);
        assert_eq!(pack.not_reviewed().count(), pack.rules().len(), "{name}: a shipped pack is signed by nobody");
    }
    let pack = Pack::embedded("cn-bank").unwrap();
    let rule = pack.rules().iter().find(|rule| rule.id == "grade.past_due_over_90").unwrap();
    assert_eq!(rule.provenance.certainty, Certainty::Secondary);
    let missing = Pack::embedded("cn-banc").unwrap_err();
    assert!(missing[0].to_string().contains("choose one of: calendar-cn, cn-bank"), "{}", missing[0]);
}

/// Working days of a year as the State Council's notices leave them.
#[test]
fn three_years_of_holidays_and_make_up_workdays() {
    let calendar = working_calendar(&Pack::embedded("calendar-cn").unwrap()).unwrap();
    let check = |due: &str, expect: &str| assert_eq!(calendar.roll(date(due), Roll::Following).to_string(), expect, "{due}");
    check("2024-02-10", "2024-02-18"); // the Sunday after the holiday is worked
    check("2024-05-11", "2024-05-11"); // a Saturday worked
    check("2025-01-28", "2025-02-05");
    check("2025-10-01", "2025-10-09");
    check("2026-01-01", "2026-01-04"); // a Sunday worked
    check("2026-02-15", "2026-02-24");
    check("2026-09-25", "2026-09-28");
    check("2026-10-03", "2026-10-08");
    check("2026-11-21", "2026-11-23");
    for (year, expect) in [(2024, 251), (2025, 248), (2026, 248)] {
        let (mut day, mut worked) = (Date::from_ymd(year, 1, 1).unwrap(), 0);
        while day.year() == year {
            worked += i32::from(calendar.is_working_day(day));
            day = day.next();
        }
        assert_eq!(worked, expect, "{year}");
    }
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let year = |params: &str| {
        let text = HEADER.to_owned() + &rule("y", "2027-01-01", &format!("effective_to = 2027-12-31\n{params}"));
        let pack = Pack::parse(&[("y.toml", text.replace("\"penalty\"", "\"working_calendar\""))]).unwrap();
        working_calendar(&pack).unwrap_err()[0].to_string()
    };
    let weekday = year("params = { holidays = [], make_up_workdays = [2027-01-04] }");
    assert!(weekday.contains("make-up workday 2027-01-04 is no weekend day"), "{weekday}");
    let outside = year("params = { holidays = [{ name = \"t\", from = 2026-12-31, to = 2027-01-02 }] }");
    assert!(outside.contains("holiday 2026-12-31 to 2027-01-02 is not inside the year"), "{outside}");
}
