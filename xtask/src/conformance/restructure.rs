//! Replays one case of `restructure.json`.

use super::entries::{Input, Result, compare};
use super::schedule;
use loan::change::{Acceleration, Replan};
use loan::ledger::{Entry, Event};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use units::{Date, Money};

pub fn replay(case: &Value) -> Result<()> {
    let mut input = Input::read(&case["input"])?;
    if let Some(place) = input.entries.iter().position(|(_, entry)| entry.event == Event::WriteOff) {
        let written_off = input.entries[place].1.clone();
        if let Some(event) = before_write_off(&case["input"], &input, written_off.value_date)? {
            input.entries.insert(place, (String::new(), Entry { event, ..written_off }));
        }
    }
    let (ledger, outcomes) = input.replay();
    compare(&input, &ledger, &outcomes, &case["expected"])
}

/// What a write-off does to the plan: interest stops after the day, and all may fall due on it.
fn before_write_off(case: &Value, input: &Input, day: Date) -> Result<Option<Event>> {
    let lines = || {
        let last = input.schedule.last().ok_or("no schedule")?.due_on;
        let mut plan = schedule::agreed(&case["terms"])?;
        plan.pause_interest(day, last);
        plan.rows().iter().map(|row| Ok((fen(row.principal)?, fen(row.interest)?))).collect::<Result<Vec<_>>>()
    };
    match case["on_charge_off"].as_str() {
        Some("stop_interest") => Ok(Some(Event::Replan(Replan { lines: lines()? }))),
        Some("accelerate") => {
            let running = input.schedule.iter().position(|one| one.due_on >= day).ok_or("nothing is running")?;
            Ok(Some(Event::Acceleration(Acceleration { interest_to_date: lines()?[running].1 })))
        }
        _ => Ok(None),
    }
}

fn fen(amount: Decimal) -> Result<Money> {
    (amount * Decimal::ONE_HUNDRED).to_i64().map(Money::from_fen).ok_or_else(|| format!("{amount} is too large"))
}
