//! Reading requests: framing, the slow reader, and invalid requests.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::{FaultUpstream, Options};
use serde_json::json;

use crate::client::{Client, End, TIMEOUT, chat, exchange, post};

#[tokio::test]
async fn a_chunked_body_is_read_after_100_continue() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client
        .send(b"POST /v1/chat/completions HTTP/1.1\r\nconnection: close\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    assert_eq!(client.read_until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(b"8\r\n{\"model\"\r\n8;a=b\r\n:\"429@9\"\r\n1\r\n}\r\n0\r\n\r\n").await;
    assert_eq!(client.read_to_end().await.status(), 429);
    assert_eq!(&*upstream.requests()[0].body, br#"{"model":"429@9"}"#);
}

#[tokio::test]
async fn odd_but_legal_bodies_are_answered() {
    let upstream = FaultUpstream::start().await.unwrap();
    for body in [r#"{"seed":1e999,"stop":"\ud800","model":"418","x":1,"x":2}"#, "not json", ""] {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let received = exchange(upstream.address(), request.as_bytes()).await;
        assert_eq!(received.status(), if body.contains("418") { 418 } else { 200 }, "{body}");
    }
}

#[tokio::test]
async fn invalid_requests_are_refused_and_the_server_keeps_running() {
    let upstream = FaultUpstream::start().await.unwrap();
    let endless_head = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(70_000));
    for request in [
        "\r\n\r\n\r\n",
        "hello\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        endless_head.as_str(),
    ] {
        let received = exchange(upstream.address(), request.as_bytes()).await;
        assert_eq!((received.status(), received.end), (400, End::Fin), "{request:.60}");
    }
    assert_eq!(exchange(upstream.address(), &chat("ok", false)).await.status(), 200);
}

#[tokio::test]
async fn a_slow_reader_reads_the_rest_of_the_body_byte_by_byte() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    let body = json!({ "model": "slow-reader@20", "zzz": "0123456789" });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    let (first, rest) = request.split_at(request.len() - 10);
    client.send(first).await;
    upstream.wait_for(|log| log.len() == 1, TIMEOUT).await.unwrap();
    client.send(rest).await;
    assert_eq!(client.read_to_end().await.status(), 200);
    let record = &upstream.requests()[0];
    assert!(record.ms.unwrap() >= 10 * 20, "{record:?}");
    assert_eq!(record.body.len(), body.to_string().len());
}

#[tokio::test]
async fn a_server_wide_slow_reader_is_slow_from_the_first_byte() {
    let options = Options { fault: Some("slow-reader@1".to_owned()), ..Options::default() };
    let upstream = FaultUpstream::start_with(options).await.unwrap();
    let request = chat("ok", false);
    let sent = std::time::Instant::now();
    let received = exchange(upstream.address(), &request).await;
    assert_eq!(received.status(), 200);
    assert!(sent.elapsed().as_millis() >= request.len() as u128);
}
