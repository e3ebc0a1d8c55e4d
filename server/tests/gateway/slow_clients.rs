//! Callers who send or read as slowly as they can, one at a time. A crowd of them has a process of its own,
//! `tests/crowd.rs`.

use std::time::Duration;

use fault_upstream::{FaultUpstream, Record};
use server::gateway::listener::ListenerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{dribble::dribble, wire};
use crate::rig::{Rig, SOON, Setup, calls, got};

async fn rig(fault: &str, config: ListenerConfig) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = Setup::new().chat("a", &upstream, fault).chat("b", &upstream, "ok@3");
    let setup = setup.ordered("open", &[("only", "inst_a")]).ordered("other", &[("only", "inst_b")]);
    (upstream, setup.start_with(config).await)
}

#[tokio::test]
async fn a_silent_connection_is_closed_before_a_slow_one() {
    let config =
        ListenerConfig { first_byte_timeout: Duration::from_millis(300), ..ListenerConfig::default() };
    let (upstream, rig) = rig("ok@3", config).await;
    let (after, answer) = dribble(wire::address(&rig), "", "").await;
    assert!(answer.is_empty() && after < Duration::from_secs(5), "{after:?}: {answer}");
    // Whoever has begun has the time for a whole head, and so has the next request on a connection.
    let (after, _) = dribble(wire::address(&rig), "POST ", "").await;
    assert!(after > Duration::from_secs(5), "{after:?}");
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn a_caller_that_stops_reading_is_disconnected_and_its_upstream_call_cancelled() {
    let config = ListenerConfig { write_timeout: Duration::from_millis(500), ..ListenerConfig::default() };
    let (upstream, rig) = rig("ok@1000000", config).await;
    let mut socket = wire::connect(&rig).await;
    socket.write_all(wire::chat("open", "hi", true).as_bytes()).await.unwrap();
    upstream.wait_for(|log| log.first().is_some_and(Record::peer_left), SOON).await.unwrap();
    // All that was on the way is a fraction of the stream, and its end is not a clean one.
    let mut rest = Vec::new();
    let _ = timeout(SOON, socket.read_to_end(&mut rest)).await.unwrap();
    assert!(!rest.windows(6).any(|it| it == b"[DONE]"));
    let stats = rig.gateway.stats();
    assert!(stats.instances.iter().all(|it| it.ejections == 0));
    assert_eq!(got(rig.chat("other", "hi")).await.status, 200);
}
