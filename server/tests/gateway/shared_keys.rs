//! Conversations of several people behind one key: what each continues is its own turn, whatever names it.

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, completion};
use crate::rig::{Got, Rig, Setup, got};

/// A classifier that sends what is about Rust to `code`, and anything else to `general`.
async fn rig() -> (Scripted, FaultUpstream, Rig) {
    let router = Scripted::start(|asked| {
        let asked = asked["messages"].to_string();
        completion(
            &json!({ "route": if asked.contains("write Rust") { "code" } else { "general" } }).to_string(),
        )
    });
    let (router, upstream) = (router.await, FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new()
        .instance("router", &router.base_url, "m", |_| {})
        .chat("a", &upstream, "ok")
        .chat("b", &upstream, "ok")
        .classifier("open", "inst_router", &[("code", "inst_a"), ("general", "inst_b")]);
    setup.configuration.balancers[0].spec.classifier.cache_ttl_s = 0;
    let rig = setup.start().await;
    (router, upstream, rig)
}

/// The messages of a person who began like everybody.
fn turn(text: &str) -> Vec<Value> {
    vec![
        json!({ "role": "system", "content": "You help." }),
        json!({ "role": "user", "content": "hi" }),
        json!({ "role": "user", "content": text }),
    ]
}

/// The same after a tool was called, that many times.
fn goes_on(text: &str, rounds: usize) -> Vec<Value> {
    let mut messages = turn(text);
    for round in 0..rounds {
        let id = format!("t{round}");
        let call = json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
        messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] }));
        messages.push(json!({ "role": "tool", "tool_call_id": id, "content": "42" }));
    }
    messages
}

fn way(answer: &Got) -> (&str, &str) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    (answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

#[tokio::test]
async fn a_continuation_takes_the_route_of_its_own_turn_whatever_sign_the_client_sends() {
    for (header, member) in [
        (None, None),
        (Some("X-OpenWebUI-Chat-Id"), None),
        (Some("x-litellm-session-id"), None),
        (Some("session_id"), None),
        (Some("X-Session-Id"), None),
        (None, Some("user")),
        (None, Some("prompt_cache_key")),
        (None, Some("metadata")),
        // A sign that all share, as of a front end that names itself, must not join them.
        (None, Some("safety_identifier")),
    ] {
        let (router, _upstream, rig) = rig().await;
        let call = |messages: Vec<Value>, person: &str| {
            let mut body = json!({ "model": "open", "messages": messages });
            match member {
                Some("metadata") => body["metadata"] = json!({ "session_id": person }),
                Some("safety_identifier") => body["safety_identifier"] = json!("everybody"),
                Some(member) => body[member] = json!(person),
                None => {}
            }
            let call = rig.post("/v1/chat/completions", body.to_string());
            got(match header {
                Some(name) => call.header(name, person.to_owned()),
                None => call,
            })
        };
        let what = format!("{header:?} {member:?}");
        assert_eq!(way(&call(turn("write Rust"), "one").await), ("code", "matched"), "{what}");
        assert_eq!(way(&call(turn("holiday tips"), "two").await), ("general", "matched"), "{what}");
        for rounds in [1, 2] {
            let (one, two) = (goes_on("write Rust", rounds), goes_on("holiday tips", rounds));
            assert_eq!(way(&call(one, "one").await), ("code", "continued"), "{what}");
            assert_eq!(way(&call(two, "two").await), ("general", "continued"), "{what}");
        }
        assert_eq!(router.calls(), 2, "{what}");
    }
}

#[tokio::test]
async fn cache_marks_and_parts_in_place_of_text_do_not_make_another_turn() {
    let (router, _upstream, rig) = rig().await;
    let call = |messages: Vec<Value>| {
        got(rig.post("/v1/chat/completions", json!({ "model": "open", "messages": messages }).to_string()))
    };
    assert_eq!(way(&call(turn("write Rust")).await), ("code", "matched"));
    assert_eq!(way(&call(turn("holiday tips")).await), ("general", "matched"));
    let mut marked = goes_on("write Rust", 1);
    marked[0]["content"] =
        json!([{ "type": "text", "text": "You help.", "cache_control": { "type": "ephemeral" } }]);
    marked[2]["content"] = json!([{ "type": "text", "text": "write Rust" }]);
    marked[2]["name"] = json!("ada");
    assert_eq!(way(&call(marked).await), ("code", "continued"));
    assert_eq!(router.calls(), 2);
}

#[tokio::test]
async fn people_with_keys_of_their_own_share_no_turn_of_the_same_words() {
    let (router, _upstream, rig) = rig().await;
    let body = |messages: Vec<Value>| json!({ "model": "open", "messages": messages }).to_string();
    let begun = got(rig.post("/v1/chat/completions", body(turn("write Rust")))).await;
    assert_eq!(way(&begun), ("code", "matched"));
    let goes_on = body(goes_on("write Rust", 1));
    let other = got(rig.post_as(crate::rig::NARROW, "/v1/chat/completions", goes_on.clone())).await;
    assert_eq!(way(&other), ("code", "matched"), "it continues nothing of this key");
    assert_eq!(way(&got(rig.post("/v1/chat/completions", goes_on)).await), ("code", "continued"));
    assert_eq!(router.calls(), 2);
}
