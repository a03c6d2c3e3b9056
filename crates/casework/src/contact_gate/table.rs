//! Reads the stories of this room's tests: what happened, what is asked, what the gate is to say.

use super::question::{
    Circumstance, CircumstanceKind, ContactPoint, Document, DocumentKind, History, Hours, Manner, PointSource, Question,
    TimeOfDay,
};
use super::{Allowed, ContactRefusal, ContactRules, Refused, ask};
use crate::contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
use policy::Pack;
use units::{Coded, Date, Moment};

pub fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap_or_else(|| panic!("no moment {text:?}"))
}

fn coded<T: Coded>(code: &str) -> T {
    T::from_code(code).unwrap_or_else(|| panic!("no code {code:?}"))
}

pub fn rules(pack: &str) -> ContactRules {
    let pack = Pack::embedded(pack).expect("an embedded pack parses");
    ContactRules::compile(&pack.on(Date::parse("2026-11-21").unwrap())).expect("an embedded pack compiles")
}

/// A contact of the lender's staff that collected, for tests to change.
pub fn contact(at: Moment, channel: Channel, relation: Relation, result: ContactResult) -> Contact {
    let person_id = relation.code().to_owned();
    Contact {
        contact_id: String::new(),
        customer_id: "debtor".to_owned(),
        case_id: String::new(),
        contact_point: format!("point of {person_id}"),
        person_id,
        relation,
        channel,
        direction: Direction::Outbound,
        purpose: if relation.is_liable() { Purpose::Collect } else { Purpose::Locate },
        at,
        staff_id: "staff".to_owned(),
        agency_id: None,
        people: 1,
        result,
        seconds: 0,
    }
}

/// The `key=value` words of a line.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.all(key).next()
    }
}

/// A story, line by line:
///
/// `2026-11-20T09:00 call debtor reached [agency= point= person= purpose= in]` happened;
/// `since 2026-11-20T09:00 hardship_plan [until= person= channel=]` is so;
/// `now 2026-11-20T09:00 call debtor reached` is under way, the result yet to come; `number KEY` is on file of the debtor;
/// `? 2026-11-20T10:00 call debtor collect [agency= point= person= source= people= manner= doc=KIND[@08:00-09:00]
/// doc_from= doc_until=] -> EXPECT` is asked.
#[derive(Default)]
struct Story<'a> {
    contacts: Vec<Contact>,
    under_way: Vec<Contact>,
    circumstances: Vec<Circumstance>,
    numbers: Vec<&'a str>,
}

pub fn check(pack: &str, story: &str) {
    let rules = rules(pack);
    let mut told = Story::default();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(question) = line.strip_prefix("? ") {
            let (question, expect) = question.split_once(" -> ").expect("a question has its answer");
            assert_eq!(shown(&rules, &told.answer(&rules, question)), expect.trim(), "{line}");
        } else {
            told.add(line);
        }
    }
}

/// What the gravest rule says to the question that ends a story.
pub fn refusal(pack: &str, story: &str) -> ContactRefusal {
    let (before, question) = story.rsplit_once("? ").expect("a story ends with a question");
    let mut told = Story::default();
    before.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| told.add(line));
    told.answer(&rules(pack), question).expect_err(question).first.refusal
}

fn happened(line: &str) -> Contact {
    let words = Words(line.split_whitespace().collect());
    let [at, channel, relation, result] = words.0[..4] else { panic!("{line}") };
    let mut contact = contact(moment(at), coded(channel), coded(relation), coded(result));
    if let Some(person) = words.get("person") {
        contact.person_id = person.to_owned();
        contact.contact_point = format!("point of {person}");
    }
    if let Some(point) = words.get("point") {
        contact.contact_point = point.to_owned();
    }
    if let Some(purpose) = words.get("purpose") {
        contact.purpose = coded(purpose);
    }
    if words.0.contains(&"in") {
        contact.direction = Direction::Inbound;
    }
    contact.agency_id = words.get("agency").map(str::to_owned);
    contact
}

fn circumstance(line: &str) -> Circumstance {
    let words = Words(line.split_whitespace().collect());
    Circumstance {
        kind: coded::<CircumstanceKind>(words.0[1]),
        person_id: words.get("person").map(str::to_owned),
        channel: words.get("channel").map(coded),
        from: moment(words.0[0]),
        until: words.get("until").map(moment),
    }
}

fn document(written: &str, words: &Words) -> Document {
    let (kind, hours) = written.split_once('@').map_or((written, None), |(kind, hours)| (kind, Some(hours)));
    let hours = hours.map(|hours| {
        let (opens, closes) = hours.split_once('-').unwrap();
        Hours { opens: TimeOfDay::parse(opens).unwrap(), closes: TimeOfDay::parse(closes).unwrap() }
    });
    Document {
        document_id: format!("D-{kind}"),
        kind: coded::<DocumentKind>(kind),
        from: moment(words.get("doc_from").unwrap_or("2026-01-01T00:00")),
        until: words.get("doc_until").map(moment),
        hours,
    }
}

impl<'a> Story<'a> {
    fn add(&mut self, line: &'a str) {
        if let Some(rest) = line.strip_prefix("since ") {
            self.circumstances.push(circumstance(rest));
        } else if let Some(rest) = line.strip_prefix("now ") {
            self.under_way.push(happened(rest));
        } else if let Some(number) = line.strip_prefix("number ") {
            self.numbers.push(number);
        } else {
            self.contacts.push(happened(line));
            self.contacts.sort_by_key(|contact| contact.at);
        }
    }

    fn answer(&self, rules: &ContactRules, line: &str) -> Result<Allowed, Refused> {
        let words = Words(line.split_whitespace().collect());
        let [at, channel, relation, purpose] = words.0[..4] else { panic!("{line}") };
        let relation: Relation = coded(relation);
        let channel: Channel = coded(channel);
        let person_id = words.get("person").unwrap_or(relation.code());
        let point = format!("point of {person_id}");
        let documents: Vec<Document> = words.all("doc").map(|written| document(written, &words)).collect();
        let manners: Vec<Manner> = words.all("manner").map(coded).collect();
        let question = Question {
            customer_id: "debtor",
            person_id,
            relation,
            channel,
            purpose: coded(purpose),
            contact_point: ContactPoint {
                key: words.get("point").unwrap_or(&point),
                source: words.get("source").map_or(PointSource::Reserved, coded),
            },
            at: moment(at),
            agency_id: words.get("agency"),
            people: words.get("people").map_or(1 + u32::from(channel == Channel::Visit), |people| people.parse().unwrap()),
            manners: &manners,
            documents: &documents,
        };
        let history = History {
            contacts: &self.contacts,
            under_way: &self.under_way,
            circumstances: &self.circumstances,
            debtor_points: &self.numbers,
        };
        ask(rules, &question, &history)
    }
}

/// `allowed limit …`, or `CODE rule + other_rule … | next slot`, or `… | never`.
fn shown(rules: &ContactRules, answer: &Result<Allowed, Refused>) -> String {
    match answer {
        Ok(allowed) => {
            let limits = allowed.limits.iter().map(|limit| format!(" {}", limit.code()));
            limits.fold("allowed".to_owned(), |text, limit| text + &limit)
        }
        Err(refused) => {
            let rule_ids: Vec<&str> = refused.findings().map(|finding| rules.citation(finding.rule).0).collect();
            let next = refused.next_slot.map_or("never".to_owned(), |slot| slot.to_string());
            format!("{} {} | {next}", refused.first.refusal.code(), rule_ids.join(" + "))
        }
    }
}
