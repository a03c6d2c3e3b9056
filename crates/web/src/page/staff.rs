//! People and rights (人员与权限): who works where, what each may do, and the matrix of roles with its sources.

use crate::extract::{Asked, Named, bad_request, refusal};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::visitor::{Posted, Visitor};
use crate::problem::Reply;
use crate::server::Server;
use app::desk::People;
use app::pack::{PackUse, RuleView, pack_view};
use app::staff::{Employee, StaffFilter, Work, delegation_make, staff_add, staff_employ, staff_list, staff_one, staff_post};
use askama::Template;
use authority::{BranchLevel, BranchPath, Delegation, Employment, Post, Role, Scope, Staff, UseCase};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use casework::strategy::Skill;
use serde::Deserialize;
use std::sync::Arc;
use units::Date;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/staff", get(list).post(add))
        .route("/staff/rights", get(rights))
        .route("/staff/{id}", get(one))
        .route("/staff/{id}/posts", post(give_post))
        .route("/staff/{id}/employment", post(employ))
        .route("/staff/{id}/password", post(password))
        .route("/staff/{id}/delegations", post(delegate))
}

/// People a page shows.
const ROWS: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    q: String,
    branch: String,
    role: String,
    skip: usize,
}

#[derive(Template)]
#[template(path = "staff.html")]
struct StaffPage {
    frame: Frame,
    wanted: Wanted,
    people: Vec<Employee>,
    /// Paths with how many people hold a post there or below.
    branches: Vec<(BranchPath, usize)>,
    tree: Arc<People>,
    roles: &'static [Role],
    levels: &'static [BranchLevel],
    skills: &'static [Skill],
    all_branches: Vec<BranchPath>,
    next: Option<usize>,
    today: Date,
    may_manage: bool,
}

impl Wanted {
    fn fits(&self, employee: &Employee) -> bool {
        let staff = &employee.staff;
        let named = self.q.is_empty() || staff.staff_id.contains(&self.q) || staff.name.contains(&self.q);
        let role = Role::from_code(&self.role);
        let there = |post: &Post| self.branch.is_empty() || post.branch.as_str() == self.branch || post.branch.as_str().starts_with(&format!("{}/", self.branch));
        let posted = staff.posts.iter().any(|post| there(post) && role.is_none_or(|role| role == post.role));
        named && (posted || (self.branch.is_empty() && role.is_none()))
    }
}

async fn list(State(server): State<Server>, visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    let everybody = staff_list(&server.desk, &visitor.call, &StaffFilter::default()).await?;
    let mut branches: std::collections::BTreeMap<BranchPath, usize> = std::collections::BTreeMap::new();
    for post in everybody.iter().filter_map(|employee| employee.staff.posts.first()) {
        *branches.entry(post.branch.clone()).or_default() += 1;
    }
    let people: Vec<Employee> = everybody.into_iter().filter(|employee| wanted.fits(employee)).collect();
    let next = (people.len() > wanted.skip + ROWS).then_some(wanted.skip + ROWS);
    show(&StaffPage {
        frame: visitor.frame("staff"),
        people: people.into_iter().skip(wanted.skip).take(ROWS).collect(),
        branches: branches.into_iter().collect(),
        tree: visitor.people.clone(),
        roles: Role::ALL,
        levels: BranchLevel::ALL,
        skills: Skill::ALL,
        all_branches: paths(&visitor.people),
        next,
        today: visitor.call.at.day(),
        may_manage: visitor.may(UseCase::StaffManage),
        wanted,
    })
}

fn paths(people: &People) -> Vec<BranchPath> {
    let mut paths: Vec<BranchPath> = people.branches.values().cloned().collect();
    paths.sort();
    paths
}

#[derive(Template)]
#[template(path = "person_staff.html")]
struct PersonPage {
    frame: Frame,
    employee: Employee,
    /// Lent by and to the person.
    delegations: Vec<Delegation>,
    tree: Arc<People>,
    /// What the person may do today: use case, scope, role, and in whose place.
    may_do: Vec<(UseCase, Scope, Role, Option<String>)>,
    roles: &'static [Role],
    levels: &'static [BranchLevel],
    all_branches: Vec<BranchPath>,
    today: Date,
    may_manage: bool,
    may_post: bool,
    is_me: bool,
    may_delegate: bool,
    may_audit: bool,
}

async fn one(State(server): State<Server>, visitor: Visitor, Named(id): Named<String>) -> Shown {
    let employee = staff_one(&server.desk, &visitor.call, &id).await?;
    let (people, today) = (visitor.people.clone(), visitor.call.at.day());
    let mut may_do = Vec::new();
    {
        let institution = people.institution(&server.desk.rules.authority, today);
        if let Ok(actor) = institution.actor(&id) {
            for &use_case in UseCase::ALL {
                let reaches = institution.reaches(&actor, use_case);
                if let Some(reach) = reaches.iter().max_by_key(|reach| reach.scope) {
                    let holder = people.person(&reach.staff_id);
                    let gives = |post: &&Post| server.desk.rules.authority.scope(post.role, use_case) == Some(reach.scope);
                    let role = holder.and_then(|holder| holder.posts_on(today).find(gives).map(|post| post.role));
                    let other = Some(reach.staff_id.clone()).filter(|other| *other != id);
                    may_do.extend(role.map(|role| (use_case, reach.scope, role, other)));
                }
            }
        }
    }
    show(&PersonPage {
        frame: visitor.frame("staff"),
        delegations: people.delegations.iter().filter(|given| given.from_staff == id || given.to_staff == id).cloned().collect(),
        may_do,
        roles: Role::ALL,
        levels: BranchLevel::ALL,
        all_branches: paths(&people),
        tree: people.clone(),
        today,
        may_manage: visitor.may(UseCase::StaffManage),
        may_post: visitor.may(UseCase::RoleGrant),
        is_me: visitor.call.staff_id == id,
        may_delegate: visitor.may(UseCase::DelegationMake),
        may_audit: visitor.may(UseCase::AuditView),
        employee,
    })
}

/// The post a form describes; the branch by its path.
fn post_of(posted: &Posted) -> Reply<Post> {
    let fields = &posted.fields;
    let date = |text: &str| Date::parse(text).ok();
    let path = fields.required("branch")?.to_owned();
    let known = posted.visitor.people.branches.values().find(|known| known.as_str() == path).cloned();
    Ok(Post {
        role: fields.required_as("role", Role::from_code)?,
        branch: known.ok_or_else(|| refusal("E-WB-09", &[("field", "branch"), ("value", &path)]))?,
        level: fields.required_as("level", BranchLevel::from_code)?,
        team_id: Some(fields.get("team").to_owned()).filter(|team| !team.is_empty()),
        from: fields.required_as("from", date)?,
        until: fields.read_as("until", date)?,
    })
}

async fn add(State(server): State<Server>, posted: Posted) -> Shown {
    let post = post_of(&posted)?;
    let fields = &posted.fields;
    let staff_id = fields.required("staff_id")?.to_owned();
    let staff = Staff {
        staff_id: staff_id.clone(),
        name: fields.required("name")?.to_owned(),
        agency_id: Some(fields.get("agency").to_owned()).filter(|agency| !agency.is_empty()),
        employment: Employment::Active,
        posts: vec![post],
    };
    let capacity: Option<u32> = fields.read_as("capacity", |text| text.parse().ok())?;
    let skills: Option<Vec<Skill>> = fields.all("skill").map(Skill::from_code).collect();
    let skills = skills.ok_or_else(|| bad_request("skill"))?;
    // Everybody speaks the language of the country; others are told through the API.
    let languages = vec!["zh".to_owned()];
    let work = capacity.filter(|capacity| *capacity > 0).map(|capacity| Work { skills, languages, capacity, ..Work::default() });
    let _place = server.passwords.acquire().await.expect("never closed");
    staff_add(&server.desk, &posted.visitor.call, &Employee { staff, work }, fields.get("password")).await?;
    done(&format!("/staff/{staff_id}"), "staff_added")
}

async fn give_post(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    staff_post(&server.desk, &posted.visitor.call, &id, post_of(&posted)?).await?;
    done(&format!("/staff/{id}"), "post_given")
}

async fn employ(State(server): State<Server>, Named(id): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let employment = fields.required_as("employment", Employment::from_code)?;
    staff_employ(&server.desk, &visitor.call, &id, employment).await?;
    done(&format!("/staff/{id}"), "employment_changed")
}

async fn password(State(server): State<Server>, Named(id): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let _place = server.passwords.acquire().await.expect("never closed");
    app::sign_in::password_give(&server.desk, &visitor.call, &id, fields.get("password")).await?;
    done(&format!("/staff/{id}"), "password_given")
}

/// Lends rights of whoever is signed in to the person named in the form.
async fn delegate(State(server): State<Server>, Named(id): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let date = |text: &str| Date::parse(text).ok();
    let key = visitor.call.key.clone().unwrap_or_default();
    let delegation = Delegation {
        delegation_id: format!("D-{}-{key}", visitor.call.staff_id),
        from_staff: visitor.call.staff_id.clone(),
        to_staff: fields.required("to")?.to_owned(),
        use_cases: fields.all("use_case").filter_map(UseCase::from_code).collect(),
        from: fields.required_as("from", date)?,
        until: fields.required_as("until", date)?,
        revoked_on: None,
    };
    delegation_make(&server.desk, &visitor.call, &delegation).await?;
    done(&format!("/staff/{id}"), "delegated")
}

#[derive(Template)]
#[template(path = "rights.html")]
struct RightsPage {
    frame: Frame,
    roles: Vec<Role>,
    /// Each use case with the scope of every role.
    rows: Vec<(UseCase, Vec<Option<Scope>>)>,
    /// Where each role's rights stand: rule, article, certainty.
    sources: Vec<RuleView>,
}

async fn rights(State(server): State<Server>, visitor: Visitor) -> Shown {
    staff_list(&server.desk, &visitor.call, &StaffFilter::default()).await?;
    let pack = pack_view(&server.desk, &visitor.call, PackUse::Casework, visitor.call.at.day()).await?;
    let rules = &server.desk.rules.authority;
    let roles: Vec<Role> = Role::ALL.to_vec();
    let row = |&use_case: &UseCase| (use_case, roles.iter().map(|&role| rules.scope(role, use_case)).collect());
    let rows = UseCase::ALL.iter().map(row).collect();
    let is_right = |rule: &RuleView| matches!(rule.kind_code(), "permission" | "delegation" | "authority_limit");
    let sources = pack.rules.into_iter().filter(is_right).collect();
    show(&RightsPage { frame: visitor.frame("staff"), roles, rows, sources })
}
