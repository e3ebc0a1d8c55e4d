//! Answers that are not a stream: statuses, and bodies that do not match their head.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, SystemTime};

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{Client, End, Received, chat, exchange, post, text};

fn is_error(received: &Received) -> bool {
    received.json()["error"]["message"].is_string()
}

fn is_answer(received: &Received) -> bool {
    received.json()["choices"][0]["message"]["content"] == "ok from upstream: 1"
}

fn is_type(received: &Received, content_type: &str) -> bool {
    received.header("content-type") == Some(content_type) && received.end == End::Fin
}

fn falls_short(received: &Received, bytes: usize, end: End) -> bool {
    received.rest.len() == bytes && !received.body().1 && received.end == end
}

#[tokio::test]
async fn each_plain_fault_behaves_as_documented() {
    type Holds = fn(&Received) -> bool;
    let table: [(&str, bool, u16, Holds); 39] = [
        ("ok", false, 200, |received| is_answer(received) && is_type(received, "application/json")),
        ("gpt-unheard-of", false, 200, is_answer),
        ("json-to-stream", true, 200, |received| {
            is_answer(received) && is_type(received, "application/json")
        }),
        ("trickle:1", false, 200, is_answer),
        ("slice:3b", false, 200, is_answer),
        ("rst@40", false, 200, |received| falls_short(received, 40, End::Rst)),
        ("fin-early@40", false, 200, |received| falls_short(received, 40, End::Fin)),
        ("rst@1000000", false, 200, |received| !received.body().1 && received.end == End::Rst),
        ("fin-early-eof@40", false, 200, |received| {
            received.rest.len() == 40
                && received.header("content-length").is_none()
                && received.end == End::Fin
        }),
        ("truncated", false, 200, |received| {
            !received.rest.is_empty() && falls_short(received, received.rest.len(), End::Fin)
        }),
        ("empty-stream", false, 200, |received| received.header("content-length") == Some("0")),
        ("broken-event@0", false, 200, |received| {
            received.body().1
                && received.rest.starts_with(b"{")
                && serde_json::from_slice::<Value>(&received.rest).is_err()
        }),
        ("huge-event@70000", false, 200, |received| received.rest.len() > 70_000),
        ("err-in-stream", false, 200, is_error),
        ("err-after@3", false, 200, is_error),
        ("error200", false, 200, |received| received.rest.starts_with(br#"{"error":"#)),
        ("error200", true, 200, |received| is_error(received) && is_type(received, "application/json")),
        ("not-object", false, 200, |received| received.json().is_array()),
        ("html200", true, 200, |received| is_type(received, "text/html")),
        ("gzip-lie", false, 200, |received| {
            is_answer(received) && received.header("content-encoding") == Some("gzip")
        }),
        ("redirect", false, 302, |received| {
            received.header("location").is_some_and(|to| to.starts_with("http://169.254.169.254/"))
        }),
        ("redirect@307", true, 307, |received| received.header("location").is_some()),
        ("redirect-here", false, 307, |received| {
            received.header("location") == Some("/redirected/v1/chat/completions")
        }),
        ("numbered+ok@3", false, 200, |received| {
            received.json()["choices"][0]["message"]["content"] == "w0 w1 w2"
        }),
        ("chunked", false, 200, |received| {
            is_answer(received)
                && received.body().1
                && received.header("transfer-encoding") == Some("chunked")
        }),
        ("chunked+fin-early@40", false, 200, |received| {
            let (body, whole) = received.body();
            body.len() == 40 && !whole && received.end == End::Fin
        }),
        ("chunked+html200", true, 200, |received| received.body().1 && is_type(received, "text/html")),
        ("hop-headers", false, 200, |received| {
            received.header("set-cookie").is_some() && received.header("x-sb-instance") == Some("forged")
        }),
        ("status@418", false, 418, is_error),
        ("eof", false, 200, |received| {
            is_answer(received)
                && received.header("content-length").is_none()
                && received.header("connection") == Some("close")
        }),
        ("length", false, 200, |received| {
            is_answer(received) && received.json()["choices"][0]["finish_reason"] == "length"
        }),
        ("no-choices", false, 200, |received| received.json()["choices"] == json!([])),
        ("no-content", false, 200, |received| {
            let answer = received.json();
            answer["choices"][0]["message"]["content"].is_null()
                && answer["choices"][0]["finish_reason"] == "stop"
                && answer["usage"]["completion_tokens"] == 0
        }),
        ("content-parts", false, 200, |received| {
            let content = received.json()["choices"][0]["message"]["content"].clone();
            content[0]["type"] == "thinking" && content[1]["text"] == "ok from upstream: 1"
        }),
        ("tool_calls+router-json@a", false, 200, |received| {
            let message = received.json()["choices"][0]["message"].clone();
            message["tool_calls"][0]["function"]["arguments"] == "{\"route\":\"a\"}"
        }),
        ("reasoning-only", false, 200, |received| {
            let message = received.json()["choices"][0]["message"].clone();
            message["content"] == "" && message["reasoning_content"] == "ok from upstream: 1"
        }),
        ("refusal", false, 200, |received| {
            let message = received.json()["choices"][0]["message"].clone();
            message["content"].is_null() && message["refusal"] == "ok from upstream: 1"
        }),
        ("err-in-stream+err-form@finish", false, 200, |received| {
            received.json()["choices"][0]["finish_reason"] == "error"
        }),
        ("500+rst@10", true, 500, |received| falls_short(received, 10, End::Rst)),
    ];
    for (model, stream, status, holds) in table {
        let upstream = FaultUpstream::start().await.unwrap();
        let received = exchange(upstream.address(), &chat(model, stream)).await;
        assert_eq!(received.status(), status, "{model}");
        assert!(holds(&received), "{model}: {received:?}");
        assert_eq!(upstream.requests()[0].status, Some(status), "{model}");
    }
}

#[tokio::test]
async fn a_bare_number_is_that_status_and_its_error_repeats_the_credential() {
    let upstream = FaultUpstream::start().await.unwrap();
    for code in [400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503, 504, 529] {
        let body = json!({ "model": code.to_string(), "stream": true });
        let headers = "connection: close\r\nAuthorization: Bearer sk-canary\r\n";
        let received = exchange(upstream.address(), &post("/v1/chat/completions", headers, &body)).await;
        assert_eq!(received.status(), code);
        assert!(received.json()["error"]["message"].as_str().unwrap().contains("Bearer sk-canary"));
        assert_eq!(received.header("retry-after"), None, "{code}");
    }
}

#[tokio::test]
async fn retry_after_is_sent_in_both_forms() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, status, expected) in
        [("429@7", 429, Some("7")), ("503@0", 503, Some("0")), ("429-bare", 429, None)]
    {
        let received = exchange(upstream.address(), &chat(model, false)).await;
        assert_eq!((received.status(), received.header("retry-after")), (status, expected));
    }
    let before = SystemTime::now();
    let received = exchange(upstream.address(), &chat("429-date@60", true)).await;
    let date = httpdate::parse_http_date(received.header("retry-after").unwrap()).unwrap();
    // The date has whole seconds.
    assert!(date > before + Duration::from_secs(58) && date <= SystemTime::now() + Duration::from_secs(60));
}

#[tokio::test]
async fn an_escalating_wait_doubles_with_each_call_of_its_name() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, seconds) in [
        ("429-escalating@2", "2"),
        ("429-escalating@2", "4"),
        ("429-escalating@1", "1"),
        ("429-escalating@2", "8"),
        ("429-escalating@3600", "3600"),
        ("429-escalating@3600", "3600"),
    ] {
        let received = exchange(upstream.address(), &chat(model, false)).await;
        assert_eq!((received.status(), received.header("retry-after")), (429, Some(seconds)), "{model}");
    }
}

#[tokio::test]
async fn following_redirect_here_reaches_an_answer_and_is_logged() {
    let upstream = FaultUpstream::start().await.unwrap();
    let body = json!({ "model": "redirect-here" });
    let request = post("/redirected/v1/chat/completions", "connection: close\r\n", &body);
    assert!(is_answer(&exchange(upstream.address(), &request).await));
    assert_eq!(upstream.requests()[0].path, "/redirected/v1/chat/completions");
}

#[tokio::test]
async fn a_body_over_the_limit_gets_a_400() {
    let upstream = FaultUpstream::start().await.unwrap();
    let length = json!({ "model": "400-over@99" }).to_string().len();
    for (most, status) in [(length, 200), (length - 1, 400)] {
        let received = exchange(
            upstream.address(),
            &post(
                "/v1/chat/completions",
                "connection: close\r\n",
                &json!({ "model": format!("400-over@{most}") }),
            ),
        )
        .await;
        assert_eq!(received.status(), status);
    }
}

#[tokio::test]
async fn the_first_calls_of_a_name_fail_and_later_ones_do_not() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, statuses) in [
        ("fail-first-n@3", [500, 500, 500, 200, 200]),
        ("fail-first-n@2+429@1", [429, 429, 200, 200, 200]),
        ("fail-first-n@1+router@a", [500, 200, 200, 200, 200]),
    ] {
        for status in statuses {
            let received = exchange(upstream.address(), &chat(model, false)).await;
            assert_eq!(received.status(), status, "{model}");
        }
    }
}

#[tokio::test]
async fn an_endless_answer_is_written_as_long_as_it_is_read() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, stream) in [("infinite-body", false), ("infinite-body", true), ("router-endless", true)] {
        let mut client = Client::connect(upstream.address()).await;
        client.send(&chat(model, stream)).await;
        client.read_at_least(20_000_000).await;
    }
}

#[tokio::test]
async fn a_request_is_echoed_with_its_hop_headers() {
    let upstream = FaultUpstream::start().await.unwrap();
    let headers = "connection: close\r\nx-sb-hops: 2\r\nTE: trailers\r\n";
    for model in ["echo", "echo-raw"] {
        let body = json!({ "model": model, "seed": 7, "messages": [] });
        let received = exchange(upstream.address(), &post("/v1/chat/completions", headers, &body)).await;
        let echoed = match model {
            "echo" => received.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned(),
            _ => text(&received.rest),
        };
        assert_eq!(echoed, body.to_string());
        assert_eq!(received.header("x-echo-x-sb-hops"), Some("2"));
        assert_eq!(received.header("x-echo-te"), Some("trailers"));
        assert_eq!(received.header("x-echo-host"), None);
    }
}

#[tokio::test]
async fn choices_and_tool_calls_have_the_documented_shape() {
    let upstream = FaultUpstream::start().await.unwrap();
    let body = json!({ "model": "tool_calls+ok@2", "n": 3 });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    let answer = exchange(upstream.address(), &request).await.json();
    assert_eq!(answer["choices"].as_array().unwrap().len(), 3);
    let tool = &answer["choices"][2]["message"]["tool_calls"][0];
    assert_eq!(tool["function"], json!({ "name": "lookup", "arguments": r#"{"words":"w0 w1"}"# }));
    assert_eq!(answer["model"], "tool_calls+ok@2");
    assert_eq!(answer["usage"]["completion_tokens"], 6);
}

#[tokio::test]
async fn models_are_listed_and_unknown_paths_are_404() {
    let upstream = FaultUpstream::start().await.unwrap();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nconnection: close\r\n\r\n").into_bytes();
    let models = exchange(upstream.address(), &get("/any/prefix/models")).await.json();
    assert!(models["data"].as_array().unwrap().iter().any(|model| model["id"] == "hang-headers"));
    let received = exchange(upstream.address(), &get("/v1/nothing")).await;
    assert!(received.status() == 404 && is_error(&received));
}
