//! Refusals of request fields, and errors in the words of known servers.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{Received, call, chat, exchange};

async fn ask(upstream: &FaultUpstream, model: &str, fields: Value) -> Received {
    exchange(upstream.address(), &call("/v1/chat/completions", model, &fields)).await
}

fn message(received: &Received) -> String {
    received.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_refused_field_is_named_and_its_absence_is_accepted() {
    let upstream = FaultUpstream::start().await.unwrap();
    let system = json!([{ "role": "system", "content": "x" }, { "role": "user", "content": "y" }]);
    for (field, value, accepted) in [
        ("max_tokens", json!(9), json!({ "max_completion_tokens": 9 })),
        ("max_completion_tokens", json!(9), json!({ "max_tokens": 9 })),
        ("temperature", json!(0), json!({ "temperature": 1 })),
        ("response_format", json!({ "type": "json_schema" }), json!({ "response_format": null })),
        ("messages", system, json!({})),
    ] {
        let name = if field == "messages" { "system" } else { field };
        let model = format!("refuse@{name}");
        let refused = ask(&upstream, &model, json!({ field: value })).await;
        assert_eq!(refused.status(), 400, "{name}");
        assert_eq!(refused.json()["error"]["param"], name);
        assert!(message(&refused).to_lowercase().contains(name), "{}", message(&refused));
        assert_eq!(ask(&upstream, &model, accepted).await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn joined_refusals_are_told_one_by_one_and_listed_ones_together() {
    let upstream = FaultUpstream::start().await.unwrap();
    let both = json!({ "max_tokens": 9, "temperature": 0 });
    for (model, first, second) in [
        ("refuse@max_tokens+refuse@temperature", "max_tokens", "temperature"),
        ("refuse@temperature+refuse@max_tokens", "temperature", "max_tokens"),
    ] {
        let refused = ask(&upstream, model, both.clone()).await;
        assert_eq!(refused.json()["error"]["param"], first);
        assert!(!message(&refused).contains(second), "{}", message(&refused));
        let mut rest = both.clone();
        rest[first] = Value::Null;
        assert_eq!(ask(&upstream, model, rest).await.json()["error"]["param"], second);
    }
    let together = ask(&upstream, "refuse@max_tokens,temperature", both).await;
    assert!(together.json()["error"]["param"].is_null());
    assert!(message(&together).contains("max_tokens") && message(&together).contains("temperature"));
}

#[tokio::test]
async fn a_refusal_takes_each_form() {
    type Holds = fn(&Received) -> bool;
    let table: [(&str, u16, Holds); 8] = [
        ("param", 400, |received| received.json()["error"]["param"] == "response_format"),
        ("message", 400, |received| {
            received.json()["error"]["param"].is_null() && message(received).contains("response_format")
        }),
        ("422", 422, |received| received.json()["detail"][0]["loc"] == json!(["body", "response_format"])),
        ("unnamed", 400, |received| !message(received).contains("response_format")),
        ("500", 500, |received| !message(received).contains("response_format")),
        ("501", 501, |received| message(received).contains("response_format")),
        ("empty", 200, |received| received.json()["choices"][0]["message"]["content"] == ""),
        ("schema", 200, |received| {
            let content = received.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
            serde_json::from_str::<Value>(&content).unwrap() == json!({ "type": "json_schema" })
        }),
    ];
    let upstream = FaultUpstream::start().await.unwrap();
    for (form, status, holds) in table {
        let model = format!("refuse@response_format+refuse-as@{form}+router@code");
        let refused = ask(&upstream, &model, json!({ "response_format": { "type": "json_schema" } })).await;
        assert_eq!(refused.status(), status, "{form}");
        assert!(holds(&refused), "{form}: {refused:?}");
        let accepted = ask(&upstream, &model, json!({})).await.json();
        assert_eq!(accepted["choices"][0]["message"]["content"], "code", "{form}");
    }
}

#[tokio::test]
async fn known_servers_are_quoted() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, status, words) in [
        ("400-gemini-key", 400, "API_KEY_INVALID"),
        ("400-gemini-value", 400, "Invalid value for 'temperature'"),
        ("400-anthropic-credit", 400, "credit balance is too low"),
        ("400-location", 400, "User location is not supported"),
        ("400-context", 400, "context_length_exceeded"),
        ("402-credits", 402, "Insufficient credits"),
        ("403-billing", 403, "billing_not_active"),
        ("429-quota", 429, "insufficient_quota"),
        ("503-loading", 503, "Loading model"),
    ] {
        for stream in [false, true] {
            let received = exchange(upstream.address(), &chat(model, stream)).await;
            assert_eq!(received.status(), status, "{model}");
            let body = received.json();
            assert!(body.to_string().contains(words), "{model}: {body}");
            assert!(body.to_string().contains("(upstream)"), "{model}: {body}");
            assert_eq!(body.is_array(), model == "400-gemini-key");
        }
    }
}
