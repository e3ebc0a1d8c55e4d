//! Validation, dry run, smoke test and rollback of balancers.

use app::{
    domain::{
        console::{play::DryRun, view::SmokeReport},
        field_error::{FieldError, ValidationReport},
        ids::ObjectKind,
        routing::decision::Decision,
    },
    ports::{Actor, Objects as _},
    refusal::Refusal,
};
use axum::{Extension, Json, extract::State, http::HeaderMap};
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

/// Decides about a `/v1` body without calling a destination or touching health, cache or pins.
#[utoipa::path(post, path = "/smart-balancers/{id}/decide", tag = "smart balancers", operation_id = "decide",
    params(Id, RouteHeader), request_body = Object,
    responses((status = 200, body = DecideBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub async fn decide(
    State(state): State<RestState>,
    Id { id }: Id,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> RestResult<Json<DecideBody>> {
    let route = headers.get("x-sb-route").map(|it| String::from_utf8_lossy(it.as_bytes()).trim().to_owned());
    let call = DryRun { body: body.into(), route };
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
    let route = route_of(&body)?;
    Ok(Json(state.gateway.smoke_test(&id, route).await?))
}

/// Parses the route; `None` is the default route.
fn route_of(body: &Value) -> RestResult<Option<String>> {
    let fields =
        body.as_object().ok_or_else(|| invalid("", "type", "Send an object such as {\"route\": null}."))?;
    if let Some(unknown) = fields.keys().find(|it| *it != "route") {
        let name: String = unknown.chars().take(80).collect();
        return Err(invalid(&name, "unknown_field", "Send only the field `route`."));
    }
    match fields.get("route") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(invalid("route", "type", "Send the name of a route, or null for the default one.")),
    }
}

fn invalid(path: &str, code: &str, message: &str) -> RestError {
    Refusal::Invalid(vec![FieldError::new(path, code, message)]).into()
}
