//! What came of the work in a period.

use super::answer;
use crate::document::{List, Refusals, codes};
use crate::extract::{Asked, Caller};
use crate::problem::Reply;
use crate::server::Server;
use app::results::{self, ResultsBy, ResultsWanted};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use units::{Date, Money};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(results_view)).routes(routes!(results_arms))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Period {
    #[param(value_type = String, format = Date)]
    from: Date,
    /// The last day.
    #[param(value_type = String, format = Date)]
    until: Date,
    #[param(schema_with = codes::<ResultsBy>)]
    by: ResultsBy,
    /// What each was to recover, in yuan; without it recovery is not scored.
    #[param(value_type = Option<String>)]
    target: Option<Money>,
}

/// Results by person, team or strategy arm, with the balanced score
#[utoipa::path(
    get, path = "/results", tag = "results", params(Period),
    responses((status = 200, description = "The results", body = answer::Results), Refusals)
)]
async fn results_view(State(server): State<Server>, Caller(call): Caller, Asked(period): Asked<Period>) -> Reply<Json<List>> {
    let wanted = ResultsWanted { from: period.from, until: period.until, by: period.by, target: period.target };
    Ok(Json(List::whole(&results::results(&server.desk, &call, &wanted).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Days {
    #[param(value_type = String, format = Date)]
    from: Date,
    /// The last day.
    #[param(value_type = String, format = Date)]
    until: Date,
}

/// Champion and challenger beside each other: counts, rates with intervals, and which is better if that can be said
#[utoipa::path(
    get, path = "/results/arms", tag = "results", params(Days),
    responses((status = 200, description = "The comparison", body = Object), Refusals)
)]
async fn results_arms(State(server): State<Server>, Caller(call): Caller, Asked(days): Asked<Days>) -> Reply<Json<Value>> {
    let period = results::Period { from: days.from, until: days.until };
    Ok(Json(json!(results::results_arms(&server.desk, &call, period).await?)))
}
