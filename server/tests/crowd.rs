//! Two thousand callers who send as slowly as they can, and what the others notice of them; alone in its process, so that
//! what is measured is theirs.
//!
//! Windows of honest calls without the crowd and in its midst take turns. What a machine with other work does to single
//! windows is measured by the windows without the crowd: nothing that is no slower than the slowest of those counts as
//! slowed down.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "rig and wire serve more tests than this one")]

#[path = "gateway/dribble.rs"]
mod dribble;
#[path = "support/rig.rs"]
mod rig;
#[path = "gateway/wire.rs"]
mod wire;

use std::{
    io::Write as _,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use fault_upstream::FaultUpstream;
use server::gateway::listener::{ListenerConfig, workers::Workers};
use tokio::{task::JoinSet, time::sleep};

use rig::{Rig, SOON, Setup, calls, chat_body, got};

/// Sockets that dribble.
const SOCKETS: usize = 2_000;
/// When each must be closed, with a little for a machine that has other work.
const CLOSED: Duration = Duration::from_secs(15 + 2);
/// How often the crowd comes.
const ROUNDS: usize = 2;
/// Windows before each crowd and in its midst.
const WINDOWS: usize = 6;
/// Calls of a window, one after the other.
const CALLS: usize = 200;
/// What a p99 of milliseconds may be off for want of a finer measure.
const GRAIN: Duration = Duration::from_millis(1);

/// The p99 of a window of honest calls.
async fn window(rig: &Rig) -> Duration {
    let mut took = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        assert_eq!(got(rig.chat("other", "hi")).await.status, 200);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    took[CALLS - 1 - CALLS / 100]
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

/// The crowd: silent ones, and ones that dribble a head, a body of known length, a body in chunks.
fn crowd(address: &str) -> JoinSet<()> {
    let body = chat_body("open", &"x".repeat(1_000)).to_string();
    let head = format!("{}content-length: {}\r\n\r\n", wire::head(), body.len());
    let chunked = format!("{}transfer-encoding: chunked\r\n\r\n", wire::head());
    let kinds = [
        (String::new(), String::new(), ""),
        (String::new(), head.clone(), ""),
        (head, body, "HTTP/1.1 408 "),
        (chunked, "1\r\n{\r\n".repeat(100), "HTTP/1.1 408 "),
    ];
    let mut crowd = JoinSet::new();
    for at in 0..SOCKETS {
        let ((begun, rest, expected), address) = (kinds[at % kinds.len()].clone(), address.to_owned());
        crowd.spawn(async move {
            // They come within a second, and so do their bytes.
            sleep(Duration::from_micros(500 * at as u64)).await;
            let (after, answer) = dribble::dribble(&address, &begun, &rest).await;
            assert!(after < CLOSED, "kind {}: {after:?}", at % 4);
            assert!(answer.starts_with(expected), "kind {}: {answer}", at % 4);
        });
    }
    crowd
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_slow_senders_are_closed_in_time_without_slowing_others() {
    let files = server::boot::raise_file_limit();
    assert!(
        files > 3 * SOCKETS as u64,
        "this test takes {} open files, and {files} are allowed",
        3 * SOCKETS
    );
    let config = ListenerConfig { workers: Workers::start().unwrap(), ..ListenerConfig::default() };
    let counters = Arc::clone(&config.counters);
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = Setup::new().chat("a", &upstream, "ok@3").chat("b", &upstream, "ok@3");
    let setup = setup.ordered("open", &[("only", "inst_a")]).ordered("other", &[("only", "inst_b")]);
    let rig = setup.start_with(config).await;
    window(&rig).await;

    let is_whole = || counters.open.load(Relaxed) >= SOCKETS as u64;
    let (mut without, mut within) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..WINDOWS {
            without.push(window(&rig).await);
        }
        let mut crowd = crowd(wire::address(&rig));
        let begun = Instant::now();
        while !is_whole() {
            assert!(begun.elapsed() < SOON, "{} are in", counters.open.load(Relaxed));
            sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..WINDOWS {
            let p99 = window(&rig).await;
            // Once the first of them are closed, it is no measure any more.
            if is_whole() {
                within.push(p99);
            }
        }
        while let Some(ended) = crowd.join_next().await {
            ended.unwrap();
        }
    }
    without.sort_unstable();
    within.sort_unstable();
    let told = format!("p99 without the crowd: {without:?}; within: {within:?}");
    writeln!(std::io::stderr(), "{told}").unwrap();
    assert!(within.len() >= WINDOWS, "too slow a machine to measure on; {told}");
    let noise = without.last().unwrap();
    assert!(median(&within) <= (median(&without) * 11 / 10).max(*noise) + GRAIN, "{told}");
    let honest = CALLS * (1 + ROUNDS * WINDOWS * 2);
    assert_eq!(calls(&upstream), honest, "nobody of the crowd got anywhere");
}
