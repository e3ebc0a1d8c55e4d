//! Names of the headers that responses of `/v1` carry.

use axum::http::HeaderName;

/// The id of the call.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The id of the call under the name that clients of the messages API look for.
pub(crate) const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// In a response the route that answered, in a request the route to force.
pub(crate) const ROUTE: HeaderName = HeaderName::from_static("x-sb-route");
pub(crate) const DECISION: HeaderName = HeaderName::from_static("x-sb-decision");
pub(crate) const BALANCER: HeaderName = HeaderName::from_static("x-sb-balancer");
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-sb-reason");
/// How sure the router model was, from 0 to 1.
pub(crate) const CONFIDENCE: HeaderName = HeaderName::from_static("x-sb-confidence");
pub(crate) const INSTANCE: HeaderName = HeaderName::from_static("x-sb-instance");
pub(crate) const ATTEMPTS: HeaderName = HeaderName::from_static("x-sb-attempts");
pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
