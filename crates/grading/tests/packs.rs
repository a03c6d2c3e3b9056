//! Every pack that ships compiles, and the money rules in it are those the loan room reads.

use grading::GradingRules;
use loan::LoanRules;
use policy::{Pack, RuleKind};
use units::Date;

#[test]
fn every_embedded_pack_compiles_on_every_day_anything_changes() {
    for name in policy::embedded_packs().into_iter().filter(|name| !name.starts_with("calendar")) {
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

fn lines(problems: &[policy::PackProblem]) -> String {
    problems.iter().map(|problem| format!("\n{problem}")).collect()
}
