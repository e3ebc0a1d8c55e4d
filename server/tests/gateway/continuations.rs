//! Calls that continue a turn with the result of a tool, and calls that only count: neither asks the router model.

use app::domain::{
    config::{instance::secrets::HeaderValues, target_group::SelectionPolicy},
    secret::Secret,
};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::rig::{Got, KEY, Rig, Setup, calls, got};

/// A balancer whose router model picks `code`, which is not the default.
async fn rig() -> ([FaultUpstream; 2], Rig) {
    let [router, a] = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let rig = Setup::new()
        .chat("router", &router, "router-json@code")
        .chat("code", &a, "ok")
        .chat("general", &a, "ok")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")])
        .start()
        .await;
    ([router, a], rig)
}

async fn post(rig: &Rig, path: &str, mut body: Value) -> Got {
    body["model"] = json!("open");
    body["max_tokens"] = json!(9);
    got(rig.post_as(KEY, path, body.to_string())).await
}

fn way(answer: &Got) -> (u16, &str, &str) {
    (answer.status, answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

fn tool_use() -> Value {
    json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "f", "input": {} }] })
}

fn tool_result(text: &str) -> Value {
    json!({ "type": "tool_result", "tool_use_id": "t", "content": [{ "type": "text", "text": text }] })
}

#[tokio::test]
async fn a_message_with_a_tool_result_keeps_the_route_of_its_turn() {
    let ([router, _a], rig) = rig().await;
    let asked = json!({ "role": "user", "content": "fix my code" });
    let first = post(&rig, MESSAGES, json!({ "messages": [asked] })).await;
    assert_eq!((way(&first), calls(&router)), ((200, "code", "matched"), 1));
    let text = |text: &str| json!({ "type": "text", "text": text });
    let results = [
        json!([tool_result("42")]),
        json!([tool_result("42"), text("and please hurry")]),
        json!([text("here it is"), tool_result("42"), text("write a poem")]),
        json!([tool_result("1"), tool_result("2")]),
        json!([{ "type": "tool_result", "tool_use_id": "t", "is_error": true }]),
    ];
    for result in results {
        let result = json!({ "role": "user", "content": result });
        let messages = json!([asked, tool_use(), result]);
        let next = post(&rig, MESSAGES, json!({ "messages": messages })).await;
        assert_eq!((way(&next), calls(&router)), ((200, "code", "continued"), 1), "{result}");
        let again =
            json!([asked, tool_use(), result, tool_use(), { "role": "user", "content": [tool_result("3")] }]);
        let counted = post(&rig, "/v1/messages/count_tokens", json!({ "messages": again })).await;
        assert_eq!((way(&counted), calls(&router)), ((200, "code", "continued"), 1), "{result}");
    }
    let turn = json!([asked, tool_use(), { "role": "user", "content": [tool_result("42")] },
        { "role": "assistant", "content": "done" }, { "role": "user", "content": [text("and now a test")] }]);
    let turn = post(&rig, MESSAGES, json!({ "messages": turn })).await;
    assert_eq!((way(&turn), calls(&router)), ((200, "code", "matched"), 2), "a new turn is classified");
}

#[tokio::test]
async fn an_input_that_ends_in_the_output_of_a_tool_keeps_the_route_of_its_turn() {
    let ([router, _a], rig) = rig().await;
    let asked = json!({ "role": "user", "content": [{ "type": "input_text", "text": "fix my code" }] });
    let first = post(&rig, RESPONSES, json!({ "input": [asked] })).await;
    assert_eq!((way(&first), calls(&router)), ((200, "code", "matched"), 1));
    let call = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" });
    let thought = json!({ "type": "reasoning", "id": "r", "summary": [] });
    for output in [
        json!({ "type": "function_call_output", "call_id": "c", "output": "42" }),
        json!({ "type": "function_call_output", "call_id": "c", "output": [{ "type": "input_text", "text": "a poem" }] }),
        json!({ "type": "custom_tool_call_output", "call_id": "c", "output": "42" }),
        json!({ "type": "local_shell_call_output", "id": "c", "output": "42" }),
        json!({ "type": "computer_call_output", "call_id": "c", "output": {} }),
        json!({ "type": "mcp_approval_response", "approve": true, "approval_request_id": "c" }),
    ] {
        let input = json!([asked, thought, call, output]);
        let next = post(&rig, RESPONSES, json!({ "input": input })).await;
        assert_eq!((way(&next), calls(&router)), ((200, "code", "continued"), 1), "{output}");
        let counted = post(&rig, "/v1/responses/input_tokens", json!({ "input": input })).await;
        assert_eq!((way(&counted), calls(&router)), ((200, "code", "continued"), 1), "{output}");
    }
    let output = json!({ "type": "function_call_output", "call_id": "c", "output": "42" });
    let turn = json!([asked, call, output, { "role": "user", "content": "and now a test" }]);
    let turn = post(&rig, RESPONSES, json!({ "input": turn })).await;
    assert_eq!((way(&turn), calls(&router)), ((200, "code", "matched"), 2), "a new turn is classified");
}

#[tokio::test]
async fn counting_goes_where_the_call_would_and_asks_no_router_model() {
    let ([router, _a], rig) = rig().await;
    let picture = json!([{ "role": "user", "content": [{ "type": "input_image", "image_url": "data:," }] }]);
    for (path, body) in [
        ("/v1/responses/input_tokens", json!({ "input": "fix my code" })),
        ("/v1/responses/compact", json!({ "input": "fix my code" })),
        ("/v1/responses/compact", json!({ "input": picture })),
        ("/v1/responses/compact", json!({ "previous_response_id": "resp_unknown" })),
        ("/v1/messages/count_tokens", json!({ "messages": [{ "role": "user", "content": "fix my code" }] })),
    ] {
        let counted = post(&rig, path, body.clone()).await;
        assert_eq!((way(&counted), calls(&router)), ((200, "general", "not_classified"), 0), "{path} {body}");
    }
    let made = post(&rig, RESPONSES, json!({ "input": "fix my code" })).await;
    assert_eq!((way(&made), calls(&router)), ((200, "code", "matched"), 1));
    let id = made.json()["id"].clone();
    for path in ["/v1/responses/input_tokens", "/v1/responses/compact"] {
        let cached = post(&rig, path, json!({ "input": "fix my code" })).await;
        assert_eq!(way(&cached), (200, "code", "cached"), "{path}");
        for body in
            [json!({ "input": "on", "previous_response_id": id }), json!({ "previous_response_id": id })]
        {
            let pinned = post(&rig, path, body).await;
            let seen = (way(&pinned), pinned.header("x-sb-instance"));
            assert_eq!(seen, ((200, "code", "pinned"), "inst_code"), "{path}");
        }
    }
    assert_eq!(calls(&router), 1);
}

#[tokio::test]
async fn the_latency_of_an_instance_is_that_of_its_answers() {
    // An instance that has not answered yet comes first: whoever counted or was read would fall behind.
    let [a, b] = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let rig = Setup::new()
        .chat("a", &a, "ok")
        .chat("b", &b, "ok")
        .group_by(SelectionPolicy::LowestLatency, "both", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_both")])
        .start()
        .await;
    for _ in 0..3 {
        let body = json!({ "messages": [{ "role": "user", "content": "hi" }] });
        let counted = post(&rig, "/v1/messages/count_tokens", body).await;
        assert_eq!((counted.status, counted.header("x-sb-instance")), (200, "inst_a"));
    }
    let made = post(&rig, RESPONSES, json!({ "input": "hi", "background": true })).await;
    assert_eq!((made.status, made.header("x-sb-instance")), (200, "inst_a"), "counting was no answer");
    let other = post(&rig, RESPONSES, json!({ "input": "hi" })).await;
    assert_eq!((other.status, other.header("x-sb-instance")), (200, "inst_b"), "this was one");
}

#[tokio::test]
async fn headers_of_the_messages_api_are_the_callers_before_the_instances() {
    let a = FaultUpstream::start().await.unwrap();
    let configured = [("anthropic-version", "2020-01-01"), ("anthropic-beta", "old"), ("x-org", "ours")];
    let names = configured.map(|(name, _)| name.to_owned());
    let mut setup = Setup::new()
        .instance("a", &a.base_url(), "ok", |it| it.headers = names.into_iter().collect())
        .ordered("open", &[("only", "inst_a")]);
    let values: HeaderValues = configured.map(|(name, value)| (name.to_owned(), Secret::new(value))).into();
    setup.headers.insert("inst_a".into(), values);
    let rig = setup.start().await;
    let body = json!({ "model": "open", "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] });
    for path in [MESSAGES, "/v1/messages/count_tokens", "/v1/chat/completions"] {
        let call = || rig.post(path, body.to_string());
        assert_eq!(got(call()).await.status, 200, "{path}");
        let own = call().header("anthropic-version", "2023-06-01").header("anthropic-beta", "new");
        assert_eq!(got(own.header("anthropic-beta", "newer").header("x-org", "theirs")).await.status, 200);
        let seen = a.requests().split_off(a.requests().len() - 2);
        let values = |at: usize, name: &str| {
            let all = seen[at].headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
            all.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            values(0, "anthropic-version"),
            ["2020-01-01"],
            "{path}: what only the instance has stays"
        );
        assert_eq!(values(0, "anthropic-beta"), ["old"], "{path}");
        let is_messages = path != "/v1/chat/completions";
        let version = if is_messages { "2023-06-01" } else { "2020-01-01" };
        let beta: &[&str] = if is_messages { &["new", "newer"] } else { &["old"] };
        assert_eq!(
            (values(1, "anthropic-version"), values(1, "anthropic-beta")),
            (vec![version.to_owned()], beta.iter().map(ToString::to_string).collect()),
            "{path}"
        );
        assert_eq!(values(1, "x-org"), ["ours"], "{path}: no other header is the caller's");
    }
}
