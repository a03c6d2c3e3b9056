//! Cases: the queue, one case, what is done with it, and a team's balance.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::case::{self, CaseAct, CaseFilter};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use units::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(case_list))
        .routes(routes!(case_next))
        .routes(routes!(case_view))
        .routes(routes!(case_act))
        .routes(routes!(team_balance))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CasesWanted {
    /// A person's queue; the caller's own unless a team, branch or agency is named.
    owner: Option<String>,
    team: Option<String>,
    /// The branch and what is below it.
    branch: Option<String>,
    agency: Option<String>,
    /// Every case a customer has had, closed ones too.
    customer: Option<String>,
    /// Those whose next action is due on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    due_by: Option<Date>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Cases in the order they are to be worked, with the reasons for it
#[utoipa::path(
    get, path = "/cases", tag = "cases", params(CasesWanted),
    responses((status = 200, description = "A page of cases", body = answer::Cases), Refusals)
)]
async fn case_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<CasesWanted>) -> Reply<Json<List>> {
    let paged = Paged { after: wanted.after, limit: wanted.limit };
    let CasesWanted { owner, team, branch, agency, customer, due_by, .. } = wanted;
    let (filter, after) = (CaseFilter { owner, team, branch, agency, customer, due_by }, paged.cursor()?);
    Ok(Json(List::page(case::case_list(&server.desk, &call, &filter, after.as_ref(), paged.limit()).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Done {
    /// Cases to leave out, parted by commas.
    done: Option<String>,
}

/// The next case of the caller's queue that is due; none when nothing is due any more
#[utoipa::path(
    get, path = "/cases/next", tag = "cases", params(Done),
    responses((status = 200, description = "The case, or none", body = answer::NextCase), Refusals)
)]
async fn case_next(State(server): State<Server>, Caller(call): Caller, Asked(asked): Asked<Done>) -> Reply<Json<Value>> {
    let done: Vec<String> = asked.done.iter().flat_map(|done| done.split(',')).map(str::to_owned).collect();
    let next = case::case_next(&server.desk, &call, &done).await?;
    Ok(Json(json!({ "case": next })))
}

/// One case with its promises and contacts
#[utoipa::path(
    get, path = "/cases/{case_id}", tag = "cases", params(("case_id" = String, Path)),
    responses((status = 200, description = "The case", body = answer::CaseFile), Refusals)
)]
async fn case_view(State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>) -> Reply<Json<Value>> {
    Ok(Json(json!(case::case_view(&server.desk, &call, &case_id).await?)))
}

/// What somebody does with a case, over the version that was seen.
#[derive(Deserialize, ToSchema)]
struct Act {
    /// The version of the case the caller saw.
    version: u64,
    #[schema(value_type = answer::CaseAct)]
    act: CaseAct,
}

/// Hand over, borrow, return, recall, plan the next action, object, complain, close
#[utoipa::path(
    post, path = "/cases/{case_id}/acts", tag = "cases", params(("case_id" = String, Path), IdempotencyKey), request_body = Act,
    responses((status = 200, description = "Done", body = answer::Changed), Refusals)
)]
async fn case_act(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Act>,
) -> Reply<Json<Value>> {
    let version = case::case_act(&server.desk, &call, &case_id, said.version, &said.act).await?;
    Ok(Json(json!({ "version": version })))
}

/// Which moves would even out a team's work
#[utoipa::path(
    get, path = "/teams/{team_id}/balance", tag = "cases", params(("team_id" = String, Path)),
    responses((status = 200, description = "The moves", body = answer::Moves), Refusals)
)]
async fn team_balance(State(server): State<Server>, Caller(call): Caller, Named(team_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::whole(&case::team_balance(&server.desk, &call, &team_id).await?)))
}
