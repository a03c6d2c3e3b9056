//! People and the posts they hold.

use crate::branch::BranchPath;
use crate::role::{BranchLevel, Role};
use crate::rules::AuthorityRules;
use serde::{Deserialize, Serialize};
use units::{Date, coded};

coded! {
    /// Whether a person works here (在岗状态).
    Employment {
        Active = "active",
        Suspended = "suspended",
        Left = "left",
    }
}

units::serde_by_code!(Employment);

/// A person who signs in (员工), of the lender or of an outside agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    pub staff_id: String,
    pub name: String,
    /// The outside agency the person works for; `None` for the lender's own people.
    pub agency_id: Option<String>,
    pub employment: Employment,
    pub posts: Vec<Post>,
}

/// A role held at a branch for a time (岗位).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub role: Role,
    pub branch: BranchPath,
    /// The level of that branch.
    pub level: BranchLevel,
    pub team_id: Option<String>,
    pub from: Date,
    /// The last day; `None` while it lasts.
    pub until: Option<Date>,
}

impl Post {
    pub fn is_held_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }

    fn overlaps(&self, other: &Post) -> bool {
        let begins_by_end = |one: &Post, two: &Post| two.until.is_none_or(|last| one.from <= last);
        begins_by_end(self, other) && begins_by_end(other, self)
    }
}

impl Staff {
    pub fn is_employed(&self) -> bool {
        self.employment == Employment::Active
    }

    /// The posts held on a day; none unless the person works here.
    pub fn posts_on(&self, day: Date) -> impl Iterator<Item = &Post> {
        let works = self.is_employed();
        self.posts.iter().filter(move |post| works && post.is_held_on(day))
    }
}

/// Why a post is not given, in order of precedence (拒绝任岗原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostRefused {
    /// Nobody gives a post to themselves.
    OwnPost,
    PostEndsBeforeItBegins,
    /// A role of the lender for a person of an agency, or the other way round.
    RoleOfAnotherHouse {
        role: Role,
    },
    /// Two duties that must be two persons (不相容岗位).
    RolesConflict {
        role: Role,
        held: Role,
    },
}

impl PostRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            PostRefused::OwnPost => "E-AU-11",
            PostRefused::PostEndsBeforeItBegins => "E-AU-12",
            PostRefused::RoleOfAnotherHouse { .. } => "E-AU-13",
            PostRefused::RolesConflict { .. } => "E-AU-14",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let word = |role: Role| format!("role.{}", role.code());
        match *self {
            PostRefused::OwnPost | PostRefused::PostEndsBeforeItBegins => vec![],
            PostRefused::RoleOfAnotherHouse { role } => vec![("role", word(role))],
            PostRefused::RolesConflict { role, held } => vec![("role", word(role)), ("held", word(held))],
        }
    }
}

/// The person with one more post, given by `giver`.
pub fn post_give(rules: &AuthorityRules, giver: &str, staff: &Staff, post: Post) -> Result<Staff, PostRefused> {
    let conflict = staff.posts.iter().find(|held| held.overlaps(&post) && rules.roles_conflict(held.role, post.role));
    match conflict {
        _ if giver == staff.staff_id => Err(PostRefused::OwnPost),
        _ if post.until.is_some_and(|last| last < post.from) => Err(PostRefused::PostEndsBeforeItBegins),
        _ if post.role.is_outside() != staff.agency_id.is_some() => {
            Err(PostRefused::RoleOfAnotherHouse { role: post.role })
        }
        Some(held) => Err(PostRefused::RolesConflict { role: post.role, held: held.role }),
        None => {
            let mut staff = staff.clone();
            staff.posts.push(post);
            Ok(staff)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{post, rules, staff};

    #[test]
    fn a_post_is_given_by_somebody_else_and_only_beside_duties_it_goes_with() {
        let rules = rules();
        let check = |giver: &str, person: &str, given: &str, expect: Result<(), &str>| {
            let told = post_give(&rules, giver, &staff(person), post(given));
            assert_eq!(
                told.map(|staff| drop(staff.posts)).map_err(|refused| refused.code()),
                expect,
                "{person} {given}"
            );
        };
        check("X", "A collector H/B1", "team_lead H/B1", Ok(()));
        check("A", "A collector H/B1", "team_lead H/B1", Err("E-AU-11"));
        check("X", "A collector H/B1", "team_lead H/B1 from=2026-02-01 until=2026-01-31", Err("E-AU-12"));
        check("X", "A collector H/B1", "agency_collector H/B1", Err("E-AU-13"));
        check("X", "A agency_collector H/B1 agency=G1", "collector H/B1", Err("E-AU-13"));
        check("X", "A auditor H", "collector H/B1", Err("E-AU-14"));
        check("X", "A collector H/B1", "auditor H", Err("E-AU-14"));
        check("X", "A auditor H until=2026-05-31", "collector H/B1 from=2026-06-01", Ok(()));
        check("X", "A auditor H until=2026-06-01", "collector H/B1 from=2026-06-01", Err("E-AU-14"));
    }

    #[test]
    fn a_post_counts_on_its_days_while_the_person_works_here() {
        let check = |person: &str, day: &str, expect: usize| {
            assert_eq!(staff(person).posts_on(Date::parse(day).unwrap()).count(), expect, "{person} {day}");
        };
        let person = "A collector H/B1 from=2026-02-01 until=2026-02-28";
        check(person, "2026-01-31", 0);
        check(person, "2026-02-01", 1);
        check(person, "2026-02-28", 1);
        check(person, "2026-03-01", 0);
        check("A collector H/B1 suspended", "2026-06-01", 0);
        check("A collector H/B1 left", "2026-06-01", 0);
    }
}
