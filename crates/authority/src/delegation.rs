//! Rights lent to somebody else for a time.

use crate::permission::Institution;
use crate::rules::AuthorityRules;
use crate::staff::Staff;
use crate::use_case::UseCase;
use serde::{Deserialize, Serialize};
use units::Date;

/// Rights of one person in the hands of another for some days (转授权).
///
/// The delegate acts with the posts of the person who delegated, in these use cases only. What the
/// person loses the delegate loses with it; nothing delegated is delegated further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    pub delegation_id: String,
    pub from_staff: String,
    pub to_staff: String,
    pub use_cases: Vec<UseCase>,
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// The first day it no longer counts, when it was taken back.
    pub revoked_on: Option<Date>,
}

impl Delegation {
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from <= day && day <= self.until && self.revoked_on.is_none_or(|revoked| day < revoked)
    }
}

/// Why rights are not delegated, in order of precedence (拒绝转授权原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DelegationRefused {
    ToOneself,
    /// Unknown, gone or suspended, with the lender or as delegate.
    NotAtWork {
        staff: String,
    },
    /// Rights of the lender stay with the lender, an agency's with the agency.
    ToAnotherHouse,
    NothingDelegated,
    EndsBeforeItBegins,
    TooLong {
        most_days: u32,
    },
    /// Never lent by anybody.
    NeverDelegated {
        use_case: UseCase,
    },
    /// No own post on its first day gives the right; a right that was itself delegated does not count.
    LacksRight {
        use_case: UseCase,
    },
}

impl DelegationRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            DelegationRefused::ToOneself => "E-AU-31",
            DelegationRefused::NotAtWork { .. } => "E-AU-32",
            DelegationRefused::ToAnotherHouse => "E-AU-33",
            DelegationRefused::NothingDelegated => "E-AU-34",
            DelegationRefused::EndsBeforeItBegins => "E-AU-35",
            DelegationRefused::TooLong { .. } => "E-AU-36",
            DelegationRefused::NeverDelegated { .. } => "E-AU-37",
            DelegationRefused::LacksRight { .. } => "E-AU-38",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            DelegationRefused::NotAtWork { staff } => vec![("staff", staff.clone())],
            DelegationRefused::TooLong { most_days } => vec![("most_days", most_days.to_string())],
            DelegationRefused::NeverDelegated { use_case } | DelegationRefused::LacksRight { use_case } => {
                vec![("use_case", format!("use_case.{}", use_case.code()))]
            }
            _ => vec![],
        }
    }
}

impl Institution<'_> {
    /// Whether a delegation may be made as written; who may make it for whom is a permission.
    pub fn check_delegation(&self, given: &Delegation) -> Result<(), DelegationRefused> {
        let at_work = |staff_id: &str| {
            let missing = || DelegationRefused::NotAtWork { staff: staff_id.to_owned() };
            self.person(staff_id).filter(|staff| staff.is_employed()).ok_or_else(missing)
        };
        if given.from_staff == given.to_staff {
            return Err(DelegationRefused::ToOneself);
        }
        let (from, to) = (at_work(&given.from_staff)?, at_work(&given.to_staff)?);
        let days = i64::from(given.until.day_number()) - i64::from(given.from.day_number()) + 1;
        match self.rules.longest_delegation_days() {
            _ if from.agency_id != to.agency_id => Err(DelegationRefused::ToAnotherHouse),
            _ if given.use_cases.is_empty() => Err(DelegationRefused::NothingDelegated),
            _ if days <= 0 => Err(DelegationRefused::EndsBeforeItBegins),
            most_days if days > i64::from(most_days) => Err(DelegationRefused::TooLong { most_days }),
            _ => check_rights(self.rules, from, given),
        }
    }
}

fn check_rights(rules: &AuthorityRules, from: &Staff, given: &Delegation) -> Result<(), DelegationRefused> {
    let has_right = |use_case| from.posts_on(given.from).any(|post| rules.scope(post.role, use_case).is_some());
    let mut use_cases = given.use_cases.iter().copied();
    if let Some(use_case) = use_cases.clone().find(|&use_case| rules.is_never_delegated(use_case)) {
        return Err(DelegationRefused::NeverDelegated { use_case });
    }
    match use_cases.find(|&use_case| !has_right(use_case)) {
        Some(use_case) => Err(DelegationRefused::LacksRight { use_case }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::example::{delegation, institution, people, rules};

    #[test]
    fn rights_are_lent_to_somebody_at_work_for_a_time_and_only_if_held() {
        let rules = rules();
        let staff = people(&[
            "A collector H/B1/S1 team=T1",
            "L team_lead H/B1/S1 team=T1",
            "M branch_head H/B1 until=2026-06-30",
            "O compliance_officer H",
            "G agency_collector H/B1 agency=G1",
            "J agency_collector H/B1 agency=G1",
            "K agency_collector H/B1 agency=G2",
            "Q team_lead H/B1 suspended",
        ]);
        let given = [delegation("M>A case_assign")];
        let institution = institution(&rules, &staff, &given, "2026-06-10");
        let check = |text: &str, expect: Result<(), &str>| {
            let told = institution.check_delegation(&delegation(text));
            assert_eq!(told.map_err(|refused| refused.code()), expect, "{text}");
        };
        check("L>A case_assign,approval_decide", Ok(()));
        check("G>J case_view", Ok(()));
        check("L>L case_assign", Err("E-AU-31"));
        check("L>Q case_assign", Err("E-AU-32"));
        check("X>L case_assign", Err("E-AU-32"));
        check("L>G case_assign", Err("E-AU-33"));
        check("G>K case_view", Err("E-AU-33"));
        check("L>A none", Err("E-AU-34"));
        check("L>A case_assign from=2026-06-02 until=2026-06-01", Err("E-AU-35"));
        check("L>A case_assign from=2026-06-01 until=2026-08-29", Ok(()));
        check("L>A case_assign from=2026-06-01 until=2026-08-30", Err("E-AU-36"));
        check("L>A case_assign,delegation_make", Err("E-AU-37"));
        check("O>L pack_sign", Err("E-AU-37"));
        check("A>L agency_manage,key_rotate", Err("E-AU-37"));
        check("A>L case_view,agency_manage", Err("E-AU-38"));
        // Held only by delegation, or not yet or no longer held on the first day.
        check("A>L case_assign", Err("E-AU-38"));
        check("M>L case_assign from=2026-07-01 until=2026-07-02", Err("E-AU-38"));
    }
}
