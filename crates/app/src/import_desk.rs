//! Files brought in from a page: taken into the inbox, looked at, mapped, imported; rejects put right and sent again.

use crate::book_import::{BookImport, ImportOutcome, Progress, book_import};
use crate::desk::{Call, Desk};
use crate::failure::{Outcome, refused};
use crate::operations::{aside, may};
use crate::workspace::Open;
use anyhow::Context;
use authority::UseCase;
use glossary::{Lang, lookup};
use lake::batch::{Batch, Manifest};
use lake::mapping::{Encoding, Mapping};
pub use lake::rejects::RejectedRow;
use lake::rejects::{self, Rejects};
use lake::schema::{self, Kind, TABLES, Table};
use lake::source::cell::{self, DateFormat};
use lake::source::preview::{Preview, preview};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// A folder of files that wait to be imported (待导入文件夹).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxFolder {
    pub name: String,
    /// Names and bytes.
    pub files: Vec<(String, u64)>,
}

/// Rows of a file a person looks at.
const PREVIEW_ROWS: usize = 8;

fn inbox(open: &Open) -> PathBuf {
    open.lake.root().join("inbox")
}

/// A name that names nothing outside its folder.
fn plain(name: &str) -> bool {
    let is_plain = |byte: char| byte.is_alphanumeric() || matches!(byte, '.' | '-' | '_' | ' ' | '(' | ')');
    !name.is_empty() && name.len() <= 120 && !name.starts_with('.') && name.chars().all(is_plain)
}

fn folder_of(open: &Open, name: &str) -> Outcome<PathBuf> {
    let folder = inbox(open).join(name);
    if plain(name) && folder.is_dir() { Ok(folder) } else { refused("E-IM-31", &[("value", &name)]) }
}

/// The folders of the inbox, the newest name first.
pub async fn inbox_list(desk: &Desk, call: &Call) -> Outcome<Vec<InboxFolder>> {
    may(desk, call, UseCase::ImportRun).await?;
    let open = desk.open.clone();
    aside(move || {
        let mut folders = Vec::new();
        let Ok(listing) = fs::read_dir(inbox(&open)) else { return Ok(folders) };
        for entry in listing.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let files = fs::read_dir(entry.path()).with_context(|| format!("reading {name}"))?;
            let files = files.filter_map(Result::ok).filter_map(|file| {
                let bytes = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
                Some((file.file_name().to_string_lossy().into_owned(), bytes))
            });
            let mut files: Vec<(String, u64)> = files.collect();
            files.sort();
            if plain(&name) && !files.is_empty() {
                folders.push(InboxFolder { name, files });
            }
        }
        folders.sort_by(|one, two| two.name.cmp(&one.name));
        Ok(folders)
    })
    .await
}

/// Takes files into a new folder of the inbox, and names it.
pub async fn upload_take(desk: &Desk, call: &Call, files: Vec<(String, Vec<u8>)>) -> Outcome<String> {
    may(desk, call, UseCase::ImportRun).await?;
    let files: Vec<_> = files.into_iter().filter(|(name, bytes)| plain(name) && !bytes.is_empty()).collect();
    if files.is_empty() {
        return refused("E-IM-31", &[("value", &"-")]);
    }
    let name = format!("up-{}-{}", call.at.to_string().replace(':', "").replace(' ', "-"), call.staff_id);
    let folder = inbox(&desk.open).join(&name);
    aside(move || {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for (name, bytes) in files {
            fs::write(folder.join(&name), bytes).with_context(|| format!("keeping {name}"))?;
        }
        Ok(())
    })
    .await?;
    Ok(name)
}

/// Which column of the file fills a column of the table (列对应).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnGuess {
    pub column: &'static str,
    pub required: bool,
    pub from: Option<String>,
    /// The same text in every row, instead.
    pub constant: String,
}

/// A file with the table it seems to be (文件与映射猜测).
#[derive(Clone, Debug)]
pub struct FileGuess {
    pub preview: Preview,
    pub table: Option<&'static str>,
    pub date_format: Option<&'static str>,
    pub columns: Vec<ColumnGuess>,
}

/// A folder looked at before it is imported (导入预览).
#[derive(Clone, Debug)]
pub struct ImportSeen {
    pub files: Vec<FileGuess>,
    /// The mapping these guesses make; empty when the files are laid out as tables already.
    pub mapping: String,
    pub tables: Vec<&'static str>,
    /// Saved mappings, by name.
    pub saved: Vec<String>,
}

/// What a person chose instead of the guess: table of a file, source and constant of a column of a file.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    pub tables: BTreeMap<String, String>,
    pub sources: BTreeMap<(String, String), String>,
    pub constants: BTreeMap<(String, String), String>,
}

/// Looks at a folder of the inbox and guesses how its files become tables, what was chosen going before.
pub async fn import_preview(desk: &Desk, call: &Call, folder: &str, chosen: Chosen) -> Outcome<ImportSeen> {
    may(desk, call, UseCase::ImportRun).await?;
    let (open, folder) = (desk.open.clone(), folder_of(&desk.open, folder)?);
    aside(move || {
        let files: Vec<FileGuess> = preview(&folder, PREVIEW_ROWS)?.into_iter().map(|file| guess(file, &chosen)).collect();
        let mapping = if files.iter().all(is_plain_table) { String::new() } else { files.iter().map(mapping_of).collect() };
        Ok(ImportSeen { files, mapping, tables: TABLES.iter().map(|table| table.name).collect(), saved: saved(&open) })
    })
    .await
}

/// The name a file is known by among several sheets.
pub fn key_of(preview: &Preview) -> String {
    preview.sheet.as_ref().map_or_else(|| preview.file.clone(), |sheet| format!("{}#{sheet}", preview.file))
}

fn stem(file: &str) -> &str {
    [".csv.gz", ".csv", ".parquet", ".xlsx"].iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file)
}

fn guess(preview: Preview, chosen: &Chosen) -> FileGuess {
    let key = key_of(&preview);
    let named = preview.sheet.as_deref().unwrap_or(stem(&preview.file));
    let table = match chosen.tables.get(&key).map(String::as_str) {
        Some("") => None,
        Some(name) => schema::table(name),
        None => schema::table(named).or_else(|| likeliest(&preview.header)),
    };
    let columns: Vec<ColumnGuess> = table.map_or_else(Vec::new, |table| {
        let column = |column: &'static schema::Column| {
            let place = (key.clone(), column.name.to_owned());
            let from = match chosen.sources.get(&place) {
                Some(source) => Some(source.clone()).filter(|source| preview.header.contains(source)),
                None => source_for(column.name, &preview.header),
            };
            let constant = chosen.constants.get(&place).cloned().unwrap_or_default();
            ColumnGuess { column: column.name, required: column.required, from, constant }
        };
        table.columns.iter().map(column).collect()
    });
    let date_format = table.and_then(|table| date_format(table, &columns, &preview));
    let preview = veiled(preview, table, &columns);
    FileGuess { table: table.map(|table| table.name), date_format, columns, preview }
}

/// The preview with the shape alone of what tells who somebody is, and of what nobody has said yet what it is: whoever
/// brings files in need not be allowed to know the people in them.
fn veiled(preview: Preview, table: Option<&Table>, columns: &[ColumnGuess]) -> Preview {
    let is_open = |name: &String| {
        let guess = columns.iter().find(|guess| guess.from.as_ref() == Some(name));
        let column = guess.and_then(|guess| table?.columns.iter().find(|column| column.name == guess.column));
        column.is_some_and(|column| !column.personal)
    };
    let open: Vec<bool> = preview.header.iter().map(is_open).collect();
    let veil = |row: Vec<String>| {
        let cells = row.into_iter().enumerate();
        cells.map(|(at, cell)| if open.get(at) == Some(&true) { cell } else { shape(&cell) }).collect::<Vec<String>>()
    };
    Preview { rows: preview.rows.into_iter().map(veil).collect(), ..preview }
}

/// How a text is written, without what it says: every digit a 9, every letter an x.
fn shape(text: &str) -> String {
    let one = |letter: char| match letter {
        letter if letter.is_numeric() => '9',
        letter if letter.is_alphabetic() => 'x',
        other => other,
    };
    text.chars().map(one).collect()
}

/// The table most of whose required columns the header seems to have.
fn likeliest(header: &[String]) -> Option<&'static Table> {
    let found = |table: &'static Table| {
        let required = table.columns.iter().filter(|column| column.required);
        let (all, found) = required.fold((0, 0), |(all, found), column| (all + 1, found + usize::from(source_for(column.name, header).is_some())));
        (all > 0 && 2 * found > all).then_some((1000 * found / all, found, table))
    };
    TABLES.iter().filter_map(found).max_by_key(|(share, found, _)| (*share, *found)).map(|(_, _, table)| table)
}

fn bare(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The header's column that is called like ours: by its code, by either of its words, or nearly.
fn source_for(column: &str, header: &[String]) -> Option<String> {
    let labels = ["column", "term"].into_iter().filter_map(|set| lookup(&format!("{set}.{column}")));
    let mut names = vec![bare(column)];
    names.extend(labels.flat_map(|term| [bare(term.label.in_lang(Lang::Zh)), bare(term.label.in_lang(Lang::En))]));
    let exact = header.iter().find(|name| *name == column).or_else(|| header.iter().find(|name| names.contains(&bare(name))));
    let near = |name: &&String| {
        let (theirs, code) = (bare(name), &names[0]);
        let by_code = theirs.len() > 4 && code.len() > 4 && (theirs.contains(code.as_str()) || code.contains(theirs.as_str()));
        // Our Chinese word within theirs; shorter words stand in too many.
        let by_word = names[1..].iter().any(|word| !word.is_ascii() && word.chars().count() > 2 && theirs.contains(word.as_str()));
        by_code || by_word
    };
    exact.or_else(|| header.iter().find(near)).cloned()
}

const DATE_FORMATS: [&str; 6] = ["%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%y%m%d"];

/// How most dates of a file are written: some may be wrong. `None` when as ours, or when nothing fits.
fn date_format(table: &Table, columns: &[ColumnGuess], preview: &Preview) -> Option<&'static str> {
    let mut samples: Vec<&str> = Vec::new();
    for (column, guess) in table.columns.iter().zip(columns).filter(|(column, _)| column.kind == Kind::Date) {
        let at = guess.from.as_ref().and_then(|from| preview.header.iter().position(|name| name == from));
        let cells = at.into_iter().flat_map(|at| preview.rows.iter().filter_map(move |row| row.get(at)));
        samples.extend(cells.map(String::as_str).filter(|cell| !cell.is_empty()));
        debug_assert_eq!(column.name, guess.column);
    }
    let fits = |format: Option<&DateFormat>| samples.iter().filter(|cell| cell::day(cell.as_bytes(), format).is_ok()).count();
    let fit = |format: &'static str| (DateFormat::parse(format).map_or(0, |read| fits(Some(&read))), format);
    // The first of those that fit best, as they stand above.
    let (most, best) = DATE_FORMATS.into_iter().map(fit).rev().max_by_key(|(fit, _)| *fit).expect("there are some");
    (most > fits(None)).then_some(best)
}

/// Whether a file needs no mapping.
fn is_plain_table(file: &FileGuess) -> bool {
    let Some(table) = file.table else { return false };
    let same = |guess: &ColumnGuess| guess.constant.is_empty() && guess.from.as_deref().is_none_or(|from| from == guess.column);
    let own_name = file.preview.sheet.as_deref().unwrap_or(stem(&file.preview.file)) == table;
    let usual = file.preview.encoding == Encoding::Utf8 && file.preview.delimiter.is_none_or(|delimiter| delimiter == ',');
    own_name && usual && file.date_format.is_none() && file.columns.iter().all(same)
}

fn mapping_of(file: &FileGuess) -> String {
    let Some(table) = file.table else { return String::new() };
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let mut out = format!("[{table}]\nfile = {}\n", text(&file.preview.file));
    let mut line = |name: &str, value: &str| writeln!(out, "{name} = {}", text(value)).expect("text takes text");
    if let Some(delimiter) = file.preview.delimiter.filter(|delimiter| *delimiter != ',') {
        line("delimiter", &delimiter.to_string());
    }
    if file.preview.encoding == Encoding::Gb18030 {
        line("encoding", "gb18030");
    }
    if let Some(sheet) = &file.preview.sheet {
        line("sheet", sheet);
    }
    if let Some(format) = file.date_format {
        line("date_format", format);
    }
    out.push_str("skip_unmapped = true\n");
    writeln!(out, "[{table}.columns]").expect("text takes text");
    for guess in &file.columns {
        match &guess.from {
            _ if !guess.constant.is_empty() => writeln!(out, "{} = {{ const = {} }}", guess.column, text(&guess.constant)),
            Some(from) => writeln!(out, "{} = {}", guess.column, text(from)),
            None => Ok(()),
        }
        .expect("text takes text");
    }
    out.push('\n');
    out
}

fn mappings(open: &Open) -> PathBuf {
    open.lake.root().join("mappings")
}

fn saved(open: &Open) -> Vec<String> {
    let listing = fs::read_dir(mappings(open)).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = listing.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned())).collect();
    names.retain(|name| plain(name));
    names.sort();
    names
}

/// Keeps a mapping under a name, for the next files of this layout.
pub async fn mapping_save(desk: &Desk, call: &Call, name: &str, text: &str) -> Outcome<()> {
    may(desk, call, UseCase::ImportRun).await?;
    if !plain(name) {
        return refused("E-AP-04", &[("field", &"mapping")]);
    }
    if let Err(problem) = Mapping::parse(text) {
        return refused("E-IM-33", &[("path", &name), ("problem", &problem.trim_end())]);
    }
    let folder = mappings(&desk.open);
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join(format!("{name}.toml"));
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    let mut tx = desk.store.begin().await?;
    let event = call.audit("mapping_save", format!("mapping/{name}"), "");
    tx.audit(store::AuditEvent { after_digest: Some(store::audit::state_digest(&text)?), ..event });
    Ok(tx.commit().await?)
}

/// By which mapping a folder is imported (所用映射).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingUsed {
    /// The files are laid out as tables.
    None,
    Saved(String),
    Text(String),
}

/// Imports a folder of the inbox, or rehearses it.
pub async fn import_run(
    desk: &Desk,
    call: &Call,
    folder: &str,
    mapping: MappingUsed,
    dry_run: bool,
    progress: Box<dyn FnMut(Progress) + Send>,
) -> Outcome<ImportOutcome> {
    may(desk, call, UseCase::ImportRun).await?;
    let open = &desk.open;
    let from = folder_of(open, folder)?;
    let mapping = match mapping {
        MappingUsed::None => None,
        MappingUsed::Saved(name) if plain(&name) => Some(mappings(open).join(format!("{name}.toml"))),
        MappingUsed::Saved(name) => return refused("E-IM-33", &[("path", &name), ("problem", &"-")]),
        MappingUsed::Text(text) => {
            // Kept beside the files it maps: what was imported how stays together.
            let path = from.join("mapping.toml");
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            Some(path)
        }
    };
    imported(desk, call, BookImport { from, mapping, dry_run, ..BookImport::default() }, progress).await
}

async fn imported(desk: &Desk, call: &Call, wanted: BookImport, mut progress: Box<dyn FnMut(Progress) + Send>) -> Outcome<ImportOutcome> {
    let open = desk.open.clone();
    let outcome = aside(move || book_import(&open, &wanted, &mut progress)).await?;
    if let ImportOutcome::Imported(manifest) = &outcome {
        let accepted: u64 = manifest.tables.iter().map(|table| table.accepted.rows).sum();
        let why = format!("{accepted} rows accepted, {} rejected", manifest.rejected_rows());
        let mut tx = desk.store.begin().await?;
        tx.audit(call.audit("import_run", format!("batch/{}", manifest.number), why));
        tx.commit().await?;
    }
    Ok(outcome)
}

/// Rejected rows of a table of a batch, some at a time (拒收明细).
#[derive(Clone, Debug)]
pub struct RejectsSeen {
    pub manifest: Manifest,
    pub table: String,
    pub rejects: Rejects,
    /// For each row, the place of the field at fault.
    pub at_fault: Vec<Option<usize>>,
    /// For each column of the file, whether it tells who somebody is: of those only the one at fault is shown.
    pub personal: Vec<bool>,
}

/// Rejected rows a page shows.
pub const REJECTS: usize = 50;

fn rejects_of(open: &Open, number: u32, table: &str, skip: usize) -> Outcome<RejectsSeen> {
    if schema::table(table).is_none() || !lake::batch::list(&open.lake)?.iter().any(|batch| batch.manifest.number == number) {
        return refused("E-IM-34", &[("batch", &number)]);
    }
    let batch = Batch::read(&open.lake, number)?;
    let rejects = rejects::read(&batch, table, skip, REJECTS)?;
    let mapping = Mapping::parse(&batch.manifest.mapping).unwrap_or_default();
    let source = |column: &str| {
        let named = mapping.table(table).and_then(|table| table.source_of(column)).unwrap_or(column);
        rejects.header.iter().position(|name| name == named)
    };
    let at_fault: Vec<Option<usize>> = rejects.rows.iter().map(|row| source(&row.column)).collect();
    let told: Vec<usize> = schema::table(table).into_iter().flat_map(|table| table.columns).filter(|column| column.personal).filter_map(|column| source(column.name)).collect();
    let personal = (0..rejects.header.len()).map(|at| told.contains(&at)).collect();
    Ok(RejectsSeen { manifest: batch.manifest, table: table.to_owned(), at_fault, personal, rejects })
}

/// Some rejected rows of a batch, each with line, column, value, reason and remedy.
pub async fn rejects_view(desk: &Desk, call: &Call, number: u32, table: &str, skip: usize) -> Outcome<RejectsSeen> {
    may(desk, call, UseCase::ImportRun).await?;
    let (open, table) = (desk.open.clone(), table.to_owned());
    aside(move || rejects_of(&open, number, &table, skip)).await
}

/// What a person put right: a field of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub line: u64,
    pub field: usize,
    pub value: String,
}

/// Rows of one page of rejects, put right, and those to be sent again as they are (拒收更正).
#[derive(Clone, Debug, Default)]
pub struct Corrected {
    pub number: u32,
    pub table: String,
    pub skip: usize,
    pub fields: Vec<Correction>,
    pub again: Vec<u64>,
}

/// Sends corrected rejects again, as a batch that fixes theirs.
pub async fn rejects_fix(desk: &Desk, call: &Call, said: Corrected, progress: Box<dyn FnMut(Progress) + Send>) -> Outcome<ImportOutcome> {
    may(desk, call, UseCase::ImportRun).await?;
    let seen = rejects_of(&desk.open, said.number, &said.table, said.skip)?;
    let rows = corrected(&seen.rejects, &said);
    if rows.is_empty() {
        return refused("E-IM-31", &[("value", &"-")]);
    }
    let name = format!("fix-{:06}-{}", said.number, call.at.to_string().replace(':', "").replace(' ', "-"));
    let from = inbox(&desk.open).join(name);
    fs::create_dir_all(&from).with_context(|| format!("making {}", from.display()))?;
    rejects::write_corrected(&from.join(format!("{}.csv", said.table)), &seen.rejects.header, &rows)?;
    imported(desk, call, BookImport { from, fixes: Some(said.number), ..BookImport::default() }, progress).await
}

/// The rows that were changed, and those asked for as they are.
fn corrected(rejects: &Rejects, said: &Corrected) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for row in &rejects.rows {
        let mut fields = row.fields.clone();
        for correction in said.fields.iter().filter(|correction| correction.line == row.line) {
            if let Some(field) = fields.get_mut(correction.field) {
                field.clone_from(&correction.value);
            }
        }
        if fields != row.fields || said.again.contains(&row.line) {
            rows.push(fields);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, header: &str, row: &str) -> Preview {
        let cells = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let (file, encoding, delimiter) = (name.to_owned(), Encoding::Utf8, Some(','));
        Preview { file, bytes: 1, encoding, delimiter, sheet: None, header: cells(header), rows: vec![cells(row)] }
    }

    #[test]
    fn a_foreign_file_is_recognised_by_its_words() {
        let guessed = guess(file("export.csv", "RepaymentId,Loan ID,Paid On,AMOUNT", "R1,L1,2026/11/20,10"), &Chosen::default());
        assert_eq!((guessed.table, guessed.date_format), (Some("repayments"), Some("%Y/%m/%d")));
        let text = mapping_of(&guessed);
        assert!(text.contains("loan_id = \"Loan ID\"") && text.contains("date_format = \"%Y/%m/%d\""), "{text}");
        Mapping::parse(&text).unwrap();
        assert!(!is_plain_table(&guessed));
        let people = guess(file("customers.csv", "customer_id,name,kind,nickname", "C1,Wang Wu,individual,W-5"), &Chosen::default());
        assert_eq!(people.preview.rows[0], ["C1", "xxxx xx", "individual", "x-9"]);
        let own = guess(file("repayments.csv", "repayment_id,loan_id,paid_on,amount", "R1,L1,2026-11-20,10"), &Chosen::default());
        assert!(is_plain_table(&own));
        let mut chosen = Chosen::default();
        chosen.sources.insert(("export.csv".to_owned(), "loan_id".to_owned()), "AMOUNT".to_owned());
        chosen.constants.insert(("export.csv".to_owned(), "currency".to_owned()), "CNY".to_owned());
        let own = guess(file("export.csv", "RepaymentId,Loan ID,Paid On,AMOUNT", "R1,L1,2026/11/20,10"), &chosen);
        assert!(mapping_of(&own).contains("loan_id = \"AMOUNT\""));
    }

    #[test]
    fn only_what_was_put_right_or_asked_for_is_sent_again() {
        let row = |line: u64, value: &str| RejectedRow {
            line,
            fields: vec![format!("R{line}"), value.to_owned()],
            column: "paid_on".to_owned(),
            value: value.to_owned(),
            code: "E-IM-03".to_owned(),
            reason: String::new(),
            remedy: String::new(),
        };
        let rejects = Rejects { header: vec!["repayment_id".to_owned(), "paid_on".to_owned()], rows: vec![row(2, "x"), row(3, "y"), row(4, "z")] };
        let field = |line, value: &str| Correction { line, field: 1, value: value.to_owned() };
        let said = Corrected { fields: vec![field(2, "2026-11-20"), field(3, "y"), field(9, "q")], again: vec![4], ..Corrected::default() };
        let rows = corrected(&rejects, &said);
        assert_eq!(rows.iter().map(|row| row.join(",")).collect::<Vec<_>>(), ["R2,2026-11-20", "R4,z"]);
    }

    #[test]
    fn a_name_that_leaves_its_folder_names_nothing() {
        for (name, expect) in [("up-1", true), ("..", false), ("a/b", false), ("a\\b", false), ("", false), (".x", false)] {
            assert_eq!(plain(name), expect, "{name}");
        }
    }
}
