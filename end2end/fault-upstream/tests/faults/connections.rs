//! Connections that are kept, reused, closed when idle or reset; and the life of a server.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use fault_upstream::{Counters, Ended, FaultUpstream, Options};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};

use crate::client::{Client, End, TIMEOUT, chat, exchange, post, text, within_timeout};

fn keep_alive_chat(model: &str) -> Vec<u8> {
    post("/v1/chat/completions", "", &json!({ "model": model, "stream": true }))
}

const END_OF_STREAM: &str = "0\r\n\r\n";

#[tokio::test]
async fn a_connection_serves_consecutive_and_pipelined_calls() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    for _ in 0..3 {
        client.send(&keep_alive_chat("ok@2")).await;
        assert!(client.read_until(END_OF_STREAM).await.contains("[DONE]"));
    }
    client.send(&[keep_alive_chat("trickle:20+ok@2"), keep_alive_chat("slow:20+ok@7")].concat()).await;
    client.read_until(END_OF_STREAM).await;
    let log = upstream.wait_for(|log| log.len() == 5 && log[4].ended.is_some(), TIMEOUT).await.unwrap();
    assert!(log.iter().all(|call| call.connection == 1 && call.ended == Some(Ended::Answered)));
    assert_eq!(log[4].chunks_written, 7);
    assert_eq!(upstream.counters().connections, 1);
}

#[tokio::test]
async fn a_stale_connection_answers_once_then_resets() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&keep_alive_chat("stale-reuse")).await;
    client.read_until(END_OF_STREAM).await;
    client.send(&keep_alive_chat("stale-reuse")).await;
    let received = client.read_to_end().await;
    assert_eq!((received.head.as_str(), received.rest.len(), received.end), ("", 0, End::Rst));
    let fresh = exchange(upstream.address(), &chat("stale-reuse", false)).await;
    assert_eq!(fresh.status(), 200);
}

#[tokio::test]
async fn close_idle_closes_an_idle_connection() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&keep_alive_chat("close-idle@30")).await;
    client.read_until(END_OF_STREAM).await;
    let received = client.read_to_end().await;
    assert_eq!((received.head.as_str(), received.end), ("", End::Fin));
    assert_eq!(upstream.requests()[0].ended, Some(Ended::Answered));
}

#[tokio::test]
async fn a_server_wide_fault_overrides_all_others_until_it_is_removed() {
    let upstream = FaultUpstream::start().await.unwrap();
    upstream.set_fault(Some("fail-first-n@1+503@4")).unwrap();
    let statuses = async || exchange(upstream.address(), &chat("ok", true)).await.status();
    assert_eq!((statuses().await, statuses().await), (503, 200));
    upstream.set_fault(Some("401")).unwrap();
    let models = b"GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(upstream.address(), models).await.status(), 401);
    assert!(upstream.set_fault(Some("no such fault")).is_err());
    assert_eq!(statuses().await, 401);
    upstream.set_fault(None).unwrap();
    assert_eq!(statuses().await, 200);
    let faults: Vec<Option<String>> = upstream.requests().into_iter().map(|call| call.fault).collect();
    assert_eq!(faults[2].as_deref(), Some("401"));
    assert_eq!(faults[4].as_deref(), Some("ok"));
}

#[tokio::test]
async fn server_wide_accept_faults_read_nothing() {
    let upstream = FaultUpstream::start().await.unwrap();
    upstream.set_fault(Some("rst-on-accept")).unwrap();
    let received = Client::connect(upstream.address()).await.read_to_end().await;
    assert_eq!((received.head.as_str(), received.end), ("", End::Rst));

    upstream.set_fault(Some("hang-accept")).unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&chat("ok", false)).await;
    drop(client);
    let gone = |counters: Counters| counters.connections == 2 && counters.open_connections == 0;
    upstream.wait_for(|_| gone(upstream.counters()), TIMEOUT).await.unwrap();
    assert_eq!(upstream.counters().requests, 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_black_hole_accepts_no_connection_and_frees_its_port_when_stopped() {
    let options = Options { black_hole: true, ..Options::default() };
    let upstream = FaultUpstream::start_with(options).await.unwrap();
    let address = upstream.address();
    // Longer than the kernel waits before its second SYN, so that a dropped first one is no excuse.
    let hangs = timeout(Duration::from_millis(1_500), TcpStream::connect(address)).await;
    assert!(hangs.is_err(), "{hangs:?}");
    assert_eq!(upstream.counters(), Counters::default());
    upstream.stop().await;
    assert!(within_timeout(TcpStream::connect(address)).await.is_err());
}

#[tokio::test]
async fn extra_answer_sends_an_unsolicited_answer() {
    let upstream = FaultUpstream::start().await.unwrap();
    for stream in [false, true] {
        let received = exchange(upstream.address(), &chat("extra-answer+ok@2", stream)).await;
        let rest = text(&received.rest);
        assert_eq!(rest.matches("HTTP/1.1 200").count(), 1, "{rest}");
        assert!(rest.ends_with("{\"unasked\":\"for\"}\n"), "{rest}");
    }
}

#[tokio::test]
async fn stopping_resets_every_connection_and_frees_the_port() {
    let upstream = FaultUpstream::start().await.unwrap();
    let address = upstream.address();
    let mut clients = Vec::new();
    for model in ["stall@5", "hang-headers", "ok"] {
        let mut client = Client::connect(address).await;
        client.send(&keep_alive_chat(model)).await;
        clients.push(client);
    }
    upstream
        .wait_for(
            |log| {
                log.len() == 3
                    && log.iter().all(|call| call.model.is_some())
                    && log.iter().any(|call| call.chunks_written == 5)
                    && log.iter().any(|call| call.ended.is_some())
            },
            TIMEOUT,
        )
        .await
        .unwrap();
    upstream.stop().await;
    for client in clients {
        assert_eq!(client.read_to_end().await.end, End::Rst);
    }
    assert!(within_timeout(TcpStream::connect(address)).await.is_err());
    let again = Options { listen: address, ..Options::default() };
    let upstream = FaultUpstream::start_with(again).await.unwrap();
    assert_eq!(exchange(address, &chat("ok", false)).await.status(), 200);
    drop(upstream);
}

#[tokio::test]
async fn dropping_resets_every_connection() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut client = Client::connect(upstream.address()).await;
    client.send(&keep_alive_chat("stall@5")).await;
    upstream.wait_for(|log| log.iter().any(|call| call.chunks_written == 5), TIMEOUT).await.unwrap();
    drop(upstream);
    assert_eq!(client.read_to_end().await.end, End::Rst);
}
