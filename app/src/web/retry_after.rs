//! How an answer says that it comes too early: its status and `Retry-After`. The words stand in the page.

use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::refusal::Refusal;

/// Seconds after which a busy server may be asked again.
const BUSY_S: u64 = 2;

/// The status and the seconds to wait, where a refusal is about the moment.
fn wait(refusal: &Refusal) -> Option<(StatusCode, u64)> {
    match refusal {
        Refusal::Throttled(seconds) => Some((StatusCode::TOO_MANY_REQUESTS, *seconds)),
        Refusal::Busy => Some((StatusCode::SERVICE_UNAVAILABLE, BUSY_S)),
        _ => None,
    }
}

/// Gives the answer the status of a refusal that is about the moment. A redirect of a browser without scripting keeps
/// its own status; the page that it leads to then has this one.
pub(crate) fn set_retry_after(refusal: &Refusal) {
    if let (Some((status, seconds)), Some(options)) = (wait(refusal), use_context::<ResponseOptions>()) {
        options.set_status(status);
        options.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// What is left of the wait that a refusal told `since_ms` ago, in milliseconds; `None` where it was about something
/// else or is over.
pub(crate) fn remaining_wait(refusal: &Refusal, since_ms: u64) -> Option<Refusal> {
    let (_, seconds) = wait(refusal)?;
    let left = seconds.saturating_mul(1000).saturating_sub(since_ms).div_ceil(1000);
    match refusal {
        _ if left == 0 => None,
        Refusal::Throttled(_) => Some(Refusal::Throttled(left)),
        other => Some(other.clone()),
    }
}
