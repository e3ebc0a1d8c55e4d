//! The log and the counters, through the control endpoints and in process.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fault_upstream::{FaultUpstream, fingerprint};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{TIMEOUT, chat, exchange, post, text};

async fn control(upstream: &FaultUpstream, request: &str) -> Value {
    let request = format!("{request} HTTP/1.1\r\nconnection: close\r\n\r\n");
    exchange(upstream.address(), request.as_bytes()).await.json()
}

#[tokio::test]
async fn the_log_contains_each_call_and_no_credentials() {
    let upstream = FaultUpstream::start().await.unwrap();
    let headers = "connection: close\r\nAuthorization: Bearer sk-canary\r\nX-SB-Hops: 1\r\n";
    let body = json!({ "model": "rst@4", "stream": true });
    exchange(upstream.address(), &post("/v1/chat/completions?a=b", headers, &body)).await;
    exchange(upstream.address(), &chat("gpt-unheard-of", false)).await;

    let log = control(&upstream, "GET /log").await;
    assert!(!log.to_string().contains("sk-canary"));
    assert_eq!(log.as_array().unwrap().len(), 2);
    let call = &log[0];
    assert_eq!(call["seq"], 1);
    assert_eq!(call["method"], "POST");
    assert_eq!(call["path"], "/v1/chat/completions?a=b");
    assert_eq!(call["body"], body.to_string());
    assert_eq!((&call["model"], &call["fault"]), (&json!("rst@4"), &json!("rst@4")));
    assert_eq!((&call["chunks_written"], &call["ended"]), (&json!(4), &json!("reset")));
    assert!(call["ms"].is_u64() && call["started_ms"].is_u64() && call["peer_closed_ms"].is_null());
    assert_eq!((&log[1]["model"], &log[1]["fault"]), (&json!("gpt-unheard-of"), &Value::Null));

    let record = &upstream.requests()[0];
    assert_eq!(record.header("x-sb-hops"), Some("1"));
    assert_eq!(record.header("authorization"), Some(fingerprint("Bearer sk-canary").as_str()));
    assert_eq!(record.json(), Some(body));
}

#[tokio::test]
async fn records_have_body_digests_and_wall_clock_times() {
    let upstream = FaultUpstream::start().await.unwrap();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let before = now();
    for (model, stream) in
        [("ok", false), ("chunked", false), ("ok@3", true), ("rst@2+bom", true), ("400", true)]
    {
        let received = exchange(upstream.address(), &chat(model, stream)).await;
        let log =
            upstream.wait_for(|log| log.iter().all(|call| call.ended.is_some()), TIMEOUT).await.unwrap();
        let record = log.last().unwrap();
        let body = received.body().0;
        let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record.answer_sha256.as_deref(), Some(digest.as_str()), "{model}");
        assert_eq!(record.answer_bytes as usize, body.len(), "{model}");
        let (started, ended) =
            (u128::from(record.started_unix_ms), u128::from(record.ended_unix_ms.unwrap()));
        // Both times are rounded down to whole milliseconds.
        assert!(before <= started + 1 && started <= ended && ended <= now() + 1, "{model}: {record:?}");
    }
}

#[tokio::test]
async fn counters_count_by_model_until_the_log_is_cleared() {
    let upstream = FaultUpstream::start().await.unwrap();
    for model in ["ok", "500", "ok"] {
        exchange(upstream.address(), &chat(model, false)).await;
    }
    let counters = control(&upstream, "GET /counters").await;
    assert_eq!(counters["by_model"], json!({ "500": 1, "ok": 2 }));
    assert_eq!((&counters["requests"], &counters["connections"]), (&json!(3), &json!(4)));

    control(&upstream, "DELETE /log").await;
    assert_eq!(control(&upstream, "GET /log").await, json!([]));
    exchange(upstream.address(), &chat("ok", false)).await;
    assert_eq!(upstream.requests()[0].seq, 4);
    assert_eq!(upstream.counters().requests, 1);
}

#[tokio::test]
async fn wait_for_returns_once_its_condition_holds_or_its_timeout_ends() {
    let upstream = FaultUpstream::start().await.unwrap();
    let request = chat("slow:20", false);
    let (log, received) = tokio::join!(
        upstream.wait_for(|log| log.iter().any(|call| call.status == Some(200)), TIMEOUT),
        exchange(upstream.address(), &request),
    );
    assert_eq!(log.unwrap().len(), 1);
    assert!(text(&received.rest).contains("ok from upstream: 1"));
    let late = upstream.wait_for(|log| log.len() > 1, Duration::from_millis(10)).await;
    assert_eq!(late.unwrap_err().log.len(), 1);
}
