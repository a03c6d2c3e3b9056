//! Writing to the terminal: a closed pipe is not an error.

use app::table::{Format, Table};
use glossary::{Lang, lookup};
use std::io::Write;

pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

pub fn table(table: &Table, format: Format, lang: Lang) {
    let _ = std::io::stdout().lock().write_all(table.write(format, &|name| heading(name, lang)).as_bytes());
}

/// What people read above a column: the glossary's word, else the name itself.
pub fn heading(name: &str, lang: Lang) -> String {
    for set in ["column", "metric", "dimension", "term"] {
        if let Some(term) = lookup(&format!("{set}.{name}")) {
            return term.label.in_lang(lang).to_owned();
        }
    }
    name.to_owned()
}
