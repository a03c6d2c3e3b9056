//! What stands around every page: names, menu, notices, the words of both languages, the hidden fields of a form.

use crate::page::visitor::{Refused, SAID, Visitor};
use crate::problem::{Problem, Reply, Told};
use app::Failure;
use anyhow::anyhow;
use askama::Template;
use authority::{Role, UseCase};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use glossary::{Lang, article_in_english, label, label_in, lookup, region};
use std::fmt::Display;
use units::{Coded, Moment};

/// An entry of the menu; seen by whoever has the right over anything at all.
pub struct Entry {
    pub path: &'static str,
    /// `page.<name>` of the glossary.
    pub name: &'static str,
    pub needs: Option<UseCase>,
}

/// Entries under one heading, `menu.<name>` of the glossary.
pub struct Group {
    pub name: &'static str,
    pub entries: &'static [Entry],
}

const fn entry(path: &'static str, name: &'static str, needs: Option<UseCase>) -> Entry {
    Entry { path, name, needs }
}

pub const MENU: &[Group] = &[
    Group {
        name: "today",
        entries: &[
            entry("/", "workbench", None),
            entry("/queue", "queue", Some(UseCase::CaseList)),
            entry("/visits", "visits", Some(UseCase::ContactRecord)),
            entry("/team", "team", Some(UseCase::CaseRebalance)),
            entry("/search", "search", Some(UseCase::CustomerSearch)),
        ],
    },
    Group {
        name: "book",
        entries: &[entry("/portfolio", "portfolio", Some(UseCase::MetricsView)), entry("/loans", "loans", Some(UseCase::LoanView))],
    },
    Group {
        name: "order",
        entries: &[
            entry("/clocks", "clocks", Some(UseCase::ClockView)),
            entry("/approvals", "approvals", Some(UseCase::ApprovalView)),
            entry("/operations", "operations", Some(UseCase::NightView)),
            entry("/packs", "packs", Some(UseCase::PackView)),
            entry("/audit", "audit", Some(UseCase::AuditVerify)),
            entry("/staff", "staff", Some(UseCase::StaffView)),
            entry("/glossary", "glossary", None),
        ],
    },
];

/// A group of the menu as one person sees it: heading, then address and title of each entry.
pub struct SeenGroup {
    pub title: &'static str,
    pub entries: Vec<(&'static str, &'static str)>,
}

impl Group {
    pub fn seen_by(&self, visitor: &Visitor) -> SeenGroup {
        let seen = self.entries.iter().filter(|entry| entry.needs.is_none_or(|needs| visitor.may(needs)));
        SeenGroup {
            title: label_in("menu", self.name, visitor.lang),
            entries: seen.map(|entry| (entry.path, label_in("page", entry.name, visitor.lang))).collect(),
        }
    }
}

/// What stands around a page (页面框架); every page struct holds one as `frame`.
pub struct Frame {
    pub title: String,
    pub lang: Lang,
    pub institution: String,
    pub now: Moment,
    /// The name of who is signed in; empty at the door.
    pub who: String,
    pub roles: Vec<Role>,
    pub menu: Vec<SeenGroup>,
    pub here: String,
    pub csrf: String,
    pub key: String,
    pub said: Option<&'static str>,
    pub refused: Option<Refused>,
}

impl Frame {
    /// A page outside a session.
    pub fn at_the_door(name: &str, lang: Lang, institution: &str, now: Moment) -> Frame {
        Frame {
            title: label_in("page", name, lang).to_owned(),
            lang,
            institution: institution.to_owned(),
            now,
            who: String::new(),
            roles: Vec::new(),
            menu: Vec::new(),
            here: "/".to_owned(),
            csrf: String::new(),
            key: String::new(),
            said: None,
            refused: None,
        }
    }

    /// One of two sentences.
    pub fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A word of the glossary, by its dotted code; what it does not know stays as it is.
    pub fn word<'a>(&self, code: &'a str) -> &'a str {
        lookup(code).map_or(code, |_| label(code, self.lang))
    }

    /// The label of a coded value: `frame.coded("bucket", loan.bucket)`.
    pub fn coded<T: Coded>(&self, set: &str, value: &T) -> &'static str {
        label_in(set, value.code(), self.lang)
    }

    /// A label by set and code, of values that are text already.
    pub fn named(&self, set: &str, code: &str) -> String {
        if set == "region" {
            return region(code, self.lang);
        }
        let dotted = format!("{set}.{code}");
        lookup(&dotted).map_or_else(|| code.to_owned(), |_| label(&dotted, self.lang).to_owned())
    }

    /// Chinese text that has no other, marked as what it is where the page is English; safe for HTML.
    pub fn chinese(&self, text: &str) -> String {
        match self.lang {
            Lang::En if !text.is_ascii() => format!(r#"<span lang="zh-CN">{}</span>"#, escaped(text)),
            _ => escaped(text),
        }
    }

    /// What a rule rests on: to an English reader its English name first, then the original; safe for HTML.
    pub fn article(&self, article: &str) -> String {
        let original = self.chinese(article);
        match self.lang {
            Lang::En => format!("{} {original}", escaped(&article_in_english(article))).trim().to_owned(),
            Lang::Zh => original,
        }
    }

    /// What the term means, for the help beside a field; empty when the glossary says no more.
    pub fn note(&self, code: &str) -> &'static str {
        lookup(code).map_or("", |term| term.note.as_str())
    }

    /// Nothing when there is nothing.
    pub fn maybe<T: Display>(&self, value: &Option<T>) -> String {
        value.as_ref().map_or_else(String::new, ToString::to_string)
    }

    /// The hidden fields every form begins with.
    pub fn form(&self) -> String {
        let here = escaped(&self.here);
        format!(
            r#"<input type="hidden" name="_csrf" value="{}"><input type="hidden" name="_key" value="{}"><input type="hidden" name="_from" value="{here}">"#,
            self.csrf, self.key
        )
    }

    /// What was typed into a field before the form was refused, or else `otherwise`.
    pub fn typed<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        let typed = self.refused.as_ref().and_then(|refused| refused.typed.iter().find(|(known, _)| known == name));
        typed.map_or(otherwise, |(_, value)| value.as_str())
    }

    /// Whether a box was ticked before the form was refused.
    pub fn ticked(&self, name: &str, value: &str) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.typed.iter().any(|(known, ticked)| known == name && ticked == value))
    }

    /// The address of this page with one word of its query set anew; empty takes it out.
    pub fn here_with(&self, name: &str, value: &str) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known != name);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        kept.for_each(|(name, value)| {
            query.append_pair(&name, &value);
        });
        if !value.is_empty() {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Whether the menu of whoever looks leads there.
    pub fn reaches(&self, path: &str) -> bool {
        self.menu.iter().flat_map(|group| &group.entries).any(|(known, _)| *known == path)
    }

    /// Whether a menu entry is where we are.
    pub fn is_here(&self, path: &str) -> bool {
        let here = self.here.split('?').next().unwrap_or_default();
        here == path || (path != "/" && here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    pub fn refusal(&self) -> Option<&Problem> {
        self.refused.as_ref().map(|refused| &refused.problem)
    }

    pub fn lang_code(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

/// Text made safe for HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// What every handler of a page returns.
pub type Shown = Reply<Response>;

/// A page as it is sent.
pub fn show(page: &impl Template) -> Shown {
    show_as(StatusCode::OK, page)
}

pub fn show_as(status: StatusCode, page: &impl Template) -> Shown {
    let html = page.render().map_err(|error| Told(Failure::Fault(anyhow!(error).context("drawing a page"))))?;
    Ok((status, Html(html)).into_response())
}

/// After something was done: on to a page, which says so (`said.<what>` of the glossary).
pub fn done(to: &str, what: &str) -> Shown {
    let mut response = Redirect::to(to).into_response();
    set_cookie(&mut response, SAID, what, Some(60), Kept::ForPages);
    Ok(response)
}

/// The sentence for what was done; nothing for a code nobody gave.
pub fn said(code: &str, lang: Lang) -> Option<&'static str> {
    let dotted = format!("said.{code}");
    lookup(&dotted).map(|_| label(&dotted, lang))
}

/// Who may read a cookie beside us.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Over any connection: it holds nothing.
    ForPages,
    /// Only over connections nobody listens to.
    Secret,
}

/// Sets a cookie out of reach of scripts and other sites; `seconds` `None` until the browser closes, 0 takes it away.
pub fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: Option<u32>, kept: Kept) {
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let secure = if kept == Kept::Secret { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
