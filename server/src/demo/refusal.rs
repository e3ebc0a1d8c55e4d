//! How the demo instances refuse a call: in the shape that OpenAI-compatible servers use.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// A refused call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    /// No key, or a wrong one.
    pub(super) fn key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", "The demo takes calls of its own server only.")
    }

    /// No such path.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "The demo has no such path.")
    }

    /// No such model, or one that does something else.
    pub(super) fn model() -> Self {
        Self::new(StatusCode::NOT_FOUND, "model_not_found", "The demo has no such model for this path.")
    }

    /// A request that cannot be read.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let error = json!({"message": self.message, "type": "invalid_request_error", "param": null, "code": self.code});
        (self.status, Json(json!({"error": error}))).into_response()
    }
}
