//! Router models that refuse parts of the request, each in its own way: the gateway finds out how to ask, and goes on
//! asking like that.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion, ended, refusal};
use crate::rig::{Got, Rig, Setup, got};

const LABEL: &str = "{\"route\":\"code\"}";

/// A classifier `open` over that router model.
async fn rig(router: &Scripted) -> (FaultUpstream, Setup, Rig) {
    let answering = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("router", &router.base_url, "m", |_| {})
        .chat("code", &answering, "ok")
        .chat("general", &answering, "ok")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = 10_000;
    let rig = setup.clone().start().await;
    (answering, setup, rig)
}

fn way(answer: &Got) -> (&str, &str) {
    (answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

fn has(request: &Value, field: &str) -> bool {
    request.get(field).is_some()
}

/// Refuses what the field case's model refuses, in that order, in the words of `refuse`.
fn refuses_both(request: &Value, order: [&str; 2], refuse: impl Fn(&str) -> Step) -> Step {
    let refused = order.into_iter().find(|field| match *field {
        "max_tokens" => has(request, "max_tokens"),
        _ => request.get("temperature").is_some_and(|it| *it != 1),
    });
    refused.map_or_else(|| completion(LABEL), refuse)
}

fn message(field: &str) -> &'static str {
    match field {
        "max_tokens" => {
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' \
             instead."
        }
        _ => {
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is \
             supported."
        }
    }
}

type Script = Box<dyn Fn(&Value) -> Step + Send + Sync>;

/// Each server, the most requests of its first call, and the fields that its later requests must have.
fn servers() -> Vec<(&'static str, Script, usize, &'static [&'static str])> {
    let all = &["response_format", "max_completion_tokens"][..];
    let in_order = |status, order: [&'static str; 2], named: bool| -> Script {
        Box::new(move |it| {
            refuses_both(it, order, |field| refusal(status, named.then_some(field), message(field)))
        })
    };
    let refuses = |field: &'static str, step: Step| -> Script {
        Box::new(move |it| if has(it, field) { step.clone() } else { completion(LABEL) })
    };
    let thinking = |reason: &'static str| -> Script {
        Box::new(move |it| {
            let limit = it["max_tokens"].as_u64().unwrap();
            if limit < 1_000 { ended(json!(null), reason) } else { completion(LABEL) }
        })
    };
    vec![
        ("max_tokens first", in_order(400, ["max_tokens", "temperature"], true), 3, all),
        ("temperature first", in_order(400, ["temperature", "max_tokens"], true), 3, all),
        ("422", in_order(422, ["max_tokens", "temperature"], true), 3, all),
        ("501", in_order(501, ["max_tokens", "temperature"], true), 3, all),
        ("404", in_order(404, ["max_tokens", "temperature"], true), 3, all),
        ("no param", in_order(400, ["max_tokens", "temperature"], false), 3, all),
        (
            "both in one text",
            Box::new(|it| {
                refuses_both(it, ["max_tokens", "temperature"], |_| {
                    refusal(
                        400,
                        None,
                        "Unsupported with this model: 'max_tokens', 'temperature' other than 1.",
                    )
                })
            }),
            2,
            all,
        ),
        (
            "schema and max_tokens",
            Box::new(|it| match () {
                () if has(it, "response_format") => refusal(400, Some("response_format"), "not supported"),
                () => {
                    refuses_both(it, ["max_tokens", "temperature"], |it| refusal(400, Some(it), message(it)))
                }
            }),
            4,
            &["max_completion_tokens"],
        ),
        (
            "no limit at all",
            Box::new(|it| match () {
                () if has(it, "max_tokens") => refusal(422, Some("max_tokens"), "unknown field"),
                () if has(it, "max_completion_tokens") => Step::Answer(
                    422,
                    json!({ "detail": [{ "loc": ["body", "max_completion_tokens"], "input": it }] }),
                ),
                () => completion(LABEL),
            }),
            3,
            &["response_format", "temperature"],
        ),
        (
            "500 for a schema",
            refuses(
                "response_format",
                refusal(500, None, "JSON schema conversion failed: unrecognized schema"),
            ),
            2,
            &["max_tokens", "temperature"],
        ),
        ("500 without a word", refuses("response_format", Step::Answer(500, json!({}))), 2, &[]),
        (
            "nothing for a schema",
            refuses("response_format", ended(json!(""), "stop")),
            2,
            &["max_tokens", "temperature"],
        ),
        (
            "the schema itself",
            Box::new(|it| match it.get("response_format") {
                Some(format) => completion(&format["json_schema"]["schema"].to_string()),
                None => completion("code"),
            }),
            2,
            &["max_tokens", "temperature"],
        ),
        (
            "system role",
            Box::new(|it| match it["messages"][0]["role"] == "system" {
                true => refusal(400, None, "System role not supported"),
                false => completion(LABEL),
            }),
            2,
            &["max_tokens", "temperature", "response_format"],
        ),
        ("thinking", thinking("length"), 2, &["max_tokens", "temperature", "response_format"]),
    ]
}

#[tokio::test]
async fn what_a_router_model_refuses_is_left_out_from_the_second_call_on() {
    for (name, script, first, kept) in servers() {
        let router = Scripted::start(script).await;
        let (_answering, _, rig) = rig(&router).await;
        for number in 0..10 {
            let before = router.calls();
            let answer = got(rig.chat("open", &format!("Why does this Rust borrow fail? {number}"))).await;
            assert_eq!((answer.status, way(&answer)), (200, ("code", "matched")), "{name}, call {number}");
            let made = router.calls() - before;
            assert!(made == 1 || (number == 0 && made == first), "{name}, call {number}: {made} requests");
        }
        let last = router.requests().pop().unwrap();
        for field in ["max_tokens", "max_completion_tokens", "temperature", "response_format"] {
            let is_kept = kept.contains(&field);
            assert_eq!(has(&last, field), is_kept, "{name}: {field}");
        }
        assert_eq!(rig.gateway.health("inst_router").state, HealthState::Healthy, "{name}");
    }
}

#[tokio::test]
async fn a_budget_that_ends_between_two_refusals_loses_nothing_that_was_learned() {
    let slow = std::time::Duration::from_millis(150);
    let router = Scripted::start(move |it| {
        let step = refuses_both(it, ["max_tokens", "temperature"], |it| refusal(400, Some(it), message(it)));
        Step::Wait(slow, Box::new(step))
    });
    let router = router.await;
    let (_answering, mut setup, rig) = rig(&router).await;
    // Two requests fit in, but three are needed.
    setup.configuration.balancers[0].spec.classifier.budget_ms = 400;
    rig.publish(&setup);
    assert_eq!(way(&got(rig.chat("open", "one")).await), ("general", "router_timeout"));
    for number in 0..5 {
        let before = router.calls();
        assert_eq!(way(&got(rig.chat("open", &format!("two {number}"))).await), ("code", "matched"));
        assert_eq!(router.calls() - before, 1);
    }
}

#[tokio::test]
async fn what_was_learned_of_an_instance_goes_with_its_edit() {
    let router = Scripted::start(|it| match has(it, "max_tokens") {
        true => refusal(400, Some("max_tokens"), "not supported"),
        false => completion(LABEL),
    });
    let router = router.await;
    let (_answering, mut setup, rig) = rig(&router).await;
    let call = async |prompt: &str| {
        let before = router.calls();
        assert_eq!(way(&got(rig.chat("open", prompt)).await), ("code", "matched"));
        router.calls() - before
    };
    assert_eq!((call("one").await, call("two").await), (2, 1));
    setup.configuration.balancers[0].spec.display_name = "Renamed".to_owned();
    rig.publish(&setup);
    assert_eq!(call("three").await, 1);
    setup.configuration.instances[0].spec.model = "another".to_owned();
    rig.publish(&setup);
    assert_eq!((call("four").await, call("five").await), (2, 1));
}

#[tokio::test]
async fn a_refusal_of_one_prompt_changes_nothing_and_opens_no_breaker() {
    let filtered = "The response was filtered due to the prompt triggering the content management policy.";
    let refusals = [
        refusal(400, Some("prompt"), filtered),
        refusal(500, None, filtered),
        refusal(400, None, "This model's maximum context length is 10 tokens."),
        refusal(500, None, "the request exceeds the available context size"),
        Step::Answer(413, json!({})),
        refusal(400, None, "Failed to generate JSON. Please adjust your prompt."),
        ended(json!(""), "content_filter"),
        refusal(400, None, "no"),
        refusal(422, None, "no"),
    ];
    for refused in refusals {
        let step = refused.clone();
        let router = Scripted::start(move |it| {
            if it["messages"].to_string().contains("refused") { step.clone() } else { completion(LABEL) }
        });
        let router = router.await;
        let (_answering, _, rig) = rig(&router).await;
        for number in 0..7 {
            let prompt = format!("{number} {}", "refused ".repeat(50));
            let answer = got(rig.chat("open", &prompt)).await;
            assert_eq!((answer.status, way(&answer)), (200, ("general", "invalid_answer")), "{refused:?}");
        }
        let before = router.calls();
        assert_eq!(way(&got(rig.chat("open", "taken")).await), ("code", "matched"), "{refused:?}");
        assert_eq!(router.calls() - before, 1, "{refused:?}");
        let last = router.requests().pop().unwrap();
        for field in ["max_tokens", "temperature", "response_format"] {
            assert!(has(&last, field), "{refused:?}: {field}");
        }
        assert_eq!(rig.gateway.health("inst_router").state, HealthState::Healthy, "{refused:?}");
    }
}

#[tokio::test]
async fn one_failure_of_a_server_that_has_answered_is_cured_by_a_plainer_question_and_forgotten() {
    for failure in [Step::Answer(500, json!({})), Step::Answer(400, json!({})), ended(json!(""), "stop")] {
        let step = failure.clone();
        let router = Scripted::start(move |it| {
            let fails = has(it, "response_format") && it["messages"].to_string().contains("fails");
            if fails { step.clone() } else { completion("code") }
        });
        let router = router.await;
        let (_answering, _, rig) = rig(&router).await;
        for prompt in ["one", "this one fails", "two", "three"] {
            assert_eq!(
                way(&got(rig.chat("open", prompt)).await),
                ("code", "matched"),
                "{failure:?}: {prompt}"
            );
        }
        let with_schema: Vec<bool> = router.requests().iter().map(|it| has(it, "response_format")).collect();
        assert_eq!(with_schema, [true, true, false, true, true], "{failure:?}");
    }
}

#[tokio::test]
async fn half_of_a_prompt_is_asked_where_all_of_it_is_too_long() {
    let router = Scripted::start(|it| match it["messages"][1]["content"].as_str().unwrap().len() > 3_000 {
        true => refusal(400, None, "This model's maximum context length is 700 tokens."),
        false => completion(LABEL),
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router).await;
    let answer = got(rig.chat("open", &format!("HEAD {} TAIL", "x".repeat(5_000)))).await;
    assert_eq!(way(&answer), ("code", "matched"));
    let halved = router.requests().pop().unwrap()["messages"][1]["content"].as_str().unwrap().to_owned();
    assert!(halved.contains("HEAD") && halved.contains("TAIL") && halved.len() > 2_400);
    assert_eq!(router.calls(), 2);
    let longer = got(rig.chat("open", &"y ".repeat(4_000))).await;
    assert_eq!((way(&longer), router.calls()), (("general", "invalid_answer"), 4), "once, and not again");
}

#[tokio::test]
async fn what_no_plainer_question_cures_is_an_error_and_counts() {
    let failures = [
        (refusal(500, None, "Internal server error"), 2),
        (refusal(501, None, "no"), 2),
        (refusal(404, None, "The model `m` does not exist"), 1),
        (Step::Answer(404, json!({ "detail": "Not Found" })), 2),
        (refusal(401, None, "temperature"), 1),
        (refusal(403, None, "temperature"), 1),
        (refusal(429, None, "temperature"), 1),
        (refusal(503, None, "temperature"), 1),
        (Step::Reset, 1),
    ];
    for (failure, requests) in failures {
        let step = failure.clone();
        let router = Scripted::start(move |_| step.clone()).await;
        let (_answering, _, rig) = rig(&router).await;
        assert_eq!(way(&got(rig.chat("open", "0")).await), ("general", "router_error"), "{failure:?}");
        assert_eq!(router.calls(), requests, "{failure:?}");
        for number in 1..5 {
            let answer = got(rig.chat("open", &number.to_string())).await;
            assert_eq!(way(&answer), ("general", "router_error"), "{failure:?}");
        }
        let before = router.calls();
        assert_eq!(way(&got(rig.chat("open", "5")).await), ("general", "router_open"), "{failure:?}");
        assert_eq!(router.calls(), before);
    }
}

#[tokio::test]
async fn a_member_of_a_group_learns_for_itself_and_a_failing_one_is_passed_over() {
    let refusing = Scripted::start(|it| match has(it, "response_format") {
        true => refusal(400, None, "response_format is not supported"),
        false => completion("code"),
    });
    let (refusing, broken) = (refusing.await, Scripted::start(|_| Step::Answer(500, json!({}))).await);
    let answering = FaultUpstream::start().await.unwrap();
    let setup = Setup::new()
        .instance("broken", &broken.base_url, "m", |_| {})
        .instance("refusing", &refusing.base_url, "m", |_| {})
        .group("routers", &[("broken", 1, 1), ("refusing", 1, 2)])
        .chat("code", &answering, "ok")
        .classifier("open", "tg_routers", &[("code", "inst_code"), ("general", "inst_code")]);
    let rig = setup.start().await;
    for number in 0..6 {
        assert_eq!(way(&got(rig.chat("open", &number.to_string())).await), ("code", "matched"));
    }
    // The broken one is asked twice a call until it is ejected.
    assert_eq!((broken.calls(), refusing.calls()), (6, 7));
    assert_eq!(rig.gateway.health("inst_broken").state, HealthState::Ejected);
    assert_eq!(rig.gateway.health("inst_refusing").state, HealthState::Healthy);
}

#[tokio::test]
async fn a_test_of_a_router_model_says_what_it_refuses_and_remembers_it() {
    let router = Scripted::start(|it| match () {
        () if has(it, "max_tokens") => refusal(400, Some("max_tokens"), message("max_tokens")),
        () if has(it, "temperature") => refusal(400, Some("temperature"), message("temperature")),
        () if it["max_completion_tokens"].as_u64().unwrap_or(1_000) < 1_000 => ended(json!(null), "length"),
        () => completion(LABEL),
    });
    let router = router.await;
    let (_answering, setup, rig) = rig(&router).await;
    let says =
        "It does not take `max_tokens`, does not take `temperature` and spends its answer on thinking.";
    let verdict = rig.gateway.test_instance("inst_router", false).await.unwrap();
    assert!(verdict.ok && verdict.message.contains(says), "{}", verdict.message);
    assert!(verdict.message.contains("“code”, as expected"), "{}", verdict.message);
    let before = router.calls();
    assert_eq!(way(&got(rig.chat("open", "hi")).await), ("code", "matched"));
    assert_eq!(router.calls() - before, 1, "what the test found out holds for calls");
    let live = rig.gateway.check_router(&setup.configuration.balancers[0].spec).await.unwrap();
    assert!(live.ok && live.message.contains(says), "{}", live.message);
}

#[tokio::test]
async fn a_test_finds_out_what_a_server_refuses_that_does_not_say() {
    let router =
        Scripted::start(|it| match has(it, "temperature") || it["messages"][0]["role"] == "system" {
            true => Step::Answer(400, json!({})),
            false => completion(LABEL),
        });
    let router = router.await;
    let (_answering, setup, rig) = rig(&router).await;
    let live = rig.gateway.check_router(&setup.configuration.balancers[0].spec).await.unwrap();
    let says = "It does not take `temperature` and does not take a system message.";
    assert!(live.ok && live.message.ends_with(says), "{}", live.message);
    assert_eq!(way(&got(rig.chat("open", "hi")).await), ("code", "matched"));
    let last = router.requests().pop().unwrap();
    assert!(has(&last, "max_tokens") && has(&last, "response_format") && !has(&last, "temperature"));
}

#[tokio::test]
async fn a_test_says_how_a_router_model_fails_and_a_good_one_closes_the_breaker() {
    let (is_up, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (up, counted) = (Arc::clone(&is_up), Arc::clone(&calls));
    let router = Scripted::start(move |_| {
        counted.fetch_add(1, Relaxed);
        if up.load(Relaxed) { completion("legal") } else { Step::Answer(503, json!({})) }
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router).await;
    for number in 0..5 {
        assert_eq!(way(&got(rig.chat("open", &number.to_string())).await), ("general", "router_error"));
    }
    assert_eq!(way(&got(rig.chat("open", "5")).await), ("general", "router_open"));
    let test = async || rig.gateway.test_instance("inst_router", true).await.unwrap();
    assert_eq!(test().await.message, "It answers with an error.");
    is_up.store(true, Relaxed);
    let invalid = test().await;
    assert!(!invalid.ok && invalid.message.contains("something other than a route"), "{}", invalid.message);
    assert_eq!(way(&got(rig.chat("open", "6")).await), ("general", "invalid_answer"));
    // An instance that routes nothing is not asked for a route.
    let before = calls.load(Relaxed);
    assert!(rig.gateway.test_instance("inst_code", true).await.unwrap().ok);
    assert_eq!(calls.load(Relaxed), before);
}
