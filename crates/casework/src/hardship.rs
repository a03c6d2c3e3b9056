//! Hardship plans: a debt beyond what somebody can pay now, in instalments that can be kept.
//!
//! Card measures article 70 (个性化分期): signed once, at most five years, and collection stops while it is
//! kept (HRD-1).

use crate::promise::Receipt;
use policy::{PackOnDate, PackProblem, RuleKind};
use serde::{Deserialize, Serialize};
use units::{Date, Money, coded};

coded! {
    /// What a plan must state or attest (协议要件).
    HardshipTerm {
        /// The debt is beyond what the debtor can pay (欠款超出还款能力).
        BeyondAbility = "beyond_ability",
        /// The debtor wants to pay (仍有还款意愿).
        WillingToPay = "willing_to_pay",
        /// Whether annual fees, interest and other fees run on (是否计收年费利息和其他费用).
        ChargesStated = "charges_stated",
        /// No card of any bank is applied for until the debt is settled (结清前不申领信用卡).
        NoNewCards = "no_new_cards",
        RightsAndDuties = "rights_and_duties",
        /// What follows from a breach (违约责任).
        BreachTerms = "breach_terms",
    }
}

coded! {
    /// How the agreement was made (协议形式).
    AgreementForm {
        Written = "written",
        /// By voice: the recording is kept until the debt is settled (口头并录音).
        Oral = "oral",
    }
}

coded! {
    /// How a plan stands (协议状态).
    HardshipStatus {
        Kept = "kept",
        /// An instalment was missed: collection may resume (违约).
        Breached = "breached",
        Fulfilled = "fulfilled",
    }
}

units::serde_by_code!(HardshipTerm, AgreementForm, HardshipStatus);

/// What a plan distributes, all in renminbi (欠款余额与结构).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanBalance {
    pub principal: Money,
    pub interest: Money,
    pub fees: Money,
    /// What runs on during the plan, agreed beforehand; zero when charges stop.
    pub charges_during_plan: Money,
}

impl PlanBalance {
    pub fn owed(&self) -> Money {
        self.principal + self.interest + self.fees
    }

    pub fn total(&self) -> Money {
        self.owed() + self.charges_during_plan
    }
}

/// A hardship plan (个性化分期还款协议).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardshipPlan {
    pub plan_id: String,
    pub case_id: String,
    pub customer_id: String,
    pub signed_on: Date,
    pub form: AgreementForm,
    /// The recording of an oral agreement.
    pub recording_id: Option<String>,
    pub balance: PlanBalance,
    /// Day and amount of every instalment (周期、日期、每期金额), in the order of days.
    pub instalments: Vec<(Date, Money)>,
    /// What the agreement states and the debtor attests.
    pub terms: Vec<HardshipTerm>,
}

/// What a plan must be (个性化分期要求).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardshipRules {
    /// From signing to the last instalment.
    most_months: i32,
    required_terms: Vec<HardshipTerm>,
    /// An instalment is missed when it is not paid so many days after its day.
    missed_after_days: i32,
}

/// What is known when a plan is proposed.
#[derive(Clone, Copy, Debug)]
pub struct HardshipDesk<'a> {
    pub business_date: Date,
    /// Everything the plan is to cover.
    pub owed: Money,
    /// The plan in force for the case.
    pub in_force: Option<&'a str>,
}

/// Why a plan is refused, in order of precedence (拒绝协议原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HardshipRefused {
    PlanInForce { plan_id: String },
    TermMissing { term: HardshipTerm },
    RecordingMissing,
    NoInstalments,
    AmountMustBePositive { day: Date },
    DaysMustAscend { day: Date },
    DayInPast { day: Date },
    TooLong { latest: Date },
    BalanceDiffers { owed: Money },
    SumDiffers { total: Money },
}

impl HardshipRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            HardshipRefused::PlanInForce { .. } => "E-HD-01",
            HardshipRefused::TermMissing { .. } => "E-HD-02",
            HardshipRefused::RecordingMissing => "E-HD-03",
            HardshipRefused::NoInstalments => "E-HD-04",
            HardshipRefused::AmountMustBePositive { .. } => "E-HD-05",
            HardshipRefused::DaysMustAscend { .. } => "E-HD-06",
            HardshipRefused::DayInPast { .. } => "E-HD-07",
            HardshipRefused::TooLong { .. } => "E-HD-08",
            HardshipRefused::BalanceDiffers { .. } => "E-HD-09",
            HardshipRefused::SumDiffers { .. } => "E-HD-10",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            HardshipRefused::PlanInForce { plan_id } => vec![("plan_id", plan_id.clone())],
            HardshipRefused::TermMissing { term } => vec![("term", format!("hardship_term.{}", term.code()))],
            HardshipRefused::RecordingMissing | HardshipRefused::NoInstalments => vec![],
            HardshipRefused::AmountMustBePositive { day }
            | HardshipRefused::DaysMustAscend { day }
            | HardshipRefused::DayInPast { day } => vec![("day", day.to_string())],
            HardshipRefused::TooLong { latest } => vec![("latest", latest.to_string())],
            HardshipRefused::BalanceDiffers { owed } => vec![("owed", owed.to_string())],
            HardshipRefused::SumDiffers { total } => vec![("total", total.to_string())],
        }
    }
}

impl HardshipRules {
    pub fn compile(pack: &PackOnDate) -> Result<HardshipRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::HardshipPlan)?;
        let rules: HardshipRules = text.params()?;
        let remedy = "correct the params of this rule";
        if rules.most_months > 0 { Ok(rules) } else { Err(text.problem("a plan of no months", remedy)) }
    }

    /// Whether a plan may be signed.
    pub fn check(&self, plan: &HardshipPlan, desk: &HardshipDesk) -> Result<(), HardshipRefused> {
        use HardshipRefused::*;
        if let Some(plan_id) = desk.in_force {
            return Err(PlanInForce { plan_id: plan_id.to_owned() });
        }
        if let Some(&term) = self.required_terms.iter().find(|term| !plan.terms.contains(term)) {
            return Err(TermMissing { term });
        }
        if plan.form == AgreementForm::Oral && plan.recording_id.is_none() {
            return Err(RecordingMissing);
        }
        let (Some(&(first, _)), Some(&(last, _))) = (plan.instalments.first(), plan.instalments.last()) else {
            return Err(NoInstalments);
        };
        if let Some(&(day, _)) = plan.instalments.iter().find(|(_, amount)| !amount.is_positive()) {
            return Err(AmountMustBePositive { day });
        }
        if let Some(pair) = plan.instalments.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(DaysMustAscend { day: pair[1].0 });
        }
        if first < desk.business_date {
            return Err(DayInPast { day: first });
        }
        let latest = plan.signed_on.add_months(self.most_months);
        if last > latest {
            return Err(TooLong { latest });
        }
        if plan.balance.owed() != desk.owed {
            return Err(BalanceDiffers { owed: desk.owed });
        }
        let total = plan.balance.total();
        let sum: Money = plan.instalments.iter().map(|(_, amount)| *amount).sum();
        if sum == total { Ok(()) } else { Err(SumDiffers { total }) }
    }

    /// How a plan stands: money since signing serves the instalments in the order of their days.
    pub fn status(&self, plan: &HardshipPlan, receipts: &[Receipt], business_date: Date) -> HardshipStatus {
        let received_by = |day: Date| -> Money {
            let counts = |receipt: &&Receipt| plan.signed_on <= receipt.received_on && receipt.received_on <= day;
            receipts.iter().filter(counts).map(|receipt| receipt.amount).sum()
        };
        let mut due = Money::ZERO;
        for &(due_on, amount) in &plan.instalments {
            due += amount;
            let last_day = due_on + self.missed_after_days;
            if last_day < business_date && received_by(last_day) < due {
                return HardshipStatus::Breached;
            }
        }
        if received_by(business_date) >= due { HardshipStatus::Fulfilled } else { HardshipStatus::Kept }
    }

    /// The next instalment from a day on, or the last: when the plan is looked at again.
    pub fn next_due_on(&self, plan: &HardshipPlan, business_date: Date) -> Option<Date> {
        let days = || plan.instalments.iter().map(|&(due_on, _)| due_on);
        days().find(|&due_on| due_on >= business_date).or(days().next_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{date, money, problems_of, rules, today};

    /// Signed today over 1,000 principal and 200 interest, in equal parts on the first of each month.
    fn plan(months: i32) -> HardshipPlan {
        let part = money("1,200").mul_div(1, months.into(), units::Rounding::Down);
        let rest = money("1,200") - part.mul_div((months - 1).into(), 1, units::Rounding::Down);
        let amount = |n| if n == months { rest } else { part };
        HardshipPlan {
            plan_id: "H1".to_owned(),
            case_id: "C1".to_owned(),
            customer_id: "U1".to_owned(),
            signed_on: today(),
            form: AgreementForm::Written,
            recording_id: None,
            balance: PlanBalance {
                principal: money("1,000"),
                interest: money("200"),
                fees: Money::ZERO,
                charges_during_plan: Money::ZERO,
            },
            instalments: (1..=months).map(|n| (today().add_months(n), amount(n))).collect(),
            terms: HardshipTerm::ALL.to_vec(),
        }
    }

    fn check(change: impl Fn(&mut HardshipPlan), months: i32, expect: Result<(), &str>) {
        let mut plan = plan(months);
        change(&mut plan);
        let desk = HardshipDesk { business_date: today(), owed: money("1,200"), in_force: None };
        assert_eq!(rules().hardship.check(&plan, &desk).map_err(|refused| refused.code()), expect);
    }

    #[test]
    fn a_plan_of_sixty_months_is_signed_and_of_sixty_one_is_not() {
        check(|_| {}, 60, Ok(()));
        check(|_| {}, 61, Err("E-HD-08"));
        check(|plan| plan.instalments[59].0 = plan.instalments[59].0.next(), 60, Err("E-HD-08"));
    }

    #[test]
    fn a_plan_that_lacks_what_article_70_asks_is_refused() {
        check(|plan| plan.terms.retain(|&term| term != HardshipTerm::NoNewCards), 61, Err("E-HD-02"));
        check(|plan| plan.form = AgreementForm::Oral, 61, Err("E-HD-03"));
        check(|plan| plan.instalments.clear(), 12, Err("E-HD-04"));
        check(|plan| plan.instalments[3].1 = Money::ZERO, 61, Err("E-HD-05"));
        check(|plan| plan.instalments[3].0 = plan.instalments[2].0, 61, Err("E-HD-06"));
        check(|plan| plan.instalments[0].0 = today().previous(), 61, Err("E-HD-07"));
        check(|plan| plan.balance.principal = money("1,001"), 12, Err("E-HD-09"));
        check(|plan| plan.instalments[0].1 = money("1"), 12, Err("E-HD-10"));
        check(|plan| plan.balance.charges_during_plan = money("1"), 12, Err("E-HD-10"));
        check(|plan| (plan.form, plan.recording_id) = (AgreementForm::Oral, Some("R1".to_owned())), 12, Ok(()));
        let desk = HardshipDesk { business_date: today(), owed: money("1,200"), in_force: Some("H0") };
        let refused = rules().hardship.check(&plan(61), &desk).unwrap_err();
        assert_eq!((refused.code(), refused), ("E-HD-01", HardshipRefused::PlanInForce { plan_id: "H0".to_owned() }));
    }

    #[test]
    fn a_plan_of_no_months_is_a_problem() {
        let draft = "id=\"hardship.plan\"\nkind=\"hardship_plan\"\nparams={ most_months=0, required_terms=[], missed_after_days=1 }";
        let problems = problems_of(draft, |pack| HardshipRules::compile(pack).err().map(|problem| vec![problem]));
        assert!(problems.contains("no months"), "{problems}");
    }

    #[test]
    fn a_missed_instalment_breaches_and_full_payment_fulfils() {
        // 100.00 on the 20th of each month from December, five days to pay.
        let check = |receipts: &[(&str, &str)], on: &str, expect: HardshipStatus| {
            let receipts: Vec<Receipt> = receipts
                .iter()
                .map(|(day, amount)| Receipt { received_on: date(day), amount: money(amount) })
                .collect();
            assert_eq!(rules().hardship.status(&plan(12), &receipts, date(on)), expect, "{receipts:?} on {on}");
        };
        use HardshipStatus::*;
        check(&[], "2026-12-25", Kept);
        check(&[], "2026-12-26", Breached);
        check(&[("2026-12-25", "100")], "2026-12-26", Kept);
        check(&[("2026-12-26", "100")], "2026-12-26", Breached);
        check(&[("2026-11-19", "100")], "2026-12-26", Breached);
        check(&[("2026-12-01", "200")], "2027-01-26", Kept);
        check(&[("2026-12-01", "199.99")], "2027-01-26", Breached);
        check(&[("2026-12-01", "1,200")], "2026-12-01", Fulfilled);
        assert_eq!(rules().hardship.next_due_on(&plan(12), date("2027-01-01")), Some(date("2027-01-20")));
        assert_eq!(rules().hardship.next_due_on(&plan(12), date("2028-01-01")), Some(date("2027-11-20")));
    }
}
