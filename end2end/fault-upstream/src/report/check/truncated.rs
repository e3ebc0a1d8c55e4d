//! Streams that break off after their first content.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{super::client::BodyEnd, CallOutcome, Verdict, contains, ensure};
use crate::{api::Api, log::hexadecimal};

impl CallOutcome<'_> {
    /// Checks that the body is everything that the first upstream sent, followed by one error event of the API.
    pub(super) fn check_truncated(&self) -> Verdict {
        let Some(call) = self.faulty.first() else {
            return Err("no call to the first upstream".to_owned());
        };
        let sent = usize::try_from(call.answer_bytes).unwrap_or(usize::MAX);
        let Some((before, behind)) = self.received.body.split_at_checked(sent) else {
            return Err(format!("{} of {sent} sent bytes", self.received.body.len()));
        };
        let digest = hexadecimal(&Sha256::digest(before));
        ensure(call.answer_sha256 == Some(digest), || "different bytes than were sent".to_owned())?;
        let behind = String::from_utf8_lossy(behind);
        let event = behind.trim_start_matches(['\r', '\n']);
        ensure(is_error_event(self.row.api, event), || {
            format!("{}, then {event:?} instead of an error event", self.received.words())
        })?;
        // Bytes after an incomplete event belong to that event up to the next blank line.
        let inside = !before.ends_with(b"\n\n") && !before.ends_with(b"\r\n\r\n");
        ensure(!inside || behind.starts_with("\n\n") || behind.starts_with("\r\n\r\n"), || {
            "the error event is part of the truncated event".to_owned()
        })?;
        self.check_ends_closed()
    }

    pub(super) fn check_ends_closed(&self) -> Verdict {
        let done = contains(&self.received.body, b"[DONE]");
        ensure(!done, || "a truncated stream has a [DONE]".to_owned())?;
        ensure(self.received.end != BodyEnd::TimedOut, || self.received.words())?;
        ensure(self.received.closed, || "the connection stays open after a truncated stream".to_owned())
    }
}

/// Whether a text is one error event in the shape of its API.
fn is_error_event(api: Api, event: &str) -> bool {
    let (name, data) = match event.split_once('\n') {
        Some((first, rest)) if first.starts_with("event:") => (first["event:".len()..].trim(), rest),
        _ => ("", event),
    };
    let data = data.strip_prefix("data:").and_then(|data| data.strip_suffix("\n\n")).unwrap_or_default();
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    match api {
        Api::Responses => {
            data["type"] == "response.failed"
                && matches!(name, "" | "response.failed")
                && data["response"]["error"]["message"].is_string()
        }
        Api::Messages => name == "error" && data["type"] == "error" && data["error"]["message"].is_string(),
        _ => name.is_empty() && data["error"]["message"].is_string(),
    }
}
