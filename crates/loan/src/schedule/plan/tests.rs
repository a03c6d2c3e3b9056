//! What each event does to a plan: 1,000.00 lent on 2026-01-01 at 12 % over three months.

use super::super::cadence::{MonthEnd, Step};
use super::*;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn plan(settings: Settings) -> Plan {
    let cadence = Cadence { anchor: date("2026-01-01"), step: Step::Months(1), month_end: MonthEnd::Clamp };
    let periods = (0..3).map(|number| Period::new(cadence.nth(number), cadence.nth(number + 1), true)).collect();
    let mut plan = Plan::new(settings, cadence, periods, Decimal::new(12, 2));
    plan.lend(date("2026-01-01"), Decimal::from(1_000)).unwrap();
    plan
}

fn settings() -> Settings {
    let cents = Grid { places: Some(2), rounding: Rounding::HalfEven };
    Settings {
        level: Level::Instalment,
        interest_on: InterestOn::Balance,
        year_share: YearShare::PeriodsOfYear,
        tranche_interest: TrancheInterest::FromItsDay,
        solve: Solve::ByPeriod,
        levelling: Levelling::Off,
        residual: Residual::Last,
        interest_grid: cents,
        instalment_grid: cents,
        multiple: None,
        balloon: Decimal::ZERO,
        down_payment: Decimal::ZERO,
    }
}

fn lines(plan: &Plan) -> String {
    let line = |row: &Row| format!("{} {:.2}+{:.2}", &row.due_on.to_string()[5..], row.principal, row.interest);
    plan.rows().iter().map(line).collect::<Vec<_>>().join(" | ")
}

#[test]
fn events_change_what_comes_after_them() {
    let check = |event: &dyn Fn(&mut Plan) -> Result<(), PlanRefused>, expect: &str| {
        let mut plan = plan(settings());
        event(&mut plan).unwrap();
        assert_eq!(lines(&plan), expect);
        let repaid: Decimal = plan.rows().iter().map(|row| row.principal).sum();
        assert_eq!(repaid, plan.tranches.iter().map(|tranche| tranche.amount).sum());
    };
    check(&|_| Ok(()), "02-01 330.02+10.00 | 03-01 333.32+6.70 | 04-01 336.66+3.37");
    let more = Decimal::from(300);
    check(&|plan| plan.lend(date("2026-02-15"), more), "02-01 330.02+10.00 | 03-01 484.08+8.20 | 04-01 485.90+4.86");
    check(&|plan| plan.lend(date("2026-02-01"), more), "02-01 330.02+10.00 | 03-01 482.58+9.70 | 04-01 487.40+4.87");
    let none = Decimal::ZERO;
    check(
        &|plan| plan.change_rate(date("2026-02-01"), none),
        "02-01 330.02+10.00 | 03-01 334.99+0.00 | 04-01 334.99+0.00",
    );
    check(
        &|plan| plan.change_rate(date("2026-04-01"), none),
        "02-01 330.02+10.00 | 03-01 333.32+6.70 | 04-01 336.66+3.37",
    );
    let pause = |plan: &mut Plan| {
        plan.pause_interest(date("2026-02-01"), date("2026-02-15"));
        Ok(())
    };
    check(&pause, "02-01 330.02+10.00 | 03-01 336.67+3.35 | 04-01 333.31+3.33");
    check(
        &|plan| plan.move_due(date("2026-02-01"), date("2026-03-01")),
        "03-01 320.02+20.00 | 04-01 333.22+6.80 | 05-01 346.76+3.47",
    );
    check(
        &|plan| plan.extend(date("2026-02-01"), 1),
        "02-01 330.02+10.00 | 03-01 221.11+6.70 | 04-01 223.32+4.49 | 05-01 225.55+2.26",
    );
    check(&|plan| plan.prepay(1, more, Keep::Term), "02-01 630.02+10.00 | 03-01 184.07+3.70 | 04-01 185.91+1.86");
    check(&|plan| plan.prepay(1, more, Keep::Instalment), "02-01 630.02+10.00 | 03-01 336.32+3.70 | 04-01 33.66+0.34");
}

#[test]
fn settings_shape_the_instalment() {
    let check = |change: &dyn Fn(&mut Settings), expect: &str| {
        let mut settings = settings();
        change(&mut settings);
        assert_eq!(lines(&plan(settings)), expect);
    };
    check(
        &|s| s.down_payment = Decimal::new(25, 2),
        "01-01 250.00+0.00 | 02-01 247.52+7.50 | 03-01 250.00+5.02 | 04-01 252.48+2.52",
    );
    check(&|s| s.multiple = Some(Decimal::TEN), "02-01 330.00+10.00 | 03-01 333.30+6.70 | 04-01 336.70+3.37");
    check(&|s| s.interest_on = InterestOn::Lent, "02-01 333.33+10.00 | 03-01 333.33+10.00 | 04-01 333.34+10.00");
    check(
        &|s| s.solve = Solve::Given(Decimal::from(400)),
        "02-01 390.00+10.00 | 03-01 393.90+6.10 | 04-01 216.10+2.16",
    );
    check(&|s| s.solve = Solve::Smallest, "02-01 330.03+10.00 | 03-01 333.33+6.70 | 04-01 336.64+3.37");
    check(&|s| s.balloon = Decimal::from(500), "02-01 165.01+10.00 | 03-01 166.66+8.35 | 04-01 668.33+6.68");
    // A tranche within a period earns less than the instalment was solved for; levelling spreads that.
    let mut levelled = plan(Settings { levelling: Levelling::On, ..settings() });
    levelled.lend(date("2026-02-15"), Decimal::from(300)).unwrap();
    assert_eq!(lines(&levelled), "02-01 330.02+10.00 | 03-01 483.32+8.20 | 04-01 486.66+4.87");
}

#[test]
fn an_event_a_plan_cannot_follow_is_refused() {
    let mut plan = plan(settings());
    let day = date("2026-04-01");
    assert_eq!(plan.lend(day, Decimal::ONE), Err(PlanRefused::OutsideThePlan(day)));
    assert_eq!(plan.move_due(date("2026-02-02"), day), Err(PlanRefused::NoSuchDue(date("2026-02-02"))));
    let start = date("2026-01-01");
    assert_eq!(plan.move_due(date("2026-02-01"), start), Err(PlanRefused::DatesDoNotAscend(start)));
    assert_eq!(lines(&plan), "02-01 330.02+10.00 | 03-01 333.32+6.70 | 04-01 336.66+3.37");
}
