//! Agreements in a story: an extension, a waiver. The loan room says whether; what is owed then is
//! stated anew, known from today.

use super::act::{self, refused};
use super::session::{Said, Session};
use super::syntax::{Arguments, Problem};
use crate::world::{Due, Loan};
use loan::change::Waiver;
use loan::extension::{Consent, ExtensionRequest, ExtensionRule};
use loan::ledger::{ChargePosting, Entry, Event, Instalment, Ledger};
use loan::{Component, DayCount, Step, Strategy};
use policy::RuleKind;
use units::{Date, Rounding};

/// `extend L1 until=D [consent=given]`: what was due at maturity is due at the new one, with the
/// interest of the days between.
pub fn extend(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let today = session.day(arguments)?;
    let until = arguments.date("until")?;
    let matures_on = arguments.required("until", until)?;
    let consents = [("not_needed", Consent::NotNeeded), ("given", Consent::Given), ("missing", Consent::Missing)];
    let read = |text: &str| consents.iter().find(|(word, _)| *word == text).map(|(_, consent)| *consent);
    let consent = arguments.read("consent", read, "not_needed, given or missing")?.unwrap_or(Consent::NotNeeded);
    let (mut loan, mut dues) = stated(session, arguments, &id, today)?;
    let first_matured_on = session.world.loans.first(&id).map_or(loan.terms.matures_on, |first| first.terms.matures_on);
    let request = ExtensionRequest { applied_on: today, matures_on, first_matured_on, consent };
    let rule = extension_rule(session, arguments, today)?;
    let before = loan.terms;
    match rule.extend(&before, &request) {
        Ok(terms) => loan.terms = terms,
        Err(refusal) => return Ok(refused(refusal.code())),
    }
    loan.extension_count += 1;
    let (days, year) = match before.day_count {
        DayCount::Act365 => (matures_on - before.matures_on, 365),
        DayCount::Act360 | DayCount::Thirty360 => (matures_on - before.matures_on, 360),
    };
    for due in dues.iter_mut().filter(|due| due.due_on == before.matures_on) {
        let share = i128::from(days) * i128::from(before.annual_rate.ppm());
        due.interest += due.principal.mul_div(share, year * 1_000_000, Rounding::HalfUp);
        due.due_on = matures_on;
    }
    session.agree(arguments, &id, today, dues)?;
    session.world.loans.put(&id, today, loan);
    Ok(Vec::new())
}

/// The limits of the pack in force; a pack that states none allows none.
fn extension_rule(session: &Session, arguments: &Arguments, today: Date) -> Result<ExtensionRule, Problem> {
    let found = session.pack.on(today).find(RuleKind::Extension).and_then(|found| match found {
        Some((_, rule)) => rule.params(),
        None => Ok(ExtensionRule { limits: Vec::new() }),
    });
    found.map_err(|problem| Problem { line: arguments.line, what: problem.to_string() })
}

/// `waive L1 interest 200.00 approved_by=…`: given up oldest first, of what is not paid.
pub fn waive(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let today = session.day(arguments)?;
    let word = arguments.word("what is waived")?;
    let Some(component) = Component::from_code(word) else {
        return arguments.problem(format!("{word}: expected interest, fee or principal"));
    };
    if component == Component::Penalty {
        return arguments.problem("penalty interest is not agreed line by line: it cannot be waived here");
    }
    let amount = act::amount(arguments)?;
    let approved_by = arguments.named("approved_by");
    arguments.required("approved_by", approved_by)?;
    let (_, mut dues) = stated(session, arguments, &id, today)?;
    let instalments = owed_and_paid(session, arguments, &id, &dues, today)?;
    let replay = |entries: &[Entry]| {
        let no_money = Strategy::ByInstalment { order: Vec::new() };
        Ledger::replay(&instalments, entries, &no_money, ChargePosting::First).0
    };
    let waiver = Waiver { component, amount };
    if let Err(refusal) = waiver.check(&replay(&[])) {
        return Ok(refused(refusal.code()));
    }
    let waived = replay(&[Entry { value_date: today, entered_on: today, event: Event::Waiver(waiver) }]);
    for (due, instalment) in dues.iter_mut().zip(&waived.instalments) {
        due.interest = instalment.owed[Component::Interest];
        due.fee = instalment.owed[Component::Fee];
    }
    session.agree(arguments, &id, today, dues)?;
    Ok(Vec::new())
}

fn stated(session: &Session, arguments: &Arguments, id: &str, today: Date) -> Result<(Loan, Vec<Due>), Problem> {
    match (session.world.loans.get(id, today), session.world.dues.get(id, today)) {
        (Some(loan), Some(dues)) if !dues.is_empty() => Ok((loan.clone(), dues.clone())),
        _ => arguments.problem(format!("no instalments of {id} are agreed yet")),
    }
}

/// The agreed instalments with what the kernel says was paid on each.
fn owed_and_paid(
    session: &Session,
    arguments: &Arguments,
    id: &str,
    dues: &[Due],
    today: Date,
) -> Result<Vec<Instalment>, Problem> {
    let Some(dossier) = session.world.dossier(id, today, today) else {
        return arguments.problem(format!("{id} is not known yet"));
    };
    let mut instalments: Vec<Instalment> = Vec::new();
    for due in dues {
        let mut instalment = Instalment::agreed(due.due_on, due.due_on, due.principal, due.interest);
        instalment.owed[Component::Fee] = due.fee;
        instalments.push(instalment);
    }
    let rules = session.rules_of(arguments, id, today)?;
    for step in loan::trace(&dossier.view(), &rules, today) {
        let Step::Received(receipt) = step else { continue };
        for part in receipt.parts.iter().filter(|part| part.component != Component::Penalty) {
            instalments[part.seq - 1].paid[part.component] += part.amount;
        }
    }
    Ok(instalments)
}
