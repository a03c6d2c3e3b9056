//! A pack's rules of contact, compiled once and then asked for thousands of contacts.

use super::entry::Proof;
use super::question::{CircumstanceKind, DocumentKind, Hours, Manner, PointSource, TimeOfDay};
use crate::contact::{Channel, Contact, ContactResult, Direction, Purpose, Relation};
use policy::{PackOnDate, PackProblem, Rule, RuleKind, RuleRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use units::coded;

coded! {
    /// What may and must be said in a contact that is allowed (话术边界).
    ScriptLimit {
        /// Name the lender, and the agency (表明身份).
        SayWhoYouAre = "say_who_you_are",
        /// Nothing of the debt, neither that it exists nor how much or how long (不得透露债务信息).
        NoDebtData = "no_debt_data",
        /// Ask how the debtor is reached, or ask to pass a message, and nothing else (仅询问或转告).
        AskOrPassMessage = "ask_or_pass_message",
        /// Ask where the debtor is, and nothing else (仅询问下落).
        AskLocationOnly = "ask_location_only",
        /// Only what paying takes (仅告知还款所需信息).
        PaymentInformationOnly = "payment_information_only",
        /// Say that a debt is being collected (声明催收性质).
        SayCollecting = "say_collecting",
        /// In writing, say how to opt out (告知退订方式).
        OfferOptOut = "offer_opt_out",
    }
}

coded! {
    /// Which contacts a counter counts (计数口径).
    Tally {
        /// Somebody took the call, or a machine's voice was heard (接通).
        Answered = "answered",
        Unanswered = "unanswered",
        /// Rang at the other end, answered or not (拨出).
        Placed = "placed",
        /// The person meant was spoken with (通话).
        Conversation = "conversation",
        Every = "every",
    }
}

coded! {
    /// Whose contacts a counter adds up (计数对象).
    CountedPer {
        /// Everybody's who was contacted about the debt.
        Debtor = "debtor",
        Person = "person",
        ContactPoint = "contact_point",
    }
}

coded! {
    /// Whose results count (结果出自): only the person's own, anybody's, or those at one number.
    SaidBy {
        Person = "person",
        /// Anybody, of the debtor; it no longer holds once the debtor was spoken with.
        Anybody = "anybody",
        /// Whoever was met at the number or address; it no longer holds once the person meant was spoken with there.
        ContactPoint = "contact_point",
    }
}

coded! {
    /// What in the log of attempts shows that a debtor cannot be reached (失联认定方式).
    UnreachableTest {
        /// Every number and address is.
        PointsFailed = "points_failed",
        /// So many attempts one after the other failed.
        AttemptsFailed = "attempts_failed",
        /// On so many days one after the other every attempt failed.
        DaysFailed = "days_failed",
    }
}

coded! {
    /// From when others may be asked (何时可联系).
    Opens {
        AtOnce = "at_once",
        NextDay = "next_day",
    }
}

units::serde_by_code!(ScriptLimit, Tally, CountedPer, SaidBy, UnreachableTest, Opens);

/// Hours in which contact is made; others need an agreement.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HoursRule {
    opens: TimeOfDay,
    closes: TimeOfDay,
    pub channels: Vec<Channel>,
    /// Documents whose own hours open as well.
    #[serde(default)]
    pub unless: Vec<DocumentKind>,
}

impl HoursRule {
    pub fn hours(&self) -> Hours {
        Hours { opens: self.opens, closes: self.closes }
    }
}

/// Refuses when everything it names is the case; an empty list names nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Stop {
    pub circumstances: Vec<CircumstanceKind>,
    pub results: Vec<ContactResult>,
    pub said_by: SaidBy,
    pub sources: Vec<PointSource>,
    pub manners: Vec<Manner>,
    pub relations: Vec<Relation>,
    pub purposes: Vec<Purpose>,
    /// Any of these lifts it.
    pub unless: Vec<DocumentKind>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop {
            circumstances: vec![],
            results: vec![],
            said_by: SaidBy::Person,
            sources: vec![],
            manners: vec![],
            relations: vec![],
            purposes: vec![],
            unless: vec![],
        }
    }
}

/// For whom of which relation a contact of which purpose is made, and what it takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Who {
    relations: Vec<Relation>,
    purposes: Vec<Purpose>,
    #[serde(default)]
    pub forbidden: bool,
    /// Only while the debtor cannot be reached …
    #[serde(default)]
    pub while_unreachable: bool,
    /// … or while one of these holds.
    #[serde(default)]
    pub while_circumstances: Vec<CircumstanceKind>,
    /// Every one of these.
    #[serde(default)]
    pub needs: Vec<DocumentKind>,
    #[serde(default)]
    pub limits: Vec<ScriptLimit>,
    /// Of the first contact with the person as well.
    #[serde(default)]
    pub first_limits: Vec<ScriptLimit>,
}

impl Who {
    /// Whether somebody of this relation needs such a document for anything.
    pub fn asks_for(&self, document: DocumentKind, relation: Relation) -> bool {
        self.needs.contains(&document) && self.relations.contains(&relation)
    }
}

/// How often in how many days.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counter {
    counts: Tally,
    /// Counted, and refused once there are enough.
    channels: Vec<Channel>,
    #[serde(default)]
    relations: Vec<Relation>,
    #[serde(default)]
    purposes: Vec<Purpose>,
    pub per: CountedPer,
    pub at_most: u32,
    /// Whole days, the running one included; left out: ever.
    pub days: Option<u32>,
    /// Whether those the other side began count as well.
    #[serde(default)]
    inbound: bool,
    /// Any of these lifts it …
    #[serde(default)]
    pub unless: Vec<DocumentKind>,
    /// … for so many days from the document's first moment; left out: as long as the document says.
    pub unless_days: Option<u32>,
}

impl Counter {
    pub fn is_of(&self, relation: Relation) -> bool {
        names(&self.relations, relation)
    }

    /// Whether contacts of this sort are limited by the counter.
    pub fn binds(&self, channel: Channel, relation: Relation, purpose: Purpose) -> bool {
        self.channels.contains(&channel) && self.is_of(relation) && names(&self.purposes, purpose)
    }

    /// Whether a contact of this sort may have counted, whatever came of it.
    pub fn may_count(&self, contact: &Contact) -> bool {
        (contact.direction == Direction::Outbound || self.inbound)
            && self.binds(contact.channel, contact.relation, contact.purpose)
    }

    pub fn counts(&self, contact: &Contact) -> bool {
        let is_tallied = match self.counts {
            Tally::Answered => !contact.result.is_unanswered() && contact.result != ContactResult::NotDelivered,
            Tally::Unanswered => contact.result.is_unanswered(),
            Tally::Placed => !matches!(contact.result, ContactResult::Unreachable | ContactResult::Invalid),
            Tally::Conversation => contact.channel.is_voice() && contact.result.is_right_party(),
            Tally::Every => true,
        };
        is_tallied && self.may_count(contact)
    }
}

/// How many go on a visit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VisitRule {
    pub people_at_least: u32,
    pub people_at_most: u32,
}

/// When a debtor counts as unreachable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnreachableRule {
    pub test: UnreachableTest,
    /// Attempts or days one after the other, or numbers and addresses.
    pub at_least: u32,
    /// Which results are a failure.
    pub results: Vec<ContactResult>,
    pub channels: Vec<Channel>,
    pub opens: Opens,
}

/// How documents of these kinds come on file; a kind no rule names is not entered by people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentRule {
    pub documents: Vec<DocumentKind>,
    pub proof: Proof,
    /// From when it was agreed; left out: for good.
    pub most_days: Option<u32>,
}

/// How long the record of a contact is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    years: u32,
}

/// Everything a pack says about contact on one day (联系规则).
#[derive(Clone, Debug)]
pub struct ContactRules {
    pub(super) pack: String,
    pub(super) digest: u64,
    pub(super) hours: (RuleRef, HoursRule),
    pub(super) stops: Vec<(RuleRef, Stop)>,
    pub(super) who: Vec<(RuleRef, Who)>,
    pub(super) counters: Vec<(RuleRef, Counter)>,
    pub(super) visit: Option<(RuleRef, VisitRule)>,
    pub(super) unreachable: Vec<UnreachableRule>,
    pub(super) documents: Vec<(RuleRef, DocumentRule)>,
    pub(super) retention_years: u32,
    /// Id and article of every rule above.
    cited: Vec<(RuleRef, String, String)>,
}

/// Whether a list names a value; an empty list names all.
pub(super) fn names<T: PartialEq>(list: &[T], value: T) -> bool {
    list.is_empty() || list.contains(&value)
}

const KINDS: [RuleKind; 8] = [
    RuleKind::ContactHours,
    RuleKind::ContactStop,
    RuleKind::ContactPerson,
    RuleKind::ContactCounter,
    RuleKind::ContactDocument,
    RuleKind::Visit,
    RuleKind::UnreachableTest,
    RuleKind::ContactRetention,
];

impl ContactRules {
    /// Reads every rule of contact in force on the pack's day; reports every problem, not the first. A pack
    /// must say of every relation and purpose whether they go together, and leave no hour or count at zero.
    pub fn compile(pack: &PackOnDate) -> Result<ContactRules, Vec<PackProblem>> {
        let mut reader = Reader { pack, problems: Vec::new() };
        let hours = reader.only::<HoursRule>(RuleKind::ContactHours);
        let retention = reader.only::<Retention>(RuleKind::ContactRetention);
        let found = pack.find(RuleKind::Visit);
        let visit = reader.keep(found).flatten().and_then(|rule| reader.read(rule));
        let (stops, who) = (reader.each(RuleKind::ContactStop), reader.each(RuleKind::ContactPerson));
        let counters = reader.each(RuleKind::ContactCounter);
        let unreachable = reader.each(RuleKind::UnreachableTest);
        let documents = reader.each(RuleKind::ContactDocument);
        reader.check_applies_to();
        reader.check_stops(&stops);
        reader.check_who(&who);
        reader.check_documents(&documents);
        reader.check_retention(retention.as_ref());
        reader.check_numbers(hours.as_ref(), &counters, visit.as_ref(), &unreachable);
        match (hours, retention) {
            (Some(hours), Some((_, retention))) if reader.problems.is_empty() => Ok(ContactRules {
                pack: pack.pack.name(),
                digest: pack.pack.digest(),
                hours,
                stops,
                who,
                counters,
                visit,
                unreachable: unreachable.into_iter().map(|(_, rule)| rule).collect(),
                documents,
                retention_years: retention.years,
                cited: cited(pack),
            }),
            _ => Err(reader.problems),
        }
    }

    /// The one rule on contacting somebody of this relation for this purpose.
    pub(super) fn who(&self, relation: Relation, purpose: Purpose) -> &(RuleRef, Who) {
        let says = |(_, who): &&(RuleRef, Who)| who.relations.contains(&relation) && who.purposes.contains(&purpose);
        self.who.iter().find(says).expect("checked: every relation and purpose has its rule")
    }

    /// Id and article of a rule of contact. Panics when the reference is another pack's.
    pub fn citation(&self, rule: RuleRef) -> (&str, &str) {
        let found = self.cited.binary_search_by_key(&rule, |(reference, _, _)| *reference);
        let (_, rule_id, article) = &self.cited[found.expect("a rule of contact of this pack")];
        (rule_id, article)
    }
}

fn cited(pack: &PackOnDate) -> Vec<(RuleRef, String, String)> {
    let of_contact = pack.rules().filter(|(_, rule)| KINDS.contains(&rule.kind));
    let mut cited: Vec<_> =
        of_contact.map(|(reference, rule)| (reference, rule.id.clone(), rule.provenance.article.clone())).collect();
    cited.sort_unstable();
    cited
}

/// Reads rules by kind and keeps what is wrong with them.
struct Reader<'a> {
    pack: &'a PackOnDate<'a>,
    problems: Vec<PackProblem>,
}

impl Reader<'_> {
    fn keep<T>(&mut self, result: Result<T, PackProblem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn read<T: DeserializeOwned>(&mut self, found: (RuleRef, &Rule)) -> Option<(RuleRef, T)> {
        Some((found.0, self.keep(found.1.params())?))
    }

    fn only<T: DeserializeOwned>(&mut self, kind: RuleKind) -> Option<(RuleRef, T)> {
        let found = self.pack.only(kind);
        self.keep(found).and_then(|found| self.read(found))
    }

    fn each<T: DeserializeOwned>(&mut self, kind: RuleKind) -> Vec<(RuleRef, T)> {
        let pack = self.pack;
        pack.all(kind).filter_map(|found| self.read(found)).collect()
    }

    fn complain(&mut self, rule: RuleRef, what: &str) {
        let problem = self.pack.pack.rule(rule).problem(what, "correct the params of this rule");
        self.problems.push(problem);
    }

    /// The gate knows relations and purposes, not products: a rule narrowed to some would bind all, silently.
    fn check_applies_to(&mut self) {
        for (_, rule) in self.pack.rules().filter(|(_, rule)| KINDS.contains(&rule.kind)) {
            if rule.applies_to.specificity() > 0 {
                let remedy = "leave applies_to out; a kind of lender with other rules has its own pack";
                self.problems.push(rule.problem("rules of contact bind everybody", remedy));
            }
        }
    }

    fn check_stops(&mut self, stops: &[(RuleRef, Stop)]) {
        for (rule, stop) in stops {
            let named = [stop.circumstances.len(), stop.results.len(), stop.sources.len(), stop.manners.len()];
            if named.iter().all(|&named| named == 0) {
                self.complain(*rule, "it names no circumstances, results, sources or manners");
            }
        }
    }

    fn check_who(&mut self, who: &[(RuleRef, Who)]) {
        let pairs = Relation::ALL.iter().flat_map(|&relation| Purpose::ALL.iter().map(move |&purpose| (relation, purpose)));
        for (relation, purpose) in pairs {
            let mut speaking =
                who.iter().filter(|(_, who)| who.relations.contains(&relation) && who.purposes.contains(&purpose));
            let pair = format!("{} for {}", relation.code(), purpose.code());
            match (speaking.next(), speaking.next()) {
                (Some(_), None) => {}
                (None, _) => {
                    let what = format!("no rule of kind contact_person speaks of {pair}");
                    self.problems.push(self.pack.pack.problem(what, "say whether it is forbidden or what it takes"));
                }
                (Some(_), Some((second, _))) => self.complain(*second, &format!("a second rule speaks of {pair}")),
            }
        }
    }

    fn check_documents(&mut self, documents: &[(RuleRef, DocumentRule)]) {
        for (place, (rule, document)) in documents.iter().enumerate() {
            let said = |kind: &DocumentKind| documents[..place].iter().any(|(_, before)| before.documents.contains(kind));
            if document.documents.is_empty() || document.documents.iter().any(said) {
                self.complain(*rule, "it names its documents, each of which no other rule names");
            }
            if document.most_days == Some(0) {
                self.complain(*rule, "most_days is 1 or more");
            }
        }
    }

    fn check_retention(&mut self, retention: Option<&(RuleRef, Retention)>) {
        if let Some((rule, _)) = retention.filter(|(_, retention)| !(1..=100).contains(&retention.years)) {
            self.complain(*rule, "years are between 1 and 100");
        }
    }

    fn check_numbers(
        &mut self,
        hours: Option<&(RuleRef, HoursRule)>,
        counters: &[(RuleRef, Counter)],
        visit: Option<&(RuleRef, VisitRule)>,
        unreachable: &[(RuleRef, UnreachableRule)],
    ) {
        if let Some((rule, _)) = hours.filter(|(_, rule)| rule.opens >= rule.closes) {
            self.complain(*rule, "it closes before it opens");
        }
        for (rule, counter) in counters {
            if counter.at_most == 0 || counter.days == Some(0) || counter.channels.is_empty() {
                self.complain(*rule, "at_most and days are 1 or more, and it names its channels");
            }
        }
        if let Some((rule, _)) = visit.filter(|(_, rule)| rule.people_at_least > rule.people_at_most) {
            self.complain(*rule, "fewer people at most than at least");
        }
        for (rule, test) in unreachable {
            if test.at_least == 0 || test.results.is_empty() || test.channels.is_empty() {
                self.complain(*rule, "at_least is 1 or more, and it names its results and channels");
            }
        }
    }
}
