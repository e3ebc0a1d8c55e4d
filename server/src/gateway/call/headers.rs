//! Request headers that a call reads or forwards, and the response headers of a stream.
//!
//! Of the caller's headers only the trace context is forwarded, and with the messages API those that belong to it. The rest stays between the caller and this
//! server, or between this server and the instance.

use app::domain::{api::Api, config::balancer::AUTOMATIC, limits::TIMEOUT_MS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    error::CallError,
    header_names::{REQUEST_ID, ROUTE},
};
use crate::gateway::upstream::HOPS;

/// The session of a call.
const SESSION: HeaderName = HeaderName::from_static("x-sb-session");
/// How long a caller waits for an answer to begin, in milliseconds.
const TIMEOUT: HeaderName = HeaderName::from_static("x-sb-timeout-ms");
/// Request headers that are forwarded: the trace context (W3C Trace Context) and nothing else.
const FORWARDED: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];
/// Balancers that a call may have passed through already.
const HOP_LIMIT: u64 = 3;

/// The route to force; `None` if the caller names none or leaves it to the balancer.
pub(crate) fn route(headers: &HeaderMap) -> Option<&str> {
    header_text(headers, &ROUTE).filter(|it| *it != AUTOMATIC)
}

/// The caller's session: from `x-sb-session`, else from the first of `others` that is present.
pub(crate) fn session<'a>(headers: &'a HeaderMap, others: &[HeaderName]) -> Option<&'a str> {
    header_text(headers, &SESSION).or_else(|| others.iter().find_map(|it| header_text(headers, it)))
}

/// Headers in which common front ends name a session: Open WebUI, LiteLLM, coding agents.
pub(crate) const SESSION_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-openwebui-chat-id"),
    HeaderName::from_static("x-litellm-session-id"),
    HeaderName::from_static("x-session-id"),
    HeaderName::from_static("session_id"),
];

/// The version of the messages API that our own calls speak.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Headers of an upstream call, besides those of the instance.
pub(crate) fn upstream_headers(
    caller: Option<&HeaderMap>,
    api: Api,
    request_id: &str,
    hops: u64,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(HOPS, HeaderValue::from(hops));
    for name in FORWARDED {
        if let Some(value) = caller.and_then(|it| it.get(&name)) {
            headers.insert(name, value.clone());
        }
    }
    if api == Api::Messages {
        let of_the_api =
            caller.into_iter().flatten().filter(|(name, _)| name.as_str().starts_with("anthropic-"));
        headers.extend(of_the_api.map(|(name, value)| (name.clone(), value.clone())));
        if caller.is_none() {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
    }
    headers
}

/// How many balancers the call has passed through. A value that isn't a number isn't ours and counts as 0.
pub(crate) fn hops(headers: &HeaderMap) -> Result<u64, CallError> {
    let hops = header_text(headers, &HOPS).and_then(|it| it.parse().ok()).unwrap_or(0);
    if hops < HOP_LIMIT { Ok(hops) } else { Err(CallError::loop_detected()) }
}

/// How long the caller waits for an answer to begin, in milliseconds, if it says so.
pub(crate) fn timeout(headers: &HeaderMap) -> Result<Option<u64>, CallError> {
    let Some(text) = header_text(headers, &TIMEOUT) else { return Ok(None) };
    let ms = text.parse().ok().filter(|ms| (1..=TIMEOUT_MS).contains(ms));
    let bad = || CallError::invalid_header("x-sb-timeout-ms", "a number of milliseconds from 1 to 3600000");
    ms.map(Some).ok_or_else(bad)
}

/// A header's text; absent, empty and unreadable values are `None`.
fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|it| !it.is_empty())
}

/// Whether a request asks for a WebSocket (RFC 6455 §4.1).
pub(crate) fn is_websocket(headers: &HeaderMap) -> bool {
    let protocols = headers.get_all(header::UPGRADE).iter().filter_map(|it| it.to_str().ok());
    protocols.flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case("websocket"))
}

/// The value of `server-timing`: the time to decide, if there is a decision, and to the first byte, in milliseconds.
pub(crate) fn server_timing(route_ms: Option<f64>, first_byte_ms: f64) -> String {
    // Numbers with a fixed count of digits take a tenth of the time of the shortest ones that read back.
    let us = |ms: f64| (ms * 1e3).round() as u64;
    let first_byte = us(first_byte_ms);
    let (whole, rest) = (first_byte / 1_000, first_byte % 1_000);
    match route_ms.map(us) {
        Some(route) => {
            format!("route;dur={}.{:03}, first_byte;dur={whole}.{rest:03}", route / 1_000, route % 1_000)
        }
        None => format!("first_byte;dur={whole}.{rest:03}"),
    }
}

/// Sets the headers of a stream, which no proxy may cache or buffer.
pub(crate) fn set_stream_headers(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
}
