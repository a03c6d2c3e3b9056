//! Running nights: read, plan, check, write.

use crate::failure::{Outcome, refused};
use crate::workspace::{Open, refused_pack};
use anyhow::anyhow;
use dayend::{NightInput, NightPlan, Rules};
use lake::hands::Threads;
use lake::night::NightRequest;
use lake::snapshot::{self, Place, Run, read::Night, write::Staged};
use lake::{WriteLock, batch};
use policy::Pack;
use units::Date;

/// One night to run.
#[derive(Clone, Copy, Debug)]
pub struct NightWanted {
    pub business_date: Date,
    /// Facts known up to this day; the business date itself unless asked otherwise.
    pub known_on: Option<Date>,
    pub writing: Writing,
}

/// Whether a plan is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    Keep,
    DryRun,
}

/// What became of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NightKept {
    Written,
    /// The same night was there already, to the byte.
    Already,
    NotKept,
}

/// A night that ran (日终结果).
#[derive(Debug)]
pub struct NightRun {
    pub input: NightInput,
    pub plan: NightPlan,
    pub kept: NightKept,
}

/// Runs one night. With the same batches and rules a second run changes nothing; with others it is
/// refused, because what a night said stays said. `--known-on` computes it anew beside the series.
pub fn dayend_run(
    open: &Open,
    lock: &WriteLock,
    pack: &Pack,
    wanted: &NightWanted,
    progress: &mut dyn FnMut(u64),
) -> Outcome<NightRun> {
    let (date, known_on) = (wanted.business_date, wanted.known_on.unwrap_or(wanted.business_date));
    if known_on < date {
        return refused("E-DE-04", &[("known_on", &known_on), ("date", &date)]);
    }
    let (input, plan) = night_plan(open, pack, date, known_on, progress)?;
    let kept = match wanted.writing {
        Writing::DryRun => NightKept::NotKept,
        Writing::Keep => {
            let place = if wanted.known_on.is_some() { Place::Restated } else { Place::Series };
            keep(open, lock, place, &input, &plan)?
        }
    };
    Ok(NightRun { input, plan, kept })
}

/// Reads and plans one night and proves the plan; nothing is written.
pub fn night_plan(
    open: &Open,
    pack: &Pack,
    date: Date,
    known_on: Date,
    progress: &mut dyn FnMut(u64),
) -> Outcome<(NightInput, NightPlan)> {
    let batches = batch::list(&open.lake)?;
    if batches.is_empty() {
        return refused("E-DE-01", &[]);
    }
    let rules = match Rules::compile(pack, date) {
        Ok(rules) => rules,
        Err(problems) => return refused_pack(&pack.name(), &problems),
    };
    let before = night_before(open, date)?;
    // What the night builds on is what was written, or no night is built.
    for batch in &batches {
        batch.check(|file| file.ends_with(".parquet"))?;
    }
    before.as_ref().map_or(Ok(()), Night::check_carried)?;
    let request = NightRequest { business_date: date, known_on, carried_from: before.as_ref(), only: None, traced: None };
    let (input, _) = lake::night::read(&open.lake, &request, &rules, progress)?;
    if input.loans.is_empty() {
        return refused("E-DE-05", &[("date", &date)]);
    }
    let plan = dayend::plan_by(&Threads, &input, &rules);
    let violations = dayend::check(&input, &plan);
    if !violations.is_empty() {
        let shown: Vec<String> = violations.iter().take(10).map(ToString::to_string).collect();
        let count = violations.len();
        return Err(anyhow!("the plan of {date} breaks {count} invariants, nothing was written:\n{}", shown.join("\n")).into());
    }
    Ok((input, plan))
}

/// The latest night before a date.
pub fn night_before(open: &Open, date: Date) -> Outcome<Option<Night>> {
    let nights = snapshot::nights(&open.lake)?;
    Ok(nights.into_iter().rfind(|night| night.business_date < date))
}

fn keep(open: &Open, lock: &WriteLock, place: Place, input: &NightInput, plan: &NightPlan) -> Outcome<NightKept> {
    let staged = Staged::build(&open.lake, lock, input, plan)?;
    let folder = snapshot::write::folder(&open.lake, place, plan.business_date, plan.known_on);
    if !folder.exists() {
        staged.put(&folder)?;
        return Ok(NightKept::Written);
    }
    if Run::read(&folder)?.says_the_same(&staged.run) {
        staged.discard()?;
        return Ok(NightKept::Already);
    }
    match place {
        Place::Series => {
            staged.discard()?;
            refused("E-DE-03", &[("date", &plan.business_date)])
        }
        Place::Restated => {
            staged.replace(&folder)?;
            Ok(NightKept::Written)
        }
    }
}

/// Every day from one date through another; refused when they are the wrong way round.
pub fn days_through(date: Date, through: Option<Date>) -> Outcome<Vec<Date>> {
    let through = through.unwrap_or(date);
    if through < date {
        return refused("E-DE-02", &[("through", &through), ("date", &date)]);
    }
    Ok((date.day_number()..=through.day_number()).map(Date::new).collect())
}
