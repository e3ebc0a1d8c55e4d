//! Streamed answers: one event per piece, at an even pace.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header;
use serde_json::{Value, json};

use super::answer::Answer;

/// The answer as server-sent events; it stops when the client disconnects.
pub(super) fn response(answer: &Answer, wants_usage: bool, pace: Duration) -> Response {
    let events = events(answer, wants_usage);
    let paced = stream::iter(events).then(move |event| async move {
        if !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        Ok::<_, Infallible>(Bytes::from(event))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(paced)).into_response()
}

fn events(answer: &Answer, wants_usage: bool) -> Vec<String> {
    let delta = |delta: Value, finish_reason: Option<&str>| {
        event(answer, json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]), Value::Null)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}), None)];
    events.extend(answer.pieces.iter().map(|piece| delta(json!({"content": piece}), None)));
    events.push(delta(json!({}), Some(answer.finish_reason)));
    if wants_usage {
        events.push(event(answer, json!([]), answer.usage()));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn event(answer: &Answer, choices: Value, usage: Value) -> String {
    let mut chunk = json!({
        "id": answer.id, "object": "chat.completion.chunk", "created": answer.created, "model": answer.model,
        "choices": choices,
    });
    if !usage.is_null() {
        chunk["usage"] = usage;
    }
    format!("data: {chunk}\n\n")
}
