//! Comments for a streaming caller while nothing has come, and what follows after them.

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    scripted::{Scripted, Step, chunked_stream, completion, raw_json},
    wire,
};
use crate::rig::{Rig, SOON, Setup, got};

const COMMENT: &str = ": keep-alive\n\n";

/// Paths of the APIs with their bodies for a stream of the balancer `open`.
fn apis() -> [(&'static str, Value); 3] {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    [
        ("/v1/chat/completions", json!({ "model": "open", "stream": true, "messages": messages })),
        ("/v1/responses", json!({ "model": "open", "stream": true, "input": "hi" })),
        ("/v1/messages", json!({ "model": "open", "stream": true, "max_tokens": 9, "messages": messages })),
    ]
}

/// The step behind a second and a half.
fn late(step: Step) -> Step {
    Step::Wait(Duration::from_millis(1_500), Box::new(step))
}

/// The balancer `open` over one instance, with a comment a second.
async fn alone(script: impl Fn(&Value) -> Step + Send + Sync + 'static) -> (Scripted, Rig) {
    let upstream = Scripted::start(script).await;
    let rig = Setup::new()
        .instance("a", &upstream.base_url, "m", |_| {})
        .balancer("open", &[("only", "inst_a")], |it| it.stream_keepalive_s = 1)
        .start()
        .await;
    (upstream, rig)
}

/// The balancer `open` with a router model that takes this long.
async fn slow_router(takes: Duration, destination: &str) -> (Scripted, FaultUpstream, Rig) {
    let router =
        Scripted::start(move |_| Step::Wait(takes, Box::new(completion("{\"route\":\"code\"}")))).await;
    let upstream = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("router", &router.base_url, "m", |it| it.timeouts.first_byte_ms = 60_000)
        .chat("a", &upstream, destination)
        .classifier("open", "inst_router", &[("code", "inst_a"), ("general", "inst_a")]);
    let balancer = &mut setup.configuration.balancers[0].spec;
    balancer.stream_keepalive_s = 1;
    balancer.classifier.budget_ms = 20_000;
    let rig = setup.start().await;
    (router, upstream, rig)
}

/// What follows the comments, of which there is at least one.
fn after_comments(text: &str) -> &str {
    let rest = text.trim_start_matches(COMMENT);
    assert!(rest.len() < text.len(), "no comment: {text}");
    rest
}

#[tokio::test]
async fn comments_begin_while_the_router_model_is_being_asked() {
    let (router, _upstream, rig) = slow_router(Duration::from_millis(3_500), "ok@3").await;
    let began = Instant::now();
    let mut response = timeout(SOON, rig.stream("open", "hi").send()).await.unwrap().unwrap();
    let first = timeout(SOON, response.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(first, COMMENT);
    assert_eq!(router.waiting(), 1, "there is no decision yet, {:?} after the call", began.elapsed());
    let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
    assert_eq!(response.status(), 200);
    assert_eq!(header("x-sb-balancer").as_deref(), Some("open"));
    assert!(header("x-request-id").unwrap().starts_with("req_"));
    assert!(header("x-sb-decision").unwrap().starts_with("dec_"));
    for unknown in ["x-sb-route", "x-sb-reason", "x-sb-instance", "x-sb-attempts"] {
        assert_eq!(header(unknown), None, "{unknown}");
    }
    let timing = header("server-timing").unwrap();
    let first_byte: f64 = timing.strip_prefix("first_byte;dur=").unwrap().parse().unwrap();
    assert!((1_000.0..3_500.0).contains(&first_byte), "{timing}");

    let mut text = String::from_utf8(first.to_vec()).unwrap();
    while let Some(piece) = timeout(SOON, response.chunk()).await.unwrap().unwrap() {
        text += std::str::from_utf8(&piece).unwrap();
    }
    assert!(text.matches(COMMENT).count() >= 3, "one a second: {text}");
    assert!(after_comments(&text).ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn a_comment_after_the_decision_tells_it() {
    let (_router, _upstream, rig) = slow_router(Duration::from_millis(1), "slow:1500+ok@3").await;
    let answer = got(rig.stream("open", "hi")).await;
    after_comments(&answer.text());
    assert_eq!((answer.header("x-sb-route"), answer.header("x-sb-reason")), ("code", "matched"));
    assert_eq!(answer.header("x-sb-instance"), "", "nobody has answered yet");
    let timing = answer.header("server-timing");
    let (route, first_byte) = timing.split_once(", first_byte;dur=").unwrap();
    assert!(route.strip_prefix("route;dur=").unwrap().parse::<f64>().unwrap() < 1_000.0, "{timing}");
    assert!(first_byte.parse::<f64>().unwrap() >= 1_000.0, "the comment is the first byte: {timing}");
}

#[tokio::test]
async fn a_decision_in_time_is_told_whole() {
    let (_router, _upstream, rig) = slow_router(Duration::from_millis(300), "ok@3").await;
    let answer = got(rig.stream("open", "hi")).await;
    assert!(answer.text().starts_with("data: "), "{}", answer.text());
    let seen = ["x-sb-route", "x-sb-reason", "x-sb-instance", "x-sb-attempts"].map(|it| answer.header(it));
    assert_eq!(seen, ["code", "matched", "inst_a", "1"]);
}

#[tokio::test]
async fn a_caller_that_leaves_after_a_comment_takes_the_router_call_along() {
    let (router, _upstream, rig) = slow_router(SOON, "ok@3").await;
    let mut response = timeout(SOON, rig.stream("open", "hi").send()).await.unwrap().unwrap();
    timeout(SOON, response.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!((router.waiting(), router.left()), (1, 0));
    drop(response);
    let left = Instant::now();
    while router.left() == 0 {
        assert!(left.elapsed() < Duration::from_millis(250), "the router call goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_refusal_after_a_comment_is_an_event_of_its_api() {
    // In several lines, as Google's servers write JSON.
    let object = "{\n  \"message\": \"temperature is too high\",\r\n  \"type\": \"invalid_request_error\"\n}";
    let forms = [
        format!("{{\n  \"error\": {object}\n}}"),
        format!("[{{\n  \"error\": {object}\n}}]"),
        object.to_owned(),
        "{\"error\": \"temperature is too high\"}".to_owned(),
    ];
    for form in forms {
        let body = form.clone();
        let (_upstream, rig) = alone(move |_| late(raw_json(400, &body))).await;
        for (path, call) in apis() {
            let answer = got(rig.post(path, call.to_string())).await;
            assert_eq!(answer.status, 200, "{path}");
            let text = answer.text();
            let error = error_of(path, after_comments(&text));
            assert_eq!(error["message"], "temperature is too high", "{path}: {form}");
            assert_eq!(error["type"], "invalid_request_error", "{path}: {form}");
        }
    }
}

#[tokio::test]
async fn a_refusal_without_an_error_object_is_told_in_our_words() {
    for body in ["no such thing", "[]", "{}", "{\"error\":null}", "{\"error\":"] {
        let (_upstream, rig) = alone(move |_| late(raw_json(422, body))).await;
        for (path, call) in apis() {
            let answer = got(rig.post(path, call.to_string())).await;
            let text = answer.text();
            let error = error_of(path, after_comments(&text));
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("rejected") && message.contains(answer.header("x-request-id")),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_failure_after_a_comment_is_an_event_of_its_api() {
    let (_upstream, rig) = alone(|_| late(Step::Answer(500, json!({ "error": "canary" })))).await;
    for (path, call) in apis() {
        let answer = got(rig.post(path, call.to_string())).await;
        let text = answer.text();
        let error = error_of(path, after_comments(&text));
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(error["attempts"][0]["status"], 500, "{path}: {text}");
        assert!(!text.contains("canary"), "{path}: {text}");
        assert!(error["message"].as_str().unwrap().contains(answer.header("x-request-id")), "{path}: {text}");
    }
}

#[tokio::test]
async fn the_connection_closes_after_an_error_that_follows_a_comment() {
    let (_upstream, rig) = alone(|_| late(Step::Answer(500, json!({})))).await;
    let mut socket = wire::connect(&rig).await;
    tokio::io::AsyncWriteExt::write_all(&mut socket, wire::chat("open", "hi", true).as_bytes())
        .await
        .unwrap();
    let mut text = String::new();
    let reading = tokio::io::AsyncReadExt::read_to_string(&mut socket, &mut text);
    timeout(SOON, reading).await.unwrap().unwrap();
    assert!(text.contains("upstream_error") && text.ends_with("\r\n0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn a_stream_that_begins_after_a_comment_is_relayed_whole() {
    let content = r#"data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}"#;
    let stop = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let events = [(0, content), (0, stop), (0, "data: [DONE]")];
    let (_upstream, rig) = alone(move |_| late(chunked_stream(&events))).await;
    let answer = got(rig.stream("open", "hi")).await;
    assert_eq!(after_comments(&answer.text()), format!("{content}\n\n{stop}\n\ndata: [DONE]\n\n"));
}

/// The error in the only event of a stream, in the shape of the API of `path`.
fn error_of(path: &str, event: &str) -> Value {
    let line = event.strip_suffix("\n\n").unwrap();
    assert!(!line.contains("[DONE]") && !line.contains("\n\n"), "one event: {event}");
    let (name, data) = match path {
        "/v1/chat/completions" => ("", line),
        _ => line.split_once('\n').unwrap(),
    };
    assert!(!data.contains(['\r', '\n']), "one line of data: {event}");
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    match path {
        "/v1/chat/completions" => data["error"].clone(),
        "/v1/responses" => {
            assert_eq!((name, data["type"].as_str()), ("event: response.failed", Some("response.failed")));
            assert_eq!(data["response"]["status"], "failed");
            data["response"]["error"].clone()
        }
        _ => {
            assert_eq!((name, data["type"].as_str()), ("event: error", Some("error")));
            assert!(data["request_id"].as_str().unwrap().starts_with("req_"));
            data["error"].clone()
        }
    }
}
