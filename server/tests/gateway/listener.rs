//! The accept loop: limits and draining.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use fault_upstream::FaultUpstream;
use server::gateway::listener::ListenerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::rig::{Rig, SOON, Setup, got};

async fn rig(fault: &str, config: ListenerConfig) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("a", &upstream, fault)
        .ordered("open", &[("only", "inst_a")])
        .start_with(config)
        .await;
    (upstream, rig)
}

async fn connect(rig: &Rig) -> TcpStream {
    TcpStream::connect(rig.origin.trim_start_matches("http://")).await.unwrap()
}

/// Whether the server closes the connection soon.
async fn is_closed(socket: &mut TcpStream) -> bool {
    matches!(timeout(SOON, socket.read(&mut [0; 1024])).await.unwrap(), Ok(0) | Err(_))
}

#[tokio::test]
async fn a_missing_or_incomplete_head_ends_the_connection() {
    const SHORT: Duration = Duration::from_millis(200);
    let config =
        ListenerConfig { first_byte_timeout: SHORT, head_timeout: SHORT, ..ListenerConfig::default() };
    let counters = config.counters.clone();
    let (_upstream, rig) = rig("ok", config).await;
    for begun in ["", "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"] {
        let mut socket = connect(&rig).await;
        socket.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        timeout(SOON, socket.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
    assert_eq!((counters.silent.load(Relaxed), counters.heads_slow.load(Relaxed)), (1, 1));
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_counted() {
    let config = ListenerConfig { max_connections: 2, ..ListenerConfig::default() };
    let counters = config.counters.clone();
    let (_upstream, rig) = rig("ok", config).await;
    let (_one, _two) = (connect(&rig).await, connect(&rig).await);
    let mut third = connect(&rig).await;
    assert!(is_closed(&mut third).await);
    assert_eq!((counters.refused.load(Relaxed), counters.accepted.load(Relaxed)), (1, 3));
}

#[tokio::test]
async fn oversized_heads_are_refused() {
    let config = ListenerConfig::default();
    let counters = config.counters.clone();
    let (_upstream, rig) = rig("ok", config).await;
    let many = (0..150).fold(rig.chat("open", "hi"), |it, at| it.header(format!("x-{at}"), "1"));
    assert_eq!(many.send().await.unwrap().status(), 431);
    let large = rig.chat("open", "hi").header("x-large", "x".repeat(70_000));
    assert_eq!(large.send().await.unwrap().status(), 431);
    // A client that is still sending hears it as well: the answer is not overtaken by a reset.
    let mut socket = connect(&rig).await;
    socket.write_all(b"GET / HTTP/1.1\r\nx-large: ").await.unwrap();
    socket.write_all(&[b'x'; 2_000_000]).await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, socket.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(counters.heads_refused.load(Relaxed), 3);
}

#[tokio::test]
async fn draining_stops_accepting_and_lets_streams_finish() {
    let (upstream, mut rig) = rig("trickle:20+ok@20", ListenerConfig::default()).await;
    let stream = tokio::spawn(got(rig.stream("open", "hi")));
    upstream.wait_for(|log| log.len() == 1, SOON).await.unwrap();
    rig.shutdown.drain();
    let answer = stream.await.unwrap();
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    timeout(SOON, &mut rig.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(rig.origin.trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn after_the_grace_period_streams_end_with_an_error_and_calls_with_a_503() {
    let config = ListenerConfig { drain_timeout: Duration::from_millis(300), ..ListenerConfig::default() };
    let (upstream, mut rig) = rig("trickle:50+ok@1000", config).await;
    let stream = tokio::spawn(got(rig.stream("open", "hi")));
    let plain = tokio::spawn(got(rig.chat("open", "hi")));
    upstream.wait_for(|log| log.len() == 2, SOON).await.unwrap();
    rig.shutdown.drain();
    let text = stream.await.unwrap().text();
    assert!(text.contains("w0") && text.contains("shutting_down") && !text.contains("[DONE]"), "{text}");
    let plain = plain.await.unwrap();
    assert_eq!((plain.status, plain.code()), (503, "shutting_down".to_owned()));
    timeout(SOON, &mut rig.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_second_shutdown_signal_ends_everything_at_once() {
    let (upstream, mut rig) = rig("hang-headers", ListenerConfig::default()).await;
    let call = tokio::spawn(rig.chat("open", "hi").send());
    upstream.wait_for(|log| log.len() == 1, SOON).await.unwrap();
    let began = Instant::now();
    rig.shutdown.drain();
    rig.shutdown.force();
    timeout(SOON, &mut rig.serving).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    let _ = call.await.unwrap();
}
