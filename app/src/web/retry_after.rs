//! Status and `Retry-After` of refusals that are temporary. The page shows the message.

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::refusal::Refusal;

/// Retry delay of a busy server, in seconds.
const BUSY_S: u64 = 2;

/// Status and seconds to wait of a temporary refusal.
fn wait(refusal: &Refusal) -> Option<(StatusCode, u64)> {
    match refusal {
        Refusal::Throttled(seconds) => Some((StatusCode::TOO_MANY_REQUESTS, *seconds)),
        Refusal::Busy => Some((StatusCode::SERVICE_UNAVAILABLE, BUSY_S)),
        _ => None,
    }
}

/// Sets the status of a temporary refusal. A redirect for plain forms keeps its own status; its target page gets
/// this one.
pub(crate) fn set_retry_after(refusal: &Refusal) {
    if let (Some((status, seconds)), Some(options)) = (wait(refusal), use_context::<ResponseOptions>()) {
        options.set_status(status);
        options.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// The rest of the wait that a refusal requested `since_ms` ago, in milliseconds; `None` if it requested none or the
/// wait is over.
pub(crate) fn remaining_wait(refusal: &Refusal, since_ms: u64) -> Option<Refusal> {
    let (_, seconds) = wait(refusal)?;
    let left = seconds.saturating_mul(1000).saturating_sub(since_ms).div_ceil(1000);
    match refusal {
        _ if left == 0 => None,
        Refusal::Throttled(_) => Some(Refusal::Throttled(left)),
        other => Some(other.clone()),
    }
}
