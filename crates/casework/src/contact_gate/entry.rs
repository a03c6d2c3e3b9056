//! What may be put on somebody's file about contact: what restricts at once, what permits on proof and for a time, what a
//! number or address must look like.

use super::question::{Circumstance, CircumstanceKind, Document, DocumentKind, Hours, TimeOfDay};
use super::rules::{ContactRules, names};
use crate::contact::{Channel, Contact, ContactResult, Relation};
use units::{Moment, coded};

const DAY: i64 = 86_400;

coded! {
    /// What proves that something was permitted (依据形式).
    Proof {
        /// Said in a recorded contact with this very person (联系记录).
        Contact = "contact",
        /// On paper, filed under a reference, by somebody who does not work the case alone (书面材料).
        Paper = "paper",
    }
}

units::serde_by_code!(Proof);

/// A document somebody wants on file (拟登记依据).
#[derive(Clone, Copy, Debug)]
pub struct DocumentDraft<'a> {
    pub document_id: &'a str,
    pub kind: DocumentKind,
    /// Whose file it is.
    pub person_id: &'a str,
    pub relation: Relation,
    /// Now when absent.
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub hours: Option<Hours>,
    /// In which it was said.
    pub contact: Option<&'a Contact>,
    /// Under which the paper is filed; empty when there is none.
    pub reference: &'a str,
}

/// A kind of document that somebody's file may take, and what it takes (可登记依据).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    pub kind: DocumentKind,
    pub proof: Proof,
    /// Days from when it was agreed; `None` when it may be for good.
    pub most_days: Option<u32>,
}

/// Why something is not put on file, or not ended, in order of precedence (登记拒绝原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryRefused {
    /// It follows from what is done elsewhere: a plan, an objection, a placement.
    CircumstanceNotEntered { kind: CircumstanceKind },
    DocumentNotEntered { kind: DocumentKind },
    /// No rule of the pack asks for it of somebody of this relation: it would change nothing.
    CircumstanceWithoutRule { kind: CircumstanceKind, relation: Relation },
    DocumentWithoutRule { kind: DocumentKind, relation: Relation },
    /// Opting out is out of one channel; everything else is not of a channel.
    ChannelWrong { kind: CircumstanceKind },
    ProofMissing { kind: DocumentKind, proof: Proof },
    /// The contact was with somebody else, or the person was not spoken with, or it lies ahead.
    ContactProvesNothing { result: ContactResult, at: Moment },
    /// Agreed hours have hours that open before they close; nothing else has any.
    HoursWrong { kind: DocumentKind },
    /// They lie within the hours in which contact is made anyway.
    HoursPermitNothing { hours: Hours, opens: TimeOfDay, closes: TimeOfDay },
    /// Its end is missing, or later than it may be.
    TooLong { kind: DocumentKind, latest: Moment, days: u32 },
    /// It begins before it is recorded, or ends before it begins.
    PeriodEmpty { from: Moment, until: Option<Moment> },
    AlreadyOnFile { since: Moment },
    AlreadyOver { at: Moment },
    /// No telephone number, or no address.
    ValueWrong,
    /// The person has the number or address already.
    PointOnFile { place: usize },
}

impl EntryRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            EntryRefused::CircumstanceNotEntered { .. } => "E-CE-01",
            EntryRefused::DocumentNotEntered { .. } => "E-CE-02",
            EntryRefused::CircumstanceWithoutRule { .. } => "E-CE-03",
            EntryRefused::DocumentWithoutRule { .. } => "E-CE-04",
            EntryRefused::ChannelWrong { .. } => "E-CE-05",
            EntryRefused::ProofMissing { .. } => "E-CE-06",
            EntryRefused::ContactProvesNothing { .. } => "E-CE-07",
            EntryRefused::HoursWrong { .. } => "E-CE-08",
            EntryRefused::HoursPermitNothing { .. } => "E-CE-09",
            EntryRefused::TooLong { .. } => "E-CE-10",
            EntryRefused::PeriodEmpty { .. } => "E-CE-11",
            EntryRefused::AlreadyOnFile { .. } => "E-CE-12",
            EntryRefused::AlreadyOver { .. } => "E-CE-13",
            EntryRefused::ValueWrong => "E-CE-14",
            EntryRefused::PointOnFile { .. } => "E-CE-15",
        }
    }

    /// The facts under the names the message has for them; never a number or an address.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let circumstance = |kind: CircumstanceKind| ("circumstance", format!("circumstance_kind.{}", kind.code()));
        let document = |kind: DocumentKind| ("document", format!("document_kind.{}", kind.code()));
        let relation = |relation: Relation| ("relation", format!("relation.{}", relation.code()));
        match *self {
            EntryRefused::CircumstanceNotEntered { kind } | EntryRefused::ChannelWrong { kind } => vec![circumstance(kind)],
            EntryRefused::DocumentNotEntered { kind } | EntryRefused::HoursWrong { kind } => vec![document(kind)],
            EntryRefused::CircumstanceWithoutRule { kind, relation: of } => vec![circumstance(kind), relation(of)],
            EntryRefused::DocumentWithoutRule { kind, relation: of } => vec![document(kind), relation(of)],
            EntryRefused::ProofMissing { kind, proof } => vec![document(kind), ("proof", format!("proof.{}", proof.code()))],
            EntryRefused::ContactProvesNothing { result, at } => {
                vec![("result", format!("contact_result.{}", result.code())), ("at", at.to_string())]
            }
            EntryRefused::HoursPermitNothing { hours, opens, closes } => vec![
                ("from", hours.opens.to_string()),
                ("until", hours.closes.to_string()),
                ("opens", opens.to_string()),
                ("closes", closes.to_string()),
            ],
            EntryRefused::TooLong { kind, latest, days } => {
                vec![document(kind), ("latest", latest.to_string()), ("days", days.to_string())]
            }
            EntryRefused::PeriodEmpty { from, until } => {
                vec![("from", from.to_string()), ("until", until.map_or_else(|| "-".to_owned(), |until| until.to_string()))]
            }
            EntryRefused::AlreadyOnFile { since: at } | EntryRefused::AlreadyOver { at } => vec![("at", at.to_string())],
            EntryRefused::ValueWrong => Vec::new(),
            EntryRefused::PointOnFile { place } => vec![("place", (place + 1).to_string())],
        }
    }
}

impl CircumstanceKind {
    /// Whether people say so; the others follow from the case.
    const fn is_entered(self) -> bool {
        use CircumstanceKind::*;
        !matches!(self, HardshipPlan | ObjectionUnderReview | ComplaintOpen)
    }
}

impl ContactRules {
    /// What may be said of somebody of this relation that restricts contact: what some rule asks for.
    pub fn circumstances_of(&self, relation: Relation) -> Vec<CircumstanceKind> {
        let all = CircumstanceKind::ALL.iter().copied();
        all.filter(|&kind| kind.is_entered() && self.heeds_circumstance(kind, relation)).collect()
    }

    /// What may be put on file of somebody of this relation that permits contact: what some rule asks for.
    pub fn permits_of(&self, relation: Relation) -> Vec<Permit> {
        let all = DocumentKind::ALL.iter().filter(|&&kind| self.heeds_document(kind, relation));
        all.filter_map(|&kind| self.permit(kind)).collect()
    }

    /// How a kind of document comes on file; `None` when nobody enters it.
    pub fn permit(&self, kind: DocumentKind) -> Option<Permit> {
        let (_, rule) = self.documents.iter().find(|(_, rule)| rule.documents.contains(&kind))?;
        Some(Permit { kind, proof: rule.proof, most_days: rule.most_days })
    }

    fn heeds_circumstance(&self, kind: CircumstanceKind, relation: Relation) -> bool {
        let stops = self.stops.iter().any(|(_, stop)| stop.circumstances.contains(&kind) && names(&stop.relations, relation));
        let opens = self.who.iter().any(|(_, who)| who.while_circumstances.contains(&kind));
        stops || (opens && relation == Relation::Debtor)
    }

    fn heeds_document(&self, kind: DocumentKind, relation: Relation) -> bool {
        let lifts = self.stops.iter().any(|(_, stop)| stop.unless.contains(&kind) && names(&stop.relations, relation));
        let counts = self.counters.iter().any(|(_, counter)| counter.unless.contains(&kind) && counter.is_of(relation));
        lifts || counts || self.hours.1.unless.contains(&kind) || self.who.iter().any(|(_, who)| who.asks_for(kind, relation))
    }

    /// What restricts, on the file of one person from this moment on until somebody ends it.
    pub fn circumstance_enter(
        &self,
        kind: CircumstanceKind,
        (person_id, relation): (&str, Relation),
        channel: Option<Channel>,
        held: &[&Circumstance],
        now: Moment,
    ) -> Result<Circumstance, EntryRefused> {
        if !kind.is_entered() {
            return Err(EntryRefused::CircumstanceNotEntered { kind });
        }
        if !self.heeds_circumstance(kind, relation) {
            return Err(EntryRefused::CircumstanceWithoutRule { kind, relation });
        }
        if channel.is_some() != (kind == CircumstanceKind::OptedOut) {
            return Err(EntryRefused::ChannelWrong { kind });
        }
        let is_same = |one: &&&Circumstance| one.kind == kind && one.channel == channel && one.until.is_none_or(|until| now < until);
        match held.iter().find(is_same) {
            Some(same) => Err(EntryRefused::AlreadyOnFile { since: same.from }),
            None => Ok(Circumstance { kind, person_id: Some(person_id.to_owned()), channel, from: now, until: None }),
        }
    }

    /// What permits, on the file of one person for as long as was agreed; never from before it was recorded.
    pub fn document_enter(&self, draft: &DocumentDraft, held: &[&Document], now: Moment) -> Result<Document, EntryRefused> {
        let DocumentDraft { kind, relation, until, hours, .. } = *draft;
        let permit = self.permit(kind).ok_or(EntryRefused::DocumentNotEntered { kind })?;
        if !self.heeds_document(kind, relation) {
            return Err(EntryRefused::DocumentWithoutRule { kind, relation });
        }
        let from = draft.from.unwrap_or(now);
        let agreed_at = proved_at(&permit, draft, now)?.unwrap_or(from);
        self.check_hours(kind, hours)?;
        if from < now || until.is_some_and(|until| until <= from) {
            return Err(EntryRefused::PeriodEmpty { from, until });
        }
        if let Some(days) = permit.most_days {
            let latest = agreed_at.plus_seconds(i64::from(days) * DAY);
            if until.is_none_or(|until| until > latest) {
                return Err(EntryRefused::TooLong { kind, latest, days });
            }
        }
        let covers = |one: &&&Document| {
            let lasts = one.until.is_none_or(|end| until.is_some_and(|until| until <= end));
            one.kind == kind && one.hours == hours && one.from <= from && lasts
        };
        match held.iter().find(covers) {
            Some(same) => Err(EntryRefused::AlreadyOnFile { since: same.from }),
            None => Ok(Document { document_id: draft.document_id.to_owned(), kind, from, until, hours }),
        }
    }

    fn check_hours(&self, kind: DocumentKind, hours: Option<Hours>) -> Result<(), EntryRefused> {
        let is_agreed = kind == DocumentKind::AgreedHours;
        let Some(hours) = hours else {
            return if is_agreed { Err(EntryRefused::HoursWrong { kind }) } else { Ok(()) };
        };
        if !is_agreed || hours.opens >= hours.closes {
            return Err(EntryRefused::HoursWrong { kind });
        }
        let Hours { opens, closes } = self.hours.1.hours();
        if opens <= hours.opens && hours.closes <= closes {
            return Err(EntryRefused::HoursPermitNothing { hours, opens, closes });
        }
        Ok(())
    }
}

/// When it was agreed, where a contact proves it; the days of what was said run from then.
fn proved_at(permit: &Permit, draft: &DocumentDraft, now: Moment) -> Result<Option<Moment>, EntryRefused> {
    let missing = EntryRefused::ProofMissing { kind: permit.kind, proof: permit.proof };
    match permit.proof {
        Proof::Paper if draft.reference.trim().is_empty() => Err(missing),
        Proof::Paper => Ok(None),
        Proof::Contact => {
            let contact = draft.contact.ok_or(missing)?;
            let proves = contact.person_id == draft.person_id && contact.result.is_right_party() && contact.at <= now;
            let (result, at) = (contact.result, contact.at);
            if proves { Ok(Some(at)) } else { Err(EntryRefused::ContactProvesNothing { result, at }) }
        }
    }
}

/// The end of something on file (终止): at once, and once.
pub fn ended(until: Option<Moment>, now: Moment) -> Result<Moment, EntryRefused> {
    match until {
        Some(at) if at <= now => Err(EntryRefused::AlreadyOver { at }),
        _ => Ok(now),
    }
}

/// Digits of a telephone number: a short service number at least, ITU-T E.164 at most.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// Characters of an address: a street at least, a line of a letter at most.
const ADDRESS: std::ops::RangeInclusive<usize> = 4..=200;

/// A telephone number that is not among those known of the person; numbers are the same when their digits are.
pub fn phone_enter(value: &str, known: &[&str]) -> Result<(), EntryRefused> {
    let is_sound = value.chars().all(|sign| sign.is_ascii_digit() || " +-()".contains(sign)) && DIGITS.contains(&digits(value).count());
    match known.iter().position(|known| digits(known).eq(digits(value))) {
        _ if !is_sound => Err(EntryRefused::ValueWrong),
        Some(place) => Err(EntryRefused::PointOnFile { place }),
        None => Ok(()),
    }
}

/// An address that is not among those known of the person.
pub fn address_enter(value: &str, known: &[&str]) -> Result<(), EntryRefused> {
    let is_sound = ADDRESS.contains(&value.chars().count()) && !value.chars().any(char::is_control);
    match known.iter().position(|known| *known == value) {
        _ if !is_sound => Err(EntryRefused::ValueWrong),
        Some(place) => Err(EntryRefused::PointOnFile { place }),
        None => Ok(()),
    }
}

fn digits(value: &str) -> impl Iterator<Item = char> + '_ {
    value.chars().filter(char::is_ascii_digit)
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
