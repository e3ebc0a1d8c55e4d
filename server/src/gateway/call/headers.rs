//! The headers of a call: what of the caller's is read, what travels on, what a stream's answer says of itself.
//!
//! Of a caller's headers only the context of its trace travels on. The rest is between the caller and this server, or
//! between this server and the instance.

use app::domain::{balancer::AUTOMATIC, limits::TIMEOUT_MS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    error::CallError,
    header_names::{REQUEST_ID, ROUTE},
};
use crate::gateway::upstream::HOPS;

/// The session that a caller names to this server.
const SESSION: HeaderName = HeaderName::from_static("x-sb-session");
/// How long a caller will wait for the beginning of an answer, in milliseconds.
const TIMEOUT: HeaderName = HeaderName::from_static("x-sb-timeout-ms");
/// What of a caller's headers travels on: the context of its trace (W3C Trace Context), and nothing else.
const FORWARDED: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];
/// How many balancers a call may have come through already.
const HOP_LIMIT: u64 = 3;

/// The route that the caller names; `None` for none in particular.
pub(crate) fn route(headers: &HeaderMap) -> Option<&str> {
    header_text(headers, &ROUTE).filter(|it| *it != AUTOMATIC)
}

/// The session that the caller names: in `x-sb-session`, else in the first of `others` that is there.
pub(crate) fn session<'a>(headers: &'a HeaderMap, others: &[HeaderName]) -> Option<&'a str> {
    header_text(headers, &SESSION).or_else(|| others.iter().find_map(|it| header_text(headers, it)))
}

/// The headers by which common front ends name a session: Open WebUI, LiteLLM, coding agents.
pub(crate) const SESSION_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-openwebui-chat-id"),
    HeaderName::from_static("x-litellm-session-id"),
    HeaderName::from_static("x-session-id"),
    HeaderName::from_static("session_id"),
];

/// The headers that upstream calls carry beyond their own.
pub(crate) fn upstream_headers(caller: Option<&HeaderMap>, request_id: &str, hops: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(HOPS, HeaderValue::from(hops));
    for name in FORWARDED {
        if let Some(value) = caller.and_then(|it| it.get(&name)) {
            headers.insert(name, value.clone());
        }
    }
    headers
}

/// How many balancers the call came through. What is no number is not ours, and counts as none.
pub(crate) fn hops(headers: &HeaderMap) -> Result<u64, CallError> {
    let hops = header_text(headers, &HOPS).and_then(|it| it.parse().ok()).unwrap_or(0);
    if hops < HOP_LIMIT { Ok(hops) } else { Err(CallError::loop_detected()) }
}

/// How long the caller will wait for the beginning of an answer, in milliseconds, where it says so.
pub(crate) fn timeout(headers: &HeaderMap) -> Result<Option<u64>, CallError> {
    let Some(text) = header_text(headers, &TIMEOUT) else { return Ok(None) };
    let ms = text.parse().ok().filter(|ms| (1..=TIMEOUT_MS).contains(ms));
    let bad = || CallError::invalid_header("x-sb-timeout-ms", "a number of milliseconds from 1 to 3600000");
    ms.map(Some).ok_or_else(bad)
}

/// A header's text; absent, empty and unreadable are the same.
fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|it| !it.is_empty())
}

/// The headers of a stream: nobody on the way is to keep or to gather it.
pub(crate) fn set_stream_headers(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
}
