//! Errors in the OpenAI shape. Their text repeats the credential that was sent, as careless upstreams do,
//! so that a test can prove it goes no further.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Call, plain};
use crate::{
    fault::Retry,
    wire::{Gone, Then, Wire},
};

/// Answers with a status and its error.
pub(crate) async fn status(wire: &mut Wire, call: &Call<'_>, code: u16, retry: Retry) -> Result<Then, Gone> {
    let head = call.answer_head(code);
    let head = match retry {
        Retry::Unsaid => head,
        // A doubling wait is resolved before; its first step is right where nobody counts.
        Retry::Seconds(seconds) | Retry::Doubling(seconds) => head.with("retry-after", seconds),
        Retry::Date(seconds) => {
            let at = SystemTime::now() + Duration::from_secs(seconds);
            head.with("retry-after", httpdate::fmt_http_date(at))
        }
    };
    let error = error(call, code);
    plain::send(wire, call, head, "application/json", error.as_bytes()).await
}

/// The error for a status, with the received credential in its message.
pub(crate) fn error(call: &Call<'_>, code: u16) -> String {
    let credential = call.head.header("authorization").unwrap_or("none");
    error_saying(
        &format!(
            "{} fails with {code} for model {:?} (authorization: {credential})",
            call.upstream, call.model
        ),
        code,
    )
}

/// The error for a status with a message of its own.
pub(crate) fn error_saying(message: &str, code: u16) -> String {
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
