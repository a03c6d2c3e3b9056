//! Promises to pay: made with time, way and amount, seen in a calendar.

use super::answer;
use crate::document::{IdempotencyKey, List, Paged, Refusals, codes, day, yuan};
use crate::extract::{Asked, Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::promise::{self, PromiseFilter, PromiseSaid};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::promise::{PaymentWay, PromiseStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use units::{Date, Money};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(promise_record)).routes(routes!(promise_calendar))
}

/// What somebody says will be paid; a promise without time, way or amount is refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The contact it was made in.
    contact_id: Option<String>,
    #[schema(schema_with = day)]
    pay_on: Option<Date>,
    #[schema(schema_with = codes::<PaymentWay>)]
    way: Option<PaymentWay>,
    #[schema(schema_with = yuan)]
    amount: Option<Money>,
}

/// Record a promise to pay
#[utoipa::path(
    post, path = "/cases/{case_id}/promises", tag = "promises", params(("case_id" = String, Path), IdempotencyKey), request_body = Said,
    responses((status = 201, description = "Recorded", body = answer::Promise), Refusals)
)]
async fn promise_record(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Said>,
) -> Reply<(StatusCode, Json<Value>)> {
    let said = PromiseSaid { contact_id: said.contact_id, pay_on: said.pay_on, way: said.way, amount: said.amount };
    let promise = promise::promise_record(&server.desk, &call, &case_id, &said).await?;
    Ok((StatusCode::CREATED, Json(json!(promise))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Day {
    /// Today when absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Date>,
    /// Who was told.
    owner: Option<String>,
    #[param(schema_with = codes::<PromiseStatus>, required = false)]
    state: Option<PromiseStatus>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What is promised for a day
#[utoipa::path(
    get, path = "/promises", tag = "promises", params(Day),
    responses((status = 200, description = "A page of promises", body = answer::KeptPromises), Refusals)
)]
async fn promise_calendar(State(server): State<Server>, Caller(call): Caller, Asked(asked): Asked<Day>) -> Reply<Json<List>> {
    let paged = Paged { after: asked.after, limit: asked.limit };
    let filter = PromiseFilter { on: asked.on.unwrap_or(call.at.day()), owner: asked.owner, state: asked.state };
    let after = paged.cursor()?;
    Ok(Json(List::page(promise::promise_calendar(&server.desk, &call, &filter, after.as_ref(), paged.limit()).await?)))
}
