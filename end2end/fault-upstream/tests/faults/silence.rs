//! Faults that never answer or stop answering, and that the peer's leaving is seen in each of them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use fault_upstream::{Ended, FaultUpstream, Record};
use serde_json::json;

use crate::client::{Client, End, PATIENCE, chat, exchange, post};

/// Waits until the only call has written this and goes on no further, then leaves and waits for the
/// server to see that.
async fn leave_when(model: &str, stream: bool, written: fn(&Record) -> bool) -> Record {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&chat(model, stream)).await;
    upstream
        .wait_for(|log| log.first().is_some_and(|call| call.model.is_some() && written(call)), PATIENCE)
        .await
        .unwrap();
    let left = Instant::now();
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), PATIENCE).await.unwrap();
    let seen_after = log[0].ended_at.unwrap() - left;
    assert!(seen_after < Duration::from_millis(250), "{model}: {seen_after:?}");
    log[0].clone()
}

#[tokio::test]
async fn silent_faults_write_so_much_and_then_wait_for_the_peer_to_leave() {
    type Written = fn(&Record) -> bool;
    let table: [(&str, bool, Written); 9] = [
        ("hang-accept", true, |call| call.bytes_written == 0),
        ("hang-headers", false, |call| call.bytes_written == 0),
        ("hang-headers", true, |call| call.bytes_written == 0),
        ("slow:3600000", true, |call| call.bytes_written == 0),
        ("hang-first-event", true, |call| call.status == Some(200) && call.chunks_written == 0),
        ("hang-first-event", false, |call| call.status == Some(200)),
        ("stall@20", true, |call| call.chunks_written == 20),
        ("slow_second_chunk", true, |call| call.chunks_written == 1),
        ("stall@20", false, |call| call.bytes_written > 20),
    ];
    for (model, stream, written) in table {
        let record = leave_when(model, stream, written).await;
        assert!(record.peer_left(), "{model}: {record:?}");
        assert!(written(&record), "{model}: {record:?}");
        assert_eq!(record.peer_closed_ms, record.ms, "{model}");
    }
}

#[tokio::test]
async fn the_peer_is_seen_to_leave_between_chunks() {
    let record = leave_when("trickle:3600000", true, |call| call.status.is_some()).await;
    assert!(record.peer_left() && record.chunks_written == 0, "{record:?}");
}

#[tokio::test]
async fn hang_accept_reads_no_further_than_the_name() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    let body = json!({ "model": "hang-accept", "messages": [] });
    let request = post("/v1/chat/completions", "", &body);
    // The last byte of the body is held back: the fault acts before it.
    client.send(&request[..request.len() - 1]).await;
    upstream.wait_for(|log| log.len() == 1, PATIENCE).await.unwrap();
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), PATIENCE).await.unwrap();
    assert!(log[0].peer_left());
    assert!(log[0].body.is_empty());
    assert_eq!(log[0].fault.as_deref(), Some("hang-accept"));
}

#[tokio::test]
async fn a_connection_can_end_without_an_answer() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, head, end, ended) in [
        ("rst-on-accept", "", End::Rst, Ended::Reset),
        ("close-before-headers", "", End::Fin, Ended::Closed),
        ("1xx-die", "HTTP/1.1 103 Early Hints\r\n", End::Fin, Ended::Closed),
    ] {
        upstream.clear();
        let seen = exchange(upstream.address(), &chat(model, true)).await;
        assert!(seen.head.starts_with(head) && seen.head.is_empty() == head.is_empty(), "{model}");
        assert_eq!((seen.rest.len(), seen.end), (0, end), "{model}");
        assert_eq!(upstream.requests()[0].ended, Some(ended), "{model}");
    }
}
