//! Every pack that ships compiles, and the money rules in it are those the loan room reads.

use grading::GradingRules;
use loan::LoanRules;
use policy::{Pack, RuleKind};
use units::Date;

#[test]
fn every_embedded_pack_compiles_on_every_day_anything_changes() {
    let grades = |name: &&str| !name.starts_with("calendar") && !name.contains("collections");
    for name in policy::embedded_packs().into_iter().filter(grades) {
        let pack = Pack::embedded(name).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        let first = Date::parse("2023-07-01").unwrap();
        let changes = pack.rules().iter().map(|rule| rule.effective_from).filter(|&day| day >= first);
        for day in changes.chain([first, Date::parse("2026-11-21").unwrap()]) {
            GradingRules::compile(&pack.on(day)).unwrap_or_else(|problems| panic!("{name} {day}: {}", lines(&problems)));
        }
    }
}

#[test]
fn the_money_rules_of_every_lending_pack_are_read_by_the_loan_room() {
    for name in ["cn-bank", "cn-credit-card", "cn-microloan"] {
        let pack = Pack::embedded(name).unwrap();
        let today = pack.on(Date::parse("2026-11-21").unwrap());
        let only = |kind| today.only(kind).unwrap().1;
        let allocation = only(RuleKind::Allocation).params().unwrap();
        let penalty = only(RuleKind::Penalty).params().unwrap();
        let days = only(RuleKind::Grace).params().unwrap();
        LoanRules::new(&allocation, penalty, days).unwrap();
    }
}

/// What the grading room finds wrong with a draft, beyond what makes it a pack.
#[test]
fn a_draft_that_cannot_be_graded_by_says_why() {
    let check = |id: &str, kind: &str, more: &str, expect: &str| {
        let draft = format!(
            "[pack]\nid = \"d\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\nextends = \"cn-bank\"\n\
             [[rule]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\n\
             source = \"s\"\ncertainty = \"D\"\neffective_from = 2026-01-01\n{more}\n"
        );
        let pack = Pack::parse(&[("d.toml", draft)]).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        let problems = GradingRules::compile(&pack.on(Date::parse("2026-11-21").unwrap())).unwrap_err();
        assert_eq!(problems.len(), 1, "{}", lines(&problems));
        assert!(problems[0].to_string().starts_with(&format!("d.toml:7: {id}: {expect}")), "{}", problems[0]);
    };
    let floor = |params: &str| format!("params = {{ {params} }}");
    check("n", "grade_floor", &floor("at_least = \"bad\", when = { days_past_due_over = 1 }"), "unknown code \"bad\"");
    check("n", "grade_floor", &floor("at_least = \"loss\", when = { days_over = 1 }"), "unknown variant `days_over`");
    check("n", "grade_floor", &floor("at_least = \"loss\", when = { event = \"rain\" }"), "unknown code \"rain\"");
    let bound = "applies_to.customer_kinds = [\"coporate\"]\n";
    check("n", "retail", bound, "applies_to names an unknown code \"coporate\"");
    check("n", "contagion", &floor("share_over_ppm = 1, at_least = \"loss\""), "a second rule of kind contagion");
    check("bucket.days", "bucket_table", &floor("basis = \"days_past_due\", starts_at = [1, 31, 31, 91, 121, 151, 181]"), "its buckets do not ascend");
    check("exposure.tiers", "exposure_tier", &floor("exposure_at_least = [\"1.00\", \"2.00\", \"3.00\"]"), "its amounts do not descend");
    let short_row = "from_days = [0, 1], credit = [\"pass\"], guarantee = [], mortgage = [], pledge = []";
    check("grade.guarantee_matrix", "guarantee_matrix", &floor(short_row), "its days do not ascend from 0, or a row");
}

fn lines(problems: &[policy::PackProblem]) -> String {
    problems.iter().map(|problem| format!("\n{problem}")).collect()
}
