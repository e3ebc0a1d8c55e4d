//! Plain answers that take long: silence means that one is generated, up to a limit, and nobody is blamed for it.

use std::time::Duration;

use app::{
    domain::{
        config::instance::{Instance, WorkloadKind},
        routing::health::HealthState,
    },
    ports::DataPlane as _,
};
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion};
use crate::rig::{Rig, Setup, chat_body, got};

const SLOW: Duration = Duration::from_millis(600);

/// Answers in the shape that was asked for; a body that says `slow` waits before it.
async fn upstream() -> Scripted {
    Scripted::start(|body| {
        let answer = match () {
            () if body.get("max_output_tokens").is_some() => Step::Answer(
                200,
                json!({ "id": "resp_1", "object": "response", "status": "completed",
                    "output": [{ "type": "message", "content": [{ "type": "output_text", "text": "hi" }] }] }),
            ),
            () if body.get("max_tokens").is_some() => Step::Answer(
                200,
                json!({ "id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "end_turn",
                    "content": [{ "type": "text", "text": "hi" }] }),
            ),
            () if body.get("prompt").is_some() => {
                Step::Answer(200, json!({ "choices": [{ "index": 0, "text": "hi", "finish_reason": "stop" }] }))
            }
            () if body.get("input").is_some() => {
                Step::Answer(200, json!({ "data": [{ "index": 0, "embedding": [1, 2] }] }))
            }
            () => completion("hi"),
        };
        if body.to_string().contains("slow") { Step::Wait(SLOW, Box::new(answer)) } else { answer }
    })
    .await
}

/// `alone` has a route to `inst_a`, `try` a spare one to `inst_b` besides.
async fn rig(a: &Scripted, b: &Scripted, change: impl FnOnce(&mut Instance)) -> Rig {
    Setup::new()
        .instance("a", &a.base_url, "m", change)
        .instance("b", &b.base_url, "m", |_| {})
        .ordered("alone", &[("only", "inst_a")])
        .ordered("try", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await
}

fn state(rig: &Rig) -> HealthState {
    rig.gateway.health("inst_a").state
}

#[tokio::test]
async fn a_plain_answer_may_take_longer_than_the_silence_of_a_stream() {
    let (a, b) = (upstream().await, upstream().await);
    let rig = rig(&a, &b, |it| it.timeouts.first_byte_ms = 200).await;
    let with = |more: Value| {
        let mut body = chat_body("", "slow");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (path, body) in [
        ("chat/completions", with(json!({}))),
        ("completions", json!({ "prompt": "slow" })),
        ("responses", json!({ "input": "slow", "max_output_tokens": 9 })),
        ("messages", with(json!({ "max_tokens": 9 }))),
    ] {
        for model in ["alone", "alone", "alone", "try"] {
            let mut body = body.clone();
            body["model"] = json!(model);
            let before = a.calls();
            let answer = got(rig.post(&format!("/v1/{path}"), body.to_string())).await;
            let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
            assert_eq!(seen, (200, "inst_a", "1"), "{path}: {}", answer.text());
            assert_eq!((a.calls() - before, b.calls()), (1, 0), "{path}");
            assert_eq!(state(&rig), HealthState::Healthy, "{path}");
        }
    }
}

#[tokio::test]
async fn a_plain_answer_beyond_its_limit_is_not_sent_again_and_harms_nobody_who_answers_others() {
    let (a, b) = (upstream().await, upstream().await);
    let rig = rig(&a, &b, |it| it.timeouts.answer_ms = 300).await;
    for _ in 0..4 {
        let late = tokio::spawn(got(rig.chat("try", "slow")));
        while a.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(got(rig.chat("try", "quick")).await.status, 200);
        let late = late.await.unwrap();
        assert_eq!((late.status, late.code().as_str()), (504, "upstream_timeout"));
        assert_eq!((late.header("x-should-retry"), late.header("retry-after")), ("false", ""));
        assert_eq!(late.attempts(), ["inst_a:answer_timeout:null"]);
        while a.waiting() != 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!((a.calls(), b.calls(), state(&rig)), (8, 0, HealthState::Healthy));
    // One that answers nobody is another matter.
    for _ in 0..3 {
        assert_eq!(got(rig.chat("alone", "slow")).await.status, 504);
    }
    assert_eq!(state(&rig), HealthState::Ejected);
}

#[tokio::test]
async fn embeddings_and_counts_of_tokens_are_not_generated_so_their_silence_fails_over() {
    let (a, b) = (upstream().await, upstream().await);
    let embeds = |it: &mut Instance| {
        it.workload_kind = WorkloadKind::Embeddings;
        it.timeouts.first_byte_ms = 200;
    };
    let setup = Setup::new()
        .instance("a", &a.base_url, "m", embeds)
        .instance("b", &b.base_url, "m", |it| it.workload_kind = WorkloadKind::Embeddings)
        .instance("c", &a.base_url, "m", |it| it.timeouts.first_byte_ms = 200)
        .instance("d", &b.base_url, "m", |it| it.timeouts.first_byte_ms = 5_000);
    let rig = setup
        .balancer("vectors", &[("main", "inst_a"), ("spare", "inst_b")], |it| {
            it.workload_kind = WorkloadKind::Embeddings;
        })
        .ordered("try", &[("main", "inst_c"), ("spare", "inst_d")])
        .start()
        .await;
    for (path, body, instance) in [
        ("embeddings", json!({ "model": "vectors", "input": "slow" }), "inst_b"),
        ("messages/count_tokens", chat_body("try", "slow"), "inst_d"),
        ("responses/input_tokens", json!({ "model": "try", "input": "slow" }), "inst_d"),
    ] {
        let answer = got(rig.post(&format!("/v1/{path}"), body.to_string())).await;
        let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
        assert_eq!(seen, (200, instance, "2"), "{path}: {}", answer.text());
    }
}
