//! One question put to every rule, at the moment asked about and at later ones.

use super::answer::{Allowed, CounterLeft, Finding};
use super::question::{Circumstance, DocumentKind, History, Question};
use super::refusal::ContactRefusal;
use super::rules::{ContactRules, CountedPer, Counter, SaidBy, Stop, Who, names};
use super::unreachable::{reached_at, start_of_day, unreachable_from};
use crate::contact::{Channel, Contact};
use policy::RuleRef;
use units::Moment;

const DAY: i64 = 86_400;

/// A rule that refuses, and a moment before which it surely goes on to; `None`: for ever.
pub(super) struct Found {
    pub finding: Finding,
    pub lifts_at: Option<Moment>,
}

/// When the last of them lifts at the earliest; `None` if one never does.
pub(super) fn all_lifted_at(found: &[Found]) -> Option<Moment> {
    found.iter().map(|found| found.lifts_at).reduce(later).flatten()
}

/// The later of two, where `None` is never.
fn later(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    Some(one?.max(other?))
}

/// The earlier of two, where `None` is never.
fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    one.into_iter().chain(other).min()
}

/// What the documents say of a moment.
enum OnFile {
    InForce,
    /// None is; the next begins then, if there is one.
    From(Option<Moment>),
}

/// A question with what holds at whatever moment it is asked.
pub(super) struct Asked<'a> {
    rules: &'a ContactRules,
    question: &'a Question<'a>,
    history: &'a History<'a>,
    /// Known only where the rule on the person asks for it.
    unreachable_from: Option<Moment>,
}

impl<'a> Asked<'a> {
    pub fn new(rules: &'a ContactRules, question: &'a Question, history: &'a History) -> Asked<'a> {
        let (_, who) = rules.who(question.relation, question.purpose);
        let unreachable_from = who.while_unreachable.then(|| unreachable_from(&rules.unreachable, history)).flatten();
        Asked { rules, question, history, unreachable_from }
    }

    /// Every rule that refuses at a moment, the gravest first: as refusals and what they name are declared, so
    /// that no order of rules in a pack decides.
    pub fn findings(&self, at: Moment) -> Vec<Found> {
        let mut found = Vec::new();
        let mut refuse = |rule: RuleRef, refusal, lifts_at: Option<Moment>| {
            assert!(lifts_at.is_none_or(|lifts_at| lifts_at > at), "a rule that refuses lifts later");
            found.push(Found { finding: Finding { refusal, rule }, lifts_at });
        };
        for (rule, stop) in &self.rules.stops {
            if let Some((refusal, lifts_at)) = self.stopped(stop, at) {
                refuse(*rule, refusal, lifts_at);
            }
        }
        let (rule, _) = *self.who_rule();
        if let Some((refusal, lifts_at)) = self.not_the_person(at) {
            refuse(rule, refusal, lifts_at);
        }
        if let Some((rule, visit)) = &self.rules.visit
            && self.question.channel == Channel::Visit
            && !(visit.people_at_least..=visit.people_at_most).contains(&self.question.people)
        {
            let (people, at_least, at_most) = (self.question.people, visit.people_at_least, visit.people_at_most);
            refuse(*rule, ContactRefusal::WrongNumberOfPeople { people, at_least, at_most }, None);
        }
        if let Some(opens_at) = self.closed_until(at) {
            let hours = self.rules.hours.1.hours();
            let refusal = ContactRefusal::OutsideHours { opens: hours.opens, closes: hours.closes };
            refuse(self.rules.hours.0, refusal, Some(opens_at));
        }
        for (rule, counter) in self.binding_counters() {
            if let Some((refusal, lifts_at)) = self.full(counter, at) {
                refuse(*rule, refusal, lifts_at);
            }
        }
        found.sort_by_key(|found| found.finding.refusal);
        found
    }

    /// The first moment from `lifts_at` on that no rule refuses. No rule lifts earlier than it says, so nothing
    /// is skipped; every step passes the end of a contact's days, of a circumstance or of a closed night.
    pub fn next_slot(&self, mut lifts_at: Option<Moment>) -> Option<Moment> {
        loop {
            let at = lifts_at?;
            let found = self.findings(at);
            if found.is_empty() {
                return Some(at);
            }
            lifts_at = all_lifted_at(&found);
        }
    }

    pub fn allowed(&self) -> Allowed {
        let (rule, who) = self.who_rule();
        let is_known = self.history.contacts.iter().any(|contact| {
            contact.person_id == self.question.person_id && !contact.result.is_unanswered()
        });
        let first_limits = if is_known { &[] } else { who.first_limits.as_slice() };
        let left = |(rule, counter): &(RuleRef, Counter)| CounterLeft {
            rule: *rule,
            used: self.counted(counter, self.question.at).count() as u32,
            at_most: counter.at_most,
        };
        Allowed {
            rule: *rule,
            limits: first_limits.iter().chain(&who.limits).copied().collect(),
            counters: self.binding_counters().map(left).collect(),
        }
    }

    fn who_rule(&self) -> &'a (RuleRef, Who) {
        self.rules.who(self.question.relation, self.question.purpose)
    }

    fn stopped(&self, stop: &Stop, at: Moment) -> Option<(ContactRefusal, Option<Moment>)> {
        let Question { relation, purpose, contact_point, .. } = *self.question;
        if !names(&stop.relations, relation) || !names(&stop.purposes, purpose) {
            return None;
        }
        let manner = stop.manners.iter().copied().find(|&manner| self.question.is_done(manner));
        let is_from_such = names(&stop.sources, contact_point.source);
        if !is_from_such || (manner.is_none() && !stop.manners.is_empty()) {
            return None;
        }
        let result = self.said(stop);
        if result.is_none() && !stop.results.is_empty() {
            return None;
        }
        let holding = || self.history.circumstances.iter().filter(|one| self.concerns(one, stop, at));
        let circumstance = holding().next();
        if circumstance.is_none() && !stop.circumstances.is_empty() {
            return None;
        }
        let OnFile::From(permitted_from) = self.on_file(&stop.unless, None, at) else { return None };
        let refusal = if let Some(circumstance) = circumstance {
            ContactRefusal::Stopped { circumstance: circumstance.kind, since: circumstance.from }
        } else if let Some(contact) = result {
            ContactRefusal::StoppedByResult { result: contact.result, said_at: contact.at }
        } else if !stop.sources.is_empty() {
            ContactRefusal::PointWithoutSource { source: contact_point.source }
        } else if let Some(&document) = stop.unless.first() {
            ContactRefusal::DocumentMissing { document }
        } else {
            ContactRefusal::MannerForbidden { manner: manner? }
        };
        let ends = holding().map(|one| one.until).reduce(later).flatten();
        Some((refusal, earlier(ends, permitted_from)))
    }

    fn concerns(&self, one: &Circumstance, stop: &Stop, at: Moment) -> bool {
        stop.circumstances.contains(&one.kind) && holds(one, at) && self.is_about_this(one)
    }

    fn is_about_this(&self, one: &Circumstance) -> bool {
        one.person_id.as_ref().is_none_or(|person| person == self.question.person_id)
            && one.channel.is_none_or(|channel| channel == self.question.channel)
    }

    /// The earlier contact that forbids this one, as [`SaidBy`] says.
    fn said(&self, stop: &Stop) -> Option<&'a Contact> {
        let mut said = self.history.contacts.iter().filter(|contact| stop.results.contains(&contact.result));
        match stop.said_by {
            SaidBy::Person => said.find(|contact| contact.person_id == self.question.person_id),
            SaidBy::Anybody => {
                let last = said.next_back()?;
                reached_at(self.history).is_none_or(|reached_at| reached_at <= last.at).then_some(last)
            }
            SaidBy::ContactPoint => {
                let there = |contact: &&Contact| contact.contact_point == self.question.contact_point.key;
                let telling = |contact: &&Contact| {
                    stop.results.contains(&contact.result) || contact.result.is_right_party()
                };
                let last = self.history.contacts.iter().rev().filter(there).find(telling)?;
                stop.results.contains(&last.result).then_some(last)
            }
        }
    }

    fn not_the_person(&self, at: Moment) -> Option<(ContactRefusal, Option<Moment>)> {
        let Question { relation, purpose, .. } = *self.question;
        let (_, who) = self.who_rule();
        if who.forbidden {
            return Some((ContactRefusal::PersonNotForPurpose { relation, purpose }, None));
        }
        if who.while_unreachable || !who.while_circumstances.is_empty() {
            // The debtor's: a guarantor's death is no reason to ask others for the debtor.
            let such = |one: &&Circumstance| {
                let concerns_debtor = one.person_id.as_ref().is_none_or(|person| person == self.question.customer_id);
                concerns_debtor && who.while_circumstances.contains(&one.kind)
            };
            let circumstances = || self.history.circumstances.iter().filter(such);
            let is_unreachable = self.unreachable_from.is_some_and(|from| from <= at);
            if !is_unreachable && !circumstances().any(|one| holds(one, at)) {
                let begins = circumstances().filter(|one| one.from > at && !is_empty(one)).map(|one| one.from).min();
                let refusal = ContactRefusal::DebtorNotUnreachable { reached_at: reached_at(self.history) };
                return Some((refusal, earlier(self.unreachable_from, begins)));
            }
        }
        who.needs.iter().find_map(|&document| match self.on_file(&[document], None, at) {
            OnFile::InForce => None,
            OnFile::From(from) => Some((ContactRefusal::DocumentMissing { document }, from)),
        })
    }

    /// Whether any document of these kinds is in force, each for at most so many days.
    fn on_file(&self, kinds: &[DocumentKind], most_days: Option<u32>, at: Moment) -> OnFile {
        let mut next = None;
        for one in self.question.documents.iter().filter(|one| kinds.contains(&one.kind)) {
            let days_end = most_days.map(|days| one.from.plus_seconds(i64::from(days) * DAY));
            let until = earlier(one.until, days_end);
            if until.is_some_and(|until| until <= at.max(one.from)) {
                continue;
            }
            if one.from <= at {
                return OnFile::InForce;
            }
            next = earlier(next, Some(one.from));
        }
        OnFile::From(next)
    }

    /// When the hours open next, if they are closed.
    fn closed_until(&self, at: Moment) -> Option<Moment> {
        let (_, rule) = &self.rules.hours;
        if !rule.channels.contains(&self.question.channel) {
            return None;
        }
        let today = start_of_day(at);
        // The hours of the rule open within a day, so nothing later can be the first.
        let of_rule = [today, today.plus_seconds(DAY)].map(|day| {
            let hours = rule.hours();
            (day.plus_seconds(hours.opens.seconds()), day.plus_seconds(hours.closes.seconds()))
        });
        let agreed = self.question.documents.iter().filter(|one| rule.unless.contains(&one.kind));
        let by_agreement = agreed.filter_map(|one| Some((one, one.hours?))).flat_map(|(one, hours)| {
            [today, today.plus_seconds(DAY)].map(|day| {
                let closes = day.plus_seconds(hours.closes.seconds());
                let opens = day.plus_seconds(hours.opens.seconds());
                (opens.max(one.from), one.until.map_or(closes, |until| until.min(closes)))
            })
        });
        let opening = of_rule.into_iter().chain(by_agreement).filter(|&(opens, closes)| at < closes && opens < closes);
        opening.map(|(opens, _)| opens).min().filter(|&opens| opens > at)
    }

    fn binding_counters(&self) -> impl Iterator<Item = &'a (RuleRef, Counter)> + '_ {
        let Question { channel, relation, purpose, .. } = *self.question;
        self.rules.counters.iter().filter(move |(_, counter)| counter.binds(channel, relation, purpose))
    }

    /// The contacts a counter has counted at a moment, those of later days within its days as well.
    fn counted(&self, counter: &'a Counter, at: Moment) -> impl Iterator<Item = &'a Contact> + '_ {
        let today = start_of_day(at);
        let is_near = move |contact: &Contact| {
            let seconds = start_of_day(contact.at).seconds_since(today);
            counter.days.is_none_or(|days| seconds.abs() < i64::from(days) * DAY)
        };
        let is_of_these = move |contact: &Contact| match counter.per {
            CountedPer::Debtor => true,
            CountedPer::Person => contact.person_id == self.question.person_id,
            CountedPer::ContactPoint => contact.contact_point == self.question.contact_point.key,
        };
        let made = self.history.contacts.iter().filter(move |contact| is_near(contact) && counter.counts(contact));
        let under_way = self.history.under_way.iter();
        let under_way = under_way.filter(move |contact| is_near(contact) && counter.may_count(contact));
        made.chain(under_way).filter(move |contact| is_of_these(contact))
    }

    fn full(&self, counter: &'a Counter, at: Moment) -> Option<(ContactRefusal, Option<Moment>)> {
        let used = self.counted(counter, at).count();
        let spare = counter.at_most as usize;
        if used < spare {
            return None;
        }
        let OnFile::From(permitted_from) = self.on_file(&counter.unless, counter.unless_days, at) else { return None };
        let mut days: Vec<Moment> = self.counted(counter, at).map(|contact| start_of_day(contact.at)).collect();
        days.sort_unstable();
        // So many must have left the days counted; they leave in the order they were made.
        let lifts_at = counter.days.map(|length| days[used - spare].plus_seconds(i64::from(length) * DAY));
        let refusal = ContactRefusal::CounterFull { used: used as u32, at_most: counter.at_most, days: counter.days };
        Some((refusal, earlier(lifts_at, permitted_from)))
    }
}

fn holds(one: &Circumstance, at: Moment) -> bool {
    one.from <= at && one.until.is_none_or(|until| at < until)
}

fn is_empty(one: &Circumstance) -> bool {
    one.until.is_some_and(|until| until <= one.from)
}
