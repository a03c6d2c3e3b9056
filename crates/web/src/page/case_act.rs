//! What is sent from the page of a case: contacts begun and recorded, promises, acts, plans, words to be checked.

use crate::extract::{Named, bad_request};
use crate::page::case::{case_shown, checked};
use crate::page::frame::{Shown, done};
use crate::page::queue::{passed, skip};
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::problem::{Reply, Told};
use crate::server::Server;
use app::Failure;
use app::approval::{Concession, Terms};
use app::case::{CaseAct, CaseView};
use app::contact::{ContactOutcome, ContactWanted};
use app::contact_finish::{ContactFinish, Which, contact_finish};
use app::hardship::HardshipSaid;
use app::household_plan::PlanSaid;
use app::promise::PromiseSaid;
use authority::DecisionKind;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use casework::case::{ClosedBecause, HandOverReason, NextAction, ObjectionOutcome};
use casework::hardship::{AgreementForm, HardshipTerm, PlanBalance};
use casework::plan::{ChosenLever, LeverCondition, PlanGoal, PlanMinutes, PlanStep};
use casework::promise::PaymentWay;
use casework::strategy::{CaseAction, DebtorType};
use casework::{Channel, ContactResult, Purpose};
use units::{Date, Money};

pub fn router() -> Router<Server> {
    Router::new()
        .route("/cases/{id}/contacts", post(begin))
        .route("/cases/{id}/contacts/{contact}", post(record))
        .route("/cases/{id}/inbound", post(inbound))
        .route("/cases/{id}/acts", post(act))
        .route("/cases/{id}/words", post(words))
        .route("/cases/{id}/plan", post(plan))
        .route("/cases/{id}/hardship", post(hardship))
        .route("/cases/{id}/concessions", post(concession))
        .route("/cases/{id}/debtor-type", post(debtor_type))
}

pub fn day(text: &str) -> Option<Date> {
    Date::parse(text).ok()
}

pub fn money(text: &str) -> Option<Money> {
    Money::parse(text).ok()
}

/// The address of the case, with what was passed over.
fn back(id: &str, fields: &Fields) -> String {
    // The case itself is the last of those passed over.
    let skipped: Vec<String> = passed(fields.get("skip")).into_iter().filter(|one| one != id).collect();
    format!("/cases/{id}{}", skip(&skipped))
}

fn wanted(fields: &Fields) -> Reply<ContactWanted> {
    Ok(ContactWanted {
        person_id: fields.required("person")?.to_owned(),
        channel: fields.required_as("channel", Channel::from_code)?,
        purpose: fields.required_as("purpose", Purpose::from_code)?,
        point: fields.get("point").to_owned(),
        at: None,
        people: fields.read_as("people", |text| text.parse().ok())?.unwrap_or(1),
        manners: Vec::new(),
    })
}

async fn begin(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    app::contact::contact_begin(&server.desk, &visitor.call, &id, &wanted(&fields)?).await?;
    done(&format!("{}#record", back(&id, &fields)), "contact_begun")
}

/// Result, promise, next action: what the form of a contact holds.
async fn finish(server: &Server, visitor: &Visitor, id: &str, fields: &Fields) -> Reply<ContactFinish> {
    let result = fields.required_as("result", ContactResult::from_code)?;
    let promise = match result {
        ContactResult::Promised => Some(PromiseSaid {
            contact_id: None,
            pay_on: fields.read_as("pay_on", day)?,
            way: fields.read_as("way", PaymentWay::from_code)?,
            amount: fields.read_as("amount", money)?,
        }),
        _ => None,
    };
    let seconds = fields.read_as("seconds", |text| text.parse().ok())?.unwrap_or(0);
    let next_action = match fields.read_as("next", CaseAction::from_code)? {
        None => None,
        Some(action) => {
            let file = app::case::case_view(&server.desk, &visitor.call, id).await?;
            Some(next_action(visitor, &file.case, fields, action)?)
        }
    };
    Ok(ContactFinish { outcome: ContactOutcome { result, seconds, note: fields.get("note").to_owned() }, promise, next_action })
}

/// The next action as the form has it; manner and script stay those of the strategy.
fn next_action(visitor: &Visitor, view: &CaseView, fields: &Fields, action: CaseAction) -> Reply<NextAction> {
    let planned = view.case.work().map(|work| &work.next_action);
    let Some(planned) = planned else { return Err(bad_request("next")) };
    Ok(NextAction {
        action,
        channel: fields.read_as("next_channel", Channel::from_code)?,
        script: planned.script.clone().filter(|_| planned.action == action),
        approach: planned.approach,
        due_on: fields.required_as("next_on", day)?,
        set_on: visitor.call.at.day(),
        set_by: Some(visitor.call.staff_id.clone()),
    })
}

/// Recorded: on to the next case, or back to this one.
fn onward(id: &str, fields: &Fields) -> Shown {
    match fields.get("then") {
        "next" => Ok(Redirect::to(&format!("/queue/next{}", skip(&passed(fields.get("skip"))))).into_response()),
        _ => done(&back(id, fields), "contact_recorded"),
    }
}

async fn record(State(server): State<Server>, Named((id, contact)): Named<(String, String)>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let finish = finish(&server, &visitor, &id, &fields).await?;
    contact_finish(&server.desk, &visitor.call, &id, &Which::Begun(contact), &finish).await?;
    // The case may have gone to somebody else in the middle of the call.
    match app::case::case_view(&server.desk, &visitor.call, &id).await {
        Err(Failure::Refused(_)) => done("/", "contact_recorded"),
        _ => onward(&id, &fields),
    }
}

async fn inbound(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let wanted = ContactWanted { purpose: Purpose::Answer, ..inbound_wanted(&fields)? };
    let finish = finish(&server, &visitor, &id, &fields).await?;
    contact_finish(&server.desk, &visitor.call, &id, &Which::Inbound(wanted), &finish).await?;
    onward(&id, &fields)
}

fn inbound_wanted(fields: &Fields) -> Reply<ContactWanted> {
    let with = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let fields = Fields(fields.0.iter().cloned().chain([with("purpose", Purpose::Answer.code())]).collect());
    wanted(&fields)
}

async fn act(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let version = fields.required_as("version", |text| text.parse().ok())?;
    let act = case_act(&server, &visitor, &id, &fields).await?;
    app::case::case_act(&server.desk, &visitor.call, &id, version, &act).await?;
    done(&back(&id, &fields), "case_changed")
}

async fn case_act(server: &Server, visitor: &Visitor, id: &str, fields: &Fields) -> Reply<CaseAct> {
    let own = |kind: &str| format!("{kind}-{id}-{}", visitor.call.at.to_string().replace(' ', "T"));
    Ok(match fields.required("do")? {
        "hand_over" => CaseAct::HandOver { to: fields.required("to")?.to_owned(), because: fields.required_as("because", HandOverReason::from_code)? },
        "borrow" => CaseAct::Borrow { to: fields.required("to")?.to_owned(), until: fields.required_as("until", day)? },
        "return" => CaseAct::Return,
        "recall" => CaseAct::Recall { to: fields.required("to")?.to_owned() },
        "next_action" => {
            let file = app::case::case_view(&server.desk, &visitor.call, id).await?;
            let action = fields.required_as("next", CaseAction::from_code)?;
            CaseAct::SetNextAction { next_action: next_action(visitor, &file.case, fields, action)? }
        }
        "object" => CaseAct::Object { objection_id: own("O"), what: fields.get("what").to_owned() },
        "resolve_objection" => CaseAct::ResolveObjection {
            objection_id: fields.required("id")?.to_owned(),
            outcome: fields.required_as("outcome", ObjectionOutcome::from_code)?,
        },
        "complain" => CaseAct::Complain { complaint_id: own("T"), what: fields.get("what").to_owned() },
        "answer_complaint" => CaseAct::AnswerComplaint { complaint_id: fields.required("id")?.to_owned(), answer: fields.required("answer")?.to_owned() },
        "close" => CaseAct::Close { because: fields.required_as("because", ClosedBecause::from_code)? },
        _ => return Err(bad_request("do")),
    })
}

/// Looks at words before they are said; the page comes back with what was found.
async fn words(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let found = app::speech::speech_check(&server.desk, &visitor.call, fields.get("text"), Some(&id)).await?;
    let checked = checked(&visitor.frame("case"), fields.get("text"), &found);
    let asked = Fields::asked(fields.get("_from").split_once('?').map(|(_, query)| query));
    case_shown(&server, &visitor, &id, &asked, Some(checked)).await
}

async fn debtor_type(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let file = app::case::case_view(&server.desk, &visitor.call, &id).await?;
    let found = fields.required_as("debtor_type", DebtorType::from_code)?;
    app::person::debtor_assess(&server.desk, &visitor.call, &file.case.case.customer_id, found, fields.get("why")).await?;
    done(&back(&id, &fields), "case_changed")
}

/// The next version of the household's plan: levers with what they bring, one step, minutes.
async fn plan(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let mut levers = Vec::new();
    for lever_id in fields.all("lever") {
        let of = |name: &str| format!("{name}.{lever_id}");
        let percent = fields.required_as(&of("percent"), |text| text.parse::<u32>().ok().filter(|percent| *percent <= 100))?;
        let attested: Option<Vec<LeverCondition>> = fields.all(&of("attested")).map(LeverCondition::from_code).collect();
        levers.push(ChosenLever {
            lever_id: lever_id.to_owned(),
            expected_recovery: fields.required_as(&of("recovery"), money)?,
            cost: fields.read_as(&of("cost"), money)?.unwrap_or(Money::ZERO),
            days: fields.required_as(&of("days"), |text| text.parse().ok())?,
            probability_ppm: percent * 10_000,
            attested: attested.ok_or_else(|| bad_request("attested"))?,
        });
    }
    let today = visitor.call.at.day();
    let step = PlanStep {
        what: fields.required("step")?.to_owned(),
        staff_id: visitor.call.staff_id.clone(),
        due_on: fields.required_as("step_on", day)?,
        done_on: None,
    };
    let minutes = fields.some("minutes").map(|text| PlanMinutes { held_on: today, present: vec![visitor.call.staff_id.clone()], text });
    let said = PlanSaid {
        version: fields.required_as("plan_version", |text| text.parse().ok())?,
        others: Vec::new(),
        goal: fields.required_as("goal", PlanGoal::from_code)?,
        levers,
        steps: vec![step],
        minutes: minutes.into_iter().collect(),
        review_on: fields.required_as("review_on", day)?,
    };
    app::household_plan::household_plan_propose(&server.desk, &visitor.call, &id, &said).await?;
    done(&back(&id, &fields), "plan_proposed")
}

/// Day and amount, one a line.
pub fn instalments(text: &str) -> Option<Vec<(Date, Money)>> {
    let line = |line: &str| {
        let (on, amount) = line.trim().split_once(char::is_whitespace)?;
        Some((day(on)?, money(amount.trim())?))
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

async fn hardship(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let part = |name: &str| -> Result<Money, Told> { Ok(fields.read_as(name, money)?.unwrap_or(Money::ZERO)) };
    let terms: Option<Vec<HardshipTerm>> = fields.all("term").map(HardshipTerm::from_code).collect();
    let said = HardshipSaid {
        signed_on: fields.required_as("signed_on", day)?,
        form: fields.required_as("agreed", AgreementForm::from_code)?,
        recording_id: fields.some("recording_id"),
        balance: PlanBalance {
            principal: part("principal")?,
            interest: part("interest")?,
            fees: part("fees")?,
            charges_during_plan: part("charges")?,
        },
        instalments: fields.required_as("instalments", instalments)?,
        terms: terms.ok_or_else(|| bad_request("term"))?,
    };
    app::hardship::hardship_propose(&server.desk, &visitor.call, &id, &said).await?;
    done(&back(&id, &fields), "plan_proposed")
}

/// Something the lender is to give up or put off; takes effect when somebody else has signed.
async fn concession(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let terms = Terms { amount: fields.required_as("given_up", money)?, what: fields.get("terms").to_owned() };
    let concession = match fields.required_as("decision", DecisionKind::from_code)? {
        DecisionKind::Waiver => Concession::Waiver(terms),
        DecisionKind::Extension => Concession::Extension(terms),
        DecisionKind::Settlement => Concession::Settlement(terms),
        _ => return Err(bad_request("decision")),
    };
    app::approval::approval_propose(&server.desk, &visitor.call, &id, &concession).await?;
    done(&back(&id, &fields), "plan_proposed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instalments_are_written_a_line_each() {
        let check = |text: &str, expect: Option<usize>| assert_eq!(instalments(text).map(|all| all.len()), expect, "{text:?}");
        check("2026-12-20 1,000.00\n2027-01-20   800\n\n", Some(2));
        check("2026-12-20\t1000", Some(1));
        check("", Some(0));
        check("2026-13-20 1000", None);
        check("2026-12-20", None);
        check("2026-12-20 a lot", None);
    }

    #[test]
    fn back_from_a_form_the_case_itself_is_not_passed_over() {
        let check = |skip: &str, expect: &str| {
            let fields = Fields(vec![("skip".to_owned(), skip.to_owned())]);
            assert_eq!(back("C-3", &fields), expect);
        };
        check("C-3", "/cases/C-3");
        check("C-1,C-2,C-3", "/cases/C-3?skip=C-1,C-2");
    }
}
