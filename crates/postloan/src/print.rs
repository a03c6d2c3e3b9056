//! Writing to the terminal: words for people, stable codes for scripts. A closed pipe is not an error.

use app::table::{Cell, Format, Table};
use glossary::{Lang, lookup, message, refusal};
use std::io::Write;

pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

pub fn table(table: &Table, format: Format, lang: Lang) {
    let text = match format {
        Format::Table => in_words(table, lang).write(format, &|name| heading(name, lang)),
        _ => table.write(format, &str::to_owned),
    };
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// What people read above a column: the glossary's word, else the name itself.
pub fn heading(name: &str, lang: Lang) -> String {
    word(&["column", "metric", "dimension", "term", "grade", "exit"], name, lang).unwrap_or_else(|| name.to_owned())
}

/// The glossary's word for a code, out of the first of these sets that has it.
pub fn word(sets: &[&str], code: &str, lang: Lang) -> Option<String> {
    sets.iter().find_map(|set| lookup(&format!("{set}.{code}"))).map(|term| term.label.in_lang(lang).to_owned())
}

/// The sets a column's codes are from.
fn sets(column: &str) -> &'static [&'static str] {
    match column {
        "bucket" => &["bucket"],
        "class" => &["customer_class"],
        "customer_kind" => &["customer_kind"],
        "formula" => &["migration_formula"],
        "from" | "to" => &["grade", "bucket", "exit", "row_origin"],
        "grade" => &["grade"],
        "method" => &["repayment_method"],
        "metric" => &["metric"],
        "protection" => &["protection"],
        "scale" => &["customer_scale"],
        "status" => &["loan_status"],
        "table" => &["table"],
        "what" => &["column", "dimension", "term"],
        "why" => &["move_reason"],
        _ => &[],
    }
}

/// The same table for people: codes as words, a sentence beside every refusal code.
fn in_words(table: &Table, lang: Lang) -> Table {
    let mut worded = table.clone();
    let named = |name: &str| table.columns.iter().position(|column| column.name == name);
    let (what, code) = (named("what"), named("code"));
    for (row, codes) in worded.rows.iter_mut().zip(&table.rows) {
        for (cell, column) in row.iter_mut().zip(&table.columns) {
            // In a list of facts, `what` names the column that a figure is of.
            let column = match what.map(|at| &codes[at]) {
                Some(Cell::Text(of)) if column.name == "figure" => of,
                _ => &column.name,
            };
            if let Cell::Text(code) = cell
                && let Some(word) = word(sets(column), code, lang)
            {
                *cell = Cell::Text(word);
            }
        }
        if let Some(Cell::Text(code)) = code.map(|at| &codes[at]) {
            row.push(Cell::text(reason(code, lang)));
        }
    }
    if code.is_some() {
        worded.columns.extend(Table::new(&["reason"]).columns);
    }
    worded
}

/// What a refusal code means, whatever row it was.
fn reason(code: &str, lang: Lang) -> String {
    if refusal(code).is_none() {
        return String::new();
    }
    let text = message(code, lang, &[]);
    let parts = text.split('{').enumerate().map(|(at, part)| match part.split_once('}') {
        Some((_, after)) if at > 0 => format!("…{after}"),
        _ => part.to_owned(),
    });
    parts.collect()
}
