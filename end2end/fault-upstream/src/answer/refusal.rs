//! Errors in the shape of their API. Their message repeats the received credential, as careless upstreams do, so that
//! tests can check that a gateway does not pass it on.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Call, events::type_first, plain};
use crate::{
    api::Api,
    fault::RetryAfter,
    http::AnswerHead,
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// Answers with a status and an error body.
pub(crate) async fn status(
    socket: &mut Socket,
    call: &Call<'_>,
    code: u16,
    retry: RetryAfter,
) -> Result<AfterAnswer, PeerClosed> {
    let mut error = value(call.api(), &message(call, code), code);
    if let RetryAfter::RetryInfo(seconds) = retry {
        error["error"]["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }]);
    }
    let head = with_wait(call.answer_head(code), retry);
    plain::send(socket, call, head, "application/json", type_first(&error).as_bytes()).await
}

fn with_wait(head: AnswerHead, retry: RetryAfter) -> AnswerHead {
    match retry {
        RetryAfter::Absent | RetryAfter::RetryInfo(_) => head,
        RetryAfter::Seconds(ms) if ms % 1_000 == 0 => head.with("retry-after", ms / 1_000),
        RetryAfter::Seconds(ms) => {
            let seconds = format!("{}.{:03}", ms / 1_000, ms % 1_000);
            head.with("retry-after", seconds.trim_end_matches('0'))
        }
        // `Fault::at_call` has already resolved a doubling wait.
        RetryAfter::Doubling(seconds) => head.with("retry-after", seconds),
        RetryAfter::Date(ahead) => {
            let distance = Duration::from_secs(ahead.unsigned_abs());
            let now = SystemTime::now();
            let at = if ahead < 0 { now - distance } else { now + distance };
            head.with("retry-after", httpdate::fmt_http_date(at))
        }
        RetryAfter::Milliseconds(ms) => head.with("retry-after-ms", ms),
        RetryAfter::RateLimitReset(seconds) => {
            head.with("x-ratelimit-reset-requests", format_args!("{}m{}s", seconds / 60, seconds % 60))
        }
    }
}

/// A message for a status that repeats the received credential.
pub(super) fn message(call: &Call<'_>, code: u16) -> String {
    let credential = call.head.header("authorization").unwrap_or("none");
    format!("{} fails with {code} for model {:?} (authorization: {credential})", call.upstream, call.model)
}

/// The error body for a status, in the shape of the API.
pub(super) fn value(api: Option<Api>, message: &str, code: u16) -> Value {
    if api == Some(Api::Messages) {
        let kind = match code {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            504 => "timeout_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        return json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": null });
    }
    let (kind, name) = names(code);
    json!({ "error": { "message": message, "type": kind, "param": null, "code": name } })
}

/// OpenAI's type and code for a status.
pub(super) fn names(code: u16) -> (&'static str, &'static str) {
    match code {
        401 => ("invalid_request_error", "invalid_api_key"),
        403 => ("invalid_request_error", "permission_denied"),
        404 => ("invalid_request_error", "model_not_found"),
        429 => ("requests", "rate_limit_exceeded"),
        400..=499 => ("invalid_request_error", "invalid_value"),
        _ => ("server_error", "server_error"),
    }
}

/// vLLM's error for a picture that it cannot fetch.
pub(super) fn marker_error(call: &Call<'_>) -> String {
    let message = format!("Cannot connect to host gone.invalid:80 ({})", call.upstream);
    json!({ "object": "error", "message": message, "type": "InternalServerError", "param": null, "code": 500 })
        .to_string()
}
