//! How the API says no: problem documents (RFC 9457) with the refusal's code and both languages.

use app::{Failure, Refusal};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use glossary::{Lang, message, remedy};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;

/// Why a request was not carried out (问题详情). `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:postloan:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub status: u16,
    /// The refusal's code; every code is explained by `postloan explain-code` and in the glossary.
    pub code: String,
    pub title: String,
    pub message: Texts,
    pub remedy: Texts,
    /// The facts the message is made of, by name.
    pub facts: BTreeMap<String, String>,
    /// What else stands in the way.
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
        let facts: Vec<(&str, &str)> = refusal.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let spoken = |say: &dyn Fn(Lang) -> String| Texts { zh: say(Lang::Zh), en: say(Lang::En) };
        let words = |lang: Lang| -> Vec<(&str, String)> { facts.iter().map(|(name, value)| (*name, worded(value, lang))).collect() };
        let said = |lang: Lang, speak: &dyn Fn(&str, Lang, &[(&str, &str)]) -> String| {
            let words = words(lang);
            let facts: Vec<(&str, &str)> = words.iter().map(|(name, value)| (*name, value.as_str())).collect();
            speak(refusal.code, lang, &facts)
        };
        let name = glossary::refusal(refusal.code).map_or_else(String::new, |known| known.name.replace('_', " "));
        Problem {
            kind: format!("urn:postloan:{}", refusal.code),
            status: status(refusal.code).as_u16(),
            code: refusal.code.to_owned(),
            title: name,
            message: spoken(&|lang| said(lang, &|code, lang, facts| message(code, lang, facts))),
            remedy: spoken(&|lang| said(lang, &|code, lang, facts| remedy(code, lang, facts))),
            facts: refusal.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            also: refusal.also.iter().map(Problem::of).collect(),
        }
    }
}

/// Facts that are codes are said in words: `role.team_lead`, also several of them.
fn worded(value: &str, lang: Lang) -> String {
    let word = |part: &str| glossary::lookup(part).map_or_else(|| part.to_owned(), |_| glossary::label_in(part, lang).to_owned());
    value.split(", ").map(word).collect::<Vec<_>>().join(", ")
}

/// What a refusal is to a program that asks.
pub fn status(code: &str) -> StatusCode {
    match code {
        "E-WB-01" | "E-WB-02" => StatusCode::BAD_REQUEST,
        "E-SI-01" | "E-SI-02" | "E-SI-03" => StatusCode::UNAUTHORIZED,
        "E-WB-03" => StatusCode::NOT_FOUND,
        "E-WB-04" => StatusCode::METHOD_NOT_ALLOWED,
        "E-WB-05" => StatusCode::PAYLOAD_TOO_LARGE,
        "E-WB-06" => StatusCode::TOO_MANY_REQUESTS,
        "E-AP-01" => StatusCode::NOT_FOUND,
        "E-AP-02" | "E-AP-03" => StatusCode::CONFLICT,
        _ if code.starts_with("E-AU-") => StatusCode::FORBIDDEN,
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

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let problem = match self.0 {
            Failure::Refused(refusal) => Problem::of(&refusal),
            Failure::Fault(fault) => {
                // The person gets a number, the log gets the cause; the cause may name what the person must not see.
                let number = format!("{}-{}", std::process::id(), INCIDENTS.fetch_add(1, Ordering::Relaxed));
                eprintln!("fault incident={number} error={fault:#}");
                let refusal = Refusal { facts: vec![("incident", number)], ..Refusal::of("E-WB-07") };
                Problem { status: StatusCode::INTERNAL_SERVER_ERROR.as_u16(), ..Problem::of(&refusal) }
            }
        };
        problem.into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
