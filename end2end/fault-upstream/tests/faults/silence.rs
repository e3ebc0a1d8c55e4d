//! Faults that never answer or stop answering, and that each of them notices when the peer closes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use fault_upstream::{Ended, FaultUpstream, Record};
use serde_json::json;

use crate::client::{Client, End, TIMEOUT, chat, exchange, post};

/// Waits until the only call has written what is documented, then closes and waits until the server notices.
async fn close_once(model: &str, stream: bool, written: fn(&Record) -> bool) -> Record {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&chat(model, stream)).await;
    upstream
        .wait_for(|log| log.first().is_some_and(|call| call.model.is_some() && written(call)), TIMEOUT)
        .await
        .unwrap();
    let closed = Instant::now();
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), TIMEOUT).await.unwrap();
    let noticed_after = log[0].ended_at.unwrap() - closed;
    assert!(noticed_after < Duration::from_millis(250), "{model}: {noticed_after:?}");
    log[0].clone()
}

#[tokio::test]
async fn hanging_faults_stop_where_documented_and_wait_for_the_peer_to_close() {
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
        let record = close_once(model, stream, written).await;
        assert!(record.peer_left(), "{model}: {record:?}");
        assert!(written(&record), "{model}: {record:?}");
        assert_eq!(record.peer_closed_ms, record.ms, "{model}");
    }
}

#[tokio::test]
async fn a_close_between_chunks_is_noticed() {
    let record = close_once("trickle:3600000", true, |call| call.status.is_some()).await;
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
    upstream.wait_for(|log| log.len() == 1, TIMEOUT).await.unwrap();
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), TIMEOUT).await.unwrap();
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
        let received = exchange(upstream.address(), &chat(model, true)).await;
        assert!(received.head.starts_with(head) && received.head.is_empty() == head.is_empty(), "{model}");
        assert_eq!((received.rest.len(), received.end), (0, end), "{model}");
        assert_eq!(upstream.requests()[0].ended, Some(ended), "{model}");
    }
}

#[tokio::test]
async fn an_answer_is_held_back_while_the_peer_does_not_read() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&chat("infinite-body", true)).await;
    client.read_at_least(1_000).await;
    let log = upstream.wait_until_held_back(1, Duration::from_millis(100), TIMEOUT).await.unwrap();
    let held_at = log[0].bytes_written;
    client.read_at_least(usize::try_from(held_at).unwrap() + 1).await;
    drop(client);
    let log = upstream.wait_for(|log| log[0].ended.is_some(), TIMEOUT).await.unwrap();
    assert!(log[0].bytes_written > held_at && !log[0].is_held_back(Duration::ZERO), "{:?}", log[0]);
}
