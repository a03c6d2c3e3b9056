//! How far a right reaches, and over what.

use crate::branch::BranchPath;
use serde::{Deserialize, Serialize};
use units::coded;

coded! {
    /// How far a right reaches (数据范围), from narrow to wide; a wider one holds all narrower ones.
    Scope {
        /// What the person owns.
        Own = "own",
        /// What the person's team owns.
        Team = "team",
        /// What stands at the person's branch or below it.
        BranchAndBelow = "branch_and_below",
        All = "all",
    }
}

units::serde_by_code!(Scope);

/// What something is done to (对象归属): whose it is and where it stands.
///
/// [`Target::default`] is the institution itself: packs, nights, scripts, the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The person who owns it; for a person's own things (sessions, tokens, results) that person.
    pub owner: Option<String>,
    pub team: Option<String>,
    pub branch: BranchPath,
    /// The agency a case is placed with (委外机构).
    pub agency: Option<String>,
}

impl Target {
    pub fn is_institution(&self) -> bool {
        *self == Target::default()
    }
}

/// A right's reach (可及范围), as rows are filtered by it: what [`Reach::covers`] says of one target,
/// a store says of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub scope: Scope,
    /// Whose right it is: the person, or who delegated to the person.
    pub staff_id: String,
    pub team_id: Option<String>,
    pub branch: BranchPath,
    /// Set for people of an outside agency: nothing but what is placed with it, whatever the scope.
    pub agency_id: Option<String>,
}

impl Reach {
    pub fn covers(&self, target: &Target) -> bool {
        if self.is_kept_out(target) {
            return false;
        }
        let own = target.owner.as_ref() == Some(&self.staff_id);
        let team = self.team_id.is_some() && target.team == self.team_id;
        let branch = target.branch.is_at_or_below(&self.branch);
        match self.scope {
            Scope::Own => own,
            Scope::Team => own || team,
            Scope::BranchAndBelow => own || team || branch,
            Scope::All => true,
        }
    }

    /// An outside agency meets what was not placed with it; scripts and rules are not customers' data.
    pub(crate) fn is_kept_out(&self, target: &Target) -> bool {
        self.agency_id.is_some() && !target.is_institution() && target.agency != self.agency_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        let part = |name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
        let branch = BranchPath::from_stored(part("branch=").unwrap_or_default());
        Target { owner: part("owner="), team: part("team="), branch, agency: part("agency=") }
    }

    #[test]
    fn a_scope_reaches_what_it_says_and_all_that_narrower_ones_reach() {
        let check = |text: &str, team: Option<&str>, agency: Option<&str>, narrowest: Option<Scope>| {
            for &scope in Scope::ALL {
                let reach = Reach {
                    scope,
                    staff_id: "A".to_owned(),
                    team_id: team.map(str::to_owned),
                    branch: BranchPath::from_stored("H/B1"),
                    agency_id: agency.map(str::to_owned),
                };
                let expect = narrowest.is_some_and(|narrowest| scope >= narrowest);
                assert_eq!(reach.covers(&target(text)), expect, "{text} by {scope:?}");
            }
        };
        check("owner=A branch=H/B2", Some("T1"), None, Some(Scope::Own));
        check("owner=B team=T1 branch=H/B2", Some("T1"), None, Some(Scope::Team));
        check("owner=B branch=H/B1/S3", Some("T1"), None, Some(Scope::BranchAndBelow));
        // Two people without a team are no team.
        check("owner=B branch=H/B2", None, None, Some(Scope::All));
        check("", Some("T1"), None, Some(Scope::All));
        check("owner=A branch=H/B1 agency=G1", None, Some("G1"), Some(Scope::Own));
        check("owner=A branch=H/B1 agency=G2", None, Some("G1"), None);
        check("owner=A branch=H/B1", None, Some("G1"), None);
        check("", None, Some("G1"), Some(Scope::All));
    }
}
