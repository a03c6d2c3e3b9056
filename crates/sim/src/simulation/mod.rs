//! A year of nights under faults, by seed: the invariants that must hold after every one of them.
//!
//! Each evening deliveries arrive, spoilt by [`crate::faults`]; the night is planned, planned again,
//! checked, examined by the [`crate::auditor`] loan by loan, and compared with the night before. A
//! failure names its seed, night, loan and the smallest difference; the seed alone brings it back.

mod renamed;
mod setup;

use crate::auditor::{AuditRules, Examiner};
use crate::faults::{Faults, deliveries};
use crate::random::Random;
use crate::world::World;
use crate::world::intake::{Count, Inbox, Intake, Row};
use crate::world::night::Carry;
use dayend::input::ExceptionCode;
use dayend::{NightInput, NightPlan, Rules, check, plan};
use policy::{Pack, RuleKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use units::Date;

/// What is simulated (模拟参数).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    pub loans: usize,
    pub days: u32,
    pub faults: Faults,
}

/// What a simulation went through without a finding (模拟结果).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub nights: u32,
    pub rows: Count,
    pub rows_waiting: u64,
    pub nights_killed: u32,
    pub nights_twice: u32,
    pub grade_moves: u64,
    pub bucket_moves: u64,
    /// On the last night.
    pub past_due_loans: u64,
    pub non_performing_loans: u64,
}

/// The first thing found wrong (模拟失败).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub night: Date,
    pub invariant: &'static str,
    /// The loan or customer and the smallest difference.
    pub found: String,
}

/// A night is rebuilt, and the book renamed, after so many nights.
const REVIEW_EVERY: u32 = 30;

/// Runs the nights; stops at the first finding.
pub fn simulate(options: &Options) -> Result<Outcome, Failure> {
    let through = Date::from_ymd(2026, 11, 20).expect("a date");
    let from = through - (options.days as i32 - 1);
    let pack = Pack::embedded("cn-bank").expect("the embedded pack is sound");
    let setting = setup::setting(options, from, through);
    let mut random = Random::stream(options.seed, "faults", 0);
    let mut deliveries = deliveries(&setting.files, &options.faults, &mut random, through);
    let mut simulation = Simulation {
        options,
        random,
        pack: &pack,
        world: setting.world,
        inbox: Inbox::default(),
        examiner: Examiner::new(audit_rules(&pack, from)),
        carry: Carry::default(),
        days_before: BTreeMap::new(),
        reviewed: None,
        outcome: Outcome::default(),
    };
    simulation.load(setting.history);
    let mut night = from;
    while night <= through {
        let files = deliveries.remove(&night).unwrap_or_default();
        let mut touched = simulation.receive(night, files)?;
        touched.extend(setting.approved.get(&night).into_iter().flatten().cloned());
        simulation.night(night, &touched)?;
        night = night.next();
    }
    simulation.outcome.rows_waiting = simulation.inbox.waiting.len() as u64;
    Ok(simulation.outcome)
}

fn audit_rules(pack: &Pack, date: Date) -> AuditRules {
    let on = pack.on(date);
    let only = |kind| on.only(kind).expect("the pack has the rule").1;
    let allocation = only(RuleKind::Allocation).params().expect("an allocation");
    let penalty = only(RuleKind::Penalty).params().expect("a penalty rule");
    let days = only(RuleKind::Grace).params().expect("a day rule");
    AuditRules::new(&allocation, penalty, days).expect("an order the auditor keeps by hand")
}

struct Simulation<'a> {
    options: &'a Options,
    random: Random,
    pack: &'a Pack,
    world: World,
    inbox: Inbox,
    examiner: Examiner,
    carry: Carry,
    /// Days past due of every loan on the night before.
    days_before: BTreeMap<String, i32>,
    /// A night of the past: what it carried in, and its plan.
    reviewed: Option<(Carry, NightPlan)>,
    outcome: Outcome,
}

impl Simulation<'_> {
    fn failure<T>(&self, night: Date, invariant: &'static str, found: impl fmt::Display) -> Result<T, Failure> {
        Err(Failure { seed: self.options.seed, night, invariant, found: found.to_string() })
    }

    fn expect(&self, holds: bool, night: Date, invariant: &'static str, found: impl Fn() -> String) -> Result<(), Failure> {
        if holds { Ok(()) } else { self.failure(night, invariant, found()) }
    }

    /// The first load brings the history as it was known then.
    fn load(&mut self, history: Vec<Row>) {
        for row in history {
            let entered_on = row.receipt.entered_on;
            self.world.take_in(std::slice::from_ref(&row), entered_on);
            self.examiner.write(entered_on, row);
        }
    }

    /// Takes in what arrived and what still waited; returns the loans it touched.
    fn receive(&mut self, night: Date, files: Vec<crate::faults::DayFile>) -> Result<BTreeSet<String>, Failure> {
        let mut touched = BTreeSet::new();
        for file in files {
            let intake = self.inbox.open(&mut self.world, file.day, &file.rows, night);
            self.note(night, &intake, &file.rows, &mut touched)?;
        }
        let waiting = self.inbox.waiting.clone();
        let intake = self.inbox.retry(&mut self.world, night);
        self.note(night, &intake, &waiting, &mut touched)?;
        Ok(touched)
    }

    fn note(&mut self, night: Date, intake: &Intake, rows: &[Row], touched: &mut BTreeSet<String>) -> Result<(), Failure> {
        self.expect(intake.balances(), night, "rows and money in = accepted + known + rejected", || format!("{intake:?}"))?;
        self.outcome.rows.rows += intake.accepted.rows;
        self.outcome.rows.money += intake.accepted.money;
        if intake.accepted.rows > 0 {
            for row in rows.iter().filter(|row| !intake.kept_aside.contains(row)) {
                touched.insert(row.receipt.loan.clone());
                self.examiner.write(night, row.clone());
            }
        }
        Ok(())
    }

    fn read(&self, night: Date, carry: &Carry, rules: &Rules) -> Result<NightInput, Failure> {
        match self.world.night_input(night, night, carry, rules) {
            Ok(input) => Ok(input),
            Err(problem) => self.failure(night, "every loan is bound by rules", problem),
        }
    }

    fn night(&mut self, night: Date, touched: &BTreeSet<String>) -> Result<(), Failure> {
        let pack = self.pack;
        let rules = match Rules::compile(pack, night) {
            Ok(rules) => rules,
            Err(problems) => return self.failure(night, "the pack compiles", &problems[0]),
        };
        if self.random.chance(self.options.faults.night_killed) {
            // The plan is made and lost with the process; nothing of it was written.
            plan(&self.read(night, &self.carry, &rules)?, &rules);
            self.outcome.nights_killed += 1;
        }
        let input = self.read(night, &self.carry, &rules)?;
        let decided = plan(&input, &rules);
        self.examine(night, &input, &decided, &rules, touched)?;
        if self.random.chance(self.options.faults.night_twice) {
            let again = plan(&self.read(night, &self.carry, &rules)?, &rules);
            self.expect(again == decided, night, "a night run again decides the same", String::new)?;
            self.outcome.nights_twice += 1;
        }
        if self.outcome.nights.is_multiple_of(REVIEW_EVERY) {
            self.review(night, &input, &decided, &rules)?;
        }
        self.close(&input, &decided);
        Ok(())
    }

    /// What must hold after every night.
    fn examine(
        &mut self,
        night: Date,
        input: &NightInput,
        decided: &NightPlan,
        rules: &Rules,
        touched: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        self.expect(plan(input, rules) == *decided, night, "plan twice = same plan", String::new)?;
        if let Some(violation) = check(input, decided).first() {
            return self.failure(night, "the plan passes its checks", violation);
        }
        if let Some(finding) = self.examiner.examine(&self.world, input, decided).first() {
            return self.failure(night, "the auditor agrees", finding);
        }
        for number in 0..input.loans.len() {
            let id = input.loan_ids.get(number);
            let (now, before) = (input.folded[number].position.days_past_due, self.days_before.get(id).copied());
            let fell = before.is_some_and(|before| now < before);
            self.expect(!fell || touched.contains(id), night, "days past due fall only by money or an approved change", || {
                format!("{id}: {before:?} -> {now}")
            })?;
        }
        let unexplained = decided.exceptions.iter().find(|one| one.code == ExceptionCode::DaysFellUnexplained);
        match unexplained {
            Some(exception) => self.failure(night, "a fall of days past due is explained", &exception.loan_id),
            None => Ok(()),
        }
    }

    /// Now and then: a night of the past comes out as it did, and names play no part.
    fn review(&mut self, night: Date, input: &NightInput, decided: &NightPlan, rules: &Rules) -> Result<(), Failure> {
        if let Some((carry, then)) = &self.reviewed {
            let again = plan(&self.read(then.business_date, carry, rules)?, rules);
            self.expect(again == *then, then.business_date, "a past night rebuilt as known then is the same", || {
                format!("rebuilt on {night}")
            })?;
        }
        let world = renamed::reversed(&self.world, night);
        let carry = renamed::carry_reversed(&self.carry);
        let other = match world.night_input(night, night, &carry, rules) {
            Ok(input) => plan(&input, rules),
            Err(problem) => return self.failure(night, "every loan is bound by rules", problem),
        };
        let (left, right) = (renamed::totals(decided), renamed::totals(&other));
        self.expect(left == right, night, "permuting the loans changes no total", || {
            format!("{} loans, {left:?} against {right:?}", input.loans.len())
        })?;
        self.reviewed = Some((self.carry.clone(), decided.clone()));
        Ok(())
    }

    fn close(&mut self, input: &NightInput, decided: &NightPlan) {
        self.carry = Carry::of(input, decided);
        let days = |number: usize| input.folded[number].position.days_past_due;
        let of_loan = |number: usize| (input.loan_ids.get(number).to_owned(), days(number));
        self.days_before = (0..input.loans.len()).map(of_loan).collect();
        let outcome = &mut self.outcome;
        outcome.nights += 1;
        outcome.grade_moves += decided.grade_moves.len() as u64;
        outcome.bucket_moves += decided.bucket_moves.len() as u64;
        outcome.past_due_loans = (0..input.loans.len()).filter(|&number| days(number) > 0).count() as u64;
        let states = decided.loan_states.iter();
        outcome.non_performing_loans = states.filter(|state| state.decision.in_force.is_non_performing()).count() as u64;
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, night {}: {}: {}", self.seed, self.night, self.invariant, self.found)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} nights, {} rows, {} yuan in, {} killed, {} run twice, {} bucket moves, {} grade moves, {} past due, {} non-performing",
            self.nights,
            self.rows.rows,
            self.rows.money,
            self.nights_killed,
            self.nights_twice,
            self.bucket_moves,
            self.grade_moves,
            self.past_due_loans,
            self.non_performing_loans
        )
    }
}
