//! The tree of branches, and the path that says where in it something stands.

use crate::role::BranchLevel;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A branch of the lender (机构).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    pub branch_id: String,
    pub name: String,
    pub level: BranchLevel,
    /// The branch it reports to; `None` for the head office only.
    pub parent: Option<String>,
}

/// The line from the head office down to a branch (条线): `H/B1/S3`.
///
/// Made by [`branch_paths`]; what is at or below a branch has its path as a prefix, so a store finds
/// it by an index. Empty for what belongs to the institution as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BranchPath(String);

const SEPARATOR: char = '/';

impl BranchPath {
    /// As a store kept it.
    pub fn from_stored(text: impl Into<String>) -> BranchPath {
        BranchPath(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The branch itself; empty for the institution as a whole.
    pub fn branch_id(&self) -> &str {
        self.0.rsplit(SEPARATOR).next().unwrap_or_default()
    }

    pub fn is_institution(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_at_or_below(&self, other: &BranchPath) -> bool {
        match self.0.strip_prefix(&other.0) {
            Some(below) => below.is_empty() || other.0.is_empty() || below.starts_with(SEPARATOR),
            None => false,
        }
    }

    /// Steps up and down the tree between two branches.
    pub fn steps_to(&self, other: &BranchPath) -> usize {
        let shared = self.branches().zip(other.branches()).take_while(|(one, two)| one == two).count();
        self.branches().count() + other.branches().count() - 2 * shared
    }

    fn branches(&self) -> impl Iterator<Item = &str> {
        self.0.split(SEPARATOR).filter(|branch| !branch.is_empty())
    }
}

/// Why a list of branches is no tree, in order of precedence (机构树问题).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchRefused {
    /// Empty, or holds the separator of paths.
    BranchIdNotPlain {
        branch: String,
    },
    BranchTwice {
        branch: String,
    },
    ParentUnknown {
        branch: String,
        parent: String,
    },
    /// Exactly one branch reports to nobody.
    NotOneHeadOffice {
        count: usize,
    },
    /// Following its parents leads back to it.
    ReportsToItself {
        branch: String,
    },
}

impl BranchRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            BranchRefused::BranchIdNotPlain { .. } => "E-AU-01",
            BranchRefused::BranchTwice { .. } => "E-AU-02",
            BranchRefused::ParentUnknown { .. } => "E-AU-03",
            BranchRefused::NotOneHeadOffice { .. } => "E-AU-04",
            BranchRefused::ReportsToItself { .. } => "E-AU-05",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            BranchRefused::BranchIdNotPlain { branch }
            | BranchRefused::BranchTwice { branch }
            | BranchRefused::ReportsToItself { branch } => vec![("branch", branch.clone())],
            BranchRefused::ParentUnknown { branch, parent } => {
                vec![("branch", branch.clone()), ("parent", parent.clone())]
            }
            BranchRefused::NotOneHeadOffice { count } => vec![("count", count.to_string())],
        }
    }
}

/// The path of every branch, by its identity; refused when the list is no tree.
pub fn branch_paths(branches: &[Branch]) -> Result<BTreeMap<String, BranchPath>, BranchRefused> {
    let mut parents: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let is_plain = |branch: &str| !branch.is_empty() && !branch.contains(SEPARATOR);
    if let Some(branch) = branches.iter().find(|branch| !is_plain(&branch.branch_id)) {
        return Err(BranchRefused::BranchIdNotPlain { branch: branch.branch_id.clone() });
    }
    for branch in branches {
        if parents.insert(&branch.branch_id, branch.parent.as_deref()).is_some() {
            return Err(BranchRefused::BranchTwice { branch: branch.branch_id.clone() });
        }
    }
    for (&branch, parent) in &parents {
        if let Some(parent) = parent.filter(|parent| !parents.contains_key(parent)) {
            return Err(BranchRefused::ParentUnknown { branch: branch.to_owned(), parent: parent.to_owned() });
        }
    }
    let count = parents.values().filter(|parent| parent.is_none()).count();
    let mut paths = BTreeMap::new();
    for &branch in parents.keys() {
        let mut line = vec![branch];
        let mut seen = BTreeSet::from([branch]);
        while let Some(parent) = parents[line[line.len() - 1]] {
            if !seen.insert(parent) {
                // A ring has no head office; one beside a tree that has is the ring's own fault.
                return Err(match count {
                    1 => BranchRefused::ReportsToItself { branch: branch.to_owned() },
                    _ => BranchRefused::NotOneHeadOffice { count },
                });
            }
            line.push(parent);
        }
        line.reverse();
        paths.insert(branch.to_owned(), BranchPath(line.join("/")));
    }
    if count == 1 { Ok(paths) } else { Err(BranchRefused::NotOneHeadOffice { count }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `B1<H` is a branch B1 that reports to H.
    fn tree(text: &str) -> Result<BTreeMap<String, BranchPath>, BranchRefused> {
        let branch = |word: &str| {
            let (branch_id, parent) = word.split_once('<').map_or((word, None), |(id, parent)| (id, Some(parent)));
            let level = if parent.is_none() { BranchLevel::HeadOffice } else { BranchLevel::Branch };
            Branch { branch_id: branch_id.to_owned(), name: String::new(), level, parent: parent.map(str::to_owned) }
        };
        branch_paths(&text.split(' ').map(branch).collect::<Vec<_>>())
    }

    #[test]
    fn a_list_of_branches_is_a_tree_or_says_why_not() {
        let check = |text: &str, expect: &str| {
            let told = match tree(text) {
                Ok(paths) => paths.values().map(BranchPath::as_str).collect::<Vec<_>>().join(" "),
                Err(refused) => refused.code().to_owned(),
            };
            assert_eq!(told, expect, "{text}");
        };
        check("S3<B1 H B1<H B2<H", "H/B1 H/B2 H H/B1/S3");
        check("H B/1<H", "E-AU-01");
        check("H B1<H B1<H", "E-AU-02");
        check("H B1<G", "E-AU-03");
        check("H G", "E-AU-04");
        check("B1<B2 B2<B1", "E-AU-04");
        check("H B1<B2 B2<B1", "E-AU-05");
    }

    #[test]
    fn below_is_by_branch_and_not_by_letter() {
        let path = |text: &str| BranchPath::from_stored(text);
        let check = |one: &str, two: &str, below: bool, steps: usize| {
            assert_eq!(path(one).is_at_or_below(&path(two)), below, "{one} {two}");
            assert_eq!(path(one).steps_to(&path(two)), steps, "{one} {two}");
        };
        check("H/B1/S3", "H/B1", true, 1);
        check("H/B1", "H/B1", true, 0);
        check("H/B1", "H/B1/S3", false, 1);
        check("H/B10", "H/B1", false, 2);
        check("H/B1/S3", "H/B2/S4", false, 4);
        check("H", "", true, 1);
        check("", "H", false, 1);
        assert_eq!(path("H/B1/S3").branch_id(), "S3");
    }
}
