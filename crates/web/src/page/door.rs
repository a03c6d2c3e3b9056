//! The door: signing in and out, the first password, the language, and sending on what was typed before a session ended.

use crate::page::frame::{Frame, Kept, Shown, done, set_cookie, show, show_as};
use crate::page::visitor::{Fields, LANG, SESSION, cookie, csrf, fresh_key, lang};
use crate::problem::{Problem, Reply, Told};
use crate::server::Server;
use app::{Failure, Refusal};
use askama::Template;
use authority::{Role, SessionUse};
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use glossary::Lang;
use serde::Deserialize;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-in/demo", post(sign_in_demo))
        .route("/sign-out", post(sign_out))
        .route("/password", get(password_page).post(password))
        .route("/lang/{lang}", get(switch))
}

/// One of the demo institution's people, to be signed in as with one click.
pub struct DemoPerson {
    pub staff_id: String,
    pub name: String,
    pub role: Role,
}

impl DemoPerson {
    fn role_code(&self) -> &'static str {
        self.role.code()
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub frame: Frame,
    pub problem: Option<Problem>,
    pub staff_id: String,
    pub to: String,
    /// What a form held when its session had ended.
    pub typed: Vec<(String, String)>,
    /// Whether the institution's own accounts open the door.
    pub oidc: bool,
    pub demo: Vec<DemoPerson>,
}

/// What was typed, to be looked at and sent on.
#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage {
    frame: Frame,
    to: String,
    typed: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

/// Whether people sign in with the institution's own accounts.
pub fn shows_oidc(server: &Server) -> bool {
    server.oidc.as_ref().is_some_and(|oidc| oidc.is_for_pages())
}

pub fn door(server: &Server, headers: &HeaderMap, name: &str) -> Frame {
    Frame::at_the_door(name, lang(headers), &server.desk.open.config.institution, server.now())
}

/// Only an address of our own is led on to.
pub fn own(to: &str) -> &str {
    if to.starts_with('/') && !to.starts_with("//") && !to.contains('\\') { to } else { "/" }
}

/// One of each role of the demo, in the order of the roles; nobody anywhere else.
pub async fn demo_people(server: &Server) -> Reply<Vec<DemoPerson>> {
    let people = app::sign_in::demo_people(&server.desk, server.now()).await?;
    Ok(people.into_iter().map(|(role, staff_id, name)| DemoPerson { staff_id, name, role }).collect())
}

async fn sign_in_page(State(server): State<Server>, headers: HeaderMap, Query(to): Query<To>) -> Shown {
    let frame = door(&server, &headers, "sign_in");
    let to = own(&to.to).to_owned();
    let (demo, oidc) = (demo_people(&server).await?, shows_oidc(&server));
    show(&SignInPage { demo, oidc, frame, problem: None, staff_id: String::new(), to, typed: Vec::new() })
}

async fn sign_in(State(server): State<Server>, headers: HeaderMap, request: Request) -> Shown {
    let fields = Fields::read(request, &server).await?;
    server.within_rate(&format!("sign-in {}", fields.get("staff_id")))?;
    let _place = server.passwords.acquire().await.expect("never closed");
    let at = server.now();
    let signed_in = app::sign_in::sign_in(&server.desk, fields.get("staff_id"), fields.get("password"), at).await;
    match signed_in {
        Err(Failure::Refused(refusal)) => again_at_the_door(&server, &headers, &fields, &refusal).await,
        Err(fault) => Err(Told(fault)),
        Ok(session) => entered(&server, &headers, &fields, &session),
    }
}

async fn sign_in_demo(State(server): State<Server>, headers: HeaderMap, request: Request) -> Shown {
    let fields = Fields::read(request, &server).await?;
    let session = app::sign_in::sign_in_demo(&server.desk, fields.get("staff_id"), server.now()).await?;
    entered(&server, &headers, &fields, &session)
}

/// What somebody typed before the session ended, as `typed.<name>` fields of the door.
fn carried(fields: &Fields) -> Vec<(String, String)> {
    let carried = fields.0.iter().filter_map(|(name, value)| Some((name.strip_prefix("typed.")?.to_owned(), value.clone())));
    carried.collect()
}

async fn again_at_the_door(server: &Server, headers: &HeaderMap, fields: &Fields, refusal: &Refusal) -> Shown {
    let page = SignInPage {
        frame: door(server, headers, "sign_in"),
        problem: Some(Problem::of(refusal)),
        staff_id: fields.get("staff_id").to_owned(),
        to: own(fields.get("to")).to_owned(),
        typed: carried(fields),
        oidc: shows_oidc(server),
        demo: demo_people(server).await?,
    };
    show_as(StatusCode::UNAUTHORIZED, &page)
}

/// In: on to where the person wanted to go, to a new password first where one is due, or to what was typed.
fn entered(server: &Server, headers: &HeaderMap, fields: &Fields, session: &app::sign_in::SignedIn) -> Shown {
    let to = own(fields.get("to"));
    let typed = carried(fields);
    let mut response = match session.good_for {
        SessionUse::PasswordChange => Redirect::to("/password").into_response(),
        SessionUse::Work if typed.is_empty() => Redirect::to(to).into_response(),
        SessionUse::Work => {
            let mut frame = door(server, headers, "again");
            frame.csrf = csrf(&session.token);
            frame.key = fresh_key();
            show(&AgainPage { frame, to: to.to_owned(), typed })?
        }
    };
    set_cookie(&mut response, SESSION, &session.token, None, secrecy(headers));
    Ok(response)
}

/// A session's cookie travels over TLS alone, but for the machine's own address, where nobody listens.
pub fn secrecy(headers: &HeaderMap) -> Kept {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { Kept::ForPages } else { Kept::Secret }
}

async fn sign_out(State(server): State<Server>, headers: HeaderMap) -> Shown {
    if let Some(token) = cookie(&headers, SESSION) {
        app::sign_in::sign_out(&server.desk, &token, server.now()).await?;
    }
    let mut response = done("/sign-in", "signed_out")?;
    set_cookie(&mut response, SESSION, "", Some(0), secrecy(&headers));
    Ok(response)
}

async fn password_page(State(server): State<Server>, headers: HeaderMap) -> Shown {
    show(&PasswordPage { frame: door(&server, &headers, "password"), problem: None })
}

async fn password(State(server): State<Server>, headers: HeaderMap, request: Request) -> Shown {
    let fields = Fields::read(request, &server).await?;
    let token = cookie(&headers, SESSION).unwrap_or_default();
    let _place = server.passwords.acquire().await.expect("never closed");
    // The old password is asked for again, so a form made elsewhere cannot know it.
    let said = app::sign_in::PasswordChange { old: fields.get("old"), new: fields.get("new") };
    let changed = app::sign_in::password_change(&server.desk, &token, None, said, server.now()).await;
    match changed {
        Ok(()) => done("/sign-in", "password_changed"),
        Err(Failure::Refused(refusal)) => {
            let page = PasswordPage { frame: door(&server, &headers, "password"), problem: Some(Problem::of(&refusal)) };
            show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(fault) => Err(Told(fault)),
    }
}

async fn switch(headers: HeaderMap, Path(code): Path<String>, Query(to): Query<To>) -> Reply<axum::response::Response> {
    let lang = Lang::from_code(&code).unwrap_or(lang(&headers));
    let mut response = Redirect::to(own(&to.to)).into_response();
    let code = match lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    };
    set_cookie(&mut response, LANG, code, Some(365 * 86_400), Kept::ForPages);
    Ok(response)
}
