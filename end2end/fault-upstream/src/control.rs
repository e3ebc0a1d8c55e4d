//! The control endpoints: the log and the counters. Their own calls are not logged and meet no fault.

use crate::{
    http::{AnswerHead, Head},
    server::Shared,
    wire::{Gone, Wire},
};

/// A control call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    ReadLog,
    ClearLog,
    ReadCounters,
}

/// What a head asks of the control endpoints; `None` where it asks something else. A body, if there is
/// one, is not read: control calls have none.
pub(crate) fn asked(head: &Head) -> Option<Control> {
    match (head.method.as_str(), head.path.as_str()) {
        ("GET", "/log") => Some(Control::ReadLog),
        ("DELETE", "/log") => Some(Control::ClearLog),
        ("GET", "/counters") => Some(Control::ReadCounters),
        _ => None,
    }
}

/// Answers a control call.
pub(crate) async fn answer(wire: &mut Wire, server: &Shared, what: Control) -> Result<(), Gone> {
    let body = match what {
        Control::ReadLog => serde_json::to_vec(&server.log.records()),
        Control::ReadCounters => serde_json::to_vec(&server.log.counters()),
        Control::ClearLog => {
            server.log.clear();
            serde_json::to_vec(&server.log.counters())
        }
    };
    let (status, body) = match body {
        Ok(body) => (200, body),
        Err(error) => (500, error.to_string().into_bytes()),
    };
    let head =
        AnswerHead::new(status).with("content-type", "application/json").with("content-length", body.len());
    wire.slice = usize::MAX;
    wire.put(&head.into_bytes()).await?;
    wire.put(&body).await
}
