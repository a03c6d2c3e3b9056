//! A policy pack compiled for one night.

use grading::{CustomerKind, CustomerScale, GradingRules, Profile};
use loan::accrual::PenaltyRule;
use loan::position::DayRule;
use loan::waterfall::Allocation;
use loan::schedule::Residual;
use loan::{LoanRules, Protection, ScheduleRules};
use policy::{Bearer, Pack, PackOnDate, PackProblem, RuleKind, RuleRef};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use units::{Date, Rounding};

/// Everything the night obeys, read from a pack once and checked as a whole (日终规则).
#[derive(Debug)]
pub struct Rules<'p> {
    pub pack: PackOnDate<'p>,
    pub grading: GradingRules,
}

/// What binds one kind of claim: looked up once per combination, then shared by all its loans.
#[derive(Clone, Debug)]
pub struct Binding {
    pub profile: Profile,
    pub loan: LoanRules,
    /// For loans that come without instalments.
    pub schedule: ScheduleRules,
}

/// The parameters of a `schedule` rule (还款计划规则).
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
struct ScheduleParams {
    rounding: RoundingCode,
    residual: ResidualCode,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoundingCode {
    HalfUp,
    HalfEven,
    Down,
    Up,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResidualCode {
    First,
    Last,
}

impl From<ScheduleParams> for ScheduleRules {
    fn from(params: ScheduleParams) -> ScheduleRules {
        let rounding = match params.rounding {
            RoundingCode::HalfUp => Rounding::HalfUp,
            RoundingCode::HalfEven => Rounding::HalfEven,
            RoundingCode::Down => Rounding::Down,
            RoundingCode::Up => Rounding::Up,
        };
        let residual = match params.residual {
            ResidualCode::First => Residual::First,
            ResidualCode::Last => Residual::Last,
        };
        ScheduleRules { rounding, residual, ..ScheduleRules::default() }
    }
}

/// The combinations met so far; a loan refers to its binding by number.
#[derive(Debug)]
pub struct Bindings<'r> {
    rules: &'r Rules<'r>,
    known: HashMap<ClaimKind, u16>,
    kinds: Vec<ClaimKind>,
    list: Vec<Binding>,
}

/// What rules may distinguish between claims (债权类别): who owes, what kind of loan, what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimKind {
    pub customer_kind: CustomerKind,
    pub scale: Option<CustomerScale>,
    pub product: String,
    pub protection: Protection,
}

impl<'p> Rules<'p> {
    /// Reads every rule in force on `date`. All problems are reported, not the first; a rule that
    /// no loan of tonight needs is read as well, so that a draft fails before its first victim.
    pub fn compile(pack: &'p Pack, date: Date) -> Result<Rules<'p>, Vec<PackProblem>> {
        let pack = pack.on(date);
        let grading = GradingRules::compile(&pack);
        let mut problems = grading.as_ref().err().cloned().unwrap_or_default();
        for (_, rule) in pack.rules() {
            let read = match rule.kind {
                RuleKind::Allocation => rule.params::<Allocation>().map(drop),
                RuleKind::Penalty => rule.params::<PenaltyRule>().map(drop),
                RuleKind::Grace => rule.params::<DayRule>().map(drop),
                RuleKind::Schedule => rule.params::<ScheduleParams>().map(drop),
                _ => Ok(()),
            };
            problems.extend(read.err());
        }
        let Ok(grading) = grading else { return Err(problems) };
        let rules = Rules { pack, grading };
        // The most general claim must be bound by something that works.
        problems.extend(rules.loan_rules(&Bearer::default()).err());
        if problems.is_empty() { Ok(rules) } else { Err(problems) }
    }

    /// Opens a reference from a decision.
    pub fn rule(&self, reference: RuleRef) -> &'p policy::Rule {
        self.pack.pack.rule(reference)
    }

    fn loan_rules(&self, bearer: &Bearer) -> Result<LoanRules, PackProblem> {
        let read = |kind| self.pack.for_bearer(kind, bearer).map(|(_, rule)| rule);
        let days = read(RuleKind::Grace).map_or(Ok(DayRule::default()), |rule| rule.params())?;
        let penalty = read(RuleKind::Penalty).map_or(Ok(PenaltyRule::NONE), |rule| rule.params())?;
        let window = self.grading.class_window_months();
        match read(RuleKind::Allocation) {
            None => {
                let what = "no allocation order binds this claim";
                Err(self.pack.pack.problem(what, "add a rule of kind allocation that applies to all"))
            }
            Some(rule) => LoanRules::new(&rule.params()?, penalty, days)
                .map(|rules| rules.with_window_months(window))
                .map_err(|_| rule.problem("some component is not settled oldest first", "reorder its stages")),
        }
    }
}

impl<'r> Bindings<'r> {
    pub fn new(rules: &'r Rules<'r>) -> Bindings<'r> {
        Bindings { rules, known: HashMap::new(), kinds: Vec::new(), list: Vec::new() }
    }

    /// The number of the binding for claims of a kind.
    pub fn bind(&mut self, kind: &ClaimKind) -> Result<u16, PackProblem> {
        if let Some(&number) = self.known.get(kind) {
            return Ok(number);
        }
        let ClaimKind { customer_kind, scale, ref product, protection } = *kind;
        let bearer = Bearer {
            customer_kind: customer_kind.code(),
            scale: scale.map_or("", CustomerScale::code),
            product,
            protection: protection.code(),
        };
        let profile = self.rules.grading.profile(customer_kind, scale, product, protection);
        let schedule = match self.rules.pack.for_bearer(RuleKind::Schedule, &bearer) {
            Some((_, rule)) => rule.params::<ScheduleParams>()?.into(),
            None => ScheduleRules::default(),
        };
        let binding = Binding { profile, loan: self.rules.loan_rules(&bearer)?, schedule };
        let number = u16::try_from(self.list.len()).expect("fewer than 65,536 kinds of claim");
        self.list.push(binding);
        self.kinds.push(kind.clone());
        self.known.insert(kind.clone(), number);
        Ok(number)
    }

    pub fn get(&self, number: u16) -> &Binding {
        &self.list[usize::from(number)]
    }

    /// The kinds of claims met so far, in the order of their numbers.
    pub fn kinds(&self) -> &[ClaimKind] {
        &self.kinds
    }

    pub fn into_list(self) -> Vec<Binding> {
        self.list
    }
}
