//! The agreed dues of a loan: from its terms, and as later agreements rewrite them.

use super::account::Due;
use loan::schedule::{self, ScheduleRules};
use loan::{Frequency, RepaymentMethod, Terms};
use units::{Calendar, Date, Money, Rounding};

/// The dues the terms give; an irregular loan (a project) repays a tenth, two, three and four tenths
/// of its principal in four stages over the second half of its term, with interest every period.
pub fn agreed(terms: &Terms) -> Vec<Due> {
    if terms.method == RepaymentMethod::Irregular {
        return staged(terms);
    }
    // A balloon loan leaves half its principal for the last due.
    let balloon = (terms.method == RepaymentMethod::Balloon).then(|| terms.principal.mul_div(1, 2, Rounding::Up));
    let rules = ScheduleRules { balloon, ..ScheduleRules::default() };
    let rows = schedule::generate(terms, &rules, &Calendar::default());
    let rows = rows.expect("the demo's terms make a schedule");
    rows.iter().map(|row| Due { on: row.due_on, principal: row.principal, interest: row.interest }).collect()
}

/// Whole periods in a number of months; a loan paid at maturity has one.
pub fn instalment_count(method: RepaymentMethod, frequency: Frequency, months: u32) -> u32 {
    match (method, frequency) {
        (RepaymentMethod::Bullet, _) => 1,
        (_, Frequency::Monthly) => months,
        (_, Frequency::Quarterly) => months.div_ceil(3),
        (_, Frequency::Biweekly) => months * 26 / 12,
        (_, Frequency::Weekly) => months * 52 / 12,
    }
}

fn staged(terms: &Terms) -> Vec<Due> {
    let count = terms.instalment_count as usize;
    let stages = [(count * 5 / 8, 1), (count * 6 / 8, 2), (count * 7 / 8, 3), (count, 4)];
    let mut balance = terms.principal;
    let mut from = terms.disbursed_on;
    (1..=count)
        .map(|seq| {
            let on = terms.disbursed_on.add_months(3 * seq as i32);
            let tenths = stages.iter().find(|stage| stage.0 == seq).map_or(0, |stage| stage.1);
            let stage = terms.principal.mul_div(tenths, 10, Rounding::HalfUp);
            let principal = if seq == count { balance } else { stage };
            let due = Due { on, principal, interest: interest(terms, balance, from, on) };
            balance -= principal;
            from = on;
            due
        })
        .collect()
}

/// The dues when the borrower repays everything on `on`: what fell due before stays, the rest of the
/// principal falls due that day with the interest since the last due (提前结清).
pub fn settled_early(terms: &Terms, dues: &[Due], on: Date) -> Vec<Due> {
    let mut kept: Vec<Due> = dues.iter().copied().filter(|due| due.on < on).collect();
    let principal = principal_left(terms, &kept);
    let from = kept.last().map_or(terms.disbursed_on, |due| due.on);
    kept.push(Due { on, principal, interest: interest(terms, principal, from, on) });
    kept
}

/// The dues after a restructuring (重组) on `on`: the first `met` dues were paid; the rest of the
/// principal is spread level by `count` months, and the interest in arrears falls due with the first.
pub fn restructured(terms: &Terms, dues: &[Due], met: usize, on: Date, count: u32) -> Vec<Due> {
    let mut kept = dues[..met].to_vec();
    let principal = principal_left(terms, &kept);
    let from = kept.last().map_or(terms.disbursed_on, |due| due.on);
    let renewed = Terms {
        principal,
        disbursed_on: on,
        matures_on: on.add_months(count as i32),
        method: RepaymentMethod::EqualInstalment,
        instalment_count: count,
        frequency: Frequency::Monthly,
        ..*terms
    };
    let mut rest = agreed(&renewed);
    rest[0].interest += interest(terms, principal, from, on);
    kept.append(&mut rest);
    kept
}

fn principal_left(terms: &Terms, kept: &[Due]) -> Money {
    terms.principal - kept.iter().map(|due| due.principal).sum::<Money>()
}

fn interest(terms: &Terms, balance: Money, from: Date, until: Date) -> Money {
    let days = i128::from(terms.annual_rate.ppm()) * i128::from(until - from);
    balance.mul_div(days, 360 * 1_000_000, Rounding::HalfUp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use loan::DayCount;
    use units::RatePpm;

    fn terms(method: RepaymentMethod, months: u32, frequency: Frequency) -> Terms {
        let disbursed_on = Date::parse("2026-01-15").unwrap();
        Terms {
            principal: Money::from_yuan(120_000),
            disbursed_on,
            matures_on: disbursed_on.add_months(months as i32),
            annual_rate: RatePpm::new(60_000),
            penalty_rate: None,
            day_count: DayCount::Act360,
            method,
            instalment_count: instalment_count(method, frequency, months),
            frequency,
        }
    }

    /// `date principal interest` of the last dues, after checking that the principal adds up.
    fn check(terms: &Terms, dues: &[Due], last: usize, expect: &str) {
        assert_eq!(dues.iter().map(|due| due.principal).sum::<Money>(), terms.principal);
        assert!(dues.is_sorted_by_key(|due| due.on));
        let shown = &dues[dues.len() - last..];
        let lines: Vec<String> =
            shown.iter().map(|due| format!("{} {} {}", due.on, due.principal, due.interest)).collect();
        assert_eq!(lines.join("; "), expect);
    }

    #[test]
    fn a_project_repays_in_four_stages() {
        let terms = terms(RepaymentMethod::Irregular, 24, Frequency::Quarterly);
        check(
            &terms,
            &agreed(&terms),
            4,
            "2027-04-15 12,000.00 1,800.00; 2027-07-15 24,000.00 1,638.00; \
             2027-10-15 36,000.00 1,288.00; 2028-01-15 48,000.00 736.00",
        );
    }

    #[test]
    fn an_early_settlement_brings_the_rest_forward() {
        let terms = terms(RepaymentMethod::EqualPrincipal, 12, Frequency::Monthly);
        let dues = settled_early(&terms, &agreed(&terms), Date::parse("2026-04-25").unwrap());
        check(&terms, &dues, 1, "2026-04-25 90,000.00 150.00");
        assert_eq!(dues.len(), 4);
    }

    #[test]
    fn a_restructuring_spreads_the_rest_and_keeps_the_arrears_of_interest() {
        let terms = terms(RepaymentMethod::InterestOnly, 12, Frequency::Monthly);
        let before = agreed(&terms);
        let dues = restructured(&terms, &before, 3, Date::parse("2026-07-01").unwrap(), 24);
        assert_eq!((dues.len(), dues[3].on.to_string()), (27, "2026-08-01".to_owned()));
        assert!(dues[3].interest > Money::from_yuan(2000), "{}", dues[3].interest);
        check(&terms, &dues, 0, "");
    }
}
