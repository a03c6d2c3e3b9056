//! May I contact, and when: what the gate answers for everybody about a case, before anybody dials (可否联系).

use crate::page::frame::Frame;
use crate::server::Server;
use app::contact::ContactOption;
use app::person::PersonView;
use authority::PersonalField;
use casework::contact_gate::{FindingRecord, GateDecision};
use glossary::told;

/// Somebody about a case, with every number and address (联系对象).
pub struct GatePerson {
    pub person_id: String,
    pub name: String,
    pub relation: &'static str,
    pub points: Vec<GatePoint>,
}

/// What of one channel holds for a person, whatever the number (可否联系摘要).
pub struct Now {
    pub channel: &'static str,
    pub allowed: bool,
    /// The first moment at which one of the numbers may be used.
    pub next_slot: Option<String>,
}

impl GatePerson {
    /// Whether there is any way to contact the person now.
    pub fn is_open(&self) -> bool {
        self.points.iter().flat_map(|point| &point.ways).any(|way| way.allowed)
    }

    /// By channel: allowed where one of the numbers is.
    pub fn now(&self) -> Vec<Now> {
        let mut all: Vec<Now> = Vec::new();
        for way in self.points.iter().flat_map(|point| &point.ways) {
            let place = all.iter().position(|now| now.channel == way.channel).unwrap_or_else(|| {
                all.push(Now { channel: way.channel, allowed: false, next_slot: None });
                all.len() - 1
            });
            let now = &mut all[place];
            now.allowed |= way.allowed;
            let slots = [now.next_slot.take(), way.next_slot.clone()];
            now.next_slot = slots.into_iter().flatten().min();
        }
        all
    }
}

/// A number or address as it may be seen.
pub struct GatePoint {
    pub person_id: String,
    pub key: String,
    /// The masked value.
    pub text: String,
    pub kind: &'static str,
    pub source: &'static str,
    pub ways: Vec<GateWay>,
}

/// One way to use it.
pub struct GateWay {
    pub channel: &'static str,
    pub channel_code: &'static str,
    pub purpose: &'static str,
    pub purpose_code: &'static str,
    pub people: u32,
    /// Nothing refuses.
    pub allowed: bool,
    pub rule: String,
    pub article: String,
    /// What refuses, the gravest first: what it says and what to do.
    pub refused: Vec<(String, String, String)>,
    pub next_slot: Option<String>,
    /// What may and must be said.
    pub limits: Vec<&'static str>,
    /// Used, of at most.
    pub counters: Vec<(String, u32, u32)>,
}

/// The answers by person and point; names and numbers as far as the caller may see them.
pub fn gate_persons(server: &Server, frame: &Frame, options: &[ContactOption], persons: &[PersonView]) -> Vec<GatePerson> {
    let mut shown: Vec<GatePerson> = Vec::new();
    for option in options {
        let person = persons.iter().find(|person| person.person_id == option.person_id);
        if shown.last().is_none_or(|last| last.person_id != option.person_id) {
            shown.push(GatePerson {
                person_id: option.person_id.clone(),
                name: person.map(|person| field(person, PersonalField::Name, 0)).unwrap_or_default(),
                relation: frame.coded("relation", &option.relation),
                points: Vec::new(),
            });
        }
        let points = &mut shown.last_mut().expect("just pushed").points;
        if points.last().is_none_or(|last| last.key != option.point.key) {
            let kind = match option.point.kind {
                app::person::PointKind::Phone => PersonalField::Phone,
                app::person::PointKind::Address => PersonalField::Address,
            };
            points.push(GatePoint {
                person_id: option.person_id.clone(),
                key: option.point.key.clone(),
                text: person.map(|person| field(person, kind, option.point.position)).unwrap_or_default(),
                kind: frame.coded("point_kind", &option.point.kind),
                source: frame.coded("point_source", &option.point.source),
                ways: Vec::new(),
            });
        }
        points.last_mut().expect("just pushed").ways.push(way(server, frame, option));
    }
    shown
}

/// A field of a person as it is shown.
pub fn field(person: &PersonView, field: PersonalField, position: i64) -> String {
    let shown = person.fields.iter().find(|shown| shown.field == field && shown.position == position);
    shown.map_or_else(String::new, |shown| shown.text.clone())
}

fn way(server: &Server, frame: &Frame, option: &ContactOption) -> GateWay {
    let answer = &option.answer;
    let title = |rule: &str| server.desk.rules.title(rule).map_or_else(|| rule.to_owned(), |(zh, en)| frame.say(zh, en).to_owned());
    let refused = |finding: &FindingRecord| {
        let facts: Vec<(&str, String)> = finding.facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let (message, remedy) = told(&finding.code, frame.lang, &facts);
        (message, remedy, finding.article.clone())
    };
    GateWay {
        channel: frame.coded("channel", &option.channel),
        channel_code: option.channel.code(),
        purpose: frame.coded("purpose", &option.purpose),
        purpose_code: option.purpose.code(),
        people: option.people,
        allowed: answer.decision == GateDecision::Allowed,
        rule: title(&answer.rule_id),
        article: answer.article.clone(),
        refused: answer.findings.iter().map(refused).collect(),
        next_slot: answer.next_slot.map(|slot| minute(&slot.to_string())),
        limits: answer.limits.iter().map(|limit| frame.coded("script_limit", limit)).collect(),
        counters: answer.counters.iter().map(|counter| (title(&counter.rule_id), counter.used, counter.at_most)).collect(),
    }
}

/// A moment without its seconds.
pub fn minute(moment: &str) -> String {
    moment.get(..16).unwrap_or(moment).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_open_where_one_number_is_and_else_from_the_first_slot_of_any() {
        let way = |allowed: bool, slot: Option<&str>| GateWay {
            channel: "call",
            channel_code: "call",
            purpose: "",
            purpose_code: "",
            people: 1,
            allowed,
            rule: String::new(),
            article: String::new(),
            refused: Vec::new(),
            next_slot: slot.map(str::to_owned),
            limits: Vec::new(),
            counters: Vec::new(),
        };
        let point = |way: GateWay| GatePoint { person_id: String::new(), key: String::new(), text: String::new(), kind: "", source: "", ways: vec![way] };
        let check = |ways: Vec<GateWay>, expect: (bool, Option<&str>)| {
            let points = ways.into_iter().map(point).collect();
            let person = GatePerson { person_id: String::new(), name: String::new(), relation: "", points };
            let now = person.now();
            assert_eq!((now.len(), now[0].allowed, now[0].next_slot.as_deref()), (1, expect.0, expect.1));
        };
        check(vec![way(false, None), way(true, None)], (true, None));
        check(vec![way(false, Some("2026-11-22 08:00")), way(false, None), way(false, Some("2026-11-21 08:00"))], (false, Some("2026-11-21 08:00")));
        check(vec![way(false, None)], (false, None));
    }
}
