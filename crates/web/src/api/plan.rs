//! Plans of a case: for the household, and for hardship.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::hardship::{self, HardshipSaid};
use app::household_plan::{self, PlanSaid};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(household_plan_view, household_plan_propose))
        .routes(routes!(household_plan_weigh))
        .routes(routes!(hardship_list, hardship_propose))
}

/// A version of a plan per household.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// `version`, `others`, `goal`, `levers`, `steps`, `minutes`, `review_on`.
    #[schema(value_type = answer::PlanSaid)]
    plan: PlanSaid,
}

/// What somebody who cannot pay has agreed to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Hardship {
    /// `signed_on`, `form`, `recording_id`, `balance`, `instalments`, `terms`.
    #[schema(value_type = answer::HardshipSaid)]
    plan: HardshipSaid,
}

/// The plan of a case with its versions, and the levers that fit
#[utoipa::path(
    get, path = "/cases/{case_id}/household-plans", tag = "plans", params(("case_id" = String, Path)),
    responses((status = 200, description = "The plan", body = answer::HouseholdPlans), Refusals)
)]
async fn household_plan_view(State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>) -> Reply<Json<Value>> {
    Ok(Json(json!(household_plan::household_plan_view(&server.desk, &call, &case_id).await?)))
}

/// Propose the next version
#[utoipa::path(
    post, path = "/cases/{case_id}/household-plans", tag = "plans", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Plan, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn household_plan_propose(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Plan>,
) -> Reply<(StatusCode, Json<Value>)> {
    let asked = household_plan::household_plan_propose(&server.desk, &call, &case_id, &said.plan).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}

/// What a version would be worth, if it may be at all
#[utoipa::path(
    post, path = "/cases/{case_id}/household-plans/weigh", tag = "plans", params(("case_id" = String, Path)),
    request_body = Plan, responses((status = 200, description = "The version, weighed", body = answer::WeighedPlan), Refusals)
)]
async fn household_plan_weigh(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Plan>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(household_plan::household_plan_weigh(&server.desk, &call, &case_id, &said.plan).await?)))
}

/// The hardship plans a case's customer has had
#[utoipa::path(
    get, path = "/cases/{case_id}/hardship-plans", tag = "plans", params(("case_id" = String, Path), Paged),
    responses((status = 200, description = "A page of plans", body = answer::HardshipFiles), Refusals)
)]
async fn hardship_list(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Asked(paged): Asked<Paged>,
) -> Reply<Json<List>> {
    let plans = hardship::hardship_list(&server.desk, &call, &case_id).await?;
    Ok(Json(List::part(&plans, &paged, |view| &view.plan.plan_id)))
}

/// Propose a hardship plan; approved, it stops collection
#[utoipa::path(
    post, path = "/cases/{case_id}/hardship-plans", tag = "plans", params(("case_id" = String, Path), IdempotencyKey),
    request_body = Hardship, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn hardship_propose(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Hardship>,
) -> Reply<(StatusCode, Json<Value>)> {
    let asked = hardship::hardship_propose(&server.desk, &call, &case_id, &said.plan).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}
