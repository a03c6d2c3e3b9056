//! The whole "because…" of a loan: facts, steps, rules with article and pack version.

use crate::dayend_run::night_before;
use crate::failure::{Outcome, refused};
use crate::figures::night_of;
use crate::table::{Cell, Table};
use crate::workspace::{Open, refused_pack};
use anyhow::Context;
use dayend::explain::{By, Finding, explain};
use dayend::{NightInput, NightPlan, Rules};
use grading::{Fact, GradingRules};
use lake::night::{Dossier, NightRequest};
use lake::snapshot;
use loan::LoanRules;
use policy::Pack;
use units::Date;

/// One loan explained (借据说明).
#[derive(Clone, Debug)]
pub struct LoanExplained {
    pub loan_id: String,
    pub customer_id: String,
    pub date: Date,
    pub known_on: Date,
    pub pack: String,
    /// The rules have changed since the night was run: what follows is by today's.
    pub pack_changed: bool,
    pub facts: Table,
    /// What fell due, accrued and was received, one line each.
    pub steps: Vec<loan::Step>,
    pub findings: Vec<Explained>,
}

/// A finding with the rule behind it, ready to print.
#[derive(Clone, Debug)]
pub struct Explained {
    pub topic: &'static str,
    pub value: String,
    /// What was seen: a glossary code and its value.
    pub fact: Option<(&'static str, String)>,
    pub by: ByRule,
}

/// On whose word.
#[derive(Clone, Debug)]
pub enum ByRule {
    Rule { id: String, title_zh: String, title_en: String, article: String, certainty: String },
    Carried,
    Judgement,
    NothingAgainst,
}

/// A loan as the rules took it, while they are at hand.
pub(crate) struct Traced<'a> {
    pub dossier: &'a Dossier,
    pub loan: &'a LoanRules,
    pub grading: &'a GradingRules,
}

/// Explains one loan, or every loan of one customer, as a night saw it.
pub fn loan_explain(open: &Open, date: Date, loan: Option<&str>, customer: Option<&str>) -> Outcome<Vec<LoanExplained>> {
    let mut explained = Vec::new();
    each_explained(open, date, loan, customer, |one, _| explained.push(one))?;
    Ok(explained)
}

/// Explains one loan, and hands over what the explanation was taken from.
pub(crate) fn loan_explain_traced<T>(open: &Open, date: Date, loan: &str, mut with: impl FnMut(LoanExplained, &Traced) -> T) -> Outcome<T> {
    let mut told = None;
    each_explained(open, date, Some(loan), None, |one, traced| told = Some(with(one, traced)))?;
    Ok(told.context("one loan was asked for")?)
}

fn each_explained(open: &Open, date: Date, loan: Option<&str>, customer: Option<&str>, mut take: impl FnMut(LoanExplained, &Traced)) -> Outcome<()> {
    let night = night_of(open, date)?;
    let run = night.run()?;
    let Some(theirs) = snapshot::loans_of(&night, loan, customer)? else {
        return match loan {
            Some(loan) => refused("E-QY-02", &[("date", &date), ("loan", &loan)]),
            None => refused("E-QY-03", &[("date", &date), ("customer", &customer.unwrap_or_default())]),
        };
    };
    let known_on = Date::parse(&run.known_on).ok().context("the record of the run is damaged")?;
    let pack = open.pack(None)?;
    let rules = match Rules::compile(&pack, date) {
        Ok(rules) => rules,
        Err(problems) => return refused_pack(&pack.name(), &problems),
    };
    let before = night_before(open, date)?;
    let mut wanted: Vec<&str> = loan.map_or_else(|| theirs.loans.iter().map(String::as_str).collect(), |loan| vec![loan]);
    wanted.sort_unstable();
    for traced in wanted {
        let request = NightRequest {
            business_date: date,
            known_on,
            carried_from: before.as_ref(),
            only: Some(&theirs),
            traced: Some(traced),
        };
        let (input, trace) = lake::night::read(&open.lake, &request, &rules, &mut |_| {})?;
        let plan = dayend::plan(&input, &rules);
        let number = input.loan_ids.find_sorted(traced).context("the lake lost a loan of the snapshot")?;
        let dossier = trace.dossier.context("the traced loan was read")?;
        let binding = &input.bindings[usize::from(input.loans[number].binding)];
        let one = LoanExplained {
            loan_id: traced.to_owned(),
            customer_id: input.customer_ids.get(input.loans[number].customer as usize).to_owned(),
            date,
            known_on,
            pack: pack.name(),
            pack_changed: run.pack_digest != plan.pack.digest,
            facts: facts(&input, &plan, number),
            steps: trace.steps,
            findings: explain(&input, &rules, &plan, number).iter().map(|finding| cite(finding, &pack)).collect(),
        };
        take(one, &Traced { dossier: &dossier, loan: &binding.loan, grading: &rules.grading });
    }
    Ok(())
}

fn facts(input: &NightInput, plan: &NightPlan, number: usize) -> Table {
    let (loan, folded, state) = (&input.loans[number], &input.folded[number], &plan.loan_states[number]);
    let position = &folded.position;
    let names = &input.names;
    let mut table = Table::new(&["what", ">figure"]);
    let mut push = |what: &str, value: Cell| table.push(vec![Cell::text(what), value]);
    push("branch_id", Cell::text(names.branches.get(loan.branch)));
    push("officer_id", loan.officer.map_or(Cell::Empty, |officer| Cell::text(names.officers.get(officer))));
    push("product", Cell::text(names.products.get(loan.product)));
    push("method", Cell::text(loan.method.code()));
    push("protection", Cell::text(loan.protection.code()));
    push("status", Cell::text(loan.status.code()));
    push("principal", Cell::Amount(loan.principal));
    push("disbursed_on", Cell::Day(loan.disbursed_on));
    push("matures_on", Cell::Day(loan.matures_on));
    push("principal_outstanding", Cell::Amount(position.principal_outstanding));
    push("principal_past_due", Cell::Amount(position.principal_past_due));
    push("interest_past_due", Cell::Amount(position.interest_past_due));
    push("fee_past_due", Cell::Amount(position.fee_past_due));
    push("penalty_accrued", Cell::Amount(position.penalty_accrued));
    push("amount_past_due", Cell::Amount(position.amount_past_due()));
    push("oldest_unpaid_due_on", Cell::day(position.oldest_unpaid_due_on));
    push("days_past_due", Cell::Number(position.days_past_due.into()));
    push("unpaid_instalments", Cell::Number(position.unpaid_instalments.into()));
    push("next_due_on", Cell::day(position.next_due_on));
    push("next_due_amount", Cell::Amount(position.next_due_amount));
    push("last_paid_on", Cell::day(position.last_paid_on));
    push("surplus", Cell::Amount(position.surplus));
    push("worst_days_past_due", Cell::Number(folded.history.worst_days_past_due.into()));
    push("allowance", Cell::Amount(state.allowance));
    table
}

fn cite(finding: &Finding, pack: &Pack) -> Explained {
    let by = match finding.by {
        By::Carried => ByRule::Carried,
        By::Judgement => ByRule::Judgement,
        By::NothingAgainst => ByRule::NothingAgainst,
        By::Rule(reference) => {
            let rule = pack.rule(reference);
            ByRule::Rule {
                id: rule.id.clone(),
                title_zh: rule.title_zh.clone(),
                title_en: rule.title_en.clone(),
                article: rule.provenance.article.clone(),
                certainty: rule.provenance.certainty.code().to_owned(),
            }
        }
    };
    Explained { topic: finding.topic.code(), value: finding.value.clone(), fact: finding.fact.map(fact_words), by }
}

/// A fact as a glossary code and a value.
fn fact_words(fact: Fact) -> (&'static str, String) {
    let percent = crate::table::percent;
    match fact {
        Fact::DaysPastDue(days) => ("days_past_due", days.to_string()),
        Fact::Event(event) => ("event", event.code().to_owned()),
        Fact::EclSharePpm(ppm) => ("ecl_share", percent(ppm)),
        Fact::Grade(grade) => ("grade", grade.code().to_owned()),
        Fact::Matrix(protection, days) => ("matrix", format!("{} {days}", protection.code())),
        Fact::Observed { since, dues_met } => {
            let since = since.map_or_else(|| "-".to_owned(), |since| since.to_string());
            ("observed_since", format!("{since} ({dues_met})"))
        }
        Fact::WorstDaysPastDue(days) => ("worst_days_past_due", days.to_string()),
        Fact::CarriedFrom(date) => ("carried_from", date.to_string()),
        Fact::JudgedOn(date) => ("judged_on", date.to_string()),
        Fact::DebtSharePpm(ppm) => ("debt_share", percent(ppm)),
    }
}
