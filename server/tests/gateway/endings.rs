//! Ends of streams: which are good ones, which fail over, and what the caller is told of the others.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use serde_json::{Value, json};

use super::events::{Records, last, named, plain, recorded, stream_answer};
use crate::{
    raw_upstream::RawUpstream,
    rig::{Got, Rig, got},
};

const DONE: &str = "data: [DONE]\n\n";

/// An instance `main` that answers all calls with a stream, and one `spare` that answers with another.
async fn rig(main: &str, spare: &str) -> ([RawUpstream; 2], Rig, Records) {
    let start = async |stream: &str| {
        let answer = stream_answer(stream);
        RawUpstream::start(move |_| answer.clone()).await
    };
    let upstreams = [start(main).await, start(spare).await];
    let (setup, records) = recorded();
    let rig = setup
        .instance("main", &upstreams[0].origin, "m", |_| {})
        .instance("spare", &upstreams[1].origin, "m", |_| {})
        .ordered("open", &[("main", "inst_main"), ("spare", "inst_spare")])
        .balancer("masked", &[("main", "inst_main")], |it| it.mask_upstream_model = true)
        .start()
        .await;
    (upstreams, rig, records)
}

async fn stream(rig: &Rig, path: &str, mut body: Value) -> Got {
    body["stream"] = json!(true);
    if body["model"].is_null() {
        body["model"] = json!("open");
    }
    got(rig.post(path, body.to_string())).await
}

fn state(rig: &Rig) -> HealthState {
    rig.gateway.health("inst_main").state
}

const RESPONSES: &str = "/v1/responses";
const CHAT: &str = "/v1/chat/completions";
const COMPLETIONS: &str = "/v1/completions";

fn response_event(kind: &str, response: Value) -> String {
    named(kind, json!({ "response": response }))
}

fn created() -> String {
    response_event("response.created", json!({ "id": "resp_1", "output": [] }))
}

fn output() -> String {
    named("response.output_text.delta", json!({ "delta": "w" }))
}

fn completed() -> String {
    response_event("response.completed", json!({ "id": "resp_2", "output": [{ "type": "message" }] }))
}

fn failed() -> String {
    let error = json!({ "code": "server_error", "message": "no" });
    response_event("response.failed", json!({ "id": "resp_1", "status": "failed", "error": error }))
}

#[tokio::test]
async fn a_response_that_fails_before_any_output_fails_over() {
    let well = created() + &output() + &completed();
    let in_progress = response_event("response.in_progress", json!({ "id": "resp_1", "output": [] }));
    let long = json!({ "id": "resp_1", "instructions": "x".repeat(100_000), "output": [] });
    let echoes =
        response_event("response.created", long.clone()) + &response_event("response.in_progress", long);
    for begun in [created() + &in_progress, String::new(), echoes] {
        let (_upstreams, rig, mut records) = rig(&format!("{begun}{}", failed()), &well).await;
        let body = json!({ "input": "hi", "instructions": "x".repeat(if begun.len() > 9_999 { 100_000 } else { 1 }) });
        let answer = stream(&rig, RESPONSES, body).await;
        let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
        assert_eq!((seen, answer.text()), ((200, "inst_spare", "2"), well.clone()));
        assert_eq!(records.next().await.attempts[0].outcome.name(), "error_event");
    }
}

#[tokio::test]
async fn a_response_that_fails_after_output_ends_with_its_own_event() {
    let whole = created() + &output() + &failed();
    let (_upstreams, rig, mut records) = rig(&whole, "").await;
    for number in 0..3 {
        let answer = stream(&rig, RESPONSES, json!({ "input": number.to_string() })).await;
        assert_eq!((answer.status, answer.header("x-sb-attempts"), answer.text()), (200, "1", whole.clone()));
        let record = records.next().await;
        assert_eq!((record.code, record.attempts[0].outcome.name()), (Some("upstream_error"), "error_event"));
    }
    assert_eq!(state(&rig), HealthState::Ejected, "each was a failure");
}

#[tokio::test]
async fn an_incomplete_response_ends_well() {
    let usage = json!({ "input_tokens": 3, "output_tokens": 5 });
    let end = json!({ "id": "resp_1", "status": "incomplete", "output": [], "usage": usage });
    let end = response_event("response.incomplete", end);
    for whole in [created() + &output() + &end, created() + &end, end] {
        let (_upstreams, rig, mut records) = rig(&whole, "").await;
        for _ in 0..3 {
            let answer = stream(&rig, RESPONSES, json!({ "input": "hi" })).await;
            assert_eq!((answer.status, answer.text()), (200, whole.clone()));
            let record = records.next().await;
            let seen = (record.code, record.attempts[0].outcome.name(), record.tokens);
            assert_eq!(seen, (None, "ok", Some((3, 5))));
        }
        assert_eq!(state(&rig), HealthState::Healthy);
    }
}

#[tokio::test]
async fn a_response_without_its_end_is_ended_as_a_failure() {
    let begun = created() + &output();
    for torn in [
        "",
        "event: response.comp",
        "data: {\"type\":\"respon",
        "event: response.output_text.done\ndata: {}",
        "\n",
    ] {
        let sent = format!("{begun}{torn}");
        let (_upstreams, rig, mut records) = rig(&sent, "").await;
        for model in ["open", "masked"] {
            let text = stream(&rig, RESPONSES, json!({ "input": "hi", "model": model })).await.text();
            assert!(text.starts_with(&sent), "{torn}: every byte is passed on: {text}");
            let data = last(&text).strip_prefix("event: response.failed\ndata: ");
            let data: Value = serde_json::from_str(data.unwrap_or_else(|| panic!("{torn}: {text}"))).unwrap();
            assert_eq!(
                (data["type"].as_str(), data["response"]["id"].as_str()),
                (Some("response.failed"), Some("resp_1"))
            );
            assert_eq!(data["response"]["error"]["code"], "upstream_error", "{torn}");
            assert_eq!(records.outcome().await, "truncated", "{torn}");
        }
    }
}

#[tokio::test]
async fn half_an_event_does_not_swallow_the_error_behind_it() {
    let word = plain(&json!({ "choices": [{ "index": 0, "delta": { "content": "w" } }] }));
    let stopped = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}";
    for torn in ["data: {\"choi", "data: {}", stopped, "data: {\"error\":{\"code\":500}}", "data: {}\r\n"] {
        let sent = format!("{word}{torn}");
        let (_upstreams, rig, _records) = rig(&sent, "").await;
        for model in ["open", "masked"] {
            let text = stream(&rig, CHAT, json!({ "messages": [], "model": model })).await.text();
            assert!(text.starts_with(&sent), "{torn}: {text}");
            assert!(last(&text).starts_with("data: {\"error\":{"), "{torn}: {text}");
        }
    }
}

/// A chunk of a choice.
fn chunk(index: u64, text: &str, finish: Value) -> String {
    plain(&json!({ "choices": [{ "index": index, "delta": { "content": text }, "finish_reason": finish }] }))
}

/// The same for completions.
fn text_chunk(index: u64, text: &str, finish: Value) -> String {
    plain(&json!({ "choices": [{ "index": index, "text": text, "finish_reason": finish }] }))
}

type Chunk = fn(u64, &str, Value) -> String;

/// Calls that ask for two choices, with their chunks.
fn calls_for_two() -> Vec<(&'static str, Value, Chunk)> {
    vec![
        (CHAT, json!({ "n": 2, "messages": [] }), chunk),
        (COMPLETIONS, json!({ "n": 2, "prompt": "hi" }), text_chunk),
        (COMPLETIONS, json!({ "prompt": ["hi", "ho"] }), text_chunk),
        (COMPLETIONS, json!({ "prompt": [[1, 2], [3]], "n": 1 }), text_chunk),
    ]
}

#[tokio::test]
async fn several_choices_without_an_end_of_the_stream_end_well_if_each_has() {
    let null = || Value::Null;
    for (path, body, chunk) in calls_for_two() {
        let begun = chunk(0, "a", null()) + &chunk(1, "b", null()) + &chunk(0, "a", null());
        let stop = |index| chunk(index, "", json!("stop"));
        let length = |index| chunk(index, "", json!("length"));
        for whole in [
            begun.clone() + &stop(0) + &length(1),
            begun.clone() + &stop(1) + &chunk(0, "a", null()) + &stop(0),
            chunk(0, "a", null()) + &stop(0),
            begun.clone() + &stop(0) + DONE,
        ] {
            let (_upstreams, rig, mut records) = rig(&whole, "").await;
            assert_eq!(stream(&rig, path, body.clone()).await.text(), whole, "{path} {body}");
            assert_eq!(records.outcome().await, "ok", "{path} {body}: {whole}");
        }
        for cut in [
            begun.clone() + &stop(0),
            begun.clone() + &stop(1),
            begun.clone() + &stop(0) + &chunk(1, "", json!("")),
            begun.clone() + &stop(0) + &chunk(1, "", json!("null")),
            chunk(0, "a", null()) + &stop(0) + &chunk(1, "", null()),
            begun,
        ] {
            let (_upstreams, rig, mut records) = rig(&cut, "").await;
            let text = stream(&rig, path, body.clone()).await.text();
            let rest = text.strip_prefix(&cut);
            assert!(rest.is_some_and(|it| it.starts_with("data: {\"error\":{")), "{path} {body}: {text}");
            assert_eq!(records.outcome().await, "truncated", "{path} {body}: {cut}");
        }
    }
}

#[tokio::test]
async fn one_prompt_of_tokens_is_one_choice() {
    let whole = text_chunk(0, "a", Value::Null) + &text_chunk(0, "", json!("stop"));
    let (_upstreams, rig, mut records) = rig(&whole, "").await;
    assert_eq!(stream(&rig, COMPLETIONS, json!({ "prompt": [1, 2, 3] })).await.text(), whole);
    assert_eq!(records.outcome().await, "ok");
}

#[tokio::test]
async fn a_choice_that_finishes_in_error_after_content_is_a_broken_stream() {
    for (path, body, chunk) in [
        (CHAT, json!({ "messages": [] }), chunk as Chunk),
        (COMPLETIONS, json!({ "prompt": "hi" }), text_chunk),
        (CHAT, json!({ "messages": [], "n": 2 }), chunk),
    ] {
        let word = || chunk(0, "w", Value::Null);
        let failed = || json!("error");
        for shown in [
            word() + &word() + &chunk(0, "", failed()),
            word() + &chunk(0, "last words", failed()),
            chunk(0, "last words", failed()),
        ] {
            let (upstreams, rig, mut records) = rig(&(shown.clone() + DONE), "").await;
            for number in 0..3 {
                let mut body = body.clone();
                body["user"] = json!(number.to_string());
                let answer = stream(&rig, path, body).await;
                assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_main"), "{path}");
                let text = answer.text();
                let rest = text.strip_prefix(&shown).unwrap_or_else(|| panic!("{path}: {text}"));
                assert!(rest.starts_with("data: {\"error\":{") && last(&text) == rest.trim_end(), "{text}");
                assert!(rest.contains("upstream_error") && !text.contains("[DONE]"), "{path}: {text}");
                let record = records.next().await;
                let seen = (record.code, record.attempts[0].outcome.name());
                assert_eq!(seen, (Some("upstream_error"), "error_event"), "{path}");
            }
            assert_eq!((upstreams[1].requests().len(), state(&rig)), (0, HealthState::Ejected), "{path}");
        }
    }
}

#[tokio::test]
async fn an_error_that_the_upstream_tells_itself_is_told_once() {
    let word = chunk(0, "w", Value::Null);
    let told = json!({ "error": { "message": "no", "code": 500 },
        "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }] });
    let shown = word + &plain(&told);
    let (_upstreams, rig, mut records) = rig(&(shown.clone() + DONE), "").await;
    assert_eq!(stream(&rig, CHAT, json!({ "messages": [] })).await.text(), shown);
    assert_eq!(records.outcome().await, "error_event");
}

#[tokio::test]
async fn a_choice_that_finishes_in_error_before_content_fails_over() {
    let role =
        plain(&json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "" } }] }));
    let well = chunk(0, "w", Value::Null) + DONE;
    let (_upstreams, rig, mut records) = rig(&(role + &chunk(0, "", json!("error")) + DONE), &well).await;
    let answer = stream(&rig, CHAT, json!({ "messages": [] })).await;
    assert_eq!((answer.header("x-sb-instance"), answer.text()), ("inst_spare", well));
    assert_eq!(records.next().await.attempts[0].outcome.name(), "error_event");
}
