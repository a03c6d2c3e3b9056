//! A pack's rules of authority, compiled once and then asked.

use crate::limit::{DecisionKind, Limit, LimitText};
use crate::mask::PersonalDataViews;
use crate::role::Role;
use crate::scope::Scope;
use crate::sign_in::SignInRules;
use crate::unmask::UnmaskRules;
use crate::use_case::UseCase;
use policy::{PackOnDate, PackProblem, Rule, RuleKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a pack says on one day about who may do what (权限规则).
#[derive(Clone, Debug)]
pub struct AuthorityRules {
    permissions: BTreeMap<(UseCase, Role), Scope>,
    /// Duties that are never one person's, both ways round (不相容岗位).
    conflicts: BTreeSet<(Role, Role)>,
    delegation: DelegationText,
    limits: BTreeMap<DecisionKind, Limit>,
    pub sign_in: SignInRules,
    pub views: PersonalDataViews,
    pub unmask: UnmaskRules,
}

/// What one role may do and how far (岗位权限), a rule of kind `permission`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionText {
    role: Role,
    /// Roles nobody holds beside this one.
    #[serde(default)]
    never_with: Vec<Role>,
    #[serde(default)]
    own: Vec<UseCase>,
    #[serde(default)]
    team: Vec<UseCase>,
    #[serde(default)]
    branch_and_below: Vec<UseCase>,
    #[serde(default)]
    all: Vec<UseCase>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DelegationText {
    longest_days: u32,
    never: Vec<UseCase>,
}

impl AuthorityRules {
    /// Reads every rule of authority in force on the pack's day; reports every problem, not the first.
    pub fn compile(pack: &PackOnDate) -> Result<AuthorityRules, Vec<PackProblem>> {
        let mut problems = Vec::new();
        let (permissions, conflicts) = permissions(pack, &mut problems);
        let limits = limits(pack, &permissions, &mut problems);
        let delegation = one(pack, RuleKind::Delegation, &mut problems);
        let sign_in = one::<SignInRules>(pack, RuleKind::SignIn, &mut problems);
        let views = one(pack, RuleKind::PersonalDataView, &mut problems);
        let unmask = one(pack, RuleKind::Unmask, &mut problems);
        if let Some(what) = sign_in.as_ref().and_then(SignInRules::contradiction) {
            problems.extend(pack.all(RuleKind::SignIn).map(|(_, rule)| rule.problem(what, CORRECT)));
        }
        match (delegation, sign_in, views, unmask) {
            (Some(delegation), Some(sign_in), Some(views), Some(unmask)) if problems.is_empty() => {
                Ok(AuthorityRules { permissions, conflicts, delegation, limits, sign_in, views, unmask })
            }
            _ => Err(problems),
        }
    }

    /// How far a role reaches in a use case; `None` when it may not at all.
    pub fn scope(&self, role: Role, use_case: UseCase) -> Option<Scope> {
        self.permissions.get(&(use_case, role)).copied()
    }

    /// Every role that may do this, however far.
    pub fn roles_with(&self, use_case: UseCase) -> Vec<Role> {
        let all = Role::ALL.iter().copied();
        all.filter(|&role| self.scope(role, use_case).is_some()).collect()
    }

    pub(crate) fn roles_conflict(&self, one: Role, two: Role) -> bool {
        self.conflicts.contains(&(one, two))
    }

    pub(crate) fn longest_delegation_days(&self) -> u32 {
        self.delegation.longest_days
    }

    pub(crate) fn is_never_delegated(&self, use_case: UseCase) -> bool {
        self.delegation.never.contains(&use_case)
    }

    /// Whose signatures a decision asks for, amount by amount.
    pub fn limit(&self, decision: DecisionKind) -> &Limit {
        &self.limits[&decision]
    }
}

const CORRECT: &str = "correct the params of this rule";

fn one<T: DeserializeOwned>(pack: &PackOnDate, kind: RuleKind, problems: &mut Vec<PackProblem>) -> Option<T> {
    let read = pack.only(kind).and_then(|(_, rule)| rule.params());
    read.map_err(|problem| problems.push(problem)).ok()
}

fn each<'p, T: DeserializeOwned>(
    pack: &'p PackOnDate<'p>,
    kind: RuleKind,
    problems: &mut Vec<PackProblem>,
) -> Vec<(&'p Rule, T)> {
    let mut read = Vec::new();
    for (_, rule) in pack.all(kind) {
        match rule.params() {
            Ok(params) => read.push((rule, params)),
            Err(problem) => problems.push(problem),
        }
    }
    read
}

type Permissions = BTreeMap<(UseCase, Role), Scope>;

fn permissions(pack: &PackOnDate, problems: &mut Vec<PackProblem>) -> (Permissions, BTreeSet<(Role, Role)>) {
    let (mut permissions, mut conflicts, mut roles) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (rule, text) in each::<PermissionText>(pack, RuleKind::Permission, problems) {
        let role = text.role;
        if !roles.insert(role) {
            let what = format!("a second rule gives rights to {}", role.code());
            problems.push(rule.problem(what, "give the two the same id, or merge them"));
        }
        let lists = [
            (Scope::Own, text.own),
            (Scope::Team, text.team),
            (Scope::BranchAndBelow, text.branch_and_below),
            (Scope::All, text.all),
        ];
        for (scope, use_case) in lists.iter().flat_map(|(scope, list)| list.iter().map(|use_case| (*scope, *use_case)))
        {
            if permissions.insert((use_case, role), scope).is_some() {
                let what = format!("{} is listed twice", use_case.code());
                problems.push(rule.problem(what, "keep it in the widest list only"));
            }
        }
        conflicts.extend(text.never_with.iter().flat_map(|&other| [(role, other), (other, role)]));
    }
    (permissions, conflicts)
}

/// Every kind of decision has one rule, and whoever is to sign has the right to decide.
fn limits(
    pack: &PackOnDate,
    permissions: &Permissions,
    problems: &mut Vec<PackProblem>,
) -> BTreeMap<DecisionKind, Limit> {
    let mut limits = BTreeMap::new();
    for (rule, text) in each::<LimitText>(pack, RuleKind::AuthorityLimit, problems) {
        let limit = match Limit::checked(&rule.id, text) {
            Ok(limit) => limit,
            Err(what) => {
                problems.push(rule.problem(what, CORRECT));
                continue;
            }
        };
        let use_case = limit.decision.decide();
        for seat in limit.seats().filter(|seat| !permissions.contains_key(&(use_case, seat.role))) {
            let what = format!("{} is to sign and has no right {}", seat.role.code(), use_case.code());
            problems.push(rule.problem(what, "give the role the right, or let another sign"));
        }
        let decision = limit.decision;
        if limits.insert(decision, limit).is_some() {
            let what = format!("a second rule limits {}", decision.code());
            problems.push(rule.problem(what, "give the two the same id, or merge them"));
        }
    }
    for decision in DecisionKind::ALL.iter().filter(|decision| !limits.contains_key(decision)) {
        let what = format!("no rule of kind authority_limit for {} is in force on {}", decision.code(), pack.date);
        problems.push(pack.pack.problem(what, "add one, or correct its effective_from"));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Pack;
    use units::Date;

    const HEADER: &str =
        "[pack]\nid = \"t\"\nversion = \"1\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\nextends = \"cn-collections\"\n";

    /// What is wrong with the pack once a rule of it says this instead.
    fn problems(id: &str, kind: &str, params: &str) -> String {
        let rule = format!(
            "[[rule]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle_zh = \"t\"\ntitle_en = \"t\"\narticle = \"a\"\n\
             source = \"s\"\ncertainty = \"D\"\neffective_from = 2026-01-01\n[rule.params]\n{params}\n"
        );
        let pack = Pack::parse(&[("t.toml", HEADER.to_owned() + &rule)]).unwrap();
        match AuthorityRules::compile(&pack.on(Date::parse("2026-06-01").unwrap())) {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(|problem| format!("{}\n", problem.what)).collect(),
        }
    }

    #[test]
    fn a_pack_that_contradicts_itself_is_told_so() {
        let check = |id: &str, kind: &str, params: &str, expect: &str| {
            let told = problems(id, kind, params);
            assert!(if expect.is_empty() { told.is_empty() } else { told.contains(expect) }, "{params}: {told:?}");
        };
        check("permission.trainer", "permission", "role = \"trainer\"\nall = [\"pack_view\"]", "");
        check("permission.trainer", "permission", "role = \"trainer\"\nall = [\"fly\"]", "unknown code \"fly\"");
        check("permission.trainer", "permission", "role = \"trainer\"\nsome = []", "unknown field");
        check(
            "permission.trainer",
            "permission",
            "role = \"trainer\"\nall = [\"pack_view\"]\nown = [\"pack_view\"]",
            "pack_view is listed twice",
        );
        check("more", "permission", "role = \"trainer\"", "a second rule gives rights to trainer");
        let tiers = "tiers = [{ signatures = [[\"trainer\"]] }]";
        let limit = |decision: &str| format!("decision = \"{decision}\"\nvalid_days = 5\nsign_within_days = 2\n{tiers}");
        check(
            "limit.waiver",
            "authority_limit",
            &limit("waiver"),
            "trainer is to sign and has no right approval_decide",
        );
        check("more", "authority_limit", &limit("waiver"), "a second rule limits waiver");
        check("limit.waiver", "authority_limit", &limit("settlement"), "authority_limit for waiver");
        check("delegation", "delegation", "longest_days = 5\nnever = [\"x\"]", "unknown code \"x\"");
        check("more", "delegation", "longest_days = 5\nnever = []", "a second rule of kind delegation");
    }
}
