//! Responses that were made before, and calls that count without generating.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::{FaultUpstream, Options};
use serde_json::json;

use crate::client::{Received, call, exchange, post};

async fn about(upstream: &FaultUpstream, method: &str, below: &str) -> Received {
    let request =
        format!("{method} /v1/responses/{below} HTTP/1.1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    exchange(upstream.address(), request.as_bytes()).await
}

#[tokio::test]
async fn a_response_is_known_only_where_it_was_made() {
    let named = |name: &str| Options { name: name.to_owned(), ..Options::default() };
    let a = FaultUpstream::start_with(named("a")).await.unwrap();
    let b = FaultUpstream::start_with(named("b")).await.unwrap();
    let made = exchange(a.address(), &call("/v1/responses", "ok", &json!({}))).await.json();
    let id = made["id"].as_str().unwrap().to_owned();
    for (method, below, field, value) in [
        ("GET", id.clone(), "status", json!("completed")),
        ("POST", format!("{id}/cancel"), "status", json!("cancelled")),
        ("GET", format!("{id}/input_items"), "object", json!("list")),
        ("DELETE", id.clone(), "deleted", json!(true)),
    ] {
        let known = about(&a, method, &below).await;
        assert_eq!((known.status(), &known.json()[field]), (200, &value), "{method} {below}");
        assert_eq!(about(&b, method, &below).await.status(), 404, "{method} {below}");
    }
    let next = call("/v1/responses", "ok", &json!({ "previous_response_id": id }));
    let continued = exchange(a.address(), &next).await;
    assert_eq!((continued.status(), &continued.json()["previous_response_id"]), (200, &json!(id)));
    assert_eq!(exchange(b.address(), &next).await.status(), 404);

    let again = FaultUpstream::start_with(named("a")).await.unwrap();
    let other = exchange(again.address(), &call("/v1/responses", "ok", &json!({}))).await.json();
    assert_ne!(other["id"], id);
    assert_eq!(about(&again, "GET", &id).await.status(), 404);
}

#[tokio::test]
async fn counting_calls_answer_without_an_answer() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, field, value) in [
        ("/v1/messages/count_tokens", "input_tokens", json!(7)),
        ("/v1/responses/input_tokens", "object", json!("response.input_tokens")),
        ("/v1/responses/compact", "object", json!("response.compaction")),
    ] {
        for (model, status) in [("ok", 200), ("503", 503)] {
            let request = post(path, "connection: close\r\n", &json!({ "model": model, "input": "x" }));
            let received = exchange(upstream.address(), &request).await;
            assert_eq!(received.status(), status, "{path}");
            assert!(status != 200 || received.json()[field] == value, "{path}");
        }
    }
}
