//! Validation, dry run, smoke test and rollback of balancers.

use app::{
    domain::{
        api::Api,
        console::{
            play::DryRun,
            view::{SmokeReport, SmokeRequest},
        },
        field_error::{FieldError, ValidationReport},
        ids::ObjectKind,
        routing::decision::Decision,
    },
    ports::{Actor, Objects as _},
    refusal::Refusal,
};
use axum::{
    Extension, Json,
    extract::{Query, State},
    http::HeaderMap,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    RestState,
    body::{JsonBody, JsonBytes},
    error::{ErrorBody, RestError, RestResult},
    id::Id,
    schema::{BalancerBody, BalancerRead},
};

/// `{"decision": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecideBody {
    /// The decision that the call would get.
    pub decision: Decision,
}

/// The route to smoke-test.
#[derive(Debug, Serialize, ToSchema)]
pub struct SmokeBody {
    /// The route's name; null or absent tests the default route.
    pub route: Option<String>,
    /// The API to call; null or absent calls the first one that the route's instances speak.
    pub api: Option<Api>,
}

/// Validates a balancer as saving it would, and saves nothing. A body with the id of a balancer is validated as its
/// edit.
#[utoipa::path(post, path = "/smart-balancers/validate", tag = "smart balancers",
    operation_id = "validate_balancer", request_body = BalancerBody,
    responses((status = 200, body = ValidationReport)))]
pub async fn validate(State(state): State<RestState>, JsonBody(body): JsonBody) -> Json<ValidationReport> {
    let editing = body.get("id").and_then(Value::as_str).filter(|_| body.get("revision").is_some());
    Json(state.operations.validate(ObjectKind::SmartBalancer, &body, editing))
}

/// The rollback of a balancer.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollBackBody {
    /// The revision to save again.
    #[schema(minimum = 1)]
    pub to: u64,
    /// The current revision of the balancer.
    #[schema(minimum = 1)]
    pub revision: u64,
}

/// Saves an earlier revision as the next one, validated like any other save.
#[utoipa::path(post, path = "/smart-balancers/{id}/rollback", tag = "smart balancers",
    operation_id = "roll_back_balancer", params(Id), request_body = RollBackBody,
    responses((status = 200, body = BalancerRead),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn roll_back(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    Id { id }: Id,
    JsonBody(body): JsonBody,
) -> RestResult<Json<Value>> {
    Ok(Json(state.operations.roll_back(&who, ObjectKind::SmartBalancer, &id, body).await?.body))
}

/// The header that forces a route.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
pub struct RouteHeader {
    /// A route to force; absent or `auto` decides as usual.
    #[serde(rename = "x-sb-route")]
    #[expect(dead_code, reason = "it describes the header")]
    route: Option<String>,
}

/// The API of a dry run.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApiQuery {
    /// The API that the body is for; absent: told from its members.
    api: Option<String>,
}

/// Decides about a `/v1` body without calling a destination or touching health, cache or pins.
#[utoipa::path(post, path = "/smart-balancers/{id}/decide", tag = "smart balancers", operation_id = "decide",
    params(Id, ApiQuery, RouteHeader), request_body = Object,
    responses((status = 200, body = DecideBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn decide(
    State(state): State<RestState>,
    Id { id }: Id,
    Query(ApiQuery { api }): Query<ApiQuery>,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> RestResult<Json<DecideBody>> {
    let route = headers.get("x-sb-route").map(|it| String::from_utf8_lossy(it.as_bytes()).trim().to_owned());
    let call = DryRun { api: api.map(|it| parse_api(&it)).transpose()?, body: body.into(), route };
    Ok(Json(DecideBody { decision: state.gateway.decide(&id, call).await? }))
}

/// Makes one real call over a route.
#[utoipa::path(post, path = "/smart-balancers/{id}/smoke-test", tag = "smart balancers", operation_id = "smoke_test",
    params(Id), request_body = SmokeBody,
    responses((status = 200, body = SmokeReport),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn smoke_test(
    State(state): State<RestState>,
    Id { id }: Id,
    JsonBody(body): JsonBody,
) -> RestResult<Json<SmokeReport>> {
    let request = smoke_request(&body)?;
    Ok(Json(state.gateway.smoke_test(&id, request).await?))
}

/// Parses the body of a smoke test.
fn smoke_request(body: &Value) -> RestResult<SmokeRequest> {
    let fields =
        body.as_object().ok_or_else(|| invalid("", "type", "Send an object such as {\"route\": null}."))?;
    if let Some(unknown) = fields.keys().find(|it| !matches!(it.as_str(), "route" | "api")) {
        let name: String = unknown.chars().take(80).collect();
        return Err(invalid(&name, "unknown_field", "Send only the fields `route` and `api`."));
    }
    let route = match fields.get("route") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => {
            return Err(invalid("route", "type", "Send the name of a route, or null for the default one."));
        }
    };
    let api = match fields.get("api") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(parse_api(name)?),
        Some(_) => {
            return Err(invalid("api", "type", "Send the name of an API, or null for the first one spoken."));
        }
    };
    Ok(SmokeRequest { route, api })
}

fn parse_api(name: &str) -> RestResult<Api> {
    let names = || Api::ALL.map(Api::name).join(", ");
    Api::parse(name).ok_or_else(|| invalid("api", "unknown_api", &format!("The APIs are: {}.", names())))
}

fn invalid(path: &str, code: &str, message: &str) -> RestError {
    Refusal::Invalid(vec![FieldError::new(path, code, message)]).into()
}
