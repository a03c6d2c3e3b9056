//! Scripts (话术): what may be said in a situation, with places for the facts of the case.
//!
//! Order of 情, 理, 法 as regulation §12.3 has it; what a contact person may hear is §3.2 WHO-3, what a
//! letter must show LTR-1. A pack whose scripts break either does not compile.

use crate::contact::{Channel, Purpose, Relation};
use crate::language::SpeechFact;
use crate::strategy::{Approach, DebtorType};
use grading::Bucket;
use policy::{PackOnDate, PackProblem, Rule, RuleKind, read};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use units::coded;

coded! {
    /// What a script is about (话术场景).
    ScriptTopic {
        Opening = "opening",
        /// Who is on the line (确认身份).
        Identification = "identification",
        /// Proof of it, both ways (核身).
        Verification = "verification",
        Reminder = "reminder",
        /// What is owed and why (说明欠款).
        PastDue = "past_due",
        /// What follows, truthfully (说明后果).
        Consequences = "consequences",
        /// Time, way, amount (承诺三要素).
        Promise = "promise",
        PaymentConfirmation = "payment_confirmation",
        Negotiation = "negotiation",
        /// Finding out about hardship (困难识别).
        HardshipTriage = "hardship_triage",
        /// To a contact person, nothing of the debt (联系人).
        ContactPerson = "contact_person",
        TakePayment = "take_payment",
        Objection = "objection",
        Complaint = "complaint",
        Guarantor = "guarantor",
        Visit = "visit",
        /// The letter with its seven items (催收函).
        DemandLetter = "demand_letter",
        LegalNotice = "legal_notice",
        Closing = "closing",
    }
}

coded! {
    /// A place in a script for a fact of the case (话术占位符), written `{amount_due}`.
    Placeholder {
        Institution = "institution",
        StaffName = "staff_name",
        StaffNumber = "staff_number",
        DebtorName = "debtor_name",
        Hotline = "hotline",
        ComplaintLine = "complaint_line",
        CallbackOn = "callback_on",
        /// Of a complaint or objection (登记编号).
        RecordNumber = "record_number",
        Product = "product",
        AmountDue = "amount_due",
        Balance = "balance",
        StatementOn = "statement_on",
        DaysPastDue = "days_past_due",
        DueOn = "due_on",
        PayBy = "pay_by",
        PaymentWay = "payment_way",
        PromiseAmount = "promise_amount",
        PromiseOn = "promise_on",
        PlanAmount = "plan_amount",
        PlanMonths = "plan_months",
        GuarantorName = "guarantor_name",
        GuaranteeUntil = "guarantee_until",
        VisitOn = "visit_on",
        VisitPlace = "visit_place",
        VisitStaff = "visit_staff",
        Reason = "reason",
        LawBasis = "law_basis",
        RightsAndDuties = "rights_and_duties",
        EnquiryWay = "enquiry_way",
        ObjectionWay = "objection_way",
        OtherRequired = "other_required",
        Seal = "seal",
        Court = "court",
        CaseNumber = "case_number",
        Agency = "agency",
        NewCreditor = "new_creditor",
    }
}

units::serde_by_code!(ScriptTopic, Placeholder);

impl Placeholder {
    /// Whether who owes nothing may hear it: it tells neither that there is a debt nor how large.
    pub const fn tells_nothing_of_debt(self) -> bool {
        use Placeholder::*;
        matches!(
            self,
            Institution | StaffName | StaffNumber | DebtorName | Hotline | ComplaintLine | CallbackOn | RecordNumber
        )
    }
}

/// What a letter must show, by LTR-1: name and balance, reason and law, rights and duties, ways to
/// enquire, pay and object, contact, seal, whatever else the supervisor asks for (七项要素).
pub const LETTER_ITEMS: [Placeholder; 11] = [
    Placeholder::DebtorName,
    Placeholder::Balance,
    Placeholder::Reason,
    Placeholder::LawBasis,
    Placeholder::RightsAndDuties,
    Placeholder::EnquiryWay,
    Placeholder::PaymentWay,
    Placeholder::ObjectionWay,
    Placeholder::Hotline,
    Placeholder::Seal,
    Placeholder::OtherRequired,
];

/// What a conversation or letter is about to be (话术情境).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptSituation {
    pub topic: ScriptTopic,
    pub relation: Relation,
    pub purpose: Purpose,
    pub channel: Channel,
    pub bucket: Bucket,
    pub debtor_type: DebtorType,
    /// What legal staff have confirmed of the case.
    pub confirmed: BTreeSet<SpeechFact>,
}

/// Words for a situation (话术).
#[derive(Clone, Debug)]
pub struct Script {
    pub rule_id: String,
    pub article: String,
    pub title_zh: String,
    pub title_en: String,
    pub topic: ScriptTopic,
    pub frame: Approach,
    pub zh: String,
    pub en: String,
    /// To be filled in, in order of their codes.
    pub placeholders: BTreeSet<Placeholder>,
    pub relations: Vec<Relation>,
    channels: Vec<Channel>,
    buckets: Vec<Bucket>,
    debtor_types: Vec<DebtorType>,
    pub needs: Option<SpeechFact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptText {
    #[serde(deserialize_with = "read::code")]
    topic: ScriptTopic,
    #[serde(deserialize_with = "read::code")]
    approach: Approach,
    #[serde(deserialize_with = "read::codes")]
    relations: Vec<Relation>,
    #[serde(deserialize_with = "read::codes")]
    channels: Vec<Channel>,
    /// Left out: all.
    #[serde(default, deserialize_with = "read::codes")]
    buckets: Vec<Bucket>,
    /// Left out: all.
    #[serde(default, deserialize_with = "read::codes")]
    debtor_types: Vec<DebtorType>,
    needs: Option<SpeechFact>,
    zh: String,
    en: String,
}

/// Why a script is not filled in (拒绝填写原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptRefused {
    PlaceholderMissing { placeholder: Placeholder },
}

impl ScriptRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            ScriptRefused::PlaceholderMissing { .. } => "E-LN-03",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let ScriptRefused::PlaceholderMissing { placeholder } = self;
        vec![("placeholder", format!("placeholder.{}", placeholder.code()))]
    }
}

/// Every script of a pack on a day, checked (话术库).
pub fn scripts(pack: &PackOnDate) -> Result<Vec<Script>, Vec<PackProblem>> {
    let (mut scripts, mut problems) = (Vec::new(), Vec::new());
    for (_, rule) in pack.all(RuleKind::Script) {
        match script(rule) {
            Ok(script) => scripts.push(script),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(scripts) } else { Err(problems) }
}

fn script(rule: &Rule) -> Result<Script, PackProblem> {
    let text: ScriptText = rule.params()?;
    let read = |words: &str| placeholders(words).map_err(|what| rule.problem(what, "correct the placeholder"));
    let (zh, en) = (read(&text.zh)?, read(&text.en)?);
    if zh != en {
        return Err(rule.problem("the two languages have different placeholders", "let both say the same"));
    }
    let hears_nothing = |relation: &Relation| !relation.is_liable() && *relation != Relation::AuthorisedPerson;
    if let Some(debt) = zh.iter().find(|placeholder| !placeholder.tells_nothing_of_debt())
        && text.relations.iter().any(hears_nothing)
    {
        let what = format!("tells somebody who owes nothing of {{{}}}", debt.code());
        return Err(rule.problem(what, "leave the debt out, or the relation"));
    }
    if text.topic == ScriptTopic::DemandLetter
        && let Some(item) = LETTER_ITEMS.iter().find(|item| !zh.contains(item))
    {
        return Err(
            rule.problem(format!("the letter does not show {{{}}}", item.code()), "a letter shows every item of LTR-1")
        );
    }
    Ok(Script {
        rule_id: rule.id.clone(),
        article: rule.provenance.article.clone(),
        title_zh: rule.title_zh.clone(),
        title_en: rule.title_en.clone(),
        topic: text.topic,
        frame: text.approach,
        zh: text.zh,
        en: text.en,
        placeholders: zh,
        relations: text.relations,
        channels: text.channels,
        buckets: text.buckets,
        debtor_types: text.debtor_types,
        needs: text.needs,
    })
}

/// The places of a text, in order.
fn pieces(words: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    words.split('{').enumerate().map(|(index, piece)| match (index, piece.split_once('}')) {
        (0, _) => (piece, None),
        (_, Some((code, rest))) => (rest, Some(code)),
        (_, None) => ("", Some(piece)), // an open brace
    })
}

/// Every placeholder of a text; `Err` names what is none.
fn placeholders(words: &str) -> Result<BTreeSet<Placeholder>, String> {
    let codes = pieces(words).filter_map(|(_, code)| code);
    codes.map(|code| Placeholder::from_code(code).ok_or(format!("no placeholder is called {code:?}"))).collect()
}

/// The scripts for a situation, the narrowest first, then as the pack lists them (查找话术).
///
/// Who owes nothing is only asked for the debtor, passed a message, answered, or told what they asked
/// to pay: with any other purpose nothing is found.
pub fn find<'a>(scripts: &'a [Script], situation: &ScriptSituation) -> Vec<&'a Script> {
    let lawful_purpose = situation.relation.is_liable()
        || matches!(situation.purpose, Purpose::Locate | Purpose::TakePayment | Purpose::Answer);
    let mut found: Vec<&Script> = scripts.iter().filter(|script| lawful_purpose && script.fits(situation)).collect();
    found.sort_by_key(|script| std::cmp::Reverse(script.specificity()));
    found
}

impl Script {
    fn fits(&self, situation: &ScriptSituation) -> bool {
        fn among<T: PartialEq>(list: &[T], one: &T) -> bool {
            list.is_empty() || list.contains(one)
        }
        self.topic == situation.topic
            && self.relations.contains(&situation.relation)
            && self.channels.contains(&situation.channel)
            && among(&self.buckets, &situation.bucket)
            && among(&self.debtor_types, &situation.debtor_type)
            && self.needs.is_none_or(|fact| situation.confirmed.contains(&fact))
    }

    fn specificity(&self) -> usize {
        usize::from(!self.buckets.is_empty())
            + usize::from(!self.debtor_types.is_empty())
            + usize::from(self.needs.is_some())
    }

    /// One of the two texts with its places filled in; the first place without a value refuses.
    pub fn fill(&self, words: &str, values: &BTreeMap<Placeholder, String>) -> Result<String, ScriptRefused> {
        let mut filled = String::new();
        for (rest, code) in pieces(words) {
            if let Some(placeholder) = code.and_then(Placeholder::from_code) {
                filled += values.get(&placeholder).ok_or(ScriptRefused::PlaceholderMissing { placeholder })?;
            }
            filled += rest;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{LanguageRules, check};
    use policy::Pack;
    use units::Date;

    fn library() -> Vec<Script> {
        let pack = Pack::embedded("cn-collections").expect("the pack reads");
        scripts(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).expect("its scripts are in order")
    }

    fn situation(text: &str) -> ScriptSituation {
        let words: Vec<&str> = text.split_whitespace().collect();
        ScriptSituation {
            topic: ScriptTopic::from_code(words[0]).unwrap(),
            relation: Relation::from_code(words[1]).unwrap(),
            purpose: Purpose::from_code(words[2]).unwrap(),
            channel: Channel::from_code(words[3]).unwrap(),
            bucket: Bucket::from_code(words[4]).unwrap(),
            debtor_type: DebtorType::from_code(words[5]).unwrap(),
            confirmed: words[6..].iter().map(|code| SpeechFact::from_code(code).unwrap()).collect(),
        }
    }

    #[test]
    fn a_situation_finds_its_scripts_the_narrowest_first() {
        let library = library();
        let check = |text: &str, expect: &[&str]| {
            let found = find(&library, &situation(text));
            let found: Vec<&str> = found.iter().map(|script| script.rule_id.trim_start_matches("script.")).collect();
            assert_eq!(found, expect, "{text}");
        };
        check("opening debtor collect call M1 unknown", &["opening.call", "opening.not_now"]);
        check("reminder debtor remind sms M0 unknown", &["reminder.before_due"]);
        check("past_due debtor collect call M2 hardship", &["past_due.household", "past_due.state", "past_due.cause"]);
        check("consequences debtor collect call M4 hardship", &[]);
        check("consequences debtor collect call M4 malicious", &["consequences.law", "consequences.protection"]);
        check("legal_notice debtor serve_notice call M4 unknown", &[]);
        check("legal_notice debtor serve_notice call M4 unknown suit_filed", &["legal_notice.filed"]);
        check(
            "contact_person contact_person locate call M2 unknown",
            &["contact_person.locate", "contact_person.message", "contact_person.asks_why", "contact_person.refuses"],
        );
        check("contact_person contact_person collect call M2 unknown", &[]);
        check("past_due contact_person locate call M2 unknown", &[]);
        check("guarantor guarantor collect call M2 unknown", &["guarantor.claim", "guarantor.rights"]);
    }

    #[test]
    fn the_library_covers_every_topic_and_frame() {
        let library = library();
        assert!(library.len() >= 40, "{} scripts", library.len());
        for &topic in ScriptTopic::ALL {
            assert!(library.iter().any(|script| script.topic == topic), "{}", topic.code());
        }
        for &frame in Approach::ALL {
            assert!(library.iter().any(|script| script.frame == frame), "{}", frame.code());
        }
        for &placeholder in Placeholder::ALL {
            assert!(library.iter().any(|script| script.placeholders.contains(&placeholder)), "{}", placeholder.code());
        }
        // 法 is kept for late and unwilling: no script of law reaches a debtor known to be in hardship.
        let law_on_hardship = library.iter().filter(|script| script.frame == Approach::Law);
        let mut to_debtor = law_on_hardship.filter(|script| script.topic == ScriptTopic::Consequences);
        assert!(
            to_debtor
                .all(|script| !script.debtor_types.is_empty() && !script.debtor_types.contains(&DebtorType::Hardship))
        );
    }

    #[test]
    fn every_script_passes_the_language_check() {
        let pack = Pack::embedded("cn-collections").expect("the pack reads");
        let rules =
            LanguageRules::compile(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).expect("its language compiles");
        for script in library() {
            let findings = check(&rules, &script.zh, &script.needs.into_iter().collect());
            assert!(findings.is_empty(), "{}: {findings:?}", script.rule_id);
        }
    }

    #[test]
    fn who_owes_nothing_hears_nothing_of_the_debt() {
        let tells: Vec<&str> = include_str!("../../../cases/language/words_of_debt.txt").lines().collect();
        for script in library() {
            let hears = script.relations.iter().any(|relation| !relation.is_liable());
            if hears && script.topic != ScriptTopic::TakePayment {
                assert!(
                    script.placeholders.iter().all(|placeholder| placeholder.tells_nothing_of_debt()),
                    "{}",
                    script.rule_id
                );
                assert!(tells.iter().all(|word| !script.zh.contains(word)), "{}", script.rule_id);
            }
        }
    }

    fn draft(params: &str) -> Result<Vec<Script>, String> {
        let text = format!(
            "[pack]\nid = 'draft'\nversion = '1'\ntitle_zh = 'a'\ntitle_en = 'a'\n[[rule]]\nid = 'script.a'\n\
             kind = 'script'\ntitle_zh = 'a'\ntitle_en = 'a'\narticle = 'a'\nsource = 'a'\ncertainty = 'D'\n\
             effective_from = 2000-01-01\n[rule.params]\napproach = 'reason'\nchannels = ['call']\n{params}"
        );
        let pack = Pack::parse(&[("a.toml", text)]).expect("the draft reads");
        scripts(&pack.on(Date::from_ymd(2026, 11, 22).unwrap())).map_err(|problems| problems[0].what.clone())
    }

    #[test]
    fn a_script_that_must_not_be_does_not_compile() {
        let check = |params: &str, expect: &str| assert_eq!(draft(params).unwrap_err(), expect, "{params}");
        let to_contact = "topic = 'opening'\nrelations = ['contact_person']\n";
        check(
            &format!("{to_contact}zh = '{{amount_due}}'\nen = '{{amount_due}}'"),
            "tells somebody who owes nothing of {amount_due}",
        );
        let to_debtor = "topic = 'opening'\nrelations = ['debtor']\n";
        check(&format!("{to_debtor}zh = '{{sum}}'\nen = 'a'"), "no placeholder is called \"sum\"");
        check(&format!("{to_debtor}zh = 'a {{seal'\nen = 'a'"), "the two languages have different placeholders");
        let letter = "topic = 'demand_letter'\nrelations = ['debtor']\n";
        check(&format!("{letter}zh = '{{debtor_name}}'\nen = '{{debtor_name}}'"), "the letter does not show {balance}");
    }

    #[test]
    fn a_place_without_a_value_refuses() {
        let script = &draft(
            "topic = 'opening'\nrelations = ['debtor']\nzh = '{staff_name}, {hotline}.'\nen = '{hotline} {staff_name}'",
        )
        .unwrap()[0];
        let mut values = BTreeMap::from([(Placeholder::StaffName, "Li".to_owned())]);
        let refused = script.fill(&script.zh, &values).unwrap_err();
        assert_eq!(refused, ScriptRefused::PlaceholderMissing { placeholder: Placeholder::Hotline });
        assert_eq!(refused.code(), "E-LN-03");
        values.insert(Placeholder::Hotline, "12378".to_owned());
        assert_eq!(script.fill(&script.zh, &values).unwrap(), "Li, 12378.");
        assert_eq!(script.fill(&script.en, &values).unwrap(), "12378 Li");
    }
}
