//! The control endpoints for the log and the counters. Control calls are not logged and show no fault.

use crate::{
    http::{AnswerHead, Head},
    server::Shared,
    socket::{PeerClosed, Socket},
};

/// A call to a control endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlCall {
    ReadLog,
    ClearLog,
    ReadCounters,
}

/// Parses a control call; `None` if the head is for another endpoint. Control calls have no body, so none is read.
pub(crate) fn parse(head: &Head) -> Option<ControlCall> {
    match (head.method.as_str(), head.path.as_str()) {
        ("GET", "/log") => Some(ControlCall::ReadLog),
        ("DELETE", "/log") => Some(ControlCall::ClearLog),
        ("GET", "/counters") => Some(ControlCall::ReadCounters),
        _ => None,
    }
}

/// Answers a control call.
pub(crate) async fn answer(
    socket: &mut Socket,
    server: &Shared,
    call: ControlCall,
) -> Result<(), PeerClosed> {
    let body = match call {
        ControlCall::ReadLog => serde_json::to_vec(&server.log.records()),
        ControlCall::ReadCounters => serde_json::to_vec(&server.log.counters()),
        ControlCall::ClearLog => {
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
    socket.max_write = usize::MAX;
    socket.send(&head.into_bytes()).await?;
    socket.send(&body).await
}
