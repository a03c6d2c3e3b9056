//! The morning's summary on the terminal.

use crate::command::say;
use crate::print;
use app::morning::Morning;
use app::table::{Format, Table};
use app::workspace::Open;
use glossary::Lang;

/// How many lines of a long table the summary shows.
const SHOWN: usize = 12;

pub fn print(morning: &Morning, open: &Open, lang: Lang) {
    let date = morning.business_date.to_string();
    say("morning_head", lang, &[("institution", &open.config.institution), ("date", &date)]);
    say("morning_pack", lang, &[("pack", &morning.pack), ("loans", &morning.loans.to_string())]);
    for table in [&morning.buckets, &morning.grades, &morning.classes, &morning.ratios] {
        print::line("");
        print::table(table, Format::Table, lang);
    }
    if let Some(since) = morning.since {
        print::line("");
        say("moved_head", lang, &[("since", &since.to_string())]);
        shown(&morning.moves, "nothing_moved", lang);
    }
    if morning.exception_count > 0 {
        print::line("");
        say("exceptions_head", lang, &[("count", &morning.exception_count.to_string())]);
        shown(&morning.exceptions, "nothing_moved", lang);
    }
    print::line("");
}

fn shown(table: &Table, empty: &str, lang: Lang) {
    if table.rows.is_empty() {
        say(empty, lang, &[]);
        return;
    }
    let mut first = table.clone();
    first.rows.truncate(SHOWN);
    print::table(&first, Format::Table, lang);
    if table.rows.len() > SHOWN {
        say("row_more", lang, &[("count", &(table.rows.len() - SHOWN).to_string())]);
    }
}
