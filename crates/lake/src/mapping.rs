//! The mapping file: how another layout becomes the tables of the book.

use crate::refused::RowRefused;
use crate::schema::{self, Table};
use crate::source::cell::{DateFormat, MoneyUnit};
use crate::source::{LONGEST_LINE, MOST_BAD_ROWS};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// A column mapping (列映射), table by table, as TOML.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// The text it was read from, kept in the batch.
    pub text: String,
    tables: BTreeMap<String, TableMapping>,
}

/// How one table's file is laid out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableMapping {
    /// The file's name within the folder; the table's own name when absent.
    pub file: Option<String>,
    pub delimiter: Option<String>,
    #[serde(default)]
    pub encoding: Encoding,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    pub date_format: Option<String>,
    #[serde(default)]
    pub money_unit: Option<MoneyUnit>,
    /// Leaves columns out that no table column asks for, instead of refusing the file.
    #[serde(default)]
    pub skip_unmapped: bool,
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnMapping>,
}

/// The longest mapping file, in bytes; a list of every branch of a large bank takes a tenth of it.
const LONGEST_MAPPING: usize = 1 << 20;

/// The sections of a mapping file that shape foreign files before an import; they are its caller's.
const SHAPING: [&str; 2] = ["source", "stage"];

/// The sections that are the import's: one per table.
struct Tables(BTreeMap<String, TableMapping>);

impl<'de> Deserialize<'de> for Tables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tables, D::Error> {
        deserializer.deserialize_map(Sections)
    }
}

struct Sections;

impl<'de> Visitor<'de> for Sections {
    type Value = Tables;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one section per table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut sections: A) -> Result<Tables, A::Error> {
        let mut tables = BTreeMap::new();
        while let Some(name) = sections.next_key::<String>()? {
            if SHAPING.contains(&name.as_str()) {
                sections.next_value::<IgnoredAny>()?;
            } else {
                tables.insert(name, sections.next_value()?);
            }
        }
        Ok(Tables(tables))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gb18030")]
    Gb18030,
}

/// Where a column's cells come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ColumnMapping {
    From(String),
    Const(ConstColumn),
    Codes(CodedColumn),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstColumn {
    #[serde(rename = "const")]
    value: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodedColumn {
    from: String,
    #[serde(default)]
    codes: HashMap<String, String>,
}

/// Why a file is not the table it should be (文件拒收原因): nothing of the import enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutRefused {
    NothingToImport { place: String },
    UnknownTable { name: String },
    TableTwice { table: String, files: String },
    ColumnTwice { table: &'static str, column: String },
    UnknownColumn { table: &'static str, column: String, nearest: String },
    ColumnMissing { table: &'static str, column: String },
    TooManyColumns { table: &'static str, found: usize },
    LineTooLong { file: String, line: u64 },
    /// Not a file of its format, or a damaged one.
    Unreadable { file: String, problem: String },
    /// A packed file that unpacks to more than files of people do.
    UnpacksTooFar { file: String },
    TooManyBadRows { table: &'static str },
    TotalTooLarge { table: String },
}

/// No table has more than 25; a file may carry others that are skipped.
pub const MOST_COLUMNS: usize = 4096;

impl LayoutRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            LayoutRefused::NothingToImport { .. } => "E-IM-31",
            LayoutRefused::UnknownTable { .. } => "E-IM-16",
            LayoutRefused::TableTwice { .. } => "E-IM-30",
            LayoutRefused::ColumnTwice { .. } => "E-IM-32",
            LayoutRefused::UnknownColumn { .. } => "E-IM-29",
            LayoutRefused::ColumnMissing { .. } => "E-IM-01",
            LayoutRefused::TooManyColumns { .. } => "E-IM-35",
            LayoutRefused::LineTooLong { .. } => "E-IM-36",
            LayoutRefused::Unreadable { .. } => "E-IM-37",
            LayoutRefused::UnpacksTooFar { .. } => "E-IM-38",
            LayoutRefused::TooManyBadRows { .. } => "E-IM-39",
            LayoutRefused::TotalTooLarge { .. } => "E-IM-40",
        }
    }

    /// The facts, as the glossary's sentence names them.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let facts: Vec<(&'static str, &dyn fmt::Display)> = match self {
            LayoutRefused::NothingToImport { place } => vec![("value", place)],
            LayoutRefused::UnknownTable { name } => vec![("value", name)],
            LayoutRefused::TableTwice { table, files } => vec![("table", table), ("value", files)],
            LayoutRefused::ColumnTwice { table, column } => vec![("table", table), ("column", column)],
            LayoutRefused::ColumnMissing { table, column } => vec![("table", table), ("column", column)],
            LayoutRefused::UnknownColumn { table, column, nearest } => {
                vec![("table", table), ("value", column), ("nearest", nearest)]
            }
            LayoutRefused::TooManyColumns { table, found } => {
                vec![("table", table), ("found", found), ("expected", &MOST_COLUMNS)]
            }
            LayoutRefused::LineTooLong { file, line } => vec![("file", file), ("line", line), ("expected", &LONGEST_LINE)],
            LayoutRefused::Unreadable { file, problem } => vec![("file", file), ("problem", problem)],
            LayoutRefused::UnpacksTooFar { file } => vec![("file", file)],
            LayoutRefused::TooManyBadRows { table } => vec![("table", table), ("expected", &MOST_BAD_ROWS)],
            LayoutRefused::TotalTooLarge { table } => vec![("table", table)],
        };
        facts.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }
}

/// A diagnosis for logs and tests; people read the glossary's sentence.
impl fmt::Display for LayoutRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())?;
        self.values().iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// Found out while a file is read, it travels as a fault as far as the import, which refuses the file.
impl std::error::Error for LayoutRefused {}

/// How each column of a table is filled from a file's header.
#[derive(Clone, Debug)]
pub struct Binding {
    fills: Vec<Fill>,
}

#[derive(Clone, Debug)]
enum Fill {
    Nothing,
    Source(usize),
    Const(String),
    Codes(usize, HashMap<String, String>),
}

impl Mapping {
    /// Reads a mapping; the error names the line.
    pub fn parse(text: &str) -> Result<Mapping, String> {
        if text.len() > LONGEST_MAPPING {
            return Err(format!("it has {} bytes, at most {LONGEST_MAPPING}", text.len()));
        }
        let Tables(tables) = toml::from_str(text).map_err(|error| shown(&error, text))?;
        let line = |needle: &str| text.lines().position(|line| line.contains(needle)).map_or(1, |at| at + 1);
        for (name, mapping) in &tables {
            let Some(table) = schema::table(name) else {
                return Err(format!("line {}: {name} is not a table", line(name)));
            };
            if let Some(column) = mapping.columns.keys().find(|column| table.find(column).is_none()) {
                let nearest = nearest(column, table);
                return Err(format!("line {}: {name} has no column {column}; the nearest is {nearest}", line(column)));
            }
            if let Some(format) = &mapping.date_format {
                DateFormat::parse(format).map_err(|error| format!("line {}: {error}", line(format)))?;
            }
            if mapping.delimiter.as_ref().is_some_and(|delimiter| delimiter.len() != 1) {
                return Err(format!("line {}: a delimiter is one ASCII character", line("delimiter")));
            }
        }
        Ok(Mapping { text: text.to_owned(), tables })
    }

    pub fn table(&self, table: &str) -> Option<&TableMapping> {
        self.tables.get(table)
    }

    /// The table whose file is called `file`.
    pub fn table_of_file(&self, file: &str) -> Option<&str> {
        self.tables.iter().find(|(_, mapping)| mapping.file.as_deref() == Some(file)).map(|(name, _)| name.as_str())
    }
}

impl TableMapping {
    /// The column of the file that a column of the table is read from.
    pub fn source_of<'a>(&'a self, column: &'a str) -> Option<&'a str> {
        match self.columns.get(column) {
            None => Some(column),
            Some(ColumnMapping::From(source)) => Some(source),
            Some(ColumnMapping::Codes(coded)) => Some(&coded.from),
            Some(ColumnMapping::Const(_)) => None,
        }
    }

    pub fn date(&self) -> Option<DateFormat> {
        self.date_format.as_deref().and_then(|format| DateFormat::parse(format).ok())
    }
}

impl Binding {
    /// Matches a header to a table. Columns that begin with `_` are the import's own notes and skipped.
    pub fn new(table: &'static Table, header: &[String], mapping: Option<&TableMapping>) -> Result<Binding, Vec<LayoutRefused>> {
        let empty = BTreeMap::new();
        let columns = mapping.map_or(&empty, |mapping| &mapping.columns);
        if header.len() > MOST_COLUMNS {
            return Err(vec![LayoutRefused::TooManyColumns { table: table.name, found: header.len() }]);
        }
        let mut refused = Vec::new();
        for (at, name) in header.iter().enumerate() {
            if !name.is_empty() && header[..at].contains(name) {
                refused.push(LayoutRefused::ColumnTwice { table: table.name, column: name.clone() });
            }
        }
        let find = |name: &str| header.iter().position(|column| column == name);
        let mut used: Vec<usize> = Vec::new();
        let mut fills = Vec::new();
        for column in table.columns {
            let source = match columns.get(column.name) {
                None => column.name,
                Some(ColumnMapping::From(source)) => source,
                Some(ColumnMapping::Codes(coded)) => &coded.from,
                Some(ColumnMapping::Const(constant)) => {
                    fills.push(Fill::Const(constant.value.clone()));
                    continue;
                }
            };
            let mapped = columns.get(column.name);
            match (find(source), mapped) {
                (None, None) if !column.required => fills.push(Fill::Nothing),
                (None, _) => refused.push(LayoutRefused::ColumnMissing { table: table.name, column: source.to_owned() }),
                (Some(at), mapped) => {
                    used.push(at);
                    fills.push(match mapped {
                        Some(ColumnMapping::Codes(coded)) => Fill::Codes(at, coded.codes.clone()),
                        _ => Fill::Source(at),
                    });
                }
            }
        }
        let skip = mapping.is_some_and(|mapping| mapping.skip_unmapped);
        for (at, name) in header.iter().enumerate() {
            if !skip && !used.contains(&at) && !name.starts_with('_') && !header[..at].contains(name) {
                let nearest = nearest(name, table).to_owned();
                refused.push(LayoutRefused::UnknownColumn { table: table.name, column: name.clone(), nearest });
            }
        }
        if refused.is_empty() { Ok(Binding { fills }) } else { Err(refused) }
    }

    /// The cell for column `index` of the table, out of a record's fields.
    pub fn cell<'a>(&'a self, index: usize, field: impl Fn(usize) -> &'a [u8]) -> Result<&'a [u8], RowRefused> {
        match &self.fills[index] {
            Fill::Nothing => Ok(b""),
            Fill::Source(at) => Ok(field(*at)),
            Fill::Const(value) => Ok(value.as_bytes()),
            Fill::Codes(at, codes) => {
                let raw = field(*at).trim_ascii();
                let text = std::str::from_utf8(raw).map_err(|_| RowRefused::NotInEncoding)?;
                match codes.get(text) {
                    Some(code) => Ok(code.as_bytes()),
                    None if text.is_empty() => Ok(b""),
                    None => Err(RowRefused::UnknownCode),
                }
            }
        }
    }

    /// The header position column `index` is read from, when it is read as it stands.
    pub fn plain_source(&self, index: usize) -> Option<usize> {
        match self.fills[index] {
            Fill::Source(at) => Some(at),
            _ => None,
        }
    }

    /// The header position column `index` is read from at all.
    pub fn source(&self, index: usize) -> Option<usize> {
        match self.fills[index] {
            Fill::Source(at) | Fill::Codes(at, _) => Some(at),
            _ => None,
        }
    }

    pub fn is_empty_column(&self, index: usize) -> bool {
        matches!(self.fills[index], Fill::Nothing)
    }
}

/// What is wrong with a text and where; the line itself only if a person could read it.
fn shown(error: &toml::de::Error, text: &str) -> String {
    let whole = error.to_string();
    if whole.len() < 1000 {
        return whole;
    }
    let before = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line}: {}", error.message())
}

/// The column of `table` whose name takes the fewest edits; of a long name its beginning counts.
fn nearest(name: &str, table: &Table) -> &'static str {
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    table.columns.iter().map(|column| column.name).min_by_key(|known| distance(&name, known)).expect("no table is empty")
}

/// Edits (insert, delete, replace) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERKA: &str = r#"
[loans]
file = "loan.csv"
delimiter = ";"
date_format = "%y%m%d"
skip_unmapped = true
[loans.columns]
loan_id = "id"
currency = { const = "CNY" }
status = { from = "state", codes = { A = "settled", C = "active" } }
"#;

    #[test]
    fn a_mapping_is_read_and_a_wrong_word_is_named_with_its_line() {
        let mapping = Mapping::parse(BERKA).unwrap();
        assert_eq!(mapping.table_of_file("loan.csv"), Some("loans"));
        let wrong = |from: &str, to: &str, expect: &str| {
            let error = Mapping::parse(&BERKA.replace(from, to)).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        wrong("delimiter =", "delimeter =", "line 4");
        wrong("[loans]\n", "[loan]\n", "line 2: loan is not a table");
        wrong("currency =", "curency =", "the nearest is currency");
        wrong("%y%m%d", "%y%m", "line 5");
        wrong("skip_unmapped = true", &format!("x = {}", "[".repeat(500_000)), "line 6: cannot recurse further");
        wrong("skip_unmapped = true", &format!("x{} = 1", ".x".repeat(250_000)), "recursion limit");
        wrong("skip_unmapped = true", &"#".repeat(1 << 20), "at most 1048576");
        let shaped = format!("{BERKA}[stage.loans]\nsql = 'SELECT 1'\n[source.book]\nfile = 'book.csv'\n");
        assert!(Mapping::parse(&shaped).is_ok(), "what shapes the files is not the import's to judge");
    }

    #[test]
    fn a_header_binds_or_every_fault_in_it_is_named() {
        let table = schema::table("repayments").unwrap();
        let header = |names: &str| names.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert!(Binding::new(table, &header("amount,paid_on,loan_id,repayment_id,_reason"), None).is_ok());
        let refused = Binding::new(table, &header("Amount,paid_on,loan_id,repayment_id"), None).unwrap_err();
        assert_eq!(refused, [
            LayoutRefused::ColumnMissing { table: "repayments", column: "amount".into() },
            LayoutRefused::UnknownColumn { table: "repayments", column: "Amount".into(), nearest: "amount".into() },
        ]);
    }

    #[test]
    fn constants_and_codes_fill_cells() {
        let table = schema::table("loans").unwrap();
        let mut text = BERKA.to_owned();
        for column in ["customer_id", "branch_id", "product", "principal", "disbursed_on", "matures_on", "annual_rate"] {
            text.push_str(&format!("{column} = {{ const = \"x\" }}\n"));
        }
        let mapping = Mapping::parse(&text).unwrap();
        let header = ["id".to_owned(), "state".to_owned(), "other".to_owned()];
        let binding = Binding::new(table, &header, mapping.table("loans")).unwrap();
        let record: [&[u8]; 3] = [b"7", b"A", b"?"];
        let cell = |name| binding.cell(table.position(name), |at| record[at]);
        assert_eq!(cell("loan_id"), Ok(&b"7"[..]));
        assert_eq!(cell("currency"), Ok(&b"CNY"[..]));
        assert_eq!(cell("status"), Ok(&b"settled"[..]));
        assert_eq!(cell("purpose"), Ok(&b""[..]));
    }
}
