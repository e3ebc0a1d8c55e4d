//! Calls on stored responses: what their instance says of them passes as it is, and harms nobody.

use std::sync::{Arc, Mutex};

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use reqwest::Method;
use serde_json::{Value, json};

use super::events::{Records, last, named, recorded, stream_answer};
use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Got, KEY, Rig, got},
};

/// An instance that makes the response `resp_1`, and answers calls on it with what the test sets.
struct Maker {
    upstream: RawUpstream,
    answer: Arc<Mutex<String>>,
}

async fn maker() -> (Maker, Rig, Records) {
    let answer = Arc::<Mutex<String>>::default();
    let shared = Arc::clone(&answer);
    let upstream = RawUpstream::start(move |request| {
        if request.starts_with("POST /v1/responses HTTP") {
            json_answer(
                200,
                &json!({ "id": "resp_1", "object": "response", "status": "queued", "output": [] }),
            )
        } else {
            shared.lock().unwrap().clone()
        }
    })
    .await;
    let (setup, mut records) = recorded();
    let rig = setup
        .instance("a", &upstream.origin, "m", |_| {})
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    make(&rig).await;
    records.next().await;
    (Maker { upstream, answer }, rig, records)
}

async fn make(rig: &Rig) {
    let body = json!({ "model": "open", "input": "hi", "background": true }).to_string();
    assert_eq!(got(rig.post("/v1/responses", body)).await.status, 200);
}

impl Maker {
    /// Makes a call on the response, which the instance answers with `answer`.
    async fn call(&self, rig: &Rig, method: Method, rest: &str, answer: String) -> Got {
        *self.answer.lock().unwrap() = answer;
        let url = format!("{}/v1/responses/resp_1{rest}", rig.origin);
        got(rig.client.request(method, url).bearer_auth(KEY)).await
    }
}

fn state(rig: &Rig) -> HealthState {
    rig.gateway.health("inst_a").state
}

fn failed() -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "failed", "output": [],
        "error": { "code": "server_error", "message": "no" },
        "usage": { "input_tokens": 3, "output_tokens": 5 }
    })
}

/// Streams of a response that failed, in all the ways that servers tell it.
fn failed_streams() -> Vec<String> {
    let of = |kind: &str| named(kind, json!({ "response": { "id": "resp_1", "output": [] } }));
    let begun = of("response.created") + &of("response.in_progress");
    let output = named("response.output_text.delta", json!({ "delta": "w" }));
    let failed = named("response.failed", json!({ "response": failed() }));
    let error = named("error", json!({ "code": "server_error", "message": "no", "sequence_number": 3 }));
    vec![
        format!("{begun}{failed}"),
        format!("{begun}{output}{failed}"),
        format!("{begun}{error}{failed}"),
        format!("{begun}{output}{error}{failed}"),
        format!("{begun}{error}"),
        failed,
    ]
}

#[tokio::test]
async fn a_stored_response_that_failed_is_no_failure_of_its_instance() {
    let (maker, rig, mut records) = maker().await;
    let body = failed().to_string();
    let error_first = body.replacen('{', "{\"error\":{\"code\":\"server_error\",\"message\":\"no\"},", 1);
    let no_error_first = body.replacen('{', "{\"error\":null,", 1);
    for body in [body, error_first, no_error_first] {
        let answer = json_answer(200, &Value::Null)
            .replace("content-length: 4", &format!("content-length: {}", body.len()));
        let answer = answer.replace("\r\n\r\nnull", &format!("\r\n\r\n{body}"));
        for _ in 0..3 {
            let read = maker.call(&rig, Method::GET, "", answer.clone()).await;
            assert_eq!((read.status, read.header("x-sb-reason"), read.text()), (200, "pinned", body.clone()));
            let record = records.next().await;
            assert_eq!((record.code, record.attempts[0].outcome.name()), (None, "ok"));
        }
    }
    assert_eq!(state(&rig), HealthState::Healthy);
}

#[tokio::test]
async fn the_replay_of_a_failed_response_is_a_whole_stream() {
    let (maker, rig, mut records) = maker().await;
    for stream in failed_streams() {
        let read = maker.call(&rig, Method::GET, "?stream=true", stream_answer(&stream)).await;
        assert_eq!((read.status, read.text()), (200, stream.clone()));
        assert!(read.header("content-type").starts_with("text/event-stream"));
        let record = records.next().await;
        let seen = (record.code, record.attempts[0].outcome.name(), record.tokens);
        assert_eq!(seen, (None, "ok", None), "{stream}");
        assert!(!record.is_empty, "{stream}");
    }
    assert_eq!(state(&rig), HealthState::Healthy);
}

#[tokio::test]
async fn usage_is_counted_when_a_response_is_made_and_not_when_it_is_replayed() {
    let (maker, rig, mut records) = maker().await;
    let usage = json!({ "input_tokens": 3, "output_tokens": 5 });
    let response = json!({ "id": "resp_1", "status": "completed", "output": [{}], "usage": usage });
    let stream = named("response.completed", json!({ "response": response }));
    let read = maker.call(&rig, Method::GET, "?stream=true", stream_answer(&stream)).await;
    assert_eq!((read.status, records.next().await.tokens), (200, None));
}

#[tokio::test]
async fn a_replay_that_breaks_off_or_fails_itself_is_still_told() {
    let (maker, rig, mut records) = maker().await;
    let begun = named("response.output_text.delta", json!({ "delta": "w" }));
    let read = maker.call(&rig, Method::GET, "?stream=true", stream_answer(&begun)).await;
    let text = read.text();
    assert!(text.starts_with(&begun) && last(&text).starts_with("event: response.failed\n"), "{text}");
    assert!(last(&text).contains("upstream_error"), "{text}");
    assert_eq!(records.outcome().await, "truncated");
    let error = "data: {\"error\":{\"message\":\"no\",\"code\":500}}\n\n";
    let read = maker.call(&rig, Method::GET, "?stream=true", stream_answer(error)).await;
    assert_eq!((read.status, read.code().as_str()), (502, "upstream_error"));
    assert_eq!(records.outcome().await, "error_event");
}

#[tokio::test]
async fn a_stored_response_comes_in_the_form_that_its_instance_gives_it() {
    let (maker, rig, _records) = maker().await;
    let stream = failed_streams().remove(0);
    for query in ["?stream=1", "?stream=True", "?include[]=x&stream=true&starting_after=3"] {
        let read = maker.call(&rig, Method::GET, query, stream_answer(&stream)).await;
        assert_eq!((read.status, read.text()), (200, stream.clone()), "{query}");
        let read = maker.call(&rig, Method::GET, query, json_answer(200, &failed())).await;
        assert_eq!((read.status, read.json()), (200, failed()), "{query}");
    }
    let asked = maker.upstream.requests();
    let path = "GET /v1/responses/resp_1?include[]=x&stream=true&starting_after=3 HTTP";
    assert!(asked.iter().any(|it| it.starts_with(path)), "{asked:?}");
}

const CALLS: [(Method, &str); 5] = [
    (Method::GET, ""),
    (Method::GET, "?stream=true"),
    (Method::DELETE, ""),
    (Method::POST, "/cancel"),
    (Method::GET, "/input_items"),
];

#[tokio::test]
async fn each_call_on_a_stored_response_reaches_its_instance() {
    let (maker, rig, _records) = maker().await;
    for (method, rest) in CALLS {
        let body = json!({ "object": "list", "data": [], "of": rest });
        let read = maker.call(&rig, method.clone(), rest, json_answer(200, &body)).await;
        let seen = (read.status, read.header("x-sb-reason"), read.header("x-sb-attempts"), read.json());
        assert_eq!(seen, (200, "pinned", "1", body), "{method} {rest}");
        let asked = maker.upstream.requests().pop().unwrap();
        assert!(asked.starts_with(&format!("{method} /v1/responses/resp_1{rest} HTTP")), "{asked}");
    }
}

#[tokio::test]
async fn the_head_of_a_stored_response_is_that_of_the_whole() {
    let (maker, rig, _records) = maker().await;
    let read = maker.call(&rig, Method::HEAD, "", json_answer(200, &failed())).await;
    assert_eq!((read.status, read.header("x-sb-instance"), read.body.len()), (200, "inst_a", 0));
    assert!(maker.upstream.requests().pop().unwrap().starts_with("GET /v1/responses/resp_1 HTTP"));
    assert_eq!(state(&rig), HealthState::Healthy);
}

#[tokio::test]
async fn an_instance_may_answer_without_a_body_or_say_that_it_goes_on() {
    let (maker, rig, mut records) = maker().await;
    for (method, rest, answer, status) in [
        (Method::DELETE, "", "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned(), 204),
        (Method::POST, "/cancel", json_answer(202, &json!({ "id": "resp_1" })), 202),
    ] {
        let read = maker.call(&rig, method, rest, answer.clone()).await;
        assert_eq!((read.status, read.text()), (status, answer.split("\r\n\r\n").nth(1).unwrap().to_owned()));
        assert_eq!(records.outcome().await, "ok");
    }
    assert_eq!(state(&rig), HealthState::Healthy);
}

#[tokio::test]
async fn a_websocket_on_a_stored_response_is_refused() {
    let (maker, rig, _records) = maker().await;
    let before = maker.upstream.requests().len();
    for id in ["resp_1", "resp_unknown"] {
        let url = format!("{}/v1/responses/{id}", rig.origin);
        let upgrade = rig.client.get(url).header("connection", "upgrade").header("upgrade", "websocket");
        let refused = got(upgrade.bearer_auth(KEY)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "websocket_not_supported"), "{id}");
    }
    assert_eq!(maker.upstream.requests().len(), before);
}

#[tokio::test]
async fn what_the_instance_no_longer_has_is_not_found_and_harms_nobody() {
    let (maker, rig, _records) = maker().await;
    for (method, rest) in CALLS.into_iter().cycle().take(15) {
        let gone = json_answer(404, &json!({ "error": { "message": "gone", "code": "not_found" } }));
        let refused = maker.call(&rig, method.clone(), rest, gone).await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "response_not_found"), "{method} {rest}");
    }
    assert_eq!(state(&rig), HealthState::Healthy);
    make(&rig).await;
}

#[tokio::test]
async fn a_call_that_the_instance_does_not_offer_says_nothing_of_its_health() {
    let (maker, rig, _records) = maker().await;
    for status in [405, 501] {
        for (method, rest) in CALLS {
            let lacking = json_answer(status, &json!({ "error": { "message": "no" } }));
            let refused = maker.call(&rig, method.clone(), rest, lacking).await;
            let seen = (refused.status, refused.code(), refused.header("x-sb-attempts"));
            assert_eq!(seen, (400, "api_not_supported".to_owned(), "0"), "{status} {method} {rest}");
        }
    }
    assert_eq!(state(&rig), HealthState::Healthy);
    make(&rig).await;
}

#[tokio::test]
async fn a_refusal_of_a_call_on_a_stored_response_is_the_callers() {
    let (maker, rig, _records) = maker().await;
    let refusal =
        json!({ "error": { "message": "only background responses", "type": "invalid_request_error" } });
    for status in [400, 409] {
        let refused = maker.call(&rig, Method::POST, "/cancel", json_answer(status, &refusal)).await;
        assert_eq!((refused.status, refused.json()), (status, refusal.clone()));
    }
    assert_eq!(state(&rig), HealthState::Healthy);
}
