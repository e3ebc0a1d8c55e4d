//! The control plane's error envelope. Every error of REST is made here, and nowhere else.

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

/// Seconds after which a client may try again when the store is away.
const STORE_RETRY_S: u64 = 5;

/// The same where too many passwords are being checked.
const BUSY_RETRY_S: u64 = 2;

/// What handlers answer with.
pub type RestResult<T> = Result<T, RestError>;

/// An error on its way to a REST client.
#[derive(Debug)]
pub struct RestError {
    status: StatusCode,
    body: Box<ErrorBody>,
    retry_after_s: Option<u64>,
}

/// `{"error": …}`, as the OpenAPI document describes it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
    /// The object as it is now; only for `stale_revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Value>,
    /// What refers to the object; only for `in_use`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<UsedBy>>,
    /// Every error of the document; only for an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
}

/// What went wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// A fixed name.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The errors of single fields; empty where the error is not about fields.
    pub fields: Vec<FieldError>,
}

impl RestError {
    /// An error of a request that reaches no operation.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = ErrorDetail { code: code.to_owned(), message: message.into(), fields: Vec::new() };
        let body = Box::new(ErrorBody { error, current: None, used_by: None, errors: None });
        Self { status, body, retry_after_s: None }
    }

    /// For addresses that no door has.
    pub fn no_such_address() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// For addresses that have another door than the one that was tried; `Allow` names them.
    pub fn no_such_method() -> Self {
        let words = "This address does not take this method; the header Allow names those that it takes.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", words)
    }

    /// For documents that cannot be imported: the errors stand in the envelope and beside it.
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
