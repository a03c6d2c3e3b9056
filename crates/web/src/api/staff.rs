//! Who works here: people, posts, delegations, and oneself.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes, day};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::staff::{self, Attendance, Employee, StaffFilter, Work};
use authority::{BranchLevel, BranchPath, Delegation, Employment, Post, Role, Staff, UseCase};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::strategy::Skill;
use serde::Deserialize;
use serde_json::{Value, json};
use units::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(staff_list, staff_add))
        .routes(routes!(staff_post))
        .routes(routes!(staff_employ))
        .routes(routes!(staff_attend))
        .routes(routes!(staff_password))
        .routes(routes!(delegation_make))
}

/// Who calls, and what the person may do
#[utoipa::path(get, path = "/me", tag = "staff", responses((status = 200, description = "The caller", body = answer::Me), Refusals))]
async fn me(State(server): State<Server>, Caller(call): Caller) -> Reply<Json<Value>> {
    Ok(Json(json!(staff::me(&server.desk, &call).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StaffWanted {
    /// With a post at this branch or below it.
    branch: Option<String>,
    #[param(schema_with = codes::<Role>, required = false)]
    role: Option<Role>,
    #[param(schema_with = codes::<Employment>, required = false)]
    employment: Option<Employment>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Everybody who works here
#[utoipa::path(
    get, path = "/staff", tag = "staff", params(StaffWanted),
    responses((status = 200, description = "A page of people and posts", body = answer::Employees), Refusals)
)]
async fn staff_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<StaffWanted>) -> Reply<Json<List>> {
    let paged = Paged { after: wanted.after, limit: wanted.limit };
    let filter = StaffFilter { branch: wanted.branch, role: wanted.role, employment: wanted.employment };
    Ok(Json(List::part(&staff::staff_list(&server.desk, &call, &filter).await?, &paged, |employee| &employee.staff.staff_id)))
}

/// A role held at a branch for a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PostGiven {
    #[schema(schema_with = codes::<Role>)]
    role: Role,
    /// From the head office down: `H/B1/S3`.
    branch: String,
    #[schema(schema_with = codes::<BranchLevel>)]
    level: BranchLevel,
    team_id: Option<String>,
    #[schema(schema_with = day)]
    from: Date,
    #[schema(schema_with = day)]
    until: Option<Date>,
}

impl PostGiven {
    fn post(self) -> Post {
        let branch = BranchPath::from_stored(self.branch);
        Post { role: self.role, branch, level: self.level, team_id: self.team_id, from: self.from, until: self.until }
    }
}

fn skills() -> Array {
    ArrayBuilder::new().items(codes::<Skill>()).build()
}

/// What cases somebody takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WorkTaken {
    #[serde(default)]
    #[schema(schema_with = skills)]
    skills: Vec<Skill>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    languages: Vec<String>,
    #[schema(maximum = 100000)]
    capacity: u32,
    #[serde(default)]
    away: bool,
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Newcomer {
    staff_id: String,
    name: String,
    agency_id: Option<String>,
    posts: Vec<PostGiven>,
    /// Absent: gets no cases.
    work: Option<WorkTaken>,
    /// Good for choosing another.
    password: String,
}

/// Take somebody on with a first password
#[utoipa::path(
    post, path = "/staff", tag = "staff", params(IdempotencyKey), request_body = Newcomer,
    responses((status = 201, description = "Taken on"), Refusals)
)]
async fn staff_add(State(server): State<Server>, Caller(call): Caller, Body(said): Body<Newcomer>) -> Reply<StatusCode> {
    let posts = said.posts.into_iter().map(PostGiven::post).collect();
    let staff = Staff { staff_id: said.staff_id, name: said.name, agency_id: said.agency_id, employment: Employment::Active, posts };
    let work = said.work.map(|WorkTaken { skills, regions, languages, capacity, away }| Work { skills, regions, languages, capacity, away });
    let _turn = server.passwords.acquire().await;
    staff::staff_add(&server.desk, &call, &Employee { staff, work }, &said.password).await?;
    Ok(StatusCode::CREATED)
}

/// Give somebody one more post
#[utoipa::path(
    post, path = "/staff/{staff_id}/posts", tag = "staff", params(("staff_id" = String, Path), IdempotencyKey), request_body = PostGiven,
    responses((status = 200, description = "The person now", body = answer::Employee), Refusals)
)]
async fn staff_post(
    State(server): State<Server>, Caller(call): Caller, Named(staff_id): Named<String>, Body(said): Body<PostGiven>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(staff::staff_post(&server.desk, &call, &staff_id, said.post()).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Employed {
    #[schema(schema_with = codes::<Employment>)]
    employment: Employment,
}

/// Suspend somebody, bring back, or let go
#[utoipa::path(
    put, path = "/staff/{staff_id}/employment", tag = "staff", params(("staff_id" = String, Path), IdempotencyKey), request_body = Employed,
    responses((status = 200, description = "The person now", body = answer::Employee), Refusals)
)]
async fn staff_employ(
    State(server): State<Server>, Caller(call): Caller, Named(staff_id): Named<String>, Body(said): Body<Employed>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(staff::staff_employ(&server.desk, &call, &staff_id, said.employment).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Attends {
    #[schema(schema_with = codes::<Attendance>)]
    attendance: Attendance,
}

/// Note that somebody goes on leave or is back: who is on leave keeps the cases, gets no new ones, and others sign
#[utoipa::path(
    put, path = "/staff/{staff_id}/attendance", tag = "staff", params(("staff_id" = String, Path), IdempotencyKey), request_body = Attends,
    responses((status = 200, description = "The person now", body = answer::Employee), Refusals)
)]
async fn staff_attend(
    State(server): State<Server>, Caller(call): Caller, Named(staff_id): Named<String>, Body(said): Body<Attends>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(staff::staff_attend(&server.desk, &call, &staff_id, said.attendance).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordGiven {
    password: String,
}

/// Give somebody a password that is good for choosing another
#[utoipa::path(
    put, path = "/staff/{staff_id}/password", tag = "staff", params(("staff_id" = String, Path), IdempotencyKey), request_body = PasswordGiven,
    responses((status = 204, description = "Given; every session of the person ended"), Refusals)
)]
async fn staff_password(
    State(server): State<Server>, Caller(call): Caller, Named(staff_id): Named<String>, Body(said): Body<PasswordGiven>,
) -> Reply<StatusCode> {
    let _turn = server.passwords.acquire().await;
    app::sign_in::password_give(&server.desk, &call, &staff_id, &said.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rights of the caller lent to somebody for some days.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Lent {
    delegation_id: String,
    to_staff: String,
    #[schema(schema_with = use_cases)]
    use_cases: Vec<UseCase>,
    #[schema(schema_with = day)]
    from: Date,
    #[schema(schema_with = day)]
    until: Date,
}

fn use_cases() -> Array {
    ArrayBuilder::new().items(codes::<UseCase>()).build()
}

/// Lend rights of one's own to somebody for some days
#[utoipa::path(
    post, path = "/delegations", tag = "staff", params(IdempotencyKey), request_body = Lent,
    responses((status = 201, description = "Lent"), Refusals)
)]
async fn delegation_make(State(server): State<Server>, Caller(call): Caller, Body(said): Body<Lent>) -> Reply<StatusCode> {
    let delegation = Delegation {
        delegation_id: said.delegation_id,
        from_staff: call.staff_id.clone(),
        to_staff: said.to_staff,
        use_cases: said.use_cases,
        from: said.from,
        until: said.until,
        revoked_on: None,
    };
    staff::delegation_make(&server.desk, &call, &delegation).await?;
    Ok(StatusCode::CREATED)
}
