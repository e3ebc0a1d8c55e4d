//! Instances that can be reached hardly or not at all, read slowly, or never stop talking.

use std::time::{Duration, Instant};

use app::domain::{config::instance::Timeouts, routing::health::HealthState};
use fault_upstream::{FaultUpstream, Options};

use super::failover::pair_at;
use crate::rig::{calls, chat_body, got};

#[tokio::test]
async fn an_address_where_connecting_hangs_fails_over_after_the_connect_timeout() {
    assert_eq!(Timeouts::default().connect_ms, 5_000);
    let options = Options { black_hole: true, ..Options::default() };
    let hole = FaultUpstream::start_with(options).await.unwrap();
    let (good, rig) = pair_at(&hole, "ok", |it| it.timeouts.connect_ms = 300).await;
    for call in [rig.chat("open", "hi"), rig.stream("open", "hi")] {
        let began = Instant::now();
        let answer = got(call).await;
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "2"), "{}", answer.text());
        assert_eq!(answer.header("x-sb-instance"), "inst_good");
        assert!((Duration::from_millis(300)..Duration::from_secs(3)).contains(&began.elapsed()));
    }
    let alone = got(rig.chat("alone", "hi")).await;
    assert_eq!((alone.status, alone.attempts()), (504, vec!["inst_bad:connect_timeout:null".to_owned()]));
    // That was the third failure in a row: from now on nobody waits for it.
    assert_eq!(got(rig.chat("open", "hi")).await.header("x-sb-attempts"), "1");
    assert_eq!(calls(&good), 3);
}

#[tokio::test]
async fn an_instance_that_reads_too_slowly_fails_over_with_the_complete_body() {
    let bad = FaultUpstream::start().await.unwrap();
    let (good, rig) = pair_at(&bad, "slow-reader", |it| it.timeouts.first_byte_ms = 700).await;
    // More than the buffers of a connection hold, so that our own writing waits. The name stands first, for with it
    // the slowness begins.
    let prompt = "x".repeat(12 * 1024 * 1024);
    let body = |model: &str, stream: bool| {
        format!(
            r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
        )
    };
    let call = |model: &str, stream: bool| got(rig.post("/v1/chat/completions", body(model, stream)));
    for stream in [false, true] {
        let answer = call("open", stream).await;
        let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
        assert_eq!(seen, (200, "inst_good", "2"));
    }
    assert!(good.requests().iter().all(|it| it.body.len() > prompt.len()), "the body came whole");
    let alone = call("alone", false).await;
    assert_eq!((alone.status, alone.attempts()), (504, vec!["inst_bad:first_byte_timeout:null".to_owned()]));
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_bad");
    assert_eq!(health.state, HealthState::Ejected);
}

#[tokio::test]
async fn an_endless_plain_answer_is_cut_at_the_limit() {
    let bad = FaultUpstream::start().await.unwrap();
    let (_good, rig) = pair_at(&bad, "infinite-body", |_| {}).await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"));
    let alone = got(rig.chat("alone", "hi")).await;
    assert_eq!((alone.status, alone.code()), (502, "upstream_error".to_owned()));
    assert_eq!(alone.attempts(), ["inst_bad:too_large:200"]);
    let log = bad.wait_for(|log| log.iter().all(|it| it.ended.is_some()), crate::rig::SOON).await.unwrap();
    for record in log {
        // The cap, and what was on the way in the buffers of two sockets.
        let most = (64 + 32) * 1024 * 1024;
        assert!(record.peer_left() && record.bytes_written < most, "{} bytes", record.bytes_written);
    }
}

#[tokio::test]
async fn an_unsolicited_answer_reaches_no_caller() {
    let bad = FaultUpstream::start().await.unwrap();
    let (_good, rig) = pair_at(&bad, "echo-raw+extra-answer", |_| {}).await;
    for number in 0..20 {
        let prompt = format!("my own words, number {number}");
        // It has choices, so that its echo is an answer.
        let mut body = chat_body("alone", &prompt);
        body["choices"] = serde_json::json!([1]);
        let answer = got(rig.post("/v1/chat/completions", body.to_string())).await;
        assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "1"), "{}", answer.text());
        assert!(answer.text().contains(&format!("{prompt}\"")), "{}", answer.text());
    }
}
