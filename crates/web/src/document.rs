//! The OpenAPI document: what every operation shares, and schemas of coded values.

use crate::api::answer;
use crate::extract::bad_request;
use crate::problem::{PROBLEM_JSON, Problem, Reply, Texts};
use crate::server::Server;
use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use store::Cursor;
use units::Coded;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(title = "Postloan", description = "Post-loan casework. Every refusal is a problem document with a code."),
    components(schemas(Problem, Texts)),
    modifiers(&Token),
    security(("token" = []))
)]
struct Api;

/// Tokens travel in `Authorization: Bearer` alone.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
        components.schemas.extend(answer::all().into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    }
}

/// The routes, and the document they make.
pub fn document(routes: OpenApiRouter<Server>) -> (Router<Server>, Document) {
    OpenApiRouter::with_openapi(Api::openapi()).merge(routes).split_for_parts()
}

/// How any operation may be refused.
pub struct Refusals;

const REFUSALS: [(&str, &str); 10] = [
    ("400", "The request is malformed or lacks something"),
    ("401", "Nobody is signed in, or no longer"),
    ("403", "The caller may not do this; the message says who may"),
    ("404", "There is no such thing"),
    ("405", "The address knows no such method"),
    ("409", "Somebody was faster, or the idempotency key was used for something else"),
    ("413", "The body is too large"),
    ("422", "A rule forbids it; the code says which"),
    ("429", "Too many requests; wait"),
    ("500", "An incident, with its number"),
];

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = |said: &str| ResponseBuilder::new().description(said).content(PROBLEM_JSON, content()).build();
        REFUSALS.iter().map(|(status, said)| ((*status).to_owned(), response(said).into())).collect()
    }
}

/// The header under which a command is carried out once, however often it is sent.
pub struct IdempotencyKey;

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).min_length(Some(1)).max_length(Some(200));
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("Same key and same input: the first answer again. Same key and other input: 409."))
            .schema(Some(text.pattern(Some("^[!-~]+$")).build()));
        vec![parameter.build()]
    }
}

/// The schema of a coded value: its codes.
pub fn codes<T: Coded>() -> Object {
    let codes = T::ALL.iter().map(|value| value.code());
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(codes)).build()
}

/// The schema of a day, `YYYY-MM-DD`.
pub fn day() -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::Date);
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).format(Some(format)).build()
}

/// The schema of a second on the institution's clock.
pub fn moment() -> Object {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let text = text.pattern(Some("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"));
    text.description(Some("YYYY-MM-DD HH:MM:SS, on the institution's clock")).build()
}

/// The schema of an amount of money in yuan.
pub fn yuan() -> Object {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).pattern(Some(r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"));
    text.description(Some("Yuan with up to two decimals")).build()
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paged {
    /// `next` of the page before.
    pub after: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// Rows of a page when the caller does not say, and the most there are.
const USUAL_LIMIT: u32 = 50;
const MOST: u32 = 500;

impl Paged {
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(USUAL_LIMIT)
    }

    pub fn cursor(&self) -> Reply<Option<Cursor>> {
        let read = |text| Cursor::parse(text).ok_or_else(|| bad_request("after"));
        self.after.as_deref().map(read).transpose()
    }
}

/// A list that is whole, or a page of a longer one.
#[derive(Debug, Serialize)]
pub struct List {
    pub items: Vec<Value>,
    /// Where the next page begins: to be sent as `after`. Absent on the last page.
    pub next: Option<String>,
}

impl List {
    pub fn whole<T: Serialize>(rows: &[T]) -> List {
        List { items: rows.iter().map(|row| serde_json::to_value(row).expect("values of the program are JSON")).collect(), next: None }
    }

    /// A page as the store gave it.
    pub fn page<T: Serialize>((rows, next): (Vec<T>, Option<Cursor>)) -> List {
        List { next: next.map(|next| next.text()), ..List::whole(&rows) }
    }

    /// A page of what an institution has few of: after the row of an identity.
    pub fn part<T: Serialize>(rows: &[T], paged: &Paged, id: impl Fn(&T) -> &str) -> List {
        let from = paged.after.as_deref().map_or(0, |after| rows.iter().position(|row| id(row) == after).map_or(rows.len(), |at| at + 1));
        let rest = &rows[from..];
        let page = &rest[..rest.len().min(paged.limit().clamp(1, MOST) as usize)];
        let next = page.last().filter(|_| page.len() < rest.len()).map(|last| id(last).to_owned());
        List { next, ..List::whole(page) }
    }
}
