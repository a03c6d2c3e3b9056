//! Replays one case of `delinquency.json`.
//!
//! The peers keep a label with the loan: a daily run sets it, and so does each movement of money.
//! Only this staging of days is done here; what a day shows is the loan room's to say.

use super::entries::{Input, Result, date, list, same, text};
use loan::ledger::Ledger;
use loan::pause::{PauseAction, enter};
use loan::position::{AfterGrace, DayRule, Pause};
use serde_json::Value;
use std::collections::BTreeMap;
use units::{Date, Money};

pub fn replay(case: &Value) -> Result<()> {
    let stage = Stage::read(&case["input"])?;
    let as_of = date(case, "as_of")?;
    let expected = &case["expected"];
    let standing = stage.standing(as_of);
    same_days(expected, "past_due_days", standing.past_due_days)?;
    same_days(expected, "delinquent_days", standing.days)?;
    same_text(expected, "past_due_date", standing.since)?;
    same_text(expected, "delinquent_date", standing.since.map(|since| since + stage.rule.grace_days))?;
    same(expected, "delinquent_amount", standing.amount)?;
    same(expected, "outstanding_principal", standing.principal_outstanding)?;
    for row in list(&expected["instalments"]) {
        let due_on = date(row, "due")?;
        let found = standing.instalments.iter().find(|one| one.due_on == due_on).map_or(0, |one| one.days);
        same_days(row, "delinquent_days", found)?;
    }
    let label = stage.label(as_of);
    same_text(expected, "bucket", label.bucket.as_ref())?;
    if let Some(buckets) = expected["instalment_buckets"].as_object() {
        let found: BTreeMap<&str, String> =
            label.instalments.iter().map(|(name, amount)| (name.as_str(), amount.plain())).collect();
        let expect: BTreeMap<&str, String> =
            buckets.iter().map(|(name, amount)| (name.as_str(), amount.as_str().unwrap_or("").to_owned())).collect();
        if found != expect {
            return Err(format!("instalment_buckets: expected {expect:?}, found {found:?}"));
        }
    }
    stage.compare_pauses(expected, as_of)
}

/// One case with everything that moves it.
struct Stage {
    input: Input,
    actions: Vec<(Date, PauseAction)>,
    rule: DayRule,
    ranges: Vec<(String, i32, Option<i32>)>,
    runs: Vec<Date>,
}

/// What a day shows.
struct Standing {
    since: Option<Date>,
    past_due_days: i32,
    days: i32,
    amount: Money,
    principal_outstanding: Money,
    instalments: Vec<InstalmentStanding>,
}

struct InstalmentStanding {
    due_on: Date,
    days: i32,
    amount: Money,
}

/// What the peers keep with the loan.
#[derive(Default)]
struct Label {
    bucket: Option<String>,
    instalments: BTreeMap<String, Money>,
}

impl Stage {
    fn read(input: &Value) -> Result<Stage> {
        let action = |row: &Value| {
            let entered_on = date(row, "entered")?;
            let action = match text(row, "type")? {
                "pause" => PauseAction::Pause { from: date(row, "from")?, until: date(row, "to")? },
                _ => PauseAction::Resume { on: date(row, "date")?, until: None },
            };
            Ok((entered_on, action))
        };
        let range = |row: &Value| {
            let least = row["min"].as_i64().ok_or("a range without a least day")?;
            Ok((text(row, "name")?.to_owned(), least as i32, row["max"].as_i64().map(|days| days as i32)))
        };
        let run = |day: &Value| Date::parse(day.as_str().unwrap_or("")).map_err(|error| format!("{error:?}"));
        let grace_days = input["grace_days"].as_i64().ok_or("no grace_days")? as i32;
        Ok(Stage {
            input: Input::read(input)?,
            actions: list(&input["pause_actions"]).map(action).collect::<Result<_>>()?,
            rule: DayRule { grace_days, after_grace: AfterGrace::DaysBeyond, ..DayRule::default() },
            ranges: list(&input["ranges"]).map(range).collect::<Result<_>>()?,
            runs: list(&input["classified_on"]).map(run).collect::<Result<_>>()?,
        })
    }

    /// The pauses known at the end of `day`.
    fn pauses(&self, day: Date) -> Vec<Pause> {
        let known = self.actions.iter().filter(|(entered_on, _)| *entered_on <= day);
        known.fold(Vec::new(), |pauses, &(entered_on, action)| {
            enter(&pauses, action, None, entered_on).unwrap_or(pauses)
        })
    }

    fn standing(&self, day: Date) -> Standing {
        let ledger = self.ledger(day);
        let pauses = self.pauses(day);
        let own_rule = DayRule { grace_days: 0, ..self.rule };
        let past_due = ledger.instalments.iter().filter_map(|one| Some((one.due_on, one.past_due(day)?)));
        let instalments: Vec<InstalmentStanding> = past_due
            .clone()
            .map(|(due_on, (since, amount))| InstalmentStanding {
                due_on,
                days: own_rule.days_past_due(since, day, &pauses),
                amount,
            })
            .collect();
        let since = past_due.map(|(_, (since, _))| since).min();
        let outstanding = ledger.outstanding_by_component();
        Standing {
            since,
            past_due_days: since.map_or(0, |since| day - since),
            days: since.map_or(0, |since| self.rule.days_past_due(since, day, &pauses)),
            amount: instalments.iter().map(|one| one.amount).sum(),
            principal_outstanding: outstanding[loan::Component::Principal],
            instalments,
        }
    }

    fn ledger(&self, day: Date) -> Ledger {
        self.input.known_on(day).replay().0
    }

    /// The label on `as_of`: daily runs leave paused days alone, movements of money do not.
    fn label(&self, as_of: Date) -> Label {
        let opening = self.input.schedule.first().map_or(as_of, |first| first.from);
        let runs = std::iter::once(opening).chain(self.runs.iter().copied());
        let daily = runs.clone().zip(self.runs.iter().copied()).flat_map(|(before, run)| {
            let pauses = self.pauses(run);
            let is_paused = move |day: Date| pauses.iter().any(|pause| pause.from <= day && day <= pause.until);
            (before.day_number()..=run.day_number()).rev().map(Date::new).find(|&day| !is_paused(day))
        });
        let moved = self.input.entries.iter().map(|(_, entry)| entry.entered_on);
        let backdated = self.actions.iter().filter_map(|&(entered_on, action)| match action {
            PauseAction::Pause { from, .. } if entered_on > from => Some(entered_on),
            _ => None,
        });
        let set_on = daily.chain(moved).chain(backdated).filter(|&day| day <= as_of).max();
        set_on.map_or_else(Label::default, |day| self.label_of(&self.standing(day)))
    }

    fn label_of(&self, standing: &Standing) -> Label {
        let mut label = Label::default();
        if standing.since.is_none() || (standing.days == 0 && self.ranges.iter().all(|range| range.1 > 0)) {
            return label;
        }
        label.bucket = self.bucket(standing.days);
        for one in &standing.instalments {
            if let Some(bucket) = self.bucket(one.days) {
                *label.instalments.entry(bucket).or_default() += one.amount;
            }
        }
        label
    }

    fn bucket(&self, days: i32) -> Option<String> {
        let holds = |range: &&(String, i32, Option<i32>)| range.1 <= days && range.2.is_none_or(|most| days <= most);
        self.ranges.iter().find(holds).map(|range| range.0.clone())
    }

    fn compare_pauses(&self, expected: &Value, as_of: Date) -> Result<()> {
        let Some(rows) = expected["pause_periods"].as_array() else { return Ok(()) };
        let show =
            |from: &str, until: &str, active: bool| format!("{from}..{until}{}", if active { " active" } else { "" });
        let expect: Vec<String> = rows
            .iter()
            .map(|row| Ok(show(text(row, "from")?, text(row, "to")?, row["active"] == true)))
            .collect::<Result<_>>()?;
        let pauses = self.pauses(as_of);
        let found: Vec<String> = pauses
            .iter()
            .map(|pause| {
                show(&pause.from.to_string(), &pause.until.to_string(), pause.from <= as_of && as_of <= pause.until)
            })
            .collect();
        if expect == found { Ok(()) } else { Err(format!("pause_periods: expected {expect:?}, found {found:?}")) }
    }
}

fn same_days(row: &Value, field: &str, found: i32) -> Result<()> {
    match row[field].as_i64() {
        Some(expect) if expect != i64::from(found) => Err(format!("{field}: expected {expect}, found {found}")),
        _ => Ok(()),
    }
}

/// Equal where the case states the field; a stated null means there is none.
fn same_text(row: &Value, field: &str, found: Option<impl ToString>) -> Result<()> {
    let Some(expect) = row.get(field) else { return Ok(()) };
    let found = found.map(|found| found.to_string());
    if expect.as_str() == found.as_deref() {
        Ok(())
    } else {
        Err(format!("{field}: expected {expect}, found {found:?}"))
    }
}
