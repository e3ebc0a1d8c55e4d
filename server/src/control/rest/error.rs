//! The control plane's error envelope. Every error of REST is made here, and nowhere else.

use app::{api::refusal::Refusal, domain::fault::Fault};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

/// A refusal on its way to a REST client.
#[derive(Debug)]
pub struct RestError(pub Refusal);

/// What handlers answer with.
pub type RestResult<T> = Result<T, RestError>;

impl From<Refusal> for RestError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

/// `{"error": …}`, as the OpenAPI document describes it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// A fixed name.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The faults of single fields; empty where the error is not about fields.
    pub fields: Vec<Fault>,
}

impl RestError {
    fn status_and_code(&self) -> (StatusCode, &str) {
        match &self.0 {
            Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Refusal::Forbidden(_) => (StatusCode::FORBIDDEN, "permission_denied"),
            Refusal::NotFound { .. } | Refusal::Gone(_) => (StatusCode::NOT_FOUND, "not_found"),
            Refusal::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed_json"),
            Refusal::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Refusal::Stale { .. } => (StatusCode::CONFLICT, "stale_revision"),
            Refusal::Taken { code, .. } => (StatusCode::CONFLICT, code),
            Refusal::InUse { .. } => (StatusCode::CONFLICT, "in_use"),
            Refusal::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "throttled"),
            Refusal::StoreUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let error =
            ErrorDetail { code: code.to_owned(), message: self.0.to_string(), fields: self.0.faults() };
        let mut body = json!({ "error": error });
        match &self.0 {
            Refusal::Stale { current } => body["current"] = (**current).clone(),
            Refusal::InUse { used_by } => body["used_by"] = json!(used_by),
            _ => {}
        }
        let mut response = (status, Json(body)).into_response();
        let retry_after = match self.0 {
            Refusal::Throttled(seconds) => Some(HeaderValue::from(seconds)),
            Refusal::StoreUnavailable => Some(HeaderValue::from_static("5")),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
