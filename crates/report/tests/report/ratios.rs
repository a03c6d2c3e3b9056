//! Ratios, the groups they are cut by, and the loans behind them.

use crate::book::night;
use report::{Dimension, DrillRow, Metric, Ratio, Vintages};
use report::{customer_concentration, dimension_concentration, drill, metrics};
use units::{Date, Money};

/// The sides of one ratio over a whole book: fen or loans.
fn check(book: &str, code: &str, expect: (i64, i64)) {
    let table = metrics(&night("2026-06-30", book), &[]);
    let ratio = table.group(&[]).unwrap().ratio(Metric::find(code).unwrap());
    assert_eq!((ratio.numerator, ratio.denominator), expect, "{code} of {book}");
}

#[test]
fn balances_stand_over_the_loans_on_the_books() {
    let book = "L1 owes=50
                L2 owes=30 grade=special_mention
                L3 owes=15 grade=substandard days=95
                L4 owes=4 grade=doubtful
                L5 owes=1 grade=loss days=400
                L6 owes=900 grade=loss days=500 status=written_off
                L7 owes=0 status=settled";
    check(book, "npl_ratio", (20_00, 100_00));
    check(book, "npl_count_ratio", (3, 5));
    check(book, "special_mention_ratio", (30_00, 100_00));
    check(book, "past_due_90_ratio", (16_00, 100_00));
    check(book, "npl_deviation", (16_00, 20_00));
    check(book, "bad_debt_ratio", (1_00, 100_00));
}

/// Only the part past due of a retail instalment loan counts up to day 90, all of any other.
#[test]
fn the_past_due_balance_depends_on_the_kind_of_loan() {
    let one = |terms: &str, past_due| {
        check(&format!("L1 owes=100 principal_past_due=8 {terms}"), "past_due_ratio", (past_due, 100_00));
    };
    one("kind=individual days=0", 0);
    one("kind=individual days=1", 8_00);
    one("kind=farmer days=90", 8_00);
    one("kind=individual days=91", 100_00);
    one("kind=individual days=1 method=bullet", 100_00);
    one("kind=corporate days=1", 100_00);
}

#[test]
fn each_ratio_has_its_own_sides() {
    check("L1 extensions=1\nL2 owes=300", "extension_ratio", (100_00, 400_00));
    check("L1 extensions=1\nL2 owes=300", "extension_count_ratio", (1, 2));
    check("L1 restructured=2026-03-01\nL2 owes=300", "restructured_ratio", (100_00, 400_00));
    check("L1 allowance=2\nL2 allowance=40 grade=substandard", "coverage_ratio", (42_00, 100_00));
    check("L1 allowance=2\nL2 allowance=40 grade=substandard", "allowance_to_loans_ratio", (42_00, 200_00));
    let mortgage = "protection=mortgage lent=120 owes=100 interest_past_due=5 collateral=150";
    check(&format!("L1 {mortgage}\nL2 collateral=70"), "guarantee_ratio", (150_00, 120_00));
    check(&format!("L1 {mortgage}\nL2 collateral=70"), "ltv_ratio", (105_00, 150_00));
    let year = "L1 owes=80 opened_at=100
                L2 owes=60 status=written_off opened_at=60 opened_npl=60 written_off=60 recovered=7";
    check(year, "net_write_off_ratio", (53_00, 120_00));
    check(year, "write_off_ratio", (60_00, 60_00));
    let first = "L1\nL2 first_days=0\nL3 first_days=6\nL4 first_days=7 status=settled\nL5 first_days=30";
    check(first, "first_payment_default_1_rate", (3, 4));
    check(first, "first_payment_default_7_rate", (2, 4));
    check(first, "first_payment_default_30_rate", (1, 4));
}

const BRANCHES: &str = "L1 branch=B1 owes=50 customer=C1 assets=1000/600
                        L2 branch=B2 owes=30 customer=C1 grade=loss
                        L3 branch=B1 owes=20 customer=C1
                        L4 owes=10 customer=C2";

/// C1 borrows three times; its statement counts once in each branch and once in the whole.
#[test]
fn a_customers_statement_counts_once_in_every_group() {
    let state = night("2026-06-30", BRANCHES);
    let leverage = Metric::find("leverage_ratio").unwrap();
    let sides = |by: &[Dimension], labels: &[&str]| metrics(&state, by).group(labels).unwrap().ratio(leverage);
    assert_eq!(sides(&[Dimension::Branch], &["B1"]), Ratio::new(600_00, 1000_00));
    assert_eq!(sides(&[Dimension::Branch], &["B2"]), Ratio::new(600_00, 1000_00));
    assert_eq!(sides(&[], &[]), Ratio::new(600_00, 1000_00));
    assert_eq!(sides(&[Dimension::Branch], &[""]).ppm(), None);
}

#[test]
fn groups_come_in_the_order_of_their_labels_and_add_up() {
    let state = night("2026-06-30", BRANCHES);
    let table = metrics(&state, &[Dimension::Branch, Dimension::Grade]);
    let labels: Vec<_> = table.groups.iter().map(|group| group.labels.join("/")).collect();
    assert_eq!(labels, ["B1/pass", "B2/loss", "/pass"]);
    let npl = Metric::find("npl_ratio").unwrap();
    let parts = table.rows().filter(|row| row.metric == npl);
    assert_eq!(parts.map(|row| row.ratio.denominator).sum::<i64>(), 110_00);
    let vintages = metrics(&state, &[Dimension::All, Dimension::Vintage]);
    assert_eq!(vintages.groups[0].labels, ["all", "2026-01"]);
}

#[test]
fn a_drill_lists_the_loans_behind_a_ratio() {
    let state = night("2026-06-30", BRANCHES);
    let check = |code: &str, at: &[(Dimension, &str)], expect: &str| {
        let rows = drill(&state, Metric::find(code).unwrap(), at);
        let text = |row: &DrillRow| format!("{} {}/{}", row.loan_id, row.numerator, row.denominator);
        assert_eq!(rows.iter().map(text).collect::<Vec<_>>().join(", "), expect, "{code} at {at:?}");
    };
    check("npl_ratio", &[(Dimension::Branch, "B2")], "L2 3000/3000");
    check("npl_ratio", &[(Dimension::Grade, "pass")], "L1 0/5000, L3 0/2000, L4 0/1000");
    check("leverage_ratio", &[(Dimension::Branch, "B1")], "L1 60000/100000");
    check("npl_ratio", &[(Dimension::Branch, "B9")], "");
}

#[test]
fn concentration_is_over_customers_or_any_dimension() {
    let state = night("2026-06-30", BRANCHES);
    let customers = customer_concentration(&state, 1);
    assert_eq!(customers.top, [("C1".to_owned(), Money::from_yuan(100))]);
    assert_eq!(customers.top_share, Ratio::new(100_00, 110_00));
    let branches = dimension_concentration(&state, Dimension::Branch, 2);
    assert_eq!(branches.top_share, Ratio::new(100_00, 110_00));
    assert_eq!(branches.index, 4_876); // (70² + 30² + 10²) / 110²
}

/// Written-off claims stay in the curve; a settled loan only stays in what was lent.
#[test]
fn a_vintage_ages_by_month() {
    let mut vintages = Vintages::new(30);
    vintages.add(&night("2026-02-28", "L1\nL2\nL3 disbursed=2026-02-01"));
    vintages.add(&night("2026-03-31", "L1 days=29\nL2 days=30 owes=90\nL3 disbursed=2026-02-01"));
    vintages.add(&night("2026-04-30", "L1 status=settled owes=0\nL2 days=60 owes=90 status=written_off"));
    let text: Vec<_> = vintages
        .points()
        .map(|point| {
            let sides = |ratio: Ratio| format!("{}/{}", ratio.numerator, ratio.denominator);
            format!("{} {} {} {}", point.cohort, point.month_on_book, sides(point.balance), sides(point.loans))
        })
        .collect();
    assert_eq!(
        text,
        [
            "2026-01 1 0/20000 0/2",
            "2026-01 2 9000/20000 1/2",
            "2026-01 3 9000/20000 1/2",
            "2026-02 0 0/10000 0/1",
            "2026-02 1 0/10000 0/1",
        ]
    );
}

/// So many labels that no table could hold their combinations.
#[test]
fn a_cut_may_have_more_combinations_than_loans() {
    let state = night("2026-06-30", "L1 disbursed=1026-01-15\nL2\nL3 owes=7");
    let table = metrics(&state, &[Dimension::Vintage, Dimension::Vintage, Dimension::Branch]);
    let outstanding = |group: &report::GroupTotals| (group.labels.join(" "), group.sum(report::Measure::Outstanding));
    let groups: Vec<(String, i64)> = table.groups.iter().map(outstanding).collect();
    let expect = [("1026-01 1026-01 ".to_owned(), 100_00), ("2026-01 2026-01 ".to_owned(), 107_00)];
    assert_eq!(groups, expect);
}

/// The parts of a book come one after the other; months are read in the order of time all the same.
#[test]
fn months_of_many_parts_stand_in_their_order() {
    let by = [Dimension::Vintage];
    let mut tally = report::Tally::new(Date::parse("2026-06-30").unwrap(), &by);
    for book in ["L1 disbursed=2026-02-01", "L2 disbursed=2025-03-01\nL3 disbursed=2026-02-09"] {
        let part = night("2026-06-30", book);
        report::tally::parts(&part, 0..part.len(), &[&by]).into_iter().for_each(|part| tally.take(part));
    }
    let table = tally.finish(|_| report::BalanceSheet::default());
    let months: Vec<(&str, i64)> =
        table.groups.iter().map(|group| (group.labels[0].as_str(), group.sum(report::Measure::LoanCount))).collect();
    assert_eq!(months, [("2025-03", 1), ("2026-02", 2)]);
}
