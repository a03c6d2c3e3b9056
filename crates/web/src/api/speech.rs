//! What may be said: words checked, scripts filled, tactics that fit.

use super::answer;
use crate::document::{List, Refusals, codes};
use crate::extract::{Body, Caller, Named};
use crate::problem::Reply;
use crate::server::Server;
use app::speech::{self, ScriptWanted};
use axum::Json;
use axum::extract::State;
use casework::script::{Placeholder, ScriptTopic};
use casework::tactic::Circumstance;
use casework::{Channel, Purpose};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(speech_check)).routes(routes!(speech_scripts)).routes(routes!(speech_tactics))
}

/// Words about to be said or sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Words {
    text: String,
    /// What is proved of the case may be said of it.
    case_id: Option<String>,
}

/// Find in a text what must not be said
#[utoipa::path(
    post, path = "/language-checks", tag = "speech", request_body = Words,
    responses((status = 200, description = "The findings", body = answer::SpeechChecked), Refusals)
)]
async fn speech_check(State(server): State<Server>, Caller(call): Caller, Body(words): Body<Words>) -> Reply<Json<Value>> {
    Ok(Json(json!(speech::speech_check(&server.desk, &call, &words.text, words.case_id.as_deref()).await?)))
}

/// About what, to whom and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[schema(schema_with = codes::<ScriptTopic>)]
    topic: ScriptTopic,
    person_id: String,
    #[schema(schema_with = codes::<Channel>)]
    channel: Channel,
    #[schema(schema_with = codes::<Purpose>)]
    purpose: Purpose,
    /// What only the speaker knows, by placeholder.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    values: BTreeMap<Placeholder, String>,
}

/// The scripts that fit a case and a person, filled in
#[utoipa::path(
    post, path = "/cases/{case_id}/scripts", tag = "speech", params(("case_id" = String, Path)), request_body = Wanted,
    responses((status = 200, description = "The scripts", body = answer::Scripts), Refusals)
)]
async fn speech_scripts(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Wanted>,
) -> Reply<Json<List>> {
    let Wanted { topic, person_id, channel, purpose, values } = said;
    let wanted = ScriptWanted { topic, person_id, channel, purpose, values };
    Ok(Json(List::whole(&speech::speech_scripts(&server.desk, &call, &case_id, &wanted).await?)))
}

fn circumstances() -> Array {
    ArrayBuilder::new().items(codes::<Circumstance>()).build()
}

/// What the caller answers for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Attested {
    #[schema(schema_with = circumstances)]
    attested: BTreeSet<Circumstance>,
}

/// The tactics that fit a case, those that wait for facts, and what is never done
#[utoipa::path(
    post, path = "/cases/{case_id}/tactics", tag = "speech", params(("case_id" = String, Path)), request_body = Attested,
    responses((status = 200, description = "The tactics", body = answer::Tactics), Refusals)
)]
async fn speech_tactics(
    State(server): State<Server>, Caller(call): Caller, Named(case_id): Named<String>, Body(said): Body<Attested>,
) -> Reply<Json<Value>> {
    Ok(Json(json!(speech::speech_tactics(&server.desk, &call, &case_id, &said.attested).await?)))
}
