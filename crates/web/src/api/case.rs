//! Cases: the queue, one case, what is done with it, and a team's balance.

use crate::document::{IdempotencyKey, List, Refusals};
use crate::extract::{Asked, Body, Caller, Named, bad_request};
use crate::problem::Reply;
use crate::server::Server;
use app::case::{self, CaseAct, CaseFilter};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Cursor;
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

/// Rows of a page when the caller does not say.
pub(super) const USUAL_LIMIT: u32 = 50;

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
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Cases in the order they are to be worked, with the reasons for it
#[utoipa::path(
    get, path = "/cases", tag = "cases", params(CasesWanted),
    responses((status = 200, description = "A page of cases", body = List), Refusals)
)]
async fn case_list(State(server): State<Server>, Caller(call): Caller, Asked(wanted): Asked<CasesWanted>) -> Reply<Json<List>> {
    let after = cursor(wanted.after.as_deref())?;
    let filter = CaseFilter { owner: wanted.owner, team: wanted.team, branch: wanted.branch, agency: wanted.agency };
    let limit = wanted.limit.unwrap_or(USUAL_LIMIT);
    let (cases, next) = case::case_list(&server.desk, &call, &filter, after.as_ref(), limit).await?;
    Ok(Json(List::of(&cases, next.map(|next| next.text()))))
}

pub(super) fn cursor(text: Option<&str>) -> Reply<Option<Cursor>> {
    let read = |text| Cursor::parse(text).ok_or_else(|| bad_request("after"));
    text.map(read).transpose()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Done {
    /// Cases to leave out, parted by commas.
    done: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct NextCase {
    /// Absent when nothing is due any more.
    #[schema(value_type = Option<Object>)]
    case: Option<Value>,
}

/// The next case of the caller's queue that is due
#[utoipa::path(
    get, path = "/cases/next", tag = "cases", params(Done),
    responses((status = 200, description = "The case, or none", body = NextCase), Refusals)
)]
async fn case_next(State(server): State<Server>, Caller(call): Caller, Asked(asked): Asked<Done>) -> Reply<Json<NextCase>> {
    let done: Vec<String> = asked.done.iter().flat_map(|done| done.split(',')).map(str::to_owned).collect();
    let next = case::case_next(&server.desk, &call, &done).await?;
    Ok(Json(NextCase { case: next.map(|case| json!(case)) }))
}

/// One case with its promises and contacts
#[utoipa::path(
    get, path = "/cases/{case_id}", tag = "cases", params(("case_id" = String, Path)),
    responses((status = 200, description = "The case", body = Object), Refusals)
)]
async fn case_view(State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>) -> Reply<Json<Value>> {
    Ok(Json(json!(case::case_view(&server.desk, &call, &case_id).await?)))
}

/// What somebody does with a case, over the version that was seen.
#[derive(Deserialize, ToSchema)]
struct Act {
    /// The version of the case the caller saw.
    version: u64,
    /// `{"do": "hand_over", "to": …, "because": …}`; also `borrow`, `return`, `recall`, `set_next_action`, `object`,
    /// `resolve_objection`, `complain`, `answer_complaint`, `close`.
    #[schema(value_type = Object)]
    act: CaseAct,
}

#[derive(Serialize, ToSchema)]
struct Changed {
    /// The version of the case now.
    version: u64,
}

/// Hand over, borrow, return, recall, plan the next action, object, complain, close
#[utoipa::path(
    post, path = "/cases/{case_id}/acts", tag = "cases", params(("case_id" = String, Path), IdempotencyKey), request_body = Act,
    responses((status = 200, description = "Done", body = Changed), Refusals)
)]
async fn case_act(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Act>,
) -> Reply<Json<Changed>> {
    let version = case::case_act(&server.desk, &call, &case_id, said.version, &said.act).await?;
    Ok(Json(Changed { version }))
}

/// Which moves would even out a team's work
#[utoipa::path(
    get, path = "/teams/{team_id}/balance", tag = "cases", params(("team_id" = String, Path)),
    responses((status = 200, description = "The moves", body = List), Refusals)
)]
async fn team_balance(State(server): State<Server>, Caller(call): Caller, Named(team_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::of(&case::team_balance(&server.desk, &call, &team_id).await?, None)))
}
