//! Router models by the way in which they are asked: each kind of the table in `docs/guide/intents.md` routes, and a
//! test of it says how.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion, refusal};
use crate::rig::{Got, KEY, NARROW, Rig, Setup, got};

const GUIDE: &str = include_str!("../../../docs/guide/intents.md");

/// One row of the table.
struct RouterModel {
    /// The first column.
    name: &'static str,
    fault: &'static str,
    /// Requests of the first call.
    first: usize,
    /// Whether a later request is as it should be.
    is_asked: fn(&Value) -> bool,
    /// What a test says beside the answer.
    found: &'static str,
}

fn is_whole(asked: &Value) -> bool {
    let has_all = ["max_tokens", "temperature", "response_format"].iter().all(|it| asked.get(it).is_some());
    has_all && asked["messages"][0]["role"] == "system"
}

const MODELS: [RouterModel; 9] = [
    RouterModel {
        name: "Plain text",
        fault: "refuse@response_format+router@code",
        first: 2,
        is_asked: |it| it.get("response_format").is_none() && it["max_tokens"] == 128,
        found: "does not take `response_format`",
    },
    RouterModel { name: "JSON schema", fault: "router-json@code", first: 1, is_asked: is_whole, found: "" },
    RouterModel {
        name: "o-series parameters",
        fault: "refuse@max_tokens+refuse@temperature+router-json@code",
        first: 3,
        is_asked: |it| {
            let refused = ["max_tokens", "temperature"].iter().any(|name| it.get(name).is_some());
            !refused && it["max_completion_tokens"] == 128 && it.get("response_format").is_some()
        },
        found: "does not take `max_tokens` and does not take `temperature`",
    },
    RouterModel {
        name: "Thinking, budget too small",
        fault: "length-under@1024+router-json@code",
        first: 2,
        is_asked: |it| it["max_tokens"] == 1_024 && it.get("response_format").is_some(),
        found: "spends its answer on thinking",
    },
    RouterModel {
        name: "Thinking in tags",
        fault: "router-think@code",
        first: 1,
        is_asked: is_whole,
        found: "",
    },
    RouterModel {
        name: "`reasoning_content`",
        fault: "reasoning-only+router-json@code",
        first: 1,
        is_asked: is_whole,
        found: "",
    },
    RouterModel {
        name: "Content parts",
        fault: "content-parts+router-json@code",
        first: 1,
        is_asked: is_whole,
        found: "",
    },
    RouterModel {
        name: "Tool call",
        fault: "tool_calls+router-json@code",
        first: 1,
        is_asked: is_whole,
        found: "",
    },
    RouterModel {
        name: "No system role",
        fault: "refuse@system+router-json@code",
        first: 2,
        is_asked: |it| it["messages"].as_array().is_some_and(|it| it.len() == 1 && it[0]["role"] == "user"),
        found: "does not take a system message",
    },
];

async fn rig(base_url: &str, model: &str) -> (FaultUpstream, Setup, Rig) {
    let answering = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("router", base_url, model, |_| {})
        .chat("code", &answering, "ok@2")
        .chat("general", &answering, "ok@2")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = 10_000;
    let rig = setup.clone().start().await;
    (answering, setup, rig)
}

fn way(answer: &Got) -> (u16, &str, &str) {
    (answer.status, answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

#[tokio::test]
async fn each_kind_of_router_model_routes_and_a_test_says_how_it_is_asked() {
    for RouterModel { name, fault, first, is_asked, found } in MODELS {
        let asked = FaultUpstream::start().await.unwrap();
        let (_answering, setup, rig) = rig(&asked.base_url(), fault).await;
        for number in 0..3 {
            let before = asked.requests().len();
            let answer = got(rig.chat("open", &format!("Why does this Rust borrow fail? {number}"))).await;
            assert_eq!(way(&answer), (200, "code", "matched"), "{name}, call {number}");
            let made = asked.requests().len() - before;
            assert_eq!(made, if number == 0 { first } else { 1 }, "{name}, call {number}");
        }
        let last = asked.requests().pop().unwrap().json().unwrap();
        assert!(is_asked(&last), "{name}: {last}");
        assert_eq!(rig.gateway.health("inst_router").state, HealthState::Healthy, "{name}");

        let verdict = rig.gateway.test_instance("inst_router", true).await.unwrap();
        let live = rig.gateway.check_router(&setup.configuration.balancers[0].spec).await.unwrap();
        for verdict in [verdict, live] {
            assert!(verdict.ok, "{name}: {}", verdict.message);
            assert!(
                verdict.message.contains("answered a routing question with “code”"),
                "{}",
                verdict.message
            );
            let says = if found.is_empty() { "as expected." } else { found };
            assert!(verdict.message.contains(says), "{name}: {}", verdict.message);
        }
    }
}

#[test]
fn the_guide_lists_each_kind_of_router_model() {
    for RouterModel { name, first, found, .. } in MODELS {
        let row = GUIDE.lines().find(|it| it.starts_with(&format!("| {name} |")));
        let row = row.unwrap_or_else(|| panic!("no row for {name}"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[3], first.to_string(), "{name}");
        assert!(found.is_empty() || row.contains(found), "{name}");
    }
}

#[tokio::test]
async fn one_callers_too_long_prompts_do_not_keep_the_others_from_being_classified() {
    let router = Scripted::start(|asked| match asked["messages"].to_string().contains("long") {
        true => Step::Answer(
            400,
            json!({ "error": { "message": "This model's maximum context length is 512 tokens.",
                               "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded" } }),
        ),
        false => completion("{\"route\":\"code\"}"),
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router.base_url, "m").await;
    for number in 0..5 {
        let refused = got(rig.chat_as(KEY, "open", &format!("{number} {}", "long ".repeat(900)))).await;
        assert_eq!(way(&refused), (200, "general", "invalid_answer"), "{number}");
    }
    for number in 0..3 {
        for key in [KEY, NARROW] {
            let answer = got(rig.chat_as(key, "open", &format!("Why does it fail? {key} {number}"))).await;
            assert_eq!(way(&answer), (200, "code", "matched"));
        }
    }
    let asked = router.requests();
    assert!(asked[asked.len() - 6..].iter().all(is_whole), "nothing was learned from a refused prompt");
}

#[tokio::test]
async fn one_refusal_over_invalid_json_does_not_switch_the_schema_off() {
    for (odd, message) in [(0, "Invalid JSON"), (1, "Invalid JSON"), (0, "The output is not valid JSON.")] {
        let number = std::sync::atomic::AtomicUsize::new(0);
        let router = Scripted::start(move |_| {
            match number.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == odd {
                true => refusal(400, None, message),
                false => completion("{\"route\":\"code\"}"),
            }
        });
        let router = router.await;
        let (_answering, _, rig) = rig(&router.base_url, "m").await;
        for number in 0..3 {
            let answer = got(rig.chat("open", &number.to_string())).await;
            assert_eq!(way(&answer), (200, "code", "matched"), "{odd}, call {number}");
        }
        assert!(router.requests().iter().all(is_whole), "{odd}: {message}");
        assert_eq!(router.calls(), 4, "{odd}: {message}");
    }
}

#[tokio::test]
async fn a_short_turn_is_classified_with_what_the_assistant_said_before_it() {
    let router = Scripted::start(|asked| {
        let quoted: Value = serde_json::from_str(asked["messages"][1]["content"].as_str().unwrap()).unwrap();
        let said = quoted["assistant_turn"].as_str().unwrap_or_default();
        let is_code = said.contains("Rust") && quoted["latest_turn"] == "yes please";
        completion(if is_code { "code" } else { "general" })
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router.base_url, "m").await;
    let ask = async |path: &str, body: Value| {
        let mut body = body;
        (body["model"], body["max_tokens"]) = (json!("open"), json!(9));
        let answer = got(rig.post(path, body.to_string())).await;
        (answer.header("x-sb-route").to_owned(), answer.header("x-sb-reason").to_owned())
    };
    let turns = |offer: &str, answer: &str| {
        json!([
            { "role": "user", "content": "What could we do about it?" },
            { "role": "assistant", "content": offer },
            { "role": "user", "content": answer },
        ])
    };
    let (rust, trip) = ("Shall I write it in Rust?", "Shall I book the trip?");
    let is = |route: &str, reason: &str| (route.to_owned(), reason.to_owned());
    for path in ["/v1/chat/completions", "/v1/messages"] {
        let asked = |offer: &str, answer: &str| json!({ "messages": turns(offer, answer) });
        let reason = if path == "/v1/messages" { "cached" } else { "matched" };
        assert_eq!(ask(path, asked(rust, "yes please")).await, is("code", reason), "{path}");
        assert_eq!(ask(path, asked(trip, "yes please")).await, is("general", reason), "another question");
        assert_eq!(ask(path, asked(rust, "no thanks, tell me a joke about it")).await, is("general", reason));
    }
    let input = json!({ "input": turns(rust, "yes please") });
    assert_eq!(ask("/v1/responses", input).await, is("code", "cached"));
    let last = router.requests().pop().unwrap();
    assert!(!last["messages"][1]["content"].as_str().unwrap().contains("assistant_turn"), "a longer turn");
}
