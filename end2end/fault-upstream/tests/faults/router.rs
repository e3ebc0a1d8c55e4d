//! Answers of a router model, including useless ones.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{chat, exchange, post};

fn said(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap()
}

#[tokio::test]
async fn router_faults_answer_with_the_label_in_their_form() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, text) in [
        ("router@billing", "billing"),
        ("router-json@billing", r#"{"route":"billing"}"#),
        ("router-raw:I think: a+b", "I think: a+b"),
        ("router-raw:", ""),
        ("router-fence@billing", "```\nbilling\n```"),
        ("router-schema400@billing", "billing"),
        ("router-pick", "none"),
    ] {
        let plain = exchange(upstream.address(), &chat(model, false)).await;
        assert_eq!(said(&plain.json()), text, "{model}");
        let stream = exchange(upstream.address(), &chat(model, true)).await;
        assert_eq!(stream.content(), text, "{model}");
    }
    let thought = exchange(upstream.address(), &chat("router-think@billing", false)).await.json();
    assert!(said(&thought).starts_with("<think>") && said(&thought).ends_with("</think>\n\nbilling"));
    let long = exchange(upstream.address(), &chat("router-long@9000", false)).await.json();
    assert_eq!(said(&long).len(), 9000);
}

#[tokio::test]
async fn router_schema400_refuses_a_schema() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (format, status) in [(json!({ "type": "json_schema" }), 400), (Value::Null, 200)] {
        let body = json!({ "model": "router-schema400@a", "response_format": format });
        let request = post("/v1/chat/completions", "connection: close\r\n", &body);
        assert_eq!(exchange(upstream.address(), &request).await.status(), status);
    }
}

#[tokio::test]
async fn router_pick_finds_a_listed_label_in_the_text() {
    let upstream = FaultUpstream::start().await.unwrap();
    let prompt = "Routes:\n- billing: invoices\n- tech: broken things\nAnswer one label or none.";
    let body = json!({ "model": "router-pick", "messages": [
        { "role": "system", "content": prompt },
        { "role": "user", "content": [{ "type": "text", "text": "a Tech problem" }] },
    ] });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    assert_eq!(said(&exchange(upstream.address(), &request).await.json()), "tech");
}
