//! The test of an instance.

use app::domain::console::view::TestVerdict;
use axum::{Json, extract::State};

use super::{
    RestState,
    error::{ErrorBody, RestResult},
    id::Id,
};

/// Asks the instance for its models, which costs nothing. The answer is a verdict, never the upstream's text.
#[utoipa::path(post, path = "/instances/{id}/test", tag = "instances", operation_id = "test_instance", params(Id),
    responses((status = 200, body = TestVerdict), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn test(State(state): State<RestState>, Id { id }: Id) -> RestResult<Json<TestVerdict>> {
    Ok(Json(state.gateway.test_instance(&id, false).await?))
}
