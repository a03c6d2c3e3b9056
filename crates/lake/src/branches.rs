//! Branches and officers as the book has them.

use crate::fault::Fault;
use crate::scan::{self, Row};
use crate::workspace::Workspace;
use units::Date;

/// A branch of the book (机构).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRow {
    pub branch_id: String,
    pub name: String,
    pub parent_id: Option<String>,
}

/// An officer of the book (员工).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRow {
    pub officer_id: String,
    pub name: String,
    pub branch_id: String,
    pub post: String,
}

/// Every branch, by its identity.
pub fn branches(workspace: &Workspace, known_on: Date) -> Result<Vec<BranchRow>, Fault> {
    let mut rows = Vec::new();
    for batch in scan::table(workspace, "branches", Some(known_on))? {
        Row::each(&batch?, &mut |row| {
            rows.push(BranchRow {
                branch_id: row.text("branch_id").unwrap_or_default(),
                name: row.text("name").unwrap_or_default(),
                parent_id: row.text("parent_id"),
            });
        });
    }
    Ok(rows)
}

/// Every officer, by identity.
pub fn officers(workspace: &Workspace, known_on: Date) -> Result<Vec<OfficerRow>, Fault> {
    let mut rows = Vec::new();
    for batch in scan::table(workspace, "officers", Some(known_on))? {
        Row::each(&batch?, &mut |row| {
            rows.push(OfficerRow {
                officer_id: row.text("officer_id").unwrap_or_default(),
                name: row.text("name").unwrap_or_default(),
                branch_id: row.text("branch_id").unwrap_or_default(),
                post: row.text("post").unwrap_or_default(),
            });
        });
    }
    Ok(rows)
}
