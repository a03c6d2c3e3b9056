//! Who looks at a page: session, language, rights; and the fields of a form that was posted.

use crate::extract::{bad_request, refusal};
use crate::page::frame::{self, Frame, MENU};
use crate::problem::{Problem, Reply, Told};
use crate::server::Server;
use app::desk::{Call, People};
use authority::{Role, UseCase};
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use glossary::{Lang, label_in};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::access::Secret;

/// The session's token, good for pages and out of reach of scripts.
pub const SESSION: &str = "postloan_session";

/// `zh` or `en`.
pub const LANG: &str = "postloan_lang";

/// What was just done, as a code of `said`: told once on the next page.
pub const SAID: &str = "postloan_said";

/// A cookie of the request.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The language of the pages: Chinese unless somebody switched.
pub fn lang(headers: &HeaderMap) -> Lang {
    cookie(headers, LANG).and_then(|code| Lang::from_code(&code)).unwrap_or(Lang::Zh)
}

/// What a refused form left behind for the page it came from: put into the request by `dress`.
#[derive(Clone)]
pub struct Refused {
    pub problem: Problem,
    pub typed: Vec<(String, String)>,
}

/// Somebody signed in, looking at a page (访问者).
pub struct Visitor {
    pub call: Call,
    pub lang: Lang,
    pub people: Arc<People>,
    pub roles: Vec<Role>,
    may: BTreeSet<&'static str>,
    here: String,
    csrf: String,
    said: Option<&'static str>,
    refused: Option<Refused>,
    institution: String,
}

impl FromRequestParts<Server> for Visitor {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Reply<Visitor> {
        let Some(token) = cookie(&parts.headers, SESSION) else { return Err(refusal("E-SI-01", &[])) };
        server.within_rate(&token)?;
        let call = app::sign_in::call(&server.desk, &token, server.now()).await?;
        let people = server.desk.people(call.at).await?;
        let day = call.at.day();
        let (roles, may) = {
            let institution = people.institution(&server.desk.rules.authority, day);
            let actor = people.actor(&institution, &call)?;
            let roles = people.person(&call.staff_id).map(|staff| staff.posts_on(day).map(|post| post.role).collect()).unwrap_or_default();
            let asked = UseCase::ALL.iter().copied();
            let may = asked.filter(|&wanted| !institution.reaches(&actor, wanted).is_empty()).map(UseCase::code).collect();
            (roles, may)
        };
        Ok(Visitor {
            lang: lang(&parts.headers),
            people,
            roles,
            may,
            here: here(&parts.uri),
            csrf: csrf(&token),
            said: cookie(&parts.headers, SAID).and_then(|code| frame::said(&code, lang(&parts.headers))),
            refused: parts.extensions.get::<Refused>().cloned(),
            institution: server.desk.open.config.institution.clone(),
            call,
        })
    }
}

/// Path and query, for coming back.
fn here(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), |address| address.as_str().to_owned())
}

/// Belongs to one session and tells nothing of it: a form made elsewhere cannot know it.
pub fn csrf(token: &str) -> String {
    Secret::hash_of(&format!("form {token}"))
}

impl Visitor {
    /// Whether the person has this right over anything at all; what exactly is asked by the use case.
    pub fn may(&self, use_case: UseCase) -> bool {
        self.may.contains(use_case.code())
    }

    /// Whether a form was made for this session.
    pub fn is_own_form(&self, csrf: &str) -> bool {
        self.csrf == csrf
    }

    /// What stands around the page `page.<name>` of the glossary.
    pub fn frame(&self, name: &str) -> Frame {
        let me = self.people.employees.iter().find(|employee| employee.staff.staff_id == self.call.staff_id);
        let menu = MENU.iter().map(|group| group.seen_by(self)).filter(|group| !group.entries.is_empty()).collect();
        Frame {
            title: label_in("page", name, self.lang).to_owned(),
            lang: self.lang,
            institution: self.institution.clone(),
            now: self.call.at,
            who: me.map_or_else(|| self.call.staff_id.clone(), |employee| employee.staff.name.clone()),
            roles: self.roles.clone(),
            menu,
            here: self.here.clone(),
            csrf: self.csrf.clone(),
            key: fresh_key(),
            said: self.said,
            refused: self.refused.clone(),
        }
    }
}

/// A key under which one rendered form is carried out once, however often it is sent.
pub fn fresh_key() -> String {
    Secret::fresh().token
}

/// Somebody signed in who sent a form (提交的表单).
pub struct Posted {
    pub visitor: Visitor,
    pub fields: Fields,
}

impl FromRequest<Server> for Posted {
    type Rejection = Told;

    async fn from_request(request: Request, server: &Server) -> Reply<Posted> {
        let (mut parts, body) = request.into_parts();
        let mut visitor = Visitor::from_request_parts(&mut parts, server).await?;
        let fields = Fields::read(Request::from_parts(parts, body), server).await?;
        if !visitor.is_own_form(fields.get("_csrf")) {
            return Err(refusal("E-WB-08", &[]));
        }
        visitor.call.key = Some(fields.get("_key").to_owned()).filter(|key| !key.is_empty() && key.len() <= 200);
        Ok(Posted { visitor, fields })
    }
}

/// What was typed, by name, in order; a name may stand more than once.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The words of an address; a word may stand more than once.
    pub fn asked(query: Option<&str>) -> Fields {
        Fields(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub fn pairs(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    /// The value, when there is one.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|value| !value.is_empty())
    }

    pub async fn read(request: Request, server: &Server) -> Reply<Fields> {
        match Form::<Vec<(String, String)>>::from_request(request, server).await {
            Ok(Form(fields)) if fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) => Err(bad_request("NUL")),
            Ok(Form(fields)) => Ok(Fields(fields)),
            Err(problem) => Err(bad_request(&problem.body_text())),
        }
    }

    /// The value without the spaces around it; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// A value that must be there.
    pub fn required(&self, name: &str) -> Reply<&str> {
        match self.get(name) {
            "" => Err(refusal("E-AP-04", &[("field", name)])),
            value => Ok(value),
        }
    }

    /// A value that `read` understands; `None` when the field was left empty.
    pub fn read_as<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Reply<Option<T>> {
        match self.get(name) {
            "" => Ok(None),
            value => read(value).map(Some).ok_or_else(|| refusal("E-WB-09", &[("field", name), ("value", value)])),
        }
    }

    /// A value that must be there and that `read` understands.
    pub fn required_as<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Reply<T> {
        self.required(name)?;
        Ok(self.read_as(name, read)?.expect("it is there"))
    }
}
