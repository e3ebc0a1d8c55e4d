//! Connections that an instance closes while they are idle, as all servers do some time.

use std::time::Duration;

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::rig::{Setup, got};

const CALLERS: u64 = 40;
const ROUNDS: u64 = 25;
const CALLS: u64 = 10;
/// After how long the instance closes, in ms.
const IDLE_MS: u64 = 200;

#[tokio::test]
async fn connections_closed_by_an_idle_instance_fail_no_call() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("a", &upstream, &format!("close-idle@{IDLE_MS}"))
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    let calling = (0..CALLERS).map(|caller| {
        let rig = &rig;
        async move {
            for round in 0..ROUNDS {
                for _ in 0..CALLS {
                    let answer = got(rig.chat("open", "hi")).await;
                    let seen = (answer.status, answer.header("x-sb-attempts"));
                    assert_eq!(seen, (200, "1"), "{}", answer.text());
                }
                // The pause is what is tried: from a little before to a little after the moment at which connections
                // close. That some did close is told by the count of connections below.
                let pause = IDLE_MS - 8 + (caller + round * 5) % 16;
                sleep(Duration::from_millis(pause)).await;
            }
        }
    });
    join_all(calling).await;
    let counters = upstream.counters();
    assert!(counters.requests >= CALLERS * ROUNDS * CALLS);
    assert!(counters.connections > CALLERS, "connections were closed: {counters:?}");
    assert_eq!(rig.gateway.stats().instances[0].ejections, 0);
}
