//! The encodings of an event stream, byte by byte.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::Value;

use crate::client::{Received, chat, exchange, text};

async fn stream(upstream: &FaultUpstream, model: &str) -> Received {
    exchange(upstream.address(), &chat(model, true)).await
}

#[tokio::test]
async fn each_encoding_is_sent_as_documented() {
    type Holds = fn(&str) -> bool;
    let table: [(&str, Holds); 5] = [
        ("ok", |body| !body.contains('\r') && !body.contains('\u{feff}') && !body.contains(": keep")),
        ("crlf", |body| body.matches('\n').count() == body.matches("\r\n").count()),
        ("bom", |body| body.starts_with("\u{feff}data: {")),
        ("comments", |body| {
            body.starts_with(": keep-alive\n\ndata: {") && body.ends_with(": keep-alive\n\ndata: [DONE]\n\n")
        }),
        ("multiline", |body| body.starts_with("data: {\ndata: \"id\"") && body.contains("\ndata: }\n\n")),
    ];
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, holds) in table {
        let body = text(&stream(&upstream, model).await.body().0);
        assert!(holds(&body), "{model}: {body}");
    }
}

#[tokio::test]
async fn slices_arrive_separately() {
    let upstream = FaultUpstream::start().await.unwrap();
    let received = stream(&upstream, "slice:1b").await;
    assert!(received.reads > 100, "{} reads", received.reads);
}

#[tokio::test]
async fn a_huge_event_has_the_requested_size() {
    let upstream = FaultUpstream::start().await.unwrap();
    let content = stream(&upstream, "huge-event@2000000+ok@2").await.content();
    assert_eq!(content.len(), 2_000_000 + " w1".len());
}

#[tokio::test]
async fn a_broken_event_is_the_only_invalid_one() {
    let upstream = FaultUpstream::start().await.unwrap();
    let events = stream(&upstream, "broken-event@10").await.events();
    let broken: Vec<usize> = (0..events.len() - 1)
        .filter(|index| serde_json::from_str::<Value>(&events[*index]).is_err())
        .collect();
    // The role event comes before content chunk 0.
    assert_eq!(broken, [11]);
}
