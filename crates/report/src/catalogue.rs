//! The catalogue of ratios: which sum stands over which, and what one loan adds to each sum.
//!
//! A ratio's names and its formula in words are in the glossary under `metric.<code>`.

use crate::state::{BalanceSheet, Figures};
use grading::{CustomerKind, Grade};
use loan::{Protection, RepaymentMethod};
use units::{Money, Rounding, coded, div_round};

coded! {
    /// A sum over loans that ratios are made of (统计量): fen, or a count of loans.
    Measure {
        /// Balance of the loans on the books (各项贷款).
        Outstanding = "outstanding",
        SpecialMention = "special_mention",
        NonPerforming = "non_performing",
        Loss = "loss",
        PastDue = "past_due",
        PastDueOver90 = "past_due_over_90",
        Extended = "extended",
        Restructured = "restructured",
        Allowance = "allowance",
        /// Principal paid out on mortgaged and pledged loans.
        SecuredPrincipal = "secured_principal",
        /// Principal and interest past due of mortgaged and pledged loans (押品担保的贷款本息).
        SecuredClaim = "secured_claim",
        CollateralValue = "collateral_value",
        TotalAssets = "total_assets",
        TotalLiabilities = "total_liabilities",
        OpeningNonPerforming = "opening_non_performing",
        /// Mean of the opening and the present balance.
        MeanOutstanding = "mean_outstanding",
        WrittenOff = "written_off",
        NetWrittenOff = "net_written_off",
        LoanCount = "loan_count",
        NonPerformingCount = "non_performing_count",
        PastDueCount = "past_due_count",
        ExtendedCount = "extended_count",
        /// Loans whose first instalment has fallen due, whatever became of them.
        FirstDueCount = "first_due_count",
        FirstPastDue1Count = "first_past_due_1_count",
        FirstPastDue7Count = "first_past_due_7_count",
        FirstPastDue30Count = "first_past_due_30_count",
    }
}

coded! {
    /// What a measure counts in (计量单位).
    Unit {
        Fen = "fen",
        Loans = "loans",
    }
}

/// The level a ratio is held against (参考值), in ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    AtMost(i64),
    AtLeast(i64),
    /// No level; what matters is where it is going.
    Trend,
}

/// One ratio of the catalogue (指标定义).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    pub code: &'static str,
    pub numerator: Measure,
    pub denominator: Measure,
    pub reference: Reference,
    /// Where the definition is from.
    pub source: &'static str,
}

const CORE_2005: &str = "core risk indicators of commercial banks (trial), 2005";
const PROVISIONING: &str = "allowances for loan losses of commercial banks; notice on adjusting the requirements";
const PRACTICE: &str = "reporting practice";
const SEED: &str = "training material 003";

const fn metric(
    code: &'static str,
    numerator: Measure,
    denominator: Measure,
    reference: Reference,
    source: &'static str,
) -> Metric {
    Metric { code, numerator, denominator, reference, source }
}

/// Every ratio, in the order reports print them.
pub const CATALOGUE: &[Metric] = {
    use Measure::*;
    use Reference::*;
    &[
        metric("npl_ratio", NonPerforming, Outstanding, AtMost(50_000), CORE_2005),
        metric("npl_count_ratio", NonPerformingCount, LoanCount, Trend, PRACTICE),
        metric("special_mention_ratio", SpecialMention, Outstanding, Trend, PRACTICE),
        metric("past_due_ratio", PastDue, Outstanding, Trend, PRACTICE),
        metric("past_due_count_ratio", PastDueCount, LoanCount, Trend, PRACTICE),
        metric("past_due_90_ratio", PastDueOver90, Outstanding, Trend, PRACTICE),
        metric("npl_deviation", PastDueOver90, NonPerforming, AtMost(1_000_000), PRACTICE),
        metric("extension_ratio", Extended, Outstanding, Trend, PRACTICE),
        metric("extension_count_ratio", ExtendedCount, LoanCount, Trend, PRACTICE),
        metric("restructured_ratio", Restructured, Outstanding, Trend, PRACTICE),
        metric("coverage_ratio", Allowance, NonPerforming, AtLeast(1_500_000), PROVISIONING),
        metric("allowance_to_loans_ratio", Allowance, Outstanding, AtLeast(25_000), PROVISIONING),
        metric("bad_debt_ratio", Loss, Outstanding, Trend, SEED),
        metric("net_write_off_ratio", NetWrittenOff, MeanOutstanding, Trend, PRACTICE),
        metric("write_off_ratio", WrittenOff, OpeningNonPerforming, Trend, PRACTICE),
        metric("leverage_ratio", TotalLiabilities, TotalAssets, Trend, SEED),
        metric("guarantee_ratio", CollateralValue, SecuredPrincipal, Trend, SEED),
        metric("ltv_ratio", SecuredClaim, CollateralValue, Trend, PRACTICE),
        metric("first_payment_default_1_rate", FirstPastDue1Count, FirstDueCount, Trend, PRACTICE),
        metric("first_payment_default_7_rate", FirstPastDue7Count, FirstDueCount, Trend, PRACTICE),
        metric("first_payment_default_30_rate", FirstPastDue30Count, FirstDueCount, Trend, PRACTICE),
    ]
};

/// Beyond this many days all the principal of an instalment loan counts as past due.
const PAST_DUE_PART_UNTIL_DAYS: i32 = 90;

impl Metric {
    pub fn find(code: &str) -> Option<&'static Metric> {
        CATALOGUE.iter().find(|metric| metric.code == code)
    }
}

impl Measure {
    pub const COUNT: usize = Measure::ALL.len();

    pub const fn unit(self) -> Unit {
        if (self as usize) < Measure::LoanCount as usize { Unit::Fen } else { Unit::Loans }
    }

    /// The measure's value from the sum over loans.
    pub(crate) fn of_sum(self, sum: i64) -> i64 {
        match self {
            // Loans add twice their mean, so that no half fen is lost before the sum.
            Measure::MeanOutstanding => div_round(sum.into(), 2, Rounding::HalfUp) as i64,
            _ => sum,
        }
    }
}

/// The balance of a loan that counts as past due (逾期贷款余额).
///
/// Statistical practice: of a retail loan repaid in instalments only the part past due counts up to
/// 90 days, all of it after; of any other loan all of it counts from the first day.
pub fn past_due_balance(figures: &Figures) -> Money {
    let by_parts = figures.kind != CustomerKind::Corporate && figures.method != RepaymentMethod::Bullet;
    match figures.days_past_due {
        ..=0 => Money::ZERO,
        ..=PAST_DUE_PART_UNTIL_DAYS if by_parts => figures.principal_past_due,
        _ => figures.principal_outstanding,
    }
}

/// What one loan adds to every measure; `sheet` for the one loan that stands for its customer.
pub(crate) fn contributions(figures: &Figures, sheet: Option<&BalanceSheet>) -> [i64; Measure::COUNT] {
    let mut sums = [0; Measure::COUNT];
    let mut add = |measure: Measure, amount: Money| sums[measure as usize] = amount.fen();
    let year = &figures.year;
    add(Measure::OpeningNonPerforming, year.opening_non_performing);
    add(Measure::MeanOutstanding, year.opening_outstanding);
    add(Measure::WrittenOff, year.written_off);
    add(Measure::NetWrittenOff, year.written_off - year.recovered);
    if let Some(sheet) = sheet {
        add(Measure::TotalAssets, sheet.total_assets);
        add(Measure::TotalLiabilities, sheet.total_liabilities);
    }
    if figures.on_book() {
        let balance = figures.principal_outstanding;
        let when = |holds: bool| if holds { balance } else { Money::ZERO };
        add(Measure::Outstanding, balance);
        add(Measure::SpecialMention, when(figures.grade == Grade::SpecialMention));
        add(Measure::NonPerforming, when(figures.grade.is_non_performing()));
        add(Measure::Loss, when(figures.grade == Grade::Loss));
        add(Measure::PastDue, past_due_balance(figures));
        add(Measure::PastDueOver90, when(figures.days_past_due > 90));
        add(Measure::Extended, when(figures.extension_count > 0));
        add(Measure::Restructured, when(figures.restructured_on.is_some()));
        add(Measure::Allowance, figures.allowance);
        add(Measure::MeanOutstanding, year.opening_outstanding + balance);
        if matches!(figures.protection, Protection::Mortgage | Protection::Pledge) {
            add(Measure::SecuredPrincipal, figures.principal);
            add(Measure::SecuredClaim, balance + figures.interest_past_due);
            add(Measure::CollateralValue, figures.collateral_value);
        }
    }
    count(figures, &mut sums);
    sums
}

fn count(figures: &Figures, sums: &mut [i64; Measure::COUNT]) {
    let mut count = |measure: Measure, holds: bool| sums[measure as usize] = i64::from(holds);
    let on_book = figures.on_book();
    count(Measure::LoanCount, on_book);
    count(Measure::NonPerformingCount, on_book && figures.grade.is_non_performing());
    count(Measure::PastDueCount, on_book && figures.days_past_due > 0);
    count(Measure::ExtendedCount, on_book && figures.extension_count > 0);
    let first = figures.first_instalment_worst_days;
    let reached = |days| first.is_some_and(|worst| worst >= days);
    count(Measure::FirstDueCount, first.is_some());
    count(Measure::FirstPastDue1Count, reached(1));
    count(Measure::FirstPastDue7Count, reached(7));
    count(Measure::FirstPastDue30Count, reached(30));
}
