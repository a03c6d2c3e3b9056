//! Repayment schedules (还款计划): what falls due when, in whole fen.
//!
//! [`generate`] turns the terms of a loan into the lines the lender agrees with the borrower. It
//! states its settings to [`plan`], the engine that also replays published schedules: dates come
//! from [`cadence`], the interest of a stretch of days from [`share`]. Arithmetic is decimal and
//! exact until an amount is rounded, once, to fen.

pub mod cadence;
pub mod plan;
pub mod share;

use crate::contract::{Frequency, RepaymentMethod, Terms};
use cadence::{Cadence, Step};
use plan::{Grid, InterestOn, Level, Levelling, Period, Plan, PlanRefused, Row, Settings, Solve, TrancheInterest};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use share::YearShare;
use units::{Calendar, Date, Money, Roll, Rounding};

pub use cadence::MonthEnd;
pub use plan::Residual;

/// The yearly rate above which figures may leave the range of exact arithmetic.
const HIGHEST_RATE_PPM: i64 = 100_000_000;
/// Ten trillion yuan, as much as a book takes: products of more with a rate and days may leave it too.
const LARGEST_PRINCIPAL: Money = Money::from_fen(1_000_000_000_000_000);
/// Three hundred years of weeks: dates further on leave the calendar.
const MOST_INSTALMENTS: i32 = 20_000;

/// One line of a repayment schedule (还款计划行).
///
/// Interest runs over the half-open range from `from` to the agreed date; `due_on` is the day the
/// money is due, after rolling. `balance` is the principal left afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledInstalment {
    /// From 1.
    pub seq: u32,
    pub from: Date,
    pub due_on: Date,
    pub principal: Money,
    pub interest: Money,
    pub balance: Money,
}

/// How interest is reckoned per period (计息方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterestRule {
    /// A whole month is a twelfth of the year (按月计息); weeks and odd days by the day basis.
    #[default]
    Nominal,
    /// Every period by its days and the loan's day basis (按日计息).
    ByDayCount,
}

/// Which day of the month is the due day (还款日).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DueDay {
    /// The day the loan was disbursed (对日还款); what does not fit is the last period.
    #[default]
    AsDisbursed,
    /// The day the loan matures; what does not fit is the first period.
    AsMatures,
    /// A fixed day of the month, of the quarter's last month for quarterly dues (固定还款日); the
    /// last due date is the maturity. Weekly dues keep the disbursement's weekday.
    OnDay(u32),
}

/// To which date interest runs when a due date rolls (顺延计息).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RolledInterest {
    #[default]
    ToAgreedDate,
    ToRolledDate,
}

/// The settings of a schedule beyond the terms of the loan (还款计划设置).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScheduleRules {
    pub interest: InterestRule,
    pub rounding: Rounding,
    pub residual: Residual,
    pub due_day: DueDay,
    pub month_end: MonthEnd,
    pub roll: Roll,
    pub rolled_interest: RolledInterest,
    /// Level instalments become whole multiples of this; the last one settles the rest.
    pub instalment_multiple: Option<Money>,
    /// The principal a balloon loan leaves for its last due beside that instalment (气球款).
    pub balloon: Option<Money>,
}

/// Why no schedule can be drawn up (还款计划生成被拒), in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleRefused {
    /// An irregular loan is repaid as agreed line by line.
    IrregularIsNeverGenerated,
    PrincipalMustBePositive,
    RateMustNotBeNegative,
    NoInstalments,
    MaturityMustFollowDisbursement,
    /// Not a day of the month: 1 to 31.
    NoSuchDueDay,
    /// So many dues at this step do not lie between disbursement and maturity.
    InstalmentsDoNotFitTheTerm,
    /// A balloon loan needs its balloon, positive and below the principal.
    BalloonMustBeBelowPrincipal,
    InstalmentMultipleMustBePositive,
    /// A figure leaves the range of exact arithmetic.
    FigureTooLarge,
}

impl ScheduleRefused {
    pub const fn code(self) -> &'static str {
        match self {
            ScheduleRefused::IrregularIsNeverGenerated => "E-SC-01",
            ScheduleRefused::PrincipalMustBePositive => "E-SC-02",
            ScheduleRefused::RateMustNotBeNegative => "E-SC-03",
            ScheduleRefused::NoInstalments => "E-SC-04",
            ScheduleRefused::MaturityMustFollowDisbursement => "E-SC-05",
            ScheduleRefused::NoSuchDueDay => "E-SC-06",
            ScheduleRefused::InstalmentsDoNotFitTheTerm => "E-SC-07",
            ScheduleRefused::BalloonMustBeBelowPrincipal => "E-SC-08",
            ScheduleRefused::InstalmentMultipleMustBePositive => "E-SC-09",
            ScheduleRefused::FigureTooLarge => "E-SC-10",
        }
    }
}

/// The schedule of a loan. Principal adds up to the amount lent, no part is negative, due dates ascend.
pub fn generate(
    terms: &Terms,
    rules: &ScheduleRules,
    calendar: &Calendar,
) -> Result<Vec<ScheduledInstalment>, ScheduleRefused> {
    check(terms, rules)?;
    let (cadence, mut periods) = periods(terms, rules)?;
    if terms.method == RepaymentMethod::InterestOnly {
        let last = periods.len() - 1;
        periods[..last].iter_mut().for_each(|period| period.repays = false);
    }
    roll(&mut periods, rules, calendar)?;
    let rate = Decimal::new(terms.annual_rate.ppm(), 6);
    let mut plan = Plan::new(settings(terms, rules), cadence, periods, rate);
    plan.lend(terms.disbursed_on, Decimal::from(terms.principal.fen())).map_err(too_large)?;
    (1..).zip(plan.rows()).map(|(seq, row)| in_fen(seq, &row).ok_or(ScheduleRefused::FigureTooLarge)).collect()
}

fn check(terms: &Terms, rules: &ScheduleRules) -> Result<(), ScheduleRefused> {
    use ScheduleRefused::*;
    let balloon = rules.balloon.unwrap_or_default();
    let refusals = [
        (terms.method == RepaymentMethod::Irregular, IrregularIsNeverGenerated),
        (!terms.principal.is_positive(), PrincipalMustBePositive),
        (terms.annual_rate.ppm() < 0, RateMustNotBeNegative),
        (terms.instalment_count == 0, NoInstalments),
        (terms.matures_on <= terms.disbursed_on, MaturityMustFollowDisbursement),
        (matches!(rules.due_day, DueDay::OnDay(day) if !(1..=31).contains(&day)), NoSuchDueDay),
    ];
    let later = [
        (
            terms.method == RepaymentMethod::Balloon && !(balloon.is_positive() && balloon < terms.principal),
            BalloonMustBeBelowPrincipal,
        ),
        (rules.instalment_multiple.is_some_and(|multiple| !multiple.is_positive()), InstalmentMultipleMustBePositive),
        (terms.annual_rate.ppm() > HIGHEST_RATE_PPM || terms.principal > LARGEST_PRINCIPAL, FigureTooLarge),
    ];
    let first = |list: &[(bool, ScheduleRefused)]| list.iter().find(|(refused, _)| *refused).map(|(_, why)| *why);
    if let Some(why) = first(&refusals) {
        return Err(why);
    }
    dates(terms, rules)?;
    first(&later).map_or(Ok(()), Err)
}

fn settings(terms: &Terms, rules: &ScheduleRules) -> Settings {
    use RepaymentMethod::*;
    let fen = Grid { places: Some(0), rounding: rules.rounding };
    Settings {
        level: match terms.method {
            EqualInstalment | Balloon => Level::Instalment,
            EqualPrincipal | InterestOnly | Bullet | Flat | Irregular => Level::Principal,
        },
        interest_on: if terms.method == Flat { InterestOn::LentSpreadEvenly } else { InterestOn::Balance },
        year_share: match rules.interest {
            InterestRule::Nominal => YearShare::MonthsAndDays(terms.day_count),
            InterestRule::ByDayCount => YearShare::ByConvention(terms.day_count.into()),
        },
        tranche_interest: TrancheInterest::FromItsDay,
        solve: Solve::ByPeriod,
        levelling: Levelling::Off,
        residual: rules.residual,
        interest_grid: fen,
        instalment_grid: fen,
        multiple: rules.instalment_multiple.map(|multiple| Decimal::from(multiple.fen())),
        balloon: match terms.method {
            Balloon => Decimal::from(rules.balloon.unwrap_or_default().fen()),
            _ => Decimal::ZERO,
        },
        down_payment: Decimal::ZERO,
    }
}

/// The cadence of a loan and the number of the date before its first due.
fn dates(terms: &Terms, rules: &ScheduleRules) -> Result<(Cadence, i32), ScheduleRefused> {
    let (step, months) = match terms.frequency {
        Frequency::Monthly => (Step::Months(1), 1),
        Frequency::Quarterly => (Step::Months(3), 3),
        Frequency::Biweekly => (Step::Weeks(2), 0),
        Frequency::Weekly => (Step::Weeks(1), 0),
    };
    let count = i32::try_from(terms.instalment_count).unwrap_or(i32::MAX);
    if count > MOST_INSTALMENTS && terms.method != RepaymentMethod::Bullet {
        return Err(ScheduleRefused::InstalmentsDoNotFitTheTerm);
    }
    let cadence = |anchor| Cadence { anchor, step, month_end: rules.month_end };
    let (cadence, before_first) = match rules.due_day {
        DueDay::AsMatures => (cadence(terms.matures_on), -count),
        DueDay::OnDay(day) if months > 0 => {
            // Anchored in a December, which has every day a due day can be, and counted from there.
            let december = Date::from_ymd(terms.disbursed_on.year() - 1, 12, day);
            let cadence = cadence(december.map_err(|_| ScheduleRefused::InstalmentsDoNotFitTheTerm)?);
            let first = (1..).find(|&number| cadence.nth(number) > terms.disbursed_on).expect("a later due date");
            (cadence, first - 1)
        }
        DueDay::AsDisbursed | DueDay::OnDay(_) => (cadence(terms.disbursed_on), 0),
    };
    if terms.method == RepaymentMethod::Bullet {
        return Ok((cadence, before_first));
    }
    // Neither the first nor the last period may reach two steps.
    let number = |index: i32| cadence.nth(before_first + index);
    let fits = number(count - 1) < terms.matures_on
        && terms.matures_on < number(count + 1)
        && number(-1) < terms.disbursed_on
        && (count == 1 || terms.disbursed_on < number(1));
    if fits { Ok((cadence, before_first)) } else { Err(ScheduleRefused::InstalmentsDoNotFitTheTerm) }
}

fn periods(terms: &Terms, rules: &ScheduleRules) -> Result<(Cadence, Vec<Period>), ScheduleRefused> {
    let (cadence, before_first) = dates(terms, rules)?;
    if terms.method == RepaymentMethod::Bullet {
        return Ok((cadence, vec![Period::new(terms.disbursed_on, terms.matures_on, false)]));
    }
    let count = terms.instalment_count as i32;
    let mut from = terms.disbursed_on;
    let periods = (1..=count).map(|index| {
        let agreed = cadence.nth(before_first + index);
        let until = if index == count { terms.matures_on } else { agreed };
        let regular = from == cadence.nth(before_first + index - 1) && until == agreed;
        let period = Period::new(from, until, regular);
        from = until;
        period
    });
    Ok((cadence, periods.collect()))
}

/// Moves due dates off the days nobody works; two dues rolled onto one day do not fit.
fn roll(periods: &mut [Period], rules: &ScheduleRules, calendar: &Calendar) -> Result<(), ScheduleRefused> {
    let mut before = None;
    for period in periods {
        period.due_on = calendar.roll(period.until, rules.roll);
        if period.due_on <= before.unwrap_or(period.from) && period.due_on != period.until {
            return Err(ScheduleRefused::InstalmentsDoNotFitTheTerm);
        }
        if rules.rolled_interest == RolledInterest::ToRolledDate {
            period.regular &= period.due_on == period.until && before.is_none_or(|day| day == period.from);
            period.from = before.unwrap_or(period.from);
            period.until = period.due_on;
        }
        before = Some(period.due_on);
    }
    Ok(())
}

fn too_large(_: PlanRefused) -> ScheduleRefused {
    ScheduleRefused::FigureTooLarge
}

fn in_fen(seq: u32, row: &Row) -> Option<ScheduledInstalment> {
    let fen = |amount: Decimal| amount.to_i64().map(Money::from_fen);
    Some(ScheduledInstalment {
        seq,
        from: row.from,
        due_on: row.due_on,
        principal: fen(row.principal)?,
        interest: fen(row.interest)?,
        balance: fen(row.balance)?,
    })
}

#[cfg(test)]
mod tests;
