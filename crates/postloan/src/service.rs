//! `postloan serve`: the API over one workspace, until it is stopped.

use crate::command::{open, say, text};
use crate::staffing::now;
use anyhow::Context;
use app::office::{blocking, desk_open};
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::Lang;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use web::{Clock, Server};

/// Serves until the program is stopped.
pub fn serve(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let listen = text(matches, "listen").expect("has a default");
    let Ok(address) = listen.parse::<SocketAddr>() else {
        return refused("E-CL-01", &[("option", &"--listen"), ("value", &listen)]);
    };
    let open = open(matches)?;
    let offset = open.config.utc_offset_minutes;
    blocking(async {
        let desk = desk_open(&open, text(matches, "database"), now(offset).day()).await?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        let address = listener.local_addr().context("listening")?.to_string();
        say("serving", lang, &[("address", &address)]);
        let stopped_with_the_program = std::future::pending();
        let server = Server::new(desk, Clock::new(move || now(offset)));
        Ok(web::serve(listener, server, stopped_with_the_program).await.context("serving")?)
    })
}
