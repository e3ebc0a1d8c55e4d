//! The test of an instance, and discovery of what a server offers.

use app::{
    domain::console::{discovery::Discovery, view::TestVerdict},
    ports::{Actor, ModelDiscovery as _},
};
use axum::{Extension, Json, extract::State};

use super::{
    RestState,
    body::JsonBody,
    error::{ErrorBody, RestResult},
    id::Id,
    schema::ConnectionBody,
};

/// Asks the instance for its models, which costs nothing. The answer is a verdict, never the upstream's text.
#[utoipa::path(post, path = "/instances/{id}/test", tag = "instances", operation_id = "test_instance", params(Id),
    responses((status = 200, body = TestVerdict), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn test(State(state): State<RestState>, Id { id }: Id) -> RestResult<Json<TestVerdict>> {
    Ok(Json(state.gateway.test_instance(&id, false).await?))
}

/// Asks a server that is not an instance yet for its models, and which APIs it serves. Nothing is saved, and nothing
/// costs: the list of models is free, and an empty body goes to each API.
#[utoipa::path(post, path = "/instances/discover", tag = "instances", operation_id = "discover_models",
    request_body = ConnectionBody,
    responses((status = 200, body = Discovery), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "The body is invalid, the server does not answer, or it refuses the key."),
        (status = 429, body = ErrorBody, description = "Too many tests and discoveries in a minute.")))]
pub async fn discover(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    JsonBody(body): JsonBody,
) -> RestResult<Json<Discovery>> {
    Ok(Json(state.operations.discover(&who, body).await?))
}
