//! Silence after the first content of a stream: as long as `idle_ms` allows, and longer.

use std::time::{Duration, Instant};

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    scripted::{Scripted, chunked_stream, stream},
    wire,
};
use crate::rig::{Rig, SOON, Setup, got};

const IDLE_MS: u64 = 1_000;

/// The events before and after a pause in which a tool call is built, for each path.
const STREAMS: [(&str, &str, &str); 4] = [
    (
        "/v1/chat/completions",
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Writing the file."},"finish_reason":null}]}"#,
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"write\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\n\
         data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]",
    ),
    (
        "/v1/completions",
        r#"data: {"choices":[{"index":0,"text":"Writing","finish_reason":null}]}"#,
        "data: {\"choices\":[{\"index\":0,\"text\":\".\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]",
    ),
    (
        "/v1/responses",
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Writing\"}",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}",
    ),
    (
        "/v1/messages",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Writing\"}}",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}",
    ),
];

fn call(path: &str) -> String {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    let mut body: Value = json!({ "model": "open", "stream": true });
    match path {
        "/v1/completions" => body["prompt"] = json!("hi"),
        "/v1/responses" => body["input"] = json!("hi"),
        "/v1/messages" => {
            body["messages"] = messages;
            body["max_tokens"] = json!(9);
        }
        _ => body["messages"] = messages,
    }
    body.to_string()
}

/// An instance that pauses for this long after its first content.
async fn paused(pause_ms: u64, path: &str, in_chunks: bool) -> (Scripted, Rig) {
    let (_, before, after) = *STREAMS.iter().find(|it| it.0 == path).unwrap();
    let upstream = Scripted::start(move |_| {
        let events = [(0, before), (pause_ms, after)];
        if in_chunks { chunked_stream(&events) } else { stream(&events) }
    })
    .await;
    let rig = Setup::new()
        .instance("a", &upstream.base_url, "m", |it| it.timeouts.idle_ms = IDLE_MS)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    (upstream, rig)
}

#[tokio::test]
async fn a_pause_after_content_that_is_shorter_than_idle_ms_passes() {
    for in_chunks in [true, false] {
        for (path, before, after) in STREAMS {
            let (_upstream, rig) = paused(400, path, in_chunks).await;
            let answer = got(rig.post(path, call(path))).await;
            assert_eq!((answer.status, answer.text()), (200, format!("{before}\n\n{after}\n\n")), "{path}");
            assert_eq!(rig.gateway.health("inst_a").state, HealthState::Healthy, "{path}");
        }
    }
}

#[tokio::test]
async fn a_pause_after_content_that_exceeds_idle_ms_ends_the_stream_with_an_error() {
    for in_chunks in [true, false] {
        for (path, before, _) in STREAMS {
            let (upstream, rig) = paused(9_000, path, in_chunks).await;
            let began = Instant::now();
            let answer = got(rig.post(path, call(path))).await;
            let took = began.elapsed();
            assert!((Duration::from_millis(IDLE_MS)..SOON / 2).contains(&took), "{path}: {took:?}");
            let text = answer.text();
            let error = text.strip_prefix(&format!("{before}\n\n")).unwrap();
            assert!(error.contains("upstream_timeout") || path == "/v1/messages", "{path}: {text}");
            assert!(error.contains("stalled") && error.contains(answer.header("x-request-id")), "{text}");
            for end in ["[DONE]", "response.completed", "message_stop"] {
                assert!(!text.contains(end), "{path}: {text}");
            }
            assert_eq!(upstream.calls(), 1, "nothing is sent again");
        }
    }
}

#[tokio::test]
async fn the_connection_closes_after_a_pause_that_exceeds_idle_ms() {
    let (_upstream, rig) = paused(9_000, "/v1/chat/completions", true).await;
    let mut socket = wire::connect(&rig).await;
    socket.write_all(wire::chat("open", "hi", true).as_bytes()).await.unwrap();
    let mut text = String::new();
    timeout(SOON, socket.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.contains("upstream_timeout") && text.ends_with("\r\n0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn signs_of_life_after_content_end_a_silence() {
    let (_, before, after) = STREAMS[0];
    let alive = ": still here";
    let events = [(0, before), (600, alive), (600, alive), (600, alive), (600, after)];
    let upstream = Scripted::start(move |_| chunked_stream(&events)).await;
    let rig = Setup::new()
        .instance("a", &upstream.base_url, "m", |it| it.timeouts.idle_ms = IDLE_MS)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    let text = got(rig.stream("open", "hi")).await.text();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn streams_that_stall_after_content_count_against_their_instance() {
    let (_upstream, rig) = paused(9_000, "/v1/chat/completions", true).await;
    for number in 0..3 {
        assert_ne!(rig.gateway.health("inst_a").state, HealthState::Ejected);
        got(rig.stream("open", &format!("call {number}"))).await;
    }
    assert_eq!(rig.gateway.health("inst_a").state, HealthState::Ejected);
}
