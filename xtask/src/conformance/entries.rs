//! What the allocation, delinquency and restructure vectors share: an agreed schedule, an order,
//! entries; and the comparison of instalments afterwards.

use super::schedule::step;
use loan::change::{Reage, Reamortisation};
use loan::ledger::{ChargePosting, Entry, Event, Instalment, Ledger, Outcome};
use loan::{Component, Strategy};
use serde_json::Value;
use units::{Date, Money};

pub type Result<T> = std::result::Result<T, String>;

pub fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().ok_or_else(|| format!("no {field} in {value}"))
}

pub fn date(value: &Value, field: &str) -> Result<Date> {
    let text = text(value, field)?;
    Date::parse(text).map_err(|error| format!("{field} {text:?}: {error:?}"))
}

pub fn money(value: &Value, field: &str) -> Result<Money> {
    let text = text(value, field)?;
    Money::parse(text).map_err(|error| format!("{field} {text:?}: {error}"))
}

pub fn list(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

/// A case's input, ready for the ledger.
pub struct Input {
    pub schedule: Vec<Instalment>,
    pub strategy: Strategy,
    /// Entries that stand, each with its name in the case.
    pub entries: Vec<(String, Entry)>,
}

impl Input {
    pub fn read(input: &Value) -> Result<Input> {
        // The packs write an order the way the vectors do.
        let strategy: Strategy = serde_json::from_value(input["order"].clone()).map_err(|error| error.to_string())?;
        let instalment = |row| {
            let (from, due_on) = (date(row, "from")?, date(row, "due")?);
            Ok(Instalment::agreed(from, due_on, money(row, "principal")?, money(row, "interest")?))
        };
        let schedule = list(&input["schedule"]).map(instalment).collect::<Result<_>>()?;
        let multiple = match &input["instalment_multiple"] {
            Value::Null => Money::from_fen(1),
            number => Money::from_yuan(number.as_i64().ok_or("the multiple is not whole")?),
        };
        let reversed: Vec<&str> = list(&input["events"]).filter_map(|event| event["ref"].as_str()).collect();
        let stands =
            |event: &&Value| event["type"] != "reverse" && !reversed.contains(&event["id"].as_str().unwrap_or(""));
        let entries = list(&input["events"])
            .filter(stands)
            .map(|event| Ok((text(event, "id")?.to_owned(), entry(event, multiple)?)))
            .collect::<Result<_>>()?;
        Ok(Input { schedule, strategy, entries })
    }

    /// The same with only what had been booked, and counted, by the end of `day`.
    pub fn known_on(&self, day: Date) -> Input {
        let known = |(_, entry): &&(String, Entry)| entry.entered_on <= day && entry.posted_on() <= day;
        Input {
            schedule: self.schedule.clone(),
            strategy: self.strategy.clone(),
            entries: self.entries.iter().filter(known).cloned().collect(),
        }
    }

    pub fn replay(&self) -> (Ledger, Vec<Outcome>) {
        let posting = match self.strategy {
            Strategy::Advanced { .. } => ChargePosting::OnItsDay,
            _ => ChargePosting::First,
        };
        let entries: Vec<Entry> = self.entries.iter().map(|(_, entry)| entry.clone()).collect();
        Ledger::replay(&self.schedule, &entries, &self.strategy, posting)
    }
}

fn entry(event: &Value, multiple: Money) -> Result<Entry> {
    let amount = || money(event, "amount");
    let kind = text(event, "type")?;
    let booked = match kind {
        "payment" => Event::Payment { kind: text(event, "kind")?.to_owned(), amount: amount()? },
        "charge" => {
            let class = text(event, "class")?;
            let component = Component::from_code(class).ok_or_else(|| format!("unknown class {class}"))?;
            Event::Charge { component, due_on: date(event, "due")?, amount: amount()? }
        }
        "chargeback" => Event::Chargeback { amount: amount()? },
        "refund_overpaid" => Event::SurplusRefund { amount: amount()? },
        "charge_off" => Event::WriteOff,
        "reamortize" => Event::Reamortisation(Reamortisation { multiple }),
        "reage" => {
            let step = step(&event["every"], &event["unit"])?;
            let count = event["count"].as_u64().ok_or("no count")? as u32;
            Event::Reage(Reage { first_due_on: date(event, "start")?, step, count, multiple })
        }
        _ => return Err(format!("unknown event {kind}")),
    };
    let value_date = if kind == "charge" { date(event, "due")? } else { date(event, "date")? };
    Ok(Entry { value_date, entered_on: date(event, "entered")?, event: booked })
}

/// Every figure the case states about instalments, totals and entries.
pub fn compare(input: &Input, ledger: &Ledger, outcomes: &[Outcome], expected: &Value) -> Result<()> {
    let rows = list(&expected["instalments"]);
    if rows.clone().count() != ledger.instalments.len() {
        let dues: Vec<String> = ledger.instalments.iter().map(|one| one.due_on.to_string()).collect();
        return Err(format!("expected {} instalments, found {}", rows.count(), dues.join(" ")));
    }
    for (row, one) in rows.zip(&ledger.instalments) {
        compare_instalment(row, one).map_err(|difference| format!("instalment {}: {difference}", row["seq"]))?;
    }
    same(&expected["totals"], "paid", ledger.paid())?;
    same(&expected["totals"], "outstanding", ledger.outstanding())?;
    same(&expected["totals"], "overpaid", ledger.surplus())?;
    same(&expected["derived"], "overpaid", ledger.surplus())?;
    let status = match (ledger.surplus().is_positive(), ledger.outstanding().is_zero()) {
        (true, _) => "overpaid",
        (false, true) => "settled",
        (false, false) => "open",
    };
    if expected["status"].as_str().is_some_and(|expect| expect != status) {
        return Err(format!("status: expected {}, found {status}", expected["status"]));
    }
    for row in list(&expected["transactions"]) {
        let name = text(row, "event")?;
        let index = input.entries.iter().position(|(id, _)| id == name).ok_or_else(|| format!("no entry {name}"))?;
        compare_split(row, "", |component| outcomes[index].split[component])
            .and_then(|()| same(row, "overpaid", outcomes[index].surplus))
            .and_then(|()| same(row, "amount", outcomes[index].split.total()))
            .map_err(|difference| format!("entry {name}: {difference}"))?;
    }
    Ok(())
}

fn compare_instalment(row: &Value, one: &Instalment) -> Result<()> {
    let due_on = date(row, "due")?;
    if due_on != one.due_on {
        return Err(format!("due: expected {due_on}, found {}", one.due_on));
    }
    compare_split(row, "", |component| one.owed[component])?;
    same(row, "paid", one.paid.total())?;
    same(row, "in_advance", one.in_advance)?;
    same(row, "late", one.late)?;
    same(row, "outstanding", one.outstanding())?;
    compare_split(&row["derived"], "paid_", |component| one.paid[component])?;
    if let Some(met_on) = row.get("met_on") {
        let found = one.met_on.map(|day| day.to_string());
        if met_on.as_str() != found.as_deref() {
            return Err(format!("met_on: expected {met_on}, found {found:?}"));
        }
    }
    Ok(())
}

fn compare_split(row: &Value, prefix: &str, found: impl Fn(Component) -> Money) -> Result<()> {
    let fields = Component::ALL.iter().map(|&component| (format!("{prefix}{}", component.code()), found(component)));
    fields.into_iter().try_for_each(|(field, found)| same(row, &field, found))
}

/// Equal, where the case states the field at all.
pub fn same(row: &Value, field: &str, found: Money) -> Result<()> {
    if row[field].is_null() {
        return Ok(());
    }
    let expect = money(row, field)?;
    if expect == found { Ok(()) } else { Err(format!("{field}: expected {expect}, found {found}")) }
}
