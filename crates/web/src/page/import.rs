//! Import (导入): files taken in, looked at and mapped; rejects put right in the page.

use crate::extract::{Asked, Named, refusal};
use crate::job::{Ended, JobKind};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::operation::begin_work;
use crate::page::upload::{self, Upload};
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::server::Server;
use app::book_import::Progress;
use app::import_desk::{
    Chosen, Corrected, Correction, FileGuess, ImportSeen, InboxFolder, MappingUsed, REJECTS, RejectedRow, RejectsSeen, import_preview, import_run, inbox_list,
    key_of, mapping_save, rejects_fix, rejects_view, upload_take,
};
use app::operations::may;
use askama::Template;
use authority::UseCase;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use glossary::Lang;
use serde::Deserialize;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/operations/import", get(inbox))
        .route(upload::PATH, post(take))
        .route("/operations/import/{folder}", get(look).post(import))
        .route("/operations/batches/{number}/{table}", get(rejects).post(fix))
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    frame: Frame,
    folders: Vec<InboxFolder>,
    most_megabytes: usize,
}

async fn inbox(State(server): State<Server>, visitor: Visitor) -> Shown {
    let folders = inbox_list(&server.desk, &visitor.call).await?;
    show(&InboxPage { frame: visitor.frame("operations"), folders, most_megabytes: upload::BYTES >> 20 })
}

async fn take(State(server): State<Server>, visitor: Visitor, request: Request) -> Shown {
    may(&server.desk, &visitor.call, UseCase::ImportRun).await?;
    let upload = Upload::read(request).await?;
    if !visitor.is_own_form(upload.fields.get("_csrf")) {
        return Err(refusal("E-WB-08", &[]));
    }
    let folder = upload_take(&server.desk, &visitor.call, upload.files).await?;
    Ok(Redirect::to(&format!("/operations/import/{folder}")).into_response())
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    frame: Frame,
    folder: String,
    seen: ImportSeen,
    /// Which of the saved mappings is chosen.
    saved: String,
}

impl ImportPage {
    fn key(&self, file: &FileGuess) -> String {
        key_of(&file.preview)
    }

    /// Whether a file waits to be told which table it is.
    fn is_unknown(&self) -> bool {
        self.seen.files.iter().any(|file| file.table.is_none())
    }

    fn is_table(&self, file: &FileGuess, table: &str) -> bool {
        file.table == Some(table)
    }
}

/// What was chosen in the form: `table.FILE`, `from.FILE.COLUMN`, `const.FILE.COLUMN`; a column's name has no dot.
fn chosen(fields: &Fields) -> Chosen {
    let mut chosen = Chosen::default();
    for (name, value) in &fields.0 {
        if let Some(file) = name.strip_prefix("table.") {
            chosen.tables.insert(file.to_owned(), value.clone());
        } else if let Some((file, column)) = name.strip_prefix("from.").and_then(|place| place.rsplit_once('.')) {
            chosen.sources.insert((file.to_owned(), column.to_owned()), value.clone());
        } else if let Some((file, column)) = name.strip_prefix("const.").and_then(|place| place.rsplit_once('.')) {
            chosen.constants.insert((file.to_owned(), column.to_owned()), value.clone());
        }
    }
    chosen
}

async fn look(State(server): State<Server>, visitor: Visitor, Named(folder): Named<String>) -> Shown {
    let frame = visitor.frame("operations");
    let typed = frame.refused.as_ref().map(|refused| Fields(refused.typed.clone())).unwrap_or_default();
    let seen = import_preview(&server.desk, &visitor.call, &folder, chosen(&typed)).await?;
    show(&ImportPage { saved: typed.get("mapping").to_owned(), frame, folder, seen })
}

/// Guesses anew, keeps the mapping, rehearses, or imports.
async fn import(State(server): State<Server>, Named(folder): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let seen = import_preview(&server.desk, &visitor.call, &folder, chosen(&fields)).await?;
    let say = fields.get("say");
    match say {
        "save" => {
            mapping_save(&server.desk, &visitor.call, fields.get("name"), &seen.mapping).await?;
            return done(&format!("/operations/import/{folder}"), "mapping_saved");
        }
        "rehearse" | "import" => {}
        _ => return show(&ImportPage { frame: visitor.frame("operations"), saved: fields.get("mapping").to_owned(), folder, seen }),
    }
    let mapping = match fields.get("mapping") {
        "" if seen.mapping.is_empty() => MappingUsed::None,
        "" => MappingUsed::Text(seen.mapping),
        saved => MappingUsed::Saved(saved.to_owned()),
    };
    let (desk, call, from, dry_run) = (server.desk.clone(), visitor.call.clone(), folder.clone(), say == "rehearse");
    begin_work(&server, &visitor, JobKind::Import, &folder, |teller| async move {
        let progress = Box::new(move |at: Progress| tell(&teller, at));
        Ok(Ended::Imported(import_run(&desk, &call, &from, mapping, dry_run, progress).await?))
    })
}

fn tell(teller: &crate::job::Teller, at: Progress) {
    match at {
        Progress::Reading { table, rows } => teller.tell(&format!("reading {table}"), rows),
        Progress::Judging { table } => teller.tell(&format!("judging {table}"), 0),
        Progress::Writing { table } => teller.tell(&format!("writing {table}"), 0),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct From {
    skip: usize,
}

/// A rejected row as the page shows it.
struct Row {
    line: u64,
    column: String,
    value: String,
    code: String,
    reason: String,
    remedy: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    heading: String,
    value: String,
    is_at_fault: bool,
    /// Tells who somebody is, and is not what is wrong.
    is_veiled: bool,
}

#[derive(Template)]
#[template(path = "rejects.html")]
struct RejectsPage {
    frame: Frame,
    seen: RejectsSeen,
    rows: Vec<Row>,
    skip: usize,
    next: Option<usize>,
}

/// The half of a text in both languages that is in one: Chinese ends with its full stop.
fn in_lang(both: &str, lang: Lang) -> String {
    let (zh, en) = both.rsplit_once("\u{3002} ").unwrap_or((both, both));
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

async fn rejects(State(server): State<Server>, visitor: Visitor, Named((number, table)): Named<(u32, String)>, Asked(from): Asked<From>) -> Shown {
    let seen = rejects_view(&server.desk, &visitor.call, number, &table, from.skip).await?;
    let frame = visitor.frame("operations");
    let row = |(row, at_fault): (&RejectedRow, &Option<usize>)| Row {
        line: row.line,
        column: row.column.clone(),
        value: row.value.clone(),
        code: row.code.clone(),
        reason: in_lang(&row.reason, visitor.lang),
        remedy: in_lang(&row.remedy, visitor.lang),
        fields: row.fields.iter().zip(&seen.rejects.header).enumerate().map(|(place, (value, heading))| {
            let name = format!("f.{}.{place}", row.line);
            let value = frame.typed(&name, value).to_owned();
            Field { is_veiled: seen.personal[place] && *at_fault != Some(place), is_at_fault: *at_fault == Some(place), name, heading: heading.clone(), value }
        }).collect(),
    };
    let rows: Vec<Row> = seen.rejects.rows.iter().zip(&seen.at_fault).map(row).collect();
    let next = (rows.len() == REJECTS).then_some(from.skip + REJECTS);
    show(&RejectsPage { frame, rows, skip: from.skip, next, seen })
}

async fn fix(State(server): State<Server>, Named((number, table)): Named<(u32, String)>, Posted { visitor, fields }: Posted) -> Shown {
    may(&server.desk, &visitor.call, UseCase::ImportRun).await?;
    let correction = |(name, value): &(String, String)| {
        let (line, field) = name.strip_prefix("f.")?.split_once('.')?;
        Some(Correction { line: line.parse().ok()?, field: field.parse().ok()?, value: value.clone() })
    };
    let said = Corrected {
        number,
        table,
        skip: fields.get("skip").parse().unwrap_or(0),
        fields: fields.0.iter().filter_map(correction).collect(),
        again: fields.all("again").filter_map(|line| line.parse().ok()).collect(),
    };
    let (desk, call) = (server.desk.clone(), visitor.call.clone());
    begin_work(&server, &visitor, JobKind::Fix, &number.to_string(), |teller| async move {
        let progress = Box::new(move |at: Progress| tell(&teller, at));
        Ok(Ended::Imported(rejects_fix(&desk, &call, said, progress).await?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_read_from_the_names_of_the_fields() {
        let fields = Fields(vec![
            ("table.a.b.csv".to_owned(), "loans".to_owned()),
            ("from.a.b.csv.loan_id".to_owned(), "No.".to_owned()),
            ("const.a.b.csv.currency".to_owned(), "CNY".to_owned()),
        ]);
        let chosen = chosen(&fields);
        assert_eq!(chosen.tables["a.b.csv"], "loans");
        assert_eq!(chosen.sources[&("a.b.csv".to_owned(), "loan_id".to_owned())], "No.");
        assert_eq!(chosen.constants[&("a.b.csv".to_owned(), "currency".to_owned())], "CNY");
    }

    #[test]
    fn a_reason_is_told_in_one_language() {
        let both = "\u{7a7a}\u{3002} It is empty.";
        assert_eq!((in_lang(both, Lang::Zh), in_lang(both, Lang::En)), ("\u{7a7a}".to_owned(), "It is empty.".to_owned()));
    }
}
