//! Opening the desk: its store, its keys, its first people.

use crate::casework_rules::CaseworkRules;
use crate::desk::{Call, Desk};
use crate::failure::{Outcome, refused};
use crate::keys::{keys, make_keys};
use crate::sign_in::{given_hash, set_given};
use crate::staff::{Employee, Work, branches_set, save};
use crate::workspace::Open;
use anyhow::{Context, anyhow};
use lake::branches::branches;
use authority::{Branch, BranchLevel, BranchPath, Employment, Post, Role, Staff};
use casework::strategy::Skill;
use std::collections::BTreeMap;
use store::Store;
use units::{Date, Moment};

/// The file cases and people are kept in unless a database is named.
const FILE: &str = "casework.db";

/// Who acts before anybody is there.
const FOUNDER: &str = "founder";

/// The desk of a workspace under the rules of a day. `database` goes before what the configuration names.
pub async fn desk_open(open: &Open, database: Option<&str>, on: Date) -> Outcome<Desk> {
    let root = open.lake.root();
    make_keys(root)?;
    let keys = keys(root)?.expect("a workspace has keys once they were made");
    let rules = CaseworkRules::load(open, on)?;
    Ok(Desk::new(open.clone(), Store::open(&address(open, database), keys).await?, rules))
}

/// The desk over the same store, if on this day the pack says something else than it did.
pub fn desk_renewed(desk: &Desk, on: Date) -> Outcome<Option<Desk>> {
    let text = desk.open.pack_text(Some(&desk.open.config.casework_pack))?;
    if desk.rules.on == on && desk.rules.text == text {
        return Ok(None);
    }
    Ok(Some(Desk::new(desk.open.clone(), desk.store.clone(), CaseworkRules::load(&desk.open, on)?)))
}

/// Whether a workspace has a desk: a database is named, or its file is there.
pub fn has_desk(open: &Open, database: Option<&str>) -> bool {
    database.is_some() || open.config.database.is_some() || open.lake.root().join(FILE).exists()
}

fn address(open: &Open, database: Option<&str>) -> String {
    let named = database.or(open.config.database.as_deref()).map(str::to_owned);
    named.unwrap_or_else(|| format!("sqlite:{}?mode=rwc", open.lake.root().join(FILE).display()))
}

/// Runs a use case of the desk for a caller that has no runtime of its own.
pub fn blocking<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting a runtime")?;
    runtime.block_on(work)
}

fn founder(at: Moment) -> Call {
    Call { staff_id: FOUNDER.to_owned(), only: None, at, key: None }
}

/// The tree of branches as the book has it; levels by depth. A book without branches says nothing of them.
pub async fn branches_from_book(desk: &Desk, at: Moment) -> Outcome<()> {
    let rows = branches(&desk.open.lake, at.day())?;
    if rows.is_empty() {
        return Ok(());
    }
    let parents: BTreeMap<&str, Option<&str>> = rows.iter().map(|row| (row.branch_id.as_str(), row.parent_id.as_deref())).collect();
    let depth = |id: &str| {
        let mut at = id;
        // A branch that reports to itself is told of by the rules; here it only must not go on for ever.
        (0..rows.len()).take_while(|_| parents.get(at).copied().flatten().inspect(|parent| at = parent).is_some()).count()
    };
    let branch = |row: &lake::branches::BranchRow| Branch {
        branch_id: row.branch_id.clone(),
        name: row.name.clone(),
        level: match depth(&row.branch_id) {
            0 => BranchLevel::HeadOffice,
            1 => BranchLevel::Branch,
            _ => BranchLevel::SubBranch,
        },
        parent: row.parent_id.clone(),
    };
    let branches: Vec<Branch> = rows.iter().map(branch).collect();
    branches_set(desk, &founder(at), &branches).await
}

/// Takes on the first administrator, who takes on everybody else; only where nobody works yet. The password
/// is good for choosing another.
pub async fn first_administrator(desk: &Desk, staff_id: &str, name: &str, password: &str, at: Moment) -> Outcome<()> {
    let people = desk.people(at).await?;
    if !people.staff.is_empty() {
        return refused("E-CW-90", &[]);
    }
    branches_from_book(desk, at).await?;
    let people = desk.people(at).await?;
    let head = people.branches.values().min_by_key(|path| path.as_str().len()).cloned().unwrap_or_default();
    let post = Post { role: Role::Administrator, branch: head, level: BranchLevel::HeadOffice, team_id: None, from: at.day(), until: None };
    hire(desk, staff_id, name, post, None, password, at).await
}

async fn hire(desk: &Desk, staff_id: &str, name: &str, post: Post, work: Option<Work>, password: &str, at: Moment) -> Outcome<()> {
    let staff = Staff {
        staff_id: staff_id.to_owned(),
        name: name.to_owned(),
        agency_id: None,
        employment: Employment::Active,
        posts: vec![post],
    };
    let call = founder(at);
    let hash = given_hash(desk, staff_id, password).await?;
    let mut tx = desk.store.begin().await?;
    save(&mut tx, &call, &Employee { staff, work }, 0, "staff_add").await?;
    set_given(&mut tx, &call, staff_id, &hash).await?;
    tx.commit().await?;
    desk.forget_people();
    Ok(())
}

/// The people of the demo institution: every officer of the book at the post the book names, and those no file
/// names, leads at a city's branch each and the others at the head office. `role_of` knows the demo's posts.
pub async fn demo_staff(desk: &Desk, role_of: &dyn Fn(&str) -> Option<Role>, at: Moment, password: &str) -> Outcome<u64> {
    if !desk.people(at).await?.staff.is_empty() {
        return Ok(0);
    }
    branches_from_book(desk, at).await?;
    let people = desk.people(at).await?;
    let head = people.branches.values().min_by_key(|path| path.as_str().len()).cloned().context("the book has a head office")?;
    let mut hired = 0;
    let mut cities = people.branches.values().filter(|path| path.as_str().matches('/').count() == 1);
    for (id, name, role) in &sim::population::words::INSTITUTION.officials {
        let role = Role::from_code(role).ok_or_else(|| anyhow!("the demo knows no role {role}"))?;
        let city = if role == Role::TeamLead { cities.next() } else { None };
        let (branch, level) = match city {
            Some(city) => (city.clone(), BranchLevel::Branch),
            None => (head.clone(), BranchLevel::HeadOffice),
        };
        let post = Post { role, branch, level, team_id: None, from: at.day(), until: None };
        hire(desk, id, name, post, None, password, at).await?;
        hired += 1;
    }
    for officer in lake::branches::officers(&desk.open.lake, at.day())? {
        let role = role_of(&officer.post).ok_or_else(|| anyhow!("the demo has no role for the post {}", officer.post))?;
        let branch = people.path(&officer.branch_id);
        let level = if role == Role::BranchHead { BranchLevel::Branch } else { BranchLevel::SubBranch };
        let post = Post { role, level, team_id: Some(team_of(&branch)), branch, from: at.day(), until: None };
        hire(desk, &officer.officer_id, &officer.name, post, work_of(role), password, at).await?;
        hired += 1;
    }
    Ok(hired)
}

/// The people of one branch are a team.
fn team_of(branch: &BranchPath) -> String {
    format!("T-{}", branch.branch_id())
}

fn work_of(role: Role) -> Option<Work> {
    let skills = match role {
        Role::Collector => vec![Skill::Reminder, Skill::Negotiation, Skill::Visit],
        Role::PostLoanOfficer => vec![Skill::Reminder, Skill::Corporate],
        Role::AssetPreservationOfficer => vec![Skill::Legal, Skill::Corporate, Skill::Visit],
        Role::TeamLead | Role::BranchHead => vec![Skill::Negotiation, Skill::Legal, Skill::Corporate],
        _ => return None,
    };
    Some(Work { skills, regions: Vec::new(), languages: vec!["zh".to_owned()], capacity: 120, away: false })
}
