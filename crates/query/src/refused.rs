//! Why a question gets no answer.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use std::fmt;

/// Why SQL was refused (查询拒绝), in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryRefused {
    /// It does not read as SQL, or as more than one statement.
    NotSql { message: String },
    /// It would change something, or set something; only questions are answered.
    NotAQuestion { statement: String },
    UnknownTable { name: String, nearest: Option<String>, known: Vec<String> },
    UnknownColumn { name: String, nearest: Option<String>, known: Vec<String> },
    /// It needs more memory than a question may have.
    TooMuchMemory { message: String },
    /// The SQL is sound and cannot be computed: types that do not go together, a division by zero.
    Failed { message: String },
}

impl QueryRefused {
    pub fn code(&self) -> &'static str {
        match self {
            QueryRefused::NotSql { .. } => "E-QY-11",
            QueryRefused::NotAQuestion { .. } => "E-QY-12",
            QueryRefused::UnknownTable { .. } => "E-QY-13",
            QueryRefused::UnknownColumn { .. } => "E-QY-14",
            QueryRefused::TooMuchMemory { .. } => "E-QY-15",
            QueryRefused::Failed { .. } => "E-QY-16",
        }
    }

    /// What fills the message of the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        // The nearest stands first among what there is, in case it was meant.
        let known = |name: &str, nearest: &Option<String>, known: &[String]| {
            let others = known.iter().filter(|other| Some(*other) != nearest.as_ref());
            let known: Vec<&str> = nearest.iter().chain(others).map(String::as_str).collect();
            vec![("name", name.to_owned()), ("known", known.join(", "))]
        };
        match self {
            QueryRefused::NotSql { message } => vec![("message", message.clone())],
            QueryRefused::NotAQuestion { statement } => vec![("statement", statement.clone())],
            QueryRefused::UnknownTable { name, nearest, known: all } => known(name, nearest, all),
            QueryRefused::UnknownColumn { name, nearest, known: all } => known(name, nearest, all),
            QueryRefused::TooMuchMemory { message } => vec![("message", message.clone())],
            QueryRefused::Failed { message } => vec![("message", message.clone())],
        }
    }

    pub(crate) fn unknown_table(name: &str, mut known: Vec<String>) -> QueryRefused {
        known.sort();
        QueryRefused::UnknownTable { name: name.to_owned(), nearest: nearest(name, &known), known }
    }
}

/// A diagnosis for logs and tests; people read the glossary's sentence.
impl fmt::Display for QueryRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())?;
        self.facts().iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for QueryRefused {}

impl From<DataFusionError> for QueryRefused {
    fn from(error: DataFusionError) -> QueryRefused {
        match error.find_root() {
            DataFusionError::SQL(..) => QueryRefused::NotSql { message: not_sql(&error) },
            DataFusionError::SchemaError(error, _) => match error.as_ref() {
                SchemaError::FieldNotFound { field, valid_fields } => {
                    let mut known: Vec<String> = valid_fields.iter().map(|field| field.name.clone()).collect();
                    known.sort();
                    known.dedup();
                    let name = field.name.clone();
                    QueryRefused::UnknownColumn { nearest: nearest(&name, &known), name, known }
                }
                error => QueryRefused::Failed { message: error.to_string() },
            },
            DataFusionError::ResourcesExhausted(message) => QueryRefused::TooMuchMemory { message: message.clone() },
            error => QueryRefused::Failed { message: error.message().into_owned() },
        }
    }
}

/// What the parser says, without its own name in front.
pub(crate) fn not_sql(error: &DataFusionError) -> String {
    let said = match error.find_root() {
        DataFusionError::SQL(error, _) => error.to_string(),
        other => other.message().into_owned(),
    };
    said.trim_start_matches("sql parser error: ").to_owned()
}

/// The known name that fewest keystrokes turn into `name`, if that is fewer than half of it.
fn nearest(name: &str, known: &[String]) -> Option<String> {
    let distances = known.iter().map(|other| (distance(&name.to_lowercase(), other), other));
    let (distance, other) = distances.min()?;
    (distance * 2 < name.chars().count().max(2)).then(|| other.clone())
}

/// Insertions, deletions and replacements between two names.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, left) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, right) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        let known = ["loans", "loan_states", "repayments"].map(str::to_owned);
        let check = |name, expect: Option<&str>| assert_eq!(nearest(name, &known).as_deref(), expect, "{name}");
        check("loan_state", Some("loan_states"));
        check("Loans", Some("loans"));
        check("repayment", Some("repayments"));
        check("weather", None);
    }
}
