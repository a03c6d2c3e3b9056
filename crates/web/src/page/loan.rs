//! One loan (借据): where it stands and because of what, its schedule, its money, its month-ends, and what a repayment would change.

use crate::extract::{Asked, Named, refusal};
use crate::page::ask::{Ask, short};
use crate::page::frame::{Frame, Shown, show};
use crate::page::view::heading;
use crate::page::visitor::{Refused, Visitor};
use crate::problem::{Problem, Reply, Told};
use crate::server::Server;
use app::Failure;
use app::loan_explain::{ByRule, Explained};
use app::loan_view::{self, DueLine, DueStanding, HistoryLine, IfRepaid, LoanView, ReceiptLine, Repayment};
use app::opened::{Opened, Thing};
use app::table::Cell;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use glossary::{Lang, lookup, message};
use loan::{Component, Receipt, Source, Split, Step};
use units::{Date, Money};

pub fn router() -> Router<Server> {
    Router::new().route("/loans/{id}", get(loan))
}

#[derive(Template)]
#[template(path = "loan.html")]
struct LoanPage {
    frame: Frame,
    loan_id: String,
    customer_id: String,
    case_id: Option<String>,
    opened: Opened,
    date: Date,
    pack: String,
    pack_changed: bool,
    status: &'static str,
    product: String,
    branch: String,
    officer: String,
    reasons: Vec<Reason>,
    facts: Vec<(String, String)>,
    steps: Vec<String>,
    schedule: Vec<DueLine>,
    receipts: Vec<ReceiptLine>,
    history: Vec<HistoryLine>,
    amount: String,
    on: String,
    if_repaid: Option<IfRepaid>,
}

/// A figure and why it is what it is (依据).
struct Reason {
    title: String,
    figure: String,
    because: Vec<Because>,
    /// The steps that lead to it stand below.
    by_steps: bool,
}

struct Because {
    said: String,
    /// Safe for HTML.
    by: String,
}

async fn loan(State(server): State<Server>, visitor: Visitor, Named(id): Named<String>, Asked(asked): Asked<Vec<(String, String)>>) -> Shown {
    let ask = Ask::of(asked);
    let mut frame = visitor.frame("loan");
    let told = match repayment(&ask, visitor.call.at.day()) {
        Ok(repayment) => loan_view::loan_view(&server.desk, &visitor.call, &id, repayment).await,
        Err(Told(no)) => Err(no),
    };
    let told = match told {
        // What was typed into the calculator stays, with what is wrong with it.
        Err(Failure::Refused(no)) if !ask.get("amount").is_empty() => {
            let told = loan_view::loan_view(&server.desk, &visitor.call, &id, None).await?;
            frame.refused = Some(Refused { problem: Problem::of(&no), typed: ask.0.0.clone() });
            told
        }
        told => told?,
    };
    let (customer, case) = (&told.explained.customer_id, told.case_id.as_ref());
    let named = case.map(|case| Thing::Case(case.clone())).into_iter().chain([Thing::Customer(customer.clone())]);
    let opened = Opened::of(&server.desk, &visitor.call, named).await?;
    show(&page(frame, told, &ask, opened))
}

/// What the calculator was asked; the day is today unless named.
fn repayment(ask: &Ask, today: Date) -> Reply<Option<Repayment>> {
    let amount = ask.read_as("amount", |text| Money::parse(text).ok())?;
    let on = ask.read_as("on", |text| Date::parse(text).ok())?;
    match (amount, on) {
        (Some(amount), on) => Ok(Some(Repayment { amount, on: on.unwrap_or(today) })),
        (None, Some(_)) => Err(refusal("E-AP-04", &[("field", "amount")])),
        (None, None) => Ok(None),
    }
}

fn page(frame: Frame, told: LoanView, ask: &Ask, opened: Opened) -> LoanPage {
    let named = |known: &std::collections::BTreeMap<String, String>, id: &str| known.get(id).map_or_else(|| id.to_owned(), |name| format!("{name} {id}"));
    let explained = &told.explained;
    let facts = explained.facts.rows.iter().filter_map(|row| fact(&frame, row)).collect();
    let text = |what: &str| explained.facts.rows.iter().find(|row| row[0] == Cell::text(what)).map_or_else(String::new, |row| row[1].for_people());
    LoanPage {
        loan_id: explained.loan_id.clone(),
        customer_id: explained.customer_id.clone(),
        date: explained.date,
        pack: explained.pack.clone(),
        pack_changed: explained.pack_changed,
        status: frame.coded("loan_status", &told.figures.status),
        product: frame.named("product", &text("product")),
        branch: named(&told.book.branches, &told.branch),
        officer: named(&told.book.officers, &told.officer),
        reasons: reasons(&frame, &told),
        facts,
        steps: explained.steps.iter().map(|step| step_words(step, frame.lang)).collect(),
        amount: if ask.get("amount").is_empty() { told.figures.amount_past_due.plain() } else { ask.get("amount").to_owned() },
        on: if ask.get("on").is_empty() { frame.now.day().to_string() } else { ask.get("on").to_owned() },
        case_id: told.case_id,
        opened,
        schedule: told.schedule,
        receipts: told.receipts,
        history: told.history,
        if_repaid: told.if_repaid,
        frame,
    }
}

/// A fact of the loan in words; what stands in the header is not said again.
fn fact(frame: &Frame, row: &[Cell]) -> Option<(String, String)> {
    let Cell::Text(what) = &row[0] else { return None };
    if matches!(what.as_str(), "branch_id" | "officer_id" | "product" | "status") {
        return None;
    }
    let set = match what.as_str() {
        "method" => "repayment_method",
        other => other,
    };
    let figure = match &row[1] {
        Cell::Empty => return None,
        Cell::Text(code) => frame.named(set, code),
        other => other.for_people(),
    };
    let unit = if matches!(row[1], Cell::Amount(_)) { frame.word("figure.in_yuan") } else { "" };
    Some((heading(frame, what) + unit, figure))
}

fn reasons(frame: &Frame, told: &LoanView) -> Vec<Reason> {
    let figures = &told.figures;
    let because = |topics: &[&str]| {
        let findings = told.explained.findings.iter().filter(|finding| topics.contains(&finding.topic));
        findings.map(|finding| because(finding, frame)).collect::<Vec<_>>()
    };
    let reason = |code: &str, figure: String, topics: &[&str], by_steps: bool| Reason { title: titled(frame, code), figure, because: because(topics), by_steps };
    vec![
        reason("principal_outstanding", figures.principal_outstanding.to_string(), &[], true),
        reason("amount_past_due", figures.amount_past_due.to_string(), &[], true),
        reason("days_past_due", figures.days_past_due.to_string(), &[], true),
        reason("bucket", short(frame.coded("bucket", &figures.bucket)).to_owned(), &["bucket"], false),
        reason("grade", frame.coded("grade", &figures.grade).to_owned(), &["grade_in_force", "grade", "debtor", "upgrade"], false),
        reason("class", short(&frame.named("customer_class", &told.class)).to_owned(), &["class", "exposure_tier", "recoverability"], false),
        reason("stage", figures.stage.to_string(), &["stage"], false),
        reason("allowance", figures.allowance.to_string(), &["allowance"], false),
    ]
}

/// A figure's name, with its unit where it is money.
fn titled(frame: &Frame, code: &str) -> String {
    let is_money = matches!(code, "principal_outstanding" | "amount_past_due" | "allowance");
    heading(frame, code) + if is_money { frame.word("figure.in_yuan") } else { "" }
}

/// Sets that a finding's value or fact may be from; no code stands in two of them.
const VALUES: [&str; 7] = ["bucket", "grade", "upgrade_block", "stage", "recoverability", "customer_class", "exposure_tier"];
const SEEN: [&str; 3] = ["grade", "event_kind", "protection"];

fn because(finding: &Explained, frame: &Frame) -> Because {
    let lang = frame.lang;
    let word = |sets: &[&str], code: &str| {
        let known = sets.iter().find(|set| lookup(&format!("{set}.{code}")).is_some());
        known.map_or_else(|| code.to_owned(), |set| frame.named(set, code))
    };
    let (topic, value) = (word(&["topic"], finding.topic), word(&VALUES, &finding.value));
    let said = match &finding.fact {
        None => sentence("finding", &[("topic", topic), ("value", value)], lang),
        Some((fact, seen)) => {
            let seen: Vec<String> = seen.split(' ').map(|part| word(&SEEN, part)).collect();
            let facts = [("topic", topic), ("value", value), ("fact", word(&["fact"], fact)), ("seen", seen.join(" "))];
            sentence("finding_with_fact", &facts, lang)
        }
    };
    let by = match &finding.by {
        ByRule::Rule { id, title_zh, title_en, article, certainty } => {
            let title = if lang == Lang::Zh { title_zh } else { title_en };
            let certainty = word(&["certainty"], certainty);
            [frame.chinese(title), frame.article(article), frame.chinese(&certainty), frame.chinese(id)].join(" · ")
        }
        ByRule::Carried => frame.chinese(frame.word("say.by_carried")),
        ByRule::Judgement => frame.chinese(frame.word("say.by_judgement")),
        ByRule::NothingAgainst => frame.chinese(frame.word("say.by_nothing_against")),
    };
    Because { said, by }
}

fn step_words(step: &Step, lang: Lang) -> String {
    match step {
        Step::FellDue { on, seq, due } => {
            sentence("trace_due", &[("on", on.to_string()), ("seq", seq.to_string()), ("parts", parts(due, lang))], lang)
        }
        Step::PenaltyRan { from, until, base, so_far } => {
            let days = (*until - *from).to_string();
            sentence("trace_penalty", &[("on", until.to_string()), ("base", base.to_string()), ("days", days), ("so_far", so_far.to_string())], lang)
        }
        Step::Received(receipt) => received(receipt, lang),
    }
}

fn received(receipt: &Receipt, lang: Lang) -> String {
    let stem = match receipt.source {
        Source::Receipt => "trace_received",
        Source::Held => "trace_held",
    };
    let facts = [("on", receipt.on.to_string()), ("amount", receipt.amount.to_string()), ("parts", parts(&receipt.split(), lang))];
    let mut said = sentence(stem, &facts, lang);
    if receipt.surplus.is_positive() {
        said += &sentence("trace_surplus", &[("surplus", receipt.surplus.to_string())], lang);
    }
    said
}

fn sentence(stem: &str, facts: &[(&str, String)], lang: Lang) -> String {
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    message(&format!("say.{stem}"), lang, &facts)
}

fn parts(split: &Split, lang: Lang) -> String {
    let some = Component::ALL.iter().filter(|&&component| !split[component].is_zero());
    let parts: Vec<String> = some.map(|&component| format!("{} {}", glossary::label_in("component", component.code(), lang), split[component])).collect();
    if parts.is_empty() { glossary::label("say.trace_nothing", lang).to_owned() } else { parts.join(" + ") }
}

impl LoanPage {
    /// One component of what a receipt settled.
    fn part(&self, line: &ReceiptLine, component: &str) -> String {
        Component::from_code(component).map(|component| line.split[component]).filter(|amount| !amount.is_zero()).map_or_else(String::new, |amount| amount.to_string())
    }

    fn chip(&self, standing: &DueStanding) -> &'static str {
        match standing {
            DueStanding::Met => "good",
            DueStanding::PastDue => "bad",
            DueStanding::ToCome => "",
        }
    }

    fn seqs(&self, line: &ReceiptLine) -> String {
        line.seqs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}
