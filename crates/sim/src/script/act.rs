//! What people do in a story: money, decisions, events.

use super::session::{Said, Session};
use super::syntax::{Arguments, parse_money};
use crate::world::{Event, Judgement, OtherBankDebt, Receipt};
use grading::{EventKind, Grade};
use loan::{Source, Step};
use loan::pause::{PauseAction, enter};
use loan::repayment::{Accepted, Booked, RepaymentRefused, Target, accept};
use units::{Date, Money};

/// How a refusal begins.
pub const REFUSED: &str = "refused ";

/// `refused E-RP-01 amount_must_be_positive`: the code, and the name the glossary has for it.
pub fn refused(code: &str) -> Vec<String> {
    let name = glossary::refusal(code).map_or("without_an_entry_in_the_glossary", |refusal| refusal.name.as_str());
    vec![format!("{REFUSED}{code} {name}")]
}

/// `repay L1 2,065.60 key=K1 [on=D]`: the money counts from `on`, or from today; says what it settled.
pub fn repay(session: &mut Session, arguments: &mut Arguments) -> Said {
    let loan = session.loan_named(arguments)?;
    let amount = amount(arguments)?;
    let paid_on = own_day(session, arguments, "on")?;
    let line = line(session, arguments, &loan, (paid_on, amount), None)?;
    match book(session, &line) {
        Ok(()) => settled(session, arguments, &line),
        Err(refusal) => Ok(refused(refusal.code())),
    }
}

/// `reverse L1 K1 key=R1 [amount=…]`: takes the repayment K1 back, as if it had never come.
pub fn reverse(session: &mut Session, arguments: &mut Arguments) -> Said {
    let loan = session.loan_named(arguments)?;
    let taken_back = arguments.word("the repayment to take back")?;
    let original = session.world.receipts.get(taken_back, Date::MAX).cloned();
    let paid_on = match &original {
        Some(original) => original.paid_on,
        None => own_day(session, arguments, "on")?,
    };
    let amount = arguments.money("amount")?.or(original.map(|original| original.amount)).unwrap_or(Money::from_fen(1));
    let line = line(session, arguments, &loan, (paid_on, amount), Some(taken_back))?;
    Ok(book(session, &line).err().map_or_else(Vec::new, |refusal| refused(refusal.code())))
}

fn line(
    session: &Session,
    arguments: &mut Arguments,
    loan: &str,
    (paid_on, amount): (Date, Money),
    reverses: Option<&str>,
) -> Result<Booked, super::Problem> {
    let key = arguments.named("key");
    Ok(Booked {
        id: arguments.required("key", key)?.into(),
        loan_id: loan.into(),
        paid_on,
        entered_on: session.today.unwrap_or(paid_on),
        amount,
        reverses: reverses.map(Into::into),
    })
}

/// Books a line if the loan room accepts it; the same line again changes nothing.
fn book(session: &mut Session, line: &Booked) -> Result<(), RepaymentRefused> {
    let today = line.entered_on;
    let booked = session.world.receipts.known(today).map(|(id, receipt)| Booked {
        id: id.into(),
        loan_id: receipt.loan.as_str().into(),
        paid_on: receipt.paid_on,
        entered_on: receipt.entered_on,
        amount: receipt.amount,
        reverses: receipt.reverses.as_deref().map(Into::into),
    });
    let booked: Vec<Booked> = booked.collect();
    let loan = session.world.loans.get(line.loan_id.as_str(), Date::MAX).expect("the loan was named");
    let target = Target { disbursed_on: loan.terms.disbursed_on, status: loan.status };
    if accept(line, &booked, target, today)? == Accepted::New {
        let receipt = Receipt {
            loan: line.loan_id.to_string(),
            paid_on: line.paid_on,
            amount: line.amount,
            entered_on: line.entered_on,
            reverses: line.reverses.as_ref().map(ToString::to_string),
        };
        session.world.receipts.put(line.id.as_str(), line.entered_on, receipt);
    }
    Ok(())
}

/// What a repayment settled on its value date, as the kernel tells it.
fn settled(session: &Session, arguments: &Arguments, line: &Booked) -> Said {
    if session.today.is_none() {
        return Ok(Vec::new());
    }
    let (id, known_on) = (line.loan_id.as_str(), line.entered_on);
    let rules = session.rules_of(arguments, id, known_on)?;
    let Some(dossier) = session.world.dossier(id, known_on, line.paid_on) else { return Ok(Vec::new()) };
    let place = dossier.receipt_ids.iter().position(|receipt| receipt == line.id.as_str());
    let receipts = loan::trace(&dossier.view(), &rules, line.paid_on).into_iter().filter_map(|step| match step {
        Step::Received(receipt) if receipt.source == Source::Receipt => Some(receipt),
        _ => None,
    });
    Ok(place.and_then(|place| receipts.skip(place).next()).iter().map(ToString::to_string).collect())
}

/// `change L1 extension_count=1 matures_on=D restructured_on=D status=…`: the core system states the
/// loan anew from today; what is agreed to be paid is stated by `instalments`.
pub fn change(session: &mut Session, arguments: &mut Arguments) -> Said {
    let id = session.loan_named(arguments)?;
    let today = session.day(arguments)?;
    let Some(mut loan) = session.world.loans.get(&id, today).cloned() else {
        return arguments.problem(format!("{id} is not known yet"));
    };
    loan.extension_count = arguments.count("extension_count")?.unwrap_or(loan.extension_count);
    loan.restructured_on = arguments.date("restructured_on")?.or(loan.restructured_on);
    loan.status = arguments.code("status")?.unwrap_or(loan.status);
    loan.terms.matures_on = arguments.date("matures_on")?.unwrap_or(loan.terms.matures_on);
    session.world.loans.put(&id, today, loan);
    Ok(Vec::new())
}

/// `event C1 kind=fund_misuse [on=D] [amount=…]`
pub fn event(session: &mut Session, arguments: &mut Arguments) -> Said {
    let customer = customer_named(session, arguments)?;
    let kind = arguments.code::<EventKind>("kind")?;
    let kind = arguments.required("kind", kind)?;
    let happened_on = own_day(session, arguments, "on")?;
    let amount = arguments.money("amount")?.unwrap_or(Money::ZERO);
    let number = session.world.events.known(Date::MAX).count();
    let event = Event { customer, kind: kind.code().to_owned(), happened_on, amount };
    session.world.events.put(&format!("event-{number:04}"), session.known_from(happened_on), event);
    Ok(Vec::new())
}

/// `other_bank_debt C1 lender=… balance=… past_due_days=… grade=… [as_of=D]`
pub fn other_bank_debt(session: &mut Session, arguments: &mut Arguments) -> Said {
    let customer = customer_named(session, arguments)?;
    let as_of = own_day(session, arguments, "as_of")?;
    let balance = arguments.money("balance")?;
    let debt = OtherBankDebt {
        lender: arguments.named("lender").unwrap_or("another bank").to_owned(),
        as_of,
        balance: arguments.required("balance", balance)?,
        past_due_days: arguments.count("past_due_days")?.unwrap_or(0) as i32,
        grade: arguments.code::<Grade>("grade")?,
        customer,
    };
    let id = format!("{}-{}-{}", debt.customer, debt.lender, debt.as_of);
    session.world.other_bank_debts.put(&id, session.known_from(as_of), debt);
    Ok(Vec::new())
}

/// `judge L1 grade=special_mention approved_by=…`
pub fn judge(session: &mut Session, arguments: &mut Arguments) -> Said {
    let loan = session.loan_named(arguments)?;
    let grade = arguments.code::<Grade>("grade")?;
    let approved_by = arguments.named("approved_by");
    let decided_on = own_day(session, arguments, "on")?;
    let judgement = Judgement {
        grade: arguments.required("grade", grade)?,
        approved_by: arguments.required("approved_by", approved_by)?.to_owned(),
        decided_on,
        loan,
    };
    let id = format!("{}-{decided_on}", judgement.loan);
    session.world.judgements.put(&id, session.known_from(decided_on), judgement);
    Ok(Vec::new())
}

/// `pause L1 from=D until=D approved_by=…`: the day `until` counts again.
pub fn pause(session: &mut Session, arguments: &mut Arguments) -> Said {
    let loan = session.loan_named(arguments)?;
    let (from, until) = (arguments.date("from")?, arguments.date("until")?);
    let approved_by = arguments.named("approved_by");
    arguments.required("approved_by", approved_by)?;
    let action = PauseAction::Pause { from: arguments.required("from", from)?, until: arguments.required("until", until)? };
    enter_pause(session, arguments, &loan, action)
}

/// `resume L1 [on=D] [until=D]`: the pause under way ends today.
pub fn resume(session: &mut Session, arguments: &mut Arguments) -> Said {
    let loan = session.loan_named(arguments)?;
    let on = own_day(session, arguments, "on")?;
    let until = arguments.date("until")?;
    enter_pause(session, arguments, &loan, PauseAction::Resume { on, until })
}

fn enter_pause(session: &mut Session, arguments: &Arguments, loan: &str, action: PauseAction) -> Said {
    let today = session.day(arguments)?;
    let pauses = session.world.pauses.get(loan, today).cloned().unwrap_or_default();
    let disbursed_on = session.world.loans.get(loan, today).map(|loan| loan.terms.disbursed_on);
    match enter(&pauses, action, disbursed_on, today) {
        Ok(pauses) => session.world.pauses.put(loan, today, pauses),
        Err(refusal) => return Ok(refused(refusal.code())),
    }
    Ok(Vec::new())
}

/// A day the line names, or today.
fn own_day(session: &Session, arguments: &mut Arguments, key: &str) -> Result<Date, super::Problem> {
    match arguments.date(key)? {
        Some(day) => Ok(day),
        None => session.day(arguments),
    }
}

fn customer_named(session: &Session, arguments: &mut Arguments) -> Result<String, super::Problem> {
    let id = arguments.word("the customer")?;
    match session.world.customers.holds(id) {
        true => Ok(id.to_owned()),
        false => arguments.problem(format!("there is no customer {id}")),
    }
}

/// The amount of a command, as its next word.
pub fn amount(arguments: &mut Arguments) -> Result<Money, super::Problem> {
    let word = arguments.word("the amount")?;
    match parse_money(word) {
        Some(amount) => Ok(amount),
        None => arguments.problem(format!("{word}: expected an amount such as 1,032.80")),
    }
}
