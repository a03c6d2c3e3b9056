//! Commands that say what there is: customers, loans, instalments, what stands behind them.

use super::syntax::{Arguments, Problem, parse_date, parse_money};
use crate::world::{Collateral, Customer, Due, Loan};
use grading::{CustomerKind, CustomerScale};
use loan::schedule::{DueDay, generate};
use loan::{DayCount, Frequency, LoanStatus, Protection, RepaymentMethod, ScheduleRefused, ScheduleRules, ScheduledInstalment, Terms};
use units::{Calendar, Date, Money};

/// `customer C1 kind=corporate scale=small group=G1 …`
pub fn customer(arguments: &mut Arguments) -> Result<Customer, Problem> {
    let text = |value: Option<&str>| value.map(str::to_owned);
    Ok(Customer {
        kind: arguments.code("kind")?.unwrap_or(CustomerKind::Individual),
        scale: arguments.code::<CustomerScale>("scale")?,
        region: text(arguments.named("region")),
        industry: text(arguments.named("industry")),
        group: text(arguments.named("group")),
        payment_confirmation_needed: arguments.flag("payment_confirmation_needed")?,
    })
}

/// `loan L1 product=… amount=12,000.00 disbursed_on=2026-01-12 instalments=12 …`: the columns of the
/// book that a rule reads; what a product says holds where the line says nothing.
pub fn loan(id: &str, product: &str, arguments: &mut Arguments) -> Result<Loan, Problem> {
    let text = |value: Option<&str>, default: &str| value.unwrap_or(default).to_owned();
    Ok(Loan {
        terms: terms(arguments)?,
        customer: text(arguments.named("customer"), id),
        branch: text(arguments.named("branch"), "B1"),
        officer: arguments.named("officer").map(str::to_owned),
        product: if product.is_empty() { "loan" } else { product }.to_owned(),
        protection: arguments.code("protection")?.unwrap_or(Protection::Credit),
        low_risk: arguments.flag("low_risk")?,
        approved_with_doubt: arguments.flag("approved_with_doubt")?,
        extension_count: arguments.count("extension_count")?.unwrap_or(0),
        restructured_on: arguments.date("restructured_on")?,
        status: arguments.code("status")?.unwrap_or(LoanStatus::Active),
    })
}

fn terms(arguments: &mut Arguments) -> Result<Terms, Problem> {
    let principal = arguments.money("amount")?;
    let disbursed_on = arguments.date("disbursed_on")?;
    let annual_rate = arguments.rate("annual_rate")?;
    let disbursed_on = arguments.required("disbursed_on", disbursed_on)?;
    let instalment_count = arguments.count("instalments")?.unwrap_or(1);
    let frequency = arguments.code("frequency")?.unwrap_or(Frequency::Monthly);
    let matures_on = arguments.date("matures_on")?;
    Ok(Terms {
        principal: arguments.required("amount", principal)?,
        disbursed_on,
        matures_on: matures_on.unwrap_or_else(|| frequency_end(disbursed_on, frequency, instalment_count as i32)),
        annual_rate: arguments.required("annual_rate", annual_rate)?,
        penalty_rate: arguments.rate("penalty_rate")?,
        day_count: arguments.code("day_count")?.unwrap_or(DayCount::Act360),
        method: arguments.code("method")?.unwrap_or(RepaymentMethod::EqualInstalment),
        instalment_count,
        frequency,
    })
}

/// Where `count` periods end that begin with the disbursement.
fn frequency_end(start: Date, frequency: Frequency, count: i32) -> Date {
    match frequency {
        Frequency::Monthly => start.add_months(count),
        Frequency::Quarterly => start.add_months(3 * count),
        Frequency::Biweekly => start + 14 * count,
        Frequency::Weekly => start + 7 * count,
    }
}

/// The instalments the terms give, with a fee on each if one is agreed; none for an irregular loan,
/// whose instalments a story states itself.
pub fn agreed_dues(terms: &Terms, arguments: &mut Arguments) -> Result<Result<Vec<Due>, ScheduleRefused>, Problem> {
    let fee = arguments.money("fee")?.unwrap_or(Money::ZERO);
    let rules = ScheduleRules {
        balloon: arguments.money("balloon")?,
        instalment_multiple: arguments.money("instalment_multiple")?,
        due_day: arguments.count("due_day")?.map_or(DueDay::AsDisbursed, DueDay::OnDay),
        ..ScheduleRules::default()
    };
    match terms.method {
        RepaymentMethod::Irregular => Ok(Ok(Vec::new())),
        _ => Ok(generated(terms, &rules, fee)),
    }
}

/// The instalments the terms give.
pub fn generated(terms: &Terms, rules: &ScheduleRules, fee: Money) -> Result<Vec<Due>, ScheduleRefused> {
    let rows = generate(terms, rules, &Calendar::default())?;
    let due = |row: &ScheduledInstalment| Due { due_on: row.due_on, principal: row.principal, interest: row.interest, fee };
    Ok(rows.iter().map(due).collect())
}

/// `instalments L1 2026-02-12:1,000.00+60.00 …`: principal, interest and, if any, fee.
pub fn instalments(arguments: &mut Arguments) -> Result<Vec<Due>, Problem> {
    let mut dues = Vec::new();
    for word in arguments.rest() {
        match due(word) {
            Some(due) => dues.push(due),
            None => return arguments.problem(format!("{word}: expected an instalment such as 2026-02-12:1,000.00+60.00")),
        }
    }
    if dues.is_empty() {
        return arguments.problem("the instalments are missing");
    }
    dues.sort_by_key(|due| due.due_on);
    Ok(dues)
}

fn due(word: &str) -> Option<Due> {
    let (due_on, amounts) = word.split_once(':')?;
    let mut amounts = amounts.split('+').map(|amount| parse_money(amount).filter(|amount| !amount.is_negative()));
    let due = Due {
        due_on: parse_date(due_on)?,
        principal: amounts.next()??,
        interest: amounts.next().unwrap_or(Some(Money::ZERO))?,
        fee: amounts.next().unwrap_or(Some(Money::ZERO))?,
    };
    amounts.next().is_none().then_some(due)
}

/// `collateral L1 value=… valued_on=…`
pub fn collateral(loan: &str, today: Date, arguments: &mut Arguments) -> Result<Collateral, Problem> {
    let value = arguments.money("value")?;
    let valued_on = arguments.date("valued_on")?.unwrap_or(today);
    Ok(Collateral { loan: loan.to_owned(), value: arguments.required("value", value)?, valued_on })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instalment_is_a_date_and_its_parts() {
        let check = |word: &str, expect: &str| {
            let text = due(word).map(|due| format!("{} {}/{}/{}", due.due_on, due.principal, due.interest, due.fee));
            assert_eq!(text.unwrap_or_default(), expect, "{word}");
        };
        check("2026-02-12:1,000.00+60.00", "2026-02-12 1,000.00/60.00/0.00");
        check("2026-02-12:0+60+5", "2026-02-12 0.00/60.00/5.00");
        check("2026-02-12:10", "2026-02-12 10.00/0.00/0.00");
        check("2026-02-30:10", "");
        check("2026-02-12:1+2+3+4", "");
        check("2026-02-12:-1", "");
    }
}
