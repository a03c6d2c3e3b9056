//! A pack's grading rules, compiled once and then asked millions of times.

use crate::allowance::{Adequacy, AdequacyText, Coefficients, CoefficientsText, Stage};
use crate::bucket::{BucketTable, BucketTableText};
use crate::condition::{EventKind, EventSet, Ladder, Rung, Rungs, Unless, When};
use crate::contagion::{Contagion, CrossBank, GroupEvaluation, OtherNonPerforming};
use crate::customer::{CustomerKind, CustomerScale};
use crate::customer_class::{ClassRule, Recoverability};
use crate::exposure::{TierText, TierTable};
use crate::grade::Grade;
use crate::matrix::{Matrix, MatrixText};
use loan::Protection;
use policy::{AppliesTo, Bearer, PackOnDate, PackProblem, Rule, RuleKind, RuleRef, read};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use units::{Coded, Date};

/// Everything a pack says about grading on one day (分类规则).
#[derive(Clone, Debug)]
pub struct GradingRules {
    pub(crate) buckets: BucketTable,
    retail: Vec<AppliesTo>,
    day_method: Vec<AppliesTo>,
    pub(crate) floors: Ladder<Grade>,
    pub(crate) recoverability: Ladder<Recoverability>,
    pub(crate) stages: Ladder<Stage>,
    pub(crate) matrix: Option<(RuleRef, Matrix, AppliesTo)>,
    pub(crate) observation: Option<(RuleRef, ObservationRule)>,
    pub(crate) upgrade: Option<(RuleRef, UpgradeRule)>,
    /// Months an event stays in force; an event without an entry stays until it is lifted.
    event_lives: Vec<EventLife>,
    pub(crate) contagion: Option<(RuleRef, Contagion)>,
    pub(crate) cross_bank: Option<(RuleRef, CrossBank)>,
    pub(crate) other_non_performing: Option<(RuleRef, OtherNonPerforming)>,
    pub(crate) group_evaluation: Option<(RuleRef, GroupEvaluation)>,
    pub(crate) class: Option<(RuleRef, ClassRule)>,
    pub(crate) tiers: Option<(RuleRef, TierTable)>,
    pub(crate) coefficients: Option<(RuleRef, Coefficients)>,
    pub(crate) adequacy: Option<(RuleRef, Adequacy)>,
    /// Past due over so many days is non-performing: the lowest such floor of the pack.
    pub(crate) non_performing_over_days: Option<i32>,
}

/// Which rules bind one kind of claim (适用规则), looked up once per combination of customer kind,
/// scale, product and protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    pub segment: Segment,
    pub(crate) floors: Rungs,
    pub(crate) recoverability: Rungs,
    pub(crate) stages: Rungs,
    pub(crate) in_matrix: bool,
    pub(crate) protection: Protection,
    pub(crate) course: Course,
}

/// Whether a claim is graded by itself or with its debtor (零售与非零售).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// By transaction features (零售资产), article 8.
    Retail,
    /// With the debtor's other claims (非零售资产), article 7.
    NonRetail,
}

/// How a grade may come back (上调方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// With the days past due, by itself (脱期法).
    FollowsDays,
    /// By an approved judgement only.
    ByJudgement,
}

/// How long a restructured loan is watched (重组观察期).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObservationRule {
    pub min_months: i32,
    pub min_dues: u32,
    #[serde(deserialize_with = "read::code")]
    pub at_least: Grade,
}

/// What a non-performing loan must show (上调条件).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpgradeRule {
    pub min_months: i32,
    pub min_dues: u32,
    #[serde(default, deserialize_with = "read::codes")]
    pub blocked_by_events: Vec<EventKind>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLife {
    #[serde(deserialize_with = "read::code")]
    event: EventKind,
    months: i32,
}

/// A rule that is all in whom it applies to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RungText {
    at_least: String,
    when: When,
    unless: Option<Unless>,
}

impl GradingRules {
    /// Reads every grading rule in force on the pack's day; reports every problem, not the first.
    pub fn compile(pack: &PackOnDate) -> Result<GradingRules, Vec<PackProblem>> {
        let mut reader = Reader { pack, problems: Vec::new() };
        reader.check_bearers();
        let buckets = reader.buckets();
        let floors = reader.ladder(RuleKind::GradeFloor);
        let matrix = reader.one::<MatrixText>(RuleKind::GuaranteeMatrix).and_then(|(reference, text)| {
            let rule = pack.pack.rule(reference);
            let checked = reader.checked(rule, text.checked(), "its days do not ascend from 0, or a row is too short");
            Some((reference, checked?, rule.applies_to.clone()))
        });
        let tiers = reader.one::<TierText>(RuleKind::ExposureTier).and_then(|(reference, text)| {
            let checked = reader.checked(pack.pack.rule(reference), text.checked(), "its amounts do not descend");
            Some((reference, checked?))
        });
        let rules = GradingRules {
            retail: reader.applies_to(RuleKind::Retail),
            day_method: reader.applies_to(RuleKind::DayMethod),
            recoverability: reader.ladder(RuleKind::Recoverability),
            stages: reader.ladder(RuleKind::Stage),
            observation: reader.one(RuleKind::RestructuringObservation),
            upgrade: reader.one(RuleKind::UpgradeConditions),
            event_lives: reader.each(RuleKind::EventLife),
            contagion: reader.one(RuleKind::Contagion),
            cross_bank: reader.one(RuleKind::CrossBank),
            other_non_performing: reader.one(RuleKind::OtherNonPerforming),
            group_evaluation: reader.one(RuleKind::GroupEvaluation),
            class: reader.one(RuleKind::CustomerClass),
            coefficients: reader
                .one::<CoefficientsText>(RuleKind::Allowance)
                .map(|(reference, text)| (reference, Coefficients::from(text))),
            adequacy: reader
                .one::<AdequacyText>(RuleKind::AllowanceAdequacy)
                .map(|(reference, text)| (reference, Adequacy::from(text))),
            non_performing_over_days: non_performing_over_days(&floors),
            matrix,
            tiers,
            floors,
            buckets: buckets.unwrap_or(BucketTable::EMPTY),
        };
        if reader.problems.is_empty() { Ok(rules) } else { Err(reader.problems) }
    }

    /// The rules that bind a claim. Walks the pack's lists: call it once per combination.
    pub fn profile(
        &self,
        kind: CustomerKind,
        scale: Option<CustomerScale>,
        product: &str,
        protection: Protection,
    ) -> Profile {
        // A family business is of micro scale whether or not the book says so.
        let scale = scale.or((kind == CustomerKind::Micro).then_some(CustomerScale::Micro));
        let bearer = Bearer {
            customer_kind: kind.code(),
            scale: scale.map_or("", CustomerScale::code),
            product,
            protection: protection.code(),
        };
        let in_one_of = |rules: &[AppliesTo]| rules.iter().any(|applies_to| applies_to.covers(&bearer));
        Profile {
            segment: if in_one_of(&self.retail) { Segment::Retail } else { Segment::NonRetail },
            floors: self.floors.binding(&bearer),
            recoverability: self.recoverability.binding(&bearer),
            stages: self.stages.binding(&bearer),
            in_matrix: self.matrix.as_ref().is_some_and(|(_, _, applies_to)| applies_to.covers(&bearer)),
            protection,
            course: if in_one_of(&self.day_method) { Course::FollowsDays } else { Course::ByJudgement },
        }
    }

    /// The events of a loan or its debtor that still bear on the grade on a day.
    pub fn events_in_force(&self, events: impl IntoIterator<Item = (EventKind, Date)>, on: Date) -> EventSet {
        let in_force = |&(event, happened_on): &(EventKind, Date)| {
            let life = self.event_lives.iter().find(|life| life.event == event);
            happened_on <= on && life.is_none_or(|life| on < happened_on.add_months(life.months))
        };
        events.into_iter().filter(in_force).map(|(event, _)| event).collect()
    }
}

fn non_performing_over_days(floors: &Ladder<Grade>) -> Option<i32> {
    let over_days = floors.rungs().iter().filter(|rung| rung.tier.is_non_performing()).filter_map(|rung| match rung.when {
        When::DaysPastDueOver(days) => Some(days),
        _ => None,
    });
    over_days.min()
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

    fn checked<T>(&mut self, rule: &Rule, value: Option<T>, what: &str) -> Option<T> {
        self.keep(value.ok_or_else(|| rule.problem(what, "correct the params of this rule")))
    }

    /// A misspelled customer kind would bind nobody, silently. Products are the lender's own codes.
    fn check_bearers(&mut self) {
        fn unknown<T: Coded>(codes: &[String]) -> impl Iterator<Item = &str> {
            codes.iter().map(String::as_str).filter(|code| T::from_code(code).is_none())
        }
        for (_, rule) in self.pack.rules() {
            let bound = &rule.applies_to;
            let codes = unknown::<CustomerKind>(&bound.customer_kinds)
                .chain(unknown::<CustomerScale>(&bound.scales))
                .chain(unknown::<Protection>(&bound.protections));
            self.problems.extend(codes.map(|code| {
                let remedy = "use the codes of the book: customer kinds, scales, protections";
                rule.problem(format!("applies_to names an unknown code {code:?}"), remedy)
            }));
        }
    }

    fn one<T: DeserializeOwned>(&mut self, kind: RuleKind) -> Option<(RuleRef, T)> {
        let found = self.pack.find(kind);
        let (reference, rule) = self.keep(found)??;
        Some((reference, self.keep(rule.params())?))
    }

    fn each<T: DeserializeOwned>(&mut self, kind: RuleKind) -> Vec<T> {
        let pack = self.pack;
        pack.all(kind).filter_map(|(_, rule)| self.keep(rule.params())).collect()
    }

    fn applies_to(&mut self, kind: RuleKind) -> Vec<AppliesTo> {
        self.each::<NoParams>(kind);
        self.pack.all(kind).map(|(_, rule)| rule.applies_to.clone()).collect()
    }

    fn buckets(&mut self) -> Option<BucketTable> {
        let found = self.pack.only(RuleKind::BucketTable);
        let (_, rule) = self.keep(found)?;
        let text: BucketTableText = self.keep(rule.params())?;
        self.checked(rule, text.checked(), "its buckets do not ascend from 1")
    }

    fn ladder<T: Coded + Ord>(&mut self, kind: RuleKind) -> Ladder<T> {
        let mut rungs = Vec::new();
        for (reference, rule) in self.pack.all(kind) {
            let Some(text) = self.keep(rule.params::<RungText>()) else { continue };
            let tier = T::from_code(&text.at_least);
            let unknown = format!("unknown code {:?} in at_least", text.at_least);
            let Some(tier) = self.checked(rule, tier, &unknown) else { continue };
            let applies_to = rule.applies_to.clone();
            rungs.push(Rung { tier, when: text.when, unless: text.unless, rule: reference, applies_to });
        }
        if rungs.len() > Ladder::<T>::MOST {
            let what = format!("{} rules of kind {}, at most {}", rungs.len(), kind.code(), Ladder::<T>::MOST);
            self.problems.push(self.pack.pack.problem(what, "merge some"));
            rungs.clear();
        }
        Ladder::new(rungs)
    }
}
