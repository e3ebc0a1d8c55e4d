//! Errors inside a stream, in each of their forms.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{Received, call, exchange, text};

async fn stream(path: &str, model: &str) -> Received {
    let upstream = FaultUpstream::start().await.unwrap();
    exchange(upstream.address(), &call(path, model, &json!({ "stream": true }))).await
}

#[tokio::test]
async fn each_form_is_the_only_event_and_says_what_it_is_in_one_place() {
    type Holds = fn(&str, &Value) -> bool;
    let table: [(&str, Holds); 6] = [
        ("object", |body, event| {
            body.starts_with("data: {\"error\":{") && event["error"]["code"] == "server_error"
        }),
        ("choice", |_, event| {
            let choice = &event["choices"][0];
            choice["error"]["message"].is_string()
                && choice["finish_reason"].is_null()
                && event["error"].is_null()
        }),
        ("finish", |body, event| {
            event["choices"][0]["finish_reason"] == "error" && !body.contains("\"error\":")
        }),
        ("field", |body, _| {
            body.starts_with("error: {\"") && body.ends_with("}\n\n") && !body.contains("data:")
        }),
        ("event", |body, event| {
            body.starts_with("event: error\ndata: {")
                && event["message"].is_string()
                && !body.contains("\"error\":")
        }),
        ("json", |body, _| serde_json::from_str::<Value>(body).unwrap()["error"]["message"].is_string()),
    ];
    for (form, holds) in table {
        for path in ["/v1/chat/completions", "/v1/completions"] {
            let received = stream(path, &format!("err-in-stream+err-form@{form}")).await;
            let body = text(&received.body().0);
            let event = received.json_events().pop().unwrap_or_default();
            assert!(holds(&body, &event), "{path} {form}: {body}");
            assert!(received.events().len() <= 1 && received.body().1, "{path} {form}: {body}");
            assert_eq!(received.header("content-type"), Some("text/event-stream"));
        }
        let late = stream("/v1/chat/completions", &format!("err-after@3+err-form@{form}")).await;
        let body = text(&late.body().0);
        let (content, error) =
            body.split_at(body.rfind("\n\n{").or(body.trim_end().rfind("\n\n")).unwrap() + 2);
        let event =
            serde_json::from_str(error.split_once("data: ").map_or("", |(_, data)| data)).unwrap_or_default();
        assert!(holds(error, &event), "late {form}: {error}");
        assert!(
            content.contains("w2") && !body.contains("[DONE]") && !body.contains("authorization"),
            "{form}"
        );
    }
}

#[tokio::test]
async fn responses_and_messages_have_their_own_error_events() {
    for (path, form, name) in [
        ("/v1/responses", "object", "error"),
        ("/v1/responses", "failed", "response.failed"),
        ("/v1/messages", "object", "error"),
    ] {
        let first = stream(path, &format!("err-in-stream+err-form@{form}")).await;
        assert_eq!(first.event_names(), [name], "{path}");
        let event = &first.json_events()[0];
        let messages =
            [&event["message"], &event["error"]["message"], &event["response"]["error"]["message"]];
        assert!(messages.into_iter().any(Value::is_string), "{path}: {event}");
        assert_eq!(event["type"], name);
        let late = stream(path, &format!("err-after@3+err-form@{form}")).await;
        assert_eq!(late.event_names().last().unwrap(), name, "{path}");
        assert!(late.event_names().len() > 2 && late.body().1, "{path}");
    }
}

#[tokio::test]
async fn an_error_names_the_status_that_the_fault_gives_it() {
    for (model, code, kind) in [
        ("err-in-stream@400", json!(400), "invalid_request_error"),
        ("err-in-stream@429", json!(429), "requests"),
        ("err-in-stream@503", json!(503), "server_error"),
        ("err-in-stream", json!("server_error"), "server_error"),
    ] {
        let upstream = FaultUpstream::start().await.unwrap();
        for fields in [json!({ "stream": true }), json!({})] {
            let received = exchange(upstream.address(), &call("/v1/chat/completions", model, &fields)).await;
            let body = received.json_events().pop().unwrap_or_else(|| received.json());
            assert_eq!(received.status(), 200, "{model}");
            assert_eq!((&body["error"]["code"], &body["error"]["type"]), (&code, &json!(kind)), "{model}");
        }
    }
    for (path, kind) in [("/v1/messages", "error"), ("/v1/responses", "code")] {
        let event = stream(path, "err-in-stream@400").await.json_events().pop().unwrap();
        let said = if kind == "error" { &event["error"]["type"] } else { &event["code"] };
        assert_eq!(said, "invalid_request_error", "{path}");
    }
}
