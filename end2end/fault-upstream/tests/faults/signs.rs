//! Signs of life before the first content.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use serde_json::json;

use crate::client::{Client, TIMEOUT, call, exchange, text};

#[tokio::test]
async fn signs_of_life_come_before_the_answer_for_as_long_as_the_fault_says() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, model, sign) in [
        ("/v1/chat/completions", "alive-comments@500+ok@2", ": keep-alive\n\n"),
        ("/v1/chat/completions", "alive-blank@500+ok@2", "\n"),
        ("/v1/chat/completions", "alive-events@500+ok@2", "\"choices\":[]}\n\n"),
        ("/v1/responses", "alive-events@500+ok@2", "event: response.in_progress\n"),
        ("/v1/messages", "alive-events@500+ok@2", "event: ping\n"),
        ("/v1/messages", "alive-comments@500+ok@2", ": keep-alive\n\n"),
    ] {
        let began = Instant::now();
        let received = exchange(upstream.address(), &call(path, model, &json!({ "stream": true }))).await;
        assert!(began.elapsed() >= Duration::from_millis(500), "{path} {model}");
        let body = text(&received.body().0);
        let before = &body[..body.find("w0").unwrap()];
        assert!(before.matches(sign).count() >= 3, "{path} {model}: {before}");
        assert!(received.reads > 3, "{path} {model}: {} reads", received.reads);
        assert!(received.events().iter().any(|data| data.contains("w1")), "{path} {model}");
    }
}

#[tokio::test]
async fn a_role_comes_first_and_silence_follows() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&call("/v1/chat/completions", "role-first@3600000", &json!({ "stream": true }))).await;
    let head = client.read_until("}\n\n\r\n").await;
    assert!(head.contains(r#""role":"assistant""#), "{head}");
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), TIMEOUT).await.unwrap();
    assert!(log[0].peer_left() && log[0].chunks_written == 0, "{:?}", log[0]);
}
