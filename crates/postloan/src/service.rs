//! `postloan serve`: the API over one workspace, until it is stopped.

use crate::command::{open, say, text};
use anyhow::Context;
use app::desk::Desk;
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::Lang;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use units::Moment;
use web::{Clock, Server};

/// Serves until the program is stopped; where nobody works yet, the first administrator is made and told once.
pub fn serve(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let listen = text(matches, "listen").expect("has a default");
    let Ok(address) = listen.parse::<SocketAddr>() else {
        return refused("E-CL-01", &[("option", &"--listen"), ("value", &listen)]);
    };
    let open = open(matches)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting threads")?;
    runtime.block_on(async {
        let offset = open.config.utc_offset_minutes;
        let now = move || Moment::from_utc(utc_seconds(), offset);
        let desk = Desk::open(open, text(matches, "database"), now()).await?;
        if let Some(first) = app::staff::administrator_first(&desk, now()).await? {
            say("first_administrator", lang, &[("staff", first.staff_id), ("password", &first.password)]);
        }
        let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        let address = listener.local_addr().context("listening")?.to_string();
        say("serving", lang, &[("address", &address)]);
        let stopped_with_the_program = std::future::pending();
        Ok(web::serve(listener, Server::new(desk, Clock::new(now)), stopped_with_the_program).await.context("serving")?)
    })
}

fn utc_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
