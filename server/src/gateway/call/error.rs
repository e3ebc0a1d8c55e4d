//! Every error that `/v1` shows: its status, code and message. No other file makes one.
//!
//! A message never holds an upstream's text, address or key, nor any of the caller's prompt.

use app::domain::{
    api::{Api, ApiError},
    config::{balancer::Balancer, instance::WorkloadKind},
    ids::RequestId,
    routing::{decision::AttemptRecord, outcome::Outcome},
    wire::body::BodyError,
};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;

use super::header_names::{DECISION, REQUEST_ID};
use crate::gateway::paths;

/// Longest part of a caller's name for something that is echoed, in characters.
const MAX_NAME_CHARS: usize = 128;

/// An error for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallError {
    pub(crate) status: StatusCode,
    /// The code of the contract.
    pub(crate) code: &'static str,
    kind: &'static str,
    pub(crate) message: String,
    param: Option<&'static str>,
    retry_after_s: Option<u64>,
    /// Whether the body lists the attempts.
    lists_attempts: bool,
    /// Whether retrying the same call is useless, so clients are told not to.
    is_final: bool,
}

/// Error types of the OpenAI API.
const REQUEST: &str = "invalid_request_error";
const LIMIT: &str = "rate_limit_error";
const SERVER: &str = "server_error";

impl CallError {
    /// The code of a call that no instance speaks the API of.
    pub(crate) const API_NOT_SUPPORTED: &str = "api_not_supported";
    /// The code of a body that isn't a JSON object.
    pub(crate) const INVALID_JSON: &str = "invalid_json";
    /// The code of a method that an address does not support.
    pub(crate) const METHOD_NOT_ALLOWED: &str = "method_not_allowed";

    fn new(status: StatusCode, code: &'static str, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            kind,
            message: message.into(),
            param: None,
            retry_after_s: None,
            lists_attempts: false,
            is_final: false,
        }
    }

    fn with_param(self, param: &'static str) -> Self {
        Self { param: Some(param), ..self }
    }

    fn with_retry_after(self, wait_ms: u64) -> Self {
        Self { retry_after_s: Some(wait_ms.div_ceil(1_000).max(1)), ..self }
    }

    fn with_attempts(self) -> Self {
        Self { lists_attempts: true, ..self }
    }

    fn without_retry(self) -> Self {
        Self { is_final: true, ..self }
    }

    // Authentication and limits of the key.

    /// A missing, malformed, unknown, revoked or expired key; callers must not be able to tell which.
    pub(crate) fn invalid_api_key() -> Self {
        let message = "Send a valid API key of this server as “Authorization: Bearer sb-…”, or without “Bearer” in \
                       the header x-api-key or api-key.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", REQUEST, message)
    }

    /// A key in the `Authorization` header without a scheme before it, valid or not.
    pub(crate) fn api_key_without_scheme() -> Self {
        let message = "The Authorization header has no scheme. Write “Authorization: Bearer sb-…”, or send the key \
                       without “Bearer” in the header x-api-key or api-key.";
        Self { message: message.to_owned(), ..Self::invalid_api_key() }
    }

    /// The key's rate limit is reached.
    pub(crate) fn key_rate_exceeded(wait_ms: u64) -> Self {
        let message = "Rate limit of this API key reached. Retry after the time in Retry-After.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", LIMIT, message)
            .with_retry_after(wait_ms)
    }

    /// The key's concurrency limit is reached.
    pub(crate) fn key_concurrency_exceeded() -> Self {
        let message = "Concurrency limit of this API key reached. Retry when another call has finished.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "concurrency_limit_exceeded", LIMIT, message)
            .with_retry_after(1_000)
    }

    // The request.

    /// The path does not exist.
    pub(crate) fn unknown_url() -> Self {
        let served: Vec<_> = paths::main().map(|it| format!("{}/{it}", paths::ROOT)).collect();
        let message = format!("This address does not exist. This server serves {}.", served.join(", "));
        Self::new(StatusCode::NOT_FOUND, "unknown_url", REQUEST, message)
    }

    /// The path ends like that of an API, but something is missing before it, or too much is there. `origin` is the
    /// server's, if it is known.
    pub(crate) fn misplaced(origin: Option<&str>, api: &str) -> Self {
        let (origin, root) = (origin.unwrap_or_default(), paths::ROOT);
        let mut message = format!(
            "This address does not exist. The base URL is {origin}{root}; this call goes to {origin}{root}/{api}."
        );
        if api.starts_with("messages") && !origin.is_empty() {
            message += &format!(
                " Clients that add {root} themselves, such as Anthropic's, take {origin} as base URL."
            );
        }
        Self { message, ..Self::unknown_url() }
    }

    /// The path exists, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "This address does not support this method.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, Self::METHOD_NOT_ALLOWED, REQUEST, message)
    }

    /// A WebSocket at the address of an API.
    pub(crate) fn websocket() -> Self {
        let message = "This address does not take WebSockets. Send the call as an HTTP POST, with “stream” for a stream.";
        Self::new(StatusCode::BAD_REQUEST, "websocket_not_supported", REQUEST, message)
    }

    // Calls from pages of other origins.

    /// A preflight while CORS is off.
    pub(crate) fn cors_is_off() -> Self {
        let message = "Pages of other origins cannot call this server. Its operator can allow their origins with \
                       --cors-origins.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "cors_disabled", REQUEST, message)
    }

    /// A preflight from an origin that is not listed.
    pub(crate) fn origin_not_allowed() -> Self {
        let message = "Pages of this origin cannot call this server. Its operator can add the origin to \
                       --cors-origins.";
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", "permission_error", message)
    }

    /// The call has passed through too many balancers.
    pub(crate) fn loop_detected() -> Self {
        let message =
            "This call has passed through too many balancers. One of its destinations leads back here.";
        Self::new(StatusCode::LOOP_DETECTED, "loop_detected", SERVER, message).without_retry()
    }

    /// The content type is not JSON, or the body is compressed.
    pub(crate) fn unsupported_media_type() -> Self {
        let message = "Send the body as plain JSON with “Content-Type: application/json”.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", REQUEST, message)
    }

    /// The body is larger than `cap` bytes.
    pub(crate) fn body_too_large(cap: usize) -> Self {
        let message = format!("The body exceeds the limit of {cap} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", REQUEST, message)
    }

    /// The body stalled.
    pub(crate) fn body_too_slow() -> Self {
        let message = "The body arrived too slowly.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", REQUEST, message)
    }

    /// The body ended early. Rarely seen, because its sender is usually gone.
    pub(crate) fn incomplete_body() -> Self {
        let message = "The body ended before its announced length.";
        Self::new(StatusCode::BAD_REQUEST, "incomplete_body", REQUEST, message)
    }

    /// The body is not a valid call.
    pub(crate) fn invalid_body(error: &BodyError) -> Self {
        let code = match error {
            BodyError::DuplicateModel => "duplicate_model",
            BodyError::ModelMissing => "missing_required_parameter",
            BodyError::ModelNotText | BodyError::StreamNotBoolean => "invalid_type",
            BodyError::NotUtf8 { .. }
            | BodyError::Syntax { .. }
            | BodyError::TooDeep
            | BodyError::NotAnObject => Self::INVALID_JSON,
        };
        Self { param: error.param(), ..Self::new(StatusCode::BAD_REQUEST, code, REQUEST, error.to_string()) }
    }

    /// A required member is missing.
    pub(crate) fn missing_parameter(param: &'static str) -> Self {
        let message = format!("The body has no `{param}`.");
        Self::new(StatusCode::BAD_REQUEST, "missing_required_parameter", REQUEST, message).with_param(param)
    }

    /// A body of another API, which lacks a member of the one that was called.
    pub(crate) fn misplaced_body(meant: Api, param: &'static str) -> Self {
        let (title, path) = (meant.title(), meant.rules().path());
        let message =
            format!("This is a body of the {title} API. Call /v1/{path} with it, or send `{param}`.");
        Self::new(StatusCode::BAD_REQUEST, "missing_required_parameter", REQUEST, message).with_param(param)
    }

    /// A header of ours has an invalid value.
    pub(crate) fn invalid_header(name: &'static str, expected: &str) -> Self {
        let message = format!("The header {name} must be {expected}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid_header", REQUEST, message).with_param(name)
    }

    // The model and the route.

    /// An unknown or disabled model, or one outside the scope of the key; callers must not be able to tell
    /// which.
    pub(crate) fn model_not_found(model: &str) -> Self {
        let shown: String = model.chars().take(MAX_NAME_CHARS).collect();
        let message = format!(
            "The model “{shown}” does not exist or this key may not use it. GET /v1/models lists those that it may use."
        );
        Self::new(StatusCode::NOT_FOUND, "model_not_found", REQUEST, message).with_param("model")
    }

    /// A chat call to an embeddings balancer, or the reverse.
    pub(crate) fn workload_mismatch(serving_name: &str, serves: WorkloadKind) -> Self {
        let (serves, path) = match serves {
            // No balancer serves decisions.
            WorkloadKind::Chat | WorkloadKind::Decision => ("chat", "/v1/chat/completions"),
            WorkloadKind::Embeddings => ("embeddings", "/v1/embeddings"),
        };
        let message = format!("The model “{serving_name}” serves {serves}. Call it at {path}.");
        Self::new(StatusCode::BAD_REQUEST, "workload_mismatch", REQUEST, message).with_param("model")
    }

    /// No instance of the model speaks the API.
    pub(crate) fn api_not_supported(serving_name: &str, api: Api, spoken: &[Api]) -> Self {
        let spoken: Vec<_> = spoken.iter().map(|it| it.title()).collect();
        let spoken = if spoken.is_empty() { "none that is known".to_owned() } else { spoken.join(", ") };
        let message = format!(
            "No destination of the model “{serving_name}” speaks the API {}. They speak: {spoken}.",
            api.title()
        );
        Self::new(StatusCode::BAD_REQUEST, Self::API_NOT_SUPPORTED, REQUEST, message)
            .with_param("model")
            .with_attempts()
    }

    /// A response or conversation that this key's calls have not made here, or whose instance is gone; callers must
    /// not be able to tell which.
    pub(crate) fn response_not_found() -> Self {
        let message = "No response or conversation with this id is known here. It may belong to another API key, or its \
                       destination may be gone.";
        Self::new(StatusCode::NOT_FOUND, "response_not_found", REQUEST, message)
    }

    /// The instance that made a response does not serve this call on it.
    pub(crate) fn stored_call_not_supported() -> Self {
        let message = "The destination that made this response does not support this call on it.";
        Self::new(StatusCode::BAD_REQUEST, Self::API_NOT_SUPPORTED, REQUEST, message).with_attempts()
    }

    /// The key lacks the scope for `x-sb-route`.
    pub(crate) fn force_route_denied() -> Self {
        let message =
            "This API key may not force a route. Leave out x-sb-route, or use a key with that permission.";
        Self::new(StatusCode::FORBIDDEN, "permission_denied", "permission_error", message)
            .with_param("x-sb-route")
    }

    /// The forced route does not exist or is disabled.
    pub(crate) fn route_not_found(balancer: &Balancer, requested: &str) -> Self {
        let shown: String = requested.chars().take(MAX_NAME_CHARS).collect();
        let routes: Vec<_> =
            balancer.routes.iter().filter(|it| it.enabled).map(|it| it.name.as_str()).collect();
        let message = format!(
            "“{}” has no route “{shown}”. Its routes are: {}.",
            balancer.serving_name,
            routes.join(", ")
        );
        Self::new(StatusCode::BAD_REQUEST, "route_not_found", REQUEST, message).with_param("x-sb-route")
    }

    // The outcome.

    /// No instance could be called.
    pub(crate) fn no_available_destination(wait_ms: u64) -> Self {
        let message = "No destination of this model is available. Try again later.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_available_destination", SERVER, message)
            .with_retry_after(wait_ms)
            .with_attempts()
    }

    /// Every instance is rate limited.
    pub(crate) fn rate_limited(wait_ms: u64) -> Self {
        let message = "All destinations of this model are rate limited. Try again later.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", LIMIT, message)
            .with_retry_after(wait_ms)
            .with_attempts()
    }

    /// All attempts failed; `last` is the outcome of the last one. If it is of a kind that passes, the call may be
    /// repeated after `wait_ms`.
    pub(crate) fn upstream_failed(last: &Outcome, wait_ms: u64) -> Self {
        let (status, code, message) = match last {
            Outcome::DeadlineExceeded => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream_timeout",
                "The deadline of this call passed before a destination answered.",
            ),
            timeout if timeout.is_timeout() => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream_timeout",
                "The destinations of this model did not answer in time.",
            ),
            _ => (
                StatusCode::BAD_GATEWAY,
                "upstream_error",
                "The destinations of this model failed to answer.",
            ),
        };
        let error = Self::new(status, code, SERVER, message).with_attempts();
        if last.is_passing() { error.with_retry_after(wait_ms) } else { error.without_retry() }
    }

    /// The stream broke after its answer had begun; only sent inside the stream.
    pub(crate) fn broken_stream(outcome: &Outcome) -> Self {
        let (code, message) = if outcome.is_timeout() {
            ("upstream_timeout", "The destination stalled. The answer is incomplete.")
        } else {
            ("upstream_error", "The destination broke off. The answer is incomplete.")
        };
        Self::new(StatusCode::BAD_GATEWAY, code, SERVER, message).without_retry()
    }

    /// The upstream rejected the request after keep-alive comments had begun the answer; only sent inside the
    /// stream.
    pub(crate) fn rejected_in_stream() -> Self {
        let message = "The destination rejected this request.";
        Self::new(StatusCode::BAD_REQUEST, "request_rejected", REQUEST, message).without_retry()
    }

    /// The server is shutting down and force-closes what is left.
    pub(crate) fn shutting_down() -> Self {
        let message = "The server is shutting down. The answer is incomplete.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", SERVER, message).with_retry_after(5_000)
    }

    /// The bodies of other calls use up the body budget.
    pub(crate) fn server_busy() -> Self {
        let message = "The server is processing too many large request bodies. Try again shortly.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_busy", SERVER, message).with_retry_after(1_000)
    }

    /// A bug of ours.
    pub(crate) fn internal() -> Self {
        let message = "Something went wrong in the server. Its log has the details.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", SERVER, message).without_retry()
    }

    /// The invalid member or header, if it is a single one.
    pub(crate) fn param(&self) -> Option<&'static str> {
        self.param
    }

    // Rendering.

    /// The error envelope as JSON text, in the shape of an API.
    pub(crate) fn json(&self, api: Api, request_id: &str, attempts: &[AttemptRecord]) -> String {
        api.rules().error_body(&self.object(api, request_id, attempts), request_id)
    }

    /// The error as an event of a stream. `response_id` is the id in the stream so far.
    pub(crate) fn event(
        &self,
        api: Api,
        request_id: &str,
        response_id: Option<&str>,
        attempts: &[AttemptRecord],
    ) -> Bytes {
        api.rules().error_event(&self.object(api, request_id, attempts), request_id, response_id).into()
    }

    fn object(&self, api: Api, request_id: &str, attempts: &[AttemptRecord]) -> String {
        api.rules().error_object(&ApiError {
            status: self.status.as_u16(),
            message: &format!("{} (request id: {request_id})", self.message),
            kind: self.kind,
            param: self.param,
            code: self.code,
            attempts: self.lists_attempts.then_some(attempts),
        })
    }

    /// The response, without the headers that every response carries.
    pub(crate) fn response(&self, api: Api, request_id: &str, attempts: &[AttemptRecord]) -> Response<Body> {
        let mut response = Response::new(Body::from(self.json(api, request_id, attempts)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_final {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// The response if the record of the call is not at hand, as after a panic.
    pub(crate) fn standalone_response(&self, api: Api, id: &RequestId) -> Response<Body> {
        let mut response = self.response(api, id.as_str(), &[]);
        for (name, id) in [(REQUEST_ID, id.as_str()), (DECISION, &id.decision_id())] {
            if let Ok(id) = HeaderValue::from_str(id) {
                response.headers_mut().insert(name, id);
            }
        }
        response
    }
}

/// Tells the official SDKs not to retry.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
