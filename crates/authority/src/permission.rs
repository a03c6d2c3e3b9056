//! May this person do this to that: yes and on what ground, or no and who may.

use crate::branch::BranchPath;
use crate::delegation::Delegation;
use crate::role::Role;
use crate::rules::AuthorityRules;
use crate::scope::{Reach, Scope, Target};
use crate::staff::{Employment, Post, Staff};
use crate::use_case::UseCase;
use serde::Serialize;
use units::Date;

/// Everything the answer depends on (机构现状), on one day.
#[derive(Clone, Copy, Debug)]
pub struct Institution<'a> {
    pub rules: &'a AuthorityRules,
    pub staff: &'a [Staff],
    pub delegations: &'a [Delegation],
    /// Who is on leave (请假): may act, and is not counted on.
    pub away: &'a [String],
    /// The day at the institution.
    pub today: Date,
}

/// A person at work today (操作人): with posts of their own, and those of people who delegated.
#[derive(Clone, Debug)]
pub struct Actor<'a> {
    pub staff: &'a Staff,
    pub(crate) stands: Vec<Stand<'a>>,
    /// What the token they came with is good for; `None` for a session of their own.
    token: Option<Vec<UseCase>>,
}

/// One ground to act on (行权依据): a post, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand<'a> {
    pub post: &'a Post,
    pub holder: &'a Staff,
    pub delegation: Option<&'a Delegation>,
}

/// On what ground something was allowed (授权依据), to be kept with the audit event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    pub use_case: UseCase,
    pub role: Role,
    pub scope: Scope,
    pub branch: BranchPath,
    /// Whose right was used, when it was delegated.
    pub for_staff: Option<String>,
    pub delegation_id: Option<String>,
}

/// Somebody who may (有权人).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    pub staff_id: String,
    pub name: String,
    pub role: Role,
    pub branch: BranchPath,
}

/// Who may do what was refused (有权办理的岗位与人员).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoMay {
    /// Every role with the right, however far it reaches.
    pub roles: Vec<Role>,
    /// People whose right reaches this target, the nearest in the tree first, at most [`NAMED`].
    pub people: Vec<Holder>,
}

/// How many people a refusal names: enough to find one at work.
pub const NAMED: usize = 3;

/// Why a person may not, in order of precedence (无权原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    UnknownStaff {
        staff: String,
    },
    NotEmployed {
        employment: Employment,
    },
    /// No post on this day, neither own nor delegated.
    NoPostToday,
    /// The person might, the token they came with may not.
    BeyondToken {
        use_case: UseCase,
    },
    /// An outside agency meets a case that is not placed with it.
    NotPlaced {
        agency: String,
    },
    NoRight {
        use_case: UseCase,
        needed: Scope,
        who: WhoMay,
    },
    OutOfScope {
        use_case: UseCase,
        needed: Scope,
        held: Scope,
        who: WhoMay,
    },
}

impl NotAllowed {
    pub const fn code(&self) -> &'static str {
        match self {
            NotAllowed::UnknownStaff { .. } => "E-AU-21",
            NotAllowed::NotEmployed { .. } => "E-AU-22",
            NotAllowed::NoPostToday => "E-AU-23",
            NotAllowed::BeyondToken { .. } => "E-AU-24",
            NotAllowed::NotPlaced { .. } => "E-AU-25",
            NotAllowed::NoRight { .. } => "E-AU-26",
            NotAllowed::OutOfScope { .. } => "E-AU-27",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let right = |use_case: UseCase, needed: Scope| {
            vec![("use_case", format!("use_case.{}", use_case.code())), ("needed", format!("scope.{}", needed.code()))]
        };
        match self {
            NotAllowed::UnknownStaff { staff } => vec![("staff", staff.clone())],
            NotAllowed::NotEmployed { employment } => vec![("employment", format!("employment.{}", employment.code()))],
            NotAllowed::NoPostToday => vec![],
            NotAllowed::BeyondToken { use_case } => vec![("use_case", format!("use_case.{}", use_case.code()))],
            NotAllowed::NotPlaced { agency } => vec![("agency", agency.clone())],
            NotAllowed::NoRight { use_case, needed, who } => [right(*use_case, *needed), who.facts()].concat(),
            NotAllowed::OutOfScope { use_case, needed, held, who } => {
                let held = vec![("held", format!("scope.{}", held.code()))];
                [right(*use_case, *needed), held, who.facts()].concat()
            }
        }
    }
}

impl WhoMay {
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let roles: Vec<String> = self.roles.iter().map(|role| format!("role.{}", role.code())).collect();
        vec![("roles", listed(roles)), ("people", named(&self.people))]
    }
}

pub(crate) fn named(people: &[Holder]) -> String {
    listed(people.iter().map(|holder| format!("{} ({})", holder.name, holder.staff_id)).collect())
}

fn listed(items: Vec<String>) -> String {
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}

impl<'a> Actor<'a> {
    /// The person as far as a token goes (令牌范围), which adds nothing to their rights.
    pub fn with_token(self, use_cases: &[UseCase]) -> Actor<'a> {
        Actor { token: Some(use_cases.to_vec()), ..self }
    }

    fn may_use(&self, use_case: UseCase) -> bool {
        self.token.as_ref().is_none_or(|token| token.contains(&use_case))
    }
}

impl<'a> Stand<'a> {
    /// How far this ground reaches for a use case.
    fn reach(&self, rules: &AuthorityRules, use_case: UseCase) -> Option<Reach> {
        // A pack may have become stricter since something was lent.
        let is_lent = |given: &Delegation| given.use_cases.contains(&use_case) && !rules.is_never_delegated(use_case);
        let delegated = self.delegation.is_none_or(is_lent);
        let scope = rules.scope(self.post.role, use_case).filter(|_| delegated)?;
        Some(Reach {
            scope,
            staff_id: self.holder.staff_id.clone(),
            team_id: self.post.team_id.clone(),
            branch: self.post.branch.clone(),
            agency_id: self.holder.agency_id.clone(),
        })
    }
}

impl<'a> Institution<'a> {
    /// The person with every ground to act on today.
    pub fn actor(&self, staff_id: &str) -> Result<Actor<'a>, NotAllowed> {
        let staff = self.person(staff_id).ok_or_else(|| NotAllowed::UnknownStaff { staff: staff_id.to_owned() })?;
        self.actor_of(staff)
    }

    pub(crate) fn actor_of(&self, staff: &'a Staff) -> Result<Actor<'a>, NotAllowed> {
        match staff.employment {
            Employment::Active => {}
            employment => return Err(NotAllowed::NotEmployed { employment }),
        }
        let own = staff.posts_on(self.today).map(|post| Stand { post, holder: staff, delegation: None });
        let mut stands: Vec<Stand> = own.collect();
        let to_me = |given: &&Delegation| given.to_staff == staff.staff_id && given.is_in_force(self.today);
        for delegation in self.delegations.iter().filter(to_me) {
            // Own posts only: what was delegated to the other is not handed on. Gone or suspended, nothing.
            let holder = self.person(&delegation.from_staff);
            if let Some(holder) = holder.filter(|holder| holder.agency_id == staff.agency_id) {
                let posts = holder.posts_on(self.today);
                stands.extend(posts.map(|post| Stand { post, holder, delegation: Some(delegation) }));
            }
        }
        if stands.is_empty() { Err(NotAllowed::NoPostToday) } else { Ok(Actor { staff, stands, token: None }) }
    }

    /// Whether the person may do this to that, and on what ground: an own post before a delegated
    /// one, the narrowest reach that suffices before a wider.
    pub fn may(&self, actor: &Actor, use_case: UseCase, target: &Target) -> Result<Grant, NotAllowed> {
        let grounds = self.grounds(actor, use_case, target);
        let best = grounds.into_iter().min_by_key(|(stand, scope)| (stand.delegation.is_some(), *scope));
        let Some((stand, scope)) = best else { return Err(self.refusal(actor, use_case, target)) };
        Ok(Grant {
            use_case,
            role: stand.post.role,
            scope,
            branch: stand.post.branch.clone(),
            for_staff: stand.delegation.map(|given| given.from_staff.clone()),
            delegation_id: stand.delegation.map(|given| given.delegation_id.clone()),
        })
    }

    /// The same where nobody is told why not: who else may is not looked up.
    pub fn allows(&self, actor: &Actor, use_case: UseCase, target: &Target) -> bool {
        !self.grounds(actor, use_case, target).is_empty()
    }

    /// Every reach the person has for a use case: a list shows what one of them covers.
    pub fn reaches(&self, actor: &Actor, use_case: UseCase) -> Vec<Reach> {
        let stands = actor.stands.iter().filter(|_| actor.may_use(use_case));
        stands.filter_map(|stand| stand.reach(self.rules, use_case)).collect()
    }

    /// People whose own posts let them do this to that, the nearest to a branch first.
    pub fn holders(&self, use_case: UseCase, target: &Target, near: &BranchPath) -> Vec<Holder> {
        let mut holders: Vec<(usize, Holder)> = Vec::new();
        for staff in self.staff {
            let stands = staff.posts_on(self.today).map(|post| Stand { post, holder: staff, delegation: None });
            let covering =
                stands.filter(|stand| stand.reach(self.rules, use_case).is_some_and(|reach| reach.covers(target)));
            if let Some(stand) = covering.min_by_key(|stand| stand.post.branch.steps_to(near)) {
                holders.push((stand.post.branch.steps_to(near), stand.as_holder()));
            }
        }
        holders.sort_by(|(one, a), (two, b)| one.cmp(two).then_with(|| a.staff_id.cmp(&b.staff_id)));
        holders.into_iter().map(|(_, holder)| holder).collect()
    }

    /// The grounds that suffice, in the order the person has them.
    pub(crate) fn grounds<'s>(&self, actor: &Actor<'s>, use_case: UseCase, target: &Target) -> Vec<(Stand<'s>, Scope)> {
        let ground = |stand: &Stand<'s>| {
            let reach = stand.reach(self.rules, use_case).filter(|reach| reach.covers(target))?;
            Some((*stand, reach.scope))
        };
        actor.stands.iter().filter(|_| actor.may_use(use_case)).filter_map(ground).collect()
    }

    pub(crate) fn person(&self, staff_id: &str) -> Option<&'a Staff> {
        self.staff.iter().find(|staff| staff.staff_id == staff_id)
    }

    fn refusal(&self, actor: &Actor, use_case: UseCase, target: &Target) -> NotAllowed {
        if !actor.may_use(use_case) {
            return NotAllowed::BeyondToken { use_case };
        }
        let reaches = self.reaches(actor, use_case);
        if let Some(kept_out) = reaches.iter().find(|reach| reach.is_kept_out(target)) {
            let agency = kept_out.agency_id.clone().unwrap_or_default();
            return NotAllowed::NotPlaced { agency };
        }
        let first = &actor.stands[0];
        let would_reach = |scope: &Scope| {
            let reach = Reach {
                scope: *scope,
                staff_id: first.holder.staff_id.clone(),
                team_id: first.post.team_id.clone(),
                branch: first.post.branch.clone(),
                agency_id: None,
            };
            reach.covers(target)
        };
        let needed = Scope::ALL.iter().copied().find(would_reach).unwrap_or(Scope::All);
        let mut people = self.holders(use_case, target, &first.post.branch);
        people.truncate(NAMED);
        let who = WhoMay { roles: self.rules.roles_with(use_case), people };
        match reaches.iter().map(|reach| reach.scope).max() {
            None => NotAllowed::NoRight { use_case, needed, who },
            Some(held) => NotAllowed::OutOfScope { use_case, needed, held, who },
        }
    }
}

impl Stand<'_> {
    pub(crate) fn as_holder(&self) -> Holder {
        Holder {
            staff_id: self.holder.staff_id.clone(),
            name: self.holder.name.clone(),
            role: self.post.role,
            branch: self.post.branch.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{delegation, institution, people, rules, target};

    const STAFF: &[&str] = &[
        "A collector H/B1/S1 team=T1",
        "B collector H/B1/S1 team=T1",
        "L team_lead H/B1/S1 team=T1",
        "K team_lead H/B2/S2 team=T2",
        "M branch_head H/B1",
        "N branch_head H/B2",
        "O compliance_officer H",
        "G agency_collector H/B1 agency=G1",
        "Q collector H/B1/S1 suspended",
        "R collector H/B1/S1 until=2026-05-31",
        "D collector H/B2/S2 team=T2 + team_lead H/B1/S1 team=T1",
    ];

    /// The ground of a grant, or the code and facts of a refusal.
    fn answer(staff_id: &str, use_case: &str, at: &str, given: &[&str]) -> String {
        let (rules, staff) = (rules(), people(STAFF));
        let given: Vec<Delegation> = given.iter().map(|text| delegation(text)).collect();
        let institution = institution(&rules, &staff, &given, "2026-06-10");
        let use_case = UseCase::from_code(use_case).unwrap();
        let told = institution.actor(staff_id).and_then(|actor| institution.may(&actor, use_case, &target(at)));
        match told {
            Ok(grant) => {
                let for_staff = grant.for_staff.map_or(String::new(), |staff| format!(" for {staff}"));
                format!("{} {}{for_staff}", grant.role.code(), grant.scope.code())
            }
            Err(refused) => {
                let facts = refused.facts().into_iter().map(|(name, value)| format!(" {name}={value}"));
                format!("{}{}", refused.code(), facts.collect::<String>())
            }
        }
    }

    #[test]
    fn a_person_may_by_role_and_scope_or_learns_who_may() {
        let check =
            |staff: &str, use_case: &str, at: &str, expect: &str| assert_eq!(answer(staff, use_case, at, &[]), expect);
        let case = "owner=A team=T1 branch=H/B1/S1";
        check("A", "contact_record", case, "collector own");
        check("L", "case_assign", case, "team_lead team");
        check("M", "case_assign", case, "branch_head branch_and_below");
        check("O", "case_view", case, "compliance_officer all");
        check("D", "case_assign", case, "team_lead team");
        check("G", "case_view", "owner=G branch=H/B1 agency=G1", "agency_collector own");
        check("G", "script_view", "", "agency_collector all");
        check("X", "case_view", case, "E-AU-21 staff=X");
        check("Q", "case_view", case, "E-AU-22 employment=employment.suspended");
        check("R", "case_view", case, "E-AU-23");
        check("G", "case_view", "owner=G branch=H/B1 agency=G2", "E-AU-25 agency=G1");
        check(
            "A",
            "case_assign",
            case,
            "E-AU-26 use_case=use_case.case_assign needed=scope.own roles=role.team_lead, role.branch_head \
             people=name of D (D), name of L (L), name of M (M)",
        );
        check(
            "B",
            "contact_record",
            case,
            "E-AU-27 use_case=use_case.contact_record needed=scope.team held=scope.own \
             roles=role.relationship_officer, role.post_loan_officer, role.collector, \
             role.asset_preservation_officer, role.team_lead, role.branch_head, role.agency_collector \
             people=name of A (A), name of D (D), name of L (L)",
        );
        check(
            "N",
            "case_assign",
            case,
            "E-AU-27 use_case=use_case.case_assign needed=scope.all held=scope.branch_and_below \
             roles=role.team_lead, role.branch_head people=name of M (M), name of D (D), name of L (L)",
        );
        check(
            "A",
            "key_rotate",
            "",
            "E-AU-26 use_case=use_case.key_rotate needed=scope.all roles=role.administrator people=-",
        );
    }

    #[test]
    fn a_delegate_may_what_was_delegated_on_its_days_and_no_more() {
        let check = |given: &[&str], staff: &str, use_case: &str, expect: &str| {
            let told = answer(staff, use_case, "owner=A team=T1 branch=H/B1/S1", given);
            assert_eq!(told.split_once(" use_case=").map_or(told.as_str(), |(code, _)| code), expect, "{given:?}");
        };
        check(&["L>K case_assign"], "K", "case_assign", "team_lead team for L");
        check(&["L>K case_assign"], "K", "case_rebalance", "E-AU-27");
        check(&["L>K case_assign until=2026-06-09"], "K", "case_assign", "E-AU-27");
        check(&["L>K case_assign from=2026-06-11"], "K", "case_assign", "E-AU-27");
        check(&["L>K case_assign revoked=2026-06-10"], "K", "case_assign", "E-AU-27");
        check(&["L>K case_assign revoked=2026-06-11"], "K", "case_assign", "team_lead team for L");
        // Somebody else's right is not handed on, and a person who is away has none to give.
        check(&["L>A case_assign", "A>B case_assign"], "B", "case_assign", "E-AU-26");
        check(&["Q>B case_assign"], "B", "case_assign", "E-AU-26");
        // What must not be lent gives nothing, should a record of it exist; nor does an agency's.
        check(&["O>B audit_export"], "B", "audit_export", "E-AU-26");
        check(&["L>G case_assign"], "G", "case_assign", "E-AU-26");
        check(&["L>R case_assign"], "R", "case_assign", "team_lead team for L");
        // An own post is the better ground, however far the other reaches.
        check(&["M>L case_assign"], "L", "case_assign", "team_lead team");
        check(&["L>M case_assign"], "M", "case_assign", "branch_head branch_and_below");
    }

    #[test]
    fn a_token_narrows_and_never_widens() {
        let (rules, staff) = (rules(), people(STAFF));
        let institution = institution(&rules, &staff, &[], "2026-06-10");
        let check = |use_case, token: &[UseCase], expect: Result<(), &str>| {
            let actor = institution.actor("A").unwrap().with_token(token);
            let told = institution.may(&actor, use_case, &target("owner=A team=T1 branch=H/B1/S1")).map(drop);
            assert_eq!(told.map_err(|refused| refused.code()), expect, "{use_case:?} {token:?}");
            assert_eq!(institution.reaches(&actor, use_case).is_empty(), expect.is_err(), "{use_case:?} {token:?}");
        };
        check(UseCase::CaseView, &[UseCase::CaseList, UseCase::CaseView], Ok(()));
        check(UseCase::CaseView, &[UseCase::CaseList], Err("E-AU-24"));
        check(UseCase::KeyRotate, &[UseCase::KeyRotate], Err("E-AU-26"));
    }

    #[test]
    fn the_reaches_of_a_list_are_the_grounds_of_its_rows() {
        let (rules, staff) = (rules(), people(STAFF));
        let given = [delegation("L>K case_view")];
        let institution = institution(&rules, &staff, &given, "2026-06-10");
        let actor = institution.actor("K").unwrap();
        let reaches = institution.reaches(&actor, UseCase::CaseView);
        for row in ["owner=A team=T1 branch=H/B1/S1", "owner=X team=T2 branch=H/B2/S2", "owner=X branch=H/B2/S2"] {
            let listed = reaches.iter().any(|reach| reach.covers(&target(row)));
            assert_eq!(institution.may(&actor, UseCase::CaseView, &target(row)).is_ok(), listed, "{row}");
        }
        assert_eq!(reaches.len(), 2);
    }
}
