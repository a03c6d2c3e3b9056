//! Facts of a claim in a few words, for the tests of this room.

use crate::clock::{
    Act, ActKind, ClaimFacts, ClockRules, ClockState, Collateral, CollateralRight, EnforceableDocument, EnforceableKind,
    EvidenceKind, Guarantee, GuaranteeForm, GuaranteeTerm, MaximumAmount, Obstacle, ObstacleKind, Preservation,
    PreservationStage, PreservedAsset, clocks,
};
use policy::Pack;
use units::{Calendar, Date};

pub fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn calendar() -> Calendar {
    policy::working_calendar(&Pack::embedded("calendar-cn").unwrap()).unwrap()
}

pub fn rules() -> ClockRules {
    let pack = Pack::embedded("cn-collections").unwrap_or_else(|problems| panic!("{}", problems[0]));
    ClockRules::compile(&pack.on(date("2026-11-22"))).unwrap_or_else(|problem| panic!("{problem}"))
}

/// Claim `C` on debtors `D` and `E`, one fact a line. An act reads `2026-11-01 suit D,G1 until=… evidence…`;
/// without evidence it has the first alternative its rule asks for.
pub fn claim(text: &str) -> ClaimFacts {
    let mut facts = ClaimFacts {
        claim_id: "C".to_owned(),
        debtors: vec!["D".to_owned(), "E".to_owned()],
        due_on: Vec::new(),
        owner: Some("lin".to_owned()),
        branch_head: "head".to_owned(),
        guarantees: Vec::new(),
        collateral: Vec::new(),
        preservations: Vec::new(),
        documents: Vec::new(),
        obstacles: Vec::new(),
        acts: Vec::new(),
    };
    let rules = rules();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        add(&mut facts, &line.split_whitespace().collect::<Vec<_>>(), &rules);
    }
    facts
}

fn add(facts: &mut ClaimFacts, words: &[&str], rules: &ClockRules) {
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let day = |name: &str| value(name).map(date);
    let list = |text: &str| -> Vec<String> { text.split(',').map(str::to_owned).collect() };
    let days = |text: &str| -> Vec<Date> { text.split(',').map(date).collect() };
    match words[0] {
        "due" => facts.due_on.extend(words[1..].iter().map(|word| date(word))),
        "guarantee" => facts.guarantees.push(Guarantee {
            guarantor_id: words[1].to_owned(),
            form: GuaranteeForm::from_code(words[2]),
            term: match (value("months"), day("until")) {
                (Some(months), _) => GuaranteeTerm::Months(months.parse().unwrap()),
                (_, Some(until)) => GuaranteeTerm::Until(until),
                _ => GuaranteeTerm::Silent,
            },
            maximum_amount: value("max").map(days).map(|days| MaximumAmount { fixed_on: days[0], last_due_on: days[1] }),
        }),
        "collateral" => facts.collateral.push(Collateral {
            collateral_id: words[1].to_owned(),
            right: CollateralRight::from_code(words[2]).unwrap(),
            insured_until: day("insured"),
            registered_until: day("registered"),
            valued_on: day("valued"),
        }),
        "preservation" => facts.preservations.push(Preservation {
            preservation_id: words[1].to_owned(),
            asset: PreservedAsset::from_code(words[2]).unwrap(),
            stage: value("stage").and_then(PreservationStage::from_code).unwrap_or(PreservationStage::InProceedings),
            ordered_on: date(words[3]),
            until: day("until"),
        }),
        "document" => facts.documents.push(EnforceableDocument {
            document_id: words[1].to_owned(),
            kind: EnforceableKind::from_code(words[2]).unwrap(),
            effective_on: date(words[3]),
            against: list(value("against").unwrap()),
            perform_by: value("perform").map(days).unwrap_or_default(),
        }),
        "obstacle" => facts.obstacles.push(Obstacle {
            kind: ObstacleKind::from_code(words[1]).unwrap(),
            against: value("against").map(list).unwrap_or_default(),
            from: date(words[2]),
            removed_on: day("removed"),
        }),
        _ => {
            let act = act(words, facts.acts.len(), rules);
            facts.acts.push(act);
        }
    }
}

fn act(words: &[&str], number: usize, rules: &ClockRules) -> Act {
    let kind = ActKind::from_code(words[1]).unwrap_or_else(|| panic!("no act {}", words[1]));
    let (_, rule) = rules.act(kind);
    let mut until = None;
    let mut evidence = Vec::new();
    for word in &words[3..] {
        match word.strip_prefix("until=") {
            Some(day) => until = Some(date(day)),
            None => evidence.push(EvidenceKind::from_code(word).unwrap_or_else(|| panic!("no evidence {word}"))),
        }
    }
    if evidence.is_empty() {
        evidence.clone_from(rule.strong.first().unwrap_or_else(|| &rule.medium[0]));
    }
    let against = words[2].split(',').map(str::to_owned).collect();
    Act { act_id: format!("A{number}"), kind, on: date(words[0]), against, until, evidence }
}

/// `limitation C 2026-11-20 expiring orange`
pub fn line(state: &ClockState) -> String {
    let last = state.last_day.map_or("-".to_owned(), |day| day.to_string());
    let level = state.level.map_or(String::new(), |level| format!(" {}", level.code()));
    format!("{} {} {last} {}{level}", state.kind.code(), state.subject, state.status.code())
}

pub fn lines(facts: &ClaimFacts, day: &str) -> String {
    let states = clocks(facts, &rules(), &calendar(), date(day));
    states.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The clocks of the kinds named in `expect`, as they stand on `day`.
#[track_caller]
pub fn check(text: &str, day: &str, expect: &str) {
    let expect: Vec<&str> = expect.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kinds: Vec<&str> = expect.iter().filter_map(|line| line.split(' ').next()).collect();
    let found = lines(&claim(text), day);
    let found: Vec<&str> = found.lines().filter(|line| kinds.iter().any(|kind| line.starts_with(&format!("{kind} ")))).collect();
    assert_eq!(found, expect, "on {day} of\n{text}");
}
