//! The whole matrix of rights, walked: every use case by every role over everything near and far, as
//! written in `cases/authority/matrix.txt`; and what no matrix may break.
//!
//! `UPDATE_CASES=1` writes down what the rules say now; a reviewer reads the difference.

use crate::delegation::Delegation;
use crate::example::{delegation, institution, people, rules, staff, target};
use crate::permission::Institution;
use crate::role::Role;
use crate::rules::AuthorityRules;
use crate::scope::{Scope, Target};
use crate::use_case::UseCase;
use glossary::{Lang, label_in};
use proptest::prelude::*;
use units::Date;

const MATRIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/authority/matrix.txt");

/// What stands ever further from A of team T1 at H/B1, one per scope, twice the last: somebody's, nobody's.
const FURTHER: [(Scope, &str); 5] = [
    (Scope::Own, "owner=A team=T9 branch=H/B2"),
    (Scope::Team, "owner=B team=T1 branch=H/B2"),
    (Scope::BranchAndBelow, "owner=B team=T9 branch=H/B1/S1"),
    (Scope::All, "owner=B team=T9 branch=H/B2"),
    (Scope::All, ""),
];

/// How far A reaches, told from yes and no alone.
fn reaches(rules: &AuthorityRules, role: Role, use_case: UseCase) -> Option<Scope> {
    let outside = if role.is_outside() { " agency=G1" } else { "" };
    let staff = [staff(&format!("A {} H/B1 team=T1{outside}", role.code()))];
    let institution = institution(rules, &staff, &[], "2026-06-10");
    let actor = institution.actor("A").unwrap();
    let may = |at: &str| institution.may(&actor, use_case, &target(at)).is_ok();
    let placed = |at: &str| if at.is_empty() { String::new() } else { format!("{at}{outside}") };
    let widest = FURTHER.iter().filter(|(_, at)| may(&placed(at))).map(|(scope, _)| *scope).max();
    for (scope, at) in FURTHER {
        let expect = widest.is_some_and(|widest| scope <= widest);
        assert_eq!(may(&placed(at)), expect, "{} {} {at}: a narrower reach is refused", role.code(), use_case.code());
        if role.is_outside() && !at.is_empty() {
            assert!(!may(at) && !may(&format!("{at} agency=G2")), "{} of a case not placed", use_case.code());
        }
    }
    widest
}

#[test]
fn every_use_case_by_every_role_is_allowed_or_refused_as_written() {
    let rules = rules();
    let title = "\u{6743}\u{9650}\u{77e9}\u{9635} / who may do what: own, team, branch and below, all, or not";
    let mut text = format!("# {title}\n#\n");
    for (number, role) in Role::ALL.iter().enumerate() {
        let said = |lang| label_in("role", role.code(), lang);
        text += &format!("# {:>2}  {}  {}\n", number + 1, said(Lang::Zh), said(Lang::En));
    }
    let numbers: String = (1..=Role::ALL.len()).map(|number| format!("{number:>7}")).collect();
    text += &format!("\n{:<24}{numbers}\n", "use_case");
    for &use_case in UseCase::ALL {
        let cell = |role: &Role| match reaches(&rules, *role, use_case) {
            None => ".",
            Some(Scope::BranchAndBelow) => "branch",
            Some(scope) => scope.code(),
        };
        let cells: String = Role::ALL.iter().map(|role| format!("{:>7}", cell(role))).collect();
        text += &format!("{:<24}{cells}  {}\n", use_case.code(), label_in("use_case", use_case.code(), Lang::Zh));
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(MATRIX, &text).expect("cases/ can be written");
    }
    let written = std::fs::read_to_string(MATRIX).expect("cases/authority/matrix.txt");
    for (now, before) in text.lines().zip(written.lines()) {
        assert_eq!(now, before, "UPDATE_CASES=1 writes it anew");
    }
    assert_eq!(text.lines().count(), written.lines().count());
}

#[test]
fn every_use_case_is_somebodys_and_duties_stay_apart() {
    let rules = rules();
    for &use_case in UseCase::ALL {
        assert!(!rules.roles_with(use_case).is_empty(), "nobody may {}", use_case.code());
    }
    // Who gives posts has no business, who audits changes nothing, who signs packs does not run them.
    let may = |role, use_case| rules.scope(role, use_case).is_some();
    for &use_case in &[UseCase::CaseView, UseCase::ApprovalDecide, UseCase::PersonUnmask, UseCase::AuditExport] {
        assert!(!may(Role::Administrator, use_case), "{}", use_case.code());
    }
    let changes =
        ["_record", "_propose", "_approve", "_decide", "_manage", "_sign", "_run", "_assign", "_close", "_grant", "_file"];
    for &use_case in UseCase::ALL.iter().filter(|use_case| **use_case != UseCase::TokenManage) {
        let is_change = changes.iter().any(|ending| use_case.code().ends_with(ending));
        assert!(!is_change || !may(Role::Auditor, use_case), "{}", use_case.code());
    }
    let both = |one, two| Role::ALL.iter().any(|&role| may(role, one) && may(role, two));
    assert!(!both(UseCase::RoleGrant, UseCase::ApprovalDecide) && !both(UseCase::PackSign, UseCase::NightRun));
}

const HOUSE: &[&str] = &[
    "A collector H/B1/S1 team=T1",
    "B collector H/B1/S1 team=T1 + relationship_officer H/B1",
    "C team_lead H/B1/S1 team=T1",
    "D branch_head H/B1",
    "E branch_head H",
    "F compliance_officer H",
    "G agency_collector H/B1 agency=G1",
    "I administrator H",
];

fn any_target() -> impl Strategy<Value = Target> {
    let owner = prop::sample::select(vec!["", " owner=A", " owner=B", " owner=G", " owner=X"]);
    let team = prop::sample::select(vec!["", " team=T1", " team=T2"]);
    let branch = prop::sample::select(vec!["", " branch=H", " branch=H/B1", " branch=H/B1/S1", " branch=H/B2"]);
    let agency = prop::sample::select(vec!["", " agency=G1", " agency=G2"]);
    (owner, team, branch, agency).prop_map(|parts| target(&format!("{}{}{}{}", parts.0, parts.1, parts.2, parts.3)))
}

fn any_delegation() -> impl Strategy<Value = Delegation> {
    let person = || prop::sample::select(vec!["A", "B", "C", "D", "E", "F", "G", "I"]);
    let use_case = prop::sample::subsequence(UseCase::ALL.to_vec(), 1..8);
    let days = (0..30i32, 0..30i32, prop::option::of(0..30i32));
    (person(), person(), use_case, days).prop_map(|(from, to, use_cases, (first, last, revoked))| {
        let day = |offset: i32| Date::parse("2026-06-01").unwrap() + offset;
        Delegation {
            use_cases,
            from: day(first),
            until: day(last),
            revoked_on: revoked.map(day),
            ..delegation(&format!("{from}>{to} nothing"))
        }
    })
}

/// Whether a person may, and by whose right.
fn answer(institution: &Institution, staff_id: &str, use_case: UseCase, target: &Target) -> Option<Option<String>> {
    let actor = institution.actor(staff_id).ok()?;
    institution.may(&actor, use_case, target).ok().map(|grant| grant.for_staff)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Delegations add rights on their days and nothing else: whatever is gained is the right of somebody
    /// who has it by an own post today, in a use case that was lent, on a day it was lent for.
    #[test]
    fn nobody_gains_but_what_was_lent_today(
        given in prop::collection::vec(any_delegation(), 0..6),
        at in any_target(),
        use_case in prop::sample::select(UseCase::ALL.to_vec()),
        day in 0..30i32,
    ) {
        let (rules, staff) = (rules(), people(HOUSE));
        let today = Date::parse("2026-06-01").unwrap() + day;
        let alone = Institution { rules: &rules, staff: &staff, delegations: &[], away: &[], today };
        let lent = Institution { delegations: &given, ..alone };
        for person in &staff {
            let (own, now) = (answer(&alone, &person.staff_id, use_case, &at), answer(&lent, &person.staff_id, use_case, &at));
            match now {
                Some(Some(lender)) => {
                    prop_assert!(own.is_none(), "an own right comes first");
                    prop_assert_eq!(answer(&alone, &lender, use_case, &at), Some(None));
                    let was_lent = given.iter().any(|one| {
                        let between = one.from_staff == lender && one.to_staff == person.staff_id;
                        let days = one.from <= today && today <= one.until && one.revoked_on.is_none_or(|day| today < day);
                        between && days && one.use_cases.contains(&use_case)
                    });
                    prop_assert!(was_lent && !rules.is_never_delegated(use_case));
                }
                _ => prop_assert_eq!(now, own),
            }
        }
    }

    /// A refusal names people who may, and a list shows exactly what may be opened.
    #[test]
    fn who_is_named_may_and_who_is_listed_may(
        at in any_target(),
        use_case in prop::sample::select(UseCase::ALL.to_vec()),
    ) {
        let (rules, staff) = (rules(), people(HOUSE));
        let institution = institution(&rules, &staff, &[], "2026-06-10");
        for person in &staff {
            let actor = institution.actor(&person.staff_id).unwrap();
            let told = institution.may(&actor, use_case, &at);
            let listed = institution.reaches(&actor, use_case).iter().any(|reach| reach.covers(&at));
            prop_assert_eq!(told.is_ok(), listed);
            let named = institution.holders(use_case, &at, &at.branch);
            prop_assert_eq!(told.is_ok(), named.iter().any(|holder| holder.staff_id == person.staff_id));
        }
    }
}
