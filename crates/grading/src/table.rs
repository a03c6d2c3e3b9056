//! Reads the tables of this room's tests: one line of facts, one line of expectation.

use crate::condition::EventKind;
use crate::customer::{CustomerKind, CustomerScale};
use crate::grade::{Because, Grade, GradeDecision, GradeInput, Restructured, Upgrade};
use crate::rules::GradingRules;
use loan::{History, Protection};
use policy::{Pack, RuleRef};
use std::collections::BTreeMap;
use units::{Date, Money};

/// A pack and its rules on 2026-11-21, the business date of every table.
pub(crate) struct Desk {
    pub pack: Pack,
    pub rules: GradingRules,
}

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(crate) fn business_date() -> Date {
    date("2026-11-21")
}

impl Desk {
    pub fn of(pack: &str) -> Desk {
        let pack = Pack::embedded(pack).expect("an embedded pack parses");
        let rules = GradingRules::compile(&pack.on(business_date())).expect("an embedded pack compiles");
        Desk { pack, rules }
    }

    /// Grades the loan of one line: `dpd=91 protection=mortgage kind=corporate scale=large
    /// event=fund_misuse ecl_ppm=500000 carried=doubtful judged=pass@2026-11-21 restructured=2026-04-21
    /// missed=2026-06-21 met=7 worst=95 cured=2026-03-01 met_since_cure=2 owed=0.50`. What is left
    /// out is a large company's sound mortgage loan on its first night.
    pub fn grade(&self, facts: &str) -> GradeDecision {
        self.with_input(facts, |input| self.rules.grade(input))
    }

    pub fn with_input<T>(&self, facts: &str, ask: impl FnOnce(&GradeInput) -> T) -> T {
        let facts = Facts::read(facts);
        let days = facts.number("dpd");
        let history = History {
            worst_days_past_due: facts.number("worst").max(days),
            cured_on: facts.get("cured").map(date),
            dues_met_since_cure: u32::try_from(facts.number("met_since_cure")).unwrap(),
            ..History::default()
        };
        let grade = |code: &str| Grade::from_code(code).unwrap_or_else(|| panic!("no grade {code:?}"));
        let event = |code: &str| EventKind::from_code(code).unwrap_or_else(|| panic!("no event {code:?}"));
        ask(&GradeInput {
            business_date: facts.get("on").map_or(business_date(), date),
            profile: self.rules.profile(
                facts.get("kind").map_or(CustomerKind::Corporate, |code| CustomerKind::from_code(code).unwrap()),
                facts.get("scale").map_or(Some(CustomerScale::Large), CustomerScale::from_code),
                facts.get("product").unwrap_or(""),
                facts.get("protection").map_or(Protection::Mortgage, |code| Protection::from_code(code).unwrap()),
            ),
            days_past_due: days,
            amount_past_due: facts.get("owed").map_or(Money::ZERO, |text| Money::parse(text).unwrap()),
            history: &history,
            events: facts.all("event").map(event).collect(),
            ecl_share_ppm: i64::from(facts.number("ecl_ppm")),
            restructured: facts.get("restructured").map(|first_due| Restructured {
                first_due_on: Some(first_due).filter(|&text| text != "not_due").map(date),
                missed_on: facts.get("missed").map(date),
                dues_met: u32::try_from(facts.number("met")).unwrap(),
            }),
            carried: facts.get("carried").map(|code| (grade(code), business_date().previous())),
            judgement: facts.get("judged").map(|text| {
                let (code, on) = text.split_once('@').expect("judged=grade@day");
                (grade(code), date(on))
            }),
        })
    }

    pub fn id(&self, rule: RuleRef) -> &str {
        &self.pack.rule(rule).id
    }

    pub fn because(&self, because: Because) -> &str {
        match because {
            Because::NoFinding => "no_finding",
            Because::Rule(rule) => self.id(rule),
            Because::Carried => "carried",
            Because::Judgement => "judgement",
        }
    }
}

/// `special_mention  grade.past_due  nothing`
pub(crate) fn shown(desk: &Desk, decision: &GradeDecision) -> String {
    let upgrade = match decision.upgrade {
        Upgrade::Nothing => String::new(),
        Upgrade::Proposed(grade) => format!(" proposed {}", grade.code()),
        Upgrade::Blocked(block) => format!(" blocked {}", block.code()),
    };
    format!("{} {}{upgrade}", decision.in_force.code(), desk.because(decision.because))
}

/// Compares a table line by line: `facts -> expectation`, told apart by `->`.
pub(crate) fn check(table: &str, answer: impl Fn(&str) -> String) {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut rows = 0;
    for line in lines {
        let (facts, expect) = line.split_once("->").unwrap_or_else(|| panic!("no -> in {line:?}"));
        let expect = expect.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(answer(facts.trim()), expect, "{line}");
        rows += 1;
    }
    assert!(rows > 0, "an empty table proves nothing");
}

struct Facts<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Facts<'a> {
    const KNOWN: &'static str = " dpd protection kind scale product event ecl_ppm carried judged restructured missed met \
                                 worst cured met_since_cure owed on ";

    fn read(line: &'a str) -> Facts<'a> {
        let mut facts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for word in line.split_whitespace() {
            let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("no = in {word:?}"));
            assert!(Facts::KNOWN.contains(&format!(" {key} ")), "no fact {key:?}");
            facts.entry(key).or_default().push(value);
        }
        Facts(facts)
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.get(key).into_iter().flatten().copied()
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.all(key).next()
    }

    fn number(&self, key: &str) -> i32 {
        self.get(key).map_or(0, |text| text.parse().unwrap_or_else(|error| panic!("{key}={text}: {error}")))
    }
}
