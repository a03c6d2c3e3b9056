//! The people behind cases: found, shown masked, opened for a purpose, assessed.

use super::answer;
use crate::document::{IdempotencyKey, List, Refusals, codes};
use crate::extract::{Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::person::{self, PersonSearch};
use authority::{PersonalField, UnmaskPurpose, UnmaskRequest};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use casework::strategy::DebtorType;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(person_search))
        .routes(routes!(person_view))
        .routes(routes!(person_unmask))
        .routes(routes!(person_unmask_propose))
        .routes(routes!(debtor_assess))
}

/// What is known of who is looked for: exactly, or the last four digits of a number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Known {
    name: Option<String>,
    phone: Option<String>,
    phone_tail: Option<String>,
    id_number: Option<String>,
}

/// Find customers by what is known of them; in the body, for addresses are kept in logs
#[utoipa::path(
    post, path = "/persons/search", tag = "persons", request_body = Known,
    responses((status = 200, description = "Whom the caller may see, masked", body = answer::Persons), Refusals)
)]
async fn person_search(State(server): State<Server>, Caller(call): Caller, Body(known): Body<Known>) -> Reply<Json<List>> {
    let search = PersonSearch { name: known.name, phone: known.phone, phone_tail: known.phone_tail, id_number: known.id_number };
    Ok(Json(List::whole(&person::person_search(&server.desk, &call, &search).await?)))
}

/// Everybody who has to do with a customer's debt, masked as the caller's rights say
#[utoipa::path(
    get, path = "/customers/{customer_id}/persons", tag = "persons", params(("customer_id" = String, Path)),
    responses((status = 200, description = "The people", body = answer::Persons), Refusals)
)]
async fn person_view(State(server): State<Server>, Caller(call): Caller, Named(customer_id): Named<String>) -> Reply<Json<List>> {
    Ok(Json(List::whole(&person::person_view(&server.desk, &call, &customer_id).await?)))
}

fn fields() -> Array {
    ArrayBuilder::new().items(codes::<PersonalField>()).build()
}

/// Which fields are to be opened, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unmask {
    #[schema(schema_with = fields)]
    fields: Vec<PersonalField>,
    #[schema(schema_with = codes::<UnmaskPurpose>)]
    purpose: UnmaskPurpose,
    reason: String,
}

/// Open fields of a person for a purpose, with a reason, for a time; logged
#[utoipa::path(
    post, path = "/persons/{person_id}/unmask", tag = "persons", params(("person_id" = String, Path), IdempotencyKey), request_body = Unmask,
    responses((status = 201, description = "Open until then", body = answer::Unmasked), Refusals)
)]
async fn person_unmask(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Unmask>,
) -> Reply<(StatusCode, Json<Value>)> {
    let request = UnmaskRequest { person_id, fields: said.fields, purpose: said.purpose, reason: said.reason };
    let grant = person::person_unmask(&server.desk, &call, &request).await?;
    Ok((StatusCode::CREATED, Json(json!(grant))))
}

/// Ask to open fields of a person beyond the usual pace; signed, they open for the usual time
#[utoipa::path(
    post, path = "/persons/{person_id}/unmask-proposals", tag = "persons", params(("person_id" = String, Path), IdempotencyKey),
    request_body = Unmask, responses((status = 201, description = "Asked", body = answer::Proposal), Refusals)
)]
async fn person_unmask_propose(
    State(server): State<Server>, Caller(call): Caller, Named(person_id): Named<String>, Body(said): Body<Unmask>,
) -> Reply<(StatusCode, Json<Value>)> {
    let request = UnmaskRequest { person_id, fields: said.fields, purpose: said.purpose, reason: said.reason };
    let asked = person::person_unmask_propose(&server.desk, &call, &request).await?;
    Ok((StatusCode::CREATED, Json(json!(asked))))
}

/// What kind of debtor somebody is, and how that was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assessed {
    #[schema(schema_with = codes::<DebtorType>)]
    debtor_type: DebtorType,
    why: String,
}

/// Say what kind of debtor somebody is; the strategy follows the next night
#[utoipa::path(
    post, path = "/customers/{customer_id}/assessment", tag = "persons", params(("customer_id" = String, Path), IdempotencyKey),
    request_body = Assessed, responses((status = 204, description = "Noted"), Refusals)
)]
async fn debtor_assess(
    State(server): State<Server>, Caller(call): Caller, Named(customer_id): Named<String>, Body(said): Body<Assessed>,
) -> Reply<StatusCode> {
    person::debtor_assess(&server.desk, &call, &customer_id, said.debtor_type, &said.why).await?;
    Ok(StatusCode::NO_CONTENT)
}
