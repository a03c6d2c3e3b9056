//! `postloan serve`: pages and API over one workspace, until it is asked to stop.

use crate::command::{open, say, text};
use crate::staffing::now;
use anyhow::Context;
use app::figures::last_night;
use app::office::{blocking, desk_open};
use app::workspace::Open;
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::Lang;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use units::Moment;
use web::oidc::Oidc;
use web::{Clock, Server};

/// Serves until the program is asked to stop.
pub fn serve(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let listen = text(matches, "listen").expect("has a default");
    let Ok(address) = listen.parse::<SocketAddr>() else {
        return refused("E-CL-01", &[("option", &"--listen"), ("value", &listen)]);
    };
    serve_workspace(&open(matches)?, text(matches, "database"), address, text(matches, "at"), lang)
}

/// Serves one workspace at an address; port 0 takes any that is free. `at` is the hour the demo's clock begins at.
pub fn serve_workspace(open: &Open, database: Option<&str>, address: SocketAddr, at: Option<&str>, lang: Lang) -> Outcome<()> {
    if open.config.demo && !address.ip().is_loopback() {
        return refused("E-CL-06", &[("address", &address)]);
    }
    let clock = clock(open, at)?;
    let oidc = Oidc::configured(open)?;
    blocking(async {
        let desk = desk_open(open, database, clock.now().day()).await?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        let address = listener.local_addr().context("listening")?.to_string();
        say("serving", lang, &[("address", &address)]);
        let server = Server::new(desk, clock).with_oidc(oidc);
        Ok(web::serve(listener, server, asked_to_stop()).await.context("serving")?)
    })
}

/// The institution's clock. The demo's stands on the day after its last night, at this hour or at the one asked for:
/// its book does not grow older while nobody runs its nights.
fn clock(open: &Open, at: Option<&str>) -> Outcome<Clock> {
    let offset = open.config.utc_offset_minutes;
    let begins = match at {
        Some(hour) if open.config.demo => match Moment::parse(&format!("2000-01-01 {hour}:00")) {
            Some(begins) => begins.second_of_day(),
            None => return refused("E-CL-01", &[("option", &"--at"), ("value", &hour)]),
        },
        Some(hour) => return refused("E-CL-01", &[("option", &"--at"), ("value", &hour)]),
        None => now(offset).second_of_day(),
    };
    let last = last_night(open)?.filter(|_| open.config.demo);
    let behind = last.map_or(0, |last| now(offset).seconds_since(Moment::new(last + 1, begins)));
    Ok(Clock::new(move || now(offset).plus_seconds(-behind)))
}

/// Over when somebody presses ctrl-c or the machine asks the program to end: what is under way is answered first.
async fn asked_to_stop() {
    // Where nobody can press it, it is never pressed.
    let pressed = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut ended) = signal(SignalKind::terminate()) else { return pressed.await };
        tokio::select! {
            () = pressed => {}
            _ = ended.recv() => {}
        }
    }
    #[cfg(not(unix))]
    pressed.await;
}
