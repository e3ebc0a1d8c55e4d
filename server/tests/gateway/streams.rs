//! Streams: every byte in order, an honest end, and nobody left working for a caller who is gone.

use std::time::{Duration, Instant};

use fault_upstream::{FaultUpstream, Record};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::wire;
use crate::rig::{Rig, SOON, Setup, calls, chat_body, got};

async fn alone(fault: &str) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    // Short only where it is to ring: a busy machine is silent now and then.
    let idle_ms = if fault.starts_with("stall") { 300 } else { 10_000 };
    let rig = Setup::new()
        .instance("a", &upstream.base_url(), fault, |it| it.timeouts.idle_ms = idle_ms)
        .chat("standby", &upstream, "ok")
        .group("pool", &[("a", 1, 1), ("standby", 1, 2)])
        .ordered("open", &[("only", "tg_pool")])
        .balancer("patient", &[("only", "inst_a")], |it| it.stream_keepalive_s = 1)
        .start()
        .await;
    (upstream, rig)
}

/// What the upstream itself sends for this model.
async fn direct(upstream: &FaultUpstream, rig: &Rig, model: &str) -> Vec<u8> {
    let mut body = chat_body(model, "hi");
    body["stream"] = true.into();
    let call = rig.client.post(format!("{}/chat/completions", upstream.base_url())).body(body.to_string());
    got(call.header("content-type", "application/json")).await.body
}

fn without_ids(body: &[u8]) -> String {
    // Answers differ by their id and time alone.
    let mut text = String::from_utf8_lossy(body).into_owned();
    for (name, end) in [("\"id\":\"", '"'), ("\"created\":", ',')] {
        while let Some(at) = text.find(name) {
            let rest = &text[at + name.len()..];
            let length = rest.find(end).unwrap();
            text.replace_range(at..at + name.len() + length, "");
        }
    }
    text
}

#[tokio::test]
async fn a_stream_is_relayed_unchanged_however_it_is_split() {
    for fault in [
        "ok",
        "slice:1b+ok@5",
        "slice:7b+crlf",
        "crlf",
        "bom",
        "comments",
        "multiline",
        "broken-event@10",
        "huge-event@300000",
        "tool_calls",
        "bom+crlf+comments+slice:3b",
    ] {
        let (upstream, rig) = alone(fault).await;
        let answer = got(rig.stream("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_a"), "{fault}");
        assert!(answer.header("content-type").starts_with("text/event-stream"), "{fault}");
        let expected = direct(&upstream, &rig, fault).await;
        assert_eq!(without_ids(&answer.body), without_ids(&expected), "{fault}");
    }
}

#[tokio::test]
async fn a_stream_truncated_after_its_first_content_ends_with_an_error_and_no_failover() {
    for fault in ["rst@40", "fin-early@40", "fin-early-eof@40", "stall@40", "ok@60+slice:5b+fin-early@40"] {
        let (upstream, rig) = alone(fault).await;
        let answer = got(rig.stream("open", "hi")).await;
        let text = answer.text();
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{fault}");
        assert!(text.contains("w39") && !text.contains("[DONE]"), "{fault}: {text}");
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        let error: serde_json::Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
        let expected = if fault == "stall@40" { "upstream_timeout" } else { "upstream_error" };
        assert_eq!(error["error"]["code"], expected, "{fault}");
        assert!(error["error"]["message"].as_str().unwrap().contains(answer.header("x-request-id")));
        assert_eq!(calls(&upstream), 1, "{fault}");
        let places = rig.gateway.stats().instances;
        assert!(places.iter().all(|it| it.calls == 0), "its place is free again: {fault}");
    }
}

#[tokio::test]
async fn a_stream_without_its_terminal_event_ends_well_if_all_its_choices_have() {
    let (upstream, rig) = alone("no-done").await;
    let answer = got(rig.stream("open", "hi")).await;
    assert_eq!(without_ids(&answer.body), without_ids(&direct(&upstream, &rig, "no-done").await));
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_a");
    assert_eq!(health.state, app::domain::routing::health::HealthState::Healthy);
}

#[tokio::test]
async fn every_byte_of_a_truncated_stream_is_relayed() {
    let (upstream, rig) = alone("fin-early-eof@40").await;
    let got = got(rig.stream("open", "hi")).await;
    let sent = without_ids(&direct(&upstream, &rig, "fin-early-eof@40").await);
    let received = without_ids(&got.body);
    assert!(received.starts_with(&sent), "{received}");
    assert!(received[sent.len()..].trim_start().starts_with("data: {\"error\""));
}

#[tokio::test]
async fn an_error_event_after_content_passes_and_ends_the_stream() {
    let (_upstream, rig) = alone("err-after@40").await;
    for number in 0..3 {
        let text = got(rig.stream("open", &format!("call {number}"))).await.text();
        assert!(text.contains("w39") && !text.contains("[DONE]"));
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.contains("\"error\"") && !last.contains("req_"), "the upstream's own error: {last}");
    }
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_a");
    assert_eq!(health.state, app::domain::routing::health::HealthState::Ejected, "each was a failure");
}

/// A raw call, of which the test reads what it likes.
async fn raw(rig: &Rig, stream: bool) -> TcpStream {
    let mut socket = wire::connect(rig).await;
    socket.write_all(wire::chat("open", "hi", stream).as_bytes()).await.unwrap();
    socket
}

#[tokio::test]
async fn the_connection_closes_after_a_truncated_stream_and_stays_open_after_a_complete_one() {
    let (_upstream, rig) = alone("rst@3").await;
    let mut socket = raw(&rig, true).await;
    let mut text = String::new();
    timeout(SOON, socket.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.ends_with("\r\n0\r\n\r\n"), "the framing itself is whole: {text}");

    let (_upstream, rig) = alone("ok@3").await;
    let mut socket = wire::connect(&rig).await;
    for _ in 0..2 {
        socket.write_all(wire::chat("open", "hi", true).as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let reading = async {
            while !answer.ends_with(b"\r\n0\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut answer).await.unwrap(), 0, "the connection closed");
            }
        };
        timeout(SOON, reading).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("data: [DONE]"), "{answer}");
    }
}

fn left(log: &[Record]) -> bool {
    log.last().is_some_and(Record::peer_left)
}

#[tokio::test]
async fn a_disconnect_cancels_the_upstream_call() {
    // Before the head, before the first content, in the middle of a stream, in the middle of a plain answer.
    let cases =
        [("hang-headers", true), ("hang-first-event", true), ("trickle:50", true), ("trickle:50", false)];
    for (fault, stream) in cases {
        let (upstream, rig) = alone(fault).await;
        let mut socket = raw(&rig, stream).await;
        upstream.wait_for(|log| log.len() == 1, SOON).await.unwrap();
        if fault == "trickle:50" {
            upstream.wait_for(|log| log[0].bytes_written > 200, SOON).await.unwrap();
            if stream {
                socket.read_exact(&mut [0; 100]).await.unwrap();
            }
        }
        drop(socket);
        let began = Instant::now();
        upstream.wait_for(left, SOON).await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(250), "{fault}: {:?}", began.elapsed());
        let health = app::ports::DataPlane::health(&*rig.gateway, "inst_a");
        assert_ne!(health.state, app::domain::routing::health::HealthState::Ejected);
        assert_eq!(calls(&upstream), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_slow_caller_holds_back_only_its_own_upstream_call() {
    let (upstream, rig) = alone("ok@1000000").await;
    let mut socket = raw(&rig, true).await;
    socket.read_exact(&mut [0; 1000]).await.unwrap();
    let log = upstream.wait_until_held_back(1, Duration::from_millis(200), SOON).await.unwrap();
    // What two sockets and our own 64 KiB hold: far less than the whole, which is more than 100 MB.
    let held_at = log[0].bytes_written;
    assert!(held_at < 30_000_000, "{held_at} bytes were taken from the upstream for a caller who reads none");
    assert_eq!(got(rig.chat("patient", "hi")).await.status, 200, "and nobody else waits");
    // It was only held back: the stream continues as soon as it is read.
    let mut rest = vec![0; usize::try_from(held_at).unwrap()];
    timeout(SOON, socket.read_exact(&mut rest)).await.unwrap().unwrap();
    upstream.wait_for(|log| log[0].bytes_written > held_at, SOON).await.unwrap();
}

#[tokio::test]
async fn comments_keep_a_stream_alive_if_configured() {
    let (_upstream, rig) = alone("slow:1500+ok@3").await;
    let answer = got(rig.stream("patient", "hi")).await;
    let text = answer.text();
    assert!(text.starts_with(": keep-alive\n\n") && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(answer.header("x-sb-decision").starts_with("dec_"));
    let (_upstream, rig) = alone("slow:1500+500").await;
    let text = got(rig.stream("patient", "hi")).await.text();
    assert!(text.starts_with(": keep-alive\n\ndata: {\"error\"") && text.contains("bad_status"), "{text}");
    let (_upstream, rig) = alone("500").await;
    assert_eq!(got(rig.stream("patient", "hi")).await.status, 502, "what is known in time has its status");
}
