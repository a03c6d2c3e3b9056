//! `status`: where the workspace stands.

use crate::command::{format, open, say, text};
use crate::print;
use app::Outcome;
use app::status::{NextStep, Status};
use app::table::Format;
use clap::ArgMatches;
use glossary::{Lang, message};

pub fn status(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let status = app::status::status(&open(matches)?)?;
    match format(matches) {
        Format::Table => print_status(&status, text(matches, "dir").expect("required"), lang),
        format => print::table(&status.nights, format, lang),
    }
    Ok(())
}

fn print_status(status: &Status, dir: &str, lang: Lang) {
    print::line(&status.institution);
    let (rules, count) = (status.rules.to_string(), status.rules_not_reviewed.to_string());
    say("status_pack", lang, &[("pack", &status.pack), ("rules", &rules)]);
    if status.rules_not_reviewed > 0 {
        say("pack_unreviewed", lang, &[("pack", &status.pack), ("count", &count)]);
    }
    for table in [&status.batches, &status.nights] {
        if !table.rows.is_empty() {
            print::line("");
            print::table(table, Format::Table, lang);
        }
    }
    print::line("");
    let next = match &status.next {
        NextStep::Import => message("say.next_import", lang, &[("dir", dir)]),
        NextStep::RunNight { date } => message("say.next_night", lang, &[("dir", dir), ("date", date)]),
        NextStep::FixRejects { batch, rows } => {
            let (batch, rows) = (batch.to_string(), rows.to_string());
            message("say.next_fix", lang, &[("dir", dir), ("batch", &batch), ("rows", &rows)])
        }
        NextStep::LookAtExceptions { date, count } => {
            message("say.next_exceptions", lang, &[("dir", dir), ("date", date), ("count", &count.to_string())])
        }
        NextStep::Ask => message("say.next_ask", lang, &[("dir", dir)]),
    };
    say("next_step", lang, &[("step", &next)]);
}
