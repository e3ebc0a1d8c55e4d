//! Errors in the OpenAI shape. Their message repeats the received credential, as careless upstreams do, so that
//! tests can check that a gateway does not pass it on.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Call, plain};
use crate::{
    fault::RetryAfter,
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// Answers with a status and an error body.
pub(crate) async fn status(
    socket: &mut Socket,
    call: &Call<'_>,
    code: u16,
    retry: RetryAfter,
) -> Result<AfterAnswer, PeerClosed> {
    let head = call.answer_head(code);
    let head = match retry {
        RetryAfter::Absent => head,
        // `Fault::at_call` has already resolved a doubling wait.
        RetryAfter::Seconds(seconds) | RetryAfter::Doubling(seconds) => head.with("retry-after", seconds),
        RetryAfter::Date(seconds) => {
            let at = SystemTime::now() + Duration::from_secs(seconds);
            head.with("retry-after", httpdate::fmt_http_date(at))
        }
    };
    let error = error(call, code);
    plain::send(socket, call, head, "application/json", error.as_bytes()).await
}

/// The error body for a status, with the received credential in its message.
pub(crate) fn error(call: &Call<'_>, code: u16) -> String {
    let credential = call.head.header("authorization").unwrap_or("none");
    error_with_message(
        &format!(
            "{} fails with {code} for model {:?} (authorization: {credential})",
            call.upstream, call.model
        ),
        code,
    )
}

/// The error body for a status with the given message.
pub(crate) fn error_with_message(message: &str, code: u16) -> String {
    let (kind, name) = match code {
        401 => ("invalid_request_error", "invalid_api_key"),
        403 => ("invalid_request_error", "permission_denied"),
        404 => ("invalid_request_error", "model_not_found"),
        429 => ("requests", "rate_limit_exceeded"),
        400..=499 => ("invalid_request_error", "invalid_value"),
        _ => ("server_error", "server_error"),
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": name } }).to_string()
}
