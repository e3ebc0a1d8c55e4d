//! The error envelope of the control plane. All REST errors are made here.

use app::{
    domain::{config::configuration::UsedBy, field_error::FieldError},
    refusal::Refusal,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

/// `Retry-After` if the store is unavailable, in seconds.
const STORE_RETRY_S: u64 = 5;

/// `Retry-After` if too many passwords are being hashed, in seconds.
const BUSY_RETRY_S: u64 = 2;

/// Result of a handler.
pub type RestResult<T> = Result<T, RestError>;

/// An error response of REST.
#[derive(Debug)]
pub struct RestError {
    status: StatusCode,
    body: Box<ErrorBody>,
    retry_after_s: Option<u64>,
}

/// `{"error": …}`, as the OpenAPI document describes it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
    /// The current object; only for `stale_revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Value>,
    /// The objects that refer to this one; only for `in_use`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<UsedBy>>,
    /// All errors of the document; only for an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
}

/// An error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// A stable code.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Errors of single fields; empty if the error is not about fields.
    pub fields: Vec<FieldError>,
}

impl RestError {
    /// An error of a request that reaches no operation.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code: code.to_owned(), message: message.into(), fields: Vec::new() };
        let body = Box::new(ErrorBody { error, current: None, used_by: None, errors: None });
        Self { status, body, retry_after_s: None }
    }

    /// For unknown addresses.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// For addresses that don't support the method; `Allow` lists the supported ones.
    pub fn method_not_allowed() -> Self {
        let words = "This address does not support the method; the `Allow` header lists those it does.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", words)
    }

    /// For documents that cannot be imported: the errors are in the envelope and beside it.
    pub fn of_import(errors: Vec<FieldError>) -> Self {
        let mut error = Self::from(Refusal::Invalid(errors.clone()));
        error.body.errors = Some(errors);
        error
    }

    /// For requests that another site made a browser send.
    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross_site", "This request was sent by another site's page.")
    }
}

impl From<Refusal> for RestError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = status_and_code(&refusal);
        let mut error = Self::new(status, code, refusal.to_string());
        error.body.error.fields = refusal.errors();
        match refusal {
            Refusal::Stale { current } => error.body.current = Some(*current),
            Refusal::InUse { used_by } => error.body.used_by = Some(used_by),
            Refusal::Throttled(seconds) => error.retry_after_s = Some(seconds),
            Refusal::Busy => error.retry_after_s = Some(BUSY_RETRY_S),
            Refusal::StoreUnavailable => error.retry_after_s = Some(STORE_RETRY_S),
            _ => {}
        }
        error
    }
}

fn status_and_code(refusal: &Refusal) -> (StatusCode, &str) {
    match refusal {
        Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        Refusal::Forbidden(_) => (StatusCode::FORBIDDEN, "permission_denied"),
        Refusal::NotFound { .. } | Refusal::Gone(_) => (StatusCode::NOT_FOUND, "not_found"),
        Refusal::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed_json"),
        Refusal::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        Refusal::Stale { .. } => (StatusCode::CONFLICT, "stale_revision"),
        Refusal::Taken { code, .. } => (StatusCode::CONFLICT, code),
        Refusal::InUse { .. } => (StatusCode::CONFLICT, "in_use"),
        Refusal::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "throttled"),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        Refusal::StoreUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
