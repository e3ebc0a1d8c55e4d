//! Bodies of calls: what is taken is what a strict reader takes, and an instance gets it byte for byte but for the
//! model's name and the four members that never travel on.

mod json;

use app::domain::{api::Endpoint, routing::call::CallText};
use json::{Kind, Node};
use server::gateway::parse_and_rewrite;

/// Members that some proxies take as a credential or an address.
const DROPPED: [&str; 4] = ["api_base", "base_url", "api_key", "user_config"];

/// A model's name that could do harm, were it not quoted.
const MODEL: &str = "up\"stream\\,\u{1}é";

/// Checks one body of a call of that path.
pub(crate) fn holds(body: &[u8], endpoint: Endpoint) {
    let expected = json::read(body).filter(|it| is_call(it, endpoint));
    let read = parse_and_rewrite(body, endpoint, MODEL);
    assert_eq!(read.is_some(), expected.is_some(), "taken, or not, unlike a strict reader");
    let (Some((said, forwarded)), Some(call)) = (read, expected) else { return };
    judge_text(&said, &call, endpoint);
    judge_forwarded(body, &forwarded, &call);
    let kept = parse_and_rewrite(body, endpoint, "").map(|(_, kept)| kept);
    if !DROPPED.iter().any(|name| !call.named(name).is_empty()) && !is_lossy(&call) {
        let same = kept.as_deref().and_then(json::read);
        let same = same.as_ref().and_then(|it| it.named("model").first().and_then(|it| it.as_text()));
        assert_eq!(same, call.named("model")[0].as_text(), "an instance without a model gets the caller's");
    }
}

/// Whether it is a call of that path: one object, with one model that is a text, and something said.
fn is_call(body: &Node<'_>, endpoint: Endpoint) -> bool {
    let said = if endpoint == Endpoint::ChatCompletions { "messages" } else { "input" };
    let models = body.named("model");
    matches!(&models[..], [model] if model.as_text().is_some_and(|it| !it.is_empty()))
        && body.named(said).last().is_some_and(|it| it.text != "null")
        && body.named("stream").last().is_none_or(|it| matches!(it.text, "true" | "false" | "null"))
}

fn judge_forwarded(body: &[u8], forwarded: &[u8], call: &Node<'_>) {
    let anew = json::read(forwarded);
    let Some(Node { kind: Kind::Object(anew), .. }) = &anew else { panic!("no JSON object is forwarded") };
    let Kind::Object(old) = &call.kind else { return };
    assert!(!anew.iter().any(|(key, _)| DROPPED.contains(&key.as_str())), "a credential travels on");
    let kept: Vec<_> = old.iter().filter(|(key, _)| !DROPPED.contains(&key.as_str())).collect();
    assert_eq!(kept.len(), anew.len(), "members were lost or made");
    for ((old_key, old_value), (key, value)) in kept.iter().zip(anew) {
        assert_eq!(old_key, key);
        if key == "model" {
            assert_eq!(value.as_text(), Some(MODEL));
        } else {
            assert_eq!(old_value.text, value.text, "a value was not kept as it was written");
        }
    }
    if kept.len() == old.len() {
        // Nothing is left out: every byte beside the name is the caller's.
        let name = call.named("model")[0].text;
        let at = name.as_ptr().addr() - body.as_ptr().addr();
        let quoted = serde_json::Value::from(MODEL).to_string();
        let expected = [&body[..at], quoted.as_bytes(), &body[at + name.len()..]].concat();
        assert_eq!(forwarded, expected, "a byte beside the model's name was changed");
    }
}

fn judge_text(said: &CallText, call: &Node<'_>, endpoint: Endpoint) {
    assert!(said.user_turns.len() <= 11, "more turns are kept than a router model may see");
    assert!(said.user_turns.iter().all(|it| it.chars().count() <= 100_000));
    let latest = match endpoint {
        Endpoint::ChatCompletions => call.named("messages").last().and_then(|it| last_user_content(it)),
        _ => call.named("input").last().copied(),
    };
    let Some(latest) = latest.and_then(|it| it.as_text()) else { return };
    if !latest.contains('\u{fffd}') && latest.chars().count() <= 100_000 {
        assert_eq!(said.user_turns.last().map(String::as_str), Some(latest), "another text is classified");
    }
}

/// The content of the last user message.
fn last_user_content<'n, 'a>(messages: &'n Node<'a>) -> Option<&'n Node<'a>> {
    let Kind::Array(messages) = &messages.kind else { return None };
    let is_user = |it: &&Node<'_>| it.named("role").last().and_then(|it| it.as_text()) == Some("user");
    messages.iter().rev().find(is_user)?.named("content").last().copied()
}

/// Whether the model's name holds half of a surrogate pair, which text cannot.
fn is_lossy(call: &Node<'_>) -> bool {
    call.named("model")[0].as_text().is_some_and(|it| it.contains('\u{fffd}'))
}
