//! Requests that no instance can serve, sent by one client while another one goes on as usual.

use std::time::Duration;

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::rig::{Got, Rig, Setup, chat_body, got};

const LASTS: Duration = Duration::from_secs(4);
const EVERY: Duration = Duration::from_millis(100);

/// A balancer over two members that answer a marked request with this fault, and all others well.
async fn pool(fault: &str) -> ([FaultUpstream; 2], Rig) {
    let [a, b] = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let rig = Setup::new()
        .chat("a", &a, fault)
        .chat("b", &b, fault)
        .group("pool", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    ([a, b], rig)
}

/// Sends a call every 100 ms for four seconds without waiting for earlier ones.
async fn flood(rig: &Rig, body: impl Fn(usize) -> Value) -> Vec<Got> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = Vec::new();
    let count = LASTS.div_duration_f64(EVERY) as usize;
    for number in 0..count {
        ticks.tick().await;
        calls.push(tokio::spawn(got(rig.post("/v1/chat/completions", body(number).to_string()))));
    }
    join_all(calls).await.into_iter().map(Result::unwrap).collect()
}

fn picture() -> Value {
    let mut body = chat_body("open", "");
    body["messages"][0]["content"] =
        json!([{ "type": "image_url", "image_url": { "url": "http://gone.invalid/x.png" } }]);
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_clients_broken_requests_cost_other_clients_no_attempt() {
    // The same body again and again, or one that differs each time; plain or as a stream.
    for (same, stream) in [(true, false), (false, false), (true, true)] {
        let (_upstreams, rig) = pool("ok@3+500-on-marker").await;
        for number in 0..2 {
            assert_eq!(got(rig.chat("open", &format!("first {number}"))).await.status, 200);
        }
        let broken = flood(&rig, |number| {
            let mut body = picture();
            body["stream"] = json!(stream);
            body["user"] = json!(if same { 0 } else { number }.to_string());
            body
        });
        let good = flood(&rig, |number| chat_body("open", &format!("call {number}")));
        let watch = async {
            let mut seen = Vec::new();
            let mut ticks = interval(Duration::from_millis(20));
            for _ in 0..190 {
                ticks.tick().await;
                seen.extend(["inst_a", "inst_b"].map(|it| rig.gateway.health(it).state));
            }
            seen
        };
        let (broken, good, seen) = tokio::join!(broken, good, watch);
        for answer in &broken {
            let mut attempts = answer.attempts();
            attempts.sort();
            assert_eq!(answer.status, 502);
            assert_eq!(attempts, ["inst_a:bad_status:500", "inst_b:bad_status:500"]);
        }
        assert_eq!(good.len(), 40);
        for answer in &good {
            assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{}", answer.text());
        }
        assert!(
            seen.iter().all(|it| *it == HealthState::Healthy),
            "same: {same}, stream: {stream}: {seen:?}"
        );
    }
}
