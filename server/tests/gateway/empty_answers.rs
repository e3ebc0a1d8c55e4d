//! A 200 with nothing in it is a failed attempt; one without words is an answer, and marked in the log.

use serde_json::{Value, json};

use super::chunks::{DONE, Pair, chunk, completion, fail_over, pass};
use crate::{raw_upstream::json_answer, rig::got};

/// The instance that answers a plain call, if the first one says this; and whether the log marks the answer.
async fn answered_by(body: Value) -> (String, bool) {
    let mut pair = Pair::start(move |_| json_answer(200, &body)).await;
    let answer = got(pair.rig.chat("try", "hi")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.header("x-sb-instance").to_owned(), pair.record().await.is_empty)
}

fn of(instance: &str, is_empty: bool) -> (String, bool) {
    (instance.to_owned(), is_empty)
}

#[tokio::test]
async fn a_plain_answer_without_choices_is_a_failed_attempt() {
    let usage = json!({ "prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9 });
    for mut body in [
        json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [] }),
        json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": null }),
        json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "m" }),
        json!({}),
    ] {
        assert_eq!(answered_by(body.clone()).await, of("inst_b", false), "{body}");
        body["usage"] = usage.clone();
        assert_eq!(answered_by(body.clone()).await, of("inst_b", false), "{body}");
    }
}

#[tokio::test]
async fn a_choice_without_words_passes_and_is_marked() {
    let usage = json!({ "prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9 });
    for content in [Value::Null, json!(""), json!([])] {
        let message = json!({ "role": "assistant", "content": content });
        let mut body = completion(&json!({ "index": 0, "message": message, "finish_reason": "stop" }));
        body["usage"] = usage.clone();
        assert_eq!(answered_by(body.clone()).await, of("inst_a", true), "{body}");
    }
}

#[tokio::test]
async fn what_stands_in_place_of_words_is_an_answer() {
    let call = json!({ "id": "t1", "type": "function", "function": { "name": "f", "arguments": "{}" } });
    for (field, value) in [
        ("tool_calls", json!([call])),
        ("refusal", json!("no")),
        ("function_call", json!({ "name": "f", "arguments": "{}" })),
        ("reasoning_content", json!("Hm.")),
        ("audio", json!({ "id": "a1", "data": "AAAA" })),
    ] {
        let mut message = json!({ "role": "assistant", "content": null });
        message[field] = value;
        let body = completion(&json!({ "index": 0, "message": message, "finish_reason": "stop" }));
        assert_eq!(answered_by(body).await, of("inst_a", false), "{field}");
    }
}

#[tokio::test]
async fn a_stream_without_words_passes_and_is_marked() {
    let role = chunk(&json!({ "role": "assistant", "content": "" }), None);
    for reason in ["stop", "length", "content_filter"] {
        let end = chunk(&json!({}), Some(reason));
        for events in [[&role, &end, DONE].concat(), [&*end, DONE].concat(), role.clone() + &end] {
            let records = pass(&events).await;
            assert!(records.iter().all(|it| it.is_empty), "{events}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_only_ends_is_a_failed_attempt() {
    let role = chunk(&json!({ "role": "assistant", "content": "" }), None);
    for events in [
        DONE.to_owned(),
        "data: [DONE]".to_owned(),
        role.clone() + DONE,
        role,
        ": hello\n\n".to_owned() + DONE,
        String::new(),
    ] {
        fail_over(&events).await;
    }
}
