//! People, their posts, and the branches they stand in.

use crate::desk::{Call, Desk, refusal, required, stored, stored_path};
use crate::failure::Outcome;
use crate::sign_in::set_given;
use authority::{Branch, BranchPath, Delegation, Employment, Post, Staff, Target, UseCase, branch_paths, post_give};
use store::{BranchRow, DelegationRow, Kept, StaffRow};

/// Everybody who works here, as the caller may know.
pub async fn staff_list(desk: &Desk, call: &Call) -> Outcome<Vec<Staff>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffView, &Target::default())?;
    Ok(people.staff.clone())
}

/// Takes somebody on with a first password, which is good for choosing another.
pub async fn staff_add(desk: &Desk, call: &Call, staff: &Staff, password: &str) -> Outcome<()> {
    required("staff_id", &staff.staff_id)?;
    required("name", &staff.name)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let mut made = Staff { posts: Vec::new(), ..staff.clone() };
    for post in &staff.posts {
        let given = post_give(&desk.rules.authority, &call.staff_id, &made, post.clone());
        made = given.map_err(|no| refusal(no.code(), no.facts()))?;
    }
    let rules = &desk.rules.authority.sign_in;
    rules.check_password(&made.staff_id, password, None).map_err(|no| refusal(no.code(), no.facts()))?;
    save(desk, call, &made, 0, "staff_add").await?;
    set_given(desk, call, &made.staff_id, password).await
}

/// One more post for somebody.
pub async fn staff_post(desk: &Desk, call: &Call, staff_id: &str, post: Post) -> Outcome<Staff> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::RoleGrant, &Target::default())?;
    let kept: Kept<StaffRow, Staff> = desk.load(&desk.store, "staff", staff_id).await?;
    let given = post_give(&desk.rules.authority, &call.staff_id, &kept.body, post).map_err(|no| refusal(no.code(), no.facts()))?;
    save(desk, call, &given, kept.version, "role_grant").await?;
    Ok(given)
}

/// Suspends somebody, brings back, or lets go; what was open in the person's hands the night passes on.
pub async fn staff_employ(desk: &Desk, call: &Call, staff_id: &str, employment: Employment) -> Outcome<Staff> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let kept: Kept<StaffRow, Staff> = desk.load(&desk.store, "staff", staff_id).await?;
    let changed = Staff { employment, ..kept.body };
    save(desk, call, &changed, kept.version, "staff_manage").await?;
    Ok(changed)
}

/// Lends rights of the caller to somebody for some days.
pub async fn delegation_make(desk: &Desk, call: &Call, delegation: &Delegation) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    let own = Target { owner: Some(call.staff_id.clone()), ..Target::default() };
    desk.may(&people, call, UseCase::DelegationMake, &own)?;
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
    let mut tx = desk.store.begin().await?;
    stored(tx.save(&row, &delegation, 0, call.stamp()).await?)?;
    tx.audit(call.audit("delegation_make", format!("delegation/{}", row.delegation_id), &row.to_staff_id));
    tx.commit().await?;
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

pub(crate) async fn save(desk: &Desk, call: &Call, staff: &Staff, over: i64, action: &str) -> Outcome<()> {
    let mut tx = desk.store.begin().await?;
    let post = staff.posts.first();
    let row = StaffRow {
        staff_id: staff.staff_id.clone(),
        branch_id: post.map_or_else(String::new, |post| post.branch.branch_id().to_owned()),
        team_id: post.and_then(|post| post.team_id.clone()),
        agency_id: staff.agency_id.clone(),
        state: staff.employment.code().to_owned(),
    };
    stored(tx.save(&row, staff, over, call.stamp()).await?)?;
    tx.audit(call.audit(action, format!("staff/{}", staff.staff_id), ""));
    tx.commit().await?;
    desk.forget_people();
    Ok(())
}
