//! API keys of the data plane.

use app::{
    domain::config::api_key::{ApiKeyScope, ApiKeyView, NewApiKey},
    ports::{Actor, ApiKeys as _},
};
use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    RestState,
    body::JsonBody,
    error::{ErrorBody, RestResult},
    id::Id,
    page::{Page, PageQuery, page},
};

/// Lists the keys: their scope, prefix and last use, never the keys themselves.
#[utoipa::path(get, path = "/api-keys", tag = "API keys", operation_id = "list_api_keys", params(PageQuery),
    responses((status = 200, body = Page<ApiKeyView>), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub async fn list(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    query: PageQuery,
) -> RestResult<Json<Page<ApiKeyView>>> {
    let keys = state.operations.api_keys(&who).await?;
    Ok(Json(page(keys, &query, |it| &it.id, |it| vec![it.id.clone(), it.scope.name.clone()])?))
}

/// Creates a key. Only this answer contains it.
#[utoipa::path(post, path = "/api-keys", tag = "API keys", operation_id = "create_api_key", request_body = ApiKeyScope,
    responses((status = 201, body = NewApiKey),
        (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn create(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    JsonBody(body): JsonBody,
) -> RestResult<Response> {
    let made = state.operations.create_api_key(&who, body).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Revokes a key; calls with it fail from now on.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "API keys", operation_id = "revoke_api_key", params(Id),
    responses((status = 204), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn revoke(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    Id { id }: Id,
) -> RestResult<StatusCode> {
    state.operations.revoke_api_key(&who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
