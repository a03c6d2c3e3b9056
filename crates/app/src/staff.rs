//! People, their posts, and the branches they stand in.

use crate::case::person_target;
use crate::desk::{Begun, Call, Desk, refusal, required, stored, stored_path};
use crate::failure::{Outcome, refused};
use crate::sign_in::{given_hash, heard_with, set_given};
use authority::{Branch, BranchPath, Delegation, Employment, Post, Role, Staff, Target, UseCase, branch_paths, post_give};
use casework::assignment::{Presence, StaffMember};
use casework::strategy::Skill;
use serde::{Deserialize, Serialize};
use store::{BranchRow, DelegationRow, Kept, StaffRow, Tx};

/// Somebody who works here, and what work the person takes (员工档案).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    #[serde(flatten)]
    pub staff: Staff,
    /// `None`: gets no cases.
    pub work: Option<Work>,
}

/// What cases somebody takes (承办条件).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work {
    pub skills: Vec<Skill>,
    pub regions: Vec<String>,
    pub languages: Vec<String>,
    /// How many open cases at once.
    pub capacity: u32,
    /// Keeps the cases, gets no new ones (请假).
    pub away: bool,
}

impl Employee {
    /// As cases are assigned; `None` for who takes none.
    pub fn member(&self, today: units::Date) -> Option<StaffMember> {
        let work = self.work.as_ref()?;
        let post = self.staff.posts_on(today).next();
        let presence = match (post, work.away) {
            (None, _) => Presence::Left,
            (_, true) => Presence::Away,
            _ => Presence::Working,
        };
        let post = post.or(self.staff.posts.first())?;
        Some(StaffMember {
            staff_id: self.staff.staff_id.clone(),
            team_id: post.team_id.clone().unwrap_or_default(),
            branch_id: post.branch.branch_id().to_owned(),
            regions: work.regions.clone(),
            languages: work.languages.clone(),
            skills: work.skills.clone(),
            capacity: work.capacity,
            presence,
        })
    }
}

/// The caller, and what the caller may do somewhere (本人).
#[derive(Clone, Debug, Serialize)]
pub struct Me {
    #[serde(flatten)]
    pub employee: Employee,
    pub use_cases: Vec<UseCase>,
}

/// Who calls.
pub async fn me(desk: &Desk, call: &Call) -> Outcome<Me> {
    let people = desk.people(call.at).await?;
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let actor = people.actor(&institution, call)?;
    let of_token = |use_case: &UseCase| call.only.as_ref().is_none_or(|only| only.contains(use_case));
    let may = |use_case: &UseCase| of_token(use_case) && !institution.reaches(&actor, *use_case).is_empty();
    let use_cases = UseCase::ALL.iter().copied().filter(may).collect();
    match people.employees.iter().find(|employee| employee.staff.staff_id == call.staff_id) {
        Some(employee) => Ok(Me { employee: employee.clone(), use_cases }),
        None => refused("E-AP-01", &[("what", &"staff"), ("id", &call.staff_id)]),
    }
}

/// Which people to list.
#[derive(Clone, Debug, Default)]
pub struct StaffFilter {
    /// With a post today at this branch or below it.
    pub branch: Option<String>,
    pub role: Option<Role>,
    pub employment: Option<Employment>,
}

/// Everybody who works here, as the caller may know.
pub async fn staff_list(desk: &Desk, call: &Call, filter: &StaffFilter) -> Outcome<Vec<Employee>> {
    let people = desk.people(call.at).await?;
    let reaches = desk.reaches(&people, call, UseCase::StaffView)?;
    let is_seen = |employee: &&Employee| {
        let target = person_target(&people, &employee.staff.staff_id);
        reaches.iter().any(|reach| reach.covers(&target))
    };
    let branch = match filter.branch.as_deref().map(|branch| people.branches.get(branch)) {
        Some(None) => return Ok(Vec::new()),
        Some(known) => known,
        None => None,
    };
    let holds = |post: &Post| {
        branch.is_none_or(|branch| post.branch.is_at_or_below(branch)) && filter.role.is_none_or(|role| post.role == role)
    };
    let is_any = branch.is_none() && filter.role.is_none();
    let wanted = |employee: &&Employee| {
        let staff = &employee.staff;
        let is_employed = filter.employment.is_none_or(|employment| staff.employment == employment);
        is_employed && (is_any || staff.posts.iter().any(|post| post.is_held_on(call.at.day()) && holds(post)))
    };
    Ok(people.employees.iter().filter(is_seen).filter(wanted).cloned().collect())
}

/// One of them; everybody may see oneself.
pub async fn staff_one(desk: &Desk, call: &Call, staff_id: &str) -> Outcome<Employee> {
    let people = desk.people(call.at).await?;
    if staff_id != call.staff_id {
        desk.may(&people, call, UseCase::StaffView, &person_target(&people, staff_id))?;
    }
    match people.employees.iter().find(|employee| employee.staff.staff_id == staff_id) {
        Some(employee) => Ok(employee.clone()),
        None => refused("E-AP-01", &[("what", &"staff"), ("id", &staff_id)]),
    }
}

/// Takes somebody on with a first password, which is good for choosing another.
pub async fn staff_add(desk: &Desk, call: &Call, employee: &Employee, password: &str) -> Outcome<()> {
    let staff = &employee.staff;
    required("staff_id", &staff.staff_id)?;
    required("name", &staff.name)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let hash = given_hash(desk, &staff.staff_id, password).await?;
    let mut tx = match desk.begin(call, "staff_add", employee).await? {
        Begun::Again(first) => return heard_with(call, first, password).await,
        Begun::First(tx) => tx,
    };
    let mut made = Staff { posts: Vec::new(), ..staff.clone() };
    for post in &staff.posts {
        let given = post_give(&desk.rules.authority, &call.staff_id, &made, post.clone());
        made = given.map_err(|no| refusal(no.code(), no.facts()))?;
    }
    save(&mut tx, call, &Employee { staff: made, work: employee.work.clone() }, 0, "staff_add").await?;
    set_given(&mut tx, call, &staff.staff_id, &hash).await?;
    desk.commit(tx, call, hash).await?;
    desk.forget_people();
    Ok(())
}

/// One more post for somebody.
pub async fn staff_post(desk: &Desk, call: &Call, staff_id: &str, post: Post) -> Outcome<Employee> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::RoleGrant, &Target::default())?;
    let mut tx = match desk.begin(call, "staff_post", &(staff_id, &post)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let kept: Kept<StaffRow, Employee> = desk.load(&tx, "staff", staff_id).await?;
    let given = post_give(&desk.rules.authority, &call.staff_id, &kept.body.staff, post).map_err(|no| refusal(no.code(), no.facts()))?;
    let given = Employee { staff: given, work: kept.body.work };
    save(&mut tx, call, &given, kept.version, "role_grant").await?;
    let done = desk.commit(tx, call, given).await?;
    desk.forget_people();
    Ok(done)
}

/// Suspends somebody, brings back, or lets go; what was open in the person's hands the night passes on.
pub async fn staff_employ(desk: &Desk, call: &Call, staff_id: &str, employment: Employment) -> Outcome<Employee> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let mut tx = match desk.begin(call, "staff_employ", &(staff_id, employment)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let kept: Kept<StaffRow, Employee> = desk.load(&tx, "staff", staff_id).await?;
    let changed = Employee { staff: Staff { employment, ..kept.body.staff }, work: kept.body.work };
    save(&mut tx, call, &changed, kept.version, "staff_manage").await?;
    let done = desk.commit(tx, call, changed).await?;
    desk.forget_people();
    Ok(done)
}

units::coded! {
    /// Whether somebody is at work (在岗与请假).
    Attendance {
        AtWork = "at_work",
        /// Keeps the cases, gets no new ones; what waits for the person's signature goes to others.
        OnLeave = "on_leave",
    }
}

units::serde_by_code!(Attendance);

/// Notes that somebody goes on leave or is back.
pub async fn staff_attend(desk: &Desk, call: &Call, staff_id: &str, attendance: Attendance) -> Outcome<Employee> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let mut tx = match desk.begin(call, "staff_attend", &(staff_id, attendance)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let kept: Kept<StaffRow, Employee> = desk.load(&tx, "staff", staff_id).await?;
    let work = Work { away: attendance == Attendance::OnLeave, ..kept.body.work.unwrap_or_default() };
    let changed = Employee { work: Some(work), ..kept.body };
    save(&mut tx, call, &changed, kept.version, "staff_manage").await?;
    let done = desk.commit(tx, call, changed).await?;
    desk.forget_people();
    Ok(done)
}

/// Lends rights of the caller to somebody for some days.
pub async fn delegation_make(desk: &Desk, call: &Call, delegation: &Delegation) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    let own = Target { owner: Some(call.staff_id.clone()), ..Target::default() };
    desk.may(&people, call, UseCase::DelegationMake, &own)?;
    let mut tx = match desk.begin(call, "delegation_make", delegation).await? {
        Begun::Again(()) => return Ok(()),
        Begun::First(tx) => tx,
    };
    let institution = people.institution(&desk.rules.authority, call.at.day());
    let delegation = Delegation { from_staff: call.staff_id.clone(), ..delegation.clone() };
    institution.check_delegation(&delegation).map_err(|no| refusal(no.code(), no.facts()))?;
    let row = DelegationRow {
        delegation_id: delegation.delegation_id.clone(),
        from_staff_id: delegation.from_staff.clone(),
        to_staff_id: delegation.to_staff.clone(),
        from_on: delegation.from,
        until_on: delegation.until,
    };
    stored(tx.save(&row, &delegation, 0, call.stamp()).await?)?;
    tx.audit(call.audit("delegation_make", format!("delegation/{}", row.delegation_id), &row.to_staff_id));
    desk.commit(tx, call, ()).await?;
    desk.forget_people();
    Ok(())
}

/// Sets the tree of branches: what is there is kept, new ones are added.
pub(crate) async fn branches_set(desk: &Desk, call: &Call, branches: &[Branch]) -> Outcome<()> {
    let paths = branch_paths(branches).map_err(|no| refusal(no.code(), no.facts()))?;
    let tx = desk.store.begin().await?;
    for branch in branches {
        let path: &BranchPath = &paths[&branch.branch_id];
        let row = BranchRow { branch_id: branch.branch_id.clone(), path: stored_path(path) };
        let kept: Option<Kept<BranchRow, Branch>> = tx.load(&branch.branch_id).await?;
        match kept {
            Some(kept) if kept.row == row && kept.body == *branch => {}
            kept => {
                let over = kept.map_or(0, |kept| kept.version);
                stored(tx.save(&row, branch, over, call.stamp()).await?)?;
            }
        }
    }
    tx.commit().await?;
    desk.forget_people();
    Ok(())
}

pub(crate) async fn save(tx: &mut Tx, call: &Call, employee: &Employee, over: i64, action: &str) -> Outcome<()> {
    let staff = &employee.staff;
    let post = staff.posts.first();
    let row = StaffRow {
        staff_id: staff.staff_id.clone(),
        branch_id: post.map_or_else(String::new, |post| post.branch.branch_id().to_owned()),
        team_id: post.and_then(|post| post.team_id.clone()),
        agency_id: staff.agency_id.clone(),
        state: staff.employment.code().to_owned(),
    };
    stored(tx.save(&row, employee, over, call.stamp()).await?)?;
    tx.audit(call.audit(action, format!("staff/{}", staff.staff_id), ""));
    Ok(())
}
