//! Every API in its own shape: plain answers, whole streams, and where truncated ones end.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::{Ended, FaultUpstream};
use serde_json::{Value, json};

use crate::client::{End, Received, call, exchange, post};

const PATHS: [&str; 4] = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"];

async fn stream(upstream: &FaultUpstream, path: &str, model: &str) -> Received {
    exchange(upstream.address(), &call(path, model, &json!({ "stream": true }))).await
}

async fn plain(upstream: &FaultUpstream, path: &str, model: &str, fields: Value) -> Value {
    exchange(upstream.address(), &call(path, model, &fields)).await.json()
}

/// The text of a stream of any API.
fn streamed_text(received: &Received) -> String {
    let text = |event: &Value| {
        let choice = &event["choices"][0];
        let parts = [&choice["delta"]["content"], &choice["text"], &event["delta"], &event["delta"]["text"]];
        parts.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
    };
    received.json_events().iter().map(text).collect()
}

/// The text of a plain answer of any API.
fn plain_text(answer: &Value) -> &str {
    let choice = &answer["choices"][0];
    [
        &choice["message"]["content"],
        &choice["text"],
        &answer["output"][0]["content"][0]["text"],
        &answer["content"][0]["text"],
    ]
    .into_iter()
    .find_map(Value::as_str)
    .unwrap()
}

#[tokio::test]
async fn each_api_answers_plainly_in_its_shape() {
    let upstream = FaultUpstream::start().await.unwrap();
    let objects = ["chat.completion", "text_completion", "response", "message"];
    for (path, object) in PATHS.into_iter().zip(objects) {
        let answer = plain(&upstream, path, "numbered+ok@3", json!({})).await;
        assert_eq!(plain_text(&answer), "w0 w1 w2", "{path}");
        let kind = answer.get("object").unwrap_or(&answer["type"]);
        assert_eq!((kind, &answer["model"]), (&json!(object), &json!("numbered+ok@3")));
        let usage = &answer["usage"];
        let tokens = usage.get("completion_tokens").unwrap_or(&usage["output_tokens"]);
        assert_eq!(tokens, 3, "{path}");
    }
    let response = plain(&upstream, PATHS[2], "ok", json!({})).await;
    assert_eq!((&response["status"], &response["error"]), (&json!("completed"), &Value::Null));
    let message = plain(&upstream, PATHS[3], "ok", json!({})).await;
    assert_eq!(message["stop_reason"], "end_turn");
}

#[tokio::test]
async fn each_api_streams_numbered_content_and_its_terminal_event() {
    let upstream = FaultUpstream::start().await.unwrap();
    for path in PATHS {
        for model in ["ok@3", "slice:7b+crlf+ok@3", "comments+multiline+ok@3", "eof+ok@3"] {
            let received = stream(&upstream, path, model).await;
            assert_eq!(streamed_text(&received), "w0 w1 w2", "{path} {model}");
            assert!(received.body().1, "{path} {model}");
            let last = received.events().pop().unwrap();
            let ends = ["[DONE]", "\"response.completed\"", "\"message_stop\""];
            assert!(ends.iter().any(|end| last.contains(end)), "{path} {model}: {last}");
        }
    }
}

#[tokio::test]
async fn responses_and_messages_name_their_events() {
    let upstream = FaultUpstream::start().await.unwrap();
    let responses = stream(&upstream, PATHS[2], "ok@2").await;
    assert_eq!(
        responses.event_names(),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let events = responses.json_events();
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<u64>>());
    let last = &events[9]["response"];
    assert_eq!(last["output"][0]["content"][0]["text"], "w0 w1");
    assert_eq!(last["usage"]["output_tokens"], 2);

    let messages = stream(&upstream, PATHS[3], "ok@2").await;
    assert_eq!(
        messages.event_names(),
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    for event in [responses.json_events(), messages.json_events()].concat() {
        assert!(event["type"].is_string(), "{event}");
    }
}

#[tokio::test]
async fn a_cut_before_the_first_chunk_comes_after_the_opening_events() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, names) in [
        (PATHS[2], &["response.created", "response.in_progress"][..]),
        (PATHS[3], &["message_start", "content_block_start", "ping"]),
    ] {
        let received = stream(&upstream, path, "rst@0").await;
        assert_eq!(received.event_names(), names);
        assert_eq!(received.end, End::Rst);
    }
    let received = stream(&upstream, PATHS[1], "rst@0").await;
    assert!(received.events().is_empty());
}

#[tokio::test]
async fn each_api_breaks_off_where_the_fault_says() {
    let words: Vec<String> = (0..40).map(|index| format!("w{index}")).collect();
    for path in PATHS {
        for (model, end, ended) in [
            ("rst@40", End::Rst, Ended::Reset),
            ("fin-early@40", End::Fin, Ended::Closed),
            ("torn+rst@40", End::Rst, Ended::Reset),
        ] {
            let upstream = FaultUpstream::start().await.unwrap();
            let received = stream(&upstream, path, model).await;
            assert_eq!((streamed_text(&received), received.end), (words.join(" "), end), "{path} {model}");
            assert_eq!(!received.rest.ends_with(b"\n\n\r\n"), model.starts_with("torn"), "{path} {model}");
            let record = &upstream.requests()[0];
            assert_eq!((record.chunks_written, record.ended), (40, Some(ended)), "{path} {model}");
        }
    }
}

#[tokio::test]
async fn the_output_limit_ends_an_answer_in_the_words_of_its_api() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, limit) in [
        (PATHS[0], "max_completion_tokens"),
        (PATHS[1], "max_tokens"),
        (PATHS[2], "max_output_tokens"),
        (PATHS[3], "max_tokens"),
    ] {
        let reason = |answer: &Value| {
            let choice = &answer["choices"][0]["finish_reason"];
            let parts = [choice, &answer["incomplete_details"]["reason"], &answer["stop_reason"]];
            parts.into_iter().find_map(Value::as_str).map(str::to_owned)
        };
        let cut = plain(&upstream, path, "length", json!({})).await;
        assert!(
            ["length", "max_output_tokens", "max_tokens"].map(str::to_owned).contains(&reason(&cut).unwrap())
        );
        let too_few = plain(&upstream, path, "length-under@100", json!({ limit: 99 })).await;
        assert_eq!(reason(&too_few), reason(&cut), "{path}");
        assert!(!too_few.to_string().contains("ok from"), "{path}: {too_few}");
        let enough = plain(&upstream, path, "length-under@100", json!({ limit: 100 })).await;
        assert_eq!(plain_text(&enough), format!("ok from upstream: {}", upstream.requests().len()));
    }
    let events = stream(&upstream, PATHS[2], "length+ok@2").await.event_names();
    assert_eq!(events.last().unwrap(), "response.incomplete");
}

#[tokio::test]
async fn a_tool_is_called_until_its_result_comes() {
    let upstream = FaultUpstream::start().await.unwrap();
    let tool_of = |path: &str| match path {
        "/v1/chat/completions" => json!({ "type": "function", "function": { "name": "weather" } }),
        _ => json!({ "type": "function", "name": "weather" }),
    };
    let result_of = |path: &str| match path {
        "/v1/chat/completions" => json!({ "messages": [{ "role": "tool", "content": "sun" }] }),
        "/v1/responses" => {
            json!({ "input": [{ "type": "function_call_output", "output": "sun" }], "messages": null })
        }
        _ => json!({ "messages": [{ "role": "user", "content": [{ "type": "tool_result" }] }] }),
    };
    for path in [PATHS[0], PATHS[2], PATHS[3]] {
        let tools = json!({ "tools": [tool_of(path)] });
        let asked = plain(&upstream, path, "tool_loop+ok@2", tools.clone()).await;
        let parts = [
            &asked["choices"][0]["message"]["tool_calls"][0]["function"],
            &asked["output"][0],
            &asked["content"][0],
        ];
        let tool = parts.into_iter().find(|part| part["name"] == "weather").unwrap();
        let arguments = tool.get("arguments").or(tool.get("input")).unwrap();
        assert!(arguments == r#"{"words":"w0 w1"}"# || *arguments == json!({ "words": "w0 w1" }), "{path}");

        let received = exchange(
            upstream.address(),
            &call(path, "tool_loop+ok@2", &json!({ "tools": [tool_of(path)], "stream": true })),
        )
        .await;
        let body = String::from_utf8(received.body().0).unwrap();
        assert!(body.contains("weather") && body.contains(r#"{\"words\":\"w0"#), "{path}: {body}");

        let mut fields = result_of(path);
        fields["tools"] = tools["tools"].clone();
        let answered = plain(&upstream, path, "tool_loop+ok@2", fields).await;
        assert!(plain_text(&answered).starts_with("ok from"), "{path}");
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_their_api() {
    let upstream = FaultUpstream::start().await.unwrap();
    for path in PATHS {
        let received = exchange(upstream.address(), &call(path, "429@7", &json!({}))).await;
        assert_eq!((received.status(), received.header("retry-after")), (429, Some("7")), "{path}");
        let error = received.json();
        assert!(error["error"]["message"].is_string());
        let is_messages = path == PATHS[3];
        assert_eq!(error["type"] == "error", is_messages, "{path}");
        assert_eq!(error["error"]["type"] == "rate_limit_error", is_messages, "{path}");
        assert_eq!(received.header("request-id").is_some(), is_messages, "{path}");
    }
}

#[tokio::test]
async fn an_api_can_be_missing() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, name) in PATHS.into_iter().zip(["chat", "completions", "responses", "messages"]) {
        for status in [404, 405, 501] {
            let model = format!("no-{name}@{status}");
            assert_eq!(exchange(upstream.address(), &call(path, &model, &json!({}))).await.status(), status);
            for other in PATHS.into_iter().filter(|other| *other != path) {
                let received = exchange(upstream.address(), &call(other, &model, &json!({}))).await;
                assert_eq!(received.status(), 200, "{model} {other}");
            }
        }
    }
    let count =
        post("/v1/messages/count_tokens", "connection: close\r\n", &json!({ "model": "no-messages@404" }));
    assert_eq!(exchange(upstream.address(), &count).await.status(), 404);
}
