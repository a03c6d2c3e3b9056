//! `explain`: the whole "because…" of a loan on the terminal.

use crate::command::{open, required_date, say, text};
use crate::print;
use app::Outcome;
use app::loan_explain::{ByRule, Explained, LoanExplained, loan_explain};
use app::table::Format;
use clap::ArgMatches;
use glossary::{Lang, label, lookup};

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
    loan.steps.iter().for_each(|step| print::line(&format!("  {step}")));
    print::line("");
    say("because", lang, &[]);
    loan.findings.iter().for_each(|finding| print_finding(finding, lang));
    print::line("");
}

fn print_finding(finding: &Explained, lang: Lang) {
    let word = |set: &str, code: &str| match lookup(&format!("{set}.{code}")) {
        Some(term) => term.label.in_lang(lang).to_owned(),
        None => code.to_owned(),
    };
    let fact = match &finding.fact {
        Some((fact, value)) => format!(" ({} {})", word("fact", fact), word("grade", value)),
        None => String::new(),
    };
    let value = ["grade", "class", "recoverability", "stage", "exposure_tier", "upgrade_block"]
        .iter()
        .find_map(|set| lookup(&format!("{set}.{}", finding.value)))
        .map_or(finding.value.clone(), |term| term.label.in_lang(lang).to_owned());
    print::line(&format!("  {}: {value}{fact}", word("topic", finding.topic)));
    let by = match &finding.by {
        ByRule::Rule { id, title_zh, title_en, article, certainty } => {
            let title = if lang == Lang::Zh { title_zh } else { title_en };
            format!("{id} · {title} · {article} · {} {certainty}", label("say.certainty", lang))
        }
        ByRule::Carried => label("say.by_carried", lang).to_owned(),
        ByRule::Judgement => label("say.by_judgement", lang).to_owned(),
        ByRule::NothingAgainst => label("say.by_nothing_against", lang).to_owned(),
    };
    print::line(&format!("      {by}"));
}
