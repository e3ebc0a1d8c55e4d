//! Faults that change with the calls: models that load, and upstreams that fail later.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use serde_json::json;

use crate::client::{Client, TIMEOUT, call, chat, exchange};

#[tokio::test]
async fn a_loading_model_answers_after_its_first_calls() {
    let upstream = FaultUpstream::start().await.unwrap();
    for status in [503, 503, 200, 200] {
        let received = exchange(upstream.address(), &chat("loading@2", false)).await;
        assert_eq!(received.status(), status);
        let loading = received.rest.windows(13).any(|bytes| bytes == b"Loading model");
        assert_eq!(loading, status == 503);
    }
}

#[tokio::test]
async fn a_cold_model_becomes_warm_only_while_a_connection_waits() {
    let upstream = FaultUpstream::start().await.unwrap();
    for closed in 1..=3 {
        let mut client = Client::connect(upstream.address()).await;
        client.send(&chat("cold@400", false)).await;
        upstream
            .wait_for(|log| log.len() == closed && log[closed - 1].model.is_some(), TIMEOUT)
            .await
            .unwrap();
        drop(client);
        let log = upstream.wait_for(|log| log[closed - 1].ended.is_some(), TIMEOUT).await.unwrap();
        assert!(log[closed - 1].peer_left() && log[closed - 1].status.is_none(), "{log:?}");
    }
    for (least, most) in [(400, u128::MAX), (0, 400), (0, 400)] {
        let began = Instant::now();
        assert_eq!(exchange(upstream.address(), &chat("cold@400", false)).await.status(), 200);
        let took = began.elapsed().as_millis();
        assert!(least <= took && took < most, "{took} ms");
    }
    // Another name is another model.
    let began = Instant::now();
    exchange(upstream.address(), &chat("cold@100", false)).await;
    assert!(began.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn the_first_calls_of_a_name_succeed_and_later_ones_fail() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, statuses) in [
        ("fail-after-n@2", [200, 200, 500, 500]),
        ("fail-after-n@1+402-credits", [200, 402, 402, 402]),
        ("fail-after-n@1+no-chat@404", [200, 404, 404, 404]),
        ("fail-after-n@3+429@1", [200, 200, 200, 429]),
    ] {
        for status in statuses {
            assert_eq!(exchange(upstream.address(), &chat(model, false)).await.status(), status, "{model}");
        }
    }
}

#[tokio::test]
async fn the_marker_in_a_body_is_a_500() {
    let upstream = FaultUpstream::start().await.unwrap();
    let picture = json!([{ "role": "user", "content": [
        { "type": "image_url", "image_url": { "url": "http://gone.invalid/x.png" } },
    ] }]);
    for (fields, status) in [(json!({ "messages": picture }), 500), (json!({}), 200)] {
        let request = call("/v1/chat/completions", "500-on-marker", &fields);
        let received = exchange(upstream.address(), &request).await;
        assert_eq!(received.status(), status);
        assert_eq!(received.json()["type"] == "InternalServerError", status == 500);
    }
    let request = call("/v1/chat/completions", "ok", &json!({ "messages": picture }));
    assert_eq!(exchange(upstream.address(), &request).await.status(), 200);
}
