//! Questions a story asks: what the nights left, what is owed, and why.

use super::column::{self, Seen};
use super::{act, define};
use super::session::{Said, Session, date};
use super::syntax::{Arguments, Problem};
use super::table::table;
use loan::{ScheduleRules, Step};
use report::{Dimension, Measure, MetricRow};
use units::{Date, Money, RatePpm};

/// A screen or five.
const MOST_ROWS: usize = 200;

/// `watch L1 L2 on D D … [columns=dpd,grade] [known_on=D]`: one line per day and loan.
pub fn watch(session: &mut Session, arguments: &mut Arguments) -> Said {
    let mut loans = vec![session.loan_named(arguments)?];
    while !arguments.is_at_end() && !arguments.takes("on") {
        loans.push(session.loan_named(arguments)?);
    }
    let days = days(session, arguments)?;
    let known_on = arguments.date("known_on")?;
    let words = arguments.named("columns").unwrap_or(column::USUAL);
    let mut columns = Vec::new();
    for word in words.split(',') {
        match column::find(word) {
            Some(column) => columns.push(column),
            None => return arguments.problem(format!("{word} is not a column; these are: {}", column::words())),
        }
    }
    if days.len() * loans.len() > MOST_ROWS || columns.len() > MOST_ROWS {
        return arguments.problem(format!("one watch shows at most {MOST_ROWS} lines"));
    }
    let mut rows = Vec::new();
    for day in days {
        let night = match known_on {
            None => session.night_of(arguments, day)?,
            Some(known_on) => session.night_in_hindsight(arguments, day, known_on)?,
        };
        for id in &loans {
            let Some(loan) = night.loan(id) else {
                return arguments.problem(format!("{id} was not known on the night of {day}"));
            };
            let seen = Seen { world: &session.world, night: &night, loan };
            let mut row = vec![day.to_string()];
            row.extend((loans.len() > 1).then(|| id.clone()));
            row.extend(columns.iter().map(|(_, figure)| figure(&seen)));
            rows.push(row);
        }
    }
    let mut heading = vec!["date"];
    heading.extend((loans.len() > 1).then_some("loan"));
    heading.extend(columns.iter().map(|(word, _)| *word));
    Ok(table(&heading, &rows))
}

/// The days asked for, or today.
fn days(session: &Session, arguments: &mut Arguments) -> Result<Vec<Date>, Problem> {
    let mut days = Vec::new();
    while !arguments.is_at_end() {
        days.push(date(arguments)?);
    }
    if days.is_empty() {
        days.push(session.day(arguments)?);
    }
    Ok(days)
}

/// `schedule L1`: what is agreed, as known today; without agreed instalments what the terms give.
pub fn schedule(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let known_on = session.today.unwrap_or(Date::MAX);
    let mut dues = session.world.dues.get(&id, known_on).cloned().unwrap_or_default();
    if let (true, Some(loan)) = (dues.is_empty(), session.world.loans.get(&id, known_on)) {
        match define::generated(&loan.terms, &ScheduleRules::default(), Money::ZERO) {
            Ok(generated) => dues = generated,
            Err(refusal) => return Ok(act::refused(refusal.code())),
        }
    }
    let mut balance: Money = dues.iter().map(|due| due.principal).sum();
    let has_fees = dues.iter().any(|due| !due.fee.is_zero());
    let mut rows = Vec::new();
    for (place, due) in dues.iter().enumerate() {
        balance = balance - due.principal;
        let mut row = vec![(place + 1).to_string(), due.due_on.to_string(), due.principal.to_string(), due.interest.to_string()];
        row.extend(has_fees.then(|| due.fee.to_string()));
        row.extend([(due.principal + due.interest + due.fee).to_string(), balance.to_string()]);
        rows.push(row);
    }
    let mut heading = vec!["seq", "due_on", "principal", "interest"];
    heading.extend(has_fees.then_some("fee"));
    heading.extend(["total", "balance"]);
    Ok(table(&heading, &rows))
}

/// `trace L1 [since=D]`: every step that led to today's position.
pub fn trace(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let today = session.day(arguments)?;
    let since = arguments.date("since")?.unwrap_or(Date::MIN);
    let rules = session.rules_of(arguments, &id, today)?;
    let Some(dossier) = session.world.dossier(&id, today, today) else {
        return arguments.problem(format!("{id} is not known yet"));
    };
    let steps = loan::trace(&dossier.view(), &rules, today);
    Ok(steps.iter().filter(|step| day_of(step) >= since).map(ToString::to_string).collect())
}

fn day_of(step: &Step) -> Date {
    match step {
        Step::FellDue { on, .. } => *on,
        Step::PenaltyRan { until, .. } => *until,
        Step::Received(receipt) => receipt.on,
    }
}

/// `explain L1 [topics=grade,stage]`: the because of tonight's figures.
pub fn explain(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let today = session.day(arguments)?;
    let night = session.night_of(arguments, today)?;
    let wanted: Option<Vec<&str>> = arguments.named("topics").map(|topics| topics.split(',').collect());
    let rules = match dayend::Rules::compile(&session.pack, today) {
        Ok(rules) => rules,
        Err(problems) => return arguments.problem(problems[0].to_string()),
    };
    let Some(number) = night.loan(&id) else { return arguments.problem(format!("{id} is not known yet")) };
    let findings = dayend::explain::explain(&night.input, &rules, &night.plan, number);
    let rows: Vec<Vec<String>> = findings
        .iter()
        .filter(|finding| wanted.as_ref().is_none_or(|topics| topics.contains(&finding.topic.code())))
        .map(|finding| {
            let by = match finding.by {
                dayend::explain::By::Rule(rule) => rules.rule(rule).id.clone(),
                dayend::explain::By::Carried => "carried".to_owned(),
                dayend::explain::By::Judgement => "judgement".to_owned(),
                dayend::explain::By::NothingAgainst => "-".to_owned(),
            };
            let fact = finding.fact.map_or_else(|| "-".to_owned(), |fact| fact.to_string());
            vec![finding.topic.code().to_owned(), finding.value.clone(), by, fact]
        })
        .collect();
    Ok(table(&["topic", "value", "by", "fact"], &rows))
}

/// `night`: who moves tonight and why, and what needs attention.
pub fn night(session: &mut Session, arguments: &mut Arguments) -> Said {
    let today = session.day(arguments)?;
    let night = session.night_of(arguments, today)?;
    let (input, plan) = (&night.input, &night.plan);
    let id = |loan: u32| input.loan_ids.get(loan as usize);
    let from = |code: Option<&'static str>| code.unwrap_or("new");
    let buckets = plan.bucket_moves.iter().map(|one| {
        let before = from(one.from.map(|bucket| bucket.code()));
        format!("{} bucket {before} -> {} {}", id(one.loan), one.to.code(), one.why.code())
    });
    let grades = plan.grade_moves.iter().map(|one| {
        let before = from(one.from.map(|grade| grade.code()));
        format!("{} grade {before} -> {} {}", id(one.loan), one.to.code(), one.why.code())
    });
    let exceptions = plan.exceptions.iter().map(|one| format!("{} exception {} {}", one.loan_id, one.code.code(), one.amount));
    let mut lines: Vec<String> = buckets.chain(grades).chain(exceptions).collect();
    if lines.is_empty() {
        lines.push("nothing moves".to_owned());
    }
    Ok(lines)
}

/// `metrics code code …`: ratios of the whole book tonight.
pub fn metrics(session: &mut Session, arguments: &mut Arguments) -> Said {
    let today = session.day(arguments)?;
    let night = session.night_of(arguments, today)?;
    let wanted = arguments.rest();
    let Some(whole) = night.plan.metrics.iter().find(|table| table.by == [Dimension::All]) else {
        return arguments.problem("the night left no figures of the whole book");
    };
    let found: Vec<_> = whole.rows().filter(|row| wanted.contains(&row.metric.code)).collect();
    if let Some(unknown) = wanted.iter().find(|word| !found.iter().any(|row| row.metric.code == **word)) {
        return arguments.problem(format!("{unknown} is not a metric"));
    }
    let amount = |measure: Measure, value: i64| match measure.code().ends_with("_count") {
        true => value.to_string(),
        false => Money::from_fen(value).to_string(),
    };
    let row = |row: &MetricRow| {
        let (metric, ratio) = (row.metric, row.ratio);
        let share = ratio.ppm().map_or_else(|| "-".to_owned(), |ppm| RatePpm::new(ppm).to_string());
        let (numerator, denominator) = (amount(metric.numerator, ratio.numerator), amount(metric.denominator, ratio.denominator));
        vec![metric.code.to_owned(), numerator, denominator, share]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    Ok(table(&["metric", "numerator", "denominator", "ratio"], &rows))
}
