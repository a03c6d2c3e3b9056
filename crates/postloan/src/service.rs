//! `postloan serve`: the API over one workspace, until it is asked to stop.

use crate::command::{open, say, text};
use crate::staffing::now;
use anyhow::Context;
use app::office::{blocking, desk_open};
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::Lang;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use web::oidc::Oidc;
use web::{Clock, Server};

/// Serves until the program is asked to stop.
pub fn serve(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let listen = text(matches, "listen").expect("has a default");
    let Ok(address) = listen.parse::<SocketAddr>() else {
        return refused("E-CL-01", &[("option", &"--listen"), ("value", &listen)]);
    };
    let open = open(matches)?;
    let offset = open.config.utc_offset_minutes;
    let oidc = Oidc::configured(&open)?;
    blocking(async {
        let desk = desk_open(&open, text(matches, "database"), now(offset).day()).await?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        let address = listener.local_addr().context("listening")?.to_string();
        say("serving", lang, &[("address", &address)]);
        let server = Server::new(desk, Clock::new(move || now(offset))).with_oidc(oidc);
        Ok(web::serve(listener, server, asked_to_stop()).await.context("serving")?)
    })
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
