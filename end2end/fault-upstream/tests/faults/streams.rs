//! Streams: where each fault ends one, and how.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::{Ended, FaultUpstream};
use serde_json::{Value, json};

use crate::client::{End, Received, chat, exchange, post};

/// What a client notices of a stream.
#[derive(Debug, PartialEq)]
struct Shows {
    words: usize,
    finish_reason: bool,
    done: bool,
    error: bool,
    framing_whole: bool,
    end: End,
}

/// A stream of `words` words without a fault.
fn whole(words: usize) -> Shows {
    Shows { words, finish_reason: true, done: true, error: false, framing_whole: true, end: End::Fin }
}

/// A stream that ends after `words` words.
fn broken(words: usize, framing_whole: bool, end: End) -> Shows {
    Shows { finish_reason: false, done: false, framing_whole, end, ..whole(words) }
}

fn shown(received: &Received) -> Shows {
    let events = received.events();
    let has = |what: &str| events.iter().any(|data| data.contains(what));
    Shows {
        words: received.content().split_whitespace().count(),
        finish_reason: has(r#""finish_reason":"stop""#),
        done: events.last().is_some_and(|data| data == "[DONE]"),
        error: events.last().is_some_and(|data| data.starts_with(r#"{"error":"#)),
        framing_whole: received.body().1,
        end: received.end,
    }
}

#[tokio::test]
async fn each_stream_fault_ends_as_documented() {
    let with_error = |shows| Shows { error: true, ..shows };
    let table = [
        ("ok", whole(60)),
        ("ok@5", whole(5)),
        ("gpt-unheard-of", whole(60)),
        ("slow:1", whole(60)),
        ("trickle:1+ok@9", whole(9)),
        ("gzip-lie", whole(60)),
        ("hop-headers", whole(60)),
        ("slice:1b", whole(60)),
        ("slice:7b+crlf+bom+comments+multiline", whole(60)),
        ("broken-event@10", whole(59)),
        ("huge-event@100000+ok@3", whole(3)),
        ("rst@0", broken(0, false, End::Rst)),
        ("rst@40", broken(40, false, End::Rst)),
        ("slice:1b+rst@40", broken(40, false, End::Rst)),
        ("torn+rst@40", broken(40, false, End::Rst)),
        ("torn+crlf+fin-early@3", broken(3, false, End::Fin)),
        ("rst@99+ok@5", broken(5, false, End::Rst)),
        ("fin-early@40", broken(40, false, End::Fin)),
        ("fin-early-eof@40", broken(40, true, End::Fin)),
        ("truncated", broken(30, false, End::Fin)),
        ("no-done", Shows { done: false, ..whole(60) }),
        ("empty-stream", broken(0, true, End::Fin)),
        ("only-done", Shows { done: true, ..broken(0, true, End::Fin) }),
        ("err-in-stream", with_error(broken(0, true, End::Fin))),
        ("err-after@40", with_error(broken(40, true, End::Fin))),
    ];
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, expected) in table {
        let received = exchange(upstream.address(), &chat(model, true)).await;
        assert_eq!(received.status(), 200, "{model}");
        assert_eq!(received.header("content-type"), Some("text/event-stream"), "{model}");
        assert_eq!(shown(&received), expected, "{model}: {}", received.head);
    }
}

#[tokio::test]
async fn chunks_are_numbered_and_counted() {
    let upstream = FaultUpstream::start().await.unwrap();
    let received = exchange(upstream.address(), &chat("rst@40", true)).await;
    let words: Vec<String> = (0..40).map(|index| format!("w{index}")).collect();
    assert_eq!(received.content(), words.join(" "));
    let record = &upstream.requests()[0];
    assert_eq!(record.chunks_written, 40);
    assert_eq!(record.bytes_written as usize, received.head.len() + received.rest.len());
    assert_eq!(record.ended, Some(Ended::Reset));
}

#[tokio::test]
async fn a_torn_stream_ends_inside_an_event() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, inside) in [("torn+rst@4", true), ("rst@4", false), ("torn+truncated", true)] {
        let body = exchange(upstream.address(), &chat(model, true)).await.body().0;
        assert_eq!(!body.ends_with(b"\n\n"), inside, "{model}");
    }
}

#[tokio::test]
async fn roles_come_first_and_requested_usage_comes_last() {
    let upstream = FaultUpstream::start().await.unwrap();
    let body = json!({
        "model": "ok@2", "stream": true, "n": 2, "stream_options": { "include_usage": true },
    });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    let events = exchange(upstream.address(), &request).await.events();
    let (done, events) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let events: Vec<Value> = events.iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let shape: Vec<String> = events
        .iter()
        .map(|event| {
            let choice = &event["choices"][0];
            let delta = &choice["delta"];
            format!("{}{}{}", choice["index"], delta["role"], delta["content"])
        })
        .collect();
    assert_eq!(
        shape,
        [
            r#"0"assistant""""#,
            r#"1"assistant""""#,
            r#"0null"w0""#,
            r#"1null"w0""#,
            r#"0null" w1""#,
            r#"1null" w1""#,
            "0nullnull",
            "1nullnull",
            "nullnullnull",
        ]
    );
    assert_eq!(events[6]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[8]["choices"], json!([]));
    assert_eq!(events[8]["usage"]["total_tokens"], 11);
    assert!(events.iter().all(|event| event["model"] == "ok@2"));
}

#[tokio::test]
async fn usage_in_chunks_is_null_or_a_running_count() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (continuous, role, last) in [(false, json!(null), json!(null)), (true, json!(0), json!(40))] {
        let options = json!({ "include_usage": true, "continuous_usage_stats": continuous });
        let body = json!({ "model": "rst@40", "stream": true, "stream_options": options });
        let request = post("/v1/chat/completions", "connection: close\r\n", &body);
        let events = exchange(upstream.address(), &request).await.events();
        let usage = |data: &str| serde_json::from_str::<Value>(data).unwrap()["usage"].clone();
        assert!(events.iter().all(|data| data.contains("\"usage\":")));
        assert_eq!(usage(&events[0])["completion_tokens"], role);
        assert_eq!(usage(&events[40])["completion_tokens"], last);
    }
}

#[tokio::test]
async fn a_tool_call_is_streamed_in_pieces() {
    let upstream = FaultUpstream::start().await.unwrap();
    let tool = json!({ "type": "function", "function": { "name": "weather" } });
    let body = json!({ "model": "tool_calls+ok@3", "stream": true, "tools": [tool] });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    let received = exchange(upstream.address(), &request).await;
    let (mut name, mut arguments) = (String::new(), String::new());
    for data in received.events() {
        let event: Value = serde_json::from_str(&data).unwrap_or_default();
        let function = &event["choices"][0]["delta"]["tool_calls"][0]["function"];
        name += function["name"].as_str().unwrap_or_default();
        arguments += function["arguments"].as_str().unwrap_or_default();
    }
    assert_eq!((name.as_str(), arguments.as_str()), ("weather", r#"{"words":"w0 w1 w2"}"#));
    assert!(received.events().iter().any(|data| data.contains(r#""finish_reason":"tool_calls""#)));
}
