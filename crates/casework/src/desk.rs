//! The pack, the people and the cases that this room's tests are written over.

use crate::assignment::{Presence, StaffMember};
use crate::case::{Case, CaseFacts, Course, DebtorPlace, NextAction, OpenedBecause, Owner, Standing, Work};
use crate::queue::Priority;
use crate::rules::CaseRules;
use crate::strategy::{Approach, CaseAction, DebtorType, Skill, StrategyArm};
use grading::{Bucket, CustomerClass, Recoverability};
use policy::{Pack, PackOnDate, PackProblem};
use std::sync::OnceLock;
use units::{Date, Money};

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// The business date of every table: a Friday.
pub(crate) fn today() -> Date {
    date("2026-11-20")
}

pub(crate) fn pack() -> Pack {
    Pack::embedded("cn-collections").unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

pub(crate) fn rules() -> CaseRules {
    static RULES: OnceLock<CaseRules> = OnceLock::new();
    let compile = || CaseRules::compile(&pack().on(today())).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    RULES.get_or_init(compile).clone()
}

fn lines(problems: &[PackProblem]) -> String {
    problems.iter().map(|problem| format!("\n{problem}")).collect()
}

/// What `compile` finds wrong with a draft of one rule over `cn-collections`; empty when nothing.
pub(crate) fn problems_of(rule: &str, compile: impl Fn(&PackOnDate) -> Option<Vec<PackProblem>>) -> String {
    let said =
        "title_zh=\"t\"\ntitle_en=\"t\"\narticle=\"a\"\nsource=\"s\"\ncertainty=\"D\"\neffective_from=2026-01-01\n";
    let said = if rule.contains("retired") { "" } else { said };
    let header =
        "[pack]\nid=\"d\"\nversion=\"1\"\ntitle_zh=\"t\"\ntitle_en=\"t\"\nextends=\"cn-collections\"\n[[rule]]\n";
    let draft = format!("{header}{said}{rule}\n");
    let pack = Pack::parse(&[("d.toml", draft)]).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    compile(&pack.on(today())).map_or_else(String::new, |problems| lines(&problems))
}

/// `id skill[,skill] region capacity [away|left]`, one a line; team and branch are T1 and B1.
pub(crate) fn staff(text: &str) -> Vec<StaffMember> {
    let member = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        StaffMember {
            staff_id: words[0].to_owned(),
            team_id: "T1".to_owned(),
            branch_id: "B1".to_owned(),
            regions: vec![words[2].to_owned()],
            languages: vec!["zh".to_owned()],
            skills: words[1].split(',').map(|code| Skill::from_code(code).unwrap()).collect(),
            capacity: words[3].parse().unwrap(),
            presence: words.get(4).map_or(Presence::Working, |code| Presence::from_code(code).unwrap()),
        }
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(member).collect()
}

/// An open case of 2026-11-02 in M2, 5,000.00 past due, with a call due today.
pub(crate) fn case(case_id: &str, owner: &str) -> Case {
    Case {
        case_id: case_id.to_owned(),
        customer_id: format!("U{case_id}"),
        place: DebtorPlace { branch_id: "B1".to_owned(), region: "east".to_owned(), language: "zh".to_owned() },
        loans: vec!["L1".to_owned()],
        opened_on: date("2026-11-02"),
        opened_because: OpenedBecause::PastDue,
        standing: Standing::Open(Work {
            owner: Owner::Staff(owner.to_owned()),
            borrowed: None,
            next_action: NextAction {
                action: CaseAction::Contact,
                channel: Some(crate::Channel::Call),
                script: Some("past_due".to_owned()),
                approach: Approach::Empathy,
                due_on: today(),
                set_on: date("2026-11-19"),
                set_by: None,
            },
        }),
        hand: 2,
        course: Course {
            rule_id: "strategy.m2".to_owned(),
            arm: StrategyArm::Champion,
            skill: Skill::Negotiation,
            rung: 0,
        },
        facts: CaseFacts {
            bucket: Bucket::M2,
            class: CustomerClass::D,
            debtor_type: DebtorType::Unknown,
            recoverability: Recoverability::Likely,
            days_past_due: 40,
            amount_past_due: money("5,000.00"),
            outstanding: money("20,000.00"),
            worsened_on: None,
        },
        priority: Priority::default(),
        kept_until: None,
        hardship_plan: None,
        objection: None,
        write_off: None,
        spans: Vec::new(),
        complaints: Vec::new(),
        hand_overs: Vec::new(),
        version: 7,
    }
}
