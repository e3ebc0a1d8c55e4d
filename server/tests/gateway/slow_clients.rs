//! Callers who send or read as slowly as they can.

use std::time::{Duration, Instant};

use fault_upstream::{FaultUpstream, Record};
use futures_util::future::join_all;
use server::gateway::accept::Limits;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{interval, sleep, timeout},
};

use super::wire;
use crate::rig::{Rig, SOON, Setup, calls, chat_body, got};

/// Sockets that dribble.
const SOCKETS: usize = 200;
/// When each must be closed, with a little for a machine that has other work.
const CLOSED: Duration = Duration::from_secs(15 + 2);

async fn rig(fault: &str, limits: Limits) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = Setup::new().chat("a", &upstream, fault).chat("b", &upstream, "ok@3");
    let setup = setup.ordered("open", &[("only", "inst_a")]).ordered("other", &[("only", "inst_b")]);
    (upstream, setup.start_with(limits).await)
}

/// Sends `begun` at once and then byte after byte of `rest`, and says how long that was put up with and what was
/// answered.
async fn dribble(rig: &Rig, begun: &str, rest: &str) -> (Duration, String) {
    let mut socket = wire::connect(rig).await;
    let opened = Instant::now();
    socket.write_all(begun.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = socket.split();
    let sending = async {
        let mut ticks = interval(Duration::from_millis(400));
        for byte in rest.as_bytes() {
            ticks.tick().await;
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let closed = async {
        // A reset is an end too.
        let _ = timeout(CLOSED * 2, reading.read_to_end(&mut answer)).await.unwrap();
    };
    tokio::select! {
        () = closed => {}
        () = sending => {}
    }
    (opened.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn sockets_that_dribble_are_closed_within_their_time_and_others_are_served() {
    let (upstream, rig) = rig("ok@3", Limits::default()).await;
    let body = chat_body("open", &"x".repeat(1_000)).to_string();
    let head = format!("{}content-length: {}\r\n\r\n", wire::head(), body.len());
    let chunked = format!("{}transfer-encoding: chunked\r\n\r\n", wire::head());
    let chunks = "1\r\n{\r\n".repeat(100);
    let kinds = [
        ("", "", ""),
        ("", head.as_str(), ""),
        (head.as_str(), body.as_str(), "HTTP/1.1 408 "),
        (chunked.as_str(), chunks.as_str(), "HTTP/1.1 408 "),
    ];
    let dribbling = (0..SOCKETS).map(|at| {
        let (begun, rest, expected) = kinds[at % kinds.len()];
        let rig = &rig;
        async move {
            let (after, answer) = dribble(rig, begun, rest).await;
            assert!(after < CLOSED, "kind {}: {after:?}", at % kinds.len());
            assert!(answer.starts_with(expected), "kind {}: {answer}", at % kinds.len());
        }
    });
    let honest = async {
        for _ in 0..100 {
            assert_eq!(got(rig.chat("other", "hi")).await.status, 200);
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::join!(join_all(dribbling), honest);
    assert_eq!(calls(&upstream), 100, "none of them got anywhere");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_first() {
    let limits = Limits { first_byte: Duration::from_millis(300), ..Limits::default() };
    let (upstream, rig) = rig("ok@3", limits).await;
    let (after, answer) = dribble(&rig, "", "").await;
    assert!(answer.is_empty() && after < Duration::from_secs(5), "{after:?}: {answer}");
    // Whoever has begun has the time for a whole head, and so has the next request on a connection.
    let (after, _) = dribble(&rig, "POST ", "").await;
    assert!(after > Duration::from_secs(5), "{after:?}");
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn a_caller_who_stops_reading_is_given_up_and_its_upstream_call_with_it() {
    let limits = Limits { write_idle: Duration::from_millis(500), ..Limits::default() };
    let (upstream, rig) = rig("ok@1000000", limits).await;
    let mut socket = wire::connect(&rig).await;
    socket.write_all(wire::chat("open", "hi", true).as_bytes()).await.unwrap();
    upstream.wait_for(|log| log.first().is_some_and(Record::peer_left), SOON).await.unwrap();
    // All that was on the way is a fraction of the stream, and its end is not a clean one.
    let mut rest = Vec::new();
    let _ = timeout(SOON, socket.read_to_end(&mut rest)).await.unwrap();
    assert!(!rest.windows(6).any(|it| it == b"[DONE]"));
    let figures = rig.gateway.figures();
    assert!(figures.instances.iter().all(|it| it.ejections == 0));
    assert_eq!(got(rig.chat("other", "hi")).await.status, 200);
}
