//! Answers that take minutes, under the timeouts that an instance has by default.

use std::time::Duration;

use app::{
    domain::{
        config::instance::{Timeouts, WorkloadKind},
        routing::health::HealthState,
    },
    ports::DataPlane as _,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    scripted::{Scripted, Step, chunked_stream, completion, stream},
    stopped_clock::StoppedClock,
};
use crate::rig::{Got, Rig, Setup};

const CONTENT: &str = r#"data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}"#;
const STOP: &str = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const DONE: &str = "data: [DONE]";

/// `open` has routes to `a`, which follows the script, then to `b`, which answers at once.
async fn pair(script: impl Fn(&Value) -> Step + Send + Sync + 'static) -> ([Scripted; 2], Rig) {
    let upstreams = [Scripted::start(script).await, Scripted::start(|_| at_once()).await];
    let [a, b] = [&upstreams[0].base_url, &upstreams[1].base_url];
    let rig = Setup::new()
        .instance("a", a, "m", |it| it.timeouts = Timeouts::default())
        .instance("b", b, "m", |it| it.timeouts = Timeouts::default())
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .instance("e", a, "m", |it| {
            it.timeouts = Timeouts::default();
            it.workload_kind = WorkloadKind::Embeddings;
        })
        .instance("f", b, "m", |it| it.workload_kind = WorkloadKind::Embeddings)
        .balancer("vectors", &[("main", "inst_e"), ("spare", "inst_f")], |it| {
            it.workload_kind = WorkloadKind::Embeddings;
        })
        .start()
        .await;
    (upstreams, rig)
}

/// An answer that holds embeddings and a choice.
fn at_once() -> Step {
    let choice =
        json!({ "index": 0, "message": { "role": "assistant", "content": "hi" }, "finish_reason": "stop" });
    let vector = json!({ "object": "embedding", "index": 0, "embedding": [0.5, 0.5] });
    Step::Answer(
        200,
        json!({ "id": "r", "object": "list", "model": "m", "choices": [choice], "data": [vector] }),
    )
}

/// An answer, with the seconds to its head and to its end.
async fn timed(request: reqwest::RequestBuilder) -> (Got, f64, f64) {
    let began = Instant::now();
    let response =
        request.header("connection", "close").timeout(Duration::from_secs(900)).send().await.unwrap();
    let head = began.elapsed().as_secs_f64();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap().to_vec();
    (Got { status, headers, body }, head, began.elapsed().as_secs_f64())
}

#[tokio::test]
async fn a_plain_answer_of_two_and_a_half_minutes_is_waited_for_and_not_sent_again() {
    let clock = StoppedClock::start();
    let takes = Duration::from_secs(150);
    let ([slow, spare], rig) = pair(move |_| Step::Wait(takes, Box::new(completion("done")))).await;
    for number in 1..=3 {
        let (answer, _, took) = clock.pass_during(timed(rig.chat("open", "hi"))).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_a"), "{}", answer.text());
        assert!((150.0..160.0).contains(&took), "{took}");
        assert_eq!((slow.calls(), slow.left(), spare.calls()), (number, 0, 0));
        assert_eq!(rig.gateway.health("inst_a").state, HealthState::Healthy);
    }
}

#[tokio::test]
async fn embeddings_that_keep_silent_for_two_minutes_fail_over() {
    let clock = StoppedClock::start();
    let takes = Duration::from_secs(150);
    let ([slow, spare], rig) = pair(move |_| Step::Wait(takes, Box::new(completion("done")))).await;
    let (answer, _, took) = clock.pass_during(timed(rig.embed("vectors"))).await;
    assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_f"), "{}", answer.text());
    assert!((120.0..130.0).contains(&took), "{took}");
    assert_eq!((slow.calls(), spare.calls()), (1, 1));
}

#[tokio::test]
async fn signs_of_life_for_more_than_two_minutes_keep_a_call_and_its_caller_is_told() {
    let role =
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
    for (sign, count, every_s) in [
        (": keep-alive", 13, 10),
        ("", 13, 10),
        (": OPENROUTER PROCESSING", 13, 10),
        (role, 2, 110),
        ("data: {\"choices\":[]}", 13, 10),
    ] {
        for in_chunks in [true, false] {
            let clock = StoppedClock::start();
            let mut events = vec![(every_s * 1_000, sign); count];
            events.extend([(0, CONTENT), (0, STOP), (0, DONE)]);
            let script = move |_: &Value| if in_chunks { chunked_stream(&events) } else { stream(&events) };
            let ([alive, spare], rig) = pair(script).await;
            let (answer, head, took) = clock.pass_during(timed(rig.stream("open", "hi"))).await;
            let text = answer.text();
            assert!((25.0..35.0).contains(&head), "{sign}: the first comment came after {head} s");
            let total = (every_s * count as u64) as f64;
            assert!((total..total + 40.0).contains(&took), "{sign}: {took}");
            let comments = text.matches(": keep-alive\n\n").count();
            assert!(text.starts_with(": keep-alive\n\n") && comments >= 4, "{sign}: {text}");
            assert!(text.ends_with(&format!("{CONTENT}\n\n{STOP}\n\n{DONE}\n\n")), "{sign}: {text}");
            assert_eq!((alive.calls(), spare.calls()), (1, 0), "{sign}");
            assert_eq!(rig.gateway.health("inst_a").state, HealthState::Healthy, "{sign}");
            drop(clock);
            tokio::time::resume();
        }
    }
}

#[tokio::test]
async fn silence_of_two_minutes_before_the_first_content_fails_over_under_comments() {
    let clock = StoppedClock::start();
    let takes = Duration::from_secs(150);
    let good = [(0, CONTENT), (0, STOP), (0, DONE)];
    let slow = Scripted::start(move |_| Step::Wait(takes, Box::new(stream(&good)))).await;
    let spare = Scripted::start(move |_| stream(&good)).await;
    let rig = Setup::new()
        .instance("a", &slow.base_url, "m", |it| it.timeouts = Timeouts::default())
        .instance("b", &spare.base_url, "m", |it| it.timeouts = Timeouts::default())
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    let (answer, head, took) = clock.pass_during(timed(rig.stream("open", "hi"))).await;
    let text = answer.text();
    assert!((25.0..35.0).contains(&head) && (120.0..130.0).contains(&took), "{head} {took}");
    assert!(text.matches(": keep-alive\n\n").count() >= 4, "{text}");
    assert!(text.ends_with(&format!("{CONTENT}\n\n{STOP}\n\n{DONE}\n\n")), "{text}");
    assert_eq!((slow.left(), spare.calls()), (1, 1));
}

#[tokio::test]
async fn a_tool_call_that_is_built_in_silence_for_75_seconds_arrives() {
    let call = r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"write","arguments":"{}"}}]},"finish_reason":null}]}"#;
    let end = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;
    let clock = StoppedClock::start();
    let events = [(0, CONTENT), (75_000, call), (0, end), (0, DONE)];
    let ([upstream, spare], rig) = pair(move |_| chunked_stream(&events)).await;
    let (answer, head, took) = clock.pass_during(timed(rig.stream("open", "hi"))).await;
    assert_eq!(answer.text(), format!("{CONTENT}\n\n{call}\n\n{end}\n\n{DONE}\n\n"));
    assert!(head < 10.0 && (75.0..90.0).contains(&took), "{head} {took}");
    assert_eq!((upstream.calls(), spare.calls()), (1, 0));
    assert_eq!(rig.gateway.health("inst_a").state, HealthState::Healthy);
}
