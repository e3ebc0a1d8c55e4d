//! What streams cost in memory while nobody reads them; alone in its process, so that the figure is theirs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "rig and wire serve more tests than this one")]

#[path = "support/rig.rs"]
mod rig;
#[path = "gateway/wire.rs"]
mod wire;

use std::time::Duration;

use fault_upstream::FaultUpstream;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

use rig::{Rig, SOON, Setup};

/// Streams that are measured.
const MEASURED: usize = 12;
/// What one may cost, in bytes: what is read ahead and what waits to be written, 96 KiB at most, and what the call itself
/// and the upstream's end of it, which is in this process too, are made of. Each takes megabytes from its upstream
/// meanwhile, which stay in the sockets.
const MOST: usize = 160 * 1024;

/// Memory of this process that is its own, in bytes.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("RssAnon:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

/// A caller who asks for a stream and never reads, with as little room in its socket as there can be.
async fn unread(rig: &Rig) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = rig.origin.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(wire::chat("open", "hi", true).as_bytes()).await.unwrap();
    stream
}

/// Waits until all buffers on the way of every stream are full.
async fn all_held_back(upstream: &FaultUpstream, streams: usize) {
    upstream.wait_until_held_back(streams, Duration::from_millis(300), SOON).await.unwrap();
}

#[tokio::test]
async fn an_unread_stream_uses_a_bounded_buffer() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("a", &upstream.base_url(), "ok@1000000", |it| it.timeouts.idle_ms = 600_000)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    let mut callers = Vec::new();
    // The first ones pay for what is made once.
    for _ in 0..4 {
        callers.push(unread(&rig).await);
    }
    all_held_back(&upstream, callers.len()).await;
    let before = memory();
    for _ in 0..MEASURED {
        callers.push(unread(&rig).await);
    }
    all_held_back(&upstream, callers.len()).await;
    let each = memory().saturating_sub(before) / MEASURED;
    assert!(each < MOST, "{each} bytes for each stream");
}
