//! Which loans somebody may see: the rows a right reaches (可见借据).
//!
//! A loan belongs to its officer, to the officer's team and to its branch; who works a customer's case reaches all loans
//! of the customer.

use crate::book::Book;
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::Outcome;
use authority::{Reach, Scope, Target, UseCase};
use casework::case::Case;
use report::Dimension;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use store::{CaseRow, Cursor, Kept, Page};
use units::Moment;

/// What one person may see of a book.
#[derive(Clone, Debug)]
pub enum Seen {
    All,
    Part(Arc<Part>),
}

/// Part of a book, by what its loans belong to.
#[derive(Debug)]
pub struct Part {
    /// Tells parts apart; two people with the same reach over branches share one.
    pub key: String,
    branches: Vec<bool>,
    officers: Vec<bool>,
    customers: HashSet<u32>,
}

/// Parts worked out a moment ago (可见范围缓存), by person and right.
#[derive(Default)]
pub struct Parts(Mutex<Known>);

/// By person, right and night.
type Known = HashMap<(String, &'static str, String), (Moment, Seen)>;

impl Parts {
    fn held(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A case that changed hands is seen by the new hand after so many seconds.
const PART_SECONDS: i64 = 30;

/// People whose part is held; more and all are worked out anew.
const PARTS: usize = 1_000;

impl Seen {
    pub fn covers(&self, book: &Book, row: usize) -> bool {
        match self {
            Seen::All => true,
            Seen::Part(part) => {
                let code = |dimension: usize| book.state.dimensions[dimension].codes[row] as usize;
                let (branch, officer) = (place(book, Dimension::Branch), place(book, Dimension::Officer));
                part.branches[code(branch)] || part.officers[code(officer)] || part.customers.contains(&book.state.customers[row])
            }
        }
    }

    /// Whether everything of a branch is seen.
    pub fn covers_branch(&self, book: &Book, branch: &str) -> bool {
        match self {
            Seen::All => true,
            Seen::Part(part) => {
                let labels = &book.state.dimensions[place(book, Dimension::Branch)].labels;
                labels.iter().zip(&part.branches).any(|(label, &seen)| seen && label == branch)
            }
        }
    }

    pub fn key(&self) -> &str {
        match self {
            Seen::All => "all",
            Seen::Part(part) => &part.key,
        }
    }
}

fn place(book: &Book, dimension: Dimension) -> usize {
    let found = book.state.dimensions.iter().position(|column| column.dimension == dimension);
    found.expect("a night's book has branches and officers")
}

/// Whose a loan is, for rights: its officer's, the officer's team's, its branch's.
pub(crate) fn loan_target(people: &People, book: &Book, row: usize) -> Target {
    let officer = book.label(Dimension::Officer, row);
    Target {
        owner: Some(officer.to_owned()).filter(|officer| !officer.is_empty()),
        team: people.person(officer).and_then(|staff| staff.posts.first()).and_then(|post| post.team_id.clone()),
        branch: people.path(book.label(Dimension::Branch, row)),
        agency: None,
    }
}

/// What the caller may see of a book under a right; refused when that is nothing at all by their posts.
pub async fn seen(desk: &Desk, call: &Call, book: &Book, use_case: UseCase) -> Outcome<Seen> {
    let key = (call.staff_id.clone(), use_case.code(), book.key().to_owned());
    if call.only.is_none()
        && let Some((at, seen)) = desk.books.parts.held().get(&key)
        && (0..PART_SECONDS).contains(&call.at.seconds_since(*at))
    {
        return Ok(seen.clone());
    }
    let people = desk.people(call.at).await?;
    let reaches = {
        let institution = people.institution(&desk.rules.authority, call.at.day());
        let actor = people.actor(&institution, call)?;
        let actor = match &call.only {
            Some(only) => actor.with_token(only),
            None => actor,
        };
        institution.reaches(&actor, use_case)
    };
    if reaches.is_empty() {
        desk.may(&people, call, use_case, &Target::default())?;
    }
    let seen = match reaches.iter().any(|reach| reach.scope == Scope::All && reach.agency_id.is_none()) {
        true => Seen::All,
        false => Seen::Part(Arc::new(part(desk, &people, book, &reaches).await?)),
    };
    let mut parts = desk.books.parts.held();
    if parts.len() >= PARTS {
        parts.clear();
    }
    if call.only.is_none() {
        parts.insert(key, (call.at, seen.clone()));
    }
    Ok(seen)
}

async fn part(desk: &Desk, people: &People, book: &Book, reaches: &[Reach]) -> Outcome<Part> {
    let labels = |dimension| &book.state.dimensions[place(book, dimension)].labels;
    let branch_paths: Vec<_> = labels(Dimension::Branch).iter().map(|branch| people.path(branch)).collect();
    let mut part = Part {
        key: String::new(),
        branches: vec![false; branch_paths.len()],
        officers: vec![false; labels(Dimension::Officer).len()],
        customers: HashSet::new(),
    };
    let mut worked = HashSet::new();
    for reach in reaches {
        if let Some(agency) = &reach.agency_id {
            cases(desk, Held::Agency(agency), &mut worked).await?;
            continue;
        }
        cases(desk, Held::Owner(&reach.staff_id), &mut worked).await?;
        let team = reach.team_id.as_deref().filter(|_| reach.scope >= Scope::Team);
        if let Some(team) = team {
            cases(desk, Held::Team(team), &mut worked).await?;
        }
        for (officer, seen) in labels(Dimension::Officer).iter().zip(&mut part.officers) {
            let of_team = || people.person(officer).is_some_and(|staff| staff.posts.iter().any(|post| post.team_id.as_deref() == team));
            *seen |= officer == reach.staff_id || (team.is_some() && of_team());
        }
        for (path, seen) in branch_paths.iter().zip(&mut part.branches) {
            *seen |= reach.scope >= Scope::BranchAndBelow && path.is_at_or_below(&reach.branch);
        }
    }
    part.customers = worked.iter().filter_map(|customer| book.customer(customer)).collect();
    part.key = key(&part);
    Ok(part)
}

fn key(part: &Part) -> String {
    let marks = |seen: &[bool]| seen.iter().map(|&seen| if seen { '1' } else { '0' }).collect::<String>();
    let mut customers: Vec<u32> = part.customers.iter().copied().collect();
    customers.sort_unstable();
    let digest = store::audit::state_digest(&(marks(&part.branches), marks(&part.officers), customers));
    digest.expect("texts and numbers are JSON")
}

enum Held<'a> {
    Owner(&'a str),
    Team(&'a str),
    Agency(&'a str),
}

/// The customers of the open cases somebody holds.
async fn cases(desk: &Desk, held: Held<'_>, customers: &mut HashSet<String>) -> Outcome<()> {
    let mut after: Option<Cursor> = None;
    loop {
        let page: Page<Kept<CaseRow, Case>> = match held {
            Held::Owner(owner) => desk.store.case_queue(owner, after.as_ref(), PAGE).await?,
            Held::Team(team) => desk.store.case_of_team(team, after.as_ref(), PAGE).await?,
            Held::Agency(agency) => desk.store.case_of_agency(agency, after.as_ref(), PAGE).await?,
        };
        customers.extend(page.rows.into_iter().map(|kept| kept.row.customer_id));
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
