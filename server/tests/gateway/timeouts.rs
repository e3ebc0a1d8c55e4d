//! The clocks of an attempt, and the caller's own.

use std::time::{Duration, Instant};

use app::domain::{config::instance::Timeouts, routing::health::HealthState};
use fault_upstream::{FaultUpstream, Options, Record};

use crate::rig::{Rig, SOON, Setup, got};

async fn alone(fault: &str, timeouts: Timeouts) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("a", &upstream.base_url(), fault, |it| it.timeouts = timeouts)
        .ordered("open", &[("only", "inst_a")])
        .balancer("hurried", &[("only", "inst_a")], |it| it.deadline_ms = 500)
        .start()
        .await;
    (upstream, rig)
}

const QUICK: Timeouts =
    Timeouts { connect_ms: 2_000, first_byte_ms: 400, answer_ms: 600_000, idle_ms: 400, total_ms: 0 };

#[tokio::test]
async fn an_instance_without_a_first_byte_in_time_is_abandoned() {
    for fault in ["hang-headers", "hang-accept", "hang-first-event", "stall@0"] {
        let (upstream, rig) = alone(fault, QUICK).await;
        let answer = got(rig.stream("open", "hi")).await;
        assert_eq!((answer.status, answer.code()), (504, "upstream_timeout".to_owned()), "{fault}");
        assert!(answer.attempts()[0].starts_with("inst_a:first_byte_timeout:"), "{:?}", answer.attempts());
        upstream.wait_for(|log| log.first().is_some_and(Record::peer_left), SOON).await.unwrap();
    }
}

#[tokio::test]
async fn a_stalled_plain_answer_is_abandoned() {
    let (_upstream, rig) = alone("stall@20", Timeouts { first_byte_ms: 10_000, ..QUICK }).await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.attempts()), (504, vec!["inst_a:idle_timeout:200".to_owned()]));
}

#[tokio::test]
async fn the_total_timeout_bounds_an_attempt() {
    let timeouts = Timeouts { first_byte_ms: 5_000, idle_ms: 5_000, total_ms: 500, ..QUICK };
    let (_upstream, rig) = alone("trickle:30", timeouts).await;
    let plain = got(rig.chat("open", "hi")).await;
    assert_eq!(plain.attempts(), ["inst_a:total_timeout:200"]);
    let stream = got(rig.stream("open", "hi")).await.text();
    assert!(stream.contains("upstream_timeout") && !stream.contains("[DONE]"), "{stream}");
}

#[tokio::test]
async fn a_connect_timeout_is_a_failed_attempt() {
    let options = Options { black_hole: true, ..Options::default() };
    let hole = FaultUpstream::start_with(options).await.unwrap();
    let rig = Setup::new()
        .instance("a", &hole.base_url(), "ok", |it| it.timeouts.connect_ms = 100)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    let began = Instant::now();
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.attempts()), (504, vec!["inst_a:connect_timeout:null".to_owned()]));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_callers_deadline_ends_the_call_without_blaming_an_instance() {
    let (upstream, rig) = alone("hang-headers", Timeouts { first_byte_ms: 5_000, ..QUICK }).await;
    let calls = [rig.chat("open", "hi").header("x-sb-timeout-ms", "500"), rig.stream("hurried", "hi"), {
        rig.chat("hurried", "hi").header("x-sb-timeout-ms", "3000")
    }];
    for (at, call) in calls.into_iter().enumerate() {
        let began = Instant::now();
        let answer = got(call).await;
        assert_eq!((answer.status, answer.code()), (504, "upstream_timeout".to_owned()));
        assert!(answer.attempts()[0].starts_with("inst_a:deadline_exceeded:"), "{:?}", answer.attempts());
        assert!(began.elapsed() < Duration::from_secs(2));
        upstream.wait_for(|log| log.get(at).is_some_and(Record::peer_left), SOON).await.unwrap();
    }
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_a");
    assert_eq!(health.state, HealthState::Unknown);
}

#[tokio::test]
async fn replacing_a_stale_pooled_connection_is_not_an_attempt() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig =
        Setup::new().chat("a", &upstream, "stale-reuse").ordered("open", &[("only", "inst_a")]).start().await;
    for _ in 0..5 {
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{}", answer.text());
    }
    assert_eq!(
        upstream.requests().len(),
        9,
        "each call but the first met a stale connection first, and then a new one"
    );
}
