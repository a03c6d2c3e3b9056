//! Why a contact is refused.

use super::question::{CircumstanceKind, DocumentKind, Manner, PointSource, TimeOfDay};
use crate::contact::{ContactResult, Purpose, Relation};
use units::Moment;

/// Why a contact is refused, in order of precedence (拒绝联系原因): what no waiting and no paper mends first,
/// what the clock mends last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContactRefusal {
    /// A plan is kept, an objection is looked into, the data may not be used, and the like.
    Stopped { circumstance: CircumstanceKind, since: Moment },
    /// What came of an earlier contact forbids another.
    StoppedByResult { result: ContactResult, said_at: Moment },
    /// The number or address was not come by lawfully.
    PointWithoutSource { source: PointSource },
    MannerForbidden { manner: Manner },
    /// Nobody of this relation is contacted for this purpose.
    PersonNotForPurpose { relation: Relation, purpose: Purpose },
    /// Asked for only while the debtor cannot be reached.
    DebtorNotUnreachable { reached_at: Option<Moment> },
    DocumentMissing { document: DocumentKind },
    WrongNumberOfPeople { people: u32, at_least: u32, at_most: u32 },
    OutsideHours { opens: TimeOfDay, closes: TimeOfDay },
    /// `days` counts whole days with the running one; `None`: ever.
    CounterFull { used: u32, at_most: u32, days: Option<u32> },
}

impl ContactRefusal {
    pub const fn code(&self) -> &'static str {
        match self {
            ContactRefusal::Stopped { .. } => "E-CG-01",
            ContactRefusal::StoppedByResult { .. } => "E-CG-02",
            ContactRefusal::PointWithoutSource { .. } => "E-CG-03",
            ContactRefusal::MannerForbidden { .. } => "E-CG-04",
            ContactRefusal::PersonNotForPurpose { .. } => "E-CG-05",
            ContactRefusal::DebtorNotUnreachable { .. } => "E-CG-06",
            ContactRefusal::DocumentMissing { .. } => "E-CG-07",
            ContactRefusal::WrongNumberOfPeople { .. } => "E-CG-08",
            ContactRefusal::OutsideHours { .. } => "E-CG-09",
            ContactRefusal::CounterFull { .. } => "E-CG-10",
        }
    }

    /// The facts under the names the message has for them. A code stands as its place in the glossary,
    /// `circumstance_kind.hardship_plan`, for the edge to put in the reader's language.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let label = |set: &str, code: &str| format!("{set}.{code}");
        match *self {
            ContactRefusal::Stopped { circumstance, since } => {
                vec![("circumstance", label("circumstance_kind", circumstance.code())), ("since", since.to_string())]
            }
            ContactRefusal::StoppedByResult { result, said_at } => {
                vec![("result", label("contact_result", result.code())), ("said_at", said_at.to_string())]
            }
            ContactRefusal::PointWithoutSource { source } => vec![("source", label("point_source", source.code()))],
            ContactRefusal::MannerForbidden { manner } => vec![("manner", label("manner", manner.code()))],
            ContactRefusal::PersonNotForPurpose { relation, purpose } => {
                vec![("relation", label("relation", relation.code())), ("purpose", label("purpose", purpose.code()))]
            }
            ContactRefusal::DebtorNotUnreachable { reached_at } => {
                reached_at.map(|reached_at| ("reached_at", reached_at.to_string())).into_iter().collect()
            }
            ContactRefusal::DocumentMissing { document } => {
                vec![("document", label("document_kind", document.code()))]
            }
            ContactRefusal::WrongNumberOfPeople { people, at_least, at_most } => vec![
                ("people", people.to_string()),
                ("at_least", at_least.to_string()),
                ("at_most", at_most.to_string()),
            ],
            ContactRefusal::OutsideHours { opens, closes } => {
                vec![("opens", opens.to_string()), ("closes", closes.to_string())]
            }
            ContactRefusal::CounterFull { used, at_most, days } => {
                let mut facts = vec![("used", used.to_string()), ("at_most", at_most.to_string())];
                facts.extend(days.map(|days| ("days", days.to_string())));
                facts
            }
        }
    }
}
