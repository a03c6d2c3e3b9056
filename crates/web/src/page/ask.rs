//! What an address asks of the book: filters, sort, columns, page; and the same again with one word changed.

use crate::extract::refusal;
use crate::page::frame::Frame;
use crate::page::view::Choice;
use crate::page::visitor::Fields;
use crate::problem::Reply;
use app::book::Book;
use app::loan_filter::{LoanFilter, Moved, Way};
use app::table::Cell;
use loan::LoanStatus;
use report::{Dimension, Ladder, Metric};
use std::ops::Deref;
use units::Date;

/// The words after the question mark (地址条件), in their order.
#[derive(Clone, Debug, Default)]
pub struct Ask(pub Fields);

/// Words that say how a list is shown and not what is in it.
const SHOWING: [&str; 9] = ["sort", "col", "page", "size", "cut", "ladder", "before", "show", "days"];

/// The empty label in an address, where an empty word would be no filter at all.
const NOT_RECORDED: &str = "-";

/// A label as it stands in an address.
pub fn addressed(label: &str) -> &str {
    if label.is_empty() { NOT_RECORDED } else { label }
}

/// `M1` of `M1 (1–30 days)`, `D` of `D: M2 and worse`: what stands before the explanation, in either language.
pub fn short(label: &str) -> &str {
    let end = label.find(['(', ':', '\u{ff08}', '\u{ff1a}']).unwrap_or(label.len());
    label[..end].trim_end()
}

impl Deref for Ask {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl Ask {
    /// Without the fields a form left empty.
    pub fn of(pairs: Vec<(String, String)>) -> Ask {
        Ask(Fields(pairs.into_iter().map(|(name, value)| (name, value.trim().to_owned())).filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// The same with words set anew; an empty one is taken out.
    pub fn with(&self, changed: &[(&str, &str)]) -> Ask {
        let kept = self.pairs().filter(|(name, _)| !changed.iter().any(|(known, _)| known == name)).cloned();
        let set = changed.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ask(Fields(kept.chain(set).collect()))
    }

    /// Only what says which loans.
    pub fn filters(&self) -> Ask {
        Ask(Fields(self.pairs().filter(|(name, _)| !SHOWING.contains(&name.as_str())).cloned().collect()))
    }

    pub fn query(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs().map(|(name, value)| (name, value))).finish()
    }

    pub fn at(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Which loans; `usual` is the status where none is named and `all` lets every one through.
    pub fn filter(&self, usual: Option<LoanStatus>) -> Reply<LoanFilter> {
        let mut filter = LoanFilter {
            status: match self.get("status") {
                "" => usual,
                "all" => None,
                _ => self.read_as("status", LoanStatus::from_code)?,
            },
            days_from: self.read_as("dpd_from", |text| text.parse().ok())?,
            days_to: self.read_as("dpd_to", |text| text.parse().ok())?,
            find: Some(self.get("q").to_owned()).filter(|wanted| !wanted.is_empty()),
            metric: self.read_as("metric", Metric::find)?,
            moved: self.moved()?,
            ..LoanFilter::default()
        };
        for &dimension in Dimension::ALL {
            if dimension != Dimension::All && !self.get(dimension.code()).is_empty() {
                let label = Some(self.get(dimension.code())).filter(|label| *label != NOT_RECORDED);
                filter.cuts.insert(dimension, label.unwrap_or_default().to_owned());
            }
        }
        Ok(filter)
    }

    fn moved(&self) -> Reply<Option<Moved>> {
        let since = self.read_as("since", |text| Date::parse(text).ok())?;
        let ladder = self.read_as("of", Ladder::from_code)?.unwrap_or(Ladder::Bucket);
        let word = |name: &str| Some(self.get(name).to_owned()).filter(|word| !word.is_empty());
        let way = match self.get("moved") {
            "any" => Way::Any,
            "better" => Way::Better,
            "worse" => Way::Worse,
            "" if word("from").is_some() || word("to").is_some() => Way::Cell(word("from"), word("to")),
            "" => return Ok(None),
            other => return Err(refusal("E-WB-09", &[("field", "moved"), ("value", other)])),
        };
        Ok(Some(Moved { ladder, since, way }))
    }
}

/// The set of the glossary that holds a dimension's codes; empty where labels are the lender's own.
pub fn set_of(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::CustomerKind => "customer_kind",
        Dimension::Scale => "customer_scale",
        Dimension::Class => "customer_class",
        Dimension::Protection => "protection",
        Dimension::Method => "repayment_method",
        Dimension::Grade => "grade",
        Dimension::Bucket => "bucket",
        Dimension::Industry => "industry",
        Dimension::Product => "product",
        Dimension::Region => "region",
        _ => "",
    }
}

/// A dimension's label as people say it: names for branches and officers, words for codes.
pub fn said(frame: &Frame, book: &Book, dimension: Dimension, label: &str) -> String {
    let named = |name: Option<&String>| name.map_or_else(|| label.to_owned(), |name| format!("{name} {label}"));
    match dimension {
        _ if label.is_empty() || label == NOT_RECORDED => frame.word("figure.not_recorded").to_owned(),
        Dimension::Branch => named(book.branches.get(label)),
        Dimension::Officer => named(book.officers.get(label)),
        other => frame.named(set_of(other), label),
    }
}

/// A cell of a loan in words.
pub fn cell(frame: &Frame, book: &Book, column: &str, cell: &Cell) -> String {
    let Cell::Text(text) = cell else { return cell.for_people() };
    match column {
        "loan_id" | "customer_id" => text.clone(),
        _ if text.is_empty() => String::new(),
        "branch_id" => book.branches.get(text).unwrap_or(text).clone(),
        "officer_id" => book.officers.get(text).unwrap_or(text).clone(),
        "status" => frame.named("loan_status", text),
        other => Dimension::from_code(other).map_or_else(|| text.clone(), |dimension| frame.named(set_of(dimension), text)),
    }
}

/// A filter that is offered as a list.
pub struct Choices {
    pub name: &'static str,
    pub title: String,
    pub choices: Vec<Choice>,
}

/// A filter that holds, with the address without it.
pub struct Chip {
    pub text: String,
    pub without: String,
}

/// The filters of a page (筛选栏): what may be chosen, what holds.
pub struct FilterView {
    pub lists: Vec<Choices>,
    pub chips: Vec<Chip>,
    pub status: Vec<Choice>,
    pub days_from: String,
    pub days_to: String,
    pub find: String,
    /// How the list is shown, kept while what is in it changes.
    pub kept: Vec<(String, String)>,
    pub clear: String,
}

/// Filters offered, in their order; what is chosen beside stays as a chip.
const OFFERED: [Dimension; 10] = [
    Dimension::Branch, Dimension::Product, Dimension::Bucket, Dimension::Grade, Dimension::Class, Dimension::CustomerKind,
    Dimension::Scale, Dimension::Industry, Dimension::Region, Dimension::Protection,
];

/// Words of the address that are filters without a list of their own.
const SPOKEN: [&str; 8] = ["status", "dpd_from", "dpd_to", "q", "metric", "moved", "from", "to"];

impl FilterView {
    pub fn of(frame: &Frame, book: &Book, ask: &Ask, path: &str) -> FilterView {
        let list = |&dimension: &Dimension| Choices {
            name: dimension.code(),
            title: frame.named("dimension", dimension.code()),
            choices: choices(frame, book, dimension, ask.get(dimension.code())),
        };
        let status = |code: &str| Choice {
            code: code.to_owned(),
            label: if code == "all" { frame.word("figure.any_status").to_owned() } else { frame.named("loan_status", code) },
            chosen: ask.get("status") == code,
        };
        FilterView {
            lists: OFFERED.iter().map(list).collect(),
            chips: chips(frame, book, ask, path),
            status: ["active", "settled", "written_off", "transferred", "all"].into_iter().map(status).collect(),
            days_from: ask.get("dpd_from").to_owned(),
            days_to: ask.get("dpd_to").to_owned(),
            find: ask.get("q").to_owned(),
            kept: ask.pairs().filter(|(name, _)| !is_typed(name)).cloned().collect(),
            clear: Ask(Fields(ask.pairs().filter(|(name, _)| SHOWING.contains(&name.as_str()) && name != "page").cloned().collect())).at(path),
        }
    }
}

/// Whether a word of the address has a field of its own in the filters; a list begins anew with its first page.
fn is_typed(name: &str) -> bool {
    let listed = Dimension::from_code(name).is_some_and(|dimension| OFFERED.contains(&dimension));
    listed || ["q", "dpd_from", "dpd_to", "status", "page"].contains(&name)
}

fn choices(frame: &Frame, book: &Book, dimension: Dimension, chosen: &str) -> Vec<Choice> {
    let labels = book.labels(dimension);
    let choice = |label: &str| Choice { code: label.to_owned(), label: said(frame, book, dimension, label), chosen: label == chosen };
    let mut choices: Vec<Choice> = labels.iter().copied().filter(|label| !label.is_empty()).map(choice).collect();
    if dimension == Dimension::Branch {
        // Branches above those that lend stand for all below them.
        let above = book.branches.keys().filter(|branch| !labels.contains(&branch.as_str()));
        choices.extend(above.map(|branch| choice(branch)));
    }
    if set_of(dimension).is_empty() || dimension == Dimension::Product {
        choices.sort_by(|a, b| a.code.cmp(&b.code));
    }
    choices
}

fn chips(frame: &Frame, book: &Book, ask: &Ask, path: &str) -> Vec<Chip> {
    let mut chips = Vec::new();
    for (name, value) in ask.pairs() {
        let text = match Dimension::from_code(name) {
            Some(dimension) => format!("{}: {}", frame.named("dimension", name), said(frame, book, dimension, value)),
            None if SPOKEN.contains(&name.as_str()) => spoken(frame, ask, name, value),
            None => continue,
        };
        let gone: Vec<(&str, &str)> = match name.as_str() {
            "moved" | "from" | "to" => ["moved", "from", "to", "since", "of"].into_iter().map(|word| (word, "")).collect(),
            other => vec![(other, "")],
        };
        chips.push(Chip { text, without: ask.with(&[&gone[..], &[("page", "")]].concat()).at(path) });
    }
    chips
}

fn spoken(frame: &Frame, ask: &Ask, name: &str, value: &str) -> String {
    let state = |code: &str| {
        let ladder = if ask.get("of").is_empty() { "bucket" } else { ask.get("of") };
        state_word(frame, ladder, code)
    };
    let since = match ask.get("since") {
        "" => String::new(),
        since => format!(" ({} {since})", frame.word("figure.since")),
    };
    match name {
        "status" if value == "all" => frame.word("figure.any_status").to_owned(),
        "status" => frame.named("loan_status", value),
        "dpd_from" => format!("{} ≥ {value}", frame.word("column.days_past_due")),
        "dpd_to" => format!("{} ≤ {value}", frame.word("column.days_past_due")),
        "q" => format!("{} {value}", frame.word("figure.find")),
        "metric" => format!("{} · {}", frame.named("metric", value), frame.word("column.numerator")),
        "moved" if value == "better" => format!("{}{since}", frame.word("figure.better")),
        "moved" if value == "worse" => format!("{}{since}", frame.word("figure.worse")),
        "moved" => format!("{}{since}", frame.word("figure.moved")),
        "from" => format!("{} {}{since}", frame.word("column.from"), state(value)),
        _ => format!("{} {}{since}", frame.word("column.to"), state(value)),
    }
}

/// A row or column of a migration matrix in words.
pub fn state_word(frame: &Frame, ladder: &str, code: &str) -> String {
    match code {
        "new" => frame.word("figure.new").to_owned(),
        "settled" | "written_off" | "transferred" | "missing" => frame.named("exit", code),
        _ => frame.named(ladder, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str) -> Ask {
        Ask::of(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    #[test]
    fn an_address_says_which_loans() {
        let check = |query: &str, expect: &str| {
            let told = match ask(query).filter(Some(LoanStatus::Active)) {
                Ok(filter) => {
                    let cuts: Vec<String> = filter.cuts.iter().map(|(dimension, label)| format!("{}={label}", dimension.code())).collect();
                    format!("{} {:?} {:?} {:?} {}", cuts.join(","), filter.status.map(|status| status.code()), filter.days_from, filter.metric.map(|metric| metric.code), filter.moved.is_some())
                }
                Err(_) => "refused".to_owned(),
            };
            assert_eq!(told, expect, "{query}");
        };
        check("", " Some(\"active\") None None false");
        check("branch=B1&bucket=M2&dpd_from=31&size=50", "branch=B1,bucket=M2 Some(\"active\") Some(31) None false");
        check("status=all&metric=npl_ratio", " None None Some(\"npl_ratio\") false");
        check("industry=-", "industry= Some(\"active\") None None false");
        check("branch=&dpd_from=+", " Some(\"active\") None None false");
        check("since=2026-10-31&of=grade&from=pass&to=loss", " Some(\"active\") None None true");
        check("since=2026-10-31", " Some(\"active\") None None false");
        check("dpd_from=many", "refused");
        check("status=gone", "refused");
        check("moved=sideways", "refused");
    }

    #[test]
    fn a_label_is_shortened_in_either_language() {
        let check = |label: &str, expect: &str| assert_eq!(short(label), expect);
        check("M1 (1-30 days)", "M1");
        check("M1\u{ff08}1", "M1");
        check("D: M2 and worse", "D");
        check("pass", "pass");
    }

    #[test]
    fn one_word_of_an_address_is_changed() {
        let check = |changed: &[(&str, &str)], expect: &str| assert_eq!(ask("branch=B1&page=3&col=a&col=b").with(changed).at("/loans"), expect);
        check(&[("page", "4")], "/loans?branch=B1&col=a&col=b&page=4");
        check(&[("branch", ""), ("page", "")], "/loans?col=a&col=b");
        check(&[("col", "c")], "/loans?branch=B1&page=3&col=c");
    }
}
