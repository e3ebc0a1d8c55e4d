//! Reads REST bodies: JSON of at most 8 MiB. Syntax errors are refused with their line and column; fields are validated
//! later, all at once.

use app::refusal::Refusal;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::IntoResponse as _,
};
use serde_json::Value;

use super::error::RestError;

/// The largest body of the control plane, in bytes.
pub const BODY_BYTES: usize = 8 * 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Refusal::Malformed(format!("Invalid JSON at line {line}, column {column}.")).into()
        })
    }
}

/// The raw bytes of a body whose content type is JSON.
#[derive(Debug)]
pub struct JsonBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
        if !content_type.is_some_and(is_json) {
            let words = "Send the body as JSON, with the header Content-Type: application/json.";
            return Err(RestError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", words));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    let words = format!("Send a body of at most {} MiB.", BODY_BYTES / 1024 / 1024);
                    RestError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", words)
                }
                _ => Refusal::Malformed("The body ended too early.".to_owned()).into(),
            }
        })
    }
}

/// Whether a content type is JSON, `application/*+json` included.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}
