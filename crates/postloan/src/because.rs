//! `explain`: the whole "because…" of a loan on the terminal.

use crate::command::{open, required_date, say, text};
use crate::print;
use app::Outcome;
use app::loan_explain::{ByRule, Explained, LoanExplained, loan_explain};
use app::table::Format;
use clap::ArgMatches;
use glossary::{Lang, label, label_in, message};
use loan::{Component, Receipt, Source, Split, Step};

pub fn explain(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let date = required_date(matches, "date")?;
    let loans = loan_explain(&open(matches)?, date, text(matches, "loan"), text(matches, "customer"))?;
    for loan in &loans {
        print_loan(loan, lang);
    }
    Ok(())
}

fn print_loan(loan: &LoanExplained, lang: Lang) {
    let (date, known_on) = (loan.date.to_string(), loan.known_on.to_string());
    let facts = [
        ("loan", loan.loan_id.as_str()),
        ("customer", &loan.customer_id),
        ("date", &date),
        ("known_on", &known_on),
        ("pack", &loan.pack),
    ];
    say("explain_head", lang, &facts);
    if loan.pack_changed {
        say("explain_pack_changed", lang, &[]);
    }
    print::line("");
    print::table(&loan.facts, Format::Table, lang);
    print::line("");
    say("explain_steps", lang, &[]);
    loan.steps.iter().for_each(|step| print::line(&format!("  {}", step_words(step, lang))));
    print::line("");
    say("because", lang, &[]);
    loan.findings.iter().for_each(|finding| print_finding(finding, lang));
    print::line("");
}

/// One step on the way to the balance, as a sentence.
fn step_words(step: &Step, lang: Lang) -> String {
    match step {
        Step::FellDue { on, seq, due } => {
            let facts = [("on", on.to_string()), ("seq", seq.to_string()), ("parts", parts(due, lang))];
            sentence("trace_due", &facts, lang)
        }
        Step::PenaltyRan { from, until, base, so_far } => {
            let days = (*until - *from).to_string();
            let facts = [("on", until.to_string()), ("base", base.to_string()), ("days", days), ("so_far", so_far.to_string())];
            sentence("trace_penalty", &facts, lang)
        }
        Step::Received(receipt) => received(receipt, lang),
    }
}

fn received(receipt: &Receipt, lang: Lang) -> String {
    let stem = match receipt.source {
        Source::Receipt => "trace_received",
        Source::Held => "trace_held",
    };
    let amount = receipt.amount.to_string();
    let mut said = sentence(stem, &[("on", receipt.on.to_string()), ("amount", amount), ("parts", parts(&receipt.split(), lang))], lang);
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
    let parts: Vec<String> =
        some.map(|&component| format!("{} {}", label_in("component", component.code(), lang), split[component])).collect();
    if parts.is_empty() { label("say.trace_nothing", lang).to_owned() } else { parts.join(" + ") }
}

/// Sets that a finding's value may be from; no code stands in two of them.
const VALUES: [&str; 7] = ["bucket", "grade", "upgrade_block", "stage", "recoverability", "customer_class", "exposure_tier"];

fn print_finding(finding: &Explained, lang: Lang) {
    let or_code = |sets: &[&str], code: &str| print::word(sets, code, lang).unwrap_or_else(|| code.to_owned());
    let (topic, value) = (or_code(&["topic"], finding.topic), or_code(&VALUES, &finding.value));
    let said = match &finding.fact {
        None => sentence("finding", &[("topic", topic), ("value", value)], lang),
        Some((fact, seen)) => {
            let seen: Vec<String> = seen.split(' ').map(|part| or_code(&["grade", "event_kind", "protection"], part)).collect();
            let facts = [("topic", topic), ("value", value), ("fact", or_code(&["fact"], fact)), ("seen", seen.join(" "))];
            sentence("finding_with_fact", &facts, lang)
        }
    };
    print::line(&format!("  {said}"));
    let by = match &finding.by {
        ByRule::Rule { id, title_zh, title_en, article, certainty } => {
            let title = if lang == Lang::Zh { title_zh } else { title_en };
            let words = or_code(&["certainty"], certainty);
            let certainty = sentence("certainty", &[("code", certainty.clone()), ("words", words)], lang);
            format!("{id} · {title} · {article} · {certainty}")
        }
        ByRule::Carried => label("say.by_carried", lang).to_owned(),
        ByRule::Judgement => label("say.by_judgement", lang).to_owned(),
        ByRule::NothingAgainst => label("say.by_nothing_against", lang).to_owned(),
    };
    print::line(&format!("      {by}"));
}
