//! A case: may I contact now and when, what is next and why, the loans, what was said and promised, and the forms to go on.

use crate::page::case_act;
use crate::page::contact_file::ContactFiles;
use crate::page::frame::{Frame, Shown, show};
use crate::page::gate::{GatePerson, gate_persons, minute};
use crate::page::queue::passed;
use crate::page::view::{Choice, Deadline, choices, choices_of};
use crate::page::visitor::{Fields, Visitor};
use crate::problem::{Reply, Told};
use crate::server::Server;
use app::Failure;
use app::case::CaseView;
use app::contact::{ContactOption, ContactRecord};
use app::customer::CustomerBook;
use app::hardship::HardshipView;
use app::household_plan::HouseholdView;
use app::loan_explain::{ByRule, LoanExplained};
use app::person::{Begun, PersonView};
use app::speech::{ScriptView, ScriptWanted, SpeechChecked};
use askama::Template;
use authority::{DecisionKind, PersonalField, UseCase};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use casework::agency::CaseField;
use casework::case::{Case, ClosedBecause, HandOverReason, ObjectionOutcome, Owner};
use casework::hardship::{AgreementForm, HardshipTerm};
use casework::plan::PlanGoal;
use casework::promise::{PaymentWay, PromiseStatus};
use casework::script::ScriptTopic;
use casework::strategy::{CaseAction, DebtorType};
use casework::{Channel, ContactResult, Purpose, Relation};
use std::collections::{BTreeMap, BTreeSet};
use units::Coded;

pub fn router() -> Router<Server> {
    Router::new().route("/cases/{id}", get(case_page)).merge(case_act::router())
}

/// A result with the key that picks it; digits for what comes often.
pub struct KeyedResult {
    pub key: char,
    pub code: &'static str,
    pub label: &'static str,
    result: ContactResult,
}

impl KeyedResult {
    /// Whoever calls us was reached, or speaks of a death.
    fn is_of_who_calls(&self) -> bool {
        self.result.is_right_party() || self.result == ContactResult::Deceased
    }
}

const SPOKEN: [(char, ContactResult); 13] = [
    ('1', ContactResult::Promised),
    ('2', ContactResult::Reached),
    ('3', ContactResult::NoAnswer),
    ('4', ContactResult::Unreachable),
    ('5', ContactResult::RefusedToPay),
    ('6', ContactResult::SaysPaid),
    ('7', ContactResult::Hardship),
    ('8', ContactResult::Objected),
    ('9', ContactResult::WrongPerson),
    ('0', ContactResult::Invalid),
    ('q', ContactResult::RefusedContact),
    ('w', ContactResult::Complained),
    ('e', ContactResult::Deceased),
];

const SENT: [(char, ContactResult); 3] = [('1', ContactResult::Delivered), ('2', ContactResult::NotDelivered), ('3', ContactResult::Invalid)];

/// What may come of a contact by this channel.
pub fn results(frame: &Frame, channel: Channel) -> Vec<KeyedResult> {
    let written = matches!(channel, Channel::AppMessage | Channel::Sms | Channel::Email | Channel::Letter);
    let of: &[(char, ContactResult)] = if written { &SENT } else { &SPOKEN };
    of.iter().map(|(key, result)| KeyedResult { key: *key, code: result.code(), label: frame.coded("contact_result", result), result: *result }).collect()
}

/// A contact that was begun and waits to be recorded.
struct UnderWay {
    contact_id: String,
    channel: &'static str,
    relation: &'static str,
    since: String,
    limits: Vec<&'static str>,
    results: Vec<KeyedResult>,
}

/// A contact to be recorded about a case that is the visitor's no longer.
#[derive(Template)]
#[template(path = "contact_left.html")]
struct ContactLeftPage {
    frame: Frame,
    case_id: String,
    under_way: Vec<UnderWay>,
}

/// A promise as a row.
struct PromiseRow {
    pay_on: Deadline,
    amount: String,
    way: &'static str,
    status: &'static str,
    class: &'static str,
    open: bool,
    made_on: String,
    received: String,
    by: String,
}

/// A contact as a row.
struct ContactRow {
    at: String,
    direction: &'static str,
    channel: &'static str,
    relation: &'static str,
    result: &'static str,
    by: String,
    note: String,
    /// The rule that allowed it.
    rule: String,
}

/// A script with what of it must not be said.
struct Said {
    view: ScriptView,
    missing: Vec<&'static str>,
}

/// A text that was checked.
pub struct Checked {
    pub text: String,
    pub findings: Vec<Found>,
}

/// Words that must not be said.
pub struct Found {
    pub words: String,
    pub category: &'static str,
    pub severity: &'static str,
    pub article: String,
    pub unless: Option<&'static str>,
}

/// A finding of "because".
pub struct BecauseRow {
    pub topic: &'static str,
    pub value: String,
    pub rule: String,
    pub article: String,
}

/// Why a loan stands where it stands.
pub struct Because {
    pub loan_id: String,
    pub pack: String,
    pub findings: Vec<BecauseRow>,
    pub steps: Vec<String>,
}

/// A lever that fits, with what must be attested.
struct LeverRow {
    lever_id: String,
    title: String,
    conditions: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    frame: Frame,
    view: CaseView,
    case: Case,
    name: String,
    /// A case that is closed is read, not worked.
    open: bool,
    owner: String,
    due: Option<Deadline>,
    action: &'static str,
    channel: &'static str,
    approach: &'static str,
    reasons: Vec<(i64, &'static str)>,
    persons: Vec<GatePerson>,
    files: ContactFiles,
    under_way: Vec<UnderWay>,
    inbound: Vec<KeyedResult>,
    inbound_ways: Vec<Choice>,
    book: CustomerBook,
    because: Option<Because>,
    promises: Vec<PromiseRow>,
    contacts: Vec<ContactRow>,
    hand_overs: Vec<(String, String, String, &'static str)>,
    plan: Option<HouseholdView>,
    levers: Vec<LeverRow>,
    hardships: Vec<HardshipView>,
    scripts: Vec<Said>,
    /// To whom the scripts speak.
    asked_person: String,
    topics: Vec<Choice>,
    purposes: Vec<Choice>,
    checked: Option<Checked>,
    rights: BTreeSet<&'static str>,
    concessions: Vec<Choice>,
    colleagues: Vec<Choice>,
    ways: Vec<Choice>,
    actions: Vec<Choice>,
    channels: Vec<Choice>,
    hand_over_reasons: Vec<Choice>,
    closed_reasons: Vec<Choice>,
    outcomes: Vec<Choice>,
    goals: Vec<Choice>,
    forms: Vec<Choice>,
    terms: Vec<Choice>,
    debtor_types: Vec<Choice>,
    /// The address of the next case, leaving out those passed over.
    next: String,
    /// Carried by forms, so that the next case is another one.
    skip: String,
    today: String,
    soon: String,
}

impl CasePage {
    fn may(&self, use_case: &str) -> bool {
        self.rights.contains(use_case)
    }

    fn sees(&self, field: &str) -> bool {
        let field = CaseField::from_code(field);
        self.view.only.as_ref().is_none_or(|only| field.is_some_and(|field| only.contains(&field)))
    }

    /// Whether the form was refused, so that it stands open.
    fn refused(&self, form: &str) -> bool {
        self.frame.typed("form", "") == form
    }

    /// What a lever is called.
    fn lever<'a>(&'a self, lever_id: &'a str) -> &'a str {
        self.levers.iter().find(|lever| lever.lever_id == lever_id).map_or(lever_id, |lever| lever.title.as_str())
    }

    /// What was typed into one of the fields every lever has.
    fn typed_of(&self, name: &str, lever_id: &str) -> &str {
        self.frame.typed(&format!("{name}.{lever_id}"), "")
    }

    fn attested(&self, lever_id: &str, code: &str) -> bool {
        self.frame.ticked(&format!("attested.{lever_id}"), code)
    }

    /// The amount past due as a form takes it.
    fn past_due(&self) -> String {
        self.case.facts.amount_past_due.plain()
    }
}

async fn case_page(State(server): State<Server>, visitor: Visitor, crate::extract::Named(id): crate::extract::Named<String>, RawQuery(query): RawQuery) -> Shown {
    let asked = Fields::asked(query.as_deref());
    match case_shown(&server, &visitor, &id, &asked, None).await {
        Err(Told(Failure::Refused(no))) => contact_left(&server, &visitor, &id).await?.unwrap_or_else(|| Err(Told(Failure::Refused(no)))),
        shown => shown,
    }
}

/// The case went to somebody else in the middle of a call: what came of the call is still to be recorded, and nothing else is shown.
async fn contact_left(server: &Server, visitor: &Visitor, id: &str) -> Reply<Option<Shown>> {
    let under_way = match app::contact::contacts_under_way(&server.desk, &visitor.call, id).await {
        Err(Failure::Refused(_)) => Vec::new(),
        other => other?,
    };
    let frame = visitor.frame("case");
    let under_way: Vec<UnderWay> = under_way.iter().map(|begun| underway(&frame, begun)).collect();
    Ok((!under_way.is_empty()).then(|| show(&ContactLeftPage { case_id: id.to_owned(), under_way, frame })))
}

/// The page of a case; `checked` is a text whose words were just looked at.
pub async fn case_shown(server: &Server, visitor: &Visitor, id: &str, asked: &Fields, checked: Option<Checked>) -> Shown {
    let (desk, call) = (&server.desk, &visitor.call);
    let file = app::case::case_view(desk, call, id).await?;
    let rights = app::queue::case_rights(desk, call, id).await?;
    let frame = visitor.frame("case");
    let may = |use_case: UseCase| rights.contains(use_case.code());
    let case = file.case.case.clone();
    let purpose = Purpose::from_code(asked.get("purpose"));
    let Reach { persons, options, under_way, plan, hardships } = reach(server, visitor, &case, &rights, purpose).await?;
    let explained = match asked.some("because").filter(|_| may(UseCase::LoanView)) {
        Some(loan) => app::customer::case_loan_explain(desk, call, id, &loan).await?,
        None => None,
    };
    let colleagues = if may(UseCase::StaffView) || visitor.may(UseCase::StaffView) { app::queue::colleagues(desk, call).await? } else { Vec::new() };
    let scripts = scripts(server, visitor, &case, &persons, asked).await?;
    let work = case.work();
    let staff = |id: &str| visitor.people.called(id);
    let owner = case.owner().map_or_else(String::new, |owner| named(owner, &staff));
    let skip = passed(asked.get("skip")).into_iter().chain([id.to_owned()]).collect::<Vec<_>>().join(",");
    let today = call.at.day();
    show(&CasePage {
        name: debtor_name(&case, &persons),
        open: work.is_some(),
        owner,
        due: work.map(|work| Deadline::of(work.next_action.due_on, today)),
        action: work.map_or("", |work| frame.coded("case_action", &work.next_action.action)),
        channel: work.and_then(|work| work.next_action.channel).map_or("", |channel| frame.coded("channel", &channel)),
        approach: work.map_or("", |work| frame.coded("approach", &work.next_action.approach)),
        reasons: case.priority.reasons.iter().map(|(reason, points)| (*points, frame.coded("priority_reason", reason))).collect(),
        files: ContactFiles::of(server, visitor, &frame, &case.customer_id, id, &persons, &file.contacts),
        persons: gate_persons(server, &frame, &options, &persons),
        under_way: under_way.iter().map(|begun| underway(&frame, begun)).collect(),
        inbound: results(&frame, Channel::Call).into_iter().filter(KeyedResult::is_of_who_calls).collect(),
        inbound_ways: choices_of(&frame, "channel", &[Channel::Call, Channel::Sms, Channel::AppMessage, Channel::Letter, Channel::Visit], again(&frame, "channel").or(Some(Channel::Call))),
        because: explained.map(|explained| because(&frame, explained)),
        promises: file.promises.iter().map(|one| promise(&frame, &one.promise, today, &staff)).collect(),
        contacts: file.contacts.iter().map(|record| contact(&frame, record, &staff)).collect(),
        hand_overs: hand_overs(&frame, &case, &staff),
        levers: plan.iter().flat_map(|plan| &plan.levers).map(|lever| lever_row(server, &frame, lever)).collect(),
        plan,
        hardships,
        scripts: scripts.into_iter().map(|view| Said { missing: view.missing.iter().map(|place| frame.coded("placeholder", place)).collect(), view }).collect(),
        asked_person: asked.some("person").unwrap_or_else(|| case.customer_id.clone()),
        topics: choices(&frame, "script_topic", Some(topic(&case, asked))),
        purposes: choices(&frame, "purpose", purpose),
        checked,
        concessions: choices_of(&frame, "decision_kind", &proposable(&rights), again(&frame, "decision")),
        colleagues: colleagues.into_iter().filter(|(code, _)| *code != call.staff_id).map(|(code, name)| Choice { label: format!("{name} {code}"), chosen: code == frame.typed("to", ""), code }).collect(),
        ways: choices(&frame, "payment_way", again(&frame, "way").or(Some(PaymentWay::App))),
        actions: choices::<CaseAction>(&frame, "case_action", again(&frame, "next")),
        channels: choices::<Channel>(&frame, "channel", again(&frame, "next_channel")),
        hand_over_reasons: choices_of(&frame, "hand_over_reason", HAND_OVERS, again(&frame, "because")),
        closed_reasons: choices::<ClosedBecause>(&frame, "closed_because", again(&frame, "because")),
        outcomes: choices::<ObjectionOutcome>(&frame, "objection_outcome", again(&frame, "outcome")),
        goals: choices::<PlanGoal>(&frame, "plan_goal", again(&frame, "goal")),
        forms: choices::<AgreementForm>(&frame, "agreement_form", again(&frame, "agreed")),
        terms: choices::<HardshipTerm>(&frame, "hardship_term", None),
        debtor_types: choices::<DebtorType>(&frame, "debtor_type", again(&frame, "debtor_type").or(Some(case.facts.debtor_type))),
        next: format!("/queue/next?skip={skip}"),
        skip,
        today: today.to_string(),
        soon: (today + 3).to_string(),
        view: file.case,
        book: app::customer::case_book(desk, call, id).await?,
        rights,
        case,
        frame,
    })
}

fn debtor_name(case: &Case, persons: &[PersonView]) -> String {
    let debtor = persons.iter().find(|person| person.relation == Relation::Debtor);
    debtor.map_or_else(|| case.customer_id.clone(), |debtor| crate::page::gate::field(debtor, PersonalField::Name, 0))
}

/// What was chosen in a list before the form was refused.
fn again<T: Coded>(frame: &Frame, name: &str) -> Option<T> {
    T::from_code(frame.typed(name, ""))
}

/// What the visitor may propose that the lender gives up or puts off.
fn proposable(rights: &BTreeSet<&'static str>) -> Vec<DecisionKind> {
    let all = [DecisionKind::Waiver, DecisionKind::Extension, DecisionKind::Settlement];
    all.into_iter().filter(|kind| rights.contains(kind.propose().code())).collect()
}

/// The reasons people hand over for; the others are the night's.
const HAND_OVERS: &[HandOverReason] =
    &[HandOverReason::Requested, HandOverReason::SkillNeeded, HandOverReason::LoadBalanced, HandOverReason::Escalated];

/// Whom the case is about, how they may be reached, and what was agreed: as far as the caller may see it.
struct Reach {
    persons: Vec<PersonView>,
    options: Vec<ContactOption>,
    under_way: Vec<Begun>,
    plan: Option<HouseholdView>,
    hardships: Vec<HardshipView>,
}

async fn reach(server: &Server, visitor: &Visitor, case: &Case, rights: &BTreeSet<&'static str>, purpose: Option<Purpose>) -> Reply<Reach> {
    let (desk, call, id) = (&server.desk, &visitor.call, case.case_id.as_str());
    let may = |use_case: UseCase| rights.contains(use_case.code());
    Ok(Reach {
        persons: if may(UseCase::PersonView) { app::person::person_view(desk, call, &case.customer_id).await? } else { Vec::new() },
        options: if case.work().is_some() && may(UseCase::ContactAsk) { app::contact::contact_options(desk, call, id, purpose).await? } else { Vec::new() },
        under_way: if may(UseCase::ContactRecord) { app::contact::contacts_under_way(desk, call, id).await? } else { Vec::new() },
        plan: if may(UseCase::CustomerView) { Some(app::household_plan::household_plan_view(desk, call, id).await?) } else { None },
        hardships: app::hardship::hardship_list(desk, call, id).await?,
    })
}

/// What the script should be about: what was asked for, else what the strategy says.
fn topic(case: &Case, asked: &Fields) -> ScriptTopic {
    let planned = case.work().and_then(|work| work.next_action.script.as_deref());
    let asked = ScriptTopic::from_code(asked.get("topic"));
    asked.or_else(|| planned.and_then(ScriptTopic::from_code)).unwrap_or(ScriptTopic::Opening)
}

async fn scripts(server: &Server, visitor: &Visitor, case: &Case, persons: &[PersonView], asked: &Fields) -> Reply<Vec<ScriptView>> {
    let person_id = asked.some("person").unwrap_or_else(|| case.customer_id.clone());
    let Some(person) = persons.iter().find(|person| person.person_id == person_id) else { return Ok(Vec::new()) };
    if case.work().is_none() || !visitor.may(UseCase::ScriptView) {
        return Ok(Vec::new());
    }
    let usual = if person.relation.is_liable() { Purpose::Collect } else { Purpose::Locate };
    let wanted = ScriptWanted {
        topic: topic(case, asked),
        person_id,
        channel: Channel::from_code(asked.get("channel")).or(case.work().and_then(|work| work.next_action.channel)).unwrap_or(Channel::Call),
        purpose: Purpose::from_code(asked.get("purpose")).unwrap_or(usual),
        values: BTreeMap::new(),
    };
    Ok(app::speech::speech_scripts(&server.desk, &visitor.call, &case.case_id, &wanted).await?)
}

fn underway(frame: &Frame, begun: &Begun) -> UnderWay {
    UnderWay {
        contact_id: begun.contact.contact_id.clone(),
        channel: frame.coded("channel", &begun.contact.channel),
        relation: frame.coded("relation", &begun.contact.relation),
        since: minute(&begun.contact.at.to_string()),
        limits: begun.answer.limits.iter().map(|limit| frame.coded("script_limit", limit)).collect(),
        results: results(frame, begun.contact.channel),
    }
}

fn promise(frame: &Frame, promise: &casework::promise::Promise, today: units::Date, staff: &impl Fn(&str) -> String) -> PromiseRow {
    let class = match promise.status {
        PromiseStatus::Kept => "good",
        PromiseStatus::Broken => "bad",
        PromiseStatus::PartlyKept | PromiseStatus::Open => "warn",
    };
    PromiseRow {
        pay_on: Deadline::of(promise.pay_on, today),
        amount: promise.amount.to_string(),
        way: frame.coded("payment_way", &promise.way),
        status: frame.coded("promise_status", &promise.status),
        class,
        open: promise.status == PromiseStatus::Open,
        made_on: promise.made_on.to_string(),
        received: promise.received.to_string(),
        by: staff(&promise.staff_id),
    }
}

fn contact(frame: &Frame, record: &ContactRecord, staff: &impl Fn(&str) -> String) -> ContactRow {
    let contact = &record.contact;
    ContactRow {
        at: minute(&contact.at.to_string()),
        direction: frame.coded("direction", &contact.direction),
        channel: frame.coded("channel", &contact.channel),
        relation: frame.coded("relation", &contact.relation),
        result: frame.coded("contact_result", &contact.result),
        by: staff(&contact.staff_id),
        note: record.note.clone(),
        rule: record.answer.as_ref().map_or_else(String::new, |answer| answer.article.clone()),
    }
}

/// Who has a case, by the name `staff` knows.
fn named(owner: &Owner, staff: &impl Fn(&str) -> String) -> String {
    match owner {
        Owner::Staff(id) => staff(id),
        Owner::Agency(id) => id.clone(),
    }
}

fn hand_overs(frame: &Frame, case: &Case, staff: &impl Fn(&str) -> String) -> Vec<(String, String, String, &'static str)> {
    let row = |one: &casework::case::HandOver| {
        let from = one.from.as_ref().map(|from| named(from, staff)).unwrap_or_default();
        (one.on.to_string(), from, named(&one.to, staff), frame.coded("hand_over_reason", &one.because))
    };
    case.hand_overs.iter().rev().map(row).collect()
}

fn lever_row(server: &Server, frame: &Frame, lever: &app::household_plan::LeverView) -> LeverRow {
    let title = server.desk.rules.title(&lever.lever_id);
    LeverRow {
        lever_id: lever.lever_id.clone(),
        title: title.map_or_else(|| lever.lever_id.clone(), |(zh, en)| frame.say(zh, en).to_owned()),
        conditions: lever.conditions.iter().map(|condition| (condition.code(), frame.coded("lever_condition", condition))).collect(),
    }
}

/// The findings of a text in the reader's language.
pub fn checked(frame: &Frame, text: &str, checked: &SpeechChecked) -> Checked {
    let found = |finding: &casework::language::Finding| Found {
        words: finding.words.clone(),
        category: frame.coded("speech_category", &finding.category),
        severity: frame.coded("speech_severity", &finding.severity),
        article: finding.article.clone(),
        unless: finding.unless.map(|fact| frame.coded("speech_fact", &fact)),
    };
    Checked { text: text.to_owned(), findings: checked.findings.iter().map(found).collect() }
}

/// "Because", in the reader's language.
pub fn because(frame: &Frame, explained: LoanExplained) -> Because {
    let row = |finding: app::loan_explain::Explained| {
        let (rule, article) = match finding.by {
            ByRule::Rule { title_zh, title_en, article, .. } => (frame.say(&title_zh, &title_en).to_owned(), article),
            ByRule::Carried => (frame.word("fact.carried_from").to_owned(), String::new()),
            ByRule::Judgement => (frame.word("term.judgement").to_owned(), String::new()),
            ByRule::NothingAgainst => ("-".to_owned(), String::new()),
        };
        let fact = finding.fact.map(|(code, value)| (frame.word(&format!("fact.{code}")).to_owned(), value));
        let seen = fact.map_or_else(String::new, |(name, value)| format!(" ({name} {})", worded(frame, &value)));
        let topic = glossary::lookup(&format!("topic.{}", finding.topic)).map_or(finding.topic, |_| glossary::label_in("topic", finding.topic, frame.lang));
        BecauseRow { topic, value: format!("{}{seen}", worded(frame, &finding.value)), rule, article }
    };
    Because {
        loan_id: explained.loan_id,
        pack: explained.pack,
        findings: explained.findings.into_iter().map(row).collect(),
        steps: explained.steps.iter().rev().take(12).map(ToString::to_string).collect(),
    }
}

/// Codes of a finding in words; figures and days stay as they are.
fn worded(frame: &Frame, value: &str) -> String {
    const SETS: [&str; 7] = ["grade", "bucket", "stage", "recoverability", "customer_class", "exposure_tier", "protection"];
    let word = |part: &str| {
        let known = SETS.iter().find(|set| glossary::lookup(&format!("{set}.{part}")).is_some());
        known.map_or_else(|| part.to_owned(), |set| frame.named(set, part))
    };
    value.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
