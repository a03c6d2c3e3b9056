//! A plan for each household: which levers, in what order, at what cost, worth how much (一户一策).

use crate::rules::CaseRules;
use crate::strategy::DebtorType;
use grading::Bucket;
use policy::{PackOnDate, PackProblem, RuleKind, RuleRef, read};
use serde::{Deserialize, Serialize};
use units::{Date, Money, Rounding, coded, div_round};

coded! {
    /// What a plan is after (处置目标).
    PlanGoal {
        /// Paid back as agreed (恢复正常).
        Cure = "cure",
        /// Paid in other instalments (重组).
        Restructure = "restructure",
        /// As much as possible, as soon as possible (清收).
        Recover = "recover",
        /// Through a court (诉讼执行).
        Litigate = "litigate",
        /// Written off, the claim kept (核销).
        WriteOff = "write_off",
        /// Sold (转让).
        Transfer = "transfer",
    }
}

coded! {
    /// What must be true, and attested, before a lever is used (法律条件).
    LeverCondition {
        /// The limitation period runs still (诉讼时效未过).
        LimitationRuns = "limitation_runs",
        /// The guarantee period runs still (保证期间未过).
        GuaranteePeriodRuns = "guarantee_period_runs",
        /// The guarantor agrees in writing to changed terms (保证人书面同意).
        GuarantorConsents = "guarantor_consents",
        /// The debtor agrees in writing (债务人书面同意).
        DebtorConsents = "debtor_consents",
        /// The debtor can keep it, by documents (还款能力已核实).
        AbilityVerified = "ability_verified",
        /// No new borrowing, no hiding of assets is suggested (不诱导借贷、不隐匿资产).
        NoNewBorrowing = "no_new_borrowing",
        /// The security is registered and valued (押品已登记并估值).
        SecurityRegistered = "security_registered",
        /// A court or an arbitrator has ordered it (有执行依据).
        EnforceableTitle = "enforceable_title",
        /// The contract says so (合同有约定).
        ContractClause = "contract_clause",
        /// Whoever mediates does so with the debtor's consent (债务人同意调解).
        MediationConsented = "mediation_consented",
        /// Nobody outside the debt learns of it (不向无关第三人披露).
        NoDisclosure = "no_disclosure",
        /// Legal staff has looked at it (法务已审核).
        LegalReviewed = "legal_reviewed",
        /// The debtor was told before (已事先告知债务人).
        DebtorTold = "debtor_told",
        /// Within the lender's power to decide, and approved (已按权限审批).
        Approved = "approved",
    }
}

units::serde_by_code!(PlanGoal, LeverCondition);

/// A way to recover (清收手段), as the pack's taxonomy has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lever {
    pub rule: RuleRef,
    /// The rule's identity in the pack, by which plans name it.
    pub lever_id: String,
    conditions: Vec<LeverCondition>,
    fits: Vec<DebtorType>,
    from_bucket: Bucket,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeverText {
    conditions: Vec<LeverCondition>,
    /// Debtor types it is meant for; empty: all.
    #[serde(default)]
    fits: Vec<DebtorType>,
    #[serde(deserialize_with = "read::code")]
    from_bucket: Bucket,
}

impl Lever {
    /// What must be attested before it is used.
    pub fn conditions(&self) -> &[LeverCondition] {
        &self.conditions
    }
}

/// The levers of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeverRules {
    levers: Vec<Lever>,
}

impl LeverRules {
    pub fn compile(pack: &PackOnDate) -> Result<LeverRules, Vec<PackProblem>> {
        let mut problems = Vec::new();
        let mut levers = Vec::new();
        for (rule, text) in pack.all(RuleKind::Lever) {
            match text.params::<LeverText>() {
                Err(problem) => problems.push(problem),
                Ok(LeverText { conditions, fits, from_bucket }) => {
                    levers.push(Lever { rule, lever_id: text.id.clone(), conditions, fits, from_bucket });
                }
            }
        }
        if problems.is_empty() { Ok(LeverRules { levers }) } else { Err(problems) }
    }

    pub fn lever(&self, lever_id: &str) -> Option<&Lever> {
        self.levers.iter().find(|lever| lever.lever_id == lever_id)
    }

    /// The levers meant for a debtor of this type in this bucket, in the pack's order.
    pub fn offered(&self, bucket: Bucket, debtor_type: DebtorType) -> impl Iterator<Item = &Lever> {
        let fits = move |lever: &&Lever| lever.fits.is_empty() || lever.fits.contains(&debtor_type);
        self.levers.iter().filter(fits).filter(move |lever| bucket >= lever.from_bucket)
    }
}

/// A lever with what is expected of it (选用手段).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenLever {
    pub lever_id: String,
    /// What it brings if it works.
    pub expected_recovery: Money,
    /// What it costs whether or not it works, paid at once.
    pub cost: Money,
    /// From today until the money is there.
    pub days: u32,
    /// That it works, in parts per million.
    pub probability_ppm: u32,
    pub attested: Vec<LeverCondition>,
}

/// Something somebody does by a day (步骤).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    pub what: String,
    pub staff_id: String,
    pub due_on: Date,
    pub done_on: Option<Date>,
}

/// What was said where the plan was decided (会议纪要).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMinutes {
    pub held_on: Date,
    pub present: Vec<String>,
    pub text: String,
}

/// A plan for one household (一户一策): a customer, spouse and connected debtors together.
///
/// A plan is never changed: a new version replaces it and keeps its minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdPlan {
    pub plan_id: String,
    /// The customers of the household, sorted.
    pub customers: Vec<String>,
    /// From 1.
    pub version: u32,
    pub made_on: Date,
    pub owner: String,
    pub goal: PlanGoal,
    pub levers: Vec<ChosenLever>,
    pub steps: Vec<PlanStep>,
    /// The oldest first.
    pub minutes: Vec<PlanMinutes>,
    pub review_on: Date,
}

/// What is known when a plan is made or replaced.
#[derive(Clone, Copy, Debug)]
pub struct PlanDesk<'a> {
    pub business_date: Date,
    /// What the household owes altogether.
    pub owed: Money,
    /// The version it replaces.
    pub current: Option<&'a HouseholdPlan>,
}

/// Why a plan is refused, in order of precedence (拒绝方案原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanRefused {
    /// It does not follow the version in force.
    VersionDiffers {
        version: u32,
    },
    LeverMissing,
    LeverUnknown {
        lever_id: String,
    },
    LeverTwice {
        lever_id: String,
    },
    ConditionNotAttested {
        lever_id: String,
        condition: LeverCondition,
    },
    ProbabilityOutOfRange {
        lever_id: String,
    },
    AmountNegative {
        lever_id: String,
    },
    /// All that is expected together is more than the debt.
    MoreThanOwed {
        owed: Money,
    },
    StepMissing,
    StepInPast {
        day: Date,
    },
    ReviewInPast {
        day: Date,
    },
    ReviewTooLate {
        latest: Date,
    },
    /// Another goal needs minutes of who decided it; earlier minutes stay.
    MinutesMissing,
}

impl PlanRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            PlanRefused::VersionDiffers { .. } => "E-HP-01",
            PlanRefused::LeverMissing => "E-HP-02",
            PlanRefused::LeverUnknown { .. } => "E-HP-03",
            PlanRefused::LeverTwice { .. } => "E-HP-04",
            PlanRefused::ConditionNotAttested { .. } => "E-HP-05",
            PlanRefused::ProbabilityOutOfRange { .. } => "E-HP-06",
            PlanRefused::AmountNegative { .. } => "E-HP-07",
            PlanRefused::MoreThanOwed { .. } => "E-HP-08",
            PlanRefused::StepMissing => "E-HP-09",
            PlanRefused::StepInPast { .. } => "E-HP-10",
            PlanRefused::ReviewInPast { .. } => "E-HP-11",
            PlanRefused::ReviewTooLate { .. } => "E-HP-12",
            PlanRefused::MinutesMissing => "E-HP-13",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            PlanRefused::VersionDiffers { version } => vec![("version", version.to_string())],
            PlanRefused::LeverUnknown { lever_id }
            | PlanRefused::LeverTwice { lever_id }
            | PlanRefused::ProbabilityOutOfRange { lever_id }
            | PlanRefused::AmountNegative { lever_id } => vec![("lever_id", lever_id.clone())],
            PlanRefused::ConditionNotAttested { lever_id, condition } => {
                vec![("lever_id", lever_id.clone()), ("condition", format!("lever_condition.{}", condition.code()))]
            }
            PlanRefused::MoreThanOwed { owed } => vec![("owed", owed.to_string())],
            PlanRefused::StepInPast { day } | PlanRefused::ReviewInPast { day } => vec![("day", day.to_string())],
            PlanRefused::ReviewTooLate { latest } => vec![("latest", latest.to_string())],
            PlanRefused::LeverMissing | PlanRefused::StepMissing | PlanRefused::MinutesMissing => vec![],
        }
    }
}

impl HouseholdPlan {
    /// Whether this version may replace the one in force.
    pub fn check(&self, desk: &PlanDesk, rules: &CaseRules) -> Result<(), PlanRefused> {
        use PlanRefused::*;
        let version = desk.current.map_or(0, |current| current.version);
        if self.version != version + 1 {
            return Err(VersionDiffers { version });
        }
        self.check_levers(desk.owed, &rules.levers)?;
        let open = || self.steps.iter().filter(|step| step.done_on.is_none());
        if open().next().is_none() {
            return Err(StepMissing);
        }
        if let Some(step) = open().find(|step| step.due_on < desk.business_date) {
            return Err(StepInPast { day: step.due_on });
        }
        if self.review_on <= desk.business_date {
            return Err(ReviewInPast { day: self.review_on });
        }
        let latest = desk.business_date + rules.strategy.times.plan_review_within_days;
        if self.review_on > latest {
            return Err(ReviewTooLate { latest });
        }
        match desk.current {
            Some(current) if !self.minutes.starts_with(&current.minutes) => Err(MinutesMissing),
            Some(current) if self.goal != current.goal && self.minutes.len() == current.minutes.len() => {
                Err(MinutesMissing)
            }
            _ => Ok(()),
        }
    }

    fn check_levers(&self, owed: Money, rules: &LeverRules) -> Result<(), PlanRefused> {
        use PlanRefused::*;
        if self.levers.is_empty() {
            return Err(LeverMissing);
        }
        for (place, chosen) in self.levers.iter().enumerate() {
            let lever_id = || chosen.lever_id.clone();
            let lever = rules.lever(&chosen.lever_id).ok_or_else(|| LeverUnknown { lever_id: lever_id() })?;
            if self.levers[..place].iter().any(|other| other.lever_id == chosen.lever_id) {
                return Err(LeverTwice { lever_id: lever_id() });
            }
            if let Some(&condition) = lever.conditions.iter().find(|condition| !chosen.attested.contains(condition)) {
                return Err(ConditionNotAttested { lever_id: lever_id(), condition });
            }
            if chosen.probability_ppm > 1_000_000 {
                return Err(ProbabilityOutOfRange { lever_id: lever_id() });
            }
            if chosen.expected_recovery.is_negative() || chosen.cost.is_negative() {
                return Err(AmountNegative { lever_id: lever_id() });
            }
        }
        let weighted: i128 = self.levers.iter().map(ChosenLever::weighted_fen_ppm).sum();
        let too_much =
            weighted > i128::from(owed.fen()) * PPM || self.levers.iter().any(|chosen| chosen.expected_recovery > owed);
        if too_much { Err(MoreThanOwed { owed }) } else { Ok(()) }
    }

    /// What the plan is worth today in fen (期望净现值): the sum over its levers.
    pub fn expected_net_present_value(&self, annual_discount_ppm: u32) -> Money {
        self.levers.iter().map(|chosen| chosen.expected_net_present_value(annual_discount_ppm)).sum()
    }
}

const PPM: i128 = 1_000_000;
const DAYS_A_YEAR: i128 = 365;

impl ChosenLever {
    fn weighted_fen_ppm(&self) -> i128 {
        i128::from(self.expected_recovery.fen()) * i128::from(self.probability_ppm)
    }

    /// `recovery × probability / (1 + rate × days / 365) − cost`, in fen.
    ///
    /// Simple discounting, so that the quotient is one of whole numbers, exact until it is rounded once,
    /// half away from zero: a plan runs for months, where simple and yearly interest hardly differ. The
    /// cost is certain and paid at once: neither weighed nor discounted.
    pub fn expected_net_present_value(&self, annual_discount_ppm: u32) -> Money {
        let year = PPM * DAYS_A_YEAR;
        let later = year + i128::from(annual_discount_ppm) * i128::from(self.days);
        // fen × ppm × (ppm × 365) < 2^63 × 2^20 × 2^29: within i128.
        let present = div_round(self.weighted_fen_ppm() * year, PPM * later, Rounding::HalfUp);
        let present = i64::try_from(present).expect("no more than what was expected, discounted");
        Money::from_fen(present) - self.cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{date, money, rules, today};
    use proptest::prelude::*;

    fn lever(lever_id: &str, recovery: &str, cost: &str, days: u32, probability_ppm: u32) -> ChosenLever {
        ChosenLever {
            lever_id: lever_id.to_owned(),
            expected_recovery: money(recovery),
            cost: money(cost),
            days,
            probability_ppm,
            attested: LeverCondition::ALL.to_vec(),
        }
    }

    fn plan() -> HouseholdPlan {
        HouseholdPlan {
            plan_id: "P1".to_owned(),
            customers: vec!["U1".to_owned(), "U2".to_owned()],
            version: 1,
            made_on: today(),
            owner: "S1".to_owned(),
            goal: PlanGoal::Recover,
            levers: vec![
                lever("lever.instalments", "6,000", "0", 180, 600_000),
                lever("lever.suit", "10,000", "900", 365, 400_000),
            ],
            steps: vec![PlanStep {
                what: "ask for income papers".to_owned(),
                staff_id: "S1".to_owned(),
                due_on: today() + 3,
                done_on: None,
            }],
            minutes: vec![PlanMinutes { held_on: today(), present: vec!["S1".to_owned()], text: "agreed".to_owned() }],
            review_on: today() + 30,
        }
    }

    fn check(change: impl Fn(&mut HouseholdPlan), current: Option<&HouseholdPlan>, expect: Result<(), &str>) {
        let mut plan = plan();
        change(&mut plan);
        let desk = PlanDesk { business_date: today(), owed: money("10,000"), current };
        assert_eq!(plan.check(&desk, &rules()).map_err(|refused| refused.code()), expect);
    }

    #[test]
    fn a_plan_names_lawful_levers_steps_and_its_review() {
        check(|_| {}, None, Ok(()));
        check(|plan| plan.version = 2, None, Err("E-HP-01"));
        check(|plan| plan.levers.clear(), None, Err("E-HP-02"));
        check(|plan| plan.levers[1].lever_id = "lever.blacklist".to_owned(), None, Err("E-HP-03"));
        check(|plan| plan.levers[1] = plan.levers[0].clone(), None, Err("E-HP-04"));
        check(
            |plan| plan.levers[1].attested.retain(|&attested| attested != LeverCondition::LimitationRuns),
            None,
            Err("E-HP-05"),
        );
        check(|plan| plan.levers[1].probability_ppm = 1_000_001, None, Err("E-HP-06"));
        check(|plan| plan.levers[1].cost = money("-1"), None, Err("E-HP-07"));
        check(|plan| plan.levers[1].probability_ppm = 640_001, None, Err("E-HP-08"));
        check(|plan| plan.levers[1].probability_ppm = 640_000, None, Ok(()));
        check(|plan| plan.levers[0] = lever("lever.instalments", "10,000.01", "0", 1, 1), None, Err("E-HP-08"));
        check(|plan| plan.steps[0].done_on = Some(today()), None, Err("E-HP-09"));
        check(|plan| plan.steps[0].due_on = today() - 1, None, Err("E-HP-10"));
        check(|plan| plan.review_on = today(), None, Err("E-HP-11"));
        check(|plan| plan.review_on = today() + 91, None, Err("E-HP-12"));
    }

    #[test]
    fn a_new_version_follows_the_old_and_another_goal_needs_minutes() {
        let first = plan();
        let current = Some(&first);
        check(|_| {}, current, Err("E-HP-01"));
        check(|plan| plan.version = 2, current, Ok(()));
        check(|plan| (plan.version, plan.goal) = (2, PlanGoal::Litigate), current, Err("E-HP-13"));
        check(|plan| (plan.version, plan.minutes) = (2, Vec::new()), current, Err("E-HP-13"));
        let more = PlanMinutes { held_on: date("2026-11-20"), present: Vec::new(), text: "sue".to_owned() };
        check(
            |plan| {
                (plan.version, plan.goal) = (2, PlanGoal::Litigate);
                plan.minutes.push(more.clone());
            },
            current,
            Ok(()),
        );
    }

    #[test]
    fn what_comes_late_or_perhaps_is_worth_less() {
        let check = |chosen: ChosenLever, rate_ppm, expect| {
            assert_eq!(chosen.expected_net_present_value(rate_ppm), money(expect), "{chosen:?}");
        };
        check(lever("l", "1,000", "0", 0, 1_000_000), 100_000, "1,000.00");
        check(lever("l", "1,000", "0", 0, 250_000), 100_000, "250.00");
        check(lever("l", "1,100", "0", 365, 1_000_000), 100_000, "1,000.00");
        check(lever("l", "1,050", "50.01", 365, 500_000), 50_000, "449.99");
        check(lever("l", "0.01", "0", 0, 500_000), 0, "0.01"); // half a fen is rounded up
        check(lever("l", "0.01", "0", 0, 499_999), 0, "0.00");
        check(lever("l", "100", "200", 30, 1_000_000), 0, "-100.00");
        assert_eq!(plan().expected_net_present_value(0), money("3,600") + money("4,000") - money("900"));
    }

    #[test]
    fn levers_are_offered_by_stage_and_type() {
        let rules = rules().levers;
        let offered = |bucket, debtor_type| -> Vec<String> {
            rules.offered(bucket, debtor_type).map(|lever| lever.lever_id.replace("lever.", "")).collect()
        };
        let early = offered(Bucket::M1, DebtorType::Accidental);
        assert!(early.contains(&"instalments".to_owned()) && !early.contains(&"suit".to_owned()), "{early:?}");
        let late = offered(Bucket::M5, DebtorType::Irresponsible);
        assert!(late.contains(&"suit".to_owned()) && !late.contains(&"hardship_plan".to_owned()), "{late:?}");
    }

    proptest! {
        /// Later, dearer and less likely is never worth more, and no amount overflows.
        #[test]
        fn worth_falls_with_time_rate_and_doubt(
            fen in 0..=i64::MAX, days in 0..20_000u32, more_days in 0..20_000u32, rate in 0..2_000_000u32, probability in 0..=1_000_000u32,
        ) {
            let chosen = ChosenLever { expected_recovery: Money::from_fen(fen), ..lever("l", "0", "0", days, probability) };
            let worth = chosen.expected_net_present_value(rate);
            let later = ChosenLever { days: days + more_days, ..chosen.clone() };
            prop_assert!(later.expected_net_present_value(rate) <= worth);
            prop_assert!(chosen.expected_net_present_value(rate + 1) <= worth);
            prop_assert!(worth <= chosen.expected_recovery && !worth.is_negative());
        }
    }
}
