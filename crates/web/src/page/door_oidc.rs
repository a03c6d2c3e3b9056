//! The door of the institution's own accounts: off to the identity provider, and back with a session of the pages.

use crate::oidc::{self, BROWSER, PAGE_BACK, Returned, STATE_SECONDS};
use crate::page::door::{demo_people, door, own, secrecy, shows_oidc, SignInPage};
use crate::page::frame::{Shown, set_cookie, show_as};
use crate::page::visitor::{SESSION, cookie};
use crate::problem::{Problem, Told};
use crate::server::Server;
use app::Failure;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use serde::Deserialize;
use url::form_urlencoded::{byte_serialize, parse};

pub fn router() -> Router<Server> {
    Router::new().route("/sign-in/oidc", get(leave)).route(PAGE_BACK, get(come_back))
}

/// Where the person wanted to go, as long as the sign-in takes.
const TO: &str = "postloan_oidc_to";

/// An address as a cookie holds it; a very long one is forgotten.
const LONGEST_TO: usize = 2_000;

#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

async fn leave(State(server): State<Server>, headers: HeaderMap, Query(To { to }): Query<To>) -> Shown {
    match oidc::began(&server, &headers).await {
        Ok((started, browser)) => {
            let mut response = Redirect::to(&started.address).into_response();
            let to: String = byte_serialize(own(&to).as_bytes()).collect();
            let to = if to.len() > LONGEST_TO { "" } else { &to };
            set_cookie(&mut response, BROWSER, &browser, Some(STATE_SECONDS), secrecy(&headers));
            set_cookie(&mut response, TO, to, Some(STATE_SECONDS), secrecy(&headers));
            Ok(response)
        }
        Err(told) => not_in(&server, &headers, told, own(&to)).await,
    }
}

async fn come_back(State(server): State<Server>, headers: HeaderMap, Query(returned): Query<Returned>) -> Shown {
    let kept = cookie(&headers, TO).unwrap_or_default();
    let to = parse(kept.as_bytes()).next().map_or_else(String::new, |(to, _)| to.into_owned());
    match oidc::ended(&server, &headers, returned).await {
        Ok(session) => {
            let mut response = Redirect::to(own(&to)).into_response();
            set_cookie(&mut response, SESSION, &session.token, None, secrecy(&headers));
            for name in [BROWSER, TO] {
                set_cookie(&mut response, name, "", Some(0), secrecy(&headers));
            }
            Ok(response)
        }
        Err(told) => not_in(&server, &headers, told, own(&to)).await,
    }
}

/// At the door again, with what went wrong.
async fn not_in(server: &Server, headers: &HeaderMap, told: Told, to: &str) -> Shown {
    let refusal = match told {
        Told(Failure::Refused(refusal)) => refusal,
        fault => return Err(fault),
    };
    let page = SignInPage {
        frame: door(server, headers, "sign_in"),
        problem: Some(Problem::of(&refusal)),
        staff_id: String::new(),
        to: to.to_owned(),
        typed: Vec::new(),
        oidc: shows_oidc(server),
        demo: demo_people(server).await?,
    };
    show_as(StatusCode::UNAUTHORIZED, &page)
}
