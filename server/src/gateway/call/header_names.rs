//! The names of the headers that answers of `/v1` carry.

use axum::http::HeaderName;

/// The id of the call.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The route: the one that answered, or in a request the one to force.
pub(crate) const ROUTE: HeaderName = HeaderName::from_static("x-sb-route");
pub(crate) const DECISION: HeaderName = HeaderName::from_static("x-sb-decision");
pub(crate) const BALANCER: HeaderName = HeaderName::from_static("x-sb-balancer");
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-sb-reason");
pub(crate) const INSTANCE: HeaderName = HeaderName::from_static("x-sb-instance");
pub(crate) const ATTEMPTS: HeaderName = HeaderName::from_static("x-sb-attempts");
pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The id of the decision about the call of that id: the same digits, so that the dice are rolled once a call.
pub(crate) fn decision_id(request_id: &str) -> String {
    format!("dec_{}", request_id.strip_prefix("req_").unwrap_or(request_id))
}
