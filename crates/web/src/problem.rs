//! How the API says no: problem documents (RFC 9457) with the refusal's code and both languages.

use app::{Failure, Refusal};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use glossary::{Lang, told};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;

/// What a problem document is sent as.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not carried out (问题详情).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:postloan:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The refusal's code; the glossary has every one of them.
    pub code: String,
    pub title: String,
    pub message: Texts,
    pub remedy: Texts,
    /// The facts the message is made of, by name; of a contact refused also the rule, its article and the next lawful slot.
    pub facts: BTreeMap<String, String>,
    /// What else stands in the way.
    #[schema(no_recursion)]
    pub also: Vec<Problem>,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Texts {
    pub zh: String,
    pub en: String,
}

impl Problem {
    pub fn of(refusal: &Refusal) -> Problem {
        let facts: Vec<(&str, String)> = refusal.facts.iter().map(|(name, value)| (*name, in_words(name, value))).collect();
        let [(zh, remedy_zh), (en, remedy_en)] = [Lang::Zh, Lang::En].map(|lang| told(refusal.code, lang, &facts));
        Problem {
            kind: format!("urn:postloan:{}", refusal.code),
            status: status(refusal.code).as_u16(),
            code: refusal.code.to_owned(),
            title: glossary::refusal(refusal.code).map_or_else(String::new, |known| known.name.replace('_', " ")),
            message: Texts { zh, en },
            remedy: Texts { zh: remedy_zh, en: remedy_en },
            facts: refusal.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            also: refusal.also.iter().map(Problem::of).collect(),
        }
    }
}

/// What something is, `case`, by its code in the glossary, where the glossary has it.
fn in_words(name: &str, value: &str) -> String {
    let subject = format!("subject.{value}");
    if name == "what" && glossary::lookup(&subject).is_some() { subject } else { value.to_owned() }
}

/// What a refusal is to a program that asks.
pub fn status(code: &str) -> StatusCode {
    match code {
        "E-WB-01" | "E-WB-02" | "E-AP-04" => StatusCode::BAD_REQUEST,
        "E-SI-01" | "E-SI-02" | "E-SI-04" | "E-SI-06" | "E-SI-08" | "E-AU-77" | "E-AU-78" | "E-AU-79" | "E-AU-80" => StatusCode::UNAUTHORIZED,
        "E-SI-09" | "E-WB-08" | "E-AP-05" | "E-AU-81" | "E-AU-92" => StatusCode::FORBIDDEN,
        "E-WB-03" | "E-AP-01" | "E-SI-03" | "E-QY-02" => StatusCode::NOT_FOUND,
        "E-WB-04" => StatusCode::METHOD_NOT_ALLOWED,
        "E-AP-02" | "E-AP-03" | "E-CS-01" | "E-WB-10" | "E-CK-01" | "E-AU-51" | "E-AU-53" | "E-AU-60" => StatusCode::CONFLICT,
        "E-WB-05" => StatusCode::PAYLOAD_TOO_LARGE,
        "E-WB-06" | "E-AU-94" | "E-AU-95" => StatusCode::TOO_MANY_REQUESTS,
        "E-SI-05" => StatusCode::BAD_GATEWAY,
        "E-WB-07" => StatusCode::INTERNAL_SERVER_ERROR,
        _ if code.starts_with("E-AU-2") || code.starts_with("E-AU-5") => StatusCode::FORBIDDEN,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A failure on its way out.
pub struct Told(pub Failure);

impl<F: Into<Failure>> From<F> for Told {
    fn from(failure: F) -> Told {
        Told(failure.into())
    }
}

/// What every handler returns.
pub type Reply<T> = Result<T, Told>;

static INCIDENTS: AtomicU64 = AtomicU64::new(1);

/// The person gets a number, the log gets the cause; the cause may name what the person must not see.
pub fn incident(cause: impl Display) -> Refusal {
    let number = format!("{}-{}", std::process::id(), INCIDENTS.fetch_add(1, Ordering::Relaxed));
    eprintln!("fault incident={number} error=\"{cause:#}\"");
    Refusal { facts: vec![("incident", number)], ..Refusal::of("E-WB-07") }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let refusal = match self.0 {
            Failure::Refused(refusal) => refusal,
            Failure::Fault(fault) => incident(fault),
        };
        let problem = Problem::of(&refusal);
        let status = status(refusal.code);
        let mut response = (status, Json(&problem)).into_response();
        // For the pages, which say it in HTML.
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/errors/desk.txt");

    /// What the desk and the API refuse, with facts as they come; `tests/api` and `app/tests/casework` make it happen.
    const REFUSALS: &[(&str, &[(&str, &str)])] = &[
        ("E-AP-01", &[("what", "case"), ("id", "C-9")]),
        ("E-AP-02", &[("version", "4"), ("changed_by", "E0002"), ("changed_at", "2026-11-20 10:05:00"), ("fields", "owner_id, standing")]),
        ("E-AP-03", &[("key", "promise-7")]),
        ("E-AP-04", &[("field", "reason")]),
        ("E-AP-05", &[("use_case", "use_case.promise_record")]),
        ("E-AP-06", &[("most", "30")]),
        ("E-CW-01", &[]),
        ("E-CW-02", &[("contact_id", "K-C1-1")]),
        ("E-CW-03", &[("person_id", "K0000012"), ("case_id", "C-C1-1")]),
        ("E-CW-04", &[("point", "C1/phone/3"), ("person_id", "C1")]),
        ("E-CW-05", &[("decision", "decision_kind.settlement"), ("approval_id", "A-7")]),
        ("E-CW-06", &[("url", "http://elsewhere.example")]),
        ("E-CW-07", &[("topic", "case.exploded"), ("known", "case.opened, promise.kept")]),
        ("E-CW-08", &[("amount", "20,000.00")]),
        ("E-QY-17", &[("loans", "1000000"), ("most", "100000")]),
        ("E-QY-18", &[]),
        ("E-SI-01", &[]),
        ("E-SI-02", &[]),
        ("E-SI-03", &[]),
        ("E-PO-03", &[("pack", "own@2")]),
        ("E-PO-04", &[("pack", "own@2")]),
        ("E-PO-05", &[("from", "2026-11-20"), ("date", "2026-11-20")]),
        ("E-PO-06", &[("rule", "grade.past_due"), ("date", "2026-11-20"), ("from", "2026-12-01")]),
        ("E-SI-04", &[]),
        ("E-SI-05", &[("problem", "timeout: global")]),
        ("E-SI-06", &[("reason", "id_token_fault.nonce")]),
        ("E-SI-07", &[("problem", "http://elsewhere.example")]),
        ("E-SI-08", &[("error", "access_denied")]),
        ("E-SI-09", &[]),
        ("E-WB-01", &[("problem", "expected a list")]),
        ("E-WB-02", &[]),
        ("E-WB-03", &[("path", "/api/v1/nothing")]),
        ("E-WB-04", &[]),
        ("E-WB-05", &[]),
        ("E-WB-06", &[]),
        ("E-WB-07", &[("incident", "4711-1")]),
        ("E-WB-08", &[]),
        ("E-WB-09", &[("field", "amount"), ("value", "a lot")]),
        ("E-WB-10", &[("kind", "job_kind.night"), ("by", "A0001"), ("since", "2026-11-20 10:05:00")]),
    ];

    #[test]
    fn every_refusal_of_the_desk_is_told_with_its_facts_in_both_languages() {
        let entry = |&(code, facts): &(&str, &[(&'static str, &str)])| {
            let facts: Vec<(&'static str, String)> = facts.iter().map(|&(name, value)| (name, value.to_owned())).collect();
            format!("\n{}", glossary::refusal_entry(code, status(code).as_str(), &facts))
        };
        let text = REFUSALS.iter().map(entry).collect::<String>();
        if std::env::var_os("UPDATE_CASES").is_some() {
            std::fs::write(TOLD, format!("# refusals of the desk and the API: code, status, what a person reads\n{text}"))
                .expect("cases/ can be written");
        }
        let written = std::fs::read_to_string(TOLD).expect("cases/errors/desk.txt");
        assert_eq!(written.split_once('\n').expect("a head").1, text, "UPDATE_CASES=1 writes it anew");
    }
}
