//! What schedules come out as, and what holds for all of them.

use super::*;
use crate::contract::DayCount;
use proptest::prelude::*;
use units::RatePpm;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// 100,000.00 at 6 % over twelve months, the golden loan.
fn golden(method: RepaymentMethod) -> Terms {
    Terms {
        principal: Money::from_yuan(100_000),
        disbursed_on: date("2026-01-12"),
        matures_on: date("2027-01-12"),
        annual_rate: RatePpm::new(60_000),
        penalty_rate: None,
        day_count: DayCount::Act360,
        method,
        instalment_count: 12,
        frequency: Frequency::Monthly,
    }
}

fn line(instalment: &ScheduledInstalment) -> String {
    let ScheduledInstalment { seq, due_on, principal, interest, balance, .. } = instalment;
    format!("{seq} {due_on} {principal} + {interest} = {} left {balance}", *principal + *interest)
}

/// The first and the last line, and the interest in total.
fn check(terms: &Terms, rules: &ScheduleRules, expect: [&str; 3]) {
    let schedule = generate(terms, rules, &Calendar::default()).unwrap();
    let interest: Money = schedule.iter().map(|instalment| instalment.interest).sum();
    let got = [line(&schedule[0]), line(schedule.last().unwrap()), interest.to_string()];
    assert_eq!(got, expect);
}

#[test]
fn every_method_repays_the_golden_loan() {
    use RepaymentMethod::*;
    let rules = ScheduleRules::default();
    let check = |method, expect| check(&golden(method), &rules, expect);
    check(
        EqualInstalment,
        [
            "1 2026-02-12 8,106.64 + 500.00 = 8,606.64 left 91,893.36",
            "12 2027-01-12 8,563.87 + 42.82 = 8,606.69 left 0.00",
            "3,279.73",
        ],
    );
    check(
        EqualPrincipal,
        [
            "1 2026-02-12 8,333.33 + 500.00 = 8,833.33 left 91,666.67",
            "12 2027-01-12 8,333.37 + 41.67 = 8,375.04 left 0.00",
            "3,250.00",
        ],
    );
    check(
        InterestOnly,
        [
            "1 2026-02-12 0.00 + 500.00 = 500.00 left 100,000.00",
            "12 2027-01-12 100,000.00 + 500.00 = 100,500.00 left 0.00",
            "6,000.00",
        ],
    );
    check(
        Bullet,
        [
            "1 2027-01-12 100,000.00 + 6,000.00 = 106,000.00 left 0.00",
            "1 2027-01-12 100,000.00 + 6,000.00 = 106,000.00 left 0.00",
            "6,000.00",
        ],
    );
    check(
        Flat,
        [
            "1 2026-02-12 8,333.33 + 500.00 = 8,833.33 left 91,666.67",
            "12 2027-01-12 8,333.37 + 500.00 = 8,833.37 left 0.00",
            "6,000.00",
        ],
    );
}

/// The textbook figures are those of the formulas, rounded only when they are read.
#[test]
fn the_formulas_give_the_golden_numbers() {
    let check = |method, first: &str, last: &str, interest: &str| {
        let terms = golden(method);
        let exact = Settings {
            interest_grid: Grid::EXACT,
            instalment_grid: Grid::EXACT,
            ..settings(&terms, &ScheduleRules::default())
        };
        let (cadence, periods) = periods(&terms, &ScheduleRules::default()).unwrap();
        let mut plan = Plan::new(exact, cadence, periods, Decimal::new(6, 2));
        plan.lend(terms.disbursed_on, Decimal::from(100_000)).unwrap();
        let rows = plan.rows();
        let total = |row: &Row| row.principal + row.interest;
        let read = |amount: Decimal| amount.round_dp(2).to_string();
        let all = rows.iter().map(|row| row.interest).sum();
        assert_eq!([read(total(&rows[0])), read(total(&rows[11])), read(all)], [first, last, interest]);
    };
    check(RepaymentMethod::EqualInstalment, "8606.64", "8606.64", "3279.72");
    check(RepaymentMethod::EqualPrincipal, "8833.33", "8375.00", "3250.00");
}

#[test]
fn settings_change_the_golden_loan() {
    use RepaymentMethod::*;
    let balloon = ScheduleRules { balloon: Some(Money::from_yuan(40_000)), ..Default::default() };
    check(
        &golden(Balloon),
        &balloon,
        [
            "1 2026-02-12 4,863.99 + 500.00 = 5,363.99 left 95,136.01",
            "12 2027-01-12 45,138.24 + 225.69 = 45,363.93 left 0.00",
            "4,367.82",
        ],
    );
    let first = ScheduleRules { residual: Residual::First, ..Default::default() };
    check(
        &golden(EqualPrincipal),
        &first,
        [
            "1 2026-02-12 8,333.37 + 500.00 = 8,833.37 left 91,666.63",
            "12 2027-01-12 8,333.33 + 41.67 = 8,375.00 left 0.00",
            "3,250.00",
        ],
    );
    let by_days = ScheduleRules { interest: InterestRule::ByDayCount, ..Default::default() };
    check(
        &golden(Bullet),
        &by_days,
        [
            "1 2027-01-12 100,000.00 + 6,083.33 = 106,083.33 left 0.00",
            "1 2027-01-12 100,000.00 + 6,083.33 = 106,083.33 left 0.00",
            "6,083.33",
        ],
    );
    let whole_yuan = ScheduleRules { instalment_multiple: Some(Money::from_yuan(1)), ..Default::default() };
    check(
        &golden(EqualInstalment),
        &whole_yuan,
        [
            "1 2026-02-12 8,107.00 + 500.00 = 8,607.00 left 91,893.00",
            "12 2027-01-12 8,559.81 + 42.80 = 8,602.61 left 0.00",
            "3,279.61",
        ],
    );
}

#[test]
fn due_dates_follow_the_due_day() {
    let check = |from: &str, until: &str, count, rules: &ScheduleRules, expect: &str| {
        let terms = Terms {
            disbursed_on: date(from),
            matures_on: date(until),
            instalment_count: count,
            frequency: if count == 3 { Frequency::Quarterly } else { Frequency::Monthly },
            ..golden(RepaymentMethod::InterestOnly)
        };
        let holidays = (1..=7).map(|day| Date::from_ymd(2026, 10, day).unwrap()).collect();
        let schedule = generate(&terms, rules, &Calendar::new(holidays, Vec::new())).unwrap();
        let lines: Vec<String> =
            schedule.iter().map(|instalment| format!("{} {}", instalment.due_on, instalment.interest)).collect();
        assert_eq!(lines.join(" | "), expect);
    };
    let by = |due_day| ScheduleRules { due_day, ..Default::default() };
    check(
        "2026-01-31",
        "2026-05-31",
        4,
        &by(DueDay::AsDisbursed),
        "2026-02-28 500.00 | 2026-03-31 500.00 | 2026-04-30 500.00 | 2026-05-31 500.00",
    );
    check(
        "2026-01-12",
        "2026-05-20",
        4,
        &by(DueDay::AsDisbursed), // the last: a month and 8 days
        "2026-02-12 500.00 | 2026-03-12 500.00 | 2026-04-12 500.00 | 2026-05-20 633.33",
    );
    check(
        "2026-01-12",
        "2026-05-20",
        4,
        &by(DueDay::AsMatures),
        "2026-02-20 633.33 | 2026-03-20 500.00 | 2026-04-20 500.00 | 2026-05-20 500.00",
    );
    check(
        "2026-01-12",
        "2026-04-12",
        4,
        &by(DueDay::OnDay(31)),
        "2026-01-31 316.67 | 2026-02-28 500.00 | 2026-03-31 500.00 | 2026-04-12 200.00",
    );
    check(
        "2026-01-12",
        "2026-08-12",
        3,
        &by(DueDay::OnDay(21)),
        "2026-03-21 1,150.00 | 2026-06-21 1,500.00 | 2026-08-12 866.67",
    );
    let rolled = ScheduleRules { roll: Roll::Following, interest: InterestRule::ByDayCount, ..Default::default() };
    check(
        "2026-07-01",
        "2026-11-01",
        4,
        &rolled, // 2026-08-01 is a Saturday; interest stays by the agreed day
        "2026-08-03 516.67 | 2026-09-01 516.67 | 2026-10-08 500.00 | 2026-11-02 516.67",
    );
    let accruing = ScheduleRules { rolled_interest: RolledInterest::ToRolledDate, ..rolled };
    check(
        "2026-07-01",
        "2026-11-01",
        4,
        &accruing,
        "2026-08-03 550.00 | 2026-09-01 483.33 | 2026-10-08 616.67 | 2026-11-02 416.67",
    );
}

#[test]
fn the_first_true_reason_refuses() {
    use ScheduleRefused::*;
    let refused = |change: &dyn Fn(&mut Terms, &mut ScheduleRules), expect| {
        let (mut terms, mut rules) = (golden(RepaymentMethod::EqualInstalment), ScheduleRules::default());
        change(&mut terms, &mut rules);
        assert_eq!(generate(&terms, &rules, &Calendar::default()), Err(expect));
    };
    refused(&|terms, _| terms.method = RepaymentMethod::Irregular, IrregularIsNeverGenerated);
    refused(&|terms, _| terms.principal = Money::ZERO, PrincipalMustBePositive);
    refused(&|terms, _| terms.annual_rate = RatePpm::new(-1), RateMustNotBeNegative);
    refused(&|terms, _| terms.instalment_count = 0, NoInstalments);
    refused(&|terms, _| terms.matures_on = terms.disbursed_on, MaturityMustFollowDisbursement);
    refused(&|_, rules| rules.due_day = DueDay::OnDay(32), NoSuchDueDay);
    refused(&|terms, _| terms.instalment_count = 11, InstalmentsDoNotFitTheTerm);
    refused(&|terms, _| terms.instalment_count = 13, InstalmentsDoNotFitTheTerm);
    refused(&|terms, _| terms.method = RepaymentMethod::Balloon, BalloonMustBeBelowPrincipal);
    refused(&|_, rules| rules.instalment_multiple = Some(Money::ZERO), InstalmentMultipleMustBePositive);
    refused(&|terms, _| terms.annual_rate = RatePpm::new(HIGHEST_RATE_PPM + 1), FigureTooLarge);
    let five_years = |terms: &mut Terms| (terms.instalment_count, terms.matures_on) = (60, date("2031-01-12"));
    let steep = |terms: &mut Terms| terms.annual_rate = RatePpm::new(HIGHEST_RATE_PPM);
    refused(&|terms, _| (five_years(terms), steep(terms)).1, FigureTooLarge);
}

const METHODS: [RepaymentMethod; 6] = [
    RepaymentMethod::EqualInstalment,
    RepaymentMethod::EqualPrincipal,
    RepaymentMethod::InterestOnly,
    RepaymentMethod::Bullet,
    RepaymentMethod::Flat,
    RepaymentMethod::Balloon,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_lost_or_made(
        fen in 1i64..10_000_000_000,
        ppm in 0i64..400_000,
        count in 1u32..120,
        start in 18_000i32..24_000,
        odd_days in 0i32..20,
        method in prop::sample::select(&METHODS[..]),
        frequency in prop::sample::select(&[Frequency::Monthly, Frequency::Quarterly, Frequency::Biweekly, Frequency::Weekly][..]),
        day_count in prop::sample::select(&[DayCount::Act360, DayCount::Act365, DayCount::Thirty360][..]),
        interest in prop::sample::select(&[InterestRule::Nominal, InterestRule::ByDayCount][..]),
        residual in prop::sample::select(&[Residual::First, Residual::Last][..]),
        due_day in prop::sample::select(&[DueDay::AsDisbursed, DueDay::AsMatures][..]),
        rounding in prop::sample::select(&[Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up][..]),
    ) {
        let disbursed_on = Date::new(start);
        let matures_on = odd_days + match frequency {
            Frequency::Monthly => disbursed_on.add_months(count as i32),
            Frequency::Quarterly => disbursed_on.add_months(3 * count as i32),
            Frequency::Biweekly => disbursed_on + 14 * count as i32,
            Frequency::Weekly => disbursed_on + 7 * count as i32,
        }.day_number();
        let matures_on = Date::new(matures_on);
        let principal = Money::from_fen(fen);
        let terms = Terms {
            principal, disbursed_on, matures_on, annual_rate: RatePpm::new(ppm), day_count, method,
            instalment_count: count, frequency, ..golden(method)
        };
        let balloon = Some(Money::from_fen(fen / 3));
        let rules = ScheduleRules { interest, residual, due_day, rounding, balloon, ..Default::default() };
        match generate(&terms, &rules, &Calendar::default()) {
            Ok(schedule) => {
                let repaid: Money = schedule.iter().map(|instalment| instalment.principal).sum();
                prop_assert_eq!(repaid, principal);
                prop_assert!(schedule.iter().all(|line| !line.principal.is_negative() && !line.interest.is_negative()));
                prop_assert!(schedule.windows(2).all(|pair| pair[0].due_on < pair[1].due_on && pair[0].due_on == pair[1].from));
                let mut left = principal;
                for instalment in &schedule {
                    left -= instalment.principal;
                    prop_assert_eq!(instalment.balance, left);
                }
                prop_assert_eq!(schedule.last().unwrap().due_on, matures_on);
            }
            Err(why) => prop_assert!(
                matches!(why, ScheduleRefused::InstalmentsDoNotFitTheTerm | ScheduleRefused::BalloonMustBeBelowPrincipal)
            ),
        }
    }
}
