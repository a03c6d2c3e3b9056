//! The first person on the desk, and new keys.

use crate::command::{open, say, text};
use app::Outcome;
use app::office::{blocking, desk_open, first_administrator};
use clap::ArgMatches;
use glossary::Lang;
use std::time::{SystemTime, UNIX_EPOCH};
use units::Moment;

/// Now, on the institution's clock: the front door is where time comes in.
pub fn now(offset_minutes: i32) -> Moment {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    Moment::from_utc(seconds, offset_minutes)
}

/// Takes on the first administrator and says the password, which is good for choosing another.
pub fn staff(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let open = open(matches)?;
    let (id, name) = (text(matches, "id").expect("required"), text(matches, "name").expect("required"));
    let at = now(open.config.utc_offset_minutes);
    let password = app::keys::first_password()?;
    blocking(async {
        let desk = desk_open(&open, text(matches, "database"), at.day()).await?;
        first_administrator(&desk, id, name, &password, at).await
    })?;
    say("staff_done", lang, &[("id", id), ("password", &password)]);
    Ok(())
}

/// Adds a key that seals from now on, and seals anew what people's files hold.
pub fn keys(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let open = open(matches)?;
    let at = now(open.config.utc_offset_minutes);
    let key = app::keys::rotate(open.lake.root())?;
    let sealed = blocking(async {
        let desk = desk_open(&open, text(matches, "database"), at.day()).await?;
        let mut sealed = 0;
        loop {
            match desk.store.personal_reencrypt(1_000).await? {
                0 => return Ok(sealed),
                some => sealed += some,
            }
        }
    })?;
    say("keys_done", lang, &[("key", &key), ("fields", &sealed.to_string())]);
    Ok(())
}
