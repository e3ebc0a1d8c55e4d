//! Errors of the demo instances, in the shape of OpenAI-compatible servers.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// An error response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DemoError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl DemoError {
    /// No key, or a wrong one.
    pub(super) fn key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "The demo only accepts calls from its own server.",
        )
    }

    /// An unknown path.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "The demo has no such path.")
    }

    /// An unknown model, or one for another path.
    pub(super) fn model() -> Self {
        Self::new(StatusCode::NOT_FOUND, "model_not_found", "The demo has no such model for this path.")
    }

    /// An invalid request.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

impl IntoResponse for DemoError {
    fn into_response(self) -> Response {
        let error = json!({"message": self.message, "type": "invalid_request_error", "param": null, "code": self.code});
        (self.status, Json(json!({"error": error}))).into_response()
    }
}
