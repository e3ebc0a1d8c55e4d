//! Bodies of one API at the address of another, which are refused with both ways out, and each at its own address.

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::rig::{KEY, Rig, Setup, calls, got};

async fn rig() -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new().chat("a", &upstream, "ok").ordered("try", &[("main", "inst_a")]).start().await;
    (upstream, rig)
}

#[tokio::test]
async fn a_body_at_another_apis_address_is_told_both_ways_out() {
    let (upstream, rig) = rig().await;
    let turn = json!([{ "role": "user", "content": "hi" }]);
    let tool = json!({ "type": "function", "name": "f", "parameters": { "type": "object" } });
    for (path, body, param, ways) in [
        ("chat/completions", json!({ "input": turn }), "messages", ["/v1/responses", "send `messages`"]),
        (
            "chat/completions",
            json!({ "input": turn, "stream": true, "tools": [tool] }),
            "messages",
            ["/v1/responses", "send `messages`"],
        ),
        ("chat/completions", json!({ "input": "hi" }), "messages", ["/v1/responses", "send `messages`"]),
        ("chat/completions", json!({ "prompt": "hi" }), "messages", ["/v1/completions", "send `messages`"]),
        ("responses", json!({ "messages": turn }), "input", ["/v1/chat/completions", "send `input`"]),
        ("completions", json!({ "messages": turn }), "prompt", ["/v1/chat/completions", "send `prompt`"]),
        (
            "messages",
            json!({ "input": turn, "max_tokens": 9 }),
            "messages",
            ["/v1/responses", "send `messages`"],
        ),
    ] {
        let mut body: Value = body;
        body["model"] = json!("try");
        let refused = got(rig.post(&format!("/v1/{path}"), body.to_string())).await;
        assert_eq!(refused.status, 400, "{path}: {body}");
        let error = &refused.json()["error"];
        let message = error["message"].as_str().unwrap();
        for way in ways {
            assert!(message.contains(way), "{path}: {message}");
        }
        if path != "messages" {
            assert_eq!(
                (&error["param"], refused.code().as_str()),
                (&json!(param), "missing_required_parameter")
            );
        }
    }
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn each_body_is_served_at_its_own_address() {
    let (_upstream, rig) = rig().await;
    for (path, body) in [
        ("responses", json!({ "model": "try", "input": "hi", "stream": true })),
        ("responses", json!({ "model": "try", "input": [{ "role": "user", "content": "hi" }] })),
        ("completions", json!({ "model": "try", "prompt": "hi" })),
    ] {
        let answer = got(rig.post(&format!("/v1/{path}"), body.to_string())).await;
        assert_eq!(
            (answer.status, answer.header("x-sb-instance")),
            (200, "inst_a"),
            "{path}: {}",
            answer.text()
        );
    }
    let body = json!({ "model": "try", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
    let request =
        rig.client.post(format!("{}/v1/messages", rig.origin)).header("content-type", "application/json");
    let request =
        request.header("x-api-key", KEY).header("anthropic-version", "2023-06-01").body(body.to_string());
    assert_eq!(got(request).await.status, 200);
}
